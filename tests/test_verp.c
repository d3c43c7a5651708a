/* SPDX-License-Identifier: MIT
 *
 * Recipients in return paths, as list software and senders encode them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "read/verp.h"

static const struct {
	const char *path, *recipient;
} rows[] = {
	{"list-bounces+user=example.org@lists.example.net", "user@example.org"},
	{"list-return-123-user=example.org@lists.example.net", "user@example.org"},
	{"bounces+4711-9ab3-user=example.org@em.example.net", "user@example.org"},
	{"bounce-5899542-1206365-user=example.jp@mail.example.net", "user@example.jp"},
	{"news-john.doe=example.org@mail.example.net", "john.doe@example.org"},
	{"news+john-doe=mail.example.org@mail.example.net", "john-doe@mail.example.org"},
	/* The sender's, or nothing. */
	{"SRS0=HHH=TT=example.com=user@forward.example.org", ""},
	{"prvs=12345abc=user@example.org", ""},
	{"a=b@example.org", ""},
	{"user@example.org", ""},
	{"x-user=localhost@example.org", ""},
	{"=example.org@example.net", ""},
	{"x-=example.org@example.net", ""},
	{"x-user=exam ple.org@example.net", ""},
	{"x-user=example.org", ""},
	{"", ""},
};

static void recipients_are_found(void **state)
{
	char memory[400];
	mw_buf b;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		mw_buf_init(&b, memory, sizeof memory);
		const mw_str found = mwi_verp_read(&b, mw_str_of(rows[i].path));

		if (!mw_str_eq(found, mw_str_of(rows[i].recipient)))
			fail_msg("%s: %.*s", rows[i].path, MW_FMT(found));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(recipients_are_found)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
