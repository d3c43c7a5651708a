/* SPDX-License-Identifier: MIT */
#include "cli/window.h"

#include <stdlib.h>

#define FEW 4096

bool cli_window_open(cli_window *w, int fd)
{
	*w = (cli_window){
		.memory = w->memory, .first = CLI_WINDOW_BACK, .last = CLI_WINDOW_BACK};
	if (w->memory == NULL)
		w->memory = malloc(CLI_WINDOW + CLI_UNPACK_BLOCK);
	if (w->memory == NULL) {
		w->in.error = "out of memory";
	} else {
		memset(w->memory, 0, CLI_WINDOW_BACK);
		cli_unpack_open(&w->in, fd, w->memory + CLI_WINDOW);
	}
	w->eof = w->in.error != NULL;
	return !w->eof;
}

void cli_window_close(cli_window *w)
{
	cli_unpack_close(&w->in);
	w->first = w->last = 0;
	w->eof = true;
}

void cli_window_free(cli_window *w)
{
	free(w->memory);
	w->memory = NULL;
}

/* Moving few bytes costs little and makes room for a long read; moving many is put off
 * until there is no room, which the bytes read since have paid for. */
static void make_room(cli_window *w)
{
	const size_t from = w->first - CLI_WINDOW_BACK;

	if (from == 0 || (w->last < CLI_WINDOW && cli_window_length(w) > FEW))
		return;
	memmove(w->memory, w->memory + from, w->last - from);
	w->first -= from;
	w->last -= from;
}

static void lf_for_cr(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] == '\r')
			p[i] = '\n';
}

bool cli_window_fill(cli_window *w)
{
	size_t n;

	if (w->eof)
		return false;
	make_room(w);
	n = cli_unpack_read(&w->in, w->memory + w->last, CLI_WINDOW - w->last);
	if (w->cr)
		lf_for_cr(w->memory + w->last, n);
	w->last += n;
	w->eof = n == 0;
	return n > 0;
}

bool cli_window_have(cli_window *w, size_t n)
{
	while (cli_window_length(w) < n)
		if (!cli_window_fill(w))
			return false;
	return true;
}

size_t cli_window_line(cli_window *w, size_t offset, size_t max, bool *ended)
{
	size_t looked = 0; /* a slow pipe costs nothing extra */

	for (;;) {
		const size_t left = cli_window_length(w) - offset;
		const size_t n = left < max ? left : max;
		const char *p = cli_window_at(w, offset);
		const char *end =
			n > looked ? memchr(p + looked, '\n', n - looked) : NULL;

		*ended = end != NULL;
		if (end != NULL)
			return (size_t)(end - p);
		looked = n;
		if (n == max || !cli_window_fill(w))
			return n;
	}
}

void cli_window_lf_for_cr(cli_window *w)
{
	w->cr = true;
	lf_for_cr(w->memory + w->first, cli_window_length(w));
}
