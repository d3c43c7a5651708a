/* SPDX-License-Identifier: MIT
 *
 * One line of a client, read: which command, and the arguments of MAIL and RCPT.
 */
#ifndef MAILWHY_SMTP_COMMAND_H
#define MAILWHY_SMTP_COMMAND_H

#include <mailwhy/smtp_server.h>

typedef enum mwi_command {
	MWI_HELO,
	MWI_EHLO,
	MWI_LHLO,
	MWI_MAIL,
	MWI_RCPT,
	MWI_DATA,
	MWI_BDAT,
	MWI_RSET,
	MWI_NOOP,
	MWI_QUIT,
	MWI_VRFY,
	MWI_EXPN,
	MWI_HELP,
	MWI_STARTTLS,
	MWI_AUTH,
	MWI_KNOWN,   /* a command of some RFC that we don't have: 502 */
	MWI_STRANGE, /* none: 500 */
	MWI_COMMANDS
} mwi_command;

/* Reads the verb (case ignored); *argument is what follows, without blanks around it. */
mwi_command mwi_command_read(mw_str line, mw_str *argument);

/* What was wrong with a command: an answer and what it is about. id MW_ANSWER_COUNT:
 * nothing was. */
typedef struct mwi_wrong {
	mw_answer_id id;
	mw_str what;
} mwi_wrong;

/* Reads "FROM:<path> parameters" under what the session may use: `extensions` as MW_SMTP_
 * bits (0 after HELO). *out borrows from `argument`. */
mwi_wrong mwi_mail_read(mw_mail *out, mw_str argument, unsigned extensions, bool esmtp);

/* Reads "TO:<path> parameters". */
mwi_wrong mwi_rcpt_read(mw_rcpt *out, mw_str argument, unsigned extensions, bool esmtp);

/* Reads a number of at most 18 digits that is all of s; MW_E_SYNTAX. */
mw_status mwi_number_read(uint64_t *out, mw_str s);

/* Cuts the first word (parted by blanks) off *rest. */
bool mwi_word_next(mw_str *rest, mw_str *word);

#endif
