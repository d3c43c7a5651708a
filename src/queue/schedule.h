/* SPDX-License-Identifier: MIT
 *
 * What to do next with a recipient, by the verdict of its last attempt: the one place
 * where "again, when, or never" is decided. Pure: no clock, no lock.
 */
#ifndef MAILWHY_QUEUE_SCHEDULE_H
#define MAILWHY_QUEUE_SCHEDULE_H

#include <mailwhy/verdict.h>

#define SCHEDULE_STEPS 16U

/* The waits of one category in order, seconds; the last one is repeated. */
typedef struct schedule_steps {
	unsigned wait[SCHEDULE_STEPS];
	unsigned count; /* 0: the first wait of the knowledge, doubled each time */
} schedule_steps;

typedef struct schedule {
	schedule_steps steps[MW_CATEGORY_COUNT];
	bool keep[MW_CATEGORY_COUNT]; /* 5yz of that category is tried again too */
	unsigned lifetime;            /* seconds, from the arrival */
	unsigned most;                /* the longest wait, seconds */
	unsigned warn, warn_urgent;   /* seconds until the sender is told of the delay; 0:
					 it is not */
} schedule;

typedef enum schedule_next {
	SCHEDULE_RETRY,
	SCHEDULE_FAIL,  /* it was refused for good */
	SCHEDULE_EXPIRE /* it would be tried after its lifetime only */
} schedule_next;

typedef struct schedule_choice {
	schedule_next next;
	int64_t at; /* RETRY: ms since 1970 */
	bool named; /* the server named that time */
} schedule_choice;

/* After an attempt with that verdict, the `attempts`th (from 1). `arrival` and `now` are
 * ms since 1970. `random` spreads retries over a tenth of the wait. What a server names
 * as the time to wait counts, within a day. */
schedule_choice schedule_choose(const schedule *s, const mw_knowledge *kb,
				const mw_verdict *v, unsigned attempts, int64_t arrival,
				uint64_t random, int64_t now);

/* Seconds between the `attempts`th attempt (from 1) and the next, where the server names
 * no time. */
unsigned schedule_wait(const schedule *s, const mw_knowledge *kb, mw_category c,
		       unsigned attempts);

/* When the sender is to be told, or the mail given up, whichever comes next after `now`:
 * ms since 1970. */
int64_t schedule_alarm(const schedule *s, bool urgent, bool warned, int64_t arrival);

/* True when the mail is as old as it may get. */
bool schedule_over(const schedule *s, int64_t arrival, int64_t now);

/* Reads "greylisted:5m/10m/1h" as settings have it. MW_E_SYNTAX with what it is not in
 * *why ("is not ...", constant). */
MW_CHECKED mw_status schedule_read(schedule *s, mw_str text, const char **why);

#endif
