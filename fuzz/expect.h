/* SPDX-License-Identifier: MIT
 *
 * What the targets hold the library to, whatever the bytes. A promise that is broken ends
 * the program, and libFuzzer keeps the input.
 */
#ifndef MAILWHY_FUZZ_EXPECT_H
#define MAILWHY_FUZZ_EXPECT_H

#include <mailwhy/mailwhy.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

#define EXPECT(holds)                                                                    \
	do {                                                                             \
		if (!(holds)) {                                                          \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__,       \
				#holds);                                                 \
			abort();                                                         \
		}                                                                        \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input as text, in memory of just that size, so that a read beyond is noticed. The
 * caller frees ptr. */
static inline mw_str fuzz_copy(const uint8_t *data, size_t size)
{
	char *p = malloc(size > 0 ? size : 1);

	EXPECT(p != NULL);
	if (size > 0)
		memcpy(p, data, size);
	return (mw_str){p, size};
}

static inline void fuzz_free(mw_str s)
{
	free((void *)(uintptr_t)s.ptr);
}

/* The byte at the front, which chooses what the target does; 0 when there is none. */
static inline unsigned fuzz_take(const uint8_t **data, size_t *size)
{
	if (*size == 0)
		return 0;
	--*size;
	return *(*data)++;
}

static inline bool fuzz_lies_in(mw_str s, const void *memory, size_t len)
{
	const uintptr_t p = (uintptr_t)s.ptr, first = (uintptr_t)memory;

	return p >= first && p - first <= len && s.len <= len - (p - first);
}

/* True when a terminal shows it and does nothing else, but for going to the next line. */
static inline bool fuzz_is_harmless(mw_str s)
{
	while (s.len > 0) {
		uint32_t p;
		const size_t n = mwi_utf8_read(s, &p);

		if (n == 0 || (p < 0x20 && p != '\n') || (p >= 0x7f && p < 0xa0) ||
		    p == 0x200e || p == 0x200f || (p >= 0x2028 && p <= 0x202e) ||
		    (p >= 0x2066 && p <= 0x2069))
			return false;
		s = mw_str_skip(s, n);
	}
	return true;
}

#endif
