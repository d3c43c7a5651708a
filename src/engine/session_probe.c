/* SPDX-License-Identifier: MIT
 *
 * The test server: the scenario is asked before anything else, and what it says is done:
 * another reply, a reply later, half a reply, none at all.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/session.h"
#include "read/decode.h"
#include "read/field.h"

#define HEAD_MAX     16384U /* bytes of a message that are searched for its Subject */
#define SUBJECT_ROOM 1024U

void session_probe_free(session *s)
{
	if (s->probe == NULL)
		return;
	if (s->probe->timer != NULL)
		event_free(s->probe->timer);
	free(s->probe);
	s->probe = NULL;
}

/* The Subject of a message that is whole, its encodings undone. */
static mw_str subject_of(const transaction *t, char room[SUBJECT_ROOM])
{
	const store_message *m = &t->put.message;
	char head[HEAD_MAX];
	mw_str mail = mw_str_head(m->memory, HEAD_MAX);
	mw_buf b;

	if (m->fd >= 0) {
		const ssize_t n = pread(m->fd, head, sizeof head, 0);

		mail = (mw_str){head, n > 0 ? (size_t)n : 0};
	}
	mw_buf_init(&b, room, SUBJECT_ROOM);
	mwi_decode(&b, mw_str_head(mwi_field_first(mail, MW_LIT("subject")),
				   SUBJECT_ROOM / 3));
	return mw_str_trim(mw_buf_str(&b));
}

static void fill(session *s, scenario_fact *f, mw_stage stage, const mw_str *recipient,
		 uint64_t size)
{
	*f = (scenario_fact){
		.stage = stage,
		.host = s->policy->params[s->kind].hostname,
		.client = mw_str_of(s->client.text),
		.helo = mw_str_of(s->helo),
		.login = mw_str_of(s->login),
		.sender = s->t != NULL ? s->t->put.message.mail.sender : MW_LIT(""),
		.subject = MW_LIT(""),
		.size = size,
		.session_messages = s->messages,
		.connections = limiter_open_count(s->e->limiter, LIMIT_CLIENT,
						  mw_str_of(s->client.text)),
		.now = (uint64_t)loop_clock(),
	};
	if (s->t != NULL) {
		f->taken = (unsigned)s->t->count;
		f->recipients = s->t->as_given;
		f->recipient_count = s->t->count;
	}
	if (stage == MW_STAGE_RCPT) {
		f->recipients = recipient;
		f->recipient_count = 1;
	}
}

/* The replies to what was sent in one piece with this command. */
static bool send_earlier(session *s)
{
	const mw_str said = s->out != NULL ? mw_buf_str(s->out) : MW_LIT("");

	if (!conn_send(s->c, said))
		return false;
	if (s->out != NULL)
		mw_buf_reset(s->out);
	return true;
}

/* Says nothing, or a part, and is gone. */
static void leave(session *s, const mw_answer *a)
{
	char memory[MW_SMTP_REPLY_MAX];
	probe *p = s->probe;
	mw_buf b;
	size_t n;

	if (!send_earlier(s))
		return;
	mw_buf_init(&b, memory, sizeof memory);
	if (p->act.end == SCENARIO_HALF && mw_answer_put(&b, a) == MW_OK) {
		n = p->act.half != 0 ? p->act.half : b.len / 2;
		session_tell_said(s, "S", mw_str_head(mw_buf_str(&b), n));
		if (!conn_send(s->c, mw_str_head(mw_buf_str(&b), n)))
			return;
	}
	conn_abort(s->c, p->act.end == SCENARIO_DROP);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	session *s = ctx;
	mw_answer a = s->probe->late;

	(void)fd;
	(void)what;
	s->probe->act.delay_ms = 0;
	session_answer(s, &a);
}

static bool wait(session *s, const mw_answer *a)
{
	probe *p = s->probe;
	const struct timeval t = {(time_t)(p->act.delay_ms / 1000),
				  (suseconds_t)(p->act.delay_ms % 1000) * 1000};

	if (p->timer == NULL)
		p->timer = event_new(s->l->base, -1, 0, on_timer, s);
	if (p->timer == NULL || event_add(p->timer, &t) != 0)
		return false;
	p->late = *a;
	if (a->text.ptr != p->room) {
		mw_buf b;

		mw_buf_init(&b, p->room, sizeof p->room);
		mw_buf_put(&b, a->text);
		p->late.text = mw_buf_str(&b);
	}
	return true;
}

bool session_probe_answer(session *s, mw_answer *a)
{
	probe *p = s->probe;
	const bool fits = p != NULL && p->act.decided && p->act.answer.code != 0;

	if (p == NULL)
		return true;
	/* A refusal of ours (no space) stands, whatever the scenario would have said. */
	if (fits && (a->code < 400) == (p->act.answer.code < 400) &&
	    a->text.ptr != p->room)
		*a = p->act.answer;
	if (p->act.close)
		a->close = true;
	if (p->act.delay_ms != 0 && wait(s, a))
		return false;
	if (p->act.read_rate != 0)
		conn_read_rate(s->c, p->act.read_rate);
	if (p->act.end == SCENARIO_GO_ON)
		return true;
	leave(s, a);
	return false;
}

bool session_probe(session *s, mw_stage stage, mw_str recipient, uint64_t size)
{
	probe *p = s->probe;
	char subject[SUBJECT_ROOM];
	scenario_fact f;

	p->act = (scenario_act){0};
	if (stage == MW_STAGE_NONE)
		return false;
	fill(s, &f, stage, &recipient, size);
	if (stage == MW_STAGE_CONTENT && s->t != NULL)
		f.subject = subject_of(s->t, subject);
	scenario_decide(s->policy->scenario, &f, &p->act, p->room, sizeof p->room);
	if (p->act.decided && p->act.answer.code >= 400) {
		session_answer(s, &p->act.answer);
		return true;
	}
	if (p->act.end != SCENARIO_GO_ON) {
		/* Whatever it would have been, it is not said whole. */
		const mw_answer a = p->act.answer.code != 0 ? p->act.answer
							    : mw_answer_of(MW_ANSWER_OK);

		session_answer(s, &a);
		return true;
	}
	return false;
}
