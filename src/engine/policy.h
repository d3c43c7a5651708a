/* SPDX-License-Identifier: MIT
 *
 * What sessions go by: the settings and what was made of them. A session holds the policy
 * that it began with, so that a reload changes nothing under its feet.
 */
#ifndef MAILWHY_ENGINE_POLICY_H
#define MAILWHY_ENGINE_POLICY_H

#include <mailwhy/smtp_server.h>
#include <openssl/ssl.h>

#include "engine/accounts.h"
#include "engine/route.h"
#include "engine/scenario.h"
#include "queue/schedule.h"

/* The kinds of listener. */
#define SERVICE_MAP(X)                                                                   \
	X(SMTP, "smtp")                                                                  \
	X(SUBMISSION, "submission")                                                      \
	X(SUBMISSIONS, "submissions")                                                    \
	X(LMTP, "lmtp")                                                                  \
	X(LOCAL, "local")

#define X(name, text) SERVICE_##name,
typedef enum service { SERVICE_MAP(X) SERVICE_COUNT } service;
#undef X

/* "smtp"; a constant string. */
const char *service_name(service s);

typedef struct policy {
	settings *settings;
	accounts *accounts;
	SSL_CTX *tls;       /* NULL: no certificate */
	scenario *scenario; /* NULL: no test server */
	routes *routes;
	schedule schedule;
	mw_smtp_params params[SERVICE_COUNT];
	char hostname[256];
	atomic_uint holders;
} policy;

/* Makes one of settings that were checked, and holds them. `seed` is for the scenario.
 * NULL after all errors were told. */
policy *policy_open(settings *s, uint64_t seed, problems *told);

policy *policy_hold(policy *p);
void policy_drop(policy *p);

/* True for a test server: all mail is taken, kept and not delivered. */
bool policy_keeps(const policy *p);

/* True for a client whose mail is relayed because of its address. */
bool policy_relays_for(const policy *p, const unsigned char address[16]);

#endif
