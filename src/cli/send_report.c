/* SPDX-License-Identifier: MIT
 *
 * What became of each recipient: told, and made an exit status of.
 */
#include <jansson.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "cli/send.h"

#define LINE_MAX_READ (64U << 10)

int send_report_open(send_report *r, const cli_common *common)
{
	int rc;

	*r = (send_report){.json = common->json};
	rc = cli_knowledge_open(&r->known, common);
	if (rc != EXIT_DONE)
		return rc;
	rc = cli_out_open(&r->out);
	if (rc != EXIT_DONE)
		cli_knowledge_close(&r->known);
	return rc;
}

int send_report_close(send_report *r, int rc)
{
	if (rc == EXIT_DONE)
		rc = r->rc;
	cli_out_close(&r->out, &rc);
	cli_knowledge_close(&r->known);
	return rc;
}

/* The status of a refusal for good. */
static int status_of(mw_category c)
{
	switch ((int)c) {
	case MW_CATEGORY_RECIPIENT_UNKNOWN:
	case MW_CATEGORY_RECIPIENT_DISABLED:
	case MW_CATEGORY_RECIPIENT_MOVED:
		return EXIT_NO_USER;
	case MW_CATEGORY_DOMAIN_NOT_FOUND:
	case MW_CATEGORY_DOMAIN_NO_MAIL:
		return EXIT_NO_HOST;
	case MW_CATEGORY_RELAY_DENIED:
	case MW_CATEGORY_AUTH_REQUIRED:
	case MW_CATEGORY_AUTH_FAILED:
	case MW_CATEGORY_SENDER_REJECTED:
	case MW_CATEGORY_SENDER_AUTHENTICATION:
	case MW_CATEGORY_REPUTATION_IP:
	case MW_CATEGORY_REPUTATION_DOMAIN:
	case MW_CATEGORY_REVERSE_DNS:
	case MW_CATEGORY_RECIPIENT_RESTRICTED:
	case MW_CATEGORY_POLICY:
		return EXIT_NOT_ALLOWED;
	default:
		return EXIT_UNAVAILABLE;
	}
}

static bool is_taken(const mw_outcome *o)
{
	return o->reply >= 200 && o->reply < 400;
}

/* "Later" wins, for the caller has something to do; else the first refusal. */
static void note(send_report *r, const mw_outcome *o, const mw_verdict *v, bool again)
{
	if (is_taken(o))
		return;
	if (again)
		r->rc = EXIT_LATER;
	else if (r->rc == EXIT_DONE)
		r->rc = status_of(v->category);
}

static void complain(const send_report *r, const mw_outcome *o, const mw_verdict *v)
{
	const mw_tell tell = {&r->known.kb, -1, 80, false};
	char line[2048];
	mw_buf b;

	mw_buf_init(&b, line, sizeof line - 1);
	mw_buf_put_visible(&b, o->recipient);
	mw_buf_put(&b, MW_LIT(": "));
	mw_buf_put_int(&b, o->reply);
	mw_buf_put_char(&b, ' ');
	mw_buf_put_visible(&b, mw_str_head(o->text, 300));
	mw_buf_put(&b, MW_LIT(": "));
	/* Where there is no room for it, the words of the server have to do. */
	(void)!mw_tell_summary(&b, &tell, o, v);
	line[b.len] = '\0';
	cli_complain("%s", line);
}

static void put(send_report *r, const mw_outcome *o, const mw_verdict *v)
{
	const mw_tell tell = {&r->known.kb, -1, cli_row_width(), false};
	const mw_report report = {.outcome = *o};
	mw_status status;

	cli_out_flush_if_full(&r->out);
	status = r->json ? mw_tell_json(&r->out.buf, &tell, o, v)
			 : mw_tell_report_line(&r->out.buf, &tell, &report, v);
	if (!r->json && !is_taken(o) && status == MW_OK) {
		mw_buf_put(&r->out.buf, MW_LIT("    "));
		mw_buf_put_visible(&r->out.buf, o->text);
		mw_buf_put(&r->out.buf, MW_LIT("\n    "));
		status = mw_tell_summary(&r->out.buf, &tell, o, v);
		mw_buf_put_char(&r->out.buf, '\n');
	}
	if (status != MW_OK)
		cli_complain("an outcome is too long to be told");
}

void send_report_put(send_report *r, const mw_outcome *o, bool again)
{
	mw_verdict v;

	mw_judge(&r->known.kb, o, &v);
	note(r, o, &v, again);
	if (!r->complains)
		put(r, o, &v);
	else if (!is_taken(o))
		complain(r, o, &v);
}

void send_report_queued(send_report *r, mw_str recipient, mw_str text)
{
	const mw_outcome o = {.kind = MW_KIND_DELIVERED,
			      .stage = MW_STAGE_QUEUE,
			      .reply = 250,
			      .status = {2, 0, 0},
			      .text = text,
			      .context = MW_LIT(""),
			      .remote = MW_LIT(""),
			      .recipient = recipient,
			      .provider = MW_LIT(""),
			      .odd_number = MW_LIT("")};

	if (r->json || r->complains) {
		send_report_put(r, &o, false);
		return;
	}
	cli_out_flush_if_full(&r->out);
	mw_buf_put_visible(&r->out.buf, recipient);
	mw_buf_put(&r->out.buf, MW_LIT(": "));
	mw_buf_put_visible(&r->out.buf, text);
	mw_buf_put_char(&r->out.buf, '\n');
}

/* --- the log of a run */

static mw_str text_of(const json_t *o, const char *name)
{
	const json_t *s = json_object_get(o, name);

	return json_is_string(s) ? (mw_str){json_string_value(s), json_string_length(s)}
				 : MW_LIT("");
}

static bool is(const json_t *o, const char *name, const char *value)
{
	return mw_str_eq(text_of(o, name), mw_str_of(value));
}

typedef struct last {
	char *line; /* of the last attempt, as the log has it */
	json_t *read;
} last;

/* What became of a recipient; other lines tell of letters, or that it was slowed. */
static bool is_outcome(const json_t *o)
{
	static const char *const events[] = {"delivered", "deferred", "failed", "expired",
					     "delivery-uncertain"};

	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		if (is(o, "event", events[i]))
			return true;
	return false;
}

/* Is it a last word, for now, on a recipient of ours? Its number, or `count`. */
static size_t whose(const json_t *o, const char *id, const send_mail *m)
{
	const mw_str recipient = text_of(o, "recipient");
	size_t i = 0;

	if (!is(o, "id", id) || !is_outcome(o))
		return m->count;
	while (i < m->count && !mwi_equal(m->recipients[i], recipient))
		i++;
	return i;
}

static void read_log(FILE *f, const char *id, const send_mail *m, last *all)
{
	char *line = malloc(LINE_MAX_READ);

	while (line != NULL && fgets(line, (int)LINE_MAX_READ, f) != NULL) {
		json_t *o = json_loads(line, 0, NULL);
		const size_t i = o != NULL ? whose(o, id, m) : m->count;

		if (i == m->count) {
			json_decref(o);
			continue;
		}
		free(all[i].line);
		json_decref(all[i].read);
		all[i].line = strdup(line);
		all[i].read = o;
	}
	free(line);
}

static void outcome_of(const json_t *o, mw_outcome *out)
{
	const mw_str status = text_of(o, "status"), reply = text_of(o, "reply");
	const int stage = mw_name_value(MW_VOCABULARY_STAGE, text_of(o, "stage"));

	*out = (mw_outcome){.kind = MW_KIND_BOUNCE,
			    .stage = stage < 0 ? MW_STAGE_NONE : (mw_stage)stage,
			    .reply = (int)strtol(reply.ptr, NULL, 10),
			    .text = text_of(o, "text"),
			    .remote = text_of(o, "remote"),
			    .recipient = text_of(o, "recipient"),
			    .context = MW_LIT(""),
			    .provider = MW_LIT(""),
			    .odd_number = MW_LIT("")};
	if (mw_enhanced_read(&out->status, status) <= 0)
		out->status = (mw_enhanced){0, 0, 0};
	if (out->reply < 400)
		out->kind = MW_KIND_DELIVERED;
}

static void tell_last(send_report *r, const last *l)
{
	const bool again = is(l->read, "event", "deferred") ||
			   is(l->read, "event", "delivery-uncertain");
	mw_outcome o;
	mw_verdict v;

	outcome_of(l->read, &o);
	if (!r->json) {
		send_report_put(r, &o, again);
		return;
	}
	mw_judge(&r->known.kb, &o, &v);
	note(r, &o, &v, again);
	cli_out_flush_if_full(&r->out);
	mw_buf_put(&r->out.buf, mw_str_of(l->line));
}

/* A server that could not be reached for one mail is not asked for the next at once. */
static void tell_untried(send_report *r, mw_str recipient)
{
	const mw_outcome o = {
		.kind = MW_KIND_BOUNCE,
		.stage = MW_STAGE_CONNECT,
		.reply = 451,
		.status = {4, 4, 1},
		.text = MW_LIT("Not tried: its server could not be reached just before"),
		.context = MW_LIT(""),
		.remote = MW_LIT(""),
		.recipient = recipient,
		.provider = MW_LIT(""),
		.odd_number = MW_LIT("")};

	send_report_put(r, &o, true);
}

void send_report_log(send_report *r, const char *path, uint64_t id, const send_mail *m)
{
	last *all = calloc(m->count, sizeof *all);
	FILE *f = fopen(path, "re");
	char number[24];

	snprintf(number, sizeof number, "%llu", (unsigned long long)id);
	if (all != NULL && f != NULL)
		read_log(f, number, m, all);
	for (size_t i = 0; all != NULL && i < m->count; i++) {
		if (all[i].line != NULL)
			tell_last(r, &all[i]);
		else
			tell_untried(r, m->recipients[i]);
		free(all[i].line);
		json_decref(all[i].read);
	}
	if (f != NULL)
		fclose(f);
	free(all);
}
