/* SPDX-License-Identifier: MIT
 *
 * mailwhy/dsn.h - write the letter that tells a sender what became of a mail: a delivery
 * status notification (RFC 3461, 3464, 6522, 6533; its header by RFC 3834).
 *
 *	mw_dsn_head(out, &d);            the letter up to what is returned
 *	append d.header, or all bytes of the original where d.full
 *	mw_dsn_tail(out, &d);            the end
 *
 * The original may be long, so it need not be in memory. The letter goes out with the
 * empty envelope sender, to d.to.
 *
 * Beside the fields of the standard each recipient has X-Mailwhy-Category, and
 * X-Mailwhy-Stage where it is known; mailwhy/bounce.h reads the stage back.
 *
 * Every slice may hold what strangers wrote. What reaches the letter has no line end, no
 * control character and no byte that is not UTF-8 in it, is cut to a length, and is ASCII
 * where nothing else is declared. No line is longer than 998 bytes; all end with CRLF.
 */
#ifndef MAILWHY_DSN_H
#define MAILWHY_DSN_H

#include <mailwhy/verdict.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Recipients of one letter. */
#define MW_DSN_RECIPIENTS_MAX 1000

/* Bytes that mw_dsn_head() writes at most, whatever the strings are: the letter for
 * people, where of each action at most 20 addresses and 8 reasons are written out, and
 * fewer when they are long; and the fields for programs of each recipient. An ordinary
 * letter takes 3 kilobytes. */
#define MW_DSN_HEAD_MAX(count) (128 * (size_t)1024 + (size_t)(count)*4096)

/* Bytes that mw_dsn_tail() writes at most. */
#define MW_DSN_TAIL_MAX 128

/* RFC 3464, 2.3.3. */
typedef enum mw_dsn_action {
	MW_DSN_FAILED,
	MW_DSN_DELAYED,   /* still being tried */
	MW_DSN_DELIVERED, /* into a mailbox */
	MW_DSN_RELAYED,   /* to a server that reports no deliveries */
	MW_DSN_EXPANDED,  /* to the members of a list */
} mw_dsn_action;

/* What became of one recipient. Times are milliseconds since 1970, 0 where there is
 * none; slices are empty where nothing is known. */
typedef struct mw_dsn_recipient {
	mw_str address;  /* the final recipient; never empty */
	mw_str original; /* as RCPT named it, where an alias led on from there */
	/* The value of ORCPT, xtext with its type ("rfc822;bob+2Bx@example.org"). Without
	 * it there is no Original-Recipient (RFC 3461, 6.3); a caller that followed an
	 * alias may put what RCPT named here. */
	mw_str orcpt;
	mw_dsn_action action;
	mw_outcome outcome; /* reply, status, text, remote, stage of the last attempt */
	mw_verdict verdict; /* on that outcome */
	mw_str remote_ip;   /* of outcome.remote: "192.0.2.1" */
	int64_t last_attempt;
	int64_t next_try, will_retry_until; /* of DELAYED */
	unsigned attempts;                  /* 0 unknown */
	bool uncertain; /* the answer to the last byte was lost: the mail may be there */
	bool expired;   /* given up, for it had been tried as long as it may */
} mw_dsn_recipient;

typedef struct mw_dsn {
	mw_str hostname; /* of the mail server that writes */
	mw_str from;     /* address for From: "MAILER-DAEMON@mail.example.com" */
	mw_str to;       /* the original's envelope sender; never empty */
	mw_str id;       /* of the mail in the queue: letters, digits, ". - _" */
	/* 16 or more letters and digits by chance, new for every letter: they go into the
	 * Message-ID and the boundary, which nobody may be able to foresee. */
	mw_str nonce;
	mw_str envid;         /* ENVID, xtext; empty none */
	int64_t arrival, now; /* milliseconds since 1970; arrival 0 unknown */
	bool utf8;            /* the original was SMTPUTF8: RFC 6533 is understood */
	bool full;            /* the whole message is returned, else its header */
	bool eight_bit;       /* of `full`: the message has bytes beyond ASCII */
	mw_str header;        /* of the original, without the empty line at its end */
	uint64_t body_size;   /* bytes of the original's body */
	const mw_dsn_recipient *recipients;
	size_t count; /* 1 to MW_DSN_RECIPIENTS_MAX */
	const mw_knowledge *kb;
} mw_dsn;

/* Writes the letter up to and with the header of its last part. With `utf8` the letter
 * itself may need SMTPUTF8. MW_E_LIMIT: *out is too small, or there are too many
 * recipients; MW_E_ABSENT: there are none. Linear in header and recipients. */
MW_API MW_CHECKED mw_status mw_dsn_head(mw_buf *out, const mw_dsn *d);

/* Writes the end, behind the last byte of what is returned. MW_E_LIMIT: too small. */
MW_API MW_CHECKED mw_status mw_dsn_tail(mw_buf *out, const mw_dsn *d);

/* "failed"; the word of RFC 3464. A constant string. */
MW_API const char *mw_dsn_action_name(mw_dsn_action action);

/* The Status that a letter states: that of the outcome where its class fits the action
 * (a failure may have 4), else what the verdict derives, else "5.0.0", "4.0.0", "2.0.0".
 * A mail that was tried too long has 4.4.7 only where no cause is known (RFC 3463). */
MW_API mw_enhanced mw_dsn_status(const mw_dsn_recipient *r);

#ifdef __cplusplus
}
#endif

#endif
