/* SPDX-License-Identifier: MIT
 *
 * The ASCII pass runs over blocks of a fixed size so that the compiler turns it into
 * vector instructions; only a text with other letters pays for the second pass.
 */
#include "judge/fold.h"

/* One block; returns the bytes or-ed together, so that bit 7 tells of other letters. */
static unsigned char fold_block(char *restrict out, const char *restrict in)
{
	unsigned char b[MWI_FOLD_BLOCK], all = 0;

	memcpy(b, in, sizeof b);
	for (size_t i = 0; i < sizeof b; i++) {
		const unsigned char upper = (unsigned char)(b[i] - 'A') < 26;
		const unsigned char blank = (unsigned char)(b[i] - '\t') < 5;

		all |= b[i];
		b[i] = (unsigned char)(blank ? ' ' : b[i] + (upper << 5));
	}
	memcpy(out, b, sizeof b);
	return all;
}

/* The second byte, and maybe the first, of a two-byte letter in lower case. */
static void fold_pair(unsigned char *p)
{
	const unsigned lead = p[0], tail = p[1];
	const unsigned c = (lead & 0x1f) << 6 | (tail & 0x3f);
	unsigned low = c;

	if (c >= 0xc0 && c <= 0xde && c != 0xd7)
		low = c + 0x20;
	else if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177))
		low = c | 1;
	else if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		low = c + (c & 1);
	else if (c >= 0x391 && c <= 0x3a9)
		low = c + 0x20;
	else if (c >= 0x400 && c <= 0x40f)
		low = c + 0x50;
	else if (c >= 0x410 && c <= 0x42f)
		low = c + 0x20;
	p[0] = (unsigned char)(0xc0 | low >> 6);
	p[1] = (unsigned char)(0x80 | (low & 0x3f));
}

static void fold_letters(char *text, size_t len)
{
	unsigned char *p = (unsigned char *)text;

	for (size_t i = 0; i + 1 < len; i++)
		if (p[i] >= 0xc3 && p[i] <= 0xd1 && (p[i + 1] & 0xc0) == 0x80)
			fold_pair(p + i++);
}

void mwi_fold(char *out, mw_str s)
{
	unsigned char all = 0;
	size_t i = 0;

	for (; i + MWI_FOLD_BLOCK <= s.len; i += MWI_FOLD_BLOCK)
		all |= fold_block(out + i, s.ptr + i);
	if (i < s.len) {
		char last[MWI_FOLD_BLOCK] = {0};

		memcpy(last, s.ptr + i, s.len - i);
		all |= fold_block(out + i, last);
	}
	if (all & 0x80)
		fold_letters(out, s.len);
}
