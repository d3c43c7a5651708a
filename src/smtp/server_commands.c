/* SPDX-License-Identifier: MIT
 *
 * One handler a command, for a command that has its place (states.h). Each answers by
 * itself or asks the caller, and does exactly one of the two.
 */
#include "base/ascii.h"
#include "smtp/keyword.h"
#include "smtp/message.h"
#include "smtp/session.h"

static bool row_is(const mw_smtp_server *s, mwi_state row)
{
	return s->state == (unsigned char)row;
}

/* These must be the last of what a client sends before it reads (RFC 2920, section 3.1).
 */
static bool talks_early(mwi_step *t)
{
	if (t->in.len == 0 || t->s->params->early_talk)
		return false;
	mwi_forget(t->s);
	mwi_say(t, MW_ANSWER_EARLY_TALKER, MW_LIT(""));
	return true;
}

static bool has_argument(mwi_step *t, mw_str argument, const char *form)
{
	if (argument.len == 0)
		return false;
	mwi_say(t, MW_ANSWER_BAD_ARGUMENT, mw_str_of(form));
	return true;
}

static void greet(mwi_step *t, mw_str argument, bool esmtp)
{
	mw_str name;

	(void)mwi_word_next(&argument, &name);
	if (!mw_domain_valid(name, (t->s->params->extensions & MW_SMTP_UTF8) != 0)) {
		mwi_say(t, MW_ANSWER_BAD_HELLO, MW_LIT(""));
		return;
	}
	if (talks_early(t))
		return;
	t->s->first = esmtp;
	t->event->esmtp = esmtp;
	t->event->word = name;
	mwi_ask(t, MW_SMTP_HELLO, MW_STAGE_EHLO);
}

static void helo(mwi_step *t, mw_str argument)
{
	greet(t, argument, false);
}

static void ehlo(mwi_step *t, mw_str argument)
{
	greet(t, argument, true);
}

/* What stands in the way of any mail; MW_ANSWER_COUNT: nothing. */
static mw_answer_id not_yet(const mw_smtp_server *s)
{
	const mw_smtp_params *p = s->params;

	if (p->tls_required && !s->secure)
		return MW_ANSWER_TLS_FIRST;
	if (p->auth_required && !s->authenticated)
		return s->secure || p->auth_plaintext ? MW_ANSWER_AUTH_FIRST
						      : MW_ANSWER_TLS_FIRST;
	if (p->mail_max != 0 && s->mails >= p->mail_max)
		return MW_ANSWER_TOO_MANY_MAILS_SESSION;
	return MW_ANSWER_COUNT;
}

static void mail(mwi_step *t, mw_str argument)
{
	mw_smtp_server *s = t->s;
	/* REQUIRETLS is read on a plain line too: the answer can say what is missing. */
	const unsigned extensions =
		mwi_extensions(s) | (s->params->extensions & MW_SMTP_REQUIRETLS);
	const mw_answer_id first = not_yet(s);
	mwi_wrong wrong;

	if (first != MW_ANSWER_COUNT) {
		mwi_say(t, first, MW_LIT(""));
		return;
	}
	wrong = mwi_mail_read(&t->event->mail, argument, extensions, s->esmtp);
	if (wrong.id != MW_ANSWER_COUNT) {
		mwi_say(t, wrong.id, wrong.what);
	} else if (t->event->mail.requiretls && !s->secure) {
		mwi_say(t, MW_ANSWER_REQUIRETLS_NEEDS_TLS, MW_LIT(""));
	} else if (s->params->size_max != 0 &&
		   t->event->mail.size > s->params->size_max) {
		mwi_say_number(t, MW_ANSWER_MESSAGE_TOO_LARGE, s->params->size_max);
	} else {
		s->utf8 = t->event->mail.smtputf8;
		s->binary = t->event->mail.body == MW_BODY_BINARYMIME;
		mwi_ask(t, MW_SMTP_MAIL, MW_STAGE_MAIL);
	}
}

static void rcpt(mwi_step *t, mw_str argument)
{
	mw_smtp_server *s = t->s;
	const unsigned extensions =
		mwi_extensions(s) & (s->utf8 ? MW_SMTP_ALL : ~MW_SMTP_UTF8);
	const mwi_wrong wrong =
		mwi_rcpt_read(&t->event->rcpt, argument, extensions, s->esmtp);

	if (wrong.id != MW_ANSWER_COUNT)
		mwi_say(t, wrong.id, wrong.what);
	else if (s->params->rcpt_max != 0 && s->rcpts >= s->params->rcpt_max)
		mwi_say(t, MW_ANSWER_TOO_MANY_RECIPIENTS, MW_LIT(""));
	else
		mwi_ask(t, MW_SMTP_RCPT, MW_STAGE_RCPT);
}

static void data(mwi_step *t, mw_str argument)
{
	if (has_argument(t, argument, "DATA"))
		return;
	if (t->s->binary) {
		mwi_say(t, MW_ANSWER_BAD_SEQUENCE, MW_LIT("DATA after BODY=BINARYMIME"));
		return;
	}
	if (talks_early(t))
		return;
	t->s->first = false;
	mwi_ask(t, MW_SMTP_DATA, MW_STAGE_DATA);
}

/* "1234 LAST". */
static bool read_chunk(mw_str argument, uint64_t *size, bool *last)
{
	mw_str number, word;

	(void)mwi_word_next(&argument, &number);
	*last = mwi_word_next(&argument, &word);
	return mwi_number_read(size, number) == MW_OK &&
	       (!*last || mwi_equal(word, MW_LIT("last"))) && argument.len == 0;
}

void mwi_chunk_discard(mw_smtp_server *s, mw_str argument)
{
	bool last;

	if (!read_chunk(argument, &s->chunk, &last) || s->chunk == 0 ||
	    s->state == MWI_CLOSED)
		return;
	s->back = s->state;
	s->state = MWI_DISCARD;
}

static void bdat(mwi_step *t, mw_str argument)
{
	mw_smtp_server *s = t->s;
	uint64_t size;
	bool last;

	if ((mwi_extensions(s) & MW_SMTP_CHUNKING) == 0) {
		mwi_say(t, MW_ANSWER_NOT_IMPLEMENTED, MW_LIT(""));
		mwi_chunk_discard(s, argument);
	} else if (!read_chunk(argument, &size, &last)) {
		mwi_say(t, MW_ANSWER_BAD_ARGUMENT, MW_LIT("BDAT size [LAST]"));
	} else if (s->params->size_max != 0 && size > s->params->size_max) {
		mwi_forget(s);
		mwi_say_number(t, MW_ANSWER_MESSAGE_TOO_LARGE, s->params->size_max);
		mwi_chunk_discard(s, argument);
	} else {
		s->chunk = size;
		s->last = last;
		s->first = true;
		if (row_is(s, MWI_CHUNKS))
			s->state = MWI_CHUNK;
		else
			mwi_ask(t, MW_SMTP_DATA, MW_STAGE_DATA);
	}
}

static void rset(mwi_step *t, mw_str argument)
{
	if (has_argument(t, argument, "RSET"))
		return;
	mwi_forget(t->s);
	mwi_say(t, MW_ANSWER_RESET, MW_LIT(""));
}

static void noop(mwi_step *t, mw_str argument)
{
	(void)argument;
	mwi_say(t, MW_ANSWER_OK, MW_LIT(""));
}

static void quit(mwi_step *t, mw_str argument)
{
	if (has_argument(t, argument, "QUIT"))
		return;
	mwi_forget(t->s);
	mwi_say(t, MW_ANSWER_CLOSING, t->s->params->hostname);
}

static void look_up(mwi_step *t, mw_str argument, mw_smtp_event_kind kind,
		    const char *form)
{
	if (argument.len == 0) {
		mwi_say(t, MW_ANSWER_BAD_ARGUMENT, mw_str_of(form));
		return;
	}
	t->event->word = argument;
	mwi_ask(t, kind, MW_STAGE_NONE);
}

static void vrfy(mwi_step *t, mw_str argument)
{
	look_up(t, argument, MW_SMTP_VRFY, "VRFY user@domain");
}

static void expn(mwi_step *t, mw_str argument)
{
	look_up(t, argument, MW_SMTP_EXPN, "EXPN list@domain");
}

static void help(mwi_step *t, mw_str argument)
{
	if (mwi_equal(argument, MW_LIT("status")))
		mwi_say(t, MW_ANSWER_SYSTEM_STATUS, t->s->params->hostname);
	else
		mwi_say(t, MW_ANSWER_HELP,
			t->s->params->lmtp ? MW_LIT("LHLO MAIL RCPT DATA BDAT RSET NOOP "
						    "QUIT VRFY EXPN "
						    "HELP STARTTLS AUTH")
					   : MW_LIT("HELO EHLO MAIL RCPT DATA BDAT RSET "
						    "NOOP QUIT VRFY "
						    "EXPN HELP STARTTLS AUTH"));
}

static void starttls(mwi_step *t, mw_str argument)
{
	mw_smtp_server *s = t->s;

	if (s->secure) {
		mwi_say(t, MW_ANSWER_TLS_ALREADY, MW_LIT(""));
	} else if ((s->params->extensions & MW_SMTP_STARTTLS) == 0) {
		mwi_say(t, MW_ANSWER_NOT_IMPLEMENTED, MW_LIT(""));
	} else if (t->in.len > 0) {
		/* Read after the handshake, it would pass for something that was
		 * encrypted. */
		mwi_say(t, MW_ANSWER_EARLY_TALKER, MW_LIT(""));
	} else if (!has_argument(t, argument, "STARTTLS")) {
		mwi_ask(t, MW_SMTP_START_TLS, MW_STAGE_TLS);
	}
}

static void auth(mwi_step *t, mw_str argument)
{
	mw_smtp_server *s = t->s;
	unsigned allowed = s->params->mechanisms;
	mw_str name;

	(void)mwi_word_next(&argument, &name);
	if (!s->secure)
		allowed &= ~MW_SASL_SCRAM_SHA_256_PLUS;
	t->event->mechanism = mwi_keyword_bit(mwi_mechanism_words, name) & allowed;
	t->event->word = mw_str_trim(argument);
	if (s->params->mechanisms == 0)
		mwi_say(t, MW_ANSWER_NOT_IMPLEMENTED, MW_LIT(""));
	else if (!s->esmtp)
		mwi_say(t, MW_ANSWER_NEED_HELLO, MW_LIT(""));
	else if (s->authenticated)
		mwi_say(t, MW_ANSWER_AUTH_ALREADY, MW_LIT(""));
	else if (name.len == 0)
		mwi_say(t, MW_ANSWER_BAD_ARGUMENT, MW_LIT("AUTH mechanism [response]"));
	else if (!s->secure && !s->params->auth_plaintext)
		mwi_say(t, MW_ANSWER_AUTH_NEEDS_TLS, MW_LIT(""));
	else if (t->event->mechanism == 0)
		mwi_say(t, MW_ANSWER_MECHANISM_UNKNOWN, MW_LIT(""));
	else
		mwi_ask(t, MW_SMTP_AUTH, MW_STAGE_AUTH);
}

void mwi_command_run(mwi_step *t, mwi_command command, mw_str argument)
{
	static void (*const handlers[])(mwi_step * t, mw_str argument) = {
		helo, ehlo, ehlo, mail, rcpt, data,     bdat, rset,
		noop, quit, vrfy, expn, help, starttls, auth};

	handlers[command](t, argument);
}
