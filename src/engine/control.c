/* SPDX-License-Identifier: MIT */
#include "engine/control.h"

#include <errno.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/bouncer.h"
#include "engine/httpd.h"
#include "engine/sender.h"
#include "queue/change.h"

#define BACKLOG 64

struct control {
	engine *e;
	httpd *server;
	struct sockaddr_un at; /* the path is empty until it is ours */
};

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

/* id=12, or id=12.0 or id=12&recipient=0. */
static bool read_id(const struct evkeyvalq *query, uint64_t *id, int *recipient)
{
	const char *text = httpd_value(query, "id"),
		   *index = httpd_value(query, "recipient");
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
		httpd_error(r, 400, "id=N is the number of a message");
		return;
	}
	status = change_apply(c->e->store, what, id, recipient, outlog_now(), note, &all,
			      &count);
	if (status == MW_OK) {
		follow(c, what, id, &all);
		snprintf(line, sizeof line, "{\"changed\":%zu}\n", count);
		httpd_reply(r, 200, HTTPD_JSON, mw_str_of(line));
	} else if (status == MW_E_ABSENT) {
		httpd_error(r, 404, "there is no such message");
	} else {
		httpd_error(r, 503, "the store can't note it");
	}
	pool_free(&all.memory);
}

static void flush_page(const control *c, struct evhttp_request *r,
		       const struct evkeyvalq *query)
{
	const char *name = httpd_value(query, "destination");

	if (c->e->sender != NULL)
		sender_flush(c->e->sender, mw_str_of(name != NULL ? name : ""));
	httpd_reply(r, 200, HTTPD_JSON, MW_LIT("{}\n"));
}

static void destinations_page(const control *c, struct evhttp_request *r)
{
	char *text = c->e->sender != NULL ? sender_describe(c->e->sender) : strdup("");

	if (text != NULL)
		httpd_reply(r, 200, HTTPD_JSON, mw_str_of(text));
	else
		httpd_error(r, 503, "out of memory");
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
		httpd_error(r, 404,
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
		httpd_error(r, 404, "there is /queue/");
		return;
	}
	path += sizeof front - 1;
	if (evhttp_parse_query_str(query != NULL ? query : "", &all) != 0) {
		httpd_error(r, 400, "the query can't be read");
		return;
	}
	if (posts)
		post(ctx, r, path, &all);
	else if (strcmp(path, "destinations") == 0)
		destinations_page(ctx, r);
	else
		httpd_error(r, 404, "there is /queue/destinations");
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
	if (fd >= 0 && evhttp_accept_socket(httpd_server(c->server), fd) == 0)
		return;
	problem_add(told, (problem){.file = spool, .warning = true},
		    "no control socket, so mailwhy queue can change nothing while the "
		    "server runs: %s",
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	c->at.sun_path[0] = '\0';
}

control *control_start(engine *e, const char *spool, problems *told)
{
	control *c = calloc(1, sizeof *c);

	if (c != NULL) {
		c->e = e;
		c->server = httpd_open(EVHTTP_REQ_GET | EVHTTP_REQ_POST, on_request, c);
		if (c->server != NULL) {
			open_socket(c, spool, told);
			if (httpd_start(c->server))
				return c;
		}
	}
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
	httpd_close(&c->server);
	if (c->at.sun_path[0] != '\0')
		unlink(c->at.sun_path);
	free(c);
}
