/* SPDX-License-Identifier: MIT
 *
 * The client's session: dialogues with a server, replayed in pieces of 1, 2, 7 bytes and
 * whole; messages cut anywhere; the limits.
 *
 * A dialogue has lines "S what the server says", "C what must be said to it", "E what
 * must be told" (the event, and for replies: recipient, stage, code), "X": the connection
 * ends. A "*" at the end of a line stands for anything. What is said or told and not
 * expected fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <mailwhy/mailwhy.h>
#include <stdio.h>
#include <stdlib.h>

#define OUT_MAX  (64 * 1024)
#define RCPT_MAX 300

typedef struct dialogue {
	const char *name;
	bool lmtp;
	unsigned mails; /* 0: 1 */
	mw_mail mail;
	const char *rcpts; /* parted by blanks; NULL: "a@x.example" */
	unsigned notify;
	mw_str orcpt;
	const char *body; /* NULL: "Hi\r\n" */
	const char *script;
} dialogue;

typedef struct peer {
	const dialogue *d;
	mw_smtp_client_params params;
	mw_smtp_client s;
	mw_smtp_recipient rcpts[RCPT_MAX];
	size_t count;
	unsigned mails;
	mw_buf out;
	char memory[OUT_MAX], in[200000], events[20000];
	size_t used, shown, len, out_at, events_at;
	bool giving;
	mw_smtp_offers offers;
	unsigned outcomes[RCPT_MAX];
} peer;

static const char *stage_name(mw_stage stage)
{
	return mw_name(MW_VOCABULARY_STAGE, (int)stage).ptr;
}

static void log_event(peer *p, const char *text)
{
	const size_t n = strlen(p->events);

	snprintf(p->events + n, sizeof p->events - n, "%s\n", text);
}

static void log_reply(peer *p, const mw_smtp_client_event *e)
{
	char line[200];

	assert_true(e->index < p->count);
	p->outcomes[e->index]++;
	snprintf(line, sizeof line, "reply %zu %s %d%s", e->index, stage_name(e->stage),
		 e->reply.code, e->own ? " own" : "");
	log_event(p, line);
}

static void log_failure(peer *p, const mw_smtp_client_event *e)
{
	char line[300];

	if (e->reply.code != 0)
		snprintf(line, sizeof line, "failed %s %d", stage_name(e->stage),
			 e->reply.code);
	else
		snprintf(line, sizeof line, "failed %s %s%s", stage_name(e->stage),
			 e->broken ? "broken: " : "", e->text);
	log_event(p, line);
}

static void read_rcpts(peer *p)
{
	const char *s = p->d->rcpts != NULL ? p->d->rcpts : "a@x.example";

	p->count = 0;
	while (*s != '\0') {
		const size_t n = strcspn(s, " ");

		p->rcpts[p->count++].rcpt = (mw_rcpt){.recipient = {s, n},
						      .notify = p->d->notify,
						      .orcpt = p->d->orcpt};
		s += n + (s[n] == ' ');
	}
}

static void next_mail(peer *p)
{
	if (p->mails == 0) {
		mw_smtp_client_quit(&p->s);
		return;
	}
	p->mails--;
	memset(p->outcomes, 0, sizeof p->outcomes);
	mw_smtp_client_mail(&p->s, &p->d->mail, p->rcpts, p->count);
}

static void give_body(peer *p)
{
	const mw_str body = mw_str_of(p->d->body != NULL ? p->d->body : "Hi\r\n");
	size_t n = 0;

	p->giving = false;
	assert_int_equal(mw_smtp_client_deadline(&p->s), 180);
	while (n < body.len)
		n += mw_smtp_client_body(&p->s, mw_str_head(mw_str_skip(body, n), 3),
					 &p->out);
	mw_smtp_client_end(&p->s);
}

static void take(peer *p, const mw_smtp_client_event *e)
{
	switch (e->kind) {
	case MW_CLIENT_NONE:
		break;
	case MW_CLIENT_READY:
		p->offers = *e->offers;
		log_event(p, "ready");
		next_mail(p);
		break;
	case MW_CLIENT_REPLY:
		log_reply(p, e);
		break;
	case MW_CLIENT_WANT_BODY:
		log_event(p, "body");
		p->giving = true;
		break;
	case MW_CLIENT_DONE:
		for (size_t i = 0; i < p->count; i++)
			assert_int_equal(p->outcomes[i], 1);
		log_event(p, "done");
		next_mail(p);
		break;
	case MW_CLIENT_CLOSED:
		log_event(p, "closed");
		break;
	case MW_CLIENT_FAILED:
		log_failure(p, e);
		break;
	}
}

/* Gives the session what came so far, grown by `piece` bytes a time. */
static void drive(peer *p, size_t piece)
{
	for (;;) {
		mw_smtp_client_event e;
		const mw_str in = {p->in + p->used, p->shown - p->used};
		const size_t n = mw_smtp_client_feed(&p->s, in, &p->out, &e);

		assert_true(n <= in.len);
		assert_false(p->out.lost);
		p->used += n;
		take(p, &e);
		if (e.kind != MW_CLIENT_NONE)
			continue;
		if (p->giving) {
			give_body(p);
			continue;
		}
		if (p->shown == p->len)
			return;
		p->shown = p->len - p->shown < piece ? p->len : p->shown + piece;
	}
}

static bool matches(mw_str pattern, mw_str s)
{
	if (pattern.len > 0 && pattern.ptr[pattern.len - 1] == '*') {
		pattern.len--;
		s = mw_str_head(s, pattern.len);
	}
	return mw_str_eq(pattern, s);
}

/* The next line behind *at of `text`, which must be that. */
static void expect(mw_str text, size_t *at, mw_str pattern, const char *where)
{
	mw_str rest = mw_str_skip(text, *at), line;

	if (!mw_str_cut_line(&rest, &line))
		fail_msg("%s: nothing came, expected %.*s", where, MW_FMT(pattern));
	if (!matches(pattern, line))
		fail_msg("%s: came %.*s, expected %.*s", where, MW_FMT(line),
			 MW_FMT(pattern));
	*at = text.len - rest.len;
}

static void expect_no_more(const peer *p, const char *where)
{
	if (p->out_at != p->out.len)
		fail_msg("%s: unexpected: %.*s", where,
			 MW_FMT(mw_str_skip(mw_buf_str(&p->out), p->out_at)));
	if (p->events_at != strlen(p->events))
		fail_msg("%s: told: %s", where, p->events + p->events_at);
}

static void start(peer *p, const dialogue *d)
{
	memset(p, 0, sizeof *p);
	p->d = d;
	p->params = (mw_smtp_client_params){.hostname = MW_LIT("me.example"),
					    .lmtp = d->lmtp};
	p->mails = d->mails != 0 ? d->mails : 1;
	read_rcpts(p);
	mw_buf_init(&p->out, p->memory, sizeof p->memory);
	mw_smtp_client_init(&p->s, &p->params);
}

static void replay(const dialogue *d, size_t piece)
{
	static peer p;
	char where[200];
	mw_str rest = mw_str_of(d->script), line;
	char before = 'S';

	start(&p, d);
	for (unsigned number = 1; mw_str_cut_line(&rest, &line); number++) {
		const mw_str text = mw_str_skip(line, 2);

		snprintf(where, sizeof where, "%s, line %u (pieces of %zu)", d->name,
			 number, piece);
		if (line.ptr[0] == 'S' && before != 'S') {
			drive(&p, piece);
			expect_no_more(&p, where);
		}
		if (line.ptr[0] == 'S') {
			memcpy(p.in + p.len, text.ptr, text.len);
			memcpy(p.in + p.len + text.len, "\r\n", 2);
			p.len += text.len + 2;
		} else {
			drive(&p, piece);
		}
		if (line.ptr[0] == 'X') {
			mw_smtp_client_lost(&p.s, "lost");
			drive(&p, piece);
		} else if (line.ptr[0] == 'C') {
			expect(mw_buf_str(&p.out), &p.out_at, text, where);
		} else if (line.ptr[0] == 'E') {
			expect(mw_str_of(p.events), &p.events_at, text, where);
		}
		before = line.ptr[0];
	}
	drive(&p, piece);
	expect_no_more(&p, d->name);
}

#define HELLO    "S 220 mx\nC EHLO me.example\nS 250 mx\nE ready\n"
#define PIPE     "S 220 mx\nC EHLO me.example\nS 250-mx\nS 250 PIPELINING\nE ready\n"
#define LHLO     "S 220 mx\nC LHLO me.example\nS 250-mx\nS 250 PIPELINING\nE ready\n"
#define MAIL     "C MAIL FROM:<s@y.example>\n"
#define RCPT     "C RCPT TO:<a@x.example>\n"
#define BYE      "C QUIT\nS 221 bye\nE closed\n"
#define SENDER   .mail.sender = {"s@y.example", 11}
#define TWO      .rcpts = "a@x.example b@x.example"
#define TWO_SENT MAIL RCPT "C RCPT TO:<b@x.example>\nC DATA\n"

static const dialogue dialogues[] = {
	{"one at a time", SENDER, TWO,
	 .script =
		 HELLO MAIL "S 250 ok\n" RCPT "S 250 ok\nC RCPT TO:<b@x.example>\nS 251 "
			    "ok\nC DATA\nS 354 go\nE body\nC Hi\nC .\nS 250 taken\nE "
			    "reply 0 content 250\nE reply 1 content 250\nE done\n" BYE},
	{"pipelined", SENDER, TWO,
	 .script = PIPE TWO_SENT
	 "S 250 ok\nS 250 ok\nS 550 5.1.1 no\nS 354 go\nE reply 1 rcpt 550\nE body\n"
	 "C Hi\nC .\nS 250 taken\nE reply 0 content 250\nE done\n" BYE},
	{"lmtp", true, SENDER, .rcpts = "a@x.example b@x.example c@x.example",
	 .script = LHLO MAIL RCPT "C RCPT TO:<b@x.example>\nC RCPT TO:<c@x.example>\nC "
				  "DATA\nS 250 ok\nS 250 ok\nS 550 no\nS 250 ok\nS 354 "
				  "go\nE reply 1 rcpt 550\nE body\nC Hi\nC .\nS 250 in\n"
				  "E reply 0 content 250\nS 452 full\n"
				  "E reply 2 content 452\nE done\n" BYE},
	{"lmtp, nobody taken, yet 354", true, SENDER, TWO,
	 .script = LHLO TWO_SENT "S 250 ok\nS 550 no\nS 550 no\nS 354 go\nE reply 0 rcpt "
				 "550\nE reply 1 rcpt 550\nC .\nE done\n" BYE},
	{"lmtp knows no HELO", true, SENDER,
	 .script =
		 "S 220 mx\nC LHLO me.example\nS 500 what\nE failed ehlo 500\nC QUIT\n"},
	{"all refused, DATA was sent", SENDER, TWO,
	 .script = PIPE TWO_SENT "S 250 ok\nS 550 no\nS 450 no\nS 503 nobody\nE reply 0 "
				 "rcpt 550\nE reply 1 rcpt 450\nE done\n" BYE},
	{"all refused, yet 354", SENDER, TWO,
	 .script =
		 PIPE TWO_SENT "S 250 ok\nS 550 no\nS 450 no\nS 354 go\nE reply 0 rcpt "
			       "550\nE reply 1 rcpt 450\nC .\nS 554 none\nE done\n" BYE},
	{"all refused, no DATA, then RSET", .mails = 2, SENDER,
	 .script = HELLO MAIL
	 "S 250 ok\n" RCPT "S 550 no\nE reply 0 rcpt 550\nE done\nC RSET\nS 250 ok\n" MAIL
	 "S 250 ok\n" RCPT "S 250 ok\nC DATA\nS 354 go\nE body\n"
	 "C Hi\nC .\nS 250 ok\nE reply 0 content 250\nE done\n" BYE},
	{"two mails", .mails = 2, SENDER,
	 .script = PIPE MAIL RCPT "C DATA\nS 250 ok\nS 250 ok\nS 354 go\nE body\nC Hi\nC "
				  ".\nS 250 ok\nE reply 0 content 250\nE done\n" MAIL RCPT
				  "C DATA\nS 250 ok\nS 250 ok\nS 354 go\nE body\nC Hi\nC "
				  ".\nS 554 spam\nE reply 0 content 554\nE done\n" BYE},
	{"MAIL refused", SENDER, TWO,
	 .script = HELLO MAIL "S 550 no\nE reply 0 mail 550\nE reply 1 mail 550\nE "
			      "done\n" BYE},
	{"MAIL refused, the rest was sent", .mails = 2, SENDER, TWO,
	 .script = PIPE TWO_SENT
	 "S 451 no\nE reply 0 mail 451\nE reply 1 mail 451\nS 503 no\nS 250 odd\nS 503 "
	 "no\nE done\nC RSET\n" TWO_SENT
	 "S 250 ok\nS 250 ok\nS 250 ok\nS 250 ok\nS 354 go\nE body\nC Hi\nC .\nS 250 "
	 "ok\nE reply 0 content 250\nE reply 1 content 250\nE done\n" BYE},
	{"MAIL refused, yet 354", SENDER,
	 .script = PIPE MAIL RCPT "C DATA\nS 550 no\nS 250 ok\nS 354 go\nE reply 0 mail "
				  "550\nE failed data broken: *\n"},
	{"DATA refused for now", SENDER, TWO,
	 .script =
		 PIPE TWO_SENT "S 250 ok\nS 250 ok\nS 550 no\nS 451 busy\nE reply 1 rcpt "
			       "550\nE reply 0 data 451\nE done\n" BYE},
	{"RSET refused", .mails = 2, SENDER,
	 .script = HELLO MAIL "S 550 no\nE reply 0 mail 550\nE done\nC RSET\nS 502 no\nE "
			      "failed mail 502\nC QUIT\n"},
	{"greeting of many lines", SENDER,
	 .script = "S 220-mx\nS 220-no spam\nS 220\nC EHLO me.example\nS 250 mx\nE "
		   "ready\n" MAIL "S 550 no\nE reply 0 mail 550\nE done\n" BYE},
	{"greeting refuses", SENDER,
	 .script = "S 554-no\nS 554 service\nE failed connect 554\nC QUIT\n"},
	{"greeting refuses for now", SENDER,
	 .script = "S 450 later\nE failed connect 450\nC QUIT\n"},
	{"greeting says 421", SENDER, .script = "S 421 busy\nE failed connect 421\n"},
	{"no greeting", SENDER, .script = "S SSH-2.0-x\nE failed connect broken: *\n"},
	{"no greeting, but a web server", SENDER,
	 .script = "S HTTP/1.1 400 Bad Request\nE failed connect broken: *\n"},
	{"greeting changes its mind", SENDER,
	 .script = "S 220-mx\nS 554 mx\nE failed connect broken: *\n"},
	{"greeting asks", SENDER, .script = "S 354 go\nE failed connect broken: *\n"},
	{"HELO", SENDER,
	 .script =
		 "S 220 mx\nC EHLO me.example\nS 502 what\nC HELO me.example\nS 250 mx\n"
		 "E ready\n" MAIL "S 250 ok\n" RCPT
		 "S 550 no\nE reply 0 rcpt 550\nE done\n" BYE},
	{"HELO refused", SENDER,
	 .script =
		 "S 220 mx\nC EHLO me.example\nS 500 what\nC HELO me.example\nS 550 no\n"
		 "E failed ehlo 550\nC QUIT\n"},
	{"EHLO refused for now", SENDER,
	 .script = "S 220 mx\nC EHLO me.example\nS 451 no\nE failed ehlo 451\nC QUIT\n"},
	{"421 at RCPT", SENDER, TWO,
	 .script = PIPE TWO_SENT "S 250 ok\nS 550 no\nS 421 bye\nE reply 0 rcpt 550\nE "
				 "failed rcpt 421\n"},
	{"421 after the dot", true, SENDER, TWO,
	 .script = LHLO TWO_SENT "S 250 ok\nS 250 ok\nS 250 ok\nS 354 go\nE body\nC "
				 "Hi\nC .\nS 250 ok\nS 421 bye\n"
				 "E reply 0 content 250\nE failed content 421\n"},
	{"lost in a reply", SENDER,
	 .script = HELLO MAIL "S 250-ok\nX\nE failed mail lost\n"},
	{"lost before the greeting", SENDER, .script = "X\nE failed connect lost\n"},
	{"lost after the dot", SENDER,
	 .script = PIPE MAIL RCPT "C DATA\nS 250 ok\nS 250 ok\nS 354 go\nE body\nC Hi\nC "
				  ".\nX\nE failed content lost\n"},
	{"lost after the farewell", SENDER,
	 .script = HELLO MAIL "S 550 no\nE reply 0 mail 550\nE done\nC QUIT\nX\n"
			      "E closed\n"},
	{"354 to RCPT", SENDER,
	 .script =
		 PIPE MAIL RCPT "C DATA\nS 250 ok\nS 354 ok\nE failed rcpt broken: *\n"},
	{"250 to DATA", SENDER,
	 .script = PIPE MAIL RCPT
	 "C DATA\nS 250 ok\nS 250 ok\nS 250 ok\nE failed data broken: *\n"},
	{"354 to the dot", SENDER,
	 .script = PIPE MAIL RCPT "C DATA\nS 250 ok\nS 250 ok\nS 354 go\nE body\nC Hi\nC "
				  ".\nS 354 ok\nE failed content broken: *\n"},
	{"garbage in a reply", SENDER,
	 .script = HELLO MAIL "S 250-ok\nS 25 ok\nE failed mail broken: *\n"},
	{"parameters",
	 .mail = {.sender = {"s@y.example", 11},
		  .size = 1234,
		  .body = MW_BODY_8BITMIME,
		  .smtputf8 = true,
		  .requiretls = true,
		  .ret = MW_RET_HDRS,
		  .envid = {"QQ314159", 8}},
	 .rcpts = "\xc3\xa9@x.example", .notify = MW_NOTIFY_SUCCESS | MW_NOTIFY_DELAY,
	 .orcpt = {"rfc822;e@x.example", 18},
	 .script =
		 "S 220 mx\nC EHLO me.example\nS 250-mx\nS 250-SIZE 5000\nS "
		 "250-8bitmime\nS 250-SMTPUTF8\nS 250-RequireTLS\nS 250 DSN\nE ready\n"
		 "C MAIL FROM:<s@y.example> SIZE=1234 BODY=8BITMIME SMTPUTF8 REQUIRETLS "
		 "RET=HDRS ENVID=QQ314159\nS 250 ok\n"
		 "C RCPT TO:<\xc3\xa9@x.example> NOTIFY=SUCCESS,DELAY "
		 "ORCPT=rfc822;e@x.example\nS 550 no\nE reply 0 rcpt 550\nE done\n" BYE},
	{"parameters that are not offered",
	 .mail = {.sender = {"s@y.example", 11},
		  .size = 1234,
		  .body = MW_BODY_8BITMIME,
		  .ret = MW_RET_FULL,
		  .envid = {"QQ", 2}},
	 .notify = MW_NOTIFY_NEVER, .orcpt = {"rfc822;a@x", 10},
	 .script = PIPE MAIL RCPT "C DATA\nS 550 no\nE reply 0 mail 550\nS 503 no\nS 503 "
				  "no\nE done\n" BYE},
	{"words that are none", .mail = {.envid = {"a b", 3}, .ret = MW_RET_FULL},
	 .notify = MW_NOTIFY_NEVER, .orcpt = {"rfc822;a\r\nRSET", 14},
	 .script = "S 220 mx\nC EHLO me.example\nS 250-mx\nS 250 DSN\nE ready\n"
		   "C MAIL FROM:<> RET=FULL\nS 250 ok\n"
		   "C RCPT TO:<a@x.example> NOTIFY=NEVER\nS 550 no\n"
		   "E reply 0 rcpt 550\nE done\n" BYE},
	{"addresses that are none", SENDER,
	 .rcpts = "a@x.example> a@x.example>\r\nRCPT a@x.example \xc3\xa9@x.example "
		  "@x.example:a@x.example",
	 .script = PIPE MAIL
	 "C RCPT TO:<a@x.example>\nC RCPT TO:<@x.example:a@x.example>\nC DATA\nS 250 "
	 "ok\nE "
	 "reply 0 rcpt 553 own\nE reply 1 rcpt 553 own\nS 250 ok\nE reply 3 rcpt 553 "
	 "own\n"
	 "S 550 no\nE reply 4 rcpt 550\nS 354 go\nE body\nC Hi\nC .\nS 250 ok\nE reply 2 "
	 "content 250\nE done\n" BYE},
	{"no address at all", SENDER, .rcpts = "a\nb",
	 .script = HELLO MAIL "S 250 ok\nE reply 0 rcpt 553 own\nE done\n" BYE},
	{"a sender that is none", .mail.sender = {"s@y.example>\r\nRSET", 18}, TWO,
	 .script = PIPE "E reply 0 mail 553 own\nE reply 1 mail 553 own\nE done\n" BYE},
	{"no SMTPUTF8", .mail = {.smtputf8 = true},
	 .script = PIPE "E reply 0 mail 550 own\nE done\n" BYE},
	{"no REQUIRETLS", .mail = {.requiretls = true},
	 .script = PIPE "E reply 0 mail 550 own\nE done\n" BYE},
	{"binary", .mail = {.body = MW_BODY_BINARYMIME},
	 .script = PIPE "E reply 0 mail 554 own\nE done\n" BYE},
	{"dots and bare line ends", SENDER, .body = ".\r\n..\nx\r.\r\r\n\n.end",
	 .script =
		 PIPE MAIL RCPT "C DATA\nS 250 ok\nS 250 ok\nS 354 go\nE body\nC ..\nC "
				"...\nC x\nC ..\nC \nC \nC ..end\nC .\nS 250 ok\nE reply "
				"0 content 250\nE done\n" BYE},
	{"no body", SENDER, .body = "",
	 .script = PIPE MAIL RCPT "C DATA\nS 250 ok\nS 250 ok\nS 354 go\nE body\nC .\nS "
				  "250 ok\nE reply 0 content 250\nE done\n" BYE},
	{"refused while it comes", SENDER,
	 .script = PIPE MAIL RCPT "C DATA\nS 250 ok\nS 250 ok\nS 354 go\nS 552 big\nE "
				  "body\nC Hi\nC .\nE reply 0 content 552\nE done\n" BYE},
};

static void test_dialogues(void **state)
{
	static const size_t pieces[] = {1, 2, 7, SIZE_MAX / 2};

	(void)state;
	for (size_t i = 0; i < sizeof dialogues / sizeof *dialogues; i++)
		for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++)
			replay(&dialogues[i], pieces[k]);
}

/* --- a session that is driven by hand */

static mw_smtp_client_event feed(peer *p, const char *text)
{
	mw_smtp_client_event e;

	p->len = strlen(text);
	assert_true(p->len <= sizeof p->in);
	memcpy(p->in, text, p->len);
	p->used = mw_smtp_client_feed(&p->s, (mw_str){p->in, p->len}, &p->out, &e);
	return e;
}

static const dialogue plain = {.name = "plain", SENDER};

/* Ready, and nothing said. */
static void greet(peer *p, const dialogue *d, const char *hello)
{
	start(p, d);
	assert_int_equal(feed(p, "220 mx\r\n").kind, MW_CLIENT_NONE);
	assert_int_equal(feed(p, hello).kind, MW_CLIENT_READY);
	p->offers = p->s.offers;
	mw_buf_reset(&p->out);
}

/* The message is wanted. */
static void come_to_body(peer *p)
{
	greet(p, &plain, "250-mx\r\n250 PIPELINING\r\n");
	next_mail(p);
	assert_int_equal(feed(p, "").kind, MW_CLIENT_NONE);
	assert_int_equal(feed(p, "250 ok\r\n250 ok\r\n354 go\r\n").kind,
			 MW_CLIENT_WANT_BODY);
	mw_buf_reset(&p->out);
}

static void test_offers(void **state)
{
	static peer p;

	(void)state;
	greet(&p, &plain,
	      "250-mx.example at your SERVICE\r\n250-SIZE 35882577\r\n250-8BITMIME\r\n"
	      "250-PIPELINING\r\n250-chunking\r\n250-STARTTLS\r\n250-"
	      "ENHANCEDSTATUSCODES\r\n"
	      "250-DSN\r\n250-LIMITS RCPTMAX=100 MAILMAX=7 RCPTDOMAINMAX=1 OTHER=9 X=\r\n"
	      "250-AUTH PLAIN XOAUTH2 scram-sha-256\r\n250-AUTH=LOGIN\r\n250-SIZES\r\n"
	      "250-BINARYMIME\r\n250-\r\n250 SMTPUTF8\r\n");
	assert_int_equal(p.offers.extensions, MW_SMTP_ALL & ~MW_SMTP_REQUIRETLS);
	assert_int_equal(p.offers.mechanisms,
			 MW_SASL_PLAIN | MW_SASL_LOGIN | MW_SASL_SCRAM_SHA_256);
	assert_int_equal(p.offers.size_max, 35882577);
	assert_int_equal(p.offers.rcpt_max, 100);
	assert_int_equal(p.offers.mail_max, 7);
	assert_int_equal(p.offers.rcpt_domain_max, 1);

	/* The first line is a name. */
	greet(&p, &plain, "250-DSN\r\n250-SIZE\r\n250 SIZE x\r\n");
	assert_int_equal(p.offers.extensions, MW_SMTP_SIZE);
	assert_int_equal(p.offers.size_max, 0);
}

static void test_unasked(void **state)
{
	static peer p;
	mw_smtp_client_event e;

	(void)state;
	greet(&p, &plain, "250 mx\r\n");
	assert_int_equal(mw_smtp_client_deadline(&p.s), 0);
	e = feed(&p, "250 o");
	assert_int_equal(e.kind, MW_CLIENT_NONE);
	e = feed(&p, "250 ok\r\n");
	assert_int_equal(e.kind, MW_CLIENT_FAILED);
	assert_true(e.broken);
	assert_true(mw_smtp_client_closed(&p.s));

	/* Nothing happens any more. */
	e = feed(&p, "250 ok\r\n");
	assert_int_equal(e.kind, MW_CLIENT_NONE);
	assert_int_equal(p.used, p.len);
	next_mail(&p);
	mw_smtp_client_quit(&p.s);
	assert_int_equal(feed(&p, "").kind, MW_CLIENT_NONE);
	assert_int_equal(p.out.len, 0);

	greet(&p, &plain, "250 mx\r\n");
	e = feed(&p, "421 4.4.2 idle\r\n");
	assert_int_equal(e.kind, MW_CLIENT_FAILED);
	assert_int_equal(e.reply.code, 421);
	assert_false(e.broken);
}

/* What came before the dot is no acceptance; a refusal counts when nothing follows. */
static void test_early_reply(void **state)
{
	static peer p;
	mw_smtp_client_event e;

	(void)state;
	come_to_body(&p);
	assert_int_equal(feed(&p, "250 taken\r\n").kind, MW_CLIENT_NONE);
	assert_int_equal(p.used, 0);
	give_body(&p);
	e = feed(&p, "250 taken\r\n");
	assert_int_equal(e.kind, MW_CLIENT_FAILED);
	assert_true(e.broken);

	come_to_body(&p);
	assert_int_equal(feed(&p, "552 5.3.4 too big\r\n").kind, MW_CLIENT_NONE);
	mw_smtp_client_lost(&p.s, "lost");
	e = feed(&p, "552 5.3.4 too big\r\n");
	assert_int_equal(e.kind, MW_CLIENT_REPLY);
	assert_int_equal(e.reply.code, 552);
	assert_int_equal(feed(&p, "552 5.3.4 too big\r\n").kind, MW_CLIENT_DONE);

	come_to_body(&p);
	mw_smtp_client_lost(&p.s, "lost");
	e = feed(&p, "");
	assert_int_equal(e.kind, MW_CLIENT_FAILED);
	assert_int_equal(e.stage, MW_STAGE_DATA);
	assert_string_equal(e.text, "lost");

	come_to_body(&p);
	mw_smtp_client_lost(&p.s, "lost");
	assert_true(feed(&p, "250 taken\r\n").broken);
}

static void fill_lines(char *out, const char *code, size_t lines, size_t last)
{
	size_t n = 0;

	for (size_t i = 1; i < lines; i++)
		n += (size_t)sprintf(out + n, "%s-x\r\n", code);
	n += (size_t)sprintf(out + n, "%s ", code);
	memset(out + n, 'x', last);
	memcpy(out + n + last, "\r\n", 3);
}

static void test_long_replies(void **state)
{
	static peer p;
	static char text[MW_SMTP_CLIENT_REPLY_MAX + 100];
	mw_smtp_client_event e;

	(void)state;
	start(&p, &plain);
	fill_lines(text, "220", 100, 1);
	assert_int_equal(feed(&p, text).kind, MW_CLIENT_NONE);
	assert_int_equal(p.used, p.len);

	start(&p, &plain);
	fill_lines(text, "220", 101, 1);
	e = feed(&p, text);
	assert_int_equal(e.kind, MW_CLIENT_FAILED);
	assert_true(e.broken);

	start(&p, &plain);
	fill_lines(text, "220", 1, MW_SMTP_CLIENT_REPLY_MAX - 6);
	assert_int_equal(strlen(text), MW_SMTP_CLIENT_REPLY_MAX);
	assert_int_equal(feed(&p, text).kind, MW_CLIENT_NONE);
	assert_int_equal(p.used, p.len);

	start(&p, &plain);
	fill_lines(text, "220", 1, MW_SMTP_CLIENT_REPLY_MAX - 5);
	assert_int_equal(feed(&p, text).kind, MW_CLIENT_FAILED);

	/* It is seen before its end comes. */
	start(&p, &plain);
	text[MW_SMTP_CLIENT_REPLY_MAX] = '\0';
	assert_int_equal(feed(&p, text).kind, MW_CLIENT_FAILED);
}

static unsigned count_lines(mw_str text)
{
	unsigned n = 0;
	mw_str line;

	while (mw_str_cut_line(&text, &line))
		n++;
	return n;
}

/* 250 recipients: so many commands wait for replies, never more; a small buffer is
 * enough. */
static void test_window(void **state)
{
	static char rcpts[RCPT_MAX * 12];
	static peer p;
	dialogue many = plain;
	unsigned said = 0, replies = 0, most = 0, bodies = 0;
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < 250; i++)
		n += (size_t)sprintf(rcpts + n, "%sa%u@x", i > 0 ? " " : "", i);
	many.rcpts = rcpts;
	greet(&p, &many, "250-mx\r\n250 PIPELINING\r\n");
	p.out.cap = MW_SMTP_CLIENT_OUT_MAX + 100;
	next_mail(&p);
	while (bodies == 0) {
		const char *reply =
			said == 252 && replies == 251 ? "354 go\r\n" : "250 ok\r\n";
		const mw_smtp_client_event e = feed(&p, replies < said ? reply : "");

		replies += p.used > 0;
		said += count_lines(mw_buf_str(&p.out));
		mw_buf_reset(&p.out);
		most = said - replies > most ? said - replies : most;
		bodies += e.kind == MW_CLIENT_WANT_BODY;
		assert_int_not_equal(e.kind, MW_CLIENT_FAILED);
	}
	assert_int_equal(replies, 252);
	assert_true(most > 1 && most <= MW_SMTP_CLIENT_WINDOW);

	/* No room, nothing happens; a buffer that is empty again brings all. */
	greet(&p, &many, "250-mx\r\n250 PIPELINING\r\n");
	p.out.cap = MW_SMTP_CLIENT_OUT_MAX - 1;
	next_mail(&p);
	assert_int_equal(feed(&p, "250 ok\r\n").kind, MW_CLIENT_NONE);
	assert_int_equal(p.used + p.out.len, 0);
	p.out.cap = OUT_MAX;
	assert_int_equal(feed(&p, "").kind, MW_CLIENT_NONE);
	assert_int_equal(count_lines(mw_buf_str(&p.out)), MW_SMTP_CLIENT_WINDOW);
}

static void test_deadlines(void **state)
{
	static peer p;

	(void)state;
	start(&p, &plain);
	assert_int_equal(mw_smtp_client_deadline(&p.s), 300);
	assert_int_equal(mw_smtp_client_stage(&p.s), MW_STAGE_CONNECT);
	p.params.patience = 10;
	assert_int_equal(mw_smtp_client_deadline(&p.s), 30);
	feed(&p, "220 mx\r\n");
	p.params.patience = 0;
	assert_int_equal(mw_smtp_client_stage(&p.s), MW_STAGE_EHLO);
	feed(&p, "250 mx\r\n");
	next_mail(&p);
	feed(&p, "");
	assert_int_equal(mw_smtp_client_deadline(&p.s), 300);
	assert_int_equal(mw_smtp_client_stage(&p.s), MW_STAGE_MAIL);
	feed(&p, "250 ok\r\n");
	assert_int_equal(mw_smtp_client_stage(&p.s), MW_STAGE_RCPT);
	feed(&p, "250 ok\r\n");
	assert_int_equal(mw_smtp_client_stage(&p.s), MW_STAGE_DATA);
	assert_int_equal(mw_smtp_client_deadline(&p.s), 120);
	feed(&p, "354 ok\r\n");
	give_body(&p);
	assert_int_equal(mw_smtp_client_deadline(&p.s), 600);
	assert_int_equal(mw_smtp_client_stage(&p.s), MW_STAGE_CONTENT);
	p.params.patience = 1;
	assert_int_equal(mw_smtp_client_deadline(&p.s), 6);
}

/* --- messages */

/* The same by other means: line by line. */
static void send_plainly(mw_buf *out, mw_str body)
{
	size_t at = 0;

	while (at < body.len) {
		size_t end = at;

		while (end < body.len && body.ptr[end] != '\r' && body.ptr[end] != '\n')
			end++;
		if (body.ptr[at] == '.')
			mw_buf_put_char(out, '.');
		mw_buf_put(out, mw_str_skip(mw_str_head(body, end), at));
		mw_buf_put(out, MW_LIT("\r\n"));
		if (end + 1 < body.len && body.ptr[end] == '\r' &&
		    body.ptr[end + 1] == '\n')
			end++;
		at = end + 1;
	}
	mw_buf_put(out, MW_LIT(".\r\n"));
}

/* The message cut at `a` and `b`, into a buffer with little room. */
static void send_cut(peer *p, mw_str body, size_t a, size_t b, char *out, size_t *len)
{
	const size_t cuts[] = {a, b, body.len};
	size_t at = 0;

	*len = 0;
	come_to_body(p);
	p->out.cap = 3;
	for (size_t i = 0; i < 3; i++)
		while (at < cuts[i]) {
			const size_t n = mw_smtp_client_body(
				&p->s, mw_str_skip(mw_str_head(body, cuts[i]), at),
				&p->out);

			assert_true(n > 0);
			at += n;
			memcpy(out + *len, p->memory, p->out.len);
			*len += p->out.len;
			mw_buf_reset(&p->out);
		}
	p->out.cap = OUT_MAX;
	mw_smtp_client_end(&p->s);
	feed(p, "");
	memcpy(out + *len, p->memory, p->out.len);
	*len += p->out.len;
}

static void test_body(void **state)
{
	static const char letters[] = "\r\n.x";
	static peer p;
	char body[6], out[64], room[64];
	size_t len;

	(void)state;
	/* Every text of up to six of these, cut in some places. */
	for (size_t length = 0; length <= 6; length++)
		for (size_t k = 0; k < (size_t)1 << 2 * length; k++) {
			mw_buf expected;

			for (size_t i = 0; i < length; i++)
				body[i] = letters[k >> 2 * i & 3];
			mw_buf_init(&expected, room, sizeof room);
			send_plainly(&expected, (mw_str){body, length});
			send_cut(&p, (mw_str){body, length}, length / 3,
				 length / 3 + k % (length - length / 3 + 1), out, &len);
			assert_int_equal(len, expected.len);
			assert_memory_equal(out, room, len);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogues),    cmocka_unit_test(test_offers),
		cmocka_unit_test(test_unasked),      cmocka_unit_test(test_early_reply),
		cmocka_unit_test(test_long_replies), cmocka_unit_test(test_window),
		cmocka_unit_test(test_deadlines),    cmocka_unit_test(test_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
