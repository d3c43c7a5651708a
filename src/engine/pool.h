/* SPDX-License-Identifier: MIT
 *
 * Memory that is taken piece by piece and given back all at once.
 */
#ifndef MAILWHY_ENGINE_POOL_H
#define MAILWHY_ENGINE_POOL_H

#include <mailwhy/str.h>

typedef struct pool {
	struct pool_block *blocks; /* NULL: an empty pool, ready for use */
} pool;

/* `size` zeroed bytes, aligned for any type; NULL when memory has run out. */
void *pool_take(pool *p, size_t size);

/* A copy of s with a NUL behind it; NULL when memory has run out. */
char *pool_copy(pool *p, mw_str s);

/* Frees everything that was taken; the pool is empty then. */
void pool_free(pool *p);

/* The same, after wiping it: it held secrets. */
void pool_wipe(pool *p);

#endif
