/* SPDX-License-Identifier: MIT
 *
 * Letters that were made to hurt: each ends, and what stands beside the bomb is told all
 * the same. `test_hostile 4` makes the bombs four times as big and tells how long each
 * took: the times have to grow by no more than that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <mailwhy/bounce.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROWS(table) (sizeof(table) / sizeof *(table))

#define MEMORY ((size_t)16 << 20)
#define KB     ((size_t)1 << 10)
#define MB     ((size_t)1 << 20)

static char *lent;
static size_t scale = 1;
static bool timed;

#define HEAD                                                                             \
	"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: ann@example.com\n"     \
	"Subject: Undelivered Mail Returned to Sender\n"
#define REPORT HEAD "Content-Type: multipart/report; boundary=\"b\"\n\n"
#define TEXT   "--b\nContent-Type: text/plain\n\nIt failed.\n\n"
#define STATUS                                                                           \
	"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; "             \
	"mx.example.net\n\nFinal-Recipient: rfc822; bob@example.org\nAction: failed\n"   \
	"Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 No such user\n"
#define QMAIL                                                                            \
	HEAD "\nHi. This is the qmail-send program at example.net.\nI'm afraid I "       \
	     "wasn't "                                                                   \
	     "able to deliver your message to the following addresses.\n\n"              \
	     "<bob@example.org>:\n550 5.1.1 No such user\n\n"

static mw_bounce *begin(void)
{
	const mw_bounce_params p = {.memory = lent, .cap = MEMORY};
	mw_bounce *b = NULL;

	assert_int_equal(mw_bounce_open(&b, &p), MW_OK);
	return b;
}

static void put(mw_bounce *b, const char *s)
{
	mw_bounce_feed(b, mw_str_of(s));
}

/* Feeds `unit` again and again, `bytes` in all or a little more. */
static void put_bytes(mw_bounce *b, const char *unit, size_t bytes)
{
	static char block[64 * KB];
	const size_t len = strlen(unit), times = sizeof block / len;
	size_t left = bytes / len + 1;

	for (size_t i = 0; i < times; i++)
		memcpy(block + i * len, unit, len);
	for (; left > times; left -= times)
		mw_bounce_feed(b, (mw_str){block, times * len});
	mw_bounce_feed(b, (mw_str){block, left * len});
}

/* Ends the letter and takes all reports; returns how many there are. *first is the
 * recipient of the first. */
static size_t finish(mw_bounce *b, char first[80], mw_kind *kind)
{
	mw_report r;
	size_t n = 0;

	if (mw_bounce_end(b) != MW_OK)
		n = 0;
	while (mw_bounce_next(b, &r)) {
		if (n++ > 0)
			continue;
		*kind = r.outcome.kind;
		snprintf(first, 80, "%.*s", MW_FMT(mw_str_head(r.outcome.recipient, 79)));
	}
	return n;
}

/* Bob has failed, whatever else the letter holds. */
static size_t bob_failed(mw_bounce *b, const char *name, const char *unit)
{
	char first[80] = "";
	mw_kind kind = MW_KIND_NONE;
	const size_t n = finish(b, first, &kind);

	if (kind != MW_KIND_BOUNCE || strcmp(first, "bob@example.org") != 0)
		fail_msg("%s, %s: kind %d, \"%s\", %zu reports", name, unit, (int)kind,
			 first, n);
	return n;
}

static double now(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static void tell_time(const char *name, const char *unit, double since)
{
	if (!timed || now() - since < 0.05)
		return;
	printf("%7.2f s  %s, ", now() - since, name);
	for (; *unit != 0; unit++)
		printf(*unit >= ' ' && *unit < 127 ? "%c" : "\\x%02x",
		       (unsigned char)*unit);
	printf("\n");
}

/* Where in a letter the bomb stands. */
static const struct place {
	const char *name, *before, *behind;
	size_t bytes;
	enum { ANYWHERE, IN_HEADER, IN_TEXT } where;
} places[] = {
	{"part behind",
	 REPORT TEXT STATUS "\n--b\nContent-Type: message/rfc822\n\n"
			    "Subject: x\n\n",
	 "\n--b--\n", MB, ANYWHERE},
	{"header behind",
	 REPORT TEXT STATUS "\n--b\nContent-Type: text/rfc822-headers\n\nTo: ",
	 "\n\n--b--\n", MB, ANYWHERE},
	{"returned header",
	 REPORT TEXT STATUS "\n--b\nContent-Type: message/rfc822\n\nSubject: ",
	 "\n\n--b--\n", MB, ANYWHERE},
	{"own part header", REPORT TEXT STATUS "\n--b\nContent-Type: ", "\n\n--b--\n", MB,
	 ANYWHERE},
	{"text in front", REPORT "--b\nContent-Type: text/plain\n\n",
	 "\n" STATUS "\n--b--\n", MB, ANYWHERE},
	{"lines in front", REPORT "--b\nContent-Type: text/plain\n\nx\n",
	 "\n\n" STATUS "\n--b--\n", 6 * MB, ANYWHERE},
	{"html in front", REPORT "--b\nContent-Type: text/html\n\n",
	 "\n" STATUS "\n--b--\n", MB, ANYWHERE},
	{"qp in front",
	 REPORT "--b\nContent-Type: text/html; charset=x\nContent-Transfer-Encoding: "
		"quoted-printable\n\n",
	 "\n" STATUS "\n--b--\n", MB, ANYWHERE},
	{"preamble", REPORT, "\n" TEXT STATUS "\n--b--\n", 12 * MB, ANYWHERE},
	{"subject", "Subject: ", "\n" REPORT TEXT STATUS "\n--b--\n", MB, IN_HEADER},
	{"to", "To: ", "\n" REPORT TEXT STATUS "\n--b--\n", MB, IN_HEADER},
	{"content type", "Content-Type: multipart/report; boundary=b; x=",
	 "\n" REPORT TEXT STATUS "\n--b--\n", 8 * KB, IN_HEADER},
	{"status, comment", REPORT TEXT STATUS "X-Comment: ",
	 "\n\nFinal-Recipient: rfc822; eve@example.org\nAction: failed\n\n--b--\n", MB,
	 ANYWHERE},
	{"status, words", REPORT TEXT STATUS "\nDiagnostic-Code: ", "\n\n--b--\n", MB,
	 ANYWHERE},
	{"status, recipient", REPORT TEXT STATUS "\nAction: failed\nFinal-Recipient: ",
	 "\n\n--b--\n", MB, ANYWHERE},
	{"status, date", REPORT TEXT STATUS "Arrival-Date: ", "\n\n--b--\n", MB,
	 ANYWHERE},
	{"qmail", QMAIL, "\n", MB, IN_TEXT},
	{"qmail, list", QMAIL "<eve@example.org>:\n", "\n", MB, IN_TEXT},
	{"failed", "X-Failed-Recipients: bob@example.org, ", "\n" HEAD "\nIt failed.\n",
	 MB, IN_HEADER},
	{"all of it", "X-Failed-Recipients: bob@example.org\n" HEAD "\n", "\n", 12 * MB,
	 IN_TEXT},
};

static const char *const units[] = {
	"<",
	"&",
	"@",
	"(",
	"=?",
	"--",
	"[",
	"\"",
	"\\",
	";",
	",",
	"'",
	">",
	"=",
	".",
	":",
	" ",
	"\n",
	"\t",
	"\r\n",
	"\n ",
	"\n\n \n",
	"{",
	"}",
	"\x1b$B",
	"\xff",
	"\xe4\xb8",
	"\xf0\x9f\x98\x80",
	"5",
	"550 ",
	"5.1.1 ",
	"a@",
	"@a",
	"a@b",
	"a@b.cc",
	"a@b.cc\n",
	"<a@",
	"<a.",
	"<a ",
	"<!--",
	"</",
	"&#",
	"&#64;",
	"=?a?b?",
	"=?a?b?x",
	"=?a?q?=?=",
	"=41",
	"=\n",
	"--b",
	"\n--",
	"\n--b",
	"\n--bb\n",
	"\n--x\n",
	"\n--xxxxxxxx\n",
	"\n--xxxxxxxx\nContent-Type: text/plain\n\n",
	"\n--xxxxxxxx\nContent-Type: multipart/mixed; boundary=xxxxxxxx\n\n",
	"\n>From ",
	"\n>>> RCPT To:<a@b.cc>\n<<< 550 x",
	"\n<a>:",
	"\n<a>:\n",
	"\n a (x)",
	"\nTo: a@b.cc",
	"\nAction: failed\n",
	"\n\nAction: failed\nFinal-Recipient: x@y.zz\n",
	"\nRecipient: <a@b.cc>\nReason: x\n",
	"\nReason:",
	"\nFinal-Recipient: ",
	"\nSubject: x",
	"following recipients\n",
	"host ",
	"to=<",
	"(in reply to ",
	"\"emailaddress\":\"",
	"{\"emailaddress\":",
	"\"recipients\":[",
	"\"@",
	"@[",
	"\xc3\xa4@",
	"boundary=",
	"boundary*0=\"",
	";boundary\"",
};

/* Two of them hold an empty line, or nothing but blanks: in a header they end it. */
static bool ends_header(const char *unit)
{
	char twice[200];

	snprintf(twice, sizeof twice, "%s%s", unit, unit);
	return strstr(twice, "\n\n") != NULL || strspn(unit, " \r\n") == strlen(unit);
}

static void signs_in_every_place(void **state)
{
	(void)state;
	for (size_t p = 0; p < ROWS(places); p++)
		for (size_t u = 0; u < ROWS(units); u++) {
			const double since = now();
			mw_bounce *b = begin();
			char first[80];
			mw_kind kind;

			put(b, places[p].before);
			put_bytes(b, units[u], places[p].bytes / 64 * scale);
			put(b, places[p].behind);
			if ((places[p].where == IN_HEADER && ends_header(units[u])) ||
			    (places[p].where == IN_TEXT &&
			     strstr(units[u], "Action") != NULL))
				finish(b, first, &kind);
			else
				bob_failed(b, places[p].name, units[u]);
			tell_time(places[p].name, units[u], since);
		}
}

static void messages_in_messages(void **state)
{
	static const char *const nests[] = {
		"Content-Type: message/rfc822\n\n",
		"Content-Type: text/rfc822-headers\n\n",
		"Content-Type: multipart/mixed; boundary=x\n\n--x\n",
		"Content-Type: multipart/digest; boundary=x\n\n--x\n\n",
		"Content-Type: multipart/mixed\n\n",
		"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(nests); i++) {
		const double since = now();
		mw_bounce *b = begin();

		put(b, REPORT TEXT STATUS "\n--b\n");
		put_bytes(b, nests[i], 10000 * scale * strlen(nests[i]));
		put(b, "Subject: x\n\nx\n\n--b--\n");
		bob_failed(b, "nested", nests[i]);
		tell_time("nested", nests[i], since);
	}
}

/* Each multipart with a boundary of its own; the one around all is found again. */
static void multiparts_in_multiparts(void **state)
{
	const double since = now();
	mw_bounce *b = begin();
	char s[200];

	(void)state;
	put(b, REPORT TEXT);
	for (size_t i = 0; i < 10000 * scale; i++) {
		snprintf(s, sizeof s,
			 "--%s%zu\nContent-Type: multipart/mixed; boundary=b%zu\n\n",
			 i > 0 ? "b" : "b\nX-I: ", i, i + 1);
		put(b, s);
	}
	put(b, "\n" STATUS "\n--b--\n");
	bob_failed(b, "multiparts", "");
	tell_time("multiparts", "", since);
}

static void a_million_parts(void **state)
{
	static const char *const parts[] = {
		"Content-Type: text/plain\n\nx\n--b\n",
		"\n--b\n",
		"Content-Type: text/plain\n\n\n--b\n",
		"Content-Type: text/html\n\n<br>\n--b\n",
		"Content-Type: message/rfc822\n\nSubject: x\n\n--b\n",
		"Content-Type: message/delivery-status\n\nAction: x\n\n--b\n",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(parts); i++) {
		const size_t times = i == 0 ? 1000000 : 50000;
		const double since = now();
		mw_bounce *b = begin();

		put(b, REPORT STATUS "\n--b\n");
		put_bytes(b, parts[i], times * scale * strlen(parts[i]));
		put(b, "\n--b--\n");
		bob_failed(b, "parts", parts[i]);
		tell_time("parts", parts[i], since);
	}
}

static bool ends_line(const char *s)
{
	return s[strlen(s) - 1] == '\n';
}

/* Nothing is kept of what nobody asks for, and of the rest a bounded part. */
static void long_headers(void **state)
{
	static const struct {
		const char *before, *unit;
		size_t bytes;
	} heads[] = {
		{"Subject: ", "long ", 200 * MB},
		{"X-Any: ", "long ", 20 * MB},
		{"Subject:", "\n folded", 20 * MB},
		{"X-Any:", "\n folded", 20 * MB},
		{"A: b\n", "X-A: b\n", 14 * MB},
		{"A: b\n", "Subject: b\n", 8 * MB},
		{"", "From someone\n", 8 * MB},
		{"", "Content-Type: a; b=c\n", 8 * MB},
		{"A: b\n", "X-Loop: ", 20 * MB},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(heads); i++) {
		const double since = now();
		mw_bounce *b = begin();

		put(b, heads[i].before);
		put_bytes(b, heads[i].unit, heads[i].bytes * scale);
		put(b, ends_line(heads[i].unit) ? "" : "\n");
		put(b, HEAD "X-Failed-Recipients: bob@example.org\n\n");
		bob_failed(b, "header", heads[i].unit);
		tell_time("header", heads[i].unit, since);
	}
}

static void long_lines(void **state)
{
	static const char *const fronts[] = {
		REPORT TEXT STATUS
		"\n--b\nContent-Type: message/rfc822\n\nSubject: x\n\n",
		REPORT TEXT STATUS "\n--b\nContent-Type: image/png\n\n",
		REPORT TEXT STATUS "\n--b\nContent-Type: message/rfc822\n"
				   "Content-Transfer-Encoding: base64\n\n",
		REPORT TEXT STATUS "\n--b\n",
		QMAIL,
	};

	(void)state;
	for (size_t i = 0; i < ROWS(fronts); i++) {
		const double since = now();
		mw_bounce *b = begin();

		put(b, fronts[i]);
		put_bytes(b, "QUJD", (i == 0 ? 100 : 20) * MB * scale);
		bob_failed(b, "line", fronts[i] + strlen(fronts[i]) - 20);
		tell_time("line", fronts[i] + strlen(fronts[i]) - 20, since);
	}
}

/* Which of them are told is a matter of memory; the first are. */
static void many_recipients(void **state)
{
	static const char *const forms[] = {
		"Final-Recipient: rfc822; u%06zu@example.org\nAction: failed\n"
		"Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 No such user\n\n",
		"Final-Recipient: rfc822; u%06zu@example.org\nAction: failed\n\n",
		"Final-Recipient: rfc822; u%06zu@example.org\n",
	};
	static const char *const texts[] = {"<u%06zu@example.org>: 550 No\n\n",
					    "<v%06zu@example.org>:\n", "<u%06zu>: x\n"};
	char s[300];

	(void)state;
	for (size_t i = 0; i < ROWS(forms) * ROWS(texts); i++) {
		const char *form = forms[i % ROWS(forms)], *text = texts[i / ROWS(forms)];
		const size_t count = (timed ? 100000 : 3000) * scale;
		const double since = now();
		mw_bounce *b = begin();

		put(b, REPORT "--b\n\nThe following addresses failed:\n\n");
		for (size_t k = count; k > 0; k--) {
			snprintf(s, sizeof s, text, k);
			put(b, s);
		}
		put(b, "\n" STATUS "\n");
		for (size_t k = 0; k < count; k++) {
			snprintf(s, sizeof s, form, k);
			put(b, s);
		}
		put(b, "\n--b--\n");
		assert_in_range(bob_failed(b, "recipients", form), timed ? 1000 : count,
				count + 1);
		tell_time(form, text, since);
	}
}

/* The text alone names them. */
static void many_named(void **state)
{
	static const char *const forms[] = {
		"<u%06zu@example.org>:\n550 5.1.1 No such user\n\n",
		"<u%06zu@example.org>:\n\n",
		"<u%06zu@example.org>:\n\n\n\n\n\n\n\n",
		"<u%06zu>:\n",
		"<u%06zu@example.org>:\n>>> RCPT To:<x@example.org>\n<<< 550 No\n",
		"<u%06zu@example.org>:\nPlease contact the postmaster.\n\n",
	};
	char s[300];

	(void)state;
	for (size_t i = 0; i < ROWS(forms); i++) {
		const size_t count = (timed ? 100000 : 2000) * scale;
		const double since = now();
		mw_bounce *b = begin();

		put(b, QMAIL);
		for (size_t k = 0; k < count; k++) {
			snprintf(s, sizeof s, forms[i], k);
			put(b, s);
		}
		put(b, "--- Below this line is a copy of the message.\n\nTo: ");
		put_bytes(b, "u@example.net, ", 64 * KB);
		bob_failed(b, "named", forms[i]);
		tell_time("named", forms[i], since);
	}
}

static void many_of_amazon(void **state)
{
	static const struct {
		const char *before, *unit;
	} forms[] = {
		{"{\"notificationType\":\"Bounce\",\"bounce\":{\"bouncedRecipients\":[",
		 "{\"emailAddress\":\"bob@example.org\"},"},
		{"{\"notificationType\":\"Bounce\",\"bounce\":{\"bouncedRecipients\":[",
		 "\"emailAddress\":\"bob@example.org\","},
		{"{\"notificationType\":\"Delivery\",\"delivery\":{\"recipients\":[",
		 "\"bob@example.org\","},
		{"{\"notificationType\":\"Delivery\",\"delivery\":{",
		 "\"recipients\":[\"bob@example.org\","},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(forms); i++) {
		const double since = now();
		mw_bounce *b = begin();
		char first[80] = "";
		mw_kind kind = MW_KIND_NONE;

		put(b, "From: no-reply@sns.amazonaws.com\n\n");
		put(b, forms[i].before);
		put_bytes(b, forms[i].unit, (timed ? 1 * MB : 8 * KB) * scale);
		assert_true(finish(b, first, &kind) > 100);
		assert_string_equal(first, "bob@example.org");
		tell_time("amazon", forms[i].unit, since);
	}
}

static void put_base64(char *out, const char *s)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t left = strlen(s);

	for (; left > 0; left -= left < 3 ? left : 3, s += 3) {
		const unsigned n = (unsigned)(unsigned char)s[0] << 16 |
				   (left > 1 ? (unsigned)(unsigned char)s[1] << 8 : 0) |
				   (left > 2 ? (unsigned char)s[2] : 0);

		*out++ = digits[n >> 18];
		*out++ = digits[n >> 12 & 63];
		*out++ = left > 1 ? digits[n >> 6 & 63] : '=';
		*out++ = left > 2 ? digits[n & 63] : '=';
		if (left <= 3)
			break;
	}
	*out = 0;
}

#define IN_BASE64 "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"

/* One is opened; what is encoded in it again is not. */
static void encoded_in_encoded(void **state)
{
	char once[4096], twice[8192];
	mw_bounce *b = begin();
	char first[80];
	mw_kind kind;

	(void)state;
	put_base64(once, REPORT TEXT STATUS "\n--b--\n");
	snprintf(twice, sizeof twice, "%s%s\n", IN_BASE64, once);
	put(b, twice);
	bob_failed(b, "in base64", "");
	put_base64(once, twice);
	b = begin();
	put(b, IN_BASE64);
	put(b, once);
	finish(b, first, &kind);
	/* Behind it, the outer message goes on. */
	b = begin();
	put(b, REPORT "--b\n" IN_BASE64);
	put(b, once);
	put(b, "\n" STATUS "\n--b--\n");
	bob_failed(b, "behind base64", "");
}

/* Boundaries that begin another, and one that stands in the header of its own part. */
static void odd_boundaries(void **state)
{
	static const char *const letters[] = {
		HEAD "Content-Type: multipart/mixed; boundary=\"bb\"\n\n--bb\n"
		     "Content-Type: multipart/report; boundary=\"b\"\n\n" TEXT STATUS
		     "\n--b--\n--bb--\n",
		HEAD "Content-Type: multipart/mixed; boundary=\"b--\"\n\n--b--\n"
		     "Content-Type: multipart/report; boundary=\"b\"\n\n--b\n\nx\n\n"
		     "--b----\n" REPORT TEXT STATUS,
		HEAD "Content-Type: multipart/mixed; boundary=\"b--x\"\n\n--b--x\n"
		     "Content-Type: multipart/report; boundary=\"b\"\n\n" TEXT "--b--x\n"
		     "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; "
		     "bob@example.org\nAction: failed\n\n--b--x--\n",
		REPORT "--b\nContent-Type: text/plain\n--b\nX: y\n" STATUS,
		REPORT TEXT STATUS
		"--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n",
		REPORT TEXT STATUS "--b--\n" TEXT STATUS "--b--\n",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(letters); i++) {
		mw_bounce *b = begin();

		put(b, letters[i]);
		if (i != 1)
			bob_failed(b, "boundaries", letters[i]);
	}
}

/* Nothing is closed; each letter is told as far as it went. */
static void unterminated(void **state)
{
	static const char *const ends[] = {
		"",
		"\n--b",
		"\n--b\nContent-Type: multipart/mixed; boundary=\"",
		"\n--b\nContent-Type: text/plain; (((((",
		"\n--b\nContent-Type: message/rfc822\n",
		"\n--b\nContent-Type: message/rfc822\n\nSubject: =?utf-8?q?",
		"\n--b\n" IN_BASE64 "U3ViamVjdDogeApUb",
		"\n--b\nContent-Type: text/html\n\n<!-- <",
		"\n--b\nContent-Type: text/plain\nContent-Transfer-Encoding: "
		"quoted-printable\n\nx=",
		"\n--b\n\n--c\nContent-",
		"\r",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(ends); i++) {
		mw_bounce *b = begin();

		put(b, REPORT TEXT STATUS);
		put(b, ends[i]);
		assert_int_equal(bob_failed(b, "unterminated", ends[i]), 1);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_in_every_place),
		cmocka_unit_test(messages_in_messages),
		cmocka_unit_test(multiparts_in_multiparts),
		cmocka_unit_test(a_million_parts),
		cmocka_unit_test(long_headers),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(many_recipients),
		cmocka_unit_test(many_named),
		cmocka_unit_test(many_of_amazon),
		cmocka_unit_test(encoded_in_encoded),
		cmocka_unit_test(odd_boundaries),
		cmocka_unit_test(unterminated),
	};

	timed = argc > 1;
	if (timed)
		scale = (size_t)strtoul(argv[1], NULL, 10);
	lent = malloc(MEMORY);
	if (lent == NULL)
		return 1;
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(lent);
	return failed;
}
