/* SPDX-License-Identifier: MIT
 *
 * What a session said goes three ways: counted (metrics), told as an outcome (the log),
 * and word for word (the transcript of the test server).
 */
#include <stdio.h>

#include "engine/session.h"

/* {"time":"...","event":"refused","session":"...","client":"..." */
static void put_head(mw_buf *out, const session *s, const char *event)
{
	char time[OUTLOG_TIME_MAX], id[24];

	snprintf(id, sizeof id, "%llX", (unsigned long long)s->number);
	mw_buf_put(out, MW_LIT("{\"time\":\""));
	mw_buf_put(out, outlog_time(time, outlog_now()));
	mw_buf_put(out, MW_LIT("\",\"event\":\""));
	mw_buf_put(out, mw_str_of(event));
	mw_buf_put(out, MW_LIT("\",\"session\":\""));
	mw_buf_put(out, mw_str_of(id));
	mw_buf_put(out, MW_LIT("\",\"service\":\""));
	mw_buf_put(out, mw_str_of(service_name(s->kind)));
	mw_buf_put(out, MW_LIT("\",\"client\":\""));
	mw_buf_put(out, mw_str_of(s->client.text));
	mw_buf_put_char(out, '"');
}

static void put_field(mw_buf *out, const char *name, mw_str value)
{
	mw_buf_put(out, MW_LIT(",\""));
	mw_buf_put(out, mw_str_of(name));
	mw_buf_put(out, MW_LIT("\":\""));
	mw_buf_put_json(out, value);
	mw_buf_put_char(out, '"');
}

static void put_envelope(mw_buf *out, const session *s)
{
	if (s->helo[0] != '\0')
		put_field(out, "helo", mw_str_of(s->helo));
	if (s->login[0] != '\0')
		put_field(out, "login", mw_str_of(s->login));
	if (s->t != NULL)
		put_field(out, "from", s->t->put.message.mail.sender);
}

/* The outcome's own fields (docs: the contract of mailwhy explain --json), behind ours. */
static void put_outcome(mw_buf *out, const session *s, const mw_outcome *o)
{
	const mw_tell tell = {s->e->kb, -1, 80, false};
	mw_verdict v;
	size_t start;

	mw_judge(s->e->kb, o, &v);
	start = out->len;
	if (mw_tell_json(out, &tell, o, &v) == MW_OK)
		out->ptr[start] = ','; /* where its '{' stood */
}

static mw_outcome outcome_of(const session *s, mw_stage stage, const mw_answer *a,
			     mw_str recipient)
{
	return (mw_outcome){.kind = a->code >= 400 ? MW_KIND_BOUNCE : MW_KIND_DELIVERED,
			    .stage = stage,
			    .reply = a->code,
			    .status = a->status,
			    .text = a->text,
			    .context = {"", 0},
			    .remote = s->policy->params[s->kind].hostname,
			    .recipient = recipient,
			    .provider = {"", 0},
			    .odd_number = {"", 0}};
}

static void log_refusal(session *s, mw_stage stage, const mw_answer *a, mw_str recipient)
{
	char memory[16384];
	const mw_outcome o = outcome_of(s, stage, a, recipient);
	mw_buf b;

	mw_buf_init(&b, memory, sizeof memory);
	put_head(&b, s, "refused");
	put_envelope(&b, s);
	if (s->line.len > 0)
		put_field(&b, "command", mw_str_head(s->line, 512));
	put_outcome(&b, s, &o);
	if (!b.lost)
		outlog_put(&s->e->log, mw_buf_str(&b));
}

void session_tell(session *s, mw_stage stage, const mw_answer *a, mw_str recipient)
{
	char memory[MW_SMTP_REPLY_MAX];
	mw_buf b;

	metrics_reply(&s->e->metrics, a->code, a->category);
	if (a->code >= 400 && s->e->log.running)
		log_refusal(s, stage, a, recipient);
	if (!s->e->transcript.running)
		return;
	mw_buf_init(&b, memory, sizeof memory);
	if (mw_answer_put(&b, a) == MW_OK)
		session_tell_said(s, "S", mw_buf_str(&b));
}

void session_tell_said(session *s, const char *who, mw_str text)
{
	char memory[MW_SMTP_REPLY_MAX * 6 + 1024];
	mw_buf b;

	if (!s->e->transcript.running)
		return;
	mw_buf_init(&b, memory, sizeof memory);
	put_head(&b, s, "said");
	put_field(&b, "who", mw_str_of(who));
	put_field(&b, "text", mw_str_trim(mw_str_head(text, MW_SMTP_REPLY_MAX)));
	mw_buf_put(&b, MW_LIT("}\n"));
	outlog_put(&s->e->transcript, mw_buf_str(&b));
}

void session_tell_body(session *s, uint64_t bytes)
{
	char line[64];

	if (!s->e->transcript.running)
		return;
	snprintf(line, sizeof line, "(a message of %llu bytes)",
		 (unsigned long long)bytes);
	session_tell_said(s, "C", mw_str_of(line));
}

void session_tell_accepted(session *s, const transaction *t, const mw_answer *a)
{
	char memory[8192];
	mw_buf b;

	if (!s->e->log.running)
		return;
	for (size_t i = 0; i < t->count; i++) {
		const mw_outcome o =
			outcome_of(s, MW_STAGE_CONTENT, a, t->rcpts[i].address);

		mw_buf_init(&b, memory, sizeof memory);
		put_head(&b, s, "accepted");
		put_field(&b, "id", mw_str_of(t->id));
		put_envelope(&b, s);
		put_field(&b, "from", t->put.message.mail.sender);
		mw_buf_put(&b, MW_LIT(",\"size\":"));
		mw_buf_put_int(&b, (long long)t->put.message.size);
		put_outcome(&b, s, &o);
		if (!b.lost)
			outlog_put(&s->e->log, mw_buf_str(&b));
	}
}
