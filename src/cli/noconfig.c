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

const cli_command cli_serve_command = {
	.name = "serve",
	.usage = "mailwhy serve",
	.about = "This mailwhy was built without the server.",
	.options = options,
};

const cli_command cli_send_command = {
	.name = "send",
	.usage = "mailwhy send",
	.about = "This mailwhy was built without the sender.",
	.options = options,
};

const cli_command cli_sendmail_command = {
	.name = "sendmail",
	.usage = "mailwhy sendmail",
	.about = "This mailwhy was built without the sender.",
	.options = options,
};

const cli_command cli_queue_command = {
	.name = "queue",
	.usage = "mailwhy queue",
	.about = "This mailwhy was built without the server, and so without its queue.",
	.options = options,
};

static int refuse(const cli_command *command, int argc, char **argv)
{
	cli_common common = {0};

	if (cli_parse(command, &common, NULL, argc, argv) < 0)
		return EXIT_USAGE;
	if (cli_answered(command, &common))
		return EXIT_DONE;
	cli_complain("%s", command->about);
	return EXIT_CONFIG;
}

int cli_config_run(int argc, char **argv)
{
	return refuse(&cli_config_command, argc, argv);
}

int cli_serve(int argc, char **argv)
{
	return refuse(&cli_serve_command, argc, argv);
}

int cli_send(int argc, char **argv)
{
	return refuse(&cli_send_command, argc, argv);
}

int cli_sendmail(int argc, char **argv)
{
	return refuse(&cli_sendmail_command, argc, argv);
}

int cli_queue(int argc, char **argv)
{
	return refuse(&cli_queue_command, argc, argv);
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
