/* SPDX-License-Identifier: MIT
 *
 * The database: its settings, its schema, and how SQLite is called.
 *
 * One row a message, one a recipient. The index serves whoever looks for what is due; it
 * costs a put little, as it too is appended to. `totals` spares a walk over all bodies at
 * the start. Deleted bytes are not overwritten (secure_delete): a queue deletes all that
 * it was given, and so each message would be written twice.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "queue/store_sql.h"

#define SCHEMA_VERSION 2
#define BUSY_MS        5000 /* somebody looks at the database with a tool of his own */

static const char settings[] = "PRAGMA page_size=8192;"
			       "PRAGMA auto_vacuum=NONE;"
			       "PRAGMA journal_mode=WAL;"
			       "PRAGMA synchronous=FULL;"
			       "PRAGMA secure_delete=OFF;"
			       "PRAGMA temp_store=MEMORY;"
			       "PRAGMA cache_size=-16384;"
			       "PRAGMA journal_size_limit=33554432;"
			       "PRAGMA trusted_schema=OFF;";

/* What each version added; 0 is an empty database. */
static const char *const schema[SCHEMA_VERSION] = {
	"CREATE TABLE message(id INTEGER PRIMARY KEY, arrival INTEGER NOT NULL,"
	" flags INTEGER NOT NULL, stated INTEGER NOT NULL, sender, envid, auth, client, "
	"helo,"
	" login, size INTEGER NOT NULL, body BLOB);"
	"CREATE TABLE recipient(key INTEGER PRIMARY KEY, route INTEGER NOT NULL,"
	" state INTEGER NOT NULL, next_try INTEGER NOT NULL, attempts INTEGER NOT NULL,"
	" notify INTEGER NOT NULL, reply INTEGER NOT NULL, address, original, orcpt, "
	"target,"
	" text);"
	"CREATE INDEX due ON recipient(route, state, next_try);"
	"CREATE TABLE totals(one INTEGER PRIMARY KEY CHECK(one = 1),"
	" next_id INTEGER NOT NULL, messages INTEGER NOT NULL, bytes INTEGER NOT NULL);"
	"INSERT INTO totals VALUES(1, 1, 0, 0);",

	"ALTER TABLE recipient ADD COLUMN alarm INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE recipient ADD COLUMN flags INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE recipient ADD COLUMN intent INTEGER NOT NULL DEFAULT 0;"
	/* The domain of an address, as bytes: behind the first @, for here a quoted one
	 * before it is as rare as a queue of that version. */
	"UPDATE recipient SET target = CAST(lower(substr(CAST(address AS TEXT),"
	" instr(CAST(address AS TEXT), '@') + 1)) AS BLOB) WHERE route = 0;"
	"CREATE INDEX remote ON recipient(target, next_try) WHERE route = 0 AND state = "
	"0;"
	"CREATE INDEX alarms ON recipient(alarm) WHERE alarm > 0;"
	"CREATE INDEX intents ON recipient(key) WHERE intent > 0;"
	"CREATE TABLE attempt(key INTEGER NOT NULL, at INTEGER NOT NULL, host, address,"
	" source, tls, stage INTEGER NOT NULL, reply INTEGER NOT NULL, text,"
	" category INTEGER NOT NULL, next_try INTEGER NOT NULL, why,"
	" PRIMARY KEY(key, at)) WITHOUT ROWID;"
	"CREATE TABLE destination(destination NOT NULL, source NOT NULL, name NOT NULL,"
	" n0 INTEGER NOT NULL, n1 INTEGER NOT NULL, n2 INTEGER NOT NULL,"
	" n3 INTEGER NOT NULL, n4 INTEGER NOT NULL,"
	" PRIMARY KEY(destination, source, name)) WITHOUT ROWID;",
};

mw_status errno_status(int e)
{
	switch (e) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return MW_E_LIMIT;
	case ENOMEM:
		return MW_E_NOMEM;
	default:
		return MW_E_ABSENT;
	}
}

mw_status db_status(int rc)
{
	if (rc == SQLITE_IOERR_NOMEM)
		return MW_E_NOMEM;
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return MW_OK;
	case SQLITE_FULL:
	case SQLITE_TOOBIG:
		return MW_E_LIMIT;
	case SQLITE_NOMEM:
		return MW_E_NOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR: /* our tables are not as we made them */
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_SCHEMA:
		return MW_E_SYNTAX;
	default:
		return errno_status(errno);
	}
}

int db_prepare(sqlite3 *db, const char *const *sql, size_t n, sqlite3_stmt **out)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; i < n && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
					&out[i], NULL);
	return rc;
}

void db_finalize(sqlite3_stmt **st, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sqlite3_finalize(st[i]);
}

void bind_int(binder *b, int64_t v)
{
	const int rc = sqlite3_bind_int64(b->st, ++b->n, v);

	if (b->rc == SQLITE_OK)
		b->rc = rc;
}

void bind_str(binder *b, mw_str s)
{
	const int rc = s.len == 0 ? sqlite3_bind_null(b->st, ++b->n)
				  : sqlite3_bind_blob64(b->st, ++b->n, s.ptr, s.len,
							SQLITE_STATIC);

	if (b->rc == SQLITE_OK)
		b->rc = rc;
}

void bind_text(binder *b, mw_str s)
{
	const int rc = sqlite3_bind_blob64(b->st, ++b->n, s.len > 0 ? s.ptr : "", s.len,
					   SQLITE_STATIC);

	if (b->rc == SQLITE_OK)
		b->rc = rc;
}

int bind_run(binder *b)
{
	int rc = b->rc;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(b->st);
	sqlite3_reset(b->st);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

mw_str column_str(sqlite3_stmt *st, int i)
{
	const char *ptr = sqlite3_column_blob(st, i);
	const int len = sqlite3_column_bytes(st, i);

	return ptr != NULL && len > 0 ? (mw_str){ptr, (size_t)len} : MW_LIT("");
}

int db_open(sqlite3 **db, const char *path)
{
	int rc = sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
				 NULL);

	if (rc == SQLITE_OK) {
		sqlite3_extended_result_codes(*db, 1);
		sqlite3_busy_timeout(*db, BUSY_MS);
		rc = sqlite3_exec(*db, settings, NULL, NULL, NULL);
	}
	return rc;
}

int db_open_to_look(sqlite3 **db, const char *path)
{
	const int rc = sqlite3_open_v2(path, db,
				       SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc == SQLITE_OK) {
		sqlite3_extended_result_codes(*db, 1);
		sqlite3_busy_timeout(*db, BUSY_MS);
	}
	return rc;
}

static int version(sqlite3 *db, int64_t *out)
{
	sqlite3_stmt *st;
	int rc = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &st, NULL);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(st);
	*out = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* All that is missing, in one transaction. */
static int upgrade(sqlite3 *db, int64_t from)
{
	char set[64];
	int rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	for (int64_t v = from; v < SCHEMA_VERSION && rc == SQLITE_OK; v++)
		rc = sqlite3_exec(db, schema[v], NULL, NULL, NULL);
	snprintf(set, sizeof set, "PRAGMA user_version=%d; COMMIT", SCHEMA_VERSION);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, set, NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

mw_status db_check(const char *path, mw_err *err)
{
	sqlite3 *db = NULL;
	int64_t v = 0;
	int rc = db_open_to_look(&db, path);

	if (rc == SQLITE_OK)
		rc = version(db, &v);
	sqlite3_close(db);
	if (rc != SQLITE_OK)
		return db_status(rc);
	if (v == SCHEMA_VERSION)
		return MW_OK;
	err->msg = "another version made the queue's database";
	return MW_E_VERSION;
}

mw_status db_schema(sqlite3 *db, mw_err *err)
{
	int64_t v = 0;
	int rc = version(db, &v);

	if (rc == SQLITE_OK && v >= 0 && v < SCHEMA_VERSION)
		rc = upgrade(db, v);
	if (rc != SQLITE_OK)
		return db_status(rc);
	if (v > SCHEMA_VERSION || v < 0) {
		err->msg = "a newer version made the queue's database";
		return MW_E_VERSION;
	}
	return MW_OK;
}
