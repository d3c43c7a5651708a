/* SPDX-License-Identifier: MIT
 *
 * Which command has its place where: one table, state x command.
 */
#ifndef MAILWHY_SMTP_STATES_H
#define MAILWHY_SMTP_STATES_H

#include "smtp/command.h"

typedef enum mwi_state {
	/* states in which commands are read: rows of the table */
	MWI_REFUSED, /* the greeting was a refusal (RFC 5321, section 3.1) */
	MWI_START,   /* no HELO yet */
	MWI_IDLE,    /* greeted, no transaction */
	MWI_SENDER,  /* MAIL was taken */
	MWI_RCPTS,   /* and a recipient */
	MWI_CHUNKS,  /* and a chunk that was not the last */
	MWI_ROWS,
	/* states in which something else is read, or nothing */
	MWI_GREETING = MWI_ROWS,
	MWI_BODY,
	MWI_CHUNK,
	MWI_DISCARD, /* the bytes of a chunk that was refused */
	MWI_ENDING,  /* the message is whole and is being answered */
	MWI_SASL,
	MWI_TLS,
	MWI_CLOSED,
	MWI_STATES
} mwi_state;

/* The answer that refuses the command in that row, or MW_ANSWER_COUNT: it has its place.
 * The rows of the table are what the tests go by. */
mw_answer_id mwi_state_refuses(mwi_state row, mwi_command command);

#endif
