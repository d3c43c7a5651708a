/* SPDX-License-Identifier: MIT
 *
 * mailwhy send: one message from standard input, at once or into a queue.
 */
#include "cli/send.h"

#include <stdlib.h>
#include <unistd.h>

typedef struct asked {
	send_way way;
	const char *from;
	bool queue;
} asked;

#define TAKES(function, field)                                                           \
	static void function(void *ctx, const char *value)                               \
	{                                                                                \
		((asked *)ctx)->field = value;                                           \
	}

TAKES(set_from, from)
TAKES(set_via, way.via)
TAKES(set_user, way.user)
TAKES(set_password_file, way.password_file)
TAKES(set_tls, way.tls)
TAKES(set_spool, way.spool)

static void set_queue(void *ctx, const char *value)
{
	(void)value;
	((asked *)ctx)->queue = true;
}

static const cli_option options[] = {
	{"--from", "ADDRESS", "the sender; <> is nobody (default: you at this machine)",
	 set_from},
	{"--via", "HOST:PORT", "the server to give it to (default: as the DNS says)",
	 set_via},
	{"--user", "NAME", "log in there", set_user},
	{"--password-file", "FILE", "its first line is the password", set_password_file},
	{"--tls", "none|may|must", "TLS (default: may; must with --user)", set_tls},
	{"--queue", NULL, "into the queue of --spool, or of the running server",
	 set_queue},
	{"--spool", "DIR", "keep what is to be tried again in this queue", set_spool},
	{NULL, NULL, NULL, NULL},
};

const cli_command cli_send_command = {
	.name = "send",
	.usage = "mailwhy send [OPTION]... RECIPIENT... < MESSAGE",
	.about =
		"Sends a message and tells what the server of each recipient says to it.",
	.options = options,
};

/* A mistake in how it was called; NULL: none. */
static const char *mistake(const asked *a, int recipients)
{
	const char *tls = a->way.tls;

	if (recipients == 0)
		return "who is to get it? mailwhy send RECIPIENT... < MESSAGE";
	if ((a->way.user == NULL) != (a->way.password_file == NULL))
		return "--user and --password-file belong together";
	if (a->way.user != NULL && a->way.via == NULL)
		return "--user logs in at the server of --via";
	if (a->queue && (a->way.via != NULL || tls != NULL))
		return "--queue leaves it to the queue how mail goes: without --via and "
		       "--tls";
	if (tls != NULL && strcmp(tls, "none") != 0 && strcmp(tls, "may") != 0 &&
	    strcmp(tls, "must") != 0)
		return "--tls takes none, may or must";
	return NULL;
}

/* The server that has the queue, or the queue itself where none runs. */
static int put_into_queue(const send_mail *m, const char *spool, const settings *s,
			  send_report *r)
{
	send_sockets at = {.count = 0};
	char path[4200], why[600];
	mw_str socket = MW_LIT("");
	int fd, rc;

	if (spool != NULL) {
		snprintf(path, sizeof path, "%s/submit", spool);
		send_sockets_add(&at, mw_str_of(path));
	} else {
		send_sockets_find(&at, s);
	}
	fd = send_sockets_dial(&at, &socket, why, sizeof why);
	if (fd >= 0) {
		close(fd);
		rc = send_submit(m, socket, r);
	} else if (spool != NULL || s->server.spool[0] != '\0') {
		rc = send_put(m, spool != NULL ? spool : s->server.spool, s, r);
	} else {
		cli_complain("no server runs here: %s", why);
		rc = EXIT_LATER;
	}
	pool_free(&at.memory);
	return rc;
}

static int queue(const send_mail *m, const char *spool, const settings *s,
		 const cli_common *common)
{
	send_report r;
	const int rc = send_report_open(&r, common);

	if (rc != EXIT_DONE)
		return rc;
	return send_report_close(&r, put_into_queue(m, spool, s, &r));
}

static int run(const asked *a, const cli_common *common, char **recipients, int n)
{
	settings *s = send_settings(common, a->queue && a->way.spool == NULL);
	send_mail m;
	int rc = EXIT_DONE;

	if (s == NULL)
		return EXIT_CONFIG;
	if (!send_mail_init(&m, s)) {
		cli_complain("out of memory");
		rc = EXIT_NO_MEMORY;
	} else if (a->from != NULL && !send_mail_from(&m, mw_str_of(a->from))) {
		cli_complain("--from takes an address");
		rc = EXIT_USAGE;
	}
	for (int i = 0; i < n && rc == EXIT_DONE; i++)
		rc = send_mail_to(&m, mw_str_of(recipients[i]));
	if (rc == EXIT_DONE)
		rc = send_mail_read(&m);
	if (rc == EXIT_DONE)
		rc = a->queue ? queue(&m, a->way.spool, s, common)
			      : send_direct(&m, &a->way, common);
	send_mail_free(&m);
	settings_drop(s);
	return rc;
}

int cli_send(int argc, char **argv)
{
	cli_common common;
	asked a = {.queue = false};
	const int left = cli_parse(&cli_send_command, &common, &a, argc, argv);
	const char *wrong;
	char safe[CLI_VISIBLE_PATH];

	if (left < 0)
		return EXIT_USAGE;
	if (cli_answered(&cli_send_command, &common))
		return EXIT_DONE;
	wrong = mistake(&a, left);
	if (wrong != NULL) {
		cli_complain("%s", wrong);
		return EXIT_USAGE;
	}
	if (a.way.password_file != NULL && access(a.way.password_file, R_OK) != 0) {
		cli_complain("%s can't be read",
			     cli_visible_path(safe, a.way.password_file));
		return EXIT_NO_INPUT;
	}
	return run(&a, &common, argv, left);
}
