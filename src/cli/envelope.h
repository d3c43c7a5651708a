/* SPDX-License-Identifier: MIT
 *
 * The line that parts the messages of an mbox.
 */
#ifndef MAILWHY_CLI_ENVELOPE_H
#define MAILWHY_CLI_ENVELOPE_H

#include <mailwhy/str.h>

/* A longer line is none. */
#define CLI_ENVELOPE_MAX 1024

typedef enum cli_envelope {
	CLI_ENVELOPE_NONE,
	CLI_ENVELOPE_BARE, /* "From " alone: Thunderbird writes it, so may anybody */
	CLI_ENVELOPE_FULL  /* with a date */
} cli_envelope;

/* What a line, without its end, is: "From ", a sender or none, and a date in any of the
 * orders that programs write, "remote from HOST" allowed. Linear. */
cli_envelope cli_envelope_read(mw_str line);

#endif
