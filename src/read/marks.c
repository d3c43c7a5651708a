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

/* Longer than any phrase (tools/mw-notice sees to it). */
#define KEY_MAX MWI_PHRASE_MAX

/* The front of a line in lower case, to be compared many times. */
typedef struct key {
	char ptr[KEY_MAX];
	size_t len;
} key;

static void fold(key *k, mw_str line)
{
	k->len = line.len < KEY_MAX ? line.len : KEY_MAX;
	for (size_t i = 0; i < k->len; i++)
		k->ptr[i] = mwi_lower(line.ptr[i]);
}

/* Where does a phrase stand beside the key? 0: the key begins with it. */
static int compare(const key *k, mw_str phrase)
{
	const int d =
		memcmp(k->ptr, phrase.ptr, k->len < phrase.len ? k->len : phrase.len);

	return d != 0 ? d : k->len < phrase.len ? -1 : 0;
}

static bool holds(const mwi_mark_row *r, const key *k, mw_str line)
{
	if (compare(k, r->phrase) != 0)
		return false;
	line = mw_str_skip(line, r->phrase.len);
	return r->rest.len == 0 || mw_str_find(line, r->rest) < line.len;
}

const mwi_mark_row *mwi_mark_find(const mwi_mark_table *table, mw_str line,
				  mw_str *behind)
{
	const mw_str s = without_signs(line);
	int low, high;
	key k;

	if (s.len == 0)
		return NULL;
	const unsigned char c = (unsigned char)mwi_lower(s.ptr[0]);
	const int begin = low = table->first[c];

	high = table->first[c + 1];
	if (low == high)
		return NULL;
	fold(&k, s);
	while (low < high) {
		const int mid = low + (high - low) / 2;

		if (compare(&k, table->row[mid].phrase) >= 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (int i = low - 1; i >= begin; i = table->row[i].up)
		if (holds(&table->row[i], &k, s)) {
			if (behind != NULL)
				*behind = mw_str_skip(s, table->row[i].phrase.len);
			return &table->row[i];
		}
	return NULL;
}
