/* SPDX-License-Identifier: MIT */
#include "smtp/client.h"
#include "smtp/command.h"

typedef struct keyword {
	unsigned bit;
	const char *word; /* lower-case */
} keyword;

static const keyword keywords[] = {
	{MW_SMTP_STARTTLS, "starttls"},
	{MW_SMTP_CHUNKING, "chunking"},
	{MW_SMTP_BINARYMIME, "binarymime"},
	{MW_SMTP_DSN, "dsn"},
	{MW_SMTP_UTF8, "smtputf8"},
	{MW_SMTP_REQUIRETLS, "requiretls"},
	{MW_SMTP_8BITMIME, "8bitmime"},
	{MW_SMTP_PIPELINING, "pipelining"},
	{MW_SMTP_LIMITS, "limits"},
	{MW_SMTP_ENHANCED, "enhancedstatuscodes"},
	{MW_SMTP_SIZE, "size"},
};

static const keyword mechanisms[] = {
	{MW_SASL_PLAIN, "plain"},
	{MW_SASL_LOGIN, "login"},
	{MW_SASL_SCRAM_SHA_256, "scram-sha-256"},
	{MW_SASL_SCRAM_SHA_256_PLUS, "scram-sha-256-plus"},
};

static unsigned find(const keyword *table, size_t n, mw_str word)
{
	for (size_t i = 0; i < n; i++)
		if (mwi_word_is(word, mw_str_of(table[i].word)))
			return table[i].bit;
	return 0;
}

static void read_mechanisms(mw_smtp_offers *out, mw_str rest)
{
	mw_str word;

	while (mwi_word_next(&rest, &word))
		out->mechanisms |=
			find(mechanisms, sizeof mechanisms / sizeof *mechanisms, word);
}

/* One limit, "RCPTMAX=100" (RFC 9422, section 4); what is none is passed over. */
static void read_limit(mw_smtp_offers *out, mw_str word)
{
	const char *equals = memchr(word.ptr, '=', word.len);
	mw_str name;
	uint64_t n;

	if (equals == NULL)
		return;
	name = mw_str_head(word, (size_t)(equals - word.ptr));
	if (mwi_number_read(&n, mw_str_skip(word, name.len + 1)) != MW_OK)
		return;
	if (mwi_word_is(name, MW_LIT("mailmax")))
		out->mail_max = n;
	else if (mwi_word_is(name, MW_LIT("rcptmax")))
		out->rcpt_max = n;
	else if (mwi_word_is(name, MW_LIT("rcptdomainmax")))
		out->rcpt_domain_max = n;
}

/* "AUTH=PLAIN" is how AUTH was written before it was a standard. */
static void read_keyword(mw_smtp_offers *out, mw_str line)
{
	mw_str word, rest = line;

	if (!mwi_word_next(&rest, &word))
		return;
	out->extensions |= find(keywords, sizeof keywords / sizeof *keywords, word);
	if (mwi_word_is(word, MW_LIT("auth")) ||
	    mwi_word_is(mw_str_head(word, 5), MW_LIT("auth="))) {
		read_mechanisms(out, mw_str_skip(line, 5));
	} else if (mwi_word_is(word, MW_LIT("size"))) {
		if (mwi_word_next(&rest, &word) &&
		    mwi_number_read(&out->size_max, word) != MW_OK)
			out->size_max = 0;
	} else if (mwi_word_is(word, MW_LIT("limits"))) {
		while (mwi_word_next(&rest, &word))
			read_limit(out, word);
	}
}

void mwi_offers_read(mw_smtp_offers *out, mw_str reply)
{
	mw_str text;

	*out = (mw_smtp_offers){0};
	/* The first line is the name of the server. */
	(void)mw_reply_next(&reply, &text);
	while (mw_reply_next(&reply, &text))
		read_keyword(out, mw_str_trim(text));
}
