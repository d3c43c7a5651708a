/* SPDX-License-Identifier: MIT
 *
 * The throttle against simulated receivers with limits of their own: how much mail is
 * refused before the limit is known, and how long all of it takes, beside the best that
 * anybody could do who knew it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "queue/throttle.h"

#define START   INT64_C(1800000000000) /* ms since 1970 */
#define CONNS   21
#define GREET   10 /* ms from connecting to the greeting */
#define MESSAGE 40 /* ms of one message */

/* What the receiver allows; 0 any. */
typedef struct receiver {
	unsigned connections, messages, minute;
	bool named; /* it says how long to wait */
} receiver;

typedef struct line {
	enum { FREE, OPENING, READY, BUSY } state;
	int64_t until, offered;
	unsigned carried;
} line;

typedef struct world {
	receiver r;
	throttle t;
	line lines[CONNS];
	unsigned most; /* that stood at one time */
	unsigned left, refused, turned_away;
	int64_t now;
	int64_t taken[4096]; /* when each message was, the receiver's own book */
	size_t count;
} world;

static unsigned in_state(const world *w, int from, int to)
{
	unsigned n = 0;

	for (int i = 0; i < CONNS; i++)
		n += (int)w->lines[i].state >= from && (int)w->lines[i].state <= to;
	return n;
}

static unsigned last_minute(const world *w)
{
	unsigned n = 0;

	for (size_t i = w->count; i > 0 && w->taken[i - 1] > w->now - 60000; i--)
		n++;
	return n;
}

static void greet(world *w, line *l)
{
	const unsigned open = in_state(w, READY, BUSY);

	if (w->r.connections != 0 && open >= w->r.connections) {
		l->state = FREE;
		w->turned_away++;
		throttle_refused(&w->t, open, 0, w->now);
		return;
	}
	l->state = READY;
	l->carried = 0;
	throttle_connected(&w->t, open + 1);
	if (open + 1 > w->most)
		w->most = open + 1;
}

static void answer(world *w, line *l)
{
	l->state = READY;
	if (w->r.messages != 0 && l->carried >= w->r.messages) {
		l->state = FREE;
		w->refused++;
		throttle_cut(&w->t, l->carried, w->now);
		return;
	}
	if (w->r.minute != 0 && last_minute(w) >= w->r.minute) {
		w->refused++;
		throttle_slowed(&w->t, l->offered, w->r.named ? 60000 : 0, w->now);
		return;
	}
	w->taken[w->count++ % 4096] = w->now;
	w->left--;
	throttle_passed(&w->t, ++l->carried, in_state(w, READY, BUSY), w->now);
}

static void step(world *w)
{
	for (int i = 0; i < CONNS; i++) {
		line *l = &w->lines[i];

		if (l->state == OPENING && w->now >= l->until)
			greet(w, l);
		else if (l->state == BUSY && w->now >= l->until)
			answer(w, l);
		if (l->state == READY && throttle_left(&w->t, l->carried) == 0)
			l->state = FREE;
		if (l->state == READY && in_state(w, BUSY, BUSY) < w->left &&
		    throttle_may_send(&w->t, in_state(w, BUSY, BUSY), w->now))
			*l = (line){BUSY, w->now + MESSAGE, w->now, l->carried};
		if (l->state == FREE && in_state(w, OPENING, BUSY) < w->left &&
		    throttle_may_connect(&w->t, in_state(w, READY, BUSY),
					 in_state(w, OPENING, OPENING), w->now))
			*l = (line){.state = OPENING, .until = w->now + GREET};
	}
}

static world *new_world(receiver r, unsigned messages)
{
	const throttle_bounds usual = {.published = false};
	world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	w->r = r;
	w->left = messages;
	w->now = START;
	throttle_init(&w->t, &usual);
	return w;
}

/* Runs until all is delivered; the milliseconds that it took. */
static int64_t run(world *w, unsigned hours)
{
	const int64_t start = w->now, end = start + hours * INT64_C(3600000);

	while (w->left > 0 && w->now < end) {
		step(w);
		w->now = in_state(w, OPENING, BUSY) > 0 ? w->now + 1
							: throttle_wake(&w->t, 0, w->now);
	}
	assert_int_equal(w->left, 0);
	return w->now - start;
}

static void report(const char *name, const world *w, unsigned of, int64_t ms, double best)
{
	print_message("%s: %u of %u refused, %u connections turned away, %.1f s "
		      "(best %.1f s, %+.1f %%)\n",
		      name, w->refused, of, w->turned_away, (double)ms / 1000,
		      best / 1000, ((double)ms / best - 1) * 100);
}

/* Five connections and no more: no message is refused for it. */
static void test_five_connections(void **state)
{
	world *w = new_world((receiver){.connections = 5}, 2000);
	const double best = 2000.0 / 5 * MESSAGE;
	const int64_t ms = run(w, 1);

	(void)state;
	report("5 connections", w, 2000, ms, best);
	assert_int_equal(w->refused, 0);
	assert_int_equal(w->most, 5);
	assert_true((double)ms < best * 1.10);
	assert_int_equal(w->t.limit[THROTTLE_CONNECTIONS].ceiling, 5);
	free(w);
}

static void test_ten_messages(void **state)
{
	world *w = new_world((receiver){.messages = 10}, 2000);
	/* Each connection costs a greeting for ten messages. */
	const double best = 2000.0 / 20 * (MESSAGE + GREET / 10.0);
	const int64_t ms = run(w, 1);

	(void)state;
	report("10 messages a connection", w, 2000, ms, best);
	assert_true(w->refused <= 20);
	assert_int_equal(w->t.limit[THROTTLE_MESSAGES].ceiling, 10);
	assert_true((double)ms < best * 1.25);
	free(w);
}

static void test_both(void **state)
{
	world *w = new_world((receiver){.connections = 3, .messages = 7}, 2000);
	const double best = 2000.0 / 3 * (MESSAGE + GREET / 7.0);
	const int64_t ms = run(w, 1);

	(void)state;
	report("3 connections, 7 messages each", w, 2000, ms, best);
	assert_true(w->refused <= 20);
	assert_int_equal(w->t.limit[THROTTLE_CONNECTIONS].ceiling, 3);
	assert_int_equal(w->t.limit[THROTTLE_MESSAGES].ceiling, 7);
	assert_true((double)ms < best * 1.10);
	free(w);
}

static void hundred_a_minute(bool named)
{
	world *w = new_world((receiver){.minute = 100, .named = named}, 2000);
	const double best = 19 * 60000.0; /* a hundred at once, at each full minute */
	const int64_t ms = run(w, 2);

	report(named ? "100 a minute, named" : "100 a minute", w, 2000, ms, best);
	assert_true(w->refused < 40);
	assert_true((double)ms < best * 1.10);
	free(w);
}

static void test_hundred_a_minute(void **state)
{
	(void)state;
	hundred_a_minute(false);
	hundred_a_minute(true);
}

/* Nobody limits anything: all of our own bounds are reached. */
static void test_no_limits(void **state)
{
	world *w = new_world((receiver){0}, 20000);
	const double best = 20000.0 / 20 * MESSAGE;
	const int64_t ms = run(w, 1);

	(void)state;
	report("no limits", w, 20000, ms, best);
	assert_int_equal(w->refused, 0);
	assert_int_equal(w->most, 20);
	assert_true((double)ms < best * 1.10);
	free(w);
}

/* The receiver takes more one day: it is found, and costs few refusals. */
static void test_probes_upward(void **state)
{
	world *w = new_world((receiver){.connections = 2, .messages = 5}, 200);

	(void)state;
	run(w, 1);
	assert_int_equal(w->t.limit[THROTTLE_CONNECTIONS].now, 2);
	assert_int_equal(w->t.limit[THROTTLE_MESSAGES].now, 5);
	w->r = (receiver){.connections = 8, .messages = 50};
	/* A day with a steady stream. */
	for (int hour = 0; hour < 24; hour++) {
		w->left = 1000;
		run(w, 1);
		w->now += 3000000;
	}
	assert_true(w->t.limit[THROTTLE_CONNECTIONS].now >= 4);
	assert_true(w->t.limit[THROTTLE_MESSAGES].now >= 8);
	assert_true(w->refused < 40);
	free(w);
}

static void test_down(void **state)
{
	const throttle_bounds usual = {.published = false};
	throttle t;
	int64_t now = START, waited = 0;

	(void)state;
	throttle_init(&t, &usual);
	assert_true(throttle_may_connect(&t, 0, 0, now));
	throttle_failed(&t, 0, 0, now);
	assert_false(throttle_may_connect(&t, 0, 0, now + 59999));
	assert_true(throttle_wake(&t, 0, now) == now + 60000);
	/* One at a time finds out whether it is there again. */
	assert_true(throttle_may_connect(&t, 0, 0, now + 60000));
	assert_false(throttle_may_connect(&t, 0, 1, now + 60000));
	for (int i = 0; i < 10; i++) {
		waited = throttle_wake(&t, 0, now) - now;
		now += waited;
		throttle_failed(&t, 0, UINT64_MAX, now);
	}
	assert_true(waited >= 30 * 60000 && waited <= 33 * 60000);
	assert_int_equal(t.down_since, START);
	/* Two that failed together count once. */
	waited = t.connect_after;
	throttle_failed(&t, 0, 0, now);
	assert_true(t.connect_after == waited);
	now = throttle_wake(&t, 0, now);
	throttle_connected(&t, 1);
	throttle_passed(&t, 1, 1, now);
	assert_int_equal(t.down_since, 0);
	assert_true(throttle_may_connect(&t, 1, 0, now));
	/* A server that names a time is heard, within an hour. */
	throttle_failed(&t, 120000, 0, now);
	assert_true(throttle_wake(&t, 0, now) == now + 120000);
	now += 120000;
	throttle_failed(&t, INT64_MAX, 0, now);
	assert_true(throttle_wake(&t, 0, now) == now + 3600000);
	throttle_release(&t);
	assert_true(throttle_may_connect(&t, 0, 0, now));
}

/* A destination that answers and serves nobody: after a few, one at a time. */
static void test_troubled(void **state)
{
	const throttle_bounds usual = {.published = false};
	throttle t;
	int64_t now = START;

	(void)state;
	throttle_init(&t, &usual);
	throttle_troubled(&t, true, 0, 0, now);
	throttle_troubled(&t, true, 0, 0, now);
	assert_true(throttle_may_connect(&t, 1, 0, now));
	/* One that is served between them ends the row. */
	throttle_passed(&t, 1, 1, now);
	throttle_troubled(&t, true, 0, 0, now);
	throttle_troubled(&t, true, 0, 0, now);
	for (int i = 0; i < 3; i++) {
		throttle_troubled(&t, false, 0, 0, now);
		assert_true(throttle_may_connect(&t, 1, 0, now));
	}
	throttle_troubled(&t, false, 0, 0, now);
	assert_true(throttle_wake(&t, 0, now) == now + 60000);
	/* It is greeted all the while; each one more that fails makes the pause longer.
	 */
	now += 60000;
	throttle_connected(&t, 1);
	throttle_troubled(&t, false, 0, 0, now);
	assert_true(throttle_wake(&t, 0, now) == now + 120000);
	now += 120000;
	throttle_connected(&t, 1);
	throttle_passed(&t, 1, 1, now);
	assert_int_equal(t.down_since, 0);
	throttle_troubled(&t, true, 0, 0, now);
	assert_true(throttle_may_connect(&t, 1, 0, now));
}

/* A greeting is no mail: refused again and again behind it, the pause grows all the same.
 */
static void test_refused_behind_the_greeting(void **state)
{
	const throttle_bounds usual = {.published = false};
	throttle t;
	int64_t now = START;

	(void)state;
	throttle_init(&t, &usual);
	for (int i = 0; i < 20; i++) {
		throttle_connected(&t, 1);
		throttle_refused(&t, 1, 0, now);
		now = throttle_wake(&t, 0, now);
	}
	assert_true(now - START > 50 * 60000);
}

/* One connection is enough to be put off; the first success brings the others back. */
static void test_greylist_storm(void **state)
{
	const throttle_bounds usual = {.published = false};
	throttle t;

	(void)state;
	throttle_init(&t, &usual);
	for (int i = 0; i < 4; i++)
		throttle_greylisted(&t);
	assert_int_equal(t.limit[THROTTLE_CONNECTIONS].now, 2);
	throttle_greylisted(&t);
	assert_int_equal(t.limit[THROTTLE_CONNECTIONS].now, 1);
	assert_int_equal(t.limit[THROTTLE_CONNECTIONS].why, THROTTLE_BACKED_OFF);
	assert_true(throttle_may_send(&t, 0, START));
	throttle_passed(&t, 1, 1, START + 300000);
	assert_int_equal(t.limit[THROTTLE_CONNECTIONS].now, 2);
}

/* One refusal after a message or two is a reason to wait, not to believe in one a minute.
 */
static void test_few_are_no_rate(void **state)
{
	const throttle_bounds usual = {.published = false};
	throttle t;

	(void)state;
	throttle_init(&t, &usual);
	throttle_passed(&t, 1, 1, START);
	throttle_slowed(&t, START + 1, 0, START + 2);
	assert_int_equal(t.limit[THROTTLE_RATE].now, 0);
	assert_false(throttle_may_send(&t, 0, START + 60001));
	assert_true(throttle_may_send(&t, 0, START + 60002));
}

static void test_bounds(void **state)
{
	const throttle_bounds b = {.first = {50, 3, 0}, .most = {10, 100, 30}};
	const throttle_bounds p = {.first = {4, 20, 0}, .published = true};
	throttle t;
	char room[200];
	mw_buf out;

	(void)state;
	throttle_init(&t, &b);
	assert_int_equal(t.limit[THROTTLE_CONNECTIONS].now, 10);
	assert_int_equal(t.limit[THROTTLE_CONNECTIONS].why, THROTTLE_MOST);
	assert_int_equal(t.limit[THROTTLE_RATE].now, 30);
	assert_int_equal(throttle_left(&t, 2), 1);
	assert_int_equal(throttle_left(&t, 7), 0);
	for (int i = 0; i < 30; i++) {
		assert_true(throttle_may_send(&t, 0, START));
		throttle_passed(&t, 1, 1, START);
	}
	assert_false(throttle_may_send(&t, 0, START));
	assert_true(throttle_wake(&t, 0, START) == START + 61000);
	throttle_init(&t, &p);
	mw_buf_init(&out, room, sizeof room);
	throttle_why(&t, THROTTLE_CONNECTIONS, START, &out);
	assert_true(mw_str_eq(mw_buf_str(&out), MW_LIT("what the provider publishes")));
	throttle_connected(&t, 1);
	throttle_refused(&t, 1, 0, START);
	mw_buf_reset(&out);
	throttle_why(&t, THROTTLE_CONNECTIONS, START + 180000, &out);
	assert_true(mw_str_eq(mw_buf_str(&out),
			      MW_LIT("the receiver took so much and no more; found 1 3 "
				     "min ago")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_five_connections),
		cmocka_unit_test(test_ten_messages),
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_hundred_a_minute),
		cmocka_unit_test(test_no_limits),
		cmocka_unit_test(test_probes_upward),
		cmocka_unit_test(test_down),
		cmocka_unit_test(test_troubled),
		cmocka_unit_test(test_refused_behind_the_greeting),
		cmocka_unit_test(test_greylist_storm),
		cmocka_unit_test(test_few_are_no_rate),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
