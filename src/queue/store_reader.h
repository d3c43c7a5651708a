/* SPDX-License-Identifier: MIT
 *
 * A connection that looks things up, lent to one call at a time: store_read.c has the
 * statements and shows recipients, store_look.c the other questions.
 */
#ifndef MAILWHY_QUEUE_STORE_READER_H
#define MAILWHY_QUEUE_STORE_READER_H

#include "queue/store_sql.h"

enum {
	EACH,
	OF_MESSAGE,
	SHOW,
	BODY,
	LIST,
	OF_TARGET,
	ALARMS,
	INTENTS,
	TARGETS,
	STORY,
	MEMORIES,
	ARRIVED,
	FIRST_LAST,
	COUNT_BELOW,
	READ_STATEMENTS
};

struct reader {
	sqlite3 *db;
	sqlite3_stmt *st[READ_STATEMENTS];
	reader *next;
};

/* NULL: *status says why. */
reader *reader_take(store *s, mw_status *status);
void reader_give(store *s, reader *r);

/* Shows the recipient of that key, if it is still there; false: enough, or *rc says what
 * failed. */
bool reader_show(reader *r, uint64_t key, store_visit *visit, void *ctx, int *rc);

/* Shows the recipient of each key that `b` gives, and resets it. */
int reader_show_all(reader *r, binder *b, store_visit *visit, void *ctx, bool *any);

#endif
