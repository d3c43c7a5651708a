/* SPDX-License-Identifier: MIT
 *
 * mailwhy: one binary, one file a subcommand. What is no subcommand is something to
 * explain: "mailwhy 550".
 */
#include <errno.h>
#include <signal.h>

#include "cli/cli.h"

static const struct {
	const cli_command *command;
	int (*run)(int argc, char **argv);
	const char *about;
} commands[] = {
	{&cli_explain_command, cli_explain, "what a reply means, and what to do"},
	{&cli_bounce_command, cli_bounce,
	 "what bounces, complaints and auto-replies report"},
	{&cli_codes_command, cli_codes, "the table of all reply codes"},
	{&cli_rules_command, cli_rules, "check, search and list the rules"},
	{&cli_serve_command, cli_serve, "run the mail server, or a test server"},
	{&cli_send_command, cli_send, "send a message, and tell what its servers say"},
	{&cli_sendmail_command, cli_sendmail, "the same for programs that call sendmail"},
	{&cli_queue_command, cli_queue, "show and change the queue of mail"},
	{&cli_config_command, cli_config_run,
	 "check and show the settings, hash a password"},
};

static void help(void)
{
	puts("usage: mailwhy REPLY...            for example: mailwhy 550\n"
	     "       mailwhy COMMAND [OPTION]... [ARGUMENT]...\n\n"
	     "mailwhy says what happened to a mail, who can mend it, and what to do.\n\n"
	     "commands:");
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		printf("  %-10s %s\n", commands[i].command->name, commands[i].about);
	puts("\noptions:\n"
	     "  --help     print this and exit; mailwhy COMMAND --help tells of a "
	     "command\n"
	     "  --version  print the version and exit");
}

/* Links of such names are what programs and people call. */
static bool is_called(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash != NULL ? slash + 1 : path, name) == 0;
}

static int run(int argc, char **argv)
{
	if (argc > 0 && is_called(argv[0], "sendmail"))
		return cli_sendmail(argc, argv);
	if (argc > 0 && is_called(argv[0], "mailq"))
		return cli_queue(argc, argv);
	if (argc < 2) {
		cli_complain(
			"nothing to explain; for example: mailwhy 550 (mailwhy --help)");
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0) {
		help();
		return EXIT_DONE;
	}
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(argv[1], commands[i].command->name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return cli_explain(argc, argv);
}

int main(int argc, char **argv)
{
	/* A reader that leaves ("| head") is told by write(), not by a signal. */
	signal(SIGPIPE, SIG_IGN);
	const int rc = run(argc, argv);

	/* --help and --version write through stdio. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && errno != EPIPE) {
		cli_complain("standard output: %s", strerror(errno));
		return rc == EXIT_DONE ? EXIT_IO : rc;
	}
	return rc;
}
