/* SPDX-License-Identifier: MIT */
#include "read/dsn.h"

#include "base/ascii.h"
#include "read/address.h"
#include "read/field.h"

#define NAME(name, text) {text, sizeof(text) - 1},
static const mw_str names[MWI_STATUS_COUNT] = {MWI_STATUS_FIELD_MAP(NAME)};
#undef NAME

static mwi_status_field field_of(mw_str name)
{
	for (int i = 0; i < MWI_STATUS_COUNT; i++)
		if (names[i].len == name.len && mwi_same(name, names[i]))
			return (mwi_status_field)i;
	return MWI_STATUS_COUNT;
}

/* Would this field, said again, tell of another recipient? */
static bool begins_recipient(const mwi_group *g, mwi_status_field f)
{
	return (f == MWI_STATUS_FINAL || f == MWI_STATUS_ORIGINAL ||
		f == MWI_STATUS_RCPT_TO || f == MWI_STATUS_REMOVAL) &&
	       g->field[f].len > 0;
}

bool mwi_group_next(mw_str *rest, mwi_group *g)
{
	bool any = false;

	for (int i = 0; i < MWI_STATUS_COUNT; i++)
		g->field[i] = MW_LIT("");
	while (rest->len > 0) {
		mw_str before = *rest, name, value;

		if (!mwi_field_next(rest, &name, &value)) {
			if (any)
				return true;
			continue;
		}
		const mwi_status_field f = field_of(name);

		if (f == MWI_STATUS_COUNT)
			continue;
		if (begins_recipient(g, f)) {
			*rest = before;
			return true;
		}
		any = true;
		if (g->field[f].len == 0)
			g->field[f] = value;
	}
	return any;
}

bool mwi_group_has_recipient(const mwi_group *g)
{
	return g->field[MWI_STATUS_FINAL].len > 0 ||
	       g->field[MWI_STATUS_ORIGINAL].len > 0 ||
	       g->field[MWI_STATUS_ACTION].len > 0;
}

mw_str mwi_without_type(mw_str value)
{
	size_t n = 0;
	mw_str v = mw_str_trim(value);

	while (n < v.len && n < 24 && (mwi_is_alnum(v.ptr[n]) || v.ptr[n] == '-'))
		n++;
	while (n < v.len && (v.ptr[n] == ' ' || v.ptr[n] == '\t'))
		n++;
	if (n > 0 && n < v.len && v.ptr[n] == ';')
		return mw_str_trim(mw_str_skip(v, n + 1));
	return v;
}

mwi_action mwi_action_of(mw_str value)
{
	static const struct {
		mw_str word;
		mwi_action action;
	} words[] = {
		{{"fail", 4}, MWI_ACTION_FAILED},
		{{"undeliverable", 13}, MWI_ACTION_FAILED},
		{{"delayed", 7}, MWI_ACTION_DELAYED},
		{{"deliver", 7}, MWI_ACTION_DELIVERED}, /* delivered, deliverable */
		{{"relayed", 7}, MWI_ACTION_DELIVERED},
		{{"expanded", 8}, MWI_ACTION_DELIVERED},
		{{"transferred", 11}, MWI_ACTION_DELIVERED},
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (mwi_begins(value, words[i].word))
			return words[i].action;
	return MWI_ACTION_NONE;
}
