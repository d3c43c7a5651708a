/* SPDX-License-Identifier: MIT
 *
 * Looking things up: each caller has a connection of its own while it is in a call, so
 * that readers hold up neither each other nor the writer. There are as many connections
 * as there ever were calls at one time.
 */
#include <errno.h>
#include <stdlib.h>

#include "queue/store_reader.h"

/* The recipients of one route and state, in the order of the index. SQLite merges these
 * lists: nothing is sorted, and what is not asked for is not looked at. */
#define DUE(route, state)                                                                \
	"SELECT key, next_try FROM recipient WHERE route = " #route                      \
	" AND state = " #state " AND next_try <= ?3 AND ?1 IN (-1, " #route              \
	") AND ?2 IN (-1, " #state ")"
#define DUE_STATES(route)                                                                \
	DUE(route, 0) " UNION ALL " DUE(route, 1) " UNION ALL " DUE(route, 2)

_Static_assert(STORE_KEPT == 3 && STORE_FAILED == 2,
	       "the lists of EACH are all there are");

static const char *const sql[READ_STATEMENTS] = {
	[EACH] = DUE_STATES(0) " UNION ALL " DUE_STATES(1) " UNION ALL " DUE_STATES(
		2) " UNION ALL " DUE_STATES(3) " ORDER BY next_try, key LIMIT ?4",
	[OF_MESSAGE] =
		"SELECT key FROM recipient WHERE key BETWEEN ?1 AND ?2 ORDER BY key",
	[SHOW] = "SELECT m.arrival, m.flags, m.stated, m.sender, m.envid, m.auth, "
		 "m.client,"
		 " m.helo, m.login, m.size, r.route, r.state, r.next_try, r.attempts,"
		 " r.notify, r.reply, r.address, r.original, r.orcpt, r.target, r.text,"
		 " r.alarm, r.flags, r.intent"
		 " FROM recipient r JOIN message m ON m.id = ?2 WHERE r.key = ?1",
	[BODY] = "SELECT size, body FROM message WHERE id = ?1",
	[LIST] = "SELECT key FROM recipient WHERE key > ?1 ORDER BY key LIMIT ?2",
	[OF_TARGET] =
		("SELECT key, next_try FROM recipient INDEXED BY remote WHERE target = ?1"
		 " AND route = 0 AND state = 0 ORDER BY next_try"),
	[ALARMS] = ("SELECT key FROM recipient INDEXED BY alarms WHERE alarm > 0"
		    " AND alarm <= ?1 AND state <> 2 ORDER BY alarm LIMIT ?2"),
	[INTENTS] = "SELECT key FROM recipient INDEXED BY intents WHERE intent > 0",
	[TARGETS] =
		("SELECT target, count(*), min(next_try) FROM recipient INDEXED BY remote"
		 " WHERE route = 0 AND state = 0 GROUP BY target"),
	[STORY] = ("SELECT at, host, address, source, tls, stage, reply, text, category,"
		   " next_try, why FROM attempt WHERE key = ?1 ORDER BY at"),
	[MEMORIES] = "SELECT * FROM destination ORDER BY destination, source, name",
	[ARRIVED] = "SELECT arrival, id FROM message WHERE id >= ?1 ORDER BY id LIMIT 1",
	[FIRST_LAST] = "SELECT min(id), max(id) FROM message",
	[COUNT_BELOW] = "SELECT count(*) FROM recipient WHERE key < ?1",
};

static void reader_free(reader *r)
{
	db_finalize(r->st, READ_STATEMENTS);
	sqlite3_close(r->db);
	free(r);
}

static reader *reader_open(const store *s, mw_status *status)
{
	reader *r = calloc(1, sizeof *r);

	*status = MW_E_NOMEM;
	if (r == NULL)
		return NULL;
	int rc = s->writer != NULL ? db_open(&r->db, s->database)
				   : db_open_to_look(&r->db, s->database);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(r->db, "PRAGMA query_only=1; PRAGMA cache_size=-1024",
				  NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = db_prepare(r->db, sql, READ_STATEMENTS, r->st);
	*status = db_status(rc);
	if (rc == SQLITE_OK)
		return r;
	reader_free(r);
	return NULL;
}

/* NULL: *status says why. */
reader *reader_take(store *s, mw_status *status)
{
	pthread_mutex_lock(&s->pool_lock);
	reader *r = s->readers;

	if (r != NULL)
		s->readers = r->next;
	pthread_mutex_unlock(&s->pool_lock);
	errno = 0;
	return r != NULL ? r : reader_open(s, status);
}

void reader_give(store *s, reader *r)
{
	pthread_mutex_lock(&s->pool_lock);
	r->next = s->readers;
	s->readers = r;
	pthread_mutex_unlock(&s->pool_lock);
}

void read_close(store *s)
{
	while (s->readers != NULL) {
		reader *r = s->readers;

		s->readers = r->next;
		reader_free(r);
	}
}

/* The columns of SHOW. */
static void read_message(sqlite3_stmt *st, uint64_t id, store_message *m)
{
	const int64_t flags = sqlite3_column_int64(st, 1);

	*m = (store_message){
		.id = id,
		.arrival = sqlite3_column_int64(st, 0),
		.mail = {.sender = column_str(st, 3),
			 .size = (uint64_t)sqlite3_column_int64(st, 2),
			 .body = (mw_body_type)(flags & 3),
			 .ret = (mw_ret)(flags >> 2 & 3),
			 .smtputf8 = (flags >> 4 & 1) != 0,
			 .requiretls = (flags >> 5 & 1) != 0,
			 .envid = column_str(st, 4),
			 .auth = column_str(st, 5)},
		.client = column_str(st, 6),
		.helo = column_str(st, 7),
		.login = column_str(st, 8),
		.tls = (flags >> 6 & 1) != 0,
		.urgent = (flags >> 7 & 1) != 0,
		.size = (uint64_t)sqlite3_column_int64(st, 9),
		.memory = MW_LIT(""),
		.fd = -1,
	};
}

static void read_recipient(sqlite3_stmt *st, store_recipient *r)
{
	*r = (store_recipient){
		.route = (store_route)sqlite3_column_int64(st, 10),
		.state = (store_state)sqlite3_column_int64(st, 11),
		.next_try = sqlite3_column_int64(st, 12),
		.attempts = (unsigned)sqlite3_column_int64(st, 13),
		.notify = (unsigned)sqlite3_column_int64(st, 14),
		.reply = (int)sqlite3_column_int64(st, 15),
		.address = column_str(st, 16),
		.original = column_str(st, 17),
		.orcpt = column_str(st, 18),
		.target = column_str(st, 19),
		.text = column_str(st, 20),
		.alarm = sqlite3_column_int64(st, 21),
		.warned = (sqlite3_column_int64(st, 22) & FLAG_WARNED) != 0,
		.uncertain = (sqlite3_column_int64(st, 22) & FLAG_UNCERTAIN) != 0,
		.intent = sqlite3_column_int64(st, 23),
	};
}

/* Shows the recipient of that key, if it is still there; false: enough. */
bool reader_show(reader *r, uint64_t key, store_visit *visit, void *ctx, int *rc)
{
	const uint64_t id = key >> KEY_BITS;
	binder b = {.st = r->st[SHOW]};
	store_message m;
	store_recipient one;
	bool on = true;

	bind_int(&b, (int64_t)key);
	bind_int(&b, (int64_t)id);
	*rc = b.rc == SQLITE_OK ? sqlite3_step(b.st) : b.rc;
	if (*rc == SQLITE_ROW) {
		read_message(b.st, id, &m);
		read_recipient(b.st, &one);
		on = visit(ctx, &m, (unsigned)(key & ((1U << KEY_BITS) - 1)), &one);
	}
	sqlite3_reset(b.st);
	if (*rc == SQLITE_ROW || *rc == SQLITE_DONE)
		*rc = SQLITE_OK;
	return on && *rc == SQLITE_OK;
}

/* Shows each key that `b` gives. */
int reader_show_all(reader *r, binder *b, store_visit *visit, void *ctx, bool *any)
{
	int rc = b->rc;

	while (rc == SQLITE_OK) {
		rc = sqlite3_step(b->st);
		if (rc != SQLITE_ROW)
			break;
		*any = true;
		if (!reader_show(r, (uint64_t)sqlite3_column_int64(b->st, 0), visit, ctx,
				 &rc))
			break;
	}
	sqlite3_reset(b->st);
	return rc;
}

mw_status store_each(store *s, int route, int state, int64_t due, size_t max,
		     store_visit *visit, void *ctx)
{
	bool any = false;
	mw_status status;
	reader *r = reader_take(s, &status);

	if (r == NULL)
		return status;
	binder b = {.st = r->st[EACH]};

	bind_int(&b, route);
	bind_int(&b, state);
	bind_int(&b, due);
	bind_int(&b, max < INT64_MAX ? (int64_t)max : INT64_MAX);
	status = db_status(reader_show_all(r, &b, visit, ctx, &any));
	reader_give(s, r);
	return status;
}

mw_status store_find(store *s, uint64_t id, store_visit *visit, void *ctx)
{
	bool any = false;
	mw_status status;

	if (id == 0 || id > ID_MAX)
		return MW_E_ABSENT;
	reader *r = reader_take(s, &status);

	if (r == NULL)
		return status;
	binder b = {.st = r->st[OF_MESSAGE]};

	bind_int(&b, (int64_t)(id << KEY_BITS));
	bind_int(&b, (int64_t)(id << KEY_BITS | STORE_RECIPIENTS_MAX));
	status = db_status(reader_show_all(r, &b, visit, ctx, &any));
	reader_give(s, r);
	return status == MW_OK && !any ? MW_E_ABSENT : status;
}

static mw_status copy_body(mw_str body, mw_str *memory)
{
	char *ptr = malloc(body.len > 0 ? body.len : 1);

	if (ptr == NULL)
		return MW_E_NOMEM;
	memcpy(ptr, body.ptr, body.len);
	*memory = (mw_str){ptr, body.len};
	return MW_OK;
}

/* The row that BODY stands on. */
static mw_status read_body(const store *s, sqlite3_stmt *st, uint64_t id, mw_str *memory,
			   int *fd)
{
	if (sqlite3_column_type(st, 1) != SQLITE_NULL)
		return copy_body(column_str(st, 1), memory);
	*fd = file_read(s, id);
	return *fd >= 0 ? MW_OK : errno_status(errno);
}

mw_status store_body(store *s, uint64_t id, mw_str *memory, int *fd, uint64_t *size)
{
	mw_status status;

	*memory = MW_LIT("");
	*fd = -1;
	*size = 0;
	if (id == 0 || id > ID_MAX)
		return MW_E_ABSENT;
	reader *r = reader_take(s, &status);

	if (r == NULL)
		return status;
	binder b = {.st = r->st[BODY]};

	bind_int(&b, (int64_t)id);
	const int rc = b.rc == SQLITE_OK ? sqlite3_step(b.st) : b.rc;

	if (rc == SQLITE_ROW) {
		*size = (uint64_t)sqlite3_column_int64(b.st, 0);
		status = read_body(s, b.st, id, memory, fd);
	} else {
		status = rc == SQLITE_DONE ? MW_E_ABSENT : db_status(rc);
	}
	sqlite3_reset(b.st);
	reader_give(s, r);
	return status;
}
