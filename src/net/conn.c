/* SPDX-License-Identifier: MIT */
#include "net/conn.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/connect.h"
#include "net/stream.h"

#define LINGER 5 /* seconds that a peer has to read the last reply */

struct conn {
	loop *l;
	conn *next, **back;
	struct event *readable, *writable;
	const conn_handler *handler;
	void *ctx;
	stream s;
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
	c->s.fd = fd;
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

conn *conn_dial(loop *l, const net_address *to, const net_address *source,
		const conn_handler *handler, void *ctx)
{
	const int fd = connect_begin(to, source);
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
	stream_close(&c->s);
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

static bool want_write(conn *c)
{
	if (c->writable == NULL)
		c->writable = event_new(c->l->base, c->s.fd, EV_WRITE, on_writable, c);
	if (c->writable != NULL && event_add(c->writable, NULL) == 0)
		return true;
	end(c, "out of memory");
	return false;
}

static void shake(conn *c)
{
	switch (stream_shake(&c->s, c->client)) {
	case STREAM_WANTS_READ:
		want_read(c, true);
		break;
	case STREAM_WANTS_WRITE:
		want_read(c, false);
		(void)want_write(c);
		break;
	case STREAM_BROKEN:
		end(c, stream_shake_error(&c->s, c->client));
		break;
	case STREAM_DONE:
		c->shaking = false;
		want_read(c, false);
		enter(c);
		c->handler->secured(c->ctx);
		leave(c);
		break;
	}
}

static bool begin_tls(conn *c, SSL_CTX *tls)
{
	free(c->kept);
	c->kept = NULL;
	c->kept_len = 0;
	if (!stream_secure(&c->s, tls)) {
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

/* The client speaks first: its turn comes with the next round of the loop. */
void conn_secure_client(conn *c, SSL_CTX *tls, const char *server)
{
	if (!begin_tls(c, tls))
		return;
	if (!stream_expect(&c->s, server)) {
		end(c, "the TLS handshake failed");
		return;
	}
	(void)want_write(c);
}

/* --- writing */

static void linger(conn *c)
{
	stream_end(&c->s);
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
	if (leave(c))
		end(c, c->client ? "the server closed the connection"
				 : "the client is gone");
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
		const ssize_t n = stream_write(&c->s, bytes.ptr, bytes.len);

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
		const ssize_t n =
			stream_write(&c->s, c->unsent + done, c->unsent_len - done);

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
		n = stream_read(&c->s, l->in + c->kept_len, LOOP_IN_MAX - c->kept_len);
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
	n = stream_read(&c->s, l->in + c->kept_len, room);
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
	if (!c->paused && c->unsent_len == 0 && stream_holds(&c->s))
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
	const int error = connect_result(c->s.fd);

	if (error != 0) {
		end(c, connect_error(error));
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
		if (stream_holds(&c->s))
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
		setsockopt(c->s.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	end(c, NULL);
}

SSL *conn_tls(conn *c)
{
	return c->s.tls;
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
		       : c->connecting ? connect_error(ETIMEDOUT)
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
