/* SPDX-License-Identifier: MIT
 *
 * What kind of byte it is, in ASCII and nothing else: no locale reaches this library.
 */
#ifndef MAILWHY_BASE_ASCII_H
#define MAILWHY_BASE_ASCII_H

#include <mailwhy/str.h>

static inline bool mwi_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline char mwi_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline bool mwi_is_alpha(char c)
{
	return (unsigned char)(mwi_lower(c) - 'a') < 26;
}

static inline bool mwi_is_alnum(char c)
{
	return mwi_is_digit(c) || mwi_is_alpha(c);
}

static inline bool mwi_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* No byte beyond ASCII. */
static inline bool mwi_is_ascii(mw_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 0x80)
			return false;
	return true;
}

/* The same but for ASCII case. */
static inline bool mwi_equal(mw_str a, mw_str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (mwi_lower(a.ptr[i]) != mwi_lower(b.ptr[i]))
			return false;
	return true;
}

#endif
