/* SPDX-License-Identifier: MIT */
#include "engine/table.h"

#include <stdint.h>
#include <stdlib.h>

#define SLOTS_FIRST 256

size_t table_hash(mw_str s)
{
	uint64_t h = 1469598103934665603U;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * 1099511628211U;
	return (size_t)(h ^ h >> 29);
}

static table_link **slot_of(const table *t, size_t hash)
{
	return &t->slots[hash & (t->slot_count - 1)];
}

static void put(table *t, table_link *l)
{
	table_link **at = slot_of(t, l->hash);

	l->next = *at;
	*at = l;
}

static bool grow(table *t)
{
	table bigger = {.slot_count = t->slot_count > 0 ? t->slot_count * 2 : SLOTS_FIRST,
			.count = t->count};

	bigger.slots = calloc(bigger.slot_count, sizeof(table_link *));
	/* Longer chains are slower, not wrong. */
	if (bigger.slots == NULL)
		return t->slot_count > 0;
	for (size_t i = 0; i < t->slot_count; i++)
		for (table_link *l = t->slots[i], *next; l != NULL; l = next) {
			next = l->next;
			put(&bigger, l);
		}
	free(t->slots);
	*t = bigger;
	return true;
}

bool table_add(table *t, table_link *l, size_t hash)
{
	if (t->count >= t->slot_count && !grow(t))
		return false;
	l->hash = hash;
	put(t, l);
	t->count++;
	return true;
}

void table_remove(table *t, table_link *l)
{
	table_link **at = slot_of(t, l->hash);

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	t->count--;
}

/* `l` or the first one behind it with that hash. */
static table_link *with_hash(table_link *l, size_t hash)
{
	while (l != NULL && l->hash != hash)
		l = l->next;
	return l;
}

void *table_find(const table *t, size_t hash)
{
	return t->slot_count > 0 ? with_hash(*slot_of(t, hash), hash) : NULL;
}

void *table_find_next(const void *entry)
{
	const table_link *l = entry;

	return with_hash(l->next, l->hash);
}

void *table_each(const table *t, const void *entry)
{
	const table_link *l = entry;
	size_t at = 0;

	if (l != NULL && l->next != NULL)
		return l->next;
	if (l != NULL)
		at = (l->hash & (t->slot_count - 1)) + 1;
	while (at < t->slot_count && t->slots[at] == NULL)
		at++;
	return at < t->slot_count ? t->slots[at] : NULL;
}

void table_free(table *t)
{
	free(t->slots);
	*t = (table){.slots = NULL};
}
