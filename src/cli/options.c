/* SPDX-License-Identifier: MIT
 *
 * The command line. One table says what an option is called, what it takes and what
 * --help tells of it, so that the three can't part.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/progress.h"

static void set_json(void *ctx, const char *value)
{
	(void)value;
	((cli_common *)ctx)->json = true;
}

static void set_quiet(void *ctx, const char *value)
{
	(void)value;
	((cli_common *)ctx)->quiet = true;
}

static void set_no_color(void *ctx, const char *value)
{
	(void)value;
	((cli_common *)ctx)->no_color = true;
}

static void set_help(void *ctx, const char *value)
{
	(void)value;
	((cli_common *)ctx)->help = true;
}

static void set_version(void *ctx, const char *value)
{
	(void)value;
	((cli_common *)ctx)->version = true;
}

static void set_config(void *ctx, const char *value)
{
	((cli_common *)ctx)->config = value;
}

static void add_rules(void *ctx, const char *value)
{
	cli_common *c = ctx;

	if (c->rule_files < (int)(sizeof c->rules / sizeof *c->rules))
		c->rules[c->rule_files] = value;
	c->rule_files++;
}

static const cli_option common_options[] = {
	{"--json", NULL, "print one JSON object a line", set_json},
	{"--rules", "FILE", "use these rules too; they win over the built-in ones",
	 add_rules},
	{"--config", "FILE", "read settings from FILE, not /etc/mailwhy/mailwhy.conf",
	 set_config},
	{"--quiet", NULL, "no diagnostics; the exit status says it", set_quiet},
	{"--no-color", NULL, "no bold text (NO_COLOR in the environment does the same)",
	 set_no_color},
	{"--help", NULL, "print this and exit", set_help},
	{"--version", NULL, "print the version and exit", set_version},
	{NULL, NULL, NULL, NULL},
};

void cli_complain(const char *format, ...)
{
	char line[CLI_VISIBLE_PATH + 1000];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	cli_progress_hide();
	fprintf(stderr, "mailwhy: %s\n", line);
}

const char *cli_visible(char out[200], const char *s)
{
	mw_buf b;
	mw_str text = mw_str_of(s);

	mw_buf_init(&b, out, 199);
	mw_buf_put_visible(&b, mw_str_head(text, 48));
	if (text.len > 48)
		mw_buf_put(&b, MW_LIT("..."));
	out[b.len] = 0;
	return out;
}

const char *cli_visible_path(char out[CLI_VISIBLE_PATH], const char *path)
{
	mw_buf b;

	mw_buf_init(&b, out, CLI_VISIBLE_PATH - 1);
	mw_buf_put_visible(&b, mw_str_of(path));
	out[b.len] = 0;
	return out;
}

static const cli_option *find_option(const cli_option *list, const char *arg, size_t len)
{
	for (; list->name != NULL; list++)
		if (strlen(list->name) == len && memcmp(list->name, arg, len) == 0)
			return list;
	return NULL;
}

/* One option at argv[*i]; false after a complaint. */
static bool take_option(const cli_command *c, cli_common *common, void *ctx, int argc,
			char **argv, int *i)
{
	char safe[200];
	const char *arg = argv[*i], *equal = strchr(arg, '=');
	const size_t len = equal != NULL ? (size_t)(equal - arg) : strlen(arg);
	const cli_option *o = find_option(c->options, arg, len);
	void *to = ctx;

	if (o == NULL) {
		o = find_option(common_options, arg, len);
		to = common;
	}
	if (o == NULL) {
		cli_complain("unknown option %s; see mailwhy %s --help",
			     cli_visible(safe, arg), c->name);
		return false;
	}
	if (o->argument == NULL) {
		if (equal != NULL)
			cli_complain("%s takes no value", o->name);
		else
			o->set(to, NULL);
		return equal == NULL;
	}
	if (equal == NULL && *i + 1 >= argc) {
		cli_complain("%s needs a value: %s", o->name, o->argument);
		return false;
	}
	o->set(to, equal != NULL ? equal + 1 : argv[++*i]);
	return true;
}

int cli_parse(const cli_command *c, cli_common *common, void *ctx, int argc, char **argv)
{
	bool options = true;
	int left = 0;

	*common = (cli_common){0};
	for (int i = 1; i < argc; i++) {
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (!options || argv[i][0] != '-' || argv[i][1] == 0) {
			argv[left++] = argv[i];
		} else if (!take_option(c, common, ctx, argc, argv, &i)) {
			return -1;
		}
	}
	if (common->rule_files > (int)(sizeof common->rules / sizeof *common->rules)) {
		cli_complain("--rules is given more than 16 times");
		return -1;
	}
	return left;
}

static void print_options(const cli_option *list)
{
	char left[64];

	for (; list->name != NULL; list++) {
		snprintf(left, sizeof left, "%s%s%s", list->name,
			 list->argument != NULL ? " " : "",
			 list->argument != NULL ? list->argument : "");
		printf("  %-22s %s\n", left, list->help);
	}
}

bool cli_answered(const cli_command *c, const cli_common *common)
{
	if (common->help) {
		printf("usage: %s\n\n%s\n\noptions:\n", c->usage, c->about);
		print_options(c->options);
		print_options(common_options);
	} else if (common->version) {
		puts("mailwhy " MAILWHY_VERSION);
	}
	return common->help || common->version;
}
