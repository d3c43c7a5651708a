/* SPDX-License-Identifier: MIT
 *
 * Verdicts. Where the built-in knowledge is asked, the words are those of many systems
 * and well known; how rules win is asked of rules that stand here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <mailwhy/tell.h>
#include <stdio.h>
#include <stdlib.h>

#include "compile/compile.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

typedef struct asked {
	mw_outcome_room room;
	mw_outcome o;
	mw_verdict v;
} asked;

static mw_knowledge builtin;

static int open_builtin(void **state)
{
	(void)state;
	mw_knowledge_open_builtin(&builtin);
	return 0;
}

static void ask(asked *a, const mw_knowledge *kb, const char *text)
{
	mw_outcome_read(&a->o, &a->room, mw_str_of(text));
	mw_judge(kb, &a->o, &a->v);
}

static const char *word(mw_vocabulary v, unsigned value)
{
	return mw_name(v, (int)value).ptr;
}

/* A user's rules on top of the built-in ones. */
typedef struct rules {
	void *image;
	mw_knowledge user, kb;
} rules;

static void say(void *ctx, const char *file, unsigned line, unsigned column,
		const char *msg)
{
	(void)ctx;
	print_error("%s:%u:%u: %s\n", file, line, column, msg);
}

static void open_rules(rules *r, const char *text)
{
	const kc_input in = {.file = "our.rules", .text = mw_str_of(text)};
	size_t len;

	assert_int_equal(kc_compile(&in, 1, KC_RULES, say, NULL, &r->image, &len), MW_OK);
	assert_int_equal(mw_knowledge_open(&r->user, r->image, len, NULL), MW_OK);
	mw_knowledge_open_builtin(&r->kb);
	mw_knowledge_add_rules(&r->kb, &r->user);
}

static void close_rules(rules *r)
{
	free(r->image);
}

/* Which of our rules decides `text`? "" none of ours. */
static mw_str our_winner(asked *a, const rules *r, const char *text)
{
	ask(a, &r->kb, text);
	return a->v.user_rule ? a->v.rule : MW_LIT("");
}

typedef struct winner {
	const char *in, *rule;
} winner;

static void check_winners(const char *text, const winner *w, size_t n)
{
	rules r;
	asked a;
	int wrong = 0;

	open_rules(&r, text);
	for (size_t i = 0; i < n; i++) {
		const mw_str rule = our_winner(&a, &r, w[i].in);

		if (!mw_str_eq(rule, mw_str_of(w[i].rule))) {
			print_error("“%s”: won by “%.*s”, not “%s”\n", w[i].in,
				    MW_FMT(rule), w[i].rule);
			wrong++;
		}
	}
	close_rules(&r);
	assert_int_equal(wrong, 0);
}

static void the_first_digit_says_for_how_long(void **state)
{
	static const struct {
		const char *in;
		mw_permanence want;
	} cases[] = {
		{"550", MW_PERMANENCE_PERMANENT},
		{"5.1.1", MW_PERMANENCE_PERMANENT},
		{"554 5.7.1 Spam", MW_PERMANENCE_PERMANENT},
		{"552 5.2.2 Mailbox full", MW_PERMANENCE_PERMANENT},
		{"550 Greylisted, try again later", MW_PERMANENCE_PERMANENT},
		{"450", MW_PERMANENCE_TEMPORARY},
		{"4.2.2", MW_PERMANENCE_TEMPORARY},
		{"450 4.1.1 User unknown", MW_PERMANENCE_TEMPORARY},
		{"421 blocked using zen.spamhaus.org", MW_PERMANENCE_TEMPORARY},
		{"499 whatever", MW_PERMANENCE_TEMPORARY},
		{"599 whatever", MW_PERMANENCE_PERMANENT},
		{"250 OK", MW_PERMANENCE_NONE},
		{"220 mx.example.org", MW_PERMANENCE_NONE},
		{"354", MW_PERMANENCE_NONE},
		{"2.1.5", MW_PERMANENCE_NONE},
		{"250 User unknown", MW_PERMANENCE_NONE},
		/* the reply before the status */
		{"450 5.1.1 User unknown", MW_PERMANENCE_TEMPORARY},
		{"550 4.2.2 Mailbox full", MW_PERMANENCE_PERMANENT},
		/* no digit: what the words usually mean */
		{"User unknown", MW_PERMANENCE_PERMANENT},
		{"Connection refused", MW_PERMANENCE_TEMPORARY},
		{"101", MW_PERMANENCE_TEMPORARY},
		{"", MW_PERMANENCE_NONE},
		{"hello", MW_PERMANENCE_NONE},
		{"600", MW_PERMANENCE_NONE},
	};
	asked a;
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		ask(&a, &builtin, cases[i].in);
		if (a.v.permanence != cases[i].want) {
			print_error("“%s”: %s\n", cases[i].in,
				    word(MW_VOCABULARY_PERMANENCE, a.v.permanence));
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static bool check_address(const char *in, bool bad)
{
	asked a;

	ask(&a, &builtin, in);
	if (a.v.address_is_bad == bad)
		return false;
	print_error("“%s”: %s address by %.*s (%s)\n", in, bad ? "no bad" : "bad",
		    MW_FMT(a.v.rule), word(MW_VOCABULARY_CATEGORY, a.v.category));
	return true;
}

static void a_dead_address_is_told(void **state)
{
	static const char *const dead[] = {
		"550 5.1.1 <bob@example.org>: Recipient address rejected: User unknown "
		"in virtual "
		"mailbox table",
		"550 5.1.1 <bob@example.org>... User unknown",
		"550 5.1.1 User unknown",
		"550 No such user here",
		"550 5.1.1 The email account that you tried to reach does not exist.",
		"550 5.5.0 Requested action not taken: mailbox unavailable. No such user",
		"550 Invalid recipient bob@example.org",
		"554 5.1.1 unknown or illegal alias: bob@example.org",
		"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP "
		"address lookup",
		"550 5.1.1 RESOLVER.ADR.RecipNotFound; not found",
		"551 5.1.6 Recipient no longer on server",
		"550 5.2.1 The email account that you tried to reach is disabled.",
		"550 5.2.1 Mailbox disabled, not accepting messages",
		"550 5.1.2 Host unknown",
		"550 5.4.4 Host or domain name not found",
		"556 5.1.10 Recipient address has a null MX",
		"550 Unknown user",
		"550 5.1.1 sorry, no mailbox here by that name (#5.1.1)",
		"553 5.3.0 <bob@example.org>... No such user here",
		"550 Account has been disabled",
		"550 5.1.1 Empfängeradresse abgelehnt: Benutzer unbekannt",
		"550 Пользователь не найден",
		"5.1.1",
		"550 5.1.1",
	};
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(dead); i++)
		wrong += check_address(dead[i], true);
	assert_int_equal(wrong, 0);
}

/* A block, a full mailbox, a rate, a log-in: none of them says that the address is dead,
 * not even where the words “recipient”, “unknown” or “mailbox” stand beside it. */
static void no_block_limit_or_loss_makes_an_address_bad(void **state)
{
	static const char *const alive[] = {
		"550 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using "
		"zen.spamhaus.org",
		"554 5.7.1 <bob@example.org>: Recipient address rejected: blocked using "
		"bl.spamcop.net",
		"550 5.7.1 Your message was rejected as spam",
		"550 5.7.1 Unable to relay",
		"550 5.7.1 <bob@example.org>: Relay access denied",
		"550 5.7.26 Your email has been blocked because the sender is "
		"unauthenticated.",
		"550 5.7.23 The message was rejected because of Sender Policy Framework "
		"violation",
		"550 5.7.1 Message rejected due to local policy",
		"550 5.7.1 Access denied",
		"554 Denied",
		"552 5.2.2 The email account that you tried to reach is over quota",
		"552 5.2.2 Mailbox full",
		"550 5.2.2 <bob@example.org>: user is over quota",
		"452 4.2.2 Mailbox full",
		"552 5.3.4 Message size exceeds fixed maximum message size",
		"550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by "
		"organization "
		"policy",
		"550 5.7.1 RESOLVER.RST.AuthRequired; authentication required",
		"550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup",
		"550 5.7.124 sender not in allowed-senders list",
		"535 5.7.8 Username and Password not accepted",
		"535 5.7.8 Error: authentication failed: unknown user",
		"530 5.7.0 Must issue a STARTTLS command first",
		"530 5.7.1 Authentication required",
		"550 5.4.5 Daily user sending limit exceeded",
		"550 5.7.1 Too many messages, slow down",
		"452 4.5.3 Too many recipients",
		"550 5.5.3 Too many recipients",
		"450 4.7.1 <bob@example.org>: Recipient address rejected: Greylisted",
		"450 4.1.1 <bob@example.org>: User unknown, try again later",
		"451 4.3.0 No such user lookup failed temporarily",
		"421 4.4.2 Connection timed out",
		"Connection refused",
		"Connection timed out",
		"550 5.1.8 <me@example.com>: Sender address rejected: Domain not found",
		"550 5.1.7 Sender address does not exist",
		"553 5.1.8 Domain of sender address me@example.com does not exist",
		"550 5.7.25 Client host rejected: cannot find your hostname, "
		"[192.0.2.25]",
		"550 5.7.1 Client host rejected: unknown",
		"550 Sender verify failed",
		"550 5.4.6 Mail loop detected",
		"554 5.4.6 Too many hops",
		"554 5.6.0 Message contains bare LF",
		"550 Virus found: Eicar-Test-Signature",
		"503 5.5.1 Bad sequence of commands",
		"504 5.5.2 <mail>: Helo command rejected: need fully-qualified hostname",
		"550",
		"554",
		"5.7.1",
		"5.0.0",
		"250 User unknown",
		"",
		/* log-ins, the account of the sender, attacks */
		"535 User unknown",
		"535 5.7.8 User unknown",
		"535 Unknown user or password",
		"550 5.7.1 unknown user name or bad password",
		"550 5.7.1 Your account has been disabled, you can not send mail",
		"550 Your account has been suspended for sending spam",
		"554 5.7.1 You tried to send to too many nonexistent users; blocked",
		"550 Blocked: directory harvest attack, no such users",
		"550 5.2.1 Mailbox disabled: over quota",
		"550 5.1.1 Mailbox full",
		"550 5.1.1 <bob@example.org>: Recipient address rejected: Greylisted",
	};
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(alive); i++)
		wrong += check_address(alive[i], false);
	assert_int_equal(wrong, 0);
}

/* Until RCPT nobody has named the recipient: who is unknown there is the sender. */
static void no_address_is_bad_before_it_was_named(void **state)
{
	static const mw_stage early[] = {MW_STAGE_CONNECT, MW_STAGE_TLS, MW_STAGE_EHLO,
					 MW_STAGE_AUTH, MW_STAGE_MAIL};
	static const char *const texts[] = {"550 5.1.1 User unknown", "550 User unknown",
					    "5.1.1", "550 5.1.2 Host unknown",
					    "550 5.2.1 Mailbox disabled"};
	asked a;
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(texts); i++) {
		for (size_t k = 0; k < ROWS(early); k++) {
			mw_outcome_read(&a.o, &a.room, mw_str_of(texts[i]));
			a.o.stage = early[k];
			mw_judge(&builtin, &a.o, &a.v);
			if (a.v.address_is_bad) {
				print_error("“%s” at %s\n", texts[i],
					    word(MW_VOCABULARY_STAGE, early[k]));
				wrong++;
			}
		}
		a.o.stage = MW_STAGE_RCPT;
		mw_judge(&builtin, &a.o, &a.v);
		assert_true(a.v.address_is_bad);
	}
	assert_int_equal(wrong, 0);
}

static bool may_be_dead(mw_category c)
{
	return c == MW_CATEGORY_RECIPIENT_UNKNOWN ||
	       c == MW_CATEGORY_RECIPIENT_DISABLED || c == MW_CATEGORY_RECIPIENT_MOVED ||
	       c == MW_CATEGORY_DOMAIN_NOT_FOUND || c == MW_CATEGORY_DOMAIN_NO_MAIL;
}

static void check_verdict(const asked *a)
{
	const int digit = a->o.reply > 0 ? a->o.reply / 100 : a->o.status.cls;
	const mw_verdict *v = &a->v;
	const bool by_words = v->confidence >= MW_CONFIDENCE_TEXT;

	assert_true(v->category < MW_CATEGORY_COUNT);
	assert_true(v->fault < MW_FAULT_COUNT);
	assert_true(v->action < MW_ACTION_COUNT);
	assert_true(v->confidence < MW_CONFIDENCE_COUNT);
	/* 1yz is no reply of a server: its meaning alone tells. */
	if (digit > 1)
		assert_int_equal(v->permanence, digit == 5   ? MW_PERMANENCE_PERMANENT
						: digit == 4 ? MW_PERMANENCE_TEMPORARY
							     : MW_PERMANENCE_NONE);
	if (v->address_is_bad) {
		assert_int_equal(v->permanence, MW_PERMANENCE_PERMANENT);
		assert_true(may_be_dead(v->category));
	}
	assert_true(v->retry_after == -1 ||
		    (v->retry_after > 0 && v->retry_after <= 7 * 86400));
	assert_true(v->rule.len == 0 || by_words);
	assert_true(!by_words || v->rule.len > 0 || v->blocklist.id.len > 0);
	assert_true(v->derived.cls == 0 || a->o.status.cls == 0);
	assert_true(v->derived.cls == 0 || v->derived.cls == digit || digit <= 1);
	if (v->permanence == MW_PERMANENCE_NONE) {
		assert_int_equal(v->derived.cls, 0);
		assert_false(v->address_is_bad);
	}
}

static void what_holds_for_every_verdict_holds_for_every_example(void **state)
{
	size_t examples = 0;
	asked a;
	mw_rule r;

	(void)state;
	for (size_t i = 0; mw_knowledge_rule_nth(&builtin, i, &r) == MW_OK; i++)
		for (uint32_t k = 0; k < r.examples.count; k++) {
			const mw_str in = mw_knowledge_line(&builtin, r.examples, k);

			mw_outcome_read(&a.o, &a.room, in);
			mw_judge(&builtin, &a.o, &a.v);
			check_verdict(&a);
			examples++;
		}
	assert_true(examples > 1000);
}

static void what_holds_for_every_verdict_holds_for_every_number(void **state)
{
	char in[64];
	asked a;

	(void)state;
	for (int n = 0; n < 1000; n++) {
		snprintf(in, sizeof in, "%d", n);
		ask(&a, &builtin, in);
		check_verdict(&a);
	}
	for (int cls = 2; cls <= 5; cls++)
		for (int subject = 0; subject <= 9; subject++)
			for (int detail = 0; detail <= 80; detail++) {
				snprintf(in, sizeof in, "%d.%d.%d", cls, subject, detail);
				ask(&a, &builtin, in);
				check_verdict(&a);
			}
}

static void the_words_say_how_long_to_wait(void **state)
{
	static const struct {
		const char *in;
		int want;
	} cases[] = {
		{"451 4.7.1 Greylisted, please try again in 5 minutes", 300},
		{"451 4.7.1 Please try again in 300 seconds", 300},
		{"451 4.7.1 Please try again after 60 seconds.", 60},
		{"450 4.7.1 Greylisted, retry in 300s", 300},
		{"421 4.7.0 Please try again in 1 hour", 3600},
		{"421 4.7.0 Please try again in 2 hours", 7200},
		{"421 4.7.0 Try again in 1 day.", 86400},
		{"451 try again in 4 minutes and 59 seconds", 299},
		{"451 try again in 1 hour 30 minutes", 5400},
		{"450 4.2.0 <bob@example.org>: Recipient address rejected: Greylisted, "
		 "try again in "
		 "00:04:59",
		 299},
		{"450 Greylisted, please try again in 01:00:00", 3600},
		{"451 Bitte versuchen Sie es in 10 Minuten erneut", 600},
		{"451 Greylisting aktiv, bitte in 5 Minuten noch einmal versuchen", 300},
		{"451 4.7.1 PLEASE TRY AGAIN IN 5 MINUTES", 300},
		{"451 5 minutes: please try again later", 300},
		{"421 Try again in 30 days.", 7 * 86400},
	};
	asked a;
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		ask(&a, &builtin, cases[i].in);
		if (a.v.retry_after != cases[i].want) {
			print_error("“%s”: %d, not %d\n", cases[i].in, a.v.retry_after,
				    cases[i].want);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* Numbers that are no time to wait leave the rule or the category its own schedule. */
static void a_time_that_is_no_wait_is_not_taken_for_one(void **state)
{
	static const struct {
		const char *in;
		int wrong;
	} cases[] = {
		{"452 4.2.2 Mailbox has been full for 3 days", 3 * 86400},
		{"450 4.7.1 Greylisted, see https://example.org/greylist?minutes=5", 300},
		{"421 4.4.2 Connection timed out after 7 seconds", 7},
		{"421 4.7.0 Too many connections in 70 seconds", 70},
		{"450 4.7.1 Too many messages in the last 24 hours, try again later",
		 86400},
		{"451 4.7.1 Try again later (queue id 17)", 17},
		{"421 4.7.0 Service not available at 10:04:59, closing channel", 36299},
		{"450 4.7.1 try again in 0 minutes", 0},
		{"451 4.3.0 Temporary failure; mail is kept for 5 days", 5 * 86400},
	};
	asked a;
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		ask(&a, &builtin, cases[i].in);
		if (a.v.retry_after == cases[i].wrong) {
			print_error("“%s”: %d\n", cases[i].in, a.v.retry_after);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void for_good_there_is_no_schedule(void **state)
{
	asked a;

	(void)state;
	ask(&a, &builtin, "550 5.1.1 User unknown");
	assert_int_equal(a.v.retry_after, -1);
	ask(&a, &builtin, "552 5.2.2 Mailbox full");
	assert_int_equal(a.v.retry_after, -1);
	ask(&a, &builtin, "250 OK");
	assert_int_equal(a.v.retry_after, -1);
}

/* The answer as programs get it: the one place where placeholders are filled in. */
static const char *json(const asked *a, const mw_knowledge *kb)
{
	static char memory[MW_TELL_MAX + 1];
	const mw_tell t = {.kb = kb, .audience = -1, .width = 80};
	mw_buf b;

	mw_buf_init(&b, memory, MW_TELL_MAX);
	assert_int_equal(mw_tell_json(&b, &t, &a->o, &a->v), MW_OK);
	memory[b.len] = 0;
	return memory;
}

static void a_blocklist_is_named_with_the_page_to_look_it_up(void **state)
{
	static const struct {
		const char *in, *id, *in_url;
		mw_category category;
	} cases[] = {
		{"550 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using "
		 "zen.spamhaus.org",
		 "spamhaus-zen", "192.0.2.25", MW_CATEGORY_REPUTATION_IP},
		{"554 5.7.1 Client host [192.0.2.25] blocked using bl.spamcop.net",
		 "spamcop", "192.0.2.25", MW_CATEGORY_REPUTATION_IP},
		{"554 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using "
		 "b.barracudacentral.org",
		 "barracuda", "barracuda", MW_CATEGORY_REPUTATION_IP},
		{"554 5.7.1 Service unavailable; Client host [2001:db8::25] blocked "
		 "using "
		 "zen.spamhaus.org",
		 "spamhaus-zen", "2001:db8::25", MW_CATEGORY_REPUTATION_IP},
		{"554 5.7.1 Service unavailable; Sender address [me@example.com] blocked "
		 "using "
		 "dbl.spamhaus.org",
		 "spamhaus-dbl", "spamhaus", MW_CATEGORY_REPUTATION_DOMAIN},
	};
	char want[128];
	asked a;
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		ask(&a, &builtin, cases[i].in);
		const char *list =
			strstr(json(&a, &builtin), "\"blocklist\":{\"name\":\"");
		const char *end = list != NULL ? strchr(list, '}') : NULL;

		snprintf(want, sizeof want, "%s", cases[i].in_url);
		const char *url = list != NULL ? strstr(list, want) : NULL;

		if (!mw_str_eq(a.v.blocklist.id, mw_str_of(cases[i].id)) ||
		    a.v.category != cases[i].category || url == NULL || url > end) {
			print_error("“%s”: %.*s, %s, %.200s\n", cases[i].in,
				    MW_FMT(a.v.blocklist.id),
				    word(MW_VOCABULARY_CATEGORY, a.v.category),
				    list != NULL ? list : "null");
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void no_blocklist_is_named_where_none_is_the_reason(void **state)
{
	static const char *const cases[] = {
		"550 5.1.1 <bob@zen.spamhaus.org>: User unknown",
		"550 5.1.1 User unknown",
		"452 4.2.2 Mailbox full",
		"250 zen.spamhaus.org",
	};
	asked a;

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		ask(&a, &builtin, cases[i]);
		assert_int_equal(a.v.blocklist.id.len, 0);
		assert_non_null(strstr(json(&a, &builtin), "\"blocklist\":null"));
	}
}

static void the_sender_is_named_as_the_words_name_it(void **state)
{
	static const struct {
		const char *in, *ip, *domain;
	} cases[] = {
		{"554 5.7.1 Client host [192.0.2.25] blocked using bl.spamcop.net",
		 "192.0.2.25", ""},
		{"550 5.7.1 Message from 192.0.2.25 refused, bad reputation",
		 "192.0.2.25", ""},
		{"554 5.7.1 Client host [IPv6:2001:db8::25] blocked using "
		 "zen.spamhaus.org",
		 "2001:db8::25", ""},
		{"554 blocked, see https://www.example.org/lookup?ip=192.0.2.25",
		 "192.0.2.25", ""},
		{"550 5.7.1 Your host 192.0.2.25:4711 is blacklisted", "192.0.2.25", ""},
		{"550 5.7.1 rejected, 999.1.1.1 is no address, blocked using "
		 "zen.spamhaus.org",
		 "", ""},
		{"550 5.7.1 rejected by version 1.2.3, blocked using zen.spamhaus.org",
		 "", ""},
		{"553 5.1.8 <me@example.com>: Sender address rejected: Domain not found",
		 "", "example.com"},
		{"550 5.7.26 Unauthenticated email from example.com is not accepted due "
		 "to domain's "
		 "DMARC policy.",
		 "", "example.com"},
		{"250 OK 192.0.2.25", "", ""},
	};
	asked a;
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		ask(&a, &builtin, cases[i].in);
		const mw_names n = mw_judge_names(&builtin, &a.o, &a.v);

		if (!mw_str_eq(n.ip, mw_str_of(cases[i].ip)) ||
		    !mw_str_eq(n.domain, mw_str_of(cases[i].domain))) {
			print_error("“%s” (%s): ip “%.*s”, domain “%.*s”\n", cases[i].in,
				    word(MW_VOCABULARY_CATEGORY, a.v.category),
				    MW_FMT(n.ip), MW_FMT(n.domain));
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void a_status_is_derived_only_where_none_was_stated(void **state)
{
	static const struct {
		const char *in;
		mw_enhanced want;
	} cases[] = {
		{"550 User unknown", {5, 1, 1}},
		{"552 Mailbox full", {5, 2, 2}},
		{"452 Mailbox full", {4, 2, 2}},
		{"552 Message too large", {5, 3, 4}},
		{"550 5.1.1 User unknown", {0, 0, 0}},
		{"5.1.1", {0, 0, 0}},
		{"550 4.2.2 User unknown", {0, 0, 0}},
		{"250 OK", {0, 0, 0}},
		{"hello", {0, 0, 0}},
		{"", {0, 0, 0}},
	};
	asked a;
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		ask(&a, &builtin, cases[i].in);
		if (a.v.derived.cls != cases[i].want.cls ||
		    a.v.derived.subject != cases[i].want.subject ||
		    a.v.derived.detail != cases[i].want.detail) {
			print_error("“%s”: %d.%d.%d\n", cases[i].in, a.v.derived.cls,
				    a.v.derived.subject, a.v.derived.detail);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void what_decided_is_told(void **state)
{
	static const struct {
		const char *in;
		mw_confidence want;
	} cases[] = {
		{"550 5.7.26 Your email has been blocked because the sender is "
		 "unauthenticated. "
		 "- gsmtp",
		 MW_CONFIDENCE_PROVIDER_TEXT},
		{"550 User unknown", MW_CONFIDENCE_TEXT},
		{"550 5.1.1 Frobnicated", MW_CONFIDENCE_STATUS},
		{"5.1.1", MW_CONFIDENCE_STATUS},
		{"421", MW_CONFIDENCE_CODE},
		{"599 Frobnicated", MW_CONFIDENCE_CLASS},
		{"hello", MW_CONFIDENCE_NONE},
		{"", MW_CONFIDENCE_NONE},
		{"600", MW_CONFIDENCE_NONE},
	};
	asked a;
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		ask(&a, &builtin, cases[i].in);
		if (a.v.confidence != cases[i].want) {
			print_error("“%s”: %s\n", cases[i].in,
				    word(MW_VOCABULARY_CONFIDENCE, a.v.confidence));
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void a_users_rule_wins_over_those_that_are_built_in(void **state)
{
	rules r;
	asked a;

	(void)state;
	open_rules(&r, "rule mine\n\tcategory suppressed\n\ttext user unknown\n"
		       "\tsummary Mine.\n\taction review\n\tfault message\n\tretry 77\n"
		       "\tsender Do mine.\n\texample 550 User unknown\n");
	ask(&a, &r.kb,
	    "550 5.1.1 <bob@example.org>: User unknown in virtual mailbox table");
	assert_true(a.v.user_rule);
	assert_true(mw_str_eq(a.v.rule, MW_LIT("our:mine")));
	assert_int_equal(a.v.category, MW_CATEGORY_SUPPRESSED);
	assert_int_equal(a.v.action, MW_ACTION_REVIEW);
	assert_int_equal(a.v.fault, MW_FAULT_MESSAGE);
	assert_true(mw_str_eq(a.v.summary, MW_LIT("Mine.")));
	assert_int_equal(a.v.remedies[MW_AUDIENCE_SENDER].count, 1);
	assert_true(
		mw_str_eq(mw_knowledge_line(&r.user, a.v.remedies[MW_AUDIENCE_SENDER], 0),
			  MW_LIT("Do mine.")));
	assert_int_equal(a.v.retry_after, -1);
	ask(&a, &r.kb, "450 User unknown");
	assert_int_equal(a.v.retry_after, 77);
	ask(&a, &r.kb, "552 5.2.2 Mailbox full");
	assert_false(a.v.user_rule);
	assert_int_equal(a.v.category, MW_CATEGORY_MAILBOX_FULL);

	mw_knowledge_add_rules(&r.kb, NULL);
	ask(&a, &r.kb, "550 User unknown");
	assert_false(a.v.user_rule);
	assert_int_equal(a.v.category, MW_CATEGORY_RECIPIENT_UNKNOWN);
	close_rules(&r);
}

static void a_rule_that_needs_the_provider_waits_until_it_is_known(void **state)
{
	static const struct {
		const char *in, *provider, *remote;
		bool holds;
	} cases[] = {
		{"550 zebra words of theirs", "", "", false},
		{"550 zebra words of theirs", "gmail", "", true},
		{"550 zebra words of theirs", "yahoo", "", false},
		{"550 zebra words of theirs", "", "gmail-smtp-in.l.google.com", true},
		{"550 zebra words of theirs", "", "GMAIL-SMTP-IN.L.GOOGLE.COM", true},
		{"550 zebra words of theirs", "", "google.com", true},
		{"550 zebra words of theirs", "", "notgoogle.com", false},
		{"550 zebra words of theirs", "", "google.com.example.org", false},
		{"550 zebra words of theirs", "", "mx.example.org", false},
		{"550 zebra words of theirs x1-y2 - gsmtp", "", "", true},
		{"550 <bob@gsmtp.example.org> zebra words of theirs", "", "", false},
		/* who is told wins over who is guessed */
		{"550 zebra words of theirs x1-y2 - gsmtp", "yahoo", "", false},
		{"550 zebra words of theirs", "yahoo", "mx.google.com", false},
	};
	rules r;
	asked a;
	int wrong = 0;

	(void)state;
	open_rules(&r,
		   "rule theirs\n\tprovider gmail\n\tknown\n\tcategory policy\n"
		   "\ttext zebra words of theirs\n\texample 550 zebra words of theirs\n");
	for (size_t i = 0; i < ROWS(cases); i++) {
		mw_outcome_read(&a.o, &a.room, mw_str_of(cases[i].in));
		a.o.provider = mw_str_of(cases[i].provider);
		a.o.remote = mw_str_of(cases[i].remote);
		mw_judge(&r.kb, &a.o, &a.v);
		if (a.v.user_rule != cases[i].holds) {
			print_error("“%s”, provider “%s”, remote “%s”: %.*s\n",
				    cases[i].in, cases[i].provider, cases[i].remote,
				    MW_FMT(a.v.provider));
			wrong++;
		}
	}
	close_rules(&r);
	assert_int_equal(wrong, 0);
}

static void a_provider_that_only_the_user_knows_can_be_named(void **state)
{
	rules r;
	asked a;

	(void)state;
	open_rules(&r,
		   "provider acme\nrule theirs\n\tknown\n\tcategory policy\n"
		   "\ttext zebra words of theirs\n\texample 550 zebra words of theirs\n");
	ask(&a, &r.kb, "550 zebra words of theirs");
	assert_false(a.v.user_rule);
	a.o.provider = MW_LIT("acme");
	mw_judge(&r.kb, &a.o, &a.v);
	assert_true(a.v.user_rule);
	assert_true(mw_str_eq(a.v.provider, MW_LIT("acme")));
	assert_int_equal(a.v.confidence, MW_CONFIDENCE_PROVIDER_TEXT);
	close_rules(&r);
}

static void a_specific_status_outweighs_a_weak_rule(void **state)
{
	static const winner cases[] = {
		{"554 Held by the scanner", "our:weak"},
		{"554 5.7.1 Held by the scanner", "our:weak"},
		{"554 5.0.0 Held by the scanner", "our:weak"},
		{"552 5.2.2 Held by the scanner", ""},
		{"550 5.1.1 Held by the scanner", ""},
		{"552 5.3.4 Held by the scanner", ""},
		{"552 5.2.2 Certain words here", "our:strong"},
		{"554 Held by the scanner. Certain words here", "our:strong"},
		/* of the built-in rules only a strong one wins over a weak one of ours */
		{"550 User unknown. Held by the scanner", ""},
	};

	(void)state;
	check_winners(
		"rule weak\n\tcategory spam-content\n\tweak\n\ttext held by the scanner\n"
		"\texample 554 Held by the scanner\n"
		"rule strong\n\tcategory policy\n\ttext certain words here\n"
		"\texample 554 Certain words here\n",
		cases, ROWS(cases));
}

static void pins_must_hold(void **state)
{
	static const winner cases[] = {
		{"550 zebra exact", "our:code"},
		{"551 zebra exact", ""},
		{"450 zebra exact", ""},
		{"zebra exact", ""},
		{"554 zebra ranged", "our:range"},
		{"559 zebra ranged", "our:range"},
		{"560 zebra ranged", ""},
		{"421 zebra class", "our:class"},
		{"521 zebra class", ""},
		{"550 5.7.26 zebra status", "our:status"},
		{"550 5.7.27 zebra status", ""},
		{"550 4.7.26 zebra status", ""},
		{"550 zebra status", ""},
		{"450 4.9.7 zebra any class", "our:any"},
		{"550 5.9.7 zebra any class", "our:any"},
		{"550 5.8.7 zebra any class", ""},
		{"550 5.7.605 zebra span", ""},
		{"550 5.7.606 zebra span", "our:span"},
		{"550 5.7.649 zebra span", "our:span"},
		{"550 5.7.650 zebra span", ""},
		{"550 5.3.99 zebra subject", "our:subject"},
		{"550 5.4.99 zebra subject", ""},
		{"host mx.example.org[192.0.2.1] said: 550 zebra staged (in reply to "
		 "RCPT TO "
		 "command)",
		 "our:stage"},
		{"host mx.example.org[192.0.2.1] said: 550 zebra staged (in reply to "
		 "DATA command)",
		 ""},
		{"550 zebra staged", ""},
	};

	(void)state;
	check_winners(
		"rule code\n\tcategory policy\n\tcode 550\n\ttext zebra exact\n\texample "
		"550 x\n"
		"rule range\n\tcategory policy\n\tcode 55x\n\ttext zebra "
		"ranged\n\texample 550 x\n"
		"rule class\n\tcategory policy\n\tcode 4xx\n\ttext zebra "
		"class\n\texample 550 x\n"
		"rule status\n\tcategory policy\n\tstatus 5.7.26\n\ttext zebra status\n"
		"\texample 550 x\n"
		"rule any\n\tcategory policy\n\tstatus x.9.7\n\ttext zebra any class\n"
		"\texample 550 x\n"
		"rule span\n\tcategory policy\n\tstatus 5.7.606-649\n\ttext zebra span\n"
		"\texample 550 x\n"
		"rule subject\n\tcategory policy\n\tstatus 5.3.x\n\ttext zebra subject\n"
		"\texample 550 x\n"
		"rule stage\n\tcategory policy\n\tstage rcpt mail\n\ttext zebra staged\n"
		"\texample 550 x\n",
		cases, ROWS(cases));
}

static void a_phrase_that_must_be_absent_turns_its_rule_off(void **state)
{
	static const winner cases[] = {
		{"550 mailbox asleep", "our:asleep"},
		{"550 mailbox asleep until it wakes up", ""},
		{"550 mailbox asleep until it WAKES UP", ""},
		{"550 It wakes up. Mailbox asleep", ""},
		{"550 mailbox asleep until moved", ""},
		{"550 mailbox asleep, wakes", "our:asleep"},
		{"550 mailbox asleep, Временно", ""},
		{"550 mailbox asleep, временно", ""},
		{"550 mailbox asleep, ÉTEINTE", ""},
	};

	(void)state;
	check_winners(
		"rule asleep\n\tcategory policy\n\ttext mailbox asleep\n\tnot wakes up\n"
		"\tnot Moved\n\tnot Временно\n\tnot Éteinte\n"
		"\texample 550 mailbox asleep\n",
		cases, ROWS(cases));
}

static void a_phrase_begins_with_a_word_and_may_end_inside_one(void **state)
{
	static const winner cases[] = {
		{"550 zebralist", "our:stem"},
		{"550 zebralisted", "our:stem"},
		{"550 ZebraListed", "our:stem"},
		{"550 (zebralisted)", "our:stem"},
		{"550 x-zebralisted", "our:stem"},
		{"550 unzebralisted", ""},
		{"550 9zebralisted", ""},
		{"550 gnublack", "our:whole"},
		{"550 gnublack.", "our:whole"},
		{"550 gnublacks", ""},
		{"550 gnublack9", ""},
		{"550 gnublacks, a gnublack", "our:whole"},
		{"550 okapifree", "our:inside"},
		{"550 unokapifreed", "our:inside"},
		{"550 [S3140] x", "our:sign"},
		{"550 a[s3140] x", "our:sign"},
		/* letters of other scripts are no bounds */
		{"550 яzebralisted", "our:stem"},
		{"550 邮箱已满啦", "our:han"},
	};

	(void)state;
	check_winners(
		"rule stem\n\tcategory policy\n\ttext zebralist\n\texample 550 x\n"
		"rule whole\n\tcategory policy\n\ttext gnublack|\n\texample 550 x\n"
		"rule inside\n\tcategory policy\n\ttext ~okapifree\n\texample 550 x\n"
		"rule sign\n\tcategory policy\n\ttext [s3140]\n\texample 550 x\n"
		"rule han\n\tcategory policy\n\ttext 箱已满\n\texample 550 x\n",
		cases, ROWS(cases));
}

/* "550 zebra" + n bytes + "okapis" + m bytes + "tapir" */
static void spread(char *out, size_t size, int n, int m)
{
	snprintf(out, size, "550 zebra %.*s okapis %.*s tapir", n - 2,
		 "......................................................................."
		 "........."
		 "......................................................................."
		 "........."
		 "......................................................................."
		 ".........",
		 m - 2,
		 "......................................................................."
		 "........."
		 "......................................................................."
		 "........."
		 "......................................................................."
		 "........");
}

static void a_gap_is_at_most_160_bytes(void **state)
{
	static const struct {
		int n, m;
		bool holds;
	} cases[] = {
		{2, 2, true},   {160, 160, true}, {161, 2, false},   {2, 161, false},
		{160, 2, true}, {2, 160, true},   {200, 200, false}, {159, 159, true},
	};
	char in[1024];
	rules r;
	asked a;

	(void)state;
	/* the longest part, where the scan begins, last, in the middle and first */
	static const char *const texts[] = {"rule gap\n\tcategory policy\n\ttext zebra * "
					    "okapis * tapir\n\texample 550 x\n",
					    "rule gap\n\tcategory policy\n\ttext bra * "
					    "okapi * tapir\n\texample 550 x\n",
					    "rule gap\n\tcategory policy\n\ttext zebra * "
					    "okap * tapir\n\texample 550 x\n"};

	for (size_t t = 0; t < ROWS(texts); t += 2) {
		open_rules(&r, texts[t]);
		for (size_t i = 0; i < ROWS(cases); i++) {
			/* the third phrase is two bytes shorter in the middle */
			if (t == 2 && cases[i].m > 150 && cases[i].m <= 160)
				continue;
			spread(in, sizeof in, cases[i].n, cases[i].m);
			ask(&a, &r.kb, in);
			if (a.v.user_rule != cases[i].holds)
				print_error("gaps of %d and %d\n", cases[i].n,
					    cases[i].m);
			assert_int_equal(a.v.user_rule, cases[i].holds);
		}
		close_rules(&r);
	}
}

static void the_parts_of_a_phrase_stand_in_order(void **state)
{
	static const winner cases[] = {
		{"550 aardvark then beaver then cormorants", "our:three"},
		{"550 aardvark beaver cormorants", "our:three"},
		{"550 AARDVARK, BEAVER, CORMORANTS", "our:three"},
		{"550 beaver aardvark cormorants", ""},
		{"550 cormorants beaver aardvark", ""},
		{"550 aardvark cormorants beaver", ""},
		{"550 aardvark cormorants", ""},
		{"550 aardvarkbeaver cormorants", ""},
		/* the right ones of several */
		{"550 cormorants aardvark beaver cormorants", "our:three"},
		{"550 beaver aardvark beaver cormorants", "our:three"},
		{"550 aardvark aardvark beaver beaver cormorants", "our:three"},
		{"550 cormorants beaver aardvark cormorants beaver aardvark beaver "
		 "cormorants",
		 "our:three"},
		/* the second of two words is near enough to the third part */
		{"550 dromedaries elk "
		 "...................................................... "
		 "......................................................................."
		 ".... elk "
		 "......................................................................."
		 "..... "
		 "fox",
		 "our:behind"},
	};

	(void)state;
	check_winners(
		"rule three\n\tcategory policy\n\ttext aardvark * beaver * cormorants\n"
		"\texample 550 x\n"
		"rule behind\n\tcategory policy\n\ttext dromedaries * elk * "
		"fox\n\texample 550 x\n",
		cases, ROWS(cases));
}

static void case_is_ignored_in_every_script_that_has_it(void **state)
{
	static const winner cases[] = {
		{"550 zebra quota", "our:ascii"},
		{"550 ZEBRA QUOTA", "our:ascii"},
		{"550 zebra\tquota", "our:ascii"},
		{"550 zebra\r\n550 quota", "our:ascii"},
		{"550 ящик зебры полон", "our:cyrillic"},
		{"550 ЯЩИК ЗЕБРЫ ПОЛОН", "our:cyrillic"},
		{"550 Ящик Зебры Полон", "our:cyrillic"},
		{"550 ЁЖ В ЯЩИКЕ", "our:yo"},
		{"550 ЇЖАК Є В ЯЩИКУ", "our:ukrainian"},
		{"550 boîte zébrée pleine", "our:latin"},
		{"550 BOÎTE ZÉBRÉE PLEINE", "our:latin"},
		{"550 SKRZYNKA ŻEBRY PEŁNA", "our:polish"},
		{"550 DOLU ŞERİT KUTU", "our:turkish"},
		{"550 ΤΟ ΓΡΑΜΜΑΤΟΚΙΒΩΤΙΟ", "our:greek"},
		{"550 SCHRÄNKE GRÖSSE ÜBERFÜLLT", "our:german"},
	};

	(void)state;
	check_winners(
		"rule ascii\n\tcategory policy\n\ttext Zebra Quota\n\texample 550 x\n"
		"rule cyrillic\n\tcategory policy\n\ttext Ящик зебры полон\n\texample "
		"550 x\n"
		"rule yo\n\tcategory policy\n\ttext ёж в ящике\n\texample 550 x\n"
		"rule ukrainian\n\tcategory policy\n\ttext їжак є в ящику\n\texample 550 "
		"x\n"
		"rule latin\n\tcategory policy\n\ttext Boîte zébrée pleine\n\texample "
		"550 x\n"
		"rule polish\n\tcategory policy\n\ttext skrzynka żebry pełna\n\texample "
		"550 x\n"
		"rule turkish\n\tcategory policy\n\ttext dolu ŞERİT kutu\n\texample 550 "
		"x\n"
		"rule greek\n\tcategory policy\n\ttext το γραμματοκιβωτιο\n\texample 550 "
		"x\n"
		"rule german\n\tcategory policy\n\ttext schränke grösse "
		"überfüllt\n\texample 550 x\n",
		cases, ROWS(cases));
}

static void the_rule_that_pins_more_down_wins(void **state)
{
	static const winner cases[] = {
		{"550 zebra crossing", "our:long"},
		{"550 zebra crossi", "our:code"},
		{"451 zebra crossi", "our:plain"},
		{"550 5.9.9 zebra crossi", "our:status"},
		{"550 zebra crossi on friday", "our:more"},
		{"451 okapi words", "our:weakest"},
		{"451 a much longer and weak phrase of okapis", "our:weakest"},
		{"451 a much longer and weak phrase of okapis, strong", "our:tiny"},
	};

	(void)state;
	check_winners(
		"rule plain\n\tcategory policy\n\ttext zebra cross\n\texample 550 x\n"
		"rule code\n\tcategory policy\n\tcode 550\n\ttext zebra cross\n\texample "
		"550 x\n"
		"rule status\n\tcategory policy\n\tstatus 5.9.9\n\ttext zebra cross\n"
		"\texample 550 x\n"
		"rule long\n\tcategory policy\n\ttext zebra crossing\n\texample 550 x\n"
		"rule more\n\tcategory policy\n\ttext zebra crossi on friday\n\texample "
		"550 x\n"
		"rule weakest\n\tcategory policy\n\tweak\n\ttext okapi words\n"
		"\ttext a much longer and weak phrase of okapis\n\texample 550 x\n"
		"rule tiny\n\tcategory policy\n\ttext strong\n\texample 550 x\n",
		cases, ROWS(cases));
}

static void the_order_of_the_rules_changes_nothing(void **state)
{
	static const char *const orders[] = {
		"rule a\n\tcategory policy\n\ttext zebra words\n\texample 550 x\n"
		"rule b\n\tcategory virus\n\ttext okapi words\n\texample 550 x\n",
		"rule b\n\tcategory virus\n\ttext okapi words\n\texample 550 x\n"
		"rule a\n\tcategory policy\n\ttext zebra words\n\texample 550 x\n"};
	static const char *const texts[] = {"550 zebra words, okapi words",
					    "550 okapi words, zebra words"};
	mw_category first = MW_CATEGORY_UNKNOWN;
	rules r;
	asked a;

	(void)state;
	for (size_t i = 0; i < ROWS(orders); i++) {
		open_rules(&r, orders[i]);
		for (size_t k = 0; k < ROWS(texts); k++) {
			ask(&a, &r.kb, texts[k]);
			assert_true(a.v.user_rule);
			if (i == 0 && k == 0)
				first = a.v.category;
			assert_int_equal(a.v.category, first);
		}
		close_rules(&r);
	}
}

static void a_match_is_told_with_its_place(void **state)
{
	mw_match match[4];
	rules r;
	asked a;

	(void)state;
	open_rules(&r,
		   "rule zebra\n\tcategory policy\n\ttext zebra words\n\texample 550 x\n"
		   "rule pinned\n\tcategory policy\n\tcode 450\n\ttext okapi words\n"
		   "\texample 550 x\n");
	ask(&a, &r.kb, "550 see Zebra Words, okapi words");
	const size_t n = mw_judge_matches(&r.kb, &a.o, match, ROWS(match));

	assert_true(n >= 1);
	assert_true(match[0].user);
	assert_true(mw_str_eq(match[0].rule, MW_LIT("our:zebra")));
	assert_true(mw_str_eq(match[0].phrase, MW_LIT("zebra words")));
	assert_int_equal(match[0].pos, 4);
	for (size_t i = 1; i < n && i < ROWS(match); i++)
		assert_false(match[i].user);
	assert_int_equal(mw_judge_matches(&r.kb, &a.o, match, 0), n);
	close_rules(&r);
}

static void a_phrase_is_found_at_every_place_of_a_text(void **state)
{
	char in[700];
	rules r;
	asked a;

	(void)state;
	open_rules(&r, "rule five\n\tcategory policy\n\ttext ~zxqvw\n\texample 550 x\n");
	for (size_t at = 4; at < sizeof in - 6; at++) {
		memset(in, '.', sizeof in);
		memcpy(in, "550 ", 4);
		memcpy(in + at, "zxqvw", 5);
		/* at the end, and with more behind it */
		for (size_t more = 0; more < 2; more++) {
			mw_outcome_read(&a.o, &a.room, (mw_str){in, at + 5 + more});
			mw_judge(&r.kb, &a.o, &a.v);
			assert_true(a.v.user_rule);
		}
		mw_outcome_read(&a.o, &a.room, (mw_str){in, at + 4});
		mw_judge(&r.kb, &a.o, &a.v);
		assert_false(a.v.user_rule);
	}
	close_rules(&r);
}

static void the_longest_text_is_judged_to_its_end(void **state)
{
	const size_t len = 3 * MW_TEXT_MAX;
	char *in = malloc(len);
	asked a;

	(void)state;
	assert_non_null(in);
	memset(in, 'x', len);
	memcpy(in, "550 ", 4);
	memcpy(in + len - 13, " user unknown", 13);
	mw_outcome_read(&a.o, &a.room, (mw_str){in, len});
	mw_judge(&builtin, &a.o, &a.v);
	assert_int_equal(a.v.category, MW_CATEGORY_RECIPIENT_UNKNOWN);
	/* windows-1252 doubles its bytes */
	memset(in + 4, '\xe4', len - 4 - 13);
	mw_outcome_read(&a.o, &a.room, (mw_str){in, len});
	mw_judge(&builtin, &a.o, &a.v);
	assert_int_equal(a.v.category, MW_CATEGORY_RECIPIENT_UNKNOWN);
	free(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_digit_says_for_how_long),
		cmocka_unit_test(a_dead_address_is_told),
		cmocka_unit_test(no_block_limit_or_loss_makes_an_address_bad),
		cmocka_unit_test(no_address_is_bad_before_it_was_named),
		cmocka_unit_test(what_holds_for_every_verdict_holds_for_every_example),
		cmocka_unit_test(what_holds_for_every_verdict_holds_for_every_number),
		cmocka_unit_test(the_words_say_how_long_to_wait),
		cmocka_unit_test(a_time_that_is_no_wait_is_not_taken_for_one),
		cmocka_unit_test(for_good_there_is_no_schedule),
		cmocka_unit_test(a_blocklist_is_named_with_the_page_to_look_it_up),
		cmocka_unit_test(no_blocklist_is_named_where_none_is_the_reason),
		cmocka_unit_test(the_sender_is_named_as_the_words_name_it),
		cmocka_unit_test(a_status_is_derived_only_where_none_was_stated),
		cmocka_unit_test(what_decided_is_told),
		cmocka_unit_test(a_users_rule_wins_over_those_that_are_built_in),
		cmocka_unit_test(a_rule_that_needs_the_provider_waits_until_it_is_known),
		cmocka_unit_test(a_provider_that_only_the_user_knows_can_be_named),
		cmocka_unit_test(a_specific_status_outweighs_a_weak_rule),
		cmocka_unit_test(pins_must_hold),
		cmocka_unit_test(a_phrase_that_must_be_absent_turns_its_rule_off),
		cmocka_unit_test(a_phrase_begins_with_a_word_and_may_end_inside_one),
		cmocka_unit_test(a_gap_is_at_most_160_bytes),
		cmocka_unit_test(the_parts_of_a_phrase_stand_in_order),
		cmocka_unit_test(case_is_ignored_in_every_script_that_has_it),
		cmocka_unit_test(the_rule_that_pins_more_down_wins),
		cmocka_unit_test(the_order_of_the_rules_changes_nothing),
		cmocka_unit_test(a_match_is_told_with_its_place),
		cmocka_unit_test(a_phrase_is_found_at_every_place_of_a_text),
		cmocka_unit_test(the_longest_text_is_judged_to_its_end),
	};

	return cmocka_run_group_tests(tests, open_builtin, NULL);
}
