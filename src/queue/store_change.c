/* SPDX-License-Identifier: MIT
 *
 * What each kind of request changes in the database.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "queue/store_writer.h"

/* Messages that one transaction deletes for store_clear(). */
#define WIPE_MAX 1000

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
	       (int64_t)m->tls << 6 | (int64_t)m->urgent << 7;
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
	bind_int(&b, r->alarm);
	bind_int(&b, (r->warned ? FLAG_WARNED : 0) | (r->uncertain ? FLAG_UNCERTAIN : 0));
	return bind_run(&b);
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

int change_state(int64_t state)
{
	return state >= 0 && state < STATES ? SQLITE_OK : SQLITE_CORRUPT;
}

static int drop(writer *w, int statement, uint64_t key)
{
	binder b = begin(w, statement);

	bind_int(&b, (int64_t)key);
	return bind_run(&b);
}

static int drop_recipient(writer *w, uint64_t key, int64_t state, int64_t attempts)
{
	int rc = change_state(state);

	if (rc == SQLITE_OK && attempts > 0)
		rc = drop(w, ATTEMPT_DROP, key);
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

static int settle_over(writer *w, uint64_t id, uint64_t key, int64_t state,
		       int64_t attempts)
{
	int64_t other;
	int rc = drop_recipient(w, key, state, attempts);

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
		bind_int(&b, t->uncertain ? FLAG_UNCERTAIN : 0);
	}
	bind_int(&b, (int64_t)key);
	w->now.state[old]--;
	w->now.state[state]++;
	return bind_run(&b);
}

/* Two at the same millisecond are one. */
static int put_attempt(writer *w, uint64_t key, const store_attempt *a, int64_t before)
{
	binder b = begin(w, ATTEMPT_PUT);

	bind_int(&b, (int64_t)key);
	bind_int(&b, a->at);
	bind_str(&b, mw_str_head(a->host, STORE_TEXT_MAX));
	bind_str(&b, mw_str_head(a->address, STORE_TEXT_MAX));
	bind_str(&b, mw_str_head(a->source, STORE_TEXT_MAX));
	bind_str(&b, mw_str_head(a->tls, STORE_TEXT_MAX));
	bind_int(&b, (int64_t)a->stage);
	bind_int(&b, a->reply);
	bind_str(&b, mw_str_head(a->text, STORE_TEXT_MAX));
	bind_int(&b, (int64_t)a->category);
	bind_int(&b, a->next_try);
	bind_str(&b, mw_str_head(a->why, STORE_TEXT_MAX));
	const int rc = bind_run(&b);

	if (rc != SQLITE_OK || before < STORE_ATTEMPTS_MAX)
		return rc;
	b = begin(w, ATTEMPT_TRIM);
	bind_int(&b, (int64_t)key);
	bind_int(&b, STORE_ATTEMPTS_MAX);
	return bind_run(&b);
}

static int set_alarm(writer *w, uint64_t key, int64_t alarm)
{
	binder b = begin(w, RECIPIENT_TOLD);

	bind_int(&b, alarm);
	bind_int(&b, (int64_t)key);
	return bind_run(&b);
}

int change_settle(writer *w, store_settle *t)
{
	const uint64_t key = key_of(t->id, t->recipient);
	binder b = begin(w, RECIPIENT_LOOK);
	int64_t old = 0, attempts = 0;

	if (t->status != MW_OK)
		return SQLITE_OK;
	bind_int(&b, (int64_t)key);
	int rc = look(&b, &old, &attempts);

	if (rc == SQLITE_DONE) {
		t->status = MW_E_ABSENT;
		return SQLITE_OK;
	}
	if (rc == SQLITE_ROW)
		rc = change_state(old);
	if (rc != SQLITE_OK)
		return rc;
	if (t->over)
		return settle_over(w, t->id, key, old, attempts);
	if (t->rearm)
		return set_alarm(w, key, t->alarm);
	if (t->attempt != NULL)
		rc = put_attempt(w, key, t->attempt, attempts);
	return rc == SQLITE_OK ? settle_set(w, t, key, old) : rc;
}

static int change_told(writer *w, const store_told *t)
{
	const uint64_t key = key_of(t->id, t->recipient);
	int64_t state = 0, attempts = 0;
	binder b;

	if (!t->over)
		return set_alarm(w, key, t->alarm);
	b = begin(w, RECIPIENT_LOOK);
	bind_int(&b, (int64_t)key);
	const int rc = look(&b, &state, &attempts);

	if (rc == SQLITE_DONE)
		return SQLITE_OK;
	return rc == SQLITE_ROW ? settle_over(w, t->id, key, state, attempts) : rc;
}

int change_put(writer *w, store_put *p)
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
	for (size_t i = 0; i < p->told_count && rc == SQLITE_OK; i++)
		rc = change_told(w, &p->told[i]);
	return rc;
}

int change_intent(writer *w, store_intent *p)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; i < p->count && rc == SQLITE_OK && p->status == MW_OK; i++) {
		binder b = begin(w, RECIPIENT_INTENT);

		bind_int(&b, p->at);
		bind_int(&b, (int64_t)key_of(p->id, p->recipients[i]));
		rc = bind_run(&b);
		/* Somebody deleted it by hand: it is not to be sent. */
		if (rc == SQLITE_OK && sqlite3_changes(w->db) == 0)
			p->status = MW_E_ABSENT;
	}
	return rc;
}

int change_memory(writer *w, const store_memory *p)
{
	binder b = begin(w, MEMORY_PUT);

	bind_text(&b, p->destination);
	bind_text(&b, p->source);
	bind_text(&b, p->name);
	for (size_t i = 0; i < STORE_MEMORY_NUMBERS; i++)
		bind_int(&b, p->number[i]);
	return bind_run(&b);
}

/* SQLITE_ROW: it is deleted. SQLITE_DONE: there is none. */
static int wipe_message(writer *w, uint64_t id)
{
	int64_t key, state;
	int rc;

	while ((rc = first_recipient(w, id, &key, &state)) == SQLITE_ROW) {
		/* Its attempts, if there are any, go with it. */
		rc = drop_recipient(w, (uint64_t)key, state, 1);
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

int change_wipe(writer *w, wipe *p)
{
	if (p->route >= 0)
		return wipe_route(w, p);
	const int rc = wipe_message(w, p->id);

	if (rc == SQLITE_DONE)
		p->status = MW_E_ABSENT;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}
