/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "queue/schedule.h"

#define START INT64_C(1800000000000) /* ms since 1970 */
#define DAY   INT64_C(86400000)

static const schedule usual = {
	.lifetime = 5 * 86400, .most = 4 * 3600, .warn = 4 * 3600, .warn_urgent = 900};

static mw_verdict judged(const mw_knowledge *kb, const char *reply)
{
	mw_outcome_room room;
	mw_outcome o;
	mw_verdict v;

	mw_outcome_read(&o, &room, mw_str_of(reply));
	mw_judge(kb, &o, &v);
	return v;
}

static schedule_choice choose(const schedule *s, const char *reply, unsigned attempts,
			      int64_t age)
{
	mw_knowledge kb;

	mw_knowledge_open_builtin(&kb);
	const mw_verdict v = judged(&kb, reply);

	return schedule_choose(s, &kb, &v, attempts, START - age, 0, START);
}

/* Seconds until the next attempt. */
static int64_t wait(const char *reply, unsigned attempts)
{
	const schedule_choice c = choose(&usual, reply, attempts, 0);

	assert_int_equal(c.next, SCHEDULE_RETRY);
	return (c.at - START) / 1000;
}

static void test_by_category(void **state)
{
	(void)state;
	assert_int_equal(choose(&usual, "550 5.1.1 User unknown", 1, 0).next,
			 SCHEDULE_FAIL);
	assert_int_equal(choose(&usual, "552 5.2.2 Mailbox full", 1, 0).next,
			 SCHEDULE_FAIL);
	assert_int_equal(wait("450 4.2.0 Greylisted, please try again", 1), 300);
	assert_int_equal(wait("452 4.2.2 Mailbox full", 1), 14400);
	assert_int_equal(wait("452 4.2.2 Mailbox full", 9), 14400);
	assert_int_equal(wait("421 4.3.2 Service shutting down", 1), 900);
	assert_int_equal(wait("421 4.3.2 Service shutting down", 2), 1800);
	assert_int_equal(wait("421 4.3.2 Service shutting down", 30), 14400);
}

static void test_named_time(void **state)
{
	const schedule_choice c =
		choose(&usual, "450 4.7.1 Greylisted, try again in 7 minutes", 1, 0);

	(void)state;
	assert_true(c.named);
	assert_true(c.at == START + 420000);
	assert_false(choose(&usual, "421 4.3.2 busy", 1, 0).named);
	/* A server that names a week is heard for a day. */
	assert_true(
		choose(&usual, "450 4.7.1 Greylisted, try again in 170 hours", 1, 0).at ==
		START + DAY);
}

static void test_lifetime(void **state)
{
	(void)state;
	assert_int_equal(choose(&usual, "421 4.3.2 busy", 50, 5 * DAY - 1000).next,
			 SCHEDULE_RETRY);
	assert_int_equal(choose(&usual, "421 4.3.2 busy", 50, 5 * DAY).next,
			 SCHEDULE_EXPIRE);
	assert_true(schedule_over(&usual, START - 5 * DAY, START));
	assert_true(schedule_alarm(&usual, false, false, START) == START + 14400000);
	assert_true(schedule_alarm(&usual, true, false, START) == START + 900000);
	assert_true(schedule_alarm(&usual, true, true, START) == START + 5 * DAY);
}

/* What is refused for good ends, unless the settings say otherwise. */
static void test_kept(void **state)
{
	schedule s = usual;

	(void)state;
	s.keep[MW_CATEGORY_AUTH_FAILED] = true;
	assert_int_equal(choose(&s, "535 5.7.8 Authentication failed", 1, 0).next,
			 SCHEDULE_RETRY);
	assert_int_equal(choose(&usual, "535 5.7.8 Authentication failed", 1, 0).next,
			 SCHEDULE_FAIL);
}

static void test_settings(void **state)
{
	static const char *const bad[] = {
		"",
		"greylisted",
		"greylisted:",
		"nothing:5m",
		"greylisted:5x",
		"greylisted:0",
		"greylisted:5m//1h",
		"greylisted:31d",
		"greylisted:99999999999999999999m",
		"greylisted:1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"};
	schedule s = usual;
	const char *why = NULL;

	(void)state;
	assert_int_equal(schedule_read(&s, MW_LIT("greylisted:90/10m/2h"), &why), MW_OK);
	assert_true(choose(&s, "450 4.2.0 Greylisted", 1, 0).at == START + 90000);
	assert_true(choose(&s, "450 4.2.0 Greylisted", 2, 0).at == START + 600000);
	assert_true(choose(&s, "450 4.2.0 Greylisted", 9, 0).at == START + 7200000);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		why = NULL;
		assert_int_equal(schedule_read(&s, mw_str_of(bad[i]), &why), MW_E_SYNTAX);
		assert_non_null(why);
	}
}

/* Retries spread over a tenth of the wait, never earlier than it. */
static void test_jitter(void **state)
{
	mw_knowledge kb;
	mw_verdict v;

	(void)state;
	mw_knowledge_open_builtin(&kb);
	v = judged(&kb, "421 4.3.2 busy");
	for (uint64_t r = 0; r < 100000; r += 997) {
		const schedule_choice c =
			schedule_choose(&usual, &kb, &v, 1, START, r, START);

		assert_true(c.at >= START + 900000 && c.at <= START + 990000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_category), cmocka_unit_test(test_named_time),
		cmocka_unit_test(test_lifetime),    cmocka_unit_test(test_kept),
		cmocka_unit_test(test_settings),    cmocka_unit_test(test_jitter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
