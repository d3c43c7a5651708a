/* SPDX-License-Identifier: MIT */
#include "engine/deliver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "engine/bouncer.h"
#include "engine/lmtp.h"
#include "engine/maildir.h"
#include "engine/outcome_log.h"
#include "engine/trace.h"

#define BATCH 64U
/* Bytes of mail that may wait here; of more, the store's copy is delivered later. */
#define WAITING_MAX  (64U << 20)
#define POLL_SECONDS 5
#define RETRY_FIRST  60 /* seconds; doubled each time, up to an hour */
#define RETRY_MOST   3600

/* One recipient at work. */
typedef struct job {
	store_message message; /* slices of the transaction, or in the batch's `memory` */
	store_recipient r;
	unsigned index;
	bool again;
	char head[1024];
	mw_str body;
	int fd;
	lmtp_result result;
	store_settle settle;
} job;

typedef struct batch {
	job *jobs;
	size_t count;
	pool memory;
	int fds[BATCH];
	char *bodies[BATCH];
	size_t opened;
} batch;

struct deliverer {
	engine *e;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	transaction *first, **last;
	size_t waiting;    /* bytes */
	unsigned settling; /* requests that the store has */
	bool stopping, at_work;
	/* The first look at the store takes what came before the start, and does not wait
	 * until it is due. */
	atomic_bool recovering;
	int64_t started; /* ms since 1970 */
};

static int64_t retry_at(unsigned attempts)
{
	int64_t wait = RETRY_FIRST;

	while (attempts-- > 0 && wait < RETRY_MOST)
		wait *= 2;
	return outlog_now() + (wait < RETRY_MOST ? wait : RETRY_MOST) * 1000;
}

/* --- filling a batch */

/* Slices of *m and *r live as long as the batch. */
static void add_job(batch *b, const store_message *m, unsigned index,
		    const store_recipient *r, bool again)
{
	b->jobs[b->count++] = (job){.message = *m,
				    .r = *r,
				    .index = index,
				    .again = again,
				    .body = m->memory,
				    .fd = m->fd};
}

static bool is_local(const store_recipient *r)
{
	return r->route == STORE_MAILDIR || r->route == STORE_LMTP;
}

/* The recipients of a transaction from *at on; true when it has no more. */
static bool add_transaction(batch *b, const transaction *t, size_t *at)
{
	while (*at < t->count && b->count < BATCH) {
		if (is_local(&t->rcpts[*at]))
			add_job(b, &t->put.message, (unsigned)*at, &t->rcpts[*at], false);
		++*at;
	}
	return *at == t->count;
}

static bool keep(batch *b, mw_str *s)
{
	const char *p = pool_copy(&b->memory, *s);

	if (p != NULL)
		s->ptr = p;
	return p != NULL;
}

/* Without memory it is left for the next time: nothing may be delivered by half of its
 * envelope. */
static bool show_due(void *ctx, const store_message *m, unsigned recipient,
		     const store_recipient *r)
{
	batch *b = ctx;
	store_message message = *m;
	store_recipient to = *r;

	message.mail.auth = message.client = message.helo = message.login = MW_LIT("");
	to.original = to.orcpt = to.text = MW_LIT("");
	if (!keep(b, &message.mail.sender) || !keep(b, &message.mail.envid) ||
	    !keep(b, &to.address) || !keep(b, &to.target))
		return false;
	add_job(b, &message, recipient, &to, true);
	return b->count < BATCH;
}

/* Bodies from the store; a message that can't be read is left for the next time. */
static void open_bodies(deliverer *d, batch *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->count; i++) {
		job *j = &b->jobs[i];
		uint64_t size;

		if (store_body(d->e->store, j->message.id, &j->body, &j->fd, &size) !=
		    MW_OK)
			continue;
		b->bodies[b->opened] = j->fd < 0 ? (char *)(uintptr_t)j->body.ptr : NULL;
		b->fds[b->opened++] = j->fd;
		j->message.size = size;
		if (kept != i)
			b->jobs[kept] = *j;
		kept++;
	}
	b->count = kept;
}

static void close_bodies(batch *b)
{
	for (size_t i = 0; i < b->opened; i++) {
		free(b->bodies[i]);
		if (b->fds[i] >= 0)
			close(b->fds[i]);
	}
	b->opened = b->count = 0;
	pool_free(&b->memory);
}

/* --- delivering one */

static void to_maildirs(deliverer *d, batch *b)
{
	maildir_mail mails[BATCH];
	job *of[BATCH];
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++) {
		job *j = &b->jobs[i];
		mw_buf head;

		if (j->r.route != STORE_MAILDIR)
			continue;
		mw_buf_init(&head, j->head, sizeof j->head);
		trace_delivered(&head, j->message.mail.sender, j->r.address);
		of[n] = j;
		mails[n++] = (maildir_mail){.folder = j->r.target,
					    .head = mw_buf_str(&head),
					    .body = j->body,
					    .fd = j->fd,
					    .size = j->message.size,
					    .id = j->message.id,
					    .recipient = j->index,
					    .arrival = j->message.arrival,
					    .again = j->again};
	}
	maildir_deliver(mails, n, mw_str_of(d->e->hostname));
	for (size_t i = 0; i < n; i++) {
		lmtp_result *r = &of[i]->result;

		r->stage = MW_STAGE_LOCAL;
		r->code = mails[i].error == 0 ? 250 : 451;
		r->status = mails[i].error == 0 ? (mw_enhanced){2, 1, 5}
			    : mails[i].error == ENOSPC || mails[i].error == EDQUOT
				    ? (mw_enhanced){4, 3, 1}
				    : (mw_enhanced){4, 3, 0};
		snprintf(r->text, sizeof r->text, "%s",
			 mails[i].error == 0 ? "Delivered to the Maildir"
					     : strerror(mails[i].error));
	}
}

/* Those of the same message and server go over one connection. */
static void to_servers(deliverer *d, batch *b)
{
	bool done[BATCH] = {false};

	for (size_t i = 0; i < b->count; i++) {
		mw_str recipients[BATCH];
		lmtp_result results[BATCH];
		size_t of[BATCH], n = 0;

		if (b->jobs[i].r.route != STORE_LMTP || done[i])
			continue;
		for (size_t k = i; k < b->count; k++)
			if (b->jobs[k].r.route == STORE_LMTP && !done[k] &&
			    b->jobs[k].message.id == b->jobs[i].message.id &&
			    mw_str_eq(b->jobs[k].r.target, b->jobs[i].r.target)) {
				done[k] = true;
				recipients[n] = b->jobs[k].r.address;
				of[n++] = k;
			}
		lmtp_deliver(b->jobs[i].r.target, mw_str_of(d->e->hostname),
			     &b->jobs[i].message, b->jobs[i].body, b->jobs[i].fd,
			     recipients, n, results);
		for (size_t k = 0; k < n; k++)
			b->jobs[of[k]].result = results[k];
	}
}

/* --- what became of it */

static void settled(store_settle *p, mw_status status)
{
	deliverer *d = p->ctx;

	/* What could not be noted is delivered again some time, and found to be there. */
	if (status == MW_OK && p->state == STORE_FAILED && !p->over)
		bouncer_note(d->e->bouncer, p->id);
	pthread_mutex_lock(&d->lock);
	if (--d->settling == 0)
		pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->lock);
}

static void count(deliverer *d, int code)
{
	metrics *m = &d->e->metrics;

	metrics_add(code < 300   ? &m->delivered_total
		    : code < 500 ? &m->deferred_total
				 : &m->failed_total,
		    1);
}

static void settle(deliverer *d, job *j)
{
	const lmtp_result *r = &j->result;

	const bool good = r->code < 300;
	const bool report = good && (j->r.notify & MW_NOTIFY_SUCCESS) != 0;

	j->settle = (store_settle){
		.id = j->message.id,
		.recipient = j->index,
		.over = good && !report,
		.state = r->code >= 500 || report ? STORE_FAILED : STORE_QUEUED,
		.next_try = retry_at(j->r.attempts),
		.reply = r->code,
		.text = mw_str_of(r->text),
		.done = settled,
		.ctx = d,
	};
	pthread_mutex_lock(&d->lock);
	d->settling++;
	pthread_mutex_unlock(&d->lock);
	store_ask_settle(d->e->store, &j->settle);
}

static void tell(deliverer *d, const job *j)
{
	const lmtp_result *r = &j->result;

	count(d, r->code);
	outcome_log(d->e, &(outcome_line){.event = r->code < 300   ? "delivered"
						   : r->code < 500 ? "deferred"
								   : "failed",
					  .id = j->message.id,
					  .has_sender = true,
					  .sender = j->message.mail.sender,
					  .recipient = j->r.address,
					  .size = j->message.size,
					  .remote = j->r.route == STORE_LMTP
							    ? j->r.target
							    : mw_str_of(d->e->hostname),
					  .stage = r->stage,
					  .code = r->code,
					  .status = r->status,
					  .text = mw_str_of(r->text)});
}

static void run_batch(deliverer *d, batch *b)
{
	if (b->count == 0)
		return;
	to_maildirs(d, b);
	to_servers(d, b);
	for (size_t i = 0; i < b->count; i++) {
		tell(d, &b->jobs[i]);
		settle(d, &b->jobs[i]);
	}
	pthread_mutex_lock(&d->lock);
	while (d->settling > 0)
		pthread_cond_wait(&d->changed, &d->lock);
	pthread_mutex_unlock(&d->lock);
}

/* --- the thread */

/* All that was handed over so far; waits up to POLL_SECONDS for some. */
static transaction *take(deliverer *d, bool *stopping)
{
	struct timespec until;
	transaction *t;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += POLL_SECONDS;
	pthread_mutex_lock(&d->lock);
	d->at_work = false;
	while (d->first == NULL && !d->stopping && !d->recovering)
		if (pthread_cond_timedwait(&d->changed, &d->lock, &until) == ETIMEDOUT)
			break;
	t = d->first;
	d->first = NULL;
	d->last = &d->first;
	d->waiting = 0;
	*stopping = d->stopping;
	d->at_work = true;
	pthread_mutex_unlock(&d->lock);
	return t;
}

static void close_transactions(transaction *t)
{
	while (t != NULL) {
		transaction *next = t->next;

		transaction_close(&t);
		t = next;
	}
}

/* Many mails a batch: folders are synced once, and the store commits once. Jobs borrow
 * from their transactions, which go when their last batch is done. */
static void serve_handed_over(deliverer *d, batch *b, transaction *t)
{
	size_t at = 0;

	while (t != NULL) {
		transaction *done = NULL;

		while (t != NULL && add_transaction(b, t, &at)) {
			transaction *next = t->next;

			t->next = done;
			done = t;
			t = next;
			at = 0;
		}
		run_batch(d, b);
		close_bodies(b);
		close_transactions(done);
	}
}

static void serve_stored(deliverer *d, batch *b)
{
	static const store_route local[] = {STORE_MAILDIR, STORE_LMTP};
	/* A mail of this run is due no earlier than that; see DELIVER_GRACE_MS. */
	const int64_t due =
		d->recovering ? d->started + DELIVER_GRACE_MS - 1 : outlog_now();

	d->recovering = false;
	for (size_t i = 0; i < 2; i++) {
		size_t shown, opened;

		do {
			if (store_each(d->e->store, (int)local[i], STORE_QUEUED, due,
				       BATCH, show_due, b) != MW_OK)
				b->count = 0;
			shown = b->count;
			open_bodies(d, b);
			opened = b->count;
			run_batch(d, b);
			close_bodies(b);
		} while (shown == BATCH && opened > 0);
	}
}

static void *run(void *ctx)
{
	deliverer *d = ctx;
	batch b = {.jobs = calloc(BATCH, sizeof *b.jobs)};
	bool stopping = b.jobs == NULL;

	while (!stopping) {
		transaction *t = take(d, &stopping);

		if (t != NULL)
			serve_handed_over(d, &b, t);
		else if (!stopping)
			serve_stored(d, &b);
	}
	free(b.jobs);
	return NULL;
}

deliverer *deliver_start(engine *e)
{
	deliverer *d = calloc(1, sizeof *d);
	if (d == NULL)
		return NULL;
	d->e = e;
	d->last = &d->first;
	d->recovering = true;
	d->started = outlog_now();
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->changed, NULL);
	if (pthread_create(&d->thread, NULL, run, d) == 0)
		return d;
	free(d);
	return NULL;
}

void deliver_stop(deliverer *d)
{
	if (d == NULL)
		return;
	pthread_mutex_lock(&d->lock);
	d->stopping = true;
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->thread, NULL);
}

bool deliver_idle(deliverer *d)
{
	bool idle;

	pthread_mutex_lock(&d->lock);
	idle = d->first == NULL && !d->at_work && !d->recovering;
	pthread_mutex_unlock(&d->lock);
	return idle;
}

void deliver_close(deliverer **d)
{
	if (*d == NULL)
		return;
	pthread_mutex_destroy(&(*d)->lock);
	pthread_cond_destroy(&(*d)->changed);
	free(*d);
	*d = NULL;
}

static bool has_local(const transaction *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (is_local(&t->rcpts[i]))
			return true;
	return false;
}

void deliver_stored(deliverer *d, transaction *t, mw_status status)
{
	bool taken = false;

	if (status == MW_OK && has_local(t)) {
		pthread_mutex_lock(&d->lock);
		if (d->waiting < WAITING_MAX && !d->stopping) {
			t->next = NULL;
			*d->last = t;
			d->last = &t->next;
			d->waiting += t->body_cap + sizeof *t;
			pthread_cond_signal(&d->changed);
			taken = true;
		}
		pthread_mutex_unlock(&d->lock);
	}
	if (!taken)
		transaction_close(&t);
}
