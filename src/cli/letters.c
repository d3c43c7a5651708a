/* SPDX-License-Identifier: MIT */
#include "cli/letters.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

/* Enough for the report of ten thousand recipients; what is not used is never touched. */
#define LETTER_SIZE ((size_t)16 << 20)
#define OUT_SIZE    (4 * MW_TELL_MAX)
/* Messages between two looks at the clock. */
#define TICK 64
/* A path and "#N". */
#define CLI_NAME_MAX (4096 + 32)

bool cli_letters_open(cli_letters *l, const cli_wish *wish,
		      bool (*emit)(void *ctx, bool full), void *ctx)
{
	*l = (cli_letters){.wish = wish,
			   .memory = malloc(LETTER_SIZE),
			   .emit = emit,
			   .ctx = ctx,
			   .tally = {.addresses = wish->format == CLI_FORMAT_TABLE}};
	const mw_bounce_params p = {.memory = l->memory,
				    .cap = LETTER_SIZE,
				    .convert = cli_charset_convert,
				    .ctx = &l->charset};

	mw_buf_init(&l->out, malloc(OUT_SIZE), OUT_SIZE);
	return l->memory != NULL && l->out.ptr != NULL &&
	       mw_bounce_open(&l->bounce, &p) == MW_OK;
}

bool cli_letters_grow(cli_letters *l)
{
	char *more = realloc(l->out.ptr, l->out.cap * 2);

	if (more == NULL)
		return false;
	l->out.ptr = more;
	l->out.cap *= 2;
	return true;
}

void cli_letters_close(cli_letters *l)
{
	cli_mailfile_free(&l->file);
	cli_charset_close(&l->charset);
	cli_tally_close(&l->tally);
	free(l->memory);
	free(l->out.ptr);
	l->memory = l->out.ptr = NULL;
}

static void fail(cli_letters *l, int rc)
{
	if (l->rc == EXIT_DONE)
		l->rc = rc;
}

/* Without --only, a mail that is no report is told to programs alone. */
static bool is_meant(const cli_wish *w, const mw_report *r, const mw_verdict *v)
{
	if (w->only.any)
		return cli_filter_holds(&w->only, r, v);
	return w->format == CLI_FORMAT_JSON || r->outcome.kind != MW_KIND_NONE;
}

static mw_status tell(cli_letters *l, mw_str name, const mw_report *r,
		      const mw_verdict *v)
{
	const mw_tell t = {
		.kb = l->wish->kb, .audience = -1, .width = l->wish->row_width};

	switch (l->wish->format) {
	case CLI_FORMAT_TABLE:
		return mw_tell_report_line(&l->out, &t, r, v);
	case CLI_FORMAT_JSON:
		return mw_tell_report_json(&l->out, &t, name, r, v);
	case CLI_FORMAT_CSV:
		return mw_tell_report_csv(&l->out, &t, name, r, v);
	case CLI_FORMAT_ADDRESSES:
		if (r->outcome.recipient.len == 0)
			return MW_OK;
		mw_buf_put_visible(&l->out, r->outcome.recipient);
		mw_buf_put_char(&l->out, '\n');
		return mw_buf_status(&l->out);
	}
	return MW_OK;
}

/* Something of the message was left out. */
static void complain_of(const cli_letters *l, mw_str name, const char *what)
{
	char path[CLI_NAME_MAX], safe[CLI_VISIBLE_PATH];
	mw_buf b;

	mw_buf_init(&b, path, sizeof path - 1);
	mw_buf_put(&b, name);
	path[b.len] = 0;
	if (!l->wish->quiet)
		cli_complain("%s: %s", cli_visible_path(safe, path), what);
}

/* All reports of the letter that has been fed. False: stop. */
static bool tell_reports(cli_letters *l, mw_str name)
{
	mw_report r;
	mw_verdict v;

	while (mw_bounce_next(l->bounce, &r)) {
		mw_judge(l->wish->kb, &r.outcome, &v);

		const bool meant = is_meant(l->wish, &r, &v);

		if (!cli_tally_add(&l->tally, &r, &v, meant)) {
			cli_complain("out of memory");
			fail(l, EXIT_NO_MEMORY);
			return false;
		}
		l->tally.matched += cli_filter_holds(&l->wish->fail_on, &r, &v);
		if (!meant)
			continue;
		if (l->out.cap - l->out.len < MW_TELL_MAX && !l->emit(l->ctx, true))
			return false;
		const size_t kept = l->out.len;

		if (tell(l, name, &r, &v) != MW_OK) {
			/* Nothing half told; the rest is. */
			l->out.len = kept;
			l->out.lost = false;
			complain_of(l, name, "a report is longer than we can tell");
			fail(l, EXIT_BAD_DATA);
		}
	}
	return true;
}

static bool read_message(cli_letters *l, const char *path)
{
	char memory[CLI_NAME_MAX];
	mw_str piece;
	mw_buf name;

	mw_bounce_reset(l->bounce);
	while ((piece = cli_mailfile_chunk(&l->file)).len > 0)
		mw_bounce_feed(l->bounce, piece);
	mw_buf_init(&name, memory, sizeof memory);
	mw_buf_put(&name, mw_str_of(path));
	if (!cli_mailfile_alone(&l->file)) {
		mw_buf_put_char(&name, '#');
		mw_buf_put_int(&name, (long long)l->file.number);
	}
	l->tally.messages++;
	if (mw_bounce_end(l->bounce) != MW_OK) {
		complain_of(l, mw_buf_str(&name),
			    "longer than we keep; the rest was left out");
		l->tally.damaged++;
		fail(l, EXIT_BAD_DATA);
	}
	return tell_reports(l, mw_buf_str(&name));
}

/* Why a file could not be read, or not to its end. */
static void tell_error(cli_letters *l, const char *path)
{
	char safe[CLI_VISIBLE_PATH];

	if (l->file.error == NULL)
		return;
	if (!l->wish->quiet)
		cli_complain("%s: %s", cli_visible_path(safe, path), l->file.error);
	l->tally.unreadable++;
	fail(l, EXIT_NO_INPUT);
}

bool cli_letters_read(cli_letters *l, const char *path)
{
	unsigned long long counted = 0;
	bool go_on = true;

	/* A file that is damaged near its beginning may hold a message before that. */
	l->tally.files += cli_mailfile_open(&l->file, path);
	while (go_on && cli_mailfile_next(&l->file)) {
		go_on = read_message(l, path);
		l->tally.bytes += l->file.bytes - counted;
		counted = l->file.bytes;
		if (go_on && l->file.number % TICK == 0)
			go_on = l->emit(l->ctx, false);
	}
	tell_error(l, path);
	cli_mailfile_close(&l->file);
	return go_on;
}
