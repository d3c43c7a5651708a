/* SPDX-License-Identifier: MIT
 *
 * mailwhy/smtp_server.h - the server's side of a session: SMTP (RFC 5321), LMTP
 * (RFC 2033) and submission (RFC 6409), without socket and clock.
 *
 * Bytes come in by mw_smtp_server_feed(), which takes at most one step and says what it
 * was. Some steps are questions ("MAIL FROM this?"): the session stands still until
 * mw_smtp_server_answer(). Replies are written into a buffer that the caller lends and
 * empties. So one thread can drive any number of sessions, and a test needs no network.
 *
 *	mw_smtp_server_init(&s, &params, &out);
 *	for (;;) {
 *		n = mw_smtp_server_feed(&s, in, &event);
 *		in = mw_str_skip(in, n);
 *		if (event.kind == MW_SMTP_MAIL)
 *			mw_smtp_server_answer(&s, decide(&event.mail));
 *		...
 *		if (event.kind == MW_SMTP_NONE)
 *			read more, send `out`;
 *	}
 */
#ifndef MAILWHY_SMTP_SERVER_H
#define MAILWHY_SMTP_SERVER_H

#include <mailwhy/answer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What EHLO may offer, a set. */
#define MW_SMTP_STARTTLS   0x001U /* RFC 3207; offered while the line is plain */
#define MW_SMTP_CHUNKING   0x002U /* RFC 3030 */
#define MW_SMTP_BINARYMIME 0x004U /* RFC 3030; only with CHUNKING */
#define MW_SMTP_DSN        0x008U /* RFC 3461 */
#define MW_SMTP_UTF8       0x010U /* SMTPUTF8, RFC 6531 */
#define MW_SMTP_REQUIRETLS 0x020U /* RFC 8689; offered under TLS */
#define MW_SMTP_8BITMIME   0x040U /* RFC 6152 */
#define MW_SMTP_PIPELINING 0x080U /* RFC 2920 */
#define MW_SMTP_LIMITS     0x100U /* RFC 9422 */
#define MW_SMTP_ENHANCED   0x200U /* ENHANCEDSTATUSCODES, RFC 2034 */
#define MW_SMTP_SIZE       0x400U /* RFC 1870 */
#define MW_SMTP_ALL        0x7ffU

/* SASL mechanisms, a set. */
#define MW_SASL_PLAIN              1U
#define MW_SASL_LOGIN              2U
#define MW_SASL_SCRAM_SHA_256      4U
#define MW_SASL_SCRAM_SHA_256_PLUS 8U /* offered under TLS */

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
	mw_answer answer; /* REPLIED, CLOSED, and ABORT that a refusal brought: what was
			     said; code 0 none */
} mw_smtp_event;

/* A session. The fields are private; the struct is public so that the caller can own
 * it. Nothing needs closing. */
typedef struct mw_smtp_server {
	const mw_smtp_params *params;
	mw_buf *out;
	unsigned char state, asked, want, end, fault;
	bool secure, implicit_tls, authenticated, esmtp, closing, skip, last, lf_seen,
		shutting;
	bool bdat, utf8, told_abort, binary, long_line;
	unsigned rcpts, mails, errors, index;
	uint64_t size, chunk, stated;
	unsigned line, header, hops;
	unsigned char scan, field;
	mw_answer refusal;
} mw_smtp_server;

/* Sets up *s; `params` and `out` must outlive it. `out` needs MW_SMTP_REPLY_MAX bytes
 * free whenever feed() or answer() is called, else feed() waits. `secure`: TLS is up
 * already (port 465). */
MW_API void mw_smtp_server_init(mw_smtp_server *s, const mw_smtp_params *params,
				mw_buf *out, bool secure);

/* Takes one step. Returns how many bytes of `in` were used (they will not be looked at
 * again; offer the rest again, with more behind it); *event says what it was. Slices of
 * *event point into `in`. With NONE and an open question: answer first. With NONE and
 * less than a whole line: append and call again; 64 KiB of `in` are enough for any step.
 * O(in.len) for bytes of a message, O(line) for commands. */
MW_API size_t mw_smtp_server_feed(mw_smtp_server *s, mw_str in, mw_smtp_event *event);

/* Answers the open question. The text is copied into `out` at once. */
MW_API void mw_smtp_server_answer(mw_smtp_server *s, const mw_answer *a);

/* The same with an answer of the knowledge; what the %s of its words stand for is `what`
 * (empty: none). */
MW_API void mw_smtp_server_answer_id(mw_smtp_server *s, mw_answer_id id, mw_str what);

/* After 220 to STARTTLS has been sent and the handshake is done: forgets all that was
 * said before (RFC 3207, section 4.2). */
MW_API void mw_smtp_server_secured(mw_smtp_server *s);

/* The server stops, or has no room: the next command is answered by 421 and the session
 * ends; a message at work is finished first. With `now` (the client stayed silent) it is
 * said at once. */
MW_API void mw_smtp_server_shutdown(mw_smtp_server *s, bool now);

/* Says 421 for a client that was silent too long, and ends (section 4.5.3.2.7). */
MW_API void mw_smtp_server_timeout(mw_smtp_server *s);

/* Seconds that the client has for its next bytes. */
MW_API unsigned mw_smtp_server_deadline(const mw_smtp_server *s);

/* True when nothing will be said any more: send `out`, then close. */
MW_API bool mw_smtp_server_closed(const mw_smtp_server *s);

/* True while a question waits for its answer. */
MW_API bool mw_smtp_server_waits(const mw_smtp_server *s);

/* True between MAIL and the end of its transaction. */
MW_API bool mw_smtp_server_busy(const mw_smtp_server *s);

#ifdef __cplusplus
}
#endif

#endif
