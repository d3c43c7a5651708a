/* SPDX-License-Identifier: MIT
 *
 * Starting, reloading and stopping the server. The main thread does this and waits for
 * signals; all else happens on other threads.
 */
#include "engine/engine.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "engine/bouncer.h"
#include "engine/control.h"
#include "engine/deliver.h"
#include "engine/http.h"
#include "engine/listen.h"
#include "engine/sender.h"
#include "engine/session.h"

#define STOP_SECONDS   30    /* that sessions at work have to finish */
#define SENDER_STOP_MS 10000 /* the same for mail on its way to others */

policy *engine_policy(engine *e)
{
	policy *p;

	pthread_mutex_lock(&e->lock);
	p = policy_hold(e->policy);
	pthread_mutex_unlock(&e->lock);
	return p;
}

uint64_t engine_new_session(engine *e)
{
	struct timespec t;
	uint64_t now, last = atomic_load(&e->last_session), next;

	clock_gettime(CLOCK_REALTIME, &t);
	now = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
	do
		next = now > last ? now : last + 1;
	while (!atomic_compare_exchange_weak(&e->last_session, &last, next));
	return next;
}

/* --- looking at the machine */

static void look_at_space(engine *e)
{
	struct statvfs v;
	policy *p = engine_policy(e);
	const settings *s = p->settings;

	if (statvfs(s->server.spool, &v) == 0)
		atomic_store(&e->full, (uint64_t)v.f_bavail * v.f_frsize <
					       s->server.free_space_min);
	policy_drop(p);
}

static void on_tick(loop *l, void *ctx)
{
	engine *e = ctx;

	if (l != &e->loops[0])
		return;
	look_at_space(e);
	limiter_sweep(e->limiter, loop_clock());
}

static void raise_file_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

/* --- privileges */

/* Gives up root for good: groups, group, user, in that order. */
static bool become(const settings *s, problems *told)
{
	const char *name = s->server.user;
	const struct passwd *pw;
	const struct group *gr;
	gid_t gid;

	if (name[0] == '\0')
		return true;
	pw = getpwnam(name);
	gr = s->server.group[0] != '\0' ? getgrnam(s->server.group) : NULL;
	if (pw == NULL || (s->server.group[0] != '\0' && gr == NULL)) {
		problem_add(told, settings_place(s, &s->server.user),
			    "there is no user or group of that name");
		return false;
	}
	gid = gr != NULL ? gr->gr_gid : pw->pw_gid;
	if (geteuid() == pw->pw_uid && getegid() == gid)
		return true;
	if (initgroups(name, gid) != 0 || setgid(gid) != 0 || setuid(pw->pw_uid) != 0) {
		problem_add(told, settings_place(s, &s->server.user),
			    "can't become that user: %s", strerror(errno));
		return false;
	}
	return true;
}

/* The spool belongs to who runs the server; root makes it for them. */
static bool make_spool(const settings *s, problems *told)
{
	const struct passwd *pw;

	if (mkdir(s->server.spool, 0700) != 0 && errno != EEXIST) {
		problem_add(told, settings_place(s, &s->server.spool), "%s: %s",
			    s->server.spool, strerror(errno));
		return false;
	}
	pw = s->server.user[0] != '\0' ? getpwnam(s->server.user) : NULL;
	if (pw != NULL && geteuid() == 0 && pw->pw_uid != 0 &&
	    chown(s->server.spool, pw->pw_uid, pw->pw_gid) != 0) {
		problem_add(told, settings_place(s, &s->server.spool), "%s: %s",
			    s->server.spool, strerror(errno));
		return false;
	}
	return true;
}

static bool write_pid(const settings *s, problems *told)
{
	FILE *f;

	if (s->server.pid_file[0] == '\0')
		return true;
	f = fopen(s->server.pid_file, "we");
	if (f != NULL && fprintf(f, "%ld\n", (long)getpid()) > 0 && fclose(f) == 0)
		return true;
	problem_add(told, settings_place(s, &s->server.pid_file), "%s: %s",
		    s->server.pid_file, strerror(errno));
	return false;
}

/* --- starting */

static bool failed(problems *told, const char *what, int error)
{
	problem_add(told, (problem){.file = "mailwhy"}, "%s: %s", what, strerror(error));
	return false;
}

static bool open_store(engine *e, const settings *s, problems *told)
{
	mw_err err = {0};

	if (store_open(&e->store, s->server.spool, &err) == MW_OK)
		return true;
	problem_add(told, (problem){.file = s->server.spool}, "%s%s%s", err.msg,
		    err.pos != 0 ? ": " : "", err.pos != 0 ? strerror((int)err.pos) : "");
	return false;
}

/* The writer of the store has work for a core of its own: with as many loops as cores
 * they only take it from one another. */
static bool start_loops(engine *e, const settings *s, problems *told)
{
	const long cores = sysconf(_SC_NPROCESSORS_ONLN);
	const unsigned n = s->server.threads != 0 ? (unsigned)s->server.threads
			   : cores > 1            ? (unsigned)cores - 1
						  : 1;

	e->loops = calloc(n, sizeof *e->loops);
	if (e->loops == NULL)
		return failed(told, "threads", ENOMEM);
	for (unsigned i = 0; i < n; i++) {
		const int error = loop_start(&e->loops[i], on_tick, e);

		if (error != 0)
			return failed(told, "threads", error);
		e->loop_count++;
	}
	return true;
}

static bool start_log(outlog *l, const char *path, problems *told)
{
	int error;

	if (path[0] == '\0')
		return true;
	error = outlog_start(l, path);
	return error == 0 || failed(told, path, error);
}

/* Each may give the others work at once: all that they are given is there before. A test
 * server keeps all mail: there is nothing to send. */
static bool start_delivering(engine *e, problems *told)
{
	e->bouncer = bouncer_open(e);
	if (e->bouncer == NULL)
		return failed(told, "start", ENOMEM);
	e->deliverer = deliver_start(e);
	if (e->deliverer == NULL)
		return failed(told, "start", ENOMEM);
	if (!policy_keeps(e->policy) && (e->sender = sender_start(e, told)) == NULL)
		return false;
	return bouncer_start(e->bouncer) || failed(told, "threads", EAGAIN);
}

static bool start(engine *e, settings *s, const engine_options *o, problems *told)
{
	e->policy = policy_open(s, o->seed, told);
	if (e->policy == NULL || !make_spool(s, told))
		return false;
	snprintf(e->hostname, sizeof e->hostname, "%s", e->policy->hostname);
	e->listeners = listeners_open(s, NULL, told);
	e->http = http_open(s, told);
	if (e->listeners == NULL || (e->http == NULL && s->listen.http.count > 0) ||
	    !write_pid(s, told) || !become(s, told))
		return false;
	if (!start_log(&e->log, s->server.log, told) ||
	    !start_log(&e->transcript, s->server.transcript, told) ||
	    !open_store(e, s, told))
		return false;
	e->limiter = limiter_open();
	e->quotas = quotas_open();
	e->workers = workers_start(2);
	if (e->limiter == NULL || e->quotas == NULL || e->workers == NULL)
		return failed(told, "start", ENOMEM);
	if (!start_loops(e, s, told))
		return false;
	if (!start_delivering(e, told))
		return false;
	e->control = control_start(e, s->server.spool, told);
	if (e->control == NULL)
		return false;
	if (!http_start(e->http, e) || !listeners_start(e->listeners, e))
		return failed(told, "start", ENOMEM);
	return true;
}

/* --- reloading: sessions keep the policy that they have */

static void reload(engine *e, const engine_options *o, problems *told)
{
	settings *s = settings_new();
	policy *p = NULL, *old;
	listeners *now = NULL, *before = e->listeners;

	if (s == NULL ||
	    (o->config != NULL && settings_read(s, o->config, told) != MW_OK) ||
	    !o->on_top(s, o->ctx, told) || !settings_check(s, told))
		goto keep_old;
	p = policy_open(s, o->seed, told);
	if (p != NULL)
		now = listeners_open(s, before, told);
	if (now == NULL)
		goto keep_old;
	pthread_mutex_lock(&e->lock);
	old = e->policy;
	e->policy = p;
	pthread_mutex_unlock(&e->lock);
	policy_drop(old);
	listeners_quiet(before, e);
	e->listeners = now;
	if (!listeners_start(now, e))
		(void)failed(told, "reload", ENOMEM);
	listeners_close(&before);
	outlog_reopen(&e->log);
	outlog_reopen(&e->transcript);
	settings_drop(s);
	return;
keep_old:
	problem_add(told, (problem){.file = "mailwhy", .warning = true},
		    "the reload failed; what was set before goes on");
	policy_drop(p);
	settings_drop(s);
}

/* --- stopping */

static void tell_sessions(void *ctx)
{
	session_stop_all(ctx);
}

/* A second signal, or too much time, ends the wait. */
static void wait_for_sessions(engine *e, const sigset_t *signals)
{
	const struct timespec moment = {0, 50000000};
	const int64_t until = loop_clock() + STOP_SECONDS * 1000;
	int signal = 0;

	while (atomic_load(&e->sessions) > 0 && loop_clock() < until &&
	       signal != SIGINT && signal != SIGTERM) {
		for (unsigned i = 0; i < e->loop_count; i++)
			loop_call(&e->loops[i], tell_sessions, &e->loops[i]);
		signal = sigtimedwait(signals, NULL, &moment);
	}
}

static void drop_sessions(void *ctx)
{
	session_drop_all(ctx);
}

/* Sessions first, for they ask the store; the store after the deliverer, which asks it
 * too; the loops after the store, whose answers come to them. */
static void stop(engine *e, const sigset_t *signals)
{
	atomic_store(&e->stopping, true);
	atomic_fetch_add(&e->stop_generation, 1);
	if (e->listeners != NULL)
		listeners_quiet(e->listeners, e);
	if (e->store != NULL && e->loop_count > 0)
		wait_for_sessions(e, signals);
	http_stop(&e->http);
	control_stop(&e->control);
	listeners_close(&e->listeners);
	workers_stop(&e->workers);
	for (unsigned i = 0; i < e->loop_count; i++)
		loop_call(&e->loops[i], drop_sessions, &e->loops[i]);
	sender_stop(e->sender, SENDER_STOP_MS);
	bouncer_stop(e->bouncer);
	deliver_stop(e->deliverer);
	if (e->store != NULL)
		store_close(&e->store);
	for (unsigned i = 0; i < e->loop_count; i++)
		loop_stop(&e->loops[i]);
	sender_close(&e->sender);
	bouncer_close(&e->bouncer);
	deliver_close(&e->deliverer);
	free(e->loops);
	limiter_close(&e->limiter);
	quotas_close(&e->quotas);
	outlog_stop(&e->log);
	outlog_stop(&e->transcript);
	if (e->policy != NULL && e->policy->settings->server.pid_file[0] != '\0')
		unlink(e->policy->settings->server.pid_file);
	policy_drop(e->policy);
	pthread_mutex_destroy(&e->lock);
}

static void tell_ready(const engine *e, int fd)
{
	char memory[8192];
	mw_buf b;

	sd_notify(0, "READY=1");
	if (fd < 0)
		return;
	mw_buf_init(&b, memory, sizeof memory);
	mw_buf_put(&b, MW_LIT("ready "));
	listeners_describe(e->listeners, &b);
	http_describe(e->http, &b);
	mw_buf_put_char(&b, '\n');
	if (write(fd, b.ptr, b.len) < 0)
		return;
	close(fd);
}

static void wait_for_signals(engine *e, const engine_options *o, const sigset_t *signals,
			     problems *told)
{
	int signal;

	for (;;) {
		if (sigwait(signals, &signal) != 0 || signal != SIGHUP)
			return;
		sd_notify(0, "RELOADING=1");
		told->errors = told->warnings = 0;
		reload(e, o, told);
		sd_notify(0, "READY=1");
	}
}

static engine *new_engine(const mw_knowledge *kb, const engine_options *options,
			  sigset_t *signals)
{
	engine *e = calloc(1, sizeof *e);

	if (e == NULL)
		return NULL;
	e->kb = kb;
	e->convert = options->convert;
	e->convert_ctx = options->convert_ctx;
	e->no_letters = options->no_letters;
	pthread_mutex_init(&e->lock, NULL);
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGHUP);
	/* All threads inherit it: signals are the main thread's. */
	pthread_sigmask(SIG_BLOCK, signals, NULL);
	raise_file_limit();
	return e;
}

int engine_run(settings *s, const mw_knowledge *kb, const engine_options *options,
	       problems *told)
{
	sigset_t signals;
	engine *e = new_engine(kb, options, &signals);
	bool good;
	int rc;

	if (e == NULL)
		return EX_OSERR;
	good = start(e, s, options, told);
	if (good) {
		tell_ready(e, options->ready_fd);
		wait_for_signals(e, options, &signals, told);
		sd_notify(0, "STOPPING=1");
	}
	/* Without a policy it was a file that the settings name: scenario, users, keys.
	 */
	rc = good ? EX_OK : e->policy == NULL ? EX_CONFIG : EX_UNAVAILABLE;
	stop(e, &signals);
	free(e);
	return rc;
}

/* --- without listeners */

static bool start_once(engine *e, settings *s, const engine_options *o, problems *told)
{
	e->policy = policy_open(s, o->seed, told);
	if (e->policy == NULL || !make_spool(s, told))
		return false;
	snprintf(e->hostname, sizeof e->hostname, "%s", e->policy->hostname);
	return start_log(&e->log, s->server.log, told) && open_store(e, s, told);
}

static bool is_idle(engine *e)
{
	return deliver_idle(e->deliverer) && bouncer_idle(e->bouncer) &&
	       (e->sender == NULL || sender_idle(e->sender));
}

/* Each of the three gives the others work: idle is when all are, twice in a row. */
static void wait_until_idle(engine *e, const sigset_t *signals, unsigned wait)
{
	const struct timespec moment = {0, 20000000};
	const int64_t until = wait > 0 ? loop_clock() + wait * INT64_C(1000) : INT64_MAX;
	unsigned idle = 0;

	while (idle < 3 && loop_clock() < until) {
		if (sigtimedwait(signals, NULL, &moment) > 0)
			return;
		idle = is_idle(e) ? idle + 1 : 0;
	}
}

int engine_run_once(settings *s, const mw_knowledge *kb, const engine_options *options,
		    engine_prepare *prepare, void *ctx, unsigned wait, problems *told)
{
	sigset_t signals;
	engine *e = new_engine(kb, options, &signals);
	bool good;
	int rc;

	if (e == NULL)
		return EX_OSERR;
	good = start_once(e, s, options, told) &&
	       (prepare == NULL || prepare(e, ctx, told)) && start_delivering(e, told);
	if (good)
		wait_until_idle(e, &signals, wait);
	rc = good ? EX_OK : e->policy == NULL ? EX_CONFIG : EX_UNAVAILABLE;
	stop(e, &signals);
	free(e);
	return rc;
}

void engine_stored(engine *e, struct transaction *t, mw_status status)
{
	if (status == MW_OK && e->sender != NULL)
		sender_take(e->sender, t);
	if (e->deliverer != NULL)
		deliver_stored(e->deliverer, t, status);
	else
		transaction_close(&t);
}
