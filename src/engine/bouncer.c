/* SPDX-License-Identifier: MIT
 *
 * In rounds: all that was noted, a letter at a time. The list of what was noted is a
 * hint; when it gets too long, or at the start, the store is looked through instead. What
 * can't be told now is noted again, and waits for the next round.
 */
#include "engine/bouncer.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "engine/outcome_log.h"
#include "engine/recipients.h"
#include "engine/report.h"

#define LISTED_MAX    4096U
#define LATER_SECONDS 10 /* until what was in trouble is tried again */

typedef struct item {
	uint64_t id;
	bool delay;
} item;

/* Each once. */
typedef struct items {
	item at[LISTED_MAX];
	size_t count;
} items;

struct bouncer {
	bool started; /* the thread; written before others know of it */
	engine *e;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	items listed;
	bool scan[2]; /* the store for failures, for delays */
	bool stopping, working;
	/* the thread's */
	items round;
	report report;
};

/* --- what is to be done */

/* False: no room. */
static bool add_item(items *l, item it)
{
	for (size_t i = l->count; i-- > 0;)
		if (l->at[i].id == it.id && l->at[i].delay == it.delay)
			return true;
	if (l->count == LISTED_MAX)
		return false;
	l->at[l->count++] = it;
	return true;
}

static void note(bouncer *b, item it)
{
	pthread_mutex_lock(&b->lock);
	if (!add_item(&b->listed, it))
		b->scan[it.delay] = true;
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
}

void bouncer_note(bouncer *b, uint64_t id)
{
	note(b, (item){.id = id});
}

void bouncer_warn(bouncer *b, uint64_t id)
{
	note(b, (item){.id = id, .delay = true});
}

typedef struct scanning {
	items *out;
	bool delay, full;
} scanning;

static bool found(void *ctx, const store_message *m, unsigned n, const store_recipient *r)
{
	scanning *x = ctx;

	(void)n;
	if (x->delay && r->warned)
		return true;
	x->full = !add_item(x->out, (item){.id = m->id, .delay = x->delay});
	return !x->full;
}

static void scan_again(bouncer *b, bool delay)
{
	pthread_mutex_lock(&b->lock);
	b->scan[delay] = true;
	pthread_mutex_unlock(&b->lock);
}

/* Adds what the store has to the round; what has no room is for the next one. False: it
 * can't be read. */
static bool scan(bouncer *b, bool delay)
{
	scanning x = {.out = &b->round, .delay = delay};
	mw_status status;

	if (delay)
		status = store_each_alarm(b->e->store, outlog_now(), SIZE_MAX, found, &x);
	else
		status = store_each(b->e->store, -1, STORE_FAILED, INT64_MAX, SIZE_MAX,
				    found, &x);
	if (status != MW_OK || x.full)
		scan_again(b, delay);
	return status == MW_OK;
}

/* --- those of whom nobody is told */

static void tell(bouncer *b, const char *event, size_t i)
{
	const report *r = &b->report;
	const mw_outcome *o = &r->dsn[i].outcome;

	outcome_log(b->e, &(outcome_line){.event = event,
					  .id = r->id,
					  .has_sender = true,
					  .sender = r->message.mail.sender,
					  .recipient = r->r[i].address,
					  .remote = o->remote,
					  .stage = o->stage,
					  .code = o->reply,
					  .status = o->status,
					  .text = o->text});
}

/* Ends those of which `told` is false, or sets their next alarm. */
static mw_status end_untold(bouncer *b, const bool told[REPORT_MAX])
{
	report *r = &b->report;
	store_settle *settles = pool_take(&r->memory, r->count * sizeof *settles);
	unsigned n = 0;

	if (settles == NULL)
		return MW_E_NOMEM;
	for (size_t i = 0; i < r->count; i++) {
		if (told[i])
			continue;
		if (!r->delay)
			tell(b, "dropped", i);
		settles[n++] = (store_settle){.id = r->id,
					      .recipient = r->index[i],
					      .over = !r->delay,
					      .rearm = r->delay,
					      .alarm = report_alarm(r),
					      .text = MW_LIT("")};
	}
	return store_settle_wait(b->e->store, settles, n);
}

/* --- the letter */

/* The letter, and the end of those of whom it tells, in one commit. */
static mw_status put(bouncer *b, transaction *t)
{
	report *r = &b->report;
	store_told *told = pool_take(&r->memory, r->count * sizeof *told);
	store_message *m = &t->put.message;

	if (told == NULL)
		return MW_E_NOMEM;
	for (size_t i = 0; i < r->count; i++)
		told[i] = (store_told){.id = r->id,
				       .recipient = r->index[i],
				       .over = !r->delay,
				       .alarm = r->delay ? report_alarm(r) : 0};
	transaction_arrive(t, &r->policy->schedule, r->now);
	m->client = m->helo = m->login = MW_LIT("");
	t->e = b->e;
	t->put.told = told;
	t->put.told_count = r->count;
	return store_put_wait(b->e->store, &t->put);
}

/* MW_E_SYNTAX: the sender's address takes no mail. */
static mw_status send_letter(bouncer *b)
{
	report *r = &b->report;
	const mw_mail mail = {
		.sender = MW_LIT(""), .envid = MW_LIT(""), .auth = MW_LIT("")};
	transaction *t = transaction_open(&mail);
	mw_status status;

	if (t == NULL)
		return MW_E_NOMEM;
	status = recipients_of(r->policy, r->message.mail.sender, t);
	if (status != MW_OK) {
		transaction_close(&t);
		return status;
	}
	status = report_write(r, t);
	if (status == MW_OK)
		status = put(b, t);
	if (status != MW_OK) {
		transaction_close(&t);
		/* Only the address itself ends it. */
		return status == MW_E_SYNTAX ? MW_E_ABSENT : status;
	}
	/* What it told of is in our memory. */
	t->put.told = NULL;
	t->put.told_count = 0;
	for (size_t i = 0; i < r->count; i++)
		tell(b, r->delay ? "warned" : "reported", i);
	engine_stored(b->e, t, MW_OK);
	return MW_OK;
}

/* --- a message */

static mw_status serve_collected(bouncer *b)
{
	report *r = &b->report;
	bool told[REPORT_MAX] = {false};
	bool any = false, none = false;
	mw_status status = report_judge(r);

	for (size_t i = 0; i < r->count; i++) {
		told[i] = report_wanted(r, i);
		any |= told[i];
		none |= !told[i];
	}
	if (status == MW_OK && none)
		status = end_untold(b, told);
	if (status != MW_OK || !any)
		return status;
	report_select(r, told);
	status = send_letter(b);
	if (status != MW_E_SYNTAX)
		return status;
	return end_untold(b, (bool[REPORT_MAX]){false});
}

/* False: it has to be tried again. */
static bool serve(bouncer *b, item it)
{
	report *r = &b->report;
	mw_status status;
	bool gone;

	r->policy = engine_policy(b->e);
	do {
		status = report_collect(r, it.id, it.delay);
		gone = status == MW_E_ABSENT;
		if (status == MW_OK && r->count > 0)
			status = serve_collected(b);
		report_clear(r);
	} while (status == MW_OK && r->more);
	policy_drop(r->policy);
	return status == MW_OK || gone;
}

/* --- the thread */

static bool is_due(const bouncer *b)
{
	return b->listed.count > 0 || b->scan[false] || b->scan[true];
}

/* Waits until there is something to do, after trouble for a while at least, and takes it.
 * False: the end. */
static bool begin_round(bouncer *b, bool trouble, bool look[2])
{
	struct timespec until;
	bool stopping;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LATER_SECONDS;
	pthread_mutex_lock(&b->lock);
	b->working = false;
	while (trouble && !b->stopping)
		trouble = pthread_cond_timedwait(&b->changed, &b->lock, &until) !=
			  ETIMEDOUT;
	while (!is_due(b) && !b->stopping)
		pthread_cond_wait(&b->changed, &b->lock);
	b->round = b->listed;
	b->listed.count = 0;
	memcpy(look, b->scan, sizeof b->scan);
	b->scan[false] = b->scan[true] = false;
	b->working = true;
	stopping = b->stopping;
	pthread_mutex_unlock(&b->lock);
	return !stopping;
}

static bool is_stopping(bouncer *b)
{
	bool stopping;

	pthread_mutex_lock(&b->lock);
	stopping = b->stopping;
	pthread_mutex_unlock(&b->lock);
	return stopping;
}

/* False: something was in trouble. */
static bool run_round(bouncer *b, const bool look[2])
{
	bool good = true;

	if (look[false])
		good = scan(b, false);
	if (look[true])
		good = scan(b, true) && good;
	for (size_t i = 0; i < b->round.count && !is_stopping(b); i++)
		if (!serve(b, b->round.at[i])) {
			note(b, b->round.at[i]);
			good = false;
		}
	return good;
}

static void *run(void *ctx)
{
	bouncer *b = ctx;
	bool look[2], good = true;

	while (begin_round(b, !good, look))
		good = run_round(b, look);
	return NULL;
}

bouncer *bouncer_open(engine *e)
{
	bouncer *b = calloc(1, sizeof *b);

	if (b == NULL)
		return NULL;
	b->e = b->report.e = e;
	b->scan[false] = true;
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->changed, NULL);
	return b;
}

bool bouncer_start(bouncer *b)
{
	b->started = pthread_create(&b->thread, NULL, run, b) == 0;
	return b->started;
}

void bouncer_stop(bouncer *b)
{
	if (b == NULL || !b->started)
		return;
	pthread_mutex_lock(&b->lock);
	b->stopping = true;
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
	pthread_join(b->thread, NULL);
}

void bouncer_close(bouncer **b)
{
	if (*b == NULL)
		return;
	pthread_mutex_destroy(&(*b)->lock);
	pthread_cond_destroy(&(*b)->changed);
	free(*b);
	*b = NULL;
}

bool bouncer_idle(bouncer *b)
{
	bool idle;

	pthread_mutex_lock(&b->lock);
	idle = !b->working && !is_due(b);
	pthread_mutex_unlock(&b->lock);
	return idle;
}
