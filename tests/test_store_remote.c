/* SPDX-License-Identifier: MIT
 *
 * The store as a sender uses it: what is due by domain, intents, alarms, stories,
 * reports in one commit, what is remembered of destinations.
 */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <unistd.h>

#include "folder.h"
#include "queue/store.h"

#define NOON INT64_C(1800000000000)

static store *opened(void)
{
	store *s = NULL;
	mw_err err = {0};

	if (store_open(&s, folder, &err) != MW_OK)
		fail_msg("%s", err.msg);
	return s;
}

static store *reopened(store *s)
{
	store_close(&s);
	return opened();
}

typedef struct waiter {
	sem_t over;
	mw_status status;
} waiter;

static void tell(waiter *w, mw_status status)
{
	w->status = status;
	sem_post(&w->over);
}

static mw_status wait_for(waiter *w)
{
	while (sem_wait(&w->over) != 0)
		;
	sem_destroy(&w->over);
	return w->status;
}

static void put_over(store_put *p, mw_status s)
{
	tell(p->ctx, s);
}

static void settle_over(store_settle *p, mw_status s)
{
	tell(p->ctx, s);
}

static void intent_over(store_intent *p, mw_status s)
{
	tell(p->ctx, s);
}

static void memory_over(store_memory *p, mw_status s)
{
	tell(p->ctx, s);
}

static mw_status settle(store *s, store_settle t)
{
	waiter w;

	sem_init(&w.over, 0, 0);
	t.done = settle_over;
	t.ctx = &w;
	store_ask_settle(s, &t);
	return wait_for(&w);
}

static uint64_t put(store *s, const store_recipient *r, size_t n, int64_t arrival,
		    const store_told *told, size_t told_count)
{
	waiter w;
	store_put p = {.message = {.arrival = arrival,
				   .mail.sender = MW_LIT("s@example.com"),
				   .size = 4,
				   .memory = MW_LIT("text"),
				   .fd = -1,
				   .recipients = r,
				   .recipient_count = n},
		       .told = told,
		       .told_count = told_count,
		       .done = put_over,
		       .ctx = &w};

	sem_init(&w.over, 0, 0);
	store_ask_put(s, &p);
	assert_int_equal(wait_for(&w), MW_OK);
	return p.message.id;
}

static store_recipient to(const char *address, const char *domain, int64_t next_try)
{
	return (store_recipient){.address = mw_str_of(address),
				 .target = mw_str_of(domain),
				 .next_try = next_try,
				 .alarm = NOON + 1000};
}

static uint64_t put_one(store *s, const char *domain, int64_t next_try)
{
	const store_recipient r = to("a@example.org", domain, next_try);

	return put(s, &r, 1, NOON, NULL, 0);
}

/* What was shown, the last of it. */
typedef struct seen {
	size_t count;
	uint64_t ids[100];
	store_recipient last;
} seen;

static bool see(void *ctx, const store_message *m, unsigned n, const store_recipient *r)
{
	seen *x = ctx;

	(void)n;
	x->ids[x->count++] = m->id;
	x->last = *r; /* its text is not looked at */
	return x->count < 100;
}

/* `out` has room for all that these tests write. */
static void append(char *out, const char *more)
{
	memcpy(out + strlen(out), more, strlen(more) + 1);
}

static bool see_target(void *ctx, mw_str target, uint64_t count, int64_t first)
{
	char *out = ctx;
	char room[100];

	snprintf(room, sizeof room, "%.*s %llu %lld,", MW_FMT(target),
		 (unsigned long long)count, (long long)(first - NOON));
	append(out, room);
	return true;
}

static void test_due_by_domain(void **state)
{
	store *s = opened();
	const uint64_t a = put_one(s, "a.example", NOON + 5),
		       b = put_one(s, "a.example", NOON),
		       c = put_one(s, "b.example", NOON + 9);
	char targets[500] = "";
	seen x = {0};
	int64_t next;

	(void)state;
	assert_int_equal(store_targets(s, see_target, targets), MW_OK);
	assert_string_equal(targets, "a.example 2 0,b.example 1 9,");
	assert_int_equal(store_each_of(s, MW_LIT("a.example"), NOON, 9, see, &x, &next),
			 MW_OK);
	assert_int_equal(x.count, 1);
	assert_true(x.ids[0] == b && next == NOON + 5);
	x.count = 0;
	assert_int_equal(
		store_each_of(s, MW_LIT("a.example"), NOON + 9, 9, see, &x, &next),
		MW_OK);
	assert_true(x.count == 2 && x.ids[1] == a && next == INT64_MAX);
	x.count = 0;
	assert_int_equal(
		store_each_of(s, MW_LIT("a.example"), NOON + 9, 1, see, &x, &next),
		MW_OK);
	assert_true(x.count == 1 && next == NOON + 5);
	/* What is held is not due. */
	assert_int_equal(settle(s, (store_settle){.id = c, .state = STORE_HELD}), MW_OK);
	x.count = 0;
	assert_int_equal(
		store_each_of(s, MW_LIT("b.example"), INT64_MAX, 9, see, &x, &next),
		MW_OK);
	assert_int_equal(x.count, 0);
	store_close(&s);
}

static void test_intent_survives(void **state)
{
	store *s = opened();
	const store_recipient r[] = {to("a@x.example", "x.example", NOON),
				     to("b@x.example", "x.example", NOON),
				     to("c@x.example", "x.example", NOON)};
	const uint64_t id = put(s, r, 3, NOON, NULL, 0);
	const unsigned which[] = {0, 2};
	waiter w;
	store_intent p = {.id = id,
			  .recipients = which,
			  .count = 2,
			  .at = NOON + 7,
			  .done = intent_over,
			  .ctx = &w};
	seen x = {0};

	(void)state;
	sem_init(&w.over, 0, 0);
	store_ask_intent(s, &p);
	assert_int_equal(wait_for(&w), MW_OK);
	s = reopened(s);
	assert_int_equal(store_each_intent(s, see, &x), MW_OK);
	assert_int_equal(x.count, 2);
	assert_true(x.last.intent == NOON + 7);
	/* Whatever becomes of it, the note goes. */
	assert_int_equal(
		settle(s, (store_settle){.id = id, .recipient = 0, .over = true}), MW_OK);
	assert_int_equal(settle(s, (store_settle){.id = id,
						  .recipient = 2,
						  .text = MW_LIT("lost"),
						  .uncertain = true,
						  .next_try = NOON + 9}),
			 MW_OK);
	x.count = 0;
	assert_int_equal(store_each_intent(s, see, &x), MW_OK);
	assert_int_equal(x.count, 0);
	assert_int_equal(store_find(s, id, see, &x), MW_OK);
	assert_int_equal(x.count, 2);
	assert_true(x.last.uncertain);
	/* A message that is gone has none. */
	sem_init(&w.over, 0, 0);
	p.id = id + 1000;
	store_ask_intent(s, &p);
	assert_int_equal(wait_for(&w), MW_E_ABSENT);
	store_close(&s);
}

static void test_told_in_one_commit(void **state)
{
	store *s = opened();
	const uint64_t id = put_one(s, "x.example", NOON),
		       other = put_one(s, "y.example", NOON);
	const store_told told[] = {{.id = id, .over = true},
				   {.id = other, .alarm = NOON + 5000},
				   {.id = id + 99999, .over = true}};
	const store_recipient r = to("s@example.com", "example.com", NOON);
	seen x = {0};

	(void)state;
	assert_int_equal(settle(s, (store_settle){.id = id,
						  .state = STORE_FAILED,
						  .reply = 550,
						  .text = MW_LIT("no")}),
			 MW_OK);
	assert_int_equal(store_each_alarm(s, NOON + 1000, 9, see, &x), MW_OK);
	assert_true(x.count == 1 && x.ids[0] == other);
	const uint64_t report = put(s, &r, 1, NOON, told, 3);

	assert_int_equal(store_find(s, id, see, &x), MW_E_ABSENT);
	x.count = 0;
	assert_int_equal(store_find(s, other, see, &x), MW_OK);
	assert_true(x.last.warned && x.last.alarm == NOON + 5000);
	assert_int_equal(store_find(s, report, see, &x), MW_OK);
	x.count = 0;
	assert_int_equal(store_each_alarm(s, NOON + 4999, 9, see, &x), MW_OK);
	assert_true(x.count == 1 && x.ids[0] == report);
	store_close(&s);
}

static void test_alarm_without_a_letter(void **state)
{
	store *s = opened();
	const uint64_t id = put_one(s, "x.example", NOON + 3);
	store_settle t = {.id = id,
			  .rearm = true,
			  .alarm = NOON + 7000,
			  .state = STORE_HELD,
			  .next_try = NOON + 9};
	seen x = {0};

	(void)state;
	assert_int_equal(settle(s, t), MW_OK);
	assert_int_equal(store_each_alarm(s, NOON + 6999, 9, see, &x), MW_OK);
	assert_int_equal(x.count, 0);
	assert_int_equal(store_each_alarm(s, NOON + 7000, 9, see, &x), MW_OK);
	assert_int_equal(x.count, 1);
	assert_true(x.last.warned && x.last.state == STORE_QUEUED);
	assert_true(x.last.next_try == NOON + 3 && x.last.attempts == 0);
	t.id = id + 1000;
	assert_int_equal(settle(s, t), MW_E_ABSENT);
	store_close(&s);
}

static bool see_attempt(void *ctx, const store_attempt *a)
{
	char *out = ctx;
	char room[200];

	snprintf(room, sizeof room, "%lld %.*s %d %.*s %.*s;", (long long)(a->at - NOON),
		 MW_FMT(a->host), a->reply, MW_FMT(a->text), MW_FMT(a->why));
	append(out, room);
	return true;
}

static void test_story(void **state)
{
	store *s = opened();
	const uint64_t id = put_one(s, "x.example", NOON);
	char told[20000] = "";
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 230; i++) {
		const store_attempt a = {.at = NOON + i,
					 .host = MW_LIT("mx.x.example"),
					 .address = MW_LIT("192.0.2.1"),
					 .reply = 450,
					 .text = MW_LIT("4.2.0 later"),
					 .category = MW_CATEGORY_GREYLISTED,
					 .stage = MW_STAGE_RCPT,
					 .why = MW_LIT("named")};

		assert_int_equal(settle(s, (store_settle){.id = id,
							  .reply = 450,
							  .text = MW_LIT("later"),
							  .attempt = &a}),
				 MW_OK);
	}
	assert_int_equal(store_story(s, id, 0, see_attempt, told), MW_OK);
	for (const char *p = told; *p != '\0'; p++)
		n += *p == ';';
	assert_int_equal(n, STORE_ATTEMPTS_MAX);
	assert_non_null(strstr(told, "229 mx.x.example 450 4.2.0 later named;"));
	assert_null(strstr(told, ";29 mx"));
	assert_int_equal(settle(s, (store_settle){.id = id, .over = true}), MW_OK);
	told[0] = '\0';
	assert_int_equal(store_story(s, id, 0, see_attempt, told), MW_OK);
	assert_string_equal(told, "");
	store_close(&s);
}

static bool see_memory(void *ctx, const store_memory *m)
{
	char *out = ctx;
	char room[200];

	snprintf(room, sizeof room, "%.*s/%.*s/%.*s=%lld,%lld;", MW_FMT(m->destination),
		 MW_FMT(m->source), MW_FMT(m->name), (long long)m->number[0],
		 (long long)m->number[4]);
	append(out, room);
	return true;
}

static void test_memories(void **state)
{
	store *s = opened();
	char told[600] = "";

	(void)state;
	for (int i = 0; i < 3; i++) {
		waiter w;
		store_memory m = {.destination = MW_LIT("mx.example"),
				  .source = MW_LIT(""),
				  .name = i == 1 ? MW_LIT("rate") : MW_LIT("connections"),
				  .number = {i, 0, 0, 0, 9},
				  .done = memory_over,
				  .ctx = &w};

		sem_init(&w.over, 0, 0);
		store_ask_memory(s, &m);
		assert_int_equal(wait_for(&w), MW_OK);
	}
	s = reopened(s);
	assert_int_equal(store_memories(s, see_memory, told), MW_OK);
	assert_string_equal(told, "mx.example//connections=2,9;mx.example//rate=1,9;");
	store_close(&s);
}

static void test_ages_and_list(void **state)
{
	store *s = opened();
	const store_recipient r = to("a@x.example", "x.example", NOON);
	uint64_t ids[40], count;
	seen x = {0};

	(void)state;
	for (int i = 0; i < 40; i++)
		ids[i] = put(s, &r, 1, NOON + i * 1000, NULL, 0);
	/* With holes in the numbers. */
	for (int i = 5; i < 35; i++)
		assert_int_equal(settle(s, (store_settle){.id = ids[i], .over = true}),
				 MW_OK);
	assert_int_equal(store_older(s, NOON, &count), MW_OK);
	assert_int_equal(count, 0);
	assert_int_equal(store_older(s, NOON + 1, &count), MW_OK);
	assert_int_equal(count, 1);
	assert_int_equal(store_older(s, NOON + 20000, &count), MW_OK);
	assert_int_equal(count, 5);
	assert_int_equal(store_older(s, NOON + 35001, &count), MW_OK);
	assert_int_equal(count, 6);
	assert_int_equal(store_older(s, INT64_MAX, &count), MW_OK);
	assert_int_equal(count, 10);
	assert_int_equal(store_list(s, ids[2] << 16, 4, see, &x), MW_OK);
	assert_int_equal(x.count, 4);
	assert_true(x.ids[0] == ids[3] && x.ids[1] == ids[4] && x.ids[2] == ids[35]);
	store_close(&s);
}

static void test_look_beside_the_writer(void **state)
{
	store *s = opened(), *eye = NULL;
	const uint64_t id = put_one(s, "x.example", NOON);
	seen x = {0};
	mw_err err;

	(void)state;
	assert_int_equal(store_open_to_look(&eye, folder, &err), MW_OK);
	assert_int_equal(store_find(eye, id, see, &x), MW_OK);
	const uint64_t later = put_one(s, "x.example", NOON);

	assert_int_equal(store_find(eye, later, see, &x), MW_OK);
	store_close(&s);
	assert_int_equal(store_find(eye, later, see, &x), MW_OK);
	store_close(&eye);
	/* Nobody has it open. */
	assert_int_equal(store_open_to_look(&eye, folder, &err), MW_OK);
	assert_int_equal(store_find(eye, id, see, &x), MW_OK);
	store_close(&eye);
	assert_int_equal(store_open_to_look(&eye, "/nonexistent", &err), MW_E_ABSENT);
	assert_int_equal(store_open_to_look(&eye, "/tmp", &err), MW_E_ABSENT);
}

/* A queue that the first version made goes on. */
static void test_upgrade(void **state)
{
	static const char old[] =
		"DROP INDEX remote; DROP INDEX alarms; DROP INDEX intents;"
		"ALTER TABLE recipient DROP COLUMN alarm;"
		"ALTER TABLE recipient DROP COLUMN flags;"
		"ALTER TABLE recipient DROP COLUMN intent;"
		"DROP TABLE attempt; DROP TABLE destination;"
		"UPDATE recipient SET target = NULL; PRAGMA user_version=1";
	store *s = opened();
	const uint64_t id = put_one(s, "example.org", NOON);
	char path[100], targets[500] = "";
	sqlite3 *db;
	seen x = {0};

	(void)state;
	store_close(&s);
	snprintf(path, sizeof path, "%s/queue.db", folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, old, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	s = opened();
	assert_int_equal(store_find(s, id, see, &x), MW_OK);
	assert_int_equal(store_targets(s, see_target, targets), MW_OK);
	assert_string_equal(targets, "example.org 1 0,");
	store_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_due_by_domain),
		TEST_IN_FOLDER(test_intent_survives),
		TEST_IN_FOLDER(test_told_in_one_commit),
		TEST_IN_FOLDER(test_alarm_without_a_letter),
		TEST_IN_FOLDER(test_story),
		TEST_IN_FOLDER(test_memories),
		TEST_IN_FOLDER(test_ages_and_list),
		TEST_IN_FOLDER(test_look_beside_the_writer),
		TEST_IN_FOLDER(test_upgrade),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
