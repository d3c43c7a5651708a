/* SPDX-License-Identifier: MIT
 *
 * What is told of letters: one row a letter, and what its first report says. Then, for
 * every letter of tests/bounces/: how the bytes are cut changes nothing, and wherever a
 * letter breaks off, the reader ends well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <mailwhy/bounce.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

#define BOUNCE    MW_KIND_BOUNCE
#define DELIVERED MW_KIND_DELIVERED
#define COMPLAINT MW_KIND_COMPLAINT
#define AUTO      MW_KIND_AUTO_REPLY
#define NONE      MW_KIND_NONE

#define MEMORY MW_BOUNCE_MEMORY_MIN

#define FROM "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\n"
#define REPORT                                                                           \
	FROM "To: ann@example.com\nSubject: Undelivered Mail Returned to Sender\n"       \
	     "Content-Type: multipart/report; report-type=delivery-status; "             \
	     "boundary=\"b\"\n\n"
#define TEXT   "--b\n\nYour mail could not be delivered.\n\n"
#define STATUS "--b\nContent-Type: message/delivery-status\n\n"
#define BOB                                                                              \
	"Final-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: 5.1.1\n"      \
	"Diagnostic-Code: smtp; 550 5.1.1 No such user\n"
#define QMAIL                                                                            \
	FROM "Subject: failure notice\n\nHi. This is the qmail-send program at "         \
	     "example.net.\nI'm afraid I wasn't able to deliver your message to the "    \
	     "following addresses.\n\n<bob@example.org>:\n192.0.2.1 does not like "      \
	     "recipient.\nRemote host said: 550 5.1.1 No such user\n"                    \
	     "Giving up on 192.0.2.1.\n"
#define PLAIN                                                                            \
	"Your message could not be delivered to the following recipients:\n\n"           \
	"<bob@example.org>: 550 5.1.1 No such user\n"

typedef struct row {
	const char *name, *in;
	mw_kind kind;
	const char *recipient;
	int reply;
	const char *status, *text; /* NULL: any */
	size_t count;              /* of reports */
	bool delayed;
} row;

static const row status_rows[] = {
	{"failed",
	 REPORT TEXT STATUS "Reporting-MTA: dns; mx.example.net\n\n" BOB "\n--b--\n",
	 BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 1, false},
	{"delayed",
	 REPORT TEXT STATUS
	 "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; "
	 "bob@example.org\nAction: delayed\nStatus: 4.4.1\n\n--b--\n",
	 BOUNCE, "bob@example.org", 0, "4.4.1", NULL, 1, true},
	{"delivered",
	 REPORT TEXT STATUS
	 "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; "
	 "bob@example.org\nAction: delivered\nStatus: 2.0.0\n\n--b--\n",
	 DELIVERED, "bob@example.org", 0, "2.0.0", NULL, 1, false},
	{"relayed",
	 REPORT TEXT STATUS
	 "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; "
	 "bob@example.org\nAction: relayed\nStatus: 2.0.0\n\n--b--\n",
	 DELIVERED, "bob@example.org", 0, "2.0.0", NULL, 1, false},
	{"several",
	 REPORT TEXT STATUS "Reporting-MTA: dns; mx.example.net\n\n" BOB
			    "\nFinal-Recipient: "
			    "rfc822; eve@example.org\nAction: failed\n\n" BOB "\n--b--\n",
	 BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 3, false},
	{"no Diagnostic-Code",
	 REPORT TEXT STATUS
	 "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; "
	 "bob@example.org\nAction: failed\nStatus: 5.2.2\n\n--b--\n",
	 BOUNCE, "bob@example.org", 0, "5.2.2", "Your mail could not be delivered.", 1,
	 false},
	{"the text tells",
	 REPORT "--b\n\n<bob@example.org>: 552 5.2.2 Mailbox full\n\n" STATUS
		"Final-Recipient: rfc822; bob@example.org\nAction: failed\n\n--b--\n",
	 BOUNCE, "bob@example.org", 552, "5.2.2", "Mailbox full", 1, false},
	{"any order",
	 REPORT TEXT STATUS
	 "Diagnostic-Code: smtp; 550 5.1.1 No such user\nStatus: 5.1.1\n"
	 "Action: failed\nFinal-Recipient: rfc822; "
	 "bob@example.org\n\nReporting-MTA: dns; mx.example.net\n--b--\n",
	 BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 1, false},
	{"any case",
	 REPORT TEXT STATUS
	 "FINAL-RECIPIENT:RFC822;bob@example.org\naction:FAILED\n"
	 "STATUS:5.1.1\ndiagnostic-code:SMTP;550 No such user\n--b--\n",
	 BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 1, false},
	{"no blank lines",
	 REPORT TEXT STATUS "Reporting-MTA: dns; mx.example.net\n" BOB BOB "--b--\n",
	 BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 2, false},
	{"folded",
	 REPORT TEXT STATUS
	 "Final-Recipient:\n rfc822;\n bob@example.org\nAction: failed\n"
	 "Diagnostic-Code: smtp;\n\t550 5.1.1\n No such\n  user\n\n--b--\n",
	 BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 1, false},
	{"Original-Recipient",
	 REPORT TEXT STATUS
	 "Original-Recipient: rfc822;bob@example.org\nFinal-Recipient: "
	 "rfc822; robert@mx.example.org\nAction: failed\n\n--b--\n",
	 BOUNCE, "bob@example.org", 0, "", NULL, 1, false},
	{"global",
	 REPORT TEXT
	 "--b\nContent-Type: message/global-delivery-status\n\nFinal-Recipient: "
	 "utf-8; b\xc3\xb6"
	 "b@example.org\nAction: failed\nStatus: 5.6.7\n\n--b--\n",
	 BOUNCE,
	 "b\xc3\xb6"
	 "b@example.org",
	 0, "5.6.7", NULL, 1, false},
	{"status in base64",
	 REPORT TEXT
	 "--b\nContent-Type: message/delivery-status\n"
	 "Content-Transfer-Encoding: base64\n\n"
	 "RmluYWwtUmVjaXBpZW50OiByZmM4MjI7IGJvYkBleGFtcGxlLm9yZwpBY3Rpb246IGZhaWxl\n"
	 "ZApTdGF0dXM6IDUuMS4xCg==\n\n--b--\n",
	 BOUNCE, "bob@example.org", 0, "5.1.1", NULL, 1, false},
	{"status told in the text",
	 FROM
	 "Subject: Undelivered Mail Returned to Sender\n\nYour mail was returned.\n\n"
	 "Reporting-MTA: dns; mx.example.net\n\n" BOB,
	 BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 1, false},
};

static const row other_rows[] = {
	{"qmail", QMAIL, BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 1,
	 false},
	{"two in one notice", QMAIL "\n<eve@example.org>:\nNo such user\n", BOUNCE,
	 "bob@example.org", 550, "5.1.1", "No such user", 2, false},
	{"plain notice", FROM "Subject: Undeliverable mail\n\n" PLAIN, BOUNCE,
	 "bob@example.org", 550, "5.1.1", "No such user", 1, false},
	{"X-Failed-Recipients",
	 FROM "X-Failed-Recipients: bob@example.org,\n eve@example.org\nSubject: Mail "
	      "delivery failed\n\nA message that you sent could not be delivered.\n",
	 BOUNCE, "bob@example.org", 0, "", NULL, 2, false},
	{"complaint",
	 "From: fbl@example.net\nContent-Type: multipart/report; report-type="
	 "feedback-report; boundary=b\n\n--b\n\nA complaint.\n\n--b\nContent-Type: "
	 "message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: "
	 "<bob@example.org>\n\n--b\nContent-Type: message/rfc822\n\nSubject: "
	 "Hi\n\n--b--\n",
	 COMPLAINT, "bob@example.org", 0, "", "", 1, false},
	{"disposition",
	 "From: bob@example.org\nContent-Type: multipart/report; report-type="
	 "disposition-notification; boundary=b\n\n--b\n\nRead.\n\n--b\nContent-Type: "
	 "message/disposition-notification\n\nFinal-Recipient: rfc822; bob@example.org\n"
	 "Disposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n",
	 DELIVERED, "bob@example.org", 0, "", "", 1, false},
	{"auto-reply",
	 "From: bob@example.org\nAuto-Submitted: auto-replied\nSubject: Away\n\nI am.\n",
	 AUTO, "bob@example.org", 0, "", "", 1, false},
	{"ordinary",
	 "From: bob@example.org\nTo: ann@example.com\nSubject: Lunch\n\nAt noon?\n", NONE,
	 "", 0, "", "", 1, false},
	{"a person asks",
	 "From: bob@example.org\nSubject: Re: lunch\nIn-Reply-To: <1@x>\n\nI got <eve@"
	 "example.net>: 550 User unknown. Why?\n",
	 NONE, "", 0, "", "", 1, false},
	{"nothing", "", NONE, "", 0, "", "", 1, false},
	{"line ends alone", "\n\n\n", NONE, "", 0, "", "", 1, false},
};

/* The same letter, carried in every way. */
static const row carried_rows[] = {
	{"in a message",
	 "From: ann@example.com\nSubject: Fwd\nContent-Type: message/rfc822\n\n" QMAIL,
	 BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 1, false},
	{"in a part",
	 "From: ann@example.com\nSubject: Fwd\nContent-Type: multipart/mixed; "
	 "boundary=a\n\n"
	 "--a\n\nLook.\n\n--a\nContent-Type: message/rfc822\n\n" REPORT TEXT STATUS BOB
	 "\n--b--\n\n--a--\n",
	 BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 1, false},
	{"in a part, in base64",
	 "From: ann@example.com\nSubject: Fwd\nContent-Type: multipart/mixed; "
	 "boundary=a\n\n"
	 "--a\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
	 "RnJvbTogTUFJTEVSLURBRU1PTkBteC5leGFtcGxlLm5ldApYLUZhaWxlZC1SZWNpcGllbnRz\n"
	 "OiBib2JAZXhhbXBsZS5vcmcKCjxib2JAZXhhbXBsZS5vcmc+OgogIDU1MCA1LjEuMSBObyBz\n"
	 "dWNoIHVzZXIK\n\n--a--\n",
	 BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 1, false},
	{"quoted-printable",
	 FROM
	 "Subject: Undeliverable mail\nContent-Transfer-Encoding: quoted-printable\n\n"
	 "Your message could not be delivered to the following rec=\nipients:\n\n"
	 "<bob=40example.org>: 550 5.1.1=20No such user\n",
	 BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 1, false},
	{"HTML alone",
	 FROM
	 "Subject: Undeliverable mail\nContent-Type: text/html\n\n<html><style>p {}"
	 "</style><p>Your message could not be delivered to the following recipients:"
	 "<p>&lt;bob&#64;example.org&gt;: 550 5.1.1 No&nbsp;such <b>user</b></html>\n",
	 BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 1, false},
	{"text beside HTML",
	 FROM "Subject: Undeliverable mail\nContent-Type: multipart/alternative; "
	      "boundary=b\n\n"
	      "--b\n\n" PLAIN "\n--b\nContent-Type: text/html\n\n<p>Sorry</p>\n--b--\n",
	 BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 1, false},
	{"no boundary stated",
	 FROM "Subject: Returned mail\nContent-Type: multipart/report\n\n--b\n"
	      "Content-Type: text/plain\n\nFailed.\n\n" STATUS BOB "\n--b--\n",
	 BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 1, false},
	{"no type stated",
	 FROM
	 "Subject: Returned mail\n\n--boundary1\nContent-Type: text/plain\n\nFailed.\n\n"
	 "--boundary1\nContent-Type: message/delivery-status\n\n" BOB "\n--boundary1--\n",
	 BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 1, false},
	{"another boundary than stated",
	 FROM "Subject: Returned mail\nContent-Type: multipart/report; boundary=wrong\n\n"
	      "--boundary1\nContent-Type: text/plain\n\nFailed.\n\n--boundary1\n"
	      "Content-Type: message/delivery-status\n\n" BOB "\n--boundary1--\n",
	 BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 1, false},
	{"what looks like a boundary before the one stated",
	 REPORT
	 "This is MIME:\n--boundary1\nContent-Type: text/plain\n\nx\n\n" TEXT STATUS BOB
	 "\n--b--\n",
	 BOUNCE, "bob@example.org", 550, "5.1.1", "No such user", 1, false},
	{"mailbox file", "From MAILER-DAEMON Mon Jan  1 00:00:00 2024\n" QMAIL, BOUNCE,
	 "bob@example.org", 550, "5.1.1", "No such user", 1, false},
};

static char lent[MEMORY + 64];

/* Small Greek letters are all that it knows: 0xe1 is alpha, U+03B1. */
static size_t to_greek(void *ctx, mw_str charset, mw_str in, char *out, size_t cap)
{
	size_t n = 0;

	(void)ctx;
	if (!mw_str_eq(charset, MW_LIT("iso-8859-7")))
		return (size_t)-1;
	for (size_t i = 0; i < in.len; i++) {
		const unsigned char c = (unsigned char)in.ptr[i];

		if (cap - n < 2)
			return (size_t)-1;
		if (c >= 0x80)
			out[n++] = (char)0xce;
		out[n++] = (char)(c < 0x80 ? c : c - 0x30);
	}
	return n;
}

static mw_bounce *open_in(char *memory)
{
	const mw_bounce_params p = {.memory = memory, .cap = MEMORY, .convert = to_greek};
	mw_bounce *b = NULL;

	assert_int_equal(mw_bounce_open(&b, &p), MW_OK);
	return b;
}

static char *aligned(void)
{
	return lent + (16 - ((uintptr_t)lent & 15)) % 16;
}

static mw_bounce *read_letter(const char *in)
{
	mw_bounce *b = open_in(aligned());

	mw_bounce_feed(b, mw_str_of(in));
	assert_int_equal(mw_bounce_end(b), MW_OK);
	return b;
}

static void check(const char *name, const char *what, mw_str got, const char *want)
{
	if (want != NULL && !mw_str_eq(got, mw_str_of(want)))
		fail_msg("%s: %s: \"%s\" wanted, \"%.*s\" found", name, what, want,
			 MW_FMT(got));
}

static mw_str status_of(mw_enhanced e, char memory[16])
{
	if (e.cls == 0)
		return MW_LIT("");
	snprintf(memory, 16, "%d.%d.%d", e.cls, e.subject, e.detail);
	return mw_str_of(memory);
}

static void check_row(const row *r, const char *in)
{
	mw_bounce *b = read_letter(in);
	mw_report p;
	const mw_outcome *o = &p.outcome;
	char memory[16];
	size_t n = 1;

	assert_true(mw_bounce_next(b, &p));
	if (o->kind != r->kind || o->reply != r->reply || o->delayed != r->delayed)
		fail_msg("%s: kind %d, reply %d, delayed %d", r->name, (int)o->kind,
			 o->reply, (int)o->delayed);
	check(r->name, "recipient", o->recipient, r->recipient);
	check(r->name, "status", status_of(o->status, memory), r->status);
	check(r->name, "text", o->text, r->text);
	while (mw_bounce_next(b, &p))
		n++;
	if (n != r->count)
		fail_msg("%s: %zu reports wanted, %zu found", r->name, r->count, n);
}

/* With other line ends. */
static void with_ends(char *out, size_t cap, const char *in, const char *end)
{
	size_t n = 0;

	for (; *in != 0; in++) {
		assert_true(n + 3 < cap);
		if (*in != '\n')
			out[n++] = *in;
		else
			for (const char *e = end; *e != 0; e++)
				out[n++] = *e;
	}
	out[n] = 0;
}

static void check_rows(const row *rows, size_t count)
{
	char in[8192];

	for (size_t i = 0; i < count; i++) {
		check_row(&rows[i], rows[i].in);
		with_ends(in, sizeof in, rows[i].in, "\r\n");
		check_row(&rows[i], in);
		with_ends(in, sizeof in, rows[i].in, "\r");
		check_row(&rows[i], in);
	}
}

static void status_reports(void **state)
{
	(void)state;
	check_rows(status_rows, ROWS(status_rows));
}

static void other_letters(void **state)
{
	(void)state;
	check_rows(other_rows, ROWS(other_rows));
}

static void carried_letters(void **state)
{
	(void)state;
	check_rows(carried_rows, ROWS(carried_rows));
}

/* All that is told of the original message. */
static void fields_of_a_report(void **state)
{
	static const char in[] = REPORT TEXT STATUS
		"Reporting-MTA: dns; mx.example.net\nOriginal-Envelope-Id: QQ314159\n"
		"Arrival-Date: Thu, 29 Apr 2010 23:34:45 +0900\n\n"
		"Original-Recipient: rfc822;bob@example.org\n"
		"Final-Recipient: rfc822;robert@mail.example.org\nAction: failed\n"
		"Status: 5.1.1\nRemote-MTA: dns; mx.example.org (192.0.2.7)\n"
		"Diagnostic-Code: smtp; 550 5.1.1 No such user\n\n"
		"--b\nContent-Type: text/rfc822-headers\n\n"
		"From: Ann <ann@example.com>\n"
		"Subject: =?utf-8?q?Gr=C3=BC?=\n =?utf-8?B?w59l?= there\n"
		"List-Id: News <news.example.com>\nDate: 1 Feb 2010 10:00 GMT\n"
		"Message-ID: <4711.a@example.com>\n--b--\n";
	mw_bounce *b = read_letter(in);
	mw_report r;

	(void)state;
	assert_true(mw_bounce_next(b, &r));
	check("fields", "recipient", r.outcome.recipient, "bob@example.org");
	check("fields", "final", r.final_recipient, "robert@mail.example.org");
	check("fields", "remote", r.outcome.remote, "mx.example.org");
	check("fields", "action", r.action, "failed");
	check("fields", "format", r.format, "rfc3464");
	check("fields", "reporting_mta", r.reporting_mta, "mx.example.net");
	check("fields", "arrival", r.arrival, "2010-04-29T23:34:45+09:00");
	check("fields", "envelope_id", r.envelope_id, "QQ314159");
	check("fields", "message_id", r.message_id, "4711.a@example.com");
	check("fields", "subject", r.subject,
	      "Gr\xc3\xbc\xc3\x9f"
	      "e there");
	check("fields", "sender", r.sender, "ann@example.com");
	check("fields", "date", r.date, "2010-02-01T10:00:00+00:00");
	check("fields", "list_id", r.list_id, "news.example.com");
	check("fields", "feedback_type", r.feedback_type, "");
	assert_false(mw_bounce_next(b, &r));
}

/* A header ends where a boundary stands, blank line or not. */
static void last_field_before_a_boundary(void **state)
{
	mw_bounce *b =
		read_letter(REPORT TEXT STATUS BOB
			    "\n--b\nContent-Type: message/rfc822\n\nFrom: a@b.example\n"
			    "Message-ID: <1@b.example>\n--b--\n");
	mw_report r;

	(void)state;
	assert_true(mw_bounce_next(b, &r));
	check("last field", "message_id", r.message_id, "1@b.example");
	check("last field", "sender", r.sender, "a@b.example");
}

static void formats(void **state)
{
	static const struct {
		const char *in, *format;
	} rows[] = {
		{QMAIL, "qmail"},
		{"From: a@b.example\nContent-Type: message/feedback-report\n\n"
		 "Feedback-Type: opt-out\n",
		 "arf"},
		{"From: a@b.example\nContent-Type: message/disposition-notification\n\n"
		 "Disposition: x; displayed\n",
		 "mdn"},
		{"From: a@b.example\n\nHello\n", ""}};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		mw_bounce *b = read_letter(rows[i].in);
		mw_report r;

		assert_true(mw_bounce_next(b, &r));
		check(rows[i].in, "format", r.format, rows[i].format);
	}
}

static void charsets(void **state)
{
	static const struct {
		const char *charset, *bytes, *text;
	} rows[] = {
		{"utf-8", "caf\xc3\xa9", "caf\xc3\xa9"},
		{"us-ascii", "caf\xe9", "caf\xc3\xa9"},
		{"iso-8859-1", "caf\xe9", "caf\xc3\xa9"},
		{"windows-1252",
		 "\x93"
		 "a\x94",
		 "\xe2\x80\x9c"
		 "a\xe2\x80\x9d"},
		{"iso-8859-7", "\xe1\xe2", "\xce\xb1\xce\xb2"},
		{"unheard-of", "caf\xe9", "caf\xc3\xa9"},
		{"iso-8859-7", "plain", "plain"},
	};
	char in[1024];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		mw_report r;

		snprintf(in, sizeof in,
			 "%sSubject: Undeliverable mail\nContent-Type: text/plain; "
			 "charset=%s\n\nYour message could not be delivered to the "
			 "following "
			 "recipients:\n\n<bob@example.org>: 550 5.1.1 %s\n",
			 FROM, rows[i].charset, rows[i].bytes);
		assert_true(mw_bounce_next(read_letter(in), &r));
		check(rows[i].charset, "text", r.outcome.text, rows[i].text);
	}
}

/* A long text that is no UTF-8 needs more room than there is: its front is kept. */
static void a_long_text_keeps_its_front(void **state)
{
	static const char *const sign[] = {"\xe9 ", "\xc3\xa9 "};

	(void)state;
	for (size_t i = 0; i < ROWS(sign); i++) {
		mw_bounce *b = open_in(aligned());
		mw_report r;

		mw_bounce_feed(b, mw_str_of(QMAIL "\n\n"));
		for (size_t k = 0; k < 200000; k++)
			mw_bounce_feed(b, mw_str_of(sign[i]));
		mw_status status = mw_bounce_end(b);

		assert_true(status == MW_OK || status == MW_E_LIMIT);
		assert_true(mw_bounce_next(b, &r));
		check("long", "recipient", r.outcome.recipient, "bob@example.org");
	}
}

/* The last piece of a long line is no part of the next field. */
static void a_long_field_ends(void **state)
{
	mw_report r;

	(void)state;
	for (size_t len = 4080; len < 4110; len++) {
		mw_bounce *b = open_in(aligned());

		mw_bounce_feed(b, mw_str_of("X-A: "));
		for (size_t i = 0; i < len; i++)
			mw_bounce_feed(b, mw_str_of("x"));
		mw_bounce_feed(b, mw_str_of("\nAuto-Submitted: auto-replied\nFrom: "
					    "<bob@example.org>\n\n"));
		assert_int_equal(mw_bounce_end(b), MW_OK);
		assert_true(mw_bounce_next(b, &r));
		assert_int_equal(r.outcome.kind, MW_KIND_AUTO_REPLY);
		check("long field", "recipient", r.outcome.recipient, "bob@example.org");
	}
}

static void memory_is_looked_at(void **state)
{
	mw_bounce *b = NULL;
	mw_bounce_params p = {.memory = aligned(), .cap = MEMORY - 1};

	(void)state;
	assert_int_equal(mw_bounce_open(&b, &p), MW_E_LIMIT);
	p = (mw_bounce_params){.memory = aligned() + 1, .cap = MEMORY};
	assert_int_equal(mw_bounce_open(&b, &p), MW_E_LIMIT);
	assert_null(b);
}

/* Used again, a reader knows nothing of the letter before. */
static void reset_forgets(void **state)
{
	mw_bounce *b = read_letter(REPORT TEXT STATUS BOB);
	mw_report r;

	(void)state;
	mw_bounce_reset(b);
	mw_bounce_feed(b, mw_str_of("From: a@b.example\n\nHello\n"));
	assert_int_equal(mw_bounce_end(b), MW_OK);
	assert_true(mw_bounce_next(b, &r));
	assert_int_equal(r.outcome.kind, MW_KIND_NONE);
	check("reset", "recipient", r.outcome.recipient, "");
	check("reset", "sender", r.sender, "");
	assert_false(mw_bounce_next(b, &r));
}

/* All reports of a letter as one text. */
static size_t tell_all(mw_bounce *b, char *out, size_t cap)
{
	mw_report r;
	mw_buf t;

	mw_buf_init(&t, out, cap);
	while (mw_bounce_next(b, &r)) {
		const mw_outcome *o = &r.outcome;
		const mw_str all[] = {o->text,       o->context,      o->remote,
				      o->recipient,  o->odd_number,   r.final_recipient,
				      r.action,      r.format,        r.reporting_mta,
				      r.arrival,     r.message_id,    r.subject,
				      r.sender,      r.date,          r.list_id,
				      r.envelope_id, r.feedback_type, r.verp_recipient};
		const int numbers[] = {(int)o->kind,  (int)o->stage,     o->reply,
				       o->status.cls, o->status.subject, o->status.detail,
				       o->cut,        o->delayed};

		assert_true(mwi_utf8_valid(o->text) && mwi_utf8_valid(o->context));
		for (size_t i = 0; i < ROWS(all); i++) {
			mw_buf_put(&t, all[i]);
			mw_buf_put_char(&t, '\0');
		}
		for (size_t i = 0; i < ROWS(numbers); i++) {
			mw_buf_put_int(&t, numbers[i]);
			mw_buf_put_char(&t, ' ');
		}
	}
	assert_false(t.lost);
	return t.len;
}

static size_t read_in_pieces(mw_str in, size_t piece, char *out, size_t cap)
{
	mw_bounce *b = open_in(aligned());

	while (in.len > 0) {
		mw_bounce_feed(b, mw_str_head(in, piece));
		in = mw_str_skip(in, piece);
	}
	assert_int_equal(mw_bounce_end(b), MW_OK);
	return tell_all(b, out, cap);
}

static char whole[1 << 18], told[1 << 20], again[1 << 20];

/* Calls `what` with every letter of tests/bounces/. */
static void with_letters(void (*what)(const char *name, mw_str in))
{
	DIR *dir = opendir(TESTS "/bounces");
	const struct dirent *e;
	char path[600];
	size_t count = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		const size_t len = strlen(e->d_name);

		if (len < 5 || strcmp(e->d_name + len - 4, ".eml") != 0)
			continue;
		snprintf(path, sizeof path, TESTS "/bounces/%s", e->d_name);
		FILE *f = fopen(path, "rb");

		assert_non_null(f);
		what(e->d_name, (mw_str){whole, fread(whole, 1, sizeof whole, f)});
		fclose(f);
		count++;
	}
	closedir(dir);
	assert_true(count > 100);
}

static void cut_into_pieces(const char *name, mw_str in)
{
	static const size_t pieces[] = {1, 2, 7, 4096};
	const size_t len = read_in_pieces(in, in.len + 1, told, sizeof told);

	for (size_t i = 0; i < ROWS(pieces); i++)
		if (read_in_pieces(in, pieces[i], again, sizeof again) != len ||
		    memcmp(told, again, len) != 0)
			fail_msg("%s: pieces of %zu bytes tell something else", name,
				 pieces[i]);
}

static void pieces_change_nothing(void **state)
{
	(void)state;
	with_letters(cut_into_pieces);
}

/* In memory of just that size. */
static void break_off(const char *name, mw_str in)
{
	const size_t step = in.len > 2000 ? 61 : in.len > 500 ? 13 : 1;

	(void)name;
	for (size_t n = 0; n < in.len; n += step) {
		char *copy = malloc(n > 0 ? n : 1);

		assert_non_null(copy);
		if (n > 0)
			memcpy(copy, in.ptr, n);
		read_in_pieces((mw_str){copy, n}, n + 1, told, sizeof told);
		free(copy);
	}
}

static void letters_that_break_off(void **state)
{
	(void)state;
	with_letters(break_off);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_reports),
		cmocka_unit_test(other_letters),
		cmocka_unit_test(carried_letters),
		cmocka_unit_test(fields_of_a_report),
		cmocka_unit_test(last_field_before_a_boundary),
		cmocka_unit_test(formats),
		cmocka_unit_test(charsets),
		cmocka_unit_test(a_long_text_keeps_its_front),
		cmocka_unit_test(a_long_field_ends),
		cmocka_unit_test(memory_is_looked_at),
		cmocka_unit_test(reset_forgets),
		cmocka_unit_test(pieces_change_nothing),
		cmocka_unit_test(letters_that_break_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
