/* SPDX-License-Identifier: MIT
 *
 * How far a long run is, on standard error where that is a terminal.
 */
#ifndef MAILWHY_CLI_PROGRESS_H
#define MAILWHY_CLI_PROGRESS_H

#include <stdbool.h>

typedef struct cli_progress {
	bool shown;               /* there is a terminal, and nobody said --quiet */
	bool shared;              /* standard output is that terminal too */
	long long begun, last;    /* milliseconds */
	unsigned long long total; /* bytes of all files, 0 when not known */
} cli_progress;

/* `total`: bytes to come, 0 not known. */
void cli_progress_open(cli_progress *p, bool quiet, unsigned long long total);

/* Draws the line anew, five times a second at most and not in the first half second. */
void cli_progress_show(cli_progress *p, unsigned long long bytes,
		       unsigned long long messages);

/* Takes the line away, where one stands, so that something else can be printed. */
void cli_progress_hide(void);

#endif
