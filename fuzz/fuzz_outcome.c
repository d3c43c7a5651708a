/* SPDX-License-Identifier: MIT
 *
 * From the bytes of a reply to what a person and a program are told. The first byte
 * chooses stage, provider, audience and width.
 */
#include "json.h"

static char memory[MW_TELL_MAX];

static void check_outcome(const mw_outcome *o, const mw_outcome_room *room, mw_str in)
{
	const mw_str slices[] = {o->text, o->context, o->remote, o->recipient,
				 o->odd_number};

	for (size_t i = 0; i < sizeof slices / sizeof *slices; i++)
		EXPECT(slices[i].len == 0 || fuzz_lies_in(slices[i], in.ptr, in.len) ||
		       fuzz_lies_in(slices[i], room, sizeof *room));
	EXPECT(o->text.len <= MW_TEXT_MAX + 64 && o->context.len <= MW_TEXT_MAX + 64);
	EXPECT(mwi_utf8_valid(o->text) && mwi_utf8_valid(o->context));
	EXPECT(o->reply == 0 || (o->reply >= 100 && o->reply <= 599));
	EXPECT(o->status.cls == 0 || o->status.cls == 2 || o->status.cls == 4 ||
	       o->status.cls == 5);
	/* Blanks around it, and a byte order mark, are no part of a text. */
	in = mw_str_trim(in);
	EXPECT(o->cut ||
	       mw_str_trim(mw_str_skip(in, in.len > 3 ? 3 : 0)).len <= MW_TEXT_MAX);
}

static void check_verdict(const mw_outcome *o, const mw_verdict *v)
{
	EXPECT((unsigned)v->category < MW_CATEGORY_COUNT);
	EXPECT((unsigned)v->permanence < MW_PERMANENCE_COUNT);
	EXPECT((unsigned)v->fault < MW_FAULT_COUNT);
	EXPECT((unsigned)v->action < MW_ACTION_COUNT);
	EXPECT((unsigned)v->confidence < MW_CONFIDENCE_COUNT);
	EXPECT(v->retry_after >= -1 && v->retry_after <= 7 * 86400);
	EXPECT(!v->address_is_bad || v->permanence == MW_PERMANENCE_PERMANENT);
	EXPECT(o->reply < 200 || o->reply > 399 || v->permanence == MW_PERMANENCE_NONE);
	EXPECT(o->reply / 100 != 4 || v->permanence == MW_PERMANENCE_TEMPORARY);
	EXPECT(o->reply / 100 != 5 || v->permanence == MW_PERMANENCE_PERMANENT);
}

static void check_names(const mw_outcome *o, const mw_names *n)
{
	EXPECT(n->ip.len == 0 || fuzz_lies_in(n->ip, o->text.ptr, o->text.len));
	EXPECT(n->domain.len == 0 || fuzz_lies_in(n->domain, o->text.ptr, o->text.len));
	/* The longest: "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", RFC 1035. */
	EXPECT(n->ip.len <= 45 && n->domain.len <= 253);
}

static void check_told(const mw_tell *t, const mw_outcome *o, const mw_verdict *v)
{
	mw_buf b;

	mw_buf_init(&b, memory, sizeof memory);
	EXPECT(mw_tell_json(&b, t, o, v) == MW_OK);
	EXPECT(json_is_line(mw_buf_str(&b)));
	mw_buf_reset(&b);
	EXPECT(mw_tell_text(&b, t, o, v) == MW_OK);
	EXPECT(fuzz_is_harmless(mw_buf_str(&b)));
	mw_buf_reset(&b);
	EXPECT(mw_tell_summary(&b, t, o, v) == MW_OK);
	EXPECT(fuzz_is_harmless(mw_buf_str(&b)));
}

static void check_matches(const mw_knowledge *kb, const mw_outcome *o)
{
	mw_match match[16];
	const size_t n = mw_judge_matches(kb, o, match, 16);

	for (size_t i = 0; i < n && i < 16; i++) {
		EXPECT(match[i].pos + match[i].phrase.len <= o->text.len ||
		       match[i].pos + match[i].phrase.len <= o->context.len);
		EXPECT(match[i].rule.len > 0);
	}
	EXPECT(mw_judge_matches(kb, o, NULL, 0) == n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const unsigned how = fuzz_take(&data, &size);
	const mw_str in = fuzz_copy(data, size);
	mw_knowledge kb;
	mw_outcome_room room;
	mw_outcome o;
	mw_verdict v;

	mw_knowledge_open_builtin(&kb);
	const mw_tell t = {.kb = &kb,
			   .audience = (int)(how & 3) - (how & 1 ? 0 : 1),
			   .width = how & 4 ? 40 : 80};

	mw_outcome_read(&o, &room, in);
	check_outcome(&o, &room, in);
	if (how & 8)
		o.stage = (mw_stage)(how >> 4 & 7);
	if (how & 0x80)
		o.provider = how & 0x40 ? MW_LIT("gmail") : mw_str_head(in, 60);
	mw_judge(&kb, &o, &v);
	check_verdict(&o, &v);
	const mw_names names = mw_judge_names(&kb, &o, &v);

	check_names(&o, &names);
	check_told(&t, &o, &v);
	check_matches(&kb, &o);
	fuzz_free(in);
	return 0;
}
