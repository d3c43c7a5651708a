/* SPDX-License-Identifier: MIT
 *
 * mailwhy sendmail: the command line that programs have called for forty years. It only
 * gives mail to the running server; what it does not need of the old options it takes
 * and does nothing with.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ascii.h"
#include "cli/send.h"

#define LETTERS    "B:C:F:GL:N:O:R:UV:X:b:f:h:imno:p:q::r:tv"
#define ENVID_MAX  100 /* RFC 3461, section 4.4 */
#define COPY_PIECE 16384U
#define DASH_MAX   64

/* For --help and the manual page; getopt() has them as LETTERS. */
static const cli_option options[] = {
	{"-t", NULL, "recipients stand in To, Cc and Bcc; Bcc is taken out", NULL},
	{"-i", NULL, "a line with a dot alone does not end the message", NULL},
	{"-oi", NULL, "the same", NULL},
	{"-f", "ADDRESS", "the sender; <> is nobody", NULL},
	{"-r", "ADDRESS", "the same", NULL},
	{"-F", "NAME", "the sender's name, where the message has no From", NULL},
	{"-bm", NULL, "send a message (default)", NULL},
	{"-bs", NULL, "speak SMTP on standard input and output", NULL},
	{"-bp", NULL, "show the queue, as mailq does", NULL},
	{"-q", NULL, "try all that waits now", NULL},
	{"-C", "FILE", "read settings from FILE, not /etc/mailwhy/mailwhy.conf", NULL},
	{"-N", "WORDS", "when to report: never, or failure,delay,success", NULL},
	{"-R", "WORD", "what a report returns of the message: hdrs or full", NULL},
	{"-V", "ID", "what a report names the message by", NULL},
	{"-B", "WORD", "7BIT or 8BITMIME: taken, and found out anyway", NULL},
	{"-o", "OPTION", "other options of sendmail: taken, without effect", NULL},
	{"-v", NULL, "tell what became of each recipient", NULL},
	{"--help", NULL, "print this and exit", NULL},
	{"--version", NULL, "print the version and exit", NULL},
	{NULL, NULL, NULL, NULL},
};

const cli_command cli_sendmail_command = {
	.name = "sendmail",
	.usage = "sendmail [OPTION]... [RECIPIENT]... < MESSAGE",
	.about = "Gives a message to the mail server of this machine, as programs that "
		 "call\nsendmail expect it.",
	.options = options,
};

typedef struct called {
	const char *from, *config;
	mw_str name;
	char envid[3 * ENVID_MAX + 1];
	unsigned notify;
	mw_ret ret;
	const char *queue; /* what to do with it; NULL: nothing, a message comes */
	bool from_header, dots, smtp, tells;
} called;

static void help(void)
{
	printf("usage: %s\n\n%s\n\noptions:\n", cli_sendmail_command.usage,
	       cli_sendmail_command.about);
	for (const cli_option *o = options; o->name != NULL; o++) {
		char left[DASH_MAX];

		snprintf(left, sizeof left, "%s%s%s", o->name,
			 o->argument != NULL ? " " : "",
			 o->argument != NULL ? o->argument : "");
		printf("  %-22s %s\n", left, o->help);
	}
}

/* --- options */

static bool read_notify(called *c, mw_str list)
{
	c->notify = 0;
	while (list.len > 0) {
		const char *comma = memchr(list.ptr, ',', list.len);
		const size_t n = comma != NULL ? (size_t)(comma - list.ptr) : list.len;
		const mw_str word = mw_str_head(list, n);

		if (mwi_equal(word, MW_LIT("never")))
			c->notify |= MW_NOTIFY_NEVER;
		else if (mwi_equal(word, MW_LIT("success")))
			c->notify |= MW_NOTIFY_SUCCESS;
		else if (mwi_equal(word, MW_LIT("failure")))
			c->notify |= MW_NOTIFY_FAILURE;
		else if (mwi_equal(word, MW_LIT("delay")))
			c->notify |= MW_NOTIFY_DELAY;
		else
			return false;
		list = mw_str_skip(list, n + (comma != NULL));
	}
	/* "Never" stands alone (RFC 3461, section 4.1). */
	return c->notify != 0 &&
	       ((c->notify & MW_NOTIFY_NEVER) == 0 || c->notify == MW_NOTIFY_NEVER);
}

/* As xtext (RFC 3461, section 4). */
static bool read_envid(called *c, const char *id)
{
	mw_buf b;

	mw_buf_init(&b, c->envid, sizeof c->envid - 1);
	for (const char *p = id; *p != '\0'; p++) {
		if (*p <= ' ' || *p >= 0x7f)
			return false;
		if (*p == '+')
			mw_buf_put(&b, MW_LIT("+2B"));
		else if (*p == '=')
			mw_buf_put(&b, MW_LIT("+3D"));
		else
			mw_buf_put_char(&b, *p);
	}
	c->envid[b.len] = '\0';
	return b.len > 0 && b.len <= ENVID_MAX && !b.lost;
}

static bool read_mode(called *c, const char *mode)
{
	c->smtp = strcmp(mode, "s") == 0;
	if (strcmp(mode, "p") == 0)
		c->queue = "list";
	return c->smtp || c->queue != NULL || strcmp(mode, "m") == 0;
}

static bool read_ret(called *c, mw_str word)
{
	c->ret = mwi_equal(word, MW_LIT("hdrs"))   ? MW_RET_HDRS
		 : mwi_equal(word, MW_LIT("full")) ? MW_RET_FULL
						   : MW_RET_NONE;
	return c->ret != MW_RET_NONE;
}

/* False: it is wrong. */
static bool take(called *c, int letter)
{
	switch (letter) {
	case 't':
		c->from_header = true;
		return true;
	case 'i':
		c->dots = true;
		return true;
	case 'o':
		c->dots = c->dots || strcmp(optarg, "i") == 0;
		return true;
	case 'v':
		c->tells = true;
		return true;
	case 'f':
	case 'r':
		c->from = optarg;
		return true;
	case 'F':
		c->name = mw_str_of(optarg);
		return true;
	case 'q':
		c->queue = "flush";
		return true;
	case 'C':
		c->config = optarg;
		return true;
	case 'N':
		return read_notify(c, mw_str_of(optarg));
	case 'R':
		return read_ret(c, mw_str_of(optarg));
	case 'V':
		return read_envid(c, optarg);
	case 'b':
		return read_mode(c, optarg);
	default:
		return letter != '?';
	}
}

/* The number of the first argument that is no option, or -1 after a complaint. */
static int parse(called *c, int argc, char **argv)
{
	int letter;

	opterr = 0;
	while ((letter = getopt(argc, argv, LETTERS)) != -1)
		if (!take(c, letter)) {
			cli_complain("option -%c is unknown or its value is; see mailwhy "
				     "sendmail --help",
				     letter == '?'
					     ? (mwi_is_alnum((char)optopt) ? optopt : '?')
					     : letter);
			return -1;
		}
	return optind;
}

/* --- SMTP on standard input and output */

static bool write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		const ssize_t done = write(fd, p, n);
		struct pollfd wait = {.fd = fd, .events = POLLOUT};

		if (done > 0) {
			p += done;
			n -= (size_t)done;
		} else if (errno == EAGAIN) {
			(void)poll(&wait, 1, -1);
		} else if (errno != EINTR) {
			return false;
		}
	}
	return true;
}

/* One piece; false at the end of what comes, or when it can't be passed on. */
static bool copy_piece(int from, int to)
{
	char piece[COPY_PIECE];
	const ssize_t n = read(from, piece, sizeof piece);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	return n > 0 && write_all(to, piece, (size_t)n);
}

static void talk(int server)
{
	struct pollfd p[] = {{.fd = STDIN_FILENO, .events = POLLIN},
			     {.fd = server, .events = POLLIN}};

	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[1].revents != 0 && !copy_piece(server, STDOUT_FILENO))
			return;
		if (p[0].fd >= 0 && p[0].revents != 0 &&
		    !copy_piece(STDIN_FILENO, server)) {
			/* What the server has to say to it still comes. */
			shutdown(server, SHUT_WR);
			p[0].fd = -1;
		}
	}
}

/* --- a message */

static int read_message(const called *c, send_mail *m, char **recipients, int n)
{
	int rc = EXIT_DONE;

	m->qualifies = true;
	m->from_header = c->from_header;
	m->ends_at_dot = !c->dots;
	m->notify = c->notify;
	m->ret = c->ret;
	m->envid = mw_str_of(c->envid);
	m->full_name = c->name;
	if (c->from != NULL && !send_mail_from(m, mw_str_of(c->from))) {
		cli_complain("-f takes an address");
		return EXIT_USAGE;
	}
	for (int i = 0; i < n && rc == EXIT_DONE; i++) {
		const mw_str list = mw_str_of(recipients[i]);

		/* What would be folding in a header is none here. */
		if (recipients[i][strcspn(recipients[i], "\r\n")] != '\0') {
			cli_complain("an address is of one line");
			return EXIT_USAGE;
		}
		rc = send_fields_to(m, list);
		if (rc == EXIT_BAD_DATA)
			rc = EXIT_USAGE;
	}
	if (rc == EXIT_DONE)
		rc = send_mail_read(m);
	if (rc == EXIT_DONE && m->count == 0) {
		cli_complain("nobody is named to send it to");
		rc = EXIT_USAGE;
	}
	return rc;
}

static int submit(const called *c, const send_mail *m, mw_str path)
{
	const cli_common common = {.quiet = true, .config = c->config};
	send_report r;
	int rc = send_report_open(&r, &common);

	if (rc != EXIT_DONE)
		return rc;
	/* Programs expect no words for what went well. */
	r.complains = !c->tells;
	return send_report_close(&r, send_submit(m, path, &r));
}

static int run(const called *c, const settings *s, char **recipients, int n)
{
	send_sockets at = {.count = 0};
	mw_str path = MW_LIT("");
	char why[600];
	send_mail m;
	int rc = EXIT_NO_MEMORY, fd = -1;

	send_sockets_find(&at, s);
	if (send_mail_init(&m, s))
		rc = c->smtp ? EXIT_DONE : read_message(c, &m, recipients, n);
	if (rc == EXIT_DONE) {
		fd = send_sockets_dial(&at, &path, why, sizeof why);
		if (fd < 0) {
			cli_complain("the mail server of this machine can't be reached: "
				     "%s",
				     why);
			rc = EXIT_LATER;
		} else if (c->smtp) {
			talk(fd);
		} else {
			rc = submit(c, &m, path);
		}
	}
	if (fd >= 0)
		close(fd);
	send_mail_free(&m);
	pool_free(&at.memory);
	return rc;
}

static int ask_queue(const called *c)
{
	char *arguments[] = {"queue", (char *)(uintptr_t)c->queue, "--config",
			     (char *)(uintptr_t)c->config, NULL};

	return cli_queue(c->config != NULL ? 4 : 2, arguments);
}

int cli_sendmail(int argc, char **argv)
{
	called c = {.name = MW_LIT("")};
	cli_common common = {.quiet = true};
	settings *s;
	int first, rc;

	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return help(), EXIT_DONE;
	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		return puts("mailwhy " MAILWHY_VERSION), EXIT_DONE;
	first = parse(&c, argc, argv);
	if (first < 0)
		return EXIT_USAGE;
	if (c.queue != NULL)
		return ask_queue(&c);
	common.config = c.config;
	s = send_settings(&common, true);
	if (s == NULL)
		return EXIT_CONFIG;
	rc = run(&c, s, argv + first, argc - first);
	settings_drop(s);
	return rc;
}
