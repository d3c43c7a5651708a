/* SPDX-License-Identifier: MIT */
#include "read/charset.h"

#include "base/ascii.h"
#include "base/utf8.h"
#include "read/decode.h"
#include "read/encoded_word.h"
#include "read/field.h"

static bool is_one_of(mw_str s, const mw_str *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (mwi_same(s, list[i]))
			return true;
	return false;
}

#define W(words)                                                                         \
	{                                                                                \
		words, sizeof(words) - 1                                                 \
	}

/* Charsets that need no converter: mwi_decode_bytes() reads them. */
static bool is_own(mw_str charset)
{
	static const mw_str own[] = {W("utf-8"),        W("us-ascii"),   W("utf8"),
				     W("ascii"),        W("iso-8859-1"), W("iso-8859-15"),
				     W("windows-1252"), W("latin1"),     W("8bit")};

	return charset.len == 0 || is_one_of(charset, own, sizeof own / sizeof *own);
}

/* ISO-2022-JP shifts by ESC $ B and the like, whatever the header says. */
static bool has_shift(mw_str s)
{
	const char *p;

	while (s.len > 2 && (p = memchr(s.ptr, 0x1b, s.len - 2)) != NULL) {
		if (p[1] == '$' && (p[2] == 'B' || p[2] == '@'))
			return true;
		s = mw_str_skip(s, (size_t)(p - s.ptr) + 1);
	}
	return false;
}

static bool is_shifted_away(mw_str charset)
{
	return mwi_begins(charset, MW_LIT("iso-2022-")) ||
	       mwi_begins(charset, MW_LIT("utf-7")) ||
	       mwi_begins(charset, MW_LIT("unicode-1-1-utf-7")) ||
	       mwi_begins(charset, MW_LIT("hz-gb"));
}

/* Puts what was written behind s in its place. */
static void take_place(mw_buf *b, size_t start, size_t behind)
{
	memmove(b->ptr + start, b->ptr + behind, b->len - behind);
	b->len -= behind - start;
}

/* Keeps `most` bytes from `start` on, or less, so that a line ends there. */
static void shorten(mw_buf *b, size_t start, size_t most)
{
	size_t n = most;

	if (b->len - start <= most)
		return;
	while (n > 0 && b->ptr[start + n - 1] != '\n')
		n--;
	b->len = start + (n > 0 ? n : most);
	b->lost = true;
}

/* Of a text that leaves too little room behind itself, only a part is converted. */
static bool convert_part(mw_buf *b, size_t start, mw_str charset, mw_convert *convert,
			 void *ctx)
{
	const size_t most = (b->cap - start) / 4;

	for (bool again = true; again;) {
		const size_t behind = b->len, room = b->cap - behind;
		const mw_str s = {b->ptr + start, behind - start};
		const size_t n = convert(ctx, charset, s, b->ptr + behind, room);

		if (n <= room) {
			b->len += n;
			take_place(b, start, behind);
			mwi_blank_nul(b->ptr + start, b->len - start);
			return true;
		}
		again = s.len > most;
		shorten(b, start, most);
	}
	return false;
}

/* A half that is kept is better than a whole that has no room. */
static void decode_part(mw_buf *b, size_t start)
{
	const bool lost = b->lost;

	shorten(b, start, (b->cap - start) / 2);
	const size_t behind = b->len;

	b->lost = false;
	mwi_decode_bytes(b, (mw_str){b->ptr + start, behind - start});
	b->lost |= lost;
	take_place(b, start, behind);
}

void mwi_charset_decode(mw_buf *b, size_t start, mw_str charset, mw_convert *convert,
			void *ctx)
{
	const mw_str s = {b->ptr + start, b->len - start};

	if (s.len == 0)
		return;
	if (has_shift(s) && !mwi_begins(charset, MW_LIT("iso-2022-")))
		charset = MW_LIT("iso-2022-jp");
	if (!is_shifted_away(charset) && mwi_is_clean(s))
		return;
	if (convert != NULL && !is_own(charset) &&
	    convert_part(b, start, charset, convert, ctx))
		return;
	if (!mwi_is_clean((mw_str){b->ptr + start, b->len - start}))
		decode_part(b, start);
}

/* One word and its neighbours of the same charset at the front of s; returns the bytes
 * read, 0 when no word stands there. */
static size_t put_words(mw_buf *out, mw_str s, mw_convert *convert, void *ctx)
{
	const size_t start = out->len;
	mwi_word w, next;
	size_t used = mwi_word_read(&w, s);

	if (used == 0)
		return 0;
	mwi_word_put(out, &w);
	for (;;) {
		mw_str rest = mw_str_skip(s, used);
		size_t blanks = 0;

		while (blanks < rest.len && mwi_is_blank(rest.ptr[blanks]))
			blanks++;
		const size_t n = mwi_word_read(&next, mw_str_skip(rest, blanks));

		if (n == 0)
			break;
		if (next.charset.len != w.charset.len ||
		    memcmp(next.charset.ptr, w.charset.ptr, w.charset.len) != 0) {
			used += blanks;
			break;
		}
		mwi_word_put(out, &next);
		used += blanks + n;
	}
	mwi_charset_decode(out, start, w.charset, convert, ctx);
	return used;
}

void mwi_charset_words(mw_buf *out, mw_str value, mw_convert *convert, void *ctx)
{
	const size_t start = out->len;
	size_t plain = start; /* raw bytes since the last word */

	while (value.len > 0) {
		const char *p = memchr(value.ptr, '=', value.len);
		const size_t n = p != NULL ? (size_t)(p - value.ptr) : value.len;

		mw_buf_put(out, mw_str_head(value, n));
		value = mw_str_skip(value, n);
		if (value.len == 0)
			break;
		const size_t before = out->len;
		const size_t used = put_words(out, value, convert, ctx);

		if (used == 0)
			mw_buf_put_char(out, '=');
		value = mw_str_skip(value, used > 0 ? used : 1);
		if (used > 0 && before == plain)
			plain = out->len;
	}
	mwi_charset_decode(out, plain, MW_LIT(""), convert, ctx);
}
