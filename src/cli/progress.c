/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BAR_WIDTH 30

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void cli_progress_open(cli_progress *p, bool quiet, unsigned long long total)
{
	*p = (cli_progress){.shown = !quiet && isatty(STDERR_FILENO) == 1,
			    .total = total};
	p->begun = p->last = p->shown ? now() : 0;
}

static void draw_bar(unsigned long long bytes, unsigned long long total)
{
	char bar[BAR_WIDTH + 1];
	const unsigned long long part = bytes < total ? bytes : total;
	const int full = (int)(part * BAR_WIDTH / total);

	for (int i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < full ? '#' : '.';
	bar[BAR_WIDTH] = 0;
	fprintf(stderr, "[%s] %3d %%  ", bar, (int)(part * 100 / total));
}

void cli_progress_show(cli_progress *p, unsigned long long bytes,
		       unsigned long long messages)
{
	if (!p->shown)
		return;
	const long long t = now();

	if (t - p->begun < 500 || t - p->last < 200)
		return;
	p->last = t;
	p->drawn = true;
	fputs("\r\x1b[K", stderr);
	if (p->total > 0)
		draw_bar(bytes, p->total);
	fprintf(stderr, "%llu messages, %llu MB", messages, bytes / 1000000);
	fflush(stderr);
}

void cli_progress_close(cli_progress *p)
{
	if (p->drawn)
		fputs("\r\x1b[K", stderr);
	p->drawn = false;
}
