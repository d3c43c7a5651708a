/* SPDX-License-Identifier: MIT
 *
 * smtpload - how long does a client wait for its 250?
 *
 *	smtpload PORT SESSIONS MESSAGES SIZE [again]
 *
 * Sessions on 127.0.0.1 that each send one message after the other, all in one thread;
 * with "again" each message has a connection of its own. Prints one line: messages a
 * second, then p50 and p99 in microseconds from the final dot to its reply, and of a
 *whole transaction from MAIL (with "again": from connect()) to that reply.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SESSIONS_MAX 1000
#define BODY_MAX     (16U << 20)
#define REPLY_MAX    4096

typedef enum stage { GREETING, HELLO, MAIL, RCPT, DATA, DOT, QUIT } stage;

typedef struct peer {
	int fd;
	stage at; /* whose reply is waited for */
	int64_t begun, dotted;
	size_t sent; /* of the body */
	size_t have;
	char in[REPLY_MAX];
} peer;

typedef struct load {
	int port, epoll;
	long wanted, begun, done;
	int64_t *dot, *whole;
	char *body;
	size_t size;
	int again;
} load;

static void die(const char *what)
{
	fprintf(stderr, "smtpload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Lines of 78 bytes and the final dot. */
static void make_body(load *l, size_t size)
{
	static const char head[] = "From: <a@origin.example>\r\nSubject: load\r\n\r\n";
	size_t at = sizeof head - 1;

	l->body = malloc(size + 128);
	if (l->body == NULL)
		die("memory");
	memcpy(l->body, head, at);
	while (at < size) {
		const size_t n = size - at < 78 ? size - at : 78;

		memset(l->body + at, 'x', n);
		memcpy(l->body + at + n, "\r\n", 2);
		at += n + 2;
	}
	memcpy(l->body + at, ".\r\n", 3);
	l->size = at + 3;
}

static void watch(load *l, peer *p, int op, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.ptr = p};

	if (epoll_ctl(l->epoll, op, p->fd, &e) != 0)
		die("epoll_ctl");
}

static void dial(load *l, peer *p)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons((uint16_t)l->port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int yes = 1;

	*p = (peer){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .begun = now()};
	if (p->fd < 0 || connect(p->fd, (const struct sockaddr *)&to, sizeof to) != 0)
		die("connect");
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	watch(l, p, EPOLL_CTL_ADD, EPOLLIN);
}

static void say(peer *p, const char *line, stage waits_for)
{
	const size_t n = strlen(line);

	if (send(p->fd, line, n, MSG_NOSIGNAL) != (ssize_t)n)
		die("send");
	p->at = waits_for;
}

static void send_body(load *l, peer *p)
{
	while (p->sent < l->size) {
		const ssize_t n = send(p->fd, l->body + p->sent, l->size - p->sent,
				       MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN) {
			watch(l, p, EPOLL_CTL_MOD, EPOLLOUT);
			return;
		}
		if (n < 0)
			die("send");
		p->sent += (size_t)n;
	}
	p->at = DOT;
	p->dotted = now();
	watch(l, p, EPOLL_CTL_MOD, EPOLLIN);
}

static void begin_message(load *l, peer *p)
{
	if (l->begun == l->wanted) {
		say(p, "QUIT\r\n", QUIT);
		return;
	}
	l->begun++;
	if (!l->again)
		p->begun = now();
	say(p, "MAIL FROM:<a@origin.example>\r\n", MAIL);
}

static void finish_message(load *l, peer *p)
{
	const int64_t t = now();

	l->dot[l->done] = t - p->dotted;
	l->whole[l->done++] = t - p->begun;
	if (l->again)
		say(p, "QUIT\r\n", QUIT);
	else
		begin_message(l, p);
}

/* The connection is over: the next one, where one is left to make. */
static void hang_up(load *l, peer *p)
{
	close(p->fd);
	p->fd = -1;
	if (l->begun < l->wanted)
		dial(l, p);
}

static void go_on(load *l, peer *p)
{
	switch (p->at) {
	case GREETING:
		say(p, "EHLO load.example\r\n", HELLO);
		break;
	case HELLO:
	case DOT:
		if (p->at == HELLO)
			begin_message(l, p);
		else
			finish_message(l, p);
		break;
	case MAIL:
		say(p, "RCPT TO:<b@sink.example>\r\n", RCPT);
		break;
	case RCPT:
		say(p, "DATA\r\n", DATA);
		break;
	case DATA:
		p->sent = 0;
		send_body(l, p);
		break;
	case QUIT:
		hang_up(l, p);
		break;
	}
}

/* The last line of a reply has no '-' behind its number. */
static int is_whole(const peer *p)
{
	const char *line = p->in;
	const char *end;

	while ((end = memchr(line, '\n', p->have - (size_t)(line - p->in))) != NULL) {
		if (end - line >= 4 && line[3] != '-')
			return 1;
		line = end + 1;
	}
	return 0;
}

static void on_input(load *l, peer *p)
{
	const ssize_t n = recv(p->fd, p->in + p->have, sizeof p->in - p->have, 0);

	if (n <= 0 && p->at == QUIT) {
		hang_up(l, p);
		return;
	}
	if (n <= 0)
		die("the server closed the connection");
	p->have += (size_t)n;
	if (!is_whole(p))
		return;
	if (p->in[0] != '2' && p->in[0] != '3') {
		fprintf(stderr, "smtpload: %.*s", (int)p->have, p->in);
		exit(1);
	}
	p->have = 0;
	go_on(l, p);
}

static void run(load *l, peer *peers, int sessions)
{
	struct epoll_event ready[64];

	for (int i = 0; i < sessions; i++)
		dial(l, &peers[i]);
	while (l->done < l->wanted) {
		const int n = epoll_wait(l->epoll, ready, 64, 30000);

		if (n <= 0 && errno != EINTR)
			die("no answer in 30 s");
		for (int i = 0; i < n; i++) {
			peer *p = ready[i].data.ptr;

			if (ready[i].events & EPOLLOUT)
				send_body(l, p);
			else
				on_input(l, p);
		}
	}
}

static int by_size(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void tell(int64_t *list, long n)
{
	qsort(list, (size_t)n, sizeof *list, by_size);
	printf(" %lld %lld", (long long)list[n / 2], (long long)list[n * 99 / 100]);
}

int main(int argc, char **argv)
{
	static peer peers[SESSIONS_MAX];
	load l = {.again = argc == 6};
	int64_t begun;

	if (argc < 5 || argc > 6) {
		fputs("usage: smtpload PORT SESSIONS MESSAGES SIZE [again]\n", stderr);
		return 64;
	}
	l.port = (int)strtol(argv[1], NULL, 10);
	l.wanted = strtol(argv[3], NULL, 10);
	const long sessions = strtol(argv[2], NULL, 10);
	const unsigned long size = strtoul(argv[4], NULL, 10);

	if (sessions < 1 || sessions > SESSIONS_MAX || l.wanted < 1 || size > BODY_MAX) {
		fputs("smtpload: too little or too much\n", stderr);
		return 64;
	}
	make_body(&l, size);
	l.dot = calloc((size_t)l.wanted, sizeof *l.dot);
	l.whole = calloc((size_t)l.wanted, sizeof *l.whole);
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l.dot == NULL || l.whole == NULL || l.epoll < 0)
		die("start");
	begun = now();
	run(&l, peers, (int)sessions);
	printf("%.0f", (double)l.wanted * 1e6 / (double)(now() - begun));
	tell(l.dot, l.wanted);
	tell(l.whole, l.wanted);
	putchar('\n');
	free(l.body);
	free(l.dot);
	free(l.whole);
	return 0;
}
