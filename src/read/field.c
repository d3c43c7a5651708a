/* SPDX-License-Identifier: MIT */
#include "read/field.h"

#include "base/ascii.h"

#define NAME_MAX_LEN 76

bool mwi_same(mw_str s, mw_str lower)
{
	return s.len == lower.len && mwi_begins(s, lower);
}

bool mwi_begins(mw_str s, mw_str lower)
{
	if (s.len < lower.len)
		return false;
	for (size_t i = 0; i < lower.len; i++)
		if (mwi_lower(s.ptr[i]) != lower.ptr[i])
			return false;
	return true;
}

bool mwi_field_cut(mw_str line, mw_str *name, mw_str *value)
{
	size_t n = 0;

	while (n < line.len && n <= NAME_MAX_LEN && line.ptr[n] > ' ' &&
	       line.ptr[n] != ':' && line.ptr[n] != 0x7f)
		n++;
	/* "Subject : x" is no field by the standard, and old mailers write it. */
	size_t colon = n;

	while (colon < line.len && (line.ptr[colon] == ' ' || line.ptr[colon] == '\t'))
		colon++;
	if (n == 0 || n > NAME_MAX_LEN || colon >= line.len || line.ptr[colon] != ':')
		return false;
	*name = mw_str_head(line, n);
	*value = mw_str_trim(mw_str_skip(line, colon + 1));
	return true;
}

bool mwi_field_next(mw_str *rest, mw_str *name, mw_str *value)
{
	mw_str line;

	while (mw_str_cut_line(rest, &line)) {
		if (mw_str_trim(line).len == 0)
			return false;
		if (!mwi_field_cut(line, name, value))
			continue;
		while (rest->len > 0 && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t')) {
			mw_str more;

			mw_str_cut_line(rest, &more);
			if (mw_str_trim(more).len == 0)
				break;
			value->len = (size_t)(more.ptr + more.len - value->ptr);
		}
		*value = mw_str_trim(*value);
		return true;
	}
	return false;
}

/* Steps over a quoted string at the front of s; *inner is what the quotes hold. */
static mw_str skip_quoted(mw_str s, mw_str *inner)
{
	size_t n = 1;

	while (n < s.len && s.ptr[n] != '"')
		n += s.ptr[n] == '\\' ? 2 : 1;
	if (n > s.len)
		n = s.len;
	*inner = (mw_str){s.ptr + 1, n - 1};
	return mw_str_skip(s, n + 1);
}

/* Steps over a comment at the front of s. */
static mw_str skip_comment(mw_str s)
{
	size_t n = 0;
	int open = 0;

	do {
		if (s.ptr[n] == '(')
			open++;
		else if (s.ptr[n] == ')')
			open--;
		n += s.ptr[n] == '\\' ? 2 : 1;
	} while (n < s.len && open > 0);
	return mw_str_skip(s, n);
}

/* Steps to what follows the next ';' outside of quotes and comments. */
static mw_str next_parameter(mw_str s)
{
	mw_str inner;

	while (s.len > 0 && s.ptr[0] != ';') {
		if (s.ptr[0] == '"')
			s = skip_quoted(s, &inner);
		else if (s.ptr[0] == '(')
			s = skip_comment(s);
		else
			s = mw_str_skip(s, 1);
	}
	return mw_str_trim(mw_str_skip(s, 1));
}

/* "*", "*0", "*0*" behind a name: RFC 2231. */
static mw_str skip_section(mw_str s, bool *extended)
{
	if (s.len > 0 && s.ptr[0] == '*') {
		s = mw_str_skip(s, 1);
		*extended = s.len > 0 && s.ptr[0] == '=';
		if (s.len > 0 && s.ptr[0] == '0') {
			s = mw_str_skip(s, 1);
			*extended = s.len > 0 && s.ptr[0] == '*';
			s = mw_str_skip(s, *extended);
		}
	}
	while (s.len > 0 && mwi_is_blank(s.ptr[0]))
		s = mw_str_skip(s, 1);
	return s;
}

/* Without "charset'language'". */
static mw_str without_charset(mw_str s)
{
	const char *first = s.len > 0 ? memchr(s.ptr, '\'', s.len) : NULL;
	const char *second = first != NULL ? memchr(first + 1, '\'',
						    s.len - (size_t)(first + 1 - s.ptr))
					   : NULL;

	return second != NULL ? mw_str_skip(s, (size_t)(second + 1 - s.ptr)) : s;
}

static mw_str parameter_value(mw_str s)
{
	mw_str v = {s.ptr, 0};

	if (s.len > 0 && s.ptr[0] == '"') {
		skip_quoted(s, &v);
		return v;
	}
	while (v.len < s.len && s.ptr[v.len] != ';' && !mwi_is_blank(s.ptr[v.len]))
		v.len++;
	return v;
}

mw_str mwi_parameter(mw_str value, mw_str name)
{
	mw_str s = value;

	while ((s = next_parameter(s)).len > 0) {
		bool extended = false;

		if (!mwi_begins(s, name))
			continue;
		mw_str rest = skip_section(mw_str_skip(s, name.len), &extended);

		if (rest.len == 0 || rest.ptr[0] != '=')
			continue;
		rest = parameter_value(mw_str_trim(mw_str_skip(rest, 1)));
		return extended ? without_charset(rest) : rest;
	}
	return MW_LIT("");
}

mw_str mwi_field_first(mw_str head, mw_str lower)
{
	mw_str name, value;

	while (mwi_field_next(&head, &name, &value))
		if (mwi_same(name, lower))
			return value;
	return MW_LIT("");
}
