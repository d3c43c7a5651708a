/* SPDX-License-Identifier: MIT */
#include <mailwhy/buf.h>

#include "base/utf8.h"

void mw_buf_init(mw_buf *b, char *memory, size_t cap)
{
	*b = (mw_buf){.ptr = memory, .cap = cap};
}

void mw_buf_reset(mw_buf *b)
{
	b->len = 0;
	b->lost = false;
}

mw_str mw_buf_str(const mw_buf *b)
{
	return (mw_str){b->len > 0 ? b->ptr : "", b->len};
}

mw_status mw_buf_status(const mw_buf *b)
{
	return b->lost ? MW_E_LIMIT : MW_OK;
}

void mw_buf_put(mw_buf *b, mw_str s)
{
	if (s.len > b->cap - b->len) {
		b->lost = true;
		return;
	}
	if (s.len > 0)
		memcpy(b->ptr + b->len, s.ptr, s.len);
	b->len += s.len;
}

void mw_buf_put_char(mw_buf *b, char c)
{
	if (b->len == b->cap)
		b->lost = true;
	else
		b->ptr[b->len++] = c;
}

void mw_buf_put_int(mw_buf *b, long long n)
{
	char digit[20];
	size_t i = sizeof digit;
	unsigned long long u =
		n < 0 ? 0ULL - (unsigned long long)n : (unsigned long long)n;

	do {
		digit[--i] = (char)('0' + u % 10);
		u /= 10;
	} while (u > 0);
	if (n < 0)
		mw_buf_put_char(b, '-');
	mw_buf_put(b, (mw_str){digit + i, sizeof digit - i});
}

static void put_hex(mw_buf *b, uint32_t n, int digits)
{
	while (digits-- > 0)
		mw_buf_put_char(b, "0123456789abcdef"[n >> (4 * digits) & 15]);
}

void mw_buf_put_visible(mw_buf *b, mw_str s)
{
	while (s.len > 0) {
		uint32_t p = 0;
		const size_t n = mwi_utf8_read(s, &p);

		if (n == 0 || (mwi_utf8_harmful(p) && p < 0x80)) {
			mw_buf_put(b, MW_LIT("\\x"));
			put_hex(b, (unsigned char)s.ptr[0], 2);
		} else if (mwi_utf8_harmful(p)) {
			mw_buf_put(b, MW_LIT("U+"));
			put_hex(b, p, p > 0xffff ? 5 : 4);
		} else {
			mw_buf_put(b, mw_str_head(s, n));
		}
		s = mw_str_skip(s, n > 0 ? n : 1);
	}
}

/* Bytes that may be copied as they are: printable ASCII but for " and \. */
static bool is_plain(char c)
{
	return (unsigned char)(c - 0x20) < 0x5f && c != '"' && c != '\\';
}

static void put_json_ascii(mw_buf *b, char c)
{
	switch (c) {
	case '"':
		mw_buf_put(b, MW_LIT("\\\""));
		return;
	case '\\':
		mw_buf_put(b, MW_LIT("\\\\"));
		return;
	case '\n':
		mw_buf_put(b, MW_LIT("\\n"));
		return;
	case '\t':
		mw_buf_put(b, MW_LIT("\\t"));
		return;
	case '\r':
		mw_buf_put(b, MW_LIT("\\r"));
		return;
	default:
		mw_buf_put(b, MW_LIT("\\u00"));
		put_hex(b, (unsigned char)c, 2);
	}
}

/* One character beyond ASCII: as it is, or escaped when a terminal would obey it. */
static void put_json_point(mw_buf *b, mw_str bytes, uint32_t point)
{
	const uint32_t low = point - 0x10000;

	if (!mwi_utf8_harmful(point)) {
		mw_buf_put(b, bytes);
		return;
	}
	mw_buf_put(b, MW_LIT("\\u"));
	put_hex(b, point > 0xffff ? 0xd800 + (low >> 10) : point, 4);
	if (point > 0xffff) {
		mw_buf_put(b, MW_LIT("\\u"));
		put_hex(b, 0xdc00 + (low & 0x3ff), 4);
	}
}

void mw_buf_put_json(mw_buf *b, mw_str s)
{
	while (s.len > 0) {
		size_t n = 0;
		uint32_t p;

		while (n < s.len && is_plain(s.ptr[n]))
			n++;
		mw_buf_put(b, mw_str_head(s, n));
		s = mw_str_skip(s, n);
		if (s.len == 0)
			return;
		n = mwi_utf8_read(s, &p);
		if (n == 1)
			put_json_ascii(b, s.ptr[0]);
		else if (n == 0)
			mw_buf_put(b, MW_LIT("\xef\xbf\xbd"));
		else
			put_json_point(b, mw_str_head(s, n), p);
		s = mw_str_skip(s, n > 0 ? n : 1);
	}
}
