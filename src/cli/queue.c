/* SPDX-License-Identifier: MIT
 *
 * mailwhy queue: what waits, what became of it so far, and changing that.
 */
#include "cli/queue.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/config.h"
#include "engine/outlog.h"

#define SETTER(function, field)                                                          \
	static void function(void *ctx, const char *value)                               \
	{                                                                                \
		((queue *)ctx)->field = value;                                           \
	}

SETTER(set_spool, spool_flag)
SETTER(set_route, route)
SETTER(set_log, log)
SETTER(set_wait, wait_text)

static void set_once(void *ctx, const char *value)
{
	(void)value;
	((queue *)ctx)->once = true;
}

static const cli_option options[] = {
	{"--spool", "DIR", "the folder of the queue (default: what the settings say)",
	 set_spool},
	{"--once", NULL, "with run: deliver what is due, then exit", set_once},
	{"--route", "HOST:PORT", "with run: the server for all mail", set_route},
	{"--wait", "SECONDS", "with run: exit after that time at the latest", set_wait},
	{"--log", "FILE", "with run: outcomes, one JSON object a line", set_log},
	{NULL, NULL, NULL, NULL},
};

const cli_command cli_queue_command = {
	.name = "queue",
	.usage = "mailwhy queue [OPTION]... [list]\n"
		 "       mailwhy queue [OPTION]... show ID\n"
		 "       mailwhy queue [OPTION]... retry|hold|release|delete|fail ID...\n"
		 "       mailwhy queue [OPTION]... destinations\n"
		 "       mailwhy queue [OPTION]... flush [DESTINATION]\n"
		 "       mailwhy queue [OPTION]... run --once",
	.about = "Shows and changes the queue of mailwhy serve, whether it runs or not.\n"
		 "ID is the number of a message, 12, or one of its recipients, 12.0.",
	.options = options,
};

/* --- the store */

void queue_unopened(const char *spool, const mw_err *why)
{
	char path[CLI_VISIBLE_PATH];

	cli_complain("%s: %s%s%s", cli_visible_path(path, spool), why->msg,
		     why->pos != 0 ? ": " : "",
		     why->pos != 0 ? strerror((int)why->pos) : "");
}

int queue_look(const queue *q, store **out)
{
	mw_err err = {0};
	const mw_status status = store_open_to_look(out, q->spool, &err);

	if (status == MW_OK)
		return EXIT_DONE;
	queue_unopened(q->spool, &err);
	return EXIT_NO_INPUT;
}

int queue_broken(const queue *q, mw_status status)
{
	char path[CLI_VISIBLE_PATH];

	cli_complain("%s: the queue: %s", cli_visible_path(path, q->spool),
		     status == MW_E_NOMEM    ? "out of memory"
		     : status == MW_E_LIMIT  ? "no space"
		     : status == MW_E_SYNTAX ? "its database is damaged"
					     : "its database can't be read or written");
	return status == MW_E_NOMEM ? EXIT_NO_MEMORY : EXIT_IO;
}

/* --- which queue */

/* A path in the settings begins at the root; one that is not there is told as given. */
static int name_spool(queue *q)
{
	char *whole = realpath(q->spool_flag, NULL), why[SETTINGS_WHY];
	char path[CLI_VISIBLE_PATH];
	int rc = EXIT_DONE;

	if (whole == NULL) {
		cli_complain("%s: there is no queue",
			     cli_visible_path(path, q->spool_flag));
		return EXIT_NO_INPUT;
	}
	if (settings_set(q->settings, "server", "spool", whole, why) != MW_OK) {
		cli_complain("%s: %s", cli_visible_path(path, whole), why);
		rc = EXIT_USAGE;
	}
	free(whole);
	return rc;
}

static int find_spool(queue *q)
{
	bool quiet = q->common.quiet;
	problems told = {.tell = cli_tell_problem, .ctx = &quiet};
	const char *config = q->common.config;
	int rc = EXIT_DONE;

	if (config == NULL && q->spool_flag == NULL && access(CLI_CONFIG_PATH, R_OK) == 0)
		config = CLI_CONFIG_PATH;
	q->configured = config != NULL;
	if (config != NULL && settings_read(q->settings, config, &told) != MW_OK)
		return EXIT_CONFIG;
	if (q->spool_flag != NULL)
		rc = name_spool(q);
	q->spool = q->settings->server.spool;
	if (rc != EXIT_DONE || q->spool[0] != '\0')
		return rc;
	cli_complain("which queue? Say --spool DIR, or --config FILE with spool = DIR");
	return EXIT_NO_INPUT;
}

/* --- verbs */

static int run_verb(queue *q, const char *verb, int count, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(queue *q, int count, char **argv);
	} verbs[] = {{"list", queue_list},
		     {"show", queue_show},
		     {"destinations", queue_destinations},
		     {"flush", queue_flush},
		     {"run", queue_run}};
	const change c = change_of_name(mw_str_of(verb));
	char safe[200];
	size_t i = 0;
	int rc;

	while (i < sizeof verbs / sizeof *verbs && strcmp(verb, verbs[i].name) != 0)
		i++;
	if (i == sizeof verbs / sizeof *verbs && c == CHANGE_COUNT) {
		cli_complain("queue can list, show, retry, hold, release, delete, fail, "
			     "flush, run and tell of destinations, but not “%s”",
			     cli_visible(safe, verb));
		return EXIT_USAGE;
	}
	rc = find_spool(q);
	if (rc != EXIT_DONE)
		return rc;
	return c != CHANGE_COUNT ? queue_change(q, c, count, argv)
				 : verbs[i].run(q, count, argv);
}

int cli_queue(int argc, char **argv)
{
	queue q = {.now = outlog_now()};
	const int count = cli_parse(&cli_queue_command, &q.common, &q, argc, argv);
	int rc;

	if (count < 0)
		return EXIT_USAGE;
	if (cli_answered(&cli_queue_command, &q.common))
		return EXIT_DONE;
	q.settings = settings_new();
	if (q.settings == NULL) {
		cli_complain("out of memory");
		return EXIT_NO_MEMORY;
	}
	rc = run_verb(&q, count > 0 ? argv[0] : "list", count > 0 ? count - 1 : 0,
		      argv + 1);
	settings_drop(q.settings);
	return rc;
}
