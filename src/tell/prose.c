/* SPDX-License-Identifier: MIT */
#include "tell/prose.h"

void mwi_telling_init(telling *g, const mw_tell *t, const mw_outcome *o,
		      const mw_verdict *v)
{
	*g = (telling){.t = t,
		       .kb = t->kb,
		       .o = o,
		       .v = v,
		       .names = mw_judge_names(t->kb, o, v),
		       .code_only = v->confidence == MW_CONFIDENCE_CODE ||
				    v->confidence == MW_CONFIDENCE_CLASS};
	if (mw_knowledge_code(t->kb, o->reply, &g->code) != MW_OK) {
		g->code.code = 0;
		g->code_only = false;
	}
}

mw_verdict mwi_report_verdict(const mw_report *r, const mw_verdict *v)
{
	mw_verdict out = *v;

	if (r->outcome.kind == MW_KIND_NONE) {
		out.fault = MW_FAULT_NOBODY;
		out.action = MW_ACTION_NONE;
		out.permanence = MW_PERMANENCE_NONE;
	}
	return out;
}

static bool is(mw_str a, mw_str b)
{
	return mw_str_eq(a, b);
}

static void put_server(mw_buf *out, const telling *g, bool capital, putter *put)
{
	if (g->v->provider_name.len > 0)
		put(out, g->v->provider_name);
	else
		mw_buf_put(out, capital ? MW_LIT("The receiving server")
					: MW_LIT("the receiving server"));
}

/* Writes the value of a placeholder; false when it is not known. */
static bool put_value(mw_buf *out, const telling *g, mw_str name, putter *put)
{
	mw_str value = MW_LIT("");

	if (is(name, MW_LIT("server")) || is(name, MW_LIT("Server"))) {
		put_server(out, g, name.ptr[0] == 'S', put);
		return true;
	}
	if (is(name, MW_LIT("lookup"))) {
		if (g->in_lookup)
			return false;
		if (g->v->blocklist.id.len == 0)
			return false;
		const size_t before = out->len;

		mwi_prose_put_lookup(out, g, put);
		if (out->len == before && !out->lost)
			mw_buf_put(out, MW_LIT("its own web page"));
		return true;
	}
	if (is(name, MW_LIT("ip")))
		value = g->names.ip;
	else if (is(name, MW_LIT("domain")))
		value = g->names.domain;
	else if (is(name, MW_LIT("list")))
		value = g->v->blocklist.name;
	put(out, value);
	return value.len > 0;
}

/* "{name|other words}" without its braces. */
static void put_placeholder(mw_buf *out, const telling *g, mw_str s, putter *put)
{
	const char *bar = s.len > 0 ? memchr(s.ptr, '|', s.len) : NULL;
	const mw_str name = bar != NULL ? mw_str_head(s, (size_t)(bar - s.ptr)) : s;

	if (!put_value(out, g, name, put) && bar != NULL)
		mw_buf_put(out, mw_str_skip(s, name.len + 1));
}

void mwi_prose_put(mw_buf *out, const telling *g, mw_str prose, putter *put)
{
	const char *open;

	while (prose.len > 0 && (open = memchr(prose.ptr, '{', prose.len)) != NULL) {
		const char *close =
			memchr(open, '}', prose.len - (size_t)(open - prose.ptr));

		if (close == NULL)
			break;
		mw_buf_put(out, mw_str_head(prose, (size_t)(open - prose.ptr)));
		put_placeholder(out, g, (mw_str){open + 1, (size_t)(close - open) - 1},
				put);
		prose = mw_str_skip(prose, (size_t)(close - prose.ptr) + 1);
	}
	mw_buf_put(out, prose);
}

void mwi_prose_put_lookup(mw_buf *out, const telling *g, putter *put)
{
	const mw_blocklist *b = &g->v->blocklist;
	const bool ip = mw_str_find(b->lookup, MW_LIT("{ip}")) < b->lookup.len;
	const bool domain = mw_str_find(b->lookup, MW_LIT("{domain}")) < b->lookup.len;
	telling inner = *g;

	inner.in_lookup = true;
	if (b->lookup.len > 0 && (!ip || g->names.ip.len > 0) &&
	    (!domain || g->names.domain.len > 0))
		mwi_prose_put(out, &inner, b->lookup, put);
	else
		mw_buf_put(out, b->page);
}

void mwi_status_put(mw_buf *out, mw_enhanced e)
{
	mw_buf_put_int(out, e.cls);
	mw_buf_put_char(out, '.');
	mw_buf_put_int(out, e.subject);
	mw_buf_put_char(out, '.');
	mw_buf_put_int(out, e.detail);
}

mw_str mwi_prose_summary(const telling *g)
{
	if (g->no_report)
		return MW_LIT("This mail is no report of a mail system.");
	if (g->v->confidence == MW_CONFIDENCE_NONE && g->o->reply == 0)
		return MW_LIT(
			"This is no reply of a mail server that we can read: it has no "
			"reply code (three digits from 200 to 599), and its words are "
			"none that we know.");
	const bool no_failure = g->o->reply > 0 && g->o->reply < 400;

	if (g->code.code != 0 && (no_failure || (g->code_only && g->v->rule.len == 0)))
		return g->code.meaning;
	/* A code that nobody has recorded says what its first digit says. */
	if (no_failure)
		return mw_knowledge_digit(g->kb, 1, g->o->reply / 100);
	return g->v->summary;
}

/* Where remedies come from, in order: the rule, then the category or the code. */
static mw_str remedy_line(const telling *g, mw_audience a, uint32_t i)
{
	const mw_verdict *v = g->v;
	const mw_knowledge *own = v->user_rule ? g->kb->user : g->kb;

	if (i < v->remedies[a].count)
		return mw_knowledge_line(own, v->remedies[a], i);
	i -= v->remedies[a].count;
	if (g->code_only || (g->code.code != 0 && g->code.code < 400))
		return mw_knowledge_line(g->kb, g->code.remedies[a], i);
	const mw_category_info c = mw_knowledge_category(g->kb, v->category);

	return mw_knowledge_line(g->kb, c.remedies[a], i);
}

static mw_audience first_audience(const telling *g)
{
	if (g->t->audience >= 0)
		return (mw_audience)g->t->audience;
	return g->v->fault == MW_FAULT_SENDER_SERVER ? MW_AUDIENCE_ADMIN
						     : MW_AUDIENCE_SENDER;
}

/* How many remedies an audience is told at most, by its place in the order: the first
 * what helps, the second the gist. The two who are seldom asked are heard when they are
 * named (--for), and the receiving side where the fault is its own. */
static int remedies_max(const telling *g, int step, mw_audience a)
{
	if (step == 0)
		return 4;
	if (a == MW_AUDIENCE_DEVELOPER)
		return g->brief ? 0 : 2;
	if (a == MW_AUDIENCE_RECEIVER)
		return g->brief || g->v->fault != MW_FAULT_RECIPIENT_SERVER ? 0 : 2;
	return 2;
}

bool mwi_remedies_next(remedies *it, const telling *g, mw_str *line)
{
	const mw_audience first = first_audience(g);

	for (; it->step < MW_AUDIENCE_COUNT; it->step++, it->line = 0, it->told = 0) {
		/* The first, then the others in their order. */
		int a = it->step == 0 ? (int)first : it->step - 1;

		if (it->step > 0 && a >= (int)first)
			a++;
		it->audience = (mw_audience)a;
		*line = remedy_line(g, it->audience, it->line);
		if (line->len == 0 || it->told == remedies_max(g, it->step, it->audience))
			continue;
		it->line++;
		it->told++;
		return true;
	}
	return false;
}
