/* SPDX-License-Identifier: MIT
 *
 * The small readers of what letters are made of: fields, parameters, addresses, dates,
 * encoded words, HTML, delivery status groups, Amazon's JSON.
 */
#include "expect.h"
#include "read/address.h"
#include "read/charset.h"
#include "read/content.h"
#include "read/date.h"
#include "read/dsn.h"
#include "read/field.h"
#include "read/html.h"
#include "read/marks.h"
#include "read/ses_json.h"
#include "read/transfer.h"
#include "read/verp.h"

static void check_in(mw_str s, mw_str text)
{
	EXPECT(s.len == 0 || fuzz_lies_in(s, text.ptr, text.len));
}

static void check_date(mw_str value)
{
	char memory[MWI_DATE_LEN];
	const mw_str d = mwi_date_read(memory, value);

	EXPECT(d.len == 0 || (d.len == MWI_DATE_LEN && d.ptr == memory));
	for (size_t i = 0; i < d.len; i++)
		EXPECT((d.ptr[i] >= '0' && d.ptr[i] <= '9') ||
		       memchr("-T:+", d.ptr[i], 4) != NULL);
}

static void check_words(mw_str value)
{
	char memory[3000];
	mw_buf b;

	value = mw_str_head(value, 1000);
	mw_buf_init(&b, memory, sizeof memory);
	mwi_charset_words(&b, value, NULL, NULL);
	EXPECT(mwi_utf8_valid(mw_buf_str(&b)));
	EXPECT(memchr(memory, 0, b.len) == NULL);
	EXPECT(!b.lost);
}

static void check_verp(mw_str address)
{
	char memory[40];
	mw_buf b;

	mw_buf_init(&b, memory, sizeof memory);
	const mw_str v = mwi_verp_read(&b, address);

	check_in(v, (mw_str){memory, sizeof memory});
	/* All of it or nothing. */
	EXPECT(v.len == 0 || (v.len > 2 && memchr(v.ptr, '@', v.len) != NULL && !b.lost));
}

static void check_value(mw_str value)
{
	static const mw_str names[] = {{"boundary", 8}, {"charset", 7}, {"b", 1}};
	mwi_content c;

	for (size_t i = 0; i < 3; i++)
		check_in(mwi_parameter(value, names[i]), value);
	mwi_content_reset(&c);
	mwi_content_field(&c, MWI_FIELD_CONTENT_TYPE, value);
	EXPECT(c.boundary_len <= sizeof c.boundary && c.charset_len <= sizeof c.charset);
	check_in(mwi_address_value(value), value);
	check_in(mwi_address_front(value), value);
	check_in(mwi_without_type(value), value);
	check_verp(value);
	check_date(value);
	check_words(value);
}

static void check_fields(mw_str text)
{
	mw_str rest = text, name = {"", 0}, value = {"", 0};

	while (rest.len > 0) {
		const size_t before = rest.len;
		const bool any = mwi_field_next(&rest, &name, &value);

		EXPECT(rest.len < before);
		check_in(rest, text);
		if (!any)
			continue;
		EXPECT(name.len > 0 && name.len <= 76);
		check_in(name, text);
		check_in(value, text);
		check_value(value);
		const mwi_field f = mwi_field_of(name);

		/* What is told by two letters agrees with what is told by all. */
		EXPECT(f == MWI_FIELD_COUNT || mwi_field_may_be(name));
	}
}

static void check_groups(mw_str text)
{
	mw_str rest = text;
	mwi_group g;

	for (size_t before = text.len + 1; mwi_group_next(&rest, &g); before = rest.len) {
		EXPECT(rest.len < before);
		for (int i = 0; i < MWI_STATUS_COUNT; i++)
			check_in(g.field[i], text);
	}
	EXPECT(rest.len == 0);
}

static void check_addresses(mw_str text)
{
	mw_str a;
	size_t at = 0;

	while (mwi_address_next(text, at, &a)) {
		check_in(a, text);
		EXPECT(a.len >= 3 && memchr(a.ptr, '@', a.len) != NULL);
		EXPECT((size_t)(a.ptr - text.ptr) >= at);
		EXPECT(!mwi_utf8_valid(text) || mwi_utf8_valid(a));
		at = (size_t)(a.ptr + a.len - text.ptr);
	}
}

static void check_ses(mw_str text)
{
	EXPECT((unsigned)mwi_ses_kind(text) < MW_KIND_COUNT);
	for (int list = 0; list < 2; list++) {
		mw_str rest = text, object, address;
		size_t before = text.len + 1;

		while (mwi_ses_next(&rest, list == 1, &object, &address)) {
			EXPECT(rest.len < before);
			before = rest.len;
			check_in(rest, text);
			check_in(object, text);
			check_in(address, text);
			check_in(mwi_ses_string(object, MW_LIT("\"action")), text);
		}
	}
}

static void check_marks(mw_str line)
{
	const mwi_mark_table *tables[] = {&mwi_marks_line,   &mwi_marks_form,
					  &mwi_marks_mailer, &mwi_marks_subject,
					  &mwi_marks_away,   &mwi_marks_daemon};
	mw_str behind = {"", 0};

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		if (mwi_mark_find(tables[i], line, &behind) != NULL)
			check_in(behind, line);
}

static void check_transfer(mw_str text)
{
	static const mwi_encoding encodings[] = {MWI_ENCODING_PLAIN, MWI_ENCODING_QP,
						 MWI_ENCODING_BASE64};

	for (size_t i = 0; i < 3; i++) {
		mwi_transfer t = {.encoding = encodings[i]};
		char *out = malloc(text.len + 1);
		mw_buf b;

		EXPECT(out != NULL);
		mw_buf_init(&b, out, text.len + 1);
		mwi_transfer_line(&t, &b, text, true);
		EXPECT(!b.lost && t.have < 8);
		free(out);
	}
}

static void check_html(mw_str text)
{
	const mw_str copy = fuzz_copy((const uint8_t *)text.ptr, text.len);
	char *p = (char *)(uintptr_t)copy.ptr;
	const size_t n = mwi_html_text(p, text.len);

	EXPECT(n <= text.len);
	EXPECT(!mwi_utf8_valid(text) || mwi_utf8_valid((mw_str){p, n}));
	fuzz_free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const mw_str text = fuzz_copy(data, size);

	check_fields(text);
	check_value(text);
	check_groups(text);
	check_addresses(text);
	check_ses(text);
	check_marks(text);
	check_transfer(text);
	check_html(text);
	fuzz_free(text);
	return 0;
}
