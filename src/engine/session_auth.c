/* SPDX-License-Identifier: MIT
 *
 * Logins: the steps run on a worker, for a password is hashed slowly; a wrong one is
 * answered later each time, and after some of them the client is sent away.
 */
#include <event2/event.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/session.h"
#include "net/tls.h"

#define GUESSES_MAX 3U /* in one session */

static void wipe(char **s)
{
	if (*s != NULL)
		OPENSSL_cleanse(*s, strlen(*s));
	free(*s);
	*s = NULL;
}

void session_auth_end(session *s)
{
	login_close(&s->auth);
	wipe(&s->auth_challenge);
}

static void say_failed(session *s)
{
	const bool enough = s->guesses >= GUESSES_MAX;

	session_say(s, enough ? MW_ANSWER_TOO_MANY_GUESSES : MW_ANSWER_AUTH_FAILED,
		    MW_LIT(""));
}

static void on_delay(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	say_failed(ctx);
}

/* One second for the first, one more for each: a guesser's time, not a person's. */
static void fail(session *s)
{
	const value_rate rate = s->policy->settings->limits.login_failures;
	const struct timeval wait = {(time_t)++s->guesses, 0};

	metrics_add(&s->e->metrics.login_failures_total, 1);
	if (!s->client.local)
		(void)limiter_take(s->e->limiter, LIMIT_LOGIN, mw_str_of(s->client.text),
				   rate, loop_clock());
	if (s->delay == NULL)
		s->delay = event_new(s->l->base, -1, 0, on_delay, s);
	if (s->delay == NULL || event_add(s->delay, &wait) != 0)
		say_failed(s);
}

static void succeed(session *s)
{
	metrics_add(&s->e->metrics.logins_total, 1);
	session_say(s, MW_ANSWER_AUTH_OK, MW_LIT(""));
}

static void challenge(session *s)
{
	const mw_answer a = {334,   {0, 0, 0},  mw_str_of(s->auth_challenge),
			     false, MW_LIT(""), MW_CATEGORY_UNKNOWN};

	session_answer(s, &a);
}

/* On the loop again. */
static void finished(task *t)
{
	session *s = (session *)(void *)t;

	wipe(&s->auth_line);
	if (s->gone) {
		session_free(s);
		return;
	}
	if (s->auth_state == LOGIN_OK)
		snprintf(s->login, sizeof s->login, "%.*s", MW_FMT(login_user(s->auth)));
	/* Before the answer: with it the session may end, or the next AUTH begin. */
	if (s->auth_state != LOGIN_MORE)
		session_auth_end(s);
	switch (s->auth_state) {
	case LOGIN_MORE:
		challenge(s);
		break;
	case LOGIN_OK:
		succeed(s);
		break;
	case LOGIN_FAILED:
		fail(s);
		break;
	case LOGIN_CANCELLED:
		session_say(s, MW_ANSWER_AUTH_CANCELLED, MW_LIT(""));
		break;
	case LOGIN_BAD_BASE64:
		session_say(s, MW_ANSWER_BAD_BASE64, MW_LIT(""));
		break;
	case LOGIN_TROUBLE:
		session_say(s, MW_ANSWER_AUTH_TEMPORARY, MW_LIT(""));
		break;
	}
}

/* On a worker. The session stays where it is until finished() has run. */
static void step(task *t)
{
	session *s = (session *)(void *)t;
	char room[LOGIN_CHALLENGE_MAX];
	mw_str text = {"", 0};

	s->auth_state = login_step(s->auth, mw_str_of(s->auth_line), room, &text);
	if (s->auth_state == LOGIN_MORE) {
		s->auth_challenge = strndup(text.ptr, text.len);
		if (s->auth_challenge == NULL)
			s->auth_state = LOGIN_TROUBLE;
	}
	OPENSSL_cleanse(room, sizeof room);
	s->finished.run = finished;
	loop_post(s->l, &s->finished);
}

static login *start(session *s, unsigned mechanism)
{
	unsigned char bytes[64];
	const char *name = "";
	login_binding binding = {{"", 0}, {"", 0}};
	size_t len;

	if (tls_binding(conn_tls(s->c), &name, bytes, &len)) {
		const mw_str data = {(const char *)bytes, len};

		if (strcmp(name, "tls-exporter") == 0)
			binding.exporter = data;
		else
			binding.unique = data;
	}
	return login_start(mechanism, s->policy->accounts, &binding, s->policy->hostname);
}

void session_auth(session *s, const mw_smtp_event *e)
{
	if (e->kind == MW_SMTP_AUTH) {
		session_auth_end(s);
		s->auth = start(s, e->mechanism);
	}
	wipe(&s->auth_challenge);
	s->auth_line = strndup(e->word.ptr, e->word.len);
	s->finished.run = step;
	if (s->auth != NULL && s->auth_line != NULL &&
	    workers_ask(s->e->workers, &s->finished))
		return;
	wipe(&s->auth_line);
	session_auth_end(s);
	session_say(s, MW_ANSWER_AUTH_TEMPORARY, MW_LIT(""));
}
