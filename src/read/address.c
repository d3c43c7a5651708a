/* SPDX-License-Identifier: MIT */
#include "read/address.h"

#include "base/ascii.h"

#define LOCAL_MAX                                                                        \
	320 /* RFC 5321 has 64; return paths with a recipient in them have more */
#define DOMAIN_MAX 255
/* With the "@"; what is longer is none. */
#define ADDRESS_MAX (LOCAL_MAX + 1 + DOMAIN_MAX)

static bool is_local(char c)
{
	static const char signs[] = ".!#$%&'*+-/=?^_`{|}~";

	return mwi_is_alnum(c) || (unsigned char)c >= 0x80 ||
	       memchr(signs, c, sizeof signs - 1) != NULL;
}

static bool is_domain(char c)
{
	return mwi_is_alnum(c) || (unsigned char)c >= 0x80 || c == '.' || c == '-' ||
	       c == '_';
}

/* Is s[i] within a character of UTF-8? */
static bool is_inside(mw_str s, size_t i)
{
	return i < s.len && ((unsigned char)s.ptr[i] & 0xc0) == 0x80;
}

/* Where the local part in front of `at` begins. */
static size_t local_begin(mw_str s, size_t at, size_t from)
{
	size_t i = at;

	if (at > from && s.ptr[at - 1] == '"') {
		/* "a b"@example.org */
		for (i = at - 1; i > from && at - i < LOCAL_MAX; i--)
			if (s.ptr[i - 1] == '"')
				return i - 1;
		return at;
	}
	while (i > from && at - i < LOCAL_MAX && is_local(s.ptr[i - 1]))
		i--;
	while (i < at && i > from && is_inside(s, i))
		i++;
	/* An opening quote is none of it, nor is what "mailto:" or "=" left. */
	while (i < at && memchr("'`.*=|!?&/{", s.ptr[i], 11) != NULL)
		i++;
	return i;
}

static size_t domain_end(mw_str s, size_t at)
{
	size_t i = at + 1;

	if (i < s.len && s.ptr[i] == '[') {
		while (i < s.len && i - at < DOMAIN_MAX && s.ptr[i] != ']')
			i++;
		return i < s.len && s.ptr[i] == ']' ? i + 1 : at + 1;
	}
	while (i < s.len && i - at <= DOMAIN_MAX && is_domain(s.ptr[i]))
		i++;
	while (i > at + 1 && is_inside(s, i))
		i--;
	while (i > at + 1 &&
	       (s.ptr[i - 1] == '.' || s.ptr[i - 1] == '-' || s.ptr[i - 1] == '_'))
		i--;
	return i;
}

static bool is_ascii(char c)
{
	return (unsigned char)c < 0x80;
}

/* Languages without blanks write addresses right into the text: there, only what is
 * ASCII is the address, unless there would be none. */
static void without_prose(mw_str s, size_t at, size_t *first, size_t *end)
{
	size_t i = at;

	while (i > *first && is_ascii(s.ptr[i - 1]))
		i--;
	if (i < at)
		*first = i;
	/* "/home/bob/mail/bob@example.org" is a path. */
	for (i = *first; i + 1 < at; i++)
		if (s.ptr[i] == '/')
			*first = i + 1;
	if (at + 1 < *end && is_ascii(s.ptr[at + 1])) {
		for (i = at + 1; i < *end && is_ascii(s.ptr[i]); i++)
			;
		while (i > at + 1 && (s.ptr[i - 1] == '.' || s.ptr[i - 1] == '-'))
			i--;
		*end = i;
	}
}

bool mwi_address_next(mw_str s, size_t from, mw_str *address)
{
	size_t begin = from;

	while (begin < s.len) {
		const char *p = memchr(s.ptr + begin, '@', s.len - begin);

		if (p == NULL)
			return false;
		const size_t at = (size_t)(p - s.ptr);
		size_t first = local_begin(s, at, begin);
		size_t end = domain_end(s, at);

		if (first == 0 || s.ptr[first - 1] != '<')
			without_prose(s, at, &first, &end);

		/* "W32/Klez.h@MM" is no address; "<root@localhost>" is. */
		const bool dotted = memchr(p, '.', end - at) != NULL ||
				    (at + 1 < s.len && p[1] == '[') ||
				    (first > 0 && s.ptr[first - 1] == '<');

		if (first < at && end > at + 1 && dotted) {
			*address = (mw_str){s.ptr + first, end - first};
			return true;
		}
		begin = at + 1;
	}
	return false;
}

mw_str mwi_address_front(mw_str s)
{
	const mw_str head = mw_str_head(s, LOCAL_MAX + DOMAIN_MAX);
	mw_str a;

	if (mwi_address_next(head, 0, &a) && a.ptr == s.ptr)
		return a;
	return MW_LIT("");
}

/* "a@b" and nothing around it. */
static bool is_one_word(mw_str s)
{
	bool at = false;

	if (s.len > ADDRESS_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		const char c = s.ptr[i];

		if (c <= ' ' && c >= 0)
			return false;
		if (c == ',' || c == ';' || c == '(' || c == ')' || c == '<' ||
		    c == '>' || c == ':' || c == '[' || c == ']')
			return false;
		at |= c == '@';
	}
	return at && s.ptr[0] != '"';
}

mw_str mwi_address_value(mw_str value)
{
	mw_str s = mw_str_trim(value), a;
	const char *semicolon = s.len > 0 ? memchr(s.ptr, ';', s.len) : NULL;

	if (semicolon != NULL && memchr(s.ptr, '@', (size_t)(semicolon - s.ptr)) == NULL)
		s = mw_str_trim(mw_str_skip(s, (size_t)(semicolon - s.ptr) + 1));
	const char *open = s.len > 0 ? memchr(s.ptr, '<', s.len) : NULL;
	const mw_str inside =
		open != NULL ? mw_str_skip(s, (size_t)(open - s.ptr) + 1) : s;

	/* What is nothing but the address is taken as it is: "=?utf-8?b?...?=@b". */
	if (open == NULL && is_one_word(s))
		return s;
	if (mwi_address_next(inside, 0, &a) || mwi_address_next(s, 0, &a))
		return a;
	const char *close = inside.len > 0 ? memchr(inside.ptr, '>', inside.len) : NULL;

	a = close != NULL ? mw_str_head(inside, (size_t)(close - inside.ptr)) : inside;
	a = mw_str_trim(a);
	return a.len <= ADDRESS_MAX ? a : MW_LIT("");
}

bool mwi_address_same(mw_str a, mw_str b)
{
	return mwi_equal(a, b);
}
