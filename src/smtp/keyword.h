/* SPDX-License-Identifier: MIT
 *
 * The words for extensions and SASL mechanisms, and their bits: one table for the server
 * that offers them, the client that reads them, and the files that name them.
 */
#ifndef MAILWHY_SMTP_KEYWORD_H
#define MAILWHY_SMTP_KEYWORD_H

#include <mailwhy/smtp.h>

typedef struct mwi_keyword {
	unsigned bit;
	const char *word; /* upper-case */
} mwi_keyword;

/* In the order in which our server offers them; ended by bit 0. */
extern const mwi_keyword mwi_extension_words[]; /* MW_SMTP_ */
extern const mwi_keyword mwi_mechanism_words[]; /* MW_SASL_ */

/* The bit of a word, whatever its case; 0: it is none. */
unsigned mwi_keyword_bit(const mwi_keyword *table, mw_str word);

/* The word of a bit; NULL: it is none. */
const char *mwi_keyword_word(const mwi_keyword *table, unsigned bit);

#endif
