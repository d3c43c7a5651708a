/* SPDX-License-Identifier: MIT */
#include <mailwhy/str.h>

#include "base/ascii.h"

mw_str mw_str_trim(mw_str s)
{
	while (s.len > 0 && mwi_is_blank(s.ptr[0]))
		s = mw_str_skip(s, 1);
	while (s.len > 0 && mwi_is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

bool mw_str_cut_line(mw_str *rest, mw_str *line)
{
	if (rest->len == 0)
		return false;

	const char *end = memchr(rest->ptr, '\n', rest->len);
	const size_t n = end != NULL ? (size_t)(end - rest->ptr) : rest->len;

	*line = mw_str_head(*rest, n);
	if (line->len > 0 && line->ptr[line->len - 1] == '\r')
		line->len--;
	*rest = mw_str_skip(*rest, n + (end != NULL));
	return true;
}

static bool same_folded(const char *text, mw_str what)
{
	for (size_t i = 0; i < what.len; i++)
		if (mwi_lower(text[i]) != what.ptr[i])
			return false;
	return true;
}

/* Two bytes are looked at before the rest: most places differ in them. */
size_t mw_str_find(mw_str s, mw_str what)
{
	if (what.len > s.len)
		return s.len;
	const char first = what.ptr[0], last = what.ptr[what.len - 1];
	const char upper = mwi_is_alpha(first) ? (char)(first - ('a' - 'A')) : first;
	const char *p = s.ptr, *end = s.ptr + (s.len - what.len);

	for (; p <= end; p++)
		if ((p[0] == first || p[0] == upper) &&
		    mwi_lower(p[what.len - 1]) == last && same_folded(p, what))
			return (size_t)(p - s.ptr);
	return s.len;
}
