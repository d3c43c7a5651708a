/* SPDX-License-Identifier: MIT
 *
 * Which address and which domain of the sender does a reply name? An explanation is worth
 * more with them: "look up 192.0.2.1", "sign for example.com".
 */
#include <mailwhy/verdict.h>

#include "base/ascii.h"

static bool is_token_byte(char c)
{
	return mwi_is_alnum(c) || c == '.' || c == '-' || c == '_' || c == '@' ||
	       c == ':' || c == '/' || c == '?' || c == '=' || c == '&' || c == '+' ||
	       c == '%';
}

/* Steps through the runs of bytes that names, addresses and URLs are made of. */
static bool next_token(mw_str *rest, mw_str *token)
{
	while (rest->len > 0 && !is_token_byte(rest->ptr[0]))
		*rest = mw_str_skip(*rest, 1);
	size_t n = 0;

	while (n < rest->len && is_token_byte(rest->ptr[n]))
		n++;
	*token = mw_str_head(*rest, n);
	*rest = mw_str_skip(*rest, n);
	while (token->len > 0 &&
	       (token->ptr[token->len - 1] == '.' || token->ptr[token->len - 1] == ':' ||
		token->ptr[token->len - 1] == '-'))
		token->len--;
	return n > 0;
}

static bool is_ipv4(mw_str s)
{
	int dots = 0, n = -1;

	if (s.len > 15)
		return false;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '.') {
			if (n < 0 || ++dots > 3)
				return false;
			n = -1;
		} else if (!mwi_is_digit(s.ptr[i])) {
			return false;
		} else {
			n = (n < 0 ? 0 : n * 10) + (s.ptr[i] - '0');
			if (n > 255)
				return false;
		}
	}
	return dots == 3 && n >= 0;
}

static bool is_ipv6(mw_str s)
{
	int colons = 0, digits = 0;
	bool gap = false;

	for (size_t i = 0; i < s.len; i++) {
		const char c = mwi_lower(s.ptr[i]);

		if (c == ':') {
			gap |= i > 0 && s.ptr[i - 1] == ':';
			colons++;
			digits = 0;
		} else if ((!mwi_is_digit(c) && (c < 'a' || c > 'f')) || ++digits > 4) {
			return false;
		}
	}
	return colons == 7 || (gap && colons >= 2 && colons < 8);
}

/* "1.2.3.4:24706", "IPv6:2001:db8::1" and "ip=1.2.3.4" without what is not the address.
 */
static mw_str address_in(mw_str token)
{
	const size_t tag = mw_str_find(token, MW_LIT("ipv6:"));
	const char *port;
	mw_str t = tag == 0 ? mw_str_skip(token, 5) : token;
	const char *equal = t.len > 0 ? memchr(t.ptr, '=', t.len) : NULL;

	if (equal != NULL)
		t = mw_str_skip(t, (size_t)(equal - t.ptr) + 1);
	if (is_ipv4(t) || is_ipv6(t))
		return t;
	port = t.len > 0 ? memchr(t.ptr, ':', t.len) : NULL;
	if (port != NULL && is_ipv4(mw_str_head(t, (size_t)(port - t.ptr))))
		return mw_str_head(t, (size_t)(port - t.ptr));
	return MW_LIT("");
}

/* Labels of letters, digits and hyphens, the last of letters alone. */
static bool is_domain(mw_str s)
{
	size_t label = 0;
	bool dot = false, letters = true;

	if (s.len < 4 || s.len > 253)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		const char c = s.ptr[i];

		if (c == '.') {
			if (label == 0)
				return false;
			dot = true;
			letters = true;
			label = 0;
			continue;
		}
		if (!mwi_is_alnum(c) && c != '-' && c != '_')
			return false;
		letters &= mwi_is_alpha(c);
		label++;
	}
	return dot && letters && label >= 2;
}

/* The domain that a token speaks of: itself, or what follows the @. */
static mw_str domain_in(mw_str token)
{
	const char *at = memchr(token.ptr, '@', token.len);

	if (at != NULL)
		token = mw_str_skip(token, (size_t)(at - token.ptr) + 1);
	return is_domain(token) ? token : MW_LIT("");
}

static bool is_senders(const mw_knowledge *kb, const mw_outcome *o, const mw_verdict *v,
		       mw_str domain)
{
	mw_provider p;

	return domain.len > 0 && !mw_str_eq(domain, o->remote) &&
	       mw_knowledge_provider_of_host(kb, domain, &p) != MW_OK &&
	       (v->blocklist.lookup.len == 0 ||
		mw_str_find(v->blocklist.lookup, domain) == v->blocklist.lookup.len);
}

mw_names mw_judge_names(const mw_knowledge *kb, const mw_outcome *o, const mw_verdict *v)
{
	mw_names names = {{"", 0}, {"", 0}};
	const bool want_domain = mw_knowledge_category(kb, v->category).names_domain;
	mw_str rest = o->text, token;

	if (v->permanence == MW_PERMANENCE_NONE)
		return names;
	while (next_token(&rest, &token)) {
		if (names.ip.len == 0)
			names.ip = address_in(token);
		if (names.domain.len > 0 || !want_domain ||
		    memchr(token.ptr, '/', token.len) != NULL)
			continue;
		const mw_str domain = domain_in(token);

		if (is_senders(kb, o, v, domain))
			names.domain = domain;
	}
	return names;
}
