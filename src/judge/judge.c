/* SPDX-License-Identifier: MIT
 *
 * The verdict. Evidence decides in a fixed order, from what says most to what says
 * least:
 *
 *	words that are certain			(a strong rule, a user's first)
 *	an enhanced status that is specific
 *	words that are suggestive		(a weak rule, the name of a blocklist)
 *	a status that is vague, the reply code at its stage, the code, the first digit
 *
 * What the words and numbers are is not known here: it is all in the knowledge.
 */
#include <mailwhy/verdict.h>

#include "base/ascii.h"
#include "judge/match.h"
#include "judge/section.h"
#include "judge/times.h"

static const mw_verdict blank = {
	.retry_after = -1,
	.rule = {"", 0},
	.provider = {"", 0},
	.provider_name = {"", 0},
	.summary = {"", 0},
	.source = {"", 0},
	.date = {"", 0},
	.blocklist = {{"", 0}, {"", 0}, {"", 0}, {"", 0}, false},
};

/* Phrases kept of one text; six is usual. */
#define FOUND_MAX 64

typedef struct evidence {
	const mw_knowledge *kb;   /* whose rules were looked for */
	const mw_knowledge *base; /* the built-in one, with the providers */
	const mw_outcome *o;
	mw_str text; /* folded */
	const mwi_phrase
		*found[FOUND_MAX]; /* of rules, the strongest if there are more */
	size_t pos[FOUND_MAX];     /* of their anchors */
	int count;
	uint32_t hint; /* provider betrayed by the words, or MWI_NO_INDEX */
	uint32_t list; /* blocklist named, or MWI_NO_INDEX */
	size_t list_len;
	mwi_times times;
} evidence;

static bool pin_holds(mwi_pin p, int cls, int subject, int number)
{
	return (p.cls == MWI_ANY || p.cls == cls) &&
	       (p.subject == MWI_ANY || p.subject == subject) && number >= p.first &&
	       number <= p.last;
}

static bool code_holds(const mw_knowledge *kb, mwi_list l, int code)
{
	for (uint32_t i = 0; i < l.count; i++)
		if (pin_holds(mwi_pin_at(kb)[l.first + i], 0, 0, code))
			return true;
	return l.count == 0;
}

static bool status_holds(const mw_knowledge *kb, mwi_list l, mw_enhanced s)
{
	for (uint32_t i = 0; i < l.count && s.cls != 0; i++)
		if (pin_holds(mwi_pin_at(kb)[l.first + i], s.cls, s.subject, s.detail))
			return true;
	return l.count == 0;
}

static bool absent_holds(const mw_knowledge *kb, mwi_list l, mw_str text)
{
	for (uint32_t i = 0; i < l.count; i++) {
		const mw_str what = mwi_text(kb, mwi_line_at(kb)[l.first + i]);

		if (what.len > 0 && mwi_match_find(text, 0, what, 0) < text.len)
			return false;
	}
	return true;
}

static bool rule_holds(const evidence *e, const mwi_rule *r)
{
	return code_holds(e->kb, r->code, e->o->reply) &&
	       status_holds(e->kb, r->status, e->o->status) &&
	       (r->stages == 0 || (r->stages >> e->o->stage & 1)) &&
	       absent_holds(e->kb, r->absent, e->text);
}

/* Phrases are in the order of their words: the lower one wins a draw, whatever file it
 * came from. */
static bool is_stronger(const mwi_phrase *a, const mwi_phrase *b)
{
	return a->strength > b->strength || (a->strength == b->strength && a < b);
}

/* Whether the rule holds is asked later, and only of the strongest: most are never asked.
 * Where there is no more room the weakest goes. */
static void rule_found(evidence *e, const mwi_phrase *p, size_t pos)
{
	int at = 0; /* the weakest so far */

	for (int i = 0; i < e->count; i++) {
		if (e->found[i] == p)
			return;
		if (is_stronger(e->found[at], e->found[i]))
			at = i;
	}
	if (e->count < FOUND_MAX)
		at = e->count++;
	else if (!is_stronger(p, e->found[at]))
		return;
	e->found[at] = p;
	e->pos[at] = pos;
}

/* A domain name is no longer than this (RFC 1035, 2.3.4). */
#define DOMAIN_MAX 253

/* "someone@gmail.com" says nothing of who speaks. */
static bool in_address(mw_str text, size_t pos)
{
	const size_t least = pos > DOMAIN_MAX ? pos - DOMAIN_MAX : 0;

	while (pos > least && (mwi_is_alnum(text.ptr[pos - 1]) ||
			       text.ptr[pos - 1] == '.' || text.ptr[pos - 1] == '-'))
		pos--;
	return pos > 0 && text.ptr[pos - 1] == '@';
}

static void phrase_found(void *ctx, uint32_t phrase, size_t pos)
{
	evidence *e = ctx;
	const mwi_phrase *p = mwi_phrase_at(e->kb) + phrase;
	const uint32_t len = p->strength >> 16 & 0xfff;

	switch ((mwi_owner)p->owner) {
	case MWI_OWNER_RULE:
		rule_found(e, p, pos);
		return;
	case MWI_OWNER_PROVIDER:
		if (e->hint == MWI_NO_INDEX && !in_address(e->text, pos))
			e->hint = p->index;
		return;
	case MWI_OWNER_BLOCKLIST:
		if (len > e->list_len && !in_address(e->text, pos)) {
			e->list = p->index;
			e->list_len = len;
		}
		return;
	case MWI_OWNER_UNIT:
		mwi_times_unit(&e->times, pos, p->index);
		return;
	case MWI_OWNER_CUE:
		if (p->index == MWI_CUE_PAST)
			mwi_times_past(&e->times, pos);
		else
			mwi_times_cue(&e->times, pos);
		return;
	case MWI_OWNER_COUNT:
		return;
	}
}

static void look(evidence *e, const mw_knowledge *base, const mw_knowledge *kb,
		 const mw_outcome *o, mw_str text)
{
	e->kb = kb;
	e->base = base;
	e->o = o;
	e->text = text;
	e->count = 0;
	e->hint = e->list = MWI_NO_INDEX;
	e->list_len = 0;
	e->times.units = e->times.cues = e->times.pasts = 0;
	mwi_match(kb, text, phrase_found, e);
}

/* A folded copy with the guard that the matcher needs. */
typedef struct folded {
	char room[MWI_MATCH_GUARD + MW_TEXT_MAX + 2 * MWI_MATCH_GUARD];
	mw_str text;
} folded;

static void fold(folded *f, mw_str s)
{
	s = mw_str_head(s, MW_TEXT_MAX);
	memset(f->room, ' ', MWI_MATCH_GUARD);
	mwi_fold(f->room + MWI_MATCH_GUARD, s);
	memset(f->room + MWI_MATCH_GUARD + s.len, ' ', MWI_MATCH_GUARD);
	f->text = (mw_str){f->room + MWI_MATCH_GUARD, s.len};
}

static void set_provider(mw_verdict *v, const mw_provider *p)
{
	v->provider = p->id;
	v->provider_name = p->name;
}

/* What is known before the words are weighed: the caller, the host, a hint. */
static void find_provider(const evidence *e, mw_verdict *v)
{
	mw_provider p;

	if (e->o->provider.len > 0) {
		v->provider = e->o->provider;
		v->provider_name = e->o->provider;
		if (mw_knowledge_provider(e->kb, e->o->provider, &p) == MW_OK)
			set_provider(v, &p);
	} else if (e->o->remote.len > 0 &&
		   mw_knowledge_provider_of_host(e->kb, e->o->remote, &p) == MW_OK) {
		set_provider(v, &p);
	} else if (e->hint != MWI_NO_INDEX) {
		const mwi_provider *r = mwi_provider_at(e->kb) + e->hint;

		v->provider = mwi_text(e->kb, r->id);
		v->provider_name = mwi_text(e->kb, r->name);
	}
}

/* The strongest phrase found but for those that were weighed and dropped. */
static int strongest(const evidence *e)
{
	int best = -1;

	for (int i = 0; i < e->count; i++)
		if (e->found[i] != NULL &&
		    (best < 0 || is_stronger(e->found[i], e->found[best])))
			best = i;
	return best;
}

/* The rule that wins, once the provider is known; NULL when none does. */
static const mwi_rule *winner(evidence *e, const mw_verdict *v)
{
	int i;

	while ((i = strongest(e)) >= 0) {
		const mwi_phrase *p = e->found[i];
		const mwi_rule *r = mwi_rule_at(e->kb) + p->index;

		if ((!p->known ||
		     mw_str_eq(mwi_text(e->kb, r->provider_id), v->provider)) &&
		    rule_holds(e, r))
			return r;
		e->found[i] = NULL;
	}
	return NULL;
}

static bool is_strong(const mwi_rule *r)
{
	return r != NULL && !(r->flags & MWI_WEAK);
}

/* The words of a rule decide. */
static void decide_by_rule(const evidence *e, const mwi_rule *r, mw_verdict *v)
{
	mw_provider p;

	v->category = (mw_category)r->category;
	v->rule = mwi_text(e->kb, r->id);
	v->summary = mwi_text(e->kb, r->summary);
	v->source = mwi_text(e->kb, r->source);
	v->date = mwi_text(e->kb, r->date);
	for (int i = 0; i < MW_AUDIENCE_COUNT; i++)
		v->remedies[i] = mwi_lines(r->remedy[i]);
	v->confidence = MW_CONFIDENCE_TEXT;
	if (r->provider_id.len == 0)
		return;
	v->confidence = MW_CONFIDENCE_PROVIDER_TEXT;
	v->provider = v->provider_name = mwi_text(e->kb, r->provider_id);
	if (r->provider != MWI_NO_INDEX)
		v->provider_name =
			mwi_text(e->kb, mwi_provider_at(e->kb)[r->provider].name);
	else if (mw_knowledge_provider(e->base, v->provider, &p) == MW_OK)
		v->provider_name = p.name;
}

static void decide_by_list(const evidence *e, mw_verdict *v)
{
	const mwi_blocklist *l = mwi_blocklist_at(e->kb) + e->list;

	v->category =
		l->domain ? MW_CATEGORY_REPUTATION_DOMAIN : MW_CATEGORY_REPUTATION_IP;
	v->confidence = MW_CONFIDENCE_TEXT;
}

static bool decide_by_status(const evidence *e, bool vague, mw_verdict *v)
{
	const mw_enhanced s = e->o->status;
	mw_status_code r;

	if (s.cls == 0 ||
	    mw_knowledge_status(e->kb, s.cls, s.subject, s.detail, &r) != MW_OK ||
	    r.vague != vague || r.category == MW_CATEGORY_UNKNOWN)
		return false;
	v->category = r.category;
	v->confidence = MW_CONFIDENCE_STATUS;
	return true;
}

static bool decide_by_code(const evidence *e, mw_verdict *v)
{
	mw_category category = mw_knowledge_code_at(e->kb, e->o->reply, e->o->stage);
	mw_code r;

	if (category == MW_CATEGORY_UNKNOWN &&
	    mw_knowledge_code(e->kb, e->o->reply, &r) == MW_OK)
		category = r.category;
	if (category == MW_CATEGORY_UNKNOWN)
		return false;
	v->category = category;
	v->confidence = MW_CONFIDENCE_CODE;
	return true;
}

/* x.1.99: nobody has recorded it, but its subject says something. */
static bool decide_by_subject(const evidence *e, mw_verdict *v)
{
	const mw_enhanced s = e->o->status;
	mw_status_code r;

	if (s.cls == 0 || mw_knowledge_status_subject(e->kb, s.subject, &r) != MW_OK ||
	    r.category == MW_CATEGORY_UNKNOWN)
		return false;
	v->category = r.category;
	v->confidence = MW_CONFIDENCE_STATUS;
	return true;
}

static int first_digit(const mw_outcome *o)
{
	return o->reply > 0 ? o->reply / 100 : o->status.cls;
}

/* The order of the comment at the top. Returns the rule that decided, or NULL. */
static const mwi_rule *decide(evidence *e, evidence *user, mw_verdict *v)
{
	const mwi_rule *own = user != NULL ? winner(user, v) : NULL;
	const mwi_rule *r = winner(e, v);

	if (is_strong(own)) {
		decide_by_rule(user, own, v);
		v->user_rule = true;
		return own;
	}
	if (is_strong(r)) {
		decide_by_rule(e, r, v);
		return r;
	}
	if (decide_by_status(e, false, v))
		return NULL;
	if (own != NULL) {
		decide_by_rule(user, own, v);
		v->user_rule = true;
		return own;
	}
	if (e->list != MWI_NO_INDEX) {
		decide_by_list(e, v);
	} else if (r != NULL) {
		decide_by_rule(e, r, v);
		return r;
	} else if (!decide_by_status(e, true, v) && !decide_by_code(e, v) &&
		   !decide_by_subject(e, v) && first_digit(e->o) > 0) {
		v->confidence = MW_CONFIDENCE_CLASS;
	}
	return NULL;
}

static mw_permanence permanence_of(const mw_outcome *o, mw_permanence otherwise)
{
	if (o->delayed)
		return MW_PERMANENCE_TEMPORARY;
	switch (first_digit(o)) {
	case 2:
	case 3:
		return MW_PERMANENCE_NONE;
	case 4:
		return MW_PERMANENCE_TEMPORARY;
	case 5:
		return MW_PERMANENCE_PERMANENT;
	default:
		return otherwise;
	}
}

/* No failure: the code says all there is to say. */
static void judge_success(const mw_knowledge *kb, const mw_outcome *o, mw_verdict *v)
{
	const evidence e = {.kb = kb, .o = o};

	v->permanence = MW_PERMANENCE_NONE;
	v->fault = MW_FAULT_NOBODY;
	v->action = MW_ACTION_NONE;
	if (!decide_by_code(&e, v) && !decide_by_status(&e, false, v))
		v->confidence = MW_CONFIDENCE_CLASS;
}

/* Before the recipient is named in the dialogue, nothing can be said of the address. */
static bool is_before_rcpt(mw_stage stage)
{
	return stage >= MW_STAGE_CONNECT && stage <= MW_STAGE_MAIL;
}

/* Words that only suggest, or a bare code, prove no address dead. */
static bool is_proof(mw_stage stage, const mwi_rule *r, const mw_verdict *v)
{
	if (is_before_rcpt(stage))
		return false;
	return v->confidence == MW_CONFIDENCE_STATUS ||
	       (v->confidence > MW_CONFIDENCE_STATUS && is_strong(r));
}

/* The category's own answers, and where the rule knows better. */
static void complete(const mw_knowledge *kb, const evidence *e, const mwi_rule *r,
		     mw_verdict *v)
{
	const mw_category_info c = mw_knowledge_category(kb, v->category);

	v->permanence = permanence_of(e->o, v->confidence == MW_CONFIDENCE_NONE
						    ? MW_PERMANENCE_NONE
						    : c.permanence);
	const bool for_good = v->permanence == MW_PERMANENCE_PERMANENT;

	v->fault = c.fault;
	v->action = for_good ? c.action_permanent : c.action_temporary;
	if (v->confidence == MW_CONFIDENCE_NONE)
		v->action = MW_ACTION_REVIEW;
	if (r != NULL && r->fault >= 0)
		v->fault = (mw_fault)r->fault;
	if (r != NULL && r->action >= 0)
		v->action = (mw_action)r->action;
	v->address_is_bad = c.bad_address && for_good && is_proof(e->o->stage, r, v);
	/* What is not proven dead is looked at, not thrown away. */
	if (v->action == MW_ACTION_REMOVE_ADDRESS && !v->address_is_bad)
		v->action = MW_ACTION_REVIEW;
	v->limit = c.limit;
	v->retry_after = mwi_times_read(&e->times, e->text);
	v->retry_stated = v->retry_after >= 0;
	if (v->retry_after < 0 && !for_good && v->permanence != MW_PERMANENCE_NONE)
		v->retry_after = r != NULL && r->retry >= 0 ? r->retry : c.retry;
	if (v->summary.len == 0)
		v->summary = c.summary;
	if (e->o->status.cls == 0 && c.subject >= 0 &&
	    v->permanence != MW_PERMANENCE_NONE)
		v->derived = (mw_enhanced){for_good ? 5 : 4, c.subject, c.detail};
}

/* A general rule says that something is listed; the list that it names says what. */
static mw_category by_list(const evidence *e, mw_category category)
{
	if (e->list == MWI_NO_INDEX || category != MW_CATEGORY_REPUTATION_IP)
		return category;
	return mwi_blocklist_at(e->kb)[e->list].domain ? MW_CATEGORY_REPUTATION_DOMAIN
						       : category;
}

/* A list is named in the verdict only where the verdict is about being listed. */
static void name_list(const evidence *e, mw_verdict *v)
{
	if (e->list == MWI_NO_INDEX ||
	    !mw_knowledge_category(e->kb, v->category).names_list ||
	    mw_knowledge_blocklist_nth(e->kb, e->list, &v->blocklist) != MW_OK)
		v->blocklist = blank.blocklist;
}

/* In reply to MAIL, "no such user" and "no such domain" are the sender's. True when the
 * category changed: what the rule says of a recipient does not hold then. */
static bool turn_to_sender(const mw_knowledge *kb, const mw_outcome *o, mw_verdict *v)
{
	const mw_category at = mw_knowledge_category(kb, v->category).at_mail;

	if (o->stage != MW_STAGE_MAIL || at == MW_CATEGORY_UNKNOWN)
		return false;
	v->category = at;
	v->summary = MW_LIT("");
	for (int i = 0; i < MW_AUDIENCE_COUNT; i++)
		v->remedies[i] = (mw_lines){0};
	return true;
}

static void judge_text(const mw_knowledge *kb, const mw_outcome *o, mw_str text,
		       mw_verdict *v)
{
	folded f;
	evidence e, user;

	*v = blank;
	fold(&f, text);
	look(&e, kb, kb, o, f.text);
	if (kb->user != NULL) {
		look(&user, kb, kb->user, o, f.text);
		user.hint = MWI_NO_INDEX;
	}
	find_provider(&e, v);
	const mwi_rule *r = decide(&e, kb->user != NULL ? &user : NULL, v);

	if (v->confidence == MW_CONFIDENCE_TEXT)
		v->category = by_list(&e, v->category);
	if (turn_to_sender(kb, o, v))
		r = NULL;
	complete(kb, &e, r, v);
	name_list(&e, v);
}

/* What a letter is may say all: no server refused anything. UNKNOWN: it does not. */
static mw_category category_of_kind(const mw_outcome *o)
{
	switch (o->kind) {
	case MW_KIND_AUTO_REPLY:
		return MW_CATEGORY_AUTO_REPLY;
	case MW_KIND_COMPLAINT:
		return MW_CATEGORY_COMPLAINT;
	case MW_KIND_DELIVERED:
		/* "354" is no delivery yet. */
		return first_digit(o) == 0 || first_digit(o) == 2 ? MW_CATEGORY_DELIVERED
								  : MW_CATEGORY_UNKNOWN;
	case MW_KIND_NONE:
	case MW_KIND_BOUNCE:
	case MW_KIND_COUNT:
		break;
	}
	return MW_CATEGORY_UNKNOWN;
}

/* The letter itself is the evidence. */
static void judge_kind(const mw_knowledge *kb, mw_category category, mw_verdict *v)
{
	const mw_category_info c = mw_knowledge_category(kb, category);

	*v = blank;
	v->category = category;
	v->permanence = MW_PERMANENCE_NONE;
	v->fault = c.fault;
	v->action = c.action_permanent;
	v->confidence = MW_CONFIDENCE_STATUS;
	v->summary = c.summary;
}

/* A status that says what is wrong outweighs what stands around the words. */
static bool is_specific(const mw_knowledge *kb, mw_enhanced s)
{
	mw_status_code r;

	return s.cls != 0 &&
	       mw_knowledge_status(kb, s.cls, s.subject, s.detail, &r) == MW_OK &&
	       !r.vague && r.category != MW_CATEGORY_UNKNOWN;
}

void mw_judge(const mw_knowledge *kb, const mw_outcome *o, mw_verdict *out)
{
	const mw_category kind = category_of_kind(o);

	if (kind != MW_CATEGORY_UNKNOWN && o->reply == 0) {
		judge_kind(kb, kind, out);
		return;
	}
	if (first_digit(o) == 2 || first_digit(o) == 3) {
		*out = blank;
		judge_success(kb, o, out);
		return;
	}
	judge_text(kb, o, o->text, out);
	if (out->confidence >= MW_CONFIDENCE_TEXT || o->context.len == 0 ||
	    is_specific(kb, o->status))
		return;

	/* The quoted words say nothing: do those around them? */
	mw_verdict wider;

	judge_text(kb, o, o->context, &wider);
	if (wider.confidence > out->confidence)
		*out = wider;
}

/* Lists the rules of one image that hold. */
static size_t list_matches(evidence *e, mw_str provider, bool user, mw_match *out,
			   size_t max)
{
	size_t count = 0;

	for (int i = 0; i < e->count; i++) {
		const mwi_phrase *p = e->found[i];
		const mwi_rule *r = mwi_rule_at(e->kb) + p->index;
		const mwi_part *part = mwi_part_at(e->kb) + p->part + p->anchor;

		if ((p->known && !mw_str_eq(mwi_text(e->kb, r->provider_id), provider)) ||
		    !rule_holds(e, r))
			continue;
		if (count < max)
			out[count] = (mw_match){
				.rule = mwi_text(e->kb, r->id),
				.phrase = {mwi_pool_at(e->kb) + part->off, part->len},
				.pos = e->pos[i],
				.strength = p->strength,
				.user = user,
			};
		count++;
	}
	return count;
}

static size_t matches_in(const mw_knowledge *kb, const mw_outcome *o, mw_str text,
			 mw_match *out, size_t max)
{
	folded f;
	evidence e;
	mw_verdict v;
	size_t count = 0;

	mw_judge(kb, o, &v);
	fold(&f, text);
	if (kb->user != NULL) {
		look(&e, kb, kb->user, o, f.text);
		count = list_matches(&e, v.provider, true, out, max);
	}
	look(&e, kb, kb, o, f.text);
	const size_t told = count < max ? count : max;

	return count + list_matches(&e, v.provider, false, told > 0 ? out + told : out,
				    max - told);
}

size_t mw_judge_matches(const mw_knowledge *kb, const mw_outcome *o, mw_match *out,
			size_t max)
{
	const size_t count = matches_in(kb, o, o->text, out, max);

	return count > 0 || o->context.len == 0 ? count
						: matches_in(kb, o, o->context, out, max);
}
