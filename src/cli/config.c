/* SPDX-License-Identifier: MIT
 *
 * One file serves all commands. Mistakes that concern the server alone stop nobody here
 * from explaining a reply; "mailwhy config check" tells of them.
 */
#include "cli/config.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "engine/settings.h"

void cli_tell_problem(void *ctx, const problem *p)
{
	char path[CLI_VISIBLE_PATH];
	const char *kind = p->warning ? "warning: " : "";

	if (p->warning && *(const bool *)ctx)
		return;
	cli_visible_path(path, p->file);
	if (p->line > 0)
		cli_complain("%s:%u: %s%s", path, p->line, kind, p->text);
	else
		cli_complain("%s: %s%s", path, kind, p->text);
}

static void tell(void *ctx, const problem *p)
{
	bool *bad = ctx;

	if (p->section != NULL && strcmp(p->section, "rules") != 0)
		return;
	*bad = true;
	cli_tell_problem(&(bool){false}, p);
}

static char *copy(const char *s)
{
	const size_t n = strlen(s) + 1;
	char *p = malloc(n);

	return p != NULL ? memcpy(p, s, n) : NULL;
}

static bool copy_rules(cli_config *out, const settings *s)
{
	for (size_t i = 0; i < s->rules.file.count; i++) {
		out->rules[i] = copy(s->rules.file.item[i]);
		if (out->rules[i] == NULL)
			return false;
		out->rule_files++;
	}
	return true;
}

int cli_config_read(cli_config *out, const char *path)
{
	bool bad = false;
	problems told = {.tell = tell, .ctx = &bad};
	settings *s;
	mw_status status;

	*out = (cli_config){0};
	if (path == NULL && access(CLI_CONFIG_PATH, F_OK) != 0)
		return EXIT_DONE;
	s = settings_new();
	status = s != NULL
			 ? settings_read(s, path != NULL ? path : CLI_CONFIG_PATH, &told)
			 : MW_E_NOMEM;
	if (status != MW_E_NOMEM && !bad && !copy_rules(out, s))
		status = MW_E_NOMEM;
	settings_drop(s);
	if (status == MW_E_NOMEM) {
		cli_complain("out of memory");
		return EXIT_NO_MEMORY;
	}
	return bad ? EXIT_CONFIG : EXIT_DONE;
}

void cli_config_free(cli_config *c)
{
	for (int i = 0; i < c->rule_files; i++)
		free(c->rules[i]);
	c->rule_files = 0;
}
