/* SPDX-License-Identifier: MIT
 *
 * What is wrong with a file that a person wrote: each problem with its line, all of them
 * and not only the first.
 */
#ifndef MAILWHY_ENGINE_PROBLEM_H
#define MAILWHY_ENGINE_PROBLEM_H

#include <mailwhy/str.h>

/* From here on they are counted and no longer told. */
#define PROBLEM_MAX 100U

typedef struct problem {
	const char *file;
	unsigned line;       /* 0: none in particular */
	const char *section; /* of the settings; NULL none */
	const char *name;    /* of the setting, put before the text; NULL none */
	bool warning;
	const char *text; /* one line; nothing in it that a terminal obeys */
} problem;

/* Who listens; set up with `tell` and `ctx`, the rest 0. */
typedef struct problems {
	void (*tell)(void *ctx, const problem *p);
	void *ctx;
	unsigned errors, warnings;
} problems;

/* `place` gives file, line, section and warning. What the arguments hold may come from
 * outside. */
__attribute__((format(printf, 3, 4))) void problem_add(problems *all, problem place,
						       const char *format, ...);

/* Could who wrote `given` have meant `name`? At most two letters wrong, missing, too
 * many or swapped. */
bool problem_near(mw_str given, const char *name);

#endif
