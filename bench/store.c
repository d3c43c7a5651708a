/* SPDX-License-Identifier: MIT
 *
 * bench-store - how fast does the store make messages durable?
 *
 *	bench-store FOLDER [SECONDS]	(each case; 2 unless told)
 *
 * Threads keep so many puts in flight each; then every message is settled as delivered.
 * CPU is that of the whole process, so that of the threads that ask is in it. Beside each
 * case stands a plain loop that appends as many bodies as are in flight to a file and
 *then calls fdatasync() once: the disk's own limit in the same run.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "queue/store.h"

#define FLIGHT_MAX 64

typedef struct lane lane;

typedef struct slot {
	store_put put;
	store_settle settle;
	store_recipient to;
	lane *of;
	struct slot *next;
} slot;

/* One thread and what it has in flight. */
struct lane {
	store *s;
	pthread_mutex_t lock;
	pthread_cond_t some;
	slot *free, slots[FLIGHT_MAX];
	unsigned depth;
	double until;
	uint64_t *ids;
	size_t count, cap;
	double worst; /* seconds from asking to its answer */
	mw_str body;
	double asked[FLIGHT_MAX];
};

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void give_back(slot *x, mw_status s)
{
	lane *l = x->of;

	if (s != MW_OK) {
		fprintf(stderr, "store: %s\n", mw_status_text(s));
		exit(1);
	}
	pthread_mutex_lock(&l->lock);
	x->next = l->free;
	l->free = x;
	pthread_cond_signal(&l->some);
	pthread_mutex_unlock(&l->lock);
}

static void put_done(store_put *p, mw_status s)
{
	slot *x = p->ctx;
	lane *l = x->of;
	const double took = now(CLOCK_MONOTONIC) - l->asked[x - l->slots];

	pthread_mutex_lock(&l->lock);
	if (took > l->worst)
		l->worst = took;
	if (l->count < l->cap)
		l->ids[l->count++] = p->message.id;
	pthread_mutex_unlock(&l->lock);
	give_back(x, s);
}

static void settle_done(store_settle *t, mw_status s)
{
	give_back(t->ctx, s);
}

static slot *take(lane *l)
{
	pthread_mutex_lock(&l->lock);
	while (l->free == NULL)
		pthread_cond_wait(&l->some, &l->lock);
	slot *x = l->free;

	l->free = x->next;
	pthread_mutex_unlock(&l->lock);
	return x;
}

static void prepare(lane *l)
{
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->some, NULL);
	l->cap = 1U << 20;
	l->ids = malloc(l->cap * sizeof *l->ids);
	if (l->ids == NULL)
		die("bench-store");
	for (unsigned i = 0; i < l->depth; i++) {
		slot *x = &l->slots[i];

		*x = (slot){.of = l, .next = l->free};
		x->to = (store_recipient){.address =
						  MW_LIT("somebody.or.other@example.org"),
					  .next_try = 1760000000000};
		x->put.message =
			(store_message){.arrival = 1760000000000,
					.mail.sender = MW_LIT("newsletter@example.com"),
					.client = MW_LIT("192.0.2.1"),
					.helo = MW_LIT("mail.example.com"),
					.size = l->body.len,
					.memory = l->body,
					.fd = -1,
					.recipients = &x->to,
					.recipient_count = 1};
		x->put.done = put_done;
		x->put.ctx = x;
		x->settle.done = settle_done;
		x->settle.ctx = x;
		l->free = x;
	}
}

static void drain(lane *l)
{
	slot *all = NULL;

	for (unsigned i = 0; i < l->depth; i++) {
		slot *x = take(l);

		x->next = all;
		all = x;
	}
	l->free = all;
}

static void *put_work(void *ctx)
{
	lane *l = ctx;
	double t;

	while ((t = now(CLOCK_MONOTONIC)) < l->until && l->count + l->depth < l->cap) {
		slot *x = take(l);

		l->asked[x - l->slots] = now(CLOCK_MONOTONIC);
		store_ask_put(l->s, &x->put);
	}
	drain(l);
	return NULL;
}

static void *settle_work(void *ctx)
{
	lane *l = ctx;

	for (size_t i = 0; i < l->count; i++) {
		slot *x = take(l);

		x->settle.id = l->ids[i];
		x->settle.over = true;
		store_ask_settle(l->s, &x->settle);
	}
	drain(l);
	return NULL;
}

/* Wall and CPU seconds. */
static void run(lane *l, unsigned threads, void *(*work)(void *), double *wall,
		double *cpu)
{
	pthread_t thread[64];

	*wall = now(CLOCK_MONOTONIC);
	*cpu = now(CLOCK_PROCESS_CPUTIME_ID);
	for (unsigned i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, work, &l[i]) != 0)
			die("thread");
	for (unsigned i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	*wall = now(CLOCK_MONOTONIC) - *wall;
	*cpu = now(CLOCK_PROCESS_CPUTIME_ID) - *cpu;
}

/* Bodies a second by append and fdatasync. */
static double plain(const char *folder, mw_str body, unsigned flight, double seconds)
{
	char path[4096];
	size_t n = 0;

	snprintf(path, sizeof path, "%s/plain", folder);
	const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0)
		die(path);
	unlink(path);
	const double from = now(CLOCK_MONOTONIC);
	double t;

	while ((t = now(CLOCK_MONOTONIC)) < from + seconds) {
		for (unsigned i = 0; i < flight; i++, n++)
			if (write(fd, body.ptr, body.len) != (ssize_t)body.len)
				die("write");
		if (fdatasync(fd) != 0)
			die("fdatasync");
	}
	close(fd);
	return (double)n / (t - from);
}

static void measure(const char *folder, unsigned threads, unsigned depth, mw_str body,
		    double seconds)
{
	static lane lanes[16];
	store *s;
	mw_err err;
	store_counts counts;
	double wall, cpu, settle_wall, settle_cpu, worst = 0;
	size_t n = 0;
	const double base = plain(folder, body, threads * depth, seconds);

	if (store_open(&s, folder, &err) != MW_OK) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	for (unsigned i = 0; i < threads; i++) {
		lanes[i] = (lane){.s = s, .depth = depth, .body = body};
		prepare(&lanes[i]);
		lanes[i].until = now(CLOCK_MONOTONIC) + seconds;
	}
	run(lanes, threads, put_work, &wall, &cpu);
	for (unsigned i = 0; i < threads; i++) {
		n += lanes[i].count;
		worst = lanes[i].worst > worst ? lanes[i].worst : worst;
	}
	store_count(s, &counts);
	run(lanes, threads, settle_work, &settle_wall, &settle_cpu);
	store_close(&s);
	for (unsigned i = 0; i < threads; i++)
		free(lanes[i].ids);
	printf("%3u x %-2u  %6zu  %8.0f  %7.1f  %6.1f  %6.0f  %8.0f  %7.1f  %8.0f  "
	       "%5.2f\n",
	       threads, depth, body.len, (double)n / wall, cpu * 1e6 / (double)n,
	       (double)counts.committed / (double)counts.commits, worst * 1e3,
	       (double)n / settle_wall, settle_cpu * 1e6 / (double)n, base,
	       (double)n / wall / base);
}

int main(int argc, char **argv)
{
	static const unsigned flight[][2] = {{1, 1}, {8, 1}, {16, 4}};
	static const size_t size[] = {2048, 51200};
	static char body[51200];
	const double seconds = argc > 2 ? strtod(argv[2], NULL) : 2;

	if (argc < 2) {
		fprintf(stderr, "usage: bench-store FOLDER [SECONDS]\n");
		return 64;
	}
	if (mkdir(argv[1], 0700) != 0 && errno != EEXIST)
		die(argv[1]);
	memset(body, 'x', sizeof body);
	printf("in flight  bytes     put/s   us/put   group  max ms  settle/s  us/sett   "
	       "plain/s"
	       "  ratio\n");
	for (size_t i = 0; i < sizeof size / sizeof *size; i++)
		for (size_t j = 0; j < sizeof flight / sizeof *flight; j++)
			measure(argv[1], flight[j][0], flight[j][1],
				(mw_str){body, size[i]}, seconds);
	return 0;
}
