/* SPDX-License-Identifier: MIT
 *
 * mailwhy queue run --once: delivers what is due, then ends.
 */
#include <limits.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "cli/charset.h"
#include "cli/config.h"
#include "cli/queue.h"
#include "engine/engine.h"

static bool set(settings *s, const char *section, const char *name, const char *value)
{
	char why[SETTINGS_WHY];

	if (value == NULL || settings_set(s, section, name, value, why) == MW_OK)
		return true;
	cli_complain("%s: %s", name, why);
	return false;
}

/* The file's log is kept: outcomes belong there, whoever brought them about. */
static bool put_flags(const queue *q, const char *log)
{
	settings *s = q->settings;
	const bool logs = q->configured && settings_place(s, &s->server.log).line != 0;

	if (log == NULL && q->common.json)
		log = "-";
	else if (log == NULL && !logs)
		log = "";
	return set(s, "relay", "route", q->route) && set(s, "server", "log", log);
}

static int run_engine(queue *q, problems *told)
{
	cli_charset charsets = {0};
	engine_options o = {
		.ready_fd = -1, .convert = cli_charset_convert, .convert_ctx = &charsets};
	cli_knowledge k;
	int rc = cli_knowledge_open(&k, &q->common);

	if (rc != EXIT_DONE)
		return rc;
	if (getrandom(&o.seed, sizeof o.seed, 0) < 0)
		o.seed = (uint64_t)getpid();
	rc = engine_run_once(q->settings, &k.kb, &o, NULL, NULL, q->wait, told);
	cli_knowledge_close(&k);
	cli_charset_close(&charsets);
	return rc;
}

/* --- what is left */

typedef struct left {
	uint64_t after, states[STORE_FAILED + 1], count;
} left;

static bool add(void *ctx, const store_message *m, unsigned index,
		const store_recipient *r)
{
	left *x = ctx;

	if ((unsigned)r->state <= STORE_FAILED)
		x->states[r->state]++;
	x->after = m->id << 16 | index;
	x->count++;
	return true;
}

static int tell_left(const queue *q)
{
	left x = {0};
	store *s;
	mw_status status;
	uint64_t before;
	int rc = queue_look(q, &s);

	if (rc != EXIT_DONE)
		return rc;
	do {
		before = x.count;
		status = store_list(s, x.after, 10000, add, &x);
	} while (status == MW_OK && x.count != before);
	store_close(&s);
	if (status != MW_OK)
		return queue_broken(q, status);
	if (x.count == 0)
		puts("The queue is empty.");
	else
		printf("Left in the queue: %llu queued, %llu held, %llu failed.\n",
		       (unsigned long long)x.states[STORE_QUEUED],
		       (unsigned long long)x.states[STORE_HELD],
		       (unsigned long long)x.states[STORE_FAILED]);
	return EXIT_DONE;
}

static bool read_wait(queue *q)
{
	char *end;
	unsigned long n;

	if (q->wait_text == NULL)
		return true;
	n = strtoul(q->wait_text, &end, 10);
	q->wait = (unsigned)n;
	return q->wait_text[0] >= '0' && q->wait_text[0] <= '9' && *end == '\0' &&
	       n <= 1000000;
}

/* A path of the command line may begin where we are. */
static char *whole_path(const char *path)
{
	char here[PATH_MAX], *out;
	size_t n;

	if (path == NULL || path[0] == '/' || strcmp(path, "-") == 0 ||
	    getcwd(here, sizeof here) == NULL)
		return path != NULL ? strdup(path) : NULL;
	n = strlen(here) + strlen(path) + 2;
	out = malloc(n);
	if (out != NULL)
		snprintf(out, n, "%s/%s", here, path);
	return out;
}

static int run_once(queue *q)
{
	bool quiet = q->common.quiet;
	problems told = {.tell = cli_tell_problem, .ctx = &quiet};
	char *log = whole_path(q->log);
	store *s;
	int rc = queue_look(q, &s);

	if (rc == EXIT_DONE) {
		store_close(&s);
		rc = put_flags(q, log) && settings_check(q->settings, &told)
			     ? run_engine(q, &told)
			     : EXIT_CONFIG;
	}
	free(log);
	return rc;
}

int queue_run(queue *q, int count, char **argv)
{
	const int fd = queue_connect(q->spool);
	int rc;

	(void)argv;
	if (fd >= 0)
		close(fd);
	if (count > 0 || !q->once || !read_wait(q)) {
		cli_complain(count > 0 || !q->once
				     ? "queue run takes --once: mailwhy serve runs on"
				     : "--wait takes a number of seconds");
		return EXIT_USAGE;
	}
	if (fd >= 0) {
		cli_complain("a server runs with this queue and delivers what is due; "
			     "mailwhy queue flush ends its waits");
		return QUEUE_UNAVAILABLE;
	}
	rc = run_once(q);
	return rc == EXIT_DONE && !q->common.json && !q->common.quiet ? tell_left(q) : rc;
}
