/* SPDX-License-Identifier: MIT
 *
 * Delivery to another server by LMTP (RFC 2033), such as Dovecot. On a thread that may
 * wait: it blocks, within time limits.
 */
#ifndef MAILWHY_ENGINE_LMTP_H
#define MAILWHY_ENGINE_LMTP_H

#include "queue/store.h"

#define LMTP_TEXT_MAX 1024U

/* What became of one recipient. */
typedef struct lmtp_result {
	int code; /* 2yz delivered; 4yz, 5yz as the server said of this mail; 451 of our
		     own where it could not be asked; 5yz of our own where the mail can't
		     be said to it (mw_smtp_client_mail) */
	mw_enhanced status;
	mw_stage stage;           /* connect, ehlo, mail, rcpt, data, content */
	char text[LMTP_TEXT_MAX]; /* the server's words, or ours; NUL-terminated */
} lmtp_result;

/* Delivers one message to `n` recipients over one connection. `target`: path of a socket,
 * or "host:port". `message` gives the envelope; the body is body.memory, or what is in
 * `fd` when fd >= 0. Fills all n results. */
void lmtp_deliver(mw_str target, mw_str hostname, const store_message *message,
		  mw_str body, int fd, const mw_str *recipients, size_t n,
		  lmtp_result *results);

/* How long it may take, and how it is said. */
typedef struct lmtp_limits {
	int connect;       /* ms to make the connection */
	int total;         /* ms for all of it; the farewell has a few seconds more */
	unsigned patience; /* percent of the times of RFC 5321, section 4.5.3.2 */
	bool smtp;         /* speak SMTP: to the socket for programs of this machine */
	unsigned notify;   /* MW_NOTIFY_, of all recipients; 0 none stated */
} lmtp_limits;

/* The same within other limits than ours. */
void lmtp_deliver_within(const lmtp_limits *limits, mw_str target, mw_str hostname,
			 const store_message *message, mw_str body, int fd,
			 const mw_str *recipients, size_t n, lmtp_result *results);

#endif
