/* SPDX-License-Identifier: MIT
 *
 * The text for people in a letter about a failed mail: whom does it name, and which
 * words belong to whom? Read by structure (what stands at the front of a line, what is
 * set in, what is parted by blank lines) and by the marks of knowledge/notice/, so that
 * letters of systems that nobody has seen are read too.
 */
#ifndef MAILWHY_READ_NOTICE_H
#define MAILWHY_READ_NOTICE_H

#include "read/marks.h"

/* How sure it is that an address is one that failed. */
typedef enum mwi_strength {
	MWI_STRENGTH_NONE,
	MWI_STRENGTH_TO,     /* behind "To:" */
	MWI_STRENGTH_INLINE, /* somewhere in a sentence */
	MWI_STRENGTH_CODE,   /* behind a code: "550 5.1.1 <a@b>... User unknown" */
	MWI_STRENGTH_HEAD,   /* a line begins with it */
	MWI_STRENGTH_LISTED  /* in a list that a heading opened, or behind a label */
} mwi_strength;

typedef struct mwi_entry {
	mw_str address;
	mw_str block; /* what is said behind it, up to the next address */
	mwi_strength strength;
	bool delayed, delivered;
	bool open; /* while reading: where the block ends is not known yet */
} mwi_entry;

typedef struct mwi_notice {
	mwi_entry *entry; /* the caller's */
	size_t cap, count;
	bool full;       /* there were more */
	mw_str text;     /* up to the returned message */
	mw_str returned; /* from its header on */
	mw_str fields;   /* delivery status fields that stand in the text */
	mw_str form;     /* id of who wrote it; empty unknown */
	bool heading;    /* "The following addresses failed" */
	bool delayed;    /* only a warning */
	bool delivered;  /* it has arrived */
	bool reason;     /* "Reason:" */
} mwi_notice;

/* Reads `text` into *n, whose `entry` and `cap` the caller has set. O(text). */
void mwi_notice_read(mwi_notice *n, mw_str text);

#endif
