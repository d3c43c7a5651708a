/* SPDX-License-Identifier: MIT
 *
 * The letters of one file after the other: read, judged, told. One per thread.
 */
#ifndef MAILWHY_CLI_LETTERS_H
#define MAILWHY_CLI_LETTERS_H

#include "cli/charset.h"
#include "cli/filter.h"
#include "cli/mailfile.h"
#include "cli/tally.h"

typedef enum cli_format {
	CLI_FORMAT_TABLE,
	CLI_FORMAT_JSON,
	CLI_FORMAT_CSV,
	CLI_FORMAT_ADDRESSES
} cli_format;

/* What is wanted; the same for all threads. */
typedef struct cli_wish {
	const mw_knowledge *kb;
	cli_format format;
	int width, row_width; /* columns of prose, of a table */
	bool quiet;
	cli_filter only, fail_on;
} cli_wish;

typedef struct cli_letters {
	const cli_wish *wish;
	mw_bounce *bounce;
	char *memory; /* of `bounce` */
	mw_buf out;   /* its memory is malloc'ed */
	cli_mailfile file;
	cli_charset charset;
	cli_tally tally;
	int rc;
	/* Called when `out` is nearly full, to empty it, and now and then so that
	 * progress is seen; false: stop. */
	bool (*emit)(void *ctx, bool full);
	void *ctx;
} cli_letters;

/* False when memory is out. */
bool cli_letters_open(cli_letters *l, const cli_wish *wish,
		      bool (*emit)(void *ctx, bool full), void *ctx);

/* Doubles the room of `out`; false, and nothing has changed, when memory is out. */
bool cli_letters_grow(cli_letters *l);

/* Reads all messages of a file ("-": standard input). What is wrong is complained of,
 * counted and noted in l->rc. False: stop. */
bool cli_letters_read(cli_letters *l, const char *path);

void cli_letters_close(cli_letters *l);

#endif
