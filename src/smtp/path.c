/* SPDX-License-Identifier: MIT
 *
 * Addresses as they stand in MAIL and RCPT (RFC 5321, section 4.1.2; RFC 6531, section
 * 3.3). Strict: what is no path is refused, or it would be read one way here and another
 * way by the next server.
 */
#include <mailwhy/smtp.h>

#include "base/ascii.h"
#include "base/utf8.h"

/* RFC 5322, section 3.2.3: atext beside letters and digits. */
static bool is_atext(char c)
{
	static const char marks[] = "!#$%&'*+-/=?^_`{|}~";

	return mwi_is_alnum(c) || memchr(marks, c, sizeof marks - 1) != NULL;
}

static bool is_high(char c)
{
	return (unsigned char)c >= 0x80;
}

/* Bytes of a dot-string; 0 when there is none. */
static size_t dot_string(mw_str s, bool utf8)
{
	size_t n = 0;

	for (;;) {
		const size_t start = n;

		while (n < s.len && (is_atext(s.ptr[n]) || (utf8 && is_high(s.ptr[n]))))
			n++;
		if (n == start)
			return 0;
		if (n == s.len || s.ptr[n] != '.')
			return n;
		n++;
	}
}

/* Bytes of a quoted string with its quotes; 0 when there is none. */
static size_t quoted_string(mw_str s, bool utf8)
{
	size_t n = 1;

	if (s.len == 0 || s.ptr[0] != '"')
		return 0;
	while (n < s.len && s.ptr[n] != '"') {
		if (s.ptr[n] == '\\' && ++n == s.len)
			return 0;
		if ((unsigned char)s.ptr[n] < 0x20 || s.ptr[n] == 0x7f ||
		    (is_high(s.ptr[n]) && !utf8))
			return 0;
		n++;
	}
	return n < s.len ? n + 1 : 0;
}

static size_t local_part(mw_str s, bool utf8)
{
	return s.len > 0 && s.ptr[0] == '"' ? quoted_string(s, utf8)
					    : dot_string(s, utf8);
}

static bool literal_valid(mw_str inside)
{
	for (size_t i = 0; i < inside.len; i++)
		if (!mwi_is_alnum(inside.ptr[i]) && inside.ptr[i] != '.' &&
		    inside.ptr[i] != ':' && inside.ptr[i] != '-')
			return false;
	return inside.len > 0;
}

/* Underscores are no part of a host name, but are met in HELO and in domains; the DNS
 * decides. */
static bool label_valid(mw_str label, bool utf8)
{
	if (label.len == 0 || label.len > 63 || label.ptr[0] == '-' ||
	    label.ptr[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!mwi_is_alnum(label.ptr[i]) && label.ptr[i] != '-' &&
		    label.ptr[i] != '_' && !(utf8 && is_high(label.ptr[i])))
			return false;
	return true;
}

bool mw_domain_valid(mw_str domain, bool utf8)
{
	if (domain.len == 0 || domain.len > MW_SMTP_DOMAIN_MAX)
		return false;
	if (domain.ptr[0] == '[')
		return domain.ptr[domain.len - 1] == ']' && domain.len > 2 &&
		       literal_valid(mw_str_head(mw_str_skip(domain, 1), domain.len - 2));
	/* A full stop at the very end means the same name. */
	if (domain.len > 1 && domain.ptr[domain.len - 1] == '.')
		domain.len--;
	for (;;) {
		const char *dot = memchr(domain.ptr, '.', domain.len);

		if (dot == NULL)
			return label_valid(domain, utf8);
		if (!label_valid(mw_str_head(domain, (size_t)(dot - domain.ptr)), utf8))
			return false;
		domain = mw_str_skip(domain, (size_t)(dot - domain.ptr) + 1);
	}
}

void mw_address_split(mw_str address, mw_str *local, mw_str *domain)
{
	size_t at = address.len;

	while (at > 0 && address.ptr[at - 1] != '@')
		at--;
	if (at == 0) {
		*local = address;
		*domain = mw_str_skip(address, address.len);
		return;
	}
	*local = mw_str_head(address, at - 1);
	*domain = mw_str_skip(address, at);
}

/* "@c,@d:" in front of the mailbox: obsolete, read and dropped. */
static size_t source_route(mw_str s)
{
	const char *colon;
	mw_str rest = s;

	if (s.len == 0 || s.ptr[0] != '@')
		return 0;
	colon = memchr(s.ptr, ':', s.len);
	if (colon == NULL)
		return 0;
	rest.len = (size_t)(colon - s.ptr);
	while (rest.len > 0) {
		const char *comma = memchr(rest.ptr, ',', rest.len);
		const size_t n = comma != NULL ? (size_t)(comma - rest.ptr) : rest.len;

		if (n < 2 || rest.ptr[0] != '@' ||
		    !mw_domain_valid(mw_str_skip(mw_str_head(rest, n), 1), false))
			return 0;
		rest = mw_str_skip(rest, n + 1);
	}
	return (size_t)(colon - s.ptr) + 1;
}

/* "local@domain>" or "postmaster>": the bytes before '>'. */
static ptrdiff_t mailbox(mw_str s, bool utf8)
{
	const size_t local = local_part(s, utf8);
	const char *end;
	size_t domain;

	if (local == 0)
		return MW_E_SYNTAX;
	if (local > MW_SMTP_LOCAL_MAX)
		return MW_E_LIMIT;
	if (local < s.len && s.ptr[local] == '>')
		return (ptrdiff_t)local;
	if (local == s.len || s.ptr[local] != '@')
		return MW_E_SYNTAX;
	s = mw_str_skip(s, local + 1);
	end = memchr(s.ptr, '>', s.len);
	if (end == NULL)
		return MW_E_SYNTAX;
	domain = (size_t)(end - s.ptr);
	if (domain > MW_SMTP_DOMAIN_MAX)
		return MW_E_LIMIT;
	if (!mw_domain_valid(mw_str_head(s, domain), utf8))
		return MW_E_SYNTAX;
	return (ptrdiff_t)(local + 1 + domain);
}

ptrdiff_t mw_path_read(mw_str *address, mw_str in, bool utf8)
{
	ptrdiff_t n;
	size_t front;

	if (in.len < 2 || in.ptr[0] != '<')
		return MW_E_SYNTAX;
	if (in.ptr[1] == '>') {
		*address = mw_str_head(mw_str_skip(in, 1), 0);
		return 2;
	}
	front = 1 + source_route(mw_str_skip(in, 1));
	n = mailbox(mw_str_skip(in, front), utf8);
	if (n < 0)
		return n;
	if ((size_t)n + 2 > MW_SMTP_PATH_MAX)
		return MW_E_LIMIT;
	if (!mwi_utf8_valid(mw_str_head(mw_str_skip(in, front), (size_t)n)))
		return MW_E_SYNTAX;
	*address = mw_str_head(mw_str_skip(in, front), (size_t)n);
	return (ptrdiff_t)front + n + 1;
}

static int hex_digit(char c)
{
	if (mwi_is_digit(c))
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

mw_status mw_xtext_decode(mw_buf *out, mw_str in)
{
	for (size_t i = 0; i < in.len; i++) {
		if (in.ptr[i] == '+') {
			const int high = i + 2 < in.len ? hex_digit(in.ptr[i + 1]) : -1;
			const int low = i + 2 < in.len ? hex_digit(in.ptr[i + 2]) : -1;

			if (high < 0 || low < 0)
				return MW_E_SYNTAX;
			mw_buf_put_char(out, (char)(high << 4 | low));
			i += 2;
		} else if (in.ptr[i] <= ' ' || in.ptr[i] == '=' || in.ptr[i] == 0x7f) {
			return MW_E_SYNTAX;
		} else {
			mw_buf_put_char(out, in.ptr[i]);
		}
	}
	return mw_buf_status(out);
}
