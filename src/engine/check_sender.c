/* SPDX-License-Identifier: MIT */
#include "engine/checks.h"

/* Who logged in sends as themselves (RFC 6409, section 6.1). */
bool check_sender_owned(session *s, const mw_smtp_event *e, mw_answer *a)
{
	if (s->login[0] == '\0')
		return false;
	switch (login_may_send(s->policy->accounts, mw_str_of(s->login),
			       e->mail.sender)) {
	case LOGIN_SENDER_OWN:
		return false;
	case LOGIN_SENDER_TROUBLE:
		return check_answers(s, a, MW_ANSWER_LOOKUP_TROUBLE, MW_LIT(""));
	case LOGIN_SENDER_OTHERS:
		break;
	}
	return check_answers(s, a, MW_ANSWER_SENDER_NOT_YOURS, e->mail.sender);
}

bool check_rate(session *s, const mw_smtp_event *e, mw_answer *a)
{
	const settings *set = s->policy->settings;
	const int64_t now = loop_clock();
	const mw_str user = mw_str_of(s->login);
	const mw_str from = mw_str_of(s->client.text);
	const mw_str network = mw_str_of(s->client.network);

	(void)e;
	if (user.len > 0)
		return !limiter_take(s->e->limiter, LIMIT_MAIL_USER, user,
				     set->limits.messages_per_user, now) &&
		       check_answers(s, a, MW_ANSWER_RATE_USER, user);
	if (s->client.local)
		return false;
	if (!limiter_take(s->e->limiter, LIMIT_MAIL_CLIENT, from,
			  set->limits.messages_per_client, now))
		return check_answers(s, a, MW_ANSWER_RATE_CLIENT, from);
	if (!limiter_take(s->e->limiter, LIMIT_MAIL_NETWORK, network,
			  set->limits.messages_per_network, now))
		return check_answers(s, a, MW_ANSWER_RATE_NETWORK, network);
	return false;
}
