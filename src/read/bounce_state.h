/* SPDX-License-Identifier: MIT
 *
 * The state of mailwhy/bounce.h, for the files that share it.
 */
#ifndef MAILWHY_READ_BOUNCE_STATE_H
#define MAILWHY_READ_BOUNCE_STATE_H

#include "read/date.h"
#include "read/dsn.h"
#include "read/mime.h"
#include "read/notice.h"

/* Where the reports of a letter come from. */
typedef enum mwi_source {
	MWI_SOURCE_NONE,        /* it reports nothing */
	MWI_SOURCE_STATUS,      /* fields for programs */
	MWI_SOURCE_FAILED,      /* X-Failed-Recipients */
	MWI_SOURCE_NOTICE,      /* the text for people */
	MWI_SOURCE_TO,          /* whom the returned mail was sent to */
	MWI_SOURCE_FEEDBACK,    /* a complaint */
	MWI_SOURCE_DISPOSITION, /* a disposition notification */
	MWI_SOURCE_JSON,        /* Amazon's notifications */
	MWI_SOURCE_AUTO         /* an auto-reply */
} mwi_source;

struct mw_bounce {
	mw_bounce_params params;
	mwi_letters letters;
	mwi_mime mime;

	/* Of the letter that reports. */
	mwi_letter *letter, *original;
	mwi_notice notice;
	mwi_source source;
	mw_str subject; /* of the letter itself, decoded */
	mwi_mark subject_mark;
	mw_str form;
	mwi_group message; /* the fields that hold for all recipients */

	/* Words that recipients share: of all the text, and of what stands above the
	 * list.
	 */
	mw_str words, above;
	bool above_has_number;
	size_t bare, bare_end; /* entries between them have no words of their own */
	size_t found_at;       /* the entry looked at last, and what was found in it */
	mw_str found;
	bool found_dialogue;

	/* How far the reports are given. */
	mw_str rest;
	size_t index, given;
	mwi_strength strength; /* of the entries that count */

	mw_outcome_room room;
	char arrival[MWI_DATE_LEN], date[MWI_DATE_LEN];
	mw_buf told; /* decoded fields of the report given */
	char told_memory[8192];
	char subject_memory[2048];
};

/* What is this letter, by all that it has? Sets source, form, notice, strength. */
void mwi_kind_find(mw_bounce *b, int level, bool fallback);

/* Finds the words that recipients share: once, there may be ten thousand. */
void mwi_words_share(mw_bounce *b);

/* The outcome of one recipient from a group of fields and the text for people. */
void mwi_outcome_of_group(mw_bounce *b, const mwi_group *g, mw_report *out);

/* The outcome of one recipient from the text for people: address, and the place of its
 * entry (notice.count: none). */
void mwi_outcome_of_entry(mw_bounce *b, mw_str address, size_t entry, mw_report *out);

/* The recipient in the address that the letter came to; lies in b->told. Empty: none. */
mw_str mwi_bounce_verp(mw_bounce *b);

/* The entry of an address, or notice.count. */
size_t mwi_entry_find(const mw_bounce *b, mw_str address);

#endif
