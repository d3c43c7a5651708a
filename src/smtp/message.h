/* SPDX-License-Identifier: MIT
 *
 * The bytes of a message as they come by DATA (RFC 5321, section 4.5.2) or BDAT: dots
 * undone, the end found, limits watched.
 *
 * Only CR LF ends a line and only CR LF . CR LF ends a message. What else looks like an
 * end to some other server is how mails are smuggled, so by default it makes the message
 * be refused; where the operator accepts it, it is mended to CR LF before anybody else
 * sees it.
 */
#ifndef MAILWHY_SMTP_MESSAGE_H
#define MAILWHY_SMTP_MESSAGE_H

#include <mailwhy/smtp_server.h>

/* Begins a message. */
void mwi_message_start(mw_smtp_server *s);

typedef enum mwi_piece {
	MWI_PIECE,     /* *body has some bytes, perhaps none */
	MWI_PIECE_END, /* the final dot; *body is empty */
	MWI_PIECE_ODD  /* what looks like an end and is none, and the sender may wait */
} mwi_piece;

/* Takes the next bytes of `in`, of DATA. *used may be 0: more are needed. Limits that are
 * passed are noted in s->fault, and the bytes go on being taken. O(*used). */
mwi_piece mwi_message_data(mw_smtp_server *s, mw_str in, size_t *used, mw_str *body);

/* The same for at most s->chunk bytes of BDAT. */
void mwi_message_chunk(mw_smtp_server *s, mw_str in, size_t *used, mw_str *body);

/* The last chunk has ended. */
void mwi_message_chunks_end(mw_smtp_server *s);

#endif
