/* SPDX-License-Identifier: MIT
 *
 * What every subcommand shares: options, output, diagnostics, the knowledge in use.
 */
#ifndef MAILWHY_CLI_CLI_H
#define MAILWHY_CLI_CLI_H

#include <mailwhy/mailwhy.h>
#include <stdio.h>

/* Exit statuses of sysexits.h. */
enum {
	EXIT_DONE = 0,
	EXIT_USAGE = 64,
	EXIT_BAD_DATA = 65,
	EXIT_NO_INPUT = 66,
	EXIT_NO_MEMORY = 71,
	EXIT_IO = 74,
	EXIT_CONFIG = 78
};

/* One option; the same list parses the command line and writes --help. */
typedef struct cli_option {
	const char *name;     /* "--json", "-0" */
	const char *argument; /* "FILE"; NULL: takes none */
	const char *help;
	void (*set)(void *ctx, const char *value);
} cli_option;

typedef struct cli_command {
	const char *name, *usage, *about;
	const cli_option *options; /* ended by a NULL name */
} cli_command;

/* What the options that every command has were set to. */
typedef struct cli_common {
	bool json, quiet, no_color, help, version;
	const char *config;
	const char *rules[16]; /* --rules, in order */
	int rule_files;
} cli_common;

/* Takes the options from argv[1..]; what is left is moved to the front. Returns how many
 * arguments are left, or -1 after a complaint on standard error. "--" ends options, "-"
 * is an argument. */
int cli_parse(const cli_command *c, cli_common *common, void *ctx, int argc, char **argv);

/* --help and --version, when asked for; true when one of them was answered. */
bool cli_answered(const cli_command *c, const cli_common *common);

/* "mailwhy: ..." on standard error, in one piece. Text from outside goes through
 * cli_visible(). */
__attribute__((format(printf, 1, 2))) void cli_complain(const char *format, ...);

/* `s` for a diagnostic, cut where it is long: nothing in it that a terminal obeys. */
const char *cli_visible(char out[200], const char *s);

/* The same for a path, which is told whole: a name of a Maildir is long. */
#define CLI_VISIBLE_PATH (4 * 4200)
const char *cli_visible_path(char out[CLI_VISIBLE_PATH], const char *path);

/* Standard output through one buffer. */
typedef struct cli_out {
	mw_buf buf;
	char *memory;
	bool closed; /* nothing more can be written */
	bool failed; /* and that is an error */
} cli_out;

/* EXIT_DONE, or EXIT_NO_MEMORY after a complaint. */
int cli_out_open(cli_out *o);

/* Writes out when less than one outcome's room is left. */
void cli_out_flush_if_full(cli_out *o);

/* Writes everything. *rc becomes EXIT_IO when standard output failed and nothing else
 * had gone wrong. */
void cli_out_close(cli_out *o, int *rc);

/* The columns of the terminal at standard output, between 40 and 100; 80 elsewhere. */
int cli_width(void);

/* The same for rows of a table, which may be wide: at least 40, and 100 where there is no
 * terminal. */
int cli_row_width(void);

/* True when standard output may be coloured. */
bool cli_color(const cli_common *common);

/* The built-in knowledge with the user's rules on top: --rules and, unless one is given,
 * /etc/mailwhy/rules.d/ *.rules. */
typedef struct cli_knowledge {
	mw_knowledge kb, user;
	void *user_image;
} cli_knowledge;

/* EXIT_DONE, or an exit status after complaints. */
int cli_knowledge_open(cli_knowledge *k, const cli_common *common);
void cli_knowledge_close(cli_knowledge *k);

/* A whole file, at most `max` bytes; malloc'ed, the caller frees out->ptr. "-" is
 * standard input. EXIT_DONE or an exit status after a complaint. */
int cli_slurp(mw_str *out, const char *path, size_t max);

/* The subcommands: argv[0] is the command's name. Each returns the exit status. */
int cli_explain(int argc, char **argv);
int cli_bounce(int argc, char **argv);
int cli_codes(int argc, char **argv);
int cli_rules(int argc, char **argv);
int cli_serve(int argc, char **argv);
int cli_queue(int argc, char **argv);
int cli_send(int argc, char **argv);
int cli_sendmail(int argc, char **argv);
int cli_config_run(int argc, char **argv);

extern const cli_command cli_bounce_command, cli_explain_command, cli_codes_command,
	cli_rules_command, cli_config_command, cli_serve_command, cli_send_command,
	cli_sendmail_command, cli_queue_command;

#endif
