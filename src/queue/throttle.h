/* SPDX-License-Identifier: MIT
 *
 * How much one destination takes of one source address: connections at a time, messages
 * a connection, messages a minute. Three numbers are tried, not known: a refusal that
 * tells of one of them lowers it at once to what was really taken, which is remembered
 * as its ceiling; then it is tried again, rarely, a little above (docs/QUEUE.md).
 *
 * Pure: no clock (`now` is ms since 1970), no memory of its own, no lock. What was said
 * is the caller's to judge (mailwhy/verdict.h, `limit`); here are only numbers.
 */
#ifndef MAILWHY_QUEUE_THROTTLE_H
#define MAILWHY_QUEUE_THROTTLE_H

#include <mailwhy/buf.h>

typedef enum throttle_dimension {
	THROTTLE_CONNECTIONS,
	THROTTLE_MESSAGES,
	THROTTLE_RATE, /* messages a minute; 0: any number */
	THROTTLE_DIMENSIONS
} throttle_dimension;

/* Why a number is what it is. Kept on disk: append only. */
typedef enum throttle_reason {
	THROTTLE_CAREFUL = 0,   /* a destination that we know nothing of */
	THROTTLE_PUBLISHED = 1, /* what the provider says in public */
	THROTTLE_GREW = 2,      /* all that was tried so far was taken */
	THROTTLE_FOUND = 3,     /* the receiver took so much and no more */
	THROTTLE_PROBING = 4,   /* one step above what was found: is it still so? */
	THROTTLE_MOST = 5,      /* more is not allowed by our own settings */
	THROTTLE_BACKED_OFF = 6 /* lowered though nothing of that kind was said */
} throttle_reason;

typedef struct throttle_limit {
	unsigned now;     /* in force */
	unsigned most;    /* never more */
	unsigned ceiling; /* what the receiver was found to take; 0 not found */
	int64_t found;    /* when it was last met */
	unsigned probes;  /* tries above it that failed in a row */
	unsigned passed;  /* successes at `now` */
	throttle_reason why;
} throttle_limit;

#define THROTTLE_WINDOW                                                                  \
	61 /* seconds; one more than a minute, for messages on their way */

typedef struct throttle {
	throttle_limit limit[THROTTLE_DIMENSIONS];
	unsigned proven;       /* connections that stood at one time */
	unsigned refused;      /* connections that were refused in a row */
	unsigned failures;     /* of the whole destination, in a row; 0 it works */
	unsigned trouble;      /* signs in a row that it does not */
	unsigned slowed;       /* times in a row that it took nothing after a pause */
	unsigned greylisted;   /* first tries in a row that were put off */
	int64_t connect_after; /* no connection before; 0 at once */
	int64_t send_after;    /* no message before */
	int64_t slowed_at;     /* when it was said last that there were too many */
	int64_t down_since;    /* when the first of `failures` was */
	/* Messages taken, by second. */
	unsigned taken[THROTTLE_WINDOW];
	int64_t second; /* that the newest of them is */
} throttle;

/* The most that settings allow, and what is tried first. 0 of `first` is 2 connections,
 * 10 messages, any rate; 0 of `most` is 20, 1000, any. */
typedef struct throttle_bounds {
	unsigned first[THROTTLE_DIMENSIONS], most[THROTTLE_DIMENSIONS];
	bool published; /* `first` is what the provider says */
} throttle_bounds;

void throttle_init(throttle *t, const throttle_bounds *b);

/* May one more connection be opened? `open` stand, `opening` are on their way. */
bool throttle_may_connect(const throttle *t, unsigned open, unsigned opening,
			  int64_t now);

/* May one more message be offered while `offered` are being answered? */
bool throttle_may_send(throttle *t, unsigned offered, int64_t now);

/* When to ask again after a no: at least one ms after `now`; INT64_MAX: only something
 * that happens changes it. */
int64_t throttle_wake(throttle *t, unsigned offered, int64_t now);

/* How many messages a connection that has carried `carried` may still be given. */
unsigned throttle_left(const throttle *t, unsigned carried);

/* --- what happened. `named`: ms that the server asked us to wait; 0 it named none. */

/* A connection was greeted, the `open`th at this time. */
void throttle_connected(throttle *t, unsigned open);

/* A message was answered for what it is, whether it was taken or not; the `carried`th of
 * its connection, `open` of which stand. */
void throttle_passed(throttle *t, unsigned carried, unsigned open, int64_t now);

/* A connection was refused because there were enough: `open` stood. */
void throttle_refused(throttle *t, unsigned open, int64_t named, int64_t now);

/* After `carried` messages a connection took no more. */
void throttle_cut(throttle *t, unsigned carried, int64_t now);

/* A message, offered at that time, was refused because there were too many of late. */
void throttle_slowed(throttle *t, int64_t offered, int64_t named, int64_t now);

/* A message was put off as all first tries are. */
void throttle_greylisted(throttle *t);

/* Nobody answered, or nobody is served now, and no connection stands: until
 * connect_after nobody is tried. */
void throttle_failed(throttle *t, int64_t named, uint64_t random, int64_t now);

/* A message was not answered for what it is. `sure`: the connection broke at it, or it
 * was refused before the server knew whose it was; else the server told of trouble of its
 * own with a message that it had not seen before. Some in a row count as
 * throttle_failed(). */
void throttle_troubled(throttle *t, bool sure, int64_t named, uint64_t random,
		       int64_t now);

/* Somebody at the keyboard wants it tried at once: waits end, numbers stay. */
void throttle_release(throttle *t);

/* "5: found 3 min ago, 421 ...": why the number is what it is, for a person. */
void throttle_why(const throttle *t, throttle_dimension d, int64_t now, mw_buf *out);

/* The name of a dimension, "connections"; of a reason, "found". Constant strings. */
mw_str throttle_dimension_name(throttle_dimension d);
mw_str throttle_reason_name(throttle_reason r);

#endif
