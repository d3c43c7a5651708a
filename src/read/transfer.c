/* SPDX-License-Identifier: MIT */
#include "read/transfer.h"

#include "base/ascii.h"

static int hex_value(char c)
{
	if (mwi_is_digit(c))
		return c - '0';
	c = mwi_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (mwi_is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

mwi_encoding mwi_encoding_of(mw_str value)
{
	const mw_str v = mw_str_head(mw_str_trim(value), 16);

	if (v.len >= 6 && mw_str_find(mw_str_head(v, 6), MW_LIT("base64")) == 0)
		return MWI_ENCODING_BASE64;
	if (v.len == 16 && mw_str_find(v, MW_LIT("quoted-printable")) == 0)
		return MWI_ENCODING_QP;
	return MWI_ENCODING_PLAIN;
}

static mw_str without_blanks_behind(mw_str s)
{
	while (s.len > 0 && mwi_is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

int mwi_qp_value(mw_str s)
{
	const int high = s.len > 2 ? hex_value(s.ptr[1]) : -1;
	const int low = s.len > 2 ? hex_value(s.ptr[2]) : -1;

	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static void qp_line(mw_buf *out, mw_str s, bool whole)
{
	bool soft = !whole;

	if (whole)
		s = without_blanks_behind(s);
	if (s.len > 0 && s.ptr[s.len - 1] == '=') {
		soft = true;
		s.len--;
	}
	while (s.len > 0) {
		const char *p = memchr(s.ptr, '=', s.len);
		const size_t n = p != NULL ? (size_t)(p - s.ptr) : s.len;

		mw_buf_put(out, mw_str_head(s, n));
		s = mw_str_skip(s, n);
		if (s.len == 0)
			break;
		const int c = mwi_qp_value(s);

		mw_buf_put_char(out, c < 0 ? '=' : (char)c);
		s = mw_str_skip(s, c < 0 ? 1 : 3);
	}
	if (!soft)
		mw_buf_put_char(out, '\n');
}

static void base64_line(mwi_transfer *t, mw_buf *out, mw_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		const int v = base64_value(s.ptr[i]);

		if (s.ptr[i] == '=')
			t->have = 0; /* another text may follow */
		if (v < 0)
			continue;
		t->bits = t->bits << 6 | (uint32_t)v;
		t->have += 6;
		if (t->have >= 8) {
			t->have -= 8;
			mw_buf_put_char(out, (char)(t->bits >> t->have & 0xff));
		}
	}
}

void mwi_transfer_line(mwi_transfer *t, mw_buf *out, mw_str line, bool whole)
{
	switch (t->encoding) {
	case MWI_ENCODING_PLAIN:
		mw_buf_put(out, line);
		if (whole)
			mw_buf_put_char(out, '\n');
		return;
	case MWI_ENCODING_QP:
		qp_line(out, line, whole);
		return;
	case MWI_ENCODING_BASE64:
		base64_line(t, out, line);
		return;
	}
}
