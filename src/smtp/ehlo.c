/* SPDX-License-Identifier: MIT */
#include "smtp/session.h"

typedef struct keyword {
	unsigned bit;
	const char *text;
} keyword;

static const keyword keywords[] = {
	{MW_SMTP_PIPELINING, "PIPELINING"},
	{MW_SMTP_8BITMIME, "8BITMIME"},
	{MW_SMTP_ENHANCED, "ENHANCEDSTATUSCODES"},
	{MW_SMTP_STARTTLS, "STARTTLS"},
	{MW_SMTP_CHUNKING, "CHUNKING"},
	{MW_SMTP_BINARYMIME, "BINARYMIME"},
	{MW_SMTP_DSN, "DSN"},
	{MW_SMTP_UTF8, "SMTPUTF8"},
	{MW_SMTP_REQUIRETLS, "REQUIRETLS"},
};

static const keyword mechanisms[] = {
	{MW_SASL_SCRAM_SHA_256_PLUS, " SCRAM-SHA-256-PLUS"},
	{MW_SASL_SCRAM_SHA_256, " SCRAM-SHA-256"},
	{MW_SASL_PLAIN, " PLAIN"},
	{MW_SASL_LOGIN, " LOGIN"},
};

static void put_number(mw_buf *b, const char *text, unsigned long long n)
{
	mw_buf_put(b, mw_str_of(text));
	mw_buf_put_int(b, (long long)n);
}

static void put_auth(mw_buf *b, const mw_smtp_server *s)
{
	unsigned offered = s->params->mechanisms;

	if (!s->secure) {
		if (!s->params->auth_plaintext)
			return;
		offered &= ~MW_SASL_SCRAM_SHA_256_PLUS;
	}
	if (offered == 0 || s->authenticated)
		return;
	mw_buf_put(b, MW_LIT("\nAUTH"));
	for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++)
		if ((offered & mechanisms[i].bit) != 0)
			mw_buf_put(b, mw_str_of(mechanisms[i].text));
}

static void put_limits(mw_buf *b, const mw_smtp_params *p)
{
	if (p->rcpt_max == 0 && p->mail_max == 0)
		return;
	mw_buf_put(b, MW_LIT("\nLIMITS"));
	if (p->mail_max != 0)
		put_number(b, " MAILMAX=", p->mail_max);
	if (p->rcpt_max != 0)
		put_number(b, " RCPTMAX=", p->rcpt_max);
}

mw_str mwi_ehlo_text(const mw_smtp_server *s, mw_str first, char *room, size_t cap)
{
	const unsigned offered = mwi_extensions(s);
	mw_buf b;

	mw_buf_init(&b, room, cap);
	mw_buf_put(&b, first);
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
		if ((offered & keywords[i].bit) != 0) {
			mw_buf_put_char(&b, '\n');
			mw_buf_put(&b, mw_str_of(keywords[i].text));
		}
	if ((offered & MW_SMTP_SIZE) != 0)
		put_number(&b, "\nSIZE ", s->params->size_max);
	put_auth(&b, s);
	if ((offered & MW_SMTP_LIMITS) != 0)
		put_limits(&b, s->params);
	return mw_buf_str(&b);
}
