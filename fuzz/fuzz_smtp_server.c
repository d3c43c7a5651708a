/* SPDX-License-Identifier: MIT
 *
 * The server's session: whatever comes, and however it is cut into pieces, every reply is
 * a reply, each question and each command gets one, and a mail is taken exactly when it
 * got its 250.
 */
#include <mailwhy/smtp_server.h>

#include "expect.h"

#define OUT_MAX (1U << 20)

typedef struct run {
	mw_smtp_server s;
	mw_buf out;
	unsigned replies, taken, ok_at_end;
	uint64_t body;
	bool in_mail;
} run;

static char memory[2][OUT_MAX];

/* Addresses that hold an x are refused, those with a q close the session. */
static mw_answer decide(const mw_smtp_event *e)
{
	static const mw_answer more = {334, {0, 0, 0}, {"", 0}, false, {"", 0}, 0};
	const mw_str what = e->kind == MW_SMTP_MAIL   ? e->mail.sender
			    : e->kind == MW_SMTP_RCPT ? e->rcpt.recipient
						      : e->word;

	if (mw_str_find(what, MW_LIT("q")) < what.len)
		return mw_answer_of(MW_ANSWER_SHUTTING_DOWN);
	if (mw_str_find(what, MW_LIT("x")) < what.len)
		return mw_answer_of(MW_ANSWER_ACCESS_DENIED);
	if (e->kind == MW_SMTP_DATA)
		return mw_answer_of(MW_ANSWER_START_DATA);
	if (e->kind == MW_SMTP_AUTH && e->word.len == 0)
		return more;
	if (e->kind == MW_SMTP_END && e->size % 3 == 1)
		return mw_answer_of(MW_ANSWER_SYSTEM_FULL);
	return mw_answer_of(MW_ANSWER_OK);
}

static void answer(run *r, const mw_smtp_event *e)
{
	const mw_answer a = decide(e);
	const size_t before = r->out.len;

	if (e->kind == MW_SMTP_END) {
		EXPECT(e->size == r->body);
		r->ok_at_end += a.code == 250;
	}
	if (e->kind == MW_SMTP_DATA)
		r->body = 0;
	mw_smtp_server_answer(&r->s, &a, &r->out);
	r->replies += r->out.len > before;
	/* Only the first BDAT is answered later. */
	EXPECT(r->out.len > before || (e->kind == MW_SMTP_DATA && a.code < 400));
	if (e->kind == MW_SMTP_START_TLS)
		mw_smtp_server_secured(&r->s);
}

static void take(run *r, mw_str in, const mw_smtp_event *e)
{
	EXPECT(e->line.len == 0 || fuzz_lies_in(e->line, in.ptr, in.len));
	EXPECT(e->word.len == 0 || fuzz_lies_in(e->word, in.ptr, in.len));
	EXPECT(mw_smtp_server_deadline(&r->s) > 0);
	if (mw_smtp_server_waits(&r->s)) {
		answer(r, e);
	} else if (e->kind == MW_SMTP_REPLIED) {
		EXPECT(e->said.len > 0);
		r->replies++;
	} else if (e->kind == MW_SMTP_BODY) {
		EXPECT(e->body.len > 0);
		r->body += e->body.len;
	}
}

static void drive(run *r, char *out, const mw_smtp_params *p, mw_str in, size_t piece)
{
	size_t used = 0, shown = 0;

	*r = (run){0};
	mw_buf_init(&r->out, out, OUT_MAX);
	mw_smtp_server_init(&r->s, p, false);
	for (;;) {
		const mw_str now = {in.ptr + used, shown - used};
		mw_smtp_event e;
		const size_t n = mw_smtp_server_feed(&r->s, now, &r->out, &e);

		EXPECT(n <= now.len);
		used += n;
		take(r, now, &e);
		if (e.kind == MW_SMTP_NONE) {
			if (shown == in.len)
				break;
			shown = in.len - shown < piece ? in.len : shown + piece;
		}
	}
}

static void check_replies(const run *r)
{
	mw_str rest = mw_buf_str(&r->out);
	unsigned n = 0;

	while (rest.len > 0) {
		mw_reply reply;
		const ptrdiff_t used = mw_reply_read(&reply, rest);

		EXPECT(used > 0);
		rest = mw_str_skip(rest, (size_t)used);
		n++;
	}
	EXPECT(n == r->replies);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static run whole, pieces;
	mw_smtp_params p = {.hostname = MW_LIT("mx.example.org"),
			    .extensions = MW_SMTP_ALL,
			    .mechanisms = MW_SASL_PLAIN | MW_SASL_LOGIN,
			    .early_talk = true,
			    .size_max = 3000,
			    .line_max = 200,
			    .header_max = 1000,
			    .hops_max = 3,
			    .rcpt_max = 5,
			    .command_max = 200};
	mw_str in;

	/* Replies stay within the buffers: at most some 200 bytes for 5 of input. */
	if (size < 2 || size > OUT_MAX / 256)
		return 0;
	/* What follows STARTTLS on the plain line is refused when it is there already. */
	if ((data[0] & 16) == 0)
		p.extensions &= ~MW_SMTP_STARTTLS;
	p.lmtp = data[0] & 1;
	p.bare_line_ends = data[0] & 2;
	p.auth_plaintext = data[0] & 4;
	p.errors_max = data[0] & 8 ? 4 : 0;
	in = fuzz_copy(data + 2, size - 2);
	drive(&whole, memory[0], &p, in, SIZE_MAX / 2);
	drive(&pieces, memory[1], &p, in, data[1] % 9 + 1);
	check_replies(&whole);
	check_replies(&pieces);
	if ((data[0] & 16) == 0) {
		EXPECT(mw_str_eq(mw_buf_str(&whole.out), mw_buf_str(&pieces.out)));
		EXPECT(whole.ok_at_end == pieces.ok_at_end);
	}
	fuzz_free(in);
	return 0;
}
