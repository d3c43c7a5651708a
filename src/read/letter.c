/* SPDX-License-Identifier: MIT */
#include "read/letter.h"

#include "base/ascii.h"
#include "read/field.h"

#define NAME(name, text) {text, sizeof(text) - 1},
static const mw_str names[MWI_FIELD_COUNT] = {MWI_FIELD_MAP(NAME)};
#undef NAME

mwi_field mwi_field_of(mw_str name)
{
	/* Lengths that some name has: most fields of a header have another. */
	static const uint32_t lengths = 1U << 2 | 1U << 4 | 1U << 6 | 1U << 7 | 1U << 8 |
					1U << 10 | 1U << 11 | 1U << 12 | 1U << 13 |
					1U << 14 | 1U << 15 | 1U << 16 | 1U << 19 |
					1U << 24 | 1U << 25;

	if (name.len > 25 || !(lengths >> name.len & 1))
		return MWI_FIELD_COUNT;
	const char last = mwi_lower(name.ptr[name.len - 1]);

	/* First letters are shared by many ("x-"), last letters by few. */
	for (int i = 0; i < MWI_FIELD_COUNT; i++)
		if (names[i].len == name.len && names[i].ptr[name.len - 1] == last &&
		    mwi_same(name, names[i]))
			return (mwi_field)i;
	return MWI_FIELD_COUNT;
}

bool mwi_field_may_be(mw_str line)
{
	const char second = mwi_lower(line.ptr[1]);

	switch (mwi_lower(line.ptr[0])) {
	case 'a':
		return second == 'u';
	case 'c':
		return second == 'c' || second == 'o';
	case 'd':
		return second == 'a' || second == 'e';
	case 'f':
	case 'p':
		return second == 'r';
	case 'i':
		return second == 'n';
	case 'l':
		return second == 'i';
	case 'm':
		return second == 'e';
	case 'r':
		return second == 'e' && line.len > 2 && mwi_lower(line.ptr[2]) != 'c';
	case 's':
		return second == 'u';
	case 't':
		return second == 'o';
	case 'x':
		return second == '-';
	default:
		return false;
	}
}

void mwi_letter_reset(mwi_letter *l)
{
	mw_buf head = l->head, notice = l->notice, status = l->status;

	mw_buf_reset(&head);
	mw_buf_reset(&notice);
	mw_buf_reset(&status);
	*l = (mwi_letter){.head = head, .notice = notice, .status = status};
	for (int i = 0; i < MWI_FIELD_COUNT; i++)
		l->field[i] = MW_LIT("");
}

static void blank(char *p, size_t len, char c)
{
	char *at;

	while (len > 0 && (at = memchr(p, c, len)) != NULL) {
		*at = ' ';
		len -= (size_t)(at - p) + 1;
		p = at + 1;
	}
}

void mwi_letter_keep(mwi_letter *l, mwi_field f, mw_str value)
{
	const size_t begin = l->head.len;

	if (l->field[f].len > 0)
		return;
	mw_buf_put(&l->head, value);
	l->field[f] = (mw_str){l->head.ptr + begin, l->head.len - begin};
	blank(l->head.ptr + begin, l->head.len - begin, '\r');
	blank(l->head.ptr + begin, l->head.len - begin, '\n');
	l->used = true;
}

void mwi_letter_read_head(mwi_letter *l, mw_str text)
{
	mw_str name, value;

	while (mwi_field_next(&text, &name, &value)) {
		const mwi_field f = mwi_field_of(name);

		if (f < MWI_FIELD_COUNT)
			mwi_letter_keep(l, f, value);
	}
}
