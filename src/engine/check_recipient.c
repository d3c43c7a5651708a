/* SPDX-License-Identifier: MIT
 *
 * What becomes of a recipient: taken here, forwarded, relayed, or refused, and why.
 */
#include "engine/checks.h"
#include "engine/quota.h"
#include "engine/recipients.h"

static bool may_relay(const session *s)
{
	return s->login[0] != '\0' || s->relays;
}

/* A mailbox that has no room. */
static bool is_full(session *s, const account *found, const store_recipient *r,
		    mw_answer *a)
{
	const uint64_t size = s->t->put.message.mail.size;
	uint64_t used;

	if (found->quota == 0 || r->route != STORE_MAILDIR)
		return false;
	if (size > found->quota)
		return check_answers(s, a, MW_ANSWER_MAILBOX_FULL, r->address);
	used = quota_used(s->e->quotas, r->target, loop_clock());
	if (used + size <= found->quota && used < found->quota)
		return false;
	return check_answers(s, a, MW_ANSWER_MAILBOX_FULL_NOW, r->address);
}

static bool no_memory(session *s, mw_answer *a)
{
	return check_answers(s, a, MW_ANSWER_LOCAL_TROUBLE, MW_LIT(""));
}

static bool add(session *s, const mw_rcpt *rcpt, const store_recipient *r, mw_answer *a)
{
	return recipient_add(s->t, rcpt, r) != MW_OK && no_memory(s, a);
}

static bool take(session *s, const mw_rcpt *rcpt, const account *found, mw_answer *a)
{
	recipient_room room;
	store_recipient r;

	if (!recipient_route(s->policy, found, &room, &r))
		return check_answers(s, a, MW_ANSWER_RECIPIENT_UNKNOWN, rcpt->recipient);
	return is_full(s, found, &r, a) || add(s, rcpt, &r, a);
}

/* An alias is taken when one of its members can be; when none can, the first one's
 * reason is told. */
static bool take_alias(session *s, const mw_rcpt *rcpt, pool *memory, mw_answer *a);

static bool take_one(session *s, const mw_rcpt *rcpt, const account *found, pool *memory,
		     bool aliased, mw_answer *a)
{
	switch (found->kind) {
	case ACCOUNT_MAILBOX:
		return take(s, rcpt, found, a);
	case ACCOUNT_ALIAS:
		return take_alias(s, rcpt, memory, a);
	case ACCOUNT_DISABLED:
		return check_answers(s, a, MW_ANSWER_RECIPIENT_DISABLED, rcpt->recipient);
	case ACCOUNT_MOVED:
		return check_answers(s, a, MW_ANSWER_RECIPIENT_MOVED, found->moved);
	case ACCOUNT_UNKNOWN:
		return check_answers(s, a, MW_ANSWER_RECIPIENT_UNKNOWN, rcpt->recipient);
	case ACCOUNT_FOREIGN:
		if (aliased || may_relay(s))
			return take(s, rcpt, found, a);
		return check_answers(s, a, MW_ANSWER_RELAY_DENIED, rcpt->recipient);
	case ACCOUNT_TROUBLE:
		break;
	}
	return check_answers(s, a, MW_ANSWER_LOOKUP_TROUBLE, MW_LIT(""));
}

static bool take_alias(session *s, const mw_rcpt *rcpt, pool *memory, mw_answer *a)
{
	account *list;
	size_t count, taken = 0;
	const mw_status status = accounts_expand(s->policy->accounts, rcpt->recipient,
						 memory, &list, &count);

	if (status == MW_E_LIMIT)
		return check_answers(s, a, MW_ANSWER_LOCAL_TROUBLE, MW_LIT(""));
	if (status != MW_OK || count == 0)
		return check_answers(s, a, MW_ANSWER_LOOKUP_TROUBLE, MW_LIT(""));
	for (size_t i = 0; i < count; i++)
		if (list[i].kind != ACCOUNT_ALIAS &&
		    !take_one(s, rcpt, &list[i], memory, true, a))
			taken++;
	/* Nobody takes it: the first one's reason is told. */
	return taken == 0 && (list[0].kind == ACCOUNT_ALIAS ||
			      take_one(s, rcpt, &list[0], memory, true, a));
}

/* The test server takes all mail and keeps it. */
static bool keep(session *s, const mw_rcpt *rcpt, mw_answer *a)
{
	const store_recipient r = recipient_kept(rcpt->recipient);

	return add(s, rcpt, &r, a);
}

bool check_recipient(session *s, const mw_smtp_event *e, mw_answer *a)
{
	pool memory = {NULL};
	account found;
	bool decided;

	if (policy_keeps(s->policy))
		return keep(s, &e->rcpt, a);
	(void)accounts_find(s->policy->accounts, e->rcpt.recipient, &memory, &found);
	decided = take_one(s, &e->rcpt, &found, &memory, false, a);
	/* The text of the answer is in the session's own room by now. */
	pool_free(&memory);
	return decided;
}
