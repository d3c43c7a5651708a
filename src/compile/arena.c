/* SPDX-License-Identifier: MIT */
#include "compile/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct arena_block {
	struct arena_block *next;
	max_align_t bytes[];
};

void *arena_take(arena *a, size_t size)
{
	struct arena_block *b = calloc(1, sizeof *b + size);

	if (b == NULL)
		longjmp(a->out_of_memory, 1);
	b->next = a->blocks;
	a->blocks = b;
	return b->bytes;
}

mw_str arena_copy(arena *a, mw_str s)
{
	char *p = arena_take(a, s.len + 1);

	if (s.len > 0)
		memcpy(p, s.ptr, s.len);
	return (mw_str){p, s.len};
}

mw_str arena_print(arena *a, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return arena_copy(a, mw_str_of(text));
}

void arena_free(arena *a)
{
	while (a->blocks != NULL) {
		struct arena_block *next = a->blocks->next;

		free(a->blocks);
		a->blocks = next;
	}
}

void *vec_add(arena *a, vec *v, size_t size)
{
	if (v->count == v->cap) {
		const uint32_t cap = v->cap == 0 ? 16 : v->cap * 2;
		void *item = arena_take(a, (size_t)cap * size);

		if (v->count > 0)
			memcpy(item, v->item, (size_t)v->count * size);
		v->item = item;
		v->cap = cap;
	}
	return (char *)v->item + (size_t)v->count++ * size;
}
