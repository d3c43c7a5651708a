/* SPDX-License-Identifier: MIT */
#include "read/words.h"

#include <mailwhy/reply.h>

#include "base/ascii.h"
#include "read/found.h"
#include "read/marks.h"

bool mwi_words_are_reply(mw_str s)
{
	return s.len > 3 && s.ptr[0] >= '4' && s.ptr[0] <= '5' &&
	       mwi_is_digit(s.ptr[1]) && mwi_is_digit(s.ptr[2]) &&
	       (s.ptr[3] == ' ' || s.ptr[3] == '-');
}

/* Does a paragraph hold a reply code that refuses? */
static bool has_code(mw_str s)
{
	mwi_code_at at;

	for (size_t from = 0; mwi_may_hold_code(s) && mwi_code_next(s, from, &at);
	     from = at.pos + 3)
		if (at.code >= 400)
			return true;
	return mwi_words_are_reply(s);
}

/* ... or a status? */
static bool has_status(mw_str s)
{
	mw_enhanced e;
	const char *p = s.ptr, *end = s.ptr + s.len;

	while (p < end && (p = memchr(p, '.', (size_t)(end - p))) != NULL) {
		const size_t i = (size_t)(p++ - s.ptr);

		if (i > 0 && (i == 1 || !mwi_is_alnum(s.ptr[i - 2])) &&
		    mw_enhanced_read(&e, mw_str_skip(s, i - 1)) > 0)
			return true;
	}
	return false;
}

/* Cuts the next paragraph off *rest; false at the end. */
static bool cut_paragraph(mw_str *rest, mw_str *out)
{
	mw_str line, s = *rest;
	const char *begin = NULL, *end = NULL;

	while (mw_str_cut_line(&s, &line)) {
		if (mw_str_trim(line).len == 0) {
			if (begin != NULL)
				break;
			continue;
		}
		if (begin == NULL)
			begin = line.ptr;
		end = line.ptr + line.len;
	}
	*rest = s;
	if (begin == NULL)
		return false;
	*out = (mw_str){begin, (size_t)(end - begin)};
	return true;
}

/* Is it a paragraph that says nothing of the failure: whom to ask, what was sent, a
 * heading with nothing below? */
static bool is_aside(mw_str paragraph)
{
	mw_str line, behind = MW_LIT("");
	const mwi_mark_row *row;
	bool words = false;

	for (bool first = true; mw_str_cut_line(&paragraph, &line); first = false) {
		row = mwi_mark_find(&mwi_marks_line, line, &behind);
		if (first && row != NULL && row->mark == MWI_MARK_CONTACT)
			return true;
		if (row != NULL && row->mark == MWI_MARK_ECHO)
			continue;
		if (row == NULL || row->mark != MWI_MARK_REASON)
			behind = line;
		for (size_t i = 0; i < behind.len && !words; i++)
			words = mwi_is_alnum(behind.ptr[i]) ||
				(unsigned char)behind.ptr[i] >= 0x80;
		if (words)
			return false;
	}
	return true;
}

/* Signs left of the address in front: ">:", "...", ")." */
static mw_str without_signs(mw_str s)
{
	while (s.len > 0 && memchr(">:.)\"';,] \t\r\n", s.ptr[0], 13) != NULL)
		s = mw_str_skip(s, 1);
	return s;
}

bool mwi_words_have_number(mw_str s)
{
	return has_code(s) || has_status(s);
}

mw_str mwi_words_find(mw_str block)
{
	mw_str rest = without_signs(block), p, first = MW_LIT(""), status = MW_LIT("");
	int looked = 0;

	while (looked++ < 40 && cut_paragraph(&rest, &p)) {
		if (is_aside(p))
			continue;
		if (has_code(p))
			return p;
		if (status.len == 0 && has_status(p))
			status = p;
		if (first.len == 0)
			first = p;
	}
	return status.len > 0 ? status : first;
}
