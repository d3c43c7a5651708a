/* SPDX-License-Identifier: MIT
 *
 * inih hands over names and values but not line numbers, and stops counting errors after
 * the first; so the lines pass through a reader of ours, which knows where it is and
 * looks at the shape of each line before inih does.
 */
#include "engine/settings.h"

#include <assert.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>

#include "engine/settings_table.h"

/* A value as it was given, for settings_show(). */
struct settings_text {
	struct settings_text *next;
	size_t setting;
	const char *text;
};

static void *field_of(settings *s, const setting *t)
{
	return (char *)s + t->offset;
}

static bool set_standard(settings *s, const setting *t)
{
	char why[SETTINGS_WHY];
	bool no_memory = false;

	value_clear(field_of(s, t), &t->rule);
	if (*t->standard == 0)
		return true;
	if (value_read(field_of(s, t), &t->rule, mw_str_of(t->standard), &s->memory, why,
		       sizeof why, &no_memory))
		return true;
	assert(no_memory); /* else the table is wrong */
	return false;
}

settings *settings_new(void)
{
	settings *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	atomic_init(&s->holders, 1);
	s->texts_end = &s->texts;
	for (size_t i = 0; i < settings_count; i++)
		if (!set_standard(s, &settings_table[i])) {
			settings_drop(s);
			return NULL;
		}
	return s;
}

settings *settings_hold(settings *s)
{
	atomic_fetch_add_explicit(&s->holders, 1, memory_order_relaxed);
	return s;
}

void settings_drop(settings *s)
{
	if (s == NULL ||
	    atomic_fetch_sub_explicit(&s->holders, 1, memory_order_acq_rel) != 1)
		return;
	pool_free(&s->memory);
	free(s);
}

static const setting *find(const char *section, const char *name)
{
	for (size_t i = 0; i < settings_count; i++)
		if (strcmp(settings_table[i].section, section) == 0 &&
		    strcmp(settings_table[i].name, name) == 0)
			return &settings_table[i];
	return NULL;
}

static bool has_section(const char *section)
{
	for (size_t i = 0; i < settings_count; i++)
		if (strcmp(settings_table[i].section, section) == 0)
			return true;
	return false;
}

/* Another section that has a setting of that name; NULL none. */
static const setting *find_elsewhere(const char *name)
{
	for (size_t i = 0; i < settings_count; i++)
		if (strcmp(settings_table[i].name, name) == 0)
			return &settings_table[i];
	return NULL;
}

static const char *near_section(const char *section)
{
	for (size_t i = 0; i < settings_count; i++)
		if (problem_near(mw_str_of(section), settings_table[i].section))
			return settings_table[i].section;
	return NULL;
}

static const char *near_name(const char *section, const char *name)
{
	for (size_t i = 0; i < settings_count; i++)
		if (strcmp(settings_table[i].section, section) == 0 &&
		    problem_near(mw_str_of(name), settings_table[i].name))
			return settings_table[i].name;
	return NULL;
}

static void explain_section(char why[SETTINGS_WHY], const char *section)
{
	const char *near = near_section(section);

	snprintf(why, SETTINGS_WHY, "no section [%.40s]%s%s%s", section,
		 near != NULL ? "; did you mean [" : "", near != NULL ? near : "",
		 near != NULL ? "]?" : "");
}

static void explain_name(char why[SETTINGS_WHY], const char *section, const char *name)
{
	const char *near = near_name(section, name);
	const setting *other = find_elsewhere(name);

	if (*section == 0)
		snprintf(why, SETTINGS_WHY,
			 "“%.60s” stands before the first section, such as [server]",
			 name);
	else if (near != NULL)
		snprintf(why, SETTINGS_WHY,
			 "no setting “%.60s” in [%s]; did you mean “%s”?", name, section,
			 near);
	else if (other != NULL)
		snprintf(why, SETTINGS_WHY,
			 "no setting “%.60s” in [%s]; it belongs to [%s]", name, section,
			 other->section);
	else
		snprintf(why, SETTINGS_WHY, "no setting “%.60s” in [%s]", name, section);
}

/* Remembers how it was written. */
static bool note_text(settings *s, const setting *t, const char *value)
{
	struct settings_text *text = pool_take(&s->memory, sizeof *text);
	const char *copy = pool_copy(&s->memory, mw_str_of(value));

	if (text == NULL || copy == NULL)
		return false;
	*text = (struct settings_text){NULL, (size_t)(t - settings_table), copy};
	*s->texts_end = text;
	s->texts_end = &text->next;
	return true;
}

static bool needs_value(value_type type)
{
	return type == VALUE_CHOICE || type == VALUE_COUNT || type == VALUE_SIZE ||
	       type == VALUE_SPAN || type == VALUE_RATE;
}

static mw_status set_value(settings *s, const setting *t, const char *value,
			   char why[SETTINGS_WHY])
{
	const size_t i = (size_t)(t - settings_table);
	char reason[SETTINGS_WHY - 80];
	bool no_memory = false;

	if (*value == 0 && needs_value(t->rule.type)) {
		snprintf(why, SETTINGS_WHY, "[%s] %s: has no value", t->section, t->name);
		return MW_E_SYNTAX;
	}
	if (*value == 0 || (value_repeats(t->rule.type) && !s->given[i]))
		value_clear(field_of(s, t), &t->rule);
	if (*value != 0 && !value_read(field_of(s, t), &t->rule, mw_str_of(value),
				       &s->memory, reason, sizeof reason, &no_memory)) {
		snprintf(why, SETTINGS_WHY, "[%s] %s: “%.40s%s” %s", t->section, t->name,
			 value, strlen(value) > 40 ? "..." : "", reason);
		return no_memory ? MW_E_NOMEM : MW_E_SYNTAX;
	}
	s->given[i] = true;
	return note_text(s, t, value) ? MW_OK : MW_E_NOMEM;
}

mw_status settings_set(settings *s, const char *section, const char *name,
		       const char *value, char why[SETTINGS_WHY])
{
	const setting *t = find(section, name);

	snprintf(why, SETTINGS_WHY, "out of memory");
	if (t != NULL)
		return set_value(s, t, value, why);
	if (*section != 0 && !has_section(section))
		explain_section(why, section);
	else
		explain_name(why, section, name);
	return MW_E_SYNTAX;
}

/* A file being read. */
typedef struct file {
	FILE *in;
	settings *s;
	problems *told;
	const char *path;
	unsigned line;
	bool no_memory;
	char section[64]; /* one that is unknown, and was told of */
} file;

static void complain(file *f, const char *section, const char *text)
{
	problem_add(f->told,
		    (problem){.file = f->path, .line = f->line, .section = section}, "%s",
		    text);
}

/* inih's handler. What is wrong was told by us; so it never hears of errors. */
static int take(void *ctx, const char *section, const char *name, const char *value)
{
	file *f = ctx;
	const setting *t = find(section, name);
	const size_t i = t != NULL ? (size_t)(t - settings_table) : 0;
	char why[SETTINGS_WHY];

	if (t == NULL && *section != 0 && !has_section(section)) {
		if (strcmp(f->section, section) == 0)
			return 1;
		snprintf(f->section, sizeof f->section, "%s", section);
	}
	if (t != NULL && f->s->line[i] != 0 && !value_repeats(t->rule.type)) {
		snprintf(why, sizeof why, "[%s] %s: stands in line %u already", section,
			 name, f->s->line[i]);
		complain(f, t->section, why);
		return 1;
	}

	const mw_status status = settings_set(f->s, section, name, value, why);

	if (status == MW_E_NOMEM)
		f->no_memory = true;
	else if (status != MW_OK)
		complain(f, t != NULL ? t->section : NULL, why);
	if (t != NULL)
		f->s->line[i] = f->line;
	return 1;
}

/* Reads up to the line's end; returns its whole length. At most `size` bytes are kept;
 * `size` and more of length means that it was longer. */
static size_t read_line(file *f, char *out, size_t size, bool *any, bool *nul)
{
	size_t n = 0;
	int c;

	*any = *nul = false;
	while ((c = getc(f->in)) != EOF) {
		*any = true;
		if (c == '\n')
			break;
		*nul = *nul || c == 0;
		if (n < size)
			out[n] = (char)c;
		n += n < size ? 1 : 0;
	}
	return n;
}

/* True for a line that inih will understand; else it was told of. */
static bool is_shaped(file *f, mw_str line)
{
	const bool head = line.len > 0 && line.ptr[0] == '[';

	if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';')
		return true;
	if (head && memchr(line.ptr, ']', line.len) == NULL) {
		complain(f, NULL, "a section is [NAME], and here the ] is missing");
		return false;
	}
	if (!head && memchr(line.ptr, '=', line.len) == NULL &&
	    memchr(line.ptr, ':', line.len) == NULL) {
		complain(f, NULL, "this is no setting: NAME = VALUE");
		return false;
	}
	return true;
}

/* inih's reader: one line without the blanks at its ends, which inih would take for the
 * continuation of a value. */
static char *next_line(char *out, int size, void *ctx)
{
	file *f = ctx;
	bool any, nul;
	const size_t room = (size_t)size - 2;
	size_t n = read_line(f, out, room + 1, &any, &nul);
	mw_str line;

	if (!any || f->no_memory)
		return NULL;
	f->line++;
	line = (mw_str){out, n};
	if (f->line == 1 && n >= 3 && memcmp(out, "\xef\xbb\xbf", 3) == 0)
		line = mw_str_skip(line, 3);
	line = mw_str_trim(line);
	if (n > room) {
		char why[SETTINGS_WHY];

		snprintf(why, sizeof why,
			 "the line is longer than %zu bytes; a list may be given in "
			 "several",
			 room);
		complain(f, NULL, why);
		line.len = 0;
	} else if (nul) {
		complain(f, NULL, "the line holds bytes that are no text");
		line.len = 0;
	} else if (!is_shaped(f, line)) {
		line.len = 0;
	}
	memmove(out, line.ptr, line.len);
	memcpy(out + line.len, "\n", 2);
	return out;
}

mw_status settings_read(settings *s, const char *path, problems *told)
{
	file f = {.s = s, .told = told, .path = path};
	const unsigned before = told->errors;

	f.in = fopen(path, "re");
	if (f.in == NULL) {
		complain(&f, NULL, strerror(errno));
		return MW_E_ABSENT;
	}
	s->path = pool_copy(&s->memory, mw_str_of(path));
	f.no_memory = s->path == NULL;
	memset(s->line, 0, sizeof s->line);
	ini_parse_stream(next_line, &f, take, &f);

	const bool unread = ferror(f.in) != 0;
	const int error = errno;

	fclose(f.in);
	if (f.no_memory)
		return MW_E_NOMEM;
	if (unread) {
		f.line = 0;
		complain(&f, NULL, strerror(error));
		return MW_E_ABSENT;
	}
	return told->errors == before ? MW_OK : MW_E_SYNTAX;
}

static void show_help(const char *help, FILE *out)
{
	while (*help != 0) {
		const size_t n = strcspn(help, "\n");

		fprintf(out, "# %.*s\n", (int)n, help);
		help += n + (help[n] == '\n' ? 1 : 0);
	}
}

/* All that made up a list; of a scalar the last, which is the one that holds. */
static void show_texts(const settings *s, size_t nth, FILE *out)
{
	const setting *t = &settings_table[nth];
	const char *last = NULL;

	for (const struct settings_text *i = s->texts; i != NULL; i = i->next) {
		if (i->setting != nth)
			continue;
		if (value_repeats(t->rule.type))
			fprintf(out, "%s = %s\n", t->name, i->text);
		last = i->text;
	}
	if (!value_repeats(t->rule.type))
		fprintf(out, "%s = %s\n", t->name, last);
}

bool settings_show(const settings *s, size_t nth, FILE *out)
{
	if (nth >= settings_count)
		return false;

	const setting *t = &settings_table[nth];

	if (nth == 0 || strcmp(t->section, t[-1].section) != 0)
		fprintf(out, "%s[%s]\n", nth == 0 ? "" : "\n", t->section);
	show_help(t->help, out);
	if (s->given[nth])
		show_texts(s, nth, out);
	else
		fprintf(out, "#%s =%s%s\n", t->name, *t->standard != 0 ? " " : "",
			t->standard);
	return true;
}

problem settings_place(const settings *s, const void *field)
{
	const size_t offset = (size_t)((const char *)field - (const char *)s);

	for (size_t i = 0; i < settings_count; i++)
		if (settings_table[i].offset == offset)
			return (problem){.file = s->path != NULL ? s->path : "settings",
					 .line = s->line[i],
					 .section = settings_table[i].section,
					 .name = settings_table[i].name};
	assert(false); /* it is no field of the settings */
	return (problem){0};
}
