/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

static bool is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t mwi_utf8_read(mw_str s, uint32_t *point)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char lead = (unsigned char)s.ptr[0];
	size_t n;
	uint32_t p;

	if (lead < 0x80) {
		*point = lead;
		return 1;
	}
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	n = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	if (s.len < n)
		return 0;
	p = lead & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if (!is_tail(s.ptr[i]))
			return 0;
		p = p << 6 | ((unsigned char)s.ptr[i] & 0x3f);
	}
	if (p < least[n] || p > 0x10ffff || (p >= 0xd800 && p < 0xe000))
		return 0;
	*point = p;
	return n;
}

size_t mwi_utf8_write(char *out, uint32_t point)
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	const size_t n = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (point & 0x3f));
		point >>= 6;
	}
	out[0] = (char)((0xf00U >> n & 0xf0) | point);
	return n;
}

mw_str mwi_utf8_head(mw_str s, size_t max)
{
	if (s.len <= max)
		return s;
	while (max > 0 && is_tail(s.ptr[max]))
		max--;
	return mw_str_head(s, max);
}

bool mwi_utf8_valid(mw_str s)
{
	uint32_t point;

	while (s.len > 0) {
		const size_t n = mwi_utf8_read(s, &point);

		if (n == 0)
			return false;
		s = mw_str_skip(s, n);
	}
	return true;
}

bool mwi_utf8_harmful(uint32_t p)
{
	return p < 0x20 || (p >= 0x7f && p < 0xa0) || (p >= 0x200e && p <= 0x200f) ||
	       (p >= 0x2028 && p <= 0x202e) || (p >= 0x2066 && p <= 0x2069) ||
	       p == 0x61c || (p >= 0xfff9 && p <= 0xfffb) || p == 0xfeff ||
	       (p >= 0xe0000 && p <= 0xe007f);
}

/* Enough for the scripts that servers write in; a width that is off by one only
 * wraps a line early. */
int mwi_utf8_width(uint32_t p)
{
	static const struct {
		uint32_t first, last;
	} wide[] = {{0x1100, 0x115f},  {0x2e80, 0x303e}, {0x3041, 0xa4cf},
		    {0xac00, 0xd7a3},  {0xf900, 0xfaff}, {0xfe30, 0xfe6f},
		    {0xff00, 0xff60},  {0xffe0, 0xffe6}, {0x1f300, 0x1faff},
		    {0x20000, 0x3fffd}};

	if ((p >= 0x300 && p < 0x370) || p == 0x200b || p == 0x200d ||
	    (p >= 0xfe00 && p < 0xfe10))
		return 0;
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		if (p >= wide[i].first && p <= wide[i].last)
			return 2;
	return 1;
}
