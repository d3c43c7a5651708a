/* SPDX-License-Identifier: MIT */
#include "engine/problem.h"

#include <mailwhy/buf.h>
#include <stdarg.h>
#include <stdio.h>

#define NAME_MAX_NEAR 31

void problem_add(problems *all, problem place, const char *format, ...)
{
	char raw[600], text[4 * sizeof raw + 100];
	unsigned *count = place.warning ? &all->warnings : &all->errors;
	va_list args;
	mw_buf b;

	if (++*count > PROBLEM_MAX + 1)
		return;
	if (*count > PROBLEM_MAX)
		format = "too many problems: the rest is not told";
	va_start(args, format);
	vsnprintf(raw, sizeof raw, format, args);
	va_end(args);
	mw_buf_init(&b, text, sizeof text - 1);
	if (place.name != NULL) {
		mw_buf_put_char(&b, '[');
		mw_buf_put(&b, mw_str_of(place.section));
		mw_buf_put(&b, MW_LIT("] "));
		mw_buf_put(&b, mw_str_of(place.name));
		mw_buf_put(&b, MW_LIT(": "));
	}
	mw_buf_put_visible(&b, mw_str_of(raw));
	text[b.len] = 0;
	place.text = text;
	all->tell(all->ctx, &place);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

bool problem_near(mw_str given, const char *name)
{
	/* Rows of the table of edit distances: this one and the two before it. */
	size_t row[3][NAME_MAX_NEAR + 1];
	const size_t n = strlen(name);

	if (given.len > NAME_MAX_NEAR || n > NAME_MAX_NEAR || given.len == 0)
		return false;
	for (size_t j = 0; j <= n; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= given.len; i++) {
		size_t *now = row[i % 3];
		const size_t *above = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= n; j++) {
			const bool same = given.ptr[i - 1] == name[j - 1];

			now[j] = least(above[j - 1] + (same ? 0 : 1),
				       least(above[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && given.ptr[i - 1] == name[j - 2] &&
			    given.ptr[i - 2] == name[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
	}
	/* Of a short word two letters are too much. */
	return row[given.len % 3][n] <= (n < 6 ? 1U : 2U);
}
