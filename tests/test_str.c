/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <mailwhy/buf.h>

static void lines_end_in_lf_crlf_or_the_end(void **state)
{
	mw_str rest = MW_LIT("a\r\nb\n\nc"), line;
	static const char *const want[] = {"a", "b", "", "c"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_true(mw_str_cut_line(&rest, &line));
		assert_true(mw_str_eq(line, mw_str_of(want[i])));
	}
	assert_false(mw_str_cut_line(&rest, &line));
}

static void trim_takes_blanks_off_both_ends(void **state)
{
	(void)state;
	assert_true(mw_str_eq(mw_str_trim(MW_LIT(" \t a b\r\n ")), MW_LIT("a b")));
	assert_int_equal(mw_str_trim(MW_LIT("  ")).len, 0);
}

static void find_ignores_case_and_tells_the_end_when_absent(void **state)
{
	const mw_str s = MW_LIT("In Reply To RCPT");

	(void)state;
	assert_int_equal(mw_str_find(s, MW_LIT("reply to")), 3);
	assert_int_equal(mw_str_find(s, MW_LIT("data")), s.len);
	assert_int_equal(mw_str_find(MW_LIT("ab"), MW_LIT("abc")), 2);
}

static void what_does_not_fit_is_left_out_whole_and_told(void **state)
{
	char room[4];
	mw_buf b;

	(void)state;
	mw_buf_init(&b, room, sizeof room);
	mw_buf_put(&b, MW_LIT("abc"));
	assert_int_equal(mw_buf_status(&b), MW_OK);
	mw_buf_put(&b, MW_LIT("de"));
	assert_int_equal(mw_buf_status(&b), MW_E_LIMIT);
	assert_true(mw_str_eq(mw_buf_str(&b), MW_LIT("abc")));
	mw_buf_reset(&b);
	assert_int_equal(mw_buf_status(&b), MW_OK);
}

static void check_put(void (*put)(mw_buf *, mw_str), mw_str in, const char *want)
{
	char room[256];
	mw_buf b;

	mw_buf_init(&b, room, sizeof room);
	put(&b, in);
	mw_buf_put_char(&b, 0);
	assert_string_equal(room, want);
}

static void nothing_a_terminal_obeys_gets_through(void **state)
{
	(void)state;
	check_put(mw_buf_put_visible, MW_LIT("a\033[2Jb\x07"), "a\\x1b[2Jb\\x07");
	check_put(mw_buf_put_visible, MW_LIT("\xc2\x9b"), "U+009b");
	check_put(mw_buf_put_visible, MW_LIT("\xe2\x80\xae"), "U+202e");
	check_put(mw_buf_put_visible, MW_LIT("\xff\xc0\x80"), "\\xff\\xc0\\x80");
	check_put(mw_buf_put_visible, MW_LIT("Größe 邮箱"), "Größe 邮箱");
}

static void json_is_valid_whatever_the_bytes(void **state)
{
	(void)state;
	check_put(mw_buf_put_json, MW_LIT("\"\\\n\t\r\x01"), "\\\"\\\\\\n\\t\\r\\u0001");
	check_put(mw_buf_put_json,
		  MW_LIT("\xff"
			 "a"),
		  "\xef\xbf\xbd"
		  "a");
	check_put(mw_buf_put_json, MW_LIT("\x7f"), "\\u007f");
}

static void numbers_come_out_in_decimal(void **state)
{
	char room[64];
	mw_buf b;

	(void)state;
	mw_buf_init(&b, room, sizeof room);
	mw_buf_put_int(&b, 0);
	mw_buf_put_char(&b, ' ');
	mw_buf_put_int(&b, -9223372036854775807LL - 1);
	mw_buf_put_char(&b, 0);
	assert_string_equal(room, "0 -9223372036854775808");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_in_lf_crlf_or_the_end),
		cmocka_unit_test(trim_takes_blanks_off_both_ends),
		cmocka_unit_test(find_ignores_case_and_tells_the_end_when_absent),
		cmocka_unit_test(what_does_not_fit_is_left_out_whole_and_told),
		cmocka_unit_test(nothing_a_terminal_obeys_gets_through),
		cmocka_unit_test(json_is_valid_whatever_the_bytes),
		cmocka_unit_test(numbers_come_out_in_decimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
