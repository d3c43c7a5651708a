/* SPDX-License-Identifier: MIT */
#include "read/ses_json.h"

#include "base/ascii.h"
#include "read/address.h"

/* Objects longer than this are no recipients. */
#define OBJECT_MAX 8192

/* Steps over blanks, and over the backslashes of JSON that stands in a JSON string. */
static mw_str skip_blanks(mw_str s)
{
	while (s.len > 0 && (mwi_is_blank(s.ptr[0]) || s.ptr[0] == '\\'))
		s = mw_str_skip(s, 1);
	return s;
}

/* Is s[i] the quote that ends a string, and none that belongs to its text? */
static bool ends_string(mw_str s, size_t i, bool nested)
{
	size_t n = 0;

	if (s.ptr[i] != '"')
		return false;
	while (n < i && s.ptr[i - 1 - n] == '\\')
		n++;
	return nested ? n / 2 % 2 == 0 : n % 2 == 0;
}

mw_str mwi_ses_string(mw_str object, mw_str key)
{
	const size_t at = mw_str_find(object, key);
	mw_str s = mw_str_skip(object, at + key.len);
	size_t n = 0;

	/* The quote that closes the key. */
	s = skip_blanks(s);
	if (s.len > 0 && s.ptr[0] == '"')
		s = skip_blanks(mw_str_skip(s, 1));
	if (s.len == 0 || s.ptr[0] != ':')
		return MW_LIT("");
	s = skip_blanks(mw_str_skip(s, 1));
	if (s.len == 0 || s.ptr[0] != '"')
		return MW_LIT("");
	/* In JSON within a string of JSON, a backslash stands before each quote. */
	const bool nested = s.ptr[-1] == '\\';

	s = mw_str_skip(s, 1);
	while (n < s.len && !ends_string(s, n, nested))
		n++;
	s = mw_str_head(s, n);
	while (nested && s.len > 0 && s.ptr[s.len - 1] == '\\')
		s.len--;
	return s;
}

mw_kind mwi_ses_kind(mw_str text)
{
	const mw_str head = mw_str_head(mw_str_trim(text), 4096);
	mw_str type;

	if (head.len == 0 || head.ptr[0] != '{')
		return MW_KIND_NONE;
	type = mwi_ses_string(head, MW_LIT("notificationtype"));
	if (type.len == 0)
		type = mwi_ses_string(head, MW_LIT("eventtype"));
	if (mw_str_eq(type, MW_LIT("Bounce")))
		return MW_KIND_BOUNCE;
	if (mw_str_eq(type, MW_LIT("Complaint")))
		return MW_KIND_COMPLAINT;
	return mw_str_eq(type, MW_LIT("Delivery")) ? MW_KIND_DELIVERED : MW_KIND_NONE;
}

/* The innermost braces around s[at]. */
static mw_str object_around(mw_str s, size_t at)
{
	size_t first = at, last = at;

	while (first > 0 && at - first < OBJECT_MAX && s.ptr[first] != '{')
		first--;
	while (last < s.len && last - at < OBJECT_MAX && s.ptr[last] != '}')
		last++;
	return (mw_str){s.ptr + first, last - first};
}

/* Does s stand within a list, behind one of its addresses? */
static bool is_in_list(mw_str s)
{
	return s.len > 0 && s.ptr[0] == '"';
}

/* "recipients":["a@b","c@d"] of a delivery, address by address. */
static bool next_of_list(mw_str *rest, mw_str *address)
{
	const mw_str key = MW_LIT("\"recipients\":[");

	if (!is_in_list(*rest))
		*rest = mw_str_skip(*rest, mw_str_find(*rest, key) + key.len);
	if (!mwi_address_next(*rest, 0, address) ||
	    memchr(rest->ptr, ']', (size_t)(address->ptr - rest->ptr)) != NULL)
		return false;
	*rest = mw_str_skip(*rest, (size_t)(address->ptr + address->len - rest->ptr));
	return true;
}

bool mwi_ses_next(mw_str *rest, bool list, mw_str *object, mw_str *address)
{
	const mw_str key = MW_LIT("emailaddress");
	const mw_str s = *rest;
	/* The whole text is searched for a key but once. */
	const size_t at = list && is_in_list(s) ? s.len : mw_str_find(s, key);

	if (at == s.len) {
		*object = MW_LIT("");
		return list && next_of_list(rest, address);
	}
	*object = object_around(s, at);
	*address = mwi_address_value(mwi_ses_string(mw_str_skip(s, at), key));
	/* Behind the quote that closes the key, which begins no list. */
	*rest = mw_str_skip(skip_blanks(mw_str_skip(s, at + key.len)), 1);
	return true;
}
