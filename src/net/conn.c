/* SPDX-License-Identifier: MIT */
#include "net/conn.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINGER 5 /* seconds that a peer has to read the last reply */

struct conn {
	loop *l;
	conn *next, **back;
	struct event *readable, *writable;
	const conn_handler *handler;
	void *ctx;
	SSL *tls;
	int fd;
	int64_t deadline; /* ms; 0 none */
	char *kept, *unsent;
	size_t kept_len, unsent_len;
	unsigned rate, allowance;
	unsigned busy; /* calls of the handler under way */
	bool paused, shaking, closing, lingering, dead;
	bool client, connecting; /* we have dialled */
};

static void on_readable(evutil_socket_t fd, short what, void *ctx);
static void on_writable(evutil_socket_t fd, short what, void *ctx);
static void release(conn *c);

static void hear_out(conn *c);

static void want_read(conn *c, bool yes)
{
	if (yes)
		event_add(c->readable, NULL);
	else
		event_del(c->readable);
}

static void link_in(conn *c)
{
	c->next = c->l->conns;
	c->back = &c->l->conns;
	if (c->next != NULL)
		c->next->back = &c->next;
	c->l->conns = c;
}

static conn *new_conn(loop *l, int fd, const conn_handler *handler, void *ctx)
{
	conn *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->l = l;
	c->fd = fd;
	c->handler = handler;
	c->ctx = ctx;
	c->paused = true;
	c->readable = event_new(l->base, fd, EV_READ | EV_PERSIST, on_readable, c);
	if (c->readable == NULL) {
		free(c);
		return NULL;
	}
	link_in(c);
	return c;
}

conn *conn_open(loop *l, int fd, SSL_CTX *tls, const conn_handler *handler, void *ctx)
{
	conn *c = new_conn(l, fd, handler, ctx);

	if (c != NULL && tls != NULL)
		conn_secure(c, tls);
	return c;
}

const char *conn_error(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "connection refused";
	case ETIMEDOUT:
		return "connection timed out";
	case EHOSTUNREACH:
	case EHOSTDOWN:
		return "no route to host";
	case ENETUNREACH:
	case ENETDOWN:
		return "network is unreachable";
	case EADDRNOTAVAIL:
		return "the address to send from is none of this machine";
	case EACCES:
	case EPERM:
		return "a firewall of this machine forbids the connection";
	case ECONNRESET:
		return "connection reset";
	case EMFILE:
	case ENFILE:
		return "no more files may be open";
	default:
		return "the connection failed";
	}
}

/* A socket on its way, or -1 with errno. */
static int begin_connect(const net_address *to, const net_address *source)
{
	static const int one = 1;
	const int fd =
		socket(to->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if ((source == NULL || bind(fd, &source->any, net_address_len(source)) == 0) &&
	    (connect(fd, &to->any, net_address_len(to)) == 0 || errno == EINPROGRESS ||
	     errno == EINTR))
		return fd;
	const int e = errno;

	close(fd);
	errno = e;
	return -1;
}

conn *conn_dial(loop *l, const net_address *to, const net_address *source,
		const conn_handler *handler, void *ctx)
{
	const int fd = begin_connect(to, source);
	conn *c = fd >= 0 ? new_conn(l, fd, handler, ctx) : NULL;

	if (c == NULL) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	c->client = c->connecting = true;
	c->writable = event_new(l->base, fd, EV_WRITE, on_writable, c);
	if (c->writable == NULL || event_add(c->writable, NULL) != 0) {
		release(c);
		errno = ENOMEM;
		return NULL;
	}
	return c;
}

/* Takes it out of the loop; its memory goes when nobody is working in it. */
static void release(conn *c)
{
	*c->back = c->next;
	if (c->next != NULL)
		c->next->back = c->back;
	event_free(c->readable);
	if (c->writable != NULL)
		event_free(c->writable);
	if (c->tls != NULL)
		SSL_free(c->tls);
	close(c->fd);
	free(c->kept);
	free(c->unsent);
	c->dead = true;
	if (c->busy == 0)
		free(c);
}

static void end(conn *c, const char *why)
{
	const conn_handler *handler = c->handler;
	void *ctx = c->ctx;

	if (c->dead)
		return;
	release(c);
	handler->closed(ctx, why);
}

void conn_abandon(conn *c)
{
	c->busy = 0;
	end(c, "the server stops");
}

/* Every call of the handler is between these two: it may end the connection, and it may
 * call what calls it again. */
static void enter(conn *c)
{
	c->busy++;
}

static bool leave(conn *c)
{
	c->busy--;
	if (!c->dead)
		return true;
	if (c->busy == 0)
		free(c);
	return false;
}

/* --- TLS */

/* What a call of OpenSSL came to: 1 wants to read, 2 wants to write, 0 is broken. */
static int tls_wants(conn *c, int result)
{
	switch (SSL_get_error(c->tls, result)) {
	case SSL_ERROR_WANT_READ:
		return 1;
	case SSL_ERROR_WANT_WRITE:
		return 2;
	default:
		ERR_clear_error();
		return 0;
	}
}

static bool want_write(conn *c)
{
	if (c->writable == NULL)
		c->writable = event_new(c->l->base, c->fd, EV_WRITE, on_writable, c);
	if (c->writable != NULL && event_add(c->writable, NULL) == 0)
		return true;
	end(c, "out of memory");
	return false;
}

/* The certificate's fault is what the server's admin can mend. */
static const char *shake_error(const conn *c)
{
	const long verified = c->client ? SSL_get_verify_result(c->tls) : X509_V_OK;

	return verified == X509_V_OK ? "the TLS handshake failed"
				     : X509_verify_cert_error_string(verified);
}

static void shake(conn *c)
{
	ERR_clear_error();
	const int r = c->client ? SSL_connect(c->tls) : SSL_accept(c->tls);
	const int wants = r == 1 ? -1 : tls_wants(c, r);

	if (wants == 1) {
		want_read(c, true);
	} else if (wants == 2) {
		want_read(c, false);
		(void)want_write(c);
	} else if (wants == 0) {
		end(c, shake_error(c));
	} else {
		c->shaking = false;
		want_read(c, false);
		enter(c);
		c->handler->secured(c->ctx);
		leave(c);
	}
}

static bool begin_tls(conn *c, SSL_CTX *tls)
{
	free(c->kept);
	c->kept = NULL;
	c->kept_len = 0;
	c->tls = SSL_new(tls);
	if (c->tls == NULL || SSL_set_fd(c->tls, c->fd) != 1) {
		conn_close(c);
		return false;
	}
	c->shaking = true;
	c->paused = true;
	return true;
}

void conn_secure(conn *c, SSL_CTX *tls)
{
	if (begin_tls(c, tls))
		want_read(c, true);
}

static bool is_address(const char *server)
{
	net_address a;

	return net_address_read(&a, server);
}

/* The client speaks first: its turn comes with the next round of the loop. */
void conn_secure_client(conn *c, SSL_CTX *tls, const char *server)
{
	if (!begin_tls(c, tls))
		return;
	/* OpenSSL takes an empty name for one that need not fit. An address is no SNI. */
	if (server[0] == '\0' || SSL_set1_host(c->tls, server) != 1 ||
	    (!is_address(server) && SSL_set_tlsext_host_name(c->tls, server) != 1)) {
		end(c, "the TLS handshake failed");
		return;
	}
	(void)want_write(c);
}

/* What a call came to: bytes; 0 end; -1 nothing now; -2 broken. */
static ssize_t plain_result(ssize_t r)
{
	if (r >= 0)
		return r;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? -1 : -2;
}

static ssize_t tls_result(conn *c, int r)
{
	if (r > 0)
		return r;
	if (SSL_get_error(c->tls, r) == SSL_ERROR_ZERO_RETURN)
		return 0;
	return tls_wants(c, r) != 0 ? -1 : -2;
}

static ssize_t read_some(conn *c, char *p, size_t n)
{
	if (c->tls == NULL)
		return plain_result(recv(c->fd, p, n, 0));
	ERR_clear_error();
	return tls_result(c, SSL_read(c->tls, p, (int)n));
}

static ssize_t write_some(conn *c, const char *p, size_t n)
{
	if (c->tls == NULL)
		return plain_result(send(c->fd, p, n, MSG_NOSIGNAL));
	ERR_clear_error();
	return tls_result(c, SSL_write(c->tls, p, (int)n));
}

/* --- writing */

static void linger(conn *c)
{
	if (c->tls != NULL)
		SSL_shutdown(c->tls);
	ERR_clear_error();
	shutdown(c->fd, SHUT_WR);
	c->lingering = true;
	c->paused = false;
	c->deadline = loop_clock() + LINGER * 1000;
	want_read(c, true);
}

/* The peer takes nothing any more. A server may have said why before. */
static void lose(conn *c)
{
	enter(c);
	if (c->client && !c->paused)
		hear_out(c);
	assert(c->busy > 0); /* so it is there until leave() */
	end(c, c->client ? "the server closed the connection" : "the client is gone");
	leave(c);
}

static bool keep_unsent(conn *c, mw_str rest)
{
	char *p = realloc(c->unsent, c->unsent_len + rest.len);

	if (p == NULL) {
		end(c, "out of memory");
		return false;
	}
	memcpy(p + c->unsent_len, rest.ptr, rest.len);
	c->unsent = p;
	c->unsent_len += rest.len;
	return true;
}

/* All was sent. False: the connection is gone. */
static bool drained(conn *c)
{
	free(c->unsent);
	c->unsent = NULL;
	c->unsent_len = 0;
	if (c->closing) {
		if (!c->lingering)
			linger(c);
		return true;
	}
	enter(c);
	c->handler->sent(c->ctx);
	return leave(c);
}

bool conn_send(conn *c, mw_str bytes)
{
	if (c->dead)
		return false;
	if (c->lingering)
		return true;
	while (c->unsent_len == 0 && bytes.len > 0) {
		const ssize_t n = write_some(c, bytes.ptr, bytes.len);

		if (n == 0 || n == -2) {
			lose(c);
			return false;
		}
		if (n < 0)
			break;
		bytes = mw_str_skip(bytes, (size_t)n);
	}
	if (bytes.len == 0)
		return true;
	if (!keep_unsent(c, bytes))
		return false;
	want_read(c, false);
	return want_write(c);
}

static void send_unsent(conn *c)
{
	size_t done = 0;

	while (done < c->unsent_len) {
		const ssize_t n = write_some(c, c->unsent + done, c->unsent_len - done);

		if (n == 0 || n == -2) {
			lose(c);
			return;
		}
		if (n < 0)
			break;
		done += (size_t)n;
	}
	c->unsent_len -= done;
	if (c->unsent_len > 0) {
		memmove(c->unsent, c->unsent + done, c->unsent_len);
		(void)want_write(c);
		return;
	}
	if (drained(c) && !c->paused)
		conn_resume(c);
}

/* --- reading */

static bool keep(conn *c, mw_str rest)
{
	char *p;

	if (rest.len == 0) {
		free(c->kept);
		c->kept = NULL;
		c->kept_len = 0;
		return true;
	}
	p = realloc(c->kept, rest.len);
	if (p == NULL) {
		end(c, "out of memory");
		return false;
	}
	memcpy(p, rest.ptr, rest.len);
	c->kept = p;
	c->kept_len = rest.len;
	return true;
}

/* Gives the handler the first `len` bytes of the loop's buffer and sends its answer. */
static bool deliver(conn *c, size_t len)
{
	loop *l = c->l;
	size_t used;

	mw_buf_reset(&l->out);
	enter(c);
	used = c->handler->input(c->ctx, (mw_str){l->in, len}, &l->out);
	if (!leave(c))
		return false;
	if (!keep(c, (mw_str){l->in + used, len - used}))
		return false;
	enter(c);
	(void)conn_send(c, mw_buf_str(&l->out));
	if (!leave(c))
		return false;
	if (c->unsent_len == 0 && (l->out.len > 0 || c->closing))
		return drained(c);
	return true;
}

/* Gives the handler what has come, whatever it answers. */
static void hear_out(conn *c)
{
	loop *l = c->l;

	for (int i = 0; i < 4 && !c->dead; i++) {
		size_t used;
		ssize_t n;

		if (c->kept_len > 0)
			memcpy(l->in, c->kept, c->kept_len);
		n = read_some(c, l->in + c->kept_len, LOOP_IN_MAX - c->kept_len);
		if (n <= 0)
			return;
		mw_buf_reset(&l->out);
		used = c->handler->input(c->ctx, (mw_str){l->in, c->kept_len + (size_t)n},
					 &l->out);
		if (c->dead ||
		    !keep(c, (mw_str){l->in + used, c->kept_len + (size_t)n - used}))
			return;
	}
}

static size_t may_read(conn *c, size_t room)
{
	if (c->rate == 0)
		return room;
	return c->allowance < room ? c->allowance : room;
}

static void read_on(conn *c)
{
	loop *l = c->l;
	const size_t room = may_read(c, LOOP_IN_MAX - c->kept_len);
	ssize_t n;

	if (room == 0) {
		want_read(c, false);
		return;
	}
	if (c->kept_len > 0)
		memcpy(l->in, c->kept, c->kept_len);
	n = read_some(c, l->in + c->kept_len, room);
	if (n == -1)
		return;
	if (n <= 0) {
		end(c, n < 0       ? "the connection was lost"
		       : c->client ? "the server closed the connection"
				   : "the client closed the connection");
		return;
	}
	if (c->rate != 0)
		c->allowance -= (unsigned)n;
	if (c->lingering)
		return;
	if (!deliver(c, c->kept_len + (size_t)n))
		return;
	/* OpenSSL may hold bytes that no event will tell of. */
	if (c->tls != NULL && !c->paused && c->unsent_len == 0 && SSL_pending(c->tls) > 0)
		event_active(c->readable, EV_READ, 1);
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	conn *c = ctx;

	(void)fd;
	(void)what;
	c->l->now = loop_clock();
	if (c->shaking)
		shake(c);
	else if (!c->paused || c->lingering)
		read_on(c);
	else
		want_read(c, false);
}

static void finish_connect(conn *c)
{
	int error = 0;
	socklen_t size = sizeof error;

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
		error = errno;
	if (error != 0) {
		end(c, conn_error(error));
		return;
	}
	c->connecting = false;
	enter(c);
	c->handler->connected(c->ctx);
	leave(c);
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	conn *c = ctx;

	(void)fd;
	(void)what;
	c->l->now = loop_clock();
	if (c->connecting)
		finish_connect(c);
	else if (c->shaking)
		shake(c);
	else
		send_unsent(c);
}

size_t conn_unsent(const conn *c)
{
	return c->unsent_len;
}

void conn_pause(conn *c)
{
	c->paused = true;
}

void conn_resume(conn *c)
{
	loop *l = c->l;

	if (c->closing || c->dead || c->shaking)
		return;
	c->paused = false;
	if (c->unsent_len > 0)
		return;
	if (c->kept_len > 0)
		memcpy(l->in, c->kept, c->kept_len);
	if (!deliver(c, c->kept_len))
		return;
	if (!c->paused && !c->closing && c->unsent_len == 0) {
		want_read(c, true);
		if (c->tls != NULL && SSL_pending(c->tls) > 0)
			event_active(c->readable, EV_READ, 1);
	}
}

void conn_read_rate(conn *c, unsigned rate)
{
	c->rate = rate;
	c->allowance = rate;
}

void conn_deadline(conn *c, unsigned seconds)
{
	if (!c->lingering)
		c->deadline = seconds == 0 ? 0 : c->l->now + (int64_t)seconds * 1000;
}

void conn_close(conn *c)
{
	if (c->closing || c->dead)
		return;
	c->closing = true;
	c->paused = true;
	c->deadline = loop_clock() + LINGER * 2000;
	if (c->unsent_len == 0 && !c->busy)
		linger(c);
}

void conn_abort(conn *c, bool reset)
{
	const struct linger hard = {1, 0};

	if (c->dead)
		return;
	if (reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	end(c, NULL);
}

SSL *conn_tls(conn *c)
{
	return c->tls;
}

/* Calls the handler outside input(): what it wrote goes out, what it closed ends. */
static void call(conn *c, void (*f)(void *ctx))
{
	enter(c);
	f(c->ctx);
	if (leave(c) && c->closing && c->unsent_len == 0 && !c->lingering)
		linger(c);
}

static void come_late(conn *c)
{
	if (c->closing || c->shaking || c->connecting) {
		end(c, c->shaking      ? "the TLS handshake took too long"
		       : c->connecting ? conn_error(ETIMEDOUT)
				       : NULL);
		return;
	}
	c->deadline = 0;
	call(c, c->handler->late);
}

void conn_each(loop *l, void (*visit)(void *ctx))
{
	conn *next;

	for (conn *c = l->conns; c != NULL; c = next) {
		next = c->next;
		call(c, visit);
	}
}

void conn_check_deadlines(loop *l)
{
	conn *next;

	for (conn *c = l->conns; c != NULL; c = next) {
		next = c->next;
		if (c->rate != 0) {
			c->allowance = c->rate;
			if (!c->paused && !c->closing && c->unsent_len == 0)
				want_read(c, true);
		}
		if (c->deadline != 0 && l->now >= c->deadline)
			come_late(c);
	}
}
