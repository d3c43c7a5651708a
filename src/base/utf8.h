/* SPDX-License-Identifier: MIT
 *
 * UTF-8 (RFC 3629): one code point at a time, strict.
 */
#ifndef MAILWHY_BASE_UTF8_H
#define MAILWHY_BASE_UTF8_H

#include <mailwhy/str.h>

/* The code point at the front of s (not empty) into *point; returns its bytes, 1 to 4,
 * or 0 when the bytes there are no UTF-8 (overlong, surrogate, cut off ...). */
size_t mwi_utf8_read(mw_str s, uint32_t *point);

/* Writes `point` (below 0x110000) as UTF-8 to out[4]; returns the bytes, 1 to 4. */
size_t mwi_utf8_write(char *out, uint32_t point);

/* At most `max` bytes of s, and no character cut in two. */
mw_str mwi_utf8_head(mw_str s, size_t max);

/* True when all of s is UTF-8. */
bool mwi_utf8_valid(mw_str s);

/* Does it move the cursor, hide text or turn its direction (C0, DEL, C1, bidirectional
 * marks, tags)? */
bool mwi_utf8_harmful(uint32_t point);

/* The columns a terminal gives it: 0 for marks that combine, 2 for East Asian wide. */
int mwi_utf8_width(uint32_t point);

#endif
