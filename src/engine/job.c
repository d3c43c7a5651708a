/* SPDX-License-Identifier: MIT
 *
 * One mail for one domain, while it is in memory.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/ascii.h"
#include "engine/bouncer.h"
#include "engine/outbound.h"

job *job_new(sender *s, transaction *t, size_t count)
{
	job *j = calloc(1, sizeof *j);

	if (j == NULL)
		return NULL;
	j->to = calloc(count, sizeof *j->to);
	if (j->to == NULL) {
		free(j);
		return NULL;
	}
	j->s = s;
	j->fd = -1;
	j->body = MW_LIT("");
	j->settles_end = &j->settles;
	if (t != NULL)
		j->t = transaction_hold(t);
	return j;
}

bool job_has_room(job *j)
{
	addressee *to;

	if (j->count == 0 || (j->count & (j->count - 1)) != 0)
		return true;
	to = realloc(j->to, j->count * 2 * sizeof *to);
	if (to == NULL)
		return false;
	memset(to + j->count, 0, j->count * sizeof *to);
	j->to = to;
	return true;
}

void job_free(job *j)
{
	atomic_fetch_sub(&j->s->bytes, j->bytes);
	if (j->owns_body) {
		/* Either the one or the other (store_body()). */
		if (j->fd >= 0)
			close(j->fd);
		else
			free((char *)(uintptr_t)j->body.ptr);
	}
	transaction_close(&j->t);
	pool_free(&j->memory);
	free(j->to);
	free(j);
}

bool job_is_8bit(const job *j)
{
	return j->fd >= 0 ? j->message.mail.body != MW_BODY_7BIT : !mwi_is_ascii(j->body);
}

/* --- the table of all that are in memory */

static size_t hash_of(uint64_t id, const domain *of)
{
	const uint64_t h = (id ^ (uint64_t)(uintptr_t)of >> 4) * 0x9e3779b97f4a7c15U;

	return (size_t)(h >> 20);
}

job *job_find(const sender *s, uint64_t id, const domain *of)
{
	job *j = table_find(&s->jobs, hash_of(id, of));

	while (j != NULL && (j->message.id != id || j->of != of))
		j = table_find_next(j);
	return j;
}

bool job_enter(job *j)
{
	j->in_table = table_add(&j->s->jobs, &j->link, hash_of(j->message.id, j->of));
	return j->in_table;
}

void job_leave(job *j)
{
	if (j->in_table)
		table_remove(&j->s->jobs, &j->link);
	j->in_table = false;
}

/* --- noting */

/* Now that it is noted: when to come again, and whose sender is to be told. */
static void follow_up(const job *j)
{
	bool failed = false;

	for (const settling *n = j->settles; n != NULL; n = n->next) {
		failed = failed || (!n->ask.over && n->ask.state == STORE_FAILED);
		if (!n->ask.over && n->ask.state == STORE_QUEUED)
			domain_due(j->of, n->ask.next_try);
	}
	if (failed)
		bouncer_note(j->s->e->bouncer, j->message.id);
}

/* The store has answered for all: on the loop. */
static void settled(task *t)
{
	job *j = (job *)(void *)((char *)t - offsetof(job, settled));
	domain *d = j->of;

	if (atomic_load(&j->unsettled)) {
		/* What is not noted would be sent again: it is asked until it is. */
		j->next = j->s->resettle;
		j->s->resettle = j;
		return;
	}
	follow_up(j);
	if (j->open > 0) {
		j->settles = NULL;
		j->settles_end = &j->settles;
		domain_put(d, j, true);
		domain_work(d);
		return;
	}
	d->at_work--;
	if (d->loading) {
		/* The load may have looked before this was noted. */
		j->next = d->ended;
		d->ended = j;
		return;
	}
	job_leave(j);
	job_free(j);
	domain_release(d);
}

static void on_settled(store_settle *p, mw_status status)
{
	job *j = p->ctx;
	settling *n = (settling *)(void *)((char *)p - offsetof(settling, ask));

	/* Somebody deleted it by hand: good as well. */
	n->is_over = status == MW_OK || status == MW_E_ABSENT;
	if (!n->is_over)
		atomic_store(&j->unsettled, true);
	if (atomic_fetch_sub(&j->settling, 1) == 1) {
		j->settled.run = settled;
		loop_post(&j->s->l, &j->settled);
	}
}

void job_settle(job *j, addressee *a, const store_settle *what,
		const store_attempt *attempt)
{
	settling *n = pool_take(&j->memory, sizeof *n);

	if (!a->over) {
		a->over = true;
		j->open--;
	}
	/* Without memory it is as if the answer had not come. */
	if (n == NULL)
		return;
	n->ask = *what;
	n->ask.id = j->message.id;
	n->ask.recipient = a->index;
	n->ask.done = on_settled;
	n->ask.ctx = j;
	if (attempt != NULL) {
		n->attempt = *attempt;
		n->ask.attempt = &n->attempt;
	}
	*j->settles_end = n;
	j->settles_end = &n->next;
}

void job_settle_end(job *j)
{
	/* One more than there are, so that the last answer can't come before all are
	 * asked. */
	atomic_store(&j->unsettled, false);
	atomic_store(&j->settling, 1);
	for (settling *n = j->settles, *next; n != NULL; n = next) {
		next = n->next;
		if (n->is_over)
			continue;
		atomic_fetch_add(&j->settling, 1);
		store_ask_settle(j->s->e->store, &n->ask);
	}
	if (atomic_fetch_sub(&j->settling, 1) == 1) {
		j->settled.run = settled;
		loop_post(&j->s->l, &j->settled);
	}
}
