/* SPDX-License-Identifier: MIT
 *
 * The client's side of a session: what a reply leads to in which state. What is said is
 * in client_commands.c.
 *
 * Replies have no names: which command one belongs to is known by their order alone. So
 * a reply that can't be one to its command ends the session: from there on a 250 might
 * be that to something else, and mail would be lost.
 */
#include "smtp/client.h"

#define CHALLENGES_MAX 8 /* of one login; no mechanism has as many */

static const char no_sense[] = "the server's reply makes no sense there";

void mw_smtp_client_init(mw_smtp_client *s, const mw_smtp_client_params *params)
{
	*s = (mw_smtp_client){.params = params, .state = MWI_CLIENT_GREETING};
}

mw_stage mw_smtp_client_stage(const mw_smtp_client *s)
{
	static const mw_stage stages[MWI_CLIENT_STATES] = {
		[MWI_CLIENT_GREETING] = MW_STAGE_CONNECT,
		[MWI_CLIENT_EHLO] = MW_STAGE_EHLO,
		[MWI_CLIENT_HELO] = MW_STAGE_EHLO,
		[MWI_CLIENT_IDLE] = MW_STAGE_MAIL,
		[MWI_CLIENT_STARTTLS] = MW_STAGE_TLS,
		[MWI_CLIENT_TLS] = MW_STAGE_TLS,
		[MWI_CLIENT_AUTH] = MW_STAGE_AUTH,
		[MWI_CLIENT_CHALLENGED] = MW_STAGE_AUTH,
		[MWI_CLIENT_BODY] = MW_STAGE_DATA,
		[MWI_CLIENT_CHUNKS] = MW_STAGE_DATA,
		[MWI_CLIENT_ENDING] = MW_STAGE_CONTENT,
		[MWI_CLIENT_DRAIN] = MW_STAGE_CONTENT,
		[MWI_CLIENT_QUIT] = MW_STAGE_NONE,
		[MWI_CLIENT_CLOSED] = MW_STAGE_NONE,
	};

	if (s->state != MWI_CLIENT_STEPS)
		return stages[s->state];
	if (s->answered < MWI_STEP_RCPT)
		return MW_STAGE_MAIL;
	return s->answered < mwi_step_data(s) ? MW_STAGE_RCPT : MW_STAGE_DATA;
}

/* --- events */

/* The next recipient that has no outcome yet; `count`: all have. */
static size_t next_open(mw_smtp_client *s)
{
	while (s->index < s->count && s->rcpts[s->index].told)
		s->index++;
	return s->index;
}

/* A reply that ends the session is a refusal, so it is certain. */
static size_t fail(mw_smtp_client *s, mw_smtp_client_event *e, const char *text)
{
	e->kind = MW_CLIENT_FAILED;
	e->stage = mw_smtp_client_stage(s);
	e->text = text;
	e->uncertain = s->ended && e->reply.code == 0 && next_open(s) < s->count;
	s->state = MWI_CLIENT_CLOSED;
	return mwi_client_reply_drop(s);
}

static size_t fail_broken(mw_smtp_client *s, mw_smtp_client_event *e, const char *text)
{
	e->broken = true;
	return fail(s, e, text);
}

static size_t fail_reply(mw_smtp_client *s, mw_smtp_client_event *e, mw_reply r)
{
	if (r.code < 400)
		return fail_broken(s, e, no_sense);
	e->reply = r;
	return fail(s, e, "");
}

static void tell(mw_smtp_client *s, mw_smtp_client_event *e, size_t index, mw_reply r)
{
	s->rcpts[index].told = true;
	e->kind = MW_CLIENT_REPLY;
	e->stage = mw_smtp_client_stage(s);
	e->index = index;
	e->reply = r;
}

/* Tells it to one recipient that has no outcome yet; false: all have one. */
static bool tell_next(mw_smtp_client *s, mw_smtp_client_event *e, mw_reply r)
{
	const size_t index = next_open(s);

	if (index == s->count)
		return false;
	tell(s, e, index, r);
	return true;
}

/* When all recipients are answered, DATA not sent and nobody taken, there is nothing to
 * send. */
static void step_over(mw_smtp_client *s)
{
	s->answered++;
	if (s->answered == mwi_step_data(s) && s->sent == s->answered && s->taken == 0)
		s->end = s->sent;
}

static void finish(mw_smtp_client *s, mw_smtp_client_event *e, bool reset)
{
	e->kind = MW_CLIENT_DONE;
	s->state = MWI_CLIENT_IDLE;
	s->reset = reset;
	s->ended = false;
}

static size_t ready(mw_smtp_client *s, mw_smtp_client_event *e)
{
	s->state = MWI_CLIENT_IDLE;
	e->kind = MW_CLIENT_READY;
	e->offers = &s->offers;
	return mwi_client_reply_drop(s);
}

static size_t refuse(mw_smtp_client *s, mw_smtp_client_event *e, mw_reply r)
{
	e->kind = MW_CLIENT_REFUSED;
	e->stage = mw_smtp_client_stage(s);
	e->reply = r;
	s->state = MWI_CLIENT_IDLE;
	return mwi_client_reply_drop(s);
}

static void want_body(mw_smtp_client *s, mw_smtp_client_event *e, mwi_client_state state)
{
	s->state = (unsigned char)state;
	e->kind = MW_CLIENT_WANT_BODY;
}

/* --- what a reply leads to. Each gives the bytes used: 0 while it has more to tell */

static size_t on_greeting(mw_smtp_client *s, mw_smtp_client_event *e, mw_reply r)
{
	if (r.code >= 300)
		return fail_reply(s, e, r);
	s->state = MWI_CLIENT_EHLO;
	s->due = true;
	return mwi_client_reply_drop(s);
}

/* A server of old does not know EHLO (section 3.2). */
static size_t on_hello(mw_smtp_client *s, mw_smtp_client_event *e, mw_reply r)
{
	if (r.code >= 500 && s->state == MWI_CLIENT_EHLO && !s->params->lmtp) {
		s->state = MWI_CLIENT_HELO;
		s->due = true;
		return mwi_client_reply_drop(s);
	}
	if (r.code >= 300)
		return fail_reply(s, e, r);
	if (s->state == MWI_CLIENT_EHLO)
		mwi_offers_read(&s->offers, r.raw);
	if (s->secure)
		s->offers.extensions &= ~MW_SMTP_STARTTLS;
	return ready(s, e);
}

static size_t on_starttls(mw_smtp_client *s, mw_smtp_client_event *e, mw_reply r)
{
	if (r.code >= 400)
		return refuse(s, e, r);
	if (r.code >= 300)
		return fail_broken(s, e, no_sense);
	s->state = MWI_CLIENT_TLS;
	e->kind = MW_CLIENT_START_TLS;
	return mwi_client_reply_drop(s);
}

static size_t on_auth(mw_smtp_client *s, mw_smtp_client_event *e, mw_reply r)
{
	mw_str rest = r.raw;

	if (r.code >= 400)
		return refuse(s, e, r);
	if (r.code < 300)
		return ready(s, e);
	if (r.code != 334 || s->lines > 1 || ++s->challenges > CHALLENGES_MAX)
		return fail_broken(s, e, no_sense);
	(void)mw_reply_next(&rest, &e->challenge);
	e->kind = MW_CLIENT_CHALLENGE;
	s->state = MWI_CLIENT_CHALLENGED;
	return mwi_client_reply_drop(s);
}

/* Nothing was asked; 421 says that it won't be heard (section 3.8). */
static size_t on_idle(mw_smtp_client *s, mw_smtp_client_event *e, mw_reply r)
{
	(void)r;
	return fail_broken(s, e, "the server spoke without being asked");
}

static size_t on_mail(mw_smtp_client *s, mw_smtp_client_event *e, mw_reply r)
{
	if (r.code >= 400) {
		s->refused = true;
		s->end = s->sent;
		if (tell_next(s, e, r))
			return 0;
	}
	step_over(s);
	return mwi_client_reply_drop(s);
}

static size_t on_rcpt(mw_smtp_client *s, mw_smtp_client_event *e, mw_reply r)
{
	const size_t index = s->answered - MWI_STEP_RCPT;

	if (s->refused) {
		/* said on the way: this recipient has its outcome */
	} else if (r.code < 300) {
		s->rcpts[index].taken = true;
		s->taken++;
	} else {
		tell(s, e, index, r);
	}
	step_over(s);
	return mwi_client_reply_drop(s);
}

/* DATA was sent before it was known that there is nobody to get the mail: an empty one
 * ends it (RFC 2920, section 3.1). Not so where MAIL was refused: a server that goes on
 * from there can't be trusted to send it to nobody. */
static size_t on_data(mw_smtp_client *s, mw_smtp_client_event *e, mw_reply r)
{
	if (r.code >= 400) {
		if (tell_next(s, e, r))
			return 0;
		step_over(s);
		return mwi_client_reply_drop(s);
	}
	if (r.code < 300 || s->refused)
		return fail_broken(s, e, no_sense);
	s->after = MWI_AFTER_LINE;
	s->early = false;
	s->due = s->taken == 0;
	if (s->taken > 0)
		want_body(s, e, MWI_CLIENT_BODY);
	else
		s->state = MWI_CLIENT_ENDING;
	return mwi_client_reply_drop(s);
}

static size_t on_step(mw_smtp_client *s, mw_smtp_client_event *e, mw_reply r)
{
	if (s->answered == mwi_step_data(s))
		return on_data(s, e, r);
	if (r.code >= 300 && r.code < 400)
		return fail_broken(s, e, no_sense);
	if (s->answered >= MWI_STEP_RCPT)
		return on_rcpt(s, e, r);
	if (s->answered == MWI_STEP_MAIL)
		return on_mail(s, e, r);
	if (r.code >= 300)
		return fail_reply(s, e, r);
	step_over(s);
	return mwi_client_reply_drop(s);
}

/* The refusal of a chunk is one of the message. Each chunk that was sent behind it has
 * its reply nevertheless; to take the last one would be to take what was refused. */
static size_t on_drain(mw_smtp_client *s, mw_smtp_client_event *e, mw_reply r)
{
	if (r.code < 400 && (r.code >= 300 || (s->ended && s->chunks == 1)))
		return fail_broken(s, e, no_sense);
	if (tell_next(s, e, r))
		return 0;
	if (--s->chunks == 0)
		finish(s, e, true);
	return mwi_client_reply_drop(s);
}

static size_t on_chunk(mw_smtp_client *s, mw_smtp_client_event *e, mw_reply r)
{
	if (s->chunks == 0)
		return on_idle(s, e, r);
	if (r.code >= 400) {
		s->state = MWI_CLIENT_DRAIN;
		return on_drain(s, e, r);
	}
	if (r.code >= 300)
		return fail_broken(s, e, no_sense);
	s->chunks--;
	return mwi_client_reply_drop(s);
}

/* One reply to the message, or in LMTP one for each recipient that was taken. A last
 * chunk that was refused leaves the transaction open (RFC 3030, section 2). */
static size_t on_ending(mw_smtp_client *s, mw_smtp_client_event *e, mw_reply r)
{
	bool told;

	if (s->chunks > 1)
		return on_chunk(s, e, r);
	if (r.code < 400 && (r.code >= 300 || (s->early && !s->chunked)))
		return fail_broken(s, e, no_sense);
	told = tell_next(s, e, r);
	if (told && !s->params->lmtp)
		return 0;
	if (!told)
		finish(s, e, s->chunked && r.code >= 400);
	return mwi_client_reply_drop(s);
}

static size_t on_quit(mw_smtp_client *s, mw_smtp_client_event *e, mw_reply r)
{
	(void)r;
	e->kind = MW_CLIENT_CLOSED;
	s->state = MWI_CLIENT_CLOSED;
	return mwi_client_reply_drop(s);
}

static size_t on_reply(mw_smtp_client *s, mw_smtp_client_event *e, mw_reply r)
{
	static size_t (*const handlers[MWI_CLIENT_STATES])(
		mw_smtp_client *, mw_smtp_client_event *, mw_reply) = {
		[MWI_CLIENT_GREETING] = on_greeting,  [MWI_CLIENT_EHLO] = on_hello,
		[MWI_CLIENT_HELO] = on_hello,         [MWI_CLIENT_IDLE] = on_idle,
		[MWI_CLIENT_STARTTLS] = on_starttls,  [MWI_CLIENT_AUTH] = on_auth,
		[MWI_CLIENT_CHALLENGED] = fail_reply, [MWI_CLIENT_STEPS] = on_step,
		[MWI_CLIENT_BODY] = on_ending,        [MWI_CLIENT_CHUNKS] = on_chunk,
		[MWI_CLIENT_ENDING] = on_ending,      [MWI_CLIENT_DRAIN] = on_drain,
		[MWI_CLIENT_QUIT] = on_quit,
	};

	if (r.code == 421 && s->state != MWI_CLIENT_QUIT)
		return fail_reply(s, e, r);
	return handlers[s->state](s, e, r);
}

/* --- steps */

/* No more is there of a reply that is wanted. */
static size_t on_nothing(mw_smtp_client *s, mw_smtp_client_event *e)
{
	if (s->lost == NULL || s->state == MWI_CLIENT_IDLE)
		return 0;
	if (s->state == MWI_CLIENT_QUIT)
		return on_quit(s, e, (mw_reply){0, {"", 0}});
	return fail(s, e, s->lost);
}

static size_t read_reply(mw_smtp_client *s, mw_str in, mw_smtp_client_event *e)
{
	const mw_status status = s->whole ? MW_OK : mwi_client_reply_scan(s, in);

	if (status == MW_OK)
		return on_reply(s, e, (mw_reply){s->code, mw_str_head(in, s->scanned)});
	if (status == MW_E_MORE)
		return on_nothing(s, e);
	return fail_broken(s, e,
			   status == MW_E_LIMIT ? "the server's reply is too long"
						: "what the server sent is no reply");
}

/* The server was not asked: we answer. False when all is told. */
static bool answer_fault(mw_smtp_client *s, mw_smtp_client_event *e)
{
	const size_t step = s->answered;

	if (step == MWI_STEP_MAIL) {
		if (tell_next(s, e, mwi_fault_reply((mwi_fault)s->fault)))
			return true;
	} else if (!s->rcpts[step - MWI_STEP_RCPT].told) {
		tell(s, e, step - MWI_STEP_RCPT,
		     mwi_fault_reply((mwi_fault)s->rcpts[step - MWI_STEP_RCPT].fault));
	}
	step_over(s);
	return e->kind != MW_CLIENT_NONE;
}

static bool has_fault(const mw_smtp_client *s)
{
	const size_t step = s->answered;

	if (step == MWI_STEP_MAIL)
		return s->fault != MWI_FAULT_NONE;
	return step >= MWI_STEP_RCPT && step < mwi_step_data(s) &&
	       s->rcpts[step - MWI_STEP_RCPT].fault != MWI_FAULT_NONE;
}

static size_t take_step(mw_smtp_client *s, mw_str in, mw_smtp_client_event *e)
{
	while (s->answered < s->sent && has_fault(s))
		if (answer_fault(s, e)) {
			e->own = true;
			return 0;
		}
	if (s->answered == s->end) {
		if (s->chunked && s->taken > 0)
			want_body(s, e, MWI_CLIENT_CHUNKS);
		else
			finish(s, e, true);
		return 0;
	}
	return s->answered < s->sent ? read_reply(s, in, e) : 0;
}

static size_t advance(mw_smtp_client *s, mw_str in, mw_smtp_client_event *e)
{
	if (s->due) {
		s->early = s->early || in.len > 0;
		return 0;
	}
	if (s->state == MWI_CLIENT_STEPS)
		return take_step(s, in, e);
	if (s->state == MWI_CLIENT_TLS)
		return on_nothing(s, e);
	if (s->state == MWI_CLIENT_BODY || s->state == MWI_CLIENT_CHALLENGED) {
		s->early = s->early || in.len > 0;
		return s->lost != NULL ? read_reply(s, in, e) : 0;
	}
	if (s->state == MWI_CLIENT_ENDING && s->params->lmtp &&
	    next_open(s) == s->count) {
		finish(s, e, false);
		return 0;
	}
	return s->state == MWI_CLIENT_IDLE && in.len == 0 ? 0 : read_reply(s, in, e);
}

/* A server that refuses us waits for this (section 3.1). */
static void part(const mw_smtp_client_event *e, mw_buf *out)
{
	if (e->kind == MW_CLIENT_FAILED && e->reply.code != 0 && e->reply.code != 421)
		mw_buf_put(out, MW_LIT("QUIT\r\n"));
}

size_t mw_smtp_client_feed(mw_smtp_client *s, mw_str in, mw_buf *out,
			   mw_smtp_client_event *event)
{
	size_t total = 0;

	*event = (mw_smtp_client_event){.kind = MW_CLIENT_NONE,
					.reply.raw = MW_LIT(""),
					.challenge = MW_LIT(""),
					.text = ""};
	/* Steps that tell nothing lead on to the next. */
	while (s->state != MWI_CLIENT_CLOSED) {
		const size_t before = s->answered, left = s->sent;
		size_t n;

		mwi_client_write(s, out);
		n = advance(s, mw_str_skip(in, total), event);
		total += n;
		if (event->kind == MW_CLIENT_START_TLS && total < in.len)
			(void)fail_broken(s, event,
					  "the server spoke before the handshake");
		if (event->kind != MW_CLIENT_NONE) {
			part(event, out);
			return total;
		}
		if (n == 0 && s->answered == before && s->sent == left)
			return total;
	}
	return in.len;
}

/* --- the caller's turn */

void mw_smtp_client_starttls(mw_smtp_client *s)
{
	if (s->state != MWI_CLIENT_IDLE)
		return;
	s->state = MWI_CLIENT_STARTTLS;
	s->due = true;
}

void mw_smtp_client_secured(mw_smtp_client *s)
{
	if (s->state != MWI_CLIENT_TLS)
		return;
	s->offers = (mw_smtp_offers){0};
	s->reset = false;
	s->secure = true;
	s->state = MWI_CLIENT_EHLO;
	s->due = true;
}

void mw_smtp_client_mail(mw_smtp_client *s, const mw_mail *mail,
			 mw_smtp_recipient *recipients, size_t count)
{
	if (s->state != MWI_CLIENT_IDLE || count == 0)
		return;
	s->mail = *mail;
	s->rcpts = recipients;
	s->count = count;
	for (size_t i = 0; i < count; i++)
		recipients[i] = (mw_smtp_recipient){.rcpt = recipients[i].rcpt};
	s->sent = s->answered = s->reset ? MWI_STEP_RSET : MWI_STEP_MAIL;
	s->chunked = mwi_client_chunks(s);
	s->end = mwi_step_data(s) + (s->chunked ? 0 : 1);
	s->taken = s->index = s->chunks = 0;
	s->fault = MWI_FAULT_NONE;
	s->refused = s->early = false;
	s->state = MWI_CLIENT_STEPS;
}

size_t mw_smtp_client_body(mw_smtp_client *s, mw_str piece, mw_buf *out)
{
	size_t n;

	if (s->state == MWI_CLIENT_BODY)
		return mwi_body_put(&s->after, piece, out);
	if (s->state != MWI_CLIENT_CHUNKS)
		return 0;
	n = mwi_chunk_put(piece, out);
	if (n > 0)
		s->chunks++;
	return n;
}

bool mw_smtp_client_wants_body(const mw_smtp_client *s)
{
	return s->state == MWI_CLIENT_BODY || s->state == MWI_CLIENT_CHUNKS;
}

void mw_smtp_client_end(mw_smtp_client *s)
{
	if (!mw_smtp_client_wants_body(s))
		return;
	s->state = MWI_CLIENT_ENDING;
	s->due = true;
}

void mw_smtp_client_quit(mw_smtp_client *s)
{
	if (s->state != MWI_CLIENT_IDLE)
		return;
	s->state = MWI_CLIENT_QUIT;
	s->due = true;
}

void mw_smtp_client_lost(mw_smtp_client *s, const char *why)
{
	s->lost = why;
}

/* --- the rest */

/* RFC 5321, section 4.5.3.2. Nothing depends on the farewell. */
unsigned mw_smtp_client_deadline(const mw_smtp_client *s)
{
	static const unsigned seconds[MWI_CLIENT_STATES] = {
		[MWI_CLIENT_GREETING] = 300, [MWI_CLIENT_EHLO] = 300,
		[MWI_CLIENT_HELO] = 300,     [MWI_CLIENT_STARTTLS] = 300,
		[MWI_CLIENT_TLS] = 300,      [MWI_CLIENT_AUTH] = 300,
		[MWI_CLIENT_STEPS] = 300,    [MWI_CLIENT_BODY] = 180,
		[MWI_CLIENT_CHUNKS] = 180,   [MWI_CLIENT_ENDING] = 600,
		[MWI_CLIENT_DRAIN] = 300,    [MWI_CLIENT_QUIT] = 60,
	};
	uint64_t n = seconds[s->state];

	if (mw_smtp_client_stage(s) == MW_STAGE_DATA && s->state == MWI_CLIENT_STEPS)
		n = 120;
	if (s->params->patience != 0)
		n = (n * s->params->patience + 99) / 100;
	return n < UINT32_MAX ? (unsigned)n : UINT32_MAX;
}

bool mw_smtp_client_closed(const mw_smtp_client *s)
{
	return s->state == MWI_CLIENT_CLOSED;
}
