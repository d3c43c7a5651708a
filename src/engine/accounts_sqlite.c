/* SPDX-License-Identifier: MIT
 *
 * Users in a database of SQLite. It is asked each time, so that what another program
 * writes there holds at once. We only ever read.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "engine/accounts_source.h"
#include "engine/address.h"
#include "engine/settings_value.h"

#define COLUMNS "password, scram, moved, alias, sender, quota, disabled"
/* How long a lookup waits for one who writes. */
#define BUSY_MS  1000
#define TEXT_MAX (64 << 10)

enum column { PASSWORD, SCRAM, MOVED, ALIAS, SENDER, QUOTA, DISABLED };

struct accounts_sqlite {
	sqlite3 *db;
	sqlite3_stmt *find;
	pthread_mutex_t lock;
};

static mw_status complain(accounts_sqlite *d, const char *path, problems *told)
{
	problem_add(told, (problem){.file = path}, "%s",
		    d->db != NULL ? sqlite3_errmsg(d->db) : "out of memory");
	return MW_E_ABSENT;
}

/* Addresses are looked up in their one form; one that is written otherwise would never
 * be found, and its mail be refused. */
static mw_status check_forms(accounts_sqlite *d, const char *path, problems *told)
{
	sqlite3_stmt *all = NULL;
	int rc = sqlite3_prepare_v2(d->db, "SELECT address FROM mailbox", -1, &all, NULL);

	while (rc == SQLITE_OK && (rc = sqlite3_step(all)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(all, 0);
		const mw_str given = mw_str_of(text);
		char memory[ADDRESS_MAX];
		address a;
		mw_buf b;

		rc = SQLITE_OK;
		mw_buf_init(&b, memory, sizeof memory);
		if (address_read(&a, given))
			address_put(&b, address_local(&a), address_domain(&a));
		if (b.len > 0 && mw_str_eq(mw_buf_str(&b), given))
			continue;
		problem_add(told, (problem){.file = path, .warning = true},
			    "address “%.80s” is not found unless it is written as “%.*s”",
			    text != NULL ? text : "", MW_FMT(mw_buf_str(&b)));
	}
	sqlite3_finalize(all);
	return rc == SQLITE_DONE ? MW_OK : complain(d, path, told);
}

static mw_status open_database(accounts_sqlite *d, const char *path, problems *told)
{
	if (sqlite3_open_v2(path, &d->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK)
		return complain(d, path, told);
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_limit(d->db, SQLITE_LIMIT_LENGTH, 1 << 20);
	sqlite3_busy_timeout(d->db, BUSY_MS);
	if (sqlite3_prepare_v3(d->db, "SELECT " COLUMNS " FROM mailbox WHERE address = ?",
			       -1, SQLITE_PREPARE_PERSISTENT, &d->find,
			       NULL) != SQLITE_OK)
		return complain(d, path, told);
	return check_forms(d, path, told);
}

mw_status accounts_sqlite_open(accounts_sqlite **out, const char *path, problems *told)
{
	accounts_sqlite *d = calloc(1, sizeof *d);

	if (d == NULL)
		return MW_E_NOMEM;
	if (pthread_mutex_init(&d->lock, NULL) != 0) {
		free(d);
		return MW_E_NOMEM;
	}

	const mw_status status = open_database(d, path, told);

	if (status != MW_OK) {
		accounts_sqlite_close(d);
		return status;
	}
	*out = d;
	return MW_OK;
}

void accounts_sqlite_close(accounts_sqlite *d)
{
	if (d == NULL)
		return;
	sqlite3_finalize(d->find);
	sqlite3_close(d->db);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

/* The text of a column as a copy; *good turns false when there is no memory or too much
 * text. */
static mw_str text_of(sqlite3_stmt *row, int column, pool *memory, bool *good)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	const int n = sqlite3_column_bytes(row, column);

	if (text == NULL && sqlite3_column_type(row, column) == SQLITE_NULL)
		return MW_LIT("");
	if (text == NULL || n > TEXT_MAX) {
		*good = false;
		return MW_LIT("");
	}

	const char *copy = pool_copy(memory, (mw_str){text, (size_t)n});

	*good = *good && copy != NULL;
	return copy != NULL ? (mw_str){copy, (size_t)n} : MW_LIT("");
}

static bool read_quota(sqlite3_stmt *row, account_entry *out)
{
	const sqlite3_int64 n = sqlite3_column_int64(row, QUOTA);

	out->has_quota = true;
	switch (sqlite3_column_type(row, QUOTA)) {
	case SQLITE_NULL:
		out->has_quota = false;
		return true;
	case SQLITE_INTEGER:
		out->quota = n > 0 ? (uint64_t)n : 0;
		return n >= 0;
	default:
		return value_read_size(
			&out->quota,
			mw_str_of((const char *)sqlite3_column_text(row, QUOTA)));
	}
}

static bool read_entry(sqlite3_stmt *row, pool *memory, account_entry *out)
{
	bool good = true;

	out->password = text_of(row, PASSWORD, memory, &good);
	out->scram = text_of(row, SCRAM, memory, &good);
	out->moved = text_of(row, MOVED, memory, &good);
	out->alias = text_of(row, ALIAS, memory, &good);
	out->sender = text_of(row, SENDER, memory, &good);
	out->disabled = sqlite3_column_int(row, DISABLED) != 0;
	return read_quota(row, out) && good;
}

account_found accounts_sqlite_find(accounts_sqlite *d, mw_str key, pool *memory,
				   account_entry *out)
{
	account_found found = ACCOUNT_BROKEN;

	*out = (account_entry){0};
	pthread_mutex_lock(&d->lock);
	if (sqlite3_bind_text(d->find, 1, key.ptr, (int)key.len, SQLITE_STATIC) ==
	    SQLITE_OK) {
		const int rc = sqlite3_step(d->find);

		if (rc == SQLITE_DONE)
			found = ACCOUNT_NONE;
		else if (rc == SQLITE_ROW && read_entry(d->find, memory, out))
			found = ACCOUNT_FOUND;
	}
	sqlite3_reset(d->find);
	pthread_mutex_unlock(&d->lock);
	return found;
}

static mw_str first_of(accounts_sqlite *d, const char *query, pool *memory)
{
	sqlite3_stmt *row = NULL;
	mw_str text = MW_LIT("");
	bool good = true;

	if (sqlite3_prepare_v2(d->db, query, -1, &row, NULL) == SQLITE_OK &&
	    sqlite3_step(row) == SQLITE_ROW)
		text = text_of(row, 0, memory, &good);
	sqlite3_finalize(row);
	return text;
}

void accounts_sqlite_sample(accounts_sqlite *d, pool *memory, account_secret *out)
{
	pthread_mutex_lock(&d->lock);
	out->password = first_of(d,
				 "SELECT password FROM mailbox WHERE password <> '' "
				 "ORDER BY address LIMIT 1",
				 memory);
	out->scram = first_of(d,
			      "SELECT scram FROM mailbox WHERE scram <> '' "
			      "ORDER BY address LIMIT 1",
			      memory);
	pthread_mutex_unlock(&d->lock);
}
