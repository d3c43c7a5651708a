/* SPDX-License-Identifier: MIT
 *
 * smtpsink - a server that takes all mail and keeps none, to measure those who send:
 *
 *	smtpsink PORT COUNT	on 127.0.0.1; ends with 0 when COUNT messages have come
 *
 * One thread. What it costs beside the sender is some 10 us a message.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE 1024

/* Only the front of a line is kept: it tells the command, or that it is a dot. */
typedef struct client {
	int fd;
	bool data;
	size_t len;
	char line[LINE];
} client;

typedef struct answer {
	char text[65536];
	size_t len;
	bool quit;
} answer;

static unsigned long taken;

static void say(answer *a, const char *text)
{
	const size_t n = strlen(text);

	if (n > sizeof a->text - a->len)
		return;
	memcpy(a->text + a->len, text, n);
	a->len += n;
}

static bool begins(const client *c, const char *verb)
{
	return c->len >= 4 && strncasecmp(c->line, verb, 4) == 0;
}

static void on_line(client *c, answer *a)
{
	if (c->data) {
		if (c->len != 3 || c->line[0] != '.')
			return;
		c->data = false;
		taken++;
		say(a, "250 2.0.0 taken\r\n");
	} else if (begins(c, "EHLO")) {
		say(a, "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 0\r\n");
	} else if (begins(c, "DATA")) {
		c->data = true;
		say(a, "354 go\r\n");
	} else if (begins(c, "QUIT")) {
		a->quit = true;
		say(a, "221 2.0.0 bye\r\n");
	} else {
		say(a, "250 2.0.0 ok\r\n");
	}
}

static void on_bytes(client *c, const char *p, size_t n, answer *a)
{
	const char *end = p + n;

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		const size_t piece = (size_t)((lf != NULL ? lf + 1 : end) - p);
		const size_t room = LINE - c->len;

		memcpy(c->line + c->len, p, piece < room ? piece : room);
		c->len += piece < room ? piece : room;
		p += piece;
		if (lf == NULL)
			return;
		on_line(c, a);
		c->len = 0;
	}
}

static void close_client(client *c)
{
	close(c->fd);
	free(c);
}

static void serve(client *c)
{
	static char in[65536];
	static answer a;
	const ssize_t n = read(c->fd, in, sizeof in);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close_client(c);
		return;
	}
	a.len = 0;
	a.quit = false;
	on_bytes(c, in, (size_t)n, &a);
	if ((a.len > 0 && write(c->fd, a.text, a.len) < 0) || a.quit)
		close_client(c);
}

static void greet(int epoll, int listener)
{
	static const int one = 1;
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		client *c = calloc(1, sizeof *c);
		struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};

		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if (c == NULL || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) != 0 ||
		    write(fd, "220 sink\r\n", 10) != 10) {
			close(fd);
			free(c);
			continue;
		}
		c->fd = fd;
	}
}

static int listen_at(unsigned port)
{
	static const int one = 1;
	const struct sockaddr_in at = {.sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (const struct sockaddr *)&at, sizeof at) != 0 ||
	    listen(fd, 1024) != 0)
		return -1;
	return fd;
}

int main(int argc, char **argv)
{
	const unsigned long wanted = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	const int listener =
		argc == 3 ? listen_at((unsigned)strtoul(argv[1], NULL, 10)) : -1;
	const int epoll = epoll_create1(0);
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL}, events[64];

	if (argc != 3 || listener < 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &e) != 0) {
		fputs("usage: smtpsink PORT COUNT, and the port has to be free\n",
		      stderr);
		return 1;
	}
	while (taken < wanted) {
		const int n = epoll_wait(epoll, events, 64, -1);

		for (int i = 0; i < n; i++)
			if (events[i].data.ptr == NULL)
				greet(epoll, listener);
			else
				serve(events[i].data.ptr);
	}
	return 0;
}
