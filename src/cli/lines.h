/* SPDX-License-Identifier: MIT
 *
 * Standard input, record by record, in bounded memory.
 */
#ifndef MAILWHY_CLI_LINES_H
#define MAILWHY_CLI_LINES_H

#include <mailwhy/str.h>

#define CLI_RECORD_MAX (64 * 1024)

typedef struct cli_lines {
	int fd;
	char end; /* '\n' or NUL */
	char *memory;
	size_t first, last; /* the bytes not yet given */
	bool eof, failed;
	bool cut;                  /* the record given was longer and lost its rest */
	bool skipping;             /* inside the rest of one that was cut */
	unsigned long long number; /* of the record given, from 1 */
} cli_lines;

/* False when memory is out. */
bool cli_lines_open(cli_lines *l, int fd, char end);

/* The next record without its end (and without a CR before LF); valid until the next
 * call. False at the end of input or when reading failed (l->failed). */
bool cli_lines_next(cli_lines *l, mw_str *record);

void cli_lines_close(cli_lines *l);

#endif
