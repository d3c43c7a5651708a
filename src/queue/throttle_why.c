/* SPDX-License-Identifier: MIT
 *
 * The throttle's numbers in words.
 */
#include "queue/throttle.h"

mw_str throttle_dimension_name(throttle_dimension d)
{
	static const char *const names[THROTTLE_DIMENSIONS] = {
		"connections", "messages-per-connection", "messages-per-minute"};

	return mw_str_of(names[d]);
}

mw_str throttle_reason_name(throttle_reason r)
{
	static const char *const names[] = {[THROTTLE_CAREFUL] = "careful",
					    [THROTTLE_PUBLISHED] = "published",
					    [THROTTLE_GREW] = "grew",
					    [THROTTLE_FOUND] = "found",
					    [THROTTLE_PROBING] = "probing",
					    [THROTTLE_MOST] = "most",
					    [THROTTLE_BACKED_OFF] = "backed-off"};

	return (unsigned)r < sizeof names / sizeof *names ? mw_str_of(names[r])
							  : MW_LIT("unknown");
}

static void put_age(mw_buf *out, int64_t ms)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = {{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}};
	int64_t seconds = ms > 0 ? ms / 1000 : 0;

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (seconds >= units[i].seconds || units[i].seconds == 1) {
			mw_buf_put_int(out, seconds / units[i].seconds);
			mw_buf_put(out, mw_str_of(units[i].unit));
			return;
		}
}

void throttle_why(const throttle *t, throttle_dimension d, int64_t now, mw_buf *out)
{
	static const char *const sentences[] = {
		[THROTTLE_CAREFUL] = "a new destination: few at first",
		[THROTTLE_PUBLISHED] = "what the provider publishes",
		[THROTTLE_GREW] = "all that was tried so far was taken",
		[THROTTLE_FOUND] = "the receiver took so much and no more",
		[THROTTLE_PROBING] = ("one step above what was found, to see whether it "
				      "is still so"),
		[THROTTLE_MOST] = "the most that our settings allow",
		[THROTTLE_BACKED_OFF] = "lowered after refusals in a row"};
	const throttle_limit *l = &t->limit[d];

	if (d == THROTTLE_RATE && l->now == 0) {
		mw_buf_put(out, MW_LIT("no limit was met"));
		return;
	}
	mw_buf_put(out, mw_str_of(sentences[l->why]));
	if (l->ceiling == 0)
		return;
	mw_buf_put(out, MW_LIT("; found "));
	mw_buf_put_int(out, l->ceiling);
	mw_buf_put_char(out, ' ');
	put_age(out, now - l->found);
	mw_buf_put(out, MW_LIT(" ago"));
}
