/* SPDX-License-Identifier: MIT
 *
 * The part for people. Whoever reads it wrote a mail and knows nothing of SMTP: first
 * what happened and to whom, then why, whose words say so, and what to do. Recipients for
 * whom the same holds are told of together.
 */
#include "base/ascii.h"
#include "base/utf8.h"
#include "tell/dsn.h"
#include "tell/prose.h"

#define LISTED 20 /* addresses of a list that are written out */
#define NAMED  3  /* above a reason */
#define GROUPS 8  /* reasons that are written out */
/* Behind so many bytes no further address and reason is begun: what one reason takes, and
 * quoted-printable threefold, still fits into MW_DSN_HEAD_MAX. */
#define LETTER_FULL   20000
#define REMEDIES_MAX  4
#define WORDS_MAX     1000
#define PROSE_MAX     2048
#define SUBJECT_SHOWN 100
#define HOST_SHOWN    255
#define INDENT        MW_LIT("    ")

/* The recipients with one action, and the reasons among them. */
typedef struct section {
	const mw_dsn *d;
	mw_dsn_action action;
	size_t count;
	size_t leader[GROUPS]; /* the first recipient of each reason */
	size_t members[GROUPS];
	size_t groups;
	size_t others; /* recipients with further reasons */
	bool certain;  /* some did certainly not get it */
} section;

static bool same_reason(const mw_dsn_recipient *a, const mw_dsn_recipient *b)
{
	return a->verdict.category == b->verdict.category &&
	       a->verdict.permanence == b->verdict.permanence &&
	       a->uncertain == b->uncertain && a->expired == b->expired &&
	       mw_str_eq(a->verdict.rule, b->verdict.rule) &&
	       mw_str_eq(a->verdict.provider, b->verdict.provider);
}

/* The group of a recipient, s->groups where it has none. */
static size_t group_of(const section *s, size_t i)
{
	size_t g = 0;

	while (g < s->groups &&
	       !same_reason(&s->d->recipients[s->leader[g]], &s->d->recipients[i]))
		g++;
	return g;
}

static void section_init(section *s, const mw_dsn *d, mw_dsn_action action)
{
	*s = (section){.d = d, .action = action};
	for (size_t i = 0; i < d->count; i++) {
		if (d->recipients[i].action != action)
			continue;
		const size_t g = group_of(s, i);

		s->count++;
		s->certain |= !d->recipients[i].uncertain;
		if (g < s->groups) {
			s->members[g]++;
		} else if (g < GROUPS) {
			s->leader[g] = i;
			s->members[g] = 1;
			s->groups++;
		} else {
			s->others++;
		}
	}
}

/* The knowledge is set in typographic quotes; a letter that does without them is ASCII,
 * and reads well everywhere. */
static void put_plain(mw_buf *out, mw_str s)
{
	static const struct {
		mw_str from;
		char to;
	} marks[] = {{{"\xe2\x80\x9c", 3}, '"'},  {{"\xe2\x80\x9d", 3}, '"'},
		     {{"\xe2\x80\x98", 3}, '\''}, {{"\xe2\x80\x99", 3}, '\''},
		     {{"\xe2\x80\x93", 3}, '-'},  {{"\xc2\xa0", 2}, ' '}};

	while (s.len > 0) {
		size_t i = 0;

		while (i < sizeof marks / sizeof *marks &&
		       !mw_str_eq(mw_str_head(s, marks[i].from.len), marks[i].from))
			i++;
		if (i < sizeof marks / sizeof *marks) {
			mw_buf_put_char(out, marks[i].to);
			s = mw_str_skip(s, marks[i].from.len);
		} else {
			mw_buf_put_char(out, s.ptr[0]);
			s = mw_str_skip(s, 1);
		}
	}
}

static void put_value(mw_buf *out, mw_str s)
{
	mwi_clean_put(out, s, HOST_SHOWN, true);
}

static void put_prose(mwi_pen *pen, const telling *g, mw_str mark, mw_str prose)
{
	char memory[PROSE_MAX], plain[PROSE_MAX];
	mw_buf b, p;

	mw_buf_init(&b, memory, sizeof memory);
	mwi_prose_put(&b, g, prose, put_value);
	mw_buf_init(&p, plain, sizeof plain);
	put_plain(&p, mw_buf_str(&b));
	mwi_pen_paragraph(pen, mark, mw_buf_str(&p));
}

static bool is_full(const mwi_pen *pen)
{
	return pen->written > LETTER_FULL;
}

static void empty_line(mwi_pen *pen)
{
	mwi_pen_line(pen, MW_LIT(""));
}

/* A sentence that is all ours, and an empty line. */
static void say(mwi_pen *pen, mw_str text)
{
	mwi_pen_paragraph(pen, MW_LIT(""), text);
	empty_line(pen);
}

/* "bob@example.org", and where it leads to. */
static void put_recipient(mw_buf *b, const mw_dsn_recipient *r)
{
	if (r->original.len > 0 && !mwi_equal(r->original, r->address)) {
		mwi_clean_put(b, r->original, MWI_ADDRESS_MAX, true);
		mw_buf_put(b, MW_LIT(" (which leads to "));
		mwi_clean_put(b, r->address, MWI_ADDRESS_MAX, true);
		mw_buf_put_char(b, ')');
	} else {
		mwi_clean_put(b, r->address, MWI_ADDRESS_MAX, true);
	}
}

static void put_more(mw_buf *b, size_t n)
{
	mw_buf_put(b, MW_LIT("and "));
	mw_buf_put_int(b, (long long)n);
	mw_buf_put(b, n == 1 ? MW_LIT(" other") : MW_LIT(" others"));
}

/* Who it is about, an address a line. */
static void list_recipients(mwi_pen *pen, const section *s)
{
	char memory[2 * MWI_ADDRESS_MAX + 64];
	size_t told = 0;
	mw_buf b;

	for (size_t i = 0; i < s->d->count && told < LISTED && !is_full(pen); i++) {
		if (s->d->recipients[i].action != s->action)
			continue;
		mw_buf_init(&b, memory, sizeof memory);
		mw_buf_put(&b, INDENT);
		put_recipient(&b, &s->d->recipients[i]);
		mwi_pen_line(pen, mw_buf_str(&b));
		told++;
	}
	if (told < s->count) {
		mw_buf_init(&b, memory, sizeof memory);
		mw_buf_put(&b, INDENT);
		put_more(&b, s->count - told);
		mw_buf_put(&b, MW_LIT(", named in the details below"));
		mwi_pen_line(pen, mw_buf_str(&b));
	}
	empty_line(pen);
}

/* "ann@example.org, bob@example.org and 4 others:" */
static void name_group(mwi_pen *pen, const section *s, size_t group)
{
	char memory[(NAMED + 1) * (MWI_ADDRESS_MAX + 8)];
	const size_t all = s->members[group];
	size_t told = 0;
	mw_buf b;

	mw_buf_init(&b, memory, sizeof memory);
	for (size_t i = s->leader[group]; i < s->d->count && told < NAMED; i++) {
		const mw_dsn_recipient *r = &s->d->recipients[i];

		if (r->action != s->action || group_of(s, i) != group)
			continue;
		if (told > 0)
			mw_buf_put(&b, told + 1 == all ? MW_LIT(" and ") : MW_LIT(", "));
		mwi_clean_put(&b, r->original.len > 0 ? r->original : r->address,
			      MWI_ADDRESS_MAX, true);
		told++;
	}
	if (told < all) {
		mw_buf_put_char(&b, ' ');
		put_more(&b, all - told);
	}
	mw_buf_put_char(&b, ':');
	say(pen, mw_buf_str(&b));
}

/* Your mail "Invoice 42" of Friday, 3 January 2025, 10:00 UTC */
static void put_mail(mw_buf *b, const mw_dsn *d)
{
	char memory[SUBJECT_SHOWN + 8];
	mw_buf subject;

	mw_buf_init(&subject, memory, sizeof memory);
	mwi_subject_put(&subject, d, SUBJECT_SHOWN, false);
	mw_buf_put(b, MW_LIT("Your mail"));
	if (mw_str_trim(mw_buf_str(&subject)).len > 0) {
		mw_buf_put(b, MW_LIT(" \""));
		mw_buf_put(b, mw_str_trim(mw_buf_str(&subject)));
		mw_buf_put_char(b, '"');
	}
	if (d->arrival > 0) {
		mw_buf_put(b, MW_LIT(" of "));
		mwi_day_put(b, d->arrival);
	}
}

static mw_str fate(const section *s)
{
	switch (s->action) {
	case MW_DSN_FAILED:
		return s->certain ? MW_LIT(" could not be delivered to")
				  : MW_LIT(" may not have arrived at");
	case MW_DSN_DELAYED:
		return MW_LIT(" has not been delivered yet to");
	case MW_DSN_DELIVERED:
		return MW_LIT(" was delivered to");
	case MW_DSN_RELAYED:
		return MW_LIT(" was passed on to the next mail server for");
	case MW_DSN_EXPANDED:
		break;
	}
	return MW_LIT(" was passed on to everyone behind");
}

static void put_opening(mwi_pen *pen, const section *s, bool first)
{
	char memory[PROSE_MAX];
	mw_buf b;

	mw_buf_init(&b, memory, sizeof memory);
	if (first)
		put_mail(&b, s->d);
	else
		mw_buf_put(&b, MW_LIT("The same mail"));
	mw_buf_put(&b, fate(s));
	if (s->count > 1) {
		mw_buf_put(&b, MW_LIT(" these "));
		mw_buf_put_int(&b, (long long)s->count);
		mw_buf_put(&b, MW_LIT(" addresses"));
	}
	mw_buf_put_char(&b, ':');
	say(pen, mw_buf_str(&b));
	list_recipients(pen, s);
}

/* Until when it is tried, and when next: of the recipients of a group the first. */
static void put_forecast(mwi_pen *pen, const section *s, size_t group)
{
	const mw_dsn_recipient *leader = &s->d->recipients[s->leader[group]];
	int64_t next = 0, until = leader->will_retry_until;
	char memory[PROSE_MAX];
	mw_buf b;

	for (size_t i = s->leader[group]; i < s->d->count; i++) {
		const mw_dsn_recipient *r = &s->d->recipients[i];

		if (r->action != s->action || group_of(s, i) != group)
			continue;
		if (r->next_try > 0 && (next == 0 || r->next_try < next))
			next = r->next_try;
		if (r->will_retry_until > until)
			until = r->will_retry_until;
	}
	mw_buf_init(&b, memory, sizeof memory);
	mw_buf_put(&b, MW_LIT("You need not do anything, and need not send it again: "
			      "the mail is kept here and tried again by itself."));
	if (next > s->d->now) {
		mw_buf_put(&b, MW_LIT(" The next attempt is due in about "));
		mwi_span_put(&b, next - s->d->now);
		mw_buf_put(&b, MW_LIT(" ("));
		mwi_day_put(&b, next);
		mw_buf_put(&b, MW_LIT(")."));
	}
	if (until > 0) {
		mw_buf_put(&b, MW_LIT(" If it has not arrived by "));
		mwi_day_put(&b, until);
		mw_buf_put(&b, MW_LIT(", you get another letter like this one."));
	}
	say(pen, mw_buf_str(&b));
}

/* How long it was tried, in vain. */
static void put_expired(mwi_pen *pen, const mw_dsn *d, const mw_dsn_recipient *r)
{
	const int64_t end = r->last_attempt > 0 ? r->last_attempt : d->now;
	char memory[PROSE_MAX];
	mw_buf b;

	mw_buf_init(&b, memory, sizeof memory);
	mw_buf_put(&b, MW_LIT("This mail server tried"));
	if (r->attempts > 1) {
		mw_buf_put_char(&b, ' ');
		mw_buf_put_int(&b, r->attempts);
		mw_buf_put(&b, MW_LIT(" times"));
	}
	if (d->arrival > 0 && end > d->arrival) {
		mw_buf_put(&b, r->attempts > 1 ? MW_LIT(" in ") : MW_LIT(" for "));
		mwi_span_put(&b, end - d->arrival);
	}
	mw_buf_put(&b, MW_LIT(" and has now given up. The mail will not be tried again. "
			      "What was in the way last:"));
	say(pen, mw_buf_str(&b));
}

static void put_uncertain(mwi_pen *pen, const mw_dsn_recipient *r)
{
	say(pen, MW_LIT("The mail may have arrived all the same. It was sent to the end, "
			"but the connection broke before the other side could confirm "
			"that it has it."));
	if (r->action == MW_DSN_FAILED)
		say(pen, MW_LIT("Please ask the recipient before you send it again; "
				"otherwise it may arrive twice."));
	else
		say(pen, MW_LIT("It is tried again, so it may arrive twice."));
}

/* "The mail server mx.example.org [192.0.2.1] said:" */
static void put_speaker(mwi_pen *pen, const mw_dsn_recipient *r, bool one_of_many)
{
	const mw_outcome *o = &r->outcome;
	char memory[PROSE_MAX];
	mw_buf b;

	mw_buf_init(&b, memory, sizeof memory);
	if (o->remote.len == 0 || o->reply == 0) {
		mw_buf_put(&b, o->reply > 0 ? MW_LIT("The answer was")
					    : MW_LIT("This mail server noted"));
		if (o->remote.len > 0) {
			mw_buf_put(&b, MW_LIT(" about "));
			put_value(&b, o->remote);
		}
	} else {
		mw_buf_put(&b, MW_LIT("The mail server "));
		put_value(&b, o->remote);
		if (r->remote_ip.len > 0) {
			mw_buf_put(&b, MW_LIT(" ["));
			mwi_clean_put(&b, r->remote_ip, 45, false);
			mw_buf_put_char(&b, ']');
		}
		mw_buf_put(&b, MW_LIT(" said"));
	}
	if (one_of_many) {
		mw_buf_put(&b, o->reply > 0 ? MW_LIT(" about ") : MW_LIT(", for "));
		mwi_clean_put(&b, r->address, MWI_ADDRESS_MAX, true);
	}
	mw_buf_put_char(&b, ':');
	say(pen, mw_buf_str(&b));
}

/* The words themselves, word for word. */
static void put_words(mwi_pen *pen, const mw_dsn_recipient *r, bool one_of_many)
{
	const mw_outcome *o = &r->outcome;
	char memory[PROSE_MAX];
	mw_buf b;

	if (o->reply == 0 && o->text.len == 0)
		return;
	put_speaker(pen, r, one_of_many);
	mw_buf_init(&b, memory, sizeof memory);
	if (o->reply > 0) {
		mw_buf_put_int(&b, o->reply);
		mw_buf_put_char(&b, ' ');
	}
	if (o->status.cls != 0) {
		mwi_status_put(&b, o->status);
		mw_buf_put_char(&b, ' ');
	}
	mwi_clean_put(&b, o->text, WORDS_MAX, true);
	mwi_pen_paragraph(pen, INDENT, mw_buf_str(&b));
	empty_line(pen);
}

/* What the sender can do, most likely first. */
static void put_remedies(mwi_pen *pen, const telling *g)
{
	remedies it = {0};
	char mark[] = "  1. ";
	mw_str line;
	int n = 0;

	while (n < REMEDIES_MAX && mwi_remedies_next(&it, g, &line) &&
	       it.audience == MW_AUDIENCE_SENDER) {
		if (n == 0)
			say(pen, MW_LIT("What you can do:"));
		mark[2] = (char)('1' + n);
		put_prose(pen, g, mw_str_of(mark), line);
		n++;
	}
	if (n > 0)
		empty_line(pen);
}

static void put_summary(mwi_pen *pen, const telling *g)
{
	const bool unread = g->v->confidence == MW_CONFIDENCE_NONE && g->o->reply == 0;

	put_prose(pen, g, MW_LIT(""), unread ? g->v->summary : mwi_prose_summary(g));
	empty_line(pen);
}

/* Of a mail that was given up: advice to wait, for it is tried again, would be wrong. */
static bool is_wait_over(const mw_dsn_recipient *r)
{
	return r->expired && r->verdict.permanence != MW_PERMANENCE_PERMANENT &&
	       (r->verdict.fault == MW_FAULT_NETWORK ||
		r->verdict.fault == MW_FAULT_RECIPIENT_SERVER ||
		r->verdict.fault == MW_FAULT_NOBODY);
}

/* A failure's remedies: its own, or what helps where waiting did not. */
static void put_advice(mwi_pen *pen, const telling *g, const mw_dsn_recipient *r)
{
	const mw_verdict given_up = {.category = MW_CATEGORY_EXPIRED};
	telling over = *g;

	if (is_wait_over(r)) {
		over.v = &given_up;
		over.code_only = false;
	}
	put_remedies(pen, &over);
}

/* Why, in whose words, and what to do. */
static void put_reason(mwi_pen *pen, const section *s, size_t group)
{
	const mw_tell t = {.kb = s->d->kb, .audience = MW_AUDIENCE_SENDER};
	const mw_dsn_recipient *r = &s->d->recipients[s->leader[group]];
	telling g;

	mwi_telling_init(&g, &t, &r->outcome, &r->verdict);
	if (s->action == MW_DSN_DELAYED)
		put_forecast(pen, s, group);
	if (r->uncertain)
		put_uncertain(pen, r);
	if (s->action == MW_DSN_FAILED && r->expired)
		put_expired(pen, s->d, r);
	if (!r->uncertain && s->action <= MW_DSN_DELAYED)
		put_summary(pen, &g);
	put_words(pen, r, s->members[group] > 1);
	if (!r->uncertain && s->action == MW_DSN_FAILED)
		put_advice(pen, &g, r);
}

static void put_section(mwi_pen *pen, const section *s, bool first)
{
	put_opening(pen, s, first);
	if (s->action == MW_DSN_DELIVERED)
		say(pen, MW_LIT("You get this letter because you asked to be told."));
	if (s->action == MW_DSN_RELAYED)
		say(pen, MW_LIT("That server does not report deliveries. You hear of it "
				"again only if something goes wrong."));
	if (s->action == MW_DSN_EXPANDED)
		say(pen, MW_LIT("This is an address for several people; nobody reports "
				"when each of them gets the mail."));
	size_t i = 0;

	for (; i < s->groups && !is_full(pen); i++) {
		if (s->groups > 1)
			name_group(pen, s, i);
		put_reason(pen, s, i);
	}
	if (i < s->groups || s->others > 0)
		say(pen, MW_LIT("For the other addresses there are further reasons; the "
				"details below name them."));
}

/* "12.3 MB" */
static void put_size(mw_buf *b, uint64_t bytes)
{
	const bool large = bytes >= 1000 * 1000;
	const uint64_t tenths = bytes / (large ? 100 * 1000 : 100);

	mw_buf_put_int(b, (long long)(tenths / 10));
	mw_buf_put_char(b, '.');
	mw_buf_put_int(b, (long long)(tenths % 10));
	mw_buf_put(b, large ? MW_LIT(" MB") : MW_LIT(" kB"));
}

static void put_ending(mwi_pen *pen, const mw_dsn *d)
{
	char memory[PROSE_MAX];
	mw_buf b;

	mw_buf_init(&b, memory, sizeof memory);
	mw_buf_put(&b, MW_LIT("Below follow the details for mail programs and for "
			      "whoever looks after your mail, and "));
	if (d->full) {
		mw_buf_put(&b, MW_LIT("your mail itself."));
	} else {
		mw_buf_put(&b, MW_LIT("the header of your mail"));
		if (d->body_size >= 1000) {
			mw_buf_put(&b, MW_LIT(" (without its text, "));
			put_size(&b, d->body_size);
			mw_buf_put_char(&b, ')');
		}
		mw_buf_put_char(&b, '.');
	}
	say(pen, mw_buf_str(&b));
	mw_buf_reset(&b);
	mw_buf_put(&b, MW_LIT("This letter was written by a program, the mail server "));
	put_value(&b, d->hostname);
	mw_buf_put_char(&b, '.');
	mwi_pen_paragraph(pen, MW_LIT(""), mw_buf_str(&b));
}

void mwi_dsn_put_letter(mwi_pen *pen, const mw_dsn *d)
{
	bool first = true;

	for (int a = MW_DSN_FAILED; a <= MW_DSN_EXPANDED; a++) {
		section s;

		section_init(&s, d, (mw_dsn_action)a);
		if (s.count == 0)
			continue;
		put_section(pen, &s, first);
		first = false;
	}
	put_ending(pen, d);
}
