/* SPDX-License-Identifier: MIT */
#include "engine/limiter.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#define BUCKETS 16384U
#define KEY_MAX 64U

typedef struct entry {
	struct entry *next;
	unsigned open;
	int64_t used_until; /* ms: each event moves it by T/N; it may run ahead by T */
	unsigned char kind, len;
	char key[];
} entry;

struct limiter {
	pthread_mutex_t lock;
	entry *bucket[BUCKETS];
	size_t count;
	uint64_t seed;
	size_t swept;
};

limiter *limiter_open(void)
{
	limiter *l = calloc(1, sizeof *l);

	if (l == NULL)
		return NULL;
	pthread_mutex_init(&l->lock, NULL);
	/* Without a seed the table still works, but an attacker could fill one bucket. */
	if (getrandom(&l->seed, sizeof l->seed, 0) != (ssize_t)sizeof l->seed)
		l->seed = (uint64_t)(uintptr_t)l;
	return l;
}

void limiter_close(limiter **l)
{
	if (*l == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while ((*l)->bucket[i] != NULL) {
			entry *e = (*l)->bucket[i];

			(*l)->bucket[i] = e->next;
			free(e);
		}
	pthread_mutex_destroy(&(*l)->lock);
	free(*l);
	*l = NULL;
}

static size_t hash(const limiter *l, limit_kind kind, mw_str key)
{
	uint64_t h = l->seed ^ (uint64_t)kind;

	for (size_t i = 0; i < key.len; i++) {
		h = (h ^ (unsigned char)key.ptr[i]) * 0x100000001b3U;
		h ^= h >> 29;
	}
	return (h ^ h >> 32) % BUCKETS;
}

static entry *find(limiter *l, limit_kind kind, mw_str key, bool add)
{
	entry **bucket, *e;

	key = mw_str_head(key, KEY_MAX);
	bucket = &l->bucket[hash(l, kind, key)];
	for (e = *bucket; e != NULL; e = e->next)
		if (e->kind == (unsigned char)kind &&
		    mw_str_eq((mw_str){e->key, e->len}, key))
			return e;
	if (!add || l->count >= LIMITER_KEYS_MAX)
		return NULL;
	e = calloc(1, sizeof *e + key.len);
	if (e == NULL)
		return NULL;
	e->kind = (unsigned char)kind;
	e->len = (unsigned char)key.len;
	memcpy(e->key, key.ptr, key.len);
	e->next = *bucket;
	*bucket = e;
	l->count++;
	return e;
}

bool limiter_enter(limiter *l, limit_kind kind, mw_str key, uint64_t max)
{
	entry *e;
	bool good = true;

	pthread_mutex_lock(&l->lock);
	e = find(l, kind, key, true);
	if (e != NULL && max != 0 && e->open >= max)
		good = false;
	else if (e != NULL)
		e->open++;
	pthread_mutex_unlock(&l->lock);
	return good;
}

void limiter_leave(limiter *l, limit_kind kind, mw_str key)
{
	entry *e;

	pthread_mutex_lock(&l->lock);
	e = find(l, kind, key, false);
	if (e != NULL && e->open > 0)
		e->open--;
	pthread_mutex_unlock(&l->lock);
}

unsigned limiter_open_count(limiter *l, limit_kind kind, mw_str key)
{
	entry *e;
	unsigned n;

	pthread_mutex_lock(&l->lock);
	e = find(l, kind, key, false);
	n = e != NULL ? e->open : 0;
	pthread_mutex_unlock(&l->lock);
	return n;
}

static bool is_full(const entry *e, value_rate rate, int64_t now)
{
	const int64_t span = (int64_t)rate.seconds * 1000;

	return e->used_until > now &&
	       e->used_until - now > span - span / (int64_t)rate.count;
}

bool limiter_take(limiter *l, limit_kind kind, mw_str key, value_rate rate, int64_t now)
{
	entry *e;
	bool good = true;

	if (rate.count == 0)
		return true;
	pthread_mutex_lock(&l->lock);
	e = find(l, kind, key, true);
	if (e != NULL && is_full(e, rate, now)) {
		good = false;
	} else if (e != NULL) {
		if (e->used_until < now)
			e->used_until = now;
		e->used_until += (int64_t)(rate.seconds * 1000 / rate.count);
	}
	pthread_mutex_unlock(&l->lock);
	return good;
}

bool limiter_exhausted(limiter *l, limit_kind kind, mw_str key, value_rate rate,
		       int64_t now)
{
	entry *e;
	bool full;

	if (rate.count == 0)
		return false;
	pthread_mutex_lock(&l->lock);
	e = find(l, kind, key, false);
	full = e != NULL && is_full(e, rate, now);
	pthread_mutex_unlock(&l->lock);
	return full;
}

void limiter_sweep(limiter *l, int64_t now)
{
	pthread_mutex_lock(&l->lock);
	/* A part at a time, so that nobody waits long. */
	for (size_t n = 0; n < BUCKETS / 16; n++) {
		entry **link = &l->bucket[l->swept++ % BUCKETS];

		while (*link != NULL) {
			entry *e = *link;

			if (e->open == 0 && e->used_until <= now) {
				*link = e->next;
				free(e);
				l->count--;
			} else {
				link = &e->next;
			}
		}
	}
	pthread_mutex_unlock(&l->lock);
}
