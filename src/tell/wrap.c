/* SPDX-License-Identifier: MIT */
#include "tell/wrap.h"

#include "base/utf8.h"

int mwi_wrap_columns(mw_str text)
{
	int columns = 0;

	while (text.len > 0) {
		uint32_t point;
		const size_t n = mwi_utf8_read(text, &point);

		columns += n > 0 ? mwi_utf8_width(point) : 1;
		text = mw_str_skip(text, n > 0 ? n : 1);
	}
	return columns;
}

static mw_str cut_word(mw_str *rest)
{
	size_t n = 0;

	while (rest->len > 0 && rest->ptr[0] == ' ')
		*rest = mw_str_skip(*rest, 1);
	while (n < rest->len && rest->ptr[n] != ' ')
		n++;
	const mw_str word = mw_str_head(*rest, n);

	*rest = mw_str_skip(*rest, n);
	return word;
}

void mwi_wrap_put(mw_buf *out, mw_str text, int width, int at, int indent)
{
	bool fresh = true; /* nothing on this line yet */

	for (;;) {
		const mw_str word = cut_word(&text);
		const int columns = mwi_wrap_columns(word);

		if (word.len == 0)
			break;
		if (!fresh && at + 1 + columns > width) {
			mw_buf_put_char(out, '\n');
			for (at = 0; at < indent; at++)
				mw_buf_put_char(out, ' ');
			fresh = true;
		}
		if (!fresh) {
			mw_buf_put_char(out, ' ');
			at++;
		}
		mw_buf_put(out, word);
		at += columns;
		fresh = false;
	}
	mw_buf_put_char(out, '\n');
}
