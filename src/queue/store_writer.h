/* SPDX-License-Identifier: MIT
 *
 * What the writer's files share: store_write.c has the thread and the commit,
 * store_change.c what a request changes.
 */
#ifndef MAILWHY_QUEUE_STORE_WRITER_H
#define MAILWHY_QUEUE_STORE_WRITER_H

#include "queue/store_sql.h"

enum {
	BEGIN,
	COMMIT,
	MESSAGE_PUT,
	RECIPIENT_PUT,
	RECIPIENT_LOOK,
	RECIPIENT_SET,
	RECIPIENT_TRIED,
	RECIPIENT_INTENT,
	RECIPIENT_TOLD,
	RECIPIENT_DROP,
	RECIPIENT_FIRST,
	ATTEMPT_PUT,
	ATTEMPT_TRIM,
	ATTEMPT_DROP,
	MEMORY_PUT,
	MESSAGE_LOOK,
	MESSAGE_DROP,
	ROUTE_LOOK,
	TOTALS_SET,
	STATEMENTS
};

struct writer {
	sqlite3 *db;
	sqlite3_stmt *st[STATEMENTS];
	char *body; /* room for a short body that comes in a file */
	totals now; /* what the transaction at work would leave */
	/* Files of messages that the transaction deletes. */
	uint64_t *gone;
	size_t gone_count, gone_cap;
	int log, checkpointed; /* pages of the log, and at the last checkpoint */
};

/* Each writes one request into the transaction at work. SQLITE_OK, also where the request
 * alone makes no sense, which its status says; else the whole group fails. */
int change_put(writer *w, store_put *p);
int change_settle(writer *w, store_settle *t);
int change_intent(writer *w, store_intent *p);
int change_memory(writer *w, const store_memory *p);
int change_wipe(writer *w, wipe *p);

/* The state of a recipient as the database has it: SQLITE_OK, or SQLITE_CORRUPT. */
int change_state(int64_t state);

#endif
