/* SPDX-License-Identifier: MIT
 *
 * The records of the .rules files: phrase and pins to category.
 */
#include <stdlib.h>

#include "base/ascii.h"
#include "compile/tables.h"
#include "judge/fold.h"

#define PINS_MAX 64 /* of codes, and of statuses, of one rule */

/* What holds for the file at hand until it says otherwise. */
typedef struct file_state {
	const char *file;
	mw_str provider, source;
} file_state;

/* "5xx" "55x" "550" */
static bool read_code_pin(mw_str s, mwi_pin *out)
{
	unsigned first = 0, last = 0;

	if (s.len != 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		const bool wild = s.ptr[i] == 'x';

		if ((!wild && !mwi_is_digit(s.ptr[i])) || (wild && i == 0) ||
		    (!wild && i > 0 && s.ptr[i - 1] == 'x'))
			return false;
		first = first * 10 + (wild ? 0 : (unsigned)(s.ptr[i] - '0'));
		last = last * 10 + (wild ? 9 : (unsigned)(s.ptr[i] - '0'));
	}
	*out = (mwi_pin){MWI_ANY, MWI_ANY, (uint16_t)first, (uint16_t)last};
	return true;
}

static bool read_number(mw_str *s, uint16_t *out)
{
	unsigned n = 0;
	size_t i = 0;

	while (i < s->len && i < 3 && mwi_is_digit(s->ptr[i]))
		n = n * 10 + (unsigned)(s->ptr[i++] - '0');
	*s = mw_str_skip(*s, i);
	*out = (uint16_t)n;
	return i > 0;
}

/* A number or x (any). */
static bool read_wild(mw_str *s, uint16_t *out)
{
	if (s->len > 0 && s->ptr[0] == 'x') {
		*out = MWI_ANY;
		*s = mw_str_skip(*s, 1);
		return true;
	}
	return read_number(s, out);
}

static bool read_byte(mw_str *s, char c)
{
	if (s->len == 0 || s->ptr[0] != c)
		return false;
	*s = mw_str_skip(*s, 1);
	return true;
}

/* "5.7.26" "x.7.26" "5.7.x" "5.7.606-649" */
static bool read_status_pin(mw_str s, mwi_pin *out)
{
	mwi_pin p = {0};

	if (!read_wild(&s, &p.cls) || !read_byte(&s, '.') || !read_wild(&s, &p.subject) ||
	    !read_byte(&s, '.') || !read_wild(&s, &p.first))
		return false;
	p.last = p.first;
	if (p.first == MWI_ANY)
		p.first = 0;
	else if (read_byte(&s, '-') && !read_number(&s, &p.last))
		return false;
	*out = p;
	return s.len == 0 && p.first <= p.last;
}

/* 2 exact, 1 a range. */
static uint32_t code_precision(const mwi_pin *p)
{
	return p->first == p->last ? 2 : 1;
}

/* 3 exact, 2 a range, 1 any detail. */
static uint32_t status_precision(const mwi_pin *p)
{
	return p->first == p->last ? 3 : p->last == MWI_ANY ? 1 : 2;
}

/* The pins of every field of `key`; *precision becomes that of the least precise. */
static mwi_list read_pins(tables *t, const record *r, const char *key,
			  bool (*read)(mw_str, mwi_pin *),
			  uint32_t (*precise)(const mwi_pin *), uint32_t *precision)
{
	mwi_list l = {tables_count(t, MWI_PIN), 0};

	*precision = 0;
	for (uint32_t i = 0; i < r->fields.count; i++) {
		const field *f = (const field *)r->fields.item + i;
		mw_str rest = f->value, word;

		if (!mw_str_eq(f->key, mw_str_of(key)))
			continue;
		while (source_word(&rest, &word)) {
			mwi_pin pin;

			if (!read(word, &pin)) {
				complain(t->c, f->at,
					 arena_print(t->a, "“%.*s” is no %s",
						     MW_FMT(word), key)
						 .ptr);
				continue;
			}
			const uint32_t p = precise(&pin);

			*precision = l.count == 0 || p < *precision ? p : *precision;
			if (l.count == PINS_MAX) {
				complain(t->c, f->at, "more than 64 of them");
				return l;
			}
			*(mwi_pin *)tables_add(t, MWI_PIN) = pin;
			l.count++;
		}
	}
	return l;
}

static uint32_t read_stages(tables *t, const record *r)
{
	const field *f = tables_field(t, r, "stage");
	mw_str rest, word;
	uint32_t set = 0;

	if (f == NULL)
		return 0;
	rest = f->value;
	while (source_word(&rest, &word)) {
		const int s = tables_word(t, MW_VOCABULARY_STAGE, word, f->at);

		if (s > 0)
			set |= 1U << s;
	}
	return set;
}

static mw_str base_name(const char *file)
{
	mw_str s = mw_str_of(file);

	for (size_t i = s.len; i > 0; i--)
		if (s.ptr[i - 1] == '/') {
			s = mw_str_skip(s, i);
			break;
		}
	if (s.len > 6 && mw_str_eq(mw_str_skip(s, s.len - 6), MW_LIT(".rules")))
		s.len -= 6;
	return s;
}

static uint32_t provider_index(const tables *t, mw_str id)
{
	const mwi_provider *p = t->section[MWI_PROVIDER].item;

	for (uint32_t i = 0; i < tables_count(t, MWI_PROVIDER); i++)
		if (mw_str_eq(tables_str(t, p[i].id), id))
			return i;
	return MWI_NO_INDEX;
}

static void set_provider(tables *t, const record *r, const file_state *fs, mwi_rule *out)
{
	const field *f = tables_field(t, r, "provider");
	const mw_str id = f != NULL ? f->value : fs->provider;

	out->provider = MWI_NO_INDEX;
	if (id.len == 0 || mw_str_eq(id, MW_LIT("none")))
		return;
	out->provider_id = tables_text(t, id);
	out->provider = provider_index(t, id);
	if (out->provider == MWI_NO_INDEX && t->mode == KC_ALL)
		complain(t->c, f != NULL ? f->at : r->at,
			 arena_print(t->a, "no provider “%.*s” in providers.kb",
				     MW_FMT(id))
				 .ptr);
}

/* "URL" or "URL DATE" */
static void set_source(tables *t, const record *r, const file_state *fs, mwi_rule *out)
{
	const field *f = tables_field(t, r, "source");
	mw_str rest = f != NULL ? f->value : fs->source, url, date;

	if (source_word(&rest, &url))
		out->source = tables_text(t, url);
	if (source_word(&rest, &date))
		out->date = tables_text(t, date);
}

static int32_t override(tables *t, const record *r, const char *key, mw_vocabulary v)
{
	const field *f = tables_field(t, r, key);

	return f != NULL ? tables_word(t, v, f->value, f->at) : -1;
}

/* Absent phrases are sought as they are: folded, and without marks or gaps. */
static mwi_list read_absent(tables *t, const record *r)
{
	mwi_list l = tables_list(t, r, "not", false);

	for (uint32_t i = 0; i < r->fields.count; i++) {
		const field *f = (const field *)r->fields.item + i;

		if (mw_str_eq(f->key, MW_LIT("not")) && f->value.len == 0)
			complain(t->c, f->at, "“not” needs a phrase");
	}

	for (uint32_t i = 0; i < l.count; i++) {
		mwi_ref *ref = (mwi_ref *)t->section[MWI_LINE].item + l.first + i;
		char *low = arena_take(t->a, ref->len + MWI_FOLD_BLOCK);

		mwi_fold(low, tables_str(t, *ref));
		*ref = tables_text(t, (mw_str){low, ref->len});
	}
	return l;
}

static uint32_t strength_of(const mwi_rule *rule, uint32_t code, uint32_t status)
{
	return (rule->flags & MWI_WEAK ? 0 : STRENGTH_STRONG) |
	       (rule->provider_id.len > 0 ? STRENGTH_PROVIDER : 0) |
	       status << STRENGTH_STATUS | code << STRENGTH_CODE |
	       (rule->stages != 0 ? STRENGTH_STAGE : 0) |
	       (rule->flags & MWI_KNOWN ? STRENGTH_KNOWN : 0);
}

static void check_needed(tables *t, const record *r, const mwi_rule *rule,
			 uint32_t phrases)
{
	if (rule->category == MW_CATEGORY_UNKNOWN &&
	    tables_field(t, r, "category") == NULL)
		complain(t->c, r->at, "“category” is missing");
	if (phrases == 0)
		complain(t->c, r->at,
			 "“text” is missing: a rule without words belongs into codes.kb "
			 "or statuses.kb");
	if (rule->example.count == 0)
		complain(t->c, r->at, "“example” is missing: a rule proves itself");
	if ((rule->flags & MWI_KNOWN) && rule->provider_id.len == 0)
		complain(t->c, r->at, "“known” needs a provider");
}

static void compile_rule(tables *t, const record *r, const file_state *fs)
{
	const uint32_t index = tables_count(t, MWI_RULE),
		       before = tables_count(t, MWI_PHRASE);
	mwi_rule rule = {.retry = -1};
	uint32_t code, status;
	const field *f;

	tables_check_keys(t, r,
			  "category text not code status stage provider known weak fault "
			  "action retry summary sender admin developer receiver source "
			  "example");
	if (r->name.len == 0)
		complain(t->c, r->at, "a rule needs a name");
	f = tables_field(t, r, "category");
	const int category =
		f != NULL ? tables_word(t, MW_VOCABULARY_CATEGORY, f->value, f->at) : 0;

	rule.category = category > 0 ? (uint32_t)category : 0;
	rule.flags = (tables_field(t, r, "weak") != NULL ? MWI_WEAK : 0) |
		     (tables_field(t, r, "known") != NULL ? MWI_KNOWN : 0);
	set_provider(t, r, fs, &rule);
	set_source(t, r, fs, &rule);
	rule.code = read_pins(t, r, "code", read_code_pin, code_precision, &code);
	rule.status =
		read_pins(t, r, "status", read_status_pin, status_precision, &status);
	rule.stages = read_stages(t, r);
	rule.absent = read_absent(t, r);
	rule.fault = override(t, r, "fault", MW_VOCABULARY_FAULT);
	rule.action = override(t, r, "action", MW_VOCABULARY_ACTION);
	if ((f = tables_field(t, r, "retry")) != NULL)
		rule.retry = tables_number(t, f->value, 7 * 86400, f->at);
	rule.summary = tables_prose_of(t, r, "summary");
	tables_remedies(t, r, rule.remedy);
	rule.example = tables_list(t, r, "example", false);
	rule.id =
		tables_text(t, arena_print(t->a, "%.*s:%.*s", MW_FMT(base_name(fs->file)),
					   MW_FMT(r->name)));
	rule.strength = strength_of(&rule, code, status);
	for (uint32_t i = 0; i < r->fields.count; i++) {
		f = (const field *)r->fields.item + i;
		if (mw_str_eq(f->key, MW_LIT("text")))
			tables_phrase(t, f, MWI_OWNER_RULE, index, rule.strength);
	}
	check_needed(t, r, &rule, tables_count(t, MWI_PHRASE) - before);
	*(mwi_rule *)tables_add(t, MWI_RULE) = rule;
	*(place *)vec_add(t->a, &t->rule_places, sizeof(place)) = r->at;
}

/* Two rules of one name in one file. */
static void refuse_same_names(tables *t)
{
	const mwi_rule *rule = t->section[MWI_RULE].item;
	const place *at = t->rule_places.item;

	/* Ids are interned: equal text has equal offset. */
	for (uint32_t i = 0; i < tables_count(t, MWI_RULE); i++)
		for (uint32_t k = 0; k < i; k++)
			if (rule[i].id.off == rule[k].id.off) {
				complain(t->c, at[i],
					 arena_print(t->a,
						     "the rule stands twice, see line %u",
						     at[k].line)
						 .ptr);
				break;
			}
}

void rules_compile(tables *t, const vec *records)
{
	file_state fs = {.file = "", .provider = {"", 0}, .source = {"", 0}};

	for (uint32_t i = 0; i < records->count; i++) {
		const record *r = (const record *)records->item + i;

		if (strcmp(fs.file, r->at.file) != 0)
			fs = (file_state){.file = r->at.file,
					  .provider = {"", 0},
					  .source = {"", 0}};
		if (mw_str_eq(r->kind, MW_LIT("provider")))
			fs.provider = r->name;
		else if (mw_str_eq(r->kind, MW_LIT("source")))
			fs.source = r->name;
		else if (mw_str_eq(r->kind, MW_LIT("rule")))
			compile_rule(t, r, &fs);
		else
			complain(t->c, r->at,
				 "a rule file holds “provider”, “source” and “rule”");
	}
	if (tables_count(t, MWI_RULE) > MWI_RULES_MAX)
		complain(t->c, (place){fs.file, 0, 0}, "too many rules");
	else
		refuse_same_names(t);
}

static bool pins_meet(const tables *t, mwi_list a, mwi_list b)
{
	const mwi_pin *pin = t->section[MWI_PIN].item;

	if (a.count == 0 || b.count == 0)
		return true;
	for (uint32_t i = 0; i < a.count; i++)
		for (uint32_t k = 0; k < b.count; k++) {
			const mwi_pin x = pin[a.first + i], y = pin[b.first + k];

			if ((x.cls == MWI_ANY || y.cls == MWI_ANY || x.cls == y.cls) &&
			    (x.subject == MWI_ANY || y.subject == MWI_ANY ||
			     x.subject == y.subject) &&
			    x.first <= y.last && y.first <= x.last)
				return true;
		}
	return false;
}

static bool same_words(const tables *t, const mwi_phrase *a, const mwi_phrase *b)
{
	const mwi_part *part = t->section[MWI_PART].item;

	if (a->parts != b->parts)
		return false;
	for (int i = 0; i < a->parts; i++) {
		const mwi_part x = part[a->part + (uint32_t)i],
			       y = part[b->part + (uint32_t)i];

		if (x.off != y.off || x.len != y.len || x.bounds != y.bounds)
			return false;
	}
	return true;
}

static bool rules_meet(const tables *t, const mwi_rule *a, const mwi_rule *b)
{
	return pins_meet(t, a->code, b->code) && pins_meet(t, a->status, b->status) &&
	       (a->stages == 0 || b->stages == 0 || (a->stages & b->stages) != 0) &&
	       (a->provider_id.off == b->provider_id.off ||
		!(a->flags & b->flags & MWI_KNOWN));
}

void rules_refuse_ties(tables *t)
{
	const mwi_phrase *phrase = t->section[MWI_PHRASE].item;
	const mwi_rule *rule = t->section[MWI_RULE].item;
	const place *at = t->phrase_places.item;

	/* Phrases are in order (phrases_order), so twins stand side by side. */
	for (uint32_t i = 0; i < tables_count(t, MWI_PHRASE); i++)
		for (uint32_t k = i; k-- > 0 && same_words(t, &phrase[i], &phrase[k]);) {
			if (phrase[i].owner != phrase[k].owner)
				continue;
			if (phrase[i].owner == MWI_OWNER_RULE &&
			    (phrase[i].strength != phrase[k].strength ||
			     !rules_meet(t, &rule[phrase[i].index],
					 &rule[phrase[k].index])))
				continue;
			complain(t->c, at[i],
				 arena_print(t->a,
					     "the same words as at %s:%u: neither wins; "
					     "pin one of them down",
					     at[k].file, at[k].line)
					 .ptr);
			break;
		}
}
