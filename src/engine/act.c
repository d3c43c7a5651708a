/* SPDX-License-Identifier: MIT
 *
 * What follows from what a server said: each recipient goes the way of its verdict, and
 * the throttle hears the numbers. Nothing here looks at words.
 */
#include <assert.h>
#include <stdio.h>

#include "engine/bouncer.h"
#include "engine/outbound.h"
#include "engine/outcome_log.h"

#define REQUEUED_MAX 20U  /* times that a mail goes back without a note */
#define IDLE_IS_LONG 1000 /* ms; a server may have tired of waiting */

/* Where and how an attempt was made; o is NULL when there was no connection. */
typedef struct attempt {
	job *j;
	const outgoing *o;
	int64_t now;
} attempt;

static mw_str host_of(const outgoing *o)
{
	if (o == NULL)
		return MW_LIT("");
	const mw_str host = mw_str_of(o->hosts->result->targets[o->host].host);

	return host.len > 0 ? host : mw_str_of(o->remote);
}

static mw_outcome outcome_of(const remote_reply *r, mw_str recipient, mw_str remote)
{
	return (mw_outcome){.kind = MW_KIND_BOUNCE,
			    .stage = r->stage,
			    .reply = r->code,
			    .status = r->status,
			    .text = mw_str_of(r->text),
			    .context = MW_LIT(""),
			    .remote = remote,
			    .recipient = recipient,
			    .provider = MW_LIT(""),
			    .odd_number = MW_LIT("")};
}

static mw_verdict judge(const engine *e, const remote_reply *r, mw_str recipient,
			mw_str remote)
{
	const mw_outcome o = outcome_of(r, recipient, remote);
	mw_verdict v;

	mw_judge(e->kb, &o, &v);
	return v;
}

static int64_t named_ms(const mw_verdict *v)
{
	return v->retry_stated && v->retry_after > 0 ? (int64_t)v->retry_after * 1000 : 0;
}

/* "5.1.1 User unknown", as the store keeps it. */
static mw_str words_of(job *j, const remote_reply *r)
{
	char room[RESULT_TEXT_MAX + 40];
	const char *copy;

	if (r->status.cls != 0)
		snprintf(room, sizeof room, "%d.%d.%d %s", r->status.cls,
			 r->status.subject, r->status.detail, r->text);
	else
		snprintf(room, sizeof room, "%s", r->text);
	copy = pool_copy(&j->memory, mw_str_of(room));
	return copy != NULL ? mw_str_of(copy) : MW_LIT("-");
}

static mw_str copied(job *j, mw_str s)
{
	const char *copy = pool_copy(&j->memory, s);

	return copy != NULL ? (mw_str){copy, s.len} : MW_LIT("");
}

static void tell(const attempt *x, const addressee *a, const remote_reply *r,
		 const char *event, int64_t next_try)
{
	const outgoing *o = x->o;
	const mw_str none = MW_LIT("");

	outcome_log(x->j->s->e,
		    &(outcome_line){
			    .event = event,
			    .id = x->j->message.id,
			    .has_sender = true,
			    .sender = x->j->message.mail.sender,
			    .recipient = a->r.address,
			    .size = x->j->message.size,
			    .destination = o != NULL ? mw_str_of(o->p->to->name) : none,
			    .remote = host_of(o),
			    .remote_ip = o != NULL ? mw_str_of(o->remote) : none,
			    .source = o != NULL ? mw_str_of(o->p->source_text) : none,
			    .cipher = o != NULL ? mw_str_of(o->cipher) : none,
			    .attempt = a->r.attempts + 1,
			    .next_try = next_try,
			    .uncertain = a->r.uncertain,
			    .stage = r->stage,
			    .code = r->code,
			    .status = r->status,
			    .text = mw_str_of(r->text)});
}

/* --- one recipient */

static void on_delivered(const attempt *x, addressee *a, const remote_reply *r)
{
	engine *e = x->j->s->e;
	assert(x->o != NULL); /* a server has said so */
	/* Who does not know DSN will not tell the sender: so we do (RFC 3461, 5.2.3). */
	const bool report = (a->r.notify & MW_NOTIFY_SUCCESS) != 0 &&
			    (x->o->offers.extensions & MW_SMTP_DSN) == 0;
	const store_settle what = {.over = !report,
				   .state = STORE_FAILED,
				   .reply = r->code,
				   .text = report ? words_of(x->j, r) : MW_LIT("")};

	x->o->p->to->delivered++;
	metrics_add(&e->metrics.relayed_total, 1);
	tell(x, a, r, "delivered", 0);
	job_settle(x->j, a, &what, NULL);
}

static void settle_later(const attempt *x, addressee *a, const remote_reply *r,
			 const mw_verdict *v, store_settle what, const char *why)
{
	const outgoing *o = x->o;
	job *j = x->j;
	const store_attempt story = {
		.at = x->now,
		.host = copied(j, host_of(o)),
		.address = o != NULL ? copied(j, mw_str_of(o->remote)) : MW_LIT(""),
		.source =
			o != NULL ? copied(j, mw_str_of(o->p->source_text)) : MW_LIT(""),
		.tls = o != NULL ? copied(j, mw_str_of(o->cipher)) : MW_LIT(""),
		.stage = r->stage,
		.reply = r->own ? 0 : r->code,
		.text = words_of(j, r),
		.category = v->category,
		.next_try = what.state == STORE_QUEUED ? what.next_try : 0,
		.why = mw_str_of(why)};

	/* What we say ourselves is no reply of a server; but that it is for good counts.
	 */
	what.reply = r->own && r->code < 500 ? 0 : r->code;
	what.text = story.text;
	job_settle(j, a, &what, &story);
}

/* It may have arrived. Once more after the time that the server may have needed; then a
 * person decides. */
static void on_uncertain(const attempt *x, addressee *a, const remote_reply *r,
			 const mw_verdict *v)
{
	engine *e = x->j->s->e;
	const int64_t wait =
		(int64_t)x->j->s->policy->settings->delivery.uncertain_wait * 1000;
	const store_settle what = {.state = a->r.uncertain ? STORE_HELD : STORE_QUEUED,
				   .next_try = x->now + wait,
				   .uncertain = true};

	metrics_add(&e->metrics.relay_uncertain_total, 1);
	tell(x, a, r, "delivery-uncertain", what.next_try);
	settle_later(x, a, r, v, what,
		     a->r.uncertain ? "uncertain again: held for a person to decide"
				    : "the answer was lost, it may have arrived: once "
				      "more after the server's own time");
}

/* The throttle has something to change, so it says when: fewer of ours at a time, or
 * more slowly. Where no other connection stands, fewer is not in our hands. */
static bool is_for_throttle(const attempt *x, const mw_verdict *v)
{
	return x->o != NULL && (v->limit == MW_LIMIT_RATE ||
				(v->limit == MW_LIMIT_CONNECTIONS && x->o->p->open > 1));
}

/* The time that the server named counts first. */
static schedule_choice choose(const attempt *x, const addressee *a, const mw_verdict *v,
			      const char **why)
{
	sender *s = x->j->s;
	const schedule *plan = &s->policy->schedule;
	schedule_choice c =
		schedule_choose(plan, s->e->kb, v, a->r.attempts + 1,
				x->j->message.arrival, sender_random(s), x->now);

	*why = c.named ? "the server named the time" : "by the schedule of its category";
	if (c.next == SCHEDULE_RETRY && !c.named && is_for_throttle(x, v)) {
		c.at = throttle_wake(&x->o->p->t, x->o->p->offered, x->now);
		if (c.at < x->now + 1000 || c.at == INT64_MAX)
			c.at = x->now + 1000;
		*why = "as soon as the destination takes more";
	}
	return c;
}

static void on_refused(const attempt *x, addressee *a, const remote_reply *r)
{
	engine *e = x->j->s->e;
	const mw_verdict v = judge(e, r, a->r.address, host_of(x->o));
	schedule_choice c;
	const char *why;

	metrics_add(&e->metrics.remote.categories[v.category], 1);
	if (r->uncertain) {
		on_uncertain(x, a, r, &v);
		return;
	}
	c = choose(x, a, &v, &why);
	if (c.next == SCHEDULE_RETRY) {
		metrics_add(&e->metrics.relay_deferred_total, 1);
		if (x->o != NULL)
			x->o->p->to->deferred++;
		tell(x, a, r, "deferred", c.at);
		settle_later(x, a, r, &v,
			     (store_settle){.state = STORE_QUEUED, .next_try = c.at},
			     why);
		return;
	}
	if (x->o != NULL)
		x->o->p->to->failed++;
	metrics_add(c.next == SCHEDULE_FAIL ? &e->metrics.relay_failed_total
					    : &e->metrics.relay_expired_total,
		    1);
	tell(x, a, r, c.next == SCHEDULE_FAIL ? "failed" : "expired", 0);
	settle_later(x, a, r, &v, (store_settle){.state = STORE_FAILED},
		     c.next == SCHEDULE_FAIL ? "refused for good" : "given up");
}

static void on_result(const attempt *x, addressee *a, const remote_reply *r)
{
	if (r->code >= 200 && r->code < 300)
		on_delivered(x, a, r);
	else
		on_refused(x, a, r);
}

/* --- a job that was not sent */

static void charge(job *j, const outgoing *o, const remote_reply *r)
{
	const attempt x = {.j = j, .o = o, .now = sender_now()};

	for (size_t i = 0; i < j->count; i++)
		if (!j->to[i].over)
			on_result(&x, &j->to[i], r);
	job_settle_end(j);
}

void act_on_job(job *j, const remote_reply *r)
{
	charge(j, NULL, r);
}

/* For people: why it takes less, or nothing. */
static void remember(destination *d, const remote_reply *r)
{
	snprintf(d->last, sizeof d->last, "%s", r->text);
}

/* What a refused connection tells of the destination. */
static void tell_refusal(const outgoing *o, const mw_verdict *v, int64_t now)
{
	path *p = o->p;

	if (v->limit == MW_LIMIT_RATE)
		throttle_slowed(&p->t, o->began, named_ms(v), now);
	else if (p->open > 0)
		/* Others stand: it is one too many, whatever the words. */
		throttle_refused(&p->t, p->open, named_ms(v), now);
	else if (v->permanence == MW_PERMANENCE_PERMANENT)
		/* Each mail has to hear it by itself, but not all at once. */
		throttle_refused(&p->t, 0, 0, now);
	else
		throttle_failed(&p->t, named_ms(v), sender_random(o->s), now);
}

void act_on_refusal(outgoing *o)
{
	path *p = o->p;
	sender *s = o->s;
	destination *d = p->to;
	const int64_t now = sender_now();
	const mw_verdict v = judge(s->e, &o->last, MW_LIT(""), host_of(o));
	job *j;

	metrics_add(&s->e->metrics.relay_refusals_total, 1);
	d->refused++;
	remember(d, &o->last);
	p->changed = true;
	/* The one mail that it was for hears it, unless others go on with it. */
	j = p->open == 0 ? destination_next(d, p) : NULL;
	tell_refusal(o, &v, now);
	if (j != NULL)
		charge(j, o, &o->last);
}

/* --- the mail of a connection */

static mw_limit code_limit(const engine *e, const remote_reply *r)
{
	mw_code c;

	return !r->own && mw_knowledge_code(e->kb, r->code, &c) == MW_OK ? c.limit
									 : MW_LIMIT_NONE;
}

/* It was refused before the server knew whose it was: not this mail is meant. */
static bool refused_at_mail(const outgoing *o)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->results[i].code < 400 || o->results[i].stage != MW_STAGE_MAIL)
			return false;
	return true;
}

/* After some messages the connection takes no more: a code that says so, or it was just
 * closed. */
static bool is_cut(const outgoing *o, bool failed)
{
	const remote_reply *r = &o->results[0];

	if (o->carried == 0 || !refused_at_mail(o) || r->uncertain)
		return false;
	return (failed && r->own) || code_limit(o->s->e, r) == MW_LIMIT_MESSAGES;
}

/* None of its recipients was tried before. */
static bool is_new(const outgoing *o)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->of[i]->r.attempts > 0)
			return false;
	return true;
}

/* `r`: the first refusal, or NULL; `failed`: the connection has ended. */
static void tell_throttle(outgoing *o, const remote_reply *r, unsigned taken, bool failed)
{
	path *p = o->p;
	const int64_t now = sender_now();
	const mw_verdict v = r != NULL ? judge(o->s->e, r, MW_LIT(""), host_of(o))
				       : (mw_verdict){.limit = MW_LIMIT_NONE};
	const bool troubled =
		v.limit == MW_LIMIT_SERVER && (taken == 0 || r->stage != MW_STAGE_RCPT);
	const bool sure = failed || (troubled && refused_at_mail(o));

	p->changed = p->changed || v.limit != MW_LIMIT_NONE;
	if (r != NULL &&
	    (sure || v.limit == MW_LIMIT_RATE || v.limit == MW_LIMIT_CONNECTIONS))
		remember(p->to, r);
	switch (v.limit) {
	case MW_LIMIT_RATE:
		throttle_slowed(&p->t, o->offered_at, named_ms(&v), now);
		return;
	case MW_LIMIT_CONNECTIONS:
		throttle_refused(&p->t, p->open > 1 ? p->open - 1 : 1, named_ms(&v), now);
		return;
	case MW_LIMIT_FIRST_TRY:
		throttle_greylisted(&p->t);
		return;
	case MW_LIMIT_RECIPIENTS:
		if (taken > 0)
			p->to->rcpt_max = taken;
		break;
	case MW_LIMIT_NONE:
	case MW_LIMIT_MESSAGES:
	case MW_LIMIT_SERVER:
	case MW_LIMIT_COUNT:
		break;
	}
	if (sure || (troubled && is_new(o)))
		throttle_troubled(&p->t, sure, named_ms(&v), sender_random(o->s), now);
	else if (!troubled)
		throttle_passed(&p->t, o->carried + 1, p->open, now);
}

/* Those that came after as many as the server takes at once: they are named again, in
 * the next transaction. */
static bool is_one_too_many(const outgoing *o, const remote_reply *r, unsigned taken)
{
	return taken > 0 && r->code >= 400 && r->stage == MW_STAGE_RCPT &&
	       judge(o->s->e, r, MW_LIT(""), host_of(o)).limit == MW_LIMIT_RECIPIENTS;
}

static const remote_reply *first_refusal(const outgoing *o)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->results[i].code >= 400)
			return &o->results[i];
	return NULL;
}

static unsigned taken_of(const outgoing *o)
{
	unsigned n = 0;

	for (size_t i = 0; i < o->count; i++)
		n += o->rcpts[i].taken;
	return n;
}

static void give_back(outgoing *o, job *j)
{
	domain *d = j->of;
	const attempt x = {.j = j, .o = o, .now = sender_now()};

	j->requeued++;
	metrics_add(&o->s->e->metrics.relay_slowed_total, 1);
	tell(&x, o->of[0], &o->results[0], "slowed", 0);
	domain_put(d, j, true);
	/* The domain may have found another destination meanwhile, or looks for it. */
	if (d->resolving)
		return;
	if (d->to == NULL) {
		domain_due(d, x.now + 1000);
		return;
	}
	destination_list(d->to, d);
	destination_wake(d->to);
}

/* The connection was given up for trouble of our own, which says nothing of theirs. */
static bool is_ours(const outgoing *o)
{
	return o->unreadable || (o->intended && o->intent_status != MW_OK);
}

bool act_on_mail(outgoing *o, bool failed)
{
	job *j = o->j;
	const attempt x = {.j = j, .o = o, .now = sender_now()};
	const unsigned taken = taken_of(o);
	bool cut;

	for (size_t i = 0; i < o->count; i++)
		if (o->results[i].code == 0)
			o->results[i] = o->last;
	o->p->offered--;
	o->j = NULL;
	cut = is_cut(o, failed);
	if (cut && j->requeued < REQUEUED_MAX) {
		/* One that was left waiting tells nothing by being closed. */
		if (o->idle_ms < IDLE_IS_LONG || !o->results[0].own) {
			throttle_cut(&o->p->t, o->carried, x.now);
			o->p->changed = true;
		}
		give_back(o, j);
		return false;
	}
	if (!is_ours(o))
		tell_throttle(o, first_refusal(o), taken, failed);
	o->carried++;
	for (size_t i = 0; i < o->count; i++)
		if (!is_one_too_many(o, &o->results[i], taken))
			on_result(&x, o->of[i], &o->results[i]);
	job_settle_end(j);
	return !failed;
}
