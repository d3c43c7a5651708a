/* SPDX-License-Identifier: MIT */
#include "cli/config.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>

#include "cli/cli.h"

#define USUAL_PATH "/etc/mailwhy/mailwhy.conf"

static char *copy(const char *s)
{
	const size_t n = strlen(s) + 1;
	char *p = malloc(n);

	return p != NULL ? memcpy(p, s, n) : NULL;
}

/* inih's handler: 0 marks the line as wrong. */
static int setting(void *ctx, const char *section, const char *name, const char *value)
{
	cli_config *c = ctx;

	if (strcmp(section, "rules") != 0 || strcmp(name, "file") != 0 ||
	    c->rule_files == (int)(sizeof c->rules / sizeof *c->rules))
		return 0;
	c->rules[c->rule_files] = copy(value);
	if (c->rules[c->rule_files] == NULL)
		return 0;
	c->rule_files++;
	return 1;
}

int cli_config_read(cli_config *out, const char *path)
{
	char safe[200];
	FILE *f = fopen(path != NULL ? path : USUAL_PATH, "r");

	*out = (cli_config){0};
	if (f == NULL) {
		if (path == NULL)
			return EXIT_DONE;
		cli_complain("%s: %s", cli_visible(safe, path), strerror(errno));
		return EXIT_CONFIG;
	}
	const int line = ini_parse_file(f, setting, out);
	const bool unread = ferror(f) != 0;
	const int error = errno;

	fclose(f);
	if (unread) {
		cli_complain("%s: %s",
			     cli_visible(safe, path != NULL ? path : USUAL_PATH),
			     strerror(error));
		return EXIT_CONFIG;
	}
	if (line == 0)
		return EXIT_DONE;
	cli_complain("%s:%d:1: no setting of mailwhy; known: file in [rules], at most 16 "
		     "times",
		     cli_visible(safe, path != NULL ? path : USUAL_PATH), line);
	return EXIT_CONFIG;
}

void cli_config_free(cli_config *c)
{
	for (int i = 0; i < c->rule_files; i++)
		free(c->rules[i]);
	c->rule_files = 0;
}
