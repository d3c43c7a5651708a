/* SPDX-License-Identifier: MIT
 *
 * Changes of the queue by hand; docs/QUEUE.md, "hold", "release", "fail" and "drop".
 */
#ifndef MAILWHY_QUEUE_CHANGE_H
#define MAILWHY_QUEUE_CHANGE_H

#include "queue/store.h"

typedef enum change {
	CHANGE_RETRY, /* due now */
	CHANGE_HOLD,
	CHANGE_RELEASE, /* as RETRY: what is held has waited long enough */
	CHANGE_DELETE,
	CHANGE_FAIL, /* for good: its sender is told */
	CHANGE_COUNT
} change;

#define CHANGE_ALL (-1) /* recipients of the message */

/* The change of that name, "retry"; CHANGE_COUNT: there is none. */
change change_of_name(mw_str name);
/* A constant string. */
const char *change_name(change c);

/* "12" is all of message 12, "12.0" its first recipient. False: it is no such thing. */
bool change_read_id(const char *text, uint64_t *id, int *recipient);

/* A domain whose REMOTE recipients are going to be changed; may be told twice. */
typedef void change_visit(void *ctx, mw_str target);

/* Changes one recipient, or all of the message, and waits until that is durable. `now` is
 * ms since 1970. *count: recipients that were changed. MW_E_ABSENT: there is no such one
 * (any more). Not from the store's threads. */
MW_CHECKED mw_status change_apply(store *s, change c, uint64_t id, int recipient,
				  int64_t now, change_visit *visit, void *ctx,
				  size_t *count);

#endif
