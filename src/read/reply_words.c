/* SPDX-License-Identifier: MIT */
#include "read/reply_words.h"

#include <string.h>

#include "base/utf8.h"

static char plain(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f ? ' ' : c;
}

void mwi_one_line(char *out, size_t cap, mw_str s)
{
	const size_t n = mwi_utf8_head(s, cap - 1).len;

	for (size_t i = 0; i < n; i++)
		out[i] = plain(s.ptr[i]);
	out[n] = '\0';
}

void mwi_reply_words(mw_reply reply, mw_enhanced *status, char *out, size_t cap)
{
	mw_str rest = reply.raw, text;
	size_t n = 0;

	*status = (mw_enhanced){0, 0, 0};
	out[0] = '\0';
	while (n < cap - 1 && mw_reply_next(&rest, &text)) {
		mw_enhanced e;
		const ptrdiff_t used = mw_enhanced_read(&e, text);

		if (used > 0) {
			text = mw_str_skip(text, (size_t)used);
			if (status->cls == 0)
				*status = e;
		}
		text = mw_str_trim(text);
		if (n > 0 && text.len > 0)
			out[n++] = ' ';
		mwi_one_line(out + n, cap - n, text);
		n += strlen(out + n);
	}
}
