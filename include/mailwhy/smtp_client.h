/* SPDX-License-Identifier: MIT
 *
 * mailwhy/smtp_client.h - the client's side of a session: SMTP (RFC 5321) and LMTP
 * (RFC 2033), without socket and clock.
 *
 * Replies come in by mw_smtp_client_feed(), which takes at most one step, says what it
 * was, and writes the commands that are due into a buffer that the caller lends. Each
 * recipient of a mail gets its outcome just once, as an event of its own: what the server
 * said to it, or to the mail, or to all.
 *
 *	mw_smtp_client_init(&s, &params);
 *	do {
 *		n = mw_smtp_client_feed(&s, in, &out, &event);
 *		in = mw_str_skip(in, n);
 *		if (event.kind == MW_CLIENT_READY)
 *			mw_smtp_client_mail(&s, &mail, recipients, count);
 *		else if (event.kind == MW_CLIENT_WANT_BODY)
 *			... mw_smtp_client_body(&s, piece, &out), then
 *			mw_smtp_client_end(&s);
 *		else if (event.kind == MW_CLIENT_DONE)
 *			mw_smtp_client_quit(&s);
 *		else if (event.kind == MW_CLIENT_NONE)
 *			... send `out`, receive `in`, or mw_smtp_client_lost(&s, why);
 *	} while (!mw_smtp_client_closed(&s));
 *
 * After READY there may be, before the mails: mw_smtp_client_starttls(), and after the
 * handshake for which START_TLS asks mw_smtp_client_secured(): READY again; then
 * mw_smtp_client_auth(), and mw_smtp_client_auth_answer() to each CHALLENGE: READY once
 * more. REFUSED in place of either: go on without, or quit.
 */
#ifndef MAILWHY_SMTP_CLIENT_H
#define MAILWHY_SMTP_CLIENT_H

#include <mailwhy/smtp.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A reply that is longer is none. */
#define MW_SMTP_CLIENT_REPLY_MAX (64U * 1024) /* bytes, with all its lines */
#define MW_SMTP_CLIENT_LINES_MAX 100U

#define MW_SMTP_CLIENT_OUT_MAX 2048U /* bytes of a command that we write */
#define MW_SMTP_CLIENT_WINDOW  64U   /* commands that may wait for their replies */

/* Bytes of a line of AUTH that we write, with its end (RFC 4954, section 4). */
#define MW_SMTP_CLIENT_AUTH_MAX 12288U

/* What holds for a connection. Shared by sessions, never written to by them. */
typedef struct mw_smtp_client_params {
	mw_str hostname; /* what we say in EHLO: mw_domain_valid() */
	bool lmtp;
	bool chunking;     /* SMTP: messages go by BDAT where CHUNKING and PIPELINING are
			      offered; BINARYMIME does so anyway */
	unsigned patience; /* percent of the times that RFC 5321 gives a server; 0: 100 */
} mw_smtp_client_params;

/* What the server said that it can. All zero after HELO. */
typedef struct mw_smtp_offers {
	unsigned extensions; /* MW_SMTP_ bits */
	unsigned mechanisms; /* of AUTH: MW_SASL_ bits */
	uint64_t size_max;   /* bytes of a message; 0 no limit stated */
	/* LIMITS (RFC 9422); 0 not stated */
	uint64_t mail_max, rcpt_max, rcpt_domain_max;
} mw_smtp_offers;

/* One recipient of a mail. The caller fills in `rcpt`; the rest is the session's. */
typedef struct mw_smtp_recipient {
	mw_rcpt rcpt;
	unsigned char fault; /* why the server is not asked */
	bool taken;          /* the server took it; its outcome comes with the message */
	bool told;           /* its outcome was told */
} mw_smtp_recipient;

typedef enum mw_smtp_client_event_kind {
	MW_CLIENT_NONE,  /* nothing more to be had from these bytes */
	MW_CLIENT_READY, /* greeted, or secured, or logged in: `offers`. Now a mail, or
			    quit; or starttls, or auth */
	MW_CLIENT_START_TLS, /* throw away what else came in the clear, shake hands, then
				mw_smtp_client_secured() */
	MW_CLIENT_CHALLENGE, /* `challenge`: give an answer */
	MW_CLIENT_REFUSED, /* starttls or auth (`stage`) was refused by `reply`; what may
			      follow is the same as after READY */
	MW_CLIENT_REPLY, /* the outcome of recipient `index`: 2yz delivered (or, in SMTP,
			    taken over by the server), 4yz, 5yz refused */
	MW_CLIENT_WANT_BODY, /* give the message */
	MW_CLIENT_DONE, /* each recipient has its outcome. Now another mail, or quit. May
			   come while the message is given: a chunk was refused */
	MW_CLIENT_CLOSED, /* quit was answered: close */
	MW_CLIENT_FAILED  /* the session is over: close. Recipients that were not told
			     anything have `reply`, or `text`, as their outcome */
} mw_smtp_client_event_kind;

typedef struct mw_smtp_client_event {
	mw_smtp_client_event_kind kind;
	mw_stage stage; /* REPLY, REFUSED, FAILED: what the server was asked. FAILED by
			   421 between two mails: MAIL */
	size_t index;
	mw_reply reply;   /* REPLY, REFUSED; FAILED: code 0 when no reply is the reason.
			     Borrowed from `in`, but for those of our own */
	mw_str challenge; /* CHALLENGE: base64 as it came, maybe empty. Borrowed */
	bool own;       /* REPLY: we say so, the server was not asked: no SMTP address, or
			   the mail needs what the server does not offer */
	bool broken;    /* FAILED: what the server sent makes no sense */
	bool uncertain; /* FAILED: the end of the message was written, and no reply to it
			   came: recipients that were not told anything may have it */
	const char *text;             /* FAILED without reply: why */
	const mw_smtp_offers *offers; /* READY; valid as long as the session */
} mw_smtp_client_event;

/* A session. The fields are private; the struct is public so that the caller can own
 * it. Nothing needs closing. */
typedef struct mw_smtp_client {
	const mw_smtp_client_params *params;
	mw_smtp_offers offers;
	mw_mail mail;
	mw_smtp_recipient *rcpts;
	size_t count, taken;
	size_t sent, answered, end;  /* steps of the transaction: see smtp/client.h */
	size_t chunks;               /* that wait for their replies */
	size_t index;                /* whose outcome is looked for next */
	size_t scanned, line, lines; /* of the reply at the front of `in` */
	int code;
	const char *lost;
	unsigned char state, fault, after, challenges;
	bool due, whole, refused, reset, early;
	bool secure, chunked, ended;
} mw_smtp_client;

/* Sets up *s for a connection on which nothing was said yet; `params` must outlive it. */
MW_API void mw_smtp_client_init(mw_smtp_client *s, const mw_smtp_client_params *params);

/* Takes one step. Returns how many bytes of `in` were used (they will not be looked at
 * again; offer the rest again, unchanged, with more behind it); *event says what it was.
 * Commands are put behind what is in `out`, when it has MW_SMTP_CLIENT_OUT_MAX bytes
 * free; else nothing happens. NONE: `in` has less than a whole reply, or it is the
 * caller's turn; MW_SMTP_CLIENT_REPLY_MAX bytes are enough for any step. A byte is looked
 * at once, in however many pieces it comes.
 *
 * Call it when bytes come, while a message is given too: a reply that was there before
 * the end of the message does not count as its acceptance. */
MW_API size_t mw_smtp_client_feed(mw_smtp_client *s, mw_str in, mw_buf *out,
				  mw_smtp_client_event *event);

/* Asks for TLS, after READY or DONE; elsewhere it does nothing. Leads to START_TLS or
 * REFUSED. Who sits on the line may put replies of his own behind the one to STARTTLS, to
 * be taken for the server's under TLS: when `in` has any, it is not START_TLS but FAILED
 * (broken), and what comes later in the clear the caller gives to the handshake or throws
 * away. */
MW_API void mw_smtp_client_starttls(mw_smtp_client *s);

/* The handshake is done, after START_TLS; elsewhere it does nothing. Until then feed
 * takes nothing. What was offered in the clear is forgotten; greets again, and READY is
 * told with the new offers, never STARTTLS. A handshake that failed is
 * mw_smtp_client_lost(). */
MW_API void mw_smtp_client_secured(mw_smtp_client *s);

/* Logs in, after READY, and writes "AUTH mechanism initial" into `out` at once: nothing
 * of it is kept. `initial` is base64, or "=" for a response that is empty, or empty when
 * the mechanism has none, or it is not to be said before a challenge. Leads to CHALLENGE,
 * READY or REFUSED.
 *
 * MW_OK, or nothing is done: MW_E_ABSENT, it is not the time for it; MW_E_SYNTAX, a text
 * is not what it should be; MW_E_LIMIT, the line is longer than MW_SMTP_CLIENT_AUTH_MAX,
 * or than the room in `out`. */
MW_API MW_CHECKED mw_status mw_smtp_client_auth(mw_smtp_client *s, mw_str mechanism,
						mw_str initial, mw_buf *out);

/* The answer to a CHALLENGE: base64, maybe empty; "*" gives up, and the server refuses.
 * Returns the same as mw_smtp_client_auth(). */
MW_API MW_CHECKED mw_status mw_smtp_client_auth_answer(mw_smtp_client *s, mw_str answer,
						       mw_buf *out);

/* Begins a mail, after READY or DONE; elsewhere it does nothing. mail->size, BODY and the
 * like are stated where the server offers it. The text of `mail`, and the `count` > 0
 * recipients, must outlive the transaction.
 *
 * Refused by ourselves (own), without asking, is a mail
 *	larger than SIZE allows			552 5.3.4
 *	with REQUIRETLS that is not offered	550 5.7.30
 *	with 8BITMIME that is not offered	554 5.6.3, not in LMTP: there 8 bits pass
 *	with BINARYMIME that is not offered,
 *	or CHUNKING or PIPELINING is not	554 5.6.3; in LMTP always
 *	with SMTPUTF8 that is not offered	550 5.6.7 for the sender's address, else
 *						550 5.6.9 for the header
 * and a recipient beyond ASCII, where SMTPUTF8 is not offered or mail->smtputf8 not set,
 * by 553 5.6.7. So a caller whose header and sender are ASCII clears mail->smtputf8 when
 * it is not offered: then such recipients alone are refused. BODY of `mail` is what the
 * message is, not what its sender said it could be. */
MW_API void mw_smtp_client_mail(mw_smtp_client *s, const mw_mail *mail,
				mw_smtp_recipient *recipients, size_t count);

/* Gives the next bytes of the message, after WANT_BODY; elsewhere it takes nothing.
 * Writes them into `out` with dots doubled and each bare CR or LF made a CR LF, so that
 * no other server sees the end of the mail elsewhere than we; or, by BDAT, as they are,
 * as one chunk: unless it is BINARYMIME, its lines have to end in CR LF. Returns how many
 * were taken; all, or `out` is full. */
MW_API size_t mw_smtp_client_body(mw_smtp_client *s, mw_str piece, mw_buf *out);

/* True from WANT_BODY on until the end is given, or the server refused a chunk and wants
 * no more: then feed on until DONE. */
MW_API bool mw_smtp_client_wants_body(const mw_smtp_client *s);

/* The message is whole: the next feed writes its end. To give it up half-way, there is
 * nothing but mw_smtp_client_lost() and to close. Does nothing when it is not wanted. */
MW_API void mw_smtp_client_end(mw_smtp_client *s);

/* Says good-bye, after READY, REFUSED or DONE; elsewhere it does nothing. */
MW_API void mw_smtp_client_quit(mw_smtp_client *s);

/* No more bytes will come, for this reason (a constant string): feed on with what is
 * there, until FAILED or CLOSED or, when all was said before, DONE. What is written to
 * `out` from here on is of no use. */
MW_API void mw_smtp_client_lost(mw_smtp_client *s, const char *why);

/* Seconds that the server has, from the last step on, for its next reply, or for the
 * handshake, or while a message is given, to take a piece of it (RFC 5321, section
 * 4.5.3.2); 0: nothing is waited for. */
MW_API unsigned mw_smtp_client_deadline(const mw_smtp_client *s);

/* What the server is being asked: where a fault of the connection belongs. */
MW_API mw_stage mw_smtp_client_stage(const mw_smtp_client *s);

/* True after CLOSED and FAILED: nothing will come any more. */
MW_API bool mw_smtp_client_closed(const mw_smtp_client *s);

#ifdef __cplusplus
}
#endif

#endif
