/* SPDX-License-Identifier: MIT
 *
 * How an address that takes mail is served: what stands in the store for it.
 */
#ifndef MAILWHY_ENGINE_RECIPIENTS_H
#define MAILWHY_ENGINE_RECIPIENTS_H

#include "engine/address.h"
#include "engine/policy.h"
#include "engine/transaction.h"

/* What slices of a recipient are borrowed from. */
typedef struct recipient_room {
	char path[4096];
	address remote;
} recipient_room;

/* Address, route and target of a MAILBOX or a FOREIGN address. False: no path can be made
 * of the mailbox. */
bool recipient_route(const policy *p, const account *found, recipient_room *room,
		     store_recipient *out);

/* Of all addresses, where the test server keeps its mail. */
store_recipient recipient_kept(mw_str to);

/* Adds it with the times at which it is due; `rcpt` is what was asked for. MW_E_NOMEM. */
mw_status recipient_add(transaction *t, const mw_rcpt *rcpt, const store_recipient *r);

/* Adds all to whom mail for `to` goes, for a letter of our own. MW_E_SYNTAX: for
 * good nobody; MW_E_ABSENT: it can't be found out now; MW_E_NOMEM. */
MW_CHECKED mw_status recipients_of(const policy *p, mw_str to, transaction *t);

#endif
