/* SPDX-License-Identifier: MIT
 *
 * Built without the engine, and so without inih: there is no configuration file.
 */
#include "cli/cli.h"
#include "cli/config.h"

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
