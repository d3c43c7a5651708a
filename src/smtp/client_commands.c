/* SPDX-License-Identifier: MIT
 *
 * What the client says, and what it may not say: no text of a mail's envelope goes out
 * that could be read as more than one word.
 */
#include "base/ascii.h"
#include "smtp/client.h"

/* RFC 3461, sections 4.4 and 4.2. */
#define ENVID_MAX 100
#define ORCPT_MAX 500

mw_reply mwi_fault_reply(mwi_fault fault)
{
	static const char *const texts[MWI_FAULTS] = {
		[MWI_FAULT_NONE] = "",
		[MWI_FAULT_ADDRESS] = "553 5.1.3 This is no address that SMTP can "
				      "carry\r\n",
		[MWI_FAULT_UTF8_ADDRESS] =
			"553 5.6.7 The server does not take addresses beyond ASCII\r\n",
		[MWI_FAULT_UTF8_SENDER] = "550 5.6.7 The server does not take a sender "
					  "beyond ASCII\r\n",
		[MWI_FAULT_UTF8] =
			"550 5.6.9 The server does not take internationalized mail\r\n",
		[MWI_FAULT_8BIT] = "554 5.6.3 Mail of 8 bits would have to be converted "
				   "for this server\r\n",
		[MWI_FAULT_BINARY] = "554 5.6.3 Binary mail would have to be converted "
				     "for this server\r\n",
		[MWI_FAULT_SIZE] = "552 5.3.4 The mail is larger than the server "
				   "takes\r\n",
		[MWI_FAULT_TLS] = "550 5.7.30 The server does not keep mail under TLS as "
				  "it asks for\r\n",
	};
	const mw_str raw = mw_str_of(texts[fault]);
	mw_reply r = {0, raw};

	(void)mw_reply_read(&r, raw);
	return r;
}

/* An address that came from outside could hold ">\r\n". */
static mwi_fault address_fault(const mw_smtp_client *s, mw_str address)
{
	const bool utf8 = s->mail.smtputf8 && (s->offers.extensions & MW_SMTP_UTF8) != 0;
	char room[MW_SMTP_PATH_MAX];
	mw_buf path;
	mw_str read;

	if (!utf8 && !mwi_is_ascii(address))
		return MWI_FAULT_UTF8_ADDRESS;
	mw_buf_init(&path, room, sizeof room);
	mw_buf_put_char(&path, '<');
	mw_buf_put(&path, address);
	mw_buf_put_char(&path, '>');
	if (mw_buf_status(&path) != MW_OK ||
	    mw_path_read(&read, mw_buf_str(&path), utf8) != (ptrdiff_t)path.len)
		return MWI_FAULT_ADDRESS;
	return MWI_FAULT_NONE;
}

/* In LMTP a refused chunk would leave open how many replies the last one has: one, or
 * one for each recipient. */
bool mwi_client_chunks(const mw_smtp_client *s)
{
	const unsigned needed = MW_SMTP_CHUNKING | MW_SMTP_PIPELINING;

	return (s->offers.extensions & needed) == needed && !s->params->lmtp &&
	       (s->params->chunking || s->mail.body == MW_BODY_BINARYMIME);
}

static mwi_fault body_fault(const mw_smtp_client *s)
{
	const unsigned offered = s->offers.extensions;

	if (s->mail.body == MW_BODY_BINARYMIME &&
	    ((offered & MW_SMTP_BINARYMIME) == 0 || !s->chunked))
		return MWI_FAULT_BINARY;
	if (s->mail.body == MW_BODY_8BITMIME && (offered & MW_SMTP_8BITMIME) == 0 &&
	    !s->params->lmtp)
		return MWI_FAULT_8BIT;
	if (s->offers.size_max > 0 && s->mail.size > s->offers.size_max)
		return MWI_FAULT_SIZE;
	return MWI_FAULT_NONE;
}

mwi_fault mwi_client_mail_fault(const mw_smtp_client *s)
{
	const unsigned offered = s->offers.extensions;
	const mwi_fault body = body_fault(s), sender = address_fault(s, s->mail.sender);

	if (sender == MWI_FAULT_UTF8_ADDRESS)
		return MWI_FAULT_UTF8_SENDER;
	if (s->mail.smtputf8 && (offered & MW_SMTP_UTF8) == 0)
		return MWI_FAULT_UTF8;
	if (s->mail.requiretls && (offered & MW_SMTP_REQUIRETLS) == 0)
		return MWI_FAULT_TLS;
	return body != MWI_FAULT_NONE ? body : sender;
}

/* True for a value that can stand behind a keyword: xtext and the like. */
static bool is_word(mw_str s, size_t max)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7f)
			return false;
	return s.len > 0 && s.len <= max;
}

static void put_hello(const mw_smtp_client *s, mw_buf *out)
{
	if (s->state == MWI_CLIENT_HELO)
		mw_buf_put(out, MW_LIT("HELO "));
	else
		mw_buf_put(out, s->params->lmtp ? MW_LIT("LHLO ") : MW_LIT("EHLO "));
	mw_buf_put(out, mw_str_head(s->params->hostname, MW_SMTP_DOMAIN_MAX));
	mw_buf_put(out, MW_LIT("\r\n"));
}

static void put_dsn_of_mail(const mw_mail *m, mw_buf *out)
{
	if (m->ret != MW_RET_NONE)
		mw_buf_put(out, m->ret == MW_RET_FULL ? MW_LIT(" RET=FULL")
						      : MW_LIT(" RET=HDRS"));
	if (is_word(m->envid, ENVID_MAX)) {
		mw_buf_put(out, MW_LIT(" ENVID="));
		mw_buf_put(out, m->envid);
	}
}

static void put_mail(const mw_smtp_client *s, mw_buf *out)
{
	const mw_mail *m = &s->mail;
	const unsigned offered = s->offers.extensions;

	mw_buf_put(out, MW_LIT("MAIL FROM:<"));
	mw_buf_put(out, m->sender);
	mw_buf_put_char(out, '>');
	if ((offered & MW_SMTP_SIZE) != 0 && m->size > 0 && m->size <= INT64_MAX) {
		mw_buf_put(out, MW_LIT(" SIZE="));
		mw_buf_put_int(out, (long long)m->size);
	}
	if ((offered & MW_SMTP_8BITMIME) != 0 && m->body == MW_BODY_8BITMIME)
		mw_buf_put(out, MW_LIT(" BODY=8BITMIME"));
	if (m->body == MW_BODY_BINARYMIME)
		mw_buf_put(out, MW_LIT(" BODY=BINARYMIME"));
	if (m->smtputf8)
		mw_buf_put(out, MW_LIT(" SMTPUTF8"));
	if (m->requiretls)
		mw_buf_put(out, MW_LIT(" REQUIRETLS"));
	if ((offered & MW_SMTP_DSN) != 0)
		put_dsn_of_mail(m, out);
	mw_buf_put(out, MW_LIT("\r\n"));
}

static void put_notify(unsigned notify, mw_buf *out)
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = {{MW_NOTIFY_SUCCESS, "SUCCESS"},
		     {MW_NOTIFY_FAILURE, "FAILURE"},
		     {MW_NOTIFY_DELAY, "DELAY"}};
	const char *before = " NOTIFY=";

	if ((notify & MW_NOTIFY_NEVER) != 0) {
		mw_buf_put(out, MW_LIT(" NOTIFY=NEVER"));
		return;
	}
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if ((notify & words[i].bit) != 0) {
			mw_buf_put(out, mw_str_of(before));
			mw_buf_put(out, mw_str_of(words[i].word));
			before = ",";
		}
}

static void put_rcpt(const mw_smtp_client *s, const mw_rcpt *r, mw_buf *out)
{
	mw_buf_put(out, MW_LIT("RCPT TO:<"));
	mw_buf_put(out, r->recipient);
	mw_buf_put_char(out, '>');
	if ((s->offers.extensions & MW_SMTP_DSN) != 0) {
		put_notify(r->notify, out);
		if (is_word(r->orcpt, ORCPT_MAX)) {
			mw_buf_put(out, MW_LIT(" ORCPT="));
			mw_buf_put(out, r->orcpt);
		}
	}
	mw_buf_put(out, MW_LIT("\r\n"));
}

static void write_mail(mw_smtp_client *s, mw_buf *out)
{
	s->fault = (unsigned char)mwi_client_mail_fault(s);
	if (s->fault == MWI_FAULT_NONE)
		put_mail(s, out);
	else
		s->end = s->sent + 1;
}

static void write_rcpt(mw_smtp_client *s, mw_smtp_recipient *r, mw_buf *out)
{
	r->fault = r->rcpt.recipient.len == 0
			   ? MWI_FAULT_ADDRESS
			   : (unsigned char)address_fault(s, r->rcpt.recipient);
	if (r->fault == MWI_FAULT_NONE)
		put_rcpt(s, &r->rcpt, out);
}

static void write_step(mw_smtp_client *s, mw_buf *out)
{
	const size_t step = s->sent;

	if (step == MWI_STEP_RSET)
		mw_buf_put(out, MW_LIT("RSET\r\n"));
	else if (step == MWI_STEP_MAIL)
		write_mail(s, out);
	else if (step < mwi_step_data(s))
		write_rcpt(s, &s->rcpts[step - MWI_STEP_RCPT], out);
	else
		mw_buf_put(out, MW_LIT("DATA\r\n"));
	s->sent++;
}

/* What is written after the connection was lost never arrives. */
static void write_end(mw_smtp_client *s, mw_buf *out)
{
	if (s->chunked) {
		mw_buf_put(out, MW_LIT("BDAT 0 LAST\r\n"));
		s->chunks++;
	} else {
		mwi_body_end(s->after, out);
	}
	s->ended = s->lost == NULL;
}

static void write_due(mw_smtp_client *s, mw_buf *out)
{
	if (s->state == MWI_CLIENT_QUIT)
		mw_buf_put(out, MW_LIT("QUIT\r\n"));
	else if (s->state == MWI_CLIENT_STARTTLS)
		mw_buf_put(out, MW_LIT("STARTTLS\r\n"));
	else if (s->state == MWI_CLIENT_ENDING)
		write_end(s, out);
	else
		put_hello(s, out);
	s->due = false;
}

void mwi_client_write(mw_smtp_client *s, mw_buf *out)
{
	const size_t window = (s->offers.extensions & MW_SMTP_PIPELINING) != 0
				      ? MW_SMTP_CLIENT_WINDOW
				      : 1;

	if (s->due && out->cap - out->len >= MW_SMTP_CLIENT_OUT_MAX)
		write_due(s, out);
	while (s->state == MWI_CLIENT_STEPS && s->sent < s->end &&
	       s->sent - s->answered < window &&
	       out->cap - out->len >= MW_SMTP_CLIENT_OUT_MAX)
		write_step(s, out);
}
