/* SPDX-License-Identifier: MIT
 *
 * A thread with an event loop (libevent). Connections belong to one loop; what other
 * threads have for them is posted.
 */
#ifndef MAILWHY_NET_LOOP_H
#define MAILWHY_NET_LOOP_H

#include <mailwhy/buf.h>
#include <pthread.h>
#include <stdatomic.h>

/* Bytes read at once, and the room for what is written in one turn. */
#define LOOP_IN_MAX  (64U * 1024)
#define LOOP_OUT_MAX (32U * 1024)

/* A piece of work for a loop; lies in the struct that it is about. */
typedef struct task {
	void (*run)(struct task *t);
	struct task *next;
} task;

struct conn;
struct event;
struct event_base;

typedef struct loop {
	struct event_base *base;
	pthread_t thread;
	int wake; /* an eventfd that ends the wait of the loop */
	struct event *woken, *tick;
	pthread_mutex_t lock;
	task *first, **last; /* posted, in order */
	bool stopping;       /* guarded by `lock`: ends when the list is empty */
	struct conn *conns;
	char *in, *out_memory; /* lent to one connection at a time */
	mw_buf out;
	int64_t now;                                /* ms, monotonic; of the last turn */
	void (*on_tick)(struct loop *l, void *ctx); /* each second; NULL none */
	void *ctx;
} loop;

/* Makes a loop and its thread. 0, or an errno value after everything was given back. */
int loop_start(loop *l, void (*on_tick)(loop *l, void *ctx), void *ctx);

/* Runs t on the loop's thread, soon, in the order of posting. Any thread may post. */
void loop_post(loop *l, task *t);

/* Runs f on the loop's thread and waits until it is done. Not from that thread. */
void loop_call(loop *l, void (*f)(void *ctx), void *ctx);

/* Ends the loop when what was posted is done, joins its thread and frees all. */
void loop_stop(loop *l);

/* Milliseconds of a clock that never goes back. */
int64_t loop_clock(void);

#endif
