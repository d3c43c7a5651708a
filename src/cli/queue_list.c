/* SPDX-License-Identifier: MIT
 *
 * mailwhy queue list: a line a recipient, however long the queue. The store is asked for
 * as many as the buffer takes: no lock of the database waits for who reads our output.
 */
#include "cli/queue.h"
#include "engine/outlog.h"

#define BATCH       1000U
#define REPLY_LEAST 30 /* columns */

typedef struct listing {
	const queue *q;
	cli_knowledge k;
	cli_out out;
	uint64_t after, last_id; /* of the row shown last */
	int width;
	bool full;
	uint64_t messages, bytes, states[STORE_FAILED + 1];
} listing;

static void put_next(mw_buf *out, const listing *x, const store_recipient *r)
{
	char memory[40];
	mw_buf b;

	mw_buf_init(&b, memory, sizeof memory);
	if (r->state != STORE_QUEUED) {
		mw_buf_put_char(&b, '-');
	} else if (r->next_try <= x->q->now) {
		mw_buf_put(&b, MW_LIT("now"));
	} else {
		mw_buf_put(&b, MW_LIT("in "));
		queue_put_span(&b, r->next_try - x->q->now);
	}
	queue_put_cell(out, mw_buf_str(&b), 11);
}

/* "450 4.7.1 words", cut where the row ends. */
static void put_reply(mw_buf *out, const store_recipient *r, int columns)
{
	const mw_str text = mw_str_head(r->text, (size_t)columns);

	if (r->uncertain)
		mw_buf_put(out, MW_LIT("(may have arrived) "));
	if (r->reply != 0) {
		mw_buf_put_int(out, r->reply);
		mw_buf_put_char(out, ' ');
	}
	mw_buf_put_visible(out, text);
	if (text.len < r->text.len)
		mw_buf_put(out, MW_LIT("..."));
}

static void put_row(mw_buf *out, const listing *x, const store_message *m, unsigned index,
		    const store_recipient *r)
{
	const size_t start = out->len;
	char memory[64];
	mw_buf b;
	int left;

	snprintf(memory, sizeof memory, "%llu.%u", (unsigned long long)m->id, index);
	queue_put_cell(out, mw_str_of(memory), 10);
	mw_buf_init(&b, memory, sizeof memory);
	queue_put_span(&b, x->q->now - m->arrival);
	queue_put_cell(out, mw_buf_str(&b), 8);
	mw_buf_reset(&b);
	queue_put_size(&b, m->size);
	queue_put_cell(out, mw_buf_str(&b), 8);
	queue_put_cell(out, queue_state_name(r->state), 8);
	put_next(out, x, r);
	mw_buf_reset(&b);
	mw_buf_put_int(&b, r->attempts);
	queue_put_cell(out, mw_buf_str(&b), 6);
	queue_put_cell(out, m->mail.sender.len > 0 ? m->mail.sender : MW_LIT("<>"), 24);
	mw_buf_put(out, MW_LIT("  "));
	queue_put_cell(out, r->address, 24);
	mw_buf_put(out, MW_LIT("  "));
	left = x->width - (int)(out->len - start);
	put_reply(out, r, left > REPLY_LEAST ? left : REPLY_LEAST);
	mw_buf_put_char(out, '\n');
}

static void put_head(mw_buf *out)
{
	mw_buf_put(out, MW_LIT("ID        AGE     SIZE    STATE   NEXT TRY   TRIES "
			       "SENDER                    RECIPIENT                 "
			       "LAST REPLY\n"));
}

static void count(listing *x, const store_message *m, const store_recipient *r)
{
	if ((unsigned)r->state <= STORE_FAILED)
		x->states[r->state]++;
	if (m->id == x->last_id)
		return;
	x->last_id = m->id;
	x->messages++;
	x->bytes += m->size;
}

static bool show(void *ctx, const store_message *m, unsigned index,
		 const store_recipient *r)
{
	listing *x = ctx;
	mw_buf *out = &x->out.buf;

	x->full = out->cap - out->len < MW_TELL_MAX;
	if (x->full)
		return false;
	if (x->q->common.json) {
		queue_json_front(out, m, index, r);
		mw_buf_put(out, MW_LIT(",\"attempts\":"));
		mw_buf_put_int(out, r->attempts);
		queue_json_end(out, &x->k.kb, r, MW_STAGE_NONE, MW_LIT(""));
	} else {
		if (x->messages == 0)
			put_head(out);
		put_row(out, x, m, index, r);
	}
	count(x, m, r);
	x->after = m->id << 16 | index;
	return true;
}

static void put_count(mw_buf *out, uint64_t n, const char *words)
{
	mw_buf_put_int(out, (long long)n);
	mw_buf_put(out, mw_str_of(words));
}

static void put_summary(listing *x)
{
	mw_buf *out = &x->out.buf;

	if (x->messages == 0) {
		mw_buf_put(out, MW_LIT("The queue is empty.\n"));
		return;
	}
	put_count(out, x->messages, x->messages == 1 ? " message (" : " messages (");
	queue_put_size(out, x->bytes);
	mw_buf_put(out, MW_LIT("); recipients: "));
	put_count(out, x->states[STORE_QUEUED], " queued, ");
	put_count(out, x->states[STORE_HELD], " held, ");
	put_count(out, x->states[STORE_FAILED], " failed\n");
}

static mw_status walk(listing *x, store *s)
{
	uint64_t before;
	mw_status status;

	do {
		before = x->after;
		x->full = false;
		status = store_list(s, x->after, BATCH, show, x);
		cli_out_flush_if_full(&x->out);
	} while (status == MW_OK && !x->out.closed && (x->after != before || x->full));
	return status;
}

static int list(listing *x)
{
	store *s;
	mw_status status;
	int rc = queue_look(x->q, &s);

	if (rc != EXIT_DONE)
		return rc;
	rc = cli_out_open(&x->out);
	if (rc == EXIT_DONE) {
		status = walk(x, s);
		if (status != MW_OK)
			rc = queue_broken(x->q, status);
		else if (!x->q->common.json && !x->q->common.quiet)
			put_summary(x);
		cli_out_close(&x->out, &rc);
	}
	store_close(&s);
	return rc;
}

int queue_list(queue *q, int arguments, char **argv)
{
	listing x = {.q = q, .width = cli_row_width()};
	int rc;

	(void)argv;
	if (arguments > 0) {
		cli_complain("queue list takes no arguments");
		return EXIT_USAGE;
	}
	rc = cli_knowledge_open(&x.k, &q->common);
	if (rc != EXIT_DONE)
		return rc;
	rc = list(&x);
	cli_knowledge_close(&x.k);
	return rc;
}
