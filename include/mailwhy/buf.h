/* SPDX-License-Identifier: MIT
 *
 * mailwhy/buf.h - text being written, into memory that the caller owns.
 *
 * Nothing here allocates or fails half-way in silence: what does not fit is left out
 * whole and `lost` stays set until mw_buf_reset(), so that a writer may put a hundred
 * pieces and ask once.
 */
#ifndef MAILWHY_BUF_H
#define MAILWHY_BUF_H

#include <mailwhy/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mw_buf {
	char *ptr; /* the caller's memory, `cap` bytes */
	size_t len;
	size_t cap;
	bool lost; /* something did not fit */
} mw_buf;

/* Sets up *b over `cap` bytes at `memory`, which must outlive it. */
MW_API void mw_buf_init(mw_buf *b, char *memory, size_t cap);

/* Empties it and forgets that something was lost. */
MW_API void mw_buf_reset(mw_buf *b);

/* What has been written; valid until the next put. */
MW_API mw_str mw_buf_str(const mw_buf *b);

/* MW_OK, or MW_E_LIMIT when something was lost since the last reset. */
MW_API MW_CHECKED mw_status mw_buf_status(const mw_buf *b);

/* The bytes as they are. */
MW_API void mw_buf_put(mw_buf *b, mw_str s);

/* One byte. */
MW_API void mw_buf_put_char(mw_buf *b, char c);

/* A number in decimal. */
MW_API void mw_buf_put_int(mw_buf *b, long long n);

/* Text from outside for a person's terminal: control characters (C0, DEL, C1),
 * bidirectional overrides and bytes that are no UTF-8 come out as \xNN or U+NNNN, never
 * raw. */
MW_API void mw_buf_put_visible(mw_buf *b, mw_str s);

/* The inside of a JSON string (RFC 8259, section 7). Bytes that are no UTF-8 become
 * U+FFFD; what a terminal obeys is escaped; the quotes are the caller's. */
MW_API void mw_buf_put_json(mw_buf *b, mw_str s);

#ifdef __cplusplus
}
#endif

#endif
