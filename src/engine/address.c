/* SPDX-License-Identifier: MIT */
#include "engine/address.h"

#include <idn2.h>

#include "base/ascii.h"
#include "base/utf8.h"

/* Longer is no domain in any form; U-labels take up to four bytes a letter. */
#define DOMAIN_TEXT_MAX 1000U

/* What may stand in a domain in A-labels, or in an address literal. */
static bool is_domain_byte(char c, bool literal)
{
	return mwi_is_alnum(c) || c == '-' || c == '.' || c == '_' ||
	       (literal && c == ':');
}

static bool lower_domain(address *out, mw_str text)
{
	const bool literal = text.len > 2 && text.ptr[0] == '[';

	if (text.len == 0 || text.len > ADDRESS_DOMAIN_MAX)
		return false;
	if (literal && text.ptr[text.len - 1] != ']')
		return false;
	for (size_t i = 0; i < text.len; i++) {
		const bool bracket = literal && (i == 0 || i == text.len - 1);

		if (!bracket && !is_domain_byte(text.ptr[i], literal))
			return false;
		if (text.ptr[i] == '.' && (i == 0 || text.ptr[i - 1] == '.'))
			return false;
		out->domain[i] = mwi_lower(text.ptr[i]);
	}
	out->domain_len = text.len;
	return text.ptr[text.len - 1] != '.';
}

bool address_read_domain(address *out, mw_str text)
{
	char copy[DOMAIN_TEXT_MAX + 1];
	uint8_t *labels = NULL;

	out->local_len = 0;
	if (mwi_is_ascii(text))
		return lower_domain(out, text);
	if (text.len > DOMAIN_TEXT_MAX || memchr(text.ptr, 0, text.len) != NULL)
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = 0;
	if (idn2_lookup_u8((const uint8_t *)copy, &labels,
			   IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return false;

	const bool good = lower_domain(out, mw_str_of((const char *)labels));

	idn2_free(labels);
	return good;
}

static bool add_local(address *out, char c)
{
	if (out->local_len == ADDRESS_LOCAL_MAX || (unsigned char)c < 32 || c == 127)
		return false;
	out->local[out->local_len++] = mwi_lower(c);
	return true;
}

static bool read_quoted(address *out, mw_str text)
{
	if (text.len < 2 || text.ptr[text.len - 1] != '"')
		return false;
	text = (mw_str){text.ptr + 1, text.len - 2};
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"')
			return false;
		if (text.ptr[i] == '\\' && ++i == text.len)
			return false;
		if (!add_local(out, text.ptr[i]))
			return false;
	}
	return out->local_len > 0;
}

static bool read_local(address *out, mw_str text)
{
	out->local_len = 0;
	if (text.len == 0 || !mwi_utf8_valid(text))
		return false;
	if (text.ptr[0] == '"')
		return read_quoted(out, text);
	for (size_t i = 0; i < text.len; i++)
		if (!add_local(out, text.ptr[i]))
			return false;
	return true;
}

bool address_read(address *out, mw_str text)
{
	size_t at = text.len;

	while (at > 0 && text.ptr[at - 1] != '@')
		at--;
	out->domain_len = 0;
	if (at == 0)
		return read_local(out, text);
	return address_read_domain(out, mw_str_skip(text, at)) &&
	       read_local(out, mw_str_head(text, at - 1));
}

void address_put(mw_buf *out, mw_str local, mw_str domain)
{
	mw_buf_put(out, local);
	if (domain.len == 0)
		return;
	mw_buf_put_char(out, '@');
	mw_buf_put(out, domain);
}
