/* SPDX-License-Identifier: MIT
 *
 * The line that parts the messages of an mbox, as programs write it, and as text does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../src/cli/envelope.c"

static const struct envelope {
	cli_envelope is;
	const char *line;
} envelopes[] = {
	{CLI_ENVELOPE_FULL, "From a@b Mon Jan  5 10:11:12 2004"},
	{CLI_ENVELOPE_FULL, "From a@b  Mon Jan 05 10:11 2004"},
	{CLI_ENVELOPE_FULL, "From a@b Mon Jan  5 9:11:12 2004"},
	{CLI_ENVELOPE_FULL, "From a@b Mon Jan  5 10:11:12 EST 2004"},
	{CLI_ENVELOPE_FULL, "From a@b Mon Jan  5 10:11:12 -0500 2004"},
	{CLI_ENVELOPE_FULL, "From a@b Mon Jan  5 10:11:12 2004 +0100"},
	{CLI_ENVELOPE_FULL, "From a@b Mon Jan  5 10:11:12 2004 +0100 (CET)"},
	{CLI_ENVELOPE_FULL, "From a@b Mon Jan  5 10:11:12 MET DST 2004"},
	{CLI_ENVELOPE_FULL, "From a@b Mon Jan  5 10:11:12 GMT+2 2004"},
	{CLI_ENVELOPE_FULL, "From a@b Mon Jan  5 10:11:12 93"},
	{CLI_ENVELOPE_FULL, "From a@b Mon, 5 Jan 2004 10:11:12 +0000"},
	{CLI_ENVELOPE_FULL, "From a@b Mon, 05 Jan 2004 10:11:12"},
	{CLI_ENVELOPE_FULL, "From a@b Mon Jan  5 10:11:12 2004 remote from host"},
	{CLI_ENVELOPE_FULL, "From - Mon Jan 05 10:11:12 2004"},
	{CLI_ENVELOPE_FULL, "From ???@??? Mon Jan 05 10:11:12 2004"},
	{CLI_ENVELOPE_FULL, "From Mon Jan  5 10:11:12 2004"},
	{CLI_ENVELOPE_FULL, "From  Mon Jan  5 10:11:12 2004"},
	{CLI_ENVELOPE_FULL, "From <> Mon Jan  5 10:11:12 2004"},
	{CLI_ENVELOPE_FULL, "From 1234567890@xxx Mon Jan 05 10:11:12 +0000 2004"},
	{CLI_ENVELOPE_FULL, "From user at example.com  Mon Jan  5 10:11:12 2004"},
	{CLI_ENVELOPE_FULL, "From \"a b\"@c Mon Jan  5 10:11:12 2004"},
	{CLI_ENVELOPE_FULL, "From Mon Mon Jan  5 10:11:12 2004"},
	{CLI_ENVELOPE_FULL, "From MAILER-DAEMON mon jan  5 10:11:12 2004"},
	{CLI_ENVELOPE_FULL, "From a@b Mon Jan  5 10:11:12 2004  "},
	{CLI_ENVELOPE_BARE, "From "},
	{CLI_ENVELOPE_BARE, "From  \t"},
	{CLI_ENVELOPE_NONE, "From"},
	{CLI_ENVELOPE_NONE, ""},
	{CLI_ENVELOPE_NONE, "From: a@b Mon Jan  5 10:11:12 2004"},
	{CLI_ENVELOPE_NONE, "from a@b Mon Jan  5 10:11:12 2004"},
	{CLI_ENVELOPE_NONE, ">From a@b Mon Jan  5 10:11:12 2004"},
	{CLI_ENVELOPE_NONE, "From a@b"},
	{CLI_ENVELOPE_NONE, "From Monday to Friday I work"},
	{CLI_ENVELOPE_NONE, "From Mon to Fri I work at 10:11 in 2004"},
	{CLI_ENVELOPE_NONE, "From a@b Mon Jan  5 2004"},
	{CLI_ENVELOPE_NONE, "From a@b Mon Jan  5 10:11:12"},
	{CLI_ENVELOPE_NONE, "From a@b Mon Jan 10:11:12 2004"},
	{CLI_ENVELOPE_NONE, "From a@b Mon 5 10:11:12 2004"},
	{CLI_ENVELOPE_NONE, "From a@b Jan  5 10:11:12 2004"},
	{CLI_ENVELOPE_NONE, "From a@b Mon Jan  5 10:11:12 2004 and more"},
	{CLI_ENVELOPE_NONE, "From a@b Mon Jan  5 10:11:12 2004 2005"},
	{CLI_ENVELOPE_NONE, "From a@b Mon Jan  5 10:11:12 2004 remote from"},
	{CLI_ENVELOPE_NONE, "From a@b Mon Jan  5 10:11:12 2004 remote from h x"},
};

static void an_envelope_line_has_a_date(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof envelopes / sizeof *envelopes; i++)
		if (cli_envelope_read(mw_str_of(envelopes[i].line)) != envelopes[i].is)
			fail_msg("%s", envelopes[i].line);
}

static void a_long_line_is_none(void **state)
{
	static char line[CLI_ENVELOPE_MAX + 1];
	static const char date[] = " Mon Jan  5 10:11:12 2004";

	(void)state;
	for (size_t n = CLI_ENVELOPE_MAX - 1; n <= CLI_ENVELOPE_MAX; n++) {
		memset(line, 'x', sizeof line);
		memcpy(line, "From ", 5);
		memcpy(line + n - strlen(date), date, strlen(date));
		assert_int_equal(cli_envelope_read((mw_str){line, n}),
				 n < CLI_ENVELOPE_MAX ? CLI_ENVELOPE_FULL
						      : CLI_ENVELOPE_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_envelope_line_has_a_date),
		cmocka_unit_test(a_long_line_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
