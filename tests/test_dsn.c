/* SPDX-License-Identifier: MIT
 *
 * Letters that we write, read back by our own reader; one of them word for word; and what
 * strangers may put into them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <mailwhy/mailwhy.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "tell/dsn.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

#define MINUTE ((int64_t)60 * 1000)
#define DAY    (24 * 60 * MINUTE)
#define NOW    ((int64_t)1735898400 * 1000) /* Friday, 3 January 2025, 10:00 UTC */
#define HEADER                                                                           \
	"From: ann@example.com\r\nSubject: Invoice 42\r\nMessage-ID: "                   \
	"<m1@example.com>\r\n"
#define NONCE      "q7xk2mfw93ahd0ez"
#define BOUNDARY   "=_5f3a." NONCE
#define LETTER_MAX MW_DSN_HEAD_MAX(MW_DSN_RECIPIENTS_MAX)

/* A letter with room for all that its recipients borrow. */
typedef struct letter {
	mw_knowledge kb;
	mw_dsn d;
	mw_dsn_recipient r[12];
	mw_outcome_room room[12];
	char *memory;
	mw_buf out;
} letter;

static letter *letter_new(void)
{
	letter *l = calloc(1, sizeof *l);

	assert_non_null(l);
	l->memory = malloc(LETTER_MAX);
	assert_non_null(l->memory);
	mw_knowledge_open_builtin(&l->kb);
	mw_buf_init(&l->out, l->memory, LETTER_MAX);
	l->d = (mw_dsn){.hostname = MW_LIT("mail.example.com"),
			.from = MW_LIT("MAILER-DAEMON@mail.example.com"),
			.to = MW_LIT("ann@example.com"),
			.id = MW_LIT("5f3a"),
			.nonce = MW_LIT(NONCE),
			.envid = MW_LIT(""),
			.arrival = NOW - 5 * MINUTE,
			.now = NOW,
			.header = MW_LIT(HEADER),
			.body_size = 12345678,
			.recipients = l->r,
			.kb = &l->kb};
	return l;
}

static void letter_free(letter *l)
{
	free(l->memory);
	free(l);
}

/* Adds a recipient about whom a server said `words`. */
static mw_dsn_recipient *add(letter *l, mw_dsn_action action, const char *address,
			     const char *words, mw_stage stage)
{
	const size_t i = l->d.count++;
	mw_dsn_recipient *r = &l->r[i];

	assert_true(i < ROWS(l->r));
	*r = (mw_dsn_recipient){.address = mw_str_of(address),
				.original = MW_LIT(""),
				.orcpt = MW_LIT(""),
				.action = action,
				.remote_ip = MW_LIT("192.0.2.1"),
				.last_attempt = NOW - MINUTE};
	mw_outcome_read(&r->outcome, &l->room[i], mw_str_of(words));
	r->outcome.remote = MW_LIT("mx.example.org");
	r->outcome.stage = stage;
	mw_judge(&l->kb, &r->outcome, &r->verdict);
	return r;
}

/* Nobody answered: our own words. */
static mw_dsn_recipient *add_silent(letter *l, mw_dsn_action action, const char *address,
				    const char *words)
{
	mw_dsn_recipient *r = add(l, action, address, words, MW_STAGE_CONNECT);

	assert_int_equal(r->outcome.reply, 0);
	r->attempts = 34;
	return r;
}

static mw_str write_letter(letter *l)
{
	mw_buf_reset(&l->out);
	assert_int_equal(mw_dsn_head(&l->out, &l->d), MW_OK);
	assert_true(l->out.len <= MW_DSN_HEAD_MAX(l->d.count));
	mw_buf_put(&l->out, l->d.header);
	if (l->d.full)
		mw_buf_put(&l->out, MW_LIT("\r\nThe text.\r\n"));
	const size_t before = l->out.len;

	assert_int_equal(mw_dsn_tail(&l->out, &l->d), MW_OK);
	assert_true(l->out.len - before <= MW_DSN_TAIL_MAX);
	return mw_buf_str(&l->out);
}

static bool contains(mw_str s, const char *what)
{
	const size_t n = strlen(what);

	for (size_t i = 0; i + n <= s.len; i++)
		if (memcmp(s.ptr + i, what, n) == 0)
			return true;
	return false;
}

/* As often as it stands there. */
static size_t count_of(mw_str s, const char *what)
{
	const size_t n = strlen(what);
	size_t found = 0;

	for (size_t i = 0; i + n <= s.len; i++)
		found += memcmp(s.ptr + i, what, n) == 0;
	return found;
}

static void assert_str(mw_str got, const char *want)
{
	if (!mw_str_eq(got, mw_str_of(want)))
		fail_msg("got \"%.*s\", want \"%s\"", MW_FMT(got), want);
}

/* What holds for every letter: lines of legal length with CRLF, no control characters,
 * ASCII unless `eight_bit`, UTF-8 in any case. */
static void check_lines(mw_str s, bool eight_bit)
{
	assert_true(mwi_utf8_valid(s));
	while (s.len > 0) {
		const char *end = memchr(s.ptr, '\n', s.len);

		assert_non_null(end);
		const mw_str line = mw_str_head(s, (size_t)(end - s.ptr));

		assert_true(line.len >= 1 && line.len <= 999);
		assert_int_equal(line.ptr[line.len - 1], '\r');
		for (size_t i = 0; i + 1 < line.len; i++) {
			const unsigned char c = (unsigned char)line.ptr[i];

			assert_true(c >= 0x20 && c != 0x7f);
			assert_true(c < 0x80 || eight_bit);
		}
		s = mw_str_skip(s, line.len + 1);
	}
}

/* The reader at work on one letter. */
typedef struct reading {
	mw_bounce *b;
	char *memory;
	mw_report report;
} reading;

static void reading_begin(reading *r, mw_str s)
{
	r->memory = aligned_alloc(16, MW_BOUNCE_MEMORY_MIN);
	assert_non_null(r->memory);
	const mw_bounce_params p = {.memory = r->memory, .cap = MW_BOUNCE_MEMORY_MIN};

	assert_int_equal(mw_bounce_open(&r->b, &p), MW_OK);
	mw_bounce_feed(r->b, s);
	assert_int_equal(mw_bounce_end(r->b), MW_OK);
}

static void reading_next(reading *r)
{
	assert_true(mw_bounce_next(r->b, &r->report));
}

static void reading_end(reading *r)
{
	assert_false(mw_bounce_next(r->b, &r->report));
	free(r->memory);
}

/* What we say of one recipient, and what our reader makes of it. */
static const struct round {
	mw_dsn_action action;
	const char *words;
	mw_stage stage;
	const char *subject, *status; /* of the letter, of its fields */
} rounds[] = {
	{MW_DSN_FAILED, "550 5.1.1 User unknown", MW_STAGE_RCPT, "Undelivered:", "5.1.1"},
	{MW_DSN_FAILED, "550 No such user here", MW_STAGE_RCPT, "Undelivered:", "5.1.1"},
	{MW_DSN_FAILED, "552 5.2.2 Mailbox is over quota", MW_STAGE_RCPT,
	 "Undelivered:", "5.2.2"},
	{MW_DSN_FAILED, "553 5.1.8 Sender address rejected: Domain not found",
	 MW_STAGE_MAIL, "Undelivered:", "5.1.8"},
	{MW_DSN_FAILED, "552 5.3.4 Message size exceeds fixed maximum message size",
	 MW_STAGE_CONTENT, "Undelivered:", "5.3.4"},
	{MW_DSN_FAILED,
	 "554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using "
	 "zen.spamhaus.org",
	 MW_STAGE_RCPT, "Undelivered:", "5.7.1"},
	{MW_DSN_FAILED,
	 "550 5.7.26 This mail is unauthenticated, which poses a security "
	 "risk to the sender and Gmail users",
	 MW_STAGE_CONTENT, "Undelivered:", "5.7.26"},
	{MW_DSN_FAILED, "550 5.7.1 Message rejected as spam by Content Filtering.",
	 MW_STAGE_CONTENT, "Undelivered:", "5.7.1"},
	{MW_DSN_FAILED, "554 5.7.1 Relay access denied", MW_STAGE_RCPT,
	 "Undelivered:", "5.7.1"},
	{MW_DSN_FAILED, "554 5.4.6 Too many hops", MW_STAGE_CONTENT,
	 "Undelivered:", "5.4.6"},
	{MW_DSN_DELAYED, "451 4.7.1 Greylisting in action, please come back later",
	 MW_STAGE_RCPT, "Delayed:", "4.7.1"},
	{MW_DSN_DELAYED, "421 4.3.2 Service not available, try again later",
	 MW_STAGE_CONNECT, "Delayed:", "4.3.2"},
	{MW_DSN_DELAYED, "452 4.2.2 Mailbox full", MW_STAGE_RCPT, "Delayed:", "4.2.2"},
	{MW_DSN_DELIVERED, "250 2.0.0 Ok: queued as 4F2", MW_STAGE_CONTENT,
	 "Delivered:", "2.0.0"},
	{MW_DSN_RELAYED, "250 2.6.0 Accepted", MW_STAGE_CONTENT, "Passed on:", "2.6.0"},
	{MW_DSN_EXPANDED, "", MW_STAGE_LOCAL, "Passed on:", "2.0.0"},
};

static void check_round(const struct round *row)
{
	letter *l = letter_new();
	const mw_dsn_recipient *r =
		add(l, row->action, "bob@example.org", row->words, row->stage);
	const mw_str s = write_letter(l);
	char want[80];
	reading in;
	mw_verdict v;

	check_lines(s, false);
	snprintf(want, sizeof want, "\r\nSubject: %s Invoice 42\r\n", row->subject);
	assert_true(contains(s, want));
	snprintf(want, sizeof want, "\r\nStatus: %s\r\n", row->status);
	assert_true(contains(s, want));
	reading_begin(&in, s);
	reading_next(&in);
	const mw_outcome *o = &in.report.outcome;

	assert_int_equal(o->kind, row->action >= MW_DSN_DELIVERED ? MW_KIND_DELIVERED
								  : MW_KIND_BOUNCE);
	assert_int_equal(o->delayed, row->action == MW_DSN_DELAYED);
	assert_str(o->recipient, "bob@example.org");
	assert_str(o->remote, "mx.example.org");
	assert_int_equal(o->reply, r->outcome.reply);
	if (row->words[0] != 0) {
		assert_true(mw_str_eq(o->text, r->outcome.text));
		assert_int_equal(o->stage, row->stage);
		mw_judge(&l->kb, o, &v);
		assert_int_equal(v.category, r->verdict.category);
	}
	assert_str(in.report.message_id, "m1@example.com");
	assert_str(in.report.subject, "Invoice 42");
	assert_str(in.report.reporting_mta, "mail.example.com");
	assert_str(in.report.action, mw_dsn_action_name(row->action));
	assert_str(in.report.arrival, "2025-01-03T09:55:00+00:00");
	assert_str(in.report.format, "rfc3464");
	reading_end(&in);
	letter_free(l);
}

static void test_read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rounds); i++) {
		print_message("%s\n", rounds[i].words);
		check_round(&rounds[i]);
	}
}

static const char golden_head[] =
	"Date: Fri, 3 Jan 2025 10:00:00 +0000\r\n"
	"From: Mail delivery <MAILER-DAEMON@mail.example.com>\r\n"
	"To: <ann@example.com>\r\n"
	"Subject: Undelivered: Invoice 42\r\n"
	"Message-ID: <5f3a." NONCE "@mail.example.com>\r\n"
	"In-Reply-To: <m1@example.com>\r\n"
	"References: <m1@example.com>\r\n"
	"Auto-Submitted: auto-replied\r\n"
	"MIME-Version: 1.0\r\n"
	"Content-Type: multipart/report; report-type=delivery-status;\r\n"
	" boundary=\"" BOUNDARY "\"\r\n"
	"\r\n--" BOUNDARY "\r\n"
	"Content-Type: text/plain; charset=us-ascii\r\n"
	"Content-Language: en\r\n"
	"Content-Transfer-Encoding: 7bit\r\n"
	"\r\n"
	"Your mail \"Invoice 42\" of Friday, 3 January 2025, 09:55 UTC could not be\r\n"
	"delivered to:\r\n"
	"\r\n"
	"    bob@example.org\r\n"
	"\r\n"
	"The receiving server says that it knows no mailbox with this address:\r\n"
	"the address is misspelled, or the account does not exist (any more).\r\n"
	"\r\n"
	"The mail server mx.example.org [192.0.2.1] said:\r\n"
	"\r\n"
	"    550 5.1.1 User unknown\r\n"
	"\r\n"
	"What you can do:\r\n"
	"\r\n"
	"  1. Compare the address letter by letter with what the recipient gave\r\n"
	"     you. Usual faults: a missing dot or letter, .com in place of .net,\r\n"
	"     a blank or a full stop at the end.\r\n"
	"  2. If the address came up by itself while you typed, delete that\r\n"
	"     suggestion and type the address anew: mail programs keep old\r\n"
	"     addresses for years.\r\n"
	"  3. Ask the recipient another way (telephone, web page, a colleague)\r\n"
	"     for the address in use today. Do not send to this one again until\r\n"
	"     it is corrected.\r\n"
	"\r\n"
	"Below follow the details for mail programs and for whoever looks after\r\n"
	"your mail, and the header of your mail (without its text, 12.3 MB).\r\n"
	"\r\n"
	"This letter was written by a program, the mail server mail.example.com.\r\n"
	"\r\n--" BOUNDARY "\r\n"
	"Content-Type: message/delivery-status\r\n"
	"\r\n"
	"Original-Envelope-Id: QQ+314\r\n"
	"Reporting-MTA: dns; mail.example.com\r\n"
	"Arrival-Date: Fri, 3 Jan 2025 09:55:00 +0000\r\n"
	"\r\n"
	"Original-Recipient: rfc822; bob+x@example.com\r\n"
	"Final-Recipient: rfc822; bob@example.org\r\n"
	"Action: failed\r\n"
	"Status: 5.1.1\r\n"
	"Remote-MTA: dns; mx.example.org\r\n"
	"Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n"
	"Last-Attempt-Date: Fri, 3 Jan 2025 09:59:00 +0000\r\n"
	"X-Mailwhy-Category: recipient-unknown\r\n"
	"X-Mailwhy-Stage: rcpt\r\n"
	"\r\n--" BOUNDARY "\r\n"
	"Content-Type: text/rfc822-headers\r\n"
	"\r\n";

static void test_golden(void **state)
{
	letter *l = letter_new();
	mw_str s;

	(void)state;
	add(l, MW_DSN_FAILED, "bob@example.org", "550 5.1.1 User unknown", MW_STAGE_RCPT);
	l->r[0].orcpt = MW_LIT("rfc822;bob+2Bx@example.com");
	l->d.envid = MW_LIT("QQ+2B314");
	s = write_letter(l);
	for (size_t i = 0; i < sizeof golden_head - 1; i++)
		if (i >= s.len || s.ptr[i] != golden_head[i])
			fail_msg("differs at: %.200s", golden_head + i);
	s = mw_str_skip(s, sizeof golden_head - 1);
	assert_str(s, HEADER "\r\n--" BOUNDARY "--\r\n");
	letter_free(l);
}

static void test_several(void **state)
{
	static const char *const who[] = {"bob@example.org", "eve@example.org",
					  "zoe@example.org", "info@example.com"};
	letter *l = letter_new();
	mw_dsn_recipient *joe;
	reading in;
	mw_str s;

	(void)state;
	add(l, MW_DSN_FAILED, who[0], "550 5.1.1 User unknown", MW_STAGE_RCPT);
	add(l, MW_DSN_FAILED, who[1], "550 5.1.1 User unknown", MW_STAGE_RCPT);
	add(l, MW_DSN_FAILED, who[2], "552 5.2.2 Mailbox is over quota", MW_STAGE_RCPT);
	joe = add(l, MW_DSN_DELAYED, "joe@example.net", "421 4.3.2 Try again later",
		  MW_STAGE_CONNECT);
	joe->original = MW_LIT("info@example.com");
	joe->orcpt = MW_LIT("rfc822;info@example.com");
	joe->next_try = NOW + 15 * MINUTE;
	joe->will_retry_until = NOW + 5 * DAY;
	l->d.full = true;
	s = write_letter(l);
	check_lines(s, false);
	assert_true(contains(s, "delivered to these 3 addresses:"));
	assert_true(contains(s, "\r\nbob@example.org and eve@example.org:\r\n"));
	assert_true(contains(s, "    info@example.com (which leads to joe@example.net)"));
	assert_true(
		contains(s, "\r\nWill-Retry-Until: Wed, 8 Jan 2025 10:00:00 +0000\r\n"));
	assert_true(contains(s, "due in about 15\r\nminutes (Friday, 3 January 2025, "));
	assert_true(contains(s, "\r\nContent-Type: message/rfc822\r\n"));
	assert_int_equal(count_of(s, "\r\n--" BOUNDARY), 4);
	reading_begin(&in, s);
	for (size_t i = 0; i < ROWS(who); i++) {
		reading_next(&in);
		assert_str(in.report.outcome.recipient, who[i]);
		assert_int_equal(in.report.outcome.reply, l->r[i].outcome.reply);
		assert_int_equal(in.report.outcome.stage, l->r[i].outcome.stage);
	}
	assert_str(in.report.final_recipient, "joe@example.net");
	reading_end(&in);
	letter_free(l);
}

static void test_given_up(void **state)
{
	letter *l = letter_new();
	mw_dsn_recipient *r;
	mw_str s;

	(void)state;
	l->d.arrival = NOW - 5 * DAY;
	r = add_silent(l, MW_DSN_FAILED, "bob@example.org",
		       "connect to mx.example.org: Connection timed out");
	r->expired = true;
	s = write_letter(l);
	assert_true(contains(s, "tried 34 times in 5 days and has now given up."));
	assert_true(contains(s, "Diagnostic-Code: x-mailwhy; connect to mx.example.org"));
	assert_false(contains(s, "tries again by itself"));
	r->verdict.derived = (mw_enhanced){0};
	assert_true(contains(write_letter(l), "\r\nStatus: 4.4.7\r\n"));
	letter_free(l);
}

static void test_uncertain(void **state)
{
	letter *l = letter_new();
	mw_str s;

	(void)state;
	add_silent(l, MW_DSN_FAILED, "bob@example.org",
		   "lost connection after end of data")
		->uncertain = true;
	s = write_letter(l);
	assert_true(contains(s, "\r\nSubject: Perhaps undelivered: Invoice 42\r\n"));
	assert_true(contains(s, "may not have\r\narrived at:"));
	assert_true(contains(s, "Please ask the recipient before you send it again"));
	letter_free(l);
}

#define BEAR "b\xc3\xa4r@example.org"

static void test_utf8(void **state)
{
	letter *l = letter_new();
	reading in;
	mw_str s;

	(void)state;
	add(l, MW_DSN_FAILED, BEAR, "550 5.1.1 \xc3\x84rger", MW_STAGE_RCPT);
	s = write_letter(l);
	check_lines(s, false);
	assert_true(contains(s, "\r\nFinal-Recipient: utf-8; b\\x{E4}r@example.org\r\n"));
	assert_true(contains(s, "Content-Transfer-Encoding: quoted-printable\r\n"));
	assert_true(contains(s, "b=C3=A4r@example.org"));
	assert_true(contains(s, "smtp; 550 5.1.1 ?rger"));
	l->d.utf8 = true;
	l->d.header = MW_LIT("Subject: Gr\xc3\xbc\xc3\x9f"
			     "e\r\n");
	s = write_letter(l);
	check_lines(s, true);
	assert_true(contains(s, "\r\nSubject: Undelivered: Gr\xc3\xbc"));
	assert_true(contains(s, "\r\nContent-Type: message/global-delivery-status\r\n"
				"Content-Transfer-Encoding: 8bit\r\n"));
	assert_true(contains(s, "\r\nContent-Type: message/global-headers\r\n"));
	assert_true(contains(s, "\r\nFinal-Recipient: utf-8; " BEAR "\r\n"));
	reading_begin(&in, s);
	reading_next(&in);
	assert_str(in.report.outcome.recipient, BEAR);
	assert_str(in.report.outcome.text, "\xc3\x84rger");
	reading_end(&in);
	letter_free(l);
}

static const struct subject {
	const char *header, *want; /* NULL: left out */
} subjects[] = {
	{"Subject: a\r\n b\r\n", "Undelivered: a b"},
	{"Subject: a\x01\x1b[1mb\r\n", "Undelivered: a??[1mb"},
	{"Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= to you\r\n",
	 "Undelivered: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= to you"},
	{"Subject: =?utf-8?Q?Gr=C3\r\n", NULL},
	{"Subject: =?utf-8?Q?a b?=\r\n", NULL},
	{"Subject: Gr\xc3\xbc\xc3\x9f"
	 "e\r\n",
	 NULL},
	{"From: ann@example.com\r\n", NULL},
	{"Subject:   \r\n", NULL},
	{"Subject: a\rBcc: eve@example.org\r\n", "Undelivered: a Bcc: eve@example.org"},
	{"", NULL},
};

static void test_subjects(void **state)
{
	letter *l = letter_new();
	char want[200];

	(void)state;
	add(l, MW_DSN_FAILED, "bob@example.org", "550 5.1.1 User unknown", MW_STAGE_RCPT);
	for (size_t i = 0; i < ROWS(subjects); i++) {
		const char *w = subjects[i].want;

		l->d.header = mw_str_of(subjects[i].header);
		mw_buf_reset(&l->out);
		assert_int_equal(mw_dsn_head(&l->out, &l->d), MW_OK);
		snprintf(want, sizeof want, "\r\nSubject: %s\r\n",
			 w != NULL ? w : "Your mail could not be delivered");
		if (!contains(mw_buf_str(&l->out), want))
			fail_msg("no %s", want);
	}
	letter_free(l);
}

static void test_message_ids(void **state)
{
	static const char *const bad[] = {
		"m1@example.com", "<m1>",         "<@example.com>", "<m1@>",
		"<a b@c>",        "<a@b>, <c@d>", "<a\xc3\xa4@b>",  "<a@b\r\n c>"};
	letter *l = letter_new();
	char header[100];

	(void)state;
	add(l, MW_DSN_FAILED, "bob@example.org", "550 5.1.1 User unknown", MW_STAGE_RCPT);
	for (size_t i = 0; i < ROWS(bad); i++) {
		snprintf(header, sizeof header, "Message-ID: %s\r\n", bad[i]);
		l->d.header = mw_str_of(header);
		assert_false(contains(write_letter(l), "In-Reply-To"));
	}
	letter_free(l);
}

/* All that strangers fill in, filled with bytes of every kind, and long. */
static void fill(char *memory, size_t len, unsigned seed)
{
	static const char *const pieces[] = {"\r\n",
					     "\r\nX-Evil: 1\r\n\r\n",
					     "\xff",
					     "\xe2\x80\xae",
					     "{lookup}",
					     "\x1b[2J",
					     "++++====\\\\",
					     "\xc3\xa4\xc3\xa4",
					     " ",
					     "\0",
					     "--=_5f3a",
					     "=?",
					     "words"};
	size_t n = 0;

	while (n < len) {
		const char *p = pieces[seed / 7 % ROWS(pieces)];
		const size_t size = p[0] == 0 ? 1 : strlen(p);

		for (size_t i = 0; i < size && n < len; i++)
			memory[n++] = p[i];
		seed = seed * 1103515245 + 12345;
	}
}

static mw_str header_of(mw_str s)
{
	return mw_str_head(s, mw_str_find(s, MW_LIT("\r\n\r\n")));
}

static mw_str status_of(mw_str s)
{
	return mw_str_skip(s, mw_str_find(s, MW_LIT("delivery-status\r\n")));
}

static void check_hostile(letter *l, bool utf8, size_t len, unsigned seed)
{
	static char memory[9000];
	const mw_str s = {memory, len};

	fill(memory, len, seed);
	l->d.utf8 = utf8;
	l->d.envid = l->d.to = l->d.hostname = s;
	for (size_t i = 0; i < l->d.count; i++) {
		mw_dsn_recipient *r = &l->r[i];

		r->address = r->original = r->orcpt = r->remote_ip = s;
		r->outcome.text = r->outcome.remote = s;
		r->verdict.provider_name = seed & 1 ? s : MW_LIT("");
	}
	mw_buf_reset(&l->out);
	assert_int_equal(mw_dsn_head(&l->out, &l->d), MW_OK);
	assert_true(l->out.len <= MW_DSN_HEAD_MAX(l->d.count));
	check_lines(mw_buf_str(&l->out), utf8);
	assert_int_equal(count_of(mw_buf_str(&l->out), "\r\n--" BOUNDARY "\r\n"), 3);
	assert_false(contains(header_of(mw_buf_str(&l->out)), "\r\nX-Evil"));
	assert_false(contains(status_of(mw_buf_str(&l->out)), "\r\nX-Evil"));
	assert_int_equal(count_of(mw_buf_str(&l->out), "\r\nAction: "), l->d.count);
}

static void test_hostile(void **state)
{
	static const char *const words[] = {"550 5.1.1 User unknown", "552 5.2.2 Full",
					    "451 4.7.1 Greylisted", "554 5.7.1 Spam"};
	letter *l = letter_new();

	(void)state;
	for (size_t i = 0; i < 12; i++)
		add(l, (mw_dsn_action)(i % 5), "a@b.example", words[i % 4],
		    MW_STAGE_RCPT);
	for (unsigned seed = 0; seed < 60; seed++)
		for (size_t len = 0; len < 9000; len = len * 3 + 1)
			check_hostile(l, seed % 3 == 0, len, seed * 7919);
	letter_free(l);
}

/* As many as may be, each as long as may be, all different. */
static void test_many(void **state)
{
	static char longest[4000];
	letter *l = letter_new();
	mw_dsn_recipient *all = calloc(MW_DSN_RECIPIENTS_MAX, sizeof *all);

	(void)state;
	assert_non_null(all);
	for (size_t i = 0; i < sizeof longest; i += 2)
		memcpy(longest + i, "\xc3\xa4", 2);
	add(l, MW_DSN_FAILED, "a@b.example", "550 5.1.1 User unknown", MW_STAGE_RCPT);
	for (size_t i = 0; i < MW_DSN_RECIPIENTS_MAX; i++) {
		mw_dsn_recipient *r = &all[i];

		*r = l->r[0];
		r->address = r->outcome.text = r->outcome.remote =
			(mw_str){longest, sizeof longest};
		r->orcpt = MW_LIT("rfc822;a@b.example");
		r->original = (mw_str){longest, sizeof longest - 1};
		r->action = (mw_dsn_action)(i % 5);
		r->verdict.provider_name = r->address;
		r->verdict.category = (mw_category)(i % MW_CATEGORY_COUNT);
		r->verdict.confidence = MW_CONFIDENCE_TEXT;
		r->verdict.rule = MW_LIT("");
		r->verdict.remedies[MW_AUDIENCE_SENDER] = (mw_lines){0};
		r->verdict.summary =
			mw_knowledge_category(&l->kb, r->verdict.category).summary;
	}
	l->d.recipients = all;
	l->d.count = MW_DSN_RECIPIENTS_MAX;
	/* One word; words of the length that folds worst; for few and for many. */
	for (int round = 0; round < 12; round++) {
		static const size_t counts[] = {1, 5, 12, 40, 200, MW_DSN_RECIPIENTS_MAX};

		for (size_t i = 40; round >= 6 && i < sizeof longest; i += 40)
			memcpy(longest + i, "  ", 2);
		l->d.count = counts[round % 6];
		mw_buf_reset(&l->out);
		assert_int_equal(mw_dsn_head(&l->out, &l->d), MW_OK);
		print_message("%zu bytes of %zu\n", l->out.len,
			      MW_DSN_HEAD_MAX(l->d.count));
		assert_true(l->out.len <= MW_DSN_HEAD_MAX(l->d.count));
		check_lines(mw_buf_str(&l->out), false);
	}
	assert_true(contains(mw_buf_str(&l->out), " others, named in the"));
	l->d.count++;
	mw_buf_reset(&l->out);
	assert_int_equal(mw_dsn_head(&l->out, &l->d), MW_E_LIMIT);
	l->d.count = 0;
	assert_int_equal(mw_dsn_head(&l->out, &l->d), MW_E_ABSENT);
	free(all);
	letter_free(l);
}

static void test_too_small(void **state)
{
	letter *l = letter_new();
	size_t whole;

	(void)state;
	add(l, MW_DSN_FAILED, BEAR, "550 5.1.1 User unknown", MW_STAGE_RCPT);
	assert_int_equal(mw_dsn_head(&l->out, &l->d), MW_OK);
	whole = l->out.len;
	for (size_t cap = 0; cap <= whole; cap++) {
		mw_buf_init(&l->out, l->memory, cap);
		assert_int_equal(mw_dsn_head(&l->out, &l->d),
				 cap < whole ? MW_E_LIMIT : MW_OK);
	}
	letter_free(l);
}

static void test_dates(void **state)
{
	static const struct {
		int64_t ms;
		const char *date;
	} rows[] = {{0, "Thu, 1 Jan 1970 00:00:00 +0000"},
		    {-1, "Thu, 1 Jan 1970 00:00:00 +0000"},
		    {(int64_t)951782400 * 1000, "Tue, 29 Feb 2000 00:00:00 +0000"},
		    {(int64_t)951868799 * 1000 + 999, "Tue, 29 Feb 2000 23:59:59 +0000"},
		    {(int64_t)951868800 * 1000, "Wed, 1 Mar 2000 00:00:00 +0000"},
		    {(int64_t)4107542399 * 1000, "Sun, 28 Feb 2100 23:59:59 +0000"},
		    {(int64_t)4107542400 * 1000, "Mon, 1 Mar 2100 00:00:00 +0000"},
		    {INT64_MAX, "Fri, 31 Dec 9999 23:59:59 +0000"}};
	static const struct {
		int64_t ms;
		const char *span;
	} spans[] = {{0, "1 minute"},           {89 * 1000, "1 minute"},
		     {90 * 1000, "2 minutes"},  {65 * MINUTE, "65 minutes"},
		     {150 * MINUTE, "3 hours"}, {47 * 60 * MINUTE, "47 hours"},
		     {5 * DAY, "5 days"}};
	char memory[64];
	mw_buf b;

	(void)state;
	mw_buf_init(&b, memory, sizeof memory);
	for (size_t i = 0; i < ROWS(rows); i++) {
		mw_buf_reset(&b);
		mwi_date_put(&b, rows[i].ms);
		assert_str(mw_buf_str(&b), rows[i].date);
	}
	for (size_t i = 0; i < ROWS(spans); i++) {
		mw_buf_reset(&b);
		mwi_span_put(&b, spans[i].ms);
		assert_str(mw_buf_str(&b), spans[i].span);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_back), cmocka_unit_test(test_golden),
		cmocka_unit_test(test_several),   cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_uncertain), cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_subjects),  cmocka_unit_test(test_message_ids),
		cmocka_unit_test(test_hostile),   cmocka_unit_test(test_many),
		cmocka_unit_test(test_too_small), cmocka_unit_test(test_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
