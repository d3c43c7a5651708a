/* SPDX-License-Identifier: MIT */
#include "engine/workers.h"

#include <stdlib.h>

#define WAITING_MAX 1000U
#define THREADS_MAX 16U

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	task *first, **last;
	unsigned waiting, threads;
	bool stopping;
	pthread_t thread[THREADS_MAX];
};

static void *work(void *ctx)
{
	workers *w = ctx;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		task *t = w->first;

		if (t == NULL && w->stopping)
			break;
		if (t == NULL) {
			pthread_cond_wait(&w->changed, &w->lock);
			continue;
		}
		w->first = t->next;
		if (w->first == NULL)
			w->last = &w->first;
		w->waiting--;
		pthread_mutex_unlock(&w->lock);
		t->run(t);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

workers *workers_start(unsigned threads)
{
	workers *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	w->last = &w->first;
	while (w->threads < threads && w->threads < THREADS_MAX &&
	       pthread_create(&w->thread[w->threads], NULL, work, w) == 0)
		w->threads++;
	if (w->threads == 0)
		workers_stop(&w);
	return w;
}

bool workers_ask(workers *w, task *t)
{
	bool room;

	t->next = NULL;
	pthread_mutex_lock(&w->lock);
	room = w->waiting < WAITING_MAX;
	if (room) {
		*w->last = t;
		w->last = &t->next;
		w->waiting++;
		pthread_cond_signal(&w->changed);
	}
	pthread_mutex_unlock(&w->lock);
	return room;
}

void workers_stop(workers **w)
{
	if (*w == NULL)
		return;
	pthread_mutex_lock(&(*w)->lock);
	(*w)->stopping = true;
	pthread_cond_broadcast(&(*w)->changed);
	pthread_mutex_unlock(&(*w)->lock);
	for (unsigned i = 0; i < (*w)->threads; i++)
		pthread_join((*w)->thread[i], NULL);
	pthread_mutex_destroy(&(*w)->lock);
	pthread_cond_destroy(&(*w)->changed);
	free(*w);
	*w = NULL;
}
