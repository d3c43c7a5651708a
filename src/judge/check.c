/* SPDX-License-Identifier: MIT
 *
 * Is this image safe to use? Every offset, length, index and enum value is looked at
 * once here, so that no look-up and no match has to. What this accepts can give silly
 * answers; it can't be read out of bounds and no chain in it runs for ever.
 */
#include "judge/check.h"

#include "judge/section.h"

typedef struct checker {
	const mw_knowledge *kb;
	uint32_t pool, lines, pins;
} checker;

static bool in_run(uint32_t first, uint32_t count, uint32_t limit)
{
	return first <= limit && count <= limit - first;
}

static bool ref_ok(const checker *c, mwi_ref r)
{
	return in_run(r.off, r.len, c->pool);
}

static bool list_ok(const checker *c, mwi_list l)
{
	return in_run(l.first, l.count, c->lines);
}

static bool remedies_ok(const checker *c, const mwi_list *remedy)
{
	for (int i = 0; i < MW_AUDIENCE_COUNT; i++)
		if (!list_ok(c, remedy[i]))
			return false;
	return true;
}

static bool check_lines(const checker *c)
{
	for (uint32_t i = 0; i < c->lines; i++)
		if (!ref_ok(c, mwi_line_at(c->kb)[i]))
			return false;
	return true;
}

static bool check_codes(const checker *c)
{
	for (uint32_t i = 0; i < mwi_count(c->kb, MWI_CODE); i++) {
		const mwi_code *r = mwi_code_at(c->kb) + i;

		if (r->category >= MW_CATEGORY_COUNT || r->limit >= MW_LIMIT_COUNT ||
		    !ref_ok(c, r->text) || !ref_ok(c, r->source) ||
		    !ref_ok(c, r->commands) || !ref_ok(c, r->meaning) ||
		    !list_ok(c, r->cause) || !list_ok(c, r->note) ||
		    !remedies_ok(c, r->remedy))
			return false;
		for (size_t k = 0; k < sizeof r->at; k++)
			if (r->at[k] >= MW_CATEGORY_COUNT)
				return false;
	}
	return true;
}

static bool check_statuses(const checker *c)
{
	for (uint32_t i = 0; i < mwi_count(c->kb, MWI_STATUS); i++) {
		const mwi_status *r = mwi_status_at(c->kb) + i;

		if (r->category >= MW_CATEGORY_COUNT || !ref_ok(c, r->name) ||
		    !ref_ok(c, r->source) || !ref_ok(c, r->codes) ||
		    !ref_ok(c, r->meaning))
			return false;
	}
	return true;
}

static bool check_categories(const checker *c)
{
	const uint32_t n = mwi_count(c->kb, MWI_CATEGORY);

	if (n != 0 && n != MW_CATEGORY_COUNT)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		const mwi_category *r = mwi_category_at(c->kb) + i;

		if (r->permanence >= MW_PERMANENCE_COUNT || r->fault >= MW_FAULT_COUNT ||
		    r->limit >= MW_LIMIT_COUNT ||
		    r->action_temporary >= MW_ACTION_COUNT ||
		    r->action_permanent >= MW_ACTION_COUNT || !ref_ok(c, r->summary) ||
		    !list_ok(c, r->reference) || !remedies_ok(c, r->remedy))
			return false;
	}
	return true;
}

static bool check_lists(const checker *c)
{
	const uint32_t providers = mwi_count(c->kb, MWI_PROVIDER);

	for (uint32_t i = 0; i < mwi_count(c->kb, MWI_WORD); i++)
		if (!ref_ok(c, mwi_word_at(c->kb)[i].text))
			return false;
	for (uint32_t i = 0; i < providers; i++) {
		const mwi_provider *r = mwi_provider_at(c->kb) + i;

		if (!ref_ok(c, r->id) || !ref_ok(c, r->name) || !ref_ok(c, r->page) ||
		    !ref_ok(c, r->kind) || !ref_ok(c, r->limits))
			return false;
	}
	for (uint32_t i = 0; i < mwi_count(c->kb, MWI_HOST); i++) {
		const mwi_host *r = mwi_host_at(c->kb) + i;

		if (!ref_ok(c, r->suffix) || r->provider >= providers)
			return false;
	}
	for (uint32_t i = 0; i < mwi_count(c->kb, MWI_BLOCKLIST); i++) {
		const mwi_blocklist *r = mwi_blocklist_at(c->kb) + i;

		if (!ref_ok(c, r->id) || !ref_ok(c, r->name) || !ref_ok(c, r->lookup) ||
		    !ref_ok(c, r->page))
			return false;
	}
	for (uint32_t i = 0; i < mwi_count(c->kb, MWI_MAP); i++) {
		const mwi_map *r = mwi_map_at(c->kb) + i;

		if (!ref_ok(c, r->name) || !list_ok(c, r->row))
			return false;
	}
	return true;
}

static bool check_rules(const checker *c)
{
	for (uint32_t i = 0; i < mwi_count(c->kb, MWI_RULE); i++) {
		const mwi_rule *r = mwi_rule_at(c->kb) + i;

		if (r->category >= MW_CATEGORY_COUNT || r->fault >= MW_FAULT_COUNT ||
		    r->action >= MW_ACTION_COUNT ||
		    (r->provider != MWI_NO_INDEX &&
		     r->provider >= mwi_count(c->kb, MWI_PROVIDER)) ||
		    !in_run(r->code.first, r->code.count, c->pins) ||
		    !in_run(r->status.first, r->status.count, c->pins) ||
		    !list_ok(c, r->absent) || !ref_ok(c, r->id) ||
		    !ref_ok(c, r->provider_id) || !ref_ok(c, r->summary) ||
		    !ref_ok(c, r->source) || !ref_ok(c, r->date) ||
		    !remedies_ok(c, r->remedy) || !list_ok(c, r->example))
			return false;
	}
	return true;
}

static bool owner_ok(const checker *c, const mwi_phrase *p)
{
	switch (p->owner) {
	case MWI_OWNER_RULE:
		return p->index < mwi_count(c->kb, MWI_RULE);
	case MWI_OWNER_PROVIDER:
		return p->index < mwi_count(c->kb, MWI_PROVIDER);
	case MWI_OWNER_BLOCKLIST:
		return p->index < mwi_count(c->kb, MWI_BLOCKLIST);
	case MWI_OWNER_UNIT:
		return p->index > 0 && p->index <= 7 * 86400;
	case MWI_OWNER_CUE:
		return true;
	default:
		return false;
	}
}

static bool check_phrases(const checker *c)
{
	const uint32_t parts = mwi_count(c->kb, MWI_PART);

	for (uint32_t i = 0; i < parts; i++) {
		const mwi_part *p = mwi_part_at(c->kb) + i;

		if (!in_run(p->off, p->len, c->pool) || p->len == 0 ||
		    p->len > MWI_PHRASE_MAX)
			return false;
	}
	for (uint32_t i = 0; i < mwi_count(c->kb, MWI_PHRASE); i++) {
		const mwi_phrase *p = mwi_phrase_at(c->kb) + i;

		if (p->parts == 0 || p->parts > MWI_PARTS_MAX ||
		    !in_run(p->part, p->parts, parts) || p->anchor >= p->parts ||
		    !owner_ok(c, p))
			return false;
		if (p->parts == 1 ? p->multi != MWI_NO_INDEX
				  : p->multi >= mwi_header_of(c->kb)->multi)
			return false;
	}
	return true;
}

/* The scan compares a text with the anchor of the first phrase of the run alone. */
static bool run_shares_anchor(const checker *c, const mwi_gram *g)
{
	for (uint32_t i = 0; i < (g->count & ~MWI_GRAM_LAST); i++) {
		const mwi_phrase *p =
			mwi_phrase_at(c->kb) + mwi_anchored_at(c->kb)[g->run + i];

		if (mwi_part_at(c->kb)[p->part + p->anchor].len != g->len)
			return false;
	}
	return true;
}

static bool check_grams(const checker *c)
{
	const mw_knowledge *kb = c->kb;
	const uint32_t grams = mwi_count(kb, MWI_GRAM);
	const uint32_t anchored = mwi_count(kb, MWI_ANCHORED);

	if (mwi_count(kb, MWI_BITS) != 1U << MWI_BITS_LOG2 >> 3 ||
	    mwi_count(kb, MWI_HEAD) != 1U << MWI_HEADS_LOG2)
		return false;
	for (uint32_t i = 0; i < mwi_count(kb, MWI_HEAD); i++)
		if (mwi_head_at(kb)[i] > grams)
			return false;
	for (uint32_t i = 0; i < anchored; i++)
		if (mwi_anchored_at(kb)[i] >= mwi_count(kb, MWI_PHRASE))
			return false;
	for (uint32_t i = 0, chain = 0; i < grams; i++) {
		const mwi_gram *g = mwi_gram_at(kb) + i;

		if ((g->count & ~MWI_GRAM_LAST) > MWI_RUN_MAX || ++chain > MWI_CHAIN_MAX)
			return false;
		if (g->count & MWI_GRAM_LAST)
			chain = 0;

		if (!in_run(g->run, g->count & ~MWI_GRAM_LAST, anchored) ||
		    (g->count & ~MWI_GRAM_LAST) == 0 || g->len < MWI_ANCHOR_MIN ||
		    g->offset > g->len - sizeof g->key || !run_shares_anchor(c, g))
			return false;
	}
	/* Chains only go up, so the last entry ends every one of them. */
	return grams == 0 || (mwi_gram_at(kb)[grams - 1].count & MWI_GRAM_LAST) != 0;
}

static size_t record_size(mwi_section s)
{
	static const size_t size[] = {
#define X(name, field, type) sizeof(type),
		MWI_SECTION_MAP(X)
#undef X
	};

	return size[s];
}

static bool check_sections(const mwi_header *h)
{
	for (int s = 0; s < MWI_SECTION_COUNT; s++) {
		const mwi_list l = h->section[s];

		if (l.first % 8 != 0 || l.first > h->size ||
		    l.count > (h->size - l.first) / record_size((mwi_section)s))
			return false;
	}
	return h->section[MWI_RULE].count <= MWI_RULES_MAX && h->multi <= MWI_MULTI_MAX;
}

static mw_status fail(mw_err *err, mw_status status, size_t pos, const char *msg)
{
	if (err != NULL)
		*err = (mw_err){.status = status, .pos = pos, .msg = msg};
	return status;
}

mw_status mwi_check(const void *image, size_t len, mw_err *err)
{
	static const struct {
		bool (*holds)(const checker *);
		const char *msg;
	} checks[] = {
		{check_lines, "a line points outside the image"},
		{check_codes, "a code record is damaged"},
		{check_statuses, "a status record is damaged"},
		{check_categories, "a category record is damaged"},
		{check_lists, "a provider, blocklist or map record is damaged"},
		{check_rules, "a rule is damaged"},
		{check_phrases, "a phrase is damaged"},
		{check_grams, "the matcher's tables are damaged"},
	};
	const mwi_header *h = image;

	if (len < sizeof *h || (uintptr_t)image % 8 != 0)
		return fail(err, MW_E_SYNTAX, 0, "too short for a knowledge image");
	if (h->order != MWI_ORDER || h->magic != MWI_MAGIC || h->version != MWI_VERSION)
		return fail(err, MW_E_VERSION, 0, "made by another version or machine");
	if (h->size != len || len > MWI_IMAGE_MAX || !check_sections(h))
		return fail(err, MW_E_SYNTAX, 0, "sections lie outside the image");

	const mw_knowledge kb = {.image = image};
	const checker c = {&kb, mwi_count(&kb, MWI_POOL), mwi_count(&kb, MWI_LINE),
			   mwi_count(&kb, MWI_PIN)};

	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		if (!checks[i].holds(&c))
			return fail(err, MW_E_SYNTAX, 0, checks[i].msg);
	return MW_OK;
}
