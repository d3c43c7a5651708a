/* SPDX-License-Identifier: MIT */
#include "engine/kept.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "read/decode.h"
#include "read/field.h"
#include "read/mime.h"

#define LISTED_MAX 10000U       /* mails that one list looks at */
#define HEAD_MAX   (64U << 10)  /* bytes of a header that are read for a list */
#define TEXT_MAX   (256U << 10) /* bytes of text that are shown */

/* --- growing text */

typedef struct text {
	char *ptr;
	size_t len, cap;
	bool failed;
} text;

static void put(text *t, mw_str s)
{
	if (s.len == 0)
		return;
	if (t->len + s.len > t->cap) {
		const size_t cap = (t->len + s.len) * 2 + 1024;
		char *p = realloc(t->ptr, cap);

		if (p == NULL) {
			t->failed = true;
			return;
		}
		t->ptr = p;
		t->cap = cap;
	}
	memcpy(t->ptr + t->len, s.ptr, s.len);
	t->len += s.len;
}

/* A string with its quotes; escaped it may be six times as long. */
static void put_string(text *t, mw_str s)
{
	char *p = malloc(s.len * 6 + 1);
	mw_buf b;

	if (p == NULL) {
		t->failed = true;
		return;
	}
	mw_buf_init(&b, p, s.len * 6 + 1);
	mw_buf_put_json(&b, s);
	put(t, MW_LIT("\""));
	put(t, mw_buf_str(&b));
	put(t, MW_LIT("\""));
	free(p);
}

static void put_member(text *t, const char *name, mw_str value)
{
	put(t, MW_LIT(",\""));
	put(t, mw_str_of(name));
	put(t, MW_LIT("\":"));
	put_string(t, value);
}

static void put_number(text *t, uint64_t n)
{
	char room[24];
	mw_buf b;

	mw_buf_init(&b, room, sizeof room);
	mw_buf_put_int(&b, (long long)n);
	put(t, mw_buf_str(&b));
}

/* --- reading mails */

/* The body of a mail in memory, at most `max` bytes of it; the caller frees ptr. */
static mw_status load(engine *e, uint64_t id, size_t max, mw_str *out)
{
	uint64_t size;
	int fd;
	mw_status status = store_body(e->store, id, out, &fd, &size);
	char *p;
	ssize_t n;

	if (status != MW_OK || fd < 0)
		return status;
	p = malloc(max);
	n = p != NULL ? pread(fd, p, max, 0) : -1;
	close(fd);
	if (n < 0) {
		free(p);
		return MW_E_NOMEM;
	}
	*out = (mw_str){p, (size_t)n};
	return MW_OK;
}

static void put_field(text *t, const char *name, mw_str value)
{
	char *p = malloc(value.len * 3 + 1);
	mw_buf b;

	if (p == NULL) {
		t->failed = true;
		return;
	}
	mw_buf_init(&b, p, value.len * 3 + 1);
	mwi_decode(&b, value);
	put_member(t, name, mw_str_trim(mw_buf_str(&b)));
	free(p);
}

/* What the list and the single mail both have. */
typedef struct summary {
	uint64_t id, size;
	int64_t arrival;
	char *sender, *client, *helo, *login;
	char **to;
	size_t to_count;
} summary;

typedef struct collection {
	summary *at;
	size_t count, cap;
	bool failed;
} collection;

static char *copy(collection *c, mw_str s)
{
	char *p = strndup(s.ptr, s.len);

	c->failed = c->failed || p == NULL;
	return p;
}

static summary *add_summary(collection *c, const store_message *m)
{
	summary *s;

	if (c->count == c->cap) {
		const size_t cap = c->cap * 2 + 64;
		summary *p = realloc(c->at, cap * sizeof *p);

		if (p == NULL) {
			c->failed = true;
			return NULL;
		}
		c->at = p;
		c->cap = cap;
	}
	assert(c->at != NULL);
	s = &c->at[c->count++];
	*s = (summary){.id = m->id,
		       .size = m->size,
		       .arrival = m->arrival,
		       .sender = copy(c, m->mail.sender),
		       .client = copy(c, m->client),
		       .helo = copy(c, m->helo),
		       .login = copy(c, m->login)};
	return s;
}

static bool collect(void *ctx, const store_message *m, unsigned recipient,
		    const store_recipient *r)
{
	collection *c = ctx;
	summary *s = c->count > 0 ? &c->at[c->count - 1] : NULL;
	char **to;

	(void)recipient;
	if (s == NULL || s->id != m->id)
		s = add_summary(c, m);
	if (s == NULL)
		return false;
	to = realloc(s->to, (s->to_count + 1) * sizeof *to);
	if (to == NULL) {
		c->failed = true;
		return false;
	}
	s->to = to;
	s->to[s->to_count++] = copy(c, r->address);
	return !c->failed;
}

static void free_collection(collection *c)
{
	for (size_t i = 0; i < c->count; i++) {
		for (size_t k = 0; k < c->at[i].to_count; k++)
			free(c->at[i].to[k]);
		free(c->at[i].to);
		free(c->at[i].sender);
		free(c->at[i].client);
		free(c->at[i].helo);
		free(c->at[i].login);
	}
	free(c->at);
}

static void put_summary(text *t, const summary *s)
{
	char time[OUTLOG_TIME_MAX];

	put(t, MW_LIT("{\"id\":"));
	put_number(t, s->id);
	put_member(t, "time", outlog_time(time, s->arrival));
	put_member(t, "from", mw_str_of(s->sender));
	put(t, MW_LIT(",\"to\":["));
	for (size_t i = 0; i < s->to_count; i++) {
		if (i > 0)
			put(t, MW_LIT(","));
		put_string(t, mw_str_of(s->to[i]));
	}
	put(t, MW_LIT("],\"size\":"));
	put_number(t, s->size);
	put_member(t, "client", mw_str_of(s->client));
	put_member(t, "helo", mw_str_of(s->helo));
	put_member(t, "login", mw_str_of(s->login));
}

static bool has(mw_str s, mw_str part)
{
	return part.len == 0 || mw_str_find(s, part) < s.len;
}

static bool wanted(const kept_filter *f, const summary *s, mw_str subject)
{
	bool to = f->to.len == 0;

	for (size_t i = 0; i < s->to_count && !to; i++)
		to = has(mw_str_of(s->to[i]), f->to);
	return to && has(mw_str_of(s->sender), f->from) && has(subject, f->subject);
}

static bool put_listed(engine *e, text *t, const kept_filter *f, const summary *s,
		       bool first)
{
	char room[4096];
	mw_str mail, subject;
	mw_buf b;
	bool good;

	if (load(e, s->id, HEAD_MAX, &mail) != MW_OK)
		return false;
	mw_buf_init(&b, room, sizeof room);
	mwi_decode(&b, mw_str_head(mwi_field_first(mail, MW_LIT("subject")),
				   sizeof room / 3));
	subject = mw_str_trim(mw_buf_str(&b));
	good = wanted(f, s, subject);
	if (good) {
		if (!first)
			put(t, MW_LIT(","));
		put_summary(t, s);
		put_member(t, "subject", subject);
		put_field(t, "message_id", mwi_field_first(mail, MW_LIT("message-id")));
		put(t, MW_LIT("}"));
	}
	free((void *)(uintptr_t)mail.ptr);
	return good;
}

static mw_status finish(text *t, mw_str *out)
{
	if (t->failed) {
		free(t->ptr);
		return MW_E_NOMEM;
	}
	*out = (mw_str){t->ptr, t->len};
	return MW_OK;
}

mw_status kept_list(engine *e, const kept_filter *f, mw_str *out)
{
	collection c = {0};
	text t = {0}, rows = {0};
	size_t listed = 0;
	mw_status status =
		store_each(e->store, STORE_KEPT, -1, INT64_MAX, LISTED_MAX, collect, &c);

	for (size_t i = c.count; status == MW_OK && i > 0 && listed < f->limit; i--)
		listed += put_listed(e, &rows, f, &c.at[i - 1], listed == 0);
	put(&t, MW_LIT("{\"total\":"));
	put_number(&t, c.count);
	put(&t, MW_LIT(",\"messages\":["));
	if (rows.len > 0)
		put(&t, (mw_str){rows.ptr, rows.len});
	put(&t, MW_LIT("]}\n"));
	t.failed = t.failed || rows.failed || c.failed;
	free(rows.ptr);
	free_collection(&c);
	if (status == MW_OK)
		return finish(&t, out);
	free(t.ptr);
	return status;
}

static void put_headers(text *t, mw_str mail)
{
	mw_str name, value;
	bool first = true;

	put(t, MW_LIT(",\"headers\":["));
	while (mwi_field_next(&mail, &name, &value)) {
		put(t, first ? MW_LIT("{\"name\":") : MW_LIT(",{\"name\":"));
		put_string(t, name);
		put_field(t, "value", value);
		put(t, MW_LIT("}"));
		first = false;
	}
	put(t, MW_LIT("]"));
}

/* The text for people, its encodings undone. */
static void put_text(engine *e, text *t, mw_str mail)
{
	mwi_mime *w = malloc(sizeof *w);
	mwi_letters letters = {0};
	char *memory = malloc(2 * TEXT_MAX);

	if (w == NULL || memory == NULL) {
		t->failed = true;
	} else {
		mw_buf_init(&letters.at[0].notice, memory, TEXT_MAX);
		mw_buf_init(&letters.at[0].head, memory + TEXT_MAX, TEXT_MAX);
		mwi_mime_init(w, &letters, e->convert, e->convert_ctx);
		mwi_mime_feed(w, mail);
		mwi_mime_end(w);
		put_member(t, "text", mw_buf_str(&letters.at[0].notice));
	}
	free(memory);
	free(w);
}

mw_status kept_show(engine *e, uint64_t id, mw_str *out)
{
	collection c = {0};
	text t = {0};
	mw_str mail;
	mw_status status = store_find(e->store, id, collect, &c);

	if (status == MW_OK && c.count == 1 && !c.failed)
		status = load(e, id, 8U << 20, &mail);
	else if (status == MW_OK)
		status = MW_E_ABSENT;
	if (status == MW_OK) {
		put_summary(&t, &c.at[0]);
		put_field(&t, "subject", mwi_field_first(mail, MW_LIT("subject")));
		put_field(&t, "date", mwi_field_first(mail, MW_LIT("date")));
		put_field(&t, "message_id", mwi_field_first(mail, MW_LIT("message-id")));
		put_headers(&t, mail);
		put_text(e, &t, mail);
		put(&t, MW_LIT("}\n"));
		free((void *)(uintptr_t)mail.ptr);
		status = finish(&t, out);
	}
	free_collection(&c);
	return status;
}
