/* SPDX-License-Identifier: MIT
 *
 * A log of lines, written by a thread of its own: who logs never waits for a disk. What
 * it could not keep up with is counted and said in the log itself.
 */
#ifndef MAILWHY_ENGINE_OUTLOG_H
#define MAILWHY_ENGINE_OUTLOG_H

#include <mailwhy/buf.h>
#include <pthread.h>

#define OUTLOG_MAX (4U << 20) /* bytes that may wait */

typedef struct outlog {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	char *waiting, *writing;
	size_t len;
	unsigned long long lost;
	bool stopping, running;
	int fd;
	const char *path; /* to be opened again; NULL: standard output */
	bool reopen;
} outlog;

/* Opens `path` for appending ("-": standard output). 0 or an errno value. `path` must
 * outlive it. */
int outlog_start(outlog *l, const char *path);

/* Adds one line, which has its LF. Any thread. Does nothing when it was not started. */
void outlog_put(outlog *l, mw_str line);

/* Opens the file anew before the next line: after a rotation. */
void outlog_reopen(outlog *l);

/* Writes what waits, then ends. */
void outlog_stop(outlog *l);

/* "2026-11-25T18:55:37.123Z" (RFC 3339) for milliseconds since 1970. */
#define OUTLOG_TIME_MAX 32
mw_str outlog_time(char out[OUTLOG_TIME_MAX], int64_t ms);

/* Now, in milliseconds since 1970. */
int64_t outlog_now(void);

#endif
