/* SPDX-License-Identifier: MIT
 *
 * What the parts of the server's session share.
 */
#ifndef MAILWHY_SMTP_SESSION_H
#define MAILWHY_SMTP_SESSION_H

#include "smtp/states.h"

/* One step at work: the session, what came, where the reply goes, what is told. */
typedef struct mwi_step {
	mw_smtp_server *s;
	mw_str in; /* what stands behind the command */
	mw_buf *out;
	mw_smtp_event *event;
} mwi_step;

/* Answers by itself, and tells the caller (REPLIED). */
void mwi_say(mwi_step *t, mw_answer_id id, mw_str what);

/* The same where a limit is what it is about. */
void mwi_say_number(mwi_step *t, mw_answer_id id, uint64_t number);

/* Asks the caller. */
void mwi_ask(mwi_step *t, mw_smtp_event_kind kind, mw_stage stage);

/* Forgets the transaction; the next step tells it when there was one. */
void mwi_forget(mw_smtp_server *s);

/* The extensions that hold now: none after HELO, and what TLS allows. */
unsigned mwi_extensions(const mw_smtp_server *s);

/* Runs a command that has its place. */
void mwi_command_run(mwi_step *t, mwi_command command, mw_str argument);

/* A BDAT that is refused: its bytes are still to come, and are thrown away. */
void mwi_chunk_discard(mw_smtp_server *s, mw_str argument);

/* The reply to EHLO or LHLO: its lines, parted by '\n' (section 4.1.1.1). */
mw_str mwi_ehlo_text(const mw_smtp_server *s, mw_str first, char *room, size_t cap);

#endif
