/* SPDX-License-Identifier: MIT
 *
 * The mail of a connection: its recipients, its bytes, what was said about it.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/ascii.h"
#include "engine/outbound.h"
#include "read/reply_words.h"

#define PIECE ((size_t)32 * 1024)

/* --- replies as results */

void result_of_reply(remote_reply *r, mw_reply reply, mw_stage stage)
{
	*r = (remote_reply){.code = reply.code, .stage = stage};
	mwi_reply_words(reply, &r->status, r->text, sizeof r->text);
}

void result_of_text(remote_reply *r, const char *text, mw_stage stage)
{
	char line[RESULT_TEXT_MAX + 4];
	mw_reply reply = {.code = 451};

	mwi_one_line(line, RESULT_TEXT_MAX, mw_str_of(text));
	memcpy(line + strlen(line), "\r\n", sizeof "\r\n");
	reply.raw = mw_str_of(line);
	(void)mw_reply_read(&reply, reply.raw);
	result_of_reply(r, reply, stage);
	r->own = true;
}

/* --- beginning */

void outgoing_mail_free(outgoing *o)
{
	free(o->rcpts);
	free(o->of);
	free(o->results);
	free(o->intent_indices);
	free(o->piece);
	o->rcpts = NULL;
	o->of = NULL;
	o->results = NULL;
	o->intent_indices = NULL;
	o->piece = NULL;
	o->cap = 0;
}

static bool make_room(outgoing *o, size_t n)
{
	if (n <= o->cap)
		return true;
	outgoing_mail_free(o);
	o->rcpts = calloc(n, sizeof *o->rcpts);
	o->of = calloc(n, sizeof(addressee *));
	o->results = calloc(n, sizeof *o->results);
	o->intent_indices = calloc(n, sizeof *o->intent_indices);
	if (o->rcpts == NULL || o->of == NULL || o->results == NULL ||
	    o->intent_indices == NULL) {
		outgoing_mail_free(o);
		return false;
	}
	o->cap = n;
	return true;
}

static size_t recipients_max(const outgoing *o)
{
	uint64_t n = o->s->policy->settings->delivery.recipients;

	if (o->offers.rcpt_max != 0 && o->offers.rcpt_max < n)
		n = o->offers.rcpt_max;
	if (o->p->to->rcpt_max != 0 && o->p->to->rcpt_max < n)
		n = o->p->to->rcpt_max;
	return n > 0 ? (size_t)n : 1;
}

static bool header_is_ascii(const job *j)
{
	const size_t end = mw_str_find(j->body, MW_LIT("\r\n\r\n"));

	return j->fd < 0 && mwi_is_ascii(mw_str_head(j->body, end));
}

/* What the message is, which may be less than its sender thought it could be. */
static mw_mail mail_of(const outgoing *o)
{
	const job *j = o->j;
	mw_mail mail = j->message.mail;

	mail.size = j->message.size;
	if (mail.body != MW_BODY_BINARYMIME)
		mail.body = job_is_8bit(j) ? MW_BODY_8BITMIME : MW_BODY_7BIT;
	if (mail.smtputf8 && (o->offers.extensions & MW_SMTP_UTF8) == 0 &&
	    mwi_is_ascii(mail.sender) && header_is_ascii(j))
		mail.smtputf8 = false;
	return mail;
}

static void choose(outgoing *o, size_t max)
{
	job *j = o->j;

	o->count = 0;
	for (size_t i = 0; i < j->count && o->count < max; i++) {
		addressee *a = &j->to[i];

		if (a->over)
			continue;
		o->of[o->count] = a;
		o->results[o->count].code = 0;
		o->rcpts[o->count++] =
			(mw_smtp_recipient){.rcpt = {.recipient = a->r.address,
						     .notify = a->r.notify,
						     .orcpt = a->r.orcpt}};
	}
}

bool outgoing_begin(outgoing *o, job *j)
{
	size_t max = recipients_max(o);
	mw_mail mail;

	if (max > j->open)
		max = j->open;
	if (!make_room(o, max))
		return false;
	o->j = j;
	choose(o, max);
	mail = mail_of(o);
	o->state = OUTGOING_BUSY;
	o->body = j->fd < 0 ? j->body : MW_LIT("");
	o->at = 0;
	o->piece_len = o->piece_at = 0;
	o->giving = o->given = o->ended = o->intended = o->unreadable = false;
	o->offered_at = sender_now();
	o->p->offered++;
	mw_smtp_client_mail(&o->smtp, &mail, o->rcpts, o->count);
	return true;
}

/* --- its bytes */

static mw_str give_up(outgoing *o, const char *why)
{
	o->unreadable = true;
	mw_smtp_client_lost(&o->smtp, why);
	return MW_LIT("");
}

/* The next ones of a body in a file; empty at its end. */
static mw_str next_piece(outgoing *o)
{
	const uint64_t left = o->j->message.size - o->at;
	ssize_t n;

	if (o->piece_at < o->piece_len || left == 0)
		return mw_str_skip((mw_str){o->piece, o->piece_len}, o->piece_at);
	if (o->piece == NULL && (o->piece = malloc(PIECE)) == NULL)
		return give_up(o, "out of memory");
	do
		n = pread(o->j->fd, o->piece, left < PIECE ? (size_t)left : PIECE,
			  (off_t)o->at);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return give_up(o, "the mail can't be read from the queue");
	o->at += (uint64_t)n;
	o->piece_len = (size_t)n;
	o->piece_at = 0;
	return (mw_str){o->piece, o->piece_len};
}

bool outgoing_fill(outgoing *o, mw_buf *out)
{
	if (!mw_smtp_client_wants_body(&o->smtp))
		return true;
	for (;;) {
		const bool file = o->j->fd >= 0;
		const mw_str piece = file ? next_piece(o) : o->body;
		size_t n;

		if (piece.len == 0)
			return true;
		n = mw_smtp_client_body(&o->smtp, piece, out);
		if (file)
			o->piece_at += n;
		else
			o->body = mw_str_skip(o->body, n);
		if (n == 0)
			return false;
	}
}
