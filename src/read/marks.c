/* SPDX-License-Identifier: MIT */
#include "read/marks.h"

#include "base/ascii.h"
#include "read/field.h"

/* Signs and blanks that stand in front of words: "----- The", " * The", "|--- Message".
 */
static mw_str without_signs(mw_str s)
{
	while (s.len > 0 && (unsigned char)s.ptr[0] < 0x80 && !mwi_is_alnum(s.ptr[0]))
		s = mw_str_skip(s, 1);
	return s;
}

/* Compares the front of `line`, folded, with a phrase. */
static int compare(mw_str line, mw_str phrase)
{
	for (size_t i = 0; i < phrase.len; i++) {
		if (i == line.len)
			return -1;
		const int d = (unsigned char)mwi_lower(line.ptr[i]) -
			      (unsigned char)phrase.ptr[i];

		if (d != 0)
			return d;
	}
	return line.len > phrase.len ? 1 : 0;
}

static bool holds(const mwi_mark_row *r, mw_str line)
{
	if (!mwi_begins(line, r->phrase))
		return false;
	line = mw_str_skip(line, r->phrase.len);
	return r->rest.len == 0 || mw_str_find(line, r->rest) < line.len;
}

const mwi_mark_row *mwi_mark_find(const mwi_mark_table *table, mw_str line,
				  mw_str *behind)
{
	const mw_str s = without_signs(line);
	int low, high;

	if (s.len == 0)
		return NULL;
	const unsigned char c = (unsigned char)mwi_lower(s.ptr[0]);
	const int begin = low = table->first[c];

	high = table->first[c + 1];
	while (low < high) {
		const int mid = low + (high - low) / 2;

		if (compare(s, table->row[mid].phrase) >= 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (int i = low - 1; i >= begin; i = table->row[i].up)
		if (holds(&table->row[i], s)) {
			if (behind != NULL)
				*behind = mw_str_skip(s, table->row[i].phrase.len);
			return &table->row[i];
		}
	return NULL;
}
