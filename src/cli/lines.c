/* SPDX-License-Identifier: MIT
 *
 * read() in large blocks; a record that crosses the end of the buffer is moved to its
 * front. A record longer than CLI_RECORD_MAX keeps its beginning.
 */
#include "cli/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOCK (512 * 1024)

bool cli_lines_open(cli_lines *l, int fd, char end)
{
	*l = (cli_lines){.fd = fd, .end = end, .memory = malloc(BLOCK)};
	return l->memory != NULL;
}

void cli_lines_close(cli_lines *l)
{
	free(l->memory);
	l->memory = NULL;
}

/* Reads more behind the bytes not yet given. */
static void fill(cli_lines *l)
{
	ssize_t n;

	if (l->first > 0) {
		memmove(l->memory, l->memory + l->first, l->last - l->first);
		l->last -= l->first;
		l->first = 0;
	}
	do
		n = read(l->fd, l->memory + l->last, BLOCK - l->last);
	while (n < 0 && errno == EINTR);
	l->failed = n < 0;
	l->eof = n <= 0;
	if (n > 0)
		l->last += (size_t)n;
}

/* Drops the rest of a record that was cut. */
static void skip_rest(cli_lines *l)
{
	while (l->skipping) {
		const char *p = l->memory + l->first;
		const char *end =
			l->last > l->first ? memchr(p, l->end, l->last - l->first) : NULL;

		l->first = end != NULL ? (size_t)(end - l->memory) + 1 : l->last;
		l->skipping = end == NULL && !l->eof;
		if (l->skipping)
			fill(l);
	}
}

bool cli_lines_next(cli_lines *l, mw_str *record)
{
	size_t looked = 0; /* bytes already searched: a slow pipe costs nothing extra */

	skip_rest(l);
	for (;;) {
		const char *p = l->memory + l->first;
		const size_t have = l->last - l->first;
		const char *end =
			have > looked ? memchr(p + looked, l->end, have - looked) : NULL;
		const size_t n = end != NULL ? (size_t)(end - p) : have;

		if (end == NULL && have <= CLI_RECORD_MAX && !l->eof) {
			looked = have;
			fill(l);
			continue;
		}
		if (end == NULL && have == 0)
			return false;
		l->cut = n > CLI_RECORD_MAX;
		l->skipping = l->cut && end == NULL;
		*record = (mw_str){p, n < CLI_RECORD_MAX ? n : CLI_RECORD_MAX};
		l->first += n + (end != NULL);
		if (l->end == '\n' && record->len > 0 && p[record->len - 1] == '\r')
			record->len--;
		l->number++;
		return true;
	}
}
