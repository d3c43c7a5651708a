/* SPDX-License-Identifier: MIT
 *
 * Delivery by LMTP, to a server in a thread that follows a script, on a socket in a
 * folder and on a port of the loopback: what each recipient is told, whatever the server
 * does.
 *
 * With arguments it is a client: test_lmtp TARGET SENDER FILE RECIPIENT... prints an
 * outcome a recipient (tests/interop/).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#ifdef MAILWHY_NO_COMPRESSION

/* Built without the engine: skipped. */
int main(void)
{
	return 77;
}

#else

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <mailwhy/mailwhy.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "engine/lmtp.h"

#define BODY_MAX ((size_t)4 << 20)
#define RCPTS    3

/* A line of a script: "S text" says it, "R text" without a line end, "C text" reads a
 * line that begins so, "B" reads the message up to its dot, "P" reads 1000 bytes of it,
 * "H" waits until the client closes. At the end the server closes. */
typedef struct server {
	int listener;
	const char *script;
	pthread_t thread;
	char wrong[300]; /* what came and was not expected */
	char *body;
	size_t body_len;
} server;

typedef struct outcome {
	int code;
	const char *status;
	mw_stage stage;
	const char *text; /* a part of it */
} outcome;

typedef struct scene {
	const char *name, *script;
	const char *body; /* NULL: "Hi\r\n" */
	bool big;         /* body of BODY_MAX bytes instead */
	lmtp_limits limits;
	outcome outcomes[RCPTS];
} scene;

/* --- the server */

static void say(int fd, const char *text, size_t len)
{
	while (len > 0) {
		const ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

static size_t read_line(int fd, char *line, size_t cap)
{
	size_t n = 0;

	while (n + 1 < cap && read(fd, line + n, 1) == 1)
		if (line[n++] == '\n')
			break;
	line[n] = '\0';
	return n;
}

static bool ends_with_dot(const server *s)
{
	const size_t n = s->body_len;

	return (n == 3 && memcmp(s->body, ".\r\n", 3) == 0) ||
	       (n >= 5 && memcmp(s->body + n - 5, "\r\n.\r\n", 5) == 0);
}

static void read_body(server *s, int fd, size_t most)
{
	ssize_t n;

	s->body_len = 0;
	while (s->body_len < most && !ends_with_dot(s) &&
	       (n = read(fd, s->body + s->body_len, most - s->body_len)) > 0)
		s->body_len += (size_t)n;
}

static void play(server *s, int fd, const char *line, size_t len)
{
	char came[1000];

	if (line[0] == 'S') {
		say(fd, line + 2, len - 2);
		say(fd, "\r\n", 2);
	} else if (line[0] == 'R') {
		say(fd, line + 2, len - 2);
	} else if (line[0] == 'C') {
		(void)read_line(fd, came, sizeof came);
		if (strncmp(came, line + 2, len - 2) != 0 && s->wrong[0] == '\0')
			snprintf(s->wrong, sizeof s->wrong, "%.100s, not %.*s", came,
				 (int)len - 2, line + 2);
	} else if (line[0] == 'B') {
		read_body(s, fd, 3 * BODY_MAX);
	} else if (line[0] == 'P') {
		read_body(s, fd, 1000);
	} else if (line[0] == 'H') {
		while (read_line(fd, came, sizeof came) > 0)
			;
	}
}

static void *serve(void *ctx)
{
	server *s = ctx;
	const int fd = accept(s->listener, NULL, NULL);

	for (const char *p = s->script; *p != '\0';) {
		const size_t len = strcspn(p, "\n");

		play(s, fd, p, len);
		p += len + (p[len] == '\n');
	}
	close(fd);
	return NULL;
}

static char folder[64], socket_path[100];

static int listen_path(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	unlink(socket_path);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", socket_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 5), 0);
	return fd;
}

static int listen_port(unsigned *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

/* --- scenes */

static const mw_str recipients[RCPTS] = {
	{"a@x.example", 11}, {"b@x.example", 11}, {"c@x.example", 11}};

#define LHLO                                                                             \
	"S 220-mx\nS 220 ready\nC LHLO me.example\nS 250-mx\nS 250-PIPELINING\nS "       \
	"250-8BITMIME\nS 250 SIZE\n"
#define ENVELOPE                                                                         \
	"C MAIL FROM:<s@y.example> SIZE=\nC RCPT TO:<a@x.example>\nC RCPT "              \
	"TO:<b@x.example>\nC RCPT TO:<c@x.example>\nC DATA\n"
#define TAKEN "S 250 ok\nS 250 ok\nS 250 ok\nS 250 ok\nS 354 go\n"
#define BYE   "C QUIT\nS 221 bye\n"

#define ALL(code, status, stage, text)                                                   \
	{                                                                                \
		{code, status, stage, text}, {code, status, stage, text},                \
		{                                                                        \
			code, status, stage, text                                        \
		}                                                                        \
	}

#define USUAL                                                                            \
	{                                                                                \
		.connect = 5000, .total = 20000, .patience = 100                         \
	}
#define HURRY                                                                            \
	{                                                                                \
		.connect = 300, .total = 300, .patience = 100                            \
	}

static const scene scenes[] = {
	{"all accepted",
	 LHLO ENVELOPE TAKEN "B\nS 250 2.1.5 a in\nS 250 2.1.5 b in\nS 250 c in\n" BYE,
	 .limits = USUAL,
	 .outcomes = {{250, "2.1.5", MW_STAGE_CONTENT, "a in"},
		      {250, "2.1.5", MW_STAGE_CONTENT, "b in"},
		      {250, "0.0.0", MW_STAGE_CONTENT, "c in"}}},
	{"mixed",
	 LHLO ENVELOPE
	 "S 250 ok\nS 250 ok\nS 550-5.1.1 no\nS 550 5.1.1 such\nS 250 ok\nS "
	 "354 go\nB\nS 250 2.1.5 in\nS 452 4.2.2 full\n" BYE,
	 .body = "From: s\n\n.dot\r\nend", .limits = USUAL,
	 .outcomes = {{250, "2.1.5", MW_STAGE_CONTENT, "in"},
		      {550, "5.1.1", MW_STAGE_RCPT, "no such"},
		      {452, "4.2.2", MW_STAGE_CONTENT, "full"}}},
	{"all refused",
	 LHLO ENVELOPE "S 250 ok\nS 550 no\nS 450 later\nS 551 no\nS 503 nobody\n" BYE,
	 .limits = USUAL,
	 .outcomes = {{550, "0.0.0", MW_STAGE_RCPT, "no"},
		      {450, "0.0.0", MW_STAGE_RCPT, "later"},
		      {551, "0.0.0", MW_STAGE_RCPT, "no"}}},
	{"MAIL refused",
	 LHLO ENVELOPE
	 "S 552 5.3.4 too big\nS 503 no\nS 503 no\nS 503 no\nS 503 no\n" BYE,
	 .limits = USUAL, .outcomes = ALL(552, "5.3.4", MW_STAGE_MAIL, "too big")},
	{"temporary for one after the dot",
	 LHLO ENVELOPE TAKEN "B\nS 250 in\nS 451 4.3.0 not now\nS 250 in\n" BYE,
	 .limits = USUAL,
	 .outcomes = {{250, "0.0.0", MW_STAGE_CONTENT, "in"},
		      {451, "4.3.0", MW_STAGE_CONTENT, "not now"},
		      {250, "0.0.0", MW_STAGE_CONTENT, "in"}}},
	{"lost after the dot", LHLO ENVELOPE TAKEN "B\nS 250 2.1.5 in\nR 25",
	 .limits = USUAL,
	 .outcomes = {{250, "2.1.5", MW_STAGE_CONTENT, "in"},
		      {451, "4.4.2", MW_STAGE_CONTENT, "lost: the server closed it"},
		      {451, "4.4.2", MW_STAGE_CONTENT, "lost: the server closed it"}}},
	{"lost without a farewell", LHLO ENVELOPE TAKEN "B\nS 250 a\nS 250 b\nS 250 c\n",
	 .limits = USUAL, .outcomes = ALL(250, "0.0.0", MW_STAGE_CONTENT, "")},
	{"a farewell without an answer",
	 LHLO ENVELOPE TAKEN "B\nS 250 a\nS 250 b\nS 250 c\nH\n", .limits = USUAL,
	 .outcomes = ALL(250, "0.0.0", MW_STAGE_CONTENT, "")},
	{"drops in the message", LHLO ENVELOPE TAKEN "P\n", .big = true, .limits = USUAL,
	 .outcomes = ALL(451, "4.4.2", MW_STAGE_DATA, "connection to ")},
	{"hangs before the greeting", "H\n", .limits = HURRY,
	 .outcomes = ALL(451, "4.4.2", MW_STAGE_CONNECT, "no answer in time")},
	{"hangs at RCPT", LHLO ENVELOPE "S 250 ok\nS 550 no\nH\n", .limits = HURRY,
	 .outcomes = {{550, "0.0.0", MW_STAGE_RCPT, "no"},
		      {451, "4.4.2", MW_STAGE_RCPT, "no answer in time"},
		      {451, "4.4.2", MW_STAGE_RCPT, "no answer in time"}}},
	{"hangs after the dot", LHLO ENVELOPE TAKEN "B\nH\n", .limits = HURRY,
	 .outcomes = ALL(451, "4.4.2", MW_STAGE_CONTENT, "no answer in time")},
	{"hangs for longer than RFC 5321 allows, of which 1 % is 3 s", "H\n",
	 .limits = {5000, 60000, 1},
	 .outcomes = ALL(451, "4.4.2", MW_STAGE_CONNECT, "no answer in time")},
	{"garbage", "S \x01\xff\x7f garbage\nH\n", .limits = USUAL,
	 .outcomes = ALL(451, "4.5.0", MW_STAGE_CONNECT, "is no reply")},
	{"garbage after the dot", LHLO ENVELOPE TAKEN "B\nS 250 in\nS what?\nH\n",
	 .limits = USUAL,
	 .outcomes = {{250, "0.0.0", MW_STAGE_CONTENT, "in"},
		      {451, "4.5.0", MW_STAGE_CONTENT, "is no reply"},
		      {451, "4.5.0", MW_STAGE_CONTENT, "is no reply"}}},
	{"greeting refuses for good", "S 554 5.7.1 go \x1b[31maway\nC QUIT\n",
	 .limits = USUAL,
	 .outcomes = ALL(451, "4.3.0", MW_STAGE_CONNECT,
			 "refused to serve: 554 go  [31maway")},
	{"no LMTP", "S 220 mx\nC LHLO \nS 500 5.5.1 What?\nC QUIT\n", .limits = USUAL,
	 .outcomes = ALL(451, "4.3.0", MW_STAGE_EHLO, "refused to serve: 500 What?")},
	{"closes for now", LHLO ENVELOPE "S 250 ok\nS 421 4.3.2 going down\n",
	 .limits = USUAL,
	 .outcomes =
		 ALL(451, "4.3.2", MW_STAGE_RCPT, "refused to serve: 421 going down")},
};

static const store_message message = {
	.mail = {.sender = {"s@y.example", 11}, .smtputf8 = true, .requiretls = true}};

/* Lines of many lengths, some with a dot in front. */
static char *big_body(void)
{
	char *p = malloc(BODY_MAX);

	assert_non_null(p);
	memset(p, '.', BODY_MAX);
	for (size_t i = 0, line = 1; i + line + 2 <= BODY_MAX; line = line % 997 + 1) {
		memset(p + i + line % 3, 'x', line - line % 3 % line);
		memcpy(p + i + line, "\r\n", 2);
		i += line + 2;
	}
	return p;
}

static void check_outcome(const char *name, size_t i, const lmtp_result *r,
			  const outcome *o)
{
	char status[30];

	snprintf(status, sizeof status, "%d.%d.%d", r->status.cls, r->status.subject,
		 r->status.detail);
	if (r->code != o->code || strcmp(status, o->status) != 0 ||
	    r->stage != o->stage || strstr(r->text, o->text) == NULL)
		fail_msg("%s, recipient %zu: %d %s at %d: %s", name, i, r->code, status,
			 (int)r->stage, r->text);
}

static void undo_dots(server *s)
{
	size_t to = 0;

	assert_true(ends_with_dot(s));
	s->body_len -= 3;
	for (size_t i = 0; i < s->body_len; i++)
		if (s->body[i] != '.' || (i > 0 && s->body[i - 1] != '\n'))
			s->body[to++] = s->body[i];
	s->body_len = to;
}

static void play_scene(const scene *c, const char *target, int listener)
{
	static server s;
	lmtp_result results[RCPTS];
	char *big = c->big ? big_body() : NULL;
	const mw_str body = big != NULL ? (mw_str){big, BODY_MAX}
					: mw_str_of(c->body != NULL ? c->body : "Hi\r\n");

	s = (server){.listener = listener, .script = c->script};
	s.body = malloc(3 * BODY_MAX);
	assert_non_null(s.body);
	assert_int_equal(pthread_create(&s.thread, NULL, serve, &s), 0);
	/* Neither is needed on a socket; on a port REQUIRETLS would be refused. */
	store_message m = message;
	m.mail.requiretls = target[0] == '/';
	lmtp_deliver_within(&c->limits, mw_str_of(target), MW_LIT("me.example"), &m, body,
			    -1, recipients, RCPTS, results);
	pthread_join(s.thread, NULL);
	if (s.wrong[0] != '\0')
		fail_msg("%s: the server got %s", c->name, s.wrong);
	for (size_t i = 0; i < RCPTS; i++)
		check_outcome(c->name, i, &results[i], &c->outcomes[i]);
	free(s.body);
	free(big);
}

static void test_on_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
		const int fd = listen_path();

		play_scene(&scenes[i], socket_path, fd);
		close(fd);
	}
}

static void test_on_port(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
		char target[40];
		unsigned port;
		const int fd = listen_port(&port);

		snprintf(target, sizeof target, i % 2 ? "127.0.0.1:%u" : "127.1:%u",
			 port);
		play_scene(&scenes[i], target, fd);
		close(fd);
	}
}

/* --- messages */

static const char accept_one[] =
	"S 220 mx\nC LHLO me.example\nS 250 mx\nC MAIL FROM:<s@y.example>\r\nS 250 ok\nC "
	"RCPT "
	"TO:<a@x.example>\nS 250 ok\nC DATA\nS 354 go\nB\nS 250 in\n" BYE;

/* What the server got of a mail that is in `fd`, or in memory. */
static void transfer(server *s, mw_str memory, int fd, uint64_t size, lmtp_result *result)
{
	static const lmtp_limits limits = USUAL;
	store_message m = message;

	*s = (server){.listener = listen_path(), .script = accept_one};
	s->body = malloc(3 * BODY_MAX);
	assert_non_null(s->body);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
	m.size = size;
	lmtp_deliver_within(&limits, mw_str_of(socket_path), MW_LIT("me.example"), &m,
			    memory, fd, recipients, 1, result);
	pthread_join(s->thread, NULL);
	close(s->listener);
}

static int file_of(const char *bytes, size_t len)
{
	char path[100];
	int fd;

	snprintf(path, sizeof path, "%s/body", folder);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	while (len > 0) {
		const ssize_t n = write(fd, bytes, len);

		assert_true(n > 0);
		bytes += n;
		len -= (size_t)n;
	}
	return fd;
}

static void test_word_for_word(void **state)
{
	char *big = big_body();
	const int fd = file_of(big, BODY_MAX);
	server s;
	lmtp_result r;

	(void)state;
	/* The body ends without a line end. */
	transfer(&s, MW_LIT(""), fd, BODY_MAX - 9, &r);
	assert_int_equal(r.code, 250);
	assert_string_equal(s.wrong, "");
	undo_dots(&s);
	assert_int_equal(s.body_len, BODY_MAX - 9 + 2);
	assert_memory_equal(s.body, big, BODY_MAX - 9);
	free(s.body);

	transfer(&s, (mw_str){big, BODY_MAX}, -1, 0, &r);
	assert_int_equal(r.code, 250);
	undo_dots(&s);
	assert_memory_equal(s.body, big, BODY_MAX);
	free(s.body);

	transfer(&s, MW_LIT(""), -1, 0, &r);
	assert_int_equal(r.code, 250);
	undo_dots(&s);
	assert_int_equal(s.body_len, 0);
	free(s.body);
	free(big);
	close(fd);
}

/* A file that lost its end must not become a mail. */
static void test_short_file(void **state)
{
	int fd = file_of("Hi\r\n", 4);
	server s;
	lmtp_result r;

	(void)state;
	transfer(&s, MW_LIT(""), fd, 5, &r);
	assert_int_equal(r.code, 451);
	assert_int_equal(r.stage, MW_STAGE_DATA);
	assert_non_null(strstr(r.text, "can't be read"));
	assert_false(ends_with_dot(&s));
	free(s.body);
	close(fd);

	fd = open("/dev/null", O_WRONLY);
	transfer(&s, MW_LIT(""), fd, 5, &r);
	assert_int_equal(r.code, 451);
	assert_non_null(strstr(r.text, strerror(EBADF)));
	free(s.body);
	close(fd);
}

/* --- servers that can't be reached */

static void refuse(const char *target, const char *text)
{
	static const lmtp_limits limits = HURRY;
	lmtp_result results[RCPTS];

	lmtp_deliver_within(&limits, mw_str_of(target), MW_LIT("me.example"), &message,
			    MW_LIT("Hi\r\n"), -1, recipients, RCPTS, results);
	for (size_t i = 0; i < RCPTS; i++)
		check_outcome(target, i, &results[i],
			      &(outcome){451, "4.4.1", MW_STAGE_CONNECT, text});
}

static void test_unreachable(void **state)
{
	char target[40], longer[300], text[300];
	unsigned port;
	int fd = listen_port(&port);

	(void)state;
	close(fd);
	snprintf(target, sizeof target, "127.0.0.1:%u", port);
	refuse(target, "refused: nothing listens there");
	close(listen_path());
	snprintf(text, sizeof text, "connection to %s refused: ", socket_path);
	refuse(socket_path, text);
	unlink(socket_path);
	refuse(socket_path, strerror(ENOENT));
	refuse("nowhere", strerror(ENOENT));
	refuse("", "no path");
	refuse(":24", "neither a path nor host:port");
	refuse("localhost:", "neither a path nor host:port");
	refuse("127.0.0.1:no-such-service", "failed: ");
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	longer[0] = '/';
	refuse(longer, "no path");
	longer[290] = ':';
	longer[0] = 'x';
	refuse(longer, "neither a path nor host:port");
}

/* A server that does not accept: the queue of its socket gets full. */
static void test_full_queue(void **state)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int clients[5], n = 0;
	const int fd = listen_path();

	(void)state;
	assert_int_equal(listen(fd, 0), 0);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", socket_path);
	do {
		clients[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	} while (connect(clients[n++], (struct sockaddr *)&a, sizeof a) == 0 && n < 5);
	assert_int_equal(errno, EAGAIN);
	refuse(socket_path, strerror(EAGAIN));
	while (n > 0)
		close(clients[--n]);
	close(fd);
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/mailwhy-lmtp-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(socket_path, sizeof socket_path, "%s/lmtp", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(socket_path);
	return rmdir(folder);
}

/* --- as a client */

static int run_client(int argc, char **argv)
{
	enum { MOST = 16 };
	const int fd = open(argv[3], O_RDONLY | O_CLOEXEC);
	store_message m = {.mail.sender = mw_str_of(argv[2])};
	const size_t n = (size_t)argc - 4;
	mw_str to[MOST];
	lmtp_result results[MOST];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0 || n > MOST)
		return 66;
	m.size = (uint64_t)st.st_size;
	for (size_t i = 0; i < n; i++)
		to[i] = mw_str_of(argv[4 + i]);
	lmtp_deliver(mw_str_of(argv[1]), MW_LIT("client.example"), &m, MW_LIT(""), fd, to,
		     n, results);
	for (size_t i = 0; i < n; i++)
		printf("%s %d %d.%d.%d %d %s\n", argv[4 + i], results[i].code,
		       results[i].status.cls, results[i].status.subject,
		       results[i].status.detail, (int)results[i].stage, results[i].text);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_on_path),       cmocka_unit_test(test_on_port),
		cmocka_unit_test(test_word_for_word), cmocka_unit_test(test_short_file),
		cmocka_unit_test(test_unreachable),   cmocka_unit_test(test_full_queue),
	};

	if (argc > 4)
		return run_client(argc, argv);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

#endif
