/* SPDX-License-Identifier: MIT
 *
 * mw_knowledge_open(): what it accepts can be used, whatever the bytes. The input is an
 * image itself, or tells which bytes to write over: of the built-in image, or of one of
 * few rules, which is checked a hundred times as fast.
 */
#include "compile/compile.h"
#include "expect.h"
#include "judge/builtin.h"
#include "judge/section.h"

static char memory[MW_TELL_MAX];

static const char quoted[] = "host mx.example.org said: 554 5.7.26 Unauthenticated email "
			     "from example.com (in reply to end of DATA command)";

static const char *const texts[] = {
	"550 5.1.1 <a@example.org>: Recipient address rejected: User unknown",
	"421 4.7.0 [192.0.2.1] Try again in 5 minutes, listed at zen.spamhaus.org",
	quoted,
	"452 4.2.2 mailbox of a@example.org is full and message size exceeds limit",
	"250 2.0.0 OK",
	"699",
};

static void look_lines(const mw_knowledge *kb, mw_lines l)
{
	for (uint32_t i = 0; i <= l.count && i < 4; i++)
		EXPECT(mw_knowledge_line(kb, l, i).ptr != NULL);
	EXPECT(mw_knowledge_line(kb, l, l.count).len == 0);
}

static void look_numbers(const mw_knowledge *kb)
{
	mw_code code;
	mw_status_code status;

	for (size_t i = 0; i < 1000 && mw_knowledge_code_nth(kb, i, &code) == MW_OK;
	     i++) {
		look_lines(kb, code.causes);
		look_lines(kb, code.remedies[0]);
	}
	for (int c = -1; c < 1000; c++) {
		EXPECT(mw_knowledge_code(kb, c, &code) != MW_OK || code.code == c);
		EXPECT(mw_knowledge_code_at(kb, c, (mw_stage)(c & 15)) <
		       MW_CATEGORY_COUNT);
		if (mw_knowledge_status(kb, c & 7, c % 9, c >> 4, &status) == MW_OK)
			EXPECT(status.category < MW_CATEGORY_COUNT);
	}
	for (size_t i = 0; i < 1000 && mw_knowledge_status_nth(kb, i, &status) == MW_OK;
	     i++)
		EXPECT(status.category < MW_CATEGORY_COUNT);
	for (int i = -1; i < 10; i++) {
		(void)!mw_knowledge_status_class(kb, i, &status);
		(void)!mw_knowledge_status_subject(kb, i, &status);
		mw_knowledge_digit(kb, i & 3, i);
	}
}

static void look_names(const mw_knowledge *kb)
{
	static const char *const hosts[] = {"mx.google.com", "a.b.c.d.outlook.com", "x",
					    "..", ""};
	mw_provider p;
	mw_blocklist b;
	mw_map m;
	mw_rule r;

	for (int v = 0; v < MW_VOCABULARY_COUNT; v++)
		for (int i = -1; i <= mw_name_count((mw_vocabulary)v); i++)
			mw_knowledge_word(kb, (mw_vocabulary)v, i);
	for (int i = -1; i <= MW_CATEGORY_COUNT; i++)
		look_lines(kb, mw_knowledge_category(kb, (mw_category)i).references);
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
		if (mw_knowledge_provider_of_host(kb, mw_str_of(hosts[i]), &p) == MW_OK)
			EXPECT(p.id.ptr != NULL);
	(void)!mw_knowledge_provider(kb, MW_LIT("gmail"), &p);
	for (size_t i = 0; i < 1000 && mw_knowledge_blocklist_nth(kb, i, &b) == MW_OK;
	     i++)
		EXPECT(b.id.ptr != NULL);
	for (size_t i = 0; i < 1000 && mw_knowledge_map_nth(kb, i, &m) == MW_OK; i++)
		look_lines(kb, m.rows);
	for (size_t i = 0; i < 4000 && mw_knowledge_rule_nth(kb, i, &r) == MW_OK; i++)
		look_lines(kb, r.examples);
}

static void judge_all(const mw_knowledge *kb)
{
	const mw_tell t = {.kb = kb, .audience = -1, .width = 80};
	mw_outcome_room room;
	mw_outcome o;
	mw_verdict v;
	mw_buf b;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		mw_outcome_read(&o, &room, mw_str_of(texts[i]));
		mw_judge(kb, &o, &v);
		EXPECT(v.category < MW_CATEGORY_COUNT && v.fault < MW_FAULT_COUNT);
		mw_buf_init(&b, memory, sizeof memory);
		(void)!mw_tell_json(&b, &t, &o, &v);
		mw_buf_reset(&b);
		(void)!mw_tell_text(&b, &t, &o, &v);
		mw_judge_matches(kb, &o, NULL, 0);
	}
}

/* Each blocklist, named by a verdict: the answer holds its page with the address in it.
 */
static void tell_lists(const mw_knowledge *kb)
{
	const mw_tell t = {.kb = kb, .audience = -1, .width = 80};
	mw_outcome_room room;
	mw_outcome o;
	mw_verdict v;
	mw_buf b;

	mw_outcome_read(&o, &room, MW_LIT("550 5.7.1 192.0.2.1 is listed"));
	mw_judge(kb, &o, &v);
	for (size_t i = 0; i < 600; i++) {
		if (mw_knowledge_blocklist_nth(kb, i, &v.blocklist) != MW_OK)
			break;
		mw_buf_init(&b, memory, sizeof memory);
		(void)!mw_tell_summary(&b, &t, &o, &v);
		mw_buf_reset(&b);
		(void)!mw_tell_json(&b, &t, &o, &v);
	}
}

/* Memory that ends where the image ends. */
static void use(const void *image, size_t len)
{
	mw_knowledge kb, over;
	mw_err err = {MW_OK, 0, NULL};

	if (mw_knowledge_open(&kb, image, len, &err) != MW_OK) {
		EXPECT(err.status != MW_OK && err.msg != NULL);
		return;
	}
	look_numbers(&kb);
	look_names(&kb);
	judge_all(&kb);
	tell_lists(&kb);
	/* As a user's rules on top of the built-in ones. */
	mw_knowledge_open_builtin(&over);
	mw_knowledge_add_rules(&over, &kb);
	judge_all(&over);
}

static void no_complaint(void *ctx, const char *file, unsigned line, unsigned column,
			 const char *msg)
{
	(void)ctx;
	fprintf(stderr, "%s:%u:%u: %s\n", file, line, column, msg);
	abort();
}

/* Rules of every kind: gaps, marks, pins, a shared anchor. */
static mw_str few_rules(void)
{
	static const char rules[] =
		"provider gmail\n"
		"rule a\n\tcategory recipient-unknown\n\tcode 5xx 450\n"
		"\tstatus x.1.1 5.7.1-20\n\ttext user * unknown\n"
		"\ttext address rejected: * user * un\n"
		"\tnot mailbox\n\texample user is unknown\n"
		"\tsummary {Server} has no {ip|such} user.\n"
		"\tadmin Look.\n\tsource https://example.org 2026\n"
		"rule b\n\tcategory spam-content\n\tweak\n\tstage content\n"
		"\ttext ~nauthenticated email|\n\tretry 60\n"
		"\texample unauthenticated email\n"
		"rule c\n\tcategory rate-limited\n\tknown\n"
		"\ttext mailbox * exceeds limit\n\taction retry\n"
		"\ttext exceeds limit\n\texample x exceeds limit\n";
	static void *image;
	static size_t len;
	const kc_input input = {"few.rules", {rules, sizeof rules - 1}};

	if (image == NULL)
		EXPECT(kc_compile(&input, 1, KC_RULES, no_complaint, NULL, &image,
				  &len) == MW_OK);
	return (mw_str){image, len};
}

/* The section (or the header), the place in it in three bytes, how many bytes, and those.
 */
static void overwrite(unsigned char *image, const uint8_t *data, size_t size)
{
	const mwi_header h = *(const mwi_header *)(const void *)image;

	while (size >= 6) {
		const unsigned s = data[0] % (MWI_SECTION_COUNT + 1);
		const size_t at = (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
		const size_t first = s < MWI_SECTION_COUNT ? h.section[s].first : 0;
		const size_t end = s + 1 < MWI_SECTION_COUNT ? h.section[s + 1].first
				   : s < MWI_SECTION_COUNT   ? h.size
							     : sizeof h;
		size_t n = data[4] % 24U + 1;

		n = n < size - 5 ? n : size - 5;
		if (end - first >= n)
			memcpy(image + first + at % (end - first - n + 1), data + 5, n);
		data += 5 + n;
		size -= 5 + n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const unsigned how = fuzz_take(&data, &size) & 7;
	mw_str from = {(const char *)data, size};

	if (how == 0)
		from = (mw_str){(const char *)mwi_builtin_image, mwi_builtin_size};
	else if (how != 1)
		from = few_rules();
	const mw_str image = fuzz_copy((const uint8_t *)from.ptr, from.len);

	if (how != 1)
		overwrite((unsigned char *)(uintptr_t)image.ptr, data, size);
	use(image.ptr, image.len);
	fuzz_free(image);
	return 0;
}
