/* SPDX-License-Identifier: MIT
 *
 * mailwhy/reply.h - read one SMTP server reply (RFC 5321, section 4.2) and one enhanced
 * status code (RFC 3463). Strict, for a live session; replies as people paste them are
 * mailwhy/outcome.h.
 *
 * Pure: no I/O, no allocation. Slices point into the caller's bytes.
 */
#ifndef MAILWHY_REPLY_H
#define MAILWHY_REPLY_H

#include <mailwhy/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "550-5.1.1 No such\r\n550 5.1.1 user\r\n": code 550, two lines in `raw`. */
typedef struct mw_reply {
	int code;   /* 200..599, of the last line */
	mw_str raw; /* the whole reply with its line ends; borrowed */
} mw_reply;

/* Reads the reply at the front of `in`.
 *
 * Returns the bytes consumed (> 0) and fills *out, or leaves *out alone and
 * returns MW_E_MORE when `in` ends before the reply does (append and call again:
 * the caller's buffer is the only length limit) or MW_E_SYNTAX when a complete line
 * is not shaped like a reply. A bare LF ends a line too. All lines should have one code
 * (RFC 5321, section 4.2.1); where they don't, the last one ends it and counts. */
MW_API ptrdiff_t mw_reply_read(mw_reply *out, mw_str in);

/* Steps through the text of a reply, line by line, without code or line end:
 *
 *	mw_str it = reply.raw, text;
 *	while (mw_reply_next(&it, &text))
 *		...
 */
MW_API bool mw_reply_next(mw_str *it, mw_str *text);

/* "5.7.26". All zero: none was stated. */
typedef struct mw_enhanced {
	int cls;             /* 2, 4 or 5; 0 none */
	int subject, detail; /* 0..999 */
} mw_enhanced;

/* Reads the code at the front of `in`: class 2, 4 or 5 and two numbers of one to three
 * digits, followed by the end or by a byte that can't belong to a longer number, name
 * or address. Returns the bytes consumed, or MW_E_SYNTAX. */
MW_API ptrdiff_t mw_enhanced_read(mw_enhanced *out, mw_str in);

#ifdef __cplusplus
}
#endif

#endif
