/* SPDX-License-Identifier: MIT
 *
 * Built without the engine, and so without inih: there is no configuration file.
 */
#include "cli/cli.h"
#include "cli/config.h"

static const cli_option options[] = {
	{NULL, NULL, NULL, NULL},
};

const cli_command cli_config_command = {
	.name = "config",
	.usage = "mailwhy config",
	.about = "This mailwhy was built without configuration files.",
	.options = options,
};

int cli_config_run(int argc, char **argv)
{
	cli_common common;

	if (cli_parse(&cli_config_command, &common, NULL, argc, argv) < 0)
		return EXIT_USAGE;
	if (cli_answered(&cli_config_command, &common))
		return EXIT_DONE;
	cli_complain("this mailwhy was built without configuration files (engine=false)");
	return EXIT_CONFIG;
}

int cli_config_read(cli_config *out, const char *path)
{
	*out = (cli_config){0};
	if (path == NULL)
		return EXIT_DONE;
	cli_complain("this mailwhy was built without configuration files (engine=false)");
	return EXIT_CONFIG;
}

void cli_config_free(cli_config *c)
{
	(void)c;
}
