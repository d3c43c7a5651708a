/* SPDX-License-Identifier: MIT
 *
 * The server's side of a session: what is read in which state, and what an answer leads
 * to. Which command has its place where is in states.c, what a command does in
 * server_commands.c.
 */
#include <mailwhy/smtp_server.h>

#include "smtp/message.h"
#include "smtp/session.h"

#define COMMAND_MAX 2048          /* bytes of a line, where the parameters say nothing */
#define AUTH_MAX    12288         /* bytes of a line of AUTH, RFC 4954, section 4 */
#define IDLE        300           /* seconds, RFC 5321, section 4.5.3.2.7 */
#define CLOSE_AFTER (64ULL << 20) /* refused bytes that are still read, for the reply */

void mw_smtp_server_init(mw_smtp_server *s, const mw_smtp_params *params, bool secure)
{
	*s = (mw_smtp_server){.params = params,
			      .secure = secure,
			      .state = MWI_GREETING,
			      .fault = MW_ANSWER_COUNT};
}

unsigned mwi_extensions(const mw_smtp_server *s)
{
	unsigned offered = s->params->extensions;

	if (!s->esmtp)
		return 0;
	if (s->secure)
		offered &= ~MW_SMTP_STARTTLS;
	else
		offered &= ~MW_SMTP_REQUIRETLS;
	if ((offered & MW_SMTP_CHUNKING) == 0)
		offered &= ~MW_SMTP_BINARYMIME;
	return offered;
}

static bool in_transaction(const mw_smtp_server *s)
{
	return s->state == MWI_SENDER || s->state == MWI_RCPTS ||
	       s->state == MWI_CHUNKS || s->state == MWI_BODY || s->state == MWI_CHUNK ||
	       s->state == MWI_ENDING;
}

void mwi_forget(mw_smtp_server *s)
{
	if (in_transaction(s)) {
		s->aborted = true;
		s->state = MWI_IDLE;
	}
	s->rcpts = s->index = 0;
	s->utf8 = s->binary = s->taken = s->cr = false;
}

/* Writes a reply. One that is longer than the room that the contract asks for loses its
 * words, never its number. */
static void write_reply(mw_smtp_server *s, const mw_answer *a, mw_buf *out)
{
	if (mw_answer_put(out, a) != MW_OK) {
		mw_answer bare = *a;

		bare.text = bare.raw = MW_LIT("");
		if (mw_answer_put(out, &bare) != MW_OK)
			s->closes = true;
	}
	if (a->close || a->code == 421)
		s->closes = true;
}

static void close_if_due(mw_smtp_server *s)
{
	if (!s->closes || s->state == MWI_CLOSED)
		return;
	mwi_forget(s);
	s->state = MWI_CLOSED;
}

void mwi_say(mwi_step *t, mw_answer_id id, mw_str what)
{
	char room[1024];
	mw_answer a = mw_answer_fill(id, what, room, sizeof room);
	const size_t start = t->out->len;

	/* None in reply to HELO and EHLO (RFC 2034, section 4). */
	if (t->event->stage == MW_STAGE_EHLO)
		a.status.cls = 0;
	write_reply(t->s, &a, t->out);
	if (a.code >= 500)
		t->s->errors++;
	t->event->kind = MW_SMTP_REPLIED;
	t->event->id = id;
	t->event->said = mw_str_skip(mw_buf_str(t->out), start);
}

void mwi_say_number(mwi_step *t, mw_answer_id id, uint64_t number)
{
	char room[24];
	mw_buf b;

	mw_buf_init(&b, room, sizeof room);
	mw_buf_put_int(&b, (long long)number);
	mwi_say(t, id, mw_buf_str(&b));
}

void mwi_ask(mwi_step *t, mw_smtp_event_kind kind, mw_stage stage)
{
	t->event->kind = kind;
	t->event->stage = stage;
	t->s->asked = (unsigned char)kind;
}

/* --- lines */

/* A line of at most `max` bytes with its end. 0: not whole yet. *line is empty after a
 * refusal. */
static size_t read_line(mwi_step *t, mw_str in, unsigned max, mw_str *line, bool *good)
{
	mw_smtp_server *s = t->s;
	const char *lf = memchr(in.ptr, '\n', in.len);
	size_t n;

	*good = false;
	if (lf == NULL) {
		s->skipping = s->skipping || in.len >= max;
		return s->skipping ? in.len : 0;
	}
	n = (size_t)(lf - in.ptr) + 1;
	t->in = mw_str_skip(in, n);
	if (s->skipping || n > max) {
		s->skipping = false;
		mwi_say_number(t, MW_ANSWER_LINE_TOO_LONG, max);
		return n;
	}
	*line = mw_str_head(in, n - 1);
	if (line->len > 0 && line->ptr[line->len - 1] == '\r')
		line->len--;
	else if (!s->params->bare_line_ends)
		line->len = SIZE_MAX;
	*good = line->len != SIZE_MAX && memchr(line->ptr, '\r', line->len) == NULL;
	if (!*good)
		mwi_say(t, MW_ANSWER_BARE_LINE_END, MW_LIT(""));
	t->event->line = *good ? *line : mw_str_head(in, 0);
	return n;
}

static mw_stage stage_of(mwi_command c)
{
	static const mw_stage stages[MWI_COMMANDS] = {
		[MWI_HELO] = MW_STAGE_EHLO,    [MWI_EHLO] = MW_STAGE_EHLO,
		[MWI_LHLO] = MW_STAGE_EHLO,    [MWI_MAIL] = MW_STAGE_MAIL,
		[MWI_RCPT] = MW_STAGE_RCPT,    [MWI_DATA] = MW_STAGE_DATA,
		[MWI_BDAT] = MW_STAGE_DATA,    [MWI_AUTH] = MW_STAGE_AUTH,
		[MWI_STARTTLS] = MW_STAGE_TLS,
	};

	return stages[c];
}

/* Not a command of this protocol (RFC 2033, section 4.1). */
static mwi_command of_protocol(const mw_smtp_server *s, mwi_command c)
{
	const bool foreign =
		s->params->lmtp ? c == MWI_HELO || c == MWI_EHLO : c == MWI_LHLO;

	return foreign ? MWI_STRANGE : c;
}

static size_t read_command(mwi_step *t, mw_str in)
{
	mw_smtp_server *s = t->s;
	const unsigned max =
		s->params->command_max != 0 ? s->params->command_max : COMMAND_MAX;
	mw_str line, argument;
	mwi_command command;
	mw_answer_id refused;
	bool good;
	const size_t n = read_line(t, in, max, &line, &good);

	if (!good)
		return n;
	command = of_protocol(s, mwi_command_read(line, &argument));
	refused = mwi_state_refuses((mwi_state)s->state, command);
	t->event->stage = stage_of(command);
	if (s->params->errors_max != 0 && s->errors >= s->params->errors_max) {
		mwi_say(t, MW_ANSWER_TOO_MANY_ERRORS, MW_LIT(""));
	} else if (s->stopping && !in_transaction(s) && command != MWI_QUIT) {
		mwi_say(t, MW_ANSWER_SHUTTING_DOWN, s->params->hostname);
	} else if (refused != MW_ANSWER_COUNT) {
		mwi_say(t, refused, mw_str_head(line, line.len - argument.len));
		if (command == MWI_BDAT)
			mwi_chunk_discard(s, argument);
	} else {
		mwi_command_run(t, command, argument);
	}
	return n;
}

static size_t read_greeting(mwi_step *t, mw_str in)
{
	if (in.len > 0 && !t->s->params->early_talk)
		mwi_say(t, MW_ANSWER_EARLY_TALKER, MW_LIT(""));
	else
		mwi_ask(t, MW_SMTP_CONNECT, MW_STAGE_CONNECT);
	return 0;
}

static size_t read_sasl(mwi_step *t, mw_str in)
{
	mw_str line;
	bool good;
	const size_t n = read_line(t, in, AUTH_MAX, &line, &good);

	t->event->stage = MW_STAGE_AUTH;
	if (good) {
		t->event->word = line;
		mwi_ask(t, MW_SMTP_AUTH_MORE, MW_STAGE_AUTH);
	} else if (t->event->kind == MW_SMTP_REPLIED) {
		t->s->state = MWI_IDLE;
	}
	return n;
}

/* --- messages */

/* The number that belongs to a fault of the message. */
static uint64_t fault_limit(const mw_smtp_params *p, mw_answer_id id)
{
	if (id == MW_ANSWER_MESSAGE_TOO_LARGE)
		return p->size_max;
	return id == MW_ANSWER_HEADER_TOO_LARGE ? p->header_max : p->line_max;
}

static void say_fault(mwi_step *t)
{
	const mw_answer_id id = (mw_answer_id)t->s->fault;

	mwi_say_number(t, id, fault_limit(t->s->params, id));
	t->event->stage = MW_STAGE_CONTENT;
}

/* So much of a message that is refused anyway is not read to its end. */
static bool runs_away(const mw_smtp_server *s)
{
	return s->fault != MW_ANSWER_COUNT &&
	       s->size > CLOSE_AFTER + 2 * s->params->size_max;
}

static void refuse_and_close(mwi_step *t)
{
	say_fault(t);
	t->s->closes = true;
}

static bool give_body(mwi_step *t, mw_str body)
{
	if (body.len == 0 || t->s->fault != MW_ANSWER_COUNT)
		return false;
	t->event->kind = MW_SMTP_BODY;
	t->event->stage = MW_STAGE_CONTENT;
	t->event->body = body;
	return true;
}

static size_t read_body(mwi_step *t, mw_str in)
{
	mw_smtp_server *s = t->s;
	size_t total = 0;

	for (;;) {
		size_t used;
		mw_str body;
		const mwi_piece piece = mwi_message_data(s, in, &used, &body);

		total += used;
		in = mw_str_skip(in, used);
		if (piece == MWI_PIECE_END) {
			s->state = MWI_ENDING;
			return total;
		}
		if (piece == MWI_PIECE_ODD || runs_away(s)) {
			refuse_and_close(t);
			return total;
		}
		if (used == 0 || give_body(t, body))
			return total;
	}
}

/* The chunk is whole. */
static void end_chunk(mwi_step *t)
{
	mw_smtp_server *s = t->s;

	if (s->last)
		mwi_message_chunks_end(s);
	if (s->last) {
		s->state = MWI_ENDING;
	} else if (s->fault != MW_ANSWER_COUNT) {
		say_fault(t);
		mwi_forget(s);
	} else {
		mwi_say_number(t, MW_ANSWER_CHUNK_OK, s->size);
		s->state = MWI_CHUNKS;
	}
}

static size_t read_chunk(mwi_step *t, mw_str in)
{
	mw_smtp_server *s = t->s;
	size_t total = 0;

	while (s->chunk > 0) {
		size_t used;
		mw_str body;

		mwi_message_chunk(s, in, &used, &body);
		total += used;
		in = mw_str_skip(in, used);
		if (used == 0 || give_body(t, body))
			return total;
	}
	end_chunk(t);
	return total;
}

static size_t read_discard(mwi_step *t, mw_str in)
{
	mw_smtp_server *s = t->s;
	const size_t n = in.len < s->chunk ? in.len : (size_t)s->chunk;

	s->chunk -= n;
	s->size += n;
	if (s->chunk == 0) {
		s->state = s->back;
		s->size = 0;
	} else if (s->size > CLOSE_AFTER + 2 * s->params->size_max) {
		s->closes = true;
	}
	return n;
}

/* One reply to a message, or in LMTP one for each recipient (RFC 2033, section 4.2). */
static void next_ending(mw_smtp_server *s, bool taken)
{
	s->taken = s->taken || taken;
	if (s->params->lmtp && ++s->index < s->rcpts)
		return;
	s->mails++;
	taken = s->taken;
	mwi_forget(s);
	s->aborted = !taken;
}

static size_t read_ending(mwi_step *t, mw_str in)
{
	(void)in;
	t->event->stage = MW_STAGE_CONTENT;
	t->event->size = t->s->size;
	t->event->index = t->s->index;
	if (t->s->fault == MW_ANSWER_COUNT) {
		mwi_ask(t, MW_SMTP_END, MW_STAGE_CONTENT);
		return 0;
	}
	say_fault(t);
	next_ending(t->s, false);
	return 0;
}

static size_t read_nothing(mwi_step *t, mw_str in)
{
	(void)t;
	(void)in;
	return 0;
}

static size_t read_closed(mwi_step *t, mw_str in)
{
	if (!t->s->told_closed)
		t->event->kind = MW_SMTP_CLOSED;
	t->s->told_closed = true;
	return in.len;
}

size_t mw_smtp_server_feed(mw_smtp_server *s, mw_str in, mw_buf *out,
			   mw_smtp_event *event)
{
	static size_t (*const readers[MWI_STATES])(mwi_step *, mw_str) = {
		[MWI_REFUSED] = read_command,   [MWI_START] = read_command,
		[MWI_IDLE] = read_command,      [MWI_SENDER] = read_command,
		[MWI_RCPTS] = read_command,     [MWI_CHUNKS] = read_command,
		[MWI_GREETING] = read_greeting, [MWI_BODY] = read_body,
		[MWI_CHUNK] = read_chunk,       [MWI_DISCARD] = read_discard,
		[MWI_ENDING] = read_ending,     [MWI_SASL] = read_sasl,
		[MWI_TLS] = read_nothing,       [MWI_CLOSED] = read_closed,
	};
	mwi_step t = {s, {"", 0}, out, event};
	size_t total = 0, n;

	*event = (mw_smtp_event){.kind = MW_SMTP_NONE, .id = MW_ANSWER_COUNT};
	if (s->asked != MW_SMTP_NONE)
		return 0;
	if (s->aborted) {
		s->aborted = false;
		event->kind = MW_SMTP_ABORT;
		return 0;
	}
	/* Steps that tell nothing lead on to the next. */
	for (;;) {
		const unsigned char before = s->state;

		if (out->cap - out->len < MW_SMTP_REPLY_MAX)
			return total;
		n = readers[s->state](&t, mw_str_skip(in, total));
		total += n;
		close_if_due(s);
		if (event->kind != MW_SMTP_NONE || (n == 0 && s->state == before))
			return total;
	}
}

/* --- answers */

static void answer_connect(mw_smtp_server *s, const mw_answer *a, mw_buf *out)
{
	write_reply(s, a, out);
	s->state = a->code < 400 ? MWI_START : MWI_REFUSED;
}

static void answer_hello(mw_smtp_server *s, const mw_answer *a, mw_buf *out)
{
	char room[2048];
	mw_answer reply = *a;
	const bool good = a->code < 400;

	if (good) {
		mwi_forget(s);
		s->esmtp = s->first;
		s->state = MWI_IDLE;
	}
	if (good && s->first && a->raw.len == 0 &&
	    memchr(a->text.ptr, '\n', a->text.len) == NULL)
		reply.text = mwi_ehlo_text(s, a->text, room, sizeof room);
	write_reply(s, &reply, out);
}

static void answer_tls(mw_smtp_server *s, const mw_answer *a, mw_buf *out)
{
	write_reply(s, a, out);
	if (a->code < 400)
		s->state = MWI_TLS;
}

static void answer_auth(mw_smtp_server *s, const mw_answer *a, mw_buf *out)
{
	write_reply(s, a, out);
	s->state = a->code == 334 ? MWI_SASL : MWI_IDLE;
	s->authenticated = a->code < 300;
	if (a->code >= 500)
		s->errors++;
}

static void answer_mail(mw_smtp_server *s, const mw_answer *a, mw_buf *out)
{
	write_reply(s, a, out);
	if (a->code < 300)
		s->state = MWI_SENDER;
	else
		mwi_forget(s);
}

static void answer_rcpt(mw_smtp_server *s, const mw_answer *a, mw_buf *out)
{
	write_reply(s, a, out);
	if (a->code < 300) {
		s->rcpts++;
		s->state = MWI_RCPTS;
	}
}

/* To DATA, and to the first BDAT, which is not answered before its bytes are there. */
static void answer_data(mw_smtp_server *s, const mw_answer *a, mw_buf *out)
{
	const bool chunks = s->first;

	if (a->code >= 400) {
		write_reply(s, a, out);
		mwi_forget(s);
		if (chunks && s->chunk > 0) {
			s->back = MWI_IDLE;
			s->state = MWI_DISCARD;
		}
		return;
	}
	if (!chunks)
		write_reply(s, a, out);
	mwi_message_start(s);
	s->state = chunks ? MWI_CHUNK : MWI_BODY;
}

static void answer_end(mw_smtp_server *s, const mw_answer *a, mw_buf *out)
{
	write_reply(s, a, out);
	next_ending(s, a->code < 300);
}

void mw_smtp_server_answer(mw_smtp_server *s, const mw_answer *a, mw_buf *out)
{
	static void (*const answers[])(mw_smtp_server *, const mw_answer *, mw_buf *) = {
		[MW_SMTP_CONNECT] = answer_connect, [MW_SMTP_HELLO] = answer_hello,
		[MW_SMTP_START_TLS] = answer_tls,   [MW_SMTP_AUTH] = answer_auth,
		[MW_SMTP_AUTH_MORE] = answer_auth,  [MW_SMTP_MAIL] = answer_mail,
		[MW_SMTP_RCPT] = answer_rcpt,       [MW_SMTP_DATA] = answer_data,
		[MW_SMTP_END] = answer_end,         [MW_SMTP_VRFY] = write_reply,
		[MW_SMTP_EXPN] = write_reply,
	};
	const unsigned char asked = s->asked;

	if (asked == MW_SMTP_NONE)
		return;
	s->asked = MW_SMTP_NONE;
	answers[asked](s, a, out);
	close_if_due(s);
}

/* --- the rest */

void mw_smtp_server_secured(mw_smtp_server *s)
{
	if (s->state != MWI_TLS)
		return;
	s->secure = true;
	s->esmtp = s->authenticated = false;
	s->state = MWI_START;
}

void mw_smtp_server_stop(mw_smtp_server *s)
{
	s->stopping = true;
}

void mw_smtp_server_end(mw_smtp_server *s, mw_answer_id id, mw_str what, mw_buf *out)
{
	char room[1024];
	const mw_answer a = mw_answer_fill(id, what, room, sizeof room);

	if (s->asked == MW_SMTP_NONE && s->state != MWI_CLOSED && s->state != MWI_TLS)
		write_reply(s, &a, out);
	s->asked = MW_SMTP_NONE;
	s->closes = true;
	close_if_due(s);
}

unsigned mw_smtp_server_deadline(const mw_smtp_server *s)
{
	const unsigned idle = s->params->idle != 0 ? s->params->idle : IDLE;

	if (mw_smtp_server_in_body(s))
		return s->params->data != 0 ? s->params->data : IDLE;
	return idle;
}

bool mw_smtp_server_closed(const mw_smtp_server *s)
{
	return s->state == MWI_CLOSED;
}

bool mw_smtp_server_waits(const mw_smtp_server *s)
{
	return s->asked != MW_SMTP_NONE;
}

bool mw_smtp_server_busy(const mw_smtp_server *s)
{
	return in_transaction(s);
}

bool mw_smtp_server_in_body(const mw_smtp_server *s)
{
	return s->state == MWI_BODY || s->state == MWI_CHUNK || s->state == MWI_DISCARD;
}
