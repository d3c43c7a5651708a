/* SPDX-License-Identifier: MIT
 *
 * Replies that we write. Whatever a text holds, one answer is one reply: nothing in it
 * can end the line early.
 */
#include <mailwhy/answer.h>

#include "base/utf8.h"
#include "smtp/answers.h"

#define LINE_MAX_BYTES 510 /* of a reply line without CRLF, RFC 5321, 4.5.3.1.5 */

#define X(name, text) text,
static const char *const names[] = {MW_ANSWER_MAP(X)};
#undef X

static void put_status(mw_buf *out, mw_enhanced e)
{
	mw_buf_put_int(out, e.cls);
	mw_buf_put_char(out, '.');
	mw_buf_put_int(out, e.subject);
	mw_buf_put_char(out, '.');
	mw_buf_put_int(out, e.detail);
	mw_buf_put_char(out, ' ');
}

static void put_line(mw_buf *out, const mw_answer *a, mw_str line, bool last)
{
	const size_t start = out->len;

	mw_buf_put_int(out, a->code);
	mw_buf_put_char(out, last ? ' ' : '-');
	if (a->status.cls != 0)
		put_status(out, a->status);
	line = mwi_utf8_head(line, LINE_MAX_BYTES - (out->len - start));
	for (size_t i = 0; i < line.len; i++) {
		const unsigned char c = (unsigned char)line.ptr[i];

		mw_buf_put_char(out, c < 0x20 || c == 0x7f ? '?' : line.ptr[i]);
	}
	mw_buf_put(out, MW_LIT("\r\n"));
}

mw_status mw_answer_put(mw_buf *out, const mw_answer *a)
{
	const mw_buf before = *out;
	mw_str rest = a->text;

	if (a->raw.len > 0) {
		mw_buf_put(out, a->raw);
	} else {
		for (;;) {
			const char *end = memchr(rest.ptr, '\n', rest.len);

			if (end == NULL)
				break;
			put_line(out, a, mw_str_head(rest, (size_t)(end - rest.ptr)),
				 false);
			rest = mw_str_skip(rest, (size_t)(end - rest.ptr) + 1);
		}
		put_line(out, a, rest, true);
	}
	if (!out->lost || before.lost)
		return mw_buf_status(out);
	*out = before;
	return MW_E_LIMIT;
}

mw_answer mw_answer_of(mw_answer_id id)
{
	return mwi_answers[id];
}

mw_answer mw_answer_fill(mw_answer_id id, mw_str what, char *room, size_t cap)
{
	mw_answer a = mwi_answers[id];
	const size_t gap = mw_str_find(a.text, MW_LIT("%s"));
	mw_str after;
	mw_buf b;

	if (gap == a.text.len || cap < a.text.len)
		return a;
	after = mw_str_skip(a.text, gap + 2);
	mw_buf_init(&b, room, cap);
	mw_buf_put(&b, mw_str_head(a.text, gap));
	mw_buf_put(&b, mwi_utf8_head(what, cap - (a.text.len - 2)));
	mw_buf_put(&b, after);
	a.text = mw_buf_str(&b);
	return a;
}

mw_str mw_answer_name(mw_answer_id id)
{
	return mw_str_of(names[id]);
}
