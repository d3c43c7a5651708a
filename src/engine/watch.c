/* SPDX-License-Identifier: MIT
 *
 * Looks for recipients whose alarm has rung: their sender is told of the delay, or they
 * are given up. What is at work at that moment is looked at again later.
 */
#include <stdlib.h>

#include "engine/bouncer.h"
#include "engine/outbound.h"
#include "engine/outcome_log.h"

#define BATCH 200U

typedef struct rung {
	uint64_t id;
	unsigned recipient;
	int64_t arrival;
	char *domain, *sender, *address; /* of the look's memory */
	unsigned attempts;
	bool remote;
} rung;

typedef struct look {
	task t;
	sender *s;
	pool memory;
	rung list[BATCH];
	size_t count;
	atomic_uint open;
} look;

static bool collect(void *ctx, const store_message *m, unsigned recipient,
		    const store_recipient *r)
{
	look *x = ctx;

	x->list[x->count++] = (rung){.id = m->id,
				     .recipient = recipient,
				     .arrival = m->arrival,
				     .domain = pool_copy(&x->memory, r->target),
				     .sender = pool_copy(&x->memory, m->mail.sender),
				     .address = pool_copy(&x->memory, r->address),
				     .attempts = r->attempts,
				     .remote = r->route == STORE_REMOTE};
	return x->count < BATCH;
}

typedef struct end {
	store_settle ask;
	bouncer *b;
} end;

static void on_end(store_settle *p, mw_status status)
{
	end *x = (end *)(void *)p;

	/* What could not be noted rings again. */
	if (status == MW_OK)
		bouncer_note(x->b, p->id);
	free(x);
}

/* What its server said last stays, and is what the sender will be told. */
static void give_up(sender *s, const rung *r)
{
	end *x = calloc(1, sizeof *x);

	if (x == NULL)
		return;
	x->b = s->e->bouncer;
	x->ask = (store_settle){.id = r->id,
				.recipient = r->recipient,
				.state = STORE_FAILED,
				.done = on_end};
	metrics_add(&s->e->metrics.relay_expired_total, 1);
	outcome_log(s->e, &(outcome_line){.event = "expired",
					  .id = r->id,
					  .has_sender = true,
					  .sender = mw_str_of(r->sender),
					  .recipient = mw_str_of(r->address),
					  .attempt = r->attempts,
					  .stage = MW_STAGE_QUEUE,
					  .code = 451,
					  .status = {4, 4, 7},
					  .text = MW_LIT("Delivery time expired")});
	store_ask_settle(s->e->store, &x->ask);
}

static bool is_at_work(sender *s, const rung *r)
{
	const job *j;
	domain *d;
	bool at_work;

	if (!r->remote || r->domain == NULL)
		return false;
	d = domain_of(s, mw_str_of(r->domain));
	if (d == NULL)
		return false;
	j = job_find(s, r->id, d);
	at_work = j != NULL && j->at_work;
	domain_release(d);
	return at_work;
}

static void looked(task *t)
{
	look *x = (look *)(void *)t;
	sender *s = x->s;
	const int64_t now = sender_now();

	s->looking--;
	for (size_t i = 0; i < x->count && !s->stopping; i++) {
		const rung *r = &x->list[i];

		if (is_at_work(s, r))
			continue;
		if (schedule_over(&s->policy->schedule, r->arrival, now))
			give_up(s, r);
		else
			bouncer_warn(s->e->bouncer, r->id);
	}
	s->watching = false;
	pool_free(&x->memory);
	free(x);
}

static void run_look(task *t)
{
	look *x = (look *)(void *)t;

	if (store_each_alarm(x->s->e->store, sender_now(), BATCH, collect, x) != MW_OK)
		x->count = 0;
	x->t.run = looked;
	loop_post(&x->s->l, &x->t);
}

void watch_tick(sender *s)
{
	look *x;

	if (s->watching || s->stopping)
		return;
	x = calloc(1, sizeof *x);
	if (x == NULL)
		return;
	x->s = s;
	x->t.run = run_look;
	if (!workers_ask(s->workers, &x->t)) {
		free(x);
		return;
	}
	s->watching = true;
	s->looking++;
}
