/* SPDX-License-Identifier: MIT
 *
 * Logins by SASL (RFC 4954): PLAIN, LOGIN, SCRAM-SHA-256 and SCRAM-SHA-256-PLUS.
 *
 * A step may take some ten milliseconds, for a password is hashed on purpose slowly: it
 * belongs on a thread that nobody waits for. Any thread may do any step, one at a time.
 *
 * Who tries a name that nobody has gets the same challenges and waits as long as who
 * tries a wrong password. There is no telling which it was.
 */
#ifndef MAILWHY_ENGINE_LOGIN_H
#define MAILWHY_ENGINE_LOGIN_H

#include "engine/accounts.h"

/* RFC 4954, section 4: the longest line. */
#define LOGIN_LINE_MAX 12288U
/* Challenges of ours are short. */
#define LOGIN_CHALLENGE_MAX 1024U

/* What ties a login to its TLS connection, for -PLUS (RFC 9266, RFC 5929). Give it also
 * with plain SCRAM when -PLUS was offered: a client that could have used it and was
 * told that it can't is then refused, for somebody in between has tampered. */
typedef struct login_binding {
	mw_str exporter; /* tls-exporter, with TLS 1.3; empty none */
	mw_str unique;   /* tls-unique, with TLS 1.2; empty none */
} login_binding;

typedef enum login_state {
	LOGIN_MORE,       /* 334 and the challenge */
	LOGIN_OK,         /* login_user() is in */
	LOGIN_FAILED,     /* wrong, or unknown, or not what the mechanism says */
	LOGIN_CANCELLED,  /* the client sent "*" */
	LOGIN_BAD_BASE64, /* or longer than LOGIN_LINE_MAX */
	LOGIN_TROUBLE     /* the database does not answer, or no memory */
} login_state;

typedef struct login login;

/* Begins with a mechanism, one of MW_SASL_. Holds `a`. What `binding` points to is
 * copied; `hostname` must be NUL-terminated. NULL: no memory, or no such mechanism. */
login *login_start(unsigned mechanism, accounts *a, const login_binding *binding,
		   const char *hostname);

/* One response of the client, in base64, without line end; the first is the initial
 * response, "" for none and "=" for an empty one. Sets up `challenge` over `room` and
 * fills it in base64 when the answer is LOGIN_MORE. After any other answer the login is
 * over. */
login_state login_step(login *l, mw_str response, char room[LOGIN_CHALLENGE_MAX],
		       mw_str *challenge);

/* After LOGIN_OK: the user in its one form; lives as long as the login. */
mw_str login_user(const login *l);

/* Wipes and frees; *l becomes NULL. */
void login_close(login **l);

typedef enum login_sender {
	LOGIN_SENDER_OWN,
	LOGIN_SENDER_OTHERS,
	LOGIN_SENDER_TROUBLE
} login_sender;

/* May that user send as `sender`? The empty sender, the user's own address with or
 * without detail, addresses that lead to it, and those that sender= names. */
login_sender login_may_send(accounts *a, mw_str user, mw_str sender);

#endif
