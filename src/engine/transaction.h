/* SPDX-License-Identifier: MIT
 *
 * One message on its way in: envelope and body, until the store has it.
 */
#ifndef MAILWHY_ENGINE_TRANSACTION_H
#define MAILWHY_ENGINE_TRANSACTION_H

#include "engine/pool.h"
#include "net/loop.h"
#include "queue/schedule.h"
#include "queue/store.h"

struct session;

typedef struct transaction {
	store_put put; /* its message is built up here */
	task done;     /* on the loop, when the store has answered */
	loop *l;
	mw_status status;
	struct session *owner; /* NULL: the client is gone */
	struct engine *e;
	pool memory;
	store_recipient *rcpts;
	mw_str *as_given; /* of each: the address in RCPT */
	size_t count, cap;
	char id[20];
	char *body;
	size_t body_cap;
	atomic_uint holders;
	struct transaction *next; /* of the deliverer */
	mw_status trouble;        /* why the body could not be kept; MW_OK none */
} transaction;

/* NULL: no memory. Slices of `mail` are copied. */
transaction *transaction_open(const mw_mail *mail);
/* One holder more, one less; the last frees it. */
transaction *transaction_hold(transaction *t);
void transaction_close(transaction **t);

/* Adds a recipient; slices are copied. Twice the same address and target are one.
 * MW_E_NOMEM. */
mw_status transaction_add(transaction *t, const store_recipient *r, mw_str as_given);

/* Appends to the body: in memory, and from STORE_INLINE_MAX on in a file of the store's
 * folder. What goes wrong is kept in `trouble`. */
void transaction_append(transaction *t, store *s, mw_str bytes);

/* All of it is here: it arrives now (ms since 1970), goes to those who were added, and
 * `plan` says when its sender is to be told of a delay: sooner where its header says that
 * it is urgent. */
void transaction_arrive(transaction *t, const schedule *plan, int64_t now);

#endif
