/* SPDX-License-Identifier: MIT
 *
 * The client's session before a hostile server: whatever comes, and however it is cut
 * into pieces, each recipient has one outcome at most, no more replies count than
 * commands were sent, nothing is delivered before its dot, and the end is the end.
 */
#include <mailwhy/smtp_client.h>

#include "expect.h"

#define OUT_MAX   (16U * 1024)
#define RCPTS_MAX 70U
#define MAILS_MAX 3U
#define LOG_MAX   1024U /* events of a session: outcomes, and a few others */

typedef struct told {
	mw_smtp_client_event_kind kind;
	mw_stage stage;
	size_t index;
	int code;
	bool own, broken;
} told;

typedef struct run {
	mw_smtp_client s;
	mw_smtp_recipient rcpts[RCPTS_MAX];
	unsigned outcomes[RCPTS_MAX];
	unsigned count, mails, ended, lines;
	mw_buf out;
	char memory[OUT_MAX];
	told log[LOG_MAX];
	size_t events, replies;
} run;

static const mw_mail mail = {
	.sender = {"s@example.org", 13}, .size = 9, .envid = {"Q", 1}};

static void next(run *r)
{
	if (r->mails == 0) {
		mw_smtp_client_quit(&r->s);
		return;
	}
	r->mails--;
	memset(r->outcomes, 0, sizeof r->outcomes);
	mw_smtp_client_mail(&r->s, &mail, r->rcpts, r->count);
}

static void give_body(run *r)
{
	const mw_str body = MW_LIT("a\n.b");

	EXPECT(mw_smtp_client_body(&r->s, body, &r->out) == body.len);
	mw_smtp_client_end(&r->s);
	r->ended++;
	r->lines += 2;
}

static void take_outcome(run *r, mw_str in, const mw_smtp_client_event *e)
{
	EXPECT(e->index < r->count);
	EXPECT(++r->outcomes[e->index] == 1);
	EXPECT(e->own || fuzz_lies_in(e->reply.raw, in.ptr, in.len));
	EXPECT(!e->own || e->reply.code >= 500);
	EXPECT(e->reply.code >= 400 ||
	       (e->stage == MW_STAGE_CONTENT && r->ended > 0 && e->reply.code < 300));
}

static void take(run *r, mw_str in, const mw_smtp_client_event *e)
{
	EXPECT(r->events < LOG_MAX);
	r->log[r->events++] =
		(told){e->kind, e->stage, e->index, e->reply.code, e->own, e->broken};
	if (e->kind == MW_CLIENT_REPLY)
		take_outcome(r, in, e);
	else if (e->kind == MW_CLIENT_WANT_BODY)
		give_body(r);
	if (e->kind == MW_CLIENT_DONE)
		for (unsigned i = 0; i < r->count; i++)
			EXPECT(r->outcomes[i] == 1);
	if (e->kind == MW_CLIENT_READY || e->kind == MW_CLIENT_DONE)
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
	next(r);
	EXPECT(mw_smtp_client_feed(&r->s, in, &r->out, &e) == in.len);
	EXPECT(e.kind == MW_CLIENT_NONE && r->out.len == out);
}

static void drive(run *r, mw_str in, size_t piece)
{
	size_t used = 0, shown = 0;
	bool lost = false;

	while (!mw_smtp_client_closed(&r->s)) {
		const mw_str now = {in.ptr + used, shown - used};
		mw_smtp_client_event e;
		const size_t n = mw_smtp_client_feed(&r->s, now, &r->out, &e);

		EXPECT(n <= now.len && !r->out.lost);
		r->replies += count_replies(mw_str_head(now, n));
		used += n;
		if (e.kind != MW_CLIENT_NONE) {
			take(r, now, &e);
			continue;
		}
		EXPECT(mw_smtp_client_deadline(&r->s) > 0);
		if (shown < in.len) {
			shown = in.len - shown < piece ? in.len : shown + piece;
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
	/* The greeting comes unasked; LMTP answers a dot for each recipient. */
	EXPECT(r->replies <= commands + 1 + (p->lmtp ? r->ended * r->count : 0));
}

static void set_up(run *r, const mw_smtp_client_params *p, const uint8_t *data)
{
	static const char *const addresses[] = {"a@example.org", "b>@example.org",
						"c@[::1]", "\xc3\xa9@example.org"};
	const unsigned counts[] = {1, 3, 5, RCPTS_MAX};

	*r = (run){.count = counts[data[0] >> 1 & 3],
		   .mails = (data[0] >> 3) % MAILS_MAX + 1};
	for (unsigned i = 0; i < r->count; i++)
		r->rcpts[i].rcpt.recipient =
			mw_str_of(addresses[i % (data[0] & 64 ? 4 : 1)]);
	mw_buf_init(&r->out, r->memory, OUT_MAX);
	mw_smtp_client_init(&r->s, p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static run whole, pieces;
	mw_smtp_client_params p = {.hostname = MW_LIT("me.example.org")};
	mw_str in;

	if (size < 2)
		return 0;
	p.lmtp = data[0] & 1;
	in = fuzz_copy(data + 2, size - 2);
	set_up(&whole, &p, data);
	set_up(&pieces, &p, data);
	drive(&whole, in, SIZE_MAX / 2);
	drive(&pieces, in, data[1] % 9 + 1);
	check_commands(&whole, &p);
	check_commands(&pieces, &p);
	EXPECT(mw_str_eq(mw_buf_str(&whole.out), mw_buf_str(&pieces.out)));
	EXPECT(whole.events == pieces.events && whole.replies == pieces.replies);
	for (size_t i = 0; i < whole.events; i++) {
		const told *a = &whole.log[i], *b = &pieces.log[i];

		EXPECT(a->kind == b->kind && a->stage == b->stage &&
		       a->index == b->index && a->code == b->code && a->own == b->own &&
		       a->broken == b->broken);
	}
	fuzz_free(in);
	return 0;
}
