/* SPDX-License-Identifier: MIT
 *
 * A file as a sequence of mail messages: one message, or an mbox; plain, gzip or zstd.
 *
 *	cli_mailfile f = {0};
 *
 *	cli_mailfile_open(&f, path);
 *	while (cli_mailfile_next(&f))
 *		while ((piece = cli_mailfile_chunk(&f)).len > 0)
 *			...
 *	if (f.error != NULL)
 *		cli_complain("%s: %s", path, f.error);
 *	cli_mailfile_close(&f);
 *	(the next file ...)
 *	cli_mailfile_free(&f);
 *
 * Streamed: memory is fixed, and messages don't depend on how read() cuts the bytes.
 */
#ifndef MAILWHY_CLI_MAILFILE_H
#define MAILWHY_CLI_MAILFILE_H

#include "cli/window.h"

/* A Content-Length beyond this is not looked at. */
#define CLI_MAILFILE_LENGTH_MAX (512 * 1024)

typedef struct cli_mailfile {
	cli_window w;
	int fd;                    /* -1: none */
	bool mbox;                 /* messages are PATH#1, PATH#2 ... */
	bool inside;               /* a message that is not yet given whole */
	bool separator;            /* its end is known, and a separator stands there */
	size_t scanned;            /* bytes known to hold no separator */
	size_t whole;              /* bytes of the message, where its end is known */
	unsigned long long number; /* of the message, from 1 */
	unsigned long long bytes;  /* read of the file as it is stored */
	unsigned long long size;   /* of that file; 0: not known */
	const char *error;         /* NULL: none. Constant, or strerror()'s */
} cli_mailfile;

/* Opens `path`; "-" is standard input, which is never closed. On failure returns false
 * with f->error set, and the other calls may be made all the same. *f is {0} or was
 * closed. */
bool cli_mailfile_open(cli_mailfile *f, const char *path);

/* The same of an open file, which belongs to *f from then on. */
bool cli_mailfile_open_fd(cli_mailfile *f, int fd);

/* Goes to the next message, past what is left of the present one; false at the end and
 * where reading failed. A file without bytes has no message. */
bool cli_mailfile_next(cli_mailfile *f);

/* The next piece of the message; empty at its end. Valid until the next call. The
 * separator line is no part of it, the blank line before the next separator is, ">From "
 * and CRLF stay as they are. Only of an mbox of the lines of old Macs, CR comes as LF. */
mw_str cli_mailfile_chunk(cli_mailfile *f);

/* Of a message that was given whole: is it the only one of its file? A mail that was
 * saved with its separator line is no mbox to anybody. */
static inline bool cli_mailfile_alone(const cli_mailfile *f)
{
	return !f->mbox || (f->number == 1 && !f->separator);
}

/* Closes the file; the memory stays for another one. */
void cli_mailfile_close(cli_mailfile *f);

/* Gives back the memory of a closed one. */
void cli_mailfile_free(cli_mailfile *f);

#endif
