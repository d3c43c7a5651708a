/* SPDX-License-Identifier: MIT
 *
 * Where accounts come from: a text file that is read whole, or a database that is asked
 * each time.
 */
#ifndef MAILWHY_ENGINE_ACCOUNTS_SOURCE_H
#define MAILWHY_ENGINE_ACCOUNTS_SOURCE_H

#include "engine/accounts.h"

/* What is said of one address. Empty slices: nothing. */
typedef struct account_entry {
	mw_str password, scram, moved;
	mw_str alias, sender; /* parted by commas */
	uint64_t quota;
	bool has_quota, disabled;
} account_entry;

/* The next part of a list that has commas; false at its end. */
bool account_list_next(mw_str *rest, mw_str *item);

typedef struct accounts_file accounts_file;

/* MW_OK; MW_E_SYNTAX, MW_E_ABSENT or MW_E_NOMEM after all errors were told. */
mw_status accounts_file_open(accounts_file **out, const char *path, problems *told);
void accounts_file_close(accounts_file *f);
/* `key` is in its one form; "*@domain" is a catch-all. Slices live as long as the file
 * is open. */
account_found accounts_file_find(const accounts_file *f, mw_str key, account_entry *out);
/* Secrets of the first users who have them. */
void accounts_file_sample(const accounts_file *f, account_secret *out);

typedef struct accounts_sqlite accounts_sqlite;

mw_status accounts_sqlite_open(accounts_sqlite **out, const char *path, problems *told);
void accounts_sqlite_close(accounts_sqlite *d);
/* The same; slices live in `memory`. One asks at a time, the others wait. */
account_found accounts_sqlite_find(accounts_sqlite *d, mw_str key, pool *memory,
				   account_entry *out);
void accounts_sqlite_sample(accounts_sqlite *d, pool *memory, account_secret *out);

#endif
