/* SPDX-License-Identifier: MIT
 *
 * What the parts of the client's session share.
 *
 * A transaction is a row of steps, each a command and its reply: RSET (only where the
 * last transaction was left open), MAIL, RCPT for each recipient, DATA. `sent` and
 * `answered` count them; between the two stand those that are on their way. `end` is the
 * number of steps there will be: it shrinks to `sent` when the rest has become useless.
 * A step whose command we may not send is passed over, and answered by ourselves.
 *
 * A message that goes in chunks has no DATA: its steps end with the last RCPT.
 */
#ifndef MAILWHY_SMTP_CLIENT_PRIVATE_H
#define MAILWHY_SMTP_CLIENT_PRIVATE_H

#include <mailwhy/smtp_client.h>

typedef enum mwi_client_state {
	MWI_CLIENT_GREETING,
	MWI_CLIENT_EHLO, /* or LHLO */
	MWI_CLIENT_HELO,
	MWI_CLIENT_IDLE, /* it is the caller's turn */
	MWI_CLIENT_STARTTLS,
	MWI_CLIENT_TLS, /* it is the caller's turn: the handshake */
	MWI_CLIENT_AUTH,
	MWI_CLIENT_CHALLENGED, /* it is the caller's turn */
	MWI_CLIENT_STEPS,
	MWI_CLIENT_BODY,   /* it is the caller's turn */
	MWI_CLIENT_CHUNKS, /* it is the caller's turn, and chunks are replied to */
	MWI_CLIENT_ENDING, /* the final dot, the last chunk */
	MWI_CLIENT_DRAIN,  /* a chunk was refused: replies to those behind it */
	MWI_CLIENT_QUIT,
	MWI_CLIENT_CLOSED,
	MWI_CLIENT_STATES
} mwi_client_state;

enum { MWI_STEP_RSET, MWI_STEP_MAIL, MWI_STEP_RCPT };

/* Why a command is not sent. */
typedef enum mwi_fault {
	MWI_FAULT_NONE,
	MWI_FAULT_ADDRESS,
	MWI_FAULT_UTF8_ADDRESS,
	MWI_FAULT_UTF8_SENDER,
	MWI_FAULT_UTF8,
	MWI_FAULT_8BIT,
	MWI_FAULT_BINARY,
	MWI_FAULT_SIZE,
	MWI_FAULT_TLS,
	MWI_FAULTS
} mwi_fault;

/* The reply that stands for it. */
mw_reply mwi_fault_reply(mwi_fault fault);

/* True when the message would go by BDAT. */
bool mwi_client_chunks(const mw_smtp_client *s);

/* What keeps MAIL from being sent. */
mwi_fault mwi_client_mail_fault(const mw_smtp_client *s);

/* The step of DATA. */
static inline size_t mwi_step_data(const mw_smtp_client *s)
{
	return MWI_STEP_RCPT + s->count;
}

/* Writes the commands that are due, as many as may be under way and have room. */
void mwi_client_write(mw_smtp_client *s, mw_buf *out);

/* Reads on in the reply at the front of `in`. MW_OK: it is whole (s->whole), `scanned`
 * bytes long, of code s->code. MW_E_MORE; MW_E_SYNTAX: no reply; MW_E_LIMIT: too long. */
MW_CHECKED mw_status mwi_client_reply_scan(mw_smtp_client *s, mw_str in);

/* What is at the front of the input is another reply now; returns the bytes of this. */
size_t mwi_client_reply_drop(mw_smtp_client *s);

/* Reads the reply to EHLO or LHLO. */
void mwi_offers_read(mw_smtp_offers *out, mw_str reply);

/* *after: what stands before the next byte of the message. */
enum { MWI_AFTER_LINE, MWI_AFTER_CR, MWI_AFTER_TEXT };

size_t mwi_body_put(unsigned char *after, mw_str piece, mw_buf *out);
void mwi_body_end(unsigned char after, mw_buf *out);

/* One chunk, of as much of `piece` as there is room for; 0: none was written. */
size_t mwi_chunk_put(mw_str piece, mw_buf *out);

#endif
