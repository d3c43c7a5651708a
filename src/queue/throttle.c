/* SPDX-License-Identifier: MIT */
#include "queue/throttle.h"

#include <limits.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)

/* How long a ceiling is believed before one step above it is tried; doubled by each try
 * that failed. */
#define PROBE_FIRST (10 * MINUTE)
#define PROBE_MOST  (240 * MINUTE)
/* The pause after nobody answered, doubled each time; and its bound. */
#define DOWN_FIRST MINUTE
#define DOWN_MOST  (30 * MINUTE)
/* The pause before the next connection after one was refused, doubled each time. */
#define REFUSED_FIRST SECOND
#define REFUSED_MOST  (5 * MINUTE)
/* The pause after a message that came too early though we had waited. */
#define SLOWED_MOST (30 * MINUTE)
/* First tries put off in a row that make it a habit of the receiver. */
#define GREYLIST_STORM 5U
/* No server may silence us for longer. */
#define NAMED_MOST (60 * MINUTE)
/* Of a rate that was found, this much is used: clocks differ. */
#define RATE_PERCENT 97U
/* Messages of the last minute that make it a rate: of fewer, the words of one refusal are
 * no finding, and a pause is enough. */
#define RATE_BELIEVED 5U
/* A message that was offered before a refusal is answered within this. */
#define LATE_ANSWER (10 * SECOND)
/* What makes a destination one that does not work, though it answers: three connections
 * in a row that broke, or a dozen new mails that it had some trouble of its own with. */
#define TROUBLE_SURE     4U
#define TROUBLE_BELIEVED 12U
/* Connections refused in a row before fewer than had been found are believed in: those
 * that were just closed may still be counted. */
#define REFUSALS_BELIEVED 4U

static const unsigned first[THROTTLE_DIMENSIONS] = {2, 10, 0};
static const unsigned most[THROTTLE_DIMENSIONS] = {20, 1000, 0};

static int64_t bounded(int64_t n, int64_t max)
{
	return n < max ? n : max;
}

static int64_t doubled(int64_t base, unsigned times, int64_t max)
{
	while (times-- > 0 && base < max)
		base *= 2;
	return bounded(base, max);
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void throttle_init(throttle *t, const throttle_bounds *b)
{
	*t = (throttle){.second = 0};
	for (int d = 0; d < THROTTLE_DIMENSIONS; d++) {
		throttle_limit *l = &t->limit[d];

		l->most = b->most[d] != 0 ? b->most[d] : most[d];
		l->now = b->first[d] != 0 ? b->first[d] : first[d];
		l->why = b->published && b->first[d] != 0 ? THROTTLE_PUBLISHED
							  : THROTTLE_CAREFUL;
		if (l->most != 0 && (l->now == 0 || l->now > l->most)) {
			l->now = l->most;
			l->why = THROTTLE_MOST;
		}
	}
}

/* --- the window of what was taken */

static void turn(throttle *t, int64_t now)
{
	const int64_t second = now / SECOND;

	if (second <= t->second)
		return;
	if (second - t->second >= THROTTLE_WINDOW)
		memset(t->taken, 0, sizeof t->taken);
	else
		while (t->second < second)
			t->taken[++t->second % THROTTLE_WINDOW] = 0;
	t->second = second;
}

static unsigned lately(throttle *t, int64_t now)
{
	unsigned n = 0;

	turn(t, now);
	for (size_t i = 0; i < THROTTLE_WINDOW; i++)
		n += t->taken[i];
	return n;
}

/* When enough of the window has passed for one more. */
static int64_t room_at(throttle *t, unsigned offered, int64_t now)
{
	unsigned n = lately(t, now) + offered;
	const unsigned limit = t->limit[THROTTLE_RATE].now;

	for (int64_t s = t->second - THROTTLE_WINDOW + 1; s <= t->second; s++) {
		if (s < 0)
			continue;
		n -= t->taken[s % THROTTLE_WINDOW];
		if (n < limit)
			return (s + THROTTLE_WINDOW) * SECOND;
	}
	return INT64_MAX; /* all of them are being answered */
}

/* --- questions */

bool throttle_may_connect(const throttle *t, unsigned open, unsigned opening, int64_t now)
{
	if (now < t->connect_after || now < t->send_after)
		return false;
	if (t->failures > 0 || t->slowed > 0)
		return open + opening < 1;
	if (open + opening >= t->limit[THROTTLE_CONNECTIONS].now)
		return false;
	/* Beyond what has stood before, one step at a time: else nobody could tell which
	 * of them was one too many. */
	return opening == 0 || open + opening < t->proven;
}

bool throttle_may_send(throttle *t, unsigned offered, int64_t now)
{
	const unsigned limit = t->limit[THROTTLE_RATE].now;

	if (now < t->send_after)
		return false;
	if (offered > 0 && t->slowed > 0)
		return false;
	return limit == 0 || lately(t, now) + offered < limit;
}

int64_t throttle_wake(throttle *t, unsigned offered, int64_t now)
{
	const unsigned limit = t->limit[THROTTLE_RATE].now;
	int64_t at = later(t->connect_after, t->send_after);

	if (limit != 0 && lately(t, now) + offered >= limit)
		at = later(at, room_at(t, offered, now));
	return at > now ? at : now + 1;
}

unsigned throttle_left(const throttle *t, unsigned carried)
{
	const unsigned limit = t->limit[THROTTLE_MESSAGES].now;

	return carried < limit ? limit - carried : 0;
}

/* --- up */

static void set(throttle_limit *l, unsigned now, throttle_reason why)
{
	l->now = now;
	l->passed = 0;
	l->why = why;
	if (l->most != 0 && l->now >= l->most) {
		l->now = l->most;
		l->why = THROTTLE_MOST;
	}
}

static unsigned step_of(unsigned ceiling)
{
	return ceiling >= 10 ? ceiling / 10 : 1;
}

/* What was found is old enough to be tried again. */
static bool is_due(const throttle_limit *l, int64_t now)
{
	return now - l->found >= doubled(PROBE_FIRST, l->probes, PROBE_MOST);
}

/* All of `now` was used and taken. */
static void grow(throttle_limit *l, int64_t now)
{
	if (l->most != 0 && l->now >= l->most)
		return;
	if (l->ceiling == 0) {
		set(l, l->now * 2, THROTTLE_GREW);
	} else if (l->now > l->ceiling) {
		/* The try went well: this much is taken, and perhaps more. */
		l->ceiling = l->now;
		l->found = now;
		l->probes = 0;
		set(l, l->now, THROTTLE_FOUND);
	} else if (is_due(l, now)) {
		set(l, l->ceiling + step_of(l->ceiling), THROTTLE_PROBING);
	}
}

/* A rate that nobody asked for is no limit. */
static void grow_rate(throttle_limit *l, int64_t now)
{
	if (l->now == 0 || l->ceiling == 0 || !is_due(l, now))
		return;
	l->ceiling += step_of(l->ceiling);
	l->found = now;
	l->probes = 0;
	set(l, l->ceiling, THROTTLE_PROBING);
}

/* --- down */

static void find(throttle_limit *l, unsigned n, int64_t now)
{
	if (l->why == THROTTLE_PROBING)
		l->probes++;
	l->ceiling = n > 0 ? n : 1;
	l->found = now;
	set(l, l->ceiling, THROTTLE_FOUND);
}

/* --- what happened */

static void works_again(throttle *t)
{
	t->failures = t->trouble = t->refused = t->slowed = t->greylisted = 0;
	t->down_since = 0;
}

void throttle_connected(throttle *t, unsigned open)
{
	if (open > t->proven)
		t->proven = open;
}

/* Those that were on their way when one was refused count too: so much more was taken. */
static void find_more(throttle *t, int64_t now)
{
	throttle_limit *l = &t->limit[THROTTLE_RATE];
	const unsigned n = lately(t, now) * RATE_PERCENT / 100;

	if (l->ceiling > 0 && now - t->slowed_at < LATE_ANSWER && n > l->ceiling) {
		l->ceiling = n;
		set(l, n, THROTTLE_FOUND);
	}
}

void throttle_passed(throttle *t, unsigned carried, unsigned open, int64_t now)
{
	throttle_limit *connections = &t->limit[THROTTLE_CONNECTIONS];
	throttle_limit *messages = &t->limit[THROTTLE_MESSAGES];

	turn(t, now);
	t->taken[t->second % THROTTLE_WINDOW]++;
	find_more(t, now);
	works_again(t);
	if (open >= connections->now && ++connections->passed >= connections->now)
		grow(connections, now);
	if (carried >= messages->now)
		grow(messages, now);
	grow_rate(&t->limit[THROTTLE_RATE], now);
}

void throttle_refused(throttle *t, unsigned open, int64_t named, int64_t now)
{
	throttle_limit *l = &t->limit[THROTTLE_CONNECTIONS];

	/* The first one beyond what stood is a finding; fewer than that may be those that
	 * were closed a moment ago. */
	if (open > 0 && (open >= l->ceiling || t->refused + 1 >= REFUSALS_BELIEVED)) {
		find(l, open, now);
		if (t->proven > open)
			t->proven = open;
	}
	/* Others that were on their way say the same once more. */
	if (now < t->connect_after)
		return;
	t->connect_after =
		now + (named > 0 && open == 0
			       ? bounded(named, NAMED_MOST)
			       : doubled(REFUSED_FIRST, t->refused, REFUSED_MOST));
	t->refused++;
}

void throttle_cut(throttle *t, unsigned carried, int64_t now)
{
	if (carried > 0)
		find(&t->limit[THROTTLE_MESSAGES], carried, now);
}

void throttle_slowed(throttle *t, int64_t offered, int64_t named, int64_t now)
{
	throttle_limit *l = &t->limit[THROTTLE_RATE];
	const unsigned n = lately(t, now);

	/* It was on its way when another was refused for the same reason. */
	if (offered <= t->slowed_at)
		return;
	t->slowed_at = now;
	if (t->slowed++ == 0 && n >= RATE_BELIEVED) {
		find(l, n * RATE_PERCENT / 100, now);
		t->send_after = now + bounded(named, NAMED_MOST);
		return;
	}
	/* Nothing of late, and still too much: it counts over a longer time. */
	if (l->now > 1)
		set(l, l->now / 2, THROTTLE_BACKED_OFF);
	t->send_after = now + (named > 0 ? bounded(named, NAMED_MOST)
					 : doubled(MINUTE, t->slowed - 1, SLOWED_MOST));
}

void throttle_greylisted(throttle *t)
{
	throttle_limit *l = &t->limit[THROTTLE_CONNECTIONS];

	/* It puts off all that it does not know. Each mail has to be shown to it once;
	 * one connection is enough for that, and more only look like what it wants to
	 * keep out. */
	if (++t->greylisted >= GREYLIST_STORM && l->now > 1)
		set(l, 1, THROTTLE_BACKED_OFF);
}

void throttle_failed(throttle *t, int64_t named, uint64_t random, int64_t now)
{
	const int64_t pause = named > 0 ? bounded(named, NAMED_MOST)
					: doubled(DOWN_FIRST, t->failures, DOWN_MOST);

	/* Of those that were on their way together one counts. */
	if (t->failures > 0 && now < t->connect_after)
		return;
	if (t->failures++ == 0)
		t->down_since = now;
	/* Not all at the same moment: up to a tenth more. */
	t->connect_after = now + pause + (int64_t)(random % (uint64_t)(pause / 10 + 1));
}

void throttle_troubled(throttle *t, bool sure, int64_t named, uint64_t random,
		       int64_t now)
{
	t->trouble += sure ? TROUBLE_SURE : 1;
	if (t->trouble < TROUBLE_BELIEVED)
		return;
	t->trouble = TROUBLE_BELIEVED;
	throttle_failed(t, named, random, now);
}

void throttle_release(throttle *t)
{
	t->connect_after = t->send_after = 0;
	t->refused = t->slowed = t->greylisted = 0;
}
