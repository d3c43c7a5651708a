/* SPDX-License-Identifier: MIT
 *
 * mailwhy config: for those who set up the server.
 */
#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/config.h"
#include "engine/accounts.h"
#include "engine/scram.h"

/* What crypt(3) takes, a line end and a NUL. */
#define PASSWORD_MAX (CRYPT_MAX_PASSPHRASE_SIZE + 2)

static const cli_option options[] = {
	{NULL, NULL, NULL, NULL},
};

const cli_command cli_config_command = {
	.name = "config",
	.usage = "mailwhy config check [FILE]\n"
		 "       mailwhy config show [FILE]\n"
		 "       mailwhy config hash",
	.about = "check  tells what is wrong with the settings and the file of users\n"
		 "show   prints all settings that hold, as a file with comments\n"
		 "hash   reads a password from standard input and prints what stands for "
		 "it in\n"
		 "       a file of users",
	.options = options,
};

typedef struct listing {
	bool quiet, json;
} listing;

static void print_json(const char *name, const char *text)
{
	char memory[8192];
	mw_buf b;

	mw_buf_init(&b, memory, sizeof memory);
	mw_buf_put_json(&b, mw_str_of(text));
	printf("\"%s\":\"%.*s\"", name, MW_FMT(mw_buf_str(&b)));
}

/* What was asked for is a result: standard output. */
static void tell(void *ctx, const problem *p)
{
	const listing *l = ctx;
	char path[CLI_VISIBLE_PATH];

	if (l->quiet)
		return;
	if (l->json) {
		printf("{");
		print_json("file", p->file);
		printf(",\"line\":");
		if (p->line > 0)
			printf("%u", p->line);
		else
			printf("null");
		printf(",\"level\":\"%s\",", p->warning ? "warning" : "error");
		print_json("text", p->text);
		puts("}");
		return;
	}
	printf("%s:", cli_visible_path(path, p->file));
	if (p->line > 0)
		printf("%u:", p->line);
	printf(" %s%s\n", p->warning ? "warning: " : "", p->text);
}

static int out_of_memory(void)
{
	cli_complain("out of memory");
	return EXIT_NO_MEMORY;
}

static int check(const cli_common *common, const char *path)
{
	listing l = {.quiet = common->quiet, .json = common->json};
	problems told = {.tell = tell, .ctx = &l};
	settings *s = settings_new();
	accounts *a = NULL;
	char safe[CLI_VISIBLE_PATH];
	mw_status status = s != NULL ? settings_read(s, path, &told) : MW_E_NOMEM;

	/* The checks go on with what is good: all problems in one go. */
	if (status == MW_OK || status == MW_E_SYNTAX)
		if (settings_check(s, &told) && status == MW_OK)
			status = accounts_open(&a, s, &told);
	accounts_drop(a);
	settings_drop(s);
	if (status == MW_E_NOMEM)
		return out_of_memory();
	if (told.errors > 0)
		return EXIT_CONFIG;
	if (!l.quiet && !l.json)
		printf("%s: good\n", cli_visible_path(safe, path));
	return EXIT_DONE;
}

static int show(const cli_common *common, const char *path, bool given)
{
	bool quiet = common->quiet;
	problems told = {.tell = cli_tell_problem, .ctx = &quiet};
	settings *s = settings_new();
	mw_status status = s != NULL ? MW_OK : MW_E_NOMEM;

	if (s != NULL && (given || access(path, F_OK) == 0))
		status = settings_read(s, path, &told);
	if (status == MW_OK)
		for (size_t i = 0; settings_show(s, i, stdout); i++)
			continue;
	settings_drop(s);
	if (status == MW_E_NOMEM)
		return out_of_memory();
	return status == MW_OK ? EXIT_DONE : EXIT_CONFIG;
}

/* One line of standard input; a terminal does not show what is typed. */
static bool read_password(char out[PASSWORD_MAX])
{
	struct termios before, silent;
	const bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;

	if (terminal) {
		fputs("password: ", stderr);
		silent = before;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	}

	const bool got = fgets(out, PASSWORD_MAX, stdin) != NULL;

	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	return got;
}

/* A setting and its hash, in memory that is wiped. */
static bool print_crypt(const char *password)
{
	struct crypt_data *data = calloc(1, sizeof *data);
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *hash = NULL;

	if (data != NULL &&
	    crypt_gensalt_rn("$y$", 0, NULL, 0, salt, sizeof salt) != NULL)
		hash = crypt_rn(password, salt, data, sizeof *data);
	if (hash != NULL)
		printf("password=%s ", hash);
	if (data != NULL)
		explicit_bzero(data, sizeof *data);
	free(data);
	return hash != NULL;
}

static int hash_password(const char *password)
{
	char text[SCRAM_TEXT_MAX];
	mw_buf b;

	mw_buf_init(&b, text, sizeof text);

	const mw_status status = scram_make(&b, password);

	if (status == MW_E_SYNTAX) {
		cli_complain("the password holds characters that SASLprep (RFC 4013) "
			     "forbids, or is not UTF-8");
		return EXIT_BAD_DATA;
	}
	if (status != MW_OK || !print_crypt(password)) {
		cli_complain("the system can't hash: %s", strerror(errno));
		return EXIT_IO;
	}
	printf("scram=%.*s\n", MW_FMT(mw_buf_str(&b)));
	return EXIT_DONE;
}

static int hash(void)
{
	char password[PASSWORD_MAX];
	int rc = EXIT_BAD_DATA;

	if (!read_password(password)) {
		cli_complain("no password on standard input");
		return EXIT_NO_INPUT;
	}

	const size_t n = strcspn(password, "\r\n");

	if (n == 0)
		cli_complain("the password is empty");
	else if (n >= CRYPT_MAX_PASSPHRASE_SIZE)
		cli_complain("the password is longer than %d bytes",
			     CRYPT_MAX_PASSPHRASE_SIZE - 1);
	else {
		password[n] = 0;
		rc = hash_password(password);
	}
	explicit_bzero(password, sizeof password);
	return rc;
}

static int run(const cli_common *common, int count, char **argv)
{
	const char *verb = count > 0 ? argv[0] : "";
	const bool given = count == 2 || common->config != NULL;
	const char *path = count == 2               ? argv[1]
			   : common->config != NULL ? common->config
						    : CLI_CONFIG_PATH;
	char safe[200];

	if (strcmp(verb, "hash") == 0 && count == 1)
		return hash();
	if (strcmp(verb, "check") == 0 && count <= 2)
		return check(common, path);
	if (strcmp(verb, "show") == 0 && count <= 2)
		return show(common, path, given);
	cli_complain("config check [FILE], config show [FILE] or config hash, not “%s”",
		     cli_visible(safe, count > 1 ? argv[count - 1] : verb));
	return EXIT_USAGE;
}

int cli_config_run(int argc, char **argv)
{
	cli_common common;
	const int count = cli_parse(&cli_config_command, &common, NULL, argc, argv);

	if (count < 0)
		return EXIT_USAGE;
	if (cli_answered(&cli_config_command, &common))
		return EXIT_DONE;
	return run(&common, count, argv);
}
