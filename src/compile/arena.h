/* SPDX-License-Identifier: MIT
 *
 * Memory of one compilation: taken piece by piece, given back all at once.
 *
 * When memory runs out, arena calls do not return: they jump to `out_of_memory`, which
 * the one entry point of the compiler sets. So nothing in between has to ask.
 */
#ifndef MAILWHY_COMPILE_ARENA_H
#define MAILWHY_COMPILE_ARENA_H

#include <mailwhy/str.h>
#include <setjmp.h>

typedef struct arena {
	struct arena_block *blocks;
	jmp_buf out_of_memory;
} arena;

/* `size` zeroed bytes, aligned for any type. */
void *arena_take(arena *a, size_t size);

/* A copy of s. */
mw_str arena_copy(arena *a, mw_str s);

/* "%s"-style text; for error messages. */
__attribute__((format(printf, 2, 3))) mw_str arena_print(arena *a, const char *format,
							 ...);

/* Frees everything that was taken. */
void arena_free(arena *a);

/* A growing array in an arena. */
typedef struct vec {
	void *item;
	uint32_t count, cap;
} vec;

/* Adds one zeroed item of `size` bytes and returns it; valid until the next add. */
void *vec_add(arena *a, vec *v, size_t size);

#endif
