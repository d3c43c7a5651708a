/* SPDX-License-Identifier: MIT */
#include "engine/outcome_log.h"

#include <stdio.h>

#define COMMAND_MAX 512 /* bytes of a command that are told */

void outcome_log_field(mw_buf *out, const char *name, mw_str value)
{
	mw_buf_put(out, MW_LIT(",\""));
	mw_buf_put(out, mw_str_of(name));
	mw_buf_put(out, MW_LIT("\":\""));
	mw_buf_put_json(out, value);
	mw_buf_put_char(out, '"');
}

static void put_id(mw_buf *out, const char *name, const char *form, uint64_t id)
{
	char text[24];

	snprintf(text, sizeof text, form, (unsigned long long)id);
	if (id != 0)
		outcome_log_field(out, name, mw_str_of(text));
}

static void put_some(mw_buf *out, const char *name, mw_str value)
{
	if (value.len > 0)
		outcome_log_field(out, name, value);
}

void outcome_log_head(mw_buf *out, const outcome_line *line)
{
	char time[OUTLOG_TIME_MAX];

	mw_buf_put(out, MW_LIT("{\"time\":\""));
	mw_buf_put(out, outlog_time(time, outlog_now()));
	mw_buf_put_char(out, '"');
	outcome_log_field(out, "event", mw_str_of(line->event));
	put_id(out, "session", "%llX", line->session);
	put_some(out, "service", mw_str_of(line->service));
	put_some(out, "client", line->client);
}

static void put_number(mw_buf *out, const char *name, uint64_t n)
{
	if (n == 0)
		return;
	mw_buf_put(out, mw_str_of(name));
	mw_buf_put_int(out, (long long)n);
}

static void put_around(mw_buf *out, const outcome_line *line)
{
	put_id(out, "id", "%llu", line->id);
	put_some(out, "helo", line->helo);
	put_some(out, "login", line->login);
	if (line->has_sender)
		outcome_log_field(out, "from", line->sender);
	put_some(out, "command", mw_str_head(line->command, COMMAND_MAX));
	put_number(out, ",\"size\":", line->size);
	put_some(out, "destination", line->destination);
	put_some(out, "remote_ip", line->remote_ip);
	put_some(out, "source", line->source);
	put_some(out, "tls", line->cipher);
	put_number(out, ",\"attempt\":", line->attempt);
	if (line->uncertain)
		mw_buf_put(out, MW_LIT(",\"uncertain\":true"));
	if (line->next_try != 0) {
		char time[OUTLOG_TIME_MAX];

		outcome_log_field(out, "next_try", outlog_time(time, line->next_try));
	}
}

/* What is no failure needs no judge: the fields of the outcome, and what is constant. */
static void put_success(mw_buf *out, const outcome_line *line)
{
	char number[40];

	mw_buf_put(out, MW_LIT(",\"file\":null,\"kind\":\"delivered\""));
	outcome_log_field(out, "recipient", line->recipient);
	outcome_log_field(out, "stage", mw_name(MW_VOCABULARY_STAGE, (int)line->stage));
	snprintf(number, sizeof number, "%d", line->code);
	outcome_log_field(out, "reply", mw_str_of(number));
	snprintf(number, sizeof number, "%d.%d.%d", line->status.cls,
		 line->status.subject, line->status.detail);
	outcome_log_field(out, "status", mw_str_of(number));
	outcome_log_field(out, "text", line->text);
	outcome_log_field(out, "remote", line->remote);
	mw_buf_put(out, MW_LIT(",\"provider\":null,\"category\":\"delivered\","
			       "\"permanence\":\"none\",\"fault\":\"nobody\","
			       "\"action\":\"none\",\"address_is_bad\":false,"
			       "\"retry_after\":null,\"confidence\":\"code\","
			       "\"rule\":null,\"summary\":\"The server took the mail.\","
			       "\"remedy\":[],\"references\":[]}\n"));
}

static void put_outcome(mw_buf *out, const mw_knowledge *kb, const outcome_line *line)
{
	const mw_outcome o = {.kind = line->code >= 400 ? MW_KIND_BOUNCE
							: MW_KIND_DELIVERED,
			      .stage = line->stage,
			      .reply = line->code,
			      .status = line->status,
			      .text = line->text,
			      .context = {"", 0},
			      .remote = line->remote,
			      .recipient = line->recipient,
			      .provider = {"", 0},
			      .odd_number = {"", 0}};
	const mw_tell tell = {kb, -1, 80, false};
	const size_t start = out->len;
	mw_verdict v;

	mw_judge(kb, &o, &v);
	if (mw_tell_json(out, &tell, &o, &v) == MW_OK)
		out->ptr[start] = ','; /* where its own '{' stood */
}

void outcome_log(engine *e, const outcome_line *line)
{
	char memory[24576];
	mw_buf b;

	if (!e->log.running)
		return;
	mw_buf_init(&b, memory, sizeof memory);
	outcome_log_head(&b, line);
	put_around(&b, line);
	if (line->code >= 200 && line->code < 400)
		put_success(&b, line);
	else
		put_outcome(&b, e->kb, line);
	if (!b.lost)
		outlog_put(&e->log, mw_buf_str(&b));
}
