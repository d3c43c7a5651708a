/* SPDX-License-Identifier: MIT */
#include "base/ascii.h"
#include "base/utf8.h"
#include "tell/dsn.h"
#include "tell/wrap.h"

#define FOLD_AT    76
#define LINE_BYTES 900 /* 998 are allowed, less an indent */
#define WIDTH      72
#define QUOTED_MAX 75 /* 76 with the "=" of a soft line break */
#define PARAGRAPH  6144
#define SECOND     1000
#define MINUTE     (60 * (int64_t)SECOND)
#define HOUR       (60 * MINUTE)
#define DAY        (24 * HOUR)

void mwi_clean_put(mw_buf *out, mw_str s, size_t max, bool utf8)
{
	size_t written = 0;

	while (s.len > 0) {
		uint32_t point = 0;
		const size_t n = mwi_utf8_read(s, &point);
		mw_str piece = mw_str_head(s, n);

		if (n == 1 && mwi_is_blank(s.ptr[0]))
			piece = MW_LIT(" ");
		else if (n == 0 || mwi_utf8_harmful(point) || (n > 1 && !utf8))
			piece = MW_LIT("?");
		if (written + piece.len > max) {
			mw_buf_put(out, MW_LIT("..."));
			return;
		}
		mw_buf_put(out, piece);
		written += piece.len;
		s = mw_str_skip(s, n > 0 ? n : 1);
	}
}

/* The next word, no longer than a line may be. */
static bool cut_word(mw_str *rest, mw_str *word)
{
	size_t n = 0;

	while (rest->len > 0 && rest->ptr[0] == ' ')
		*rest = mw_str_skip(*rest, 1);
	while (n < rest->len && rest->ptr[n] != ' ')
		n++;
	*word = mwi_utf8_head(mw_str_head(*rest, n), LINE_BYTES);
	*rest = mw_str_skip(*rest, word->len);
	return word->len > 0;
}

void mwi_fold_put(mw_buf *out, mw_str text, size_t at)
{
	mw_str word;

	while (cut_word(&text, &word)) {
		if (at + 1 + word.len > FOLD_AT && at > 1) {
			mw_buf_put(out, MW_LIT("\r\n"));
			at = 0;
		}
		mw_buf_put_char(out, ' ');
		mw_buf_put(out, word);
		at += 1 + word.len;
	}
	mw_buf_put(out, MW_LIT("\r\n"));
}

/* A moment in UTC. */
typedef struct moment {
	int year, month, day, weekday, hour, minute, second; /* month from 0, Sunday 0 */
} moment;

/* Years begin in March here, so that the day of a leap year is the last of its year. */
static void read_day(moment *m, int64_t days)
{
	const int64_t n = days + 719468; /* since 1 March of the year 0 */
	const int64_t era = n / 146097, in_era = n % 146097;
	const int64_t year =
		(in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	const int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
	const int64_t month = (5 * in_year + 2) / 153; /* March 0 */

	m->weekday = (int)((days + 4) % 7);
	m->day = (int)(in_year - (153 * month + 2) / 5 + 1);
	m->month = (int)((month + 2) % 12);
	m->year = (int)(era * 400 + year + (month >= 10));
}

static moment moment_of(int64_t ms)
{
	const int64_t last = 253402300799 * (int64_t)SECOND;
	const int64_t t = (ms < 0 ? 0 : ms > last ? last : ms) / SECOND;
	moment m;

	read_day(&m, t / 86400);
	m.hour = (int)(t % 86400 / 3600);
	m.minute = (int)(t % 3600 / 60);
	m.second = (int)(t % 60);
	return m;
}

static const char *const month_names[] = {
	"January", "February", "March",     "April",   "May",      "June",
	"July",    "August",   "September", "October", "November", "December"};
static const char *const day_names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
					"Thursday", "Friday", "Saturday"};

static void put_two(mw_buf *out, int n)
{
	mw_buf_put_char(out, (char)('0' + n / 10));
	mw_buf_put_char(out, (char)('0' + n % 10));
}

void mwi_date_put(mw_buf *out, int64_t ms)
{
	const moment m = moment_of(ms);

	mw_buf_put(out, mw_str_head(mw_str_of(day_names[m.weekday]), 3));
	mw_buf_put(out, MW_LIT(", "));
	mw_buf_put_int(out, m.day);
	mw_buf_put_char(out, ' ');
	mw_buf_put(out, mw_str_head(mw_str_of(month_names[m.month]), 3));
	mw_buf_put_char(out, ' ');
	mw_buf_put_int(out, m.year);
	mw_buf_put_char(out, ' ');
	put_two(out, m.hour);
	mw_buf_put_char(out, ':');
	put_two(out, m.minute);
	mw_buf_put_char(out, ':');
	put_two(out, m.second);
	mw_buf_put(out, MW_LIT(" +0000"));
}

void mwi_day_put(mw_buf *out, int64_t ms)
{
	const moment m = moment_of(ms);

	mw_buf_put(out, mw_str_of(day_names[m.weekday]));
	mw_buf_put(out, MW_LIT(", "));
	mw_buf_put_int(out, m.day);
	mw_buf_put_char(out, ' ');
	mw_buf_put(out, mw_str_of(month_names[m.month]));
	mw_buf_put_char(out, ' ');
	mw_buf_put_int(out, m.year);
	mw_buf_put(out, MW_LIT(", "));
	put_two(out, m.hour);
	mw_buf_put_char(out, ':');
	put_two(out, m.minute);
	mw_buf_put(out, MW_LIT(" UTC"));
}

void mwi_span_put(mw_buf *out, int64_t ms)
{
	const int64_t unit = ms >= 2 * DAY ? DAY : ms >= 2 * HOUR ? HOUR : MINUTE;
	const int64_t n = ms < MINUTE ? 1 : ms / unit + (ms % unit >= unit / 2);

	mw_buf_put_int(out, n);
	mw_buf_put(out, unit == DAY    ? MW_LIT(" day")
			: unit == HOUR ? MW_LIT(" hour")
				       : MW_LIT(" minute"));
	if (n != 1)
		mw_buf_put_char(out, 's');
}

/* RFC 2045, 6.7. */
static void put_quoted(mw_buf *out, mw_str line)
{
	size_t at = 0;

	for (size_t i = 0; i < line.len; i++) {
		const unsigned char c = (unsigned char)line.ptr[i];
		const bool plain = c >= 0x20 && c < 0x7f && c != '=' &&
				   !(c == ' ' && i + 1 == line.len);

		if (at + (plain ? 1 : 3) > QUOTED_MAX) {
			mw_buf_put(out, MW_LIT("=\r\n"));
			at = 0;
		}
		if (plain) {
			mw_buf_put_char(out, (char)c);
			at++;
			continue;
		}
		mw_buf_put_char(out, '=');
		mw_buf_put_char(out, "0123456789ABCDEF"[c >> 4]);
		mw_buf_put_char(out, "0123456789ABCDEF"[c & 15]);
		at += 3;
	}
}

void mwi_pen_line(mwi_pen *pen, mw_str line)
{
	do {
		const mw_str piece = mwi_utf8_head(line, LINE_BYTES);

		pen->ascii = pen->ascii && mwi_is_ascii(piece);
		pen->written += piece.len + 2;
		if (pen->quoted)
			put_quoted(pen->out, piece);
		else
			mw_buf_put(pen->out, piece);
		mw_buf_put(pen->out, MW_LIT("\r\n"));
		line = mw_str_skip(line, piece.len);
	} while (line.len > 0);
}

void mwi_pen_paragraph(mwi_pen *pen, mw_str mark, mw_str text)
{
	char memory[PARAGRAPH];
	mw_buf b;
	mw_str rest, line;

	mw_buf_init(&b, memory, sizeof memory);
	mw_buf_put(&b, mark);
	mwi_wrap_put(&b, text, WIDTH, (int)mark.len, (int)mark.len);
	rest = mw_buf_str(&b);
	while (mw_str_cut_line(&rest, &line))
		mwi_pen_line(pen, line);
}
