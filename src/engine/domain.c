/* SPDX-License-Identifier: MIT
 *
 * Domains that have mail: where each is in its life is in its flags. At most LOW jobs of
 * one are loaded before they are needed, so that a queue may be far longer than memory.
 */
#include <stdio.h>
#include <stdlib.h>

#include "engine/outbound.h"

#define LOAD_ROWS  100U /* recipients that one load brings */
#define WIDER_MAX  20000U
#define LOAD_BYTES (8U << 20) /* of bodies */
#define LOW        25U        /* jobs; with fewer the next ones are loaded */
#define HOLD_FIRST 60000      /* ms, after trouble of the DNS; doubled */
#define HOLD_MOST  (30 * 60000)

/* --- the heap, by next_due */

static bool sooner(const domain *a, const domain *b)
{
	return a->next_due < b->next_due;
}

static void set_place(sender *s, size_t at, domain *d)
{
	s->heap[at] = d;
	d->heap = at;
}

static void sift(sender *s, size_t at)
{
	domain *d = s->heap[at];

	while (at > 1 && sooner(d, s->heap[at / 2])) {
		set_place(s, at, s->heap[at / 2]);
		at /= 2;
	}
	for (;;) {
		size_t child = at * 2;

		if (child < s->heap_count && sooner(s->heap[child + 1], s->heap[child]))
			child++;
		if (child > s->heap_count || !sooner(s->heap[child], d))
			break;
		set_place(s, at, s->heap[child]);
		at = child;
	}
	set_place(s, at, d);
}

static void heap_remove(sender *s, domain *d)
{
	const size_t at = d->heap;
	domain *last;

	if (at == 0)
		return;
	d->heap = 0;
	last = s->heap[s->heap_count--];
	if (last != d) {
		set_place(s, at, last);
		sift(s, at);
	}
}

static void heap_put(sender *s, domain *d)
{
	if (d->heap != 0) {
		sift(s, d->heap);
		return;
	}
	if (s->heap_count + 2 > s->heap_cap) {
		const size_t cap = s->heap_cap * 2 + 1024;
		domain **heap = realloc(s->heap, cap * sizeof(domain *));

		/* It is found again when something happens to it. */
		if (heap == NULL)
			return;
		s->heap = heap;
		s->heap_cap = cap;
	}
	set_place(s, ++s->heap_count, d);
	sift(s, d->heap);
}

/* --- the table */

domain *domain_of(sender *s, mw_str name)
{
	const size_t hash = table_hash(name);
	domain *d = table_find(&s->domains, hash);

	while (d != NULL && !mw_str_eq(mw_str_of(d->name), name))
		d = table_find_next(d);
	if (d != NULL)
		return d;
	d = calloc(1, sizeof *d + name.len + 1);
	if (d == NULL || !table_add(&s->domains, &d->link, hash)) {
		free(d);
		return NULL;
	}
	d->name = (char *)(d + 1);
	memcpy(d->name, name.ptr, name.len);
	d->s = s;
	d->last = &d->first;
	d->next_due = INT64_MAX;
	return d;
}

static void free_domain(domain *d)
{
	sender *s = d->s;

	table_remove(&s->domains, &d->link);
	heap_remove(s, d);
	if (d->to != NULL)
		d->to->domains--;
	free(d);
}

void domain_release(domain *d)
{
	if (d->ready == 0 && d->at_work == 0 && d->next_due == INT64_MAX && !d->loading &&
	    !d->resolving && !d->listed && d->ended == NULL)
		free_domain(d);
}

/* --- jobs */

void domain_put(domain *d, job *j, bool first)
{
	if (j->at_work) {
		j->at_work = false;
		d->at_work--;
	}
	if (first) {
		j->next = d->first;
		d->first = j;
		if (j->next == NULL)
			d->last = &j->next;
	} else {
		j->next = NULL;
		*d->last = j;
		d->last = &j->next;
	}
	d->ready++;
	if (d->listed && d->to != NULL)
		d->to->ready++;
}

job *domain_take(domain *d)
{
	job *j = d->first;

	d->first = j->next;
	if (d->first == NULL)
		d->last = &d->first;
	d->ready--;
	if (d->listed && d->to != NULL)
		d->to->ready--;
	j->at_work = true;
	d->at_work++;
	return j;
}

void domain_forget(domain *d, uint64_t id)
{
	job **at = &d->first, *j;

	while (*at != NULL && (*at)->message.id != id)
		at = &(*at)->next;
	j = *at;
	if (j == NULL)
		return;
	*at = j->next;
	if (*at == NULL)
		d->last = at;
	d->ready--;
	if (d->listed)
		d->to->ready--;
	job_leave(j);
	job_free(j);
}

void domain_due(domain *d, int64_t at)
{
	if (at < d->next_due)
		d->next_due = at;
	if (d->next_due != INT64_MAX)
		heap_put(d->s, d);
}

void domain_unload(domain *d, int64_t until)
{
	while (d->first != NULL) {
		job *j = domain_take(d);

		j->at_work = false;
		d->at_work--;
		job_leave(j);
		job_free(j);
	}
	heap_remove(d->s, d);
	d->next_due = until;
	domain_due(d, until);
}

/* --- loading */

typedef struct load {
	task t;
	sender *s;
	domain *d; /* not looked into by the worker */
	char *name;
	job *first, **last;
	job *open; /* that gets more recipients */
	size_t bytes, rows;
	int64_t due, next;
	mw_status status;
} load;

static bool keep(job *j, mw_str *s)
{
	const char *p = pool_copy(&j->memory, *s);

	if (p != NULL)
		s->ptr = p;
	return p != NULL;
}

static job *new_job(load *x, const store_message *m)
{
	job *j = job_new(x->s, NULL, 1);

	if (j == NULL)
		return NULL;
	j->message = *m;
	if (!keep(j, &j->message.mail.sender) || !keep(j, &j->message.mail.envid) ||
	    !keep(j, &j->message.mail.auth)) {
		job_free(j);
		return NULL;
	}
	*x->last = j;
	x->last = &j->next;
	x->open = j;
	return j;
}

static bool show(void *ctx, const store_message *m, unsigned recipient,
		 const store_recipient *r)
{
	load *x = ctx;
	job *j = x->open;
	store_recipient *to;

	if (j == NULL || j->message.id != m->id)
		j = new_job(x, m);
	if (j == NULL || !job_has_room(j))
		return false;
	to = &j->to[j->count].r;
	*to = *r;
	to->text = to->target = MW_LIT("");
	if (!keep(j, &to->address) || !keep(j, &to->orcpt) || !keep(j, &to->original))
		return false;
	j->to[j->count++].index = recipient;
	j->open++;
	return true;
}

static void drop_from(job **at)
{
	while (*at != NULL) {
		job *j = *at;

		*at = j->next;
		job_free(j);
	}
}

/* Bodies of as many as the budget allows, but of one at least. */
static void read_bodies(load *x)
{
	for (job **at = &x->first, *j; (j = *at) != NULL;) {
		uint64_t size;
		mw_status status;

		if (x->bytes > LOAD_BYTES) {
			x->next = j->to[0].r.next_try;
			drop_from(at);
			return;
		}
		status = store_body(x->s->e->store, j->message.id, &j->body, &j->fd,
				    &size);
		if (status != MW_OK) {
			/* One that is gone was deleted by hand. */
			if (status != MW_E_ABSENT)
				x->status = status;
			*at = j->next;
			job_free(j);
			continue;
		}
		j->owns_body = true;
		j->message.size = size;
		j->bytes = j->fd < 0 ? size : 0;
		atomic_fetch_add(&x->s->bytes, j->bytes);
		x->bytes += j->bytes;
		at = &j->next;
	}
}

/* A load may bring more recipients of a mail than the one before. */
static bool has_all_of(const job *big, const job *small)
{
	for (size_t i = 0, k = 0; i < small->count; i++) {
		while (k < big->count && big->to[k].index != small->to[i].index)
			k++;
		if (k == big->count)
			return false;
	}
	return true;
}

/* False: there was nothing new in it. */
static bool take_job(domain *d, job *j)
{
	const job *other = job_find(d->s, j->message.id, d);

	/* It is at work already, or has just ended. */
	if (other != NULL) {
		if (!has_all_of(other, j))
			domain_due(d, sender_now() + 1000);
		job_free(j);
		return false;
	}
	j->of = d;
	if (!job_enter(j)) {
		job_free(j);
		domain_due(d, sender_now() + 1000);
		return false;
	}
	domain_put(d, j, false);
	return true;
}

/* When to load again. What is at work fills the front: the next load looks further, and
 * where that is far already it waits. */
static int64_t next_load(load *x, unsigned brought)
{
	const int64_t now = sender_now();
	domain *d = x->d;

	if (x->status != MW_OK)
		return now + 10000;
	if (brought > 0 || x->next > now) {
		d->wider = 0;
		return x->next;
	}
	if (d->wider < WIDER_MAX)
		d->wider = d->wider * 2 + LOAD_ROWS;
	return d->wider < WIDER_MAX ? x->next : now + 1000;
}

static void loaded(task *t)
{
	load *x = (load *)(void *)t;
	domain *d = x->d;
	sender *s = x->s;
	unsigned brought = 0;

	s->looking--;
	d->loading = false;
	for (job *j = x->first, *next; j != NULL; j = next) {
		next = j->next;
		brought += take_job(d, j);
	}
	for (job *j = d->ended, *next; j != NULL; j = next) {
		next = j->next;
		job_leave(j);
		job_free(j);
	}
	d->ended = NULL;
	domain_due(d, next_load(x, brought));
	free(x->name);
	free(x);
	domain_work(d);
	domain_release(d);
}

static void run_load(task *t)
{
	load *x = (load *)(void *)t;

	x->status = store_each_of(x->s->e->store, mw_str_of(x->name), x->due, x->rows,
				  show, x, &x->next);
	if (x->status == MW_OK)
		read_bodies(x);
	else
		drop_from(&x->first);
	x->t.run = loaded;
	loop_post(&x->s->l, &x->t);
}

static void ask_load(domain *d)
{
	sender *s = d->s;
	load *x = calloc(1, sizeof *x);

	if (x != NULL)
		x->name = strdup(d->name);
	if (x == NULL || x->name == NULL) {
		free(x);
		return;
	}
	x->t.run = run_load;
	x->s = s;
	x->d = d;
	x->last = &x->first;
	/* Those that are at work are shown too. */
	x->rows = LOAD_ROWS + (d->ready + d->at_work) * 2 + d->wider;
	x->due = sender_now();
	if (!workers_ask(s->workers, &x->t)) {
		free(x->name);
		free(x);
		return;
	}
	d->loading = true;
	s->looking++;
	/* What becomes due from here on is told by whoever makes it so. */
	heap_remove(s, d);
	d->next_due = INT64_MAX;
}

static bool wants_load(const domain *d)
{
	return !d->loading && d->ready < LOW && d->next_due <= sender_now() &&
	       atomic_load(&d->s->bytes) < SENDER_BYTES_MAX;
}

void domain_refill(domain *d)
{
	if (!d->s->stopping && wants_load(d))
		ask_load(d);
}

/* --- where to */

/* The DNS knows no place: said to all that is ready. */
static void refuse_all(domain *d, const remote_reply *r)
{
	for (unsigned n = d->ready; n > 0; n--)
		act_on_job(domain_take(d), r);
}

static void on_resolved(mx_lookup *k, const mx_result *r)
{
	domain *d = (domain *)(void *)((char *)k - offsetof(domain, lookup));
	sender *s = d->s;
	const int64_t now = sender_now();
	remote_reply refusal;

	d->resolving = false;
	if (r->status == MX_OK) {
		const route *way = routes_find(s->policy->routes, mw_str_of(d->name));

		d->dns_failures = 0;
		d->known_until = loop_clock() + (int64_t)r->ttl * 1000;
		if (d->to != NULL)
			d->to->domains--;
		d->to = destination_of(s, way, r);
		if (d->to != NULL)
			d->to->domains++;
		domain_work(d);
		return;
	}
	result_of_text(&refusal, r->reply, MW_STAGE_DNS);
	/* Trouble of the DNS is no reason to ask it for each mail. */
	if (refusal.code < 500) {
		int64_t wait = HOLD_FIRST;

		for (unsigned n = d->dns_failures++; n > 0 && wait < HOLD_MOST; n--)
			wait *= 2;
		d->hold_until = now + wait;
	}
	refuse_all(d, &refusal);
	mx_result_free(r);
	domain_work(d);
	domain_release(d);
}

static void resolve(domain *d)
{
	sender *s = d->s;
	const route *way = routes_find(s->policy->routes, mw_str_of(d->name));

	d->resolving = true;
	if (way->host != NULL)
		mx_find_host(s->mx, &d->lookup, on_resolved, mw_str_of(way->host));
	else
		mx_find(s->mx, &d->lookup, on_resolved, mw_str_of(d->name));
}

/* --- what is next */

void domain_work(domain *d)
{
	sender *s = d->s;
	const int64_t now = sender_now();
	int64_t down;

	if (s->stopping || d->resolving)
		return;
	if (now < d->hold_until) {
		if (d->ready > 0 || d->next_due <= now)
			domain_unload(d, d->hold_until);
		return;
	}
	down = d->to != NULL ? destination_down_until(d->to, now) : 0;
	if (down > now) {
		if (d->ready > 0 || d->next_due <= now)
			domain_unload(d, down);
		return;
	}
	domain_refill(d);
	if (d->ready == 0)
		return;
	if (d->to == NULL || (loop_clock() >= d->known_until && !d->listed)) {
		resolve(d);
		return;
	}
	destination_list(d->to, d);
	destination_pump(d->to);
}

/* Where memory is short, or a load failed, the next tick comes to it again. */
void domains_tick(sender *s)
{
	const int64_t now = sender_now();

	for (unsigned n = 0; n < 10000 && s->heap_count > 0; n++) {
		domain *d = s->heap[1];

		if (d->next_due > now)
			return;
		if (d->loading || d->ready >= LOW ||
		    atomic_load(&s->bytes) >= SENDER_BYTES_MAX) {
			/* Not now: looked at again in a second. */
			const int64_t due = d->next_due;

			heap_remove(s, d);
			d->next_due = due < now ? now + 1000 : due;
			domain_due(d, d->next_due);
			if (d->ready > 0)
				domain_work(d);
			continue;
		}
		domain_work(d);
		if (s->heap_count > 0 && s->heap[1] == d && d->next_due <= now) {
			heap_remove(s, d);
			d->next_due = now + 1000;
			domain_due(d, d->next_due);
		}
	}
}

void domains_close(sender *s)
{
	for (domain *d = table_each(&s->domains, NULL), *next; d != NULL; d = next) {
		next = table_each(&s->domains, d);
		free(d);
	}
	for (job *j = table_each(&s->jobs, NULL), *next; j != NULL; j = next) {
		next = table_each(&s->jobs, j);
		job_free(j);
	}
	table_free(&s->domains);
	table_free(&s->jobs);
	free(s->heap);
}
