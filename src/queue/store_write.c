/* SPDX-License-Identifier: MIT
 *
 * The writer: takes all requests that wait, commits them in one transaction, which is one
 * sync, and runs their completions. It never waits for more to come: what gathers while a
 * commit runs is the next group, so groups grow with the load by themselves.
 *
 * Requests were checked when they were asked, and what is looked up is looked up before
 * it is changed. So a statement that fails means that disk, memory or database do, which
 * concerns the whole group: it is rolled back and all of it is told.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "queue/store_writer.h"

/* Pages of the log between two checkpoints. More is less work (what was deleted meanwhile
 * is never copied) and a longer pause. */
#define CHECKPOINT_PAGES 1024
static const char *const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[MESSAGE_PUT] = "INSERT INTO message VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
	[RECIPIENT_PUT] = "INSERT INTO recipient VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,0)",
	[RECIPIENT_LOOK] = "SELECT state, attempts FROM recipient WHERE key = ?",
	[RECIPIENT_SET] =
		("UPDATE recipient SET state = ?1, next_try = ?2, intent = 0,"
		 " alarm = CASE ?1 WHEN 2 THEN 0 ELSE alarm END WHERE key = ?3"),
	[RECIPIENT_TRIED] = ("UPDATE recipient SET state = ?1, next_try = ?2, reply = ?3,"
			     " text = ?4, flags = flags & ~2 | ?5, intent = 0,"
			     " alarm = CASE ?1 WHEN 2 THEN 0 ELSE alarm END,"
			     " attempts = attempts + 1 WHERE key = ?6"),
	[RECIPIENT_INTENT] = "UPDATE recipient SET intent = ? WHERE key = ?",
	[RECIPIENT_TOLD] = ("UPDATE recipient SET alarm = ?, flags = flags | 1"
			    " WHERE key = ? AND state <> 2"),
	[RECIPIENT_DROP] = "DELETE FROM recipient WHERE key = ?",
	[RECIPIENT_FIRST] = ("SELECT key, state FROM recipient WHERE key BETWEEN ? AND ?"
			     " ORDER BY key LIMIT 1"),
	[ATTEMPT_PUT] = "INSERT OR REPLACE INTO attempt VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
	[ATTEMPT_TRIM] = ("DELETE FROM attempt WHERE key = ?1 AND at <= (SELECT at FROM"
			  " attempt WHERE key = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?2)"),
	[ATTEMPT_DROP] = "DELETE FROM attempt WHERE key = ?",
	[MEMORY_PUT] = "INSERT OR REPLACE INTO destination VALUES(?,?,?,?,?,?,?,?)",
	[MESSAGE_LOOK] = "SELECT size, body IS NULL FROM message WHERE id = ?",
	[MESSAGE_DROP] = "DELETE FROM message WHERE id = ?",
	[ROUTE_LOOK] = "SELECT key FROM recipient WHERE route = ? AND key < ? LIMIT ?",
	[TOTALS_SET] = "UPDATE totals SET next_id = ?, messages = ?, bytes = ?",
};

typedef struct group {
	store_put *puts;
	store_intent *intents;
	store_settle *settles;
	store_memory *memories;
	wipe *wipes;
} group;

static int write_totals(writer *w)
{
	binder b = {.st = w->st[TOTALS_SET]};

	bind_int(&b, (int64_t)w->now.next_id);
	bind_int(&b, (int64_t)w->now.messages);
	bind_int(&b, (int64_t)w->now.bytes);
	return bind_run(&b);
}

static int write_all(writer *w, const group *g)
{
	binder b = {.st = w->st[BEGIN]};
	int rc = bind_run(&b);

	for (store_put *p = g->puts; p != NULL && rc == SQLITE_OK; p = p->next)
		rc = change_put(w, p);
	for (store_intent *p = g->intents; p != NULL && rc == SQLITE_OK; p = p->next)
		rc = change_intent(w, p);
	for (store_settle *t = g->settles; t != NULL && rc == SQLITE_OK; t = t->next)
		rc = change_settle(w, t);
	for (store_memory *p = g->memories; p != NULL && rc == SQLITE_OK; p = p->next)
		rc = change_memory(w, p);
	for (wipe *p = g->wipes; p != NULL && rc == SQLITE_OK; p = p->next)
		rc = change_wipe(w, p);
	if (rc == SQLITE_OK)
		rc = write_totals(w);
	if (rc != SQLITE_OK)
		return rc;
	b = (binder){.st = w->st[COMMIT]};
	return bind_run(&b);
}

/* Nothing of the group was kept. After a sync that failed nobody knows what is on the
 * disk: a crash might bring the rows back, so their files stay until the next start. */
static void fail_all(const store *s, const group *g, mw_status status, bool unsure)
{
	for (store_put *p = g->puts; p != NULL; p = p->next)
		if (p->status == MW_OK) {
			p->status = status;
			if (file_wanted(&p->message) && !unsure)
				file_remove(s, p->message.id);
		}
	for (store_intent *p = g->intents; p != NULL; p = p->next)
		p->status = status;
	for (store_settle *t = g->settles; t != NULL; t = t->next)
		t->status = status;
	for (store_memory *p = g->memories; p != NULL; p = p->next)
		p->status = status;
	for (wipe *p = g->wipes; p != NULL; p = p->next) {
		p->status = status;
		p->more = false;
	}
}

static void roll_back(store *s, const group *g, int rc)
{
	writer *w = s->writer;
	const mw_status status = db_status(rc);

	/* SQLite may have done it by itself. */
	if (sqlite3_get_autocommit(w->db) == 0)
		sqlite3_exec(w->db, "ROLLBACK", NULL, NULL, NULL);
	w->gone_count = 0;
	fail_all(s, g, status, rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC);
}

static void commit(store *s, const group *g)
{
	writer *w = s->writer;

	errno = 0;
	w->now = s->totals;
	const int rc = write_all(w, g);

	if (rc != SQLITE_OK) {
		roll_back(s, g, rc);
		return;
	}
	for (size_t i = 0; i < w->gone_count; i++)
		file_remove(s, w->gone[i]);
	w->gone_count = 0;
	pthread_mutex_lock(&s->lock);
	s->totals = w->now;
	s->commits += g->puts != NULL;
	for (const store_put *p = g->puts; p != NULL; p = p->next)
		s->committed += p->status == MW_OK;
	pthread_mutex_unlock(&s->lock);
}

/* A request belongs to its owner again as soon as `done` is called. */
static size_t tell(const group *g)
{
	size_t n = 0;

	for (store_put *p = g->puts, *next; p != NULL; p = next, n++) {
		next = p->next;
		if (p->status != MW_OK)
			p->message.id = 0;
		p->done(p, p->status);
	}
	for (store_intent *p = g->intents, *next; p != NULL; p = next, n++) {
		next = p->next;
		p->done(p, p->status);
	}
	for (store_settle *t = g->settles, *next; t != NULL; t = next, n++) {
		next = t->next;
		t->done(t, t->status);
	}
	for (store_memory *p = g->memories, *next; p != NULL; p = next, n++) {
		next = p->next;
		p->done(p, p->status);
	}
	return n;
}

/* Those that are over are told; the others wait for the next group. The lock is held. */
static size_t tell_wipes(store *s, wipe *list)
{
	size_t n = 0;

	for (wipe *p = list, *next; p != NULL; p = next) {
		next = p->next;
		p->next = NULL;
		if (p->more) {
			p->more = false;
			*s->wipes_end = p;
			s->wipes_end = &p->next;
		} else {
			p->over = true;
			n++;
		}
	}
	if (n > 0)
		pthread_cond_broadcast(&s->wiped);
	return n;
}

/* Between two groups, when nobody waits for an answer any more. */
static void checkpoint(writer *w)
{
	if (w->log < w->checkpointed)
		w->checkpointed = 0; /* the log began anew */
	if (w->log < w->checkpointed + CHECKPOINT_PAGES)
		return;
	/* What fails is done by the next one; until then all is in the log. */
	sqlite3_wal_checkpoint_v2(w->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	w->checkpointed = w->log;
}

static int note_log(void *ctx, sqlite3 *db, const char *name, int pages)
{
	writer *w = ctx;

	(void)db;
	(void)name;
	w->log = pages;
	return SQLITE_OK;
}

static bool has_work(const store *s)
{
	return s->puts != NULL || s->intents != NULL || s->settles != NULL ||
	       s->memories != NULL || s->wipes != NULL;
}

/* Waits for work and takes all of it; false at the end. The lock is held. */
static bool take(store *s, group *g)
{
	while (!has_work(s) && !s->ending)
		pthread_cond_wait(&s->work, &s->lock);
	const bool some = has_work(s);

	*g = (group){s->puts, s->intents, s->settles, s->memories, s->wipes};
	s->puts = NULL;
	s->puts_end = &s->puts;
	s->intents = NULL;
	s->intents_end = &s->intents;
	s->settles = NULL;
	s->settles_end = &s->settles;
	s->memories = NULL;
	s->memories_end = &s->memories;
	s->wipes = NULL;
	s->wipes_end = &s->wipes;
	return some;
}

void *write_work(void *ctx)
{
	store *s = ctx;
	group g;

	pthread_mutex_lock(&s->lock);
	while (take(s, &g)) {
		pthread_mutex_unlock(&s->lock);
		commit(s, &g);
		const size_t told = tell(&g);

		pthread_mutex_lock(&s->lock);
		s->pending -= told + tell_wipes(s, g.wipes);
		if (s->pending == 0)
			pthread_cond_signal(&s->idle);
		pthread_mutex_unlock(&s->lock);
		checkpoint(s->writer);
		pthread_mutex_lock(&s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static int read_totals(sqlite3 *db, totals *t)
{
	static const char *const text[] = {
		"SELECT next_id, messages, bytes FROM totals",
		"SELECT state, count(*) FROM recipient GROUP BY state"};
	sqlite3_stmt *st[2] = {0};
	int rc = db_prepare(db, text, 2, st);

	if (rc == SQLITE_OK && (rc = sqlite3_step(st[0])) == SQLITE_ROW) {
		t->next_id = (uint64_t)sqlite3_column_int64(st[0], 0);
		t->messages = (uint64_t)sqlite3_column_int64(st[0], 1);
		t->bytes = (uint64_t)sqlite3_column_int64(st[0], 2);
		while ((rc = sqlite3_step(st[1])) == SQLITE_ROW &&
		       change_state(sqlite3_column_int64(st[1], 0)) == SQLITE_OK)
			t->state[sqlite3_column_int64(st[1], 0)] =
				(uint64_t)sqlite3_column_int64(st[1], 1);
		if (rc == SQLITE_ROW)
			rc = SQLITE_CORRUPT;
	} else if (rc == SQLITE_DONE) {
		rc = SQLITE_CORRUPT;
	}
	db_finalize(st, 2);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

mw_status write_open(store *s, mw_err *err)
{
	writer *w = calloc(1, sizeof *w);

	if (w == NULL || (w->body = malloc(STORE_INLINE_MAX)) == NULL) {
		free(w);
		return MW_E_NOMEM;
	}
	s->writer = w;
	int rc = db_open(&w->db, s->database);

	if (rc != SQLITE_OK)
		return db_status(rc);
	const mw_status status = db_schema(w->db, err);

	if (status != MW_OK)
		return status;
	sqlite3_wal_hook(w->db, note_log, w);
	rc = db_prepare(w->db, sql, STATEMENTS, w->st);
	if (rc == SQLITE_OK)
		rc = read_totals(w->db, &s->totals);
	if (rc != SQLITE_OK)
		return db_status(rc);
	return file_sweep(s, w->db);
}

void write_close(store *s)
{
	writer *w = s->writer;

	if (w == NULL)
		return;
	db_finalize(w->st, STATEMENTS);
	sqlite3_close(w->db);
	free(w->gone);
	free(w->body);
	free(w);
}
