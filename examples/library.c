/* SPDX-License-Identifier: MIT
 *
 * What to do with an address after a reply of its mail server.
 *
 *	cc library.c -lmailwhy -o library
 *	./library '550 5.1.1 User unknown' '452 4.2.2 Mailbox full'
 */
#include <mailwhy/mailwhy.h>
#include <stdio.h>

static void put_word(mw_buf *out, const char *label, mw_vocabulary v, int value)
{
	mw_buf_put(out, mw_str_of(label));
	mw_buf_put(out, mw_name(v, value));
	mw_buf_put_char(out, '\n');
}

static mw_status explain(mw_buf *out, const mw_knowledge *kb, mw_str reply)
{
	const mw_tell tell = {.kb = kb, .audience = -1, .width = 80};
	mw_outcome_room room;
	mw_outcome outcome;
	mw_verdict verdict;

	mw_outcome_read(&outcome, &room, reply);
	mw_judge(kb, &outcome, &verdict);

	mw_buf_put_visible(out, reply);
	put_word(out, "\n  category  ", MW_VOCABULARY_CATEGORY, (int)verdict.category);
	put_word(out, "  action    ", MW_VOCABULARY_ACTION, (int)verdict.action);
	if (verdict.address_is_bad)
		mw_buf_put(out, MW_LIT("  address   send nothing there any more\n"));
	if (verdict.retry_after >= 0) {
		mw_buf_put(out, MW_LIT("  retry     after this many seconds: "));
		mw_buf_put_int(out, verdict.retry_after);
		mw_buf_put_char(out, '\n');
	}
	mw_buf_put(out, MW_LIT("  summary   "));
	if (mw_tell_summary(out, &tell, &outcome, &verdict) == MW_OK)
		mw_buf_put_char(out, '\n');
	return mw_buf_status(out);
}

int main(int argc, char **argv)
{
	static char memory[MW_TELL_MAX];
	mw_knowledge kb;
	mw_buf out;

	mw_knowledge_open_builtin(&kb);
	mw_buf_init(&out, memory, sizeof memory);
	for (int i = 1; i < argc; i++) {
		if (explain(&out, &kb, mw_str_of(argv[i])) != MW_OK)
			return 1;
		printf("%.*s", MW_FMT(mw_buf_str(&out)));
		mw_buf_reset(&out);
	}
	return 0;
}
