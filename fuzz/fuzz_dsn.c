/* SPDX-License-Identifier: MIT
 *
 * A letter of ours, whatever is in its strings: lines of legal length with CRLF, no
 * control characters, ASCII unless declared, four delimiters, within the size that is
 * promised. The first three bytes choose recipients, what became of them, and the form;
 * the rest is cut into strings at bytes 0xfe. The nonce
 * is made of all of them, so that no input holds its own.
 */
#include "expect.h"

#define RECIPIENTS 12
#define NONCE_LEN  16

static char memory[MW_DSN_HEAD_MAX(RECIPIENTS)], tail[MW_DSN_TAIL_MAX];
static mw_outcome_room rooms[RECIPIENTS];
static mw_dsn_recipient recipients[RECIPIENTS];

static mw_str cut(mw_str *rest)
{
	const char *end = rest->len > 0 ? memchr(rest->ptr, 0xfe, rest->len) : NULL;
	const size_t n = end != NULL ? (size_t)(end - rest->ptr) : rest->len;
	const mw_str s = mw_str_head(*rest, n);

	*rest = mw_str_skip(*rest, n + (end != NULL));
	return s;
}

static void make_recipient(const mw_dsn *d, size_t i, unsigned how, mw_str *rest)
{
	mw_dsn_recipient *r = &recipients[i];

	*r = (mw_dsn_recipient){.address = cut(rest),
				.original = cut(rest),
				.orcpt = cut(rest),
				.action = (mw_dsn_action)((how + i) % 5),
				.remote_ip = cut(rest),
				.last_attempt = (int64_t)how << (how % 56),
				.next_try = d->now + how,
				.will_retry_until = INT64_MAX,
				.attempts = how,
				.uncertain = (how & 32) != 0,
				.expired = (how & 64) != 0};
	mw_outcome_read(&r->outcome, &rooms[i], cut(rest));
	r->outcome.remote = cut(rest);
	r->outcome.stage = (mw_stage)((how + i) % MW_STAGE_COUNT);
	mw_judge(d->kb, &r->outcome, &r->verdict);
}

static void make_nonce(char *out, mw_str in)
{
	uint64_t hash = 14695981039346656037U;

	for (size_t i = 0; i < in.len; i++)
		hash = (hash ^ (unsigned char)in.ptr[i]) * 1099511628211U;
	for (size_t i = 0; i < NONCE_LEN; i++)
		out[i] = (char)('a' + (hash >> (4 * i) & 15));
}

static size_t count_of(mw_str s, mw_str what)
{
	size_t n = 0;

	for (size_t i = 0; i + what.len <= s.len; i++)
		n += memcmp(s.ptr + i, what.ptr, what.len) == 0;
	return n;
}

/* What begins behind the next delimiter. */
static mw_str part_after(mw_str s, mw_str delimiter)
{
	size_t i = 0;

	while (i + delimiter.len <= s.len &&
	       memcmp(s.ptr + i, delimiter.ptr, delimiter.len) != 0)
		i++;
	return mw_str_skip(s, i + delimiter.len);
}

static void check_parts(mw_str s, const mw_dsn *d)
{
	char text[64];
	mw_buf b;

	mw_buf_init(&b, text, sizeof text);
	mw_buf_put(&b, MW_LIT("\r\n--=_5f3a."));
	mw_buf_put(&b, d->nonce);
	mw_buf_put(&b, MW_LIT("\r\n"));
	EXPECT(count_of(s, mw_buf_str(&b)) == 3);
	const mw_str status = part_after(part_after(s, mw_buf_str(&b)), mw_buf_str(&b));

	EXPECT(count_of(status, MW_LIT("\r\nAction: ")) == d->count);
	EXPECT(count_of(status, MW_LIT("\r\nFinal-Recipient: ")) == d->count);
	EXPECT(count_of(status, MW_LIT("\r\nReporting-MTA: ")) == 1);
}

static void check_letter(mw_str s, bool eight_bit)
{
	size_t line = 0;

	EXPECT(mwi_utf8_valid(s));
	EXPECT(s.len > 4 && memcmp(s.ptr + s.len - 4, "\r\n\r\n", 4) == 0);
	for (size_t i = 0; i < s.len; i++, line++) {
		const unsigned char c = (unsigned char)s.ptr[i];

		EXPECT(line <= 999);
		EXPECT((c == '\r') == (i + 1 < s.len && s.ptr[i + 1] == '\n'));
		EXPECT((c >= 0x20 && c != 0x7f) || c == '\r' || c == '\n');
		EXPECT(c < 0x80 || eight_bit);
		if (c == '\n')
			line = (size_t)-1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const unsigned n = fuzz_take(&data, &size), how = fuzz_take(&data, &size),
		       form = fuzz_take(&data, &size);
	const mw_str in = fuzz_copy(data, size);
	mw_str rest = in;
	mw_knowledge kb;
	mw_buf out, end;
	char nonce[NONCE_LEN];

	make_nonce(nonce, in);
	mw_knowledge_open_builtin(&kb);
	mw_dsn d = {.hostname = cut(&rest),
		    .from = cut(&rest),
		    .to = cut(&rest),
		    .id = MW_LIT("5f3a"),
		    .nonce = {nonce, NONCE_LEN},
		    .envid = cut(&rest),
		    .arrival = (int64_t)form << 33,
		    .now = (int64_t)how << 33,
		    .utf8 = (form & 1) != 0,
		    .full = (form & 2) != 0,
		    .header = cut(&rest),
		    .body_size = (uint64_t)form << (form % 56),
		    .recipients = recipients,
		    .count = 1 + n % RECIPIENTS,
		    .kb = &kb};
	for (size_t i = 0; i < d.count; i++)
		make_recipient(&d, i, how, &rest);
	mw_buf_init(&out, memory, sizeof memory);
	EXPECT(mw_dsn_head(&out, &d) == MW_OK);
	EXPECT(out.len <= MW_DSN_HEAD_MAX(d.count));
	mw_buf_init(&end, tail, sizeof tail);
	EXPECT(mw_dsn_tail(&end, &d) == MW_OK);
	EXPECT(end.len == sizeof "\r\n--=_5f3a.--\r\n" - 1 + NONCE_LEN);
	check_letter(mw_buf_str(&out), d.utf8);
	check_parts(mw_buf_str(&out), &d);
	fuzz_free(in);
	return 0;
}
