/* SPDX-License-Identifier: MIT */
#include "smtp/keyword.h"
#include "smtp/session.h"

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
	for (const mwi_keyword *k = mwi_mechanism_words; k->bit != 0; k++)
		if ((offered & k->bit) != 0) {
			mw_buf_put_char(b, ' ');
			mw_buf_put(b, mw_str_of(k->word));
		}
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
	/* LIMITS comes last, and only where there are some. */
	for (const mwi_keyword *k = mwi_extension_words; k->bit != 0; k++)
		if ((offered & k->bit & ~MW_SMTP_LIMITS) != 0) {
			mw_buf_put_char(&b, '\n');
			mw_buf_put(&b, mw_str_of(k->word));
			if (k->bit == MW_SMTP_SIZE)
				put_number(&b, " ", s->params->size_max);
		}
	put_auth(&b, s);
	if ((offered & MW_SMTP_LIMITS) != 0)
		put_limits(&b, s->params);
	return mw_buf_str(&b);
}
