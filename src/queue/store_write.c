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

#include "queue/store_sql.h"

/* Pages of the log between two checkpoints. More is less work (what was deleted meanwhile
 * is never copied) and a longer pause. */
#define CHECKPOINT_PAGES 1024
/* Messages that one transaction deletes for store_clear(). */
#define WIPE_MAX 1000

enum {
	BEGIN,
	COMMIT,
	MESSAGE_PUT,
	RECIPIENT_PUT,
	RECIPIENT_LOOK,
	RECIPIENT_SET,
	RECIPIENT_TRIED,
	RECIPIENT_DROP,
	RECIPIENT_FIRST,
	MESSAGE_LOOK,
	MESSAGE_DROP,
	ROUTE_LOOK,
	TOTALS_SET,
	STATEMENTS
};

static const char *const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[MESSAGE_PUT] = "INSERT INTO message VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
	[RECIPIENT_PUT] = "INSERT INTO recipient VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
	[RECIPIENT_LOOK] = "SELECT state FROM recipient WHERE key = ?",
	[RECIPIENT_SET] = "UPDATE recipient SET state = ?, next_try = ? WHERE key = ?",
	[RECIPIENT_TRIED] = ("UPDATE recipient SET state = ?, next_try = ?, reply = ?,"
			     " text = ?, attempts = attempts + 1 WHERE key = ?"),
	[RECIPIENT_DROP] = "DELETE FROM recipient WHERE key = ?",
	[RECIPIENT_FIRST] = ("SELECT key, state FROM recipient WHERE key BETWEEN ? AND ?"
			     " ORDER BY key LIMIT 1"),
	[MESSAGE_LOOK] = "SELECT size, body IS NULL FROM message WHERE id = ?",
	[MESSAGE_DROP] = "DELETE FROM message WHERE id = ?",
	[ROUTE_LOOK] = "SELECT key FROM recipient WHERE route = ? AND key < ? LIMIT ?",
	[TOTALS_SET] = "UPDATE totals SET next_id = ?, messages = ?, bytes = ?",
};

struct writer {
	sqlite3 *db;
	sqlite3_stmt *st[STATEMENTS];
	char *body; /* room for a short body that comes in a file */
	totals now; /* what the transaction at work would leave */
	/* Files of messages that the transaction deletes. */
	uint64_t *gone;
	size_t gone_count, gone_cap;
	int log, checkpointed; /* pages of the log, and at the last checkpoint */
};

typedef struct group {
	store_put *puts;
	store_settle *settles;
	wipe *wipes;
} group;

static uint64_t key_of(uint64_t id, unsigned recipient)
{
	return id << KEY_BITS | recipient;
}

static binder begin(writer *w, int statement)
{
	return (binder){.st = w->st[statement]};
}

static int64_t flags_of(const store_message *m)
{
	return (int64_t)m->mail.body | (int64_t)m->mail.ret << 2 |
	       (int64_t)m->mail.smtputf8 << 4 | (int64_t)m->mail.requiretls << 5 |
	       (int64_t)m->tls << 6;
}

static bool read_whole(int fd, char *out, size_t size)
{
	size_t done = 0;

	while (done < size) {
		const ssize_t n = pread(fd, out + done, size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static int bind_body(writer *w, binder *b, const store_message *m)
{
	const char *ptr = m->fd >= 0 ? w->body : m->memory.ptr;

	b->n++;
	if (file_wanted(m))
		return sqlite3_bind_null(b->st, b->n);
	/* An empty body is no NULL: that stands for a file. */
	return sqlite3_bind_blob(b->st, b->n, m->size > 0 ? ptr : "", (int)m->size,
				 SQLITE_STATIC);
}

static int put_message(writer *w, const store_message *m)
{
	binder b = begin(w, MESSAGE_PUT);

	bind_int(&b, (int64_t)m->id);
	bind_int(&b, m->arrival);
	bind_int(&b, flags_of(m));
	bind_int(&b, (int64_t)m->mail.size);
	bind_str(&b, m->mail.sender);
	bind_str(&b, m->mail.envid);
	bind_str(&b, m->mail.auth);
	bind_str(&b, m->client);
	bind_str(&b, m->helo);
	bind_str(&b, m->login);
	bind_int(&b, (int64_t)m->size);
	const int rc = bind_body(w, &b, m);

	return rc == SQLITE_OK ? bind_run(&b) : rc;
}

static int put_recipient(writer *w, uint64_t key, const store_recipient *r)
{
	binder b = begin(w, RECIPIENT_PUT);

	bind_int(&b, (int64_t)key);
	bind_int(&b, (int64_t)r->route);
	bind_int(&b, (int64_t)r->state);
	bind_int(&b, r->next_try);
	bind_int(&b, r->attempts);
	bind_int(&b, r->notify);
	bind_int(&b, r->reply);
	bind_str(&b, r->address);
	bind_str(&b, r->original);
	bind_str(&b, r->orcpt);
	bind_str(&b, r->target);
	bind_str(&b, r->text);
	return bind_run(&b);
}

static int put_write(writer *w, store_put *p)
{
	const store_message *m = &p->message;

	if (p->status != MW_OK)
		return SQLITE_OK;
	if (m->fd >= 0 && !file_wanted(m) && !read_whole(m->fd, w->body, m->size)) {
		p->status = MW_E_ABSENT;
		return SQLITE_OK;
	}
	int rc = put_message(w, m);

	for (unsigned i = 0; i < m->recipient_count && rc == SQLITE_OK; i++) {
		rc = put_recipient(w, key_of(m->id, i), &m->recipients[i]);
		w->now.state[m->recipients[i].state]++;
	}
	w->now.messages++;
	w->now.bytes += m->size;
	if (w->now.next_id <= m->id)
		w->now.next_id = m->id + 1;
	return rc;
}

/* Steps once and keeps up to two numbers of the row: SQLITE_ROW, SQLITE_DONE, or what
 * failed. */
static int look(binder *b, int64_t *first, int64_t *second)
{
	int rc = b->rc;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(b->st);
	if (rc == SQLITE_ROW) {
		*first = sqlite3_column_int64(b->st, 0);
		if (second != NULL)
			*second = sqlite3_column_int64(b->st, 1);
	}
	sqlite3_reset(b->st);
	return rc;
}

static int look_state(int64_t state)
{
	return state >= 0 && state < STATES ? SQLITE_OK : SQLITE_CORRUPT;
}

static int drop(writer *w, int statement, uint64_t key)
{
	binder b = begin(w, statement);

	bind_int(&b, (int64_t)key);
	return bind_run(&b);
}

static int drop_recipient(writer *w, uint64_t key, int64_t state)
{
	const int rc = look_state(state);

	if (rc != SQLITE_OK)
		return rc;
	w->now.state[state]--;
	return drop(w, RECIPIENT_DROP, key);
}

/* A file that can't be noted is swept away at the next start. */
static void note_gone(writer *w, uint64_t id)
{
	if (w->gone_count == w->gone_cap) {
		const size_t cap = w->gone_cap * 2 + 64;
		uint64_t *more = realloc(w->gone, cap * sizeof *more);

		if (more == NULL)
			return;
		w->gone = more;
		w->gone_cap = cap;
	}
	w->gone[w->gone_count++] = id;
}

/* SQLITE_ROW: it is deleted. SQLITE_DONE: there is none. */
static int drop_message(writer *w, uint64_t id)
{
	binder b = begin(w, MESSAGE_LOOK);
	int64_t size = 0, file = 0;

	bind_int(&b, (int64_t)id);
	int rc = look(&b, &size, &file);

	if (rc != SQLITE_ROW)
		return rc;
	rc = drop(w, MESSAGE_DROP, id);
	if (file != 0)
		note_gone(w, id);
	w->now.messages--;
	w->now.bytes -= (uint64_t)size;
	return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

/* The first recipient that message `id` still has. */
static int first_recipient(writer *w, uint64_t id, int64_t *key, int64_t *state)
{
	binder b = begin(w, RECIPIENT_FIRST);

	bind_int(&b, (int64_t)key_of(id, 0));
	bind_int(&b, (int64_t)key_of(id, STORE_RECIPIENTS_MAX));
	return look(&b, key, state);
}

static int settle_over(writer *w, uint64_t id, uint64_t key, int64_t state)
{
	int64_t other;
	int rc = drop_recipient(w, key, state);

	if (rc != SQLITE_OK)
		return rc;
	rc = first_recipient(w, id, &other, &state);
	if (rc == SQLITE_DONE)
		rc = drop_message(w, id);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Where a recipient in state `old` stands after `t`; docs/QUEUE.md. */
static store_state state_after(store_state old, const store_settle *t, bool tried)
{
	return tried && t->state == STORE_QUEUED ? old : t->state;
}

static int settle_set(writer *w, const store_settle *t, uint64_t key, int64_t old)
{
	const bool tried = t->reply != 0 || t->text.len > 0;
	const store_state state = state_after((store_state)old, t, tried);
	binder b = begin(w, tried ? RECIPIENT_TRIED : RECIPIENT_SET);

	bind_int(&b, (int64_t)state);
	bind_int(&b, t->next_try);
	if (tried) {
		bind_int(&b, t->reply);
		bind_str(&b, mw_str_head(t->text, STORE_TEXT_MAX));
	}
	bind_int(&b, (int64_t)key);
	w->now.state[old]--;
	w->now.state[state]++;
	return bind_run(&b);
}

static int settle_write(writer *w, store_settle *t)
{
	const uint64_t key = key_of(t->id, t->recipient);
	binder b = begin(w, RECIPIENT_LOOK);
	int64_t old = 0;

	if (t->status != MW_OK)
		return SQLITE_OK;
	bind_int(&b, (int64_t)key);
	int rc = look(&b, &old, NULL);

	if (rc == SQLITE_DONE) {
		t->status = MW_E_ABSENT;
		return SQLITE_OK;
	}
	if (rc == SQLITE_ROW)
		rc = look_state(old);
	if (rc != SQLITE_OK)
		return rc;
	return t->over ? settle_over(w, t->id, key, old) : settle_set(w, t, key, old);
}

/* SQLITE_ROW: it is deleted. SQLITE_DONE: there is none. */
static int wipe_message(writer *w, uint64_t id)
{
	int64_t key, state;
	int rc;

	while ((rc = first_recipient(w, id, &key, &state)) == SQLITE_ROW) {
		rc = drop_recipient(w, (uint64_t)key, state);
		if (rc != SQLITE_OK)
			return rc;
	}
	return rc == SQLITE_DONE ? drop_message(w, id) : rc;
}

/* Some messages of the route; there may be more. */
static int look_route(writer *w, const wipe *p, uint64_t *id, size_t *count)
{
	binder b = begin(w, ROUTE_LOOK);

	bind_int(&b, p->route);
	bind_int(&b, (int64_t)key_of(p->id, 0));
	bind_int(&b, WIPE_MAX);
	int rc = b.rc;

	*count = 0;
	if (rc == SQLITE_OK)
		while ((rc = sqlite3_step(b.st)) == SQLITE_ROW)
			id[(*count)++] =
				(uint64_t)sqlite3_column_int64(b.st, 0) >> KEY_BITS;
	sqlite3_reset(b.st);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int wipe_route(writer *w, wipe *p)
{
	uint64_t id[WIPE_MAX];
	size_t count;
	int rc = look_route(w, p, id, &count);

	for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
		rc = wipe_message(w, id[i]);
		/* Two recipients of a message have the route: it is gone already. */
		if (rc == SQLITE_ROW || rc == SQLITE_DONE)
			rc = SQLITE_OK;
	}
	p->more = count == WIPE_MAX;
	return rc;
}

static int wipe_write(writer *w, wipe *p)
{
	if (p->route >= 0)
		return wipe_route(w, p);
	const int rc = wipe_message(w, p->id);

	if (rc == SQLITE_DONE)
		p->status = MW_E_ABSENT;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int write_totals(writer *w)
{
	binder b = begin(w, TOTALS_SET);

	bind_int(&b, (int64_t)w->now.next_id);
	bind_int(&b, (int64_t)w->now.messages);
	bind_int(&b, (int64_t)w->now.bytes);
	return bind_run(&b);
}

static int write_all(writer *w, const group *g)
{
	binder b = begin(w, BEGIN);
	int rc = bind_run(&b);

	for (store_put *p = g->puts; p != NULL && rc == SQLITE_OK; p = p->next)
		rc = put_write(w, p);
	for (store_settle *t = g->settles; t != NULL && rc == SQLITE_OK; t = t->next)
		rc = settle_write(w, t);
	for (wipe *p = g->wipes; p != NULL && rc == SQLITE_OK; p = p->next)
		rc = wipe_write(w, p);
	if (rc == SQLITE_OK)
		rc = write_totals(w);
	if (rc != SQLITE_OK)
		return rc;
	b = begin(w, COMMIT);
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
	for (store_settle *t = g->settles; t != NULL; t = t->next)
		t->status = status;
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
	for (store_settle *t = g->settles, *next; t != NULL; t = next, n++) {
		next = t->next;
		t->done(t, t->status);
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

/* Waits for work and takes all of it; false at the end. The lock is held. */
static bool take(store *s, group *g)
{
	while (s->puts == NULL && s->settles == NULL && s->wipes == NULL && !s->ending)
		pthread_cond_wait(&s->work, &s->lock);
	*g = (group){s->puts, s->settles, s->wipes};
	s->puts = NULL;
	s->puts_end = &s->puts;
	s->settles = NULL;
	s->settles_end = &s->settles;
	s->wipes = NULL;
	s->wipes_end = &s->wipes;
	return g->puts != NULL || g->settles != NULL || g->wipes != NULL;
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
		       look_state(sqlite3_column_int64(st[1], 0)) == SQLITE_OK)
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
