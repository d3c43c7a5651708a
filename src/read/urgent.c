/* SPDX-License-Identifier: MIT */
#include "read/urgent.h"

#include "base/ascii.h"

static const struct {
	const char *name, *value; /* of which the field's begins with one */
} signs[] = {
	{"priority", "urgent"},
	{"importance", "high"},
	{"x-priority", "1"},
	{"x-priority", "2"},
};

static bool says_so(mw_str line)
{
	const char *colon = line.len > 0 ? memchr(line.ptr, ':', line.len) : NULL;
	mw_str name, value;

	if (colon == NULL)
		return false;
	name = mw_str_head(line, (size_t)(colon - line.ptr));
	value = mw_str_trim(mw_str_skip(line, name.len + 1));
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
		const mw_str sign = mw_str_of(signs[i].value);

		if (mwi_equal(name, mw_str_of(signs[i].name)) &&
		    mwi_equal(mw_str_head(value, sign.len), sign))
			return true;
	}
	return false;
}

bool mwi_is_urgent(mw_str header)
{
	mw_str line;

	while (mw_str_cut_line(&header, &line) && line.len > 0)
		if (says_so(line))
			return true;
	return false;
}
