/* SPDX-License-Identifier: MIT
 *
 * The bytes of a file, decompressed where they are gzip or zstd, in fixed memory.
 */
#ifndef MAILWHY_CLI_UNPACK_H
#define MAILWHY_CLI_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

/* What the caller lends for the bytes as they are read. */
#define CLI_UNPACK_BLOCK (64 * 1024)

/* A file that gives more than CLI_UNPACK_FREE bytes, and these CLI_UNPACK_RATIO times as
 * many as it has, is a bomb. */
#define CLI_UNPACK_FREE  (64ULL * 1024 * 1024)
#define CLI_UNPACK_RATIO 300

typedef struct cli_unpack {
	int fd;
	char *block;        /* lent */
	size_t first, last; /* what of it is not yet used */
	bool eof, done;
	bool between;             /* at the front of a gzip member or a zstd frame */
	unsigned long long bytes; /* read */
	unsigned long long given; /* by cli_unpack_read() */
	void *gzip, *zstd;        /* the decompressor; both NULL: the file is plain */
	const char *error;        /* NULL: none */
} cli_unpack;

/* Takes `fd`, which stays the caller's, and looks at its first bytes. False when nothing
 * can be read, with u->error. */
bool cli_unpack_open(cli_unpack *u, int fd, char *block);

/* The next bytes into out[cap]; 0 at the end or, with u->error, where reading failed: all
 * that came out before is given first. What is given of a compressed file does not depend
 * on how read() cuts it. */
size_t cli_unpack_read(cli_unpack *u, char *out, size_t cap);

void cli_unpack_close(cli_unpack *u);

#endif
