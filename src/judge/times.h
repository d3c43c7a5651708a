/* SPDX-License-Identifier: MIT
 *
 * "Try again in 5 minutes": the time that a text states. The words for units, and those
 * that make a time a waiting time, come from the knowledge; the scan finds them.
 */
#ifndef MAILWHY_JUDGE_TIMES_H
#define MAILWHY_JUDGE_TIMES_H

#include <mailwhy/str.h>

#define MWI_TIMES_MAX 8 /* more in one reply say nothing new */

typedef struct mwi_times {
	struct {
		size_t pos;
		uint32_t seconds;
	} unit[MWI_TIMES_MAX];
	size_t cue[MWI_TIMES_MAX], past[MWI_TIMES_MAX];
	int units, cues, pasts;
} mwi_times;

/* A word for a unit of so many seconds, or a cue, begins at `pos`. */
void mwi_times_unit(mwi_times *t, size_t pos, uint32_t seconds);
void mwi_times_cue(mwi_times *t, size_t pos);

/* So does a word that makes a time a period of the past: "in the last 24 hours". */
void mwi_times_past(mwi_times *t, size_t pos);

/* The seconds to wait that `text` states, at most a week; -1 when it states none. */
int mwi_times_read(const mwi_times *t, mw_str text);

#endif
