/* SPDX-License-Identifier: MIT */
#include "read/decode.h"

#include "base/ascii.h"
#include "base/utf8.h"
#include "read/encoded_word.h"

static bool has_byte(mw_str s, char c)
{
	return s.len > 0 && memchr(s.ptr, c, s.len) != NULL;
}

/* Eight bytes at a time: is bit 7 set anywhere? */
static bool is_ascii(mw_str s)
{
	uint64_t all = 0, word;

	for (; s.len >= sizeof word; s = mw_str_skip(s, sizeof word)) {
		memcpy(&word, s.ptr, sizeof word);
		all |= word;
	}
	for (; s.len > 0; s = mw_str_skip(s, 1))
		all |= (unsigned char)s.ptr[0];
	return (all & 0x8080808080808080U) == 0;
}

static bool has_encoded_word(mw_str s)
{
	const char *p;

	while (s.len > 1 && (p = memchr(s.ptr, '=', s.len - 1)) != NULL) {
		if (p[1] == '?')
			return true;
		s = mw_str_skip(s, (size_t)(p - s.ptr) + 1);
	}
	return false;
}

bool mwi_is_decoded(mw_str s)
{
	return !has_byte(s, '\r') && !has_byte(s, '\\') && !has_byte(s, '\0') &&
	       (is_ascii(s) || mwi_utf8_valid(s)) && !has_encoded_word(s);
}

/* What windows-1252 has at 0x80 to 0x9f; the rest is Latin-1. */
static uint32_t cp1252(unsigned char c)
{
	static const uint16_t high[32] = {
		0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
		0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd,
		0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};

	return c >= 0x80 && c < 0xa0 ? high[c - 0x80] : c;
}

static void put_point(mw_buf *out, uint32_t point)
{
	char utf8[4];

	if (point == 0)
		point = ' ';

	mw_buf_put(out, (mw_str){utf8, mwi_utf8_write(utf8, point)});
}

/* The first character of s; returns its bytes. */
static size_t put_character(mw_buf *out, mw_str s)
{
	uint32_t point;
	const size_t n = mwi_utf8_read(s, &point);

	if (n == 0) {
		put_point(out, cp1252((unsigned char)s.ptr[0]));
		return 1;
	}
	if (point == 0)
		mw_buf_put_char(out, ' ');
	else
		mw_buf_put(out, mw_str_head(s, n));
	return n;
}

static bool same(mw_str a, const char *lower)
{
	const mw_str b = mw_str_of(lower);

	return a.len == b.len && mw_str_find(a, b) == 0;
}

/* The word at the front of s, if its charset is one of ours; returns its bytes, or 0. */
static size_t put_encoded_word(mw_buf *out, mw_str s)
{
	char bytes[MWI_WORD_MAX];
	mwi_word w;
	mw_buf b;
	const size_t used = mwi_word_read(&w, s);

	if (used == 0)
		return 0;
	const bool utf8 = same(w.charset, "utf-8") || same(w.charset, "us-ascii");

	if (!utf8 && !same(w.charset, "iso-8859-1") && !same(w.charset, "iso-8859-15") &&
	    !same(w.charset, "windows-1252"))
		return 0;
	mw_buf_init(&b, bytes, sizeof bytes);
	mwi_word_put(&b, &w);
	mw_str plain = mw_buf_str(&b);

	for (size_t i = 0; !utf8 && i < plain.len; i++)
		put_point(out, cp1252((unsigned char)plain.ptr[i]));
	while (utf8 && plain.len > 0)
		plain = mw_str_skip(plain, put_character(out, plain));
	return used;
}

/* One or more; the blanks between two of them are no part of the text (RFC 2047, 6.2). */
static size_t put_encoded_words(mw_buf *out, mw_str s)
{
	size_t used = put_encoded_word(out, s);

	while (used > 0) {
		size_t blanks = used;

		while (blanks < s.len && mwi_is_blank(s.ptr[blanks]))
			blanks++;
		const mw_str rest = mw_str_skip(s, blanks);
		const size_t n = rest.len > 0 && rest.ptr[0] == '='
					 ? put_encoded_word(out, rest)
					 : 0;

		if (n == 0)
			return used;
		used = blanks + n;
	}
	return 0;
}

/* CRLF, CR, a written \r\n or \n; returns its bytes, 0 when there is none. */
static size_t line_end(mw_str s)
{
	if (s.ptr[0] == '\r')
		return s.len > 1 && s.ptr[1] == '\n' ? 2 : 1;
	if (s.len >= 4 && memcmp(s.ptr, "\\r\\n", 4) == 0)
		return 4;
	return s.len >= 2 && memcmp(s.ptr, "\\n", 2) == 0 ? 2 : 0;
}

static size_t decode_one(mw_buf *out, mw_str s)
{
	const char c = s.ptr[0];
	size_t n = 0;

	if (c == '\r' || c == '\\') {
		n = line_end(s);
		if (n > 0)
			mw_buf_put_char(out, '\n');
	} else if (c == '=') {
		n = put_encoded_words(out, s);
	}
	return n > 0 ? n : put_character(out, s);
}

/* Bytes that are copied as they are. */
static size_t plain_run(mw_str s)
{
	size_t n = 0;

	while (n < s.len && (unsigned char)(s.ptr[n] - 1) < 0x7f && s.ptr[n] != '\r' &&
	       s.ptr[n] != '\\' && s.ptr[n] != '=')
		n++;
	return n;
}

void mwi_decode(mw_buf *out, mw_str s)
{
	while (s.len > 0) {
		const size_t n = plain_run(s), room = out->cap - out->len;

		/* A run may be cut; what was written so far is kept. */
		mw_buf_put(out, mw_str_head(s, n < room ? n : room));
		if (n > room) {
			out->lost = true;
			return;
		}
		s = mw_str_skip(s, n);
		if (s.len > 0)
			s = mw_str_skip(s, decode_one(out, s));
	}
}

bool mwi_is_clean(mw_str s)
{
	return !has_byte(s, '\0') && (is_ascii(s) || mwi_utf8_valid(s));
}

void mwi_blank_nul(char *p, size_t len)
{
	char *nul;

	while (len > 0 && (nul = memchr(p, 0, len)) != NULL) {
		*nul = ' ';
		len -= (size_t)(nul - p) + 1;
		p = nul + 1;
	}
}

void mwi_decode_bytes(mw_buf *out, mw_str s)
{
	while (s.len > 0 && !out->lost)
		s = mw_str_skip(s, put_character(out, s));
}
