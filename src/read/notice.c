/* SPDX-License-Identifier: MIT */
#include "read/notice.h"

#include <mailwhy/reply.h>

#include "base/ascii.h"
#include "read/address.h"
#include "read/field.h"
#include "read/words.h"

#define FAR_IN 1000 /* deeper than any line */

typedef struct reading {
	mwi_notice *n;
	mw_str line;   /* without blanks around it */
	size_t indent; /* of the line */
	size_t set_in; /* of the first address of the list; deeper lines continue it */
	bool in_list;  /* a heading has opened a list */
	bool labelled; /* "Recipient:" and nothing behind it */
	bool contact;  /* in a paragraph that tells whom to ask */
	bool delayed, delivered;
	const char *begin; /* of the paragraph, or behind the last address */
	mw_str asked[4];   /* whom to ask: named again elsewhere, they have not failed */
	int asked_count;
} reading;

static size_t indent_of(mw_str line)
{
	size_t n = 0;

	while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t'))
		n++;
	return n;
}

static mwi_entry *last_entry(const reading *r)
{
	return r->n->count > 0 ? &r->n->entry[r->n->count - 1] : NULL;
}

/* The block of the last address ends where another begins. */
static void end_block(const reading *r, const char *at)
{
	mwi_entry *e = last_entry(r);

	if (e == NULL || !e->open)
		return;
	e->block.len = at > e->block.ptr ? (size_t)(at - e->block.ptr) : 0;
	e->open = false;
}

static mwi_entry *find_entry(const mwi_notice *n, mw_str address)
{
	/* The nearest first: a list told twice is told in the same order. */
	for (size_t i = n->count; i-- > 0 && n->count - i < 64;)
		if (mwi_address_same(n->entry[i].address, address))
			return &n->entry[i];
	return NULL;
}

static bool is_asked(const reading *r, mw_str address)
{
	for (int i = 0; i < r->asked_count; i++)
		if (mwi_address_same(r->asked[i], address))
			return true;
	return false;
}

/* Notes an address; its block begins at `behind` and is open. */
static void add(reading *r, mw_str address, mwi_strength strength, const char *behind)
{
	mwi_notice *n = r->n;

	/* Only the surest count: what is named in passing parts no block. */
	if (n->count > 0 && n->entry[0].strength > strength)
		return;
	if (n->count > 0 && n->entry[0].strength < strength) {
		n->count = 0;
		n->full = false;
	}
	if (find_entry(n, address) != NULL || is_asked(r, address))
		return;
	if (n->count == n->cap) {
		n->full = true;
		return;
	}
	end_block(r, r->line.ptr);
	n->entry[n->count++] = (mwi_entry){
		.address = address,
		.block = {behind, 0},
		.open = true,
		.strength = strength,
		.delayed = r->delayed,
		.delivered = r->delivered,
	};
}

/* Steps over what may stand in front of an address at the head of a line. */
static mw_str head_of(mw_str line)
{
	while (line.len > 0) {
		const unsigned char c = (unsigned char)line.ptr[0];

		if (line.len > 2 && memcmp(line.ptr, "\xe2\x80\xa2", 3) == 0)
			line = mw_str_skip(line, 3);
		else if (memchr(" \t*-\"'<[>", c, 9) != NULL)
			line = mw_str_skip(line, 1);
		else if (mwi_begins(line, MW_LIT("rfc822;")))
			line = mw_str_skip(line, 7);
		else if (mwi_begins(line, MW_LIT("smtp:")))
			line = mw_str_skip(line, 5);
		else
			break;
	}
	return line;
}

/* What follows an address at the head of a line if the line is about it: nothing, a
 * colon, dots, brackets, a word. False for a comma's or a sentence's sake. */
static bool follows_head(mw_str rest, bool *colon)
{
	*colon = false;
	while (rest.len > 0 && memchr(">\"'] \t", rest.ptr[0], 6) != NULL)
		rest = mw_str_skip(rest, 1);
	if (rest.len == 0)
		return true;
	*colon = rest.ptr[0] == ':' || rest.ptr[0] == '(' ||
		 (rest.len > 2 && memcmp(rest.ptr, "...", 3) == 0) ||
		 mwi_begins(rest, MW_LIT("<mailto:"));
	return *colon || rest.ptr[0] == '[' || rest.ptr[0] == ',' || rest.ptr[0] == ';' ||
	       rest.ptr[0] == '-' || mwi_is_alpha(rest.ptr[0]) ||
	       mwi_is_digit(rest.ptr[0]) || (unsigned char)rest.ptr[0] >= 0x80 ||
	       rest.ptr[0] == '/' || rest.ptr[0] == '#' || rest.ptr[0] == '=';
}

/* "<kijitora>:" names a local user. */
static mw_str local_user(mw_str line)
{
	const char *close = line.len > 2 && line.ptr[0] == '<'
				    ? memchr(line.ptr, '>', line.len)
				    : NULL;
	const mw_str name =
		close != NULL ? (mw_str){line.ptr + 1, (size_t)(close - line.ptr) - 1}
			      : MW_LIT("");

	for (size_t i = 0; i < name.len; i++)
		if (!mwi_is_alnum(name.ptr[i]) && memchr("._-+", name.ptr[i], 4) == NULL)
			return MW_LIT("");
	return name.len <= 64 ? name : MW_LIT("");
}

/* "bob (user not found)" in a list: a user of the system itself. */
static mw_str listed_user(mw_str line)
{
	size_t n = 0, blanks;

	while (n < line.len && n < 64 &&
	       (mwi_is_alnum(line.ptr[n]) || memchr("._-", line.ptr[n], 3) != NULL))
		n++;
	blanks = n;
	while (blanks < line.len && line.ptr[blanks] == ' ')
		blanks++;
	return n > 0 && blanks > n && blanks < line.len && line.ptr[blanks] == '('
		       ? mw_str_head(line, n)
		       : MW_LIT("");
}

/* All addresses of `s`, each with what is behind it as its block. */
static bool add_all(reading *r, mw_str s, mwi_strength strength)
{
	mw_str a;
	size_t at = 0;
	bool any = false;

	while (mwi_address_next(s, at, &a)) {
		at = (size_t)(a.ptr + a.len - s.ptr);
		add(r, a, strength, a.ptr + a.len);
		any = true;
		/* "a@b.example (a@b.example), c@d": a list goes on behind a comma. */
		const mw_str rest = mw_str_skip(s, at);
		size_t i = 0;

		while (i < rest.len && memchr(">\"') ", rest.ptr[i], 5) != NULL)
			i++;
		if (i >= rest.len || (rest.ptr[i] != ',' && rest.ptr[i] != ';'))
			break;
	}
	return any;
}

/* "550 5.1.1 <a@b>... User unknown" of a transcript. */
static bool take_code_line(reading *r)
{
	mw_str s = r->line, a;
	mw_enhanced e;
	ptrdiff_t n;

	if (!mwi_words_are_reply(s))
		return false;
	s = mw_str_trim(mw_str_skip(s, 4));
	n = mw_enhanced_read(&e, s);
	if (n > 0)
		s = mw_str_trim(mw_str_skip(s, (size_t)n));
	const bool bracket = s.len > 0 && s.ptr[0] == '<';

	a = mwi_address_front(mw_str_skip(s, bracket));
	if (a.len == 0)
		return true;
	const mw_str rest = mw_str_skip(s, bracket + a.len + bracket);

	if (rest.len > 2 && memcmp(rest.ptr, "...", 3) == 0) {
		mwi_entry *now;

		add(r, a, MWI_STRENGTH_CODE, r->begin);
		now = last_entry(r);
		if (now != NULL && now->address.ptr == a.ptr) {
			/* Its words stand in front of it too. */
			now->block.len = (size_t)(r->line.ptr + r->line.len - r->begin);
			now->open = false;
			r->begin = r->line.ptr + r->line.len;
		}
	}
	return true;
}

/* A line that begins with an address. */
static bool take_head_line(reading *r)
{
	mw_str head = head_of(r->line), a = mwi_address_front(head);
	bool colon;

	if (a.len == 0)
		a = local_user(r->line);
	if (a.len == 0 && r->in_list && r->indent > 0)
		a = listed_user(r->line);
	if (a.len == 0)
		return false;
	if (r->indent > r->set_in)
		return true; /* set in deeper: it continues what is above */
	const mw_str behind = {a.ptr + a.len,
			       (size_t)(r->line.ptr + r->line.len - (a.ptr + a.len))};

	if (!follows_head(behind, &colon))
		return false;
	const bool bare = mw_str_trim(behind).len <= 1;

	if (a.ptr == r->line.ptr + 1 && !r->in_list && !colon && !bare &&
	    memchr(a.ptr, '@', a.len) == NULL)
		return false;
	add(r, a, r->in_list || colon ? MWI_STRENGTH_LISTED : MWI_STRENGTH_HEAD,
	    a.ptr + a.len);
	if (behind.len > 0 && memchr(behind.ptr, ',', behind.len) != NULL && !colon)
		add_all(r, behind, r->in_list ? MWI_STRENGTH_LISTED : MWI_STRENGTH_HEAD);
	r->set_in = r->indent;
	return true;
}

static void note_asked(reading *r)
{
	if (r->asked_count < 4 && mwi_address_next(r->line, 0, &r->asked[r->asked_count]))
		r->asked_count++;
}

static void take_marked(reading *r, const mwi_mark_row *row, mw_str behind)
{
	mwi_notice *n = r->n;

	switch (row->mark) {
	case MWI_MARK_DELAYED:
		n->delayed = r->delayed = true;
		n->heading = true;
		add_all(r, behind, MWI_STRENGTH_LISTED);
		return;
	case MWI_MARK_DELIVERED:
		n->delivered = r->delivered = true;
		r->in_list = true;
		r->set_in = FAR_IN;
		add_all(r, behind, MWI_STRENGTH_LISTED);
		return;
	case MWI_MARK_REFUSED:
		n->heading = true;
		return;
	case MWI_MARK_RECIPIENTS:
		n->heading = r->in_list = true;
		r->delivered = false;
		r->set_in = FAR_IN;
		add_all(r, behind, MWI_STRENGTH_LISTED);
		return;
	case MWI_MARK_RECIPIENT:
		r->labelled = !add_all(r, behind, MWI_STRENGTH_LISTED) &&
			      mw_str_trim(behind).len < 3;
		return;
	case MWI_MARK_REASON:
		n->reason = true;
		return;
	case MWI_MARK_CONTACT:
		r->contact = true;
		note_asked(r);
		return;
	case MWI_MARK_TO:
		add_all(r, behind, MWI_STRENGTH_TO);
		return;
	case MWI_MARK_NONE:
	case MWI_MARK_ORIGINAL:
	case MWI_MARK_ECHO:
	case MWI_MARK_SUBJECT_FAILURE:
	case MWI_MARK_SUBJECT_DELAY:
	case MWI_MARK_SUBJECT_AUTO:
	case MWI_MARK_SUBJECT_AWAY:
	case MWI_MARK_SUBJECT_REPLY:
	case MWI_MARK_SUBJECT_COMPLAINT:
	case MWI_MARK_DAEMON:
	case MWI_MARK_FORM:
	case MWI_MARK_COUNT:
		return;
	}
}

/* An address within a sentence. */
static void take_inline(reading *r)
{
	mw_str a;

	if (!r->contact && r->line.len < 1000 && mwi_address_next(r->line, 0, &a))
		add(r, a, MWI_STRENGTH_INLINE, a.ptr + a.len);
}

/* Is the line one of these fields? `letters`: the first of their names. */
static bool is_field(mw_str line, const char *letters, const mw_str *names, size_t count)
{
	mw_str name, value;

	if (line.len < 9 ||
	    memchr(letters, mwi_lower(line.ptr[0]), strlen(letters)) == NULL ||
	    !mwi_field_cut(line, &name, &value))
		return false;
	for (size_t i = 0; i < count; i++)
		if (mwi_same(name, names[i]))
			return true;
	return false;
}

/* A returned header begins without a word about it: these fields stand in no notice. */
static bool begins_header(mw_str line)
{
	static const mw_str names[] = {
		{"received", 8},      {"return-path", 11},  {"dkim-signature", 14},
		{"message-id", 10},   {"mime-version", 12}, {"x-received", 10},
		{"delivered-to", 12}, {"arc-seal", 8},      {"domainkey-signature", 19},
		{"x-mailer", 8},
	};

	return is_field(line, "rdmxa", names, sizeof names / sizeof *names);
}

/* "Final-Recipient: rfc822; a@b" in the text: the report for programs, told to people. */
static bool begins_fields(mw_str line)
{
	static const mw_str names[] = {{"final-recipient", 15},
				       {"original-recipient", 18},
				       {"reporting-mta", 13}};

	return is_field(line, "for", names, sizeof names / sizeof *names);
}

/* "... was undeliverable to the following:" in words that no mark has. */
static bool opens_list(mw_str line)
{
	return line.ptr[line.len - 1] == ':' && line.len < 200 &&
	       mw_str_find(line, MW_LIT("following")) < line.len &&
	       mw_str_find(line, MW_LIT("reason")) == line.len &&
	       mw_str_find(line, MW_LIT("header")) == line.len &&
	       mw_str_find(line, MW_LIT("error")) == line.len &&
	       memchr(line.ptr, '@', line.len) == NULL;
}

/* A dialogue told again: ">>> RCPT To:<a@b>", "<<< 550 No". */
static bool is_dialogue(mw_str line)
{
	static const mw_str commands[] = {
		{"rcpt", 4}, {"mail", 4}, {"data", 4}, {"quit", 4}, {"helo", 4},
		{"ehlo", 4}, {"rset", 4}, {"auth", 4}, {"bdat", 4}, {"starttls", 8}};

	if (mwi_begins(line, MW_LIT("<<<")))
		return true;
	if (!mwi_begins(line, MW_LIT(">>>")))
		return false;
	line = mw_str_trim(mw_str_skip(line, 3));
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (mwi_begins(line, commands[i]))
			return true;
	return line.len < 2;
}

/* True when the line ends the notice. */
static bool take_line(reading *r, mw_str whole, size_t number)
{
	mw_str behind = MW_LIT("");
	const mwi_mark_row *row, *form;
	mwi_notice *n = r->n;

	if (is_dialogue(r->line))
		return false;
	form = n->form.len == 0 ? mwi_mark_find(&mwi_marks_form, r->line, NULL) : NULL;
	if (form != NULL)
		n->form = form->form;
	row = mwi_mark_find(&mwi_marks_line, r->line, &behind);
	if ((row != NULL && row->mark == MWI_MARK_ORIGINAL && number > 0) ||
	    (number > 1 && begins_header(whole)))
		return true;
	if (n->fields.len == 0 && begins_fields(r->line))
		n->fields = (mw_str){whole.ptr, 1};
	if (n->fields.len > 0)
		return false;
	if (row != NULL) {
		const bool open = r->labelled;

		r->labelled = false;
		take_marked(r, row, behind);
		r->labelled |= open && row->mark == MWI_MARK_ECHO;
		return false;
	}
	if (opens_list(r->line)) {
		n->heading = r->in_list = true;
		r->set_in = FAR_IN;
		return false;
	}
	if (r->labelled) {
		r->labelled = false;
		if (add_all(r, r->line, MWI_STRENGTH_LISTED))
			return false;
	}
	if (take_code_line(r) || r->contact)
		return false;
	if (!take_head_line(r))
		take_inline(r);
	return false;
}

void mwi_notice_read(mwi_notice *n, mw_str text)
{
	reading r = {.n = n, .set_in = FAR_IN, .begin = text.ptr};
	mw_str rest = text, whole;
	size_t number = 0;

	n->count = 0;
	n->full = n->heading = n->delayed = n->delivered = n->reason = false;
	n->form = n->fields = n->returned = MW_LIT("");
	n->text = text;
	while (mw_str_cut_line(&rest, &whole)) {
		r.line = mw_str_trim(whole);
		r.indent = indent_of(whole);
		if (r.line.len == 0) {
			r.contact = false;
			continue;
		}
		if (take_line(&r, whole, number++)) {
			const bool header = begins_header(whole);

			n->text.len = (size_t)(whole.ptr - text.ptr);
			n->returned = header ? (mw_str){whole.ptr,
							(size_t)(text.ptr + text.len -
								 whole.ptr)}
					     : rest;
			break;
		}
	}
	end_block(&r, n->text.ptr + n->text.len);
	if (n->fields.len > 0) {
		const char *fields = n->fields.ptr;

		n->fields.len = (size_t)(text.ptr + text.len - fields);
		if (fields < n->text.ptr + n->text.len)
			n->text.len = (size_t)(fields - n->text.ptr);
	}
	n->text = mw_str_trim(n->text);
}
