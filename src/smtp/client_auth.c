/* SPDX-License-Identifier: MIT
 *
 * AUTH (RFC 4954), as far as it is lines: what they mean is the mechanism's. They are
 * written at once, so that no secret stays here.
 */
#include "base/ascii.h"
#include "smtp/client.h"

#define MECHANISM_MAX 20U /* RFC 4422, section 3.1 */

static bool is_mechanism(mw_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!mwi_is_alnum(s.ptr[i]) && s.ptr[i] != '-' && s.ptr[i] != '_')
			return false;
	return s.len > 0 && s.len <= MECHANISM_MAX;
}

/* Nothing but its letters. Whether it can be decoded is for the server to say. */
static bool is_base64(mw_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!mwi_is_alnum(s.ptr[i]) && s.ptr[i] != '+' && s.ptr[i] != '/' &&
		    s.ptr[i] != '=')
			return false;
	return true;
}

static bool has_room(const mw_buf *out, size_t len)
{
	return len <= MW_SMTP_CLIENT_AUTH_MAX && len <= out->cap - out->len;
}

mw_status mw_smtp_client_auth(mw_smtp_client *s, mw_str mechanism, mw_str initial,
			      mw_buf *out)
{
	const size_t others = sizeof "AUTH \r\n" - 1 + (initial.len > 0);

	if (s->state != MWI_CLIENT_IDLE)
		return MW_E_ABSENT;
	if (!is_mechanism(mechanism) || !is_base64(initial))
		return MW_E_SYNTAX;
	if (!has_room(out, others + mechanism.len + initial.len))
		return MW_E_LIMIT;
	mw_buf_put(out, MW_LIT("AUTH "));
	mw_buf_put(out, mechanism);
	if (initial.len > 0)
		mw_buf_put_char(out, ' ');
	mw_buf_put(out, initial);
	mw_buf_put(out, MW_LIT("\r\n"));
	s->challenges = 0;
	s->state = MWI_CLIENT_AUTH;
	return MW_OK;
}

mw_status mw_smtp_client_auth_answer(mw_smtp_client *s, mw_str answer, mw_buf *out)
{
	if (s->state != MWI_CLIENT_CHALLENGED)
		return MW_E_ABSENT;
	if (!is_base64(answer) && !mw_str_eq(answer, MW_LIT("*")))
		return MW_E_SYNTAX;
	if (!has_room(out, answer.len + 2))
		return MW_E_LIMIT;
	mw_buf_put(out, answer);
	mw_buf_put(out, MW_LIT("\r\n"));
	s->state = MWI_CLIENT_AUTH;
	return MW_OK;
}
