/* SPDX-License-Identifier: MIT
 *
 * The client's session: dialogues with a server, replayed in pieces of 1, 2, 7 bytes and
 * whole; messages cut anywhere; the limits.
 *
 * A dialogue has lines "S what the server says", "C what must be said to it", "E what
 * must be told" (the event, and for replies: recipient, stage, code), "X": the connection
 * ends. At each turn of the caller `plan` says what is asked: 't' STARTTLS, 'a' AUTH,
 * 'm' or no more: a mail, or QUIT when all are sent. A "*" at the end of a line stands
 * for anything. What is said or told and not expected fails.
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
	size_t piece;     /* in which it is given; 0: 3 */
	bool chunking;
	const char *plan;
	const char *mechanism, *initial,
		*answers; /* parted by blanks; "." an empty one */
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
	const char *plan, *answers;
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
	mw_enhanced status;

	assert_true(e->index < p->count);
	p->outcomes[e->index]++;
	snprintf(line, sizeof line, "reply %zu %s %d", e->index, stage_name(e->stage),
		 e->reply.code);
	if (e->own) {
		const size_t n = strlen(line);

		assert_true(mw_enhanced_read(&status, mw_str_skip(e->reply.raw, 4)) > 0);
		snprintf(line + n, sizeof line - n, " own %d.%d.%d", status.cls,
			 status.subject, status.detail);
	}
	log_event(p, line);
}

static void log_failure(peer *p, const mw_smtp_client_event *e)
{
	char line[300];

	if (e->reply.code != 0)
		snprintf(line, sizeof line, "failed %s %s%d", stage_name(e->stage),
			 e->uncertain ? "uncertain " : "", e->reply.code);
	else
		snprintf(line, sizeof line, "failed %s %s%s%s", stage_name(e->stage),
			 e->uncertain ? "uncertain " : "", e->broken ? "broken: " : "",
			 e->text);
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

/* The caller's turn. */
static void go_on(peer *p)
{
	const char next = *p->plan;

	if (next != '\0')
		p->plan++;
	if (next == 't')
		mw_smtp_client_starttls(&p->s);
	else if (next == 'a')
		assert_int_equal(mw_smtp_client_auth(&p->s, mw_str_of(p->d->mechanism),
						     mw_str_of(p->d->initial), &p->out),
				 MW_OK);
	else
		next_mail(p);
}

static void answer(peer *p, mw_str challenge)
{
	const size_t n = strcspn(p->answers, " ");
	mw_str text = {p->answers, n};
	char line[200];

	snprintf(line, sizeof line, "challenge %.*s", MW_FMT(challenge));
	log_event(p, line);
	p->answers += n + (p->answers[n] == ' ');
	if (mw_str_eq(text, MW_LIT(".")))
		text.len = 0;
	assert_int_equal(mw_smtp_client_auth_answer(&p->s, text, &p->out), MW_OK);
}

static void log_refusal(peer *p, const mw_smtp_client_event *e)
{
	char line[200];

	snprintf(line, sizeof line, "refused %s %d", stage_name(e->stage), e->reply.code);
	log_event(p, line);
}

static void give_body(peer *p)
{
	const mw_str body = mw_str_of(p->d->body != NULL ? p->d->body : "Hi\r\n");
	size_t n = 0;

	p->giving = false;
	assert_int_equal(mw_smtp_client_deadline(&p->s), 180);
	assert_true(mw_smtp_client_wants_body(&p->s));
	while (n < body.len)
		n += mw_smtp_client_body(&p->s,
					 mw_str_head(mw_str_skip(body, n),
						     p->d->piece != 0 ? p->d->piece : 3),
					 &p->out);
	mw_smtp_client_end(&p->s);
	assert_false(mw_smtp_client_wants_body(&p->s));
}

static void take(peer *p, const mw_smtp_client_event *e)
{
	switch (e->kind) {
	case MW_CLIENT_NONE:
		break;
	case MW_CLIENT_READY:
		p->offers = *e->offers;
		log_event(p, "ready");
		go_on(p);
		break;
	case MW_CLIENT_START_TLS:
		log_event(p, "tls");
		mw_smtp_client_secured(&p->s);
		break;
	case MW_CLIENT_CHALLENGE:
		answer(p, e->challenge);
		break;
	case MW_CLIENT_REFUSED:
		log_refusal(p, e);
		go_on(p);
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
		go_on(p);
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
					    .lmtp = d->lmtp,
					    .chunking = d->chunking};
	p->plan = d->plan != NULL ? d->plan : "";
	p->answers = d->answers != NULL ? d->answers : "";
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
#define RCPT_B   "C RCPT TO:<b@x.example>\n"
#define TWO_SENT MAIL RCPT RCPT_B "C DATA\n"
#define CHUNKS                                                                           \
	"S 220 mx\nC EHLO me.example\nS 250-mx\nS 250-PIPELINING\nS 250 CHUNKING\nE "    \
	"ready\n"
#define CHUNKED .chunking = true, .body = ".i\r\nyo\r\n", .piece = 4
#define GIVEN   "C BDAT 4\nC .i\nC BDAT 4\nC yo\nC BDAT 0 LAST\n"
#define BINARY  .mail = {.sender = {"s@y.example", 11}, .body = MW_BODY_BINARYMIME}
#define CLEAR                                                                            \
	"S 220 mx\nC EHLO me.example\nS 250-mx\nS 250-PIPELINING\nS 250 STARTTLS\nE "    \
	"ready\n"
#define SECURE       "C EHLO me.example\nS 250-mx\nS 250 AUTH PLAIN\nE ready\n"
#define CHALLENGED   "S 334\nE challenge \nC \n"
#define CHALLENGES_4 CHALLENGED CHALLENGED CHALLENGED CHALLENGED
#define PLAIN        .mechanism = "PLAIN", .initial = "AGEAYg=="

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
	 .script = "S 220-mx\nS 554 mx\nE failed connect 554\nC QUIT\n"},
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
				  ".\nX\nE failed content uncertain lost\n"},
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
				  ".\nS 354 ok\nE failed content uncertain broken: *\n"},
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
	 "reply 0 rcpt 553 own 5.1.3\nE reply 1 rcpt 553 own 5.1.3\nS 250 ok\n"
	 "E reply 3 rcpt 553 own 5.6.7\n"
	 "S 550 no\nE reply 4 rcpt 550\nS 354 go\nE body\nC Hi\nC .\nS 250 ok\nE reply 2 "
	 "content 250\nE done\n" BYE},
	{"no address at all", SENDER, .rcpts = "a\nb",
	 .script = HELLO MAIL "S 250 ok\nE reply 0 rcpt 553 own 5.1.3\nE done\n" BYE},
	{"a sender that is none", .mail.sender = {"s@y.example>\r\nRSET", 18}, TWO,
	 .script = PIPE
	 "E reply 0 mail 553 own 5.1.3\nE reply 1 mail 553 own 5.1.3\nE done\n" BYE},
	{"no SMTPUTF8, in the header",
	 .mail = {.sender = {"s@y.example", 11}, .smtputf8 = true},
	 .script = PIPE "E reply 0 mail 550 own 5.6.9\nE done\n" BYE},
	{"no SMTPUTF8, in the sender",
	 .mail = {.sender = {"\xc3\xa9@y.example", 12}, .smtputf8 = true},
	 .script = PIPE "E reply 0 mail 550 own 5.6.7\nE done\n" BYE},
	{"no SMTPUTF8, not said", .mail = {.sender = {"\xc3\xa9@y.example", 12}},
	 .script = PIPE "E reply 0 mail 550 own 5.6.7\nE done\n" BYE},
	{"no SMTPUTF8, in one recipient", SENDER,
	 .rcpts = "\xc3\xa9@x.example a@x.example",
	 .script = PIPE MAIL RCPT
	 "C DATA\nS 250 ok\nS 250 ok\nS 354 go\nE reply 0 rcpt 553 own 5.6.7\nE body\n"
	 "C Hi\nC .\nS 250 ok\nE reply 1 content 250\nE done\n" BYE},
	{"SMTPUTF8", .mail = {.sender = {"\xc3\xa9@y.example", 12}, .smtputf8 = true},
	 .script = "S 220 mx\nC EHLO me.example\nS 250-mx\nS 250 SMTPUTF8\nE ready\n"
		   "C MAIL FROM:<\xc3\xa9@y.example> SMTPUTF8\nS 550 no\n"
		   "E reply 0 mail 550\nE done\n" BYE},
	{"no REQUIRETLS", .mail = {.requiretls = true},
	 .script = PIPE "E reply 0 mail 550 own 5.7.30\nE done\n" BYE},
	{"no 8BITMIME", SENDER, .mail.body = MW_BODY_8BITMIME,
	 .script = PIPE "E reply 0 mail 554 own 5.6.3\nE done\n" BYE},
	{"no 8BITMIME after HELO", SENDER, .mail.body = MW_BODY_8BITMIME,
	 .script =
		 "S 220 mx\nC EHLO me.example\nS 502 what\nC HELO me.example\nS 250 mx\n"
		 "E ready\nE reply 0 mail 554 own 5.6.3\nE done\n" BYE},
	{"no 8BITMIME in LMTP", true, SENDER, .mail.body = MW_BODY_8BITMIME,
	 .script = LHLO MAIL RCPT "C DATA\nS 550 no\nE reply 0 mail 550\nS 503 no\nS 503 "
				  "no\nE done\n" BYE},
	{"too large", SENDER, .mail.size = 5001,
	 .script = "S 220 mx\nC EHLO me.example\nS 250-mx\nS 250 SIZE 5000\nE ready\n"
		   "E reply 0 mail 552 own 5.3.4\nE done\n" BYE},
	{"just not too large", SENDER, .mail.size = 5000,
	 .script = "S 220 mx\nC EHLO me.example\nS 250-mx\nS 250 SIZE 5000\nE ready\n"
		   "C MAIL FROM:<s@y.example> SIZE=5000\nS 452 full\nE reply 0 mail 452\n"
		   "E done\n" BYE},
	{"no limit", SENDER, .mail.size = 5000,
	 .script = "S 220 mx\nC EHLO me.example\nS 250-mx\nS 250 SIZE\nE ready\n"
		   "C MAIL FROM:<s@y.example> SIZE=5000\nS 452 full\nE reply 0 mail 452\n"
		   "E done\n" BYE},
	{"binary", BINARY, .script = PIPE "E reply 0 mail 554 own 5.6.3\nE done\n" BYE},
	{"binary, CHUNKING alone", BINARY,
	 .script = CHUNKS "E reply 0 mail 554 own 5.6.3\nE done\n" BYE},
	{"binary, not pipelined", BINARY,
	 .script = "S 220 mx\nC EHLO me.example\nS 250-mx\nS 250-CHUNKING\nS 250 "
		   "BINARYMIME\n"
		   "E ready\nE reply 0 mail 554 own 5.6.3\nE done\n" BYE},
	{"binary in LMTP", true, BINARY,
	 .script = "S 220 mx\nC LHLO me.example\nS 250-mx\nS 250-PIPELINING\nS "
		   "250-CHUNKING\nS "
		   "250 BINARYMIME\nE ready\nE reply 0 mail 554 own 5.6.3\nE done\n" BYE},
	{"binary in chunks", BINARY, .body = ".\n\r\nx",
	 .script = "S 220 mx\nC EHLO me.example\nS 250-mx\nS 250-PIPELINING\nS "
		   "250-CHUNKING\nS "
		   "250 BINARYMIME\nE ready\nC MAIL FROM:<s@y.example> "
		   "BODY=BINARYMIME\n" RCPT "S 250 ok\nS 250 ok\nE body\nC BDAT 3\nC "
		   ".\nC \rBDAT 2\nC \nC xBDAT 0 LAST\n"
		   "S 250 3\nS 250 2\nS 250 in\nE reply 0 content 250\nE done\n" BYE},
	{"chunks", .mails = 2, SENDER, TWO, CHUNKED,
	 .script = CHUNKS MAIL RCPT RCPT_B
	 "S 250 ok\nS 250 ok\nS 550 no\nE reply 1 rcpt 550\nE body\n" GIVEN
	 "S 250 4\nS 250 4\nS 250 in\nE reply 0 content 250\nE done\n" MAIL RCPT RCPT_B
	 "S 250 ok\nS 250 ok\nS 250 no\nE body\n" GIVEN "S 250 4\nS 250 4\nS 452 full\n"
	 "E reply 0 content 452\nE reply 1 content 452\nE done\n" BYE},
	{"chunks are asked for, not offered", SENDER, CHUNKED,
	 .script = PIPE MAIL RCPT "C DATA\nS 550 no\nE reply 0 mail 550\nS 503 no\nS 503 "
				  "no\nE done\n" BYE},
	{"no chunk for nobody", .mails = 2, SENDER, TWO, CHUNKED,
	 .script = CHUNKS MAIL RCPT RCPT_B
	 "S 250 ok\nS 550 no\nS 550 no\nE reply 0 rcpt 550\nE reply 1 rcpt 550\nE done\n"
	 "C RSET\n" MAIL RCPT RCPT_B
	 "S 250 ok\nS 451 no\nE reply 0 mail 451\nE reply 1 mail "
	 "451\nS 503 no\nS 250 odd\nE done\n" BYE},
	{"first chunk refused, all are sent", .mails = 2, SENDER, TWO, CHUNKED,
	 .script = CHUNKS MAIL RCPT RCPT_B "S 250 ok\nS 250 ok\nS 250 ok\nE body\n" GIVEN
					   "S 552 big\nE reply 0 content 552\nE reply 1 "
					   "content 552\nS 250 odd\nS 503 what\nE "
					   "done\nC RSET\n" MAIL RCPT RCPT_B
					   "S 250 ok\nS 550 no\nE reply 0 mail 550\nE "
					   "reply 1 mail 550\nS 503 no\nS 503 no\nE "
					   "done\n" BYE},
	{"last chunk refused", .mails = 2, SENDER, CHUNKED,
	 .script = CHUNKS MAIL RCPT
	 "S 250 ok\nS 250 ok\nE body\n" GIVEN
	 "S 250 4\nS 250 4\nS 554 spam\nE reply 0 content 554\nE done\nC RSET\n" MAIL RCPT
	 "S 250 ok\nS 421 bye\nE failed mail 421\n"},
	{"a chunk refused, the last one taken", SENDER, CHUNKED,
	 .script = CHUNKS MAIL RCPT "S 250 ok\nS 250 ok\nE body\n" GIVEN
				    "S 250 4\nS 452 full\nS 250 in\nE reply 0 content "
				    "452\nE failed content broken: *\n"},
	{"354 to a chunk", SENDER, CHUNKED,
	 .script = CHUNKS MAIL RCPT "S 250 ok\nS 250 ok\nE body\n" GIVEN
				    "S 354 go\nE failed content uncertain broken: *\n"},
	{"lost between chunks", SENDER, CHUNKED,
	 .script = CHUNKS MAIL RCPT "S 250 ok\nS 250 ok\nE body\n" GIVEN
				    "S 250 4\nX\nE failed content uncertain lost\n"},
	{"lost after a chunk was refused", SENDER, CHUNKED,
	 .script = CHUNKS MAIL RCPT
	 "S 250 ok\nS 250 ok\nE body\n" GIVEN
	 "S 552 big\nE reply 0 content 552\nX\nE failed content lost\n"},
	{"421 to a chunk", SENDER, CHUNKED,
	 .script = CHUNKS MAIL RCPT "S 250 ok\nS 250 ok\nE body\n" GIVEN
				    "S 421 bye\nE failed content 421\n"},
	{"TLS", SENDER, .plan = "t",
	 .script = CLEAR "C STARTTLS\nS 220 go\nE tls\n" SECURE MAIL
			 "S 550 no\nE reply 0 mail 550\nE done\n" BYE},
	{"TLS between mails, no RSET", .mails = 2, SENDER, .plan = "mt",
	 .script = HELLO MAIL
	 "S 550 no\nE reply 0 mail 550\nE done\nC STARTTLS\nS 220 go\nE tls\n" SECURE MAIL
	 "S 550 no\nE reply 0 mail 550\nE done\n" BYE},
	{"TLS, then HELO", SENDER, .plan = "t",
	 .script = CLEAR
	 "C STARTTLS\nS 220 go\nE tls\nC EHLO me.example\nS 500 what\nC HELO "
	 "me.example\nS 250 mx\nE ready\n" MAIL
	 "S 550 no\nE reply 0 mail 550\nE done\n" BYE},
	{"TLS refused for now", SENDER, .plan = "t",
	 .script = CLEAR
	 "C STARTTLS\nS 454 no key\nE refused tls 454\n" MAIL RCPT "C DATA\n"
	 "S 550 no\nE reply 0 mail 550\nS 503 no\nS 503 no\nE done\n" BYE},
	{"TLS refused", SENDER, .plan = "t", .mails = 1,
	 .script = CLEAR "C STARTTLS\nS 501-no\nS 501 no\nE refused tls 501\n" MAIL RCPT
			 "C DATA\nS 421 bye\nE failed mail 421\n"},
	{"421 to STARTTLS", SENDER, .plan = "t",
	 .script = CLEAR "C STARTTLS\nS 421 bye\nE failed tls 421\n"},
	{"354 to STARTTLS", SENDER, .plan = "t",
	 .script = CLEAR "C STARTTLS\nS 354 go\nE failed tls broken: *\n"},
	{"lost at STARTTLS", SENDER, .plan = "t",
	 .script = CLEAR "C STARTTLS\nS 220-go\nX\nE failed tls lost\n"},
	{"TLS, then EHLO refused", SENDER, .plan = "t",
	 .script = CLEAR
	 "C STARTTLS\nS 220 go\nE tls\nC EHLO me.example\nS 451 no\nE failed "
	 "ehlo 451\nC QUIT\n"},
	{"TLS, AUTH, mail", SENDER, .plan = "ta", PLAIN,
	 .script = CLEAR "C STARTTLS\nS 220 go\nE tls\n" SECURE
			 "C AUTH PLAIN AGEAYg==\nS 235 2.7.0 in\nE ready\n" MAIL
			 "S 550 no\nE reply 0 mail 550\nE done\n" BYE},
	{"AUTH keeps what was offered", SENDER, .plan = "a", PLAIN,
	 .script = PIPE
	 "C AUTH PLAIN AGEAYg==\nS 235-2.7.0 in\nS 235 2.7.0 in\nE ready\n" MAIL RCPT
	 "C DATA\nS 250 ok\nS 250 ok\nS 354 go\nE body\nC Hi\nC .\nS 250 "
	 "ok\nE reply 0 content 250\nE done\n" BYE},
	{"AUTH with challenges", SENDER, .plan = "a", .mechanism = "LOGIN",
	 .answers = "YQ== .",
	 .script = HELLO
	 "C AUTH LOGIN\nS 334 VXNlcm5hbWU6\nE challenge VXNlcm5hbWU6\nC YQ==\n"
	 "S 334\nE challenge \nC \nS 235 in\nE ready\n" MAIL
	 "S 550 no\nE reply 0 mail 550\nE done\n" BYE},
	{"AUTH, given up", SENDER, .plan = "aa", .mechanism = "X_9-Y", .initial = "=",
	 .answers = "* a+/=",
	 .script = HELLO
	 "C AUTH X_9-Y =\nS 334 ?\nE challenge ?\nC *\nS 501 ok\nE refused "
	 "auth 501\nC AUTH X_9-Y =\nS 334 \nE challenge \nC a+/=\nS 454 later\n"
	 "E refused auth 454\n" MAIL "S 550 no\nE reply 0 mail 550\nE done\n" BYE},
	{"AUTH refused", SENDER, .plan = "a", PLAIN,
	 .script = PIPE
	 "C AUTH PLAIN AGEAYg==\nS 535 5.7.8 no\nE refused auth 535\n" MAIL RCPT
	 "C DATA\nS 530 no\nE reply 0 mail 530\nS 503 no\nS 503 no\nE done\n" BYE},
	{"421 to AUTH", SENDER, .plan = "a", PLAIN,
	 .script = HELLO "C AUTH PLAIN AGEAYg==\nS 421 bye\nE failed auth 421\n"},
	{"354 to AUTH", SENDER, .plan = "a", PLAIN,
	 .script = HELLO "C AUTH PLAIN AGEAYg==\nS 354 go\nE failed auth broken: *\n"},
	{"a challenge of two lines", SENDER, .plan = "a", PLAIN,
	 .script = HELLO
	 "C AUTH PLAIN AGEAYg==\nS 334-YQ==\nS 334 YQ==\nE failed auth broken: "
	 "*\n"},
	{"challenges without end", SENDER, .plan = "a", PLAIN,
	 .script = HELLO "C AUTH PLAIN AGEAYg==\n" CHALLENGES_4 CHALLENGES_4
			 "S 334\nE failed auth broken: *\n"},
	{"lost at AUTH", SENDER, .plan = "a", PLAIN,
	 .script =
		 HELLO "C AUTH PLAIN AGEAYg==\nS 334\nE challenge \nC \nX\nE failed auth "
		       "lost\n"},
	{"421 between mails", SENDER, .mails = 1,
	 .script = HELLO MAIL "S 421 bye\nE failed mail 421\n"},
	{"a reply too many", .mails = 2, SENDER,
	 .script = HELLO MAIL "S 250 ok\nS 250 ok\n" RCPT
			      "C DATA\nS 550 nobody\nE reply 0 data 550\n"
			      "E done\nC RSET\nS 354 go\nE failed mail broken: *\n"},
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

	/* The end was given, but there was no room for it yet. */
	come_to_body(&p);
	mw_smtp_client_end(&p.s);
	p.out.cap = MW_SMTP_CLIENT_OUT_MAX - 1;
	assert_int_equal(feed(&p, "250 taken\r\n").kind, MW_CLIENT_NONE);
	p.out.cap = OUT_MAX;
	assert_true(feed(&p, "250 taken\r\n").broken);

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

static const dialogue secret = {.name = "secret", SENDER, .plan = "t"};

/* STARTTLS was answered by `text`. */
static mw_smtp_client_event start_tls(peer *p, const char *text)
{
	greet(p, &secret, "250-mx\r\n250-STARTTLS\r\n250 PIPELINING\r\n");
	assert_true((p->offers.extensions & MW_SMTP_STARTTLS) != 0);
	go_on(p);
	assert_int_equal(feed(p, "").kind, MW_CLIENT_NONE);
	assert_true(mw_str_eq(mw_buf_str(&p->out), MW_LIT("STARTTLS\r\n")));
	mw_buf_reset(&p->out);
	return feed(p, text);
}

static void test_tls(void **state)
{
	static peer p;
	mw_smtp_client_event e;

	(void)state;
	/* Replies of somebody else, to be read as the server's under TLS. */
	e = start_tls(&p, "220 go\r\n250 evil\r\n");
	assert_int_equal(e.kind, MW_CLIENT_FAILED);
	assert_int_equal(e.stage, MW_STAGE_TLS);
	assert_true(e.broken);
	assert_int_equal(e.reply.code, 0);
	assert_true(mw_smtp_client_closed(&p.s));
	assert_int_equal(start_tls(&p, "220 go\r\n2").kind, MW_CLIENT_FAILED);

	/* Or that come a little later. */
	assert_int_equal(start_tls(&p, "220 go\r\n").kind, MW_CLIENT_START_TLS);
	assert_int_equal(mw_smtp_client_stage(&p.s), MW_STAGE_TLS);
	assert_int_equal(mw_smtp_client_deadline(&p.s), 300);
	assert_int_equal(feed(&p, "250-evil\r\n250 SIZE 1\r\n").kind, MW_CLIENT_NONE);
	assert_int_equal(p.used + p.out.len, 0);
	next_mail(&p);
	mw_smtp_client_starttls(&p.s);
	mw_smtp_client_quit(&p.s);
	assert_int_equal(mw_smtp_client_auth(&p.s, MW_LIT("PLAIN"), MW_LIT(""), &p.out),
			 MW_E_ABSENT);
	assert_int_equal(feed(&p, "").kind, MW_CLIENT_NONE);
	assert_int_equal(p.out.len, 0);
	mw_smtp_client_secured(&p.s);
	assert_int_equal(feed(&p, "").kind, MW_CLIENT_NONE);
	assert_true(mw_str_eq(mw_buf_str(&p.out), MW_LIT("EHLO me.example\r\n")));

	/* What was offered in the clear is forgotten; STARTTLS is not offered twice. */
	e = feed(&p, "250-mx\r\n250-STARTTLS\r\n250-DSN\r\n250 AUTH PLAIN\r\n");
	assert_int_equal(e.kind, MW_CLIENT_READY);
	assert_int_equal(e.offers->extensions, MW_SMTP_DSN);
	assert_int_equal(e.offers->mechanisms, MW_SASL_PLAIN);
	mw_smtp_client_secured(&p.s);
	assert_int_equal(feed(&p, "").kind, MW_CLIENT_NONE);
	assert_int_equal(p.out.len, 17);

	/* The handshake failed. */
	assert_int_equal(start_tls(&p, "220 go\r\n").kind, MW_CLIENT_START_TLS);
	mw_smtp_client_lost(&p.s, "no such key");
	e = feed(&p, "");
	assert_int_equal(e.kind, MW_CLIENT_FAILED);
	assert_int_equal(e.stage, MW_STAGE_TLS);
	assert_string_equal(e.text, "no such key");
	assert_false(e.broken);
}

/* The line of AUTH, given `room` bytes. */
static mw_status try_auth(peer *p, mw_str mechanism, mw_str initial, size_t room)
{
	mw_status status;

	greet(p, &plain, "250 mx\r\n");
	p->out.cap = room;
	status = mw_smtp_client_auth(&p->s, mechanism, initial, &p->out);
	assert_false(p->out.lost);
	if (status != MW_OK) {
		assert_int_equal(p->out.len, 0);
		p->out.cap = OUT_MAX;
		assert_int_equal(
			mw_smtp_client_auth(&p->s, MW_LIT("X"), MW_LIT(""), &p->out),
			MW_OK);
	}
	return status;
}

static void test_auth(void **state)
{
	static const char *const none[] = {"\r",       "a\nb",  "a b", "*",
					   "\xc3\xa9", "a\x7f", "-"};
	static char most[MW_SMTP_CLIENT_AUTH_MAX];
	static peer p;
	mw_smtp_client_event e;

	(void)state;
	memset(most, 'A', sizeof most);
	/* "AUTH X " and CR LF are 9 bytes. */
	assert_int_equal(
		try_auth(&p, MW_LIT("X"), (mw_str){most, sizeof most - 9}, OUT_MAX),
		MW_OK);
	assert_int_equal(p.out.len, MW_SMTP_CLIENT_AUTH_MAX);
	assert_int_equal(
		try_auth(&p, MW_LIT("X"), (mw_str){most, sizeof most - 8}, OUT_MAX),
		MW_E_LIMIT);
	assert_int_equal(try_auth(&p, MW_LIT("X"), MW_LIT("AAAA"), 13), MW_OK);
	assert_int_equal(try_auth(&p, MW_LIT("X"), MW_LIT("AAAA"), 12), MW_E_LIMIT);
	assert_int_equal(try_auth(&p, MW_LIT("X"), MW_LIT(""), 8), MW_OK);
	assert_int_equal(try_auth(&p, MW_LIT("X"), MW_LIT(""), 7), MW_E_LIMIT);
	assert_int_equal(try_auth(&p, MW_LIT(""), MW_LIT(""), 99), MW_E_SYNTAX);
	assert_int_equal(try_auth(&p, (mw_str){most, 20}, MW_LIT(""), 99), MW_OK);
	assert_int_equal(try_auth(&p, (mw_str){most, 21}, MW_LIT(""), 99), MW_E_SYNTAX);
	assert_int_equal(try_auth(&p, MW_LIT("X\r\nRSET"), MW_LIT(""), 99), MW_E_SYNTAX);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(try_auth(&p, MW_LIT("X"), mw_str_of(none[i]), 99),
				 MW_E_SYNTAX);

	assert_int_equal(mw_smtp_client_auth_answer(&p.s, MW_LIT(""), &p.out),
			 MW_E_ABSENT);
	mw_buf_reset(&p.out);
	assert_int_equal(mw_smtp_client_stage(&p.s), MW_STAGE_AUTH);
	assert_int_equal(mw_smtp_client_deadline(&p.s), 300);
	e = feed(&p, "334 YWJj\r\n");
	assert_int_equal(e.kind, MW_CLIENT_CHALLENGE);
	assert_true(mw_str_eq(e.challenge, MW_LIT("YWJj")));
	assert_int_equal(mw_smtp_client_deadline(&p.s), 0);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		if (strcmp(none[i], "*") != 0)
			assert_int_equal(mw_smtp_client_auth_answer(
						 &p.s, mw_str_of(none[i]), &p.out),
					 MW_E_SYNTAX);
	assert_int_equal(
		mw_smtp_client_auth_answer(&p.s, (mw_str){most, sizeof most - 1}, &p.out),
		MW_E_LIMIT);
	assert_int_equal(p.out.len, 0);

	/* It waits for the answer; what the server said meanwhile is known at the end. */
	assert_int_equal(feed(&p, "421 4.4.2 slow\r\n").kind, MW_CLIENT_NONE);
	mw_smtp_client_lost(&p.s, "lost");
	e = feed(&p, "421 4.4.2 slow\r\n");
	assert_int_equal(e.kind, MW_CLIENT_FAILED);
	assert_int_equal(e.stage, MW_STAGE_AUTH);
	assert_int_equal(e.reply.code, 421);
}

static const dialogue chunky = {.name = "chunky", SENDER, TWO, CHUNKED};

static void come_to_chunks(peer *p)
{
	greet(p, &chunky, "250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n");
	next_mail(p);
	assert_int_equal(feed(p, "").kind, MW_CLIENT_NONE);
	assert_int_equal(feed(p, "250 ok\r\n250 ok\r\n250 ok\r\n").kind,
			 MW_CLIENT_WANT_BODY);
	mw_buf_reset(&p->out);
}

/* A chunk is refused while the message is given: the rest is not wanted. */
static void test_refused_chunk(void **state)
{
	static peer p;
	mw_smtp_client_event e;

	(void)state;
	come_to_chunks(&p);
	assert_int_equal(mw_smtp_client_body(&p.s, MW_LIT("abc"), &p.out), 3);
	assert_int_equal(feed(&p, "250 3\r\n").kind, MW_CLIENT_NONE);
	assert_int_equal(p.used, p.len);
	assert_int_equal(mw_smtp_client_body(&p.s, MW_LIT(""), &p.out), 0);
	assert_int_equal(mw_smtp_client_body(&p.s, MW_LIT("defg"), &p.out), 4);
	assert_int_equal(mw_smtp_client_body(&p.s, MW_LIT("h"), &p.out), 1);
	assert_true(mw_str_eq(mw_buf_str(&p.out),
			      MW_LIT("BDAT 3\r\nabcBDAT 4\r\ndefgBDAT 1\r\nh")));
	e = feed(&p, "452 4.3.1 full\r\n503 5.5.1 no\r\n");
	assert_int_equal(e.kind, MW_CLIENT_REPLY);
	assert_int_equal(e.stage, MW_STAGE_CONTENT);
	assert_int_equal(e.index, 0);
	assert_false(mw_smtp_client_wants_body(&p.s));
	assert_int_equal(mw_smtp_client_body(&p.s, MW_LIT("i"), &p.out), 0);
	mw_smtp_client_end(&p.s);
	e = feed(&p, "452 4.3.1 full\r\n503 5.5.1 no\r\n");
	assert_int_equal(e.index, 1);
	assert_int_equal(feed(&p, "452 4.3.1 full\r\n").kind, MW_CLIENT_NONE);
	assert_int_equal(mw_smtp_client_deadline(&p.s), 300);
	assert_int_equal(feed(&p, "503 5.5.1 no\r\n").kind, MW_CLIENT_DONE);
	mw_buf_reset(&p.out);
	p.mails = 1;
	next_mail(&p);
	(void)feed(&p, "");
	assert_memory_equal(p.memory, "RSET\r\nMAIL", 10);

	/* Nothing was sent that this could be the reply to. */
	come_to_chunks(&p);
	e = feed(&p, "552 big\r\n");
	assert_int_equal(e.kind, MW_CLIENT_FAILED);
	assert_true(e.broken);

	/* The replies to chunks may come before there is room for the last one. */
	come_to_chunks(&p);
	assert_int_equal(mw_smtp_client_body(&p.s, MW_LIT("abc"), &p.out), 3);
	mw_smtp_client_end(&p.s);
	p.out.cap = MW_SMTP_CLIENT_OUT_MAX - 1;
	assert_int_equal(feed(&p, "250 3\r\n").kind, MW_CLIENT_NONE);
	p.out.cap = OUT_MAX;
	assert_int_equal(feed(&p, "250 3\r\n").kind, MW_CLIENT_NONE);
	assert_int_equal(feed(&p, "250 in\r\n").kind, MW_CLIENT_REPLY);

	/* As much as there is room for. */
	come_to_chunks(&p);
	p.out.cap = 27;
	assert_int_equal(mw_smtp_client_body(&p.s, MW_LIT("abcdef"), &p.out), 0);
	p.out.cap = 31;
	assert_int_equal(mw_smtp_client_body(&p.s, MW_LIT("abcdef"), &p.out), 4);
	assert_int_equal(p.out.len, 12);
}

/* Where nobody knows whether the mail is there, and where one does. */
static void test_uncertain(void **state)
{
	static peer p;
	mw_smtp_client_event e;

	(void)state;
	/* Its end was not written: no room, and then too late. */
	come_to_body(&p);
	p.out.cap = MW_SMTP_CLIENT_OUT_MAX - 1;
	mw_smtp_client_end(&p.s);
	assert_int_equal(feed(&p, "").kind, MW_CLIENT_NONE);
	p.out.cap = OUT_MAX;
	mw_smtp_client_lost(&p.s, "lost");
	e = feed(&p, "");
	assert_int_equal(e.kind, MW_CLIENT_FAILED);
	assert_int_equal(e.stage, MW_STAGE_CONTENT);
	assert_false(e.uncertain);

	/* Written, and half a reply. */
	come_to_body(&p);
	give_body(&p);
	assert_int_equal(feed(&p, "250 ta").kind, MW_CLIENT_NONE);
	mw_smtp_client_lost(&p.s, "lost");
	assert_true(feed(&p, "250 ta").uncertain);

	/* A reply that is none. */
	come_to_body(&p);
	give_body(&p);
	e = feed(&p, "taken\r\n");
	assert_true(e.broken && e.uncertain);

	/* A reply is certain. */
	come_to_body(&p);
	give_body(&p);
	e = feed(&p, "421 bye\r\n");
	assert_int_equal(e.kind, MW_CLIENT_FAILED);
	assert_false(e.uncertain);

	/* The next mail has an end of its own. */
	come_to_body(&p);
	give_body(&p);
	assert_int_equal(feed(&p, "250 ok\r\n").kind, MW_CLIENT_REPLY);
	assert_int_equal(feed(&p, "250 ok\r\n").kind, MW_CLIENT_DONE);
	p.mails = 1;
	next_mail(&p);
	assert_int_equal(feed(&p, "").kind, MW_CLIENT_NONE);
	mw_smtp_client_lost(&p.s, "lost");
	e = feed(&p, "250 ok\r\n");
	assert_int_equal(e.kind, MW_CLIENT_FAILED);
	assert_int_equal(e.stage, MW_STAGE_RCPT);
	assert_false(e.uncertain);

	/* 421 between mails: no mail was at work. */
	come_to_body(&p);
	give_body(&p);
	assert_int_equal(feed(&p, "250 ok\r\n421 bye\r\n").kind, MW_CLIENT_REPLY);
	assert_int_equal(feed(&p, "250 ok\r\n421 bye\r\n").kind, MW_CLIENT_DONE);
	e = feed(&p, "421 bye\r\n");
	assert_int_equal(e.kind, MW_CLIENT_FAILED);
	assert_int_equal(e.stage, MW_STAGE_MAIL);
	assert_int_equal(e.reply.code, 421);
	assert_false(e.uncertain || e.broken);
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
		cmocka_unit_test(test_dialogues),     cmocka_unit_test(test_offers),
		cmocka_unit_test(test_unasked),       cmocka_unit_test(test_early_reply),
		cmocka_unit_test(test_long_replies),  cmocka_unit_test(test_window),
		cmocka_unit_test(test_deadlines),     cmocka_unit_test(test_body),
		cmocka_unit_test(test_tls),           cmocka_unit_test(test_auth),
		cmocka_unit_test(test_refused_chunk), cmocka_unit_test(test_uncertain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
