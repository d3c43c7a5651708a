/* SPDX-License-Identifier: MIT
 *
 * mailwhy explain: what does this reply mean, and what is to be done?
 */
#include <errno.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/lines.h"

typedef struct explain {
	cli_common common;
	bool nul;
	const char *stage, *provider, *audience;
	int stage_value, audience_value;
	cli_knowledge k;
	cli_out out;
	bool first; /* nothing printed yet */
	int rc;
} explain;

static void set_nul(void *ctx, const char *value)
{
	(void)value;
	((explain *)ctx)->nul = true;
}

static void set_stage(void *ctx, const char *value)
{
	((explain *)ctx)->stage = value;
}

static void set_provider(void *ctx, const char *value)
{
	((explain *)ctx)->provider = value;
}

static void set_audience(void *ctx, const char *value)
{
	((explain *)ctx)->audience = value;
}

static const cli_option options[] = {
	{"-0", NULL, "standard input has replies of any lines, each ended by NUL",
	 set_nul},
	{"--stage", "STAGE",
	 "where it was said: connect, ehlo, mail, rcpt, data, content ...", set_stage},
	{"--provider", "NAME", "whose server said it: gmail, microsoft, yahoo ...",
	 set_provider},
	{"--for", "WHO",
	 "whose remedies come first: sender, admin, developer or receiver", set_audience},
	{NULL, NULL, NULL, NULL},
};

const cli_command cli_explain_command = {
	.name = "explain",
	.usage = "mailwhy [explain] [OPTION]... REPLY...\n"
		 "       mailwhy explain [OPTION]... - < replies.txt",
	.about = "Says what a reply of a mail server means, who can mend it, what to do "
		 "and\n"
		 "whether to try again. REPLY is a code (550), an enhanced status code "
		 "(5.7.26), a\n"
		 "whole reply, or the sentence of a program that quotes one; \\n in it "
		 "parts lines.\n"
		 "With - each line of standard input is one reply.",
	.options = options,
};

/* The value of a word given to an option; false after a complaint. */
static bool word_value(mw_vocabulary v, const char *option, const char *word, int *value)
{
	char safe[200];

	if (word == NULL)
		return true;
	*value = mw_name_value(v, mw_str_of(word));
	if (*value >= 0)
		return true;
	fprintf(stderr, "mailwhy: %s %s: it is one of", option, cli_visible(safe, word));
	for (int i = 0; i < mw_name_count(v); i++)
		fprintf(stderr, " %.*s", MW_FMT(mw_name(v, i)));
	fputc('\n', stderr);
	return false;
}

static void explain_one(explain *x, mw_str reply)
{
	const mw_tell t = {
		.kb = &x->k.kb,
		.audience = x->audience_value,
		.width = x->common.json ? 0 : cli_width(),
		.color = !x->common.json && cli_color(&x->common),
	};
	mw_outcome_room room;
	mw_outcome o;
	mw_verdict v;

	mw_outcome_read(&o, &room, reply);
	if (x->stage != NULL)
		o.stage = (mw_stage)x->stage_value;
	if (x->provider != NULL)
		o.provider = mw_str_of(x->provider);
	mw_judge(&x->k.kb, &o, &v);
	cli_out_flush_if_full(&x->out);
	if (!x->common.json && !x->first)
		mw_buf_put(&x->out.buf, MW_LIT("\n\n"));
	x->first = false;
	if ((x->common.json ? mw_tell_json(&x->out.buf, &t, &o, &v)
			    : mw_tell_text(&x->out.buf, &t, &o, &v)) != MW_OK)
		x->rc = EXIT_BAD_DATA;
}

static void explain_input(explain *x)
{
	cli_lines l;
	mw_str record;

	if (!cli_lines_open(&l, STDIN_FILENO, x->nul ? 0 : '\n')) {
		cli_complain("out of memory");
		x->rc = EXIT_NO_MEMORY;
		return;
	}
	while (!x->out.closed && cli_lines_next(&l, &record)) {
		if (l.cut) {
			x->rc = EXIT_BAD_DATA;
			if (!x->common.quiet)
				cli_complain("-:%llu: longer than %d bytes; the rest was "
					     "left out",
					     l.number, CLI_RECORD_MAX);
		}
		/* In JSON an empty line has its object too: the n-th answers the n-th. */
		if (x->common.json || mw_str_trim(record).len > 0)
			explain_one(x, record);
	}
	if (l.failed) {
		cli_complain("standard input: %s", strerror(errno));
		x->rc = EXIT_IO;
	}
	cli_lines_close(&l);
}

static void explain_all(explain *x, int count, char **argv)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(argv[i], "-") == 0)
			explain_input(x);
		else
			explain_one(x, mw_str_of(argv[i]));
	}
}

/* A provider that nobody knows would silently change nothing. */
static int check_provider(const explain *x)
{
	char safe[200];
	mw_provider p;
	mw_rule r;

	if (x->provider == NULL ||
	    mw_knowledge_provider(&x->k.kb, mw_str_of(x->provider), &p) == MW_OK)
		return EXIT_DONE;
	for (size_t i = 0;
	     x->k.kb.user != NULL && mw_knowledge_rule_nth(x->k.kb.user, i, &r) == MW_OK;
	     i++)
		if (mw_str_eq(r.provider, mw_str_of(x->provider)))
			return EXIT_DONE;
	cli_complain(
		"--provider %s: no such provider; mailwhy codes --providers lists them",
		cli_visible(safe, x->provider));
	return EXIT_USAGE;
}

int cli_explain(int argc, char **argv)
{
	explain x = {.audience_value = -1, .first = true};
	int count = cli_parse(&cli_explain_command, &x.common, &x, argc, argv);

	if (count < 0)
		return EXIT_USAGE;
	if (cli_answered(&cli_explain_command, &x.common))
		return EXIT_DONE;
	if (!word_value(MW_VOCABULARY_STAGE, "--stage", x.stage, &x.stage_value) ||
	    !word_value(MW_VOCABULARY_AUDIENCE, "--for", x.audience, &x.audience_value))
		return EXIT_USAGE;
	if (count == 0 && !x.nul) {
		cli_complain(
			"nothing to explain; for example: mailwhy 550 (mailwhy --help)");
		return EXIT_USAGE;
	}
	static char standard_input[] = "-";
	char *only_input[] = {standard_input};

	x.rc = cli_knowledge_open(&x.k, &x.common);
	if (x.rc == EXIT_DONE)
		x.rc = check_provider(&x);
	if (x.rc == EXIT_DONE && (x.rc = cli_out_open(&x.out)) == EXIT_DONE) {
		explain_all(&x, count > 0 ? count : 1, count > 0 ? argv : only_input);
		cli_out_close(&x.out, &x.rc);
	}
	cli_knowledge_close(&x.k);
	return x.rc;
}
