/* SPDX-License-Identifier: MIT */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "queue/change.h"

static void numbers(void **state)
{
	static const char *const bad[] = {
		"",    "0",  "x",    "-1",   "1.",
		"1.x", "1x", "1.0x", "1.-1", "1.65535",
		" 1",  "+1", ".0",   "1..0", "99999999999999999999"};
	uint64_t id;
	int recipient;

	(void)state;
	assert_true(change_read_id("12", &id, &recipient));
	assert_int_equal(id, 12);
	assert_int_equal(recipient, CHANGE_ALL);
	assert_true(change_read_id("12.65534", &id, &recipient));
	assert_int_equal(recipient, 65534);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(change_read_id(bad[i], &id, &recipient));
	for (int c = 0; c < CHANGE_COUNT; c++)
		assert_int_equal(change_of_name(mw_str_of(change_name((change)c))), c);
	assert_int_equal(change_of_name(MW_LIT("drop")), CHANGE_COUNT);
}

static void on_put(store_put *p, mw_status status)
{
	p->status = status;
	sem_post(p->ctx);
}

/* A message with a local and a remote recipient; its id. */
static uint64_t put(store *s)
{
	const store_recipient to[] = {{.address = MW_LIT("a@example.org"),
				       .original = MW_LIT(""),
				       .orcpt = MW_LIT(""),
				       .target = MW_LIT("/srv/mail/a"),
				       .text = MW_LIT(""),
				       .route = STORE_MAILDIR},
				      {.address = MW_LIT("b@example.net"),
				       .original = MW_LIT(""),
				       .orcpt = MW_LIT(""),
				       .target = MW_LIT("example.net"),
				       .text = MW_LIT(""),
				       .route = STORE_REMOTE}};
	sem_t over;
	store_put p = {.message = {.memory = MW_LIT("x"),
				   .fd = -1,
				   .size = 1,
				   .recipients = to,
				   .recipient_count = 2},
		       .done = on_put,
		       .ctx = &over};
	const uint64_t id = store_new_id(s);

	p.message.id = id;
	sem_init(&over, 0, 0);
	store_ask_put(s, &p);
	while (sem_wait(&over) != 0)
		;
	assert_int_equal(p.status, MW_OK);
	sem_destroy(&over);
	return id;
}

typedef struct seen {
	unsigned count, held, named;
} seen;

static bool look(void *ctx, const store_message *m, unsigned recipient,
		 const store_recipient *r)
{
	seen *x = ctx;

	(void)m;
	(void)recipient;
	x->count++;
	x->held += r->state == STORE_HELD;
	return true;
}

static void name(void *ctx, mw_str target)
{
	assert_true(mw_str_eq(target, MW_LIT("example.net")));
	((seen *)ctx)->named++;
}

static void remove_folder(const char *dir)
{
	static const char *const files[] = {"queue.db", "queue.db-wal", "queue.db-shm",
					    "lock"};
	char path[100];

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		unlink(path);
	}
	snprintf(path, sizeof path, "%s/body", dir);
	rmdir(path);
	assert_int_equal(rmdir(dir), 0);
}

static void changes(void **state)
{
	char dir[] = "/tmp/test-change-XXXXXX";
	store *s;
	seen x = {0};
	size_t count;
	uint64_t id;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(store_open(&s, dir, NULL), MW_OK);
	id = put(s);
	assert_int_equal(
		change_apply(s, CHANGE_HOLD, id, CHANGE_ALL, 1, name, &x, &count), MW_OK);
	assert_int_equal(count, 2);
	assert_int_equal(x.named, 1);
	assert_int_equal(store_find(s, id, look, &x), MW_OK);
	assert_int_equal(x.held, 2);
	assert_int_equal(change_apply(s, CHANGE_DELETE, id, 0, 1, name, &x, &count),
			 MW_OK);
	assert_int_equal(x.named, 1);
	assert_int_equal(change_apply(s, CHANGE_DELETE, id, 0, 1, NULL, NULL, &count),
			 MW_E_ABSENT);
	assert_int_equal(change_apply(s, CHANGE_RETRY, id, 7, 1, NULL, NULL, &count),
			 MW_E_ABSENT);
	x = (seen){0};
	assert_int_equal(store_find(s, id, look, &x), MW_OK);
	assert_int_equal(x.count, 1);
	assert_int_equal(
		change_apply(s, CHANGE_DELETE, id, CHANGE_ALL, 1, NULL, NULL, &count),
		MW_OK);
	assert_int_equal(store_find(s, id, look, &x), MW_E_ABSENT);
	store_close(&s);
	remove_folder(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(numbers),
					   cmocka_unit_test(changes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
