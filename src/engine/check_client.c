/* SPDX-License-Identifier: MIT */
#include "engine/checks.h"

bool check_served(session *s, const mw_smtp_event *e, mw_answer *a)
{
	const settings *set = s->policy->settings;
	const mw_str host = s->policy->params[s->kind].hostname;

	(void)e;
	if (!set->server.accept_mail)
		return check_answers(s, a, MW_ANSWER_NO_MAIL_HERE, host);
	if (s->client.local ||
	    !value_networks_have(&set->server.refuse, s->client.address))
		return false;
	return check_answers(s, a, MW_ANSWER_NO_SERVICE, host);
}

bool check_guesser(session *s, const mw_smtp_event *e, mw_answer *a)
{
	/* Port 25 takes mail of others too, and a webmail logs in for many. */
	if (s->client.local || s->relays ||
	    (e->kind == MW_SMTP_CONNECT) == (s->kind == SERVICE_SMTP) ||
	    !limiter_exhausted(s->e->limiter, LIMIT_LOGIN, mw_str_of(s->client.text),
			       s->policy->settings->limits.login_failures, loop_clock()))
		return false;
	return check_answers(s, a, MW_ANSWER_TOO_MANY_GUESSES, MW_LIT(""));
}

bool check_sessions(session *s, const mw_smtp_event *e, mw_answer *a)
{
	const settings *set = s->policy->settings;
	const mw_str from = mw_str_of(s->client.text);
	const mw_str network = mw_str_of(s->client.network);

	(void)e;
	if (s->client.local)
		return false;
	if (!limiter_enter(s->e->limiter, LIMIT_CLIENT, from,
			   set->limits.sessions_per_client))
		return check_answers(s, a, MW_ANSWER_TOO_MANY_FROM_CLIENT, from);
	if (!limiter_enter(s->e->limiter, LIMIT_NETWORK, network,
			   set->limits.sessions_per_network)) {
		limiter_leave(s->e->limiter, LIMIT_CLIENT, from);
		return check_answers(s, a, MW_ANSWER_TOO_MANY_FROM_NETWORK, network);
	}
	s->counted = true;
	return false;
}
