/* SPDX-License-Identifier: MIT
 *
 * Which number in a sentence is the reply code?
 */
#ifndef MAILWHY_READ_FOUND_H
#define MAILWHY_READ_FOUND_H

#include <mailwhy/str.h>

/* How the number is brought in, weakest first. */
typedef enum mwi_intro {
	MWI_INTRO_NONE,  /* just a number */
	MWI_INTRO_LABEL, /* "Error #550", "SMTP code: 550": the words may stand elsewhere
			  */
	MWI_INTRO_FRONT, /* at the front of the text or of a line, or behind ": " */
	MWI_INTRO_QUOTE  /* "host mx said: 550": these are another's words */
} mwi_intro;

typedef struct mwi_code_at {
	size_t pos; /* of the first digit */
	int code;
	mwi_intro intro;
} mwi_code_at;

/* True when s has, anywhere behind its first byte, three digits that stand like a code;
 * what has none needs no search. A fast filter: it may say yes where there is none. */
bool mwi_may_hold_code(mw_str s);

/* The next number at or after `from` that can be a reply code: never a part of a URL, an
 * address, an id, a time, a size. False when there is none. */
bool mwi_code_next(mw_str s, size_t from, mwi_code_at *out);

/* True when `after`, what follows a number, makes it a measure: " bytes", " messages". */
bool mwi_is_measure(mw_str after);

#endif
