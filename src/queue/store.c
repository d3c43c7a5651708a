/* SPDX-License-Identifier: MIT
 *
 * The store from outside: opening, closing, and asking. A request is checked by the
 * thread that asks, which costs the writer nothing, and is put at the end of a list;
 * whoever asks never waits for the disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queue/store_sql.h"

#define BODY_MAX (UINT64_C(1) << 62) /* bytes: more is no size */

static mw_status check_recipient(const store_recipient *r)
{
	const mw_str field[] = {r->address, r->original, r->orcpt, r->target, r->text};

	if ((unsigned)r->route > STORE_KEPT || (unsigned)r->state > STORE_FAILED)
		return MW_E_SYNTAX;
	for (size_t i = 0; i < sizeof field / sizeof *field; i++)
		if (field[i].len > STORE_TEXT_MAX)
			return MW_E_LIMIT;
	return MW_OK;
}

static mw_status check_put(const store_message *m)
{
	const mw_str field[] = {m->mail.sender, m->mail.envid, m->mail.auth,
				m->client,      m->helo,       m->login};
	mw_status status = MW_OK;

	if (m->recipient_count == 0 || (m->fd < 0 && m->memory.len != m->size))
		return MW_E_SYNTAX;
	if (m->recipient_count > STORE_RECIPIENTS_MAX || m->size > BODY_MAX)
		return MW_E_LIMIT;
	for (size_t i = 0; i < sizeof field / sizeof *field; i++)
		if (field[i].len > STORE_TEXT_MAX)
			return MW_E_LIMIT;
	for (size_t i = 0; i < m->recipient_count && status == MW_OK; i++)
		status = check_recipient(&m->recipients[i]);
	return status;
}

static mw_status check_settle(const store_settle *t)
{
	if (t->id == 0 || t->id > ID_MAX || t->recipient >= STORE_RECIPIENTS_MAX)
		return MW_E_ABSENT;
	if (!t->over && (unsigned)t->state > STORE_FAILED)
		return MW_E_SYNTAX;
	return MW_OK;
}

uint64_t store_new_id(store *s)
{
	uint64_t id;

	pthread_mutex_lock(&s->lock);
	id = s->next_id++;
	pthread_mutex_unlock(&s->lock);
	return id;
}

void store_ask_put(store *s, store_put *p)
{
	p->next = NULL;
	p->status = check_put(&p->message);
	const bool file = p->status == MW_OK && file_wanted(&p->message);

	pthread_mutex_lock(&s->lock);
	if (p->message.id == 0)
		p->message.id = s->next_id++;
	if (file) {
		*s->filing_end = p;
		s->filing_end = &p->next;
	} else {
		*s->puts_end = p;
		s->puts_end = &p->next;
	}
	s->pending++;
	pthread_cond_signal(file ? &s->files : &s->work);
	pthread_mutex_unlock(&s->lock);
}

void store_ask_settle(store *s, store_settle *t)
{
	t->next = NULL;
	t->status = check_settle(t);
	pthread_mutex_lock(&s->lock);
	*s->settles_end = t;
	s->settles_end = &t->next;
	s->pending++;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
}

void store_ask_intent(store *s, store_intent *p)
{
	p->next = NULL;
	p->status = p->id == 0 || p->id > ID_MAX ? MW_E_ABSENT : MW_OK;
	pthread_mutex_lock(&s->lock);
	*s->intents_end = p;
	s->intents_end = &p->next;
	s->pending++;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
}

void store_ask_memory(store *s, store_memory *p)
{
	p->next = NULL;
	p->status = MW_OK;
	pthread_mutex_lock(&s->lock);
	*s->memories_end = p;
	s->memories_end = &p->next;
	s->pending++;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
}

/* Asks and waits. For a route, `id` is set to what comes next: all before it are meant.
 */
static mw_status wipe_wait(store *s, wipe *w)
{
	pthread_mutex_lock(&s->lock);
	if (w->route >= 0)
		w->id = s->next_id;
	*s->wipes_end = w;
	s->wipes_end = &w->next;
	s->pending++;
	pthread_cond_signal(&s->work);
	while (!w->over)
		pthread_cond_wait(&s->wiped, &s->lock);
	pthread_mutex_unlock(&s->lock);
	return w->status;
}

mw_status store_delete(store *s, uint64_t id)
{
	wipe w = {.id = id, .route = -1};

	return id > 0 && id <= ID_MAX ? wipe_wait(s, &w) : MW_E_ABSENT;
}

mw_status store_clear(store *s, store_route route)
{
	wipe w = {.route = (int)route};

	return wipe_wait(s, &w);
}

void store_count(store *s, store_counts *out)
{
	pthread_mutex_lock(&s->lock);
	*out = (store_counts){.messages = s->totals.messages,
			      .bytes = s->totals.bytes,
			      .queued = s->totals.state[STORE_QUEUED],
			      .held = s->totals.state[STORE_HELD],
			      .failed = s->totals.state[STORE_FAILED],
			      .commits = s->commits,
			      .committed = s->committed};
	pthread_mutex_unlock(&s->lock);
}

/* Makes the folder; that it is there must be durable before anything in it. */
static mw_status make_folder(const char *dir)
{
	if (mkdir(dir, 0700) != 0)
		return errno == EEXIST ? MW_OK : errno_status(errno);
	const int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const int up =
		fd >= 0 ? openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	const bool done = up >= 0 && fsync(up) == 0;
	const int e = errno;

	if (up >= 0)
		close(up);
	if (fd >= 0)
		close(fd);
	errno = e;
	return done ? MW_OK : errno_status(e);
}

static mw_status fail(mw_err *err, mw_status status, const char *msg)
{
	err->status = status;
	err->pos = (size_t)errno;
	err->msg = msg;
	return status;
}

/* The lock ends with the process, however it ends. */
static mw_status open_folder(store *s, const char *dir, mw_err *err)
{
	const mw_status made = make_folder(dir);

	if (made != MW_OK)
		return fail(err, made, "cannot make the queue's folder");
	s->folder = realpath(dir, NULL);
	s->dir = s->folder == NULL ? -1
				   : open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0)
		return fail(err, errno_status(errno), "cannot open the queue's folder");
	s->guard = openat(s->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->guard < 0)
		return fail(err, errno_status(errno), "cannot open the queue's lock");
	if (flock(s->guard, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK
			       ? fail(err, MW_E_LIMIT, "another process has this queue")
			       : fail(err, errno_status(errno),
				      "cannot lock the queue's folder");
	const mw_status status = file_open(s);

	return status == MW_OK ? MW_OK
			       : fail(err, status, "cannot open the queue's bodies");
}

static mw_status name_database(store *s, mw_err *err)
{
	const size_t room = strlen(s->folder) + sizeof "/queue.db";

	s->database = malloc(room);
	if (s->database == NULL)
		return fail(err, MW_E_NOMEM, "out of memory");
	snprintf(s->database, room, "%s/queue.db", s->folder);
	return MW_OK;
}

/* Made here, so that it and what SQLite puts beside it have the modes that we want. */
static mw_status make_database(store *s, mw_err *err)
{
	const int fd = openat(s->dir, "queue.db", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	const bool synced = fd >= 0 && fsync(s->dir) == 0;
	const int e = errno;

	if (fd >= 0)
		close(fd);
	errno = e;
	if (!synced)
		return fail(err, errno_status(e), "cannot make the queue's database");
	return name_database(s, err);
}

static mw_status open_database(store *s, mw_err *err)
{
	mw_status status = make_database(s, err);

	if (status != MW_OK)
		return status;
	errno = 0;
	err->msg = NULL;
	status = write_open(s, err);
	if (status == MW_OK)
		return MW_OK;
	if (status == MW_E_SYNTAX)
		return fail(err, status, "the queue's database is damaged");
	return fail(err, status,
		    err->msg != NULL ? err->msg : "cannot open the queue's database");
}

static mw_status start(store *s, mw_err *err)
{
	s->next_id = s->totals.next_id;
	if (pthread_create(&s->write_thread, NULL, write_work, s) != 0)
		return fail(err, MW_E_NOMEM, "cannot start the queue's threads");
	if (pthread_create(&s->file_thread, NULL, file_work, s) == 0)
		return MW_OK;
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->write_thread, NULL);
	return fail(err, MW_E_NOMEM, "cannot start the queue's threads");
}

static store *store_new(void)
{
	store *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->dir = s->body = s->guard = -1;
	s->puts_end = &s->puts;
	s->filing_end = &s->filing;
	s->intents_end = &s->intents;
	s->settles_end = &s->settles;
	s->memories_end = &s->memories;
	s->wipes_end = &s->wipes;
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->pool_lock, NULL);
	pthread_cond_init(&s->work, NULL);
	pthread_cond_init(&s->files, NULL);
	pthread_cond_init(&s->idle, NULL);
	pthread_cond_init(&s->wiped, NULL);
	return s;
}

static void store_free(store *s)
{
	read_close(s);
	write_close(s);
	if (s->body >= 0)
		close(s->body);
	if (s->dir >= 0)
		close(s->dir);
	if (s->guard >= 0)
		close(s->guard);
	pthread_cond_destroy(&s->wiped);
	pthread_cond_destroy(&s->idle);
	pthread_cond_destroy(&s->files);
	pthread_cond_destroy(&s->work);
	pthread_mutex_destroy(&s->pool_lock);
	pthread_mutex_destroy(&s->lock);
	free(s->database);
	free(s->folder);
	free(s);
}

mw_status store_open(store **out, const char *dir, mw_err *err)
{
	store *s = store_new();
	mw_err unread;

	if (err == NULL)
		err = &unread;
	if (s == NULL)
		return fail(err, MW_E_NOMEM, "out of memory");
	mw_status status = open_folder(s, dir, err);

	if (status == MW_OK)
		status = open_database(s, err);
	if (status == MW_OK)
		status = start(s, err);
	if (status != MW_OK) {
		store_free(s);
		return status;
	}
	*out = s;
	return MW_OK;
}

mw_status store_open_to_look(store **out, const char *dir, mw_err *err)
{
	store *s = store_new();
	mw_err unread;
	mw_status status = MW_OK;

	if (err == NULL)
		err = &unread;
	if (s == NULL)
		return fail(err, MW_E_NOMEM, "out of memory");
	s->folder = realpath(dir, NULL);
	if (s->folder != NULL)
		s->dir = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->folder == NULL || s->dir < 0)
		status = fail(err, MW_E_ABSENT, "there is no queue");
	if (status == MW_OK && faccessat(s->dir, "queue.db", R_OK, 0) != 0)
		status = fail(err, MW_E_ABSENT, "there is no queue in that folder");
	if (status == MW_OK)
		status = name_database(s, err);
	if (status == MW_OK)
		s->body = openat(s->dir, "body", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (status == MW_OK) {
		err->msg = "cannot open the queue's database";
		status = db_check(s->database, err);
	}
	if (status != MW_OK) {
		store_free(s);
		return status;
	}
	*out = s;
	return MW_OK;
}

void store_close(store **sp)
{
	store *s = *sp;

	*sp = NULL;
	if (s->writer == NULL) {
		store_free(s);
		return;
	}
	pthread_mutex_lock(&s->lock);
	while (s->pending > 0)
		pthread_cond_wait(&s->idle, &s->lock);
	s->ending = true;
	pthread_cond_signal(&s->work);
	pthread_cond_signal(&s->files);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->file_thread, NULL);
	pthread_join(s->write_thread, NULL);
	store_free(s);
}
