/* SPDX-License-Identifier: MIT
 *
 * Scenarios: every condition, every act, each mistake with its place; the promise about
 * the built-in addresses to the letter; and the refusals of the scenarios that we ship
 * are understood as what they say they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <mailwhy/verdict.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/scenario_state.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

/* What was complained of: "line:column: msg" lines. */
typedef struct heard {
	char text[16384];
	size_t len;
} heard;

static void hear(void *ctx, place at, const char *msg)
{
	heard *h = ctx;
	const int n = snprintf(h->text + h->len, sizeof h->text - h->len,
			       "%s:%u:%u: %s\n", at.file, at.line, at.column, msg);

	if (n > 0 && (size_t)n < sizeof h->text - h->len)
		h->len += (size_t)n;
}

static mw_status open_seed(scenario **s, const char *text, uint64_t seed, heard *h)
{
	complaints c = {.say = hear, .ctx = h};

	*h = (heard){.len = 0};
	return scenario_open_text(s, "x", mw_str_of(text), seed, &c);
}

static scenario *open_good(const char *text)
{
	scenario *s;
	heard h;

	if (open_seed(&s, text, 1, &h) != MW_OK)
		fail_msg("%s", h.text);
	return s;
}

static scenario *open_builtin(void)
{
	complaints c = {.say = hear};
	scenario *s;

	assert_int_equal(scenario_open(&s, "builtin", 1, &c), MW_OK);
	return s;
}

/* A fact with one recipient, and what was decided. */
typedef struct asking {
	scenario_fact f;
	mw_str recipient;
	scenario_act act;
	char room[SCENARIO_ROOM];
	char reply[MW_SMTP_REPLY_MAX];
} asking;

static asking *ask_new(asking *a, mw_stage stage)
{
	memset(a, 0, sizeof *a);
	a->f = (scenario_fact){.stage = stage,
			       .host = MW_LIT("own.example.net"),
			       .client = MW_LIT("192.0.2.10"),
			       .helo = MW_LIT("mail.example.org"),
			       .login = MW_LIT("clerk"),
			       .sender = MW_LIT("a@example.org"),
			       .subject = MW_LIT("Hello World"),
			       .connections = 1};
	a->recipient = MW_LIT("b@example.com");
	a->f.recipients = &a->recipient;
	a->f.recipient_count = stage >= MW_STAGE_RCPT;
	return a;
}

/* The bytes of the reply; "" the server's own, "-" nothing was decided. */
static const char *decide(scenario *s, asking *a)
{
	mw_buf b;

	scenario_decide(s, &a->f, &a->act, a->room, sizeof a->room);
	if (!a->act.decided)
		return "-";
	if (a->act.answer.code == 0)
		return "";
	mw_buf_init(&b, a->reply, sizeof a->reply - 1);
	assert_int_equal(mw_answer_put(&b, &a->act.answer), MW_OK);
	a->reply[b.len] = '\0';
	return a->reply;
}

static const char *say_to(scenario *s, asking *a, mw_stage stage, const char *recipient)
{
	ask_new(a, stage);
	a->recipient = mw_str_of(recipient);
	return decide(s, a);
}

#define R "server s\n\thost mx.test\nreply r\n\tat rcpt\n\tsay 550 5.1.1 no\n"

static void a_reply_is_said_where_it_belongs(void **state)
{
	asking a;
	scenario *s = open_good(R);

	(void)state;
	assert_string_equal(decide(s, ask_new(&a, MW_STAGE_RCPT)), "550 5.1.1 no\r\n");
	assert_true(mw_str_eq(a.act.record, MW_LIT("r")));
	assert_int_equal(a.act.answer.status.detail, 1);
	assert_string_equal(decide(s, ask_new(&a, MW_STAGE_MAIL)), "-");
	assert_true(mw_str_eq(scenario_settings_of(s)->host, MW_LIT("mx.test")));
	scenario_close(&s);
	assert_null(s);
}

/* Conditions: does `condition` hold for the usual fact (ask_new) at that stage? */
static const struct {
	const char *at, *condition;
	bool holds;
} conditions[] = {
	{"connect", "client 192.0.2.10", true},
	{"connect", "client 192.0.2.11", false},
	{"connect", "client 192.0.2.0/24", true},
	{"connect", "client 192.0.2.8/29", true},
	{"connect", "client 192.0.2.16/29", false},
	{"connect", "client 0.0.0.0/0", true},
	{"connect", "client ::/0", true},
	{"connect", "client 2001:db8::/32", false},
	{"connect", "client 2001:db8::/32 192.0.2.10/32", true},
	{"connect", "not client 192.0.2.0/24", false},
	{"connect", "not client 198.51.100.0/24", true},
	{"ehlo", "helo mail.example.org", true},
	{"ehlo", "helo MAIL.*", true},
	{"ehlo", "helo mail", false},
	{"ehlo", "helo *.net *.org", true},
	{"ehlo", "not helo *.org", false},
	{"auth", "login cl?rk", true},
	{"auth", "login clrk", false},
	{"mail", "sender *@example.org", true},
	{"mail", "sender <>", false},
	{"mail", "not sender <>", true},
	{"rcpt", "recipient b@*", true},
	{"rcpt", "recipient B@EXAMPLE.COM", true},
	{"rcpt", "recipient *a*", true},
	{"rcpt", "recipient *z*", false},
	{"rcpt", "recipient *@*@*", false},
	{"rcpt", "not recipient *@example.com", false},
	{"rcpt", "sender *@example.org\n\trecipient *@example.net", false},
	{"content", "recipient c@*", true},
	{"content", "subject hello*", true},
	{"content", "subject hello", false},
	{"content", "not subject *offer*", true},
	{"mail", "message 4", true},
	{"mail", "message 1-3", false},
	{"mail", "message 4-", true},
	{"mail", "message 5-", false},
	{"connect", "connections 2-", false},
	{"connect", "connections 1", true},
	{"rcpt", "recipients 8", true},
	{"rcpt", "recipients 9-", false},
	{"content", "recipients 2", true},
	{"mail", "size 1000-", true},
	{"mail", "size 1-999", false},
	{"mail", "probability 100%", true},
	{"rcpt", "attempt 1", true},
	{"rcpt", "attempt 2-", false},
	{"rcpt", "rate 1/1h", false},
};

static void conditions_hold(void **state)
{
	const mw_str two[] = {MW_LIT("b@example.com"), MW_LIT("c@example.com")};

	(void)state;
	for (size_t i = 0; i < ROWS(conditions); i++) {
		char text[512];
		scenario *s;
		asking a;

		snprintf(text, sizeof text, "reply r\n\tat %s\n\t%s\n\tsay 550 no\n",
			 conditions[i].at, conditions[i].condition);
		s = open_good(text);
		ask_new(&a, (mw_stage)mw_name_value(MW_VOCABULARY_STAGE,
						    mw_str_of(conditions[i].at)));
		a.f.session_messages = 3;
		a.f.taken = 7;
		a.f.size = 1000;
		if (a.f.stage == MW_STAGE_CONTENT) {
			a.f.recipients = two;
			a.f.recipient_count = 2;
		}
		if (conditions[i].holds != (decide(s, &a)[0] == '5'))
			fail_msg("%s", text);
		scenario_close(&s);
	}
}

static void what_is_unknown_matches_no_pattern_of_addresses(void **state)
{
	scenario *s = open_good("reply r\n\tat mail\n\tclient ::/0\n\tsay 550 a\n"
				"reply q\n\tat mail\n\tsender <>\n\tsay 551 b\n");
	asking a;

	(void)state;
	ask_new(&a, MW_STAGE_MAIL);
	a.f.client = MW_LIT("unix socket");
	assert_string_equal(decide(s, &a), "-");
	a.f.sender = MW_LIT("");
	assert_string_equal(decide(s, &a), "551 b\r\n");
	a.f.client = MW_LIT("2001:db8::1");
	assert_string_equal(decide(s, &a), "550 a\r\n");
	scenario_close(&s);
}

static void attempts_count_by_pair(void **state)
{
	scenario *s =
		open_good("reply r\n\tat rcpt\n\tattempt 2-3\n\tsay 450 4.2.0 later\n"
			  "reply c\n\tat connect\n\tattempt 1\n\tsay 421 no\n");
	asking a;

	(void)state;
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, "b@x"), "-");
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, "c@x"), "-");
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, "B@X"), "450 4.2.0 later\r\n");
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, "b@x"), "450 4.2.0 later\r\n");
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, "b@x"), "-");
	ask_new(&a, MW_STAGE_RCPT);
	a.recipient = MW_LIT("b@x");
	a.f.sender = MW_LIT("other@example.org");
	assert_string_equal(decide(s, &a), "-");
	assert_string_equal(decide(s, &a), "450 4.2.0 later\r\n");
	assert_string_equal(decide(s, ask_new(&a, MW_STAGE_CONNECT)), "421 no\r\n");
	assert_true(a.act.close); /* 421 closes */
	assert_true(a.act.answer.close);
	assert_string_equal(decide(s, ask_new(&a, MW_STAGE_CONNECT)), "-");
	scenario_close(&s);
}

/* What an address counts for itself is not what the file counts. */
static void counters_are_apart(void **state)
{
	scenario *s = open_good("server s\n\tbuiltin\n"
				"reply mail.example.org\n\tat ehlo\n\trate 1/1h\n"
				"\tattempt 1-2\n\tsay 450 ehlo {host}\n"
				"reply r\n\tat rcpt\n\tattempt 3\n\tsay 450 third\n");
	const char *name = "first1-rcpt-451-first@scenario.test";
	asking a;

	(void)state;
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, name), "451 first\r\n");
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, name), "-");
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, name), "450 third\r\n");
	assert_string_equal(decide(s, ask_new(&a, MW_STAGE_EHLO)), "-");
	assert_string_equal(decide(s, ask_new(&a, MW_STAGE_EHLO)),
			    "450 ehlo own.example.net\r\n");
	assert_string_equal(decide(s, ask_new(&a, MW_STAGE_EHLO)), "-");
	scenario_close(&s);
}

static void rates_have_windows(void **state)
{
	scenario *s =
		open_good("reply r\n\tat mail\n\trate 2/10s\n\tsay 450 slow down\n");
	asking a;

	(void)state;
	ask_new(&a, MW_STAGE_MAIL);
	a.f.now = 5000;
	assert_string_equal(decide(s, &a), "-");
	assert_string_equal(decide(s, &a), "-");
	assert_string_equal(decide(s, &a), "450 slow down\r\n");
	a.f.client = MW_LIT("192.0.2.99");
	assert_string_equal(decide(s, &a), "-");
	a.f.client = MW_LIT("192.0.2.10");
	a.f.now = 14999;
	assert_string_equal(decide(s, &a), "450 slow down\r\n");
	a.f.now = 15000;
	assert_string_equal(decide(s, &a), "-");
	scenario_close(&s);
}

static void the_first_that_decides_wins(void **state)
{
	scenario *s = open_good("reply slow\n\tat rcpt data\n\tdelay 500ms\n"
				"reply slower\n\tat rcpt\n\tdelay 2\n\tread-rate 10\n"
				"reply good\n\tat rcpt\n\trecipient g*\n\taccept\n"
				"reply one\n\tat rcpt\n\tsay 550 one\n\tdelay 1m\n"
				"reply two\n\tat rcpt\n\tsay 550 two\n");
	asking a;

	(void)state;
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, "b@x"), "550 one\r\n");
	assert_int_equal(a.act.delay_ms, 62500);
	assert_int_equal(a.act.read_rate, 10);
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, "g@x"), "");
	assert_int_equal(a.act.delay_ms, 2500);
	assert_true(mw_str_eq(a.act.record, MW_LIT("good")));
	assert_string_equal(decide(s, ask_new(&a, MW_STAGE_DATA)), "-");
	assert_int_equal(a.act.delay_ms, 500);
	scenario_close(&s);
}

static void acts(void **state)
{
	scenario *s = open_good("reply a\n\tat rcpt\n\trecipient a@*\n\tdrop\n"
				"reply b\n\tat rcpt\n\trecipient b@*\n\thalf 20\n"
				"reply c\n\tat rcpt\n\trecipient c@*\n\thalf\n"
				"\tsay 550 c\n"
				"reply d\n\tat rcpt\n\trecipient d@*\n\tclose\n"
				"reply e\n\tat rcpt\n\trecipient e@*\n\tclose\n"
				"\tsay 554 e\n");
	asking a;

	(void)state;
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, "a@x"), "");
	assert_int_equal(a.act.end, SCENARIO_DROP);
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, "b@x"), "");
	assert_int_equal(a.act.end, SCENARIO_HALF);
	assert_int_equal(a.act.half, 20);
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, "c@x"), "550 c\r\n");
	assert_int_equal(a.act.end, SCENARIO_HALF);
	assert_int_equal(a.act.half, 0);
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, "d@x"), "");
	assert_true(a.act.close);
	assert_int_equal(a.act.end, SCENARIO_GO_ON);
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, "e@x"), "554 e\r\n");
	assert_true(a.act.close);
	scenario_close(&s);
}

static void words_are_filled_in(void **state)
{
	scenario *s = open_good(
		"server s\n\thost mx.test\n\tbanner {host} ready for {client}\n"
		"\thello {host} greets {helo}\n\thello line two\n"
		"reply a\n\tat content\n\trecipient *@example.net\n"
		"\tsay 550-5.7.1 <{sender}> {sender-domain}\n\tsay 550 5.7.1 "
		"<{recipient}>\n"
		"reply b\n\tat rcpt\n\tsay 550-5.7.1 one\n\tsay 550 two {id}\n");
	const mw_str two[] = {MW_LIT("b@example.com"), MW_LIT("c@example.net")};
	asking a;

	(void)state;
	ask_new(&a, MW_STAGE_CONTENT);
	a.f.recipients = two;
	a.f.recipient_count = 2;
	assert_string_equal(decide(s, &a), "550-5.7.1 <a@example.org> example.org\r\n"
					   "550 5.7.1 <c@example.net>\r\n");
	assert_string_equal(decide(s, ask_new(&a, MW_STAGE_CONNECT)),
			    "220 mx.test ready for 192.0.2.10\r\n");
	assert_string_equal(decide(s, ask_new(&a, MW_STAGE_EHLO)),
			    "250-mx.test greets mail.example.org\r\n250 line two\r\n");
	/* a status that only one line has stays there */
	decide(s, ask_new(&a, MW_STAGE_RCPT));
	assert_memory_equal(a.reply, "550-5.7.1 one\r\n550 two ", 23);
	assert_int_equal(strlen(a.reply), 23 + 16 + 2);
	scenario_close(&s);
}

static void odd_statuses_go_out_as_written(void **state)
{
	static const char *const replies[][2] = {
		{"550-5.1.1 a", "550 5.2.2 b"},
		{"550-5.1.01 a", "550 5.1.1 b"},
		{"550-a", "550 5.1.1 b"},
		{"550-5.1.1", "550 5.1.1 b"},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(replies); i++) {
		char text[128], wanted[64];
		scenario *s;
		asking a;

		snprintf(text, sizeof text, "reply r\n\tat rcpt\n\tsay %s\n\tsay %s\n",
			 replies[i][0], replies[i][1]);
		snprintf(wanted, sizeof wanted, "%s%s\r\n%s\r\n", replies[i][0],
			 i == 3 ? " " : "", replies[i][1]);
		s = open_good(text);
		assert_string_equal(decide(s, ask_new(&a, MW_STAGE_RCPT)), wanted);
		scenario_close(&s);
	}
}

static void percents_have_two_decimals(void **state)
{
	static const struct {
		const char *percent;
		unsigned of_10000;
	} rows[] = {{"100%", 10000}, {"25%", 2500}, {"2.5%", 250}, {"0.05%", 5}};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char text[128];
		scenario *s;

		snprintf(text, sizeof text,
			 "reply r\n\tat rcpt\n\tprobability %s\n\tdrop\n",
			 rows[i].percent);
		s = open_good(text);
		assert_int_equal(((scenario_record *)s->records.item)->probability,
				 rows[i].of_10000);
		scenario_close(&s);
	}
}

static void settings(void **state)
{
	scenario *s = open_good(
		"server s\n\tprovider gmail\n\textensions SIZE=100 8BITMIME starttls\n"
		"\tauth PLAIN SCRAM-SHA-256\n\tbuiltin\n");
	const scenario_settings *x = scenario_settings_of(s);
	asking a;

	(void)state;
	assert_true(x->has_extensions && x->has_mechanisms);
	assert_int_equal(x->extensions,
			 MW_SMTP_SIZE | MW_SMTP_8BITMIME | MW_SMTP_STARTTLS);
	assert_int_equal(x->size_max, 100);
	assert_int_equal(x->mechanisms, MW_SASL_PLAIN | MW_SASL_SCRAM_SHA_256);
	assert_true(mw_str_eq(x->provider, MW_LIT("gmail")));
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, "rcpt-550-x@scenario.test"),
			    "550 x\r\n");
	scenario_close(&s);
	s = open_good("# nothing\n");
	x = scenario_settings_of(s);
	assert_false(x->has_extensions || x->has_mechanisms);
	assert_int_equal(x->host.len + x->provider.len, 0);
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, "rcpt-550-x@scenario.test"),
			    "-");
	scenario_close(&s);
}

#define RCPT "reply r\n\tat rcpt\n\tsay 550 no\n"

static const struct {
	const char *in;
	const char *at;   /* "line:column" */
	const char *says; /* a part of the message */
} mistakes[] = {
	{"rule r\n", "1:1", "“server” or “reply”"},
	{"server a\nserver b\n", "2:1", "a second record"},
	{RCPT "\tcolour red\n", "4:9", "unknown field “colour”"},
	{"server a\n\tcolour red\n", "2:9", "unknown field “colour”"},
	{"reply r\n\tsay 550 no\n", "1:1", "“at” is missing"},
	{"reply\n\tat rcpt\n\tsay 550 no\n", "1:1", "the name is missing"},
	{"reply r\n\tat rcpt\n", "1:1", "it does nothing"},
	{"reply r\n\tat lunch\n\tsay 550 no\n", "2:5", "no stage of a session: “lunch”"},
	{"reply r\n\tat dns\n\tsay 550 no\n", "2:5", "no stage of a session: “dns”"},
	{RCPT "\tat mail\n", "4:5", "twice"},
	{RCPT "\tattempt 1\n\tattempt 2\n", "5:10", "twice"},
	{RCPT "\tattempt 0\n", "4:10", "N, N-M or N-"},
	{RCPT "\tattempt 3-2\n", "4:10", "N, N-M or N-"},
	{RCPT "\tattempt -2\n", "4:10", "N, N-M or N-"},
	{RCPT "\tattempt 1-x\n", "4:10", "N, N-M or N-"},
	{RCPT "\tattempt 99999999999999999999\n", "4:10", "N, N-M or N-"},
	{RCPT "\tattempt\n", "4:9", "a value is missing"},
	{RCPT "\tprobability 0%\n", "4:14", "25%"},
	{RCPT "\tprobability 101%\n", "4:14", "25%"},
	{RCPT "\tprobability 100.01%\n", "4:14", "25%"},
	{RCPT "\tprobability 0.001%\n", "4:14", "25%"},
	{RCPT "\tprobability 25\n", "4:14", "25%"},
	{RCPT "\trate 100\n", "4:7", "100/60s"},
	{RCPT "\trate 0/1s\n", "4:7", "100/60s"},
	{RCPT "\trate 1/25h\n", "4:7", "100/60s"},
	{RCPT "\tdelay soon\n", "4:8", "no time"},
	{RCPT "\tdelay 0\n", "4:8", "no time"},
	{RCPT "\tdelay 3601\n", "4:8", "no time"},
	{RCPT "\tdelay 5 m\n", "4:8", "no time"},
	{RCPT "\thalf x\n", "4:7", "no number of bytes"},
	{RCPT "\thalf 0\n", "4:7", "no number of bytes"},
	{RCPT "\tread-rate 0\n", "4:12", "no number of bytes"},
	{RCPT "\tdrop now\n", "4:7", "no value"},
	{RCPT "\tdrop\n", "1:1", "drop says nothing"},
	{RCPT "\taccept\n", "1:1", "accept stands without"},
	{RCPT "\thalf\n\tclose\n", "1:1", "exclude each other"},
	{RCPT "\tcategory no-such\n", "4:11", "unknown category “no-such”"},
	{"reply r\n\tat rcpt\n\tsay 250 ok\n\tcategory policy\n", "1:1",
	 "needs a refusal"},
	{RCPT "\tclient 192.0.2\n", "4:9", "no address or network"},
	{RCPT "\tclient 192.0.2.0/33\n", "4:9", "no address or network"},
	{RCPT "\tclient ::1/129\n", "4:9", "no address or network"},
	{RCPT "\tsubject x\n", "4:10", "not known at every stage here: “subject”"},
	{RCPT "\tnot subject x\n", "4:14", "not known at every stage here: “subject”"},
	{RCPT "\tnot attempt 2\n", "4:14", "“not” stands before"},
	{RCPT "\tnot\n", "4:5", "“not” stands before"},
	{"reply r\n\tat connect\n\tsay 550 no\n\tsender x\n", "4:9", "not known"},
	{"reply r\n\tsay 550 no\n\tsender x\n\tat connect\n", "3:9", "not known"},
	/* words */
	{"reply r\n\tat rcpt\n\tsay no\n", "3:6", "no line of a reply"},
	{"reply r\n\tat rcpt\n\tsay 199 no\n", "3:6", "no line of a reply"},
	{"reply r\n\tat rcpt\n\tsay 600 no\n", "3:6", "no line of a reply"},
	{"reply r\n\tat rcpt\n\tsay 550no\n", "3:6", "no line of a reply"},
	{"reply r\n\tat rcpt\n\tsay 354 go\n", "3:6", "makes no sense at “rcpt”"},
	{"reply r\n\tat data\n\tsay 250 ok\n", "3:6", "makes no sense at “data”"},
	{"reply r\n\tat rcpt\n\tsay 550-a\n\tsay 551 b\n", "4:6", "the same code"},
	{"reply r\n\tat rcpt\n\tsay 550 a\n\tsay 550 b\n", "3:6", "another line follows"},
	{"reply r\n\tat rcpt\n\tsay 550-a\n", "3:6", "the last line"},
	{"reply r\n\tat rcpt\n\tsay 550 {planet}\n", "3:6",
	 "unknown placeholder “planet”"},
	{"reply r\n\tat rcpt\n\tsay 550 {id\n", "3:6", "unknown placeholder “id”"},
	{"reply r\n\tat mail\n\tsay 550 {recipient}\n", "3:6", "not known"},
	{"server s\n\tbanner {helo}\n", "2:9", "not known"},
	/* the server */
	{"server s\n\textensions PIPELINING WARP\n", "2:13", "extension “WARP”"},
	{"server s\n\textensions SIZE=x\n", "2:13", "extension “SIZE=x”"},
	{"server s\n\tauth CRAM-MD5\n", "2:7", "mechanism “CRAM-MD5”"},
	{"server s\n\tprovider nobody\n", "2:11", "provider “nobody”"},
	{"server s\n\thost a b\n", "2:7", "one word"},
	{"server s\n\thost a\n\thost b\n", "3:7", "twice"},
	{"server s\n\tbuiltin yes\n", "2:10", "no value"},
	/* the form */
	{"\tat rcpt\n", "1:1", "before the first record"},
	{"reply r\n  at rcpt\n", "2:1", "a blank where a tab belongs"},
};

static void mistakes_are_told_with_their_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(mistakes); i++) {
		char at[32];
		scenario *s;
		heard h;

		assert_int_equal(open_seed(&s, mistakes[i].in, 1, &h), MW_E_SYNTAX);
		assert_null(s);
		snprintf(at, sizeof at, "x:%s: ", mistakes[i].at);
		if (strstr(h.text, at) == NULL ||
		    strstr(h.text, mistakes[i].says) == NULL)
			fail_msg("%s\nwanted %s%s\ngot %s", mistakes[i].in, at,
				 mistakes[i].says, h.text);
	}
}

static void all_mistakes_are_told_at_once(void **state)
{
	scenario *s;
	heard h;

	(void)state;
	open_seed(&s, "reply r\n\tat lunch\n\tdelay x\n\tsay x\nserver s\n\tauth x\n", 1,
		  &h);
	assert_non_null(strstr(h.text, "x:2:5:"));
	assert_non_null(strstr(h.text, "x:3:8:"));
	assert_non_null(strstr(h.text, "x:4:6:"));
	assert_non_null(strstr(h.text, "x:6:7:"));
}

static void limits_of_a_file(void **state)
{
	char *text = malloc(2U << 20);
	size_t n = 0;
	scenario *s;
	heard h;

	(void)state;
	for (unsigned i = 0; i < SCENARIO_RECORDS; i++)
		n += (size_t)snprintf(text + n, 64, "reply r\n\tat rcpt\n\tsay 550 x\n");
	assert_int_equal(open_seed(&s, text, 1, &h), MW_OK);
	scenario_close(&s);
	n += (size_t)snprintf(text + n, 64, "reply r\n\tat rcpt\n\tsay 550 x\n");
	assert_int_equal(open_seed(&s, text, 1, &h), MW_E_SYNTAX);
	assert_non_null(strstr(h.text, "more than 1000 records"));
	n = (size_t)snprintf(text, 64, "reply r\n\tat rcpt\n");
	for (unsigned i = 0; i < SCENARIO_LINES_MAX; i++)
		n += (size_t)snprintf(text + n, 64, "\tsay 550-x\n");
	snprintf(text + n - 3, 64, " x\n");
	assert_int_equal(open_seed(&s, text, 1, &h), MW_OK);
	scenario_close(&s);
	snprintf(text + n - 3, 64, "-x\n\tsay 550 x\n");
	assert_int_equal(open_seed(&s, text, 1, &h), MW_E_SYNTAX);
	assert_non_null(strstr(h.text, "at most 15 lines"));
	free(text);
}

static void files_are_found(void **state)
{
	heard h = {.len = 0};
	complaints c = {.say = hear, .ctx = &h};
	scenario *s;

	(void)state;
	assert_int_equal(scenario_open(&s, "no-such-scenario", 1, &c), MW_E_ABSENT);
	assert_null(s);
	assert_non_null(strstr(h.text, "no-such-scenario:0:0: "));
	assert_int_equal(scenario_open(&s, "./builtin", 1, &c), MW_E_ABSENT);
	assert_int_equal(scenario_open(&s, "/", 1, &c), MW_E_ABSENT);
	assert_int_equal(scenario_open(&s, "/dev/zero", 1, &c), MW_E_ABSENT);
	assert_non_null(strstr(h.text, "larger than 1 MiB"));
	assert_int_equal(
		scenario_open(&s, TESTS "/../examples/scenarios/gmail.scenario", 1, &c),
		MW_OK);
	scenario_close(&s);
}

/* The answers of 2000 events with chance in them, as one number. */
static uint64_t run(uint64_t seed, unsigned *refused)
{
	scenario *s;
	uint64_t sum = 0;
	heard h;
	asking a;

	assert_int_equal(
		open_seed(&s, "reply r\n\tat rcpt\n\tprobability 25%\n\tsay 450 {id}\n",
			  seed, &h),
		MW_OK);
	*refused = 0;
	for (int i = 0; i < 2000; i++) {
		const char *reply = decide(s, ask_new(&a, MW_STAGE_RCPT));

		*refused += reply[0] == '4';
		for (; *reply != '\0'; reply++)
			sum = sum * 31 + (unsigned char)*reply;
	}
	scenario_close(&s);
	return sum;
}

static void chance_is_by_seed(void **state)
{
	unsigned n, m;

	(void)state;
	assert_true(run(7, &n) == run(7, &m));
	assert_int_equal(n, m);
	assert_in_range(n, 400, 600);
	assert_true(run(7, &n) != run(8, &m));
}

static void counters_are_bounded(void **state)
{
	scenario *s = open_good("reply r\n\tat rcpt\n\tattempt 2-\n\tsay 450 again\n");
	char name[32];
	asking a;

	(void)state;
	for (unsigned i = 0; i < 3 * SCENARIO_KEYS; i++) {
		snprintf(name, sizeof name, "u%u@x", i);
		assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, name), "-");
	}
	assert_int_equal(s->counters->used, SCENARIO_KEYS);
	/* the last are known, the first are forgotten */
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, name), "450 again\r\n");
	snprintf(name, sizeof name, "u%u@x", 2 * SCENARIO_KEYS);
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, name), "450 again\r\n");
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, "u0@x"), "-");
	scenario_close(&s);
}

static void *hammer(void *ctx)
{
	asking *a = malloc(sizeof *a);
	intptr_t refused = 0;

	for (int i = 0; i < 5000; i++)
		refused += decide(ctx, ask_new(a, MW_STAGE_RCPT))[0] == '4';
	free(a);
	return (void *)refused;
}

static void threads_share_it(void **state)
{
	scenario *s =
		open_good("reply r\n\tat rcpt\n\tattempt 1-12345\n\tsay 450 {id}\n");
	pthread_t threads[4];
	intptr_t sum = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, s), 0);
	for (size_t i = 0; i < ROWS(threads); i++) {
		void *refused;

		pthread_join(threads[i], &refused);
		sum += (intptr_t)refused;
	}
	assert_int_equal(sum, 12345);
	scenario_close(&s);
}

/* The built-in scenario: as recipient at that stage. "-": asks for nothing there. */
static const struct {
	mw_stage stage;
	const char *recipient, *reply;
} addresses[] = {
	/* words of the knowledge for that code and status */
	{MW_STAGE_RCPT, "rcpt-550-5.1.1@scenario.test", "550 5.1.1 "},
	{MW_STAGE_MAIL, "rcpt-550-5.1.1@scenario.test", "-"},
	{MW_STAGE_DATA, "rcpt-550-5.1.1@scenario.test", "-"},
	{MW_STAGE_DATA, "data-451-4.3.0@scenario.test", "451 4.3.0 "},
	{MW_STAGE_RCPT, "data-451-4.3.0@scenario.test", "-"},
	{MW_STAGE_CONTENT, "content-552-5.2.2@scenario.test", "552 5.2.2 "},
	{MW_STAGE_RCPT, "RCPT-550-5.1.1@SCENARIO.Test", "550 5.1.1 "},
	/* words of the address */
	{MW_STAGE_RCPT, "rcpt-550-5.1.1-no-such-user@scenario.test",
	 "550 5.1.1 no such user\r\n"},
	{MW_STAGE_RCPT, "\"rcpt-550-5.1.1-more words\"@scenario.test",
	 "550 5.1.1 more words\r\n"},
	{MW_STAGE_RCPT, "\"rcpt-550-a\\\"b\\\\c\"@scenario.test", "550 a\"b\\c\r\n"},
	{MW_STAGE_RCPT, "rcpt-550-no-status@scenario.test", "550 no status\r\n"},
	{MW_STAGE_RCPT, "rcpt-550-5.1-x@scenario.test", "550 5.1 x\r\n"},
	{MW_STAGE_RCPT, "rcpt-550-5.1.1-C++-it-is@scenario.test",
	 "550 5.1.1 C++ it is\r\n"},
	/* words for the code alone */
	{MW_STAGE_RCPT, "rcpt-550@scenario.test",
	 "550 Requested action not taken: mailbox unavailable\r\n"},
	{MW_STAGE_RCPT, "rcpt-550-4.9.9@scenario.test",
	 "550 4.9.9 Requested action not taken: mailbox unavailable\r\n"},
	{MW_STAGE_RCPT, "rcpt-599@scenario.test", "599 Asked for by the scenario\r\n"},
	{MW_STAGE_RCPT, "rcpt-550+2@scenario.test",
	 "550 Requested action not taken: mailbox unavailable\r\n"},
	/* the other classes */
	{MW_STAGE_RCPT, "rcpt-251-2.1.5-will-forward@scenario.test",
	 "251 2.1.5 will forward\r\n"},
	{MW_STAGE_CONTENT, "content-250-2.0.0-thanks@scenario.test",
	 "250 2.0.0 thanks\r\n"},
	{MW_STAGE_DATA, "data-354-go@scenario.test", "354 go\r\n"},
	{MW_STAGE_RCPT, "rcpt-354@scenario.test", "-"},
	{MW_STAGE_DATA, "data-250@scenario.test", "-"},
	/* others are accepted */
	{MW_STAGE_RCPT, "user@scenario.test", "-"},
	{MW_STAGE_RCPT, "rcpt-550-5.1.1@scenario.test.org", "-"},
	{MW_STAGE_RCPT, "rcpt-550-5.1.1@xscenario.test", "-"},
	{MW_STAGE_RCPT, "rcpt-550-5.1.1@example.org", "-"},
	{MW_STAGE_RCPT, "rcpt@scenario.test", "-"},
	{MW_STAGE_RCPT, "rcpt-@scenario.test", "-"},
	{MW_STAGE_RCPT, "rcpt-55@scenario.test", "-"},
	{MW_STAGE_RCPT, "rcpt-5500@scenario.test", "-"},
	{MW_STAGE_RCPT, "rcpt-150@scenario.test", "-"},
	{MW_STAGE_RCPT, "rcpt-650@scenario.test", "-"},
	{MW_STAGE_RCPT, "rcpt550@scenario.test", "-"},
	{MW_STAGE_RCPT, "xrcpt-550@scenario.test", "-"},
	{MW_STAGE_RCPT, "lunch-550@scenario.test", "-"},
	{MW_STAGE_RCPT, "@scenario.test", "-"},
	{MW_STAGE_RCPT, "", "-"},
	{MW_STAGE_RCPT, "first0-rcpt-450@scenario.test", "-"},
	{MW_STAGE_RCPT, "first-rcpt-450@scenario.test", "-"},
	{MW_STAGE_RCPT, "first99999999-rcpt-450@scenario.test", "-"},
	{MW_STAGE_RCPT, "delay-rcpt@scenario.test", "-"},
	{MW_STAGE_RCPT, "delay-rcpt-0@scenario.test", "-"},
	{MW_STAGE_RCPT, "delay-rcpt-3601@scenario.test", "-"},
	{MW_STAGE_RCPT, "delay-rcpt-x@scenario.test", "-"},
	{MW_STAGE_RCPT, "drop-rcpt-550@scenario.test", "-"},
};

static void addresses_ask_for_replies(void **state)
{
	scenario *s = open_builtin();
	asking a;

	(void)state;
	for (size_t i = 0; i < ROWS(addresses); i++) {
		const char *reply =
			say_to(s, &a, addresses[i].stage, addresses[i].recipient);
		const size_t n = strlen(addresses[i].reply);
		const bool whole = n == 1 || addresses[i].reply[n - 1] == '\n';

		if (strncmp(reply, addresses[i].reply, n) != 0 ||
		    (whole && reply[n] != '\0'))
			fail_msg("%s: %s", addresses[i].recipient, reply);
	}
	scenario_close(&s);
}

static void builtin_words_come_from_the_knowledge(void **state)
{
	scenario *s = open_builtin();
	asking a;

	(void)state;
	say_to(s, &a, MW_STAGE_RCPT, "rcpt-550-5.1.1@scenario.test");
	assert_non_null(strstr(a.reply, "rcpt-550-5.1.1@scenario.test"));
	assert_int_equal(a.act.answer.category, MW_CATEGORY_RECIPIENT_UNKNOWN);
	say_to(s, &a, MW_STAGE_CONTENT, "content-552-5.2.2@scenario.test");
	assert_int_equal(a.act.answer.category, MW_CATEGORY_MAILBOX_FULL);
	say_to(s, &a, MW_STAGE_RCPT, "rcpt-421@scenario.test");
	assert_true(a.act.close);
	scenario_close(&s);
}

static void drops_delays_halves(void **state)
{
	scenario *s = open_builtin();
	asking a;

	(void)state;
	assert_string_equal(say_to(s, &a, MW_STAGE_CONTENT, "drop-content@scenario.test"),
			    "");
	assert_int_equal(a.act.end, SCENARIO_DROP);
	say_to(s, &a, MW_STAGE_RCPT, "drop-rcpt+7@scenario.test");
	assert_int_equal(a.act.end, SCENARIO_DROP);
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, "delay-rcpt-30@scenario.test"),
			    "");
	assert_int_equal(a.act.delay_ms, 30000);
	assert_int_equal(a.act.end, SCENARIO_GO_ON);
	assert_string_equal(
		say_to(s, &a, MW_STAGE_RCPT, "half-rcpt-550-5.1.1-no@scenario.test"),
		"550 5.1.1 no\r\n");
	assert_int_equal(a.act.end, SCENARIO_HALF);
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, "half-rcpt@scenario.test"), "");
	assert_int_equal(a.act.end, SCENARIO_HALF);
	scenario_close(&s);
}

static void first_attempts(void **state)
{
	const char *two = "first2-rcpt-450-4.7.1@scenario.test";
	scenario *s = open_builtin();
	asking a;

	(void)state;
	assert_memory_equal(say_to(s, &a, MW_STAGE_RCPT, two), "450 4.7.1 ", 10);
	assert_memory_equal(say_to(s, &a, MW_STAGE_RCPT, two), "450 4.7.1 ", 10);
	assert_string_equal(say_to(s, &a, MW_STAGE_RCPT, two), "-");
	ask_new(&a, MW_STAGE_RCPT);
	a.recipient = mw_str_of(two);
	a.f.sender = MW_LIT("other@example.org");
	assert_memory_equal(decide(s, &a), "450 4.7.1 ", 10);
	say_to(s, &a, MW_STAGE_CONTENT, "first1-drop-content@scenario.test");
	assert_int_equal(a.act.end, SCENARIO_DROP);
	assert_string_equal(
		say_to(s, &a, MW_STAGE_CONTENT, "first1-drop-content@scenario.test"),
		"-");
	scenario_close(&s);
}

static void other_names_ask_too(void **state)
{
	const mw_str several[] = {MW_LIT("user@example.org"),
				  MW_LIT("content-550-first@scenario.test"),
				  MW_LIT("content-550-second@scenario.test")};
	scenario *s = open_builtin();
	asking a;

	(void)state;
	ask_new(&a, MW_STAGE_MAIL);
	a.f.sender = MW_LIT("mail-553-5.1.8@scenario.test");
	assert_memory_equal(decide(s, &a), "553 5.1.8 ", 10);
	ask_new(&a, MW_STAGE_EHLO);
	a.f.helo = MW_LIT("ehlo-550-5.7.1.scenario.test");
	assert_memory_equal(decide(s, &a), "550 5.7.1 ", 10);
	ask_new(&a, MW_STAGE_TLS);
	a.f.helo = MW_LIT("tls-454-4.7.0-not-now.scenario.test");
	assert_string_equal(decide(s, &a), "454 4.7.0 not now\r\n");
	ask_new(&a, MW_STAGE_AUTH);
	a.f.login = MW_LIT("auth-535-5.7.8-wrong@scenario.test");
	assert_string_equal(decide(s, &a), "535 5.7.8 wrong\r\n");
	ask_new(&a, MW_STAGE_CONTENT);
	a.f.recipients = several;
	a.f.recipient_count = 3;
	assert_string_equal(decide(s, &a), "550 first\r\n");
	scenario_close(&s);
}

static void hostile_names_do_no_harm(void **state)
{
	static char longest[100000];
	const mw_str names[] = {
		{longest, sizeof longest},
		MW_LIT("rcpt-550-%s%n%s@scenario.test"),
		MW_LIT("rcpt-550-a\0b@scenario.test"),
		MW_LIT("rcpt-550-a\r\n250 ok@scenario.test"),
		MW_LIT("rcpt-550-\xc3\xa4\xe2\x82\xac@scenario.test"),
		MW_LIT("rcpt-550-\xff\xfe@scenario.test"),
		MW_LIT("\"@scenario.test"),
		MW_LIT("\"\"@scenario.test"),
		MW_LIT("\"rcpt-550\\\"@scenario.test"),
	};
	scenario *s = open_good("server s\n\tbuiltin\nreply r\n\tat mail\n"
				"\tsay 550 {sender} {helo}\n");
	asking a;

	(void)state;
	memset(longest, 'x', sizeof longest);
	memcpy(longest, "rcpt-550-", 9);
	memcpy(longest + sizeof longest - 14, "@scenario.test", 14);
	for (size_t i = 0; i < ROWS(names); i++) {
		mw_reply reply;

		for (int stage = MW_STAGE_MAIL; stage <= MW_STAGE_RCPT; stage++) {
			ask_new(&a, (mw_stage)stage);
			a.recipient = a.f.sender = a.f.helo = names[i];
			decide(s, &a);
			if (a.act.answer.code == 0)
				continue;
			/* one line of one reply, whatever the name is */
			assert_int_equal(mw_reply_read(&reply, mw_str_of(a.reply)),
					 strlen(a.reply));
			assert_ptr_equal(strchr(a.reply, '\n') + 1,
					 a.reply + strlen(a.reply));
		}
	}
	/* no room */
	ask_new(&a, MW_STAGE_MAIL);
	scenario_decide(s, &a.f, &a.act, a.room, 0);
	assert_int_equal(a.act.answer.text.len, 0);
	scenario_decide(s, &a.f, &a.act, a.room, 5);
	assert_int_equal(a.act.answer.text.len, 5);
	scenario_close(&s);
}

/* Makes the record hold for anything. */
static void lift_conditions(scenario_record *r)
{
	memset(r->patterns, 0, sizeof r->patterns);
	memset(r->spans, 0, sizeof r->spans);
	r->probability = r->rate = 0;
}

static unsigned judge_record(scenario *s, const scenario_record *r, mw_stage stage,
			     const char *file)
{
	mw_outcome_room room;
	mw_knowledge kb;
	mw_outcome o;
	mw_verdict v;
	asking a;

	mw_knowledge_open_builtin(&kb);
	mw_outcome_read(&o, &room, mw_str_of(decide(s, ask_new(&a, stage))));
	assert_int_equal(o.reply, r->answer.code);
	assert_true(mw_str_eq(a.act.record, r->name));
	o.stage = stage;
	o.provider = s->settings.provider;
	mw_judge(&kb, &o, &v);
	if (v.category == r->answer.category)
		return 0;
	print_message("%s:%u: meant %.*s, judged %.*s (%.*s)\n  %s", file, r->at.line,
		      MW_FMT(mw_name(MW_VOCABULARY_CATEGORY, (int)r->answer.category)),
		      MW_FMT(mw_name(MW_VOCABULARY_CATEGORY, (int)v.category)),
		      MW_FMT(v.rule), a.reply);
	return 1;
}

/* Returns how many refusals are understood wrongly. */
static unsigned judge_file(scenario *s, const char *file)
{
	scenario_record *r = s->records.item;
	const vec all = s->records;
	unsigned wrong = 0;

	for (uint32_t i = 0; i < all.count; i++, r++) {
		if (r->answer.code < 400)
			continue;
		if (r->answer.category == MW_CATEGORY_UNKNOWN)
			fail_msg("%s:%u: no category", file, r->at.line);
		lift_conditions(r);
		s->records = (vec){.item = r, .count = 1, .cap = 1};
		for (int stage = 0; stage < MW_STAGE_COUNT; stage++)
			if ((r->stages & 1U << stage) != 0)
				wrong += judge_record(s, r, (mw_stage)stage, file);
	}
	s->records = all;
	return wrong;
}

static void shipped_scenarios_are_understood(void **state)
{
	DIR *dir = opendir(TESTS "/../examples/scenarios");
	unsigned files = 0, wrong = 0;
	struct dirent *e;

	(void)state;
	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		char path[4096];
		heard h = {.len = 0};
		complaints c = {.say = hear, .ctx = &h};
		scenario *s;

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, TESTS "/../examples/scenarios/%s", e->d_name);
		if (scenario_open(&s, path, 1, &c) != MW_OK)
			fail_msg("%s", h.text);
		wrong += judge_file(s, e->d_name);
		files++;
		scenario_close(&s);
	}
	closedir(dir);
	assert_true(files >= 25);
	assert_int_equal(wrong, 0);
}

/* Bytes that look a little like what they should be. */
static size_t scramble(char *out, size_t max, uint64_t *random)
{
	static const char *const pieces[] = {"reply ",    "server ",
					     "\n\t",      "\n\t\t",
					     "\n",        "at ",
					     "rcpt",      "say ",
					     "550-",      "550 ",
					     "{id}",      "{",
					     "}",         "5.1.1",
					     "recipient", "client ",
					     "::/0",      "*",
					     "not ",      "attempt",
					     " 1-",       "probability ",
					     "1%",        "rate ",
					     "1/1s",      "half",
					     "drop",      "delay",
					     "first2-",   "-",
					     "content",   "\"",
					     "\\",        "@scenario.test",
					     "@",         "\xc3\xa4",
					     "data",      "354",
					     "banner ",   "extensions ",
					     "SIZE=9",    " "};
	size_t n = 0;

	for (uint64_t left = scenario_random(random) % 40; left > 0; left--) {
		const uint64_t x = scenario_random(random);
		const char *piece = pieces[x % ROWS(pieces)];

		if (x >> 60 == 0) {
			if (n < max)
				out[n++] = (char)(x >> 8);
		} else if (n + strlen(piece) <= max) {
			memcpy(out + n, piece, strlen(piece));
			n += strlen(piece);
		}
	}
	return n;
}

static void be_deaf(void *ctx, place at, const char *msg)
{
	(void)at;
	*(unsigned *)ctx += msg[0] != '\0';
}

/* Half of the names are of the form that asks for something. */
static mw_str random_name(char *out, size_t cap, uint64_t *random)
{
	static const char *const fronts[] = {"rcpt-550-", "first2-content-4", "half-data",
					     "drop-mail"};
	const uint64_t x = scenario_random(random);
	const char *front = x % 2 == 0 ? fronts[(x >> 8) % ROWS(fronts)] : "";
	const char *back = x % 2 == 0 ? "@scenario.test" : "";
	size_t n = strlen(front);

	memcpy(out, front, n);
	n += scramble(out + n, cap - n - strlen(back), random);
	memcpy(out + n, back, strlen(back));
	return (mw_str){out, n + strlen(back)};
}

static void ask_random(scenario *s, uint64_t *random, asking *a)
{
	char name[600], other[600];
	mw_reply reply;

	ask_new(a, (mw_stage)(MW_STAGE_CONNECT + scenario_random(random) % 8));
	a->recipient = random_name(name, sizeof name, random);
	a->f.sender = random_name(other, sizeof other, random);
	if (decide(s, a)[0] >= '2' && a->act.answer.code != 0)
		assert_true(mw_reply_read(&reply, mw_str_of(a->reply)) > 0);
}

static void random_addresses(void **state)
{
	scenario *s = open_builtin();
	uint64_t random = 3;
	unsigned decided = 0;
	asking a;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		ask_random(s, &random, &a);
		decided += a.act.decided;
	}
	assert_in_range(decided, 1000, 90000);
	scenario_close(&s);
}

static void random_files(void **state)
{
	uint64_t random = 5;
	unsigned good = 0, told = 0, bad = 0;
	char text[1024];
	asking a;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		complaints c = {.say = be_deaf, .ctx = &told};
		/* half of them begin well */
		const char *front =
			i % 2 == 0 ? "reply r\n\tat rcpt\n\tsay 550 x\n\t" : "";
		scenario *s;
		size_t n = strlen(front);

		memcpy(text, front, n);
		n += scramble(text + n, sizeof text - n, &random);
		if (scenario_open_text(&s, "x", (mw_str){text, n}, 1, &c) != MW_OK) {
			assert_true(c.count > 0);
			bad++;
			continue;
		}
		good++;
		ask_random(s, &random, &a);
		scenario_close(&s);
	}
	assert_true(good > 100 && bad > 100 && told >= bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_is_said_where_it_belongs),
		cmocka_unit_test(conditions_hold),
		cmocka_unit_test(what_is_unknown_matches_no_pattern_of_addresses),
		cmocka_unit_test(attempts_count_by_pair),
		cmocka_unit_test(counters_are_apart),
		cmocka_unit_test(rates_have_windows),
		cmocka_unit_test(the_first_that_decides_wins),
		cmocka_unit_test(acts),
		cmocka_unit_test(words_are_filled_in),
		cmocka_unit_test(odd_statuses_go_out_as_written),
		cmocka_unit_test(percents_have_two_decimals),
		cmocka_unit_test(settings),
		cmocka_unit_test(mistakes_are_told_with_their_place),
		cmocka_unit_test(all_mistakes_are_told_at_once),
		cmocka_unit_test(limits_of_a_file),
		cmocka_unit_test(files_are_found),
		cmocka_unit_test(chance_is_by_seed),
		cmocka_unit_test(counters_are_bounded),
		cmocka_unit_test(threads_share_it),
		cmocka_unit_test(addresses_ask_for_replies),
		cmocka_unit_test(builtin_words_come_from_the_knowledge),
		cmocka_unit_test(drops_delays_halves),
		cmocka_unit_test(first_attempts),
		cmocka_unit_test(other_names_ask_too),
		cmocka_unit_test(hostile_names_do_no_harm),
		cmocka_unit_test(shipped_scenarios_are_understood),
		cmocka_unit_test(random_addresses),
		cmocka_unit_test(random_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
