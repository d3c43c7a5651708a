/* SPDX-License-Identifier: MIT */
#include "engine/outlog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define GATHER_MS 20

static int open_file(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

/* A log that can't be written stops nobody; the bytes are counted as lost. */
static bool write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		const ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

static void tell_lost(outlog *l, unsigned long long lost)
{
	char line[120];
	const int n = snprintf(line, sizeof line,
			       "{\"event\":\"log-lost\",\"lines\":%llu}\n", lost);

	if (lost > 0)
		(void)write_all(l->fd, line, (size_t)n);
}

static void open_again(outlog *l)
{
	const int fd = l->path != NULL ? open_file(l->path) : -1;

	if (fd < 0)
		return;
	close(l->fd);
	l->fd = fd;
}

/* A line may wait for a moment, so that under load many go out with one write() and few
 * wakes of this thread. The lock is held. */
static void gather(outlog *l)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += GATHER_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	while (!l->stopping && !l->reopen && l->len < OUTLOG_MAX / 2)
		if (pthread_cond_timedwait(&l->changed, &l->lock, &until) != 0)
			return;
}

static void *run(void *ctx)
{
	outlog *l = ctx;

	pthread_mutex_lock(&l->lock);
	while (!l->stopping || l->len > 0) {
		if (l->len > 0)
			gather(l);

		char *swap = l->waiting;
		const size_t n = l->len;
		const unsigned long long lost = l->lost;
		const bool reopen = l->reopen;

		if (n == 0 && !reopen) {
			pthread_cond_wait(&l->changed, &l->lock);
			continue;
		}
		l->waiting = l->writing;
		l->writing = swap;
		l->len = 0;
		l->lost = 0;
		l->reopen = false;
		pthread_mutex_unlock(&l->lock);
		if (reopen)
			open_again(l);
		(void)write_all(l->fd, swap, n);
		tell_lost(l, lost);
		pthread_mutex_lock(&l->lock);
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

static int start(outlog *l)
{
	int error;

	l->waiting = malloc(OUTLOG_MAX);
	l->writing = malloc(OUTLOG_MAX);
	if (l->waiting == NULL || l->writing == NULL)
		return ENOMEM;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->changed, NULL);
	error = pthread_create(&l->thread, NULL, run, l);
	l->running = error == 0;
	return error;
}

static void give_back(outlog *l)
{
	free(l->waiting);
	free(l->writing);
	if (l->path != NULL)
		close(l->fd);
}

int outlog_start(outlog *l, const char *path)
{
	int error;

	*l = (outlog){.fd = STDOUT_FILENO};
	if (strcmp(path, "-") != 0) {
		l->path = path;
		l->fd = open_file(path);
		if (l->fd < 0)
			return errno;
	}
	error = start(l);
	if (error != 0)
		give_back(l);
	return error;
}

void outlog_put(outlog *l, mw_str line)
{
	if (!l->running)
		return;
	pthread_mutex_lock(&l->lock);
	if (line.len <= OUTLOG_MAX - l->len) {
		memcpy(l->waiting + l->len, line.ptr, line.len);
		l->len += line.len;
		/* The first wakes the thread, and so does too much. */
		if (l->len == line.len ||
		    (l->len >= OUTLOG_MAX / 2 && l->len - line.len < OUTLOG_MAX / 2))
			pthread_cond_signal(&l->changed);
	} else {
		l->lost++;
	}
	pthread_mutex_unlock(&l->lock);
}

void outlog_reopen(outlog *l)
{
	if (!l->running)
		return;
	pthread_mutex_lock(&l->lock);
	l->reopen = true;
	pthread_cond_signal(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

void outlog_stop(outlog *l)
{
	if (!l->running)
		return;
	pthread_mutex_lock(&l->lock);
	l->stopping = true;
	pthread_cond_signal(&l->changed);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	l->running = false;
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->changed);
	give_back(l);
}

mw_str outlog_time(char out[OUTLOG_TIME_MAX], int64_t ms)
{
	const time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	int n;

	if (gmtime_r(&seconds, &tm) == NULL)
		return mw_str_of("");
	n = snprintf(out, OUTLOG_TIME_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		     (int)((tm.tm_year + 1900) % 10000), tm.tm_mon + 1, tm.tm_mday,
		     tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(ms % 1000));
	return (mw_str){out, (size_t)n};
}

int64_t outlog_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
