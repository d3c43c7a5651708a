/* SPDX-License-Identifier: MIT
 *
 * Charsets under the names that mail gives them, true or not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "../src/cli/charset.c"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define KEYBOARD    "Привет"
#define NIHON       "日本"
#define NIHON_JIS   "\x1b$BF|K\\\x1b(B"
#define NIHON_EUC   "\xc6\xfc\xcb\xdc"
#define NIHON_SJIS  "\x93\xfa\x96\x7b"

/* out NULL: it can't be converted. */
static const struct row {
	const char *charset, *in, *out;
} rows[] = {
	{"koi8-r", "\xf0\xd2\xc9\xd7\xc5\xd4", KEYBOARD},
	{"windows-1251", "\xcf\xf0\xe8\xe2\xe5\xf2", KEYBOARD},
	{"cp1251", "\xcf\xf0\xe8\xe2\xe5\xf2", KEYBOARD},
	{"CP-1251", "\xcf\xf0\xe8\xe2\xe5\xf2", KEYBOARD},
	{"win-1251", "\xcf\xf0\xe8\xe2\xe5\xf2", KEYBOARD},
	{"x-cp1251", "\xcf\xf0\xe8\xe2\xe5\xf2", KEYBOARD},
	{" Windows-1251 ", "\xcf\xf0\xe8\xe2\xe5\xf2", KEYBOARD},
	{"cp866", "\x8f\xe0\xa8\xa2\xa5\xe2", KEYBOARD},
	{"IBM866", "\x8f\xe0\xa8\xa2\xa5\xe2", KEYBOARD},
	{"iso-8859-5", "\xbf\xe0\xd8\xd2\xd5\xe2", KEYBOARD},
	{"ISO_8859-5:1988", "\xbf\xe0\xd8\xd2\xd5\xe2", KEYBOARD},
	{"iso8859-5", "\xbf\xe0\xd8\xd2\xd5\xe2", KEYBOARD},
	{"x-mac-cyrillic", "\x8f\xf0\xe8\xe2\xe5\xf2", KEYBOARD},
	{"cp-850", "\x81\x84", "üä"},
	{"iso-8859-15", "\xa4", "€"},
	{"iso-8859-2", "za\xbf\xf3\xb3\xe6", "zażółć"},
	{"iso-8859-8-i", "\xf9\xec\xe5\xed", "שלום"},
	{"iso-8859-9", "\xfe\x93", "ş“"},
	{"windows-1255", "\xf9\xec\xe5\xed", "שלום"},
	{"windows-1258", "a\xd2", "ả"},
	{"tis-620", "\xca\xc7", "สว"},
	{"gb2312", "\xc4\xe3\xba\xc3", "你好"},
	{"gb2312", "\x80", NULL},
	{"x-gbk", "\xc4\xe3\xba\xc3", "你好"},
	{"gb18030", "\xc4\xe3\xba\xc3", "你好"},
	{"big5", "\xa7\x41\xa6\x6e", "你好"},
	{"ks_c_5601-1987", "\xc7\xd1\xb1\xdb", "한글"},
	{"euc-kr", "\xc7\xd1\xb1\xdb", "한글"},
	{"iso-2022-kr", "\x1b$)C\x0eGQ1[\x0f", "한글"},
	{"iso-2022-jp", NIHON_JIS, NIHON},
	{"ISO-2022-JP", "\x1b(I1\x1b(B", "ｱ"},
	{"iso-2022-jp", NIHON_EUC, NIHON},
	{"iso-2022-jp", NIHON_SJIS, NIHON},
	{"iso-2022-jp", "abc", "abc"},
	{"cp50220", NIHON_JIS, NIHON},
	{"euc-jp", NIHON_EUC, NIHON},
	{"shift_jis", NIHON_SJIS, NIHON},
	{"x-sjis", NIHON_SJIS, NIHON},
	{"Windows-31J", "\x87\x40", "①"},
	{"utf-7", "+ZeVnLA-", NIHON},
	{"unicode-1-1-utf-7", "+ZeVnLA-", NIHON},
	{"utf-8", NIHON, NIHON},
	{"x-utf8", NIHON, NIHON},
	{"us-ascii", "\x93hi\x94", "“hi”"},
	{"utf-8", "\xff\xfe", NULL},
	/* not of it: one bad byte of ten, and then one of forty */
	{"iso-8859-3",
	 "abcdefghij\xa5"
	 "abcdefghi\xa5",
	 NULL},
	{"iso-8859-3", "abcdefghijklmnopqrstuvwxyzabcdefghijkl\xa5",
	 "abcdefghijklmnopqrstuvwxyzabcdefghijkl\xef\xbf\xbd"},
	{"utf-8", "abcdefghijklmnop\xe6\x97", "abcdefghijklmnop\xef\xbf\xbd"},
	/* no names, or none that we let through */
	{"x-unknown", "abc", NULL},
	{"unknown-8bit", "abc", NULL},
	{"", "abc", NULL},
	{"x-", "abc", NULL},
	{"utf-8//TRANSLIT", "abc", NULL},
	{"utf-8//", "abc", NULL},
	{"../../tmp/x", "abc", NULL},
	{"utf-8,utf-7", "abc", NULL},
	{"utf 8", "abc", NULL},
	{"INTERNAL", "abc", NULL},
	{"WCHAR_T", "abc", NULL},
	{"ibm1364", "abc", NULL},
	{"cp037", "abc", NULL},
	{"iso-2022-cn-ext", "abc", NULL},
	{"windows-12511251125112511251125112511251125", "abc", NULL},
};

static void text_becomes_utf8(void **state)
{
	static cli_charset c;
	char out[256];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *r = &rows[i];
		const size_t n = cli_charset_convert(&c, mw_str_of(r->charset),
						     mw_str_of(r->in), out, sizeof out);

		if ((n == (size_t)-1) != (r->out == NULL))
			fail_msg("%s (row %zu)", r->charset, i);
		if (r->out != NULL &&
		    (n != strlen(r->out) || memcmp(out, r->out, n) != 0))
			fail_msg("%s (row %zu) gives %.*s", r->charset, i, (int)n, out);
	}
	cli_charset_close(&c);
	cli_charset_close(&c);
}

/* Into every room there is: whole characters, and never a byte behind it. */
static void what_does_not_fit_is_left_off(void **state)
{
	static cli_charset c;

	(void)state;
	for (size_t cap = 0; cap < 14; cap++) {
		char *out = malloc(cap + (cap == 0));

		assert_non_null(out);
		const size_t n =
			cli_charset_convert(&c, MW_LIT("koi8-r"),
					    MW_LIT("\xf0\xd2\xc9\xd7\xc5\xd4"), out, cap);

		assert_int_equal(n, cap < 12 ? cap / 2 * 2 : 12);
		assert_memory_equal(out, KEYBOARD, n);
		free(out);
	}
	cli_charset_close(&c);
}

/* More charsets than are kept, again and again, and text that stops in a shift. */
static void converters_come_and_go(void **state)
{
	static cli_charset c;
	char out[64];
	const mw_str half = MW_LIT("\x1b$BF|K\\");

	(void)state;
	for (size_t round = 0; round < 50; round++)
		for (size_t i = 0; i < 15; i++)
			assert_int_equal(cli_charset_convert(
						 &c, mw_str_of(rows[i].charset),
						 mw_str_of(rows[i].in), out, sizeof out),
					 strlen(rows[i].out));
	for (size_t round = 0; round < 2; round++) {
		assert_int_equal(
			cli_charset_convert(&c, MW_LIT("iso-2022-jp"), half, out, 64), 6);
		assert_int_equal(cli_charset_convert(&c, MW_LIT("iso-2022-jp"),
						     MW_LIT("abc"), out, 64),
				 3);
		assert_memory_equal(out, "abc", 3);
	}
	cli_charset_close(&c);
}

/* Every name we give to iconv() is one that this system has. */
static void every_charset_exists(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(aliases); i++)
		for (size_t k = 0; k < 3 && aliases[i].means[k] != NULL; k++) {
			const iconv_t with = iconv_open("UTF-8", aliases[i].means[k]);

			if (with != NONE)
				iconv_close(with);
			else
				fail_msg("%s", aliases[i].means[k]);
		}
	for (size_t i = 0; i < ROWS(known); i++) {
		const iconv_t with = iconv_open("UTF-8", known[i]);

		if (with != NONE)
			iconv_close(with);
		else
			fail_msg("%s", known[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_becomes_utf8),
		cmocka_unit_test(what_does_not_fit_is_left_off),
		cmocka_unit_test(converters_come_and_go),
		cmocka_unit_test(every_charset_exists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
