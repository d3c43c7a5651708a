/* SPDX-License-Identifier: MIT */
#include "cli/tally.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "tell/wrap.h"

#define MEANING_INDENT 9

/* FNV-1a, of the lower-case address; never 0. */
static uint64_t hash_of(mw_str s)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)mwi_lower(s.ptr[i])) * UINT64_C(1099511628211);
	return h != 0 ? h : 1;
}

static void put(cli_set *s, uint64_t h)
{
	uint32_t i = (uint32_t)(h >> 17) & (s->cap - 1);

	while (s->slot[i] != 0 && s->slot[i] != h)
		i = (i + 1) & (s->cap - 1);
	s->count += s->slot[i] == 0;
	s->slot[i] = h;
}

static bool grow(cli_set *s)
{
	const cli_set old = *s;

	s->cap = old.cap == 0 ? 256 : old.cap * 2;
	s->slot = calloc(s->cap, sizeof *s->slot);
	if (s->slot == NULL) {
		*s = old;
		return false;
	}
	s->count = 0;
	for (uint32_t i = 0; i < old.cap; i++)
		if (old.slot[i] != 0)
			put(s, old.slot[i]);
	free(old.slot);
	return true;
}

static bool set_add(cli_set *s, uint64_t h)
{
	if (s->count >= CLI_SET_MAX) {
		s->full = true;
		return true;
	}
	if (s->count * 4 >= s->cap * 3 && !grow(s))
		return false;
	put(s, h);
	return true;
}

static bool set_merge(cli_set *to, cli_set *from)
{
	bool ok = true;

	for (uint32_t i = 0; i < from->cap && ok; i++)
		if (from->slot[i] != 0)
			ok = set_add(to, from->slot[i]);
	to->full |= from->full;
	free(from->slot);
	*from = (cli_set){0};
	return ok;
}

bool cli_tally_add(cli_tally *t, const mw_report *r, const mw_verdict *v, bool shown)
{
	const mw_outcome *o = &r->outcome;

	t->kind[o->kind]++;
	t->delayed += o->delayed;
	t->shown += shown;
	if (!shown)
		return true;
	if (o->kind == MW_KIND_BOUNCE)
		t->category[v->category]++;
	if (!t->addresses || o->recipient.len == 0 || o->kind != MW_KIND_BOUNCE)
		return true;
	const uint64_t h = hash_of(o->recipient);

	return set_add(&t->seen, h) && (!v->address_is_bad || set_add(&t->bad, h));
}

bool cli_tally_merge(cli_tally *t, cli_tally *from)
{
	bool ok = true;

	t->files += from->files;
	t->messages += from->messages;
	t->bytes += from->bytes;
	t->unreadable += from->unreadable;
	t->damaged += from->damaged;
	t->delayed += from->delayed;
	t->shown += from->shown;
	t->matched += from->matched;
	for (int i = 0; i < MW_KIND_COUNT; i++)
		t->kind[i] += from->kind[i];
	for (int i = 0; i < MW_CATEGORY_COUNT; i++)
		t->category[i] += from->category[i];
	ok = set_merge(&t->seen, &from->seen) && ok;
	ok = set_merge(&t->bad, &from->bad) && ok;
	const bool addresses = from->addresses;

	*from = (cli_tally){.addresses = addresses};
	return ok;
}

static void put_count(mw_buf *out, unsigned long long n, const char *one,
		      const char *many)
{
	mw_buf_put_int(out, (long long)n);
	mw_buf_put_char(out, ' ');
	mw_buf_put(out, mw_str_of(n == 1 ? one : many));
}

/* ", 3 delay warnings", where there are any. */
static void put_more(mw_buf *out, unsigned long long n, const char *one, const char *many)
{
	if (n == 0)
		return;
	mw_buf_put(out, MW_LIT(", "));
	put_count(out, n, one, many);
}

/* What a category means, in a sentence below its name. */
static void tell_meaning(mw_buf *out, const mw_tell *tell, mw_category category)
{
	const mw_category_info c = mw_knowledge_category(tell->kb, category);
	const mw_outcome o = {.kind = MW_KIND_BOUNCE,
			      .text = MW_LIT(""),
			      .context = MW_LIT(""),
			      .remote = MW_LIT(""),
			      .recipient = MW_LIT(""),
			      .provider = MW_LIT(""),
			      .odd_number = MW_LIT("")};
	const mw_verdict v = {.category = category,
			      .confidence = MW_CONFIDENCE_TEXT,
			      .summary = c.summary,
			      .retry_after = -1};
	char memory[2048];
	mw_buf b;

	mw_buf_init(&b, memory, sizeof memory);
	if (mw_tell_summary(&b, tell, &o, &v) != MW_OK)
		return;
	for (int i = 0; i < MEANING_INDENT; i++)
		mw_buf_put_char(out, ' ');
	mwi_wrap_put(out, mw_buf_str(&b), tell->width, MEANING_INDENT, MEANING_INDENT);
}

static void tell_cause(const cli_tally *t, mw_buf *out, const mw_tell *tell, int category)
{
	char number[24];
	mw_buf b;

	mw_buf_init(&b, number, sizeof number);
	mw_buf_put_int(&b, (long long)t->category[category]);
	for (size_t i = b.len; i < MEANING_INDENT - 2; i++)
		mw_buf_put_char(out, ' ');
	mw_buf_put(out, mw_buf_str(&b));
	mw_buf_put(out, MW_LIT("  "));
	mw_buf_put(out, mw_name(MW_VOCABULARY_CATEGORY, category));
	mw_buf_put_char(out, '\n');
	tell_meaning(out, tell, (mw_category)category);
}

/* The most frequent first. */
static void tell_causes(const cli_tally *t, mw_buf *out, const mw_tell *tell)
{
	bool told[MW_CATEGORY_COUNT] = {0};

	for (int k = 0; k < MW_CATEGORY_COUNT; k++) {
		int most = -1;

		for (int i = 0; i < MW_CATEGORY_COUNT; i++)
			if (!told[i] && t->category[i] > 0 &&
			    (most < 0 || t->category[i] > t->category[most]))
				most = i;
		if (most < 0)
			return;
		told[most] = true;
		tell_cause(t, out, tell, most);
	}
}

static void tell_addresses(const cli_tally *t, mw_buf *to, const mw_tell *tell)
{
	char memory[200];
	mw_buf line, *out = &line;
	const char *least = t->seen.full || t->bad.full ? "at least " : "";

	if (t->seen.count == 0)
		return;
	mw_buf_init(out, memory, sizeof memory);
	mw_buf_put(out, MW_LIT("Addresses: "));
	mw_buf_put(out, mw_str_of(least));
	mw_buf_put_int(out, t->bad.count);
	mw_buf_put(out, MW_LIT(" to remove (they cannot get mail any more), "));
	mw_buf_put_int(out, t->seen.count - t->bad.count);
	mw_buf_put(out, MW_LIT(" to keep."));
	mwi_wrap_put(to, mw_buf_str(out), tell->width, 0, 0);
	if (t->bad.count > 0)
		mw_buf_put(to, MW_LIT("To list those to remove:\n"
				      "    mailwhy bounce --only address-is-bad --format "
				      "addresses ...\n"));
}

/* How many of each kind. */
static void tell_kinds(const cli_tally *t, mw_buf *to, const mw_tell *tell)
{
	const unsigned long long failed = t->kind[MW_KIND_BOUNCE] - t->delayed;
	char memory[600];
	mw_buf line, *out = &line;

	mw_buf_init(out, memory, sizeof memory);
	put_count(out, t->messages, "message", "messages");
	mw_buf_put(out, MW_LIT(": "));
	put_count(out, failed, "failure", "failures");
	put_more(out, t->delayed, "delay warning", "delay warnings");
	put_more(out, t->kind[MW_KIND_DELIVERED], "delivery report", "delivery reports");
	put_more(out, t->kind[MW_KIND_AUTO_REPLY], "auto-reply", "auto-replies");
	put_more(out, t->kind[MW_KIND_COMPLAINT], "complaint", "complaints");
	put_more(out, t->kind[MW_KIND_NONE], "mail that is no report",
		 "mails that are no reports");
	put_more(out, t->damaged, "damaged message", "damaged messages");
	put_more(out, t->unreadable, "unreadable file", "unreadable files");
	mw_buf_put_char(out, '.');
	mwi_wrap_put(to, mw_buf_str(out), tell->width, 0, 0);
}

void cli_tally_tell(const cli_tally *t, mw_buf *out, const mw_tell *tell, bool chosen)
{
	if (t->shown > 0)
		mw_buf_put_char(out, '\n');
	tell_kinds(t, out, tell);
	if (chosen) {
		mw_buf_put(out, MW_LIT("Shown with --only: "));
		put_count(out, t->shown, "report", "reports");
		mw_buf_put(out, MW_LIT(".\n"));
	}
	tell_causes(t, out, tell);
	tell_addresses(t, out, tell);
}

void cli_tally_close(cli_tally *t)
{
	free(t->seen.slot);
	free(t->bad.slot);
	t->seen = t->bad = (cli_set){0};
}
