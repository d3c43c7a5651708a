/* SPDX-License-Identifier: MIT
 *
 * From the bytes of a reply to UTF-8 with plain line ends.
 */
#ifndef MAILWHY_READ_DECODE_H
#define MAILWHY_READ_DECODE_H

#include <mailwhy/buf.h>

/* True when mwi_decode() would write just what stands there: ASCII or good UTF-8, no
 * encoded words, no line ends but LF. */
bool mwi_is_decoded(mw_str s);

/* Writes s to *out: CRLF, CR and a written \n or \r\n become LF, NUL a blank, RFC 2047
 * encoded words are decoded (UTF-8, US-ASCII, ISO-8859-1 and -15, windows-1252), bytes
 * that are no UTF-8 are taken for windows-1252. */
void mwi_decode(mw_buf *out, mw_str s);

/* True when s is UTF-8 without NUL. */
bool mwi_is_clean(mw_str s);

/* Makes every NUL a blank. */
void mwi_blank_nul(char *p, size_t len);

/* Writes s to *out: what is UTF-8 stays, other bytes are taken for windows-1252, NUL
 * becomes a blank; nothing else is decoded. `s` may lie in *out, in front of what it
 * holds behind. */
void mwi_decode_bytes(mw_buf *out, mw_str s);

#endif
