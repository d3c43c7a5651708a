/* SPDX-License-Identifier: MIT
 *
 * The reader of letters: walk the message, find out what kind of letter it is, then tell
 * one recipient after the other.
 */
#include <mailwhy/bounce.h>

#include "base/ascii.h"
#include "read/address.h"
#include "read/bounce_state.h"
#include "read/charset.h"
#include "read/field.h"
#include "read/ses_json.h"
#include "read/verp.h"

/* The share of a letter's memory for its header and for its fields for programs, in
 * sixteenths; the rest is for the text. */
#define HEAD_SHARE   2
#define STATUS_SHARE 6

static char *cut(char **memory, size_t *left, size_t size)
{
	char *p = *memory;

	*memory += size;
	*left -= size;
	return p;
}

static void init_letter(mwi_letter *l, char *memory, size_t cap)
{
	const size_t part = cap / 16;
	size_t left = cap;

	mw_buf_init(&l->head, cut(&memory, &left, part * HEAD_SHARE), part * HEAD_SHARE);
	mw_buf_init(&l->status, cut(&memory, &left, part * STATUS_SHARE),
		    part * STATUS_SHARE);
	mw_buf_init(&l->notice, memory, left);
}

mw_status mw_bounce_open(mw_bounce **out, const mw_bounce_params *params)
{
	size_t left = params->cap;
	char *memory = params->memory;
	mw_bounce *b;

	if (left < MW_BOUNCE_MEMORY_MIN || ((uintptr_t)memory & 15) != 0)
		return MW_E_LIMIT;
	b = (mw_bounce *)(void *)cut(&memory, &left, (sizeof *b + 15) & ~(size_t)15);
	b->params = *params;
	b->notice.cap = left / 8 / sizeof(mwi_entry);
	b->notice.entry = (mwi_entry *)(void *)cut(&memory, &left,
						   b->notice.cap * sizeof(mwi_entry));
	/* Half for the letter itself; what it returns is less worth. */
	const size_t share = left / 8;

	init_letter(&b->letters.at[0], cut(&memory, &left, share * 4), share * 4);
	init_letter(&b->letters.at[1], cut(&memory, &left, share * 2), share * 2);
	init_letter(&b->letters.at[2], memory, left);
	mw_buf_init(&b->told, b->told_memory, sizeof b->told_memory);
	*out = b;
	mw_bounce_reset(b);
	return MW_OK;
}

void mw_bounce_reset(mw_bounce *b)
{
	for (int i = 0; i < MWI_LETTERS; i++)
		mwi_letter_reset(&b->letters.at[i]);
	mwi_mime_init(&b->mime, &b->letters, b->params.convert, b->params.ctx);
	b->source = MWI_SOURCE_NONE;
	b->subject_mark = MWI_MARK_NONE;
	b->index = b->given = 0;
	b->rest = b->subject = b->form = b->words = b->above = MW_LIT("");
	for (int i = 0; i < MWI_STATUS_COUNT; i++)
		b->message.field[i] = MW_LIT("");
	b->letter = &b->letters.at[0];
	b->original = NULL;
	b->notice.count = 0;
	b->notice.text = b->notice.returned = b->notice.fields = b->notice.form =
		MW_LIT("");
}

void mw_bounce_feed(mw_bounce *b, mw_str bytes)
{
	mwi_mime_feed(&b->mime, bytes);
}

/* The header of the returned message stands in the text. */
static void read_returned(mw_bounce *b)
{
	mw_str text = b->notice.returned;

	if (b->original == NULL || b->original->used)
		return;
	while (text.len > 0 && !mwi_is_alpha(text.ptr[0])) {
		mw_str line;

		if (!mw_str_cut_line(&text, &line))
			break;
	}
	mwi_letter_read_head(b->original, text);
}

/* "> From: MAILER-DAEMON" and what follows, without the signs of quoting, written into
 * the letter that nothing else has used; empty when there is no such line. */
static mw_str unquote(mw_bounce *b)
{
	mwi_letter *l = &b->letters.at[2];
	mw_str text = b->notice.text, line;
	bool found = false;

	if (l->used)
		return MW_LIT("");
	mwi_letter_reset(l);
	while (mw_str_cut_line(&text, &line)) {
		const bool quoted = line.len > 0 && line.ptr[0] == '>';

		while (line.len > 0 && line.ptr[0] == '>')
			line = mw_str_skip(line, 1);
		if (quoted && line.len > 0 && line.ptr[0] == ' ')
			line = mw_str_skip(line, 1);
		found |= quoted && mwi_begins(line, MW_LIT("from:"));
		if (!found)
			continue;
		mw_buf_put(&l->notice, line);
		mw_buf_put_char(&l->notice, '\n');
	}
	return mw_buf_str(&l->notice);
}

/* Behind the text, or quoted in it, a whole message may stand, told as text: it is walked
 * like one inside. */
static bool walk_told(mw_bounce *b)
{
	mw_str text = b->notice.returned;

	if (b->letter != &b->letters.at[0] || b->original->returned ||
	    b->original->notice.len > 0)
		return false;
	/* Who answers a bounce and quotes it forwards nothing. */
	if (text.len == 0 && b->subject_mark != MWI_MARK_SUBJECT_REPLY)
		text = unquote(b);
	if (text.len == 0)
		return false;
	mwi_letter_reset(b->original);
	mwi_mime_init(&b->mime, &b->letters, b->params.convert, b->params.ctx);
	b->mime.level = 1;
	while (text.len > 0 && mwi_is_blank(text.ptr[0]))
		text = mw_str_skip(text, 1);
	mwi_mime_feed(&b->mime, text);
	mwi_mime_end(&b->mime);
	b->original->used = true;
	return true;
}

/* The letter that reports: the message itself, or one inside it. Only when none names a
 * recipient, whom the returned mail was sent to is told. */
static void find_letter(mw_bounce *b)
{
	for (int fallback = 0; fallback < 2; fallback++) {
		for (int level = 0; level < MWI_LETTERS; level++) {
			if (level > 0 && !b->letters.at[level].used)
				break;
			mwi_kind_find(b, level, fallback == 1);
			if (fallback == 0)
				read_returned(b);
			if (b->source != MWI_SOURCE_NONE)
				return;
		}
		if (fallback == 0) {
			mwi_kind_find(b, 0, false);
			if (!walk_told(b))
				continue;
			mwi_kind_find(b, 1, false);
			if (b->source != MWI_SOURCE_NONE)
				return;
		}
	}
	mwi_kind_find(b, 0, false);
}

/* Was something lost of what the reports are made of? Of a mail that is no report, or of
 * what was returned, nobody misses anything. */
static bool was_cut(const mw_bounce *b)
{
	const mwi_letter *l = b->letter;

	switch (b->source) {
	case MWI_SOURCE_STATUS:
	case MWI_SOURCE_FEEDBACK:
		return l->status.lost;
	case MWI_SOURCE_FAILED:
		return l->head.lost;
	case MWI_SOURCE_NOTICE:
	case MWI_SOURCE_JSON:
		return b->notice.full || (l->notice.lost && b->notice.returned.len == 0);
	case MWI_SOURCE_NONE:
	case MWI_SOURCE_TO:
	case MWI_SOURCE_DISPOSITION:
	case MWI_SOURCE_AUTO:
		break;
	}
	return false;
}

mw_status mw_bounce_end(mw_bounce *b)
{
	mwi_mime_end(&b->mime);
	find_letter(b);
	mwi_words_share(b);
	b->index = b->given = 0;
	return was_cut(b) ? MW_E_LIMIT : MW_OK;
}

static void blank(mw_report *r)
{
	const mw_str none = MW_LIT("");

	*r = (mw_report){
		.outcome = {.text = none,
			    .context = none,
			    .remote = none,
			    .recipient = none,
			    .provider = none,
			    .odd_number = none},
		.final_recipient = none,
		.action = none,
		.format = none,
		.reporting_mta = none,
		.arrival = none,
		.message_id = none,
		.subject = none,
		.sender = none,
		.date = none,
		.list_id = none,
		.envelope_id = none,
		.feedback_type = none,
		.verp_recipient = none,
	};
}

static mw_str decoded(mw_bounce *b, mw_str value)
{
	const size_t begin = b->told.len;

	if (b->told.cap - begin < 1200)
		return MW_LIT("");
	mwi_charset_words(&b->told, mw_str_head(value, 1000), b->params.convert,
			  b->params.ctx);
	return mw_str_trim((mw_str){b->told.ptr + begin, b->told.len - begin});
}

static mw_str without_brackets(mw_str s)
{
	const char *open = s.len > 0 ? memchr(s.ptr, '<', s.len) : NULL;

	if (open != NULL)
		s = mw_str_skip(s, (size_t)(open - s.ptr) + 1);
	const char *close = s.len > 0 ? memchr(s.ptr, '>', s.len) : NULL;

	return mw_str_trim(close != NULL ? mw_str_head(s, (size_t)(close - s.ptr)) : s);
}

static mw_str first_of(mw_str a, mw_str b)
{
	return a.len > 0 ? a : b;
}

/* What is told of the original message. */
static void tell_original(mw_bounce *b, mw_report *r)
{
	const mwi_letter *o = b->original, *l = b->letter;
	const mw_str *m = b->message.field;
	mw_str from = MW_LIT(""), path = MW_LIT(""), id = MW_LIT("");

	if (o != NULL) {
		path = mwi_address_value(o->field[MWI_FIELD_RETURN_PATH]);
		from = mwi_address_value(o->field[MWI_FIELD_FROM]);
		id = without_brackets(o->field[MWI_FIELD_MESSAGE_ID]);
		r->subject = decoded(b, o->field[MWI_FIELD_SUBJECT]);
		r->list_id = decoded(b, without_brackets(o->field[MWI_FIELD_LIST_ID]));
		r->date = mwi_date_read(b->date, o->field[MWI_FIELD_DATE]);
	}
	r->sender = first_of(mwi_address_value(first_of(m[MWI_STATUS_POSTFIX_SENDER],
							m[MWI_STATUS_MAIL_FROM])),
			     first_of(path, from));
	r->message_id = first_of(id, without_brackets(m[MWI_STATUS_MESSAGE_ID]));
	if (r->message_id.len == 0)
		r->message_id = without_brackets(l->field[MWI_FIELD_IN_REPLY_TO]);
	r->message_id = decoded(b, r->message_id);
	r->sender = decoded(b, r->sender);
}

mw_str mwi_bounce_verp(mw_bounce *b)
{
	static const mwi_field fields[] = {MWI_FIELD_DELIVERED_TO,
					   MWI_FIELD_X_ORIGINAL_TO,
					   MWI_FIELD_X_ENVELOPE_TO, MWI_FIELD_TO};

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const mw_str who = mwi_verp_read(
			&b->told, mwi_address_value(b->letter->field[fields[i]]));

		if (who.len > 0)
			return who;
	}
	return MW_LIT("");
}

static void tell_verp(mw_bounce *b, mw_report *r)
{
	r->verp_recipient = mwi_bounce_verp(b);
	if (r->outcome.kind == MW_KIND_BOUNCE && r->outcome.recipient.len == 0)
		r->outcome.recipient = r->verp_recipient;
}

static mw_str format_of(const mw_bounce *b)
{
	if (b->form.len > 0 && b->source != MWI_SOURCE_FEEDBACK &&
	    b->source != MWI_SOURCE_DISPOSITION && b->source != MWI_SOURCE_AUTO)
		return b->form;
	switch (b->source) {
	case MWI_SOURCE_STATUS:
		return MW_LIT("rfc3464");
	case MWI_SOURCE_FEEDBACK:
		return MW_LIT("arf");
	case MWI_SOURCE_DISPOSITION:
		return MW_LIT("mdn");
	case MWI_SOURCE_JSON:
		return MW_LIT("ses");
	case MWI_SOURCE_AUTO:
	case MWI_SOURCE_NONE:
	case MWI_SOURCE_FAILED:
	case MWI_SOURCE_NOTICE:
	case MWI_SOURCE_TO:
		break;
	}
	return MW_LIT("");
}

static void tell_letter(mw_bounce *b, mw_report *r)
{
	const mw_str *m = b->message.field;

	r->format = format_of(b);
	if (b->source == MWI_SOURCE_NONE)
		return;
	r->reporting_mta = decoded(b, mwi_without_type(m[MWI_STATUS_REPORTING]));
	r->arrival = mwi_date_read(
		b->arrival, first_of(m[MWI_STATUS_ARRIVAL], m[MWI_STATUS_RECEIVED_DATE]));
	r->envelope_id = decoded(b, m[MWI_STATUS_ENVELOPE_ID]);
	r->feedback_type = decoded(b, m[MWI_STATUS_FEEDBACK_TYPE]);
	tell_original(b, r);
	tell_verp(b, r);
}

static bool next_status(mw_bounce *b, mw_report *r)
{
	mwi_group g;

	while (mwi_group_next(&b->rest, &g)) {
		if (!mwi_group_has_recipient(&g))
			continue;
		mwi_outcome_of_group(b, &g, r);
		b->index++;
		if (r->outcome.recipient.len == 0 && b->given > 0)
			continue;
		return true;
	}
	return false;
}

static bool next_entry(mw_bounce *b, mw_report *r)
{
	const mwi_notice *n = &b->notice;

	while (b->index < n->count) {
		const size_t i = b->index++;

		if (n->entry[i].strength < b->strength)
			continue;
		mwi_outcome_of_entry(b, n->entry[i].address, i, r);
		return true;
	}
	return false;
}

/* The next of a list of addresses in a header field. */
static bool next_address(mw_bounce *b, mw_str field, mw_report *r)
{
	mw_str a;

	if (b->index == 0)
		b->rest = field;
	if (!mwi_address_next(b->rest, 0, &a)) {
		if (b->index > 0 || b->source == MWI_SOURCE_TO)
			return false;
		a = mw_str_trim(field);
	}
	b->rest = mw_str_skip(b->rest, (size_t)(a.ptr + a.len - b->rest.ptr));
	size_t entry = mwi_entry_find(b, a);

	/* A lone recipient is whom all the text is about. */
	if (entry == b->notice.count && b->notice.count == 1)
		entry = 0;
	mwi_outcome_of_entry(b, a, entry, r);
	b->index++;
	return true;
}

static bool next_to(mw_bounce *b, mw_report *r)
{
	mw_str to = b->original != NULL ? b->original->field[MWI_FIELD_TO] : MW_LIT("");
	mw_str a;

	if (b->index > 0)
		return false;
	/* "undisclosed-recipients:;" names nobody. */
	if (!mwi_address_next(to, 0, &a) && !mwi_address_next(b->subject, 0, &to)) {
		b->index++;
		mwi_outcome_of_entry(b, MW_LIT(""), b->notice.count, r);
		return true;
	}
	return next_address(b, to, r);
}

/* Whom a complaint is about: the fields that say it, each may be there many times. */
static bool next_feedback(mw_bounce *b, mw_report *r)
{
	mwi_group g;
	mw_str who = MW_LIT("");

	if (b->index == 0)
		b->rest = mw_buf_str(&b->letter->status);
	while (who.len == 0 && mwi_group_next(&b->rest, &g))
		who = mwi_address_value(first_of(first_of(g.field[MWI_STATUS_RCPT_TO],
							  g.field[MWI_STATUS_REMOVAL]),
						 g.field[MWI_STATUS_FINAL]));
	if (who.len == 0 && b->index > 0)
		return false;
	if (who.len == 0 && b->original != NULL) {
		const mw_str *f = b->original->field;

		who = mwi_address_value(
			first_of(f[MWI_FIELD_X_HOTMAIL_RECIPIENT],
				 first_of(f[MWI_FIELD_DELIVERED_TO], f[MWI_FIELD_TO])));
		if (who.len == 0 || memchr(who.ptr, '@', who.len) == NULL)
			who = MW_LIT("");
	}
	b->index++;
	r->outcome.kind = MW_KIND_COMPLAINT;
	r->outcome.recipient = who;
	return true;
}

/* "Disposition: manual-action/MDN-sent-manually; displayed": it has arrived, unless it
 * says that it failed. */
static bool next_disposition(mw_bounce *b, mw_report *r)
{
	const mw_str *m = b->message.field;
	const mw_str what = mwi_without_type(m[MWI_STATUS_DISPOSITION]);

	if (b->index++ > 0)
		return false;
	r->outcome.kind =
		mwi_begins(what, MW_LIT("failed")) || mwi_begins(what, MW_LIT("denied"))
			? MW_KIND_BOUNCE
			: MW_KIND_DELIVERED;
	r->outcome.recipient =
		mwi_address_value(first_of(m[MWI_STATUS_ORIGINAL], m[MWI_STATUS_FINAL]));
	return true;
}

static bool next_json(mw_bounce *b, mw_report *r)
{
	mw_outcome *o = &r->outcome;
	mw_str object, address;
	mwi_group g = {0};

	if (b->index == 0) {
		b->rest = b->notice.text;
		b->message.field[MWI_STATUS_DIAGNOSTIC] =
			mwi_ses_string(b->notice.text, MW_LIT("smtpresponse"));
		b->words = MW_LIT(""); /* JSON is none of a server's */
	}
	if (!mwi_ses_next(&b->rest, mwi_ses_kind(b->notice.text) == MW_KIND_DELIVERED,
			  &object, &address)) {
		if (b->index++ > 0)
			return false;
		o->kind = mwi_ses_kind(b->notice.text);
		if (!mwi_address_next(b->notice.text, 0, &o->recipient))
			o->recipient = MW_LIT("");
		return true;
	}
	for (int i = 0; i < MWI_STATUS_COUNT; i++)
		g.field[i] = MW_LIT("");
	g.field[MWI_STATUS_FINAL] = address;
	g.field[MWI_STATUS_ACTION] = mwi_ses_string(object, MW_LIT("\"action"));
	g.field[MWI_STATUS_STATUS] = mwi_ses_string(object, MW_LIT("\"status"));
	g.field[MWI_STATUS_DIAGNOSTIC] =
		first_of(mwi_ses_string(object, MW_LIT("diagnosticcode")),
			 b->message.field[MWI_STATUS_DIAGNOSTIC]);
	b->notice.count = 0;
	mwi_outcome_of_group(b, &g, r);
	o->kind = mwi_ses_kind(b->notice.text);
	o->context = MW_LIT("");
	b->index++;
	return true;
}

static bool next_auto(mw_bounce *b, mw_report *r)
{
	if (b->index++ > 0)
		return false;
	r->outcome.kind = MW_KIND_AUTO_REPLY;
	r->outcome.recipient = mwi_address_value(b->letter->field[MWI_FIELD_FROM]);
	return true;
}

static bool next_of_source(mw_bounce *b, mw_report *r)
{
	switch (b->source) {
	case MWI_SOURCE_NONE:
		break;
	case MWI_SOURCE_STATUS:
		return next_status(b, r);
	case MWI_SOURCE_FAILED:
		return next_address(b, b->letter->field[MWI_FIELD_X_FAILED_RECIPIENTS],
				    r);
	case MWI_SOURCE_NOTICE:
		return next_entry(b, r);
	case MWI_SOURCE_TO:
		return next_to(b, r);
	case MWI_SOURCE_FEEDBACK:
		return next_feedback(b, r);
	case MWI_SOURCE_DISPOSITION:
		return next_disposition(b, r);
	case MWI_SOURCE_JSON:
		return next_json(b, r);
	case MWI_SOURCE_AUTO:
		return next_auto(b, r);
	}
	return false;
}

bool mw_bounce_next(mw_bounce *b, mw_report *out)
{
	blank(out);
	mw_buf_reset(&b->told);
	if (!next_of_source(b, out) && b->given > 0)
		return false;
	if (b->source == MWI_SOURCE_NONE)
		out->outcome.kind = MW_KIND_NONE;
	b->given++;
	tell_letter(b, out);
	return true;
}
