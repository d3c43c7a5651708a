/* SPDX-License-Identifier: MIT
 *
 * mailwhy/bounce.h - read one mail message and tell what it reports: a bounce, a delay
 * warning, a success, a complaint, an auto-reply, or nothing of the kind.
 *
 *	mw_bounce_open(&b, &params);
 *	while (there are bytes)
 *		mw_bounce_feed(b, bytes);
 *	mw_bounce_end(b);
 *	while (mw_bounce_next(b, &report))
 *		mw_judge(kb, &report.outcome, &verdict);
 *
 * Sans-IO: bytes in, reports out; no allocation. The message may be of any size and come
 * in pieces of any size: what is kept of it (the text for people, the delivery status,
 * the header of the returned message) lies in memory that the caller lends, and the rest
 * is walked past. How the bytes were cut never changes the reports.
 */
#ifndef MAILWHY_BOUNCE_H
#define MAILWHY_BOUNCE_H

#include <mailwhy/outcome.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The least memory that a reader takes; with it, letters of ordinary length are read
 * whole. */
#define MW_BOUNCE_MEMORY_MIN (256 * 1024)

/* Converts `in` from `charset` to UTF-8 into out[cap]; returns the bytes written, or
 * (size_t)-1 when it can't. */
typedef size_t mw_convert(void *ctx, mw_str charset, mw_str in, char *out, size_t cap);

typedef struct mw_bounce_params {
	char *memory; /* the caller's, of `cap` bytes; outlives the reader */
	size_t cap;   /* at least MW_BOUNCE_MEMORY_MIN */
	/* For charsets beyond US-ASCII, UTF-8, ISO-8859-1 and windows-1252; NULL: their
	 * text is taken for windows-1252. */
	mw_convert *convert;
	void *ctx; /* of `convert` */
} mw_bounce_params;

/* One outcome, and the letter around it. Empty slices: the letter does not tell.
 * Slices live until the next mw_bounce_next(), mw_bounce_feed() or mw_bounce_reset(). */
typedef struct mw_report {
	mw_outcome outcome;
	mw_str final_recipient; /* the address as it failed, where that is another */
	mw_str action;          /* RFC 3464, 2.3.3: "failed", "delayed" ... as stated */
	mw_str format;          /* what wrote it: "rfc3464", "qmail", "exim" ... */
	mw_str reporting_mta;   /* host that wrote the report */
	mw_str arrival;         /* of the original message there, RFC 3339 */
	mw_str message_id;      /* of the original message, without angle brackets */
	mw_str subject, sender; /* of the original message, decoded */
	mw_str date;            /* of the original message, RFC 3339 */
	mw_str list_id;         /* of the original message */
	mw_str envelope_id;     /* ENVID of RFC 3461, as the sender gave it */
	mw_str feedback_type;   /* RFC 5965: "abuse", "opt-out" ... */
	mw_str verp_recipient;  /* the recipient in the address that the letter came to */
} mw_report;

/* The reader: it lies in the memory that was lent, so nothing needs closing. */
typedef struct mw_bounce mw_bounce;

/* Makes a reader that is ready for a first message. MW_E_LIMIT: too little memory, or
 * not aligned to 16 as malloc() does; *out is left alone. */
MW_API MW_CHECKED mw_status mw_bounce_open(mw_bounce **out,
					   const mw_bounce_params *params);

/* Forgets the message: the next bytes begin another. */
MW_API void mw_bounce_reset(mw_bounce *b);

/* The next bytes. Linear in their number, whatever they are. */
MW_API void mw_bounce_feed(mw_bounce *b, mw_str bytes);

/* The message is complete. Returns MW_E_LIMIT when a part that matters was longer than
 * the memory for it and lost its rest (the reports that follow are of what was kept). */
MW_API mw_status mw_bounce_end(mw_bounce *b);

/* The next report; false when there is none left. A message that reports nothing gives
 * one report of kind MW_KIND_NONE. */
MW_API bool mw_bounce_next(mw_bounce *b, mw_report *out);

#ifdef __cplusplus
}
#endif

#endif
