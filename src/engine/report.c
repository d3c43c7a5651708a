/* SPDX-License-Identifier: MIT */
#include "engine/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/ascii.h"

#define HEADER_MAX (256U << 10) /* of the original, that is returned */
#define CHUNK      (64U << 10)
#define NONCE      24U
#define HOST_MAX   255U

/* --- whom it tells of */

static bool is_meant(const report *r, const store_message *m, const store_recipient *one)
{
	if (!r->delay)
		return one->state == STORE_FAILED;
	/* As old as it may get it is given up, not told of as being tried. */
	return one->state != STORE_FAILED && !one->warned && one->alarm != 0 &&
	       one->alarm <= r->now &&
	       !schedule_over(&r->policy->schedule, m->arrival, r->now);
}

static bool keep(report *r, mw_str *s)
{
	const char *p = pool_copy(&r->memory, *s);

	if (p != NULL)
		s->ptr = p;
	else
		r->status = MW_E_NOMEM;
	return p != NULL;
}

static bool keep_message(report *r, const store_message *m)
{
	const mw_str none = MW_LIT("");

	r->message = *m;
	r->message.mail.auth = r->message.client = none;
	r->message.helo = r->message.login = none;
	return keep(r, &r->message.mail.sender) && keep(r, &r->message.mail.envid);
}

static bool collect(void *ctx, const store_message *m, unsigned recipient,
		    const store_recipient *one)
{
	report *r = ctx;
	store_recipient *to = &r->r[r->count];

	if (!is_meant(r, m, one))
		return true;
	r->more = r->count == REPORT_MAX;
	if (r->more || (r->count == 0 && !keep_message(r, m)))
		return false;
	*to = *one;
	to->target = MW_LIT("");
	to->text = mw_str_head(to->text, MW_TEXT_MAX);
	r->index[r->count] = recipient;
	if (!keep(r, &to->address) || !keep(r, &to->original) || !keep(r, &to->orcpt) ||
	    !keep(r, &to->text))
		return false;
	r->count++;
	return true;
}

mw_status report_collect(report *r, uint64_t id, bool delay)
{
	mw_status status;

	r->id = id;
	r->delay = delay;
	r->now = outlog_now();
	r->count = 0;
	r->more = false;
	r->status = MW_OK;
	status = store_find(r->e->store, id, collect, r);
	return status == MW_OK ? r->status : status;
}

void report_clear(report *r)
{
	pool_free(&r->memory);
	r->count = 0;
}

static bool is_success(const report *r, size_t i)
{
	return !r->delay && r->r[i].reply >= 200 && r->r[i].reply < 300;
}

/* RFC 3461, section 4.1; where nothing is stated, failures and delays. */
bool report_wanted(const report *r, size_t i)
{
	const unsigned notify = r->r[i].notify;

	if (r->e->no_letters || r->message.mail.sender.len == 0 ||
	    (notify & MW_NOTIFY_NEVER) != 0)
		return false;
	if (is_success(r, i))
		return (notify & MW_NOTIFY_SUCCESS) != 0;
	return notify == 0 ||
	       (notify & (r->delay ? MW_NOTIFY_DELAY : MW_NOTIFY_FAILURE)) != 0;
}

int64_t report_alarm(const report *r)
{
	return schedule_alarm(&r->policy->schedule, r->message.urgent, true,
			      r->message.arrival);
}

void report_select(report *r, const bool wanted[REPORT_MAX])
{
	size_t kept = 0;

	for (size_t i = 0; i < r->count; i++) {
		if (!wanted[i])
			continue;
		r->r[kept] = r->r[i];
		r->index[kept++] = r->index[i];
	}
	r->count = kept;
}

/* --- what became of each */

/* The last attempt, whose slices end with the call that shows it. */
typedef struct last_attempt {
	bool known;
	int64_t at;
	mw_stage stage;
	char host[HOST_MAX + 1], address[64];
} last_attempt;

static void put_text(char *out, size_t cap, mw_str s)
{
	snprintf(out, cap, "%.*s", MW_FMT(mw_str_head(s, HOST_MAX)));
}

static bool see_attempt(void *ctx, const store_attempt *a)
{
	last_attempt *last = ctx;

	last->known = true;
	last->at = a->at;
	last->stage = a->stage;
	put_text(last->host, sizeof last->host, a->host);
	put_text(last->address, sizeof last->address, a->address);
	return true;
}

static mw_dsn_action action_of(const report *r, size_t i)
{
	if (r->delay)
		return MW_DSN_DELAYED;
	if (!is_success(r, i))
		return MW_DSN_FAILED;
	return r->r[i].route == STORE_REMOTE ? MW_DSN_RELAYED : MW_DSN_DELIVERED;
}

/* Reads the reply that the store has as its number and its words. */
static bool read_reply(report *r, const store_recipient *one, mw_outcome *o)
{
	char line[MW_TEXT_MAX + 16];
	mw_outcome_room room;
	mw_buf b;

	mw_buf_init(&b, line, sizeof line);
	if (one->reply != 0) {
		mw_buf_put_int(&b, one->reply);
		mw_buf_put_char(&b, ' ');
	}
	mw_buf_put(&b, one->text);
	mw_outcome_read(o, &room, mw_buf_str(&b));
	o->recipient = one->address;
	/* The line is all there is to read. */
	o->context = MW_LIT("");
	return keep(r, &o->text) && keep(r, &o->odd_number) && keep(r, &o->remote) &&
	       keep(r, &o->provider);
}

static bool add_attempt(report *r, size_t i, mw_outcome *o)
{
	mw_dsn_recipient *d = &r->dsn[i];
	last_attempt last = {.known = false};

	/* Without its story it is told of all the same. */
	if (store_story(r->e->store, r->id, r->index[i], see_attempt, &last) != MW_OK)
		last.known = false;
	d->last_attempt = last.at;
	if (!last.known) {
		if (r->r[i].route == STORE_MAILDIR)
			o->stage = MW_STAGE_LOCAL;
		return true;
	}
	o->stage = last.stage;
	o->remote = mw_str_of(last.host);
	d->remote_ip = mw_str_of(last.address);
	return keep(r, &o->remote) && keep(r, &d->remote_ip);
}

static bool judge(report *r, size_t i)
{
	const store_recipient *one = &r->r[i];
	mw_dsn_recipient *d = &r->dsn[i];

	*d = (mw_dsn_recipient){
		.address = one->address,
		.original = one->original,
		.orcpt = one->orcpt,
		.action = action_of(r, i),
		.remote_ip = MW_LIT(""),
		.attempts = one->attempts,
		.uncertain = one->uncertain,
		.expired = !r->delay && (one->reply == 0 || one->reply / 100 == 4),
	};
	if (r->delay) {
		d->next_try = one->state == STORE_QUEUED ? one->next_try : 0;
		d->will_retry_until = report_alarm(r);
	}
	if (!read_reply(r, one, &d->outcome) || !add_attempt(r, i, &d->outcome))
		return false;
	d->outcome.delayed = r->delay;
	mw_judge(r->e->kb, &d->outcome, &d->verdict);
	return true;
}

mw_status report_judge(report *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (!judge(r, i))
			return r->status;
	return MW_OK;
}

/* --- the message that is returned */

typedef struct original {
	mw_str memory;
	int fd;
	uint64_t size;
	char *header; /* of one in a file */
	mw_str head;
} original;

/* Fills `out` as far as there is something; bytes read. */
static size_t read_at(int fd, char *out, size_t cap, uint64_t at)
{
	size_t n = 0;

	while (n < cap) {
		const ssize_t got = pread(fd, out + n, cap - n, (off_t)(at + n));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	return n;
}

/* Up to the first empty line. A header too long to be returned is cut at a line. */
static mw_str header_of(mw_str m)
{
	size_t line = 0;

	m = mw_str_head(m, HEADER_MAX);
	for (size_t i = 0; i < m.len; i++) {
		if (m.ptr[i] != '\n')
			continue;
		if (i == line || (i == line + 1 && m.ptr[line] == '\r'))
			return mw_str_head(m, line);
		line = i + 1;
	}
	return m.len < HEADER_MAX ? m : mw_str_head(m, line);
}

/* One that can't be read is not returned: its sender is to know of it all the same. */
static mw_status original_open(store *s, uint64_t id, original *o)
{
	const mw_status status = store_body(s, id, &o->memory, &o->fd, &o->size);
	mw_str front = o->memory;

	o->header = NULL;
	o->head = MW_LIT("");
	if (status != MW_OK) {
		o->memory = MW_LIT("");
		o->size = 0;
		o->fd = -1;
		return status == MW_E_NOMEM ? status : MW_OK;
	}
	if (o->fd >= 0) {
		o->header = malloc(HEADER_MAX);
		if (o->header == NULL)
			return MW_E_NOMEM;
		front = (mw_str){o->header, read_at(o->fd, o->header, HEADER_MAX, 0)};
	}
	o->head = header_of(front);
	return MW_OK;
}

static void original_close(original *o)
{
	if (o->fd >= 0)
		close(o->fd);
	else if (o->size > 0)
		free((char *)(uintptr_t)o->memory.ptr);
	free(o->header);
}

/* Runs over all its bytes: adds them to `t`, or with NULL only looks whether there are
 * any beyond ASCII. False: a part can't be read. */
static bool original_walk(const original *o, transaction *t, store *s, bool *eight_bit)
{
	char chunk[CHUNK];

	for (uint64_t at = 0; at < o->size;) {
		mw_str bytes = mw_str_skip(o->memory, (size_t)at);

		if (o->fd >= 0)
			bytes = (mw_str){chunk, read_at(o->fd, chunk, CHUNK, at)};
		if (bytes.len == 0)
			return false;
		if (t != NULL)
			transaction_append(t, s, bytes);
		else if (!mwi_is_ascii(bytes))
			*eight_bit = true;
		at += bytes.len;
	}
	return true;
}

/* RFC 3461, section 4.3: whole only with a failure. What needs TLS all the way goes back
 * without its body (RFC 8689, section 5), and binary would need a path for binary. */
static bool returns_all(const report *r, const original *o)
{
	const mw_mail *mail = &r->message.mail;
	bool failure = false;

	for (size_t i = 0; i < r->count; i++)
		failure |= r->dsn[i].action == MW_DSN_FAILED;
	return failure && o->size > 0 &&
	       o->size <= r->policy->settings->delivery.return_size &&
	       mail->ret != MW_RET_HDRS && !mail->requiretls &&
	       mail->body != MW_BODY_BINARYMIME;
}

/* --- the letter */

static bool make_nonce(char out[NONCE])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	unsigned char random[NONCE];

	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return false;
	for (size_t i = 0; i < NONCE; i++)
		out[i] = letters[random[i] % 32];
	return true;
}

static mw_status append_letter(const report *r, const mw_dsn *d, const original *o,
			       transaction *t)
{
	const size_t cap = MW_DSN_HEAD_MAX(d->count);
	char *memory = malloc(cap);
	store *s = r->e->store;
	mw_status status;
	bool eight_bit;
	mw_buf b;

	if (memory == NULL)
		return MW_E_NOMEM;
	mw_buf_init(&b, memory, cap);
	status = mw_dsn_head(&b, d);
	eight_bit = !mwi_is_ascii(mw_buf_str(&b)) || !mwi_is_ascii(d->header) ||
		    (d->full && d->eight_bit);
	transaction_append(t, s, mw_buf_str(&b));
	if (!d->full)
		transaction_append(t, s, d->header);
	else if (!original_walk(o, t, s, &eight_bit))
		status = status == MW_OK ? MW_E_ABSENT : status;
	mw_buf_reset(&b);
	if (status == MW_OK)
		status = mw_dsn_tail(&b, d);
	transaction_append(t, s, mw_buf_str(&b));
	free(memory);
	t->put.message.mail.body = eight_bit ? MW_BODY_8BITMIME : MW_BODY_7BIT;
	t->put.message.mail.smtputf8 = eight_bit && d->utf8;
	return status == MW_OK ? t->trouble : status;
}

static mw_status write_about(const report *r, const original *o, transaction *t)
{
	char id[24], from[300], nonce[NONCE];
	const store_message *m = &r->message;
	mw_dsn d = {.hostname = mw_str_of(r->e->hostname),
		    .to = m->mail.sender,
		    .nonce = {nonce, sizeof nonce},
		    .envid = m->mail.envid,
		    .arrival = m->arrival,
		    .now = r->now,
		    .utf8 = m->mail.smtputf8,
		    .full = returns_all(r, o),
		    .header = o->head,
		    .body_size = o->size - o->head.len,
		    .recipients = r->dsn,
		    .count = r->count,
		    .kb = r->e->kb};

	snprintf(id, sizeof id, "%llu", (unsigned long long)r->id);
	snprintf(from, sizeof from, "MAILER-DAEMON@%s", r->e->hostname);
	d.id = mw_str_of(id);
	d.from = mw_str_of(from);
	if (!make_nonce(nonce))
		return MW_E_ABSENT;
	if (d.full && !original_walk(o, NULL, NULL, &d.eight_bit))
		d.full = false;
	return append_letter(r, &d, o, t);
}

mw_status report_write(const report *r, transaction *t)
{
	original o;
	mw_status status = original_open(r->e->store, r->id, &o);

	if (status == MW_OK)
		status = write_about(r, &o, t);
	original_close(&o);
	t->put.message.mail.requiretls = r->message.mail.requiretls;
	t->put.message.mail.size = t->put.message.size;
	return status;
}
