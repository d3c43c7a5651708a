/* SPDX-License-Identifier: MIT
 *
 * Limits of sessions and rates: at the limit, one past it, and when time goes by.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "engine/limiter.h"

static void so_many_and_no_more(void **state)
{
	limiter *l = limiter_open();
	const mw_str a = MW_LIT("192.0.2.1"), b = MW_LIT("192.0.2.2");

	(void)state;
	assert_true(limiter_enter(l, LIMIT_CLIENT, a, 2));
	assert_true(limiter_enter(l, LIMIT_CLIENT, a, 2));
	assert_false(limiter_enter(l, LIMIT_CLIENT, a, 2));
	/* Others, and other things, are counted apart. */
	assert_true(limiter_enter(l, LIMIT_CLIENT, b, 2));
	assert_true(limiter_enter(l, LIMIT_NETWORK, a, 2));
	assert_int_equal(limiter_open_count(l, LIMIT_CLIENT, a), 2);
	limiter_leave(l, LIMIT_CLIENT, a);
	assert_true(limiter_enter(l, LIMIT_CLIENT, a, 2));
	/* 0 is no limit. */
	for (int i = 0; i < 1000; i++)
		assert_true(limiter_enter(l, LIMIT_CLIENT, b, 0));
	limiter_leave(l, LIMIT_LOGIN, a);
	limiter_close(&l);
	assert_null(l);
}

static void a_rate_is_given_back_in_time(void **state)
{
	limiter *l = limiter_open();
	const value_rate rate = {10, 60};
	const mw_str a = MW_LIT("a");
	const int64_t start = 1000000;

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_false(limiter_exhausted(l, LIMIT_MAIL_USER, a, rate, start));
		assert_true(limiter_take(l, LIMIT_MAIL_USER, a, rate, start));
	}
	assert_true(limiter_exhausted(l, LIMIT_MAIL_USER, a, rate, start));
	assert_false(limiter_take(l, LIMIT_MAIL_USER, a, rate, start));
	assert_false(limiter_take(l, LIMIT_MAIL_USER, a, rate, start + 5999));
	assert_true(limiter_take(l, LIMIT_MAIL_USER, a, rate, start + 6000));
	assert_false(limiter_take(l, LIMIT_MAIL_USER, a, rate, start + 6000));
	/* Who waits long has the whole rate again, and not more. */
	for (int i = 0; i < 10; i++)
		assert_true(limiter_take(l, LIMIT_MAIL_USER, a, rate, start + 600000));
	assert_false(limiter_take(l, LIMIT_MAIL_USER, a, rate, start + 600000));
	assert_true(limiter_take(l, LIMIT_MAIL_USER, a, (value_rate){0, 0}, start));
	limiter_close(&l);
}

static void many_keys_are_bounded_and_swept(void **state)
{
	limiter *l = limiter_open();
	const value_rate rate = {1, 10};
	char key[24];

	(void)state;
	for (unsigned i = 0; i < LIMITER_KEYS_MAX + 1000; i++) {
		snprintf(key, sizeof key, "%u", i);
		assert_true(limiter_take(l, LIMIT_LOGIN, mw_str_of(key), rate, 1));
	}
	/* The last ones found no place, and are not limited. */
	assert_true(limiter_take(l, LIMIT_LOGIN, mw_str_of(key), rate, 1));
	assert_false(limiter_take(l, LIMIT_LOGIN, MW_LIT("0"), rate, 1));
	for (int i = 0; i < 16; i++)
		limiter_sweep(l, 20000);
	assert_true(limiter_take(l, LIMIT_LOGIN, mw_str_of(key), rate, 20000));
	assert_false(limiter_take(l, LIMIT_LOGIN, mw_str_of(key), rate, 20000));
	limiter_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(so_many_and_no_more),
		cmocka_unit_test(a_rate_is_given_back_in_time),
		cmocka_unit_test(many_keys_are_bounded_and_swept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
