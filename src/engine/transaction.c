/* SPDX-License-Identifier: MIT */
#include "engine/transaction.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "read/urgent.h"

#define BODY_FIRST     4096U
#define HEAD_LOOKED_AT (32U << 10) /* for what its sender says of it */

static bool copy(transaction *t, mw_str *s)
{
	const char *p = pool_copy(&t->memory, *s);

	if (p != NULL)
		s->ptr = p;
	return p != NULL;
}

transaction *transaction_open(const mw_mail *mail)
{
	transaction *t = calloc(1, sizeof *t);
	mw_mail *m;

	if (t == NULL)
		return NULL;
	t->holders = 1;
	m = &t->put.message.mail;
	*m = *mail;
	t->put.message.fd = -1;
	t->put.message.memory = MW_LIT("");
	if (!copy(t, &m->sender) || !copy(t, &m->envid) || !copy(t, &m->auth))
		transaction_close(&t);
	return t;
}

transaction *transaction_hold(transaction *t)
{
	atomic_fetch_add(&t->holders, 1);
	return t;
}

void transaction_close(transaction **t)
{
	transaction *last = *t;

	*t = NULL;
	if (last == NULL || atomic_fetch_sub(&last->holders, 1) != 1)
		return;
	if (last->put.message.fd >= 0)
		close(last->put.message.fd);
	pool_free(&last->memory);
	free(last->rcpts);
	free(last->as_given);
	free(last->body);
	free(last);
}

static bool grow(transaction *t)
{
	const size_t cap = t->cap == 0 ? 4 : t->cap * 2;
	store_recipient *r = realloc(t->rcpts, cap * sizeof *r);
	mw_str *g;

	if (r == NULL)
		return false;
	t->rcpts = r;
	g = realloc(t->as_given, cap * sizeof *g);
	if (g == NULL)
		return false;
	t->as_given = g;
	t->cap = cap;
	return true;
}

mw_status transaction_add(transaction *t, const store_recipient *r, mw_str as_given)
{
	store_recipient *out;

	for (size_t i = 0; i < t->count; i++)
		if (mw_str_eq(t->rcpts[i].address, r->address) &&
		    t->rcpts[i].route == r->route)
			return MW_OK;
	if (t->count == t->cap && !grow(t))
		return MW_E_NOMEM;
	out = &t->rcpts[t->count];
	*out = *r;
	t->as_given[t->count] = as_given;
	if (!copy(t, &out->address) || !copy(t, &out->original) ||
	    !copy(t, &out->orcpt) || !copy(t, &out->target) ||
	    !copy(t, &t->as_given[t->count]))
		return MW_E_NOMEM;
	t->count++;
	return MW_OK;
}

static mw_status of_errno(void)
{
	return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? MW_E_LIMIT
								    : MW_E_ABSENT;
}

static void write_out(transaction *t, mw_str bytes)
{
	while (bytes.len > 0 && t->trouble == MW_OK) {
		const ssize_t n = write(t->put.message.fd, bytes.ptr, bytes.len);

		if (n > 0)
			bytes = mw_str_skip(bytes, (size_t)n);
		else if (n == 0 || errno != EINTR)
			t->trouble = of_errno();
	}
}

/* From memory into a file. */
static void spill(transaction *t, store *s)
{
	store_message *m = &t->put.message;

	m->fd = store_spool_file(s);
	if (m->fd < 0) {
		t->trouble = of_errno();
		return;
	}
	write_out(t, (mw_str){t->body, (size_t)m->size});
	free(t->body);
	t->body = NULL;
	t->body_cap = 0;
}

static bool make_room(transaction *t, size_t need)
{
	size_t cap = t->body_cap == 0 ? BODY_FIRST : t->body_cap;
	char *p;

	while (cap < need)
		cap *= 2;
	if (cap == t->body_cap)
		return true;
	p = realloc(t->body, cap);
	if (p == NULL)
		return false;
	t->body = p;
	t->body_cap = cap;
	return true;
}

void transaction_append(transaction *t, store *s, mw_str bytes)
{
	store_message *m = &t->put.message;

	if (t->trouble != MW_OK)
		return;
	if (m->fd < 0 && m->size + bytes.len > STORE_INLINE_MAX)
		spill(t, s);
	if (m->fd >= 0) {
		write_out(t, bytes);
	} else if (t->trouble == MW_OK && make_room(t, (size_t)m->size + bytes.len)) {
		memcpy(t->body + m->size, bytes.ptr, bytes.len);
	} else if (t->trouble == MW_OK) {
		t->trouble = MW_E_NOMEM;
	}
	m->size += bytes.len;
	m->memory = m->fd < 0 && t->body != NULL ? (mw_str){t->body, (size_t)m->size}
						 : MW_LIT("");
}

static bool says_urgent(const store_message *m)
{
	char head[HEAD_LOOKED_AT];
	ssize_t n;

	if (m->fd < 0)
		return mwi_is_urgent(mw_str_head(m->memory, sizeof head));
	n = pread(m->fd, head, sizeof head, 0);
	return n > 0 && mwi_is_urgent((mw_str){head, (size_t)n});
}

void transaction_arrive(transaction *t, const schedule *plan, int64_t now)
{
	store_message *m = &t->put.message;

	m->arrival = now;
	m->urgent = says_urgent(m);
	m->recipients = t->rcpts;
	m->recipient_count = t->count;
	for (size_t i = 0; i < t->count; i++)
		if (t->rcpts[i].route != STORE_KEPT)
			t->rcpts[i].alarm = schedule_alarm(plan, m->urgent, false, now);
}
