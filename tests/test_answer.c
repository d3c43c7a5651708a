/* SPDX-License-Identifier: MIT
 *
 * What our server says is explained by mailwhy as what it was meant to be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <mailwhy/mailwhy.h>

#include "smtp/answers.h"

static mw_str write_out(char *memory, size_t cap, const mw_answer *a)
{
	mw_buf b;

	mw_buf_init(&b, memory, cap);
	assert_int_equal(mw_answer_put(&b, a), MW_OK);
	return mw_buf_str(&b);
}

/* The stage at which it is said changes nothing that we count on: bare text. */
static void each_refusal_is_explained_as_meant(void **state)
{
	mw_knowledge kb;
	unsigned wrong = 0;

	(void)state;
	mw_knowledge_open_builtin(&kb);
	for (int id = 0; id < MW_ANSWER_COUNT; id++) {
		char room[1024], memory[2048];
		const mw_str what =
			id == MW_ANSWER_NO_SERVICE || id == MW_ANSWER_NO_MAIL_HERE
				? MW_LIT("mx.example.org")
				: MW_LIT("user@example.org");
		const mw_answer a =
			mw_answer_fill((mw_answer_id)id, what, room, sizeof room);
		const mw_str reply = write_out(memory, sizeof memory, &a);
		mw_outcome_room outcome_room;
		mw_outcome o;
		mw_verdict v;

		if (a.code < 400)
			continue;
		mw_outcome_read(&o, &outcome_room, reply);
		assert_int_equal(o.reply, a.code);
		assert_int_equal(o.status.cls, a.status.cls);
		mw_judge(&kb, &o, &v);
		if (v.category != a.category) {
			print_message(
				"%.*s: meant %.*s, explained as %.*s (%.*s)\n  %.*s",
				MW_FMT(mw_answer_name((mw_answer_id)id)),
				MW_FMT(mw_name(MW_VOCABULARY_CATEGORY, (int)a.category)),
				MW_FMT(mw_name(MW_VOCABULARY_CATEGORY, (int)v.category)),
				MW_FMT(v.rule), MW_FMT(reply));
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void an_answer_is_one_reply(void **state)
{
	char memory[4096], room[600], longest[3000];
	const mw_answer two = {550, {5, 1, 1}, MW_LIT("a\nb"), false, {"", 0}, 0};
	mw_answer hostile = two;
	mw_reply reply;
	mw_str out;

	(void)state;
	out = write_out(memory, sizeof memory, &two);
	assert_true(mw_str_eq(out, MW_LIT("550-5.1.1 a\r\n550 5.1.1 b\r\n")));
	hostile.text = MW_LIT("x\r250 OK\x7f\x01");
	out = write_out(memory, sizeof memory, &hostile);
	assert_true(mw_str_eq(out, MW_LIT("550 5.1.1 x?250 OK??\r\n")));
	memset(longest, 'x', sizeof longest);
	hostile.text = (mw_str){longest, sizeof longest};
	out = write_out(memory, sizeof memory, &hostile);
	assert_int_equal(out.len, 512);
	assert_int_equal(mw_reply_read(&reply, out), 512);
	hostile = mw_answer_fill(MW_ANSWER_RECIPIENT_UNKNOWN, hostile.text, room,
				 sizeof room);
	assert_true(hostile.text.len <= sizeof room);
	assert_true(mw_str_find(hostile.text, MW_LIT("check the spelling")) <
		    hostile.text.len);
}

static void no_room_leaves_nothing(void **state)
{
	char memory[8];
	mw_buf b;
	const mw_answer a = mw_answer_of(MW_ANSWER_OK);

	(void)state;
	mw_buf_init(&b, memory, sizeof memory);
	assert_int_equal(mw_answer_put(&b, &a), MW_E_LIMIT);
	assert_int_equal(b.len, 0);
	assert_false(b.lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_refusal_is_explained_as_meant),
		cmocka_unit_test(an_answer_is_one_reply),
		cmocka_unit_test(no_room_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
