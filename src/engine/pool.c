/* SPDX-License-Identifier: MIT */
#include "engine/pool.h"

#include <stdalign.h>
#include <stdlib.h>

/* Blocks double up to this, so that a pool of one word stays small. */
#define BLOCK_MIN 512U
#define BLOCK_MAX (256U << 10)

struct pool_block {
	struct pool_block *next;
	size_t used, size;
	max_align_t bytes[];
};

static struct pool_block *add_block(pool *p, size_t size)
{
	size_t room = p->blocks != NULL ? p->blocks->size * 2 : BLOCK_MIN;

	if (room > BLOCK_MAX)
		room = BLOCK_MAX;
	if (room < size)
		room = size;

	struct pool_block *b = calloc(1, sizeof *b + room);

	if (b == NULL)
		return NULL;
	b->size = room;
	b->next = p->blocks;
	p->blocks = b;
	return b;
}

void *pool_take(pool *p, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct pool_block *b = p->blocks;

	if (size > SIZE_MAX / 4)
		return NULL;
	size = (size + align - 1) / align * align;
	if (b == NULL || b->size - b->used < size)
		b = add_block(p, size);
	if (b == NULL)
		return NULL;

	void *taken = (char *)b->bytes + b->used;

	b->used += size;
	return taken;
}

char *pool_copy(pool *p, mw_str s)
{
	char *copy = pool_take(p, s.len + 1);

	if (copy != NULL && s.len > 0)
		memcpy(copy, s.ptr, s.len);
	return copy;
}

void pool_free(pool *p)
{
	while (p->blocks != NULL) {
		struct pool_block *next = p->blocks->next;

		free(p->blocks);
		p->blocks = next;
	}
}

void pool_wipe(pool *p)
{
	for (struct pool_block *b = p->blocks; b != NULL; b = b->next)
		explicit_bzero(b->bytes, b->used);
	pool_free(p);
}
