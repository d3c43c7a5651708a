/* SPDX-License-Identifier: MIT
 *
 * mailwhy/smtp_server.h - the server's side of a session: SMTP (RFC 5321), LMTP
 * (RFC 2033) and submission (RFC 6409), without socket and clock.
 *
 * Bytes come in by mw_smtp_server_feed(), which takes at most one step and says what it
 * was. Some steps are questions ("MAIL FROM this?"): the session stands still until
 * mw_smtp_server_answer(). Replies are written into a buffer that the caller lends with
 * each call. So one thread can drive any number of sessions, an idle one costs nothing
 * but its struct, and a test needs no network.
 *
 *	mw_smtp_server_init(&s, &params, false);
 *	do {
 *		n = mw_smtp_server_feed(&s, in, &out, &event);
 *		in = mw_str_skip(in, n);
 *		if (event.kind == MW_SMTP_MAIL)
 *			mw_smtp_server_answer(&s, decide(&event.mail), &out);
 *		...
 *	} while (event.kind != MW_SMTP_NONE);
 */
#ifndef MAILWHY_SMTP_SERVER_H
#define MAILWHY_SMTP_SERVER_H

#include <mailwhy/answer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What holds for a listener. Shared by its sessions, never written to by them; 0 of a
 * limit is none. */
typedef struct mw_smtp_params {
	mw_str hostname;
	bool lmtp;
	unsigned extensions;
	unsigned mechanisms;
	bool auth_plaintext;  /* AUTH without TLS: for tests, on loopback */
	bool auth_required;   /* MAIL needs AUTH first (submission) */
	bool tls_required;    /* MAIL needs TLS first */
	bool bare_line_ends;  /* false: a bare CR or LF is refused (smuggling) */
	bool early_talk;      /* false: commands sent before a reply that they must wait
				 for are refused (RFC 2920, section 3.1) */
	uint64_t size_max;    /* bytes of a message */
	unsigned command_max; /* bytes of a command line with CRLF; 0: 2048 */
	unsigned line_max;    /* bytes of a line of a message with CRLF */
	unsigned header_max;  /* bytes of the header */
	unsigned hops_max;    /* Received fields: a loop (section 6.3) */
	unsigned rcpt_max;    /* recipients of a message (452 4.5.3 from there on) */
	unsigned mail_max;    /* messages of a session */
	unsigned errors_max;  /* refused commands of a session, then 421 */
	unsigned idle;        /* seconds to wait for a command; 0: 300 */
	unsigned data;        /* seconds to wait for a piece of a message; 0: 300 */
} mw_smtp_params;

/* Questions want mw_smtp_server_answer(); the others are news. */
typedef enum mw_smtp_event_kind {
	MW_SMTP_NONE, /* nothing more to be had from these bytes */
	/* questions */
	MW_SMTP_CONNECT, /* first of all: 220, or a refusal */
	MW_SMTP_HELLO,   /* HELO, EHLO, LHLO: `word` is the name */
	MW_SMTP_START_TLS,
	MW_SMTP_AUTH,      /* `mechanism`; `word` is the initial response, base64; empty
			      none. Answer 334 with a challenge (base64), 235, or refuse */
	MW_SMTP_AUTH_MORE, /* `word` is a response, base64 */
	MW_SMTP_MAIL,      /* `mail` */
	MW_SMTP_RCPT,      /* `rcpt` */
	MW_SMTP_DATA,      /* 354, or a refusal; also for the first BDAT, where any code
			      but a refusal goes on */
	MW_SMTP_END,  /* the message is whole: 250, or a refusal. In LMTP it comes once
			 for each recipient that was taken, `index` from 0 */
	MW_SMTP_VRFY, /* `word` */
	MW_SMTP_EXPN, /* `word` */
	/* news */
	MW_SMTP_BODY,    /* `body`: the next bytes of the message, dots undone */
	MW_SMTP_ABORT,   /* the transaction is over and no mail was taken: forget it */
	MW_SMTP_REPLIED, /* the session answered by itself: RSET, QUIT, NOOP, an error */
	MW_SMTP_CLOSED   /* the reply that ends the session is in the buffer */
} mw_smtp_event_kind;

typedef struct mw_smtp_event {
	mw_smtp_event_kind kind;
	mw_stage stage;
	mw_str line; /* the command without its line end; empty where there is none. What
			belongs to AUTH is secret: do not log it */
	mw_str word;
	mw_str body;
	bool esmtp;         /* HELLO: EHLO or LHLO, not HELO */
	unsigned mechanism; /* AUTH: one of MW_SASL_ */
	unsigned index;     /* END of LMTP: which recipient */
	uint64_t size;      /* END: bytes of the message */
	mw_mail mail;
	mw_rcpt rcpt;
	mw_answer_id id; /* REPLIED, CLOSED and an ABORT that a refusal brought: what was
			    said; MW_ANSWER_COUNT: nothing was */
	mw_str said;     /* the same as it stands in the caller's buffer */
} mw_smtp_event;

/* A session. The fields are private; the struct is public so that the caller can own
 * it. Nothing needs closing. */
typedef struct mw_smtp_server {
	const mw_smtp_params *params;
	uint64_t size;  /* bytes of the message so far */
	uint64_t chunk; /* bytes that the chunk still has */
	unsigned rcpts, mails, errors, index;
	unsigned line, header, hops; /* of the message: see message.h */
	unsigned short fault;        /* an mw_answer_id that the message will get */
	unsigned char state, back, asked, field, after;
	bool secure, authenticated, esmtp, utf8, binary, first, last, taken;
	bool skipping, aborted, closes, told_closed, stopping, in_header, cr;
} mw_smtp_server;

/* Sets up *s; `params` must outlive it. `secure`: TLS is up already (port 465). */
MW_API void mw_smtp_server_init(mw_smtp_server *s, const mw_smtp_params *params,
				bool secure);

/* Takes one step. Returns how many bytes of `in` were used (they will not be looked at
 * again; offer the rest again, with more behind it); *event says what it was, and its
 * slices point into `in` and `out`. NONE: a question is open, or `out` has less than
 * MW_SMTP_REPLY_MAX bytes free, or `in` has less than a whole line: append and call
 * again; MW_SMTP_IN_MAX bytes are enough for any step. O(in.len). */
#define MW_SMTP_IN_MAX (16U * 1024)
MW_API size_t mw_smtp_server_feed(mw_smtp_server *s, mw_str in, mw_buf *out,
				  mw_smtp_event *event);

/* Answers the open question; `out` as above. Does nothing when none is open. */
MW_API void mw_smtp_server_answer(mw_smtp_server *s, const mw_answer *a, mw_buf *out);

/* After 220 to STARTTLS has been sent and the handshake is done: forgets all that was
 * said before (RFC 3207, section 4.2). */
MW_API void mw_smtp_server_secured(mw_smtp_server *s);

/* The server stops: from the next command that begins something new, 421. A transaction
 * at work is finished first. */
MW_API void mw_smtp_server_stop(mw_smtp_server *s);

/* Ends the session at once with this (421; `what` for its "%s"), whatever it was doing:
 * the client was silent too long (RFC 5321, section 4.5.3.2.7), or the server can't
 * wait. Between commands only; while a question is open it just ends. */
MW_API void mw_smtp_server_end(mw_smtp_server *s, mw_answer_id id, mw_str what,
			       mw_buf *out);

/* Seconds that the client has for its next bytes. */
MW_API unsigned mw_smtp_server_deadline(const mw_smtp_server *s);

/* True when nothing will be said any more: send `out`, then close. */
MW_API bool mw_smtp_server_closed(const mw_smtp_server *s);

/* True while a question waits for its answer. */
MW_API bool mw_smtp_server_waits(const mw_smtp_server *s);

/* True between MAIL and the end of its transaction. */
MW_API bool mw_smtp_server_busy(const mw_smtp_server *s);

/* True while the bytes that come are those of a message. */
MW_API bool mw_smtp_server_in_body(const mw_smtp_server *s);

#ifdef __cplusplus
}
#endif

#endif
