/* SPDX-License-Identifier: MIT
 *
 * mailwhy bounce: which addresses failed, and why, from letters of mail systems.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/crew.h"

#define JOBS_MAX 64

/* A report that --fail-on means was found. */
#define EXIT_FOUND 1

typedef struct bounce {
	cli_common common;
	cli_wish wish;
	const char *format, *jobs;
	bool wrong; /* a word of --only or --fail-on is unknown */
} bounce;

static void set_format(void *ctx, const char *value)
{
	((bounce *)ctx)->format = value;
}

static void add_only(void *ctx, const char *value)
{
	bounce *x = ctx;

	x->wrong |= !cli_filter_add(&x->wish.only, "--only", value);
}

static void add_fail_on(void *ctx, const char *value)
{
	bounce *x = ctx;

	x->wrong |= !cli_filter_add(&x->wish.fail_on, "--fail-on", value);
}

static void set_jobs(void *ctx, const char *value)
{
	((bounce *)ctx)->jobs = value;
}

static const cli_option options[] = {
	{"--format", "FORM", "table (for people), json, csv, or addresses: one a line",
	 set_format},
	{"--only", "WORDS", "only such: permanent, recipient-unknown, address-is-bad ...",
	 add_only},
	{"--fail-on", "WORDS", "exit with 1 when there is such a report", add_fail_on},
	{"--jobs", "N", "threads; without it one a core", set_jobs},
	{NULL, NULL, NULL, NULL},
};

const cli_command cli_bounce_command = {
	.name = "bounce",
	.usage = "mailwhy bounce [OPTION]... PATH...\n"
		 "       mailwhy bounce [OPTION]... - < message",
	.about = "Reads bounces, delay warnings, complaints and auto-replies, and says "
		 "for\n"
		 "each recipient what happened and what to do. PATH is a message, an "
		 "mbox, a\n"
		 "Maildir, or a folder of them, also compressed with gzip or zstd; - is\n"
		 "standard input.",
	.options = options,
};

static bool read_format(bounce *x)
{
	static const char *const names[] = {"table", "json", "csv", "addresses"};
	char safe[200];

	x->wish.format = x->common.json ? CLI_FORMAT_JSON : CLI_FORMAT_TABLE;
	if (x->format == NULL)
		return true;
	if (x->common.json && strcmp(x->format, "json") != 0) {
		cli_complain("--json and --format %s: one of them",
			     cli_visible(safe, x->format));
		return false;
	}
	for (int i = 0; i < 4; i++)
		if (strcmp(x->format, names[i]) == 0) {
			x->wish.format = (cli_format)i;
			return true;
		}
	cli_complain("--format %s: it is one of table, json, csv, addresses",
		     cli_visible(safe, x->format));
	return false;
}

/* How many threads, or -1 after a complaint. */
static int read_jobs(const bounce *x)
{
	char safe[200], *end;
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (x->jobs != NULL) {
		n = strtol(x->jobs, &end, 10);
		if (end == x->jobs || *end != 0 || n < 1 || n > JOBS_MAX) {
			cli_complain("--jobs %s: a number from 1 to %d",
				     cli_visible(safe, x->jobs), JOBS_MAX);
			return -1;
		}
	}
	return n < 1 ? 1 : n > JOBS_MAX ? JOBS_MAX : (int)n;
}

/* Bytes of all arguments, where all are plain files; else 0. */
static unsigned long long total_size(int count, char **argv)
{
	unsigned long long total = 0;
	struct stat s;

	for (int i = 0; i < count; i++) {
		if (stat(argv[i], &s) != 0 || !S_ISREG(s.st_mode))
			return 0;
		total += (unsigned long long)s.st_size;
	}
	return total;
}

/* The head of a table for programs, or the end of one for people. */
static int put_around(const cli_wish *w, mw_status (*head)(mw_buf *),
		      const cli_tally *tally)
{
	const mw_tell tell = {.kb = w->kb, .audience = -1, .width = w->width};
	cli_out out;
	int rc = cli_out_open(&out);

	if (rc != EXIT_DONE)
		return rc;
	if (head != NULL && head(&out.buf) != MW_OK)
		rc = EXIT_IO;
	if (tally != NULL)
		cli_tally_tell(tally, &out.buf, &tell, w->only.any);
	cli_out_close(&out, &rc);
	return rc;
}

static int run(bounce *x, int threads, int count, char **argv)
{
	cli_tally tally = {.addresses = x->wish.format == CLI_FORMAT_TABLE};
	cli_paths *paths = calloc(1, sizeof *paths);
	int rc = EXIT_DONE;

	if (paths == NULL) {
		cli_complain("out of memory");
		return EXIT_NO_MEMORY;
	}
	if (x->wish.format == CLI_FORMAT_CSV)
		rc = put_around(&x->wish, mw_tell_report_csv_head, NULL);
	paths->quiet = x->wish.quiet;
	cli_paths_open(paths, count, argv);
	if (rc == EXIT_DONE)
		rc = cli_crew_run(paths, &x->wish, threads, total_size(count, argv),
				  &tally);
	tally.unreadable += paths->unreadable;
	if (rc == EXIT_DONE && paths->unreadable > 0)
		rc = EXIT_NO_INPUT;
	cli_paths_close(paths);
	free(paths);
	if (x->wish.format == CLI_FORMAT_TABLE && rc != EXIT_IO) {
		const int told = put_around(&x->wish, NULL, &tally);

		rc = rc == EXIT_DONE ? told : rc;
	}
	if (rc == EXIT_DONE && tally.matched > 0)
		rc = EXIT_FOUND;
	cli_tally_close(&tally);
	return rc;
}

int cli_bounce(int argc, char **argv)
{
	bounce x = {.wish = {.fail_on = {.either = true}}};
	cli_knowledge k;
	int count = cli_parse(&cli_bounce_command, &x.common, &x, argc, argv), threads,
	    rc;

	if (count < 0)
		return EXIT_USAGE;
	if (cli_answered(&cli_bounce_command, &x.common))
		return EXIT_DONE;
	if (x.wrong || !read_format(&x) || (threads = read_jobs(&x)) < 0)
		return EXIT_USAGE;
	if (count == 0) {
		cli_complain("nothing to read; for example: mailwhy bounce ~/Maildir "
			     "(mailwhy bounce --help)");
		return EXIT_USAGE;
	}
	x.wish.quiet = x.common.quiet;
	x.wish.width = cli_width();
	x.wish.row_width = cli_row_width();
	rc = cli_knowledge_open(&k, &x.common);
	if (rc == EXIT_DONE) {
		x.wish.kb = &k.kb;
		rc = run(&x, threads, count, argv);
	}
	cli_knowledge_close(&k);
	return rc;
}
