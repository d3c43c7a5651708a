/* SPDX-License-Identifier: MIT */
#include "engine/checks.h"

static check *const at_connect[] = {check_served, check_guesser, check_sessions, NULL};
static check *const at_auth[] = {check_guesser, NULL};
static check *const at_mail[] = {check_sender_owned, check_rate, check_space, NULL};
static check *const at_rcpt[] = {check_recipient, NULL};
static check *const at_data[] = {check_space, NULL};

bool check_answers(session *s, mw_answer *a, mw_answer_id id, mw_str what)
{
	*a = mw_answer_fill(id, what, s->room, sizeof s->room);
	return true;
}

static check *const *list_of(mw_smtp_event_kind kind)
{
	static check *const none[] = {NULL};

	if (kind == MW_SMTP_CONNECT)
		return at_connect;
	if (kind == MW_SMTP_AUTH)
		return at_auth;
	if (kind == MW_SMTP_MAIL)
		return at_mail;
	if (kind == MW_SMTP_RCPT)
		return at_rcpt;
	return kind == MW_SMTP_DATA ? at_data : none;
}

bool checks_run(session *s, const mw_smtp_event *e, mw_answer *a)
{
	for (check *const *c = list_of(e->kind); *c != NULL; c++)
		if ((*c)(s, e, a))
			return true;
	return false;
}
