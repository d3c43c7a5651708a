/* SPDX-License-Identifier: MIT
 *
 * The compiler of rules: what it lets pass is an image that opens, and whose rules can be
 * proved; what it refuses it complains of.
 */
#include "compile/compile.h"
#include "compile/prove.h"
#include "expect.h"

static void count_complaint(void *ctx, const char *file, unsigned line, unsigned column,
			    const char *msg)
{
	EXPECT(strcmp(file, "a/fuzz.rules") == 0);
	EXPECT(msg != NULL && msg[0] != 0);
	(void)line;
	(void)column;
	++*(size_t *)ctx;
}

static void ignore(void *ctx, mw_str rule, mw_str text, mw_str winner)
{
	EXPECT(rule.ptr != NULL && text.ptr != NULL && winner.ptr != NULL);
	++*(size_t *)ctx;
}

static void tell(const mw_knowledge *kb)
{
	static char memory[MW_TELL_MAX];
	const mw_tell t = {.kb = kb, .audience = -1, .width = 80};
	mw_outcome_room room;
	mw_outcome o;
	mw_verdict v;
	mw_rule r;
	mw_buf b;

	for (size_t i = 0; mw_knowledge_rule_nth(kb->user, i, &r) == MW_OK; i++) {
		mw_outcome_read(&o, &room, mw_knowledge_line(kb->user, r.examples, 0));
		mw_judge(kb, &o, &v);
		mw_buf_init(&b, memory, sizeof memory);
		EXPECT(mw_tell_text(&b, &t, &o, &v) == MW_OK);
		EXPECT(fuzz_is_harmless(mw_buf_str(&b)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const mw_str text = fuzz_copy(data, size);
	const kc_input input = {"a/fuzz.rules", text};
	size_t complaints = 0, lost = 0, len = 0;
	mw_knowledge kb, user;
	void *image = NULL;
	const mw_status s = kc_compile(&input, 1, KC_RULES, count_complaint, &complaints,
				       &image, &len);

	/* Nothing in the image may point back into the text. */
	fuzz_free(text);
	EXPECT((s == MW_OK) == (image != NULL));
	EXPECT((s == MW_E_SYNTAX) == (complaints > 0));
	if (s == MW_OK) {
		EXPECT(mw_knowledge_open(&user, image, len, NULL) == MW_OK);
		mw_knowledge_open_builtin(&kb);
		mw_knowledge_add_rules(&kb, &user);
		const proof p = prove_rules(&kb, &user, ignore, &lost);

		EXPECT(p.failures == lost && lost <= p.examples + p.phrases);
		EXPECT(p.rules <= p.examples && p.rules <= p.phrases);
		tell(&kb);
	}
	free(image);
	return 0;
}
