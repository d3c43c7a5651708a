/* SPDX-License-Identifier: MIT
 *
 * What a line of a letter is: "Reason:", "Original message follows.", the sentence that
 * betrays who wrote it. The phrases are data, knowledge/notice/; tools/mw-notice makes
 * the tables while building.
 */
#ifndef MAILWHY_READ_MARKS_H
#define MAILWHY_READ_MARKS_H

#include <mailwhy/str.h>

#define MWI_MARK_MAP(X)                                                                  \
	X(NONE, "none")                                                                  \
	X(ORIGINAL, "original")                                                          \
	X(RECIPIENTS, "recipients")                                                      \
	X(REFUSED, "refused")                                                            \
	X(DELAYED, "delayed")                                                            \
	X(DELIVERED, "delivered")                                                        \
	X(RECIPIENT, "recipient")                                                        \
	X(REASON, "reason")                                                              \
	X(CONTACT, "contact")                                                            \
	X(ECHO, "echo")                                                                  \
	X(TO, "to")                                                                      \
	X(SUBJECT_FAILURE, "subject-failure")                                            \
	X(SUBJECT_DELAY, "subject-delay")                                                \
	X(SUBJECT_AUTO, "subject-auto")                                                  \
	X(SUBJECT_AWAY, "subject-away")                                                  \
	X(SUBJECT_REPLY, "subject-reply")                                                \
	X(SUBJECT_COMPLAINT, "subject-complaint")                                        \
	X(DAEMON, "daemon")                                                              \
	X(FORM, "form")

typedef enum mwi_mark {
#define X(name, text) MWI_MARK_##name,
	MWI_MARK_MAP(X)
#undef X
		MWI_MARK_COUNT
} mwi_mark;

/* The bytes of the longest phrase. */
#define MWI_PHRASE_MAX 96

/* One phrase. Tables are sorted by it. */
typedef struct mwi_mark_row {
	mw_str phrase; /* lower-case; the line begins with it */
	mw_str rest;   /* ... and has this further on; empty: no more is asked */
	mw_str form;   /* id, of MWI_MARK_FORM */
	short up;      /* the row whose phrase is the longest that this one begins with */
	mwi_mark mark;
} mwi_mark_row;

typedef struct mwi_mark_table {
	const mwi_mark_row *row;
	const short *first; /* 257: where the rows of each first byte begin */
} mwi_mark_table;

/* What stands in the text of a letter; who wrote it, by text and by X-Mailer; subjects;
 * names of mail systems. */
extern const mwi_mark_table mwi_marks_line, mwi_marks_form, mwi_marks_mailer,
	mwi_marks_subject, mwi_marks_away, mwi_marks_daemon;

/* The row with the longest phrase that `line` begins with (signs and blanks in front are
 * passed over), NULL when there is none. *behind is what follows the phrase; it may be
 * NULL. O(log rows * phrase). */
const mwi_mark_row *mwi_mark_find(const mwi_mark_table *table, mw_str line,
				  mw_str *behind);

#endif
