/* SPDX-License-Identifier: MIT
 *
 * From files to an image: read the records, compile each kind, order the phrases, build
 * the matcher's tables, lay out the sections.
 */
#include "compile/compile.h"

#include <stdlib.h>

#include "compile/tables.h"

typedef struct sink {
	kc_say *say;
	void *ctx;
} sink;

static void pass_on(void *ctx, place at, const char *msg)
{
	const sink *s = ctx;

	s->say(s->ctx, at.file, at.line, at.column, msg);
}

static bool is_rules_file(const char *file)
{
	const mw_str s = mw_str_of(file);

	return s.len >= 6 && mw_str_eq(mw_str_skip(s, s.len - 6), MW_LIT(".rules"));
}

/* Rules refer to providers: the .kb files are compiled first. */
static void compile_records(tables *t, const kc_input *input, size_t count)
{
	vec kb = {0}, rules = {0};

	for (size_t i = 0; i < count; i++) {
		const bool is_rules = t->mode == KC_RULES || is_rules_file(input[i].file);

		source_read(t->a, t->c, input[i].file, input[i].text,
			    is_rules ? &rules : &kb);
	}
	for (uint32_t i = 0; i < kb.count; i++)
		kb_compile(t, (const record *)kb.item + i);
	kb_finish(t);
	rules_compile(t, &rules);
}

static size_t align8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

static mw_status lay_out(const tables *t, void **image, size_t *len)
{
	mwi_header h = {.magic = MWI_MAGIC,
			.version = MWI_VERSION,
			.order = MWI_ORDER,
			.multi = t->multi};
	size_t size = align8(sizeof h);

	for (int s = 0; s < MWI_SECTION_COUNT; s++) {
		h.section[s] = (mwi_list){(uint32_t)size, t->section[s].count};
		size = align8(size + t->section[s].count * tables_record_size[s]);
	}
	if (size > MWI_IMAGE_MAX)
		return MW_E_LIMIT;
	h.size = (uint32_t)size;
	char *p = calloc(1, size);

	if (p == NULL)
		return MW_E_NOMEM;
	memcpy(p, &h, sizeof h);
	for (int s = 0; s < MWI_SECTION_COUNT; s++)
		if (t->section[s].count > 0)
			memcpy(p + h.section[s].first, t->section[s].item,
			       t->section[s].count * tables_record_size[s]);
	*image = p;
	*len = size;
	return MW_OK;
}

static mw_status compile(tables *t, const kc_input *input, size_t count, void **image,
			 size_t *len)
{
	if (t->mode == KC_ALL)
		for (int i = 0; i < MW_CATEGORY_COUNT; i++)
			tables_add(t, MWI_CATEGORY);
	compile_records(t, input, count);
	phrases_order(t);
	rules_refuse_ties(t);
	if (t->c->count > 0)
		return MW_E_SYNTAX;
	grams_build(t);
	return lay_out(t, image, len);
}

mw_status kc_compile(const kc_input *input, size_t count, kc_mode mode, kc_say *say,
		     void *ctx, void **image, size_t *len)
{
	arena a = {0};
	sink to = {say, ctx};
	complaints c = {.say = pass_on, .ctx = &to};
	tables t = {.a = &a, .c = &c, .mode = mode};
	volatile mw_status status = MW_E_NOMEM;

	*image = NULL;
	*len = 0;
	if (setjmp(a.out_of_memory) == 0)
		status = compile(&t, input, count, image, len);
	arena_free(&a);
	return status;
}
