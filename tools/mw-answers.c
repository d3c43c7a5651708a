/* SPDX-License-Identifier: MIT
 *
 * mw-answers - makes the table of smtp/answer.c from knowledge/answers/server.kb.
 *
 *	mw-answers OUT.c FILE
 *
 * Every name of MW_ANSWER_MAP has one record, and no record is without a name.
 */
#include <mailwhy/answer.h>

#include "base/ascii.h"
#include "tool.h"

#define X(name, text) text,
static const char *const names[] = {MW_ANSWER_MAP(X)};
#undef X

static int name_index(mw_str name)
{
	for (int i = 0; i < MW_ANSWER_COUNT; i++)
		if (mw_str_eq(name, mw_str_of(names[i])))
			return i;
	return -1;
}

static int code_of(mw_str s)
{
	int n = 0;

	if (s.len != 3)
		return 0;
	for (size_t i = 0; i < 3; i++) {
		if (!mwi_is_digit(s.ptr[i]))
			return 0;
		n = n * 10 + (s.ptr[i] - '0');
	}
	return n >= 200 && n <= 599 ? n : 0;
}

static void read_field(complaints *c, mw_answer *out, const field *f)
{
	if (mw_str_eq(f->key, MW_LIT("code"))) {
		out->code = code_of(f->value);
		if (out->code == 0)
			complain(c, f->at, "a reply code is 200 to 599");
	} else if (mw_str_eq(f->key, MW_LIT("status"))) {
		if (mw_enhanced_read(&out->status, f->value) != (ptrdiff_t)f->value.len)
			complain(c, f->at, "an enhanced status code is like 5.1.1");
	} else if (mw_str_eq(f->key, MW_LIT("text"))) {
		out->text = f->value;
	} else if (mw_str_eq(f->key, MW_LIT("category"))) {
		const int value = mw_name_value(MW_VOCABULARY_CATEGORY, f->value);

		if (value < 0)
			complain(c, f->at, "no such category");
		else
			out->category = (mw_category)value;
	} else if (mw_str_eq(f->key, MW_LIT("closes"))) {
		out->close = true;
	} else {
		complain(c, f->at,
			 "a field here is code, status, text, category, closes");
	}
}

static void check(complaints *c, place at, const mw_answer *a)
{
	if (a->code == 0 || a->text.len == 0)
		complain(c, at, "an answer has a code and a text");
	if (a->status.cls != 0 && a->status.cls != a->code / 100)
		complain(c, at, "the class of the status is not the code's");
	if ((a->code >= 400) != (a->category != MW_CATEGORY_UNKNOWN))
		complain(c, at, "a refusal has a category, and nothing else has");
}

static void put_text(FILE *f, mw_str s)
{
	fputc('"', f);
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"' || s.ptr[i] == '\\')
			fputc('\\', f);
		fputc(s.ptr[i], f);
	}
	fputc('"', f);
}

static void write_table(FILE *f, const mw_answer *all)
{
	fputs("/* Made by mw-answers from knowledge/answers/server.kb. */\n"
	      "#include \"smtp/answers.h\"\n\nconst mw_answer mwi_answers[] = {\n",
	      f);
	for (int i = 0; i < MW_ANSWER_COUNT; i++) {
		const mw_answer *a = &all[i];

		fprintf(f, "\t{%d, {%d, %d, %d}, {", a->code, a->status.cls,
			a->status.subject, a->status.detail);
		put_text(f, a->text);
		fprintf(f, ", %zu}, %s, {\"\", 0}, (mw_category)%d},\n", a->text.len,
			a->close ? "true" : "false", (int)a->category);
	}
	fputs("};\n", f);
}

int main(int argc, char **argv)
{
	static mw_answer all[MW_ANSWER_COUNT];
	static bool seen[MW_ANSWER_COUNT];
	arena a = {0};
	unsigned wrong = 0;
	complaints c = {tool_say, &wrong, 0};
	vec records = {0};
	FILE *f;

	if (argc != 3 || setjmp(a.out_of_memory) != 0)
		return 64;
	source_read(&a, &c, argv[2], tool_slurp(&a, argv[2]), &records);
	for (uint32_t i = 0; i < records.count; i++) {
		const record *r = (const record *)records.item + i;
		const int n = name_index(r->name);

		if (n < 0 || seen[n] || !mw_str_eq(r->kind, MW_LIT("answer"))) {
			complain(&c, r->at, "not a name of MW_ANSWER_MAP, or said twice");
			continue;
		}
		seen[n] = true;
		for (uint32_t k = 0; k < r->fields.count; k++)
			read_field(&c, &all[n], (const field *)r->fields.item + k);
		check(&c, r->at, &all[n]);
	}
	for (int i = 0; i < MW_ANSWER_COUNT; i++)
		if (!seen[i]) {
			fprintf(stderr, "%s: no answer %s\n", argv[2], names[i]);
			wrong++;
		}
	if (wrong > 0)
		return 65;
	f = fopen(argv[1], "w");
	if (f == NULL)
		return 73;
	write_table(f, all);
	arena_free(&a);
	return fclose(f) == 0 ? 0 : 74;
}
