/* SPDX-License-Identifier: MIT
 *
 * Drives one session: questions of the dialogue go to the scenario (if there is one), to
 * the checks, and then to what does the thing asked for.
 */
#include "engine/session.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "engine/checks.h"
#include "engine/trace.h"
#include "net/tls.h"

#define GRACE_MS 10000 /* before the rate of a message is looked at */

static void refuse_data(session *s, mw_status why);

/* --- answers */

static void give(session *s, const mw_answer *a)
{
	mw_smtp_server_answer(&s->smtp, a, s->out);
	s->waits = false;
}

static void keep_pending(session *s, const mw_answer *a)
{
	mw_buf b;

	s->pending = *a;
	if (a->text.ptr != s->room && a->text.len <= sizeof s->room) {
		mw_buf_init(&b, s->room, sizeof s->room);
		mw_buf_put(&b, a->text);
		s->pending.text = mw_buf_str(&b);
	}
	conn_resume(s->c);
}

void session_answer(session *s, const mw_answer *a)
{
	mw_answer said = *a;

	if (!session_probe_answer(s, &said))
		return;
	session_tell(s, s->stage, &said, s->recipient);
	if (s->out != NULL)
		give(s, &said);
	else
		keep_pending(s, &said);
}

void session_say(session *s, mw_answer_id id, mw_str what)
{
	char room[sizeof s->room];
	const mw_answer a = mw_answer_fill(id, what, room, sizeof room);

	session_answer(s, &a);
}

/* --- transactions */

static int64_t microseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void forget_transaction(session *s)
{
	transaction_close(&s->t);
}

static void announce(engine *e, const transaction *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->rcpts[i].route == STORE_MAILDIR)
			quota_announce(e->quotas, t->rcpts[i].target,
				       t->put.message.size);
}

/* The store has answered; on the loop. */
static void stored(task *k)
{
	transaction *t = (transaction *)(void *)((char *)k - offsetof(transaction, done));
	session *s = t->owner;
	const mw_status status = t->status;
	engine *e = t->e;

	if (status == MW_OK) {
		announce(e, t);
		metrics_add(&e->metrics.messages_accepted_total, 1);
		metrics_add(&e->metrics.recipients_accepted_total, t->count);
		metrics_add(&e->metrics.bytes_accepted_total, t->put.message.size);
	}
	if (s != NULL) {
		s->t = NULL;
		metrics_latency(&e->metrics, (uint64_t)(microseconds() - s->asked_at));
	}
	if (s != NULL && status == MW_OK) {
		const mw_answer a = mw_answer_fill(MW_ANSWER_QUEUED, mw_str_of(t->id),
						   s->room, sizeof s->room);

		s->messages++;
		session_tell_accepted(s, t, &a);
		session_answer(s, &a);
	} else if (s != NULL) {
		refuse_data(s, status);
	}
	engine_stored(e, t, status);
}

static void on_stored(store_put *p, mw_status status)
{
	transaction *t = (transaction *)(void *)p;

	t->status = status;
	t->done.run = stored;
	loop_post(t->l, &t->done);
}

static void refuse_data(session *s, mw_status why)
{
	metrics_add(&s->e->metrics.messages_refused_total, 1);
	session_say(s,
		    why == MW_E_LIMIT ? MW_ANSWER_SYSTEM_FULL : MW_ANSWER_LOCAL_TROUBLE,
		    MW_LIT(""));
}

static void put_into_store(session *s)
{
	transaction *t = s->t;
	store_message *m = &t->put.message;

	m->helo = mw_str_of(pool_copy(&t->memory, mw_str_of(s->helo)));
	m->login = mw_str_of(pool_copy(&t->memory, mw_str_of(s->login)));
	m->client = mw_str_of(pool_copy(&t->memory, mw_str_of(s->client.text)));
	m->tls = conn_tls(s->c) != NULL;
	transaction_arrive(t, &s->policy->schedule, outlog_now());
	t->put.done = on_stored;
	t->owner = s;
	t->l = s->l;
	t->e = s->e;
	store_ask_put(s->e->store, &t->put);
}

static void start_body(session *s)
{
	char line[2048];
	mw_buf b;
	transaction *t = s->t;

	t->put.message.id = store_new_id(s->e->store);
	snprintf(t->id, sizeof t->id, "%llu", (unsigned long long)t->put.message.id);
	mw_buf_init(&b, line, sizeof line);
	trace_received(&b, s);
	transaction_append(t, s->e->store, mw_buf_str(&b));
}

/* --- questions; each answers, or sees to it that somebody will */

static void on_connect(session *s, const mw_smtp_event *e)
{
	(void)e;
	session_say(s, MW_ANSWER_GREETING, s->policy->params[s->kind].hostname);
}

static void on_hello(session *s, const mw_smtp_event *e)
{
	snprintf(s->helo, sizeof s->helo, "%.*s", MW_FMT(e->word));
	s->esmtp = e->esmtp;
	session_say(s, MW_ANSWER_HELLO, s->policy->params[s->kind].hostname);
}

static void on_start_tls(session *s, const mw_smtp_event *e)
{
	(void)e;
	s->wants_tls = s->policy->tls != NULL;
	session_say(s, s->wants_tls ? MW_ANSWER_READY_TLS : MW_ANSWER_TLS_UNAVAILABLE,
		    MW_LIT(""));
}

static void on_mail(session *s, const mw_smtp_event *e)
{
	transaction_close(&s->t);
	s->t = transaction_open(&e->mail);
	session_say(s, s->t != NULL ? MW_ANSWER_SENDER_OK : MW_ANSWER_LOCAL_TROUBLE,
		    MW_LIT(""));
}

static void on_rcpt(session *s, const mw_smtp_event *e)
{
	(void)e;
	session_say(s, MW_ANSWER_RECIPIENT_OK, MW_LIT(""));
}

static void on_data(session *s, const mw_smtp_event *e)
{
	(void)e;
	start_body(s);
	s->body_since = s->l->now;
	s->body_size = 0;
	session_say(s, MW_ANSWER_START_DATA, MW_LIT(""));
}

static void on_end(session *s, const mw_smtp_event *e)
{
	s->asked_at = microseconds();
	session_tell_body(s, e->size);
	if (e->index > 0) {
		/* LMTP: the message is stored, for all of its recipients. */
		session_say(s, MW_ANSWER_QUEUED, mw_str_of(s->id));
		return;
	}
	if (s->t->trouble != MW_OK) {
		refuse_data(s, s->t->trouble);
		return;
	}
	memcpy(s->id, s->t->id, sizeof s->id);
	put_into_store(s);
}

static bool trusted(const session *s)
{
	return s->login[0] != '\0' || s->client.local;
}

static void on_vrfy(session *s, const mw_smtp_event *e)
{
	pool memory = {NULL};
	account found;

	if (!trusted(s)) {
		session_say(s, MW_ANSWER_CANNOT_VRFY, MW_LIT(""));
		return;
	}
	switch (accounts_find(s->policy->accounts, e->word, &memory, &found)) {
	case ACCOUNT_MAILBOX:
		session_say(s, MW_ANSWER_VRFY_OK, found.address);
		break;
	case ACCOUNT_ALIAS:
		if (found.target_count == 1)
			session_say(s, MW_ANSWER_WILL_FORWARD, found.target[0]);
		else
			session_say(s, MW_ANSWER_VRFY_OK, e->word);
		break;
	case ACCOUNT_DISABLED:
		session_say(s, MW_ANSWER_RECIPIENT_DISABLED, e->word);
		break;
	case ACCOUNT_MOVED:
		session_say(s, MW_ANSWER_RECIPIENT_MOVED, found.moved);
		break;
	case ACCOUNT_UNKNOWN:
		session_say(s, MW_ANSWER_RECIPIENT_UNKNOWN, e->word);
		break;
	case ACCOUNT_FOREIGN:
		session_say(s, MW_ANSWER_CANNOT_VRFY, MW_LIT(""));
		break;
	case ACCOUNT_TROUBLE:
		session_say(s, MW_ANSWER_LOOKUP_TROUBLE, MW_LIT(""));
		break;
	}
	pool_free(&memory);
}

/* As many members as fit into one reply. */
static void tell_members(session *s, const account *found)
{
	char text[MW_SMTP_REPLY_MAX / 2];
	mw_answer a = mw_answer_of(MW_ANSWER_VRFY_OK);
	mw_buf b;

	mw_buf_init(&b, text, sizeof text);
	for (size_t i = 0; i < found->target_count && !b.lost; i++) {
		if (i > 0)
			mw_buf_put_char(&b, '\n');
		mw_buf_put_char(&b, '<');
		mw_buf_put(&b, found->target[i]);
		mw_buf_put_char(&b, '>');
	}
	a.text = mw_buf_str(&b);
	session_answer(s, &a);
}

static void on_expn(session *s, const mw_smtp_event *e)
{
	pool memory = {NULL};
	account found;

	if (!trusted(s)) {
		session_say(s, MW_ANSWER_LIST_DENIED, MW_LIT(""));
		return;
	}
	if (accounts_find(s->policy->accounts, e->word, &memory, &found) == ACCOUNT_ALIAS)
		tell_members(s, &found);
	else
		session_say(s, MW_ANSWER_RECIPIENT_UNKNOWN, e->word);
	pool_free(&memory);
}

static void (*const questions[])(session *, const mw_smtp_event *) = {
	[MW_SMTP_CONNECT] = on_connect,
	[MW_SMTP_HELLO] = on_hello,
	[MW_SMTP_START_TLS] = on_start_tls,
	[MW_SMTP_AUTH] = session_auth,
	[MW_SMTP_AUTH_MORE] = session_auth,
	[MW_SMTP_MAIL] = on_mail,
	[MW_SMTP_RCPT] = on_rcpt,
	[MW_SMTP_DATA] = on_data,
	[MW_SMTP_END] = on_end,
	[MW_SMTP_VRFY] = on_vrfy,
	[MW_SMTP_EXPN] = on_expn,
};

static uint64_t size_of(const mw_smtp_event *e)
{
	return e->kind == MW_SMTP_END ? e->size : e->mail.size;
}

static void ask(session *s, const mw_smtp_event *e)
{
	mw_answer a;

	s->waits = true;
	s->stage = e->stage;
	s->recipient = e->kind == MW_SMTP_RCPT ? e->rcpt.recipient : MW_LIT("");
	if (e->kind == MW_SMTP_HELLO)
		snprintf(s->helo, sizeof s->helo, "%.*s", MW_FMT(e->word));
	if (e->kind == MW_SMTP_MAIL && s->probe != NULL) {
		/* The scenario wants to know the sender. */
		transaction_close(&s->t);
		s->t = transaction_open(&e->mail);
	}
	if (s->probe != NULL && session_probe(s, e->stage, e->rcpt.recipient, size_of(e)))
		return;
	if (checks_run(s, e, &a)) {
		/* None in the greeting (RFC 2034, section 4). */
		if (e->stage == MW_STAGE_CONNECT)
			a.status.cls = 0;
		session_tell(s, e->stage, &a, e->rcpt.recipient);
		give(s, &a);
		return;
	}
	questions[e->kind](s, e);
}

void session_free(session *s)
{
	session_auth_end(s);
	session_probe_free(s);
	if (s->delay != NULL)
		event_free(s->delay);
	if (s->counted) {
		limiter_leave(s->e->limiter, LIMIT_CLIENT, mw_str_of(s->client.text));
		limiter_leave(s->e->limiter, LIMIT_NETWORK, mw_str_of(s->client.network));
	}
	policy_drop(s->policy);
	free(s);
}

/* --- the handler of the connection */

/* What the dialogue said by itself, without code and status: it is one line. */
static mw_str words_of(const mw_answer *a, mw_str said)
{
	mw_enhanced status;
	ptrdiff_t n;

	said = mw_str_trim(mw_str_skip(said, 4));
	n = a->status.cls != 0 ? mw_enhanced_read(&status, said) : 0;
	return n > 0 ? mw_str_trim(mw_str_skip(said, (size_t)n)) : said;
}

/* A login, also one that was refused: its line may hold the password. */
static bool is_secret(const mw_smtp_event *e)
{
	return e->kind == MW_SMTP_AUTH || e->kind == MW_SMTP_AUTH_MORE ||
	       (e->line.len >= 4 &&
		mw_str_find(mw_str_head(e->line, 4), MW_LIT("auth")) == 0);
}

static void handle(session *s, const mw_smtp_event *e)
{
	s->line = is_secret(e) ? MW_LIT("AUTH ...") : e->line;
	if (e->line.len > 0)
		session_tell_said(s, "C", s->line);
	if (mw_smtp_server_waits(&s->smtp)) {
		ask(s, e);
	} else if (e->kind == MW_SMTP_BODY) {
		s->body_size += e->body.len;
		transaction_append(s->t, s->e->store, e->body);
	} else if (e->kind == MW_SMTP_ABORT) {
		forget_transaction(s);
	} else if (e->kind == MW_SMTP_REPLIED) {
		mw_answer a = mw_answer_of(e->id);

		a.text = words_of(&a, e->said);
		session_tell(s, e->stage, &a, MW_LIT(""));
	}
}

static void notice_stop(session *s)
{
	const unsigned now = atomic_load(&s->e->stop_generation);

	if (s->stop_seen == now)
		return;
	s->stop_seen = now;
	mw_smtp_server_stop(&s->smtp);
}

/* A client that drips its message holds a place for too long. */
static bool too_slow(const session *s)
{
	const uint64_t rate = s->policy->settings->limits.min_rate;
	const int64_t ms = s->l->now - s->body_since;

	return rate != 0 && mw_smtp_server_in_body(&s->smtp) && ms > GRACE_MS &&
	       s->body_size < rate * (uint64_t)(ms / 1000);
}

static size_t on_input(void *ctx, mw_str in, mw_buf *out)
{
	session *s = ctx;
	size_t used = 0;
	const bool spoke = s->pending.code != 0;

	s->out = out;
	notice_stop(s);
	if (s->pending.code != 0) {
		const mw_answer a = s->pending;

		s->pending.code = 0;
		give(s, &a);
	}
	while (!s->waits && !s->wants_tls) {
		mw_smtp_event e;
		const size_t n =
			mw_smtp_server_feed(&s->smtp, mw_str_skip(in, used), out, &e);

		used += n;
		if (e.kind == MW_SMTP_NONE)
			break;
		handle(s, &e);
		if (s->gone) {
			session_free(s);
			return 0;
		}
	}
	if (too_slow(s))
		mw_smtp_server_end(&s->smtp, MW_ANSWER_TIMED_OUT,
				   s->policy->params[s->kind].hostname, out);
	s->out = NULL;
	s->line = s->recipient = MW_LIT("");
	if (mw_smtp_server_closed(&s->smtp))
		conn_close(s->c);
	else if (s->waits || s->wants_tls)
		conn_pause(s->c);
	/* Who sends a byte now and then, and never a line, gains no time by it. */
	if (s->waits)
		conn_deadline(s->c, 0);
	else if (used > 0 || spoke)
		conn_deadline(s->c, mw_smtp_server_deadline(&s->smtp));
	return used;
}

static void on_sent(void *ctx)
{
	session *s = ctx;

	if (!s->wants_tls || s->waits)
		return;
	s->wants_tls = false;
	s->shaking = true;
	conn_secure(s->c, s->policy->tls);
	conn_deadline(s->c, mw_smtp_server_deadline(&s->smtp));
}

static void on_secured(void *ctx)
{
	session *s = ctx;

	s->shaking = false;
	metrics_add(&s->e->metrics.tls_sessions_total, 1);
	if (!s->tls_at_once) {
		/* Nothing that was said before counts (RFC 3207, section 4.2). */
		mw_smtp_server_secured(&s->smtp);
		session_auth_end(s);
		s->login[0] = s->helo[0] = '\0';
	}
	s->tls_at_once = false;
	conn_resume(s->c);
}

/* Ends it from our side, between commands. */
static void say_goodbye(session *s, mw_answer_id id)
{
	char memory[MW_SMTP_REPLY_MAX];
	const mw_answer a = mw_answer_of(id);
	mw_buf b;

	mw_buf_init(&b, memory, sizeof memory);
	session_tell(s, s->stage, &a, MW_LIT(""));
	mw_smtp_server_end(&s->smtp, id, s->policy->params[s->kind].hostname, &b);
	if (conn_send(s->c, mw_buf_str(&b)))
		conn_close(s->c);
}

static void on_late(void *ctx)
{
	say_goodbye(ctx, MW_ANSWER_TIMED_OUT);
}

static void on_closed(void *ctx, const char *why)
{
	session *s = ctx;

	(void)why;
	if (s->shaking)
		metrics_add(&s->e->metrics.tls_failures_total, 1);
	session_tell_said(s, "-", MW_LIT("closed"));
	atomic_fetch_sub(&s->e->sessions, 1);
	if (s->t != NULL && s->t->l != NULL)
		s->t->owner = NULL; /* the store has it: it goes its own way */
	else
		forget_transaction(s);
	s->t = NULL;
	s->gone = true;
	/* Another thread works for it and will bring it back, or input() is at work. */
	if (s->auth_line == NULL && s->out == NULL)
		session_free(s);
}

static const conn_handler handler = {.input = on_input,
				     .sent = on_sent,
				     .late = on_late,
				     .secured = on_secured,
				     .closed = on_closed};

/* No room for a session: said without one. */
static void turn_away(engine *e, int fd, bool tls, mw_answer_id id)
{
	char memory[600], room[600];
	mw_str host;
	policy *p = engine_policy(e);
	mw_buf b;
	mw_answer a;

	host = p->params[SERVICE_SMTP].hostname;
	a = mw_answer_fill(id, host, room, sizeof room);
	mw_buf_init(&b, memory, sizeof memory);
	if (!tls && mw_answer_put(&b, &a) == MW_OK)
		(void)send(fd, b.ptr, b.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	metrics_reply(&e->metrics.said, a.code, a.category);
	policy_drop(p);
	close(fd);
}

static bool set_up(session *s, loop *l, int fd, bool tls)
{
	policy *p = s->policy;

	if (p->scenario != NULL) {
		s->probe = calloc(1, sizeof *s->probe);
		if (s->probe == NULL)
			return false;
	}
	mw_smtp_server_init(&s->smtp, &p->params[s->kind], tls);
	s->c = conn_open(l, fd, tls ? p->tls : NULL, &handler, s);
	return s->c != NULL;
}

void session_start(engine *e, loop *l, int fd, service kind, bool tls, const client *from)
{
	session *s;

	if (atomic_load(&e->stopping)) {
		turn_away(e, fd, tls, MW_ANSWER_SHUTTING_DOWN);
		return;
	}
	s = calloc(1, sizeof *s);
	if (s == NULL) {
		turn_away(e, fd, tls, MW_ANSWER_TOO_MANY_SESSIONS);
		return;
	}
	s->e = e;
	s->l = l;
	s->number = engine_new_session(e);
	s->policy = engine_policy(e);
	s->kind = kind;
	s->client = *from;
	s->tls_at_once = s->shaking = tls;
	s->stop_seen = atomic_load(&e->stop_generation);
	s->relays = from->local || policy_relays_for(s->policy, from->address);
	if (atomic_fetch_add(&e->sessions, 1) >=
		    s->policy->settings->server.sessions_max ||
	    (tls && s->policy->tls == NULL) || !set_up(s, l, fd, tls)) {
		atomic_fetch_sub(&e->sessions, 1);
		turn_away(e, fd, tls, MW_ANSWER_TOO_MANY_SESSIONS);
		session_probe_free(s);
		policy_drop(s->policy);
		free(s);
		return;
	}
	metrics_add(&e->metrics.sessions_total, 1);
	conn_deadline(s->c, mw_smtp_server_deadline(&s->smtp));
	if (!tls)
		conn_resume(s->c);
}

static void stop_one(void *ctx)
{
	session *s = ctx;

	notice_stop(s);
	if (s->shaking)
		conn_abort(s->c, false);
	else if (!s->waits && !mw_smtp_server_busy(&s->smtp) &&
		 !mw_smtp_server_closed(&s->smtp))
		say_goodbye(s, MW_ANSWER_SHUTTING_DOWN);
}

void session_stop_all(loop *l)
{
	conn_each(l, stop_one);
}

static void drop_one(void *ctx)
{
	conn_abort(((session *)ctx)->c, false);
}

void session_drop_all(loop *l)
{
	conn_each(l, drop_one);
}
