/* SPDX-License-Identifier: MIT
 *
 * Charsets to UTF-8, by iconv().
 */
#ifndef MAILWHY_CLI_CHARSET_H
#define MAILWHY_CLI_CHARSET_H

#include <iconv.h>
#include <mailwhy/str.h>

/* A longer name is none. */
#define CLI_CHARSET_NAME 40

/* Converters lately used: a message has one charset or two. {0} is ready for use. */
typedef struct cli_charset {
	struct {
		const char *name;  /* constant; NULL: the slot is free */
		iconv_t converter; /* (iconv_t)-1: the system has none */
	} slot[4];
	unsigned next; /* the slot that is given up for a new one */
} cli_charset;

/* The mw_convert of mailwhy/bounce.h; `ctx` is a cli_charset. Returns the bytes written
 * to out, or (size_t)-1 when the charset is unknown or more than a twentieth of the text
 * is not of it; other bytes that can't be converted become U+FFFD. What does not fit in
 * `cap` is left off behind a whole character. Linear in `in`. */
size_t cli_charset_convert(void *ctx, mw_str charset, mw_str in, char *out, size_t cap);

void cli_charset_close(cli_charset *c);

#endif
