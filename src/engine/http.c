/* SPDX-License-Identifier: MIT */
#include "engine/http.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/kept.h"
#include "engine/sender.h"

#define LIMIT_USUAL  50
#define METRICS_ROOM (64 * 1024)
#define AGE_EVERY    10000 /* ms; to look costs what is old */

/* Ages of the queue that are counted. */
static const struct {
	const char *name;
	int64_t ms;
} ages[] = {{"1m", 60000},
	    {"10m", 600000},
	    {"1h", 3600000},
	    {"4h", 4 * 3600000},
	    {"1d", 24 * 3600000}};

#define AGES (sizeof ages / sizeof *ages)

struct http {
	engine *e;
	struct event_base *base;
	struct evhttp *server;
	struct event *woken;
	pthread_t thread;
	bool running;
	int wake[2];
	char names[1024];
	uint64_t older[AGES]; /* recipients, when it was looked last */
	int64_t looked;       /* ms of loop_clock() */
};

static void reply_text(struct evhttp_request *r, int code, const char *type, mw_str body)
{
	struct evbuffer *b = evbuffer_new();

	if (b == NULL) {
		evhttp_send_error(r, 500, NULL);
		return;
	}
	evbuffer_add(b, body.ptr, body.len);
	evhttp_add_header(evhttp_request_get_output_headers(r), "Content-Type", type);
	evhttp_add_header(evhttp_request_get_output_headers(r), "X-Content-Type-Options",
			  "nosniff");
	evhttp_send_reply(r, code, NULL, b);
	evbuffer_free(b);
}

static void reply_error(struct evhttp_request *r, int code, const char *why)
{
	char line[200];

	snprintf(line, sizeof line, "{\"error\":\"%s\"}\n", why);
	reply_text(r, code, "application/json", mw_str_of(line));
}

static void reply_status(struct evhttp_request *r, mw_status status, mw_str *body)
{
	if (status == MW_OK) {
		reply_text(r, 200, "application/json", *body);
		free((void *)(uintptr_t)body->ptr);
	} else if (status == MW_E_ABSENT) {
		reply_error(r, 404, "there is no such message");
	} else {
		reply_error(r, 503, "the store does not answer");
	}
}

static void look_at_ages(http *h)
{
	const int64_t clock = loop_clock(), now = outlog_now();

	if (h->looked != 0 && clock - h->looked < AGE_EVERY)
		return;
	h->looked = clock;
	for (size_t i = 0; i < AGES; i++)
		if (store_older(h->e->store, now - ages[i].ms, &h->older[i]) != MW_OK)
			h->older[i] = 0;
}

static void put_ages(http *h, mw_buf *out)
{
	look_at_ages(h);
	mw_buf_put(out, MW_LIT("# HELP mailwhy_queue_age_recipients Recipients that are "
			       "older.\n# TYPE mailwhy_queue_age_recipients gauge\n"));
	for (size_t i = 0; i < AGES; i++) {
		mw_buf_put(out, MW_LIT("mailwhy_queue_age_recipients{older_than=\""));
		mw_buf_put(out, mw_str_of(ages[i].name));
		mw_buf_put(out, MW_LIT("\"} "));
		mw_buf_put_int(out, (long long)h->older[i]);
		mw_buf_put_char(out, '\n');
	}
}

/* `front` and what the sender tells of its destinations. */
static void reply_metrics(const http *h, struct evhttp_request *r, mw_str front)
{
	char *throttles = h->e->sender != NULL ? sender_metrics(h->e->sender) : NULL;
	const mw_str more = mw_str_of(throttles != NULL ? throttles : "");
	char *all = malloc(front.len + more.len + 1);

	if (all == NULL) {
		reply_error(r, 503, "out of memory");
	} else {
		mw_buf b;

		mw_buf_init(&b, all, front.len + more.len + 1);
		mw_buf_put(&b, front);
		mw_buf_put(&b, more);
		reply_text(r, 200, "text/plain; version=0.0.4; charset=utf-8",
			   mw_buf_str(&b));
	}
	free(all);
	free(throttles);
}

static void metrics_page(http *h, struct evhttp_request *r)
{
	char *memory = malloc(METRICS_ROOM);
	store_counts counts;
	mw_buf b;

	if (memory == NULL) {
		reply_error(r, 503, "out of memory");
		return;
	}
	store_count(h->e->store, &counts);
	mw_buf_init(&b, memory, METRICS_ROOM);
	metrics_put(&b, &h->e->metrics, atomic_load(&h->e->sessions), &counts);
	put_ages(h, &b);
	reply_metrics(h, r, mw_buf_str(&b));
	free(memory);
}

static mw_str lower(char *s)
{
	if (s == NULL)
		return MW_LIT("");
	for (char *p = s; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 32);
	return mw_str_of(s);
}

static char *value_of(const struct evkeyvalq *all, const char *name)
{
	for (struct evkeyval *v = all->tqh_first; v != NULL; v = v->next.tqe_next)
		if (strcmp(v->key, name) == 0)
			return v->value;
	return NULL;
}

static void list_page(http *h, struct evhttp_request *r)
{
	const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(r));
	struct evkeyvalq all;
	kept_filter f = {.limit = LIMIT_USUAL};
	const char *limit;
	mw_str out;

	if (evhttp_parse_query_str(query != NULL ? query : "", &all) != 0) {
		reply_error(r, 400, "the query can't be read");
		return;
	}
	f.to = lower(value_of(&all, "to"));
	f.from = lower(value_of(&all, "from"));
	f.subject = lower(value_of(&all, "subject"));
	limit = value_of(&all, "limit");
	if (limit != NULL)
		f.limit = strtoul(limit, NULL, 10);
	reply_status(r, kept_list(h->e, &f, &out), &out);
	evhttp_clear_headers(&all);
}

static void raw_page(http *h, struct evhttp_request *r, uint64_t id)
{
	mw_str body;
	uint64_t size;
	int fd;
	struct evbuffer *b;

	if (store_body(h->e->store, id, &body, &fd, &size) != MW_OK) {
		reply_error(r, 404, "there is no such message");
		return;
	}
	if (fd < 0) {
		reply_text(r, 200, "message/rfc822", body);
		free((void *)(uintptr_t)body.ptr);
		return;
	}
	b = evbuffer_new();
	if (b == NULL || evbuffer_add_file(b, fd, 0, (ev_off_t)size) != 0) {
		close(fd);
		reply_error(r, 503, "out of memory");
	} else {
		evhttp_add_header(evhttp_request_get_output_headers(r), "Content-Type",
				  "message/rfc822");
		evhttp_send_reply(r, 200, NULL, b);
	}
	if (b != NULL)
		evbuffer_free(b);
}

/* Only mails that are kept are shown and deleted here, never those on their way. */
static bool is_kept(void *ctx, const store_message *m, unsigned recipient,
		    const store_recipient *r)
{
	(void)m;
	(void)recipient;
	*(bool *)ctx = r->route == STORE_KEPT;
	return false;
}

static void message_page(http *h, struct evhttp_request *r, const char *rest)
{
	char *end;
	const uint64_t id = strtoull(rest, &end, 10);
	const bool deletes = evhttp_request_get_command(r) == EVHTTP_REQ_DELETE;
	bool kept = false;
	mw_str out;

	if (end == rest || (*end != '\0' && strcmp(end, "/raw") != 0) ||
	    store_find(h->e->store, id, is_kept, &kept) != MW_OK || !kept) {
		reply_error(r, 404, "there is no such message");
	} else if (deletes && *end == '\0') {
		if (store_delete(h->e->store, id) == MW_OK)
			reply_text(r, 200, "application/json", MW_LIT("{}\n"));
		else
			reply_error(r, 404, "there is no such message");
	} else if (*end != '\0') {
		raw_page(h, r, id);
	} else {
		reply_status(r, kept_show(h->e, id, &out), &out);
	}
}

static void messages_page(http *h, struct evhttp_request *r)
{
	if (evhttp_request_get_command(r) != EVHTTP_REQ_DELETE)
		list_page(h, r);
	else if (store_clear(h->e->store, STORE_KEPT) == MW_OK)
		reply_text(r, 200, "application/json", MW_LIT("{}\n"));
	else
		reply_error(r, 503, "the store does not answer");
}

static void on_request(struct evhttp_request *r, void *ctx)
{
	http *h = ctx;
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(r));
	static const char front[] = "/messages/";

	if (path == NULL)
		reply_error(r, 400, "there is no path");
	else if (strcmp(path, "/metrics") == 0)
		metrics_page(h, r);
	else if (strcmp(path, "/healthz") == 0)
		reply_text(r, 200, "text/plain", MW_LIT("ok\n"));
	else if (strcmp(path, "/messages") == 0)
		messages_page(h, r);
	else if (strncmp(path, front, sizeof front - 1) == 0)
		message_page(h, r, path + sizeof front - 1);
	else
		reply_error(
			r, 404,
			"there are /messages, /messages/ID, /messages/ID/raw, /metrics "
			"and /healthz");
}

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(((http *)ctx)->base);
}

static bool bind_one(http *h, const value_endpoint *at, problems *told)
{
	const char *host = strcmp(at->host, "*") == 0 ? "::" : at->host;
	struct evhttp_bound_socket *b =
		evhttp_bind_socket_with_handle(h->server, host, (ev_uint16_t)at->port);
	const size_t n = strlen(h->names);
	struct sockaddr_storage a = {0};
	socklen_t len = sizeof a;
	unsigned port = at->port;

	if (b == NULL) {
		problem_add(told, (problem){.file = "mailwhy"},
			    "%s: can't listen there for HTTP", at->text);
		return false;
	}
	if (getsockname(evhttp_bound_socket_get_fd(b), (struct sockaddr *)&a, &len) == 0)
		port = ntohs(a.ss_family == AF_INET6
				     ? ((struct sockaddr_in6 *)(void *)&a)->sin6_port
				     : ((struct sockaddr_in *)(void *)&a)->sin_port);
	snprintf(h->names + n, sizeof h->names - n,
		 strchr(at->host, ':') != NULL ? " http [%s]:%u" : " http %s:%u",
		 at->host, port);
	return true;
}

static void free_http(http *h)
{
	if (h->woken != NULL)
		event_free(h->woken);
	if (h->server != NULL)
		evhttp_free(h->server);
	if (h->base != NULL)
		event_base_free(h->base);
	if (h->wake[0] >= 0) {
		close(h->wake[0]);
		close(h->wake[1]);
	}
	free(h);
}

static bool set_up(http *h, const settings *s, problems *told)
{
	h->wake[0] = h->wake[1] = -1;
	h->base = event_base_new();
	h->server = h->base != NULL ? evhttp_new(h->base) : NULL;
	if (h->server == NULL || pipe(h->wake) != 0)
		return false;
	h->woken = event_new(h->base, h->wake[0], EV_READ, on_wake, h);
	if (h->woken == NULL || event_add(h->woken, NULL) != 0)
		return false;
	evhttp_set_gencb(h->server, on_request, h);
	evhttp_set_allowed_methods(h->server,
				   EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_DELETE);
	evhttp_set_max_body_size(h->server, 4096);
	evhttp_set_max_headers_size(h->server, 16384);
	evhttp_set_timeout(h->server, 30);
	for (size_t i = 0; i < s->listen.http.count; i++)
		if (!bind_one(h, &s->listen.http.item[i], told))
			return false;
	return true;
}

http *http_open(const settings *s, problems *told)
{
	http *h;

	if (s->listen.http.count == 0)
		return NULL;
	h = calloc(1, sizeof *h);
	if (h == NULL)
		return NULL;
	if (set_up(h, s, told))
		return h;
	free_http(h);
	return NULL;
}

static void *run(void *ctx)
{
	event_base_dispatch(((http *)ctx)->base);
	return NULL;
}

bool http_start(http *h, engine *e)
{
	if (h == NULL)
		return true;
	h->e = e;
	h->running = pthread_create(&h->thread, NULL, run, h) == 0;
	return h->running;
}

void http_stop(http **h)
{
	if (*h == NULL)
		return;
	if ((*h)->running && write((*h)->wake[1], "", 1) == 1)
		pthread_join((*h)->thread, NULL);
	free_http(*h);
	*h = NULL;
}

void http_describe(const http *h, mw_buf *out)
{
	if (h != NULL)
		mw_buf_put(out, mw_str_of(h->names));
}
