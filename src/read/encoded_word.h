/* SPDX-License-Identifier: MIT
 *
 * Encoded words: "=?utf-8?B?...?=" (RFC 2047).
 */
#ifndef MAILWHY_READ_ENCODED_WORD_H
#define MAILWHY_READ_ENCODED_WORD_H

#include <mailwhy/buf.h>

/* The longest that is read, though RFC 2047 allows 75 bytes. */
#define MWI_WORD_MAX 1024

typedef struct mwi_word {
	mw_str charset, text; /* the charset without its language (RFC 2231, 5) */
	bool base64;
} mwi_word;

/* The word at the front of s; returns its bytes, 0 when there is none. */
size_t mwi_word_read(mwi_word *w, mw_str s);

/* Writes the bytes that it stands for, in its charset: no more than w->text has. */
void mwi_word_put(mw_buf *out, const mwi_word *w);

#endif
