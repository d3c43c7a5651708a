/* SPDX-License-Identifier: MIT
 *
 * A window of fixed size over the bytes of a file: look ahead, then give away.
 */
#ifndef MAILWHY_CLI_WINDOW_H
#define MAILWHY_CLI_WINDOW_H

#include <mailwhy/str.h>

#include "cli/unpack.h"

#define CLI_WINDOW (1024 * 1024)

/* Bytes kept in front of those not yet given: enough to know of a blank line that was. */
#define CLI_WINDOW_BACK 2

typedef struct cli_window {
	cli_unpack in;
	char *memory;       /* kept from file to file */
	size_t first, last; /* the bytes not yet given */
	bool eof;
	bool cr; /* CR becomes LF */
} cli_window;

/* Takes `fd`, which stays the caller's. False when nothing can be read or memory is out,
 * with w->in.error. *w is {0} or was closed. */
bool cli_window_open(cli_window *w, int fd);

/* The memory stays. */
void cli_window_close(cli_window *w);

void cli_window_free(cli_window *w);

/* Reads on; false at the end. Bytes may move. */
bool cli_window_fill(cli_window *w);

/* True when n bytes are there, read if need be; n is at most CLI_WINDOW -
 * CLI_WINDOW_BACK. */
bool cli_window_have(cli_window *w, size_t n);

/* The length of the line at `offset` without its LF, or `max` when it is longer. *ended:
 * it has an LF. offset + max has the bound of cli_window_have(). */
size_t cli_window_line(cli_window *w, size_t offset, size_t max, bool *ended);

/* Turns the CRs of the bytes not yet given, and of all that follow, into LFs. */
void cli_window_lf_for_cr(cli_window *w);

/* Offsets count from the first byte not yet given, as filling moves the bytes. */
static inline const char *cli_window_at(const cli_window *w, size_t offset)
{
	return w->memory + w->first + offset;
}

static inline size_t cli_window_length(const cli_window *w)
{
	return w->last - w->first;
}

#endif
