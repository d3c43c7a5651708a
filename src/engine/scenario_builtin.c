/* SPDX-License-Identifier: MIT
 *
 * The built-in scenario: names that say what they want, such as
 * rcpt-550-5.1.1@scenario.test. The letter of it is promised to users; what is not of
 * that form asks for nothing.
 */
#include <mailwhy/knowledge.h>

#include "base/ascii.h"
#include "engine/scenario_state.h"

#define LOCAL_ROOM 256
#define DELAY_MAX  3600U /* seconds */
#define FIRST_MAX  999999U

typedef struct ask {
	unsigned first; /* only so many attempts; 0: all */
	mw_stage stage;
	scenario_end end;
	unsigned delay; /* seconds; 0 none */
	int code;       /* 0: the server's own reply */
	mw_enhanced status;
	mw_str words; /* with hyphens; empty none */
} ask;

static bool cut_prefix(mw_str *rest, mw_str prefix)
{
	if (!mwi_equal(mw_str_head(*rest, prefix.len), prefix))
		return false;
	*rest = mw_str_skip(*rest, prefix.len);
	return true;
}

/* A number of up to `digits` digits. */
static bool cut_number(mw_str *rest, size_t digits, unsigned *out)
{
	unsigned value = 0;
	size_t n = 0;

	while (n < rest->len && mwi_is_digit(rest->ptr[n])) {
		if (n == digits)
			return false;
		value = value * 10 + (unsigned)(rest->ptr[n++] - '0');
	}
	*rest = mw_str_skip(*rest, n);
	*out = value;
	return n > 0;
}

/* The end, or a tag that tells addresses apart: "drop-rcpt+2". */
static bool at_end(mw_str rest)
{
	return rest.len == 0 || rest.ptr[0] == '+';
}

static bool cut_first(mw_str *rest, unsigned *first)
{
	if (!cut_prefix(rest, MW_LIT("first")))
		return true;
	return cut_number(rest, 6, first) && *first > 0 && *first <= FIRST_MAX &&
	       cut_prefix(rest, MW_LIT("-"));
}

static bool cut_stage(mw_str *rest, mw_stage *stage)
{
	static const mw_stage stages[] = {MW_STAGE_TLS,    MW_STAGE_EHLO, MW_STAGE_AUTH,
					  MW_STAGE_MAIL,   MW_STAGE_RCPT, MW_STAGE_DATA,
					  MW_STAGE_CONTENT};

	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
		if (cut_prefix(rest, mw_name(MW_VOCABULARY_STAGE, (int)stages[i]))) {
			*stage = stages[i];
			return true;
		}
	return false;
}

/* "-5.1.1" before the end, a tag or words; what is no status may be words. */
static void cut_status(mw_str *rest, mw_enhanced *status)
{
	mw_str in = *rest;
	unsigned cls, subject, detail;

	if (!cut_prefix(&in, MW_LIT("-")) || !cut_number(&in, 1, &cls) ||
	    (cls != 2 && cls != 4 && cls != 5) || !cut_prefix(&in, MW_LIT(".")) ||
	    !cut_number(&in, 3, &subject) || !cut_prefix(&in, MW_LIT(".")) ||
	    !cut_number(&in, 3, &detail) || (!at_end(in) && in.ptr[0] != '-'))
		return;
	*status = (mw_enhanced){(int)cls, (int)subject, (int)detail};
	*rest = in;
}

static bool cut_reply(mw_str *rest, ask *a)
{
	const size_t before = rest->len;
	unsigned code;

	if (!cut_number(rest, 3, &code) || before - rest->len != 3 ||
	    !scenario_makes_sense((int)code, a->stage))
		return false;
	a->code = (int)code;
	cut_status(rest, &a->status);
	if (cut_prefix(rest, MW_LIT("-"))) {
		a->words = *rest;
		*rest = MW_LIT("");
	}
	return at_end(*rest);
}

static bool read_ask(ask *a, mw_str local)
{
	mw_str rest = local;
	bool delay = false;

	*a = (ask){.words = MW_LIT("")};
	if (!cut_first(&rest, &a->first))
		return false;
	if (cut_prefix(&rest, MW_LIT("drop-")))
		a->end = SCENARIO_DROP;
	else if (cut_prefix(&rest, MW_LIT("half-")))
		a->end = SCENARIO_HALF;
	else
		delay = cut_prefix(&rest, MW_LIT("delay-"));
	if (!cut_stage(&rest, &a->stage))
		return false;
	if (a->end != SCENARIO_GO_ON && at_end(rest))
		return true;
	if (a->end == SCENARIO_DROP || !cut_prefix(&rest, MW_LIT("-")))
		return false;
	if (delay)
		return cut_number(&rest, 4, &a->delay) && a->delay > 0 &&
		       a->delay <= DELAY_MAX && at_end(rest);
	return cut_reply(&rest, a);
}

/* What stands before `domain`, with its quotes undone (RFC 5321, section 4.1.2). */
static bool local_of(mw_str *local, char *room, mw_str name, mw_str domain)
{
	size_t n = 0;

	if (name.len <= domain.len || name.len - domain.len > LOCAL_ROOM ||
	    !mwi_equal(mw_str_skip(name, name.len - domain.len), domain))
		return false;
	*local = mw_str_head(name, name.len - domain.len);
	if (local->len < 2 || local->ptr[0] != '"' || local->ptr[local->len - 1] != '"')
		return true;
	for (size_t i = 1; i + 1 < local->len; i++) {
		if (local->ptr[i] == '\\' && i + 2 < local->len)
			i++;
		room[n++] = local->ptr[i];
	}
	*local = (mw_str){room, n};
	return true;
}

static bool same_status(mw_enhanced a, mw_enhanced b)
{
	return a.cls == b.cls && a.subject == b.subject && a.detail == b.detail;
}

/* What we say ourselves with that code and status. */
static bool known_answer(const ask *a, mw_answer *out, mw_str about, char *room,
			 size_t cap)
{
	char value[MW_SMTP_PATH_MAX];
	mw_buf b;

	if (a->status.cls == 0)
		return false;
	for (int id = 0; id < MW_ANSWER_COUNT; id++) {
		const mw_answer known = mw_answer_of((mw_answer_id)id);

		if (known.code != a->code || !same_status(known.status, a->status))
			continue;
		mw_buf_init(&b, value, sizeof value);
		scenario_put(&b, about);
		*out = mw_answer_fill((mw_answer_id)id, mw_buf_str(&b), room, cap);
		return true;
	}
	return false;
}

static void put_words(mw_buf *b, mw_str words)
{
	for (size_t i = 0; i < words.len; i++)
		scenario_put(b, words.ptr[i] == '-' ? MW_LIT(" ")
						    : (mw_str){words.ptr + i, 1});
}

static mw_answer answer_of(const ask *a, mw_str name, char *room, size_t cap)
{
	mw_answer out = {.code = a->code, .status = a->status, .raw = MW_LIT("")};
	mw_knowledge kb;
	mw_code code;
	mw_buf b;

	if (a->words.len == 0 && known_answer(a, &out, name, room, cap))
		return out;
	mw_buf_init(&b, room, cap);
	mw_knowledge_open_builtin(&kb);
	if (a->code >= 400)
		out.category = mw_knowledge_code_at(&kb, a->code, a->stage);
	if (a->words.len > 0)
		put_words(&b, a->words);
	else if (mw_knowledge_code(&kb, a->code, &code) == MW_OK)
		scenario_put(&b, code.text);
	else
		scenario_put(&b, MW_LIT("Asked for by the scenario"));
	out.text = mw_buf_str(&b);
	return out;
}

static void act_on(const ask *a, mw_str name, scenario_act *out, char *room, size_t cap)
{
	out->decided = true;
	out->end = a->end;
	out->delay_ms += a->delay * 1000;
	if (a->code != 0)
		out->answer = answer_of(a, name, room, cap);
}

/* Does this name ask for something here and now? Counts, if it wants to be counted. */
static bool wants(scenario *s, const scenario_fact *f, mw_str name, mw_str domain, ask *a,
		  char *room)
{
	mw_str local;

	if (!local_of(&local, room, name, domain) || !read_ask(a, local) ||
	    a->stage != f->stage)
		return false;
	return a->first == 0 ||
	       scenario_attempt(s, f, SCENARIO_ADDRESSES, name) <= a->first;
}

bool scenario_builtin(scenario *s, const scenario_fact *f, scenario_act *out, char *room,
		      size_t cap)
{
	const mw_str at = MW_LIT("@scenario.test");
	char local[LOCAL_ROOM];
	bool found = false;
	ask a;

	/* All are asked, for their attempts to count; the first of them decides. */
	for (size_t i = 0; i < f->recipient_count; i++)
		if (wants(s, f, f->recipients[i], at, &a, local) && !found) {
			act_on(&a, f->recipients[i], out, room, cap);
			found = true;
		}
	if (wants(s, f, f->sender, at, &a, local) && !found) {
		act_on(&a, f->sender, out, room, cap);
		found = true;
	}
	if (wants(s, f, f->login, at, &a, local) && !found) {
		act_on(&a, f->login, out, room, cap);
		found = true;
	}
	if (wants(s, f, f->helo, MW_LIT(".scenario.test"), &a, local) && !found) {
		act_on(&a, f->helo, out, room, cap);
		found = true;
	}
	return found;
}
