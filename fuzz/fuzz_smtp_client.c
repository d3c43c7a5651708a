/* SPDX-License-Identifier: MIT
 *
 * The client's session before a hostile server: whatever comes, and however it is cut
 * into pieces, each recipient has one outcome at most, no more replies count than
 * commands were sent, nothing is delivered before its end, nothing is uncertain but after
 * it, and the end is the end.
 *
 * The third byte says what the caller asks for. A byte 1 is where the clear text ends and
 * what comes under TLS begins.
 */
#include <mailwhy/smtp_client.h>

#include "expect.h"

#define OUT_MAX   (16U * 1024)
#define RCPTS_MAX 70U
#define MAILS_MAX 3U
#define LOG_MAX   1024U /* events of a session: outcomes, challenges, and a few others */

enum {
	ASK_TLS = 1,
	ASK_AUTH = 2,
	ASK_INITIAL = 4, /* a response with AUTH */
	ASK_CHUNKS = 8,
	ASK_BINARY = 16,
	ASK_8BIT = 32,
	ASK_UTF8 = 64,
	ASK_SLOWLY = 128 /* the message comes piece by piece, as there is nothing else */
};

typedef struct told {
	mw_smtp_client_event_kind kind;
	mw_stage stage;
	size_t index;
	int code;
	bool own, broken, uncertain;
} told;

typedef struct run {
	mw_smtp_client s;
	mw_smtp_recipient rcpts[RCPTS_MAX];
	unsigned outcomes[RCPTS_MAX];
	unsigned count, mails, ended, lines, asks, challenges, given;
	bool over; /* the end of this mail was given */
	bool secured;
	mw_buf out;
	char memory[OUT_MAX];
	told log[LOG_MAX];
	size_t events, replies;
} run;

static const mw_str body = {"a\n.b", 4};

static void next_mail(run *r)
{
	mw_mail mail = {.sender = {"s@example.org", 13}, .size = 9, .envid = {"Q", 1}};

	if (r->mails == 0) {
		mw_smtp_client_quit(&r->s);
		return;
	}
	r->mails--;
	r->over = false;
	r->given = 0;
	memset(r->outcomes, 0, sizeof r->outcomes);
	mail.smtputf8 = (r->asks & ASK_UTF8) != 0;
	if ((r->asks & ASK_BINARY) != 0)
		mail.body = MW_BODY_BINARYMIME;
	else if ((r->asks & ASK_8BIT) != 0)
		mail.body = MW_BODY_8BITMIME;
	mw_smtp_client_mail(&r->s, &mail, r->rcpts, r->count);
}

/* Each thing is asked once. */
static void next(run *r)
{
	const unsigned asks = r->asks;

	if ((asks & ASK_TLS) != 0) {
		r->asks &= ~(unsigned)ASK_TLS;
		mw_smtp_client_starttls(&r->s);
	} else if ((asks & ASK_AUTH) != 0) {
		r->asks &= ~(unsigned)ASK_AUTH;
		EXPECT(mw_smtp_client_auth(&r->s, MW_LIT("PLAIN"),
					   (asks & ASK_INITIAL) != 0 ? MW_LIT("QQ==")
								     : MW_LIT(""),
					   &r->out) == MW_OK);
	} else {
		next_mail(r);
	}
}

static void answer(run *r, mw_str in, mw_str challenge)
{
	static const char *const answers[] = {"QQ==", "", "*"};

	EXPECT(fuzz_lies_in(challenge, in.ptr, in.len));
	EXPECT(mw_smtp_client_auth_answer(&r->s, mw_str_of(answers[r->challenges++ % 3]),
					  &r->out) == MW_OK);
}

/* One byte, or all; then the end. */
static void give(run *r, size_t most)
{
	const mw_str rest = mw_str_head(mw_str_skip(body, r->given), most);
	const size_t before = r->out.len;

	EXPECT(mw_smtp_client_wants_body(&r->s));
	if (rest.len > 0) {
		EXPECT(mw_smtp_client_body(&r->s, rest, &r->out) == rest.len);
		r->given += (unsigned)rest.len;
		/* A chunk is a line and its bytes, of which an LF makes one more. */
		if (mw_str_eq(mw_str_head(mw_str_skip(mw_buf_str(&r->out), before), 5),
			      MW_LIT("BDAT ")))
			r->lines += memchr(rest.ptr, '\n', rest.len) != NULL;
		else if (r->given == body.len)
			r->lines += 2;
	}
	if (r->given == body.len && (most > 1 || rest.len == 0)) {
		mw_smtp_client_end(&r->s);
		r->over = true;
		r->ended++;
	}
}

static void take_outcome(run *r, mw_str in, const mw_smtp_client_event *e)
{
	EXPECT(e->index < r->count);
	EXPECT(++r->outcomes[e->index] == 1);
	EXPECT(e->own || fuzz_lies_in(e->reply.raw, in.ptr, in.len));
	EXPECT(!e->own || e->reply.code >= 500);
	EXPECT(e->reply.code >= 400 ||
	       (e->stage == MW_STAGE_CONTENT && r->over && e->reply.code < 300));
}

static void take_failure(const run *r, const mw_smtp_client_event *e)
{
	bool open = false;

	for (unsigned i = 0; i < r->count; i++)
		open = open || r->outcomes[i] == 0;
	EXPECT(!e->uncertain || (r->over && open && e->reply.code == 0));
	EXPECT(e->reply.code == 0 || e->reply.code >= 400);
	/* The dot, and no word about it. */
	if (e->stage == MW_STAGE_CONTENT && r->over && open && e->reply.code == 0)
		EXPECT(e->uncertain);
}

static void take(run *r, mw_str in, const mw_smtp_client_event *e)
{
	EXPECT(r->events < LOG_MAX);
	r->log[r->events++] = (told){e->kind, e->stage,  e->index,    e->reply.code,
				     e->own,  e->broken, e->uncertain};
	if (e->kind == MW_CLIENT_REPLY)
		take_outcome(r, in, e);
	else if (e->kind == MW_CLIENT_WANT_BODY && (r->asks & ASK_SLOWLY) == 0)
		give(r, SIZE_MAX);
	else if (e->kind == MW_CLIENT_CHALLENGE)
		answer(r, in, e->challenge);
	else if (e->kind == MW_CLIENT_FAILED)
		take_failure(r, e);
	if (e->kind == MW_CLIENT_DONE)
		for (unsigned i = 0; i < r->count; i++)
			EXPECT(r->outcomes[i] == 1);
	if (e->kind == MW_CLIENT_READY)
		EXPECT(!r->secured || (e->offers->extensions & MW_SMTP_STARTTLS) == 0);
	if (e->kind == MW_CLIENT_REFUSED)
		EXPECT(e->reply.code >= 400 &&
		       (e->stage == MW_STAGE_TLS || e->stage == MW_STAGE_AUTH));
	if (e->kind == MW_CLIENT_READY || e->kind == MW_CLIENT_DONE ||
	    e->kind == MW_CLIENT_REFUSED)
		next(r);
}

/* The whole replies at the front. */
static size_t count_replies(mw_str in)
{
	mw_reply reply;
	ptrdiff_t n;
	size_t replies = 0;

	while ((n = mw_reply_read(&reply, in)) > 0) {
		in = mw_str_skip(in, (size_t)n);
		replies++;
	}
	return replies;
}

static void check_end(run *r, mw_str in)
{
	const size_t out = r->out.len;
	mw_smtp_client_event e;

	EXPECT(mw_smtp_client_closed(&r->s));
	EXPECT(mw_smtp_client_deadline(&r->s) == 0);
	next_mail(r);
	mw_smtp_client_starttls(&r->s);
	mw_smtp_client_secured(&r->s);
	EXPECT(mw_smtp_client_auth(&r->s, MW_LIT("X"), MW_LIT(""), &r->out) ==
	       MW_E_ABSENT);
	EXPECT(mw_smtp_client_body(&r->s, body, &r->out) == 0);
	EXPECT(mw_smtp_client_feed(&r->s, in, &r->out, &e) == in.len);
	EXPECT(e.kind == MW_CLIENT_NONE && r->out.len == out);
}

/* Where the bytes end that come before the handshake. */
static size_t clear_end(const run *r, mw_str in)
{
	const char *mark = r->secured ? NULL : memchr(in.ptr, 1, in.len);

	return mark != NULL ? (size_t)(mark - in.ptr) : in.len;
}

/* What the session was not shown yet of the clear text is thrown away. */
static size_t shake_hands(run *r, mw_str in)
{
	const size_t end = clear_end(r, in);

	r->secured = true;
	mw_smtp_client_secured(&r->s);
	return end < in.len ? end + 1 : end;
}

static void drive(run *r, mw_str in, size_t piece)
{
	size_t used = 0, shown = 0;
	bool lost = false;

	while (!mw_smtp_client_closed(&r->s)) {
		const mw_str now = {in.ptr + used, shown - used};
		const size_t end = clear_end(r, in);
		mw_smtp_client_event e;
		const size_t n = mw_smtp_client_feed(&r->s, now, &r->out, &e);

		EXPECT(n <= now.len && !r->out.lost);
		r->replies += count_replies(mw_str_head(now, n));
		used += n;
		if (e.kind != MW_CLIENT_NONE) {
			take(r, now, &e);
			if (e.kind == MW_CLIENT_START_TLS)
				used = shown = shake_hands(r, in);
			continue;
		}
		EXPECT(mw_smtp_client_deadline(&r->s) > 0);
		if (mw_smtp_client_wants_body(&r->s) && !lost) {
			give(r, 1);
		} else if (shown < end) {
			shown = end - shown < piece ? end : shown + piece;
			continue;
		} else {
			EXPECT(!lost);
			lost = true;
			mw_smtp_client_lost(&r->s, "lost");
		}
	}
	check_end(r, in);
}

static void check_commands(const run *r, const mw_smtp_client_params *p)
{
	mw_str rest = mw_buf_str(&r->out), line;
	size_t commands = 0;

	while (mw_str_cut_line(&rest, &line)) {
		EXPECT(line.len <= MW_SMTP_CLIENT_OUT_MAX - 2);
		commands++;
	}
	commands -= r->lines;
	/* The greeting comes unasked; LMTP answers a dot for each recipient; and one
	 * reply too many ends the session. */
	EXPECT(r->replies <=
	       commands + 1 + (p->lmtp ? r->ended * r->count : 0) +
		       (r->events > 0 && r->log[r->events - 1].kind == MW_CLIENT_FAILED));
}

static void set_up(run *r, const mw_smtp_client_params *p, const uint8_t *data)
{
	static const char *const addresses[] = {"a@example.org", "b>@example.org",
						"c@[::1]", "\xc3\xa9@example.org"};
	const unsigned counts[] = {1, 3, 5, RCPTS_MAX};

	*r = (run){.count = counts[data[0] >> 1 & 3],
		   .mails = (data[0] >> 3) % MAILS_MAX + 1,
		   .asks = data[2]};
	for (unsigned i = 0; i < r->count; i++)
		r->rcpts[i].rcpt.recipient =
			mw_str_of(addresses[i % (data[0] & 64 ? 4 : 1)]);
	mw_buf_init(&r->out, r->memory, OUT_MAX);
	mw_smtp_client_init(&r->s, p);
}

/* Whether bytes stood behind the reply to STARTTLS depends on how they came. */
static bool was_injected(const run *whole, const run *pieces)
{
	const size_t last = whole->events - 1;

	return whole->events > 0 && pieces->events > last &&
	       pieces->log[last].kind == MW_CLIENT_START_TLS &&
	       whole->log[last].kind == MW_CLIENT_FAILED &&
	       whole->log[last].stage == MW_STAGE_TLS && whole->log[last].broken;
}

static void compare(const run *whole, const run *pieces)
{
	EXPECT(mw_str_eq(mw_buf_str(&whole->out), mw_buf_str(&pieces->out)));
	EXPECT(whole->events == pieces->events && whole->replies == pieces->replies);
	for (size_t i = 0; i < whole->events; i++) {
		const told *a = &whole->log[i], *b = &pieces->log[i];

		EXPECT(a->kind == b->kind && a->stage == b->stage &&
		       a->index == b->index && a->code == b->code && a->own == b->own &&
		       a->broken == b->broken && a->uncertain == b->uncertain);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static run whole, pieces;
	mw_smtp_client_params p = {.hostname = MW_LIT("me.example.org")};
	mw_str in;

	if (size < 3)
		return 0;
	p.lmtp = data[0] & 1;
	p.chunking = (data[2] & ASK_CHUNKS) != 0;
	in = fuzz_copy(data + 3, size - 3);
	set_up(&whole, &p, data);
	set_up(&pieces, &p, data);
	drive(&whole, in, SIZE_MAX / 2);
	drive(&pieces, in, data[1] % 9 + 1);
	check_commands(&whole, &p);
	check_commands(&pieces, &p);
	/* When a piece of the message is given depends on it too. */
	if ((data[2] & ASK_SLOWLY) == 0 && !was_injected(&whole, &pieces))
		compare(&whole, &pieces);
	fuzz_free(in);
	return 0;
}
