/* SPDX-License-Identifier: MIT
 *
 * What a server said, as one line of text to keep.
 */
#ifndef MAILWHY_READ_REPLY_WORDS_H
#define MAILWHY_READ_REPLY_WORDS_H

#include <mailwhy/reply.h>

/* s as a C string on one line: controls of ASCII become spaces. What does not fit into
 * `cap` bytes (at least 1) with the NUL is cut at a character. */
void mwi_one_line(char *out, size_t cap, mw_str s);

/* The text of a reply (RFC 5321, section 4.2) in the same form, its lines joined, without
 * code and enhanced status. *status is the first status in it, or has class 0. */
void mwi_reply_words(mw_reply reply, mw_enhanced *status, char *out, size_t cap);

#endif
