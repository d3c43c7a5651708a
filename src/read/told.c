/* SPDX-License-Identifier: MIT
 *
 * One recipient's outcome, put together from what is told for programs and for people.
 */
#include "base/ascii.h"
#include "base/utf8.h"
#include "read/address.h"
#include "read/bounce_state.h"
#include "read/field.h"
#include "read/words.h"
#include "read/wrapper.h"

/* More of a text than this is not searched for host and stage. */
#define SEARCHED 2048
/* An address is looked for among so many entries: ten thousand of each are no square. */
#define SEARCHED_ENTRIES 512
/* Words that a list shares are looked for behind so many entries that have others. */
#define LOOKED_AHEAD 200
/* So much of a transcript is searched for each recipient, and so much of their words is
 * read. */
#define TRANSCRIPT_MAX 65536
#define WORDS_MAX      8192
/* RFC 3464, 2.3.3: one word. */
#define ACTION_MAX 80

size_t mwi_entry_find(const mw_bounce *b, mw_str address)
{
	const mwi_notice *n = &b->notice;

	/* Groups and text name them in the same order, mostly. */
	for (size_t k = 0; k < n->count && k < SEARCHED_ENTRIES; k++) {
		const size_t i = (b->index + k) % n->count;

		if (mwi_address_same(n->entry[i].address, address))
			return i;
	}
	return n->count;
}

/* What stands in front of a command, and of the answer to it. */
static bool is_command(mw_str line)
{
	return mwi_begins(line, MW_LIT(">>>")) || mwi_begins(line, MW_LIT("command:"));
}

static bool is_answer(mw_str line)
{
	return mwi_begins(line, MW_LIT("<<<")) || mwi_begins(line, MW_LIT("response:"));
}

/* In a transcript (">>> RCPT To:<a@b>", "<<< 550 No such user"): what was answered to
 * the command that names the address; else the line with a code that names it. */
static mw_str transcript_words(mw_str text, mw_str address)
{
	mw_str line, words = MW_LIT("");
	bool named = false, dialogue = false;

	while (mw_str_cut_line(&text, &line)) {
		const mw_str t = mw_str_trim(line);
		mw_str a;

		if (is_command(t)) {
			named = mwi_address_next(t, 0, &a) &&
				mwi_address_same(a, address);
			dialogue |= named;
		} else if (is_answer(t) && named) {
			if (words.len == 0 || !dialogue)
				words = t;
			else
				words.len = (size_t)(t.ptr + t.len - words.ptr);
		} else if (!dialogue && t.len > 4 && mwi_is_digit(t.ptr[0]) &&
			   mwi_address_next(t, 0, &a) && mwi_address_same(a, address)) {
			words = t;
		}
	}
	return words;
}

static bool has_transcript(mw_str text)
{
	return mw_str_find(text, MW_LIT("<<< ")) < text.len ||
	       mw_str_find(text, MW_LIT("response: ")) < text.len;
}

/* What stands above the list, where a reason is given there: "Could not be delivered
 * because of 550 ...: The following recipients were affected". */
static mw_str words_above(const mwi_notice *n)
{
	mw_str above = n->text;

	if (n->count > 0 && n->entry[0].address.ptr > above.ptr &&
	    n->entry[0].address.ptr < above.ptr + above.len)
		above.len = (size_t)(n->entry[0].address.ptr - above.ptr);
	return mwi_words_find(above);
}

/* Looks at what stands below the entry at k; once in a row. */
static void look_at(mw_bounce *b, size_t k)
{
	const mw_str block = b->notice.entry[k].block;

	if (b->found_at == k)
		return;
	b->found_at = k;
	b->found = mwi_words_find(block);
	b->found_dialogue = has_transcript(block);
}

/* The words about the entry at `i` below its address: its own, or those that all share
 * below the list. */
static mw_str words_below(mw_bounce *b, size_t i)
{
	const mwi_notice *n = &b->notice;

	if (i < b->bare || i > b->bare_end)
		b->bare = b->bare_end = i;
	for (size_t k = b->bare_end;
	     k < n->count && (k == b->bare_end || k < i + LOOKED_AHEAD); k++) {
		look_at(b, k);
		if (n->count > 1 && n->entry[i].strength != MWI_STRENGTH_CODE &&
		    b->found_dialogue) {
			const mw_str own = transcript_words(
				mw_str_head(n->entry[k].block, TRANSCRIPT_MAX),
				n->entry[i].address);

			if (own.len > 0)
				return own;
		}
		if (b->found.len > 0)
			return b->found;
		if (k == b->bare_end && !b->found_dialogue)
			b->bare_end++;
	}
	return MW_LIT("");
}

static mw_str words_of(mw_bounce *b, size_t i)
{
	if (i >= b->notice.count)
		return b->words;
	const mw_str below = words_below(b, i);

	return below.len == 0 || (b->above_has_number && !mwi_words_have_number(below))
		       ? b->above
		       : below;
}

void mwi_words_share(mw_bounce *b)
{
	b->words = mwi_words_find(b->notice.text);
	b->above = words_above(&b->notice);
	b->bare = b->bare_end = 0;
	b->found_at = SIZE_MAX;
	b->above_has_number = mwi_words_have_number(b->above);
}

static void add_context(mw_outcome *o, mw_str text)
{
	if (o->context.len == 0 && text.len > o->text.len)
		o->context = mwi_utf8_head(mw_str_trim(text), MW_TEXT_MAX);
}

/* A dialogue told again has other replies in it, to other commands. */
static mw_str without_transcript(mw_str text)
{
	/* No more than this is kept. */
	const mw_str head = mw_str_head(text, MW_TEXT_MAX);
	const size_t at = mw_str_find(head, MW_LIT(">>> "));

	return at < head.len ? mw_str_head(text, at) : text;
}

/* All that the letter says of the entry, where its words alone do not tell enough. */
static mw_str context_of(const mw_bounce *b, size_t entry)
{
	const mwi_notice *n = &b->notice;

	if (entry < n->count && n->count > 1 &&
	    mw_str_trim(n->entry[entry].block).len > 0)
		return without_transcript(n->entry[entry].block);
	return without_transcript(n->text);
}

/* Where host and stage of an entry are told. */
static mw_str near_by(const mw_bounce *b, size_t entry)
{
	const mwi_notice *n = &b->notice;

	if (entry < n->count && mw_str_trim(n->entry[entry].block).len > 8)
		return n->entry[entry].block;
	return n->text;
}

static void find_place(mw_bounce *b, size_t entry, mw_outcome *o)
{
	if (o->stage == MW_STAGE_NONE || o->remote.len == 0)
		mwi_wrapper_read(o, mwi_utf8_head(near_by(b, entry), SEARCHED));
}

/* "bob" of the system's own: whom the returned mail was sent to tells the domain. */
static mw_str with_domain(const mw_bounce *b, mw_str address)
{
	static const mwi_field fields[] = {MWI_FIELD_TO, MWI_FIELD_CC};
	mw_str a;

	if (address.len == 0 || memchr(address.ptr, '@', address.len) != NULL ||
	    b->original == NULL || b->given >= SEARCHED_ENTRIES)
		return address;
	for (int i = 0; i < 2; i++) {
		const mw_str f = b->original->field[fields[i]];

		for (size_t at = 0; mwi_address_next(f, at, &a);
		     at = (size_t)(a.ptr + a.len - f.ptr))
			if (a.len > address.len && a.ptr[address.len] == '@' &&
			    mwi_address_same(mw_str_head(a, address.len), address))
				return a;
	}
	return address;
}

void mwi_outcome_of_entry(mw_bounce *b, mw_str address, size_t entry, mw_report *out)
{
	const mwi_notice *n = &b->notice;
	mw_outcome *o = &out->outcome;

	mw_outcome_read(o, &b->room, mw_str_head(words_of(b, entry), WORDS_MAX));
	o->recipient = with_domain(b, address);
	o->kind = MW_KIND_BOUNCE;
	o->delayed = entry < n->count ? n->entry[entry].delayed : n->delayed;
	if (entry < n->count ? n->entry[entry].delivered : n->delivered) {
		if (o->reply < 400 && o->status.cls < 4)
			o->kind = MW_KIND_DELIVERED;
	}
	find_place(b, entry, o);
	add_context(o, context_of(b, entry));
}

/* "5.0.0": somebody had to write something. */
static bool is_vague(mw_enhanced e)
{
	return e.cls == 0 || (e.subject == 0 && e.detail == 0);
}

/* The status that says most: that of the server that refused, unless it says nothing. */
static void choose_status(mw_outcome *o, mw_str field)
{
	mw_enhanced e = {0};
	mw_str v = mwi_without_type(field);

	while (v.len > 0 && (v.ptr[0] == '#' || v.ptr[0] == '(' || v.ptr[0] == '<'))
		v = mw_str_skip(v, 1);
	if (mw_enhanced_read(&e, v) < 0 || (o->reply >= 400 && e.cls == 2))
		return;
	if (is_vague(o->status) && (o->status.cls == 0 || !is_vague(e)) &&
	    (o->reply == 0 || is_vague(o->status) || o->reply / 100 == e.cls))
		o->status = e;
}

static mw_kind kind_of_group(const mwi_group *g, const mw_outcome *o)
{
	switch (mwi_action_of(g->field[MWI_STATUS_ACTION])) {
	case MWI_ACTION_DELIVERED:
		return MW_KIND_DELIVERED;
	case MWI_ACTION_FAILED:
	case MWI_ACTION_DELAYED:
		return MW_KIND_BOUNCE;
	case MWI_ACTION_NONE:
		break;
	}
	return o->status.cls == 2 || (o->status.cls == 0 && o->reply / 100 == 2)
		       ? MW_KIND_DELIVERED
		       : MW_KIND_BOUNCE;
}

/* "dns; mx.example.org (192.0.2.1)": the host. */
static mw_str host_of(mw_str value)
{
	mw_str v = mwi_without_type(value);
	size_t n = 0;

	while (n < v.len && !mwi_is_blank(v.ptr[n]) && v.ptr[n] != '(')
		n++;
	v.len = n;
	while (v.len > 0 && (v.ptr[v.len - 1] == '.' || v.ptr[v.len - 1] == '>'))
		v.len--;
	return v.len > 0 && v.ptr[0] == '<' ? mw_str_skip(v, 1) : v;
}

/* What a Diagnostic-Code holds but for its type; "71" alone says nothing. */
static mw_str diagnostic_of(const mwi_group *g)
{
	const mw_str d = mwi_without_type(g->field[MWI_STATUS_DIAGNOSTIC]);

	for (size_t i = 0; i < d.len; i++)
		if (mwi_is_alpha(d.ptr[i]) || (unsigned char)d.ptr[i] >= 0x80 || i > 2)
			return d;
	return d.len == 3 ? d : MW_LIT("");
}

/* "5.2.1 (mailbox disabled)": the comment of a status. */
static mw_str comment_of(const mwi_group *g)
{
	const mw_str s = g->field[MWI_STATUS_STATUS];
	const char *open = s.len > 0 ? memchr(s.ptr, '(', s.len) : NULL;
	mw_str c;

	if (open == NULL)
		return MW_LIT("");
	c = mw_str_skip(s, (size_t)(open - s.ptr) + 1);
	while (c.len > 0 && c.ptr[c.len - 1] == ')')
		c.len--;
	return c;
}

/* The words of the server: the Diagnostic-Code, else what people are told, else the
 * comment of the status. */
static void read_words(mw_bounce *b, const mwi_group *g, size_t entry, mw_outcome *o)
{
	const mw_str diagnostic = diagnostic_of(g);
	const bool failed =
		mwi_action_of(g->field[MWI_STATUS_ACTION]) == MWI_ACTION_FAILED;

	mw_outcome_read(o, &b->room, diagnostic);
	/* "failed", and then "250 OK": that was another command's. */
	if (diagnostic.len > 0 && !(failed && o->reply > 0 && o->reply < 400))
		return;
	const mw_str comment = comment_of(g);
	mw_str words = entry < b->notice.count || b->notice.count <= 1
			       ? words_of(b, entry)
			       : MW_LIT("");

	if (comment.len > 0 && (words.len == 0 || (entry == b->notice.count &&
						   !mwi_words_have_number(words))))
		words = comment;
	mw_outcome_read(o, &b->room, mw_str_head(words, WORDS_MAX));
}

/* A letter of our own states where in the dialogue it was said. */
static void read_stage(const mwi_group *g, mw_outcome *o)
{
	const int stage =
		mw_name_value(MW_VOCABULARY_STAGE, g->field[MWI_STATUS_X_STAGE]);

	if (stage > MW_STAGE_NONE)
		o->stage = (mw_stage)stage;
}

void mwi_outcome_of_group(mw_bounce *b, const mwi_group *g, mw_report *out)
{
	const mw_str original = mwi_address_value(g->field[MWI_STATUS_ORIGINAL]);
	const mw_str final = mwi_address_value(g->field[MWI_STATUS_FINAL]);
	mw_str address = original.len > 0 ? original : final;
	mw_outcome *o = &out->outcome;
	size_t entry = mwi_entry_find(b, final);

	if (entry == b->notice.count && original.len > 0)
		entry = mwi_entry_find(b, original);
	/* "@relay.example": the writer lost the address; people are told it. */
	if ((address.len == 0 || address.ptr[0] == '@') && b->notice.count == 1) {
		entry = 0;
		address = b->notice.entry[0].address;
	}
	read_words(b, g, entry, o);
	choose_status(o, g->field[MWI_STATUS_STATUS]);
	o->recipient = address;
	out->final_recipient = original.len > 0 && !mwi_address_same(original, final)
				       ? final
				       : MW_LIT("");
	out->action = mw_str_head(g->field[MWI_STATUS_ACTION], ACTION_MAX);
	o->kind = kind_of_group(g, o);
	o->delayed = mwi_action_of(out->action) == MWI_ACTION_DELAYED;
	if (g->field[MWI_STATUS_REMOTE].len > 0)
		o->remote = host_of(g->field[MWI_STATUS_REMOTE]);
	read_stage(g, o);
	find_place(b, entry, o);
	/* What a letter of our own says around the server's words is our advice. */
	if (g->field[MWI_STATUS_X_CATEGORY].len == 0)
		add_context(o, context_of(b, entry));
}
