/* SPDX-License-Identifier: MIT */
#include "compile/tables.h"

#include "base/ascii.h"
#include "base/utf8.h"

const size_t tables_record_size[MWI_SECTION_COUNT] = {
#define X(name, field, type) sizeof(type),
	MWI_SECTION_MAP(X)
#undef X
};

void *tables_add(tables *t, mwi_section s)
{
	return vec_add(t->a, &t->section[s], tables_record_size[s]);
}

uint32_t tables_count(const tables *t, mwi_section s)
{
	return t->section[s].count;
}

mw_str tables_str(const tables *t, mwi_ref r)
{
	return r.len == 0
		       ? MW_LIT("")
		       : (mw_str){(const char *)t->section[MWI_POOL].item + r.off, r.len};
}

/* Open addressing; doubled when half full. */
struct intern {
	uint32_t slots, used;
	mwi_ref *slot; /* len 0: free */
};

static uint32_t hash_of(mw_str s)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * 16777619U;
	return h;
}

static mwi_ref *find_slot(const tables *t, const struct intern *in, mw_str s)
{
	uint32_t i = hash_of(s) & (in->slots - 1);

	while (in->slot[i].len > 0 && !mw_str_eq(tables_str(t, in->slot[i]), s))
		i = (i + 1) & (in->slots - 1);
	return &in->slot[i];
}

static void grow_strings(tables *t)
{
	const struct intern *old = t->strings;
	struct intern *in = arena_take(t->a, sizeof *in);

	in->slots = old == NULL ? 1024 : old->slots * 2;
	in->slot = arena_take(t->a, in->slots * sizeof *in->slot);
	for (uint32_t i = 0; old != NULL && i < old->slots; i++) {
		if (old->slot[i].len == 0)
			continue;
		*find_slot(t, in, tables_str(t, old->slot[i])) = old->slot[i];
		in->used++;
	}
	t->strings = in;
}

mwi_ref tables_text(tables *t, mw_str s)
{
	if (s.len == 0)
		return (mwi_ref){0, 0};
	if (t->strings == NULL || t->strings->used * 2 >= t->strings->slots)
		grow_strings(t);

	mwi_ref *slot = find_slot(t, t->strings, s);

	if (slot->len == 0) {
		*slot = (mwi_ref){tables_count(t, MWI_POOL), (uint32_t)s.len};
		for (size_t i = 0; i < s.len; i++)
			*(char *)tables_add(t, MWI_POOL) = s.ptr[i];
		t->strings->used++;
	}
	return *slot;
}

static bool is_placeholder(mw_str s)
{
	static const char *const known[] = {"server", "Server", "ip",
					    "domain", "list",   "lookup"};
	const char *bar = memchr(s.ptr, '|', s.len);

	if (bar != NULL)
		s.len = (size_t)(bar - s.ptr);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (mw_str_eq(s, mw_str_of(known[i])))
			return true;
	return false;
}

static void check_placeholders(tables *t, const field *f)
{
	mw_str s = f->value;
	const char *open;

	while (s.len > 0 && (open = memchr(s.ptr, '{', s.len)) != NULL) {
		s = mw_str_skip(s, (size_t)(open - s.ptr) + 1);
		const char *close = memchr(s.ptr, '}', s.len);

		if (close == NULL ||
		    !is_placeholder(mw_str_head(s, (size_t)(close - s.ptr)))) {
			complain(t->c, f->at,
				 "an unknown placeholder; known: {server} {Server} {ip} "
				 "{domain} {list} {lookup}, with {ip|other words}");
			return;
		}
	}
}

mwi_ref tables_prose(tables *t, const field *f)
{
	mw_str rest = f->value;
	uint32_t point;

	/* The file was found to be UTF-8. */
	for (size_t n; rest.len > 0; rest = mw_str_skip(rest, n)) {
		n = mwi_utf8_read(rest, &point);
		if (n > 0 && point != '"' && point != '\\' && !mwi_utf8_harmful(point))
			continue;
		place at = f->at;

		at.column += (unsigned)(rest.ptr - f->value.ptr);
		complain(t->c, at,
			 "prose holds no quote \", backslash or control character");
		break;
	}
	if (f->value.len == 0)
		complain(t->c, f->at, "the field is empty");
	check_placeholders(t, f);
	return tables_text(t, f->value);
}

/* The i-th field of a record. */
static const field *field_at(const record *r, uint32_t i)
{
	return (const field *)r->fields.item + i;
}

static bool has_key(const field *f, const char *key)
{
	return mw_str_eq(f->key, mw_str_of(key));
}

mwi_list tables_list(tables *t, const record *r, const char *key, bool prose)
{
	mwi_list l = {tables_count(t, MWI_LINE), 0};

	for (uint32_t i = 0; i < r->fields.count; i++) {
		const field *f = field_at(r, i);

		if (!has_key(f, key))
			continue;
		const mwi_ref ref = prose ? tables_prose(t, f) : tables_text(t, f->value);

		*(mwi_ref *)tables_add(t, MWI_LINE) = ref;
		l.count++;
	}
	return l;
}

void tables_remedies(tables *t, const record *r, mwi_list *out)
{
	for (int i = 0; i < MW_AUDIENCE_COUNT; i++)
		out[i] = tables_list(t, r, mw_name(MW_VOCABULARY_AUDIENCE, i).ptr, true);
}

const field *tables_field(tables *t, const record *r, const char *key)
{
	const field *found = NULL;

	for (uint32_t i = 0; i < r->fields.count; i++) {
		const field *f = field_at(r, i);

		if (!has_key(f, key))
			continue;
		if (found != NULL)
			complain(t->c, f->at, "the field stands twice");
		found = f;
	}
	return found;
}

mwi_ref tables_prose_of(tables *t, const record *r, const char *key)
{
	const field *f = tables_field(t, r, key);

	return f != NULL ? tables_prose(t, f) : (mwi_ref){0, 0};
}

void tables_check_keys(tables *t, const record *r, const char *keys)
{
	for (uint32_t i = 0; i < r->fields.count; i++) {
		mw_str rest = mw_str_of(keys), word;
		bool known = false;

		while (source_word(&rest, &word))
			known |= mw_str_eq(word, field_at(r, i)->key);
		if (!known)
			complain(t->c, field_at(r, i)->at,
				 arena_print(t->a, "unknown field “%.*s”; known: %s",
					     MW_FMT(field_at(r, i)->key), keys)
					 .ptr);
	}
}

int tables_word(tables *t, mw_vocabulary v, mw_str word, place at)
{
	const int value = mw_name_value(v, word);

	if (value < 0)
		complain(t->c, at,
			 arena_print(t->a, "unknown word “%.*s”", MW_FMT(word)).ptr);
	return value;
}

int tables_number(tables *t, mw_str s, int max, place at)
{
	int n = 0;

	for (size_t i = 0; i < s.len && n <= max; i++) {
		if (!mwi_is_digit(s.ptr[i])) {
			n = max + 1;
			break;
		}
		n = n * 10 + (s.ptr[i] - '0');
	}
	if (s.len == 0 || s.len > 9 || n > max) {
		complain(
			t->c, at,
			arena_print(t->a, "a number from 0 to %d belongs here", max).ptr);
		return -1;
	}
	return n;
}
