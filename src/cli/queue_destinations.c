/* SPDX-License-Identifier: MIT
 *
 * mailwhy queue destinations: how much each takes, and why we think so. The running
 * server tells; without one it is what the store remembers.
 */
#include <jansson.h>
#include <stdlib.h>

#include "cli/queue.h"
#include "engine/describe.h"

/* --- what is remembered */

typedef struct remembered {
	const queue *q;
	char *text; /* NULL: no memory */
	size_t len, cap;
	char key[400], source[100]; /* of the destination at work */
	throttle t;
	bool any;
} remembered;

static bool is_same(const remembered *x, const store_memory *m)
{
	return x->any && mw_str_eq(m->destination, mw_str_of(x->key)) &&
	       mw_str_eq(m->source, mw_str_of(x->source));
}

static bool add_line(remembered *x)
{
	char memory[DESCRIBE_LINE_MAX];
	mw_buf b;

	mw_buf_init(&b, memory, sizeof memory);
	mw_buf_put(&b, MW_LIT("{\"destination\":\""));
	mw_buf_put_json(&b, mw_str_of(x->key));
	mw_buf_put_char(&b, '"');
	describe_text(&b, "key", mw_str_of(x->key));
	describe_text(&b, "provider", MW_LIT(""));
	describe_text(&b, "source", mw_str_of(x->source));
	for (int i = 0; i < THROTTLE_DIMENSIONS; i++) {
		mw_buf_put_char(&b, ',');
		describe_limit(&b, &x->t, (throttle_dimension)i, -1, x->q->now);
	}
	mw_buf_put(&b, MW_LIT("}\n"));
	if (x->len + b.len + 1 > x->cap) {
		const size_t cap = (x->len + b.len + 1) * 2;
		char *text = realloc(x->text, cap);

		if (text == NULL)
			return false;
		x->text = text;
		x->cap = cap;
	}
	memcpy(x->text + x->len, b.ptr, b.len);
	x->len += b.len;
	x->text[x->len] = '\0';
	return true;
}

static void take_numbers(throttle_limit *l, const int64_t *number)
{
	if (number[0] < 0 || number[0] > UINT32_MAX || number[1] < 0 ||
	    number[1] > UINT32_MAX || number[4] < 0 || number[4] > THROTTLE_BACKED_OFF)
		return;
	l->now = (unsigned)number[0];
	l->ceiling = (unsigned)number[1];
	l->found = number[2];
	l->why = (throttle_reason)number[4];
}

static bool collect(void *ctx, const store_memory *m)
{
	remembered *x = ctx;

	if (!is_same(x, m)) {
		const throttle_bounds none = {.published = false};

		if (x->any && !add_line(x))
			return false;
		snprintf(x->key, sizeof x->key, "%.*s", MW_FMT(m->destination));
		snprintf(x->source, sizeof x->source, "%.*s", MW_FMT(m->source));
		throttle_init(&x->t, &none);
		x->any = true;
	}
	for (int i = 0; i < THROTTLE_DIMENSIONS; i++)
		if (mw_str_eq(m->name, throttle_dimension_name((throttle_dimension)i)))
			take_numbers(&x->t.limit[i], m->number);
	return true;
}

static int recall(const queue *q, char **text)
{
	remembered x = {.q = q, .text = calloc(1, 1), .cap = 1};
	store *s;
	mw_status status;
	int rc = queue_look(q, &s);

	if (rc != EXIT_DONE) {
		free(x.text);
		return rc;
	}
	if (!q->common.quiet)
		cli_complain("no server runs: this is what was found before");
	status = store_memories(s, collect, &x);
	store_close(&s);
	if (status == MW_OK && x.any && !add_line(&x))
		status = MW_E_NOMEM;
	if (status == MW_OK) {
		*text = x.text;
		return EXIT_DONE;
	}
	free(x.text);
	*text = NULL;
	return queue_broken(q, status);
}

/* --- as text */

static mw_str member(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return mw_str_of(s != NULL ? s : "");
}

static void put_limit(mw_buf *out, const json_t *o, const char *name, const char *words)
{
	const json_t *l = json_object_get(o, name), *now = json_object_get(l, "now"),
		     *open = json_object_get(l, "open");
	char number[64] = "any";

	if (json_is_integer(now))
		snprintf(number, sizeof number, "%lld",
			 (long long)json_integer_value(now));
	mw_buf_put(out, MW_LIT("  "));
	queue_put_cell(out, mw_str_of(words), 25);
	queue_put_cell(out, mw_str_of(number), 6);
	mw_buf_put_visible(out, member(l, "why"));
	if (json_is_integer(open)) {
		mw_buf_put(out, MW_LIT(" ("));
		mw_buf_put_int(out, (long long)json_integer_value(open));
		mw_buf_put(out, MW_LIT(" open now)"));
	}
	mw_buf_put_char(out, '\n');
}

static void put_counts(mw_buf *out, const json_t *o)
{
	static const char *const names[] = {"ready", "delivered", "deferred", "failed",
					    "refused"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const json_t *n = json_object_get(o, names[i]);

		if (!json_is_integer(n))
			return;
		mw_buf_put(out, i == 0 ? MW_LIT(": ") : MW_LIT(", "));
		mw_buf_put_int(out, (long long)json_integer_value(n));
		mw_buf_put_char(out, ' ');
		mw_buf_put(out, mw_str_of(names[i]));
	}
}

static void put_word(mw_buf *out, const char *before, mw_str s, const char *after)
{
	if (s.len == 0)
		return;
	mw_buf_put(out, mw_str_of(before));
	mw_buf_put_visible(out, s);
	mw_buf_put(out, mw_str_of(after));
}

static void put_destination(mw_buf *out, const json_t *o)
{
	mw_buf_put_visible(out, member(o, "destination"));
	put_word(out, " (", member(o, "provider"), ")");
	put_word(out, " from ", member(o, "source"), "");
	put_counts(out, o);
	mw_buf_put_char(out, '\n');
	put_limit(out, o, "connections", "connections");
	put_limit(out, o, "messages_per_connection", "messages per connection");
	put_limit(out, o, "messages_per_minute", "messages per minute");
	put_word(out, "  down since ", member(o, "down_since"), "\n");
	put_word(out, "  next connection at ", member(o, "next_connection"), "\n");
	put_word(out, "  next message at ", member(o, "next_message"), "\n");
	put_word(out, "  last refusal: ", member(o, "last"), "\n");
}

static void put_all(cli_out *o, const char *text, bool as_json)
{
	while (*text != '\0' && !o->closed) {
		const char *end = strchr(text, '\n');
		const size_t n = end != NULL ? (size_t)(end - text) + 1 : strlen(text);
		json_t *line = as_json ? NULL : json_loadb(text, n, 0, NULL);

		if (as_json)
			mw_buf_put(&o->buf, (mw_str){text, n});
		else if (line != NULL)
			put_destination(&o->buf, line);
		json_decref(line);
		cli_out_flush_if_full(o);
		text += n;
	}
}

static int ask(const queue *q, int fd, char **text)
{
	int code;

	if (!queue_ask(fd, "GET", "/queue/destinations", &code, text))
		return queue_silent(q);
	if (code == 200)
		return EXIT_DONE;
	free(*text);
	*text = NULL;
	cli_complain("the server answers %d", code);
	return QUEUE_UNAVAILABLE;
}

int queue_destinations(queue *q, int count, char **argv)
{
	cli_out out;
	char *text = NULL;
	int fd, rc;

	(void)argv;
	if (count > 0) {
		cli_complain("queue destinations takes no arguments");
		return EXIT_USAGE;
	}
	fd = queue_connect(q->spool);
	rc = fd >= 0 ? ask(q, fd, &text) : recall(q, &text);
	if (rc != EXIT_DONE || text == NULL)
		return rc;
	rc = cli_out_open(&out);
	if (rc == EXIT_DONE) {
		put_all(&out, text, q->common.json);
		if (text[0] == '\0' && !q->common.json && !q->common.quiet)
			mw_buf_put(&out.buf, MW_LIT("No destination is known yet.\n"));
		cli_out_close(&out, &rc);
	}
	free(text);
	return rc;
}
