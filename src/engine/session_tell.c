/* SPDX-License-Identifier: MIT
 *
 * What a session said goes three ways: counted (metrics), told as an outcome (the log),
 * and word for word (the transcript of the test server).
 */
#include <stdio.h>

#include "engine/outcome_log.h"
#include "engine/session.h"

static outcome_line line_of(const session *s, const char *event)
{
	return (outcome_line){.event = event,
			      .session = s->number,
			      .service = service_name(s->kind),
			      .client = mw_str_of(s->client.text),
			      .helo = mw_str_of(s->helo),
			      .login = mw_str_of(s->login),
			      .has_sender = s->t != NULL,
			      .sender = s->t != NULL ? s->t->put.message.mail.sender
						     : MW_LIT(""),
			      .remote = s->policy->params[s->kind].hostname};
}

static void log_refusal(session *s, mw_stage stage, const mw_answer *a, mw_str recipient)
{
	outcome_line line = line_of(s, "refused");

	line.command = s->line;
	line.recipient = recipient;
	line.stage = stage;
	line.code = a->code;
	line.status = a->status;
	line.text = a->text;
	outcome_log(s->e, &line);
}

void session_tell(session *s, mw_stage stage, const mw_answer *a, mw_str recipient)
{
	char memory[MW_SMTP_REPLY_MAX];
	mw_buf b;

	metrics_reply(&s->e->metrics.said, a->code, a->category);
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
	const outcome_line line = line_of(s, "said");
	mw_buf b;

	if (!s->e->transcript.running)
		return;
	mw_buf_init(&b, memory, sizeof memory);
	outcome_log_head(&b, &line);
	outcome_log_field(&b, "who", mw_str_of(who));
	outcome_log_field(&b, "text", mw_str_trim(mw_str_head(text, MW_SMTP_REPLY_MAX)));
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
	outcome_line line = line_of(s, "accepted");

	line.id = t->put.message.id;
	line.has_sender = true;
	line.sender = t->put.message.mail.sender;
	line.size = t->put.message.size;
	line.stage = MW_STAGE_CONTENT;
	line.code = a->code;
	line.status = a->status;
	line.text = a->text;
	for (size_t i = 0; i < t->count; i++) {
		line.recipient = t->as_given[i];
		outcome_log(s->e, &line);
	}
}
