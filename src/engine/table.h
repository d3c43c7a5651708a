/* SPDX-License-Identifier: MIT
 *
 * A hash table with chains of what carries its own link, so that nothing is allocated for
 * an entry. Entries are the caller's; the table grows as they come.
 */
#ifndef MAILWHY_ENGINE_TABLE_H
#define MAILWHY_ENGINE_TABLE_H

#include <mailwhy/str.h>
#include <stdbool.h>
#include <stddef.h>

/* The first member of what is put into a table. */
typedef struct table_link {
	struct table_link *next; /* of the same slot */
	size_t hash;
} table_link;

/* All zero: an empty one. */
typedef struct table {
	table_link **slots;
	size_t slot_count; /* 0, or a power of two */
	size_t count;
} table;

/* FNV-1a. */
size_t table_hash(mw_str s);

/* False: no memory, and it is not in it. Who may be there already is looked for before.
 */
bool table_add(table *t, table_link *l, size_t hash);

/* Of one that is in it. */
void table_remove(table *t, table_link *l);

/* The first one with that hash, and the next behind it; NULL: there is none (more). Which
 * of them is meant is for the caller to see. O(1). */
void *table_find(const table *t, size_t hash);
void *table_find_next(const void *entry);

/* All, in no order: the first for NULL, the next behind `entry`, NULL at the end. Get the
 * next one before an entry is freed or removed; none may be added meanwhile. */
void *table_each(const table *t, const void *entry);

/* Frees the slots. *t is empty. */
void table_free(table *t);

#endif
