/* SPDX-License-Identifier: MIT */
#include "cli/filter.h"

#include "cli/cli.h"

static bool add_value(uint64_t *bits, mw_vocabulary v, mw_str word)
{
	const int value = mw_name_value(v, word);

	if (value >= 0)
		*bits |= UINT64_C(1) << value;
	return value >= 0;
}

static bool add_word(cli_filter *f, mw_str word)
{
	f->any = true;
	if (mw_str_eq(word, MW_LIT("address-is-bad"))) {
		f->bad_address = true;
		return true;
	}
	if (mw_str_eq(word, MW_LIT("delayed"))) {
		f->delayed = true;
		return true;
	}
	/* "none" is the kind: that of permanence goes with other words. */
	return add_value(&f->kind, MW_VOCABULARY_KIND, word) ||
	       add_value(&f->permanence, MW_VOCABULARY_PERMANENCE, word) ||
	       add_value(&f->category, MW_VOCABULARY_CATEGORY, word) ||
	       add_value(&f->action, MW_VOCABULARY_ACTION, word);
}

static void complain(const char *option, mw_str word)
{
	char text[50] = "", safe[200];

	memcpy(text, word.ptr, word.len < sizeof text ? word.len : sizeof text - 1);
	cli_complain(
		"%s: there is no word \"%s\"; the words are address-is-bad, delayed, "
		"and\nthe kinds, permanences, categories and actions of "
		"mailwhy-bounce(1), such as\nbounce, permanent, recipient-unknown, "
		"remove-address",
		option, cli_visible(safe, text));
}

bool cli_filter_add(cli_filter *f, const char *option, const char *words)
{
	mw_str rest = mw_str_of(words);
	bool more;

	do {
		const char *comma = rest.len > 0 ? memchr(rest.ptr, ',', rest.len) : NULL;
		const mw_str word =
			comma != NULL ? mw_str_head(rest, (size_t)(comma - rest.ptr))
				      : rest;

		if (!add_word(f, word)) {
			complain(option, word);
			return false;
		}
		more = comma != NULL;
		rest = mw_str_skip(rest, word.len + more);
	} while (more);
	return true;
}

static bool has(uint64_t bits, int value)
{
	return bits == 0 || (bits >> value & 1);
}

bool cli_filter_holds(const cli_filter *f, const mw_report *r, const mw_verdict *v)
{
	if (f->either)
		return (f->bad_address && v->address_is_bad) ||
		       (f->delayed && r->outcome.delayed) ||
		       (f->kind >> r->outcome.kind & 1) ||
		       (f->permanence >> v->permanence & 1) ||
		       (f->category >> v->category & 1) || (f->action >> v->action & 1);
	return f->any && (!f->bad_address || v->address_is_bad) &&
	       (!f->delayed || r->outcome.delayed) &&
	       has(f->kind, (int)r->outcome.kind) &&
	       has(f->permanence, (int)v->permanence) &&
	       has(f->category, (int)v->category) && has(f->action, (int)v->action);
}
