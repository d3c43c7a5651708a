/* SPDX-License-Identifier: MIT */
#include "read/verp.h"

#include "base/ascii.h"
#include "read/field.h"

/* The place of the last byte c in s, or s.len. */
static size_t last_of(mw_str s, char c)
{
	for (size_t i = s.len; i-- > 0;)
		if (s.ptr[i] == c)
			return i;
	return s.len;
}

static bool is_domain(mw_str s)
{
	bool dot = false;

	for (size_t i = 0; i < s.len; i++) {
		if (!mwi_is_alnum(s.ptr[i]) && s.ptr[i] != '.' && s.ptr[i] != '-')
			return false;
		dot |= s.ptr[i] == '.' && i > 0 && i + 1 < s.len;
	}
	return dot;
}

/* A number or an id in hexadecimal, parted by "-" from what follows; its bytes with the
 * "-", or 0. */
static size_t leading_id(mw_str s)
{
	size_t n = 0;
	bool digit = false;

	while (n < s.len && (mwi_is_digit(s.ptr[n]) || (mwi_lower(s.ptr[n]) >= 'a' &&
							mwi_lower(s.ptr[n]) <= 'f'))) {
		digit |= mwi_is_digit(s.ptr[n]);
		n++;
	}
	return digit && n + 1 < s.len && s.ptr[n] == '-' ? n + 1 : 0;
}

/* The user in "list-return-123-user", "bounces+4711-9ab3-user", "bounces-user". */
static mw_str user_of(mw_str s)
{
	const size_t plus = last_of(s, '+');
	const char *dash;
	size_t n;

	if (plus < s.len) {
		s = mw_str_skip(s, plus + 1);
	} else if ((dash = memchr(s.ptr, '-', s.len)) != NULL) {
		s = mw_str_skip(s, (size_t)(dash - s.ptr) + 1);
		if (mwi_begins(s, MW_LIT("return-")) || mwi_begins(s, MW_LIT("bounce-")))
			s = mw_str_skip(s, 7);
		else if (mwi_begins(s, MW_LIT("bounces-")))
			s = mw_str_skip(s, 8);
	} else {
		return MW_LIT("");
	}
	while ((n = leading_id(s)) > 0)
		s = mw_str_skip(s, n);
	return s;
}

mw_str mwi_verp_read(mw_buf *out, mw_str return_path)
{
	const size_t at = last_of(return_path, '@');
	const mw_str local = mw_str_head(return_path, at);
	const size_t equal = last_of(local, '=');
	const size_t begin = out->len;

	if (at == return_path.len || equal == local.len || equal == 0 ||
	    mwi_begins(local, MW_LIT("srs")) || mwi_begins(local, MW_LIT("prvs=")) ||
	    mwi_begins(local, MW_LIT("btv1=")))
		return MW_LIT("");
	const mw_str domain = mw_str_skip(local, equal + 1);
	const mw_str user = user_of(mw_str_head(local, equal));

	if (user.len == 0 || !is_domain(domain) ||
	    user.len + 1 + domain.len > out->cap - out->len)
		return MW_LIT("");
	mw_buf_put(out, user);
	mw_buf_put_char(out, '@');
	mw_buf_put(out, domain);
	return (mw_str){out->ptr + begin, out->len - begin};
}
