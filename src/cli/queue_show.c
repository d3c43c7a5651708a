/* SPDX-License-Identifier: MIT
 *
 * mailwhy queue show: the whole story of a message, recipient by recipient.
 */
#include "cli/config.h"
#include "cli/queue.h"
#include "engine/outlog.h"
#include "engine/policy.h"

typedef struct showing {
	const queue *q;
	store *s;
	cli_knowledge k;
	cli_out out;
	schedule plan;
	uint64_t id;
	int only; /* recipient, or CHANGE_ALL */
	uint64_t after;
	bool any, found, stop;
	/* of the recipient at work */
	unsigned attempts;
	store_attempt last; /* stage, category and number fields alone */
	char host[300], why[300];
} showing;

/* --- pieces */

static void put_time(mw_buf *out, int64_t ms)
{
	char time[OUTLOG_TIME_MAX];

	mw_buf_put(out, outlog_time(time, ms));
}

/* "2026-11-25T18:55:37.123Z (in 5 min)". */
static void put_when(const showing *x, mw_buf *out, int64_t ms)
{
	put_time(out, ms);
	mw_buf_put(out, ms > x->q->now ? MW_LIT(" (in ") : MW_LIT(" ("));
	queue_put_span(out, ms > x->q->now ? ms - x->q->now : x->q->now - ms);
	mw_buf_put(out, ms > x->q->now ? MW_LIT(")") : MW_LIT(" ago)"));
}

static void put_word(mw_buf *out, const char *before, mw_str s, const char *after)
{
	if (s.len == 0)
		return;
	mw_buf_put(out, mw_str_of(before));
	mw_buf_put_visible(out, mw_str_head(s, QUEUE_FIELD_MAX));
	mw_buf_put(out, mw_str_of(after));
}

static void put_envelope(const showing *x, mw_buf *out, const store_message *m)
{
	mw_buf_put(out, MW_LIT("Message "));
	mw_buf_put_int(out, (long long)m->id);
	mw_buf_put(out, MW_LIT("\n  sender    <"));
	mw_buf_put_visible(out, mw_str_head(m->mail.sender, QUEUE_FIELD_MAX));
	mw_buf_put(out, MW_LIT(">\n  arrived   "));
	put_when(x, out, m->arrival);
	put_word(out, ", from ", m->client, "");
	put_word(out, " (", m->helo, ")");
	put_word(out, ", login ", m->login, "");
	mw_buf_put(out, m->tls ? MW_LIT(", with TLS\n  size      ")
			       : MW_LIT("\n  size      "));
	queue_put_size(out, m->size);
	mw_buf_put_char(out, '\n');
}

/* --- attempts */

static void keep(char *to, size_t cap, mw_str s)
{
	s = mw_str_head(s, cap - 1);
	memcpy(to, s.ptr, s.len);
	to[s.len] = '\0';
}

static void note_last(showing *x, const store_attempt *a)
{
	x->last = (store_attempt){.at = a->at,
				  .stage = a->stage,
				  .category = a->category,
				  .next_try = a->next_try};
	keep(x->host, sizeof x->host, a->host);
	keep(x->why, sizeof x->why, a->why);
}

static bool attempt_text(void *ctx, const store_attempt *a)
{
	showing *x = ctx;
	mw_buf *out = &x->out.buf;

	cli_out_flush_if_full(&x->out);
	note_last(x, a);
	mw_buf_put(out, MW_LIT("  "));
	mw_buf_put_int(out, ++x->attempts);
	mw_buf_put(out, MW_LIT(". "));
	put_time(out, a->at);
	put_word(out, "  ", a->host.len > 0 ? a->host : MW_LIT("no server was reached"),
		 "");
	put_word(out, " [", a->address, "]");
	put_word(out, ", from ", a->source, "");
	put_word(out, ", ", a->tls, "");
	mw_buf_put(out, MW_LIT("\n     "));
	if (a->reply != 0) {
		mw_buf_put_int(out, a->reply);
		mw_buf_put_char(out, ' ');
	}
	mw_buf_put_visible(out, mw_str_head(a->text, MW_TEXT_MAX));
	mw_buf_put(out, MW_LIT("\n     "));
	mw_buf_put(out, mw_name(MW_VOCABULARY_CATEGORY, (int)a->category));
	put_word(out, " (", mw_name(MW_VOCABULARY_STAGE, (int)a->stage), ")");
	put_word(out, ": ", a->why, "");
	mw_buf_put_char(out, '\n');
	return !x->out.closed;
}

static bool attempt_json(void *ctx, const store_attempt *a)
{
	showing *x = ctx;
	mw_buf *out = &x->out.buf;
	char reply[16] = "";

	cli_out_flush_if_full(&x->out);
	note_last(x, a);
	if (a->reply != 0)
		snprintf(reply, sizeof reply, "%d", a->reply);
	mw_buf_put(out,
		   x->attempts++ > 0 ? MW_LIT(",{\"time\":\"") : MW_LIT("{\"time\":\""));
	put_time(out, a->at);
	mw_buf_put_char(out, '"');
	queue_json_text(out, "host", a->host);
	queue_json_text(out, "address", a->address);
	queue_json_text(out, "source", a->source);
	queue_json_text(out, "tls", a->tls);
	queue_json_text(out, "stage", mw_name(MW_VOCABULARY_STAGE, (int)a->stage));
	queue_json_text(out, "reply", mw_str_of(reply));
	queue_json_text(out, "text", a->text);
	queue_json_text(out, "category",
			mw_name(MW_VOCABULARY_CATEGORY, (int)a->category));
	queue_json_time(out, "next_try", a->next_try);
	queue_json_text(out, "why", a->why);
	mw_buf_put_char(out, '}');
	return !x->out.closed;
}

/* --- what comes next */

/* Up to where they stay the same. */
static void put_waits(const showing *x, mw_buf *out, mw_category c)
{
	unsigned before = 0;

	put_word(out, "  schedule  ", mw_name(MW_VOCABULARY_CATEGORY, (int)c), ": after");
	for (unsigned n = 1; n <= SCHEDULE_STEPS; n++) {
		const unsigned wait = schedule_wait(&x->plan, &x->k.kb, c, n);

		if (n > 1 && wait == before &&
		    (x->plan.steps[c].count == 0 || n > x->plan.steps[c].count))
			break;
		mw_buf_put(out, n > 1 ? MW_LIT(", ") : MW_LIT(" "));
		queue_put_span(out, (int64_t)wait * 1000);
		before = wait;
	}
	mw_buf_put(out, MW_LIT(", and so on until "));
	queue_put_span(out, (int64_t)x->plan.lifetime * 1000);
	mw_buf_put(out, MW_LIT(" after its arrival\n"));
}

static void put_alarm(const showing *x, mw_buf *out, const store_message *m,
		      const store_recipient *r)
{
	if (r->alarm == 0)
		return;
	mw_buf_put(out, r->warned || schedule_over(&x->plan, m->arrival, r->alarm)
				? MW_LIT("  given up  ")
				: MW_LIT("  warning   its sender is told of the delay "));
	put_when(x, out, r->alarm);
	mw_buf_put_char(out, '\n');
}

static void put_queued(const showing *x, mw_buf *out, const store_message *m,
		       const store_recipient *r)
{
	mw_buf_put(out, MW_LIT("  next try  "));
	if (r->next_try <= x->q->now)
		mw_buf_put(out, MW_LIT("now, as soon as its destination takes it"));
	else
		put_when(x, out, r->next_try);
	/* Else it was changed by hand since. */
	if (x->attempts > 0 && x->last.next_try == r->next_try)
		put_word(out, ": ", mw_str_of(x->why), "");
	mw_buf_put_char(out, '\n');
	put_alarm(x, out, m, r);
	if (x->attempts > 0)
		put_waits(x, out, x->last.category);
}

static void put_verdict(const showing *x, mw_buf *out, const store_recipient *r)
{
	const mw_tell tell = {&x->k.kb, -1, cli_width(), false};
	const mw_outcome o = queue_outcome(r, x->last.stage, mw_str_of(x->host));
	mw_verdict v;

	if (!queue_has_failure(r))
		return;
	mw_judge(&x->k.kb, &o, &v);
	mw_buf_put(out, MW_LIT("  meaning   "));
	if (mw_tell_summary(out, &tell, &o, &v) == MW_OK)
		mw_buf_put_char(out, '\n');
}

static void show_text(showing *x, const store_message *m, unsigned index,
		      const store_recipient *r)
{
	mw_buf *out = &x->out.buf;

	mw_buf_put_char(out, '\n');
	mw_buf_put_int(out, (long long)m->id);
	mw_buf_put_char(out, '.');
	mw_buf_put_int(out, index);
	put_word(out, " ", r->address, ": ");
	mw_buf_put(out, queue_state_name(r->state));
	put_word(out, ", to ", r->target, "");
	put_word(out, ", given as ", r->original, "");
	mw_buf_put_char(out, '\n');
	if (store_story(x->s, m->id, index, attempt_text, x) != MW_OK)
		x->stop = true;
	cli_out_flush_if_full(&x->out);
	if (r->attempts == 0)
		mw_buf_put(out, MW_LIT("  not tried yet\n"));
	put_verdict(x, out, r);
	if (r->uncertain)
		mw_buf_put(out, MW_LIT("  uncertain it may have arrived: all of it was "
				       "sent, and no answer came\n"));
	if (r->state == STORE_QUEUED)
		put_queued(x, out, m, r);
	else if (r->state == STORE_HELD)
		mw_buf_put(out, MW_LIT("  held      until somebody releases, deletes or "
				       "fails it\n"));
	else
		mw_buf_put(out,
			   MW_LIT("  failed    for good; its sender is to be told\n"));
}

static void show_json(showing *x, const store_message *m, unsigned index,
		      const store_recipient *r)
{
	mw_buf *out = &x->out.buf;

	queue_json_front(out, m, index, r);
	mw_buf_put(out, MW_LIT(",\"attempt_count\":"));
	mw_buf_put_int(out, r->attempts);
	queue_json_time(out, "alarm", r->alarm);
	mw_buf_put(out, MW_LIT(",\"attempts\":["));
	if (store_story(x->s, m->id, index, attempt_json, x) != MW_OK)
		x->stop = true;
	mw_buf_put_char(out, ']');
	cli_out_flush_if_full(&x->out);
	queue_json_end(out, &x->k.kb, r, x->last.stage, mw_str_of(x->host));
}

/* One at a time: none of the database is locked while its row is written. */
static bool show(void *ctx, const store_message *m, unsigned index,
		 const store_recipient *r)
{
	showing *x = ctx;

	if (m->id != x->id || (x->only != CHANGE_ALL && index != (unsigned)x->only))
		return false;
	x->found = true;
	x->after = m->id << 16 | index;
	x->attempts = 0;
	x->last = (store_attempt){.stage = MW_STAGE_NONE};
	x->host[0] = x->why[0] = '\0';
	if (!x->q->common.json && !x->any)
		put_envelope(x, &x->out.buf, m);
	x->any = true;
	if (x->q->common.json)
		show_json(x, m, index, r);
	else
		show_text(x, m, index, r);
	return true;
}

static int walk(showing *x, const char *name)
{
	mw_status status;
	char safe[200];

	x->after = (x->id << 16 | (x->only != CHANGE_ALL ? (unsigned)x->only : 0)) - 1;
	do {
		x->found = false;
		status = store_list(x->s, x->after, 1, show, x);
		cli_out_flush_if_full(&x->out);
	} while (status == MW_OK && x->found && !x->stop && !x->out.closed &&
		 x->only == CHANGE_ALL);
	if (status != MW_OK)
		return queue_broken(x->q, status);
	if (x->any)
		return EXIT_DONE;
	cli_complain("%s: there is no such message or recipient in the queue",
		     cli_visible(safe, name));
	return EXIT_NO_INPUT;
}

static int run(showing *x, const char *name)
{
	int rc = queue_look(x->q, &x->s);

	if (rc != EXIT_DONE)
		return rc;
	rc = cli_out_open(&x->out);
	if (rc == EXIT_DONE) {
		rc = walk(x, name);
		cli_out_close(&x->out, &rc);
	}
	store_close(&x->s);
	return rc;
}

int queue_show(queue *q, int count, char **argv)
{
	showing x = {.q = q};
	bool quiet = q->common.quiet;
	problems told = {.tell = cli_tell_problem, .ctx = &quiet};
	int rc;

	if (count != 1 || !change_read_id(argv[0], &x.id, &x.only)) {
		cli_complain("queue show takes the number of one message, such as 12, or "
			     "12.0 for its first recipient");
		return EXIT_USAGE;
	}
	if (!settings_schedule(&x.plan, q->settings, &told))
		return EXIT_CONFIG;
	rc = cli_knowledge_open(&x.k, &q->common);
	if (rc != EXIT_DONE)
		return rc;
	rc = run(&x, argv[0]);
	cli_knowledge_close(&x.k);
	return rc;
}
