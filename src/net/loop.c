/* SPDX-License-Identifier: MIT */
#include "net/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "net/conn.h"

int64_t loop_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static task *take_all(loop *l, bool *stopping)
{
	task *t;

	pthread_mutex_lock(&l->lock);
	t = l->first;
	l->first = NULL;
	l->last = &l->first;
	*stopping = l->stopping;
	pthread_mutex_unlock(&l->lock);
	return t;
}

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
	loop *l = ctx;
	eventfd_t wakes;
	bool stopping;
	task *t;

	(void)what;
	(void)eventfd_read(fd, &wakes);
	l->now = loop_clock();
	while ((t = take_all(l, &stopping)) != NULL)
		while (t != NULL) {
			task *next = t->next;

			t->run(t);
			t = next;
		}
	if (stopping)
		event_base_loopbreak(l->base);
}

static void on_second(evutil_socket_t fd, short what, void *ctx)
{
	loop *l = ctx;

	(void)fd;
	(void)what;
	l->now = loop_clock();
	conn_check_deadlines(l);
	if (l->on_tick != NULL)
		l->on_tick(l, l->ctx);
}

static void *run(void *ctx)
{
	loop *l = ctx;

	event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY);
	return NULL;
}

static void free_all(loop *l)
{
	if (l->woken != NULL)
		event_free(l->woken);
	if (l->tick != NULL)
		event_free(l->tick);
	if (l->base != NULL)
		event_base_free(l->base);
	if (l->wake >= 0)
		close(l->wake);
	free(l->in);
	free(l->out_memory);
	pthread_mutex_destroy(&l->lock);
}

/* One thread alone uses it: no locks. */
static struct event_base *new_base(void)
{
	struct event_config *how = event_config_new();
	struct event_base *base = NULL;

	if (how == NULL)
		return NULL;
	if (event_config_set_flag(how, EVENT_BASE_FLAG_NOLOCK) == 0)
		base = event_base_new_with_config(how);
	event_config_free(how);
	return base;
}

static int prepare(loop *l)
{
	static const struct timeval second = {1, 0};

	l->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (l->wake < 0)
		return errno;
	l->in = malloc(LOOP_IN_MAX);
	l->out_memory = malloc(LOOP_OUT_MAX);
	l->base = new_base();
	if (l->in == NULL || l->out_memory == NULL || l->base == NULL)
		return ENOMEM;
	mw_buf_init(&l->out, l->out_memory, LOOP_OUT_MAX);
	l->woken = event_new(l->base, l->wake, EV_READ | EV_PERSIST, on_wake, l);
	l->tick = event_new(l->base, -1, EV_PERSIST, on_second, l);
	if (l->woken == NULL || l->tick == NULL || event_add(l->woken, NULL) != 0 ||
	    event_add(l->tick, &second) != 0)
		return ENOMEM;
	return 0;
}

int loop_start(loop *l, void (*on_tick)(loop *l, void *ctx), void *ctx)
{
	int error;

	*l = (loop){.wake = -1, .on_tick = on_tick, .ctx = ctx};
	l->last = &l->first;
	l->now = loop_clock();
	pthread_mutex_init(&l->lock, NULL);
	error = prepare(l);
	if (error == 0)
		error = pthread_create(&l->thread, NULL, run, l);
	if (error != 0)
		free_all(l);
	return error;
}

static void wake_up(loop *l)
{
	/* It fails only when it is full, and then it wakes as well. */
	(void)eventfd_write(l->wake, 1);
}

void loop_post(loop *l, task *t)
{
	bool first;

	t->next = NULL;
	pthread_mutex_lock(&l->lock);
	first = l->first == NULL;
	*l->last = t;
	l->last = &t->next;
	pthread_mutex_unlock(&l->lock);
	if (first)
		wake_up(l);
}

typedef struct call {
	task t;
	void (*f)(void *ctx);
	void *ctx;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done;
} call;

static void run_call(task *t)
{
	call *c = (call *)(void *)t;

	c->f(c->ctx);
	pthread_mutex_lock(&c->lock);
	c->done = true;
	pthread_cond_signal(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

void loop_call(loop *l, void (*f)(void *ctx), void *ctx)
{
	call c = {.t = {.run = run_call}, .f = f, .ctx = ctx};

	pthread_mutex_init(&c.lock, NULL);
	pthread_cond_init(&c.changed, NULL);
	loop_post(l, &c.t);
	pthread_mutex_lock(&c.lock);
	while (!c.done)
		pthread_cond_wait(&c.changed, &c.lock);
	pthread_mutex_unlock(&c.lock);
	pthread_cond_destroy(&c.changed);
	pthread_mutex_destroy(&c.lock);
}

void loop_stop(loop *l)
{
	pthread_mutex_lock(&l->lock);
	l->stopping = true;
	pthread_mutex_unlock(&l->lock);
	wake_up(l);
	pthread_join(l->thread, NULL);
	while (l->conns != NULL)
		conn_abandon(l->conns);
	free_all(l);
}
