/* SPDX-License-Identifier: MIT
 *
 * What was found of destinations, kept in the store: a row a dimension. The numbers of a
 * row are: in force, ceiling, when it was found, failed probes, why.
 */
#include <stdlib.h>

#include "engine/outbound.h"

#define SAVE_MS 5000 /* between two notes of one path */

/* In order of destination and source, as the store shows them. */
struct memories {
	pool text;
	store_memory *at;
	size_t count, cap;
};

static bool has_room(struct memories *all)
{
	const size_t cap = all->cap == 0 ? 64 : all->cap * 2;
	store_memory *at;

	if (all->count < all->cap)
		return true;
	at = realloc(all->at, cap * sizeof *at);
	if (at == NULL)
		return false;
	all->at = at;
	all->cap = cap;
	return true;
}

static bool collect(void *ctx, const store_memory *m)
{
	struct memories *all = ctx;
	store_memory *one;

	if (!has_room(all))
		return false;
	one = &all->at[all->count];
	*one = *m;
	one->destination = mw_str_of(pool_copy(&all->text, m->destination));
	one->source = mw_str_of(pool_copy(&all->text, m->source));
	one->name = mw_str_of(pool_copy(&all->text, m->name));
	if (one->destination.len != m->destination.len ||
	    one->source.len != m->source.len || one->name.len != m->name.len)
		return false;
	all->count++;
	return true;
}

mw_status memories_load(sender *s)
{
	s->memories = calloc(1, sizeof *s->memories);
	if (s->memories == NULL)
		return MW_E_NOMEM;
	return store_memories(s->e->store, collect, s->memories);
}

void memories_close(sender *s)
{
	if (s->memories == NULL)
		return;
	pool_free(&s->memories->text);
	free(s->memories->at);
	free(s->memories);
	s->memories = NULL;
}

static int compare(mw_str a, mw_str b)
{
	const int front = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

	return front != 0 ? front : (a.len > b.len) - (a.len < b.len);
}

static int compare_place(const store_memory *m, mw_str key, mw_str source)
{
	const int c = compare(m->destination, key);

	return c != 0 ? c : compare(m->source, source);
}

/* The first one of the destination with that key from that source, or where it would
 * be. */
static size_t find(const struct memories *all, mw_str key, mw_str source)
{
	size_t from = 0, to = all->count;

	while (from < to) {
		const size_t middle = from + (to - from) / 2;

		if (compare_place(&all->at[middle], key, source) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static void recall(throttle_limit *l, const int64_t *number)
{
	if (number[0] < 0 || number[0] > UINT32_MAX || number[1] < 0 ||
	    number[1] > UINT32_MAX || number[3] < 0 || number[3] > 1000 ||
	    number[4] < 0 || number[4] > THROTTLE_BACKED_OFF)
		return;
	l->now = (unsigned)number[0];
	l->ceiling = (unsigned)number[1];
	l->found = number[2];
	l->probes = (unsigned)number[3];
	l->why = (throttle_reason)number[4];
	if (l->most != 0 && (l->now > l->most || l->now == 0))
		l->now = l->most;
}

static void recall_path(const struct memories *all, const destination *d, path *p)
{
	const mw_str key = mw_str_of(d->key), source = mw_str_of(p->source_text);

	for (size_t at = find(all, key, source);
	     at < all->count && compare_place(&all->at[at], key, source) == 0; at++)
		for (int i = 0; i < THROTTLE_DIMENSIONS; i++)
			if (mw_str_eq(all->at[at].name,
				      throttle_dimension_name((throttle_dimension)i)))
				recall(&p->t.limit[i], all->at[at].number);
	/* What stood before may stand again at once. */
	if (p->t.limit[THROTTLE_CONNECTIONS].ceiling > 0)
		p->t.proven = p->t.limit[THROTTLE_CONNECTIONS].ceiling;
}

void destination_recall(destination *d)
{
	if (d->s->memories == NULL)
		return;
	for (size_t i = 0; i < d->path_count; i++)
		recall_path(d->s->memories, d, &d->paths[i]);
}

typedef struct memory {
	store_memory m;
	pool text;
} memory;

/* A note that does not reach the disk costs a few tries some day. */
static void noted(store_memory *m, mw_status status)
{
	memory *one = (memory *)(void *)m;

	(void)status;
	pool_free(&one->text);
	free(one);
}

static void note(destination *d, const path *p, throttle_dimension dimension)
{
	const throttle_limit *l = &p->t.limit[dimension];
	memory *one = calloc(1, sizeof *one);

	if (one == NULL)
		return;
	one->m = (store_memory){
		.destination = mw_str_of(pool_copy(&one->text, mw_str_of(d->key))),
		.source = mw_str_of(pool_copy(&one->text, mw_str_of(p->source_text))),
		.name = throttle_dimension_name(dimension),
		.number = {l->now, l->ceiling, l->found, l->probes, (int64_t)l->why},
		.done = noted};
	if (one->m.destination.len == 0) {
		noted(&one->m, MW_E_NOMEM);
		return;
	}
	store_ask_memory(d->s->e->store, &one->m);
}

void destination_remember(destination *d, path *p)
{
	const int64_t now = loop_clock();

	if (!p->changed || now - p->saved < SAVE_MS)
		return;
	p->changed = false;
	p->saved = now;
	for (int i = 0; i < THROTTLE_DIMENSIONS; i++)
		note(d, p, (throttle_dimension)i);
}
