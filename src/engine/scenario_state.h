/* SPDX-License-Identifier: MIT
 *
 * What the files of a scenario share: the record as it was read, counters, chance.
 */
#ifndef MAILWHY_ENGINE_SCENARIO_STATE_H
#define MAILWHY_ENGINE_SCENARIO_STATE_H

#include <pthread.h>

#include "engine/scenario.h"

/* What a pattern can be held against. */
typedef enum scenario_subject {
	SCENARIO_CLIENT,
	SCENARIO_HELO,
	SCENARIO_LOGIN,
	SCENARIO_SENDER,
	SCENARIO_RECIPIENT,
	SCENARIO_SUBJECT,
	SCENARIO_SUBJECT_COUNT
} scenario_subject;

typedef struct scenario_pattern {
	bool negated;
	bool network;             /* for CLIENT; else a glob */
	mw_str glob;              /* "*": any run of bytes, "?": one character */
	unsigned char prefix[16]; /* IPv6, or IPv4 mapped into it */
	unsigned bits;            /* of the prefix */
} scenario_pattern;

/* A range of numbers from 1; `last` 0: not asked for. */
typedef struct scenario_span {
	uint64_t first, last;
} scenario_span;

typedef enum scenario_number {
	SCENARIO_ATTEMPT,
	SCENARIO_MESSAGE,
	SCENARIO_CONNECTIONS,
	SCENARIO_RECIPIENTS,
	SCENARIO_SIZE,
	SCENARIO_NUMBER_COUNT
} scenario_number;

typedef struct scenario_record {
	mw_str name;
	place at;
	unsigned stages;                      /* 1U << mw_stage */
	vec patterns[SCENARIO_SUBJECT_COUNT]; /* of scenario_pattern */
	scenario_span spans[SCENARIO_NUMBER_COUNT];
	unsigned probability; /* of 10,000; 0: not asked for */
	unsigned rate;        /* holds beyond so many ... */
	uint64_t rate_ms;     /* ... in this time; 0: not asked for */
	bool accept;          /* the server's own reply, and no further record */
	mw_answer answer;     /* code 0 none; the text has its placeholders */
	unsigned delay_ms, half, read_rate;
	scenario_end end;
	bool close;
} scenario_record;

/* What a counter counts, each apart from the others; a stage or a line is added. */
typedef enum scenario_counted {
	SCENARIO_EVENTS = 0,
	SCENARIO_ADDRESSES = 32, /* that ask for "first2-" */
	SCENARIO_RATES = 64
} scenario_counted;

/* Counters: a table with chains; the slots are taken round and round. */
typedef struct scenario_counter {
	uint64_t key;
	uint64_t since; /* ms: start of a window */
	uint32_t count;
	uint32_t next; /* slot + 1; 0 none */
} scenario_counter;

typedef struct scenario_counters {
	uint32_t head[SCENARIO_KEYS]; /* slot + 1; 0 none */
	scenario_counter slot[SCENARIO_KEYS];
	uint32_t used, oldest;
} scenario_counters;

struct scenario {
	arena a; /* of all slices here */
	scenario_settings settings;
	vec records;             /* of scenario_record, in the order of the file */
	mw_answer banner, hello; /* code 0 none */
	bool builtin;            /* addresses ask for replies */
	unsigned attempt_stages; /* where attempts are counted */
	bool rates;
	uint64_t seed;

	pthread_mutex_t lock; /* guards what follows */
	uint64_t random;
	scenario_counters *counters; /* NULL where nothing counts */
};

/* Can a code of this class be said at this stage? */
bool scenario_makes_sense(int code, mw_stage stage);

/* Reads the records of a file into *s; returns how much was complained of. Does not
 * return when memory runs out (arena.h). */
unsigned scenario_read(scenario *s, const char *file, mw_str text, complaints *c);

/* "192.0.2.1", "2001:db8::1" into 16 bytes. */
bool scenario_client_read(unsigned char out[16], mw_str client);

/* Does the glob hold for all of s? O(glob.len * s.len). */
bool scenario_glob(mw_str glob, mw_str s);

/* The first record that decides, or NULL; those before it that only make slow are added
 * to *out. *recipient is the one that it holds for. */
const scenario_record *scenario_match(scenario *s, const scenario_fact *f,
				      scenario_act *out, mw_str *recipient);

/* What one of the names of the session asks for; false when none does. The text is
 * written to `room`. */
bool scenario_builtin(scenario *s, const scenario_fact *f, scenario_act *out, char *room,
		      size_t cap);

/* The next random number; SplitMix64. */
uint64_t scenario_random(uint64_t *state);

/* A key of two names, whatever their case. */
uint64_t scenario_key(uint64_t seed, mw_str a, mw_str b);

/* The counter of that key, made when there is none; valid until the next call. O(1)
 * unless keys collide. */
scenario_counter *scenario_counter_of(scenario_counters *t, uint64_t key);

/* Counts one more attempt and returns how many there were. */
unsigned scenario_attempt(scenario *s, const scenario_fact *f, scenario_counted what,
			  mw_str name);

/* How many events there were, this one counted already. */
unsigned scenario_attempts(scenario *s, const scenario_fact *f, mw_str name);

/* Text from outside into a reply: nothing in it can end a line. Cut to what fits, between
 * characters. */
void scenario_put(mw_buf *b, mw_str s);

#endif
