/* SPDX-License-Identifier: MIT
 *
 * One letter about one message: whom it tells of, and what it says (mailwhy/dsn.h).
 */
#ifndef MAILWHY_ENGINE_REPORT_H
#define MAILWHY_ENGINE_REPORT_H

#include "engine/engine.h"
#include "engine/transaction.h"

#define REPORT_MAX 500U /* recipients of a letter */

typedef struct report {
	engine *e;
	policy *policy;
	uint64_t id;
	bool delay; /* of recipients that wait, else of those that FAILED */
	int64_t now;
	pool memory; /* of all slices */
	store_message message;
	store_recipient r[REPORT_MAX];
	unsigned index[REPORT_MAX];
	mw_dsn_recipient dsn[REPORT_MAX];
	size_t count;
	bool more; /* recipients than one letter tells of */
	mw_status status;
} report;

/* Collects the recipients of message `id` that are to be told of. MW_E_ABSENT: no such
 * message (any more). What it takes is given back by report_clear(). */
MW_CHECKED mw_status report_collect(report *r, uint64_t id, bool delay);
void report_clear(report *r);

/* Does the sender want to know of that one? */
bool report_wanted(const report *r, size_t i);

/* When a recipient that waits is looked at next. */
int64_t report_alarm(const report *r);

/* Takes out those of which `keep` is false. */
void report_select(report *r, const bool keep[REPORT_MAX]);

/* Fills in r->dsn. */
MW_CHECKED mw_status report_judge(report *r);

/* Writes the letter that tells of all recipients into `t`, which is for the sender. */
MW_CHECKED mw_status report_write(const report *r, transaction *t);

#endif
