/* SPDX-License-Identifier: MIT
 *
 * What letters are made of, one table a reader: fields, parameters, addresses, dates,
 * encodings, HTML, groups of a delivery status, marks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "read/address.h"
#include "read/charset.h"
#include "read/content.h"
#include "read/date.h"
#include "read/dsn.h"
#include "read/html.h"
#include "read/letter.h"
#include "read/marks.h"
#include "read/notice.h"
#include "read/ses_json.h"
#include "read/transfer.h"

/* The table of phrases is the file's own. */
#define mwi_wrapper_read own_wrapper_read
#define mwi_wrapper_cut  own_wrapper_cut
#include "../src/read/wrapper.c"

#define ROWS(table) (sizeof(table) / sizeof *(table))

typedef struct pair {
	const char *in, *out;
} pair;

static void check(const char *in, mw_str got, const char *want)
{
	if (!mw_str_eq(got, mw_str_of(want)))
		fail_msg("%s: \"%s\" wanted, \"%.*s\" found", in, want, MW_FMT(got));
}

static void fields_are_cut(void **state)
{
	static const struct {
		const char *line, *name, *value; /* NULL: no field */
	} rows[] = {
		{"Subject: hello", "Subject", "hello"},
		{"Subject:hello", "Subject", "hello"},
		{"Subject : hello", "Subject", "hello"},
		{"Subject\t:\thello \t", "Subject", "hello"},
		{"X:", "X", ""},
		{"a:b:c", "a", "b:c"},
		{": hello", NULL, NULL},
		{"hello", NULL, NULL},
		{"", NULL, NULL},
		{"two words: x", NULL, NULL},
		{" Subject: x", NULL, NULL},
		{"caf\xc3\xa9: x", NULL, NULL},
		{"a\x7f: x", NULL, NULL},
		{"01234567890123456789012345678901234567890123456789012345678901234567890"
		 "12345: "
		 "x",
		 "01234567890123456789012345678901234567890123456789012345678901234567890"
		 "12345",
		 "x"},
		{"01234567890123456789012345678901234567890123456789012345678901234567890"
		 "123456:"
		 " x",
		 NULL, NULL},
	};
	mw_str name, value;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const bool is = mwi_field_cut(mw_str_of(rows[i].line), &name, &value);

		if (is != (rows[i].name != NULL))
			fail_msg("%s: %d", rows[i].line, (int)is);
		if (!is)
			continue;
		check(rows[i].line, name, rows[i].name);
		check(rows[i].line, value, rows[i].value);
	}
}

static void fields_are_stepped_over(void **state)
{
	mw_str rest =
		mw_str_of("A: 1\r\nno field\nB: 2\n  3\n\t4\nC:\n 5\n \nD: 6\n\nE: 7");
	static const pair want[] = {
		{"A", "1"}, {"B", "2\n  3\n\t4"}, {"C", "5"}, {"D", "6"}};
	mw_str name, value;

	(void)state;
	for (size_t i = 0; i < ROWS(want); i++) {
		assert_true(mwi_field_next(&rest, &name, &value));
		check(want[i].in, name, want[i].in);
		check(want[i].in, value, want[i].out);
	}
	assert_false(mwi_field_next(&rest, &name, &value));
	assert_true(mwi_field_next(&rest, &name, &value));
	check("E", value, "7");
	assert_false(mwi_field_next(&rest, &name, &value));
}

/* What is asked by letters first agrees with the names. */
static void names_are_known(void **state)
{
#define NAME(name, text) text,
	static const char *const names[] = {MWI_FIELD_MAP(NAME)};
#undef NAME
	char upper[40];

	(void)state;
	for (size_t i = 0; i < ROWS(names); i++) {
		snprintf(upper, sizeof upper, "%s", names[i]);
		for (char *p = upper; *p != 0; p++)
			*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
		assert_int_equal(mwi_field_of(mw_str_of(names[i])), i);
		assert_int_equal(mwi_field_of(mw_str_of(upper)), i);
		assert_true(mwi_field_may_be(mw_str_of(names[i])));
		assert_true(mwi_field_may_be(mw_str_of(upper)));
	}
	assert_int_equal(mwi_field_of(MW_LIT("")), MWI_FIELD_COUNT);
	assert_int_equal(mwi_field_of(MW_LIT("subjec")), MWI_FIELD_COUNT);
	assert_int_equal(mwi_field_of(MW_LIT("subjects")), MWI_FIELD_COUNT);
}

static void parameters_are_found(void **state)
{
	static const pair rows[] = {
		{"a/b; boundary=x", "x"},
		{"a/b; boundary=\"x y\"", "x y"},
		{"a/b;boundary = x ; c=d", "x"},
		{"a/b; BOUNDARY=x", "x"},
		{"a/b; c=\"; boundary=no\"; boundary=x", "x"},
		{"a/b (; boundary=no (c)); boundary=x", "x"},
		{"a/b; boundary=\"x", "x"},
		{"a/b; boundary=\"", ""},
		{"a/b; boundary=", ""},
		{"a/b; boundary", ""},
		{"a/b; boundary*=utf-8''x", "x"},
		{"a/b; boundary*=utf-8'x", "utf-8'x"},
		{"a/b; boundary*0=x; boundary*1=y", "x"},
		{"a/b; boundary*0*=utf-8'en'x", "x"},
		{"a/b; boundaryx=y", ""},
		{"boundary=x", ""},
		{"a/b; c=\"\\\"; boundary=no\"", ""},
		{"a/b; c=\"\\", ""},
		{"a/b; (((((", ""},
		{"a/b; (\\", ""},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		check(rows[i].in,
		      mwi_parameter(mw_str_of(rows[i].in), MW_LIT("boundary")),
		      rows[i].out);
}

static void types_have_roles(void **state)
{
	static const struct {
		const char *type;
		mwi_role role;
	} rows[] = {
		{"text/plain", MWI_ROLE_TEXT},
		{"Text", MWI_ROLE_TEXT},
		{"text/HTML; charset=x", MWI_ROLE_HTML},
		{"text/rfc822-headers", MWI_ROLE_HEAD},
		{"message/rfc822", MWI_ROLE_MESSAGE},
		{"message/delivery-status", MWI_ROLE_STATUS},
		{"message/global-delivery-status", MWI_ROLE_STATUS},
		{"message/feedback-report", MWI_ROLE_FEEDBACK},
		{"message/disposition-notification", MWI_ROLE_DISPOSITION},
		{"message/external-body", MWI_ROLE_SKIP},
		{"multipart/report", MWI_ROLE_MULTIPART},
		{"image/png", MWI_ROLE_SKIP},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		mwi_content c;

		mwi_content_reset(&c);
		mwi_content_field(&c, MWI_FIELD_CONTENT_TYPE, mw_str_of(rows[i].type));
		assert_int_equal(c.role, rows[i].role);
	}
}

static void addresses_are_found(void **state)
{
	static const pair rows[] = {
		{"a@b.example", "a@b.example"},
		{"write to a@b.example.", "a@b.example"},
		{"<a@b.example>", "a@b.example"},
		{"<root@localhost>", "root@localhost"},
		{"root@localhost", ""},
		{"mailto:a@b.example", "a@b.example"},
		{"=a@b.example,", "a@b.example"},
		{"'a@b.example'", "a@b.example"},
		{"a+c=d@b.example", "a+c=d@b.example"},
		{"\"a b\"@b.example", "\"a b\"@b.example"},
		{"a@[192.0.2.1]", "a@[192.0.2.1]"},
		{"a@[192.0.2.1", ""},
		{"@b.example", ""},
		{"a@", ""},
		{"@", ""},
		{"<a@", ""},
		{"a@ b@c.example", "b@c.example"},
		{"W32/Klez.h@MM c@d.example", "c@d.example"},
		{"a@@b.example", ""},
		{"\xe3\x82\x82"
		 "a@b.example\xe3\x81\xaf",
		 "a@b.example"},
		{"<b\xc3\xb6"
		 "b@b\xc3\xa4r.example>",
		 "b\xc3\xb6"
		 "b@b\xc3\xa4r.example"},
		{"/home/a/b@c.example", "b@c.example"},
	};
	mw_str a;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		/* In memory of just that size. */
		const size_t len = strlen(rows[i].in);
		char *copy = malloc(len);

		assert_non_null(copy);
		memcpy(copy, rows[i].in, len);
		const bool is = mwi_address_next((mw_str){copy, len}, 0, &a);

		if (is != (rows[i].out[0] != 0))
			fail_msg("%s: %d %.*s", rows[i].in, (int)is, is ? (int)a.len : 0,
				 is ? a.ptr : "");
		if (is)
			check(rows[i].in, a, rows[i].out);
		free(copy);
	}
}

static void values_have_addresses(void **state)
{
	static const pair rows[] = {
		{"Ann <a@b.example>", "a@b.example"},
		{"rfc822; a@b.example", "a@b.example"},
		{"RFC822;<a@b.example>", "a@b.example"},
		{"a@b.example (Ann)", "a@b.example"},
		{"\"x@y.example\" <a@b.example>", "a@b.example"},
		{"<bob>", "bob"},
		{"local; bob", "bob"},
		{"<>", ""},
		{"<", ""},
		{"", ""},
		{" ", ""},
		{";", ""},
		{"=?utf-8?b?Ym9i?=@b.example", "=?utf-8?b?Ym9i?=@b.example"},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		check(rows[i].in, mwi_address_value(mw_str_of(rows[i].in)), rows[i].out);
}

/* However long, no character is cut in two. */
static void long_addresses_are_cut_well(void **state)
{
	char text[2000];
	mw_str a;

	(void)state;
	for (size_t ascii = 0; ascii < 4; ascii++) {
		size_t n = 0;

		for (size_t i = 0; i < ascii; i++)
			text[n++] = 'x';
		for (size_t i = 0; i < 200; i++, n += 3)
			memcpy(text + n, "\xe4\xbd\xa0", 3);
		text[n++] = '@';
		for (size_t i = 0; i < 200; i++, n += 3)
			memcpy(text + n, i == 1 ? "\xc3\xa4." : "\xe4\xbd\xa0", 3);
		assert_true(mwi_address_next((mw_str){text, n}, 0, &a));
		assert_true(((unsigned char)a.ptr[0] & 0xc0) != 0x80);
		assert_true(a.ptr + a.len == text + n ||
			    ((unsigned char)a.ptr[a.len] & 0xc0) != 0x80);
	}
}

static void dates_are_read(void **state)
{
	static const pair rows[] = {
		{"Thu, 29 Apr 2010 23:34:45 +0900", "2010-04-29T23:34:45+09:00"},
		{"29 Apr 2010 23:34 GMT", "2010-04-29T23:34:00+00:00"},
		{"Thu, 29 Apr 2010 23:34:45 -0330 (NDT)", "2010-04-29T23:34:45-03:30"},
		{"29 Apr 10 3:04:05 EST", "2010-04-29T03:04:05-05:00"},
		{"Thu Apr 29 23:34:45 2010", "2010-04-29T23:34:45-00:00"},
		{"29 April 1999 23:34:45 XYZ", "1999-04-29T23:34:45-00:00"},
		{"29 Apr 2010 23:34:45 +9999", "2010-04-29T23:34:45-00:00"},
		{"29 Apr 2010 23:34:45 +0a00", "2010-04-29T23:34:45-00:00"},
		{"29 Apr 2010 23:34:60 +0000", "2010-04-29T23:34:60+00:00"},
		{"29 Feb 2012 00:00:00 +0000", "2012-02-29T00:00:00+00:00"},
		{"29 Feb 2000 00:00:00 +0000", "2000-02-29T00:00:00+00:00"},
		{"29 Feb 2011 00:00:00 +0000", ""},
		{"29 Feb 2100 00:00:00 +0000", ""},
		{"31 Apr 2010 23:34:45 +0900", ""},
		{"29 Apr 2010 24:00:00 +0900", ""},
		{"29 Apr 2010 23:61:00 +0900", ""},
		{"29 Apr 2010", ""},
		{"Apr 2010 23:34:45", ""},
		{"29 Apr 1969 23:34:45", ""},
		{"yesterday", ""},
		{"", ""},
	};
	char out[MWI_DATE_LEN];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		check(rows[i].in, mwi_date_read(out, mw_str_of(rows[i].in)), rows[i].out);
}

static void encodings_are_decoded(void **state)
{
	static const struct {
		const char *name, *line, *out;
	} rows[] = {
		{"7bit", "a=41", "a=41\n"},
		{"", "a", "a\n"},
		{"quoted-printable", "a=41=4A  ", "aAJ\n"},
		{"Quoted-Printable", "a=", "a"},
		{"quoted-printable", "a= \t", "a"},
		{"quoted-printable", "a=4", "a=4\n"},
		{"quoted-printable", "a=zz", "a=zz\n"},
		{"quoted-printable", "", "\n"},
		{"base64", "QUJD", "ABC"},
		{" BASE64 ", "QUI=", "AB"},
		{"base64", "QQ==", "A"},
		{"base64", "Q U!J D", "ABC"},
		{"base64", "QQ==QUJD", "AABC"},
		{"base64", "", ""},
		{"x-uuencode", "QUJD", "QUJD\n"},
	};
	char memory[100];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		mwi_transfer t = {.encoding = mwi_encoding_of(mw_str_of(rows[i].name))};
		mw_buf b;

		mw_buf_init(&b, memory, sizeof memory);
		mwi_transfer_line(&t, &b, mw_str_of(rows[i].line), true);
		check(rows[i].line, mw_buf_str(&b), rows[i].out);
	}
}

static void words_are_decoded(void **state)
{
	static const pair rows[] = {
		{"plain", "plain"},
		{"=?utf-8?q?a_b=C3=A9?=", "a b\xc3\xa9"},
		{"=?UTF-8?B?w6k=?= x", "\xc3\xa9 x"},
		{"=?utf-8?b?ww==?= =?utf-8?b?qQ==?=", "\xc3\xa9"},
		{"=?iso-8859-1?q?=E9?=\n =?iso-8859-1?q?=E8?=", "\xc3\xa9\xc3\xa8"},
		{"=?utf-8*en?q?a?=", "a"},
		{"=?utf-8?x?a?=", "=?utf-8?x?a?="},
		{"=?utf-8?q?a", "=?utf-8?q?a"},
		{"=?", "=?"},
		{"a = b", "a = b"},
		{"caf\xe9", "caf\xc3\xa9"},
	};
	char memory[200];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		mw_buf b;

		mw_buf_init(&b, memory, sizeof memory);
		mwi_charset_words(&b, mw_str_of(rows[i].in), NULL, NULL);
		check(rows[i].in, mw_buf_str(&b), rows[i].out);
	}
}

static void html_becomes_text(void **state)
{
	static const pair rows[] = {
		{"plain", "plain"},
		{"a<b>c</b>", "ac"},
		{"a<br>b", "a\nb"},
		{"a <P>b", "a\nb"},
		{"a \n\t b", "a b"},
		{"a<!-- <p> -->b", "ab"},
		{"a<!-- b", "a"},
		{"<style>p {}</style>a", "a"},
		{"<SCRIPT>x</SCRIPT>a", "a"},
		{"<script>x", ""},
		{"&lt;a&#64;b.example&gt;", "<a@b.example>"},
		{"&#x40;&#X40;", "@@"},
		{"&auml;&nbsp;&#8364;", "\xc3\xa4 \xe2\x82\xac"},
		{"&unknown;&", "&unknown;&"},
		{"&#0;&#xd800;&#x;&#;&#99999999;", "&#0;&#xd800;&#x;&#;&#99999999;"},
		{"<a@b.example>", "<a@b.example>"},
		{"<a.c@b.example>", "<a.c@b.example>"},
		{"<a href=\"mailto:a@b.example\">x</a>", "x"},
		{"1 < 2 > 1", "1 < 2 > 1"},
		{"<", "<"},
		{"<a", "<a"},
		{"</", "</"},
		{"<!doctype html>a", "a"},
		{"<?xml?>a", "a"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const size_t len = strlen(rows[i].in);
		char *copy = malloc(len > 0 ? len : 1);

		assert_non_null(copy);
		memcpy(copy, rows[i].in, len);
		check(rows[i].in, (mw_str){copy, mwi_html_text(copy, len)}, rows[i].out);
		free(copy);
	}
}

/* Recipients of the groups, one after the other: the final, or the action alone. */
static void groups_are_parted(void **state)
{
	static const pair rows[] = {
		{"Reporting-MTA: dns; m\n\nFinal-Recipient: rfc822; a\nAction: failed\n\n"
		 "Final-Recipient: rfc822; b\n",
		 ",rfc822; a,rfc822; b"},
		{"Final-Recipient: a\nFinal-Recipient: b\n", "a,b"},
		{"Reporting-MTA: m\nFinal-Recipient: a\nAction: failed\nFinal-Recipient: "
		 "b\n",
		 "a,b"},
		{"Action: failed\n\n\n\nAction: failed", ","},
		{"final-recipient:\n a\n", "a"},
		{"X-Other: x\n\nFinal-Recipient: a", "a"},
		{"not a field\nFinal-Recipient: a\nnor this\nAction: x", "a"},
		{"\n\n", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		mw_str rest = mw_str_of(rows[i].in);
		char memory[200];
		bool any = false;
		mw_buf b;
		mwi_group g;

		mw_buf_init(&b, memory, sizeof memory);
		for (; mwi_group_next(&rest, &g); any = true) {
			if (any)
				mw_buf_put_char(&b, ',');
			mw_buf_put(&b, g.field[MWI_STATUS_FINAL]);
		}
		assert_int_equal(any, rows[i].out != NULL);
		check(rows[i].in, mw_buf_str(&b), any ? rows[i].out : "");
	}
}

static void types_in_front_go(void **state)
{
	static const pair rows[] = {
		{"dns; mx.example.net", "mx.example.net"},
		{"dns;mx.example.net", "mx.example.net"},
		{"x-other ; a", "a"},
		{"mx.example.net", "mx.example.net"},
		{"two words; a", "two words; a"},
		{";a", ";a"},
		{"smtp;", ""},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		check(rows[i].in, mwi_without_type(mw_str_of(rows[i].in)), rows[i].out);
	assert_int_equal(mwi_action_of(MW_LIT("Failed (x)")), MWI_ACTION_FAILED);
	assert_int_equal(mwi_action_of(MW_LIT("DELAYED")), MWI_ACTION_DELAYED);
	assert_int_equal(mwi_action_of(MW_LIT("expanded")), MWI_ACTION_DELIVERED);
	assert_int_equal(mwi_action_of(MW_LIT("fai")), MWI_ACTION_NONE);
}

static void marks_are_found(void **state)
{
	static const struct {
		const char *line;
		mwi_mark mark;
		const char *behind; /* NULL: any */
	} rows[] = {
		{"Original message follows.", MWI_MARK_ORIGINAL, NULL},
		{"ORIGINAL MESSAGE FOLLOWS", MWI_MARK_ORIGINAL, ""},
		{"   ----- Original message follows -----", MWI_MARK_ORIGINAL, " -----"},
		{"|--- * original message follows", MWI_MARK_ORIGINAL, ""},
		{"original messag", MWI_MARK_NONE, NULL},
		/* a phrase with a gap, and the longest of several */
		{"The first 40 lines of the message:", MWI_MARK_ORIGINAL, NULL},
		{"The first 40 words of the message:", MWI_MARK_NONE, NULL},
		{"Original message headers", MWI_MARK_ORIGINAL, ""},
		{"", MWI_MARK_NONE, NULL},
		{"-----", MWI_MARK_NONE, NULL},
		{"\xff", MWI_MARK_NONE, NULL},
		{"zzz", MWI_MARK_NONE, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		mw_str behind = MW_LIT("");
		const mwi_mark_row *row =
			mwi_mark_find(&mwi_marks_line, mw_str_of(rows[i].line), &behind);
		const mwi_mark mark = row != NULL ? row->mark : MWI_MARK_NONE;

		if (mark != rows[i].mark)
			fail_msg("%s: mark %d", rows[i].line, (int)mark);
		if (rows[i].behind != NULL)
			check(rows[i].line, behind, rows[i].behind);
	}
}

/* Every phrase of every table is found, as itself or as a longer one; `up` leads to
 * beginnings of it only. */
static void mark_tables_are_sound(void **state)
{
	static const mwi_mark_table *const tables[] = {
		&mwi_marks_line,    &mwi_marks_form, &mwi_marks_mailer,
		&mwi_marks_subject, &mwi_marks_away, &mwi_marks_daemon};

	(void)state;
	for (size_t t = 0; t < ROWS(tables); t++)
		for (int i = 0; i < tables[t]->first[256]; i++) {
			const mwi_mark_row *row = &tables[t]->row[i];
			char line[300];
			mw_str behind;

			snprintf(line, sizeof line, "> %.*s %.*s", MW_FMT(row->phrase),
				 MW_FMT(row->rest));
			const mwi_mark_row *found =
				mwi_mark_find(tables[t], mw_str_of(line), &behind);

			if (found == NULL || found->phrase.len < row->phrase.len)
				fail_msg("\"%s\" is not found", line);
			if (row->up >= 0) {
				const mw_str up = tables[t]->row[row->up].phrase;

				assert_true(row->up < i && up.len <= row->phrase.len);
				assert_memory_equal(up.ptr, row->phrase.ptr, up.len);
			}
		}
}

static void phrases_are_sorted(void **state)
{
	(void)state;
	for (size_t i = 1; i < PHRASES; i++)
		if (phrases[i - 1].words.ptr[0] > phrases[i].words.ptr[0])
			fail_msg("\"%s\" stands before \"%s\"", phrases[i - 1].words.ptr,
				 phrases[i].words.ptr);
	for (size_t i = 0; i < PHRASES; i++)
		for (size_t k = 0; k < i; k++)
			assert_false(mw_str_eq(phrases[i].words, phrases[k].words));
}

static void lists_of_amazon(void **state)
{
	static const struct {
		const char *text;
		bool list;
		const char *addresses;
	} rows[] = {
		{"{\"bouncedRecipients\":[{\"emailAddress\":\"a@b.example\"},"
		 "{\"emailAddress\":\"c@d.example\"}]}",
		 false, "a@b.example,c@d.example,"},
		{"{\"emailAddress\" : \"a@b.example\"}", true, "a@b.example,"},
		{"{\\\"emailAddress\\\":\\\"a@b.example\\\"}", false, "a@b.example,"},
		{"{\"recipients\":[\"a@b.example\",\"c@d.example\"],\"x\":[\"e@f."
		 "example\"]}",
		 true, "a@b.example,c@d.example,"},
		{"{\"recipients\":[\"a@b.example\"]}", false, ""},
		{"{\"recipients\":[]}", true, ""},
		{"{\"recipients\":[", true, ""},
		{"{\"emailAddress", false, ","},
		{"{}", true, ""},
		{"", true, ""},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		mw_str rest = mw_str_of(rows[i].text), object, address;
		char memory[200];
		mw_buf b;

		mw_buf_init(&b, memory, sizeof memory);
		while (mwi_ses_next(&rest, rows[i].list, &object, &address)) {
			mw_buf_put(&b, address);
			mw_buf_put_char(&b, ',');
		}
		check(rows[i].text, mw_buf_str(&b), rows[i].addresses);
	}
}

/* Each address in front of what is said of it. */
static void notices_are_read(void **state)
{
	static const struct {
		const char *text;
		size_t cap;
		const char *told;
	} rows[] = {
		{"<a@b.example>: no\n<c@d.example>: never\n", 4,
		 "a@b.example=>: no\n|c@d.example=>: never\n|"},
		{"<a@b.example>: no\n<c@d.example>: never\n", 1,
		 "a@b.example=>: no\n<c@d.example>: never\n|"},
		{"<a@b.example>: no\n", 0, ""},
		{"550 5.1.1 <a@b.example>... No\n550 5.1.1 <c@d.example>... Never\n", 4,
		 "a@b.example=550 5.1.1 <a@b.example>... No|"
		 "c@d.example=\n550 5.1.1 <c@d.example>... Never|"},
		/* what was only named in passing gives way, and its place to what counts
		 */
		{"We know x@y.example well.\n550 5.1.1 <a@b.example>... No\nend\n", 4,
		 "a@b.example=We know x@y.example well.\n550 5.1.1 <a@b.example>... No|"},
		{"<a@b.example>: no\nOriginal message follows.\n<c@d.example>: x\n", 4,
		 "a@b.example=>: no\n|"},
		{"", 4, ""},
	};
	mwi_entry entry[4];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		mwi_notice n = {.entry = entry, .cap = rows[i].cap};
		char memory[400];
		mw_buf b;

		mw_buf_init(&b, memory, sizeof memory);
		mwi_notice_read(&n, mw_str_of(rows[i].text));
		for (size_t k = 0; k < n.count; k++) {
			mw_buf_put(&b, n.entry[k].address);
			mw_buf_put_char(&b, '=');
			mw_buf_put(&b, n.entry[k].block);
			mw_buf_put_char(&b, '|');
		}
		check(rows[i].text, mw_buf_str(&b), rows[i].told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_cut),
		cmocka_unit_test(fields_are_stepped_over),
		cmocka_unit_test(names_are_known),
		cmocka_unit_test(parameters_are_found),
		cmocka_unit_test(types_have_roles),
		cmocka_unit_test(addresses_are_found),
		cmocka_unit_test(values_have_addresses),
		cmocka_unit_test(long_addresses_are_cut_well),
		cmocka_unit_test(dates_are_read),
		cmocka_unit_test(encodings_are_decoded),
		cmocka_unit_test(words_are_decoded),
		cmocka_unit_test(html_becomes_text),
		cmocka_unit_test(groups_are_parted),
		cmocka_unit_test(types_in_front_go),
		cmocka_unit_test(marks_are_found),
		cmocka_unit_test(mark_tables_are_sound),
		cmocka_unit_test(phrases_are_sorted),
		cmocka_unit_test(lists_of_amazon),
		cmocka_unit_test(notices_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
