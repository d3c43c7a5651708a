/* SPDX-License-Identifier: MIT
 *
 * mailwhy codes: all that is known, as tables.
 */
#include "cli/cli.h"

typedef struct codes {
	cli_common common;
	bool statuses, categories, providers;
	const char *map;
	cli_knowledge k;
	cli_out out;
} codes;

static void set_statuses(void *ctx, const char *value)
{
	(void)value;
	((codes *)ctx)->statuses = true;
}

static void set_categories(void *ctx, const char *value)
{
	(void)value;
	((codes *)ctx)->categories = true;
}

static void set_providers(void *ctx, const char *value)
{
	(void)value;
	((codes *)ctx)->providers = true;
}

static void set_map(void *ctx, const char *value)
{
	((codes *)ctx)->map = value;
}

static const cli_option options[] = {
	{"--statuses", NULL, "the enhanced status codes (5.7.26) instead", set_statuses},
	{"--categories", NULL, "the categories of mailwhy instead", set_categories},
	{"--providers", NULL, "the providers instead, as --provider takes them",
	 set_providers},
	{"--map", "NAME",
	 "another program's names for our categories: sisimai, ses ...; list", set_map},
	{NULL, NULL, NULL, NULL},
};

const cli_command cli_codes_command = {
	.name = "codes",
	.usage = "mailwhy codes [OPTION]...",
	.about = "Prints every reply code that is known, with its standard text and "
		 "source.\n"
		 "mailwhy CODE explains one of them whole.",
	.options = options,
};

static void key(mw_buf *b, const char *name, mw_str value, bool first)
{
	mw_buf_put(b, first ? MW_LIT("{\"") : MW_LIT(",\""));
	mw_buf_put(b, mw_str_of(name));
	mw_buf_put(b, MW_LIT("\":\""));
	mw_buf_put_json(b, value);
	mw_buf_put_char(b, '"');
}

static void json_lines(codes *x, const char *name, mw_lines lines)
{
	mw_buf *b = &x->out.buf;

	mw_buf_put(b, MW_LIT(",\""));
	mw_buf_put(b, mw_str_of(name));
	mw_buf_put(b, MW_LIT("\":["));
	for (uint32_t i = 0; i < lines.count; i++) {
		mw_buf_put(b, i > 0 ? MW_LIT(",\"") : MW_LIT("\""));
		mw_buf_put_json(b, mw_knowledge_line(&x->k.kb, lines, i));
		mw_buf_put_char(b, '"');
	}
	mw_buf_put_char(b, ']');
}

static void pad(mw_buf *b, mw_str s, size_t width)
{
	mw_buf_put(b, s);
	for (size_t n = s.len; n < width; n++)
		mw_buf_put_char(b, ' ');
}

static mw_str number(char out[16], int n)
{
	mw_buf b;

	mw_buf_init(&b, out, 16);
	mw_buf_put_int(&b, n);
	return mw_buf_str(&b);
}

static void print_code(codes *x, const mw_code *c)
{
	mw_buf *b = &x->out.buf;
	char digits[16];

	if (!x->common.json) {
		pad(b, number(digits, c->code), 5);
		mw_buf_put(b, c->text.len > 0 ? c->text : c->meaning);
		mw_buf_put(b, MW_LIT("  ["));
		mw_buf_put(b, c->source);
		mw_buf_put(b, MW_LIT("]\n"));
		return;
	}
	key(b, "code", number(digits, c->code), true);
	key(b, "text", c->text, false);
	key(b, "source", c->source, false);
	key(b, "commands", c->commands, false);
	key(b, "meaning", c->meaning, false);
	key(b, "category", mw_name(MW_VOCABULARY_CATEGORY, (int)c->category), false);
	json_lines(x, "causes", c->causes);
	json_lines(x, "notes", c->notes);
	for (int i = 0; i < MW_AUDIENCE_COUNT; i++)
		json_lines(x, mw_name(MW_VOCABULARY_AUDIENCE, i).ptr, c->remedies[i]);
	mw_buf_put(b, MW_LIT("}\n"));
}

static void put_part(mw_buf *b, int n)
{
	if (n < 0)
		mw_buf_put_char(b, 'x');
	else
		mw_buf_put_int(b, n);
}

static void print_status(codes *x, const mw_status_code *s)
{
	mw_buf *b = &x->out.buf, name;
	char memory[16];

	mw_buf_init(&name, memory, sizeof memory);
	put_part(&name, s->cls);
	mw_buf_put_char(&name, '.');
	put_part(&name, s->subject);
	mw_buf_put_char(&name, '.');
	put_part(&name, s->detail);
	if (!x->common.json) {
		pad(b, mw_buf_str(&name), 10);
		mw_buf_put(b, s->name);
		mw_buf_put(b, MW_LIT("  ["));
		mw_buf_put(b, s->source);
		mw_buf_put(b, MW_LIT("]\n"));
		return;
	}
	key(b, "status", mw_buf_str(&name), true);
	key(b, "name", s->name, false);
	key(b, "codes", s->codes, false);
	key(b, "source", s->source, false);
	key(b, "meaning", s->meaning, false);
	key(b, "category", mw_name(MW_VOCABULARY_CATEGORY, (int)s->category), false);
	mw_buf_put(b, MW_LIT("}\n"));
}

static void print_category(codes *x, mw_category category)
{
	const mw_category_info c = mw_knowledge_category(&x->k.kb, category);
	const mw_tell t = {.kb = &x->k.kb, .audience = -1, .width = 80};
	const mw_str none = {"", 0};
	const mw_outcome o = {.text = none, .remote = none};
	const mw_verdict v = {.category = category,
			      .summary = c.summary,
			      .provider_name = none,
			      .blocklist = {.id = none, .name = none}};
	mw_buf *b = &x->out.buf;
	const mw_str name = mw_name(MW_VOCABULARY_CATEGORY, (int)category);

	if (x->common.json) {
		key(b, "category", name, true);
		key(b, "permanence", mw_name(MW_VOCABULARY_PERMANENCE, (int)c.permanence),
		    false);
		key(b, "fault", mw_name(MW_VOCABULARY_FAULT, (int)c.fault), false);
		key(b, "action_permanent",
		    mw_name(MW_VOCABULARY_ACTION, (int)c.action_permanent), false);
		key(b, "action_temporary",
		    mw_name(MW_VOCABULARY_ACTION, (int)c.action_temporary), false);
		mw_buf_put(b, MW_LIT(",\"summary\":\""));
	} else {
		pad(b, name, 22);
		mw_buf_put_char(b, ' ');
	}
	if (mw_tell_summary(b, &t, &o, &v) != MW_OK)
		cli_complain("%.*s: the summary is too long", MW_FMT(name));
	mw_buf_put(b, x->common.json ? MW_LIT("\"}\n") : MW_LIT("\n"));
}

/* "foreign ours ours": the first word. */
static mw_str cut_word(mw_str *rest)
{
	const char *blank = rest->len > 0 ? memchr(rest->ptr, ' ', rest->len) : NULL;
	const mw_str word =
		blank != NULL ? mw_str_head(*rest, (size_t)(blank - rest->ptr)) : *rest;

	*rest = mw_str_skip(*rest, word.len + (blank != NULL));
	return word;
}

static void print_map_row(codes *x, mw_str row)
{
	mw_buf *b = &x->out.buf;
	const mw_str foreign = cut_word(&row);
	bool more = false;

	if (!x->common.json) {
		pad(b, foreign, 26);
		mw_buf_put_char(b, ' ');
		mw_buf_put(b, row);
		mw_buf_put_char(b, '\n');
		return;
	}
	key(b, "name", foreign, true);
	mw_buf_put(b, MW_LIT(",\"categories\":["));
	while (row.len > 0) {
		mw_buf_put(b, more ? MW_LIT(",\"") : MW_LIT("\""));
		mw_buf_put_json(b, cut_word(&row));
		mw_buf_put_char(b, '"');
		more = true;
	}
	mw_buf_put(b, MW_LIT("]}\n"));
}

static int print_map(codes *x)
{
	char safe[200];
	mw_map m;
	const bool list = strcmp(x->map, "list") == 0;

	for (size_t i = 0; mw_knowledge_map_nth(&x->k.kb, i, &m) == MW_OK; i++) {
		if (list && x->common.json) {
			key(&x->out.buf, "map", m.name, true);
			mw_buf_put(&x->out.buf, MW_LIT("}\n"));
		} else if (list) {
			mw_buf_put(&x->out.buf, m.name);
			mw_buf_put_char(&x->out.buf, '\n');
		} else if (mw_str_eq(m.name, mw_str_of(x->map))) {
			for (uint32_t k = 0; k < m.rows.count; k++)
				print_map_row(x, mw_knowledge_line(&x->k.kb, m.rows, k));
			return EXIT_DONE;
		}
	}
	if (list)
		return EXIT_DONE;
	cli_complain("no map “%s”; mailwhy codes --map list names them",
		     cli_visible(safe, x->map));
	return EXIT_USAGE;
}

static void print_provider(codes *x, const mw_provider *p)
{
	mw_buf *b = &x->out.buf;

	if (x->common.json) {
		key(b, "provider", p->id, true);
		key(b, "name", p->name, false);
		key(b, "kind", p->kind, false);
		key(b, "page", p->page, false);
		mw_buf_put(b, MW_LIT("}\n"));
		return;
	}
	pad(b, p->id, 18);
	mw_buf_put_char(b, ' ');
	mw_buf_put(b, p->name);
	mw_buf_put(b, p->page.len > 0 ? MW_LIT("  ") : MW_LIT(""));
	mw_buf_put(b, p->page);
	mw_buf_put_char(b, '\n');
}

static int print_table(codes *x)
{
	mw_code c;
	mw_status_code s;

	mw_provider p;

	if (x->map != NULL)
		return print_map(x);
	if (x->providers) {
		for (size_t i = 0; mw_knowledge_provider_nth(&x->k.kb, i, &p) == MW_OK;
		     i++) {
			print_provider(x, &p);
			cli_out_flush_if_full(&x->out);
		}
		return EXIT_DONE;
	}
	if (x->categories) {
		for (int i = 0; i < MW_CATEGORY_COUNT; i++) {
			print_category(x, (mw_category)i);
			cli_out_flush_if_full(&x->out);
		}
	} else if (x->statuses) {
		for (size_t i = 0; mw_knowledge_status_nth(&x->k.kb, i, &s) == MW_OK;
		     i++) {
			print_status(x, &s);
			cli_out_flush_if_full(&x->out);
		}
	} else {
		for (size_t i = 0; mw_knowledge_code_nth(&x->k.kb, i, &c) == MW_OK; i++) {
			print_code(x, &c);
			cli_out_flush_if_full(&x->out);
		}
	}
	return EXIT_DONE;
}

int cli_codes(int argc, char **argv)
{
	codes x = {.map = NULL};
	char safe[200];
	const int count = cli_parse(&cli_codes_command, &x.common, &x, argc, argv);

	if (count < 0)
		return EXIT_USAGE;
	if (cli_answered(&cli_codes_command, &x.common))
		return EXIT_DONE;
	if (count > 0) {
		cli_complain("codes takes no argument; mailwhy %s explains one",
			     cli_visible(safe, argv[0]));
		return EXIT_USAGE;
	}
	int rc = cli_knowledge_open(&x.k, &x.common);

	if (rc == EXIT_DONE && (rc = cli_out_open(&x.out)) == EXIT_DONE) {
		rc = print_table(&x);
		cli_out_close(&x.out, &rc);
	}
	cli_knowledge_close(&x.k);
	return rc;
}
