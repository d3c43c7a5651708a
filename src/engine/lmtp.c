/* SPDX-License-Identifier: MIT
 *
 * One connection, one mail, on a thread that waits for it. What is said is the session's
 * (mailwhy/smtp_client.h); here is the socket under it, and the clock.
 *
 * A server that can't be reached, or refuses us before it knows which mail we have, says
 * nothing about the mail: that is 451 of our own, whatever it said, for a backend that
 * was set up wrongly must not bounce all mail.
 */
#include "engine/lmtp.h"

#include <errno.h>
#include <mailwhy/smtp_client.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ascii.h"
#include "net/dial.h"
#include "read/reply_words.h"

#define PIECE        ((size_t)64 * 1024)
#define TARGET_SHOWN 512
#define FAREWELL     2000 /* ms; nothing depends on it any more */

static const lmtp_limits usual = {.connect = 30000, .total = 300000, .patience = 100};

typedef struct rooms {
	char in[MW_SMTP_CLIENT_REPLY_MAX], out[PIECE], piece[PIECE];
} rooms;

/* A delivery at work. */
typedef struct delivery {
	const lmtp_limits *limits;
	mw_str target;
	const store_message *message;
	mw_str body; /* what is not given yet, of a body in memory */
	int body_fd; /* or -1 */
	uint64_t at; /* in body_fd */
	mw_smtp_recipient *rcpts;
	lmtp_result *results;
	size_t count;
	int fd;
	int64_t end;      /* ms of the clock */
	int64_t progress; /* when the server last did something */
	mw_smtp_client session;
	mw_buf out;
	size_t sent, got;    /* of `out`, in `in` */
	size_t held, passed; /* in `piece`, and given to the session */
	bool giving, lost, over;
	rooms *room;
} delivery;

/* --- results */

/* The words for all recipients that have none yet. */
static void fail_rest(delivery *d, mw_stage stage, mw_enhanced status, mw_str text)
{
	for (size_t i = 0; i < d->count; i++) {
		lmtp_result *r = &d->results[i];

		if (r->code != 0)
			continue;
		r->code = 451;
		r->status = status;
		r->stage = stage;
		mwi_one_line(r->text, sizeof r->text, text);
	}
}

static void note_reply(lmtp_result *r, const mw_smtp_client_event *e)
{
	r->code = e->reply.code;
	r->stage = e->stage;
	mwi_reply_words(e->reply, &r->status, r->text, sizeof r->text);
}

/* The server ended it by a reply, as 421: true of all mails that we might have, so a
 * refusal for good is none of this mail. */
static void fail_refused(delivery *d, const mw_smtp_client_event *e)
{
	char room[2 * LMTP_TEXT_MAX], words[LMTP_TEXT_MAX];
	mw_enhanced status;
	mw_buf b;

	mwi_reply_words(e->reply, &status, words, sizeof words);
	if (e->reply.code >= 500)
		status = (mw_enhanced){4, 3, 0};
	mw_buf_init(&b, room, sizeof room);
	mw_buf_put(&b, mw_str_head(d->target, TARGET_SHOWN));
	mw_buf_put(&b, MW_LIT(" refused to serve: "));
	mw_buf_put_int(&b, e->reply.code);
	mw_buf_put_char(&b, ' ');
	mw_buf_put(&b, mw_str_of(words));
	fail_rest(d, e->stage, status, mw_buf_str(&b));
}

/* A mail whose final dot was sent may be there all the same, for those who have no reply
 * yet. They get it twice rather than not at all: LMTP has no way to ask. */
static void fail_session(delivery *d, const mw_smtp_client_event *e)
{
	static const mw_enhanced lost = {4, 4, 2}, nonsense = {4, 5, 0};
	char room[LMTP_TEXT_MAX];
	mw_buf b;

	if (e->reply.code != 0) {
		fail_refused(d, e);
		return;
	}
	mw_buf_init(&b, room, sizeof room);
	mw_buf_put(&b, e->broken ? MW_LIT("talking with ") : MW_LIT("connection to "));
	mw_buf_put(&b, mw_str_head(d->target, TARGET_SHOWN));
	mw_buf_put(&b, e->broken ? MW_LIT(" failed: ") : MW_LIT(" lost: "));
	mw_buf_put(&b, mw_str_of(e->text));
	fail_rest(d, e->stage, e->broken ? nonsense : lost, mw_buf_str(&b));
}

/* --- bytes */

static void give_up(delivery *d, const char *why)
{
	d->lost = true;
	mw_smtp_client_lost(&d->session, why);
}

/* True when something came. */
static bool receive(delivery *d)
{
	const size_t room = sizeof d->room->in - d->got;
	const ssize_t n = room > 0 ? recv(d->fd, d->room->in + d->got, room, 0) : -1;

	if (n > 0) {
		d->got += (size_t)n;
		return true;
	}
	if (n == 0)
		give_up(d, "the server closed it");
	else if (room > 0 && errno != EAGAIN && errno != EINTR)
		give_up(d, errno == ECONNRESET ? "the server closed it"
					       : "the network failed");
	return false;
}

/* Where the server takes nothing any more, it may have said why before. */
static void send_out(delivery *d)
{
	const ssize_t n =
		send(d->fd, d->out.ptr + d->sent, d->out.len - d->sent, MSG_NOSIGNAL);

	if (n > 0) {
		d->sent += (size_t)n;
		d->progress = dial_clock();
	} else if (errno != EAGAIN && errno != EINTR) {
		while (receive(d))
			;
		give_up(d, "the server closed it");
	}
	if (d->sent == d->out.len) {
		mw_buf_reset(&d->out);
		d->sent = 0;
	}
}

static int64_t deadline(const delivery *d)
{
	const unsigned seconds = mw_smtp_client_deadline(&d->session);
	const int64_t end = d->progress + (int64_t)seconds * 1000;

	return end < d->end ? end : d->end;
}

/* Waits until the server takes or sends something. */
static void exchange(delivery *d)
{
	const int64_t end = deadline(d);
	const bool sends = d->sent < d->out.len;
	const short wanted = (short)((d->got < sizeof d->room->in ? POLLIN : 0) |
				     (sends ? POLLOUT : 0));
	const int n = dial_wait(d->fd, wanted, end);

	if (n <= 0) {
		give_up(d, n == 0 ? "no answer in time" : "the network failed");
		return;
	}
	(void)receive(d);
	if (sends && !d->lost)
		send_out(d);
}

/* --- the message */

/* More of it in `piece`. False when there is no more, or it can't be read: that gives the
 * whole delivery up. */
static bool read_piece(delivery *d)
{
	const uint64_t left = d->message->size - d->at;
	const size_t want = left < PIECE ? (size_t)left : PIECE;
	ssize_t n;

	d->held = d->passed = 0;
	if (want == 0)
		return false;
	do
		n = pread(d->body_fd, d->room->piece, want, (off_t)d->at);
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		char text[128];

		snprintf(text, sizeof text, "the mail can't be read: %s",
			 n < 0 ? strerror(errno) : "it is shorter than it was");
		fail_rest(d, MW_STAGE_DATA, (mw_enhanced){4, 3, 0}, mw_str_of(text));
		d->over = true;
		return false;
	}
	d->held = (size_t)n;
	d->at += (uint64_t)n;
	return true;
}

/* What is to be given next; empty at the end. */
static mw_str next_piece(delivery *d)
{
	if (d->body_fd < 0)
		return d->body;
	if (d->passed == d->held && !read_piece(d))
		return MW_LIT("");
	return mw_str_skip((mw_str){d->room->piece, d->held}, d->passed);
}

static void give_body(delivery *d)
{
	const mw_str piece = next_piece(d);
	size_t n;

	if (d->over)
		return;
	n = mw_smtp_client_body(&d->session, piece, &d->out);
	if (d->body_fd < 0)
		d->body = mw_str_skip(d->body, n);
	d->passed += n;
	if (piece.len == 0) {
		mw_smtp_client_end(&d->session);
		d->giving = false;
	}
}

/* --- the dialogue */

static bool needs_utf8(const delivery *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (!mwi_is_ascii(d->rcpts[i].rcpt.recipient))
			return true;
	return !mwi_is_ascii(d->message->mail.sender);
}

/* This is the last step of the mail's way. A header in UTF-8 is for the reader to show,
 * so SMTPUTF8 is asked of the server for addresses only; and what goes to it through a
 * socket of this machine needs no TLS. */
static void begin(delivery *d, const mw_smtp_offers *offers)
{
	mw_mail mail = d->message->mail;

	mail.size = d->body_fd < 0 ? d->body.len : d->message->size;
	if ((offers->extensions & MW_SMTP_UTF8) == 0 && !needs_utf8(d))
		mail.smtputf8 = false;
	if (dial_is_path(d->target))
		mail.requiretls = false;
	mw_smtp_client_mail(&d->session, &mail, d->rcpts, d->count);
}

static void take(delivery *d, const mw_smtp_client_event *e)
{
	switch (e->kind) {
	case MW_CLIENT_NONE:
	case MW_CLIENT_START_TLS: /* what these answer we don't ask */
	case MW_CLIENT_CHALLENGE:
	case MW_CLIENT_REFUSED:
		break;
	case MW_CLIENT_READY:
		begin(d, e->offers);
		break;
	case MW_CLIENT_REPLY:
		note_reply(&d->results[e->index], e);
		break;
	case MW_CLIENT_WANT_BODY:
		d->giving = true;
		break;
	case MW_CLIENT_DONE:
		d->end = dial_clock() + FAREWELL;
		mw_smtp_client_quit(&d->session);
		break;
	case MW_CLIENT_FAILED:
		fail_session(d, e);
		d->over = true;
		break;
	case MW_CLIENT_CLOSED:
		d->over = true;
		break;
	}
}

/* One step; true when there is nothing to do but to wait. */
static bool step(delivery *d)
{
	mw_smtp_client_event e;
	size_t n;

	if (d->lost) {
		mw_buf_reset(&d->out);
		d->sent = 0;
	}
	n = mw_smtp_client_feed(&d->session, (mw_str){d->room->in, d->got}, &d->out, &e);
	take(d, &e);
	memmove(d->room->in, d->room->in + n, d->got - n);
	d->got -= n;
	if (n > 0)
		d->progress = dial_clock();
	if (e.kind != MW_CLIENT_NONE)
		return false;
	if (d->lost || !d->giving || d->out.len > 0)
		return true;
	give_body(d);
	return false;
}

static void talk(delivery *d, mw_str hostname)
{
	const mw_smtp_client_params params = {.hostname = hostname,
					      .lmtp = !d->limits->smtp,
					      .patience = d->limits->patience};

	d->progress = dial_clock();
	mw_buf_init(&d->out, d->room->out, sizeof d->room->out);
	mw_smtp_client_init(&d->session, &params);
	while (!d->over)
		if (step(d) && !d->over && !d->lost)
			exchange(d);
	/* The farewell to a server that refused us. */
	if (!d->lost && d->out.len > d->sent)
		send_out(d);
}

static void deliver(delivery *d, mw_str hostname)
{
	const int most = d->limits->connect < d->limits->total ? d->limits->connect
							       : d->limits->total;
	char why[DIAL_WHY_MAX];

	d->end = dial_clock() + d->limits->total;
	d->fd = dial(d->target, most, why);
	if (d->fd < 0) {
		fail_rest(d, MW_STAGE_CONNECT, (mw_enhanced){4, 4, 1}, mw_str_of(why));
		return;
	}
	talk(d, hostname);
	close(d->fd);
}

void lmtp_deliver_within(const lmtp_limits *limits, mw_str target, mw_str hostname,
			 const store_message *message, mw_str body, int fd,
			 const mw_str *recipients, size_t n, lmtp_result *results)
{
	delivery d = {.limits = limits,
		      .target = target,
		      .message = message,
		      .body = body,
		      .body_fd = fd,
		      .rcpts = calloc(n, sizeof *d.rcpts),
		      .results = results,
		      .count = n,
		      .room = malloc(sizeof *d.room)};

	memset(results, 0, n * sizeof *results);
	if (d.rcpts == NULL || d.room == NULL) {
		fail_rest(&d, MW_STAGE_CONNECT, (mw_enhanced){4, 3, 0},
			  MW_LIT("no memory to deliver with"));
	} else {
		for (size_t i = 0; i < n; i++)
			d.rcpts[i].rcpt = (mw_rcpt){.recipient = recipients[i],
						    .notify = limits->notify,
						    .orcpt = MW_LIT("")};
		deliver(&d, hostname);
	}
	free(d.rcpts);
	free(d.room);
}

void lmtp_deliver(mw_str target, mw_str hostname, const store_message *message,
		  mw_str body, int fd, const mw_str *recipients, size_t n,
		  lmtp_result *results)
{
	lmtp_deliver_within(&usual, target, hostname, message, body, fd, recipients, n,
			    results);
}
