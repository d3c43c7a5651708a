/* SPDX-License-Identifier: MIT
 *
 * mw-notice - makes the tables of read/marks.h from knowledge/notice/.
 *
 *	mw-notice OUT.c FILE...
 */
#include <string.h>

#include "base/ascii.h"
#include "read/marks.h"
#include "tool.h"

#define X(name, text) text,
static const char *const mark_words[] = {MWI_MARK_MAP(X)};
#undef X
#define X(name, text) #name,
static const char *const mark_names[] = {MWI_MARK_MAP(X)};
#undef X

enum { LINE, FORM, MAILER, SUBJECT, AWAY, DAEMON, TABLES };
static const char *const table_names[TABLES] = {"line",    "form", "mailer",
						"subject", "away", "daemon"};

typedef struct row {
	mw_str phrase, rest, form;
	place at;
	int mark, table;
} row;

/* Lower-case, and without the signs in front that no line is compared with. */
static mw_str fold(arena *a, mw_str s)
{
	char *p;

	while (s.len > 0 && (unsigned char)s.ptr[0] < 0x80 && !mwi_is_alnum(s.ptr[0]))
		s = mw_str_skip(s, 1);
	s = arena_copy(a, s);
	p = (char *)(uintptr_t)s.ptr;
	for (size_t i = 0; i < s.len; i++)
		p[i] = mwi_lower(p[i]);
	return s;
}

static int mark_of(mw_str name)
{
	for (int i = 1; i < MWI_MARK_FORM; i++)
		if (mw_str_eq(name, mw_str_of(mark_words[i])))
			return i;
	return -1;
}

static int table_of(int mark, mw_str key)
{
	if (mark == MWI_MARK_FORM)
		return mw_str_eq(key, MW_LIT("mailer")) ? MAILER : FORM;
	if (mark == MWI_MARK_DAEMON)
		return DAEMON;
	if (mark == MWI_MARK_SUBJECT_AWAY)
		return AWAY;
	return mark >= MWI_MARK_SUBJECT_FAILURE ? SUBJECT : LINE;
}

static void add_field(arena *a, complaints *c, vec *rows, const record *r, int mark,
		      const field *f)
{
	const mw_str star = MW_LIT(" * ");
	const size_t gap = mw_str_find(f->value, star);
	row *out;

	if (!mw_str_eq(f->key, MW_LIT("line")) &&
	    !(mark == MWI_MARK_FORM && mw_str_eq(f->key, MW_LIT("mailer")))) {
		complain(c, f->at, "a field here is line, or mailer of a form");
		return;
	}
	out = vec_add(a, rows, sizeof *out);
	out->phrase = fold(a, mw_str_head(f->value, gap));
	out->rest = gap < f->value.len ? fold(a, mw_str_skip(f->value, gap + star.len))
				       : MW_LIT("");
	out->form = mark == MWI_MARK_FORM ? r->name : MW_LIT("");
	out->mark = mark;
	out->table = table_of(mark, f->key);
	out->at = f->at;
	if (out->phrase.len > MWI_PHRASE_MAX)
		complain(c, f->at, "a phrase is longer than MWI_PHRASE_MAX of marks.h");
	if (out->phrase.len == 0)
		complain(c, f->at, "a phrase begins with a letter or a digit");
}

static void add_records(arena *a, complaints *c, vec *rows, const vec *records)
{
	for (uint32_t i = 0; i < records->count; i++) {
		const record *r = (const record *)records->item + i;
		const bool form = mw_str_eq(r->kind, MW_LIT("form"));
		const int mark = form ? MWI_MARK_FORM : mark_of(r->name);

		if (mark < 0 || (!form && !mw_str_eq(r->kind, MW_LIT("mark")))) {
			complain(c, r->at, "no such mark; marks.h lists them");
			continue;
		}
		for (uint32_t k = 0; k < r->fields.count; k++)
			add_field(a, c, rows, r, mark, (const field *)r->fields.item + k);
	}
}

static int compare(const void *x, const void *y)
{
	const row *a = x, *b = y;
	const size_t n = a->phrase.len < b->phrase.len ? a->phrase.len : b->phrase.len;
	int d = a->table - b->table;

	if (d == 0)
		d = memcmp(a->phrase.ptr, b->phrase.ptr, n);
	if (d == 0)
		d = (a->phrase.len > b->phrase.len) - (a->phrase.len < b->phrase.len);
	if (d == 0)
		d = (a->rest.len > b->rest.len) - (a->rest.len < b->rest.len);
	return d;
}

/* The row before i, in its table, whose phrase it begins with; as its index there. */
static int up_of(const row *rows, int first, int i)
{
	for (int k = i - 1; k >= first; k--)
		if (rows[k].phrase.len <= rows[i].phrase.len &&
		    memcmp(rows[k].phrase.ptr, rows[i].phrase.ptr, rows[k].phrase.len) ==
			    0)
			return k - first;
	return -1;
}

static void write_string(FILE *f, mw_str s)
{
	fputs("{\"", f);
	for (size_t i = 0; i < s.len; i++) {
		const unsigned char c = (unsigned char)s.ptr[i];

		if (c >= ' ' && c < 0x7f && c != '"' && c != '\\' && c != '?')
			fputc(c, f);
		else
			fprintf(f, "\\%03o", c);
	}
	fprintf(f, "\", %zu}", s.len);
}

static void write_table(FILE *f, int table, const row *rows, int first, int last)
{
	fprintf(f, "\nstatic const mwi_mark_row %s_rows[] = {\n", table_names[table]);
	for (int i = first; i < last; i++) {
		fputs("\t{", f);
		write_string(f, rows[i].phrase);
		fputs(", ", f);
		write_string(f, rows[i].rest);
		fputs(", ", f);
		write_string(f, rows[i].form);
		fprintf(f, ", %d, MWI_MARK_%s},\n", up_of(rows, first, i),
			mark_names[rows[i].mark]);
	}
	if (first == last)
		fputs("\t{{\"\", 0}, {\"\", 0}, {\"\", 0}, -1, MWI_MARK_NONE},\n", f);
	fprintf(f, "};\nstatic const short %s_first[257] = {", table_names[table]);
	for (int c = 0, i = first; c <= 256; c++) {
		while (i < last && (unsigned char)rows[i].phrase.ptr[0] < c)
			i++;
		fprintf(f, "%s%d,", c % 16 == 0 ? "\n\t" : " ", i - first);
	}
	fprintf(f, "\n};\nconst mwi_mark_table mwi_marks_%s = {%s_rows, %s_first};\n",
		table_names[table], table_names[table], table_names[table]);
}

static void check_twice(complaints *c, const row *rows, int count)
{
	for (int i = 1; i < count; i++)
		if (rows[i].table == rows[i - 1].table &&
		    mw_str_eq(rows[i].phrase, rows[i - 1].phrase) &&
		    mw_str_eq(rows[i].rest, rows[i - 1].rest))
			complain(c, rows[i].at, "this phrase stands here twice");
}

static int write_all(const char *path, const row *rows, int count)
{
	FILE *f = fopen(path, "w");
	int first = 0;

	if (f == NULL) {
		perror(path);
		return 73;
	}
	fputs("/* Made by mw-notice from knowledge/notice/: do not edit. */\n"
	      "#include \"read/marks.h\"\n",
	      f);
	for (int t = 0; t < TABLES; t++) {
		int last = first;

		while (last < count && rows[last].table == t)
			last++;
		write_table(f, t, rows, first, last);
		first = last;
	}
	return fclose(f) == 0 ? 0 : 74;
}

int main(int argc, char **argv)
{
	unsigned wrong = 0;
	arena a = {0};
	complaints c = {.say = tool_say, .ctx = &wrong};
	vec rows = {0};
	int rc = 65;

	if (argc < 3) {
		fputs("usage: mw-notice OUT.c FILE...\n", stderr);
		return 64;
	}
	if (setjmp(a.out_of_memory) != 0)
		return 71;
	for (int i = 2; i < argc; i++) {
		vec records = {0};

		source_read(&a, &c, argv[i], tool_slurp(&a, argv[i]), &records);
		add_records(&a, &c, &rows, &records);
	}
	qsort(rows.item, rows.count, sizeof(row), compare);
	check_twice(&c, rows.item, (int)rows.count);
	if (wrong == 0)
		rc = write_all(argv[1], rows.item, (int)rows.count);
	arena_free(&a);
	return rc;
}
