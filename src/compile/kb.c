/* SPDX-License-Identifier: MIT
 *
 * The records of the .kb files: codes, statuses, categories, words, providers,
 * blocklists, times, maps.
 */
#include <stdlib.h>

#include "base/ascii.h"
#include "compile/tables.h"

#define REMEDIES " sender admin developer receiver"

static mw_category category_of(tables *t, const record *r)
{
	const field *f = tables_field(t, r, "category");
	const int value =
		f != NULL ? tables_word(t, MW_VOCABULARY_CATEGORY, f->value, f->at) : 0;

	return value > 0 ? (mw_category)value : MW_CATEGORY_UNKNOWN;
}

static void need(tables *t, const record *r, const char *key)
{
	for (uint32_t i = 0; i < r->fields.count; i++)
		if (mw_str_eq(((const field *)r->fields.item + i)->key, mw_str_of(key)))
			return;
	complain(t->c, r->at, arena_print(t->a, "“%s” is missing", key).ptr);
}

/* "at STAGE CATEGORY" */
static void code_stages(tables *t, const record *r, mwi_code *out)
{
	for (uint32_t i = 0; i < r->fields.count; i++) {
		const field *f = (const field *)r->fields.item + i;
		mw_str rest = f->value, stage, category;

		if (!mw_str_eq(f->key, MW_LIT("at")))
			continue;
		source_word(&rest, &stage);
		source_word(&rest, &category);
		const int s = tables_word(t, MW_VOCABULARY_STAGE, stage, f->at);
		const int c = tables_word(t, MW_VOCABULARY_CATEGORY, category, f->at);

		if (s >= 0 && c >= 0)
			out->at[s] = (uint8_t)c;
	}
}

static int vocabulary_field(tables *t, const record *r, const char *key, mw_vocabulary v)
{
	const field *f = tables_field(t, r, key);
	const int value = f != NULL ? tables_word(t, v, f->value, f->at) : 0;

	return value > 0 ? value : 0;
}

static void compile_code(tables *t, const record *r)
{
	mwi_code c = {.category = category_of(t, r)};
	const int code = tables_number(t, r->name, 599, r->at);

	tables_check_keys(
		t, r,
		"text source commands meaning cause category limit at note" REMEDIES);
	if (code < 100)
		complain(t->c, r->at, "a reply code has three digits, 100 to 599");
	need(t, r, "meaning");
	need(t, r, "source");
	c.code = (uint32_t)code;
	c.limit = (uint32_t)vocabulary_field(t, r, "limit", MW_VOCABULARY_LIMIT);
	code_stages(t, r, &c);
	c.text = tables_prose_of(t, r, "text");
	c.source = tables_prose_of(t, r, "source");
	c.commands = tables_prose_of(t, r, "commands");
	c.meaning = tables_prose_of(t, r, "meaning");
	c.cause = tables_list(t, r, "cause", true);
	c.note = tables_list(t, r, "note", true);
	tables_remedies(t, r, c.remedy);
	*(mwi_code *)tables_add(t, MWI_CODE) = c;
}

/* "x.7.26", "2.1.5" */
static void status_number(tables *t, const record *r, mwi_status *out)
{
	uint16_t n[3] = {MWI_ANY, MWI_ANY, MWI_ANY};
	mw_str rest = r->name;

	for (int i = 0; i < 3; i++) {
		const char *dot = i < 2 ? memchr(rest.ptr, '.', rest.len) : NULL;
		const mw_str s =
			dot != NULL ? mw_str_head(rest, (size_t)(dot - rest.ptr)) : rest;

		if (!mw_str_eq(s, MW_LIT("x")))
			n[i] = (uint16_t)tables_number(t, s, 999, r->at);
		rest = mw_str_skip(rest, s.len + 1);
	}
	out->cls = n[0];
	out->subject = n[1];
	out->detail = n[2];
}

static void compile_status(tables *t, const record *r)
{
	mwi_status s = {.cls = MWI_ANY, .subject = MWI_ANY, .detail = MWI_ANY};

	tables_check_keys(t, r, "name source codes meaning category vague note");
	if (mw_str_eq(r->kind, MW_LIT("class")))
		s.cls = (uint16_t)tables_number(t, r->name, 9, r->at);
	else if (mw_str_eq(r->kind, MW_LIT("subject")))
		s.subject = (uint16_t)tables_number(t, r->name, 999, r->at);
	else
		status_number(t, r, &s);
	need(t, r, "name");
	need(t, r, "meaning");
	s.category = category_of(t, r);
	s.vague = tables_field(t, r, "vague") != NULL;
	s.name = tables_prose_of(t, r, "name");
	s.source = tables_prose_of(t, r, "source");
	s.codes = tables_prose_of(t, r, "codes");
	s.meaning = tables_prose_of(t, r, "meaning");
	*(mwi_status *)tables_add(t, MWI_STATUS) = s;
}

/* "action retry", "action permanent review": which of the two. */
static void category_actions(tables *t, const record *r, mwi_category *out)
{
	for (uint32_t i = 0; i < r->fields.count; i++) {
		const field *f = (const field *)r->fields.item + i;
		mw_str rest = f->value, word, second;

		if (!mw_str_eq(f->key, MW_LIT("action")) || !source_word(&rest, &word))
			continue;
		const bool two = source_word(&rest, &second);
		const int action =
			tables_word(t, MW_VOCABULARY_ACTION, two ? second : word, f->at);

		if (action < 0)
			continue;
		if (!two || mw_str_eq(word, MW_LIT("temporary")))
			out->action_temporary = (uint32_t)action;
		if (!two || mw_str_eq(word, MW_LIT("permanent")))
			out->action_permanent = (uint32_t)action;
	}
}

/* "names list domain": what of the text belongs into the answer. */
static void category_names(tables *t, const record *r, mwi_category *out)
{
	const field *f = tables_field(t, r, "names");
	mw_str rest = f != NULL ? f->value : MW_LIT(""), word;

	while (f != NULL && source_word(&rest, &word)) {
		if (mw_str_eq(word, MW_LIT("list")))
			out->names_list = 1;
		else if (mw_str_eq(word, MW_LIT("domain")))
			out->names_domain = 1;
		else
			complain(t->c, f->at, "“names” is list, domain or both");
	}
}

static void compile_category(tables *t, const record *r)
{
	mwi_category c = {.retry = -1, .subject = MWI_ANY, .detail = MWI_ANY};
	const int value = tables_word(t, MW_VOCABULARY_CATEGORY, r->name, r->at);
	const field *f;

	tables_check_keys(t, r,
			  "permanence fault action retry limit bad-address at-mail names "
			  "status summary "
			  "reference" REMEDIES);
	need(t, r, "summary");
	need(t, r, "fault");
	need(t, r, "permanence");
	c.permanence =
		(uint32_t)vocabulary_field(t, r, "permanence", MW_VOCABULARY_PERMANENCE);
	c.fault = (uint32_t)vocabulary_field(t, r, "fault", MW_VOCABULARY_FAULT);
	category_actions(t, r, &c);
	if ((f = tables_field(t, r, "retry")) != NULL)
		c.retry = tables_number(t, f->value, 7 * 86400, f->at);
	if ((f = tables_field(t, r, "status")) != NULL) {
		record number = {.name = f->value, .at = f->at};
		mwi_status s;

		status_number(t, &number, &s);
		c.subject = s.subject;
		c.detail = s.detail;
	}
	c.limit = (uint32_t)vocabulary_field(t, r, "limit", MW_VOCABULARY_LIMIT);
	c.bad_address = tables_field(t, r, "bad-address") != NULL;
	c.at_mail = (uint32_t)vocabulary_field(t, r, "at-mail", MW_VOCABULARY_CATEGORY);
	category_names(t, r, &c);
	c.summary = tables_prose_of(t, r, "summary");
	c.reference = tables_list(t, r, "reference", true);
	tables_remedies(t, r, c.remedy);
	if (value < 0)
		return;
	mwi_category *at = (mwi_category *)t->section[MWI_CATEGORY].item + value;

	if (at->summary.len > 0)
		complain(t->c, r->at, "the category stands twice");
	*at = c;
}

/* "fault sender" with `text`: the sentence that tells it. */
static void compile_word(tables *t, const record *r, mw_vocabulary v)
{
	const int value = tables_word(t, v, r->name, r->at);

	tables_check_keys(t, r, "text");
	need(t, r, "text");
	if (value >= 0)
		*(mwi_word *)tables_add(t, MWI_WORD) = (mwi_word){
			(uint32_t)v, (uint32_t)value, tables_prose_of(t, r, "text")};
}

static void each_phrase(tables *t, const record *r, const char *key, mwi_owner owner,
			uint32_t index, uint32_t strength)
{
	for (uint32_t i = 0; i < r->fields.count; i++) {
		const field *f = (const field *)r->fields.item + i;

		if (mw_str_eq(f->key, mw_str_of(key)))
			tables_phrase(t, f, owner, index, strength);
	}
}

static uint32_t number_field(tables *t, const record *r, const char *key)
{
	const field *f = tables_field(t, r, key);

	return f != NULL ? (uint32_t)tables_number(t, f->value, 1000000, f->at) : 0;
}

/* A number that somebody published is worth as much as the place where it stands. */
static void provider_limits(tables *t, const record *r, mwi_provider *out)
{
	out->connections = number_field(t, r, "connections");
	out->messages = number_field(t, r, "messages");
	out->rate = number_field(t, r, "rate");
	out->limits = tables_prose_of(t, r, "limits");
	if (out->connections + out->messages + out->rate > 0)
		need(t, r, "limits");
}

static void compile_provider(tables *t, const record *r)
{
	const uint32_t index = tables_count(t, MWI_PROVIDER);
	mwi_provider p = {.id = tables_text(t, r->name)};

	tables_check_keys(t, r,
			  "name host hint page kind connections messages rate limits");
	need(t, r, "name");
	need(t, r, "kind");
	p.name = tables_prose_of(t, r, "name");
	p.kind = tables_prose_of(t, r, "kind");
	p.page = tables_prose_of(t, r, "page");
	provider_limits(t, r, &p);
	*(mwi_provider *)tables_add(t, MWI_PROVIDER) = p;
	each_phrase(t, r, "hint", MWI_OWNER_PROVIDER, index, 0);
	for (uint32_t i = 0; i < r->fields.count; i++) {
		const field *f = (const field *)r->fields.item + i;
		mw_str rest = f->value, host;

		if (!mw_str_eq(f->key, MW_LIT("host")))
			continue;
		while (source_word(&rest, &host))
			*(mwi_host *)tables_add(t, MWI_HOST) =
				(mwi_host){tables_text(t, host), index};
	}
}

static void compile_blocklist(tables *t, const record *r)
{
	const uint32_t index = tables_count(t, MWI_BLOCKLIST);
	const field *kind = tables_field(t, r, "kind");
	mwi_blocklist b = {.id = tables_text(t, r->name)};

	tables_check_keys(t, r, "name text kind lookup page note");
	need(t, r, "name");
	need(t, r, "text");
	need(t, r, "kind");
	b.name = tables_prose_of(t, r, "name");
	b.lookup = tables_prose_of(t, r, "lookup");
	b.page = tables_prose_of(t, r, "page");
	b.domain = kind != NULL && mw_str_eq(kind->value, MW_LIT("domain"));
	*(mwi_blocklist *)tables_add(t, MWI_BLOCKLIST) = b;
	each_phrase(t, r, "text", MWI_OWNER_BLOCKLIST, index, STRENGTH_BLOCKLIST);
}

static void compile_unit(tables *t, const record *r)
{
	const int seconds = tables_number(t, r->name, 7 * 86400, r->at);

	tables_check_keys(t, r, "text");
	if (seconds > 0)
		each_phrase(t, r, "text", MWI_OWNER_UNIT, (uint32_t)seconds, 0);
}

static void compile_cue(tables *t, const record *r)
{
	tables_check_keys(t, r, "text");
	const bool past = mw_str_eq(r->name, MW_LIT("past"));

	if (!past && !mw_str_eq(r->name, MW_LIT("retry")))
		complain(t->c, r->at, "a cue is “retry” or “past”");
	each_phrase(t, r, "text", MWI_OWNER_CUE, past ? MWI_CUE_PAST : MWI_CUE_RETRY, 0);
}

static void compile_map(tables *t, const record *r)
{
	mwi_map m = {tables_text(t, r->name), {tables_count(t, MWI_LINE), 0}};

	for (uint32_t i = 0; i < r->fields.count; i++) {
		const field *f = (const field *)r->fields.item + i;
		mw_str rest = f->value, word;

		while (source_word(&rest, &word))
			tables_word(t, MW_VOCABULARY_CATEGORY, word, f->at);
		*(mwi_ref *)tables_add(t, MWI_LINE) =
			tables_text(t, arena_print(t->a, "%.*s %.*s", MW_FMT(f->key),
						   MW_FMT(f->value)));
		m.row.count++;
	}
	*(mwi_map *)tables_add(t, MWI_MAP) = m;
}

/* "first 5" and "second 5": a digit of a reply code. */
static void compile_digit(tables *t, const record *r)
{
	const uint32_t which = mw_str_eq(r->kind, MW_LIT("first")) ? 1 : 2;
	const int digit = tables_number(t, r->name, 9, r->at);

	tables_check_keys(t, r, "text");
	need(t, r, "text");
	*(mwi_word *)tables_add(t, MWI_WORD) = (mwi_word){
		MWI_DIGIT_WORDS + which, (uint32_t)digit, tables_prose_of(t, r, "text")};
}

static void compile_action(tables *t, const record *r)
{
	compile_word(t, r, MW_VOCABULARY_ACTION);
}

static void compile_fault(tables *t, const record *r)
{
	compile_word(t, r, MW_VOCABULARY_FAULT);
}

static void compile_stage(tables *t, const record *r)
{
	compile_word(t, r, MW_VOCABULARY_STAGE);
}

static void compile_permanence(tables *t, const record *r)
{
	compile_word(t, r, MW_VOCABULARY_PERMANENCE);
}

static void compile_confidence(tables *t, const record *r)
{
	compile_word(t, r, MW_VOCABULARY_CONFIDENCE);
}

void kb_compile(tables *t, const record *r)
{
	static const struct {
		const char *kind;
		void (*compile)(tables *, const record *);
	} kinds[] = {
		{"code", compile_code},
		{"class", compile_status},
		{"subject", compile_status},
		{"status", compile_status},
		{"category", compile_category},
		{"action", compile_action},
		{"fault", compile_fault},
		{"stage", compile_stage},
		{"permanence", compile_permanence},
		{"confidence", compile_confidence},
		{"provider", compile_provider},
		{"blocklist", compile_blocklist},
		{"unit", compile_unit},
		{"cue", compile_cue},
		{"map", compile_map},
		{"first", compile_digit},
		{"second", compile_digit},
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (mw_str_eq(r->kind, mw_str_of(kinds[i].kind))) {
			kinds[i].compile(t, r);
			return;
		}
	complain(t->c, r->at,
		 arena_print(t->a, "unknown kind of record “%.*s”", MW_FMT(r->kind)).ptr);
}

static int by_code(const void *a, const void *b)
{
	const mwi_code *x = a, *y = b;

	return (x->code > y->code) - (x->code < y->code);
}

static uint64_t status_key(const mwi_status *s)
{
	return (uint64_t)s->subject << 32 | (uint64_t)s->detail << 16 | s->cls;
}

static int by_status(const void *a, const void *b)
{
	const uint64_t x = status_key(a), y = status_key(b);

	return (x > y) - (x < y);
}

/* qsort has no context: the suffix travels beside the record. */
typedef struct named_host {
	mw_str suffix;
	mwi_host host;
} named_host;

static int by_suffix(const void *a, const void *b)
{
	const mw_str x = ((const named_host *)a)->suffix,
		     y = ((const named_host *)b)->suffix;
	const int order = memcmp(x.ptr, y.ptr, x.len < y.len ? x.len : y.len);

	return order != 0 ? order : (x.len > y.len) - (x.len < y.len);
}

static void sort_hosts(tables *t)
{
	vec *v = &t->section[MWI_HOST];
	mwi_host *host = v->item;
	named_host *named = arena_take(t->a, (v->count + 1) * sizeof *named);

	for (uint32_t i = 0; i < v->count; i++)
		named[i] = (named_host){tables_str(t, host[i].suffix), host[i]};
	qsort(named, v->count, sizeof *named, by_suffix);
	for (uint32_t i = 0; i < v->count; i++) {
		host[i] = named[i].host;
		if (i > 0 && mw_str_eq(named[i].suffix, named[i - 1].suffix))
			complain(t->c, (place){"providers.kb", 0, 0},
				 arena_print(t->a, "host “%.*s” stands twice",
					     MW_FMT(named[i].suffix))
					 .ptr);
	}
}

static void refuse_twins(tables *t)
{
	const mwi_code *code = t->section[MWI_CODE].item;
	const mwi_status *status = t->section[MWI_STATUS].item;

	for (uint32_t i = 1; i < tables_count(t, MWI_CODE); i++)
		if (code[i].code == code[i - 1].code)
			complain(t->c, (place){"codes.kb", 0, 0},
				 arena_print(t->a, "code %u stands twice", code[i].code)
					 .ptr);
	for (uint32_t i = 1; i < tables_count(t, MWI_STATUS); i++)
		if (status_key(&status[i]) == status_key(&status[i - 1]))
			complain(t->c, (place){"statuses.kb", 0, 0},
				 arena_print(t->a, "status x.%u.%u stands twice",
					     status[i].subject, status[i].detail)
					 .ptr);
}

void kb_finish(tables *t)
{
	const mwi_category *category = t->section[MWI_CATEGORY].item;

	if (t->section[MWI_CODE].count > 0)
		qsort(t->section[MWI_CODE].item, tables_count(t, MWI_CODE),
		      sizeof(mwi_code), by_code);
	if (t->section[MWI_STATUS].count > 0)
		qsort(t->section[MWI_STATUS].item, tables_count(t, MWI_STATUS),
		      sizeof(mwi_status), by_status);
	sort_hosts(t);
	refuse_twins(t);
	for (uint32_t i = 0; i < tables_count(t, MWI_CATEGORY); i++)
		if (category[i].summary.len == 0)
			complain(t->c, (place){"categories.kb", 0, 0},
				 arena_print(t->a, "category “%s” is missing",
					     mw_name(MW_VOCABULARY_CATEGORY, (int)i).ptr)
					 .ptr);
}
