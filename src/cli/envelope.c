/* SPDX-License-Identifier: MIT
 *
 * No two programs write this line alike: with or without seconds and zone, the zone
 * before or behind the year, the day before or behind the month. So the date is taken as
 * a bag of words: a weekday, and behind it one month, one day, one time and one year,
 * zones at will, and nothing else. No sentence of a letter looks like that.
 */
#include "cli/envelope.h"

#define FROM "From "

typedef enum kind { OTHER, MONTH, DAY, TIME, YEAR, ZONE, KINDS } kind;

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* The next word of *rest; empty when there is none. */
static mw_str cut_word(mw_str *rest)
{
	size_t first = 0, end;

	while (first < rest->len && (rest->ptr[first] == ' ' || rest->ptr[first] == '\t'))
		first++;
	end = first;
	while (end < rest->len && rest->ptr[end] != ' ' && rest->ptr[end] != '\t')
		end++;

	const mw_str word = {rest->ptr + first, end - first};

	*rest = mw_str_skip(*rest, end);
	return word;
}

/* True when the word is one of those in `names`, three letters each. */
static bool is_name(mw_str word, const char *names)
{
	if (word.len != 3)
		return false;
	for (; *names != 0; names += 3) {
		bool same = true;

		for (size_t i = 0; i < 3; i++)
			same = same && (word.ptr[i] | 0x20) == (names[i] | 0x20);
		if (same)
			return true;
	}
	return false;
}

static mw_str without_comma(mw_str word)
{
	if (word.len > 0 && word.ptr[word.len - 1] == ',')
		word.len--;
	return word;
}

/* True when the word has the form: 9 stands for a digit, all else for itself. */
static bool has_form(mw_str word, mw_str form)
{
	if (word.len != form.len)
		return false;
	for (size_t i = 0; i < form.len; i++)
		if (form.ptr[i] == '9' ? !is_digit(word.ptr[i])
				       : word.ptr[i] != form.ptr[i])
			return false;
	return true;
}

/* "EST", "MET", "+0100", "GMT+2", "(CEST)": capitals, digits and what stands there. */
static bool is_zone(mw_str word)
{
	bool capital = false;

	if (word.len > 9)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		const char c = word.ptr[i];

		if (!is_upper(c) && !is_digit(c) && memchr("+-():/", c, 6) == NULL)
			return false;
		capital = capital || is_upper(c);
	}
	return capital || has_form(word, MW_LIT("+9999")) ||
	       has_form(word, MW_LIT("-9999"));
}

static kind kind_of(mw_str word)
{
	static const struct {
		mw_str form;
		kind kind;
	} forms[] = {
		{{"9", 1}, DAY},         {{"99", 2}, DAY},    {{"9:99", 4}, TIME},
		{{"99:99", 5}, TIME},    {{"9999", 4}, YEAR}, {{"9:99:99", 7}, TIME},
		{{"99:99:99", 8}, TIME},
	};

	if (word.len > 0 && !is_digit(word.ptr[0])) {
		if (is_name(word, "JanFebMarAprMayJunJulAugSepOctNovDec"))
			return MONTH;
		return is_zone(word) ? ZONE : OTHER;
	}
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (has_form(word, forms[i].form))
			return forms[i].kind;
	return is_zone(word) ? ZONE : OTHER;
}

/* "remote from HOST", as UUCP adds it. */
static bool is_remote(mw_str rest)
{
	return mw_str_eq(cut_word(&rest), MW_LIT("remote")) &&
	       mw_str_eq(cut_word(&rest), MW_LIT("from")) && cut_word(&rest).len > 0 &&
	       cut_word(&rest).len == 0;
}

/* A year of two digits is the second "day" behind a time. */
static bool is_complete(const unsigned seen[KINDS])
{
	return seen[MONTH] == 1 && seen[TIME] == 1 && seen[ZONE] <= 3 &&
	       seen[DAY] + seen[YEAR] == 2 && seen[YEAR] <= 1;
}

static bool is_date(mw_str rest)
{
	unsigned seen[KINDS] = {0};

	for (;;) {
		const mw_str before = rest, word = cut_word(&rest);
		const kind k = kind_of(word);

		if (word.len == 0 || (k == OTHER && is_remote(before)))
			return is_complete(seen);
		if (k == OTHER || seen[k]++ == 3)
			return false;
	}
}

cli_envelope cli_envelope_read(mw_str line)
{
	mw_str rest = mw_str_skip(line, sizeof FROM - 1), word;

	if (line.len < sizeof FROM - 1 || memcmp(line.ptr, FROM, sizeof FROM - 1) != 0 ||
	    line.len >= CLI_ENVELOPE_MAX)
		return CLI_ENVELOPE_NONE;
	word = cut_word(&rest);
	if (word.len == 0)
		return CLI_ENVELOPE_BARE;
	while (word.len > 0) {
		if (is_name(without_comma(word), "MonTueWedThuFriSatSun") &&
		    is_date(rest))
			return CLI_ENVELOPE_FULL;
		word = cut_word(&rest);
	}
	return CLI_ENVELOPE_NONE;
}
