/* SPDX-License-Identifier: MIT
 *
 * libunbound can't be told to forget a question that it works on, so each has a struct of
 * its own (`asked`), which outlives the question that was cancelled or came too late.
 */
#include "net/resolver.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <unbound.h>
#include <unistd.h>

#include "base/ascii.h"

#define TRUST_ANCHOR    "/usr/share/dns/root.key"
#define TIMEOUT_SECONDS 30U
#define ASKED_MAX       256U /* at once in libunbound */
#define CLASS_IN        1

typedef struct asked {
	resolver *resolver;
	question *for_whom; /* NULL: nobody waits for it any more */
	struct asked *next, **link;
} asked;

/* Questions in the order of their deadlines, as all have the same time. */
typedef struct question_queue {
	question *first, **last;
} question_queue;

struct resolver {
	loop *loop;
	struct ub_ctx *ub;
	struct event *readable, *second, *failure;
	int64_t timeout; /* ms */
	question_queue waiting, working, failed;
	asked *all;
	size_t asked_count;
};

static void queue_init(question_queue *s)
{
	s->first = NULL;
	s->last = &s->first;
}

static void queue_add(question_queue *s, question *q)
{
	q->next = NULL;
	q->link = s->last;
	q->in = s;
	*s->last = q;
	s->last = &q->next;
}

/* Nobody owes it an answer any more. */
static void take_out(question *q)
{
	*q->link = q->next;
	if (q->next != NULL)
		q->next->link = q->link;
	else
		q->in->last = q->link;
	q->in = NULL;
	if (q->asked != NULL)
		q->asked->for_whom = NULL;
	q->asked = NULL;
}

static asked *asked_new(resolver *r, question *q)
{
	asked *a = malloc(sizeof *a);

	if (a == NULL)
		return NULL;
	*a = (asked){.resolver = r, .for_whom = q, .next = r->all, .link = &r->all};
	if (r->all != NULL)
		r->all->link = &a->next;
	r->all = a;
	r->asked_count++;
	return a;
}

static void asked_free(asked *a)
{
	*a->link = a->next;
	if (a->next != NULL)
		a->next->link = a->link;
	a->resolver->asked_count--;
	free(a);
}

static void answer_trouble(question *q, const char *why)
{
	q->done(q, &(dns_answer){.status = DNS_TROUBLE, .why = why});
}

/* What a person is told; libunbound's own words for why it is bogus go with it. */
static dns_status judge(const struct ub_result *u, const char **why)
{
	*why = "";
	if (u->bogus) {
		*why = u->why_bogus != NULL ? u->why_bogus : "DNSSEC validation failed";
		return DNS_BOGUS;
	}
	if (u->nxdomain)
		return DNS_NO_NAME;
	if (u->rcode == 0)
		return u->havedata ? DNS_OK : DNS_NONE;
	*why = u->rcode == 2   ? "the servers fail or give no usable answer"
	       : u->rcode == 5 ? "the servers refuse to answer"
			       : "the servers answer with an error";
	return DNS_TROUBLE;
}

static void answer(question *q, const struct ub_result *u)
{
	dns_answer a = {.why = ""};

	a.status = judge(u, &a.why);
	a.secure = u->secure != 0 && a.status != DNS_BOGUS;
	if (a.status != DNS_TROUBLE && u->ttl > 0)
		a.ttl = (uint32_t)u->ttl;
	if (a.status == DNS_OK) {
		a.data = u->data;
		a.len = u->len;
		while (a.data[a.count] != NULL)
			a.count++;
	}
	q->done(q, &a);
}

static void start_next(resolver *r);

static void on_result(void *ctx, int error, struct ub_result *u)
{
	asked *a = ctx;
	resolver *r = a->resolver;
	question *q = a->for_whom;

	if (q != NULL)
		take_out(q);
	asked_free(a);
	start_next(r);
	if (q != NULL && (error != 0 || u == NULL))
		answer_trouble(q, ub_strerror(error));
	else if (q != NULL)
		answer(q, u);
	ub_resolve_free(u);
}

static bool start(resolver *r, question *q)
{
	asked *a = asked_new(r, q);

	if (a == NULL)
		return false;
	if (ub_resolve_async(r->ub, q->name, q->type, CLASS_IN, a, on_result, NULL) !=
	    0) {
		asked_free(a);
		return false;
	}
	q->asked = a;
	return true;
}

static void fail(resolver *r, question *q)
{
	queue_add(&r->failed, q);
	event_active(r->failure, EV_TIMEOUT, 0);
}

static void start_next(resolver *r)
{
	while (r->waiting.first != NULL && r->asked_count < ASKED_MAX) {
		question *q = r->waiting.first;

		take_out(q);
		if (start(r, q))
			queue_add(&r->working, q);
		else
			fail(r, q);
	}
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	resolver *r = ctx;

	(void)fd;
	(void)what;
	(void)ub_process(r->ub);
}

static void on_failure(evutil_socket_t fd, short what, void *ctx)
{
	resolver *r = ctx;
	question *q;

	(void)fd;
	(void)what;
	while ((q = r->failed.first) != NULL) {
		take_out(q);
		answer_trouble(q, "the question can't be asked");
	}
}

static void end_late(question_queue *s, int64_t now)
{
	question *q;

	while ((q = s->first) != NULL && q->deadline <= now) {
		take_out(q);
		answer_trouble(q, "no answer in time");
	}
}

static void on_second(evutil_socket_t fd, short what, void *ctx)
{
	resolver *r = ctx;
	const int64_t now = loop_clock();

	(void)fd;
	(void)what;
	end_late(&r->working, now);
	end_late(&r->waiting, now);
}

static int set_servers(struct ub_ctx *ub, const resolver_options *o)
{
	int error = 0;

	for (size_t i = 0; i < o->server_count && error == 0; i++)
		error = ub_ctx_set_fwd(ub, o->servers[i]);
	if (o->server_count > 0)
		return error;
	/* Without the file it asks the root servers. */
	error = ub_ctx_resolvconf(ub, NULL);
	return error == UB_READFILE ? 0 : error;
}

static int set_trust(struct ub_ctx *ub, const char *file)
{
	if (file == NULL)
		file = access(TRUST_ANCHOR, R_OK) == 0 ? TRUST_ANCHOR : "";
	return file[0] == '\0' ? 0 : ub_ctx_add_ta_file(ub, file);
}

static int set_up(struct ub_ctx *ub, const resolver_options *o)
{
	/* A caching server often runs on this machine. One that was away is asked again
	 * soon; libunbound would wait for a quarter of an hour. */
	static const char *const set[][2] = {
		{"do-not-query-localhost:", "no"},  {"outgoing-range:", "512"},
		{"num-queries-per-thread:", "512"}, {"outgoing-num-tcp:", "32"},
		{"msg-cache-size:", "8m"},          {"rrset-cache-size:", "16m"},
		{"infra-host-ttl:", "60"},          {"infra-keep-probing:", "yes"},
	};
	int error = ub_ctx_debugout(ub, NULL);

	for (size_t i = 0; i < sizeof set / sizeof set[0] && error == 0; i++)
		error = ub_ctx_set_option(ub, set[i][0], set[i][1]);
	if (error == 0)
		error = ub_ctx_async(ub, 1);
	if (error == 0)
		error = set_servers(ub, o);
	if (error == 0)
		error = set_trust(ub, o->trust_anchor_file);
	if (error == 0 && o->hosts_file != NULL && access(o->hosts_file, R_OK) == 0)
		error = ub_ctx_hosts(ub, o->hosts_file);
	/* It denies by itself that "test." exists, which the servers may know better.
	 * This also ends its setting up: what is wrong in a file is told now. */
	if (error == 0)
		error = ub_ctx_zone_remove(ub, "test.");
	return error;
}

static bool make_events(resolver *r)
{
	struct event_base *base = r->loop->base;

	r->readable = event_new(base, ub_fd(r->ub), EV_READ | EV_PERSIST, on_readable, r);
	r->second = event_new(base, -1, EV_PERSIST, on_second, r);
	r->failure = event_new(base, -1, 0, on_failure, r);
	return r->readable != NULL && r->second != NULL && r->failure != NULL;
}

typedef struct attaching {
	resolver *resolver;
	bool done;
} attaching;

static void attach(void *ctx)
{
	static const struct timeval second = {1, 0};
	attaching *a = ctx;
	resolver *r = a->resolver;

	a->done = make_events(r) && event_add(r->readable, NULL) == 0 &&
		  event_add(r->second, &second) == 0;
}

static void detach(void *ctx)
{
	resolver *r = ctx;

	if (r->readable != NULL)
		event_free(r->readable);
	if (r->second != NULL)
		event_free(r->second);
	if (r->failure != NULL)
		event_free(r->failure);
}

resolver *resolver_open(loop *l, const resolver_options *o, char why[RESOLVER_WHY_MAX])
{
	resolver *r = calloc(1, sizeof *r);
	attaching a = {r, false};
	int error = UB_NOMEM;

	if (r != NULL) {
		r->loop = l;
		r->timeout = 1000 * (int64_t)(o->timeout_seconds != 0 ? o->timeout_seconds
								      : TIMEOUT_SECONDS);
		queue_init(&r->waiting);
		queue_init(&r->working);
		queue_init(&r->failed);
		r->ub = ub_ctx_create();
	}
	if (r != NULL && r->ub != NULL)
		error = set_up(r->ub, o);
	if (error == 0) {
		loop_call(l, attach, &a);
		if (a.done)
			return r;
		error = UB_NOMEM;
	}
	snprintf(why, RESOLVER_WHY_MAX, "the DNS resolver can't start: %s",
		 ub_strerror(error));
	resolver_close(&r);
	return NULL;
}

void resolver_close(resolver **r)
{
	resolver *x = *r;

	if (x == NULL)
		return;
	*r = NULL;
	loop_call(x->loop, detach, x);
	if (x->ub != NULL)
		ub_ctx_delete(x->ub);
	for (asked *a = x->all, *next; a != NULL; a = next) {
		next = a->next;
		free(a);
	}
	free(x);
}

/* Nothing in it that is special in the text form of names. */
static bool is_plain(mw_str name)
{
	if (name.len == 0 || name.len >= DNS_NAME_MAX - 1)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] <= ' ' || name.ptr[i] > '~' || name.ptr[i] == '\\')
			return false;
	return true;
}

void resolver_ask(resolver *r, question *q,
		  void (*done)(question *q, const dns_answer *a), mw_str name, int type)
{
	*q = (question){.done = done,
			.resolver = r,
			.type = type,
			.deadline = loop_clock() + r->timeout};
	if (!is_plain(name)) {
		fail(r, q);
		return;
	}
	memcpy(q->name, name.ptr, name.len);
	queue_add(&r->waiting, q);
	start_next(r);
}

void resolver_cancel(question *q)
{
	if (q->in != NULL)
		take_out(q);
}

mw_str dns_record(const dns_answer *a, size_t i)
{
	return (mw_str){a->data[i], (size_t)a->len[i]};
}

static bool is_host_byte(char c)
{
	return mwi_is_alnum(c) || c == '-' || c == '_';
}

bool dns_read_host(mw_str data, char name[DNS_NAME_MAX])
{
	size_t len = 0;

	for (;;) {
		const size_t label = data.len > 0 ? (unsigned char)data.ptr[0] : 64;

		if (label > 63 || label >= data.len || len + label + 1 >= DNS_NAME_MAX)
			return false;
		if (label == 0)
			break;
		if (len > 0)
			name[len++] = '.';
		for (size_t i = 1; i <= label; i++) {
			if (!is_host_byte(data.ptr[i]))
				return false;
			name[len++] = mwi_lower(data.ptr[i]);
		}
		data = mw_str_skip(data, label + 1);
	}
	name[len] = '\0';
	return true;
}
