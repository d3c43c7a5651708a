/* SPDX-License-Identifier: MIT
 *
 * Is a letter a report, and of what kind? Evidence is counted, so that a letter of a
 * system nobody has seen is known by its ways, and a person who writes about bounces is
 * not taken for one.
 */
#include "base/ascii.h"
#include "read/address.h"
#include "read/bounce_state.h"
#include "read/charset.h"
#include "read/field.h"
#include "read/ses_json.h"
#include "read/words.h"

/* What each finding weighs; a report needs ENOUGH. */
enum {
	WEIGHS_SENDER = 2,   /* an empty return path, or the name of a mail system */
	WEIGHS_SUBJECT = 2,  /* "Undelivered Mail Returned to Sender" */
	WEIGHS_FORM = 2,     /* a sentence that one software writes */
	WEIGHS_HEADING = 1,  /* "The following addresses failed" */
	WEIGHS_REASON = 1,   /* "Reason:" */
	WEIGHS_LISTED = 1,   /* an address in the place of one that failed */
	WEIGHS_RETURNED = 1, /* the mail itself, or its header */
	WEIGHS_WORDS = 1,    /* a code or a status next to the address */
	WEIGHS_REPLY = -2,   /* "Re: ...", with In-Reply-To, from a person */
	ENOUGH = 4
};

static bool is_daemon_name(mw_str s)
{
	return mwi_mark_find(&mwi_marks_daemon, s, NULL) != NULL;
}

/* The sender is a mail system: it has no return path, or says so. */
static bool is_from_daemon(const mwi_letter *l)
{
	const mw_str path = mw_str_trim(l->field[MWI_FIELD_RETURN_PATH]);
	const mw_str from = mw_str_trim(l->field[MWI_FIELD_FROM]);
	const mw_str address = mwi_address_value(from);

	if (mw_str_eq(path, MW_LIT("<>")) ||
	    mw_str_eq(mw_str_trim(l->field[MWI_FIELD_X_ENVELOPE_FROM]), MW_LIT("<>")))
		return true;
	return is_daemon_name(from) || is_daemon_name(address) ||
	       is_daemon_name(mwi_address_value(path));
}

/* Who wrote it, by its header. */
static mw_str form_of_header(const mwi_letter *l)
{
	const mwi_mark_row *row =
		mwi_mark_find(&mwi_marks_mailer, l->field[MWI_FIELD_X_MAILER], NULL);

	return row != NULL ? row->form : MW_LIT("");
}

static mwi_mark mark_of_subject(mw_str subject)
{
	const mwi_mark_row *row = mwi_mark_find(&mwi_marks_subject, subject, NULL);

	return row != NULL ? row->mark : MWI_MARK_NONE;
}

static bool begins_with_any(mw_str s, const mw_str *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (mwi_begins(s, list[i]))
			return true;
	return false;
}

/* RFC 3834, and what was usual before it. */
static bool has_auto_field(const mwi_letter *l)
{
	static const mw_str precedence[] = {{"auto_reply", 10}, {"auto-reply", 10}};
	const mw_str submitted = l->field[MWI_FIELD_AUTO_SUBMITTED];

	return mwi_begins(submitted, MW_LIT("auto-replied")) ||
	       mwi_begins(submitted, MW_LIT("auto-generated (vacation")) ||
	       begins_with_any(l->field[MWI_FIELD_PRECEDENCE], precedence, 2) ||
	       l->field[MWI_FIELD_X_AUTOREPLY].len > 0 ||
	       l->field[MWI_FIELD_X_AUTORESPOND].len > 0 ||
	       l->field[MWI_FIELD_X_AUTORESPONSE].len > 0 ||
	       l->field[MWI_FIELD_X_AUTOREPLY_FROM].len > 0 ||
	       l->field[MWI_FIELD_X_VACATION].len > 0 ||
	       l->field[MWI_FIELD_X_MAIL_AUTOREPLY].len > 0;
}

/* Somebody answers somebody: "Re: ", "AW: ". */
static bool is_reply_subject(mw_str s)
{
	static const mw_str re[] = {{"re:", 3},   {"aw:", 3}, {"sv:", 3},
				    {"antw:", 5}, {"rv:", 3}, {"odp:", 4}};

	return begins_with_any(s, re, sizeof re / sizeof *re);
}

/* "team-owner@lists.example.org": the keepers of a mailing list, not the list. */
static bool is_of_list(mw_str address)
{
	static const mw_str ends[] = {{"-owner@", 7}, {"-request@", 9},
				      {"-admin@", 7}, {"-bounces@", 9},
				      {"-help@", 6},  {"-subscribe@", 11}};

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (mw_str_find(address, ends[i]) < address.len)
			return true;
	return false;
}

/* The best that an address of the text reaches. Addresses of mail systems and of the
 * one who gets the letter are named in passing. */
static mwi_strength best_strength(const mw_bounce *b)
{
	const mwi_notice *n = &b->notice;
	const mw_str to = mwi_address_value(b->letter->field[MWI_FIELD_TO]);
	mwi_strength best = MWI_STRENGTH_NONE;

	for (size_t i = 0; i < n->count; i++) {
		mwi_entry *e = &n->entry[i];

		if ((e->strength <= MWI_STRENGTH_INLINE && is_daemon_name(e->address)) ||
		    (e->strength < MWI_STRENGTH_LISTED && is_of_list(e->address)) ||
		    (e->strength < MWI_STRENGTH_LISTED &&
		     mwi_address_same(e->address, to)))
			e->strength = MWI_STRENGTH_NONE;
		if (e->strength > best)
			best = e->strength;
	}
	return best;
}

static bool has_words_with_code(const mw_bounce *b)
{
	const mwi_notice *n = &b->notice;
	mw_enhanced e;

	for (size_t i = 0; i < n->count && i < 8; i++) {
		mw_str words = mwi_words_find(n->entry[i].block);

		for (size_t k = 0; k + 3 <= words.len && k < 2000; k++) {
			const char *p = words.ptr + k;

			if ((p[0] != '4' && p[0] != '5') ||
			    (k > 0 && mwi_is_alnum(p[-1])))
				continue;
			if (mwi_is_digit(p[1]) && mwi_is_digit(p[2]) &&
			    (k + 3 == words.len || !mwi_is_alnum(p[3])))
				return true;
			if (mw_enhanced_read(&e, mw_str_skip(words, k)) > 0)
				return true;
		}
	}
	return false;
}

static int weigh(const mw_bounce *b, mwi_mark subject)
{
	const mwi_letter *l = b->letter;
	const mwi_notice *n = &b->notice;
	int weight = 0;

	weight += is_from_daemon(l) ? WEIGHS_SENDER : 0;
	weight += subject == MWI_MARK_SUBJECT_FAILURE || subject == MWI_MARK_SUBJECT_DELAY
			  ? WEIGHS_SUBJECT
			  : 0;
	weight += b->form.len > 0 ? WEIGHS_FORM : 0;
	weight += n->heading || n->delayed ? WEIGHS_HEADING : 0;
	weight += n->reason ? WEIGHS_REASON : 0;
	weight += b->strength >= MWI_STRENGTH_CODE ? WEIGHS_LISTED : 0;
	weight += l->returned || n->returned.len > 0 ? WEIGHS_RETURNED : 0;
	weight += has_words_with_code(b) ? WEIGHS_WORDS : 0;
	if (is_reply_subject(b->subject) && !is_from_daemon(l))
		weight += WEIGHS_REPLY;
	return weight;
}

/* Reads the fields that hold for the whole letter; b->rest begins with the first group
 * that tells of a recipient. False when there is none. */
static bool find_groups(mw_bounce *b, mw_str fields)
{
	mwi_group g;

	for (int i = 0; i < MWI_STATUS_COUNT; i++)
		b->message.field[i] = MW_LIT("");
	b->rest = fields;
	while (mwi_group_next(&fields, &g)) {
		for (int i = 0; i < MWI_STATUS_COUNT; i++)
			if (b->message.field[i].len == 0)
				b->message.field[i] = g.field[i];
		if (mwi_group_has_recipient(&g))
			return true;
		b->rest = fields;
	}
	return false;
}

/* "Bob is out of the office": the words stand anywhere in the subject. */
static bool says_away(mw_str subject)
{
	for (int words = 0; subject.len > 0 && words < 30; words++) {
		if (mwi_mark_find(&mwi_marks_away, subject, NULL) != NULL)
			return true;
		while (subject.len > 0 && subject.ptr[0] != ' ')
			subject = mw_str_skip(subject, 1);
		subject = mw_str_trim(subject);
	}
	return false;
}

/* Fields that programs write when they answer; a person's mail may have one by chance,
 * so that the subject has to say it too. */
static bool has_auto_hint(const mwi_letter *l)
{
	const mw_str submitted = l->field[MWI_FIELD_AUTO_SUBMITTED];

	return (submitted.len > 0 && !mwi_begins(submitted, MW_LIT("no"))) ||
	       l->field[MWI_FIELD_IN_REPLY_TO].len > 0 ||
	       l->field[MWI_FIELD_X_SUPPRESS].len > 0 ||
	       mw_str_eq(mw_str_trim(l->field[MWI_FIELD_RETURN_PATH]), MW_LIT("<>"));
}

static bool is_auto_reply(const mw_bounce *b, mwi_mark subject)
{
	return has_auto_field(b->letter) || subject == MWI_MARK_SUBJECT_AUTO ||
	       (has_auto_hint(b->letter) && says_away(b->subject));
}

/* The whole returned letter, to find whom it was sent to where nothing else tells. */
static bool has_original_recipient(const mw_bounce *b)
{
	mw_str a;

	return (b->original != NULL &&
		mwi_address_value(b->original->field[MWI_FIELD_TO]).len > 0) ||
	       mwi_address_next(b->subject, 0, &a);
}

/* Some systems mark their bounces as auto-replies: sender, subject and text tell. */
static bool is_clear_failure(const mw_bounce *b, mwi_mark subject, int weight)
{
	return (subject == MWI_MARK_SUBJECT_FAILURE ||
		subject == MWI_MARK_SUBJECT_DELAY) &&
	       is_from_daemon(b->letter) && weight >= ENOUGH &&
	       b->strength > MWI_STRENGTH_TO;
}

static mwi_source find_source(mw_bounce *b, bool fallback)
{
	const mwi_letter *l = b->letter;
	const mw_str status = mw_buf_str(&l->status);
	const mwi_mark subject = mark_of_subject(b->subject);
	const mwi_notice *n = &b->notice;
	int weight;

	const bool groups = find_groups(b, status);

	if (l->feedback || (subject == MWI_MARK_SUBJECT_COMPLAINT && l->returned))
		return MWI_SOURCE_FEEDBACK;
	if (l->disposition)
		return MWI_SOURCE_DISPOSITION;
	if (l->report && groups)
		return MWI_SOURCE_STATUS;
	if (mwi_ses_kind(n->text) != MW_KIND_NONE)
		return MWI_SOURCE_JSON;
	weight = weigh(b, subject);
	if (n->fields.len > 0 && weight >= ENOUGH - 1 && find_groups(b, n->fields))
		return MWI_SOURCE_STATUS;
	if (l->field[MWI_FIELD_X_FAILED_RECIPIENTS].len > 0)
		return MWI_SOURCE_FAILED;
	if (is_auto_reply(b, subject) && !is_clear_failure(b, subject, weight) &&
	    (subject == MWI_MARK_SUBJECT_AUTO || says_away(b->subject) ||
	     weight <= ENOUGH || b->form.len == 0)) {
		if (!is_from_daemon(l) || b->strength < MWI_STRENGTH_LISTED ||
		    weight <= ENOUGH || subject == MWI_MARK_SUBJECT_AUTO ||
		    says_away(b->subject))
			return MWI_SOURCE_AUTO;
	}
	if (weight >= ENOUGH && b->strength > MWI_STRENGTH_TO)
		return MWI_SOURCE_NOTICE;
	/* With more than enough, a report that names nobody is one all the same. */
	if (fallback && weight >= ENOUGH &&
	    (b->strength > MWI_STRENGTH_NONE || has_original_recipient(b) ||
	     weight > ENOUGH))
		return b->strength > MWI_STRENGTH_NONE ? MWI_SOURCE_NOTICE
						       : MWI_SOURCE_TO;
	return MWI_SOURCE_NONE;
}

void mwi_kind_find(mw_bounce *b, int level, bool fallback)
{
	mwi_letter *l = &b->letters.at[level];
	mw_buf subject;

	b->letter = l;
	b->original = level + 1 < MWI_LETTERS ? &b->letters.at[level + 1] : NULL;
	mw_buf_init(&subject, b->subject_memory, sizeof b->subject_memory);
	mwi_charset_words(&subject, mw_str_head(l->field[MWI_FIELD_SUBJECT], 900),
			  b->params.convert, b->params.ctx);
	b->subject = mw_buf_str(&subject);
	mwi_notice_read(&b->notice, mw_buf_str(&l->notice));
	b->form = b->notice.form.len > 0 ? b->notice.form : form_of_header(l);
	b->strength = best_strength(b);
	b->source = find_source(b, fallback);
}
