/* SPDX-License-Identifier: MIT
 *
 * What the files of the store share: store.c asks, store_write.c commits, store_read.c
 * looks up, store_file.c keeps long bodies, store_db.c calls SQLite.
 *
 * A recipient is a row of its own, keyed by message and number in one integer: appending
 * to such a table is the cheapest that SQLite has, and what happens to a recipient never
 * rewrites the row with the body.
 */
#ifndef MAILWHY_QUEUE_STORE_SQL_H
#define MAILWHY_QUEUE_STORE_SQL_H

#include <pthread.h>
#include <sqlite3.h>

#include "queue/store.h"

#define KEY_BITS 16
#define ID_MAX   ((UINT64_C(1) << (63 - KEY_BITS)) - 1)

_Static_assert(STORE_RECIPIENTS_MAX < 1U << KEY_BITS,
	       "a recipient's number fits its key");

#define STATES (STORE_FAILED + 1)

/* Of a recipient's `flags`. */
#define FLAG_WARNED    1
#define FLAG_UNCERTAIN 2

/* What the database holds. */
typedef struct totals {
	uint64_t next_id, messages, bytes;
	uint64_t state[STATES];
} totals;

/* To delete one message, or all of a route that are older than `id`. */
typedef struct wipe {
	uint64_t id;
	int route; /* -1: the one message */
	mw_status status;
	bool more, over;
	struct wipe *next;
} wipe;

typedef struct reader reader;
typedef struct writer writer;

struct store {
	char *folder,
		*database;    /* absolute, so that a chdir() of the program is nothing */
	int dir, body, guard; /* the folder, its "body", the file that is locked */

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t work;  /* for the writer */
	pthread_cond_t files; /* for the thread that syncs bodies in files */
	pthread_cond_t idle;  /* nothing is pending */
	pthread_cond_t wiped;
	store_put *puts, **puts_end;
	store_put *filing, **filing_end;
	store_intent *intents, **intents_end;
	store_settle *settles, **settles_end;
	store_memory *memories, **memories_end;
	wipe *wipes, **wipes_end;
	size_t pending; /* asked and not yet answered */
	bool ending;
	uint64_t next_id; /* given out when asked: ahead of what is committed */
	totals totals;    /* of the last commit; the writer alone writes them */
	uint64_t commits, committed;

	pthread_mutex_t pool_lock;
	reader *readers; /* those that nobody uses now */

	writer *writer;
	pthread_t write_thread, file_thread;
};

/* store_db.c */

/* Opens the database of `path`, made before, for one thread at a time. */
int db_open(sqlite3 **db, const char *path);
/* The same for looking only, while another process writes. */
int db_open_to_look(sqlite3 **db, const char *path);
/* Brings a new database to our schema and checks that of an old one. */
mw_status db_schema(sqlite3 *db, mw_err *err);
/* Is it a database of ours, of this version? */
mw_status db_check(const char *path, mw_err *err);
/* What the answer of SQLite means. It keeps ENOSPC apart from other failures of writing,
 * but no quota and no limit: those are in errno, which the caller sets to 0 before. */
mw_status db_status(int rc);
mw_status errno_status(int e);
int db_prepare(sqlite3 *db, const char *const *sql, size_t n, sqlite3_stmt **out);
void db_finalize(sqlite3_stmt **st, size_t n);

/* Values of a statement, in order. The first failure stays. */
typedef struct binder {
	sqlite3_stmt *st;
	int n, rc;
} binder;

void bind_int(binder *b, int64_t v);
/* Borrowed until the statement was reset; empty is NULL. Never text: what comes from
 * outside may hold NULs and need not be UTF-8. */
void bind_str(binder *b, mw_str s);
/* The same, but empty is an empty value: NULLs of a key are all different. */
void bind_text(binder *b, mw_str s);
/* Runs a statement that gives no rows, and resets it. */
int bind_run(binder *b);
/* Valid until the statement goes on. */
mw_str column_str(sqlite3_stmt *st, int i);

/* store_file.c */

mw_status file_open(store *s);
/* Removes the files that no message names: those of a put that never was committed, or
 * of a message that was deleted, before a crash. */
mw_status file_sweep(store *s, sqlite3 *db);
bool file_wanted(const store_message *m);
int file_read(const store *s, uint64_t id);
void file_remove(const store *s, uint64_t id);
/* Syncs and names bodies, then passes their requests on to the writer. */
void *file_work(void *s);

/* store_write.c */

mw_status write_open(store *s, mw_err *err);
void write_close(store *s);
void *write_work(void *s);

/* store_read.c */

void read_close(store *s);

#endif
