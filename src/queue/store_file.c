/* SPDX-License-Identifier: MIT
 *
 * Long bodies: files of their own, "body/ID", so that they go neither through the log of
 * the database nor through its cache.
 *
 * A body is synced, gets its name, and the folder is synced, before the writer commits
 * the row: so a row always has its file. The other way round, a file without a row, is
 * swept away at the next start. A thread of its own does it, for syncing megabytes must
 * not hold up those who wait for small ones.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_TMPFILE, mkostemp */
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queue/store_sql.h"

#define PIECE      65536
#define NAME_BYTES 24 /* of a 64-bit number */

bool file_wanted(const store_message *m)
{
	return m->size > STORE_INLINE_MAX;
}

static void name_of(char name[NAME_BYTES], uint64_t id)
{
	snprintf(name, NAME_BYTES, "%" PRIu64, id);
}

mw_status file_open(store *s)
{
	if (mkdirat(s->dir, "body", 0700) != 0 && errno != EEXIST)
		return errno_status(errno);
	s->body = openat(s->dir, "body", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->body >= 0 ? MW_OK : errno_status(errno);
}

/* Where the file system has no nameless files: one that loses its name at once. */
static int spool_named(const store *s)
{
	char path[PATH_MAX];
	const int n = snprintf(path, sizeof path, "%s/body/spool.XXXXXX", s->folder);

	if (n < 0 || (size_t)n >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	const int fd = mkostemp(path, O_CLOEXEC);

	if (fd >= 0)
		unlink(path);
	return fd;
}

int store_spool_file(store *s)
{
	const int fd = openat(s->body, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
		return fd;
	return spool_named(s);
}

int file_read(const store *s, uint64_t id)
{
	char name[NAME_BYTES];

	name_of(name, id);
	return openat(s->body, name, O_RDONLY | O_CLOEXEC);
}

void file_remove(const store *s, uint64_t id)
{
	char name[NAME_BYTES];

	name_of(name, id);
	unlinkat(s->body, name, 0);
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		const ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

static bool copy_file(int out, int in, uint64_t size)
{
	char piece[PIECE];
	uint64_t done = 0;

	while (done < size) {
		const uint64_t left = size - done;
		const ssize_t n = pread(in, piece, left < PIECE ? (size_t)left : PIECE,
					(off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0 || !write_all(out, piece, (size_t)n))
			return false;
		done += (uint64_t)n;
	}
	return true;
}

/* The body under its name, by writing it once more. */
static mw_status copy(const store *s, const store_message *m)
{
	char name[NAME_BYTES];

	name_of(name, m->id);
	const int fd =
		openat(s->body, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno_status(errno);
	const bool done = (m->fd >= 0 ? copy_file(fd, m->fd, m->size)
				      : write_all(fd, m->memory.ptr, m->memory.len)) &&
			  fdatasync(fd) == 0;
	const int e = errno;

	close(fd);
	if (done)
		return MW_OK;
	unlinkat(s->body, name, 0);
	return errno_status(e);
}

/* Gives a nameless file its name. It fails for any other; then a copy is made. */
static bool give_name(const store *s, const store_message *m)
{
	char from[sizeof "/proc/self/fd/" + NAME_BYTES], name[NAME_BYTES];

	snprintf(from, sizeof from, "/proc/self/fd/%d", m->fd);
	name_of(name, m->id);
	return linkat(AT_FDCWD, from, s->body, name, AT_SYMLINK_FOLLOW) == 0;
}

static mw_status place(const store *s, const store_message *m)
{
	struct stat st;

	if (m->fd < 0)
		return copy(s, m);
	if (fstat(m->fd, &st) != 0)
		return errno_status(errno);
	if ((uint64_t)st.st_size < m->size)
		return MW_E_SYNTAX;
	/* A file that has a name elsewhere is somebody's who may go on writing to it. */
	if (st.st_nlink != 0)
		return copy(s, m);
	if (fdatasync(m->fd) != 0)
		return errno_status(errno);
	return give_name(s, m) ? MW_OK : copy(s, m);
}

static void place_all(const store *s, store_put *list)
{
	for (store_put *p = list; p != NULL; p = p->next)
		p->status = place(s, &p->message);
	if (fsync(s->body) == 0)
		return;
	const mw_status status = errno_status(errno);

	for (store_put *p = list; p != NULL; p = p->next)
		if (p->status == MW_OK) {
			p->status = status;
			file_remove(s, p->message.id);
		}
}

void *file_work(void *ctx)
{
	store *s = ctx;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		while (s->filing == NULL && !s->ending)
			pthread_cond_wait(&s->files, &s->lock);
		if (s->filing == NULL)
			break;
		store_put *list = s->filing, **end = s->filing_end;

		s->filing = NULL;
		s->filing_end = &s->filing;
		pthread_mutex_unlock(&s->lock);
		place_all(s, list);
		pthread_mutex_lock(&s->lock);
		*s->puts_end = list;
		s->puts_end = end;
		pthread_cond_signal(&s->work);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* The number that is the name; 0 when it is none of ours. */
static uint64_t id_of(const char *name)
{
	char again[NAME_BYTES];
	const uint64_t id = strtoull(name, NULL, 10);

	name_of(again, id);
	return strcmp(name, again) == 0 ? id : 0;
}

/* Whether some message has its body in file `id`. */
static int named(sqlite3_stmt *st, uint64_t id, bool *yes)
{
	sqlite3_bind_int64(st, 1, (int64_t)id);
	const int rc = sqlite3_step(st);

	*yes = rc == SQLITE_ROW;
	sqlite3_reset(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int sweep(const store *s, DIR *d, sqlite3_stmt *st)
{
	const struct dirent *e;
	int rc = SQLITE_OK;

	while (rc == SQLITE_OK && (e = readdir(d)) != NULL) {
		const uint64_t id = id_of(e->d_name);
		bool keep = id == 0;

		if (id != 0)
			rc = named(st, id, &keep);
		else if (strncmp(e->d_name, "spool.", 6) == 0)
			keep = false;
		if (rc == SQLITE_OK && !keep)
			unlinkat(s->body, e->d_name, 0);
	}
	return rc;
}

mw_status file_sweep(store *s, sqlite3 *db)
{
	static const char *const sql[] = {
		"SELECT 1 FROM message WHERE id = ?1 AND body IS NULL"};
	sqlite3_stmt *st = NULL;
	const int fd = openat(s->body, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	if (d == NULL) {
		const mw_status status = errno_status(errno);

		if (fd >= 0)
			close(fd);
		return status;
	}
	int rc = db_prepare(db, sql, 1, &st);

	if (rc == SQLITE_OK)
		rc = sweep(s, d, st);
	sqlite3_finalize(st);
	closedir(d);
	return db_status(rc);
}
