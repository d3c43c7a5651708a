/* SPDX-License-Identifier: MIT
 *
 * A reply that comes in pieces, read without looking at a byte twice: a server that sends
 * it byte by byte costs no more than one that sends it whole.
 */
#include "smtp/client.h"

/* One whole line, with its end. MW_OK: the last of its reply. */
static mw_status take_line(mw_smtp_client *s, mw_str line)
{
	mw_reply one;
	const ptrdiff_t n = mw_reply_read(&one, line);

	if (n < 0 && n != MW_E_MORE)
		return MW_E_SYNTAX;
	if (++s->lines > MW_SMTP_CLIENT_LINES_MAX)
		return MW_E_LIMIT;
	if (n < 0)
		return MW_E_MORE;
	s->code = one.code;
	return MW_OK;
}

mw_status mwi_client_reply_scan(mw_smtp_client *s, mw_str in)
{
	const mw_str bounded = mw_str_head(in, MW_SMTP_CLIENT_REPLY_MAX);
	mw_status status = MW_E_MORE;

	while (status == MW_E_MORE) {
		const mw_str rest = mw_str_skip(bounded, s->scanned);
		const char *lf = memchr(rest.ptr, '\n', rest.len);

		if (lf == NULL) {
			s->scanned = bounded.len;
			return bounded.len < MW_SMTP_CLIENT_REPLY_MAX ? MW_E_MORE
								      : MW_E_LIMIT;
		}
		s->scanned += (size_t)(lf - rest.ptr) + 1;
		status = take_line(
			s, mw_str_skip(mw_str_head(bounded, s->scanned), s->line));
		s->line = s->scanned;
	}
	s->whole = status == MW_OK;
	return status;
}

size_t mwi_client_reply_drop(mw_smtp_client *s)
{
	const size_t n = s->scanned;

	s->scanned = s->line = s->lines = 0;
	s->whole = false;
	return n;
}
