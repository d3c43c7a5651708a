/* SPDX-License-Identifier: MIT */
#include "base/ascii.h"
#include "smtp/client.h"
#include "smtp/command.h"
#include "smtp/keyword.h"

static void read_mechanisms(mw_smtp_offers *out, mw_str rest)
{
	mw_str word;

	while (mwi_word_next(&rest, &word))
		out->mechanisms |= mwi_keyword_bit(mwi_mechanism_words, word);
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
	if (mwi_equal(name, MW_LIT("mailmax")))
		out->mail_max = n;
	else if (mwi_equal(name, MW_LIT("rcptmax")))
		out->rcpt_max = n;
	else if (mwi_equal(name, MW_LIT("rcptdomainmax")))
		out->rcpt_domain_max = n;
}

/* "AUTH=PLAIN" is how AUTH was written before it was a standard. */
static void read_keyword(mw_smtp_offers *out, mw_str line)
{
	mw_str word, rest = line;

	if (!mwi_word_next(&rest, &word))
		return;
	out->extensions |= mwi_keyword_bit(mwi_extension_words, word);
	if (mwi_equal(word, MW_LIT("auth")) ||
	    mwi_equal(mw_str_head(word, 5), MW_LIT("auth="))) {
		read_mechanisms(out, mw_str_skip(line, 5));
	} else if (mwi_equal(word, MW_LIT("size"))) {
		if (mwi_word_next(&rest, &word) &&
		    mwi_number_read(&out->size_max, word) != MW_OK)
			out->size_max = 0;
	} else if (mwi_equal(word, MW_LIT("limits"))) {
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
