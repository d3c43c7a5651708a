/* SPDX-License-Identifier: MIT
 *
 * Files are dealt out in batches with a number each; what a batch has to tell is written
 * when its turn comes. Whoever has the turn never waits, so that nobody waits for ever.
 */
#include "cli/crew.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/progress.h"

/* A batch ends with this many files or bytes. */
#define BATCH_FILES 64
#define BATCH_BYTES (256 * 1024)
/* What all threads together may hold back until their turn comes. */
#define HELD_BACK ((size_t)32 << 20)

typedef struct crew {
	pthread_mutex_t lock;
	pthread_cond_t turned;
	cli_paths *paths;
	const cli_wish *wish;
	size_t hold; /* bytes that one thread may hold back */
	cli_tally *tally;
	cli_progress progress;
	unsigned long long next, turn; /* numbers of batches */
	bool stopped;                  /* nobody reads us any more, or memory is out */
	int rc;
} crew;

typedef struct worker {
	crew *c;
	cli_letters letters;
	unsigned long long batch;
	char *path[BATCH_FILES];
	int paths;
} worker;

static void note(crew *c, int rc)
{
	if (c->rc == EXIT_DONE)
		c->rc = rc;
}

/* Writes all; called by whoever has the turn. */
static void write_out(crew *c, mw_buf *out)
{
	size_t done = 0;

	if (out->len > 0 && c->progress.shared)
		cli_progress_hide();
	while (done < out->len && !c->stopped) {
		const ssize_t n = write(STDOUT_FILENO, out->ptr + done, out->len - done);

		if (n > 0) {
			done += (size_t)n;
		} else if (n < 0 && errno != EINTR) {
			if (errno != EPIPE) {
				cli_complain("standard output: %s", strerror(errno));
				note(c, EXIT_IO);
			}
			c->stopped = true;
		}
	}
	mw_buf_reset(out);
}

/* Waits for the turn, then writes. The lock is held. */
static void write_in_turn(worker *w)
{
	crew *c = w->c;

	while (c->turn != w->batch && !c->stopped)
		pthread_cond_wait(&c->turned, &c->lock);
	write_out(c, &w->letters.out);
}

/* Brings what was counted into the common tally. The lock is held. */
static void count(worker *w)
{
	crew *c = w->c;

	if (!cli_tally_merge(c->tally, &w->letters.tally)) {
		cli_complain("out of memory");
		note(c, EXIT_NO_MEMORY);
		c->stopped = true;
	}
	cli_progress_show(&c->progress, c->tally->bytes, c->tally->messages);
}

static bool emit(void *ctx, bool full)
{
	worker *w = ctx;
	bool go_on;

	pthread_mutex_lock(&w->c->lock);
	count(w);
	const bool hold = w->c->turn != w->batch && w->letters.out.cap < w->c->hold;

	if (w->c->turn == w->batch || (full && !(hold && cli_letters_grow(&w->letters))))
		write_in_turn(w);
	go_on = !w->c->stopped;
	pthread_mutex_unlock(&w->c->lock);
	return go_on;
}

/* Takes the next files; false when there are none. The lock is held. */
static bool take_batch(worker *w)
{
	crew *c = w->c;
	unsigned long long bytes = 0;
	const char *path;
	struct stat s;

	w->paths = 0;
	while (!c->stopped && w->paths < BATCH_FILES && bytes < BATCH_BYTES &&
	       cli_paths_next(c->paths, &path)) {
		if ((w->path[w->paths] = strdup(path)) == NULL) {
			cli_complain("out of memory");
			note(c, EXIT_NO_MEMORY);
			c->stopped = true;
			break;
		}
		/* What has no size may be long. */
		bytes += stat(path, &s) == 0 && S_ISREG(s.st_mode)
				 ? (unsigned long long)s.st_size
				 : BATCH_BYTES;
		w->paths++;
	}
	w->batch = w->paths > 0 ? c->next++ : c->next;
	return w->paths > 0;
}

static void end_batch(worker *w)
{
	crew *c = w->c;

	count(w);
	write_in_turn(w);
	/* In the order of the files, so that the same one always decides. */
	note(c, w->letters.rc);
	w->letters.rc = EXIT_DONE;
	c->turn++;
	pthread_cond_broadcast(&c->turned);
	for (int i = 0; i < w->paths; i++)
		free(w->path[i]);
}

static void *work(void *ctx)
{
	worker *w = ctx;
	crew *c = w->c;

	pthread_mutex_lock(&c->lock);
	while (take_batch(w)) {
		pthread_mutex_unlock(&c->lock);
		for (int i = 0; i < w->paths && cli_letters_read(&w->letters, w->path[i]);
		     i++)
			;
		pthread_mutex_lock(&c->lock);
		if (w->letters.rc == EXIT_NO_MEMORY)
			c->stopped = true;
		end_batch(w);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* The threads beyond the first; fewer where no more can be had. */
static int start(worker *w, pthread_t *thread, int threads)
{
	int started = 0;

	for (int i = 1; i < threads; i++)
		if (pthread_create(&thread[started], NULL, work, &w[i]) == 0)
			started++;
		else
			break;
	return started;
}

static int open_all(crew *c, worker *w, int threads)
{
	int opened = 0;

	while (opened < threads) {
		w[opened].c = c;
		if (!cli_letters_open(&w[opened].letters, c->wish, emit, &w[opened])) {
			cli_letters_close(&w[opened].letters);
			break;
		}
		opened++;
	}
	return opened;
}

int cli_crew_run(cli_paths *paths, const cli_wish *wish, int threads,
		 unsigned long long total, cli_tally *tally)
{
	crew c = {.paths = paths,
		  .wish = wish,
		  .tally = tally,
		  .hold = HELD_BACK / (size_t)threads};
	worker *w = calloc((size_t)threads, sizeof *w);
	pthread_t *thread = calloc((size_t)threads, sizeof *thread);
	int opened = 0;

	pthread_mutex_init(&c.lock, NULL);
	pthread_cond_init(&c.turned, NULL);
	cli_progress_open(&c.progress, wish->quiet, total);
	if (w != NULL && thread != NULL)
		opened = open_all(&c, w, threads);
	if (opened > 0) {
		const int started = start(w, thread, opened);

		work(&w[0]);
		for (int i = 0; i < started; i++)
			pthread_join(thread[i], NULL);
	} else {
		cli_complain("out of memory");
		note(&c, EXIT_NO_MEMORY);
	}
	cli_progress_hide();
	for (int i = 0; i < opened; i++)
		cli_letters_close(&w[i].letters);
	free(thread);
	free(w);
	pthread_cond_destroy(&c.turned);
	pthread_mutex_destroy(&c.lock);
	return c.rc;
}
