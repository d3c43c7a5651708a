/* SPDX-License-Identifier: MIT
 *
 * What the small compilers of knowledge/ share.
 */
#ifndef MAILWHY_TOOLS_TOOL_H
#define MAILWHY_TOOLS_TOOL_H

#include <stdio.h>
#include <stdlib.h>

#include "compile/source.h"

/* For `complaints`: counts in the unsigned at `ctx` and prints FILE:LINE:COLUMN. */
static void tool_say(void *ctx, place at, const char *msg)
{
	++*(unsigned *)ctx;
	fprintf(stderr, "%s:%u:%u: %s\n", at.file, at.line, at.column, msg);
}

/* A whole file; ends the program when it can't be read. */
static mw_str tool_slurp(arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	char *p = arena_take(a, SOURCE_MAX);
	size_t n;

	if (f == NULL) {
		perror(path);
		exit(66);
	}
	n = fread(p, 1, SOURCE_MAX, f);
	fclose(f);
	return (mw_str){p, n};
}

#endif
