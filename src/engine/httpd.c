/* SPDX-License-Identifier: MIT */
#include "engine/httpd.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/keyvalq_struct.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BODY_MAX        4096
#define HEADERS_MAX     16384
#define TIMEOUT_SECONDS 30

struct httpd {
	struct event_base *base;
	struct evhttp *server;
	struct event *woken;
	pthread_t thread;
	bool running;
	int wake[2]; /* -1: there is no pipe */
};

/* --- replies */

static void send_body(struct evhttp_request *r, int code, const char *type,
		      struct evbuffer *body)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(r);

	evhttp_add_header(headers, "Content-Type", type);
	evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
	evhttp_send_reply(r, code, NULL, body);
}

void httpd_reply(struct evhttp_request *r, int code, const char *type, mw_str body)
{
	struct evbuffer *b = evbuffer_new();

	if (b == NULL || evbuffer_add(b, body.ptr, body.len) != 0)
		evhttp_send_error(r, 500, NULL);
	else
		send_body(r, code, type, b);
	if (b != NULL)
		evbuffer_free(b);
}

void httpd_reply_file(struct evhttp_request *r, const char *type, int fd, uint64_t size)
{
	struct evbuffer *b = evbuffer_new();

	if (b == NULL || evbuffer_add_file(b, fd, 0, (ev_off_t)size) != 0) {
		close(fd);
		httpd_error(r, 503, "out of memory");
	} else {
		send_body(r, 200, type, b);
	}
	if (b != NULL)
		evbuffer_free(b);
}

void httpd_error(struct evhttp_request *r, int code, const char *why)
{
	char line[200];

	snprintf(line, sizeof line, "{\"error\":\"%s\"}\n", why);
	httpd_reply(r, code, HTTPD_JSON, mw_str_of(line));
}

char *httpd_value(const struct evkeyvalq *query, const char *name)
{
	for (struct evkeyval *v = query->tqh_first; v != NULL; v = v->next.tqe_next)
		if (strcmp(v->key, name) == 0)
			return v->value;
	return NULL;
}

/* --- the thread */

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(((httpd *)ctx)->base);
}

static void *run(void *ctx)
{
	event_base_dispatch(((httpd *)ctx)->base);
	return NULL;
}

static bool set_up(httpd *h)
{
	h->base = event_base_new();
	h->server = h->base != NULL ? evhttp_new(h->base) : NULL;
	if (h->server == NULL || pipe(h->wake) != 0)
		return false;
	fcntl(h->wake[0], F_SETFD, FD_CLOEXEC);
	fcntl(h->wake[1], F_SETFD, FD_CLOEXEC);
	h->woken = event_new(h->base, h->wake[0], EV_READ, on_wake, h);
	return h->woken != NULL && event_add(h->woken, NULL) == 0;
}

httpd *httpd_open(unsigned methods, void (*answer)(struct evhttp_request *r, void *ctx),
		  void *ctx)
{
	httpd *h = calloc(1, sizeof *h);

	if (h == NULL)
		return NULL;
	h->wake[0] = h->wake[1] = -1;
	if (!set_up(h)) {
		httpd_close(&h);
		return NULL;
	}
	evhttp_set_gencb(h->server, answer, ctx);
	evhttp_set_allowed_methods(h->server, (ev_uint16_t)methods);
	evhttp_set_max_body_size(h->server, BODY_MAX);
	evhttp_set_max_headers_size(h->server, HEADERS_MAX);
	evhttp_set_timeout(h->server, TIMEOUT_SECONDS);
	return h;
}

struct evhttp *httpd_server(httpd *h)
{
	return h->server;
}

bool httpd_start(httpd *h)
{
	h->running = pthread_create(&h->thread, NULL, run, h) == 0;
	return h->running;
}

void httpd_close(httpd **hp)
{
	httpd *h = *hp;

	*hp = NULL;
	if (h == NULL)
		return;
	if (h->running && write(h->wake[1], "", 1) == 1)
		pthread_join(h->thread, NULL);
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
