/* SPDX-License-Identifier: MIT */
#include "smtp/keyword.h"

#include "base/ascii.h"

const mwi_keyword mwi_extension_words[] = {
	{MW_SMTP_PIPELINING, "PIPELINING"},
	{MW_SMTP_8BITMIME, "8BITMIME"},
	{MW_SMTP_ENHANCED, "ENHANCEDSTATUSCODES"},
	{MW_SMTP_STARTTLS, "STARTTLS"},
	{MW_SMTP_CHUNKING, "CHUNKING"},
	{MW_SMTP_BINARYMIME, "BINARYMIME"},
	{MW_SMTP_DSN, "DSN"},
	{MW_SMTP_UTF8, "SMTPUTF8"},
	{MW_SMTP_REQUIRETLS, "REQUIRETLS"},
	{MW_SMTP_SIZE, "SIZE"},
	{MW_SMTP_LIMITS, "LIMITS"},
	{0, NULL},
};

const mwi_keyword mwi_mechanism_words[] = {
	{MW_SASL_SCRAM_SHA_256_PLUS, "SCRAM-SHA-256-PLUS"},
	{MW_SASL_SCRAM_SHA_256, "SCRAM-SHA-256"},
	{MW_SASL_PLAIN, "PLAIN"},
	{MW_SASL_LOGIN, "LOGIN"},
	{0, NULL},
};

unsigned mwi_keyword_bit(const mwi_keyword *table, mw_str word)
{
	while (table->bit != 0 && !mwi_equal(mw_str_of(table->word), word))
		table++;
	return table->bit;
}

const char *mwi_keyword_word(const mwi_keyword *table, unsigned bit)
{
	while (table->bit != 0 && table->bit != bit)
		table++;
	return table->word;
}
