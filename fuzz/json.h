/* SPDX-License-Identifier: MIT
 *
 * Is this JSON (RFC 8259)? Written anew and without a line of the writer's code, or both
 * would err together.
 */
#ifndef MAILWHY_FUZZ_JSON_H
#define MAILWHY_FUZZ_JSON_H

#include "expect.h"

static inline bool json_byte(mw_str *s, char c)
{
	if (s->len == 0 || s->ptr[0] != c)
		return false;
	*s = mw_str_skip(*s, 1);
	return true;
}

static inline bool json_escape(mw_str *s)
{
	if (s->len > 0 && s->ptr[0] != 'u' &&
	    memchr("\"\\/bfnrt", s->ptr[0], 8) != NULL) {
		*s = mw_str_skip(*s, 1);
		return true;
	}
	if (!json_byte(s, 'u') || s->len < 4)
		return false;
	for (int i = 0; i < 4; i++)
		if (memchr("0123456789abcdefABCDEF", s->ptr[i], 22) == NULL)
			return false;
	*s = mw_str_skip(*s, 4);
	return true;
}

static inline bool json_string(mw_str *s)
{
	if (!json_byte(s, '"'))
		return false;
	while (s->len > 0 && s->ptr[0] != '"') {
		uint32_t p;
		const size_t n = mwi_utf8_read(*s, &p);

		if (n == 0 || p < 0x20)
			return false;
		*s = mw_str_skip(*s, n);
		if (p == '\\' && !json_escape(s))
			return false;
	}
	return json_byte(s, '"');
}

static inline bool json_word(mw_str *s, mw_str word)
{
	if (!mw_str_eq(mw_str_head(*s, word.len), word))
		return false;
	*s = mw_str_skip(*s, word.len);
	return true;
}

/* Whole numbers are all that there are. */
static inline bool json_number(mw_str *s)
{
	size_t n = 0;

	json_byte(s, '-');
	while (n < s->len && s->ptr[n] >= '0' && s->ptr[n] <= '9')
		n++;
	const bool good = n > 0 && (n == 1 || s->ptr[0] != '0');

	*s = mw_str_skip(*s, n);
	return good;
}

static inline bool json_value(mw_str *s, int depth)
{
	const char c = s->len > 0 ? s->ptr[0] : 0, close = c == '{' ? '}' : ']';

	if (c == '"')
		return json_string(s);
	if (c != '{' && c != '[')
		return json_word(s, MW_LIT("null")) || json_word(s, MW_LIT("true")) ||
		       json_word(s, MW_LIT("false")) || json_number(s);
	*s = mw_str_skip(*s, 1);
	if (depth == 0)
		return false;
	if (json_byte(s, close))
		return true;
	do
		if ((c == '{' && !(json_string(s) && json_byte(s, ':'))) ||
		    !json_value(s, depth - 1))
			return false;
	while (json_byte(s, ','));
	return json_byte(s, close);
}

/* One object on one line, with its LF and nothing behind it. */
static inline bool json_is_line(mw_str s)
{
	return s.len > 0 && s.ptr[0] == '{' && json_value(&s, 8) && json_byte(&s, '\n') &&
	       s.len == 0;
}

#endif
