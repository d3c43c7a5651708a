/* SPDX-License-Identifier: MIT
 *
 * The promise to programs: one object a line, fields in a fixed order, nothing renamed.
 * Prose of the knowledge needs no escaping (the compiler saw to it) and is copied.
 */
#include "tell/prose.h"

#define KEY(out, name) mw_buf_put(out, MW_LIT(",\"" name "\":"))

static void put_null(mw_buf *out)
{
	mw_buf_put(out, MW_LIT("null"));
}

/* A string, or null when it is empty. */
static void put_string(mw_buf *out, mw_str s)
{
	if (s.len == 0) {
		put_null(out);
		return;
	}
	mw_buf_put_char(out, '"');
	mw_buf_put_json(out, s);
	mw_buf_put_char(out, '"');
}

/* A string of the knowledge: copied; empty stays a string. */
static void put_plain(mw_buf *out, mw_str s)
{
	mw_buf_put_char(out, '"');
	mw_buf_put(out, s);
	mw_buf_put_char(out, '"');
}

static void put_prose(mw_buf *out, const telling *g, mw_str s)
{
	mw_buf_put_char(out, '"');
	mwi_prose_put(out, g, s, mw_buf_put_json);
	mw_buf_put_char(out, '"');
}

static void put_name(mw_buf *out, mw_vocabulary v, int value)
{
	put_plain(out, mw_name(v, value));
}

static void put_status(mw_buf *out, mw_enhanced e)
{
	if (e.cls == 0) {
		put_null(out);
		return;
	}
	mw_buf_put_char(out, '"');
	mwi_status_put(out, e);
	mw_buf_put_char(out, '"');
}

static void put_code(mw_buf *out, int code)
{
	if (code == 0) {
		put_null(out);
		return;
	}
	mw_buf_put_char(out, '"');
	mw_buf_put_int(out, code);
	mw_buf_put_char(out, '"');
}

/* Text that knows nothing is no report of a failure. */
static mw_kind kind_of(const telling *g)
{
	if (g->v->confidence == MW_CONFIDENCE_NONE)
		return MW_KIND_NONE;
	/* "354 go on" is neither a failure nor a delivery. */
	if (g->v->permanence == MW_PERMANENCE_NONE &&
	    g->v->category == MW_CATEGORY_UNKNOWN)
		return MW_KIND_NONE;
	return g->o->kind;
}

static void put_evidence(mw_buf *out, const telling *g, mw_str file, mw_kind kind)
{
	const mw_outcome *o = g->o;

	mw_buf_put(out, MW_LIT("{\"file\":"));
	put_string(out, file);
	KEY(out, "kind");
	put_name(out, MW_VOCABULARY_KIND, (int)kind);
	KEY(out, "recipient");
	put_string(out, o->recipient);
	KEY(out, "stage");
	if (o->stage == MW_STAGE_NONE)
		put_null(out);
	else
		put_name(out, MW_VOCABULARY_STAGE, (int)o->stage);
	KEY(out, "reply");
	put_code(out, o->reply);
	KEY(out, "status");
	put_status(out, o->status);
	KEY(out, "status_derived");
	put_status(out, g->v->derived);
	mw_buf_put(out, MW_LIT(",\"text\":\""));
	mw_buf_put_json(out, o->text);
	mw_buf_put_char(out, '"');
	KEY(out, "remote");
	put_string(out, o->remote);
}

static void put_verdict(mw_buf *out, const telling *g)
{
	const mw_verdict *v = g->v;

	KEY(out, "provider");
	put_string(out, v->provider);
	KEY(out, "category");
	put_name(out, MW_VOCABULARY_CATEGORY, (int)v->category);
	KEY(out, "permanence");
	put_name(out, MW_VOCABULARY_PERMANENCE, (int)v->permanence);
	KEY(out, "fault");
	put_name(out, MW_VOCABULARY_FAULT, (int)v->fault);
	KEY(out, "action");
	put_name(out, MW_VOCABULARY_ACTION, (int)v->action);
	KEY(out, "address_is_bad");
	mw_buf_put(out, v->address_is_bad ? MW_LIT("true") : MW_LIT("false"));
	KEY(out, "retry_after");
	if (v->retry_after < 0)
		put_null(out);
	else
		mw_buf_put_int(out, v->retry_after);
	KEY(out, "confidence");
	put_name(out, MW_VOCABULARY_CONFIDENCE, (int)v->confidence);
	KEY(out, "rule");
	put_string(out, v->rule);
	KEY(out, "summary");
	put_prose(out, g, mwi_prose_summary(g));
}

static void put_remedies(mw_buf *out, const telling *g)
{
	remedies it = {0};
	mw_str line;
	bool more = false;

	mw_buf_put(out, MW_LIT(",\"remedy\":["));
	while (mwi_remedies_next(&it, g, &line)) {
		if (more)
			mw_buf_put_char(out, ',');
		put_prose(out, g, line);
		more = true;
	}
	mw_buf_put_char(out, ']');
}

static void put_reference(mw_buf *out, mw_str s, bool *more)
{
	if (s.len == 0)
		return;
	if (*more)
		mw_buf_put_char(out, ',');
	put_string(out, s);
	*more = true;
}

static void put_references(mw_buf *out, const telling *g)
{
	const mw_category_info c = mw_knowledge_category(g->kb, g->v->category);
	const mw_enhanced e = g->o->status;
	mw_status_code s;
	bool more = false;

	mw_buf_put(out, MW_LIT(",\"references\":["));
	put_reference(out, g->v->source, &more);
	if (e.cls != 0 &&
	    mw_knowledge_status(g->kb, e.cls, e.subject, e.detail, &s) == MW_OK)
		put_reference(out, s.source, &more);
	if (g->code.code != 0)
		put_reference(out, g->code.source, &more);
	for (uint32_t i = 0; i < c.references.count; i++)
		put_reference(out, mw_knowledge_line(g->kb, c.references, i), &more);
	mw_buf_put_char(out, ']');
}

static void put_digit(mw_buf *out, const telling *g, int place, int digit)
{
	mw_buf_put_char(out, '"');
	mw_buf_put_int(out, digit);
	mw_buf_put(out, MW_LIT(": "));
	mw_buf_put(out, mw_knowledge_digit(g->kb, place, digit));
	mw_buf_put_char(out, '"');
}

static void put_digits(mw_buf *out, const telling *g)
{
	const int code = g->o->reply;

	KEY(out, "code_meaning");
	if (g->code.code == 0)
		put_null(out);
	else
		put_prose(out, g, g->code.meaning);
	KEY(out, "digits");
	if (code == 0) {
		put_null(out);
		return;
	}
	mw_buf_put(out, MW_LIT("{\"first\":"));
	put_digit(out, g, 1, code / 100);
	mw_buf_put(out, MW_LIT(",\"second\":"));
	put_digit(out, g, 2, code / 10 % 10);
	mw_buf_put(out, MW_LIT(",\"third\":\""));
	mw_buf_put_int(out, code % 10);
	mw_buf_put(out, MW_LIT(": "));
	if (g->code.code == 0)
		mw_buf_put(out,
			   MW_LIT("no standard and no software that we know gives this "
				  "number a meaning of its own; the first two digits "
				  "hold all the same."));
	else
		mw_buf_put(out, g->code.text.len > 0 ? g->code.text : g->code.meaning);
	mw_buf_put(out, MW_LIT("\"}"));
}

static void put_names(mw_buf *out, const telling *g)
{
	KEY(out, "blocklist");
	if (g->v->blocklist.id.len == 0) {
		put_null(out);
	} else {
		mw_buf_put(out, MW_LIT("{\"name\":"));
		put_plain(out, g->v->blocklist.name);
		mw_buf_put(out, MW_LIT(",\"url\":\""));
		mwi_prose_put_lookup(out, g, mw_buf_put_json);
		mw_buf_put(out, MW_LIT("\"}"));
	}
	KEY(out, "sending_ip");
	put_string(out, g->names.ip);
	KEY(out, "sending_domain");
	put_string(out, g->names.domain);
}

mw_status mw_tell_json(mw_buf *out, const mw_tell *t, const mw_outcome *o,
		       const mw_verdict *v)
{
	telling g;

	mwi_telling_init(&g, t, o, v);
	put_evidence(out, &g, MW_LIT(""), kind_of(&g));
	put_verdict(out, &g);
	put_remedies(out, &g);
	put_references(out, &g);
	put_digits(out, &g);
	put_names(out, &g);
	mw_buf_put(out, MW_LIT("}\n"));
	return mw_buf_status(out);
}

/* What `mailwhy bounce` tells of the letter around an outcome. */
static void put_report(mw_buf *out, const mw_report *r)
{
	KEY(out, "reporting_mta");
	put_string(out, r->reporting_mta);
	KEY(out, "arrival");
	put_string(out, r->arrival);
	KEY(out, "message_id");
	put_string(out, r->message_id);
	KEY(out, "subject");
	put_string(out, r->subject);
	KEY(out, "sender");
	put_string(out, r->sender);
	KEY(out, "format");
	put_string(out, r->format);
	KEY(out, "action_field");
	put_string(out, r->action);
	KEY(out, "final_recipient");
	put_string(out, r->final_recipient);
	KEY(out, "date");
	put_string(out, r->date);
	KEY(out, "list_id");
	put_string(out, r->list_id);
	KEY(out, "envelope_id");
	put_string(out, r->envelope_id);
	KEY(out, "feedback_type");
	put_string(out, r->feedback_type);
	KEY(out, "verp_recipient");
	put_string(out, r->verp_recipient);
	KEY(out, "delayed");
	mw_buf_put(out, r->outcome.delayed ? MW_LIT("true") : MW_LIT("false"));
}

mw_status mw_tell_report_json(mw_buf *out, const mw_tell *t, mw_str file,
			      const mw_report *r, const mw_verdict *v)
{
	const mw_verdict verdict = mwi_report_verdict(r, v);
	telling g;

	mwi_telling_init(&g, t, &r->outcome, &verdict);
	g.no_report = r->outcome.kind == MW_KIND_NONE;
	put_evidence(out, &g, file, r->outcome.kind);
	put_verdict(out, &g);
	if (g.no_report) {
		mw_buf_put(out, MW_LIT(",\"remedy\":[],\"references\":[]"));
	} else {
		put_remedies(out, &g);
		put_references(out, &g);
	}
	put_names(out, &g);
	put_report(out, r);
	mw_buf_put(out, MW_LIT("}\n"));
	return mw_buf_status(out);
}
