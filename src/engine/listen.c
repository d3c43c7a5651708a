/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* accept4(), pipe2() */
#include "engine/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "engine/session.h"

#define BACKLOG       4096
#define ACCEPT_BURST  64 /* clients that one loop takes in one turn */
#define LISTENERS_MAX 256

typedef struct listener {
	listeners *all;
	service kind;
	int fd;
	char name[300]; /* "127.0.0.1:25" or a path */
	bool by_path, by_systemd;
	struct waiter *waiters;      /* one a loop */
	struct listener *taken_from; /* while listeners_open() is at work; else stale */
} listener;

/* One loop that waits on one socket. */
typedef struct waiter {
	listener *l;
	loop *at;
	struct event *ev;
} waiter;

struct listeners {
	engine *e;
	listener *item;
	size_t count;
};

/* --- clients */

static void from_ipv4(client *c, const struct in_addr *a)
{
	unsigned char net[4];

	memset(c->address, 0, 10);
	c->address[10] = c->address[11] = 0xff;
	memcpy(c->address + 12, a, 4);
	inet_ntop(AF_INET, a, c->text, sizeof c->text);
	memcpy(net, a, 4);
	snprintf(c->network, sizeof c->network, "%u.%u.%u.0/24", net[0], net[1], net[2]);
}

static void from_ipv6(client *c, const struct in6_addr *a)
{
	struct in6_addr net = *a;
	char text[INET6_ADDRSTRLEN];

	memcpy(c->address, a, 16);
	inet_ntop(AF_INET6, a, c->text, sizeof c->text);
	memset(net.s6_addr + 8, 0, 8);
	inet_ntop(AF_INET6, &net, text, sizeof text);
	snprintf(c->network, sizeof c->network, "%.45s/64", text);
}

static void identify(client *c, const struct sockaddr_storage *from)
{
	*c = (client){.local = from->ss_family == AF_UNIX};
	if (from->ss_family == AF_INET) {
		from_ipv4(c, &((const struct sockaddr_in *)from)->sin_addr);
	} else if (from->ss_family == AF_INET6) {
		const struct in6_addr *a =
			&((const struct sockaddr_in6 *)from)->sin6_addr;
		struct in_addr four;

		memcpy(&four, a->s6_addr + 12, 4);
		if (IN6_IS_ADDR_V4MAPPED(a))
			from_ipv4(c, &four);
		else
			from_ipv6(c, a);
	} else {
		memcpy(c->text, "local", sizeof "local");
		memcpy(c->network, "local", sizeof "local");
	}
}

/* --- accepting */

static void accept_one(listener *l, loop *at, int fd, const struct sockaddr_storage *from)
{
	client c;

	identify(&c, from);
	session_start(l->all->e, at, fd, l->kind, l->kind == SERVICE_SUBMISSIONS, &c);
}

static void on_client(evutil_socket_t fd, short what, void *ctx)
{
	listener *l = ((waiter *)ctx)->l;
	loop *at = ((waiter *)ctx)->at;

	(void)what;
	at->now = loop_clock();
	for (int i = 0; i < ACCEPT_BURST; i++) {
		struct sockaddr_storage from = {0};
		socklen_t len = sizeof from;
		const int client_fd = accept4(fd, (struct sockaddr *)&from, &len,
					      SOCK_NONBLOCK | SOCK_CLOEXEC);

		/* EMFILE and the like: the others wait in the backlog. */
		if (client_fd < 0)
			return;
		accept_one(l, at, client_fd, &from);
	}
}

static void begin(void *ctx)
{
	waiter *w = ctx;

	w->ev = event_new(w->at->base, w->l->fd, EV_READ | EV_PERSIST, on_client, w);
	if (w->ev != NULL)
		event_add(w->ev, NULL);
}

static void stop(void *ctx)
{
	waiter *w = ctx;

	if (w->ev != NULL)
		event_free(w->ev);
	w->ev = NULL;
}

bool listeners_start(listeners *l, engine *e)
{
	l->e = e;
	for (size_t i = 0; i < l->count; i++) {
		listener *one = &l->item[i];

		one->waiters = calloc(e->loop_count, sizeof *one->waiters);
		if (one->waiters == NULL)
			return false;
		for (unsigned k = 0; k < e->loop_count; k++) {
			one->waiters[k] = (waiter){one, &e->loops[k], NULL};
			loop_call(&e->loops[k], begin, &one->waiters[k]);
			if (one->waiters[k].ev == NULL)
				return false;
		}
	}
	return true;
}

void listeners_quiet(listeners *l, engine *e)
{
	for (size_t i = 0; i < l->count; i++)
		for (unsigned k = 0; l->item[i].waiters != NULL && k < e->loop_count; k++)
			loop_call(&e->loops[k], stop, &l->item[i].waiters[k]);
}

/* --- opening */

static listener *add(listeners *l, service kind, int fd, const char *name)
{
	const int yes = 1;
	listener *one;

	if (l->count == LISTENERS_MAX) {
		close(fd);
		return NULL;
	}
	/* Its clients inherit it; a unix socket has no such thing. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	one = &l->item[l->count++];
	*one = (listener){.all = l, .kind = kind, .fd = fd};
	snprintf(one->name, sizeof one->name, "%s", name);
	return one;
}

static void tell(problems *told, const char *name, const char *what, int error)
{
	problem_add(told, (problem){.file = "mailwhy"}, "%s: %s: %s", name, what,
		    error != 0 ? strerror(error) : "no such address");
}

static void take(listeners *l, listener *b)
{
	listener *one = add(l, b->kind, b->fd, b->name);

	if (one != NULL) {
		one->by_path = b->by_path;
		one->by_systemd = b->by_systemd;
		one->taken_from = b;
	}
	b->fd = -1;
}

/* A socket that is open already, for the same. */
static bool take_over(listeners *l, listeners *before, service kind, const char *name)
{
	for (size_t i = 0; before != NULL && i < before->count; i++) {
		listener *b = &before->item[i];

		if (b->fd >= 0 && b->kind == kind && strcmp(b->name, name) == 0) {
			take(l, b);
			return true;
		}
	}
	return false;
}

/* The sockets go on in the listeners that had them. */
static void give_back(listeners *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->item[i].taken_from != NULL) {
			l->item[i].taken_from->fd = l->item[i].fd;
			l->item[i].fd = -1;
		}
}

static int listen_on(const struct addrinfo *a, bool only6)
{
	const int yes = 1, no = only6 ? 1 : 0;
	const int fd =
		socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* With port 0 the system chose one: the name tells which. */
static void name_bound(char *name, size_t cap, int fd)
{
	struct sockaddr_storage a = {0};
	socklen_t len = sizeof a;
	char host[INET6_ADDRSTRLEN] = "", port[8] = "";

	if (getsockname(fd, (struct sockaddr *)&a, &len) != 0 ||
	    getnameinfo((struct sockaddr *)&a, len, host, sizeof host, port, sizeof port,
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	snprintf(name, cap, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
}

static void open_endpoint(listeners *l, listeners *before, service kind,
			  const value_endpoint *at, problems *told)
{
	const bool all = strcmp(at->host, "*") == 0;
	const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST,
				       .ai_socktype = SOCK_STREAM};
	struct addrinfo *a = NULL;
	char port[8];
	int fd = -1;

	if (take_over(l, before, kind, at->text))
		return;
	snprintf(port, sizeof port, "%u", at->port);
	/* "*" is one socket for IPv6 and IPv4, or for IPv4 where there is no IPv6. */
	if (getaddrinfo(all ? "::" : at->host, port, &hints, &a) == 0) {
		fd = listen_on(a, false);
		freeaddrinfo(a);
	}
	if (fd < 0 && all && getaddrinfo("0.0.0.0", port, &hints, &a) == 0) {
		fd = listen_on(a, false);
		freeaddrinfo(a);
	}
	if (fd < 0)
		tell(told, at->text, "can't listen there", errno);
	else
		add(l, kind, fd, at->text);
}

/* A socket that a server left behind when it was killed is replaced, one that somebody
 * listens on is not. */
static bool is_stale(const struct sockaddr_un *a)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool stale;

	if (fd < 0)
		return false;
	stale = connect(fd, (const struct sockaddr *)a, sizeof *a) != 0 &&
		errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static void open_path(listeners *l, listeners *before, service kind, mode_t mode,
		      const char *path, problems *told)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	listener *one;
	int fd;

	if (take_over(l, before, kind, path))
		return;
	if (strlen(path) >= sizeof a.sun_path) {
		tell(told, path, "the path of a socket is too long", ENAMETOOLONG);
		return;
	}
	memcpy(a.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (is_stale(&a))
		unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 ||
	    chmod(path, mode) != 0 || listen(fd, BACKLOG) != 0) {
		tell(told, path, "can't listen there", errno);
		if (fd >= 0)
			close(fd);
		return;
	}
	one = add(l, kind, fd, path);
	if (one != NULL)
		one->by_path = true;
}

/* For mailwhy send of who runs the server: beside the queue, whatever else is listened
 * on. Where the spool's path is too long for a socket there is none. */
static void open_own(listeners *l, listeners *before, const settings *s, problems *told)
{
	char path[sizeof((struct sockaddr_un *)NULL)->sun_path];
	const int n = snprintf(path, sizeof path, "%s/submit", s->server.spool);
	const struct passwd *pw;

	if (n < 0 || (size_t)n >= sizeof path)
		return;
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->item[i].name, path) == 0)
			return;
	open_path(l, before, SERVICE_LOCAL, 0600, path, told);
	pw = s->server.user[0] != '\0' ? getpwnam(s->server.user) : NULL;
	if (pw != NULL && geteuid() == 0 && chown(path, pw->pw_uid, pw->pw_gid) != 0)
		tell(told, path, "can't be given to the user of the server", errno);
}

static service kind_of_name(const char *name, unsigned port)
{
	for (int i = 0; i < SERVICE_COUNT; i++)
		if (strcmp(name, service_name((service)i)) == 0)
			return (service)i;
	if (port == 587)
		return SERVICE_SUBMISSION;
	return port == 465 ? SERVICE_SUBMISSIONS : SERVICE_SMTP;
}

static unsigned port_of(int fd)
{
	struct sockaddr_storage a = {0};
	socklen_t len = sizeof a;

	if (getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		return 0;
	if (a.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&a)->sin_port);
	return a.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&a)->sin6_port)
				       : 0;
}

static void take_from_systemd(listeners *l)
{
	char **names = NULL;
	const int n = sd_listen_fds_with_names(1, &names);

	for (int i = 0; i < n; i++) {
		const int fd = SD_LISTEN_FDS_START + i;
		listener *one;

		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		one = add(l, kind_of_name(names[i], port_of(fd)), fd, names[i]);
		if (one != NULL)
			one->by_systemd = true;
		free(names[i]);
	}
	free(names);
}

static void keep_those_of_systemd(listeners *l, listeners *before)
{
	for (size_t i = 0; i < before->count; i++)
		if (before->item[i].fd >= 0 && before->item[i].by_systemd)
			take(l, &before->item[i]);
}

listeners *listeners_open(const settings *s, listeners *before, problems *told)
{
	const struct {
		service kind;
		const value_endpoints *at;
	} all[] = {{SERVICE_SMTP, &s->listen.smtp},
		   {SERVICE_SUBMISSION, &s->listen.submission},
		   {SERVICE_SUBMISSIONS, &s->listen.submissions}};
	listeners *l = calloc(1, sizeof *l);
	const unsigned errors = told->errors;

	if (l == NULL || (l->item = calloc(LISTENERS_MAX, sizeof *l->item)) == NULL) {
		free(l);
		return NULL;
	}
	if (before == NULL)
		take_from_systemd(l);
	else
		keep_those_of_systemd(l, before);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		for (size_t k = 0; k < all[i].at->count; k++)
			open_endpoint(l, before, all[i].kind, &all[i].at->item[k], told);
	for (size_t i = 0; i < s->listen.lmtp.count; i++)
		open_path(l, before, SERVICE_LMTP, 0660, s->listen.lmtp.item[i], told);
	for (size_t i = 0; i < s->listen.local.count; i++)
		open_path(l, before, SERVICE_LOCAL, 0666, s->listen.local.item[i], told);
	if (l->count == 0 && told->errors == errors)
		problem_add(told, (problem){.file = "mailwhy"},
			    "nothing to listen on: say --listen ADDR:PORT, or smtp = "
			    "ADDR:PORT in [listen]");
	else if (told->errors == errors)
		open_own(l, before, s, told);
	if (told->errors == errors)
		return l;
	give_back(l);
	listeners_close(&l);
	return NULL;
}

void listeners_close(listeners **l)
{
	if (*l == NULL)
		return;
	for (size_t i = 0; i < (*l)->count; i++) {
		listener *one = &(*l)->item[i];

		if (one->fd >= 0) {
			close(one->fd);
			if (one->by_path)
				unlink(one->name);
		}
		free(one->waiters);
	}
	free((*l)->item);
	free(*l);
	*l = NULL;
}

void listeners_describe(const listeners *l, mw_buf *out)
{
	for (size_t i = 0; i < l->count; i++) {
		char name[300];

		snprintf(name, sizeof name, "%s", l->item[i].name);
		if (!l->item[i].by_path)
			name_bound(name, sizeof name, l->item[i].fd);
		if (i > 0)
			mw_buf_put_char(out, ' ');
		mw_buf_put(out, mw_str_of(service_name(l->item[i].kind)));
		mw_buf_put_char(out, ' ');
		mw_buf_put(out, mw_str_of(name));
	}
}
