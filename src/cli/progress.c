/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define BAR_WIDTH  30
#define LINE_WIDTH 78 /* the bar and what stands behind it */

/* A line stands there. There is one standard error, so there is one of these. */
static atomic_bool drawn;

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* True when standard error is a terminal that takes a line back. */
static bool is_able(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) == 1 && term != NULL && strcmp(term, "dumb") != 0;
}

static bool is_wide(void)
{
	struct winsize w;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) != 0 || w.ws_col == 0 ||
	       w.ws_col > LINE_WIDTH;
}

void cli_progress_open(cli_progress *p, bool quiet, unsigned long long total)
{
	*p = (cli_progress){.shown = !quiet && is_able(),
			    .shared = isatty(STDOUT_FILENO) == 1,
			    .total = total};
	p->begun = p->last = p->shown ? now() : 0;
}

static void make_bar(char out[BAR_WIDTH + 16], unsigned long long bytes,
		     unsigned long long total)
{
	char bar[BAR_WIDTH + 1];
	const unsigned long long part = bytes < total ? bytes : total;
	const int full = (int)(part * BAR_WIDTH / total);

	for (int i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < full ? '#' : '.';
	bar[BAR_WIDTH] = 0;
	snprintf(out, BAR_WIDTH + 16, "[%s] %3d %%  ", bar, (int)(part * 100 / total));
}

void cli_progress_show(cli_progress *p, unsigned long long bytes,
		       unsigned long long messages)
{
	char bar[BAR_WIDTH + 16] = "";

	if (!p->shown)
		return;
	const long long t = now();

	if (t - p->begun < 500 || t - p->last < 200)
		return;
	p->last = t;
	if (p->total > 0 && is_wide())
		make_bar(bar, bytes, p->total);
	atomic_store(&drawn, true);
	fprintf(stderr, "\r\x1b[K%s%llu messages, %llu MB", bar, messages,
		bytes / 1000000);
	fflush(stderr);
}

void cli_progress_hide(void)
{
	if (atomic_exchange(&drawn, false))
		fputs("\r\x1b[K", stderr);
}
