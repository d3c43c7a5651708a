/* SPDX-License-Identifier: MIT */
#include "compile/prove.h"

#include "judge/section.h"

typedef struct prover {
	const mw_knowledge *kb, *of;
	prove_say *say;
	void *ctx;
	proof p;
} prover;

static mw_stage any_stage(uint32_t set)
{
	for (int s = 1; s < MW_STAGE_COUNT; s++)
		if (set >> s & 1)
			return (mw_stage)s;
	return MW_STAGE_NONE;
}

/* Does the rule win this outcome? *winner becomes the one that does. */
static bool wins(const prover *p, const mwi_rule *r, mw_outcome *o, mw_str *winner)
{
	mw_verdict v;

	if (r->stages != 0 && !(r->stages >> o->stage & 1))
		o->stage = any_stage(r->stages);
	if (r->flags & MWI_KNOWN)
		o->provider = mwi_text(p->of, r->provider_id);
	mw_judge(p->kb, o, &v);
	*winner = v.rule;
	return mw_str_eq(v.rule, mwi_text(p->of, r->id)) &&
	       v.user_rule == (p->of != p->kb);
}

static void lost(prover *p, const mwi_rule *r, mw_str shown, mw_str winner)
{
	p->p.failures++;
	p->say(p->ctx, mwi_text(p->of, r->id), shown, winner);
}

static void prove_example(prover *p, const mwi_rule *r, mw_str example)
{
	mw_outcome_room room;
	mw_outcome o;
	mw_str winner;

	p->p.examples++;
	mw_outcome_read(&o, &room, example);
	if (!wins(p, r, &o, &winner))
		lost(p, r, example, winner);
}

/* The words of a phrase, gaps filled with "...", said with what the rule pins. */
static void prove_phrase(prover *p, const mwi_rule *r, const mwi_phrase *phrase)
{
	char memory[MWI_PARTS_MAX * (MWI_PHRASE_MAX + 8)];
	mw_buf b;
	mw_str winner;
	mw_outcome o = {.kind = MW_KIND_BOUNCE,
			.reply = 0,
			.context = {"", 0},
			.remote = {"", 0},
			.recipient = {"", 0},
			.provider = {"", 0},
			.odd_number = {"", 0}};

	mw_buf_init(&b, memory, sizeof memory);
	for (uint32_t i = 0; i < phrase->parts; i++) {
		const mwi_part *part = mwi_part_at(p->of) + phrase->part + i;

		mw_buf_put(&b, i > 0 ? MW_LIT(" ... ") : MW_LIT(""));
		mw_buf_put(&b, (mw_str){mwi_pool_at(p->of) + part->off, part->len});
	}
	o.text = mw_buf_str(&b);
	o.reply = r->code.count > 0 ? mwi_pin_at(p->of)[r->code.first].first : 550;
	if (r->status.count > 0) {
		const mwi_pin pin = mwi_pin_at(p->of)[r->status.first];

		o.status.cls = pin.cls != MWI_ANY ? pin.cls : o.reply / 100;
		o.status.subject = pin.subject != MWI_ANY ? pin.subject : 7;
		o.status.detail = pin.first;
		if (r->code.count == 0)
			o.reply = o.status.cls == 4 ? 450 : 550;
	}
	p->p.phrases++;
	if (wins(p, r, &o, &winner))
		return;
	/* Another rule may pin that code down: then this one is for those without. */
	o.reply = r->code.count > 0 ? o.reply : 0;
	if (!wins(p, r, &o, &winner))
		lost(p, r, o.text, winner);
}

proof prove_rules(const mw_knowledge *kb, const mw_knowledge *of, prove_say *say,
		  void *ctx)
{
	prover p = {.kb = kb, .of = of, .say = say, .ctx = ctx, .p = {0}};
	const mwi_rule *rule = mwi_rule_at(of);

	p.p.rules = mwi_count(of, MWI_RULE);
	for (uint32_t i = 0; i < mwi_count(of, MWI_RULE); i++)
		for (uint32_t k = 0; k < rule[i].example.count; k++)
			prove_example(
				&p, &rule[i],
				mw_knowledge_line(of, mwi_lines(rule[i].example), k));
	for (uint32_t i = 0; i < mwi_count(of, MWI_PHRASE); i++) {
		const mwi_phrase *phrase = mwi_phrase_at(of) + i;

		if (phrase->owner == MWI_OWNER_RULE)
			prove_phrase(&p, &rule[phrase->index], phrase);
	}
	return p.p;
}
