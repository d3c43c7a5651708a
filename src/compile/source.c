/* SPDX-License-Identifier: MIT */
#include "compile/source.h"

#include "base/utf8.h"

void complain(complaints *c, place at, const char *msg)
{
	if (c->count++ < COMPLAINTS_MAX)
		c->say(c->ctx, at, msg);
	else if (c->count == COMPLAINTS_MAX + 1)
		c->say(c->ctx, at, "and more is wrong; mend the rest first");
}

bool source_word(mw_str *rest, mw_str *word)
{
	size_t n = 0;

	*rest = mw_str_trim(*rest);
	while (n < rest->len && rest->ptr[n] != ' ' && rest->ptr[n] != '\t')
		n++;
	*word = mw_str_head(*rest, n);
	*rest = mw_str_skip(*rest, n);
	return n > 0;
}

typedef struct reader {
	arena *a;
	complaints *c;
	vec *out;
	place at;
} reader;

static record *last_record(const reader *r)
{
	return r->out->count == 0 ? NULL : (record *)r->out->item + (r->out->count - 1);
}

static field *last_field(const reader *r)
{
	record *rec = last_record(r);

	if (rec == NULL || rec->fields.count == 0)
		return NULL;
	return (field *)rec->fields.item + (rec->fields.count - 1);
}

static place at_column(const reader *r, size_t column)
{
	place at = r->at;

	at.column = (unsigned)column;
	return at;
}

static void read_record(const reader *r, mw_str line)
{
	record *rec = vec_add(r->a, r->out, sizeof *rec);
	mw_str rest = line;

	rec->at = at_column(r, 1);
	source_word(&rest, &rec->kind);
	rec->name = arena_copy(r->a, mw_str_trim(rest));
	rec->kind = arena_copy(r->a, rec->kind);
}

static void read_field(const reader *r, mw_str line)
{
	record *rec = last_record(r);
	mw_str rest = line, key;

	if (rec == NULL) {
		complain(r->c, at_column(r, 1), "a field before the first record");
		return;
	}
	field *f = vec_add(r->a, &rec->fields, sizeof *f);

	source_word(&rest, &key);
	rest = mw_str_trim(rest);
	f->key = arena_copy(r->a, key);
	f->value = arena_copy(r->a, rest);
	f->at = at_column(r,
			  (rest.len > 0 ? (size_t)(rest.ptr - line.ptr) : line.len) + 2);
}

static void read_continuation(const reader *r, mw_str text)
{
	field *f = last_field(r);

	if (f == NULL) {
		complain(r->c, at_column(r, 1), "a continuation of nothing");
		return;
	}
	const mw_str was = f->value;

	if (was.len + text.len > SOURCE_LINE_MAX) {
		complain(r->c, at_column(r, 1), "the value is too long");
		return;
	}
	char *p = arena_take(r->a, was.len + 1 + text.len + 1);

	memcpy(p, was.ptr, was.len);
	p[was.len] = ' ';
	memcpy(p + was.len + 1, text.ptr, text.len);
	f->value = (mw_str){p, was.len + 1 + text.len};
}

static void read_line(const reader *r, mw_str line)
{
	size_t tabs = 0;

	while (tabs < line.len && line.ptr[tabs] == '\t')
		tabs++;
	const mw_str text = mw_str_trim(mw_str_skip(line, tabs));

	if (text.len == 0 || text.ptr[0] == '#')
		return;
	if (line.len > SOURCE_LINE_MAX)
		complain(r->c, at_column(r, SOURCE_LINE_MAX), "the line is too long");
	else if (!mwi_utf8_valid(line) || memchr(line.ptr, 0, line.len) != NULL)
		complain(r->c, at_column(r, 1), "the line is no UTF-8 text");
	else if (tabs < line.len && line.ptr[tabs] == ' ')
		complain(r->c, at_column(r, tabs + 1),
			 "a blank where a tab belongs: fields begin with one tab");
	else if (tabs == 0)
		read_record(r, text);
	else if (tabs == 1)
		read_field(r, text);
	else
		read_continuation(r, text);
}

void source_read(arena *a, complaints *c, const char *file, mw_str text, vec *out)
{
	reader r = {.a = a, .c = c, .out = out, .at = {.file = file, .column = 1}};
	mw_str line;

	if (text.len > SOURCE_MAX) {
		complain(c, r.at, "the file is too large");
		return;
	}
	while (mw_str_cut_line(&text, &line)) {
		r.at.line++;
		read_line(&r, line);
	}
}
