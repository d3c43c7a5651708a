/* SPDX-License-Identifier: MIT
 *
 * What becomes of a recipient: taken here, forwarded, relayed, or refused, and why.
 */
#include "engine/checks.h"
#include "engine/deliver.h"
#include "engine/quota.h"

static bool may_relay(const session *s)
{
	return s->login[0] != '\0' || s->relays;
}

/* Where a local mailbox is. False: no path can be made of it. */
static bool local_route(session *s, mw_str mailbox, char *path, size_t cap,
			store_recipient *r)
{
	const settings *set = s->policy->settings;
	mw_buf b;

	if (set->local.lmtp.text[0] != '\0') {
		r->route = STORE_LMTP;
		r->target = mw_str_of(set->local.lmtp.text);
		return true;
	}
	mw_buf_init(&b, path, cap);
	if (accounts_folder(&b, set->local.mailboxes, mailbox) != MW_OK)
		return false;
	r->route = STORE_MAILDIR;
	r->target = mw_str_of(path);
	return true;
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
	store_recipient with = *r;

	/* Kept mail is in the order of its ids. */
	with.next_try = r->route == STORE_KEPT ? 0 : outlog_now();
	if (r->route == STORE_MAILDIR || r->route == STORE_LMTP)
		with.next_try += DELIVER_GRACE_MS;
	with.notify = rcpt->notify;
	with.orcpt = rcpt->orcpt;
	if (!mw_str_eq(r->address, rcpt->recipient))
		with.original = rcpt->recipient;
	return transaction_add(s->t, &with, rcpt->recipient) != MW_OK && no_memory(s, a);
}

static bool take_mailbox(session *s, const mw_rcpt *rcpt, const account *found,
			 mw_answer *a)
{
	char path[4096];
	store_recipient r = {.address = found->address, .original = MW_LIT("")};

	if (!local_route(s, found->address, path, sizeof path, &r))
		return check_answers(s, a, MW_ANSWER_RECIPIENT_UNKNOWN, rcpt->recipient);
	return is_full(s, found, &r, a) || add(s, rcpt, &r, a);
}

static bool take_remote(session *s, const mw_rcpt *rcpt, mw_str to, mw_answer *a)
{
	store_recipient r = {
		.address = to, .original = MW_LIT(""), .route = STORE_REMOTE};
	mw_str local;

	mw_address_split(to, &local, &r.target);

	return add(s, rcpt, &r, a);
}

/* An alias is taken when one of its members can be; when none can, the first one's
 * reason is told. */
static bool take_alias(session *s, const mw_rcpt *rcpt, pool *memory, mw_answer *a);

static bool take_one(session *s, const mw_rcpt *rcpt, const account *found, pool *memory,
		     bool aliased, mw_answer *a)
{
	switch (found->kind) {
	case ACCOUNT_MAILBOX:
		return take_mailbox(s, rcpt, found, a);
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
			return take_remote(s, rcpt, found->address, a);
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
	const store_recipient r = {.address = rcpt->recipient,
				   .original = MW_LIT(""),
				   .target = MW_LIT(""),
				   .route = STORE_KEPT,
				   .state = STORE_HELD};

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
