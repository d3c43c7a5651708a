/* SPDX-License-Identifier: MIT
 *
 * The prose of the knowledge with its placeholders filled in, and which prose belongs to
 * a verdict.
 */
#ifndef MAILWHY_TELL_PROSE_H
#define MAILWHY_TELL_PROSE_H

#include <mailwhy/tell.h>

/* All that a teller needs of one verdict. */
typedef struct telling {
	const mw_tell *t;
	const mw_knowledge *kb;
	const mw_outcome *o;
	const mw_verdict *v;
	mw_names names;
	mw_code code;   /* the record of the reply code; code.code 0: none */
	bool in_lookup; /* inside the page of a blocklist: it does not name itself */
	bool brief;     /* for a person: fewer remedies */
	bool no_report; /* a mail that is no report of a mail system */
	bool code_only; /* nothing but the code speaks: its meaning and remedies are told
			 */
} telling;

void mwi_telling_init(telling *g, const mw_tell *t, const mw_outcome *o,
		      const mw_verdict *v);

/* The verdict on a report: of a mail that reports nothing there is nothing to be done. */
mw_verdict mwi_report_verdict(const mw_report *r, const mw_verdict *v);

/* How text that may come from outside is written: mw_buf_put_json, mw_buf_put_visible. */
typedef void putter(mw_buf *out, mw_str s);

/* Writes prose with {placeholders} filled in; their values go through `put`. */
void mwi_prose_put(mw_buf *out, const telling *g, mw_str prose, putter *put);

/* "5.1.1"; e.cls is not 0. */
void mwi_status_put(mw_buf *out, mw_enhanced e);

/* The one sentence for a person. */
mw_str mwi_prose_summary(const telling *g);

/* Steps through the remedies in the order of the audience chosen. Start with a zeroed
 * iterator; false at the end. */
typedef struct remedies {
	int step;
	uint32_t line;
	int told;
	mw_audience audience; /* of the line given */
} remedies;

bool mwi_remedies_next(remedies *it, const telling *g, mw_str *line);

/* The look-up page of the blocklist with its placeholders filled in, or its page. */
void mwi_prose_put_lookup(mw_buf *out, const telling *g, putter *put);

#endif
