/* SPDX-License-Identifier: MIT
 *
 * mailwhy serve: settings from a file and flags on top, then the engine.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "cli/charset.h"
#include "cli/cli.h"
#include "cli/config.h"
#include "engine/engine.h"

#define FLAGS_MAX 256
#define PATHS_MAX 64

/* A flag that stands for a setting. */
typedef struct flag {
	const char *section, *name, *value;
} flag;

typedef struct serve {
	flag flags[FLAGS_MAX];
	size_t count;
	char *paths[PATHS_MAX]; /* made here, freed at the end */
	size_t path_count;
	bool too_many, listens;
	int ready_fd;
	const char *bad_ready, *bad_seed;
	uint64_t seed;
	bool seeded;
	char folder[40]; /* the private spool, when no other was named; else empty */
} serve;

static void add(serve *s, const char *section, const char *name, const char *value)
{
	if (s->count == FLAGS_MAX)
		s->too_many = true;
	else
		s->flags[s->count++] = (flag){section, name, value};
}

/* In a file a path begins at the root; on a command line it may begin where we are. */
static void add_path(serve *s, const char *section, const char *name, const char *value)
{
	static const char sqlite[] = "sqlite:";
	const bool database = strncmp(value, sqlite, sizeof sqlite - 1) == 0;
	const char *path = database ? value + sizeof sqlite - 1 : value;
	char here[PATH_MAX];
	size_t n;

	if (path[0] == '/' || path[0] == '\0' || strcmp(path, "-") == 0 ||
	    getcwd(here, sizeof here) == NULL || s->path_count == PATHS_MAX) {
		add(s, section, name, value);
		return;
	}
	n = strlen(here) + strlen(path) + sizeof sqlite + 2;
	s->paths[s->path_count] = malloc(n);
	if (s->paths[s->path_count] == NULL)
		return;
	snprintf(s->paths[s->path_count], n, "%s%s/%s", database ? sqlite : "", here,
		 path);
	add(s, section, name, s->paths[s->path_count++]);
}

#define FLAG(function, section, name)                                                    \
	static void function(void *ctx, const char *value)                               \
	{                                                                                \
		add(ctx, section, name, value);                                          \
	}

#define PATH_FLAG(function, section, name)                                               \
	static void function(void *ctx, const char *value)                               \
	{                                                                                \
		add_path(ctx, section, name, value);                                     \
	}

PATH_FLAG(set_spool, "server", "spool")
FLAG(set_store, "server", "store")
FLAG(set_hostname, "server", "hostname")
PATH_FLAG(set_log, "server", "log")
PATH_FLAG(set_transcript, "server", "transcript")
FLAG(set_domain, "local", "domains")
PATH_FLAG(set_mailboxes, "local", "mailboxes")
PATH_FLAG(set_users, "local", "users")
FLAG(set_relay_from, "relay", "networks")
FLAG(set_route, "relay", "route")
FLAG(set_http, "listen", "http")
FLAG(set_scenario, "test", "scenario")
PATH_FLAG(set_certificate, "tls", "certificate")
PATH_FLAG(set_key, "tls", "key")
FLAG(set_auth_plaintext, "auth", "plaintext")

static void set_listen(void *ctx, const char *value)
{
	((serve *)ctx)->listens = true;
	add(ctx, "listen", "smtp", value);
}

static void set_submission(void *ctx, const char *value)
{
	((serve *)ctx)->listens = true;
	add(ctx, "listen", "submission", value);
}

static void set_submissions(void *ctx, const char *value)
{
	((serve *)ctx)->listens = true;
	add(ctx, "listen", "submissions", value);
}

static void set_lmtp(void *ctx, const char *value)
{
	((serve *)ctx)->listens = true;
	add_path(ctx, "listen", "lmtp", value);
}

static void set_ready_fd(void *ctx, const char *value)
{
	serve *s = ctx;
	char *end;
	const long n = strtol(value, &end, 10);

	if (end == value || *end != '\0' || n < 0 || n > 65535)
		s->bad_ready = value;
	s->ready_fd = (int)n;
}

static void set_seed(void *ctx, const char *value)
{
	serve *s = ctx;
	char *end;

	errno = 0;
	s->seed = strtoull(value, &end, 10);
	s->seeded = true;
	if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0)
		s->bad_seed = value;
}

static void set_plaintext(void *ctx, const char *value)
{
	(void)value;
	set_auth_plaintext(ctx, "yes");
}

static const cli_option options[] = {
	{"--listen", "ADDR:PORT", "take mail there (repeatable)", set_listen},
	{"--submission", "ADDR:PORT", "the same for users who log in (587)",
	 set_submission},
	{"--submissions", "ADDR:PORT", "the same with TLS from the start (465)",
	 set_submissions},
	{"--lmtp", "PATH", "take mail by LMTP at that socket", set_lmtp},
	{"--spool", "DIR", "where messages are kept (default: a private folder)",
	 set_spool},
	{"--store", "URL", "another store than SQLite in the spool", set_store},
	{"--hostname", "NAME", "the name that this server says", set_hostname},
	{"--domain", "NAME", "a local domain (repeatable)", set_domain},
	{"--mailboxes", "DIR", "Maildirs of local users, made on demand", set_mailboxes},
	{"--users", "FILE", "who has a mailbox, passwords, aliases: mailwhy.conf(5)",
	 set_users},
	{"--relay-from", "CIDR", "relay mail of these clients (repeatable)",
	 set_relay_from},
	{"--route", "HOST:PORT", "the server for all other mail", set_route},
	{"--certificate", "FILE", "certificate with its chain: offers TLS",
	 set_certificate},
	{"--key", "FILE", "its private key", set_key},
	{"--auth-plaintext", NULL, "logins without TLS too: for tests only",
	 set_plaintext},
	{"--scenario", "FILE",
	 "test server: answer as FILE says, or builtin, or gmail ...", set_scenario},
	{"--seed", "NUMBER", "for what the scenario leaves to chance", set_seed},
	{"--http", "ADDR:PORT", "/metrics, /messages, /healthz", set_http},
	{"--log", "FILE", "outcomes, one JSON object a line (default: standard output)",
	 set_log},
	{"--transcript", "FILE", "each line that is said, as JSON", set_transcript},
	{"--ready-fd", "N", "write a line to descriptor N when all listen", set_ready_fd},
	{NULL, NULL, NULL, NULL},
};

const cli_command cli_serve_command = {
	.name = "serve",
	.usage = "mailwhy serve [--config FILE] [OPTION]...",
	.about = "Runs the mail server. SIGTERM stops it when the sessions at work have "
		 "ended,\nSIGHUP reads the settings again.",
	.options = options,
};

static bool put_flags(settings *s, void *ctx, problems *told)
{
	const serve *v = ctx;
	char why[SETTINGS_WHY];

	for (size_t i = 0; i < v->count; i++)
		if (settings_set(s, v->flags[i].section, v->flags[i].name,
				 v->flags[i].value, why) != MW_OK) {
			problem_add(told, (problem){.file = "mailwhy"}, "%s: %s",
				    v->flags[i].name, why);
			return false;
		}
	if (v->folder[0] != '\0' &&
	    settings_set(s, "server", "spool", v->folder, why) != MW_OK)
		return false;
	return true;
}

/* Where no spool is set, mail is kept in a folder that is gone some day, as for a test.
 */
static bool make_private_folder(serve *v, settings *s, bool quiet)
{
	char why[SETTINGS_WHY];

	if (s->server.spool[0] != '\0')
		return true;
	snprintf(v->folder, sizeof v->folder, "/tmp/mailwhy-XXXXXX");
	if (mkdtemp(v->folder) == NULL) {
		cli_complain("/tmp: no folder for the spool can be made there");
		return false;
	}
	if (!quiet)
		cli_complain("messages are kept in %s", v->folder);
	return settings_set(s, "server", "spool", v->folder, why) == MW_OK;
}

static uint64_t seed_of(const serve *v)
{
	uint64_t seed = 0;

	if (v->seeded)
		return v->seed;
	if (getrandom(&seed, sizeof seed, 0) < 0)
		seed = (uint64_t)getpid();
	return seed;
}

/* The rules are opened last: a complaint about the file comes once, and whole. */
static int run_engine(settings *s, const cli_common *common, const engine_options *o,
		      problems *told)
{
	cli_knowledge k;
	int rc = cli_knowledge_open(&k, common);

	if (rc != EXIT_DONE)
		return rc;
	rc = engine_run(s, &k.kb, o, told);
	cli_knowledge_close(&k);
	return rc;
}

static int run(serve *v, const cli_common *common)
{
	bool quiet = common->quiet;
	problems told = {.tell = cli_tell_problem, .ctx = &quiet};
	const char *config = common->config;
	settings *s = settings_new();
	cli_charset charsets = {0};
	engine_options o = {.ready_fd = v->ready_fd,
			    .on_top = put_flags,
			    .ctx = v,
			    .seed = seed_of(v),
			    .convert = cli_charset_convert,
			    .convert_ctx = &charsets};
	int rc = EXIT_CONFIG;

	if (s == NULL)
		return EXIT_NO_MEMORY;
	if (config == NULL && !v->listens && access(CLI_CONFIG_PATH, R_OK) == 0)
		config = CLI_CONFIG_PATH;
	o.config = config;
	if ((config == NULL || settings_read(s, config, &told) == MW_OK) &&
	    put_flags(s, v, &told) && make_private_folder(v, s, quiet) &&
	    settings_check(s, &told))
		rc = run_engine(s, common, &o, &told);
	settings_drop(s);
	cli_charset_close(&charsets);
	return rc;
}

int cli_serve(int argc, char **argv)
{
	cli_common common = {0};
	serve v = {.ready_fd = -1};
	const int left = cli_parse(&cli_serve_command, &common, &v, argc, argv);
	int rc;

	if (left < 0)
		return EXIT_USAGE;
	if (cli_answered(&cli_serve_command, &common))
		return EXIT_DONE;
	if (left > 0 || v.too_many || v.bad_ready != NULL || v.bad_seed != NULL) {
		cli_complain(left > 0     ? "serve takes no arguments but options"
			     : v.too_many ? "too many options"
			     : v.bad_ready != NULL
				     ? "--ready-fd takes the number of a descriptor"
				     : "--seed takes a number");
		return EXIT_USAGE;
	}
	rc = run(&v, &common);
	while (v.path_count > 0)
		free(v.paths[--v.path_count]);
	return rc;
}
