/* SPDX-License-Identifier: MIT */
#include <mailwhy/reply.h>

#include "base/ascii.h"

/* One to three digits at `at`; returns how many, 0 when there are none or more. */
static size_t number_at(mw_str in, size_t at, int *out)
{
	size_t n = 0;
	int value = 0;

	while (at + n < in.len && mwi_is_digit(in.ptr[at + n])) {
		if (n == 3)
			return 0;
		value = value * 10 + (in.ptr[at + n++] - '0');
	}
	*out = value;
	return n;
}

/* Could the byte at `at` make the code part of something longer? "5.1.1.2" is an
 * address, "5.1.1-rc2" a version, "5.1.1@" and "5.1.1a" who knows. */
static bool goes_on(mw_str in, size_t at)
{
	if (at >= in.len)
		return false;
	const char c = in.ptr[at], next = at + 1 < in.len ? in.ptr[at + 1] : ' ';

	return mwi_is_alnum(c) || c == '@' || c == '_' ||
	       ((c == '.' || c == '-') && mwi_is_alnum(next));
}

ptrdiff_t mw_enhanced_read(mw_enhanced *out, mw_str in)
{
	mw_enhanced e;
	size_t at = 2, n;

	if (in.len < 5 || in.ptr[1] != '.' ||
	    (in.ptr[0] != '2' && in.ptr[0] != '4' && in.ptr[0] != '5'))
		return MW_E_SYNTAX;
	e.cls = in.ptr[0] - '0';
	n = number_at(in, at, &e.subject);
	at += n;
	if (n == 0 || at >= in.len || in.ptr[at] != '.')
		return MW_E_SYNTAX;
	n = number_at(in, ++at, &e.detail);
	at += n;
	if (n == 0 || goes_on(in, at))
		return MW_E_SYNTAX;
	*out = e;
	return (ptrdiff_t)at;
}
