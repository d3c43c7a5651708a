/* SPDX-License-Identifier: MIT
 *
 * One client at work: a connection (net/conn.h), the dialogue (mailwhy/smtp_server.h),
 * and the transaction. Belongs to the thread of its loop.
 */
#ifndef MAILWHY_ENGINE_SESSION_H
#define MAILWHY_ENGINE_SESSION_H

#include <netinet/in.h>

#include "engine/address.h"
#include "engine/engine.h"
#include "engine/login.h"
#include "engine/transaction.h"
#include "net/conn.h"

/* A client as listeners saw it. */
typedef struct client {
	unsigned char address[16];   /* IPv4 as ::ffff:a.b.c.d; all 0: a unix socket */
	bool local;                  /* came by a unix socket */
	char text[INET6_ADDRSTRLEN]; /* "192.0.2.1"; "local" for a unix socket */
	char network[INET6_ADDRSTRLEN + 4]; /* its /24 or /64 */
} client;

/* What the test server adds to a session; only where a scenario is. */
typedef struct probe {
	scenario_act act; /* for the question at work */
	char room[SCENARIO_ROOM];
	struct event *timer;
	mw_answer late; /* to be given when the timer fires */
	bool armed;
} probe;

typedef struct session {
	task finished; /* work of another thread is done */
	engine *e;
	policy *policy;
	loop *l;
	conn *c; /* gone when `gone` is set */
	service kind;
	client client;
	bool relays;      /* its address is one that we relay for */
	bool tls_at_once; /* port 465: the handshake comes first */
	bool esmtp;
	bool counted;   /* in the limiter */
	bool wants_tls; /* as soon as the reply is sent */
	bool shaking;   /* hands, for TLS */
	bool waits;     /* a question is open */
	bool gone;      /* the connection is */
	mw_smtp_server smtp;
	mw_buf *out;       /* while input is handled; else NULL */
	mw_answer pending; /* code 0: none */
	char room[1200];   /* its text, and that of answers being made */
	mw_str line;       /* the command at work, while input is handled */
	mw_stage stage;
	char helo[256], login[ADDRESS_MAX + 1], id[20];
	unsigned guesses, messages;
	uint64_t number; /* of the session, in log and transcript */
	transaction *t;
	login *auth; /* while AUTH is at work */
	char *auth_line;
	login_state auth_state;
	char *auth_challenge;
	struct event *delay; /* for a login that failed */
	probe *probe;
	unsigned stop_seen;
	int64_t asked_at;   /* microseconds; of the final dot */
	int64_t body_since; /* ms; of the first byte of a message */
	uint64_t body_size; /* bytes of it so far */
	mw_str recipient;   /* of the question at work, while input is handled */
} session;

/* Begins a session on `fd`, which it takes over in any case. On the thread of `l`. */
void session_start(engine *e, loop *l, int fd, service kind, bool tls,
		   const client *from);

/* Says an answer to the open question, now or when the loop comes to it. The text is
 * copied. */
void session_answer(session *s, const mw_answer *a);

/* The same with an answer of the knowledge. */
void session_say(session *s, mw_answer_id id, mw_str what);

/* Tells sessions of a loop that the server stops: those that do nothing get 421 now. */
void session_stop_all(loop *l);

/* Ends all of a loop without a word. What the store has of them goes its own way. */
void session_drop_all(loop *l);

/* Frees one whose connection is gone and for which nobody works any more. */
void session_free(session *s);

/* AUTH and its responses (session_auth.c). */
void session_auth(session *s, const mw_smtp_event *e);
void session_auth_end(session *s);

/* What was said to this client goes to log, metrics and transcript (session_tell.c). */
void session_tell(session *s, mw_stage stage, const mw_answer *a, mw_str recipient);
void session_tell_said(session *s, const char *who, mw_str text);
void session_tell_body(session *s, uint64_t bytes);
/* The message was stored: one line a recipient. */
void session_tell_accepted(session *s, const transaction *t, const mw_answer *a);

/* The scenario's word on a question (session_probe.c): true when it took the question
 * over, whole. */
bool session_probe(session *s, mw_stage stage, mw_str recipient, uint64_t size);
/* Turns an answer of ours into what the scenario wants said. False: it was taken over (a
 * delay, a drop). */
bool session_probe_answer(session *s, mw_answer *a);
void session_probe_free(session *s);

#endif
