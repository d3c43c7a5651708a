/* SPDX-License-Identifier: MIT
 *
 * Logging in at another server (SASL, libgsasl).
 */
#ifndef MAILWHY_ENGINE_CLIENT_LOGIN_H
#define MAILWHY_ENGINE_CLIENT_LOGIN_H

#include <mailwhy/smtp.h>

typedef struct login_client login_client;

/* Chooses the best of the offered mechanisms; those that show the password only where
 * the line is safe. NULL: none will do, or no memory. `user` and `password` are copied.
 */
login_client *login_client_open(unsigned offered, bool safe, const char *user,
				const char *password);
void login_client_close(login_client **l);

/* "SCRAM-SHA-256"; a constant string. */
mw_str login_client_mechanism(const login_client *l);

/* What to say first, as base64, "=" for an empty one; empty: wait for the challenge. */
mw_str login_client_first(login_client *l);

/* The answer to a challenge, both base64; "*": it makes no sense. Valid until the next
 * call. */
mw_str login_client_answer(login_client *l, mw_str challenge);

#endif
