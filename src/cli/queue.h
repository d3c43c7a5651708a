/* SPDX-License-Identifier: MIT
 *
 * mailwhy queue: what its verbs share. Looking goes by the database, whether a server
 * runs or not; changes go by the running server, or by the database where none runs.
 */
#ifndef MAILWHY_CLI_QUEUE_H
#define MAILWHY_CLI_QUEUE_H

#include "cli/cli.h"
#include "engine/settings.h"
#include "queue/change.h"
#include "queue/schedule.h"

enum { QUEUE_UNAVAILABLE = 69 };

typedef struct queue {
	cli_common common;
	const char *spool_flag, *route, *log;
	const char *wait_text;
	unsigned wait; /* seconds; 0 any */
	bool once;
	settings *settings; /* with the spool in it */
	const char *spool;
	bool configured; /* a file was read */
	int64_t now;     /* ms since 1970 */
} queue;

/* --- the verbs; each gets its arguments and returns the exit status */

int queue_list(queue *q, int count, char **argv);
int queue_show(queue *q, int count, char **argv);
int queue_destinations(queue *q, int count, char **argv);
int queue_change(queue *q, change c, int count, char **argv);
int queue_flush(queue *q, int count, char **argv);
int queue_run(queue *q, int count, char **argv);

/* --- the store */

/* The store to look at; EXIT_DONE, or an exit status after a complaint. */
int queue_look(const queue *q, store **out);
/* After a call of the store has failed. */
int queue_broken(const queue *q, mw_status status);
/* Says on standard error why a store was not opened. */
void queue_unopened(const char *spool, const mw_err *why);

/* --- the running server */

/* Is there one? A connection to its control socket; -1 there is none. */
int queue_connect(const char *spool);

/* Asks it by a connection, which is closed: the code of the reply, and its body
 * (malloc'ed). False: it does not answer. */
bool queue_ask(int fd, const char *method, const char *path, int *code, char **body);

/* Says that; an exit status. */
int queue_silent(const queue *q);

/* --- one recipient */

/* True when its last attempt failed: by a reply, or by words of our own. */
bool queue_has_failure(const store_recipient *r);

/* What its server said last, as far as the row tells. */
mw_outcome queue_outcome(const store_recipient *r, mw_stage stage, mw_str remote);

/* The front of its object, without the end: {"id":"12","index":0,... */
void queue_json_front(mw_buf *out, const store_message *m, unsigned index,
		      const store_recipient *r);
/* The end: the outcome of the last attempt, or the recipient alone. */
void queue_json_end(mw_buf *out, const mw_knowledge *kb, const store_recipient *r,
		    mw_stage stage, mw_str remote);
void queue_json_time(mw_buf *out, const char *name, int64_t ms);
void queue_json_text(mw_buf *out, const char *name, mw_str value);

mw_str queue_state_name(store_state s);

/* "3 min", of milliseconds. */
void queue_put_span(mw_buf *out, int64_t ms);
/* "1.2 KB". */
void queue_put_size(mw_buf *out, uint64_t bytes);
/* Text from outside, padded to that many columns. */
void queue_put_cell(mw_buf *out, mw_str s, int columns);

/* No field of an envelope is told longer than this. */
#define QUEUE_FIELD_MAX 2048

#endif
