/* SPDX-License-Identifier: MIT
 *
 * The file of users:
 *
 *	# address	what is said of it
 *	bob@example.org	password=$y$j9T$... quota=1G
 *	sales@example.org	alias=bob@example.org,eve@example.org
 *
 * It is read once and kept with its secrets in memory, addresses in their one form in a
 * hash table that nobody writes to any more.
 */
#include <crypt.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "engine/accounts_source.h"
#include "engine/address.h"
#include "engine/scram.h"
#include "engine/settings_value.h"

#define FILE_MAX       (256U << 20)
#define LINE_MAX_BYTES (64U << 10)

typedef struct row {
	mw_str key;
	unsigned line;
	account_entry entry;
} row;

struct accounts_file {
	char *text;
	pool keys;
	row *rows;
	size_t count, cap;
	uint32_t *slots;   /* index into rows and 1; 0 free */
	size_t slot_count; /* a power of two */
};

typedef struct reader {
	accounts_file *f;
	problems *told;
	const char *path;
	unsigned line;
} reader;

static problem here(const reader *r)
{
	return (problem){.file = r->path, .line = r->line};
}

bool account_list_next(mw_str *rest, mw_str *item)
{
	while (rest->len > 0) {
		const char *comma = memchr(rest->ptr, ',', rest->len);
		const size_t n = comma != NULL ? (size_t)(comma - rest->ptr) : rest->len;

		*item = mw_str_trim(mw_str_head(*rest, n));
		*rest = mw_str_skip(*rest, n + 1);
		if (item->len > 0)
			return true;
	}
	return false;
}

/* The next word of *rest; blanks in quotes belong to it. */
static bool cut_word(mw_str *rest, mw_str *word)
{
	bool quoted = false;
	size_t end = 0;

	*rest = mw_str_trim(*rest);
	for (; end < rest->len; end++) {
		const char c = rest->ptr[end];

		if (!quoted && (c == ' ' || c == '\t'))
			break;
		if (c == '"' && (quoted || end == 0))
			quoted = !quoted;
		else if (c == '\\' && quoted && end + 1 < rest->len)
			end++;
	}
	*word = mw_str_head(*rest, end);
	*rest = mw_str_skip(*rest, end);
	return word->len > 0;
}

static void check_list(const reader *r, const char *name, mw_str list, bool patterns)
{
	mw_str item;
	bool any = false;

	while (account_list_next(&list, &item)) {
		address a;

		any = true;
		if (!address_read(&a, item) &&
		    !(patterns && mw_str_eq(item, MW_LIT("*"))))
			problem_add(r->told, here(r), "%s=: “%.*s” is no address", name,
				    MW_FMT(mw_str_head(item, 80)));
	}
	if (!any)
		problem_add(r->told, here(r), "%s= names no address", name);
}

static void check_password(const reader *r, mw_str value)
{
	char setting[CRYPT_OUTPUT_SIZE];
	const bool fits = value.len < sizeof setting;

	if (fits) {
		memcpy(setting, value.ptr, value.len);
		setting[value.len] = 0;
	}
	/* What begins otherwise is DES of long ago, and so is any word in the clear. */
	if (!fits || value.len == 0 || value.ptr[0] != '$' ||
	    crypt_checksalt(setting) == CRYPT_SALT_INVALID)
		problem_add(
			r->told, here(r),
			"password= is no hash of crypt(3); “mailwhy config hash” makes "
			"one");
}

static void set_password(const reader *r, account_entry *e, mw_str value)
{
	check_password(r, value);
	e->password = value;
}

static void set_scram(const reader *r, account_entry *e, mw_str value)
{
	scram s;

	if (scram_read(&s, value) != MW_OK)
		problem_add(
			r->told, here(r),
			"scram= is no SCRAM-SHA-256$COUNT:SALT$KEY:KEY; “mailwhy config "
			"hash” makes one");
	e->scram = value;
}

static void set_quota(const reader *r, account_entry *e, mw_str value)
{
	e->has_quota = value_read_size(&e->quota, value);
	if (!e->has_quota)
		problem_add(r->told, here(r), "quota=%.*s is no size such as 1G",
			    MW_FMT(mw_str_head(value, 80)));
}

static void set_moved(const reader *r, account_entry *e, mw_str value)
{
	address a;

	if (!address_read(&a, value) || a.domain_len == 0)
		problem_add(r->told, here(r), "moved=%.*s is no address",
			    MW_FMT(mw_str_head(value, 80)));
	e->moved = value;
}

static void set_alias(const reader *r, account_entry *e, mw_str value)
{
	check_list(r, "alias", value, false);
	e->alias = value;
}

static void set_sender(const reader *r, account_entry *e, mw_str value)
{
	check_list(r, "sender", value, true);
	e->sender = value;
}

static void set_disabled(const reader *r, account_entry *e, mw_str value)
{
	if (value.len > 0)
		problem_add(r->told, here(r), "disabled takes no value");
	e->disabled = true;
}

static const struct key {
	const char *name;
	void (*set)(const reader *r, account_entry *e, mw_str value);
} keys[] = {
	{"password", set_password}, {"scram", set_scram}, {"quota", set_quota},
	{"moved", set_moved},       {"alias", set_alias}, {"sender", set_sender},
	{"disabled", set_disabled},
};

static void read_word(const reader *r, account_entry *e, unsigned *seen, mw_str word)
{
	const char *equal = memchr(word.ptr, '=', word.len);
	const size_t n = equal != NULL ? (size_t)(equal - word.ptr) : word.len;
	const mw_str name = mw_str_head(word, n);
	const char *near = NULL;

	for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) {
		if (mw_str_eq(name, mw_str_of(keys[i].name))) {
			if ((*seen & 1U << i) != 0)
				problem_add(r->told, here(r), "%s stands twice",
					    keys[i].name);
			*seen |= 1U << i;
			keys[i].set(r, e, mw_str_skip(word, n + 1));
			return;
		}
		if (problem_near(name, keys[i].name))
			near = keys[i].name;
	}
	/* The word may be a password gone astray: it is not told. */
	problem_add(r->told, here(r),
		    "a word that is none of password=, scram=, quota=, moved=, alias=, "
		    "sender= and disabled%s%s%s",
		    near != NULL ? "; did you mean " : "", near != NULL ? near : "",
		    near != NULL ? "?" : "");
}

static bool add_row(reader *r, const address *a, const account_entry *e)
{
	accounts_file *f = r->f;
	char memory[ADDRESS_MAX];
	mw_buf b;

	if (f->count == f->cap) {
		const size_t cap = f->cap == 0 ? 64 : f->cap * 2;
		row *rows = realloc(f->rows, cap * sizeof *rows);

		if (rows == NULL)
			return false;
		f->rows = rows;
		f->cap = cap;
	}
	mw_buf_init(&b, memory, sizeof memory);
	address_put(&b, address_local(a), address_domain(a));

	const char *key = pool_copy(&f->keys, mw_buf_str(&b));

	if (key == NULL)
		return false;
	f->rows[f->count++] = (row){{key, b.len}, r->line, *e};
	return true;
}

static bool read_line(reader *r, mw_str line)
{
	const mw_str none = MW_LIT("");
	account_entry e = {none, none, none, none, none, 0, false, false};
	unsigned seen = 0;
	mw_str word;
	address a;

	if (line.len > LINE_MAX_BYTES) {
		problem_add(r->told, here(r), "the line is longer than %u bytes",
			    LINE_MAX_BYTES);
		return true;
	}
	if (memchr(line.ptr, 0, line.len) != NULL) {
		problem_add(r->told, here(r), "the line holds bytes that are no text");
		return true;
	}
	if (!cut_word(&line, &word) || word.ptr[0] == '#')
		return true;
	if (!address_read(&a, word)) {
		problem_add(r->told, here(r), "“%.*s” is no address",
			    MW_FMT(mw_str_head(word, 80)));
		return true;
	}
	while (cut_word(&line, &word))
		read_word(r, &e, &seen, word);
	if (mw_str_eq(address_local(&a), MW_LIT("*")) && e.password.len + e.scram.len > 0)
		problem_add(r->told, here(r), "nobody can log in as a catch-all");
	return add_row(r, &a, &e);
}

/* FNV-1a. The keys are the administrator's, so nobody can fill one slot on purpose. */
static size_t hash(mw_str key)
{
	uint64_t h = 14695981039346656037ULL;

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ (unsigned char)key.ptr[i]) * 1099511628211ULL;
	return (size_t)(h ^ h >> 32);
}

/* The slot where the key is, or the free one where it would be. */
static uint32_t *slot_of(const accounts_file *f, mw_str key)
{
	size_t i = hash(key) & (f->slot_count - 1);

	while (f->slots[i] != 0 && !mw_str_eq(f->rows[f->slots[i] - 1].key, key))
		i = (i + 1) & (f->slot_count - 1);
	return &f->slots[i];
}

static bool build_table(reader *r)
{
	accounts_file *f = r->f;

	for (f->slot_count = 16; f->slot_count < 2 * f->count;)
		f->slot_count *= 2;
	f->slots = calloc(f->slot_count, sizeof *f->slots);
	if (f->slots == NULL)
		return false;
	for (size_t i = 0; i < f->count; i++) {
		uint32_t *slot = slot_of(f, f->rows[i].key);

		r->line = f->rows[i].line;
		if (*slot != 0)
			problem_add(r->told, here(r), "%.*s stands in line %u already",
				    MW_FMT(mw_str_head(f->rows[i].key, 80)),
				    f->rows[*slot - 1].line);
		else
			*slot = (uint32_t)i + 1;
	}
	return true;
}

/* The whole file into r->f->text. */
static mw_status slurp(reader *r, mw_str *text)
{
	FILE *in = fopen(r->path, "re");
	mw_status status = MW_E_ABSENT;
	struct stat st;

	if (in == NULL || fstat(fileno(in), &st) != 0) {
		problem_add(r->told, here(r), "%s", strerror(errno));
	} else if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
		problem_add(r->told, here(r), "is no file, or larger than %u bytes",
			    FILE_MAX);
	} else {
		const size_t size = (size_t)st.st_size;

		r->f->text = malloc(size + 1);
		status = r->f->text == NULL ? MW_E_NOMEM : MW_OK;
		if (status == MW_OK)
			*text = (mw_str){r->f->text, fread(r->f->text, 1, size, in)};
		if (status == MW_OK && ferror(in)) {
			problem_add(r->told, here(r), "%s", strerror(errno));
			status = MW_E_ABSENT;
		}
	}
	if (in != NULL)
		fclose(in);
	return status;
}

static mw_status read_all(reader *r)
{
	const unsigned before = r->told->errors;
	mw_str text = MW_LIT(""), line;
	const mw_status status = slurp(r, &text);

	if (status != MW_OK)
		return status;
	while (mw_str_cut_line(&text, &line)) {
		r->line++;
		if (!read_line(r, line))
			return MW_E_NOMEM;
	}
	if (!build_table(r))
		return MW_E_NOMEM;
	return r->told->errors == before ? MW_OK : MW_E_SYNTAX;
}

mw_status accounts_file_open(accounts_file **out, const char *path, problems *told)
{
	reader r = {.told = told, .path = path};

	r.f = calloc(1, sizeof *r.f);
	if (r.f == NULL)
		return MW_E_NOMEM;

	const mw_status status = read_all(&r);

	if (status != MW_OK) {
		accounts_file_close(r.f);
		return status;
	}
	*out = r.f;
	return MW_OK;
}

void accounts_file_close(accounts_file *f)
{
	if (f == NULL)
		return;
	free(f->slots);
	free(f->rows);
	pool_free(&f->keys);
	free(f->text);
	free(f);
}

account_found accounts_file_find(const accounts_file *f, mw_str key, account_entry *out)
{
	const uint32_t *slot = slot_of(f, key);

	if (*slot == 0)
		return ACCOUNT_NONE;
	*out = f->rows[*slot - 1].entry;
	return ACCOUNT_FOUND;
}

void accounts_file_sample(const accounts_file *f, account_secret *out)
{
	for (size_t i = 0; i < f->count; i++) {
		if (out->password.len == 0)
			out->password = f->rows[i].entry.password;
		if (out->scram.len == 0)
			out->scram = f->rows[i].entry.scram;
	}
}
