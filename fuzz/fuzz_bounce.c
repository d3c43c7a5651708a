/* SPDX-License-Identifier: MIT
 *
 * A message, whole and in pieces: both tell the same. The first four bytes choose the
 * memory, the charsets that are known, and the sizes of the pieces.
 */
#include "json.h"

#define MEMORY_MAX (MW_BOUNCE_MEMORY_MIN + 3 * 4096)
#define TOLD       12 /* more reports than this are counted and compared, not told */

typedef struct reader {
	mw_bounce *b;
	_Alignas(16) char memory[MEMORY_MAX];
	size_t cap;
} reader;

static reader one, two;
static char memory[MW_TELL_MAX];

/* Knows charsets that begin with 'k': what is not ASCII is Greek. */
static size_t convert(void *ctx, mw_str charset, mw_str in, char *out, size_t cap)
{
	const reader *r = ctx;
	size_t n = 0;

	EXPECT(fuzz_lies_in(in, r->memory, r->cap) && in.len > 0);
	EXPECT(fuzz_lies_in((mw_str){out, cap}, r->memory, r->cap));
	EXPECT(in.ptr + in.len <= out || out + cap <= in.ptr);
	if (charset.len == 0 || charset.ptr[0] != 'k')
		return (size_t)-1;
	for (size_t i = 0; i < in.len; i++) {
		const unsigned char c = (unsigned char)in.ptr[i];

		if (cap - n < 2)
			return (size_t)-1;
		if (c >= 0x80)
			out[n++] = (char)0xce;
		out[n++] = (char)(c >= 0x80 ? 0x80 + (c & 0x3f) : c);
	}
	return n;
}

static void open_reader(reader *r, unsigned how)
{
	r->cap = MW_BOUNCE_MEMORY_MIN + (how & 3) * 4096 - (how & 3 ? how & 8 : 0);
	/* What an earlier letter left in it must not matter. */
	memset(r->memory, how & 16 ? '<' : 0, r->cap);
	const mw_bounce_params p = {.memory = r->memory,
				    .cap = r->cap,
				    .convert = how & 4 ? convert : NULL,
				    .ctx = r};

	EXPECT(mw_bounce_open(&r->b, &p) == MW_OK);
}

static void feed_pieces(mw_bounce *b, mw_str in, const unsigned size[2])
{
	for (unsigned i = 0; in.len > 0; i++) {
		const mw_str piece = mw_str_head(in, size[i & 1]);
		/* In memory of just that size, and gone when the call is over. */
		const mw_str copy = fuzz_copy((const uint8_t *)piece.ptr, piece.len);

		mw_bounce_feed(b, copy);
		fuzz_free(copy);
		in = mw_str_skip(in, piece.len);
	}
}

static void check_slice(const reader *r, mw_str s)
{
	EXPECT(s.ptr != NULL);
	EXPECT(s.len == 0 || fuzz_lies_in(s, r->memory, r->cap));
}

static void check_text(const reader *r, mw_str s)
{
	check_slice(r, s);
	EXPECT(mwi_utf8_valid(s));
}

static void check_report(const reader *r, const mw_report *p)
{
	const mw_outcome *o = &p->outcome;

	EXPECT((unsigned)o->kind < MW_KIND_COUNT && (unsigned)o->stage < MW_STAGE_COUNT);
	EXPECT(o->reply == 0 || (o->reply >= 100 && o->reply <= 599));
	EXPECT(o->status.cls == 0 || o->status.cls == 2 || o->status.cls == 4 ||
	       o->status.cls == 5);
	EXPECT(o->text.len <= MW_TEXT_MAX + 64 && o->context.len <= MW_TEXT_MAX + 64);
	check_text(r, o->text);
	check_text(r, o->context);
	check_slice(r, o->remote);
	check_slice(r, o->recipient);
	check_slice(r, o->odd_number);
	check_slice(r, p->final_recipient);
	check_slice(r, p->action);
	check_slice(r, p->verp_recipient);
	check_text(r, p->reporting_mta);
	check_text(r, p->message_id);
	check_text(r, p->subject);
	check_text(r, p->sender);
	check_text(r, p->list_id);
	check_text(r, p->envelope_id);
	check_text(r, p->feedback_type);
	check_slice(r, p->arrival);
	check_slice(r, p->date);
	EXPECT(p->arrival.len == 0 || p->arrival.len == 25);
	EXPECT(p->date.len == 0 || p->date.len == 25);
	/* A word of ours. */
	EXPECT(p->format.len < 40 && fuzz_is_harmless(p->format));
	EXPECT(o->provider.len == 0);
}

static void check_same(const mw_report *a, const mw_report *b)
{
	const mw_outcome *o = &a->outcome, *p = &b->outcome;
	const mw_str first[] = {o->text,        o->context,       o->remote,
				o->recipient,   o->odd_number,    a->final_recipient,
				a->action,      a->format,        a->reporting_mta,
				a->arrival,     a->message_id,    a->subject,
				a->sender,      a->date,          a->list_id,
				a->envelope_id, a->feedback_type, a->verp_recipient};
	const mw_str second[] = {p->text,        p->context,       p->remote,
				 p->recipient,   p->odd_number,    b->final_recipient,
				 b->action,      b->format,        b->reporting_mta,
				 b->arrival,     b->message_id,    b->subject,
				 b->sender,      b->date,          b->list_id,
				 b->envelope_id, b->feedback_type, b->verp_recipient};

	for (size_t i = 0; i < sizeof first / sizeof *first; i++)
		EXPECT(mw_str_eq(first[i], second[i]));
	EXPECT(o->kind == p->kind && o->stage == p->stage && o->reply == p->reply);
	EXPECT(o->status.cls == p->status.cls && o->status.subject == p->status.subject &&
	       o->status.detail == p->status.detail);
	EXPECT(o->cut == p->cut && o->delayed == p->delayed);
}

/* One line with its LF, and nothing that a terminal obeys. */
static void check_line(mw_str s)
{
	EXPECT(s.len > 0 && fuzz_is_harmless(s));
	EXPECT(memchr(s.ptr, '\n', s.len) == s.ptr + s.len - 1);
}

static void check_told(const mw_knowledge *kb, const mw_report *r, unsigned how)
{
	const mw_tell t = {.kb = kb, .audience = -1, .width = how & 32 ? 40 : 100};
	const mw_str file = mw_str_head(r->subject, 60);
	mw_verdict v;
	mw_buf b;

	mw_judge(kb, &r->outcome, &v);
	EXPECT((unsigned)v.category < MW_CATEGORY_COUNT);
	mw_buf_init(&b, memory, sizeof memory);
	EXPECT(mw_tell_report_json(&b, &t, file, r, &v) == MW_OK);
	EXPECT(json_is_line(mw_buf_str(&b)));
	mw_buf_reset(&b);
	EXPECT(mw_tell_report_csv(&b, &t, file, r, &v) == MW_OK);
	check_line(mw_buf_str(&b));
	mw_buf_reset(&b);
	EXPECT(mw_tell_report_line(&b, &t, r, &v) == MW_OK);
	check_line(mw_buf_str(&b));
}

static void check_reports(const mw_knowledge *kb, size_t size, unsigned how)
{
	mw_report a, b;
	size_t n = 0;

	while (mw_bounce_next(one.b, &a)) {
		EXPECT(mw_bounce_next(two.b, &b));
		check_report(&one, &a);
		check_report(&two, &b);
		check_same(&a, &b);
		if (n++ < TOLD)
			check_told(kb, &a, how);
		EXPECT(n == 1 || a.outcome.kind != MW_KIND_NONE);
	}
	EXPECT(!mw_bounce_next(two.b, &b));
	EXPECT(!mw_bounce_next(one.b, &a));
	/* The shortest way to name one is "<a>" on a line of its own. */
	EXPECT(n >= 1 && n <= size / 4 + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const unsigned how = fuzz_take(&data, &size);
	const unsigned scale = how & 64 ? 97 : 1;
	unsigned piece[2];
	mw_knowledge kb;

	piece[0] = (fuzz_take(&data, &size) + 1) * scale;
	piece[1] = (fuzz_take(&data, &size) + 1) * scale;
	fuzz_take(&data, &size);
	const mw_str in = fuzz_copy(data, size);

	mw_knowledge_open_builtin(&kb);
	open_reader(&one, how);
	open_reader(&two, how ^ 16);
	if (how & 128) {
		/* Another message first. */
		mw_bounce_feed(two.b, mw_str_head(in, size / 2));
		mw_bounce_reset(two.b);
	}
	mw_bounce_feed(one.b, in);
	feed_pieces(two.b, in, piece);
	const mw_status first = mw_bounce_end(one.b), second = mw_bounce_end(two.b);

	EXPECT(first == second && (first == MW_OK || first == MW_E_LIMIT));
	fuzz_free(in);
	check_reports(&kb, size, how);
	return 0;
}
