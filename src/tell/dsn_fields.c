/* SPDX-License-Identifier: MIT
 *
 * The part for programs: message/delivery-status (RFC 3464), or
 * message/global-delivery-status (RFC 6533).
 */
#include <mailwhy/smtp.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "tell/dsn.h"
#include "tell/prose.h"

#define HOST_MAX       255
#define ENVID_MAX      400
#define DIAGNOSTIC_MAX 2000
#define ADDRESS_FIELD  480 /* with what stands for characters beyond ASCII */

const char *mw_dsn_action_name(mw_dsn_action action)
{
	switch (action) {
	case MW_DSN_FAILED:
		return "failed";
	case MW_DSN_DELAYED:
		return "delayed";
	case MW_DSN_DELIVERED:
		return "delivered";
	case MW_DSN_RELAYED:
		return "relayed";
	case MW_DSN_EXPANDED:
		return "expanded";
	}
	return "?";
}

mw_enhanced mw_dsn_status(const mw_dsn_recipient *r)
{
	const bool gave_up = r->action == MW_DSN_FAILED && r->expired;
	const int cls = gave_up || r->action == MW_DSN_DELAYED ? 4
			: r->action == MW_DSN_FAILED           ? 5
							       : 2;
	const mw_enhanced derived = r->verdict.derived;

	if (r->outcome.status.cls == cls ||
	    (r->action == MW_DSN_FAILED && r->outcome.status.cls >= 4))
		return r->outcome.status;
	if (cls != 2 && derived.cls >= 4)
		return (mw_enhanced){cls, derived.subject, derived.detail};
	return gave_up ? (mw_enhanced){4, 4, 7} : (mw_enhanced){cls, 0, 0};
}

bool mwi_dsn_is_global(const mw_dsn *d)
{
	for (size_t i = 0; d->utf8 && i < d->count; i++) {
		const mw_dsn_recipient *r = &d->recipients[i];

		if (!mwi_is_ascii(r->address) || !mwi_is_ascii(r->orcpt) ||
		    !mwi_is_ascii(mw_str_head(r->outcome.text, DIAGNOSTIC_MAX)))
			return true;
	}
	return false;
}

/* One character as "\x{E9}" (RFC 6533, section 3). */
static void put_point(mw_buf *out, uint32_t point)
{
	int digits = 2;

	while (digits < 6 && point >> (4 * digits) != 0)
		digits++;
	mw_buf_put(out, MW_LIT("\\x{"));
	while (digits-- > 0)
		mw_buf_put_char(out, "0123456789ABCDEF"[point >> (4 * digits) & 15]);
	mw_buf_put_char(out, '}');
}

/* An address beyond ASCII in ASCII. `raw`: the characters that the notation is made of
 * stand for themselves, so they are written in it too. */
static void put_embedded(mw_buf *out, mw_str s, bool raw)
{
	const size_t first = out->len;

	while (s.len > 0 && out->len - first + 12 <= ADDRESS_FIELD) {
		uint32_t point = 0;
		const size_t n = mwi_utf8_read(s, &point);
		const bool mark = n == 1 && memchr("\\+=", s.ptr[0], 3) != NULL;

		if (n == 0 || mwi_utf8_harmful(point))
			mw_buf_put_char(out, '?');
		else if (n > 1 || point == ' ' || (raw && mark))
			put_point(out, point);
		else
			mw_buf_put_char(out, s.ptr[0]);
		s = mw_str_skip(s, n > 0 ? n : 1);
	}
}

static void put_address(mw_buf *out, mw_str name, mw_str address, bool global, bool raw)
{
	mw_buf_put(out, name);
	if (mwi_is_ascii(address) && raw) {
		mw_buf_put(out, MW_LIT(": rfc822; "));
		mwi_clean_put(out, address, ADDRESS_FIELD, false);
	} else {
		mw_buf_put(out, MW_LIT(": utf-8; "));
		if (global)
			mwi_clean_put(out, address, ADDRESS_FIELD, true);
		else
			put_embedded(out, address, raw);
	}
	mw_buf_put(out, MW_LIT("\r\n"));
}

/* "rfc822;bob+2Bx@example.org": what it is of, and the rest. */
static bool cut_type(mw_str s, mw_str *type, mw_str *rest)
{
	size_t n = 0;

	while (n < s.len && n < 16 && (mwi_is_alnum(s.ptr[n]) || s.ptr[n] == '-'))
		n++;
	if (n == 0 || n >= s.len || s.ptr[n] != ';')
		return false;
	*type = mw_str_head(s, n);
	*rest = mw_str_trim(mw_str_skip(s, n + 1));
	return rest->len > 0;
}

/* RFC 3461, 6.3(c). What is no ORCPT is left out. */
static void put_original(mw_buf *out, const mw_dsn_recipient *r, bool global)
{
	char memory[ADDRESS_FIELD + 32];
	mw_str type, rest;
	mw_buf b;

	if (!cut_type(r->orcpt, &type, &rest))
		return;
	if (mwi_equal(type, MW_LIT("utf-8"))) {
		put_address(out, MW_LIT("Original-Recipient"), rest, global, false);
		return;
	}
	mw_buf_init(&b, memory, sizeof memory);
	if (mw_xtext_decode(&b, rest) != MW_OK)
		return;
	mw_buf_put(out, MW_LIT("Original-Recipient: "));
	mw_buf_put(out, type);
	mw_buf_put(out, MW_LIT("; "));
	mwi_clean_put(out, mw_buf_str(&b), ADDRESS_FIELD, global);
	mw_buf_put(out, MW_LIT("\r\n"));
}

static void put_date(mw_buf *out, mw_str name, int64_t ms)
{
	if (ms <= 0)
		return;
	mw_buf_put(out, name);
	mw_buf_put(out, MW_LIT(": "));
	mwi_date_put(out, ms);
	mw_buf_put(out, MW_LIT("\r\n"));
}

static void put_host(mw_buf *out, mw_str name, mw_str host)
{
	mw_buf_put(out, name);
	mw_buf_put(out, MW_LIT(": dns; "));
	mwi_clean_put(out, host, HOST_MAX, false);
	mw_buf_put(out, MW_LIT("\r\n"));
}

static void put_remote(mw_buf *out, const mw_dsn_recipient *r)
{
	char memory[64];
	mw_buf b;

	if (r->outcome.remote.len > 0) {
		put_host(out, MW_LIT("Remote-MTA"), r->outcome.remote);
	} else if (r->remote_ip.len > 0) {
		mw_buf_init(&b, memory, sizeof memory);
		mw_buf_put_char(&b, '[');
		mw_buf_put(&b, mw_str_head(r->remote_ip, 45));
		mw_buf_put_char(&b, ']');
		put_host(out, MW_LIT("Remote-MTA"), mw_buf_str(&b));
	}
}

/* What the server said: code, status and words on folded lines. Words of our own, where
 * no server said anything, have a type of their own. */
static void put_diagnostic(mw_buf *out, const mw_dsn_recipient *r, bool global)
{
	static const char name[] = "Diagnostic-Code:";
	char memory[DIAGNOSTIC_MAX + 128];
	const mw_outcome *o = &r->outcome;
	mw_buf b;

	if (o->reply == 0 && o->text.len == 0)
		return;
	mw_buf_init(&b, memory, sizeof memory);
	mw_buf_put(&b, o->reply > 0 ? MW_LIT("smtp; ") : MW_LIT("x-mailwhy; "));
	if (o->reply > 0) {
		mw_buf_put_int(&b, o->reply);
		mw_buf_put_char(&b, ' ');
	}
	if (o->status.cls != 0) {
		mwi_status_put(&b, o->status);
		mw_buf_put_char(&b, ' ');
	}
	mwi_clean_put(&b, o->text, DIAGNOSTIC_MAX, global);
	mw_buf_put(out, mw_str_of(name));
	mwi_fold_put(out, mw_buf_str(&b), sizeof name - 1);
}

static void put_recipient(mw_buf *out, const mw_dsn_recipient *r, bool global)
{
	mw_buf_put(out, MW_LIT("\r\n"));
	put_original(out, r, global);
	put_address(out, MW_LIT("Final-Recipient"), r->address, global, true);
	mw_buf_put(out, MW_LIT("Action: "));
	mw_buf_put(out, mw_str_of(mw_dsn_action_name(r->action)));
	mw_buf_put(out, MW_LIT("\r\nStatus: "));
	mwi_status_put(out, mw_dsn_status(r));
	mw_buf_put(out, MW_LIT("\r\n"));
	put_remote(out, r);
	put_diagnostic(out, r, global);
	put_date(out, MW_LIT("Last-Attempt-Date"), r->last_attempt);
	if (r->action == MW_DSN_DELAYED)
		put_date(out, MW_LIT("Will-Retry-Until"), r->will_retry_until);
	mw_buf_put(out, MW_LIT("X-Mailwhy-Category: "));
	mw_buf_put(out,
		   mw_name(MW_VOCABULARY_CATEGORY, r->action >= MW_DSN_DELIVERED
							   ? MW_CATEGORY_DELIVERED
							   : (int)r->verdict.category));
	if (r->outcome.stage != MW_STAGE_NONE) {
		mw_buf_put(out, MW_LIT("\r\nX-Mailwhy-Stage: "));
		mw_buf_put(out, mw_name(MW_VOCABULARY_STAGE, (int)r->outcome.stage));
	}
	mw_buf_put(out, MW_LIT("\r\n"));
}

static void put_envelope_id(mw_buf *out, const mw_dsn *d)
{
	char memory[ENVID_MAX];
	mw_buf b;

	mw_buf_init(&b, memory, sizeof memory);
	if (d->envid.len == 0 || mw_xtext_decode(&b, d->envid) != MW_OK)
		return;
	mw_buf_put(out, MW_LIT("Original-Envelope-Id: "));
	mwi_clean_put(out, mw_buf_str(&b), ENVID_MAX, false);
	mw_buf_put(out, MW_LIT("\r\n"));
}

void mwi_dsn_put_fields(mw_buf *out, const mw_dsn *d)
{
	const bool global = mwi_dsn_is_global(d);

	put_envelope_id(out, d);
	put_host(out, MW_LIT("Reporting-MTA"), d->hostname);
	put_date(out, MW_LIT("Arrival-Date"), d->arrival);
	for (size_t i = 0; i < d->count; i++)
		put_recipient(out, &d->recipients[i], global);
}
