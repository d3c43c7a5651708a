/* SPDX-License-Identifier: MIT
 *
 * Standard output through one buffer of our own: results come in bursts of a few KB, and
 * a failed write is noticed and told.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"

#define OUT_SIZE (4 * MW_TELL_MAX)

int cli_out_open(cli_out *o)
{
	*o = (cli_out){.memory = malloc(OUT_SIZE)};
	if (o->memory == NULL) {
		cli_complain("out of memory");
		return EXIT_NO_MEMORY;
	}
	mw_buf_init(&o->buf, o->memory, OUT_SIZE);
	return EXIT_DONE;
}

static void write_out(cli_out *o)
{
	const char *p = o->buf.ptr;
	size_t left = o->buf.len;

	while (left > 0 && !o->closed) {
		const ssize_t n = write(STDOUT_FILENO, p, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			/* A closed pipe ("| head") is the reader's choice, no fault. */
			o->closed = true;
			o->failed = errno != EPIPE;
			if (o->failed)
				cli_complain("standard output: %s", strerror(errno));
			break;
		}
		p += n;
		left -= (size_t)n;
	}
	mw_buf_reset(&o->buf);
}

void cli_out_flush_if_full(cli_out *o)
{
	if (o->buf.cap - o->buf.len < MW_TELL_MAX)
		write_out(o);
}

void cli_out_close(cli_out *o, int *rc)
{
	write_out(o);
	free(o->memory);
	o->memory = NULL;
	if (o->failed && *rc == EXIT_DONE)
		*rc = EXIT_IO;
}

/* The columns of the terminal at standard output, or what is said without one. */
static int columns_or(int otherwise)
{
	struct winsize w;
	const bool told = ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0;
	const int width = told ? w.ws_col : otherwise;

	return width < 40 ? 40 : width;
}

int cli_width(void)
{
	const int width = columns_or(80);

	return width > 100 ? 100 : width;
}

int cli_row_width(void)
{
	return columns_or(100);
}

bool cli_color(const cli_common *common)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return !common->no_color && (no == NULL || no[0] == 0) && isatty(STDOUT_FILENO) &&
	       term != NULL && strcmp(term, "dumb") != 0;
}
