/* SPDX-License-Identifier: MIT */
#include "engine/control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/bouncer.h"
#include "engine/sender.h"
#include "queue/change.h"

#define BACKLOG 64

struct control {
	engine *e;
	struct event_base *base;
	struct evhttp *server;
	struct event *woken;
	pthread_t thread;
	bool running;
	int wake[2];
	struct sockaddr_un at; /* the path is empty until it is ours */
};

/* --- replies */

static void reply(struct evhttp_request *r, int code, mw_str body)
{
	struct evbuffer *b = evbuffer_new();

	if (b == NULL) {
		evhttp_send_error(r, 500, NULL);
		return;
	}
	evbuffer_add(b, body.ptr, body.len);
	evhttp_add_header(evhttp_request_get_output_headers(r), "Content-Type",
			  "application/json");
	evhttp_send_reply(r, code, NULL, b);
	evbuffer_free(b);
}

static void reply_error(struct evhttp_request *r, int code, const char *why)
{
	char line[200];

	snprintf(line, sizeof line, "{\"error\":\"%s\"}\n", why);
	reply(r, code, mw_str_of(line));
}

/* --- changes */

/* Domains to be told of; those of one message mostly are few. */
typedef struct named {
	struct named *next;
	mw_str name;
} named;

typedef struct names {
	pool memory;
	named *first;
	bool lost;
} names;

static void note(void *ctx, mw_str target)
{
	names *all = ctx;
	named *one;

	if (all->first != NULL && mw_str_eq(all->first->name, target))
		return;
	one = pool_take(&all->memory, sizeof *one);
	if (one != NULL)
		one->name = (mw_str){pool_copy(&all->memory, target), target.len};
	if (one == NULL || one->name.ptr == NULL) {
		all->lost = true;
		return;
	}
	one->next = all->first;
	all->first = one;
}

static void follow(const control *c, change what, uint64_t id, const names *all)
{
	const int64_t now = outlog_now();

	if (what == CHANGE_FAIL && c->e->bouncer != NULL)
		bouncer_note(c->e->bouncer, id);
	if (c->e->sender == NULL)
		return;
	for (const named *one = all->first; one != NULL; one = one->next)
		sender_changed(c->e->sender, one->name, id, now);
}

static const char *value_of(const struct evkeyvalq *all, const char *name)
{
	for (const struct evkeyval *v = all->tqh_first; v != NULL; v = v->next.tqe_next)
		if (strcmp(v->key, name) == 0)
			return v->value;
	return NULL;
}

/* id=12, or id=12.0 or id=12&recipient=0. */
static bool read_id(const struct evkeyvalq *query, uint64_t *id, int *recipient)
{
	const char *text = value_of(query, "id"), *index = value_of(query, "recipient");
	char both[64];
	int n;

	if (text == NULL)
		return false;
	n = snprintf(both, sizeof both, index != NULL ? "%s.%s" : "%s", text,
		     index != NULL ? index : "");
	return n > 0 && (size_t)n < sizeof both && change_read_id(both, id, recipient);
}

static void change_page(control *c, struct evhttp_request *r, change what,
			const struct evkeyvalq *query)
{
	names all = {.first = NULL};
	char line[64];
	mw_status status;
	size_t count;
	uint64_t id;
	int recipient;

	if (!read_id(query, &id, &recipient)) {
		reply_error(r, 400, "id=N is the number of a message");
		return;
	}
	status = change_apply(c->e->store, what, id, recipient, outlog_now(), note, &all,
			      &count);
	if (status == MW_OK) {
		follow(c, what, id, &all);
		snprintf(line, sizeof line, "{\"changed\":%zu}\n", count);
		reply(r, 200, mw_str_of(line));
	} else if (status == MW_E_ABSENT) {
		reply_error(r, 404, "there is no such message");
	} else {
		reply_error(r, 503, "the store can't note it");
	}
	pool_free(&all.memory);
}

static void flush_page(const control *c, struct evhttp_request *r,
		       const struct evkeyvalq *query)
{
	const char *name = value_of(query, "destination");

	if (c->e->sender != NULL)
		sender_flush(c->e->sender, mw_str_of(name != NULL ? name : ""));
	reply(r, 200, MW_LIT("{}\n"));
}

static void destinations_page(const control *c, struct evhttp_request *r)
{
	char *text = c->e->sender != NULL ? sender_describe(c->e->sender) : strdup("");

	if (text != NULL)
		reply(r, 200, mw_str_of(text));
	else
		reply_error(r, 503, "out of memory");
	free(text);
}

static void post(control *c, struct evhttp_request *r, const char *verb,
		 const struct evkeyvalq *query)
{
	const change what = change_of_name(mw_str_of(verb));

	if (strcmp(verb, "flush") == 0)
		flush_page(c, r, query);
	else if (what != CHANGE_COUNT)
		change_page(c, r, what, query);
	else
		reply_error(r, 404,
			    "there are retry, hold, release, delete, fail and flush");
}

static void on_request(struct evhttp_request *r, void *ctx)
{
	static const char front[] = "/queue/";
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(r);
	const char *path = evhttp_uri_get_path(uri), *query = evhttp_uri_get_query(uri);
	const bool posts = evhttp_request_get_command(r) == EVHTTP_REQ_POST;
	struct evkeyvalq all;

	if (path == NULL || strncmp(path, front, sizeof front - 1) != 0) {
		reply_error(r, 404, "there is /queue/");
		return;
	}
	path += sizeof front - 1;
	if (evhttp_parse_query_str(query != NULL ? query : "", &all) != 0) {
		reply_error(r, 400, "the query can't be read");
		return;
	}
	if (posts)
		post(ctx, r, path, &all);
	else if (strcmp(path, "destinations") == 0)
		destinations_page(ctx, r);
	else
		reply_error(r, 404, "there is /queue/destinations");
	evhttp_clear_headers(&all);
}

/* --- the socket */

/* Nobody can connect before listen(), so the mode is right for all. */
static int listen_at(const struct sockaddr_un *at)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -1;
	unlink(at->sun_path);
	if (bind(fd, (const struct sockaddr *)at, sizeof *at) == 0 &&
	    chmod(at->sun_path, 0600) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Without the socket the server works: the queue just can't be changed meanwhile. */
static void open_socket(control *c, const char *spool, problems *told)
{
	const size_t n = strlen(spool) + sizeof "/" CONTROL_NAME;
	int fd = -1;

	errno = ENAMETOOLONG;
	c->at.sun_family = AF_UNIX;
	if (n <= sizeof c->at.sun_path) {
		snprintf(c->at.sun_path, sizeof c->at.sun_path, "%s/%s", spool,
			 CONTROL_NAME);
		fd = listen_at(&c->at);
	}
	if (fd >= 0 && evhttp_accept_socket(c->server, fd) == 0)
		return;
	problem_add(told, (problem){.file = spool, .warning = true},
		    "no control socket, so mailwhy queue can change nothing while the "
		    "server runs: %s",
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	c->at.sun_path[0] = '\0';
}

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(((control *)ctx)->base);
}

static void *run(void *ctx)
{
	event_base_dispatch(((control *)ctx)->base);
	return NULL;
}

static bool set_up(control *c)
{
	c->base = event_base_new();
	c->server = c->base != NULL ? evhttp_new(c->base) : NULL;
	if (c->server == NULL || pipe(c->wake) != 0)
		return false;
	fcntl(c->wake[0], F_SETFD, FD_CLOEXEC);
	fcntl(c->wake[1], F_SETFD, FD_CLOEXEC);
	c->woken = event_new(c->base, c->wake[0], EV_READ, on_wake, c);
	if (c->woken == NULL || event_add(c->woken, NULL) != 0)
		return false;
	evhttp_set_gencb(c->server, on_request, c);
	evhttp_set_allowed_methods(c->server, EVHTTP_REQ_GET | EVHTTP_REQ_POST);
	evhttp_set_max_body_size(c->server, 4096);
	evhttp_set_max_headers_size(c->server, 16384);
	evhttp_set_timeout(c->server, 30);
	return true;
}

control *control_start(engine *e, const char *spool, problems *told)
{
	control *c = calloc(1, sizeof *c);

	if (c != NULL) {
		c->e = e;
		c->wake[0] = c->wake[1] = -1;
		if (set_up(c)) {
			open_socket(c, spool, told);
			c->running = pthread_create(&c->thread, NULL, run, c) == 0;
		}
	}
	if (c != NULL && c->running)
		return c;
	problem_add(told, (problem){.file = spool}, "the control socket: out of memory");
	control_stop(&c);
	return NULL;
}

void control_stop(control **cp)
{
	control *c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	if (c->running && write(c->wake[1], "", 1) == 1)
		pthread_join(c->thread, NULL);
	if (c->woken != NULL)
		event_free(c->woken);
	if (c->server != NULL)
		evhttp_free(c->server);
	if (c->base != NULL)
		event_base_free(c->base);
	if (c->wake[0] >= 0) {
		close(c->wake[0]);
		close(c->wake[1]);
	}
	if (c->at.sun_path[0] != '\0')
		unlink(c->at.sun_path);
	free(c);
}
