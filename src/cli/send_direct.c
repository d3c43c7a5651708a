/* SPDX-License-Identifier: MIT
 *
 * Sending at once: the engine runs on a queue, that of a folder or a private one, until
 * nothing is due, and its log says what became of the message.
 */
#define _XOPEN_SOURCE 700 /* nftw() */
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/ascii.h"
#include "cli/charset.h"
#include "cli/config.h"
#include "cli/queue.h"
#include "cli/send.h"
#include "engine/address.h"
#include "engine/engine.h"
#include "engine/transaction.h"

#define WAIT_SECONDS 900U /* servers may take ten minutes for their last reply */

/* --- into a store */

typedef struct putting {
	const send_mail *m;
	bool at_once; /* nothing is kept */
	bool routed;  /* all go one way */
	uint64_t id;
} putting;

/* One route, one transaction: what the server says to one mail is said of all. */
static mw_status add_recipients(const putting *p, transaction *t, int64_t now)
{
	address first, one;

	for (size_t i = 0; i < p->m->count; i++) {
		store_recipient r = {.original = MW_LIT(""),
				     .orcpt = MW_LIT(""),
				     .text = MW_LIT(""),
				     .route = STORE_REMOTE,
				     .notify = p->m->notify,
				     .next_try = now};

		if (!address_read(&one, p->m->recipients[i]))
			return MW_E_SYNTAX;
		if (i == 0)
			first = one;
		r.address = p->m->recipients[i];
		r.target = address_domain(p->routed ? &first : &one);
		if (transaction_add(t, &r, r.address) != MW_OK)
			return MW_E_NOMEM;
	}
	return MW_OK;
}

static transaction *transaction_of(const send_mail *m)
{
	const mw_mail mail = {.sender = m->sender,
			      .size = m->text.len,
			      .body = mwi_is_ascii(m->text) ? MW_BODY_7BIT
							    : MW_BODY_8BITMIME,
			      .smtputf8 = send_mail_needs_utf8(m),
			      .ret = m->ret,
			      .envid = m->envid,
			      .auth = MW_LIT("")};

	return transaction_open(&mail);
}

static mw_status put(store *s, const schedule *plan, putting *p)
{
	const int64_t now = outlog_now();
	transaction *t = transaction_of(p->m);
	store_message *message;
	mw_status status;

	if (t == NULL)
		return MW_E_NOMEM;
	message = &t->put.message;
	p->id = message->id = store_new_id(s);
	message->client = MW_LIT("local");
	message->helo = message->login = MW_LIT("");
	transaction_append(t, s, p->m->text);
	status = t->trouble != MW_OK ? t->trouble : add_recipients(p, t, now);
	transaction_arrive(t, plan, now);
	if (status == MW_OK)
		status = store_put_wait(s, &t->put);
	transaction_close(&t);
	return status;
}

static const char *trouble(mw_status status)
{
	return status == MW_E_LIMIT   ? "there is no space for the message"
	       : status == MW_E_NOMEM ? "out of memory"
				      : "the message can't be stored";
}

static bool prepare(engine *e, void *ctx, problems *told)
{
	const mw_status status = put(e->store, &e->policy->schedule, ctx);

	if (status != MW_OK)
		problem_add(told, (problem){.file = e->policy->settings->server.spool},
			    "%s", trouble(status));
	return status == MW_OK;
}

/* Mail that is local here is for the server to sort: without it, it would go out. */
static bool is_local(const send_mail *m, const settings *s)
{
	address one, domain;

	for (size_t i = 0; i < m->count; i++)
		for (size_t k = 0; k < s->local.domains.count; k++)
			if (address_read(&one, m->recipients[i]) &&
			    address_read_domain(&domain,
						mw_str_of(s->local.domains.item[k])) &&
			    mw_str_eq(address_domain(&one), address_domain(&domain)))
				return true;
	return false;
}

int send_put(const send_mail *m, const char *spool, const settings *s, send_report *r)
{
	bool quiet = true;
	problems told = {.tell = cli_tell_problem, .ctx = &quiet};
	schedule plan;
	putting p = {.m = m};
	char words[40];
	mw_err err = {0};
	store *into = NULL;
	mw_status status;

	if (is_local(m, s)) {
		cli_complain("a recipient is local here, and the server does not run: "
			     "start it, or send it later");
		return EXIT_LATER;
	}
	if (!settings_schedule(&plan, s, &told))
		return EXIT_CONFIG;
	status = store_open(&into, spool, &err);
	if (status != MW_OK) {
		queue_unopened(spool, &err);
		return EXIT_LATER;
	}
	status = put(into, &plan, &p);
	store_close(&into);
	if (status != MW_OK) {
		cli_complain("%s", trouble(status));
		return EXIT_LATER;
	}
	snprintf(words, sizeof words, "queued as %llu", (unsigned long long)p.id);
	for (size_t i = 0; i < m->count; i++)
		send_report_queued(r, m->recipients[i], mw_str_of(words));
	return EXIT_DONE;
}

/* --- settings */

settings *send_settings(const cli_common *common, bool usual)
{
	const char *path = common->config;
	bool quiet = true;
	problems told = {.tell = cli_tell_problem, .ctx = &quiet};
	settings *s = settings_new();

	if (s == NULL)
		return NULL;
	if (path == NULL && usual && access(CLI_CONFIG_PATH, R_OK) == 0)
		path = CLI_CONFIG_PATH;
	if (path != NULL && settings_read(s, path, &told) != MW_OK) {
		settings_drop(s);
		return NULL;
	}
	return s;
}

typedef struct assignment {
	const char *section, *name, *value;
} assignment;

static bool assign(settings *s, const assignment *list, size_t n)
{
	char why[SETTINGS_WHY];

	for (size_t i = 0; i < n; i++)
		if (list[i].value != NULL &&
		    settings_set(s, list[i].section, list[i].name, list[i].value, why) !=
			    MW_OK) {
			cli_complain("%s: %s", list[i].name, why);
			return false;
		}
	return true;
}

typedef struct folders {
	char own[PATH_MAX], spool[PATH_MAX], log[PATH_MAX], password[PATH_MAX];
} folders;

/* What a server needs besides is none of ours: its user may read what we can't. */
static bool prepare_settings(settings *s, const send_way *way, const folders *at)
{
	const char *tls = way->tls;
	const assignment list[] = {{"server", "user", ""},
				   {"server", "group", ""},
				   {"server", "pid-file", ""},
				   {"server", "transcript", ""},
				   {"server", "free-space-min", "0"},
				   {"server", "spool", at->spool},
				   {"server", "log", at->log},
				   {"tls", "certificate", ""},
				   {"tls", "key", ""},
				   {"local", "users", ""},
				   {"test", "scenario", ""},
				   {"test", "keep", "no"},
				   {"delivery", "own-addresses", "deliver"},
				   {"delivery", "idle", "0s"},
				   {"delivery", "tls", tls},
				   {"relay", "route", way->via},
				   {"relay", "user", way->user},
				   {"relay", "password-file",
				    way->password_file != NULL ? at->password : NULL},
				   {"relay", "tls", tls}};

	return assign(s, list, sizeof list / sizeof *list);
}

/* --- the folder of one run */

static bool absolute(char out[PATH_MAX], const char *path)
{
	char here[PATH_MAX];
	int n;

	if (path[0] == '/')
		n = snprintf(out, PATH_MAX, "%s", path);
	else if (getcwd(here, sizeof here) == NULL)
		return false;
	else
		n = snprintf(out, PATH_MAX, "%s/%s", here, path);
	return n > 0 && n < PATH_MAX;
}

static bool make_folders(folders *at, const send_way *way)
{
	const char *base = getenv("TMPDIR");
	char root[PATH_MAX - 64];
	const int n = snprintf(root, sizeof root, "%s",
			       base != NULL && base[0] == '/' ? base : "/tmp");

	if (n < 0 || (size_t)n >= sizeof root)
		return false;
	snprintf(at->own, sizeof at->own, "%s/mailwhy-send-XXXXXX", root);
	if (mkdtemp(at->own) == NULL)
		return false;
	snprintf(at->log, sizeof at->log, "%.*s/log", PATH_MAX - 8, at->own);
	snprintf(at->spool, sizeof at->spool, "%.*s/spool", PATH_MAX - 8, at->own);
	return (way->spool == NULL || absolute(at->spool, way->spool)) &&
	       (way->password_file == NULL || absolute(at->password, way->password_file));
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static void remove_folders(const folders *at)
{
	if (at->own[0] != '\0')
		(void)nftw(at->own, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- the run */

/* The one who waits for it is told on the terminal. NOTIFY goes on as it was asked for:
 * of what a later server can't deliver nobody else would ever tell. */
static int run(settings *s, const folders *at, putting *p, send_report *r)
{
	bool quiet = true;
	problems told = {.tell = cli_tell_problem, .ctx = &quiet};
	cli_charset charsets = {0};
	engine_options o = {.ready_fd = -1,
			    .convert = cli_charset_convert,
			    .convert_ctx = &charsets,
			    .no_letters = p->at_once};
	int rc;

	if (getrandom(&o.seed, sizeof o.seed, 0) != sizeof o.seed)
		o.seed = (uint64_t)getpid();
	rc = engine_run_once(s, &r->known.kb, &o, prepare, p, WAIT_SECONDS, &told);
	cli_charset_close(&charsets);
	if (rc == EXIT_DONE || p->id != 0)
		send_report_log(r, at->log, p->id, p->m);
	return rc;
}

static void say_what_next(const send_way *way)
{
	char safe[CLI_VISIBLE_PATH];

	if (way->spool == NULL)
		cli_complain(
			"nothing is kept of it: send it again later, or give --spool");
	else
		cli_complain("it stays in %s: whoever runs that queue tries it again",
			     cli_visible_path(safe, way->spool));
}

int send_direct(const send_mail *m, const send_way *way, const cli_common *common)
{
	putting p = {.m = m, .at_once = way->spool == NULL};
	folders at = {.own = ""};
	settings *s = send_settings(common, false);
	send_report r;
	int rc = EXIT_CONFIG;

	if (s == NULL)
		return rc;
	if (!make_folders(&at, way)) {
		cli_complain("no folder for the queue can be made: %s", strerror(errno));
		rc = EXIT_LATER;
	} else if (prepare_settings(s, way, &at)) {
		p.routed = p.at_once && s->relay.route.text[0] != '\0' &&
			   s->relay.routes[0] == '\0';
		rc = send_report_open(&r, common);
		if (rc == EXIT_DONE) {
			rc = run(s, &at, &p, &r);
			rc = send_report_close(&r, rc);
			if (rc == EXIT_LATER && !common->quiet)
				say_what_next(way);
		}
	}
	settings_drop(s);
	remove_folders(&at);
	return rc;
}
