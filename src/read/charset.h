/* SPDX-License-Identifier: MIT
 *
 * Text of a declared charset to UTF-8, in place in a buffer that grows.
 */
#ifndef MAILWHY_READ_CHARSET_H
#define MAILWHY_READ_CHARSET_H

#include <mailwhy/bounce.h>

/* Makes UTF-8 of what *b holds from `start` on. `charset` may be empty, wrong or a lie:
 * good UTF-8 stays what it is, and what can't be converted is taken for windows-1252.
 * NUL becomes a blank. */
void mwi_charset_decode(mw_buf *b, size_t start, mw_str charset, mw_convert *convert,
			void *ctx);

/* Decodes the encoded words (RFC 2047) of a field's value behind what *out holds.
 * Neighbours of one charset are joined before they are converted: some writers cut
 * characters in two. */
void mwi_charset_words(mw_buf *out, mw_str value, mw_convert *convert, void *ctx);

#endif
