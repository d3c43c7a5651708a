/* SPDX-License-Identifier: MIT
 *
 * What stands in the store when a message has arrived.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "engine/transaction.h"
#include "folder.h"

#define ARRIVAL 1700000000000

static const schedule plan = {.lifetime = 86400, .warn = 4000, .warn_urgent = 900};

static transaction *begin(void)
{
	const mw_mail mail = {
		.sender = MW_LIT("a@b.c"), .envid = MW_LIT(""), .auth = MW_LIT("")};
	transaction *t = transaction_open(&mail);
	store_recipient r = {.address = MW_LIT("x@y.z"),
			     .original = MW_LIT(""),
			     .orcpt = MW_LIT(""),
			     .target = MW_LIT("y.z"),
			     .route = STORE_REMOTE};

	assert_non_null(t);
	assert_int_equal(transaction_add(t, &r, r.address), MW_OK);
	assert_int_equal(transaction_add(t, &r, r.address), MW_OK);
	r.route = STORE_KEPT;
	assert_int_equal(transaction_add(t, &r, r.address), MW_OK);
	return t;
}

static void sees(transaction *t, bool urgent)
{
	const store_message *m = &t->put.message;

	transaction_arrive(t, &plan, ARRIVAL);
	assert_true(m->arrival == ARRIVAL);
	assert_int_equal(m->recipient_count, 2);
	assert_int_equal(m->urgent, urgent);
	assert_true(m->recipients[0].alarm == ARRIVAL + (urgent ? 900 : 4000) * 1000);
	assert_true(m->recipients[1].alarm == 0);
	transaction_close(&t);
}

static void alarms_of_what_is_in_memory(void **state)
{
	transaction *t = begin();

	(void)state;
	transaction_append(t, NULL, MW_LIT("Subject: a\r\n\r\nImportance: high\r\n"));
	sees(t, false);
	t = begin();
	transaction_append(t, NULL, MW_LIT("Importance: high\r\n\r\nb\r\n"));
	sees(t, true);
	sees(begin(), false);
}

static void alarms_of_what_is_in_a_file(void **state)
{
	static char filler[1 << 16];
	mw_err err = {0};
	store *s = NULL;
	transaction *t = begin();

	(void)state;
	assert_int_equal(store_open(&s, folder, &err), MW_OK);
	memset(filler, 'a', sizeof filler);
	transaction_append(t, s, MW_LIT("Priority: urgent\r\n\r\n"));
	while (t->put.message.size <= STORE_INLINE_MAX)
		transaction_append(t, s, (mw_str){filler, sizeof filler});
	assert_true(t->put.message.fd >= 0);
	assert_int_equal(t->trouble, MW_OK);
	sees(t, true);
	store_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alarms_of_what_is_in_memory),
		TEST_IN_FOLDER(alarms_of_what_is_in_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
