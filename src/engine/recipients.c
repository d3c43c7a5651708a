/* SPDX-License-Identifier: MIT */
#include "engine/recipients.h"

#include "engine/deliver.h"

static bool local_route(const policy *p, const account *found, recipient_room *room,
			store_recipient *out)
{
	const settings *set = p->settings;
	mw_buf b;

	if (set->local.lmtp.text[0] != '\0') {
		out->route = STORE_LMTP;
		out->target = mw_str_of(set->local.lmtp.text);
		return true;
	}
	mw_buf_init(&b, room->path, sizeof room->path);
	if (accounts_folder(&b, set->local.mailboxes, found->address) != MW_OK)
		return false;
	out->route = STORE_MAILDIR;
	out->target = mw_str_of(room->path);
	return true;
}

bool recipient_route(const policy *p, const account *found, recipient_room *room,
		     store_recipient *out)
{
	*out = (store_recipient){.address = found->address, .original = MW_LIT("")};
	if (found->kind == ACCOUNT_MAILBOX)
		return local_route(p, found, room, out);
	if (!address_read(&room->remote, found->address))
		return false;
	out->route = STORE_REMOTE;
	out->target = address_domain(&room->remote);
	return true;
}

store_recipient recipient_kept(mw_str to)
{
	return (store_recipient){.address = to,
				 .original = MW_LIT(""),
				 .target = MW_LIT(""),
				 .route = STORE_KEPT,
				 .state = STORE_HELD};
}

mw_status recipient_add(transaction *t, const mw_rcpt *rcpt, const store_recipient *r)
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
	return transaction_add(t, &with, rcpt->recipient);
}

/* --- of an address that is not asked about in a session */

static mw_status add_end(const policy *p, transaction *t, const mw_rcpt *rcpt,
			 const account *found)
{
	recipient_room room;
	store_recipient r;

	if (found->kind == ACCOUNT_TROUBLE)
		return MW_E_ABSENT;
	if ((found->kind != ACCOUNT_MAILBOX && found->kind != ACCOUNT_FOREIGN) ||
	    !recipient_route(p, found, &room, &r))
		return MW_OK;
	return recipient_add(t, rcpt, &r);
}

static mw_status add_members(const policy *p, transaction *t, const mw_rcpt *rcpt,
			     pool *memory)
{
	account *list;
	size_t count;
	mw_status status =
		accounts_expand(p->accounts, rcpt->recipient, memory, &list, &count);

	/* Too many or in a circle: nobody, as nobody can send there. */
	if (status != MW_OK)
		return status == MW_E_LIMIT ? MW_OK : status;
	for (size_t i = 0; i < count && status == MW_OK; i++)
		status = add_end(p, t, rcpt, &list[i]);
	return status;
}

mw_status recipients_of(const policy *p, mw_str to, transaction *t)
{
	const mw_rcpt rcpt = {.recipient = to, .orcpt = MW_LIT("")};
	pool memory = {NULL};
	account found;
	mw_status status;

	if (policy_keeps(p)) {
		const store_recipient kept = recipient_kept(to);

		return recipient_add(t, &rcpt, &kept);
	}
	if (accounts_find(p->accounts, to, &memory, &found) == ACCOUNT_ALIAS)
		status = add_members(p, t, &rcpt, &memory);
	else
		status = add_end(p, t, &rcpt, &found);
	pool_free(&memory);
	return status == MW_OK && t->count == 0 ? MW_E_SYNTAX : status;
}
