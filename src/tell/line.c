/* SPDX-License-Identifier: MIT
 *
 * A report in one line for a person.
 */
#include "tell/prose.h"

#include "base/utf8.h"

#define RECIPIENT_MAX  48
#define NUMBERS_WIDTH  12
#define CATEGORY_WIDTH 22
#define HOW_LONG_WIDTH 11
#define ACTION_WIDTH   18
#define ACTIONS_WIDTH  20 /* "delayed, " in front of some */

/* From so many columns on all are shown; then what else there is room for. */
#define WIDE  94
#define USUAL 78
#define SMALL 60

/* Writes s in at most `width` columns, cut with an ellipsis where it is longer, and fills
 * up with blanks. Nothing that a terminal obeys. */
static void put_column(mw_buf *out, mw_str s, int width, bool fill)
{
	int used = 0;

	while (s.len > 0) {
		uint32_t point = 0;
		const size_t n = mwi_utf8_read(s, &point);
		const bool odd = n == 0 || mwi_utf8_harmful(point);
		const int w = odd ? 1 : mwi_utf8_width(point);

		if (used + w > width - (s.len > (n > 0 ? n : 1))) {
			mw_buf_put(out, MW_LIT("\u2026"));
			used++;
			break;
		}
		mw_buf_put(out, odd ? MW_LIT("?") : mw_str_head(s, n));
		used += w;
		s = mw_str_skip(s, n > 0 ? n : 1);
	}
	for (; fill && used < width; used++)
		mw_buf_put_char(out, ' ');
}

/* "550 5.1.1", or what else the letter is. */
static void put_numbers(mw_buf *out, const mw_outcome *o)
{
	char memory[40];
	mw_buf b;

	mw_buf_init(&b, memory, sizeof memory);
	if (o->reply > 0)
		mw_buf_put_int(&b, o->reply);
	if (o->reply > 0 && o->status.cls > 0)
		mw_buf_put_char(&b, ' ');
	if (o->status.cls > 0)
		mwi_status_put(&b, o->status);
	put_column(out, b.len > 0 ? mw_buf_str(&b) : MW_LIT("-"), NUMBERS_WIDTH, true);
}

static mw_str how_long(const mw_report *r, const mw_verdict *v)
{
	if (r->outcome.delayed)
		return MW_LIT("delayed");
	return v->permanence == MW_PERMANENCE_NONE
		       ? mw_name(MW_VOCABULARY_KIND, (int)r->outcome.kind)
		       : mw_name(MW_VOCABULARY_PERMANENCE, (int)v->permanence);
}

/* What is to be done; where nothing else tells of it, that the mail is still on its way.
 */
static void put_action(mw_buf *out, const mw_report *r, const mw_verdict *v, bool alone)
{
	char memory[40];
	mw_buf b;

	mw_buf_init(&b, memory, sizeof memory);
	if (alone && r->outcome.delayed)
		mw_buf_put(&b, MW_LIT("delayed, "));
	mw_buf_put(&b, mw_name(MW_VOCABULARY_ACTION, (int)v->action));
	put_column(out, mw_buf_str(&b), alone ? ACTIONS_WIDTH : ACTION_WIDTH, false);
}

static int room_for_recipient(int width)
{
	const int room = width - CATEGORY_WIDTH - (width >= USUAL ? NUMBERS_WIDTH : 0) -
			 (width >= WIDE    ? HOW_LONG_WIDTH + ACTION_WIDTH
			  : width >= SMALL ? ACTIONS_WIDTH
					   : 0);

	return room < RECIPIENT_MAX ? room : RECIPIENT_MAX;
}

mw_status mw_tell_report_line(mw_buf *out, const mw_tell *t, const mw_report *r,
			      const mw_verdict *v)
{
	const mw_str who = r->outcome.recipient;
	const bool last = t->width < SMALL;

	put_column(out, who.len > 0 ? who : MW_LIT("(no recipient named)"),
		   room_for_recipient(t->width) - 1, true);
	mw_buf_put_char(out, ' ');
	if (t->width >= USUAL)
		put_numbers(out, &r->outcome);
	put_column(out, mw_name(MW_VOCABULARY_CATEGORY, (int)v->category),
		   CATEGORY_WIDTH - 1, !last);
	if (!last)
		mw_buf_put_char(out, ' ');
	if (t->width >= WIDE)
		put_column(out, how_long(r, v), HOW_LONG_WIDTH, true);
	if (!last)
		put_action(out, r, v, t->width < WIDE);
	mw_buf_put_char(out, '\n');
	return mw_buf_status(out);
}
