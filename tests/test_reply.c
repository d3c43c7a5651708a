/* SPDX-License-Identifier: MIT
 *
 * The strict readers: one table of replies, one of enhanced codes, and properties that
 * hold for every row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <mailwhy/reply.h>
#include <stdio.h>
#include <stdlib.h>

#include "read/reply_words.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

/* In heap memory of exactly that length, so that the sanitizer sees a byte too many. */
static mw_str exact(const char *s, size_t len)
{
	char *p = malloc(len > 0 ? len : 1);

	assert_non_null(p);
	memcpy(p, s, len);
	return (mw_str){p, len};
}

static void give_back(mw_str s)
{
	free((void *)(uintptr_t)s.ptr);
}

static const struct good {
	const char *in;
	int code;
	const char *lines[4]; /* the texts, up to the first NULL */
} good[] = {
	/* The last line counts. */
	{"450-4.2.0 a\r\n550 5.1.1 b\r\n", 550, {"4.2.0 a", "5.1.1 b"}},
	{"250 OK\r\n", 250, {"OK"}},
	{"250 OK\n", 250, {"OK"}},
	{"250\r\n", 250, {""}},
	{"250\n", 250, {""}},
	{"250 \r\n", 250, {""}},
	{"250  two blanks\r\n", 250, {" two blanks"}},
	{"200 lowest\r\n", 200, {"lowest"}},
	{"599 highest\r\n", 599, {"highest"}},
	{"354 go on\r\n", 354, {"go on"}},
	{"550-5.1.1 No such\r\n550 5.1.1 user\r\n", 550, {"5.1.1 No such", "5.1.1 user"}},
	{"550-a\n550-b\n550 c\n", 550, {"a", "b", "c"}},
	{"550-a\r\n550-b\n550 c\r\n", 550, {"a", "b", "c"}},
	{"550-a\r\n550\r\n", 550, {"a", ""}},
	{"250-\r\n250 \r\n", 250, {"", ""}},
	{"250-250 inner\r\n250 550 inner\r\n", 250, {"250 inner", "550 inner"}},
	{"550 not-550 yet\r\n", 550, {"not-550 yet"}},
	{"550 Bo\xeete pleine\r\n", 550, {"Bo\xeete pleine"}},
	{"550 ящик полон\r\n", 550, {"ящик полон"}},
	{"550 a\rb\r\n", 550, {"a\rb"}},
};

static void a_good_reply_is_read_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(good); i++) {
		const mw_str in = exact(good[i].in, strlen(good[i].in));
		mw_reply r;

		assert_int_equal(mw_reply_read(&r, in), in.len);
		assert_int_equal(r.code, good[i].code);
		assert_ptr_equal(r.raw.ptr, in.ptr);
		assert_int_equal(r.raw.len, in.len);
		give_back(in);
	}
}

static void its_texts_come_one_by_one_without_code_and_line_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(good); i++) {
		const mw_str in = exact(good[i].in, strlen(good[i].in));
		mw_reply r;
		mw_str text;

		assert_true(mw_reply_read(&r, in) > 0);
		mw_str it = r.raw;

		for (size_t k = 0; k < 4 && good[i].lines[k] != NULL; k++) {
			assert_true(mw_reply_next(&it, &text));
			assert_true(mw_str_eq(text, mw_str_of(good[i].lines[k])));
		}
		assert_false(mw_reply_next(&it, &text));
		assert_false(mw_reply_next(&it, &text));
		give_back(in);
	}
}

static void each_proper_prefix_of_a_good_reply_needs_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(good); i++)
		for (size_t n = 0; n < strlen(good[i].in); n++) {
			const mw_str in = exact(good[i].in, n);
			mw_reply r = {.code = -7, .raw = {NULL, 99}};

			assert_int_equal(mw_reply_read(&r, in), MW_E_MORE);
			assert_int_equal(r.code, -7);
			assert_null(r.raw.ptr);
			assert_int_equal(r.raw.len, 99);
			give_back(in);
		}
}

static void what_follows_the_reply_is_left_alone(void **state)
{
	static const char *const tails[] = {"250 next\r\n", "\r\n", "junk", "\0\0", "\n"};
	char all[256];

	(void)state;
	for (size_t i = 0; i < ROWS(good); i++)
		for (size_t k = 0; k < ROWS(tails); k++) {
			const size_t n = strlen(good[i].in), m = strlen(tails[k]) + 1;
			mw_reply r;

			memcpy(all, good[i].in, n);
			memcpy(all + n, tails[k], m);
			const mw_str in = exact(all, n + m);

			assert_int_equal(mw_reply_read(&r, in), n);
			assert_int_equal(r.raw.len, n);
			give_back(in);
		}
}

/* What a session does: append what came, ask, take off what was read. */
static size_t feed(const char *in, size_t len, size_t chunk, int *codes, size_t max)
{
	char held[512];
	size_t have = 0, n = 0;

	for (size_t i = 0; i < len; i += chunk) {
		const size_t add = chunk < len - i ? chunk : len - i;
		ptrdiff_t used;
		mw_reply r;

		memcpy(held + have, in + i, add);
		have += add;
		while ((used = mw_reply_read(&r, (mw_str){held, have})) > 0) {
			assert_true(n < max);
			codes[n++] = r.code;
			have -= (size_t)used;
			memmove(held, held + used, have);
		}
		assert_int_equal(used, MW_E_MORE);
	}
	assert_int_equal(have, 0);
	return n;
}

static void any_chunking_reads_the_same_replies(void **state)
{
	static const char session[] =
		"220 mx.example.org ESMTP\r\n250-mx.example.org\r\n250-PIPELINING\r\n250 "
		"SIZE\r\n"
		"250 2.1.0 Ok\n550-5.1.1 No\n550 5.1.1 user\n354\r\n421 bye\r\n";
	static const int want[] = {220, 250, 250, 550, 354, 421};
	int codes[8];

	(void)state;
	for (size_t chunk = 1; chunk <= sizeof session - 1; chunk++) {
		assert_int_equal(feed(session, sizeof session - 1, chunk, codes, 8),
				 ROWS(want));
		assert_memory_equal(codes, want, sizeof want);
	}
}

static void a_complete_line_that_is_no_reply_breaks_the_format(void **state)
{
	static const char *const bad[] = {
		"\r\n",
		"\n",
		"2\r\n",
		"25\r\n",
		"25 OK\r\n",
		"2500 OK\r\n",
		"199 OK\r\n",
		"600 OK\r\n",
		"050 OK\r\n",
		"ab0 OK\r\n",
		"2x0 OK\r\n",
		"25x OK\r\n",
		"250OK\r\n",
		"250\tOK\r\n",
		"250_OK\r\n",
		"250.OK\r\n",
		"250:OK\r\n",
		" 250 OK\r\n",
		"OK 250\r\n",
		"-250 OK\r\n",
		"250-a\r\nb\r\n250 c\r\n",
		"250-a\r\n\r\n250 c\r\n",
		"250-a\r\n 250 c\r\n",
		"250-a\r\n2500 c\r\n",
		"\xd9\xa2\xd9\xa5\xd9\xa0 OK\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(bad); i++) {
		const mw_str in = exact(bad[i], strlen(bad[i]));
		mw_reply r = {.code = -7, .raw = {NULL, 99}};

		assert_int_equal(mw_reply_read(&r, in), MW_E_SYNTAX);
		assert_int_equal(r.code, -7);
		assert_int_equal(r.raw.len, 99);
		give_back(in);
	}
}

static void a_nul_is_a_byte_like_any_other(void **state)
{
	mw_reply r;
	mw_str text;

	(void)state;
	assert_int_equal(mw_reply_read(&r, MW_LIT("250 a\0b\r\n")), 9);
	assert_true(mw_reply_next(&r.raw, &text));
	assert_true(mw_str_eq(text, MW_LIT("a\0b")));
	assert_int_equal(mw_reply_read(&r, MW_LIT("25\0 a\r\n")), MW_E_SYNTAX);
	assert_int_equal(mw_reply_read(&r, MW_LIT("250\0a\r\n")), MW_E_SYNTAX);
}

static void the_callers_buffer_is_the_only_limit(void **state)
{
	enum { LINES = 200000 };
	static const char line[] = "250-x\r\n";
	const size_t n = sizeof line - 1;
	char *all = malloc(LINES * n);
	mw_reply r;

	(void)state;
	assert_non_null(all);
	for (size_t i = 0; i < LINES; i++)
		memcpy(all + i * n, line, n);
	assert_int_equal(mw_reply_read(&r, (mw_str){all, LINES * n}), MW_E_MORE);
	all[(LINES - 1) * n + 3] = ' ';
	assert_int_equal(mw_reply_read(&r, (mw_str){all, LINES * n}), LINES * n);
	free(all);
}

static const struct enhanced {
	const char *in;
	int used; /* or MW_E_SYNTAX */
	mw_enhanced want;
} enhanced[] = {
	{"5.1.1", 5, {5, 1, 1}},
	{"2.0.0", 5, {2, 0, 0}},
	{"4.4.2", 5, {4, 4, 2}},
	{"5.7.26 unauthenticated", 6, {5, 7, 26}},
	{"5.7.606", 7, {5, 7, 606}},
	{"5.999.999", 9, {5, 999, 999}},
	{"4.10.3)", 6, {4, 10, 3}},
	{"5.1.1, and", 5, {5, 1, 1}},
	{"5.1.1.", 5, {5, 1, 1}},
	{"5.1.1. No", 5, {5, 1, 1}},
	{"5.1.1:x", 5, {5, 1, 1}},
	{"5.1.1-", 5, {5, 1, 1}},
	{"5.1.1<a@example.org>", 5, {5, 1, 1}},
	{"5.1.1\t", 5, {5, 1, 1}},
	{"5.1.1\"", 5, {5, 1, 1}},
	{"5.1.1\r\n", 5, {5, 1, 1}},
	{"5.1.1]", 5, {5, 1, 1}},
	/* no class */
	{"1.1.1", MW_E_SYNTAX, {0, 0, 0}},
	{"3.1.1", MW_E_SYNTAX, {0, 0, 0}},
	{"0.1.1", MW_E_SYNTAX, {0, 0, 0}},
	{"6.1.1", MW_E_SYNTAX, {0, 0, 0}},
	{"x.1.1", MW_E_SYNTAX, {0, 0, 0}},
	{"55.1.1", MW_E_SYNTAX, {0, 0, 0}},
	/* too little */
	{"", MW_E_SYNTAX, {0, 0, 0}},
	{"5", MW_E_SYNTAX, {0, 0, 0}},
	{"5.", MW_E_SYNTAX, {0, 0, 0}},
	{"5.1", MW_E_SYNTAX, {0, 0, 0}},
	{"5.1.", MW_E_SYNTAX, {0, 0, 0}},
	{"5.1 1", MW_E_SYNTAX, {0, 0, 0}},
	{"5..11", MW_E_SYNTAX, {0, 0, 0}},
	{"5.1..1", MW_E_SYNTAX, {0, 0, 0}},
	{"5.x.1", MW_E_SYNTAX, {0, 0, 0}},
	{"5,1,1", MW_E_SYNTAX, {0, 0, 0}},
	{".5.1.1", MW_E_SYNTAX, {0, 0, 0}},
	{" 5.1.1", MW_E_SYNTAX, {0, 0, 0}},
	{"5.-1.1", MW_E_SYNTAX, {0, 0, 0}},
	{"5.+1.1", MW_E_SYNTAX, {0, 0, 0}},
	/* too much */
	{"5.1000.1", MW_E_SYNTAX, {0, 0, 0}},
	{"5.1.1000", MW_E_SYNTAX, {0, 0, 0}},
	{"5.1.99999999999999999999", MW_E_SYNTAX, {0, 0, 0}},
	/* an address */
	{"5.1.1.2", MW_E_SYNTAX, {0, 0, 0}},
	{"5.1.1.250]", MW_E_SYNTAX, {0, 0, 0}},
	/* a version, a name */
	{"5.1.1a", MW_E_SYNTAX, {0, 0, 0}},
	{"5.1.1Z", MW_E_SYNTAX, {0, 0, 0}},
	{"5.1.1_x", MW_E_SYNTAX, {0, 0, 0}},
	{"5.1.1-2", MW_E_SYNTAX, {0, 0, 0}},
	{"5.1.1-rc2", MW_E_SYNTAX, {0, 0, 0}},
};

static void an_enhanced_code_is_read_or_refused(void **state)
{
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(enhanced); i++) {
		const mw_str in = exact(enhanced[i].in, strlen(enhanced[i].in));
		mw_enhanced e = {0, 0, 0};
		const ptrdiff_t used = mw_enhanced_read(&e, in);

		if (used != enhanced[i].used || e.cls != enhanced[i].want.cls ||
		    e.subject != enhanced[i].want.subject ||
		    e.detail != enhanced[i].want.detail) {
			print_error("“%s”: %td, %d.%d.%d\n", enhanced[i].in, used, e.cls,
				    e.subject, e.detail);
			wrong++;
		}
		give_back(in);
	}
	assert_int_equal(wrong, 0);
}

static void every_code_of_three_numbers_reads_back(void **state)
{
	char text[16];

	(void)state;
	for (int cls = 0; cls <= 9; cls++)
		for (int subject = 0; subject <= 1000; subject += subject < 20 ? 1 : 35)
			for (int detail = 0; detail <= 1000;
			     detail += detail < 60 ? 1 : 47) {
				const bool ok = (cls == 2 || cls == 4 || cls == 5) &&
						subject < 1000 && detail < 1000;
				const int n = snprintf(text, sizeof text, "%d.%d.%d", cls,
						       subject, detail);
				mw_enhanced e;

				assert_int_equal(mw_enhanced_read(&e, mw_str_of(text)),
						 ok ? n : MW_E_SYNTAX);
				if (!ok)
					continue;
				assert_int_equal(e.cls, cls);
				assert_int_equal(e.subject, subject);
				assert_int_equal(e.detail, detail);
			}
}

static void its_words_are_one_line(void **state)
{
	static const struct {
		const char *raw, *words;
		size_t cap;
		mw_enhanced status;
	} table[] = {
		{"550 5.1.1 No such user\r\n", "No such user", 99, {5, 1, 1}},
		{"550-5.1.1 No such\r\n550 5.1.1  user \r\n",
		 "No such user",
		 99,
		 {5, 1, 1}},
		{"450-Later\r\n450 4.2.0 please\r\n", "Later please", 99, {4, 2, 0}},
		{"250-\r\n250\r\n", "", 99, {0, 0, 0}},
		{"550 a\tb\x1b[2J\x7f.\r\n", "a b [2J .", 99, {0, 0, 0}},
		{"550 gr\303\274n\r\n", "gr", 4, {0, 0, 0}},
		{"550 gr\303\274n\r\n", "gr\303\274", 5, {0, 0, 0}},
		{"550-one\r\n550 two\r\n", "one", 4, {0, 0, 0}},
		{"550 one\r\n", "", 1, {0, 0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(table); i++) {
		char *out = malloc(table[i].cap);
		mw_enhanced e = {9, 9, 9};
		mw_reply r;

		assert_non_null(out);
		assert_true(mw_reply_read(&r, mw_str_of(table[i].raw)) > 0);
		mwi_reply_words(r, &e, out, table[i].cap);
		assert_string_equal(out, table[i].words);
		assert_memory_equal(&e, &table[i].status, sizeof e);
		free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_reply_is_read_whole),
		cmocka_unit_test(its_texts_come_one_by_one_without_code_and_line_end),
		cmocka_unit_test(each_proper_prefix_of_a_good_reply_needs_more),
		cmocka_unit_test(what_follows_the_reply_is_left_alone),
		cmocka_unit_test(any_chunking_reads_the_same_replies),
		cmocka_unit_test(a_complete_line_that_is_no_reply_breaks_the_format),
		cmocka_unit_test(a_nul_is_a_byte_like_any_other),
		cmocka_unit_test(the_callers_buffer_is_the_only_limit),
		cmocka_unit_test(its_words_are_one_line),
		cmocka_unit_test(an_enhanced_code_is_read_or_refused),
		cmocka_unit_test(every_code_of_three_numbers_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
