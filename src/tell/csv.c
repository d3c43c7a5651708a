/* SPDX-License-Identifier: MIT
 *
 * Reports as rows for spreadsheets and scripts.
 */
#include "tell/prose.h"

#include "base/utf8.h"

/* Inside quotes: a quote is doubled, line ends and what a terminal obeys become blanks.
 */
static void put_quoted(mw_buf *out, mw_str s)
{
	while (s.len > 0) {
		uint32_t point = 0;
		const size_t n = mwi_utf8_read(s, &point);

		if (n == 0)
			mw_buf_put(out, MW_LIT("\xef\xbf\xbd"));
		else if (mwi_utf8_harmful(point))
			mw_buf_put_char(out, ' ');
		else if (point == '"')
			mw_buf_put(out, MW_LIT("\"\""));
		else
			mw_buf_put(out, mw_str_head(s, n));
		s = mw_str_skip(s, n > 0 ? n : 1);
	}
}

/* A spreadsheet takes what begins so for a formula. */
static bool is_formula(mw_str s)
{
	return s.len > 1 && memchr("=+-@", s.ptr[0], 4) != NULL;
}

static void put_cell(mw_buf *out, mw_str s)
{
	mw_buf_put_char(out, '"');
	if (is_formula(s))
		mw_buf_put_char(out, '\'');
	put_quoted(out, s);
	mw_buf_put_char(out, '"');
}

static void put_text(mw_buf *out, mw_str s)
{
	mw_buf_put_char(out, ',');
	put_cell(out, s);
}

static void put_address(mw_buf *out, mw_str s)
{
	mw_buf_put(out, MW_LIT(",\""));
	put_quoted(out, s);
	mw_buf_put_char(out, '"');
}

static void put_word(mw_buf *out, mw_vocabulary v, int value)
{
	mw_buf_put_char(out, ',');
	mw_buf_put(out, mw_name(v, value));
}

static void put_numbers(mw_buf *out, const mw_outcome *o)
{
	mw_buf_put_char(out, ',');
	if (o->reply > 0)
		mw_buf_put_int(out, o->reply);
	mw_buf_put_char(out, ',');
	if (o->status.cls > 0)
		mwi_status_put(out, o->status);
}

mw_status mw_tell_report_csv_head(mw_buf *out)
{
	mw_buf_put(out,
		   MW_LIT("file,kind,recipient,reply,status,category,permanence,fault,"
			  "action,address_is_bad,delayed,provider,remote,format,"
			  "message_id,sender,subject,text,summary\n"));
	return mw_buf_status(out);
}

mw_status mw_tell_report_csv(mw_buf *out, const mw_tell *t, mw_str file,
			     const mw_report *r, const mw_verdict *verdict)
{
	const mw_outcome *o = &r->outcome;
	const mw_verdict told = mwi_report_verdict(r, verdict), *v = &told;
	telling g;

	mwi_telling_init(&g, t, o, v);
	g.no_report = o->kind == MW_KIND_NONE;
	put_cell(out, file);
	put_word(out, MW_VOCABULARY_KIND, (int)o->kind);
	put_address(out, o->recipient);
	put_numbers(out, o);
	put_word(out, MW_VOCABULARY_CATEGORY, (int)v->category);
	put_word(out, MW_VOCABULARY_PERMANENCE, (int)v->permanence);
	put_word(out, MW_VOCABULARY_FAULT, (int)v->fault);
	put_word(out, MW_VOCABULARY_ACTION, (int)v->action);
	mw_buf_put(out, v->address_is_bad ? MW_LIT(",true") : MW_LIT(",false"));
	mw_buf_put(out, o->delayed ? MW_LIT(",true") : MW_LIT(",false"));
	put_text(out, v->provider);
	put_text(out, o->remote);
	put_text(out, r->format);
	put_text(out, r->message_id);
	put_address(out, r->sender);
	put_text(out, r->subject);
	put_text(out, o->text);
	mw_buf_put(out, MW_LIT(",\""));
	mwi_prose_put(out, &g, mwi_prose_summary(&g), put_quoted);
	mw_buf_put(out, MW_LIT("\"\n"));
	return mw_buf_status(out);
}
