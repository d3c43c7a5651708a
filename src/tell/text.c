/* SPDX-License-Identifier: MIT
 *
 * The answer for a person. Read aloud from top to bottom it makes sense: what was said,
 * what it means, what to do, whether to try again; then the proof.
 */
#include "base/ascii.h"
#include "tell/prose.h"
#include "tell/wrap.h"

#define LINE_MAX 8192 /* one paragraph before it is wrapped */

static void bold(mw_buf *out, const mw_tell *t, bool on)
{
	if (t->color)
		mw_buf_put(out, on ? MW_LIT("\033[1m") : MW_LIT("\033[0m"));
}

static void heading(mw_buf *out, const mw_tell *t, mw_str s)
{
	mw_buf_put_char(out, '\n');
	bold(out, t, true);
	mw_buf_put(out, s);
	bold(out, t, false);
	mw_buf_put_char(out, '\n');
}

/* A paragraph of prose; what stands before it on the line has `at` columns. */
static void paragraph(mw_buf *out, const telling *g, mw_str prose, int at, int indent)
{
	char memory[LINE_MAX];
	mw_buf line;

	mw_buf_init(&line, memory, sizeof memory);
	mwi_prose_put(&line, g, prose, mw_buf_put_visible);
	mwi_wrap_put(out, mw_buf_str(&line), g->t->width, at, indent);
}

static void separate(mw_buf *line, bool *more)
{
	if (*more)
		mw_buf_put(line, MW_LIT(" · "));
	*more = true;
}

static bool is_reply(const telling *g)
{
	return g->v->confidence != MW_CONFIDENCE_NONE || g->o->reply > 0 ||
	       g->o->status.cls != 0;
}

/* "550 5.7.26 · Gmail · refused for good · the sender's side must act" */
static void put_head(mw_buf *out, const telling *g)
{
	char memory[1024];
	mw_buf line;
	bool more = false;

	mw_buf_init(&line, memory, sizeof memory);
	if (g->o->reply > 0) {
		separate(&line, &more);
		mw_buf_put_int(&line, g->o->reply);
	}
	if (g->o->status.cls != 0) {
		if (more)
			mw_buf_put_char(&line, ' ');
		mwi_status_put(&line, g->o->status);
		more = true;
	}
	if (g->v->provider_name.len > 0) {
		separate(&line, &more);
		mw_buf_put_visible(&line, mw_str_head(g->v->provider_name, 100));
	}
	if (!is_reply(g)) {
		separate(&line, &more);
		mw_buf_put(&line, MW_LIT("no SMTP reply"));
	} else {
		separate(&line, &more);
		mw_buf_put(&line, mw_knowledge_word(g->kb, MW_VOCABULARY_PERMANENCE,
						    (int)g->v->permanence));
	}
	if (g->v->permanence != MW_PERMANENCE_NONE &&
	    g->v->category != MW_CATEGORY_UNKNOWN && !g->code_only) {
		separate(&line, &more);
		mw_buf_put(&line, mw_knowledge_word(g->kb, MW_VOCABULARY_FAULT,
						    (int)g->v->fault));
	}
	bold(out, g->t, true);
	mwi_wrap_put(out, mw_buf_str(&line), g->t->width, 0, 4);
	bold(out, g->t, false);
}

/* “600” looks like a reply code and is none. */
static void put_odd_number(mw_buf *out, const telling *g)
{
	char memory[512];
	mw_buf line;

	mw_buf_init(&line, memory, sizeof memory);
	mw_buf_put(&line, MW_LIT("“"));
	mw_buf_put_visible(&line, mw_str_head(g->o->odd_number, 40));
	mw_buf_put(
		&line,
		MW_LIT("” is no reply of a mail server: those have three digits, and the "
		       "first is 2, 3, 4 or 5 (RFC 5321, section 4.2). The number comes "
		       "from the program that showed it; look for the words, or for a "
		       "number from 200 to 599, in its details or its log."));
	mwi_wrap_put(out, mw_buf_str(&line), g->t->width, 0, 0);
}

static void put_summary(mw_buf *out, const telling *g)
{
	mw_buf_put_char(out, '\n');
	if (g->o->odd_number.len > 0 && g->o->reply == 0)
		put_odd_number(out, g);
	else
		paragraph(out, g, mwi_prose_summary(g), 0, 0);
}

/* A numbered list of the lines. */
static void put_list(mw_buf *out, const telling *g, mw_str title, mw_lines lines)
{
	if (lines.count == 0)
		return;
	heading(out, g->t, title);
	for (uint32_t i = 0; i < lines.count; i++) {
		mw_buf_put(out, MW_LIT("  - "));
		paragraph(out, g, mw_knowledge_line(g->kb, lines, i), 4, 4);
	}
}

static mw_str audience_title(mw_audience a)
{
	static const char *const titles[MW_AUDIENCE_COUNT] = {
		"If you sent the message",
		"If you run the sending mail server",
		"If you write the sending program",
		"If you run the receiving mail server",
	};

	return mw_str_of(titles[a]);
}

static void put_remedies(mw_buf *out, const telling *g)
{
	remedies it = {0};
	int audience = -1, n = 0;
	mw_str line;

	while (mwi_remedies_next(&it, g, &line)) {
		if ((int)it.audience != audience) {
			if (audience < 0)
				heading(out, g->t, MW_LIT("What to do"));
			mw_buf_put(out, MW_LIT("  "));
			mw_buf_put(out, audience_title(it.audience));
			mw_buf_put(out, MW_LIT(":\n"));
			audience = (int)it.audience;
			n = 0;
		}
		n++;
		mw_buf_put(out, MW_LIT("    "));
		mw_buf_put_int(out, n);
		mw_buf_put(out, MW_LIT(". "));
		paragraph(out, g, line, 7, 7);
	}
}

/* "about 5 minutes" */
static void put_time(mw_buf *out, int seconds)
{
	static const struct {
		int seconds;
		const char *one, *many;
	} units[] = {{86400, "day", "days"},
		     {3600, "hour", "hours"},
		     {60, "minute", "minutes"},
		     {1, "second", "seconds"}};
	size_t i = 0;

	while (i < 3 && seconds < units[i].seconds)
		i++;
	const int n = (seconds + units[i].seconds / 2) / units[i].seconds;

	mw_buf_put_int(out, n);
	mw_buf_put_char(out, ' ');
	mw_buf_put(out, mw_str_of(n == 1 ? units[i].one : units[i].many));
}

/* Who else could be told what to do. */
static void put_others(mw_buf *out, const telling *g)
{
	if (g->t->audience < 0 && is_reply(g))
		mw_buf_put(
			out,
			MW_LIT("  (For programmers: --for developer. For the receiving "
			       "side: --for receiver.)\n"));
}

static void put_retry(mw_buf *out, const telling *g)
{
	char memory[1024];
	mw_buf line;

	mw_buf_init(&line, memory, sizeof memory);
	mwi_prose_put(&line, g,
		      mw_knowledge_word(g->kb, MW_VOCABULARY_ACTION, (int)g->v->action),
		      mw_buf_put_visible);
	if (g->v->retry_after > 0) {
		mw_buf_put(&line, MW_LIT(" Wait at least "));
		put_time(&line, g->v->retry_after);
		mw_buf_put(&line, MW_LIT("."));
	}
	mw_buf_put(out, MW_LIT("\nTry again?   "));
	mwi_wrap_put(out, mw_buf_str(&line), g->t->width, 13, 13);
}

static void put_address(mw_buf *out, const telling *g)
{
	mw_buf_put(out, MW_LIT("The address: "));
	if (g->v->address_is_bad)
		mwi_wrap_put(out, MW_LIT("dead; take it off your lists."), g->t->width,
			     13, 13);
	else if (g->v->category == MW_CATEGORY_UNKNOWN)
		mwi_wrap_put(out, MW_LIT("nothing here says that it is bad; keep it."),
			     g->t->width, 13, 13);
	else if (g->v->fault == MW_FAULT_RECIPIENT || g->v->action == MW_ACTION_RETRY)
		mwi_wrap_put(out, MW_LIT("not proven bad; keep it."), g->t->width, 13,
			     13);
	else
		mwi_wrap_put(out, MW_LIT("not at fault; keep it."), g->t->width, 13, 13);
}

static void put_blocklist(mw_buf *out, const telling *g)
{
	char memory[1024];
	mw_buf line;

	if (g->v->blocklist.id.len == 0)
		return;
	mw_buf_init(&line, memory, sizeof memory);
	mw_buf_put(&line, g->v->blocklist.name);
	mw_buf_put(&line, MW_LIT("  "));
	mwi_prose_put_lookup(&line, g, mw_buf_put_visible);
	mw_buf_put(out, MW_LIT("Blocklist:   "));
	mwi_wrap_put(out, mw_buf_str(&line), g->t->width, 13, 13);
}

/* The number at the left, its explanation beside it. */
static void put_row(mw_buf *out, const telling *g, mw_str key, mw_str text)
{
	mw_buf_put(out, key);
	for (size_t n = key.len; n < 9; n++)
		mw_buf_put_char(out, ' ');
	mwi_wrap_put(out, text, g->t->width, key.len > 9 ? (int)key.len : 9, 9);
}

static void put_digit(mw_buf *out, const telling *g, int code, int place)
{
	const int digit = place == 1 ? code / 100 : code / 10 % 10;
	char key[3] = {' ', ' ', ' '};

	key[place - 1] = (char)('0' + digit);
	put_row(out, g, (mw_str){key, 3}, mw_knowledge_digit(g->kb, place, digit));
}

static void put_digits(mw_buf *out, const telling *g)
{
	const int code = g->o->reply;
	char memory[1024], key[3] = {' ', ' ', (char)('0' + code % 10)};
	mw_buf line;

	if (code == 0)
		return;
	mw_buf_put_int(out, code);
	mw_buf_put(out, MW_LIT(", digit by digit:\n"));
	put_digit(out, g, code, 1);
	put_digit(out, g, code, 2);
	mw_buf_init(&line, memory, sizeof memory);
	if (g->code.code == 0) {
		mw_buf_put(&line,
			   MW_LIT("no standard and no software that we know gives "));
		mw_buf_put_int(&line, code);
		mw_buf_put(&line,
			   MW_LIT(" a meaning of its own; the first two digits hold all "
				  "the same."));
	} else {
		mw_buf_put_int(&line, code);
		mw_buf_put(&line, MW_LIT(" as a whole: "));
		mw_buf_put(&line, g->code.text.len > 0 ? g->code.text : g->code.meaning);
		mw_buf_put(&line, MW_LIT(" ("));
		mw_buf_put(&line, g->code.source);
		mw_buf_put(&line, MW_LIT(")"));
	}
	put_row(out, g, (mw_str){key, 3}, mw_buf_str(&line));
}

static void put_status_names(mw_buf *line, const telling *g)
{
	const mw_enhanced e = g->o->status;
	mw_status_code s;
	bool more = false;

	if (mw_knowledge_status_class(g->kb, e.cls, &s) == MW_OK) {
		separate(line, &more);
		mw_buf_put(line, s.name);
	}
	if (mw_knowledge_status_subject(g->kb, e.subject, &s) == MW_OK) {
		separate(line, &more);
		mw_buf_put(line, s.name);
	}
	separate(line, &more);
	if (mw_knowledge_status(g->kb, e.cls, e.subject, e.detail, &s) != MW_OK) {
		mw_buf_put(line,
			   MW_LIT("a detail that no standard records; class and subject "
				  "hold"));
		return;
	}
	mw_buf_put(line, s.name);
	if (s.source.len > 0) {
		mw_buf_put(line, MW_LIT(" ("));
		mw_buf_put(line, s.source);
		mw_buf_put(line, MW_LIT(")"));
	}
	mw_buf_put(line, MW_LIT(". "));
	mw_buf_put(line, s.meaning);
}

static void put_status(mw_buf *out, const telling *g)
{
	char memory[2048], number[16];
	mw_buf line, key;

	if (g->o->status.cls == 0)
		return;
	mw_buf_init(&key, number, sizeof number);
	mwi_status_put(&key, g->o->status);
	mw_buf_init(&line, memory, sizeof memory);
	put_status_names(&line, g);
	put_row(out, g, mw_buf_str(&key), mw_buf_str(&line));
}

static void put_proof(mw_buf *out, const telling *g)
{
	char memory[1024];
	mw_buf line;

	mw_buf_init(&line, memory, sizeof memory);
	mw_buf_put(&line, MW_LIT("Decided by "));
	mwi_prose_put(
		&line, g,
		mw_knowledge_word(g->kb, MW_VOCABULARY_CONFIDENCE, (int)g->v->confidence),
		mw_buf_put_visible);
	if (g->v->rule.len > 0) {
		mw_buf_put(&line, MW_LIT(" (rule "));
		mw_buf_put_visible(&line, g->v->rule);
		if (g->v->source.len > 0) {
			mw_buf_put(&line, MW_LIT("; "));
			mw_buf_put_visible(&line, g->v->source);
		}
		if (g->v->date.len > 0) {
			mw_buf_put(&line, MW_LIT(", "));
			mw_buf_put_visible(&line, g->v->date);
		}
		mw_buf_put_char(&line, ')');
	}
	mw_buf_put(&line, MW_LIT(". Category: "));
	mw_buf_put(&line, mw_name(MW_VOCABULARY_CATEGORY, (int)g->v->category));
	mw_buf_put_char(&line, '.');
	mwi_wrap_put(out, mw_buf_str(&line), g->t->width, 0, 0);
	if (g->o->cut)
		mwi_wrap_put(
			out,
			MW_LIT("The reply was so long that its middle was left out."),
			g->t->width, 0, 0);
}

mw_status mw_tell_text(mw_buf *out, const mw_tell *t, const mw_outcome *o,
		       const mw_verdict *v)
{
	telling g;

	mwi_telling_init(&g, t, o, v);
	g.brief = true;
	put_head(out, &g);
	put_summary(out, &g);
	if (g.code_only && v->permanence != MW_PERMANENCE_NONE)
		put_list(out, &g, MW_LIT("Most likely, in this order"), g.code.causes);
	put_remedies(out, &g);
	if (v->permanence != MW_PERMANENCE_NONE) {
		put_others(out, &g);
		put_retry(out, &g);
		put_address(out, &g);
		put_blocklist(out, &g);
	}
	if (g.code_only || (g.code.code != 0 && g.code.code < 400))
		put_list(out, &g, MW_LIT("You may have read otherwise"), g.code.notes);
	if (!is_reply(&g))
		return mw_buf_status(out);
	mw_buf_put_char(out, '\n');
	put_digits(out, &g);
	put_status(out, &g);
	put_proof(out, &g);
	return mw_buf_status(out);
}

mw_status mw_tell_summary(mw_buf *out, const mw_tell *t, const mw_outcome *o,
			  const mw_verdict *v)
{
	telling g;

	mwi_telling_init(&g, t, o, v);
	mwi_prose_put(out, &g, mwi_prose_summary(&g), mw_buf_put_visible);
	return mw_buf_status(out);
}
