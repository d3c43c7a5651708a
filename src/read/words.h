/* SPDX-License-Identifier: MIT
 *
 * Which words of a letter say why?
 */
#ifndef MAILWHY_READ_WORDS_H
#define MAILWHY_READ_WORDS_H

#include <mailwhy/str.h>

/* The paragraph of a block that says why: the first that has a reply code, else the first
 * that has a status, else the first that has words; empty where there are none. At most
 * 40 paragraphs are looked at. */
mw_str mwi_words_find(mw_str block);

/* Does it hold a reply code that refuses, or a status? */
bool mwi_words_have_number(mw_str s);

/* "550 " or "450-" at the front. */
bool mwi_words_are_reply(mw_str s);

#endif
