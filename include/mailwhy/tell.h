/* SPDX-License-Identifier: MIT
 *
 * mailwhy/tell.h - a verdict for people, and for programs.
 *
 * Tellers never look at the words of a reply to find out what they mean: the judge did.
 */
#ifndef MAILWHY_TELL_H
#define MAILWHY_TELL_H

#include <mailwhy/bounce.h>
#include <mailwhy/verdict.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The most that one outcome can take, as JSON or as text. */
#define MW_TELL_MAX (128 * 1024)

/* How to tell. */
typedef struct mw_tell {
	const mw_knowledge *kb;
	int audience; /* mw_audience whose remedies come first; -1: by who can mend it */
	int width;    /* columns of text; at least 40 */
	bool color;   /* headings in bold (ECMA-48) */
} mw_tell;

/* One JSON object on one line, with its LF: the fields that the documentation promises.
 */
MW_API MW_CHECKED mw_status mw_tell_json(mw_buf *out, const mw_tell *t,
					 const mw_outcome *o, const mw_verdict *v);

/* The same for an outcome that a letter reports, with what the letter tells around it.
 * `file` names where the letter was; empty gives null. */
MW_API MW_CHECKED mw_status mw_tell_report_json(mw_buf *out, const mw_tell *t,
						mw_str file, const mw_report *r,
						const mw_verdict *v);

/* The columns of mw_tell_report_csv(), as its first row. */
MW_API MW_CHECKED mw_status mw_tell_report_csv_head(mw_buf *out);

/* The same as a row of CSV (RFC 4180, with LF). A value that a spreadsheet would take for
 * a formula gets a ' in front, but for the addresses. */
MW_API MW_CHECKED mw_status mw_tell_report_csv(mw_buf *out, const mw_tell *t, mw_str file,
					       const mw_report *r, const mw_verdict *v);

/* The same for a person in one line of t->width columns: who, what the server answered,
 * what it means, what to do. */
MW_API MW_CHECKED mw_status mw_tell_report_line(mw_buf *out, const mw_tell *t,
						const mw_report *r, const mw_verdict *v);

/* The same for a person: what happened, what to do, when to try again, and why we
 * think so. Nothing from outside reaches the terminal unescaped. */
MW_API MW_CHECKED mw_status mw_tell_text(mw_buf *out, const mw_tell *t,
					 const mw_outcome *o, const mw_verdict *v);

/* The summary alone, one sentence, its placeholders filled in. */
MW_API MW_CHECKED mw_status mw_tell_summary(mw_buf *out, const mw_tell *t,
					    const mw_outcome *o, const mw_verdict *v);

#ifdef __cplusplus
}
#endif

#endif
