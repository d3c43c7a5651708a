/* SPDX-License-Identifier: MIT
 *
 * /etc/mailwhy/mailwhy.conf: settings that hold without being given each time.
 *
 *	[rules]
 *	file = /srv/mail/our.rules	(may be repeated)
 *
 * The other sections are the server's (engine/settings.h).
 */
#ifndef MAILWHY_CLI_CONFIG_H
#define MAILWHY_CLI_CONFIG_H

#define CLI_CONFIG_PATH "/etc/mailwhy/mailwhy.conf"

typedef struct cli_config {
	char *rules[16];
	int rule_files;
} cli_config;

/* Reads `path`, or the usual file when it is NULL and that file is there. EXIT_DONE or an
 * exit status after complaints; *out is to be freed in any case. */
int cli_config_read(cli_config *out, const char *path);
void cli_config_free(cli_config *c);

struct problem;

/* For `tell` of problems: says it on standard error. `ctx` is a bool: nothing of
 * warnings. */
void cli_tell_problem(void *ctx, const struct problem *p);

#endif
