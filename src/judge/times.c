/* SPDX-License-Identifier: MIT */
#include "judge/times.h"

#include "base/ascii.h"

#define WEEK        (7 * 86400)
#define CUE_BEFORE  80 /* bytes between a cue and the number that it speaks of */
#define CUE_BEHIND  40
#define PAST_BEFORE 20
#define NEXT_UNIT   16 /* "4 minutes and 59 seconds" */

void mwi_times_unit(mwi_times *t, size_t pos, uint32_t seconds)
{
	/* "minute" and "minutes" begin at the same place. */
	for (int i = 0; i < t->units; i++)
		if (t->unit[i].pos == pos)
			return;
	if (t->units < MWI_TIMES_MAX) {
		t->unit[t->units].pos = pos;
		t->unit[t->units++].seconds = seconds;
	}
}

void mwi_times_cue(mwi_times *t, size_t pos)
{
	if (t->cues < MWI_TIMES_MAX)
		t->cue[t->cues++] = pos;
}

void mwi_times_past(mwi_times *t, size_t pos)
{
	if (t->pasts < MWI_TIMES_MAX)
		t->past[t->pasts++] = pos;
}

/* The number that ends before `pos`; *first becomes where it begins. -1 none. */
static int64_t number_before(mw_str text, size_t pos, size_t *first)
{
	size_t end = pos, i;
	int64_t n = 0;

	while (end > 0 && (text.ptr[end - 1] == ' ' || text.ptr[end - 1] == '-'))
		end--;
	for (i = end; i > 0 && end - i < 6 && mwi_is_digit(text.ptr[i - 1]);)
		i--;
	if (i == end || pos - end > 2 ||
	    (i > 0 && (text.ptr[i - 1] == '.' || mwi_is_alnum(text.ptr[i - 1]))))
		return -1;
	*first = i;
	for (; i < end; i++)
		n = n * 10 + (text.ptr[i] - '0');
	return n;
}

static bool cue_near(const mwi_times *t, size_t first, size_t last)
{
	for (int i = 0; i < t->pasts; i++)
		if (t->past[i] < first && first - t->past[i] < PAST_BEFORE)
			return false;
	for (int i = 0; i < t->cues; i++)
		if ((t->cue[i] <= first && first - t->cue[i] < CUE_BEFORE) ||
		    (t->cue[i] > last && t->cue[i] - last < CUE_BEHIND))
			return true;
	return false;
}

static int two_digits(const char *p)
{
	return mwi_is_digit(p[0]) && mwi_is_digit(p[1]) ? (p[0] - '0') * 10 + (p[1] - '0')
							: -1;
}

/* "300s", "5m", "2h" at the front of s: seconds, -1 when it is none. */
static int64_t short_time(mw_str s)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	size_t n = 0;
	int64_t value = 0;

	while (n < s.len && n < 6 && mwi_is_digit(s.ptr[n]))
		value = value * 10 + (s.ptr[n++] - '0');
	if (n == 0 || n >= s.len || (n + 1 < s.len && mwi_is_alnum(s.ptr[n + 1])))
		return -1;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (units[i].letter == s.ptr[n])
			return value * units[i].seconds;
	return -1;
}

/* "in 5m" behind a cue. */
static int64_t short_after(mw_str text, size_t from)
{
	const mw_str near = mw_str_head(text, from + CUE_BEFORE);

	for (size_t i = from; i < near.len; i++) {
		if (!mwi_is_digit(near.ptr[i]) || (i > 0 && near.ptr[i - 1] != ' '))
			continue;
		const int64_t seconds = short_time(mw_str_skip(near, i));

		if (seconds > 0)
			return seconds;
	}
	return -1;
}

/* "in 00:04:59" behind a cue. */
static int64_t clock_after(mw_str text, size_t from)
{
	const size_t last = from + CUE_BEFORE < text.len ? from + CUE_BEFORE : text.len;

	for (size_t i = from; i + 8 <= last; i++) {
		const char *p = text.ptr + i;

		if (p[2] != ':' || p[5] != ':' || (i > 0 && mwi_is_alnum(p[-1])) ||
		    (i + 8 < text.len && mwi_is_alnum(p[8])))
			continue;
		const int h = two_digits(p), m = two_digits(p + 3), s = two_digits(p + 6);

		if (h >= 0 && m >= 0 && s >= 0)
			return h * 3600 + m * 60 + s;
	}
	return -1;
}

static int64_t unit_time(const mwi_times *t, mw_str text)
{
	int64_t total = -1;
	size_t last = 0;

	for (int i = 0; i < t->units; i++) {
		const size_t pos = t->unit[i].pos;
		size_t first = 0;
		const int64_t n = number_before(text, pos, &first);

		if (n <= 0)
			continue;
		if (total < 0 && cue_near(t, first, pos))
			total = n * (int64_t)t->unit[i].seconds;
		else if (total >= 0 && first > last && first - last < NEXT_UNIT &&
			 memchr(text.ptr + last, '(', first - last) == NULL)
			total += n * (int64_t)t->unit[i].seconds;
		else
			continue;
		last = pos;
	}
	return total;
}

int mwi_times_read(const mwi_times *t, mw_str text)
{
	int64_t seconds = unit_time(t, text);

	for (int i = 0; i < t->cues && seconds < 0; i++)
		seconds = clock_after(text, t->cue[i]);
	for (int i = 0; i < t->cues && seconds < 0; i++)
		seconds = short_after(text, t->cue[i]);
	return seconds > WEEK ? WEEK : seconds > 0 ? (int)seconds : -1;
}
