/* SPDX-License-Identifier: MIT
 *
 * What was found of destinations, kept in the store: a row a dimension. The numbers of a
 * row are: in force, ceiling, when it was found, failed probes, why.
 */
#include <stdlib.h>

#include "engine/outbound.h"

#define SAVE_MS 5000 /* between two notes of one path */

typedef struct memory {
	struct memory *next;
	pool text;
	store_memory m;
} memory;

struct memories {
	memory *first;
};

static bool collect(void *ctx, const store_memory *m)
{
	struct memories *all = ctx;
	memory *one = calloc(1, sizeof *one);

	if (one == NULL)
		return false;
	one->m = *m;
	one->m.destination = mw_str_of(pool_copy(&one->text, m->destination));
	one->m.source = mw_str_of(pool_copy(&one->text, m->source));
	one->m.name = mw_str_of(pool_copy(&one->text, m->name));
	one->next = all->first;
	all->first = one;
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
	for (memory *m = s->memories->first, *next; m != NULL; m = next) {
		next = m->next;
		pool_free(&m->text);
		free(m);
	}
	free(s->memories);
	s->memories = NULL;
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

static void recall_path(const sender *s, destination *d, path *p)
{
	for (const memory *m = s->memories->first; m != NULL; m = m->next) {
		if (!mw_str_eq(m->m.destination, mw_str_of(d->key)) ||
		    !mw_str_eq(m->m.source, mw_str_of(p->source_text)))
			continue;
		for (int i = 0; i < THROTTLE_DIMENSIONS; i++)
			if (mw_str_eq(m->m.name,
				      throttle_dimension_name((throttle_dimension)i)))
				recall(&p->t.limit[i], m->m.number);
	}
	/* What stood before may stand again at once. */
	if (p->t.limit[THROTTLE_CONNECTIONS].ceiling > 0)
		p->t.proven = p->t.limit[THROTTLE_CONNECTIONS].ceiling;
}

void destination_recall(destination *d)
{
	if (d->s->memories == NULL)
		return;
	for (size_t i = 0; i < d->path_count; i++)
		recall_path(d->s, d, &d->paths[i]);
}

/* A note that does not reach the disk costs a few tries some day. */
static void noted(store_memory *m, mw_status status)
{
	memory *one = (memory *)(void *)((char *)m - offsetof(memory, m));

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
