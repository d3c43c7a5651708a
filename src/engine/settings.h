/* SPDX-License-Identifier: MIT
 *
 * What mailwhy serve was told: one file in INI form, and flags of the command line on
 * top. One table (settings_table.c) says what there is; reading, checking, showing and
 * the test of the manual page all go by it.
 *
 * Sessions keep the settings that they began with, so the struct counts its holders:
 * it is written to by one thread until it is shared, and by nobody from then on.
 */
#ifndef MAILWHY_ENGINE_SETTINGS_H
#define MAILWHY_ENGINE_SETTINGS_H

#include <mailwhy/status.h>
#include <stdatomic.h>
#include <stdio.h>

#include "engine/pool.h"
#include "engine/problem.h"
#include "engine/settings_value.h"

/* At least as many as there are settings. */
#define SETTINGS_MAX 128
/* Room for why a value is refused. */
#define SETTINGS_WHY 200

/* Texts and paths are never NULL: "" where nothing is set. Sizes are bytes, spans
 * seconds; 0 of a limit is none. `unsigned` in answer to a question: 0 or 1. */
typedef struct settings {
	struct {
		const char *hostname, *spool, *store, *user, *group;
		uint64_t threads; /* 0: one a core */
		uint64_t sessions_max, free_space_min;
		unsigned accept_mail;
		value_networks refuse;
		const char *transcript, *log, *pid_file;
	} server;
	struct {
		value_endpoints smtp, submission, submissions, http;
		value_list lmtp;  /* paths of sockets */
		value_list local; /* the same, for programs of this machine */
	} listen;
	struct {
		const char *certificate, *key;
		unsigned minimum; /* 0: TLS 1.2, 1: TLS 1.3 */
	} tls;
	struct {
		uint64_t message_size, recipients, messages_per_session, errors, hops;
		uint64_t header, line, command_line;
		uint64_t sessions_per_client, sessions_per_network;
		value_rate messages_per_client, messages_per_network, messages_per_user;
		value_rate login_failures;
		uint64_t idle_timeout, data_timeout;
		uint64_t min_rate; /* bytes a second */
	} limits;
	struct {
		unsigned bare_line_ends, early_talk; /* 0 refuse, 1 accept */
		unsigned pipelining, chunking, binarymime, smtputf8, dsn, requiretls;
	} protocol;
	struct {
		value_list domains;
		const char *mailboxes, *users;
		value_endpoint lmtp; /* all local mail goes there */
		const char *subaddress, *catch_all, *postmaster;
		uint64_t quota;
	} local;
	struct {
		value_networks networks;
		value_endpoint route;
		const char *routes, *user, *password_file;
		unsigned tls; /* of the route: 0 as [delivery] has it, 1 none, 2 may,
				 3 must */
	} relay;
	struct {
		value_list source;
		unsigned addresses; /* 0 both, 1 IPv4, 2 IPv6 */
		unsigned tls;       /* 0 none, 1 may, 2 must */
		const char *authorities;
		uint64_t port;
		uint64_t connections; /* all together */
		/* Of one destination. */
		uint64_t destination_connections, messages_per_connection,
			messages_per_minute;
		uint64_t first_connections, first_messages;
		uint64_t recipients;
		uint64_t connect_timeout, idle, uncertain_wait;
		uint64_t patience; /* percent of the times of RFC 5321 */
		unsigned chunking;
		uint64_t return_size; /* bytes of a message that a bounce returns whole */
		unsigned own_addresses; /* 0 refuse, 1 deliver */
	} delivery;
	struct {
		uint64_t lifetime, longest, warn, warn_urgent;
		value_list schedule, keep;
	} retry;
	struct {
		value_list servers;
		const char *trust_anchor;
		uint64_t timeout;
	} dns;
	struct {
		unsigned mechanisms; /* MW_SASL_, a set */
		unsigned plaintext;
	} auth;
	struct {
		const char *scenario;
		unsigned keep;
	} test;
	struct {
		value_list file;
	} rules;

	/* Private. */
	const char *path;            /* of the file; NULL: none was read */
	unsigned line[SETTINGS_MAX]; /* where each was set last; 0: not in the file */
	bool given[SETTINGS_MAX];    /* not the default any more */
	struct settings_text *texts, **texts_end; /* what was given, in that order */
	pool memory;
	atomic_uint holders;
} settings;

/* The settings that hold when nobody says anything; NULL: out of memory. */
settings *settings_new(void);

/* One holder more, one less; the last frees it. NULL may be dropped. */
settings *settings_hold(settings *s);
void settings_drop(settings *s);

/* Reads a file on top of what is set. MW_E_ABSENT: it can't be read; MW_E_SYNTAX: not
 * all of it is good; both were told. MW_E_NOMEM. */
MW_CHECKED mw_status settings_read(settings *s, const char *path, problems *told);

/* Sets one value as a line of the file would: scalars are replaced, lists get longer
 * ("" empties them). MW_E_SYNTAX with the reason in `why`, MW_E_NOMEM. */
MW_CHECKED mw_status settings_set(settings *s, const char *section, const char *name,
				  const char *value, char why[SETTINGS_WHY]);

/* Do they fit each other and this machine? Tells of each problem; true when none of them
 * is an error. Opens files to see whether that works, and writes to nothing. */
bool settings_check(const settings *s, problems *told);

struct schedule;

/* What they say of retries; false after all errors were told. */
bool settings_schedule(struct schedule *out, const settings *s, problems *told);

/* The nth setting as lines of a file, with its help as a comment and before the first of
 * a section its head: what was given as given, the default as a comment. Returns false
 * when there are not that many. O(what was given). */
bool settings_show(const settings *s, size_t nth, FILE *out);

/* Where the setting at that field of *s stands: the file, and the line or 0. */
problem settings_place(const settings *s, const void *field);

#endif
