/* SPDX-License-Identifier: MIT
 *
 * The running server: what all its parts share. One struct, made by engine_start(),
 * passed down; there are no globals.
 */
#ifndef MAILWHY_ENGINE_ENGINE_H
#define MAILWHY_ENGINE_ENGINE_H

#include <mailwhy/mailwhy.h>

#include "engine/limiter.h"
#include "engine/metrics.h"
#include "engine/outlog.h"
#include "engine/policy.h"
#include "engine/quota.h"
#include "engine/workers.h"
#include "net/loop.h"
#include "queue/store.h"

typedef struct engine {
	const mw_knowledge *kb;
	mw_convert *convert; /* charsets, for /messages: the HTTP thread's alone */
	void *convert_ctx;
	loop *loops;
	unsigned loop_count;
	store *store;
	limiter *limiter;
	quotas *quotas;
	workers *workers; /* for what takes long: hashes of passwords */
	outlog log, transcript;
	metrics metrics;
	struct listeners *listeners;
	struct deliverer *deliverer;
	struct sender *sender;
	struct bouncer *bouncer;
	struct http *http;
	struct control *control;
	policy *policy; /* the one for new sessions; guarded by `lock` */
	pthread_mutex_t lock;
	bool no_letters; /* as engine_options say */
	atomic_bool stopping;
	atomic_uint sessions;
	atomic_uint_fast64_t last_session;
	atomic_bool full; /* less free space than the floor; looked at each second */
	atomic_uint stop_generation; /* sessions that saw another one stop */
	char hostname[256];          /* of the policy that it was started with */
} engine;

/* What the command line adds. */
typedef struct engine_options {
	int ready_fd;       /* a line is written to it when all listen; -1 none */
	const char *config; /* to be read again by a reload; NULL none */
	/* Puts the flags of the command line on top of what the file says. */
	bool (*on_top)(settings *s, void *ctx, problems *told);
	void *ctx;
	uint64_t seed;
	mw_convert *convert; /* charsets to UTF-8 (mailwhy/bounce.h) */
	void *convert_ctx;
	bool no_letters; /* senders get none: the caller tells them */
} engine_options;

/* Runs the server until SIGTERM or SIGINT: an exit status of sysexits.h. Settings were
 * read and checked. */
int engine_run(settings *s, const mw_knowledge *kb, const engine_options *options,
	       problems *told);

/* Makes a message part of the queue before delivering begins, and the like. */
typedef bool engine_prepare(engine *e, void *ctx, problems *told);

/* Without listeners: calls `prepare` (NULL: nothing), delivers what is due, and all that
 * follows from it, until nothing is due any more or a signal comes; then ends. `wait`
 * seconds are the most that it takes; 0: as long as it takes. An exit status. */
int engine_run_once(settings *s, const mw_knowledge *kb, const engine_options *options,
		    engine_prepare *prepare, void *ctx, unsigned wait, problems *told);

/* What the store has of a transaction goes its way: the sender and the deliverer get it.
 * Takes over `t`. Any thread. */
struct transaction;
void engine_stored(engine *e, struct transaction *t, mw_status status);

/* The policy for a new session, held for the caller. */
policy *engine_policy(engine *e);

/* A number that no other session had: the time in microseconds, or one more than the
 * last. */
uint64_t engine_new_session(engine *e);

#endif
