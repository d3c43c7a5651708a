/* SPDX-License-Identifier: MIT
 *
 * The letter as a whole: its header, its three parts. The part for people is written
 * twice, for its header says what is in it.
 */
#include "tell/dsn.h"
#include "base/ascii.h"
#include "base/utf8.h"
#include "read/encoded_word.h"
#include "read/field.h"

#define HOST_MAX       255
#define ID_MAX         40
#define NONCE_MAX      24
#define SUBJECT_MAX    160
#define ENCODED_MAX    400 /* of a subject with encoded words: it can't be cut */
#define WORD_MAX       75  /* RFC 2047, section 2 */
#define MESSAGE_ID_MAX 250

#define CRLF MW_LIT("\r\n")

/* Letters, digits and "-_." alone; everything else is left out. */
static void put_token(mw_buf *out, mw_str s, size_t max)
{
	for (size_t i = 0; i < s.len && max > 0; i++) {
		if (!mwi_is_alnum(s.ptr[i]) && memchr("-_.", s.ptr[i], 3) == NULL)
			continue;
		mw_buf_put_char(out, s.ptr[i]);
		max--;
	}
}

/* RFC 2046, 5.1.1: at most 70 bytes. "=_" stands in no quoted-printable text. */
static void put_boundary(mw_buf *out, const mw_dsn *d)
{
	mw_buf_put(out, MW_LIT("=_"));
	put_token(out, d->id, ID_MAX);
	mw_buf_put_char(out, '.');
	put_token(out, d->nonce, NONCE_MAX);
}

static void put_delimiter(mw_buf *out, const mw_dsn *d)
{
	mw_buf_put(out, MW_LIT("\r\n--"));
	put_boundary(out, d);
}

/* True when all that looks like an encoded word is one, of legal length. */
static bool has_whole_words(mw_str s)
{
	for (size_t i = 0; i + 1 < s.len; i++) {
		mwi_word w;

		if (s.ptr[i] != '=' || s.ptr[i + 1] != '?')
			continue;
		const size_t n = mwi_word_read(&w, mw_str_skip(s, i));

		if (n == 0 || n > WORD_MAX || memchr(s.ptr + i, ' ', n) != NULL)
			return false;
		i += n - 1;
	}
	return true;
}

void mwi_subject_put(mw_buf *out, const mw_dsn *d, size_t max, bool encoded)
{
	char memory[ENCODED_MAX + 8];
	const mw_str subject = mwi_field_first(d->header, MW_LIT("subject"));
	mw_buf b;

	if (mw_str_find(subject, MW_LIT("=?")) == subject.len) {
		if (mwi_is_ascii(subject) || (d->utf8 && mwi_utf8_valid(subject)))
			mwi_clean_put(out, subject, max, d->utf8);
		return;
	}
	mw_buf_init(&b, memory, sizeof memory);
	mwi_clean_put(&b, subject, ENCODED_MAX, false);
	if (encoded && subject.len <= ENCODED_MAX && mwi_is_ascii(subject) &&
	    has_whole_words(mw_buf_str(&b)))
		mw_buf_put(out, mw_buf_str(&b));
}

/* What the subject says happened; a failure is worse than a delay. */
static mw_str subject_word(const mw_dsn *d, bool alone)
{
	bool certain = false;
	mw_dsn_action worst = MW_DSN_EXPANDED;

	for (size_t i = 0; i < d->count; i++) {
		const mw_dsn_recipient *r = &d->recipients[i];

		if (r->action < worst)
			worst = r->action;
		certain |= r->action == MW_DSN_FAILED && !r->uncertain;
	}
	switch (worst) {
	case MW_DSN_FAILED:
		if (!certain)
			return alone ? MW_LIT("Your mail may not have arrived")
				     : MW_LIT("Perhaps undelivered:");
		return alone ? MW_LIT("Your mail could not be delivered")
			     : MW_LIT("Undelivered:");
	case MW_DSN_DELAYED:
		return alone ? MW_LIT("Your mail is delayed") : MW_LIT("Delayed:");
	case MW_DSN_DELIVERED:
		return alone ? MW_LIT("Your mail was delivered") : MW_LIT("Delivered:");
	case MW_DSN_RELAYED:
	case MW_DSN_EXPANDED:
		break;
	}
	return alone ? MW_LIT("Your mail was passed on") : MW_LIT("Passed on:");
}

static void put_subject(mw_buf *out, const mw_dsn *d)
{
	static const char name[] = "Subject:";
	char memory[64 + ENCODED_MAX], original[ENCODED_MAX + 8];
	mw_buf b, o;

	mw_buf_init(&o, original, sizeof original);
	mwi_subject_put(&o, d, SUBJECT_MAX, true);
	const mw_str subject = mw_str_trim(mw_buf_str(&o));

	mw_buf_init(&b, memory, sizeof memory);
	mw_buf_put(&b, subject_word(d, subject.len == 0));
	mw_buf_put_char(&b, ' ');
	mw_buf_put(&b, subject);
	mw_buf_put(out, mw_str_of(name));
	mwi_fold_put(out, mw_buf_str(&b), sizeof name - 1);
}

static void put_address(mw_buf *out, mw_str name, mw_str address, bool utf8)
{
	mw_buf_put(out, name);
	mw_buf_put(out, MW_LIT(" <"));
	mwi_clean_put(out, address, MWI_ADDRESS_MAX, utf8);
	mw_buf_put(out, MW_LIT(">\r\n"));
}

static void put_message_id(mw_buf *out, const mw_dsn *d)
{
	mw_buf_put(out, MW_LIT("Message-ID: <"));
	put_token(out, d->id, ID_MAX);
	mw_buf_put_char(out, '.');
	put_token(out, d->nonce, NONCE_MAX);
	mw_buf_put_char(out, '@');
	mwi_clean_put(out, d->hostname, HOST_MAX, false);
	mw_buf_put(out, MW_LIT(">\r\n"));
}

/* "<" something "@" something ">" in visible ASCII. */
static bool is_message_id(mw_str s)
{
	size_t at = 0;

	if (s.len < 5 || s.len > MESSAGE_ID_MAX || s.ptr[0] != '<' ||
	    s.ptr[s.len - 1] != '>')
		return false;
	for (size_t i = 1; i + 1 < s.len; i++) {
		if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7f || s.ptr[i] == '<' ||
		    s.ptr[i] == '>')
			return false;
		if (s.ptr[i] == '@')
			at = i;
	}
	return at > 1 && at + 2 < s.len;
}

static void put_references(mw_buf *out, const mw_dsn *d)
{
	const mw_str id = mwi_field_first(d->header, MW_LIT("message-id"));

	if (!is_message_id(id))
		return;
	mw_buf_put(out, MW_LIT("In-Reply-To: "));
	mw_buf_put(out, id);
	mw_buf_put(out, MW_LIT("\r\nReferences: "));
	mw_buf_put(out, id);
	mw_buf_put(out, CRLF);
}

static bool returns_eight_bit(const mw_dsn *d)
{
	return !mwi_is_ascii(d->header) || (d->full && d->eight_bit);
}

static void put_header(mw_buf *out, const mw_dsn *d)
{
	mw_buf_put(out, MW_LIT("Date: "));
	mwi_date_put(out, d->now);
	mw_buf_put(out, CRLF);
	put_address(out, MW_LIT("From: Mail delivery"), d->from, d->utf8);
	put_address(out, MW_LIT("To:"), d->to, d->utf8);
	put_subject(out, d);
	put_message_id(out, d);
	put_references(out, d);
	mw_buf_put(out, MW_LIT("Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
			       "Content-Type: multipart/report; "
			       "report-type=delivery-status;\r\n boundary=\""));
	put_boundary(out, d);
	mw_buf_put(out, MW_LIT("\"\r\n"));
	if (mwi_dsn_is_global(d) || returns_eight_bit(d))
		mw_buf_put(out, MW_LIT("Content-Transfer-Encoding: 8bit\r\n"));
}

/* The part for people. Once to see whether it is ASCII, then for good. */
static void put_letter(mw_buf *out, const mw_dsn *d)
{
	mwi_pen pen = {.out = out, .ascii = true};

	put_delimiter(out, d);
	const size_t before = out->len;

	mwi_dsn_put_letter(&pen, d);
	out->len = before;
	pen.quoted = !pen.ascii;
	pen.written = 0;
	mw_buf_put(out, MW_LIT("\r\nContent-Type: text/plain; charset="));
	mw_buf_put(out, pen.quoted ? MW_LIT("utf-8") : MW_LIT("us-ascii"));
	mw_buf_put(out, MW_LIT("\r\nContent-Language: en\r\n"
			       "Content-Transfer-Encoding: "));
	mw_buf_put(out, pen.quoted ? MW_LIT("quoted-printable") : MW_LIT("7bit"));
	mw_buf_put(out, MW_LIT("\r\n\r\n"));
	mwi_dsn_put_letter(&pen, d);
}

static void put_status(mw_buf *out, const mw_dsn *d)
{
	put_delimiter(out, d);
	mw_buf_put(out,
		   mwi_dsn_is_global(d)
			   ? MW_LIT("\r\nContent-Type: message/global-delivery-status\r\n"
				    "Content-Transfer-Encoding: 8bit\r\n\r\n")
			   : MW_LIT("\r\nContent-Type: message/delivery-status\r\n\r\n"));
	mwi_dsn_put_fields(out, d);
}

/* The header of the part that the caller fills. */
static void put_returned(mw_buf *out, const mw_dsn *d)
{
	const bool global = d->utf8 && !mwi_is_ascii(d->header);

	put_delimiter(out, d);
	mw_buf_put(out, MW_LIT("\r\nContent-Type: "));
	if (d->full)
		mw_buf_put(out,
			   global ? MW_LIT("message/global") : MW_LIT("message/rfc822"));
	else
		mw_buf_put(out, global ? MW_LIT("message/global-headers")
				       : MW_LIT("text/rfc822-headers"));
	mw_buf_put(out, CRLF);
	if (returns_eight_bit(d))
		mw_buf_put(out, MW_LIT("Content-Transfer-Encoding: 8bit\r\n"));
	mw_buf_put(out, CRLF);
}

mw_status mw_dsn_head(mw_buf *out, const mw_dsn *d)
{
	if (d->count == 0)
		return MW_E_ABSENT;
	if (d->count > MW_DSN_RECIPIENTS_MAX)
		return MW_E_LIMIT;
	put_header(out, d);
	put_letter(out, d);
	put_status(out, d);
	put_returned(out, d);
	return mw_buf_status(out);
}

mw_status mw_dsn_tail(mw_buf *out, const mw_dsn *d)
{
	put_delimiter(out, d);
	mw_buf_put(out, MW_LIT("--\r\n"));
	return mw_buf_status(out);
}
