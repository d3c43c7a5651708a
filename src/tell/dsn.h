/* SPDX-License-Identifier: MIT
 *
 * What the writers of a notification share: text from outside made harmless, dates, and
 * the pen that writes for people.
 */
#ifndef MAILWHY_TELL_DSN_H
#define MAILWHY_TELL_DSN_H

#include <mailwhy/dsn.h>

/* A legal address has at most 64 + 1 + 255 bytes. */
#define MWI_ADDRESS_MAX 320

/* Text from outside for a line of a mail: line ends and tabs become blanks; what is no
 * UTF-8, controls a terminal, or is beyond ASCII where `utf8` is false becomes "?".
 * Writes at most `max` bytes, then "..." where something is left out. */
void mwi_clean_put(mw_buf *out, mw_str s, size_t max, bool utf8);

/* The value of a field, cleaned before: folded at blanks to 76 columns, the first line
 * beginning in column `at`, and its line end. */
void mwi_fold_put(mw_buf *out, mw_str text, size_t at);

/* "Fri, 3 Jan 2025 10:00:00 +0000" (RFC 5322, section 3.3). Times beyond the years 1970
 * to 9999 become their nearest end. */
void mwi_date_put(mw_buf *out, int64_t ms);

/* "Friday, 3 January 2025, 10:00 UTC" */
void mwi_day_put(mw_buf *out, int64_t ms);

/* "5 days", "1 hour": rounded to its largest unit; less than a minute is "1 minute". */
void mwi_span_put(mw_buf *out, int64_t ms);

/* Writes lines for people, as they are or quoted-printable. */
typedef struct mwi_pen {
	mw_buf *out;
	bool quoted;
	bool ascii;     /* nothing else was written so far */
	size_t written; /* bytes of text, before they are quoted */
} mwi_pen;

/* One line and its end; what is longer than a line of a mail may be is broken. */
void mwi_pen_line(mwi_pen *pen, mw_str line);

/* A paragraph in lines of 72 columns. `mark` stands in front of the first; all others are
 * indented by its length. */
void mwi_pen_paragraph(mwi_pen *pen, mw_str mark, mw_str text);

/* The subject of the original, cleaned, at most `max` bytes; empty where it is none that
 * can be shown. `encoded`: encoded words may stand in it, else it is none then. */
void mwi_subject_put(mw_buf *out, const mw_dsn *d, size_t max, bool encoded);

/* The letter for people. */
void mwi_dsn_put_letter(mwi_pen *pen, const mw_dsn *d);

/* Does what programs are told need UTF-8, and may it have it? */
bool mwi_dsn_is_global(const mw_dsn *d);

/* The fields for programs. */
void mwi_dsn_put_fields(mw_buf *out, const mw_dsn *d);

#endif
