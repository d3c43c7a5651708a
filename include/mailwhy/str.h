/* SPDX-License-Identifier: MIT
 *
 * mailwhy/str.h - a slice of text: pointer and length, borrowed, never NUL-terminated.
 *
 * A slice is valid as long as the bytes it points into. `ptr` is never NULL in a slice
 * that this library filled in; the empty slice is {"", 0}. The bytes are whatever came
 * from outside: they go to a terminal only through mw_buf_put_visible().
 */
#ifndef MAILWHY_STR_H
#define MAILWHY_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mw_str {
	const char *ptr;
	size_t len;
} mw_str;

/* Marks what the shared library shows to the world. */
#if defined(__GNUC__)
#define MW_API     __attribute__((visibility("default")))
#define MW_CHECKED __attribute__((warn_unused_result))
#else
#define MW_API
#define MW_CHECKED
#endif

/* printf("%.*s", MW_FMT(s)) */
#define MW_FMT(s) (int)(s).len, (s).ptr

/* The slice of a NUL-terminated string; NULL gives the empty slice. */
static inline mw_str mw_str_of(const char *s)
{
	mw_str r = {"", 0};

	if (s != NULL) {
		r.ptr = s;
		r.len = strlen(s);
	}
	return r;
}

/* The slice without its first n bytes; empty when it has fewer. */
static inline mw_str mw_str_skip(mw_str s, size_t n)
{
	if (n > s.len)
		n = s.len;
	s.ptr += n;
	s.len -= n;
	return s;
}

/* The first n bytes of the slice, or all of it when it has fewer. */
static inline mw_str mw_str_head(mw_str s, size_t n)
{
	if (n < s.len)
		s.len = n;
	return s;
}

/* Byte for byte equal. */
static inline bool mw_str_eq(mw_str a, mw_str b)
{
	return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

/* Without blanks, tabs, CR and LF at both ends. */
MW_API mw_str mw_str_trim(mw_str s);

/* Cuts the first line off *rest: *line gets it without its LF or CRLF. A last line
 * without an end counts. Returns false when *rest is empty. */
MW_API bool mw_str_cut_line(mw_str *rest, mw_str *line);

/* Where `what` begins in s, ASCII case ignored, or s.len when it is nowhere.
 * `what` is lower-case and not empty. O(s.len * what.len) at the very worst. */
MW_API size_t mw_str_find(mw_str s, mw_str what);

#ifdef __cplusplus
}
#endif

/* A literal as a slice. */
#define MW_LIT(s) (mw_lit("" s, sizeof(s) - 1))

static inline mw_str mw_lit(const char *ptr, size_t len)
{
	mw_str r;

	r.ptr = ptr;
	r.len = len;
	return r;
}

#endif
