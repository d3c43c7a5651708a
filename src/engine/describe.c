/* SPDX-License-Identifier: MIT
 *
 * What the sender knows of its destinations, for people and for /metrics.
 */
#include "engine/describe.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/outbound.h"

#define METRICS_DESTINATIONS 100U

/* --- JSON */

static void put_name(mw_buf *out, const char *name)
{
	mw_buf_put(out, MW_LIT(",\""));
	mw_buf_put(out, mw_str_of(name));
	mw_buf_put(out, MW_LIT("\":"));
}

static void put_number(mw_buf *out, const char *name, uint64_t n)
{
	put_name(out, name);
	mw_buf_put_int(out, (long long)n);
}

/* 0 is null: it was not found, or there is no limit. */
static void put_some(mw_buf *out, const char *name, unsigned n)
{
	put_name(out, name);
	if (n == 0)
		mw_buf_put(out, MW_LIT("null"));
	else
		mw_buf_put_int(out, n);
}

void describe_text(mw_buf *out, const char *name, mw_str value)
{
	put_name(out, name);
	if (value.len == 0) {
		mw_buf_put(out, MW_LIT("null"));
		return;
	}
	mw_buf_put_char(out, '"');
	mw_buf_put_json(out, value);
	mw_buf_put_char(out, '"');
}

static void put_time(mw_buf *out, const char *name, int64_t ms)
{
	char time[OUTLOG_TIME_MAX];

	describe_text(out, name, ms != 0 ? outlog_time(time, ms) : MW_LIT(""));
}

void describe_limit(mw_buf *out, const throttle *t, throttle_dimension d, int open,
		    int64_t now)
{
	static const char *const names[THROTTLE_DIMENSIONS] = {
		"connections", "messages_per_connection", "messages_per_minute"};
	const throttle_limit *l = &t->limit[d];
	char memory[400];
	mw_buf why;

	mw_buf_init(&why, memory, sizeof memory);
	throttle_why(t, d, now, &why);
	mw_buf_put_char(out, '"');
	mw_buf_put(out, mw_str_of(names[d]));
	mw_buf_put(out, MW_LIT("\":{\"now\":"));
	if (l->now == 0)
		mw_buf_put(out, MW_LIT("null"));
	else
		mw_buf_put_int(out, l->now);
	put_some(out, "most", l->most);
	put_some(out, "ceiling", l->ceiling);
	put_time(out, "found", l->ceiling != 0 ? l->found : 0);
	if (open >= 0)
		put_number(out, "open", (uint64_t)open);
	describe_text(out, "why", mw_buf_str(&why));
	mw_buf_put_char(out, '}');
}

static void put_path(mw_buf *out, const destination *d, const path *p, int64_t now)
{
	const throttle *t = &p->t;

	mw_buf_put(out, MW_LIT("{\"destination\":\""));
	mw_buf_put_json(out, mw_str_of(d->name));
	mw_buf_put_char(out, '"');
	describe_text(out, "key", mw_str_of(d->key));
	describe_text(out, "provider", d->provider);
	describe_text(out, "source", mw_str_of(p->source_text));
	for (int i = 0; i < THROTTLE_DIMENSIONS; i++) {
		mw_buf_put_char(out, ',');
		describe_limit(out, t, (throttle_dimension)i,
			       i == THROTTLE_CONNECTIONS ? (int)p->open : -1, now);
	}
	put_number(out, "ready", d->ready);
	put_number(out, "domains", d->domains);
	put_number(out, "delivered", d->delivered);
	put_number(out, "deferred", d->deferred);
	put_number(out, "failed", d->failed);
	put_number(out, "refused", d->refused);
	put_time(out, "down_since", t->failures > 0 ? t->down_since : 0);
	put_time(out, "next_connection", t->connect_after > now ? t->connect_after : 0);
	put_time(out, "next_message", t->send_after > now ? t->send_after : 0);
	describe_text(out, "last", mw_str_of(d->last));
	mw_buf_put(out, MW_LIT("}\n"));
}

/* --- text that grows */

typedef struct growing {
	sender *s;
	char *text; /* NULL: no memory */
	size_t len, cap;
} growing;

static bool grow(growing *g, size_t more)
{
	const size_t cap = (g->len + more + 1) * 2;
	char *text;

	if (g->len + more < g->cap)
		return true;
	text = realloc(g->text, cap);
	if (text == NULL)
		return false;
	g->text = text;
	g->cap = cap;
	return true;
}

/* A line that does not fit is left out. */
static bool add(growing *g, const mw_buf *line)
{
	if (line->lost)
		return true;
	if (!grow(g, line->len)) {
		free(g->text);
		g->text = NULL;
		return false;
	}
	memcpy(g->text + g->len, line->ptr, line->len);
	g->len += line->len;
	g->text[g->len] = '\0';
	return true;
}

static bool describe_one(growing *g, const destination *d, int64_t now)
{
	char memory[DESCRIBE_LINE_MAX];
	mw_buf line;

	for (size_t i = 0; i < d->path_count; i++) {
		mw_buf_init(&line, memory, sizeof memory);
		put_path(&line, d, &d->paths[i], now);
		if (!add(g, &line))
			return false;
	}
	return true;
}

static void describe(void *ctx)
{
	growing *g = ctx;
	const sender *s = g->s;
	const int64_t now = sender_now();

	for (const destination *d = table_each(&s->destinations, NULL); d != NULL;
	     d = table_each(&s->destinations, d))
		if (!describe_one(g, d, now))
			return;
}

static char *ask(sender *s, void (*f)(void *ctx))
{
	growing g = {.s = s, .text = calloc(1, 4096), .cap = 4096};

	if (g.text != NULL)
		loop_call(&s->l, f, &g);
	return g.text;
}

char *sender_describe(sender *s)
{
	return ask(s, describe);
}

/* --- metrics */

#define THROTTLE_HEAD                                                                    \
	"# HELP mailwhy_throttle What a destination gets; 0 of messages-per-minute: "    \
	"any.\n# TYPE mailwhy_throttle gauge\n"
#define OUTCOMES_HEAD                                                                    \
	"# HELP mailwhy_destination_recipients_total What became of recipients "         \
	"there.\n# TYPE mailwhy_destination_recipients_total counter\n"

static void put_label(mw_buf *out, const char *name, mw_str value)
{
	mw_buf_put(out, mw_str_of(name));
	mw_buf_put(out, MW_LIT("=\""));
	for (size_t i = 0; i < value.len; i++) {
		const char c = value.ptr[i];

		if (c == '"' || c == '\\')
			mw_buf_put_char(out, '\\');
		mw_buf_put_char(out, (unsigned char)c < 32 ? '_' : c);
	}
	mw_buf_put_char(out, '"');
}

static bool measure_path(growing *g, const destination *d, const path *p)
{
	char memory[2048];
	mw_buf out;

	mw_buf_init(&out, memory, sizeof memory);
	for (int i = 0; i < THROTTLE_DIMENSIONS; i++) {
		const throttle_dimension dimension = (throttle_dimension)i;

		put_label(&out, "mailwhy_throttle{destination", mw_str_of(d->name));
		put_label(&out, ",source", mw_str_of(p->source_text));
		put_label(&out, ",dimension", throttle_dimension_name(dimension));
		mw_buf_put(&out, MW_LIT("} "));
		mw_buf_put_int(&out, p->t.limit[i].now);
		mw_buf_put_char(&out, '\n');
	}
	return add(g, &out);
}

static bool measure_throttle(growing *g, const destination *d)
{
	for (size_t k = 0; k < d->path_count; k++)
		if (!measure_path(g, d, &d->paths[k]))
			return false;
	return true;
}

/* What became of recipients there. */
static bool measure_outcomes(growing *g, const destination *d)
{
	const struct {
		const char *name;
		uint64_t n;
	} outcomes[] = {{"delivered", d->delivered},
			{"deferred", d->deferred},
			{"failed", d->failed}};
	char memory[2048];
	mw_buf out;

	mw_buf_init(&out, memory, sizeof memory);
	for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
		put_label(&out, "mailwhy_destination_recipients_total{destination",
			  mw_str_of(d->name));
		put_label(&out, ",provider", d->provider);
		put_label(&out, ",outcome", mw_str_of(outcomes[i].name));
		mw_buf_put(&out, MW_LIT("} "));
		mw_buf_put_int(&out, (long long)outcomes[i].n);
		mw_buf_put_char(&out, '\n');
	}
	return add(g, &out);
}

/* Lines of a family stand together. */
static bool measure_all(growing *g, const char *head,
			bool (*one)(growing *g, const destination *d))
{
	const sender *s = g->s;
	char memory[300];
	unsigned told = 0;
	mw_buf out;

	mw_buf_init(&out, memory, sizeof memory);
	mw_buf_put(&out, mw_str_of(head));
	if (!add(g, &out))
		return false;
	for (const destination *d = table_each(&s->destinations, NULL);
	     d != NULL && told < METRICS_DESTINATIONS;
	     d = table_each(&s->destinations, d), told++)
		if (!one(g, d))
			return false;
	return true;
}

static void measure(void *ctx)
{
	growing *g = ctx;

	if (g->s->destinations.count > 0 &&
	    measure_all(g, THROTTLE_HEAD, measure_throttle))
		(void)measure_all(g, OUTCOMES_HEAD, measure_outcomes);
}

char *sender_metrics(sender *s)
{
	return ask(s, measure);
}
