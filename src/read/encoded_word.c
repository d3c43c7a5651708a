/* SPDX-License-Identifier: MIT */
#include "read/encoded_word.h"

#include "base/ascii.h"
#include "read/transfer.h"

#define CHARSET_MAX 60

static bool cut_at(mw_str *s, char c, mw_str *out)
{
	const char *p = s->len > 0 ? memchr(s->ptr, c, s->len) : NULL;

	if (p == NULL)
		return false;
	*out = mw_str_head(*s, (size_t)(p - s->ptr));
	*s = mw_str_skip(*s, out->len + 1);
	return true;
}

size_t mwi_word_read(mwi_word *w, mw_str s)
{
	mw_str rest = mw_str_skip(mw_str_head(s, MWI_WORD_MAX), 2), encoding, charset;

	if (s.len < 8 || s.ptr[0] != '=' || s.ptr[1] != '?' ||
	    !cut_at(&rest, '?', &charset) || charset.len > CHARSET_MAX ||
	    !cut_at(&rest, '?', &encoding) || encoding.len != 1)
		return 0;
	const char e = mwi_lower(encoding.ptr[0]);
	const size_t end = mw_str_find(rest, MW_LIT("?="));

	if (end == rest.len || (e != 'b' && e != 'q'))
		return 0;
	w->text = mw_str_head(rest, end);
	w->base64 = e == 'b';
	if (!cut_at(&charset, '*', &w->charset))
		w->charset = charset;
	return (size_t)(w->text.ptr + w->text.len + 2 - s.ptr);
}

static void put_q(mw_buf *out, mw_str s)
{
	while (s.len > 0) {
		const int c = s.ptr[0] == '=' ? mwi_qp_value(s) : -1;

		mw_buf_put_char(out, c >= 0 ? (char)c : s.ptr[0] == '_' ? ' ' : s.ptr[0]);
		s = mw_str_skip(s, c >= 0 ? 3 : 1);
	}
}

void mwi_word_put(mw_buf *out, const mwi_word *w)
{
	mwi_transfer t = {.encoding = MWI_ENCODING_BASE64};

	if (w->base64)
		mwi_transfer_line(&t, out, w->text, true);
	else
		put_q(out, w->text);
}
