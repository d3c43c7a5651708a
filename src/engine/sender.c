/* SPDX-License-Identifier: MIT
 *
 * The sender from outside: starting, being given mail, being asked, stopping.
 */
#include "engine/sender.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "engine/outbound.h"
#include "net/tls.h"

#define THREADS 2U /* that look into the store */

int64_t sender_now(void)
{
	return outlog_now();
}

/* xorshift64*: only to spread retries. */
uint64_t sender_random(sender *s)
{
	s->random ^= s->random >> 12;
	s->random ^= s->random << 25;
	s->random ^= s->random >> 27;
	return s->random * 0x2545f4914f6cdd1dU;
}

/* --- once a second */

/* Destinations keep the way that they were made with; domains ask anew when what they
 * know of the DNS is old. */
static void follow_policy(sender *s)
{
	policy *p = engine_policy(s->e);

	if (p == s->policy) {
		policy_drop(p);
		return;
	}
	policy_drop(s->policy);
	s->policy = p;
	mx_forget(s->mx);
	for (domain *d = table_each(&s->domains, NULL); d != NULL;
	     d = table_each(&s->domains, d))
		d->known_until = 0;
}

static void settle_again(sender *s)
{
	job *j = s->resettle, *next;

	s->resettle = NULL;
	for (; j != NULL; j = next) {
		next = j->next;
		job_settle_end(j);
	}
}

static bool show_target(void *ctx, mw_str target, uint64_t count, int64_t first)
{
	domain *d = domain_of(ctx, target);

	(void)count;
	if (d != NULL)
		domain_due(d, first);
	return d != NULL;
}

/* On the loop, before anything else happens there. */
static void take_up(void *ctx)
{
	sender *s = ctx;

	s->took_up = store_targets(s->e->store, show_target, s) == MW_OK;
	domains_tick(s);
}

static void on_tick(loop *l, void *ctx)
{
	sender *s = ctx;

	(void)l;
	if (s->mx == NULL)
		return;
	settle_again(s);
	if (s->stopping)
		return;
	follow_policy(s);
	if (!s->took_up)
		take_up(s);
	destinations_tick(s);
	domains_tick(s);
	watch_tick(s);
}

/* --- being given mail */

static bool add_to(job *j, const transaction *t, unsigned i)
{
	addressee *a = &j->to[j->count++];

	a->index = i;
	a->r = t->rcpts[i];
	j->open++;
	return true;
}

static bool is_ours(const transaction *t, size_t i)
{
	return t->rcpts[i].route == STORE_REMOTE && t->rcpts[i].state == STORE_QUEUED;
}

/* A job for the domain of recipient `first` and all after it that share it. */
static job *job_of(sender *s, transaction *t, size_t first, bool *done)
{
	job *j = job_new(s, t, t->count - first);

	if (j == NULL)
		return NULL;
	j->message = t->put.message;
	j->body = t->put.message.memory;
	j->fd = t->put.message.fd;
	j->bytes = j->fd < 0 ? j->body.len : 0;
	atomic_fetch_add(&s->bytes, j->bytes);
	for (size_t i = first; i < t->count; i++)
		if (is_ours(t, i) && !done[i] &&
		    mw_str_eq(t->rcpts[i].target, t->rcpts[first].target))
			done[i] = add_to(j, t, (unsigned)i);
	return j;
}

static void take_job(sender *s, job *j)
{
	domain *d = domain_of(s, j->to[0].r.target);

	if (d == NULL) {
		job_free(j);
		return;
	}
	/* The store has it: where there is no room for it now it is loaded later. */
	if (s->stopping || d->ready > READY_MAX ||
	    atomic_load(&s->bytes) > SENDER_BYTES_MAX || sender_now() < d->hold_until) {
		domain_due(d, j->to[0].r.next_try);
		job_free(j);
		domain_work(d);
		return;
	}
	j->of = d;
	if (job_find(s, j->message.id, d) != NULL || !job_enter(j)) {
		domain_due(d, j->to[0].r.next_try);
		job_free(j);
		return;
	}
	domain_put(d, j, false);
	domain_work(d);
}

static void on_handover(task *t)
{
	handover *h = (handover *)(void *)t;

	for (job *j = h->first, *next; j != NULL; j = next) {
		next = j->next;
		take_job(h->s, j);
	}
	free(h);
}

static bool has_remote(const transaction *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (is_ours(t, i))
			return true;
	return false;
}

void sender_take(sender *s, transaction *t)
{
	handover *h;
	bool *done;

	if (!has_remote(t))
		return;
	h = calloc(1, sizeof *h);
	done = calloc(t->count, sizeof *done);
	for (size_t i = 0; h != NULL && done != NULL && i < t->count; i++) {
		job *j = is_ours(t, i) && !done[i] ? job_of(s, t, i, done) : NULL;

		if (j == NULL) {
			if (is_ours(t, i) && !done[i])
				sender_notice(s, t->rcpts[i].target, 0);
			continue;
		}
		j->next = h->first;
		h->first = j;
	}
	free(done);
	if (h == NULL)
		return;
	h->s = s;
	h->t.run = on_handover;
	loop_post(&s->l, &h->t);
}

/* --- being told */

typedef struct notice {
	task t;
	sender *s;
	int64_t due;
	uint64_t id; /* of a mail that was changed; 0 none */
	bool flush;
	size_t len;
	char name[];
} notice;

static void flush_one(destination *d)
{
	for (size_t i = 0; i < d->path_count; i++)
		throttle_release(&d->paths[i].t);
	destination_pump(d);
}

static void flush(sender *s, const char *name)
{
	for (destination *d = table_each(&s->destinations, NULL); d != NULL;
	     d = table_each(&s->destinations, d))
		if (name[0] == '\0' || strcmp(name, d->name) == 0)
			flush_one(d);
	for (domain *d = table_each(&s->domains, NULL); d != NULL;
	     d = table_each(&s->domains, d))
		if (name[0] == '\0' || strcmp(name, d->name) == 0 ||
		    (d->to != NULL && strcmp(name, d->to->name) == 0)) {
			d->hold_until = 0;
			if (d->next_due != INT64_MAX)
				domain_due(d, 0);
		}
}

static void on_notice(task *t)
{
	notice *n = (notice *)(void *)t;
	domain *d;

	if (n->flush) {
		flush(n->s, n->name);
	} else if ((d = domain_of(n->s, (mw_str){n->name, n->len})) != NULL) {
		if (n->id != 0)
			domain_forget(d, n->id);
		domain_due(d, n->due);
		domain_work(d);
	}
	free(n);
}

static void post_notice(sender *s, mw_str name, uint64_t id, int64_t due, bool flushes)
{
	notice *n = calloc(1, sizeof *n + name.len + 1);

	if (n == NULL)
		return;
	n->s = s;
	n->id = id;
	n->due = due;
	n->flush = flushes;
	n->len = name.len;
	memcpy(n->name, name.ptr, name.len);
	n->t.run = on_notice;
	loop_post(&s->l, &n->t);
}

void sender_notice(sender *s, mw_str name, int64_t due)
{
	post_notice(s, name, 0, due, false);
}

void sender_changed(sender *s, mw_str name, uint64_t id, int64_t due)
{
	post_notice(s, name, id, due, false);
}

void sender_flush(sender *s, mw_str name)
{
	post_notice(s, name, 0, 0, true);
}

/* --- being asked */

typedef struct asking {
	sender *s;
	bool idle;
} asking;

static void ask_idle(void *ctx)
{
	asking *a = ctx;
	const sender *s = a->s;

	a->idle = s->jobs.count == 0 && s->looking == 0 && s->resettle == NULL &&
		  (s->heap_count == 0 || s->heap[1]->next_due > sender_now());
}

bool sender_idle(sender *s)
{
	asking a = {.s = s};

	loop_call(&s->l, ask_idle, &a);
	return a.idle;
}

/* --- starting */

static bool failed(problems *told, const char *what, const char *why)
{
	problem_add(told, (problem){.file = "mailwhy"}, "%s: %s", what, why);
	return false;
}

static bool read_sources(sender *s, problems *told)
{
	const value_list *list = &s->policy->settings->delivery.source;

	for (size_t i = 0; i < list->count && s->source_count < SOURCES_MAX; i++)
		if (!net_address_read(&s->sources[s->source_count++], list->item[i]))
			return failed(told, list->item[i], "is no address to send from");
	return true;
}

static bool open_dns(sender *s, problems *told)
{
	const settings *set = s->policy->settings;
	char why[RESOLVER_WHY_MAX];
	const bool refuse = set->delivery.own_addresses == 0;
	const resolver_options r = {.servers = set->dns.servers.item,
				    .server_count = set->dns.servers.count,
				    .trust_anchor_file =
					    set->dns.trust_anchor[0] == '\0' ? NULL
					    : strcmp(set->dns.trust_anchor, "none") == 0
						    ? ""
						    : set->dns.trust_anchor,
				    .hosts_file = "/etc/hosts",
				    .timeout_seconds = (unsigned)set->dns.timeout};
	mx_options o = {.families = (mx_families)set->delivery.addresses,
			.port = (uint16_t)set->delivery.port,
			.own_names = s->own_name,
			.own_name_count = refuse,
			.own = s->own,
			.own_loopback = refuse,
			.seed = s->random};

	s->own_name[0] = s->e->hostname;
	if (refuse)
		o.own_count = mx_own_addresses(s->own, sizeof s->own / sizeof *s->own);
	s->dns = resolver_open(&s->l, &r, why);
	if (s->dns == NULL)
		return failed(told, "DNS", why);
	s->mx = mx_open(&s->l, s->dns, &o);
	return s->mx != NULL || failed(told, "DNS", "out of memory");
}

static bool open_tls(sender *s, problems *told)
{
	const char *authorities = s->policy->settings->delivery.authorities;
	char why[256];

	s->tls_any = tls_client(false, NULL, why);
	if (s->tls_any != NULL)
		s->tls_verified = tls_client(
			true, authorities[0] != '\0' ? authorities : NULL, why);
	return s->tls_verified != NULL || failed(told, "TLS", why);
}

static bool start(sender *s, problems *told)
{
	const settings *set = s->policy->settings;

	if (getrandom(&s->random, sizeof s->random, 0) != sizeof s->random ||
	    s->random == 0)
		s->random = 88172645463325252U;
	if (!read_sources(s, told) || !open_tls(s, told))
		return false;
	s->params = (mw_smtp_client_params){.hostname = mw_str_of(s->e->hostname),
					    .chunking = set->delivery.chunking != 0,
					    .patience = (unsigned)set->delivery.patience};
	s->workers = workers_start(THREADS);
	if (s->workers == NULL || memories_load(s) != MW_OK || intents_mark(s) != MW_OK)
		return failed(told, "the queue", "can't be read, or not be written");
	return open_dns(s, told);
}

sender *sender_start(engine *e, problems *told)
{
	sender *s = calloc(1, sizeof *s);
	int error;

	if (s == NULL) {
		(void)failed(told, "start", "out of memory");
		return NULL;
	}
	s->e = e;
	s->policy = engine_policy(e);
	error = loop_start(&s->l, on_tick, s);
	if (error != 0) {
		(void)failed(told, "threads", strerror(error));
		policy_drop(s->policy);
		free(s);
		return NULL;
	}
	if (!start(s, told)) {
		sender_stop(s, 0);
		sender_close(&s);
		return NULL;
	}
	loop_call(&s->l, take_up, s);
	return s;
}

/* --- stopping */

static void stop_all(void *ctx)
{
	sender *s = ctx;

	s->stopping = true;
	for (outgoing *o = s->all, *next; o != NULL; o = next) {
		next = o->next;
		outgoing_stop(o);
	}
}

static void count_connections(void *ctx)
{
	asking *a = ctx;

	a->idle = a->s->connections == 0;
}

static void drop_all(void *ctx)
{
	sender *s = ctx;

	for (destination *d = table_each(&s->destinations, NULL); d != NULL;
	     d = table_each(&s->destinations, d))
		for (size_t k = 0; k < d->path_count; k++) {
			d->paths[k].saved = INT64_MIN / 2;
			destination_remember(d, &d->paths[k]);
		}
	for (outgoing *o = s->all, *next; o != NULL; o = next) {
		next = o->next;
		if (o->c != NULL)
			conn_abort(o->c, false);
	}
	mx_close(&s->mx);
}

void sender_stop(sender *s, int64_t ms)
{
	const struct timespec moment = {0, 20000000};
	const int64_t until = loop_clock() + ms;
	asking a = {.s = s};

	if (s == NULL)
		return;
	loop_call(&s->l, stop_all, s);
	do {
		loop_call(&s->l, count_connections, &a);
		if (!a.idle && ms > 0)
			nanosleep(&moment, NULL);
	} while (!a.idle && loop_clock() < until);
	workers_stop(&s->workers);
	loop_call(&s->l, drop_all, s);
	if (s->dns != NULL)
		resolver_close(&s->dns);
}

/* What the store has answered is heard first. */
static void close_all(void *ctx)
{
	sender *s = ctx;

	s->stopping = true;
	destinations_close(s);
}

void sender_close(sender **sp)
{
	sender *s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	loop_call(&s->l, close_all, s);
	loop_stop(&s->l);
	domains_close(s);
	memories_close(s);
	SSL_CTX_free(s->tls_any);
	SSL_CTX_free(s->tls_verified);
	policy_drop(s->policy);
	free(s);
}
