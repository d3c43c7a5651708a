/* SPDX-License-Identifier: MIT */
#include "engine/http.h"

#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/httpd.h"
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
	httpd *server;
	char names[1024];
	uint64_t older[AGES]; /* recipients, when it was looked last */
	int64_t looked;       /* ms of loop_clock() */
};

static void reply_status(struct evhttp_request *r, mw_status status, mw_str *body)
{
	if (status == MW_OK) {
		httpd_reply(r, 200, HTTPD_JSON, *body);
		free((void *)(uintptr_t)body->ptr);
	} else if (status == MW_E_ABSENT) {
		httpd_error(r, 404, "there is no such message");
	} else {
		httpd_error(r, 503, "the store does not answer");
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
		httpd_error(r, 503, "out of memory");
	} else {
		mw_buf b;

		mw_buf_init(&b, all, front.len + more.len + 1);
		mw_buf_put(&b, front);
		mw_buf_put(&b, more);
		httpd_reply(r, 200, "text/plain; version=0.0.4; charset=utf-8",
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
		httpd_error(r, 503, "out of memory");
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

static void list_page(http *h, struct evhttp_request *r)
{
	const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(r));
	struct evkeyvalq all;
	kept_filter f = {.limit = LIMIT_USUAL};
	const char *limit;
	mw_str out;

	if (evhttp_parse_query_str(query != NULL ? query : "", &all) != 0) {
		httpd_error(r, 400, "the query can't be read");
		return;
	}
	f.to = lower(httpd_value(&all, "to"));
	f.from = lower(httpd_value(&all, "from"));
	f.subject = lower(httpd_value(&all, "subject"));
	limit = httpd_value(&all, "limit");
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

	if (store_body(h->e->store, id, &body, &fd, &size) != MW_OK) {
		httpd_error(r, 404, "there is no such message");
		return;
	}
	if (fd < 0) {
		httpd_reply(r, 200, "message/rfc822", body);
		free((void *)(uintptr_t)body.ptr);
		return;
	}
	httpd_reply_file(r, "message/rfc822", fd, size);
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
		httpd_error(r, 404, "there is no such message");
	} else if (deletes && *end == '\0') {
		if (store_delete(h->e->store, id) == MW_OK)
			httpd_reply(r, 200, HTTPD_JSON, MW_LIT("{}\n"));
		else
			httpd_error(r, 404, "there is no such message");
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
		httpd_reply(r, 200, HTTPD_JSON, MW_LIT("{}\n"));
	else
		httpd_error(r, 503, "the store does not answer");
}

static void on_request(struct evhttp_request *r, void *ctx)
{
	http *h = ctx;
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(r));
	static const char front[] = "/messages/";

	if (path == NULL)
		httpd_error(r, 400, "there is no path");
	else if (strcmp(path, "/metrics") == 0)
		metrics_page(h, r);
	else if (strcmp(path, "/healthz") == 0)
		httpd_reply(r, 200, "text/plain", MW_LIT("ok\n"));
	else if (strcmp(path, "/messages") == 0)
		messages_page(h, r);
	else if (strncmp(path, front, sizeof front - 1) == 0)
		message_page(h, r, path + sizeof front - 1);
	else
		httpd_error(
			r, 404,
			"there are /messages, /messages/ID, /messages/ID/raw, /metrics "
			"and /healthz");
}

static bool bind_one(http *h, const value_endpoint *at, problems *told)
{
	const char *host = strcmp(at->host, "*") == 0 ? "::" : at->host;
	struct evhttp_bound_socket *b = evhttp_bind_socket_with_handle(
		httpd_server(h->server), host, (ev_uint16_t)at->port);
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

http *http_open(const settings *s, problems *told)
{
	http *h;

	if (s->listen.http.count == 0)
		return NULL;
	h = calloc(1, sizeof *h);
	if (h == NULL)
		return NULL;
	h->server = httpd_open(EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_DELETE,
			       on_request, h);
	for (size_t i = 0; h->server != NULL && i < s->listen.http.count; i++)
		if (!bind_one(h, &s->listen.http.item[i], told))
			httpd_close(&h->server);
	if (h->server == NULL)
		http_stop(&h);
	return h;
}

bool http_start(http *h, engine *e)
{
	if (h == NULL)
		return true;
	h->e = e;
	return httpd_start(h->server);
}

void http_stop(http **h)
{
	if (*h == NULL)
		return;
	httpd_close(&(*h)->server);
	free(*h);
	*h = NULL;
}

void http_describe(const http *h, mw_buf *out)
{
	if (h != NULL)
		mw_buf_put(out, mw_str_of(h->names));
}
