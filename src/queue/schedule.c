/* SPDX-License-Identifier: MIT */
#include "queue/schedule.h"

#include "base/ascii.h"

#define FIRST_UNKNOWN 1800U  /* seconds, where the knowledge has no time */
#define NAMED_MOST    86400U /* of a time that a server names */

static unsigned doubled(unsigned base, unsigned times, unsigned most)
{
	while (times-- > 0 && base < most)
		base *= 2;
	return base < most ? base : most;
}

unsigned schedule_wait(const schedule *s, const mw_knowledge *kb, mw_category c,
		       unsigned attempts)
{
	const schedule_steps *steps = &s->steps[c];
	const unsigned n = attempts > 0 ? attempts - 1 : 0;

	if (steps->count > 0)
		return steps->wait[n < steps->count ? n : steps->count - 1];
	const int known = mw_knowledge_category(kb, c).retry;

	return doubled(known > 0 ? (unsigned)known : FIRST_UNKNOWN, n, s->most);
}

schedule_choice schedule_choose(const schedule *s, const mw_knowledge *kb,
				const mw_verdict *v, unsigned attempts, int64_t arrival,
				uint64_t random, int64_t now)
{
	schedule_choice c = {.next = SCHEDULE_RETRY};
	unsigned wait;

	if (v->permanence == MW_PERMANENCE_PERMANENT && !s->keep[v->category])
		return (schedule_choice){.next = SCHEDULE_FAIL};
	c.named = v->retry_stated && v->retry_after > 0;
	wait = c.named ? (unsigned)v->retry_after
		       : schedule_wait(s, kb, v->category, attempts);
	if (c.named && wait > NAMED_MOST)
		wait = NAMED_MOST;
	/* Never earlier than named. */
	c.at = now + (int64_t)wait * 1000 +
	       (int64_t)(random % ((uint64_t)wait * 100 + 1));
	if (schedule_over(s, arrival, now))
		c.next = SCHEDULE_EXPIRE;
	return c;
}

int64_t schedule_alarm(const schedule *s, bool urgent, bool warned, int64_t arrival)
{
	const unsigned warn = urgent ? s->warn_urgent : s->warn;

	if (!warned && warn > 0 && warn < s->lifetime)
		return arrival + (int64_t)warn * 1000;
	return arrival + (int64_t)s->lifetime * 1000;
}

bool schedule_over(const schedule *s, int64_t arrival, int64_t now)
{
	return now - arrival >= (int64_t)s->lifetime * 1000;
}

/* --- settings */

/* The front of *rest up to `end`. */
static mw_str cut(mw_str *rest, char end)
{
	const char *at = rest->len > 0 ? memchr(rest->ptr, end, rest->len) : NULL;
	const mw_str word =
		at != NULL ? mw_str_head(*rest, (size_t)(at - rest->ptr)) : *rest;

	*rest = mw_str_skip(*rest, word.len + 1);
	return word;
}

/* "90", "5m", "2h", "1d" in seconds; 0: it is none. */
static unsigned read_span(mw_str s)
{
	uint64_t n = 0, unit = 1;

	while (s.len > 0 && mwi_is_digit(s.ptr[0]) && n < UINT32_MAX) {
		n = n * 10 + (uint64_t)(s.ptr[0] - '0');
		s = mw_str_skip(s, 1);
	}
	if (mw_str_eq(s, MW_LIT("m")))
		unit = 60;
	else if (mw_str_eq(s, MW_LIT("h")))
		unit = 3600;
	else if (mw_str_eq(s, MW_LIT("d")))
		unit = 86400;
	else if (s.len > 0 && !mw_str_eq(s, MW_LIT("s")))
		return 0;
	return n * unit <= 30U * 86400 ? (unsigned)(n * unit) : 0;
}

mw_status schedule_read(schedule *s, mw_str text, const char **why)
{
	schedule_steps steps = {.count = 0};
	const int category = mw_name_value(MW_VOCABULARY_CATEGORY, cut(&text, ':'));

	*why = "is not CATEGORY:WAIT/WAIT, such as greylisted:5m/10m/1h, with up to 16 "
	       "waits of at most 30d";
	if (category < 0 || text.len == 0)
		return MW_E_SYNTAX;
	while (text.len > 0) {
		if (steps.count == SCHEDULE_STEPS)
			return MW_E_SYNTAX;
		steps.wait[steps.count] = read_span(cut(&text, '/'));
		if (steps.wait[steps.count++] == 0)
			return MW_E_SYNTAX;
	}
	s->steps[category] = steps;
	return MW_OK;
}
