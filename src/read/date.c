/* SPDX-License-Identifier: MIT */
#include "read/date.h"

#include "base/ascii.h"
#include "read/field.h"

typedef struct date {
	int year, month, day, hour, minute, second;
	int zone; /* minutes east */
	bool has_zone, has_time;
} date;

/* The next word: up to a blank, a comma or a bracket. */
static bool next_word(mw_str *s, mw_str *word)
{
	size_t n = 0;

	while (s->len > 0 && (mwi_is_blank(s->ptr[0]) || s->ptr[0] == ',' ||
			      s->ptr[0] == '(' || s->ptr[0] == ')'))
		*s = mw_str_skip(*s, 1);
	while (n < s->len && !mwi_is_blank(s->ptr[n]) && s->ptr[n] != ',' &&
	       s->ptr[n] != '(' && s->ptr[n] != ')')
		n++;
	*word = mw_str_head(*s, n);
	*s = mw_str_skip(*s, n);
	return n > 0;
}

/* The decimal number that all of s is, or -1. */
static int number(mw_str s)
{
	int n = 0;

	if (s.len == 0 || s.len > 4)
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		if (!mwi_is_digit(s.ptr[i]))
			return -1;
		n = n * 10 + (s.ptr[i] - '0');
	}
	return n;
}

static int month_of(mw_str s)
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	for (int i = 0; s.len >= 3 && i < 12; i++)
		if (mwi_begins(s, (mw_str){months + (size_t)(i * 3), 3}))
			return i + 1;
	return 0;
}

/* "23:34:45", "23:34". */
static bool read_time(date *d, mw_str s)
{
	if (s.len < 4 || memchr(s.ptr, ':', 3) == NULL)
		return false;
	const size_t colon = s.ptr[1] == ':' ? 1 : 2;
	const mw_str rest = mw_str_skip(s, colon + 1);

	d->hour = number(mw_str_head(s, colon));
	d->minute = number(mw_str_head(rest, 2));
	d->second = rest.len >= 5 && rest.ptr[2] == ':'
			    ? number(mw_str_head(mw_str_skip(rest, 3), 2))
			    : 0;
	d->has_time = d->hour >= 0 && d->minute >= 0 && d->second >= 0;
	return d->has_time;
}

static bool read_zone(date *d, mw_str s)
{
	static const struct {
		char name[4];
		int hours;
	} names[] = {{"utc", 0},  {"gmt", 0},  {"ut", 0},   {"z", 0},    {"est", -5},
		     {"edt", -4}, {"cst", -6}, {"cdt", -5}, {"mst", -7}, {"mdt", -6},
		     {"pst", -8}, {"pdt", -7}, {"jst", 9},  {"cet", 1},  {"cest", 2},
		     {"bst", 1},  {"msk", 3}};

	if (s.len >= 5 && (s.ptr[0] == '+' || s.ptr[0] == '-')) {
		const int n = number(mw_str_head(mw_str_skip(s, 1), 4));

		d->has_zone = n >= 0 && n / 100 <= 14 && n % 100 < 60;
		if (d->has_zone)
			d->zone = (n / 100 * 60 + n % 100) * (s.ptr[0] == '-' ? -1 : 1);
		return true;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t n = 0;

		while (n < 4 && names[i].name[n] != 0)
			n++;
		if (mwi_same(s, (mw_str){names[i].name, n})) {
			d->zone = names[i].hours * 60;
			d->has_zone = true;
			return true;
		}
	}
	return false;
}

static void take_number(date *d, int n, size_t digits)
{
	if (digits <= 2 && d->day == 0 && n >= 1)
		d->day = n;
	else if (digits == 4)
		d->year = n;
	else if (digits == 2 && d->year == 0)
		d->year = n < 50 ? 2000 + n : 1900 + n;
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool exists(const date *d)
{
	static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return d->year >= 1970 && d->month > 0 && d->day > 0 &&
	       d->day <= days[d->month - 1] &&
	       (d->month != 2 || d->day < 29 || is_leap(d->year)) && d->has_time &&
	       d->hour < 24 && d->minute < 60 && d->second <= 60;
}

static void put(char **p, int n, int digits, char behind)
{
	for (int i = digits - 1; i >= 0; i--) {
		(*p)[i] = (char)('0' + n % 10);
		n /= 10;
	}
	*p += digits;
	if (behind != 0)
		*(*p)++ = behind;
}

mw_str mwi_date_read(char *out, mw_str value)
{
	date d = {0};
	mw_str word, rest = mw_str_head(value, 80);
	char *p = out;

	while (next_word(&rest, &word)) {
		const int n = number(word);

		if (n >= 0)
			take_number(&d, n, word.len);
		else if (d.month == 0 && month_of(word) > 0)
			d.month = month_of(word);
		else if (!d.has_time && read_time(&d, word))
			continue;
		else if (d.has_time && !d.has_zone)
			read_zone(&d, word);
	}
	if (!exists(&d))
		return MW_LIT("");
	put(&p, d.year, 4, '-');
	put(&p, d.month, 2, '-');
	put(&p, d.day, 2, 'T');
	put(&p, d.hour, 2, ':');
	put(&p, d.minute, 2, ':');
	put(&p, d.second, 2, d.zone < 0 || !d.has_zone ? '-' : '+');
	const int zone = d.zone < 0 ? -d.zone : d.zone;

	put(&p, zone / 60, 2, ':');
	put(&p, zone % 60, 2, 0);
	return (mw_str){out, MWI_DATE_LEN};
}
