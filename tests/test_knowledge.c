/* SPDX-License-Identifier: MIT
 *
 * The built-in knowledge: is it whole, and can a damaged copy of it do harm?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <mailwhy/tell.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "compile/compile.h"
#include "judge/builtin.h"
#include "judge/image.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

static mw_knowledge kb;

static int open_builtin(void **state)
{
	(void)state;
	mw_knowledge_open_builtin(&kb);
	return 0;
}

static bool is_prose(mw_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == '"' ||
		    s.ptr[i] == '\\' || s.ptr[i] == 0x7f)
			return false;
	return s.len > 0;
}

static void check_lines(mw_lines lines)
{
	for (uint32_t i = 0; i < lines.count; i++)
		assert_true(is_prose(mw_knowledge_line(&kb, lines, i)));
	assert_int_equal(mw_knowledge_line(&kb, lines, lines.count).len, 0);
	assert_int_equal(mw_knowledge_line(&kb, lines, SIZE_MAX).len, 0);
}

static void check_remedies(const mw_lines *remedies)
{
	for (int i = 0; i < MW_AUDIENCE_COUNT; i++)
		check_lines(remedies[i]);
}

static void the_image_that_is_linked_in_passes_the_check(void **state)
{
	mw_err err = {MW_OK, 0, NULL};
	mw_knowledge opened;

	(void)state;
	assert_int_equal((uintptr_t)mwi_builtin_image % 8, 0);
	assert_int_equal(
		mw_knowledge_open(&opened, mwi_builtin_image, mwi_builtin_size, &err),
		MW_OK);
	assert_ptr_equal(opened.image, kb.image);
	assert_null(opened.user);
	assert_int_equal(
		mw_knowledge_open(&opened, mwi_builtin_image, mwi_builtin_size, NULL),
		MW_OK);
}

static void codes_come_in_order_and_are_found_by_number(void **state)
{
	mw_code c, found;
	int last = 0;
	size_t n = 0;

	(void)state;
	for (; mw_knowledge_code_nth(&kb, n, &c) == MW_OK; n++) {
		assert_true(c.code > last);
		last = c.code;
		assert_true(c.code >= 100 && c.code <= 599);
		assert_true(is_prose(c.meaning));
		assert_true(is_prose(c.source));
		assert_true(c.category < MW_CATEGORY_COUNT);
		check_lines(c.causes);
		check_lines(c.notes);
		check_remedies(c.remedies);
		assert_int_equal(mw_knowledge_code(&kb, c.code, &found), MW_OK);
		assert_true(mw_str_eq(found.meaning, c.meaning));
	}
	assert_true(n >= 70);
	assert_int_equal(mw_knowledge_code_nth(&kb, n, &c), MW_E_ABSENT);
	assert_int_equal(mw_knowledge_code_nth(&kb, SIZE_MAX, &c), MW_E_ABSENT);
	for (int code = -1; code <= 1000; code++) {
		const mw_status s = mw_knowledge_code(&kb, code, &found);

		assert_true(s == MW_OK || s == MW_E_ABSENT);
		assert_true(s == MW_E_ABSENT || found.code == code);
	}
}

static void every_code_of_the_standards_and_of_practice_is_known(void **state)
{
	static const int codes[] = {
		200, 211, 214, 220, 221, 250, 251, 252, 354, 421, 450, 451, 452, 453,
		500, 501, 502, 503, 504, 521, 530, 550, 551, 552, 553, 554, 557, 101,
		235, 334, 422, 430, 431, 432, 454, 455, 458, 459, 523, 524, 525, 533,
		534, 535, 538, 555, 556, 111, 420, 441, 442, 446, 447, 449, 471, 510,
		511, 512, 513, 514, 515, 516, 517, 540, 541, 542, 543, 571};
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(codes); i++) {
		const bool failure = codes[i] >= 400;
		mw_code c;

		if (mw_knowledge_code(&kb, codes[i], &c) != MW_OK) {
			print_error("%d is not known\n", codes[i]);
			wrong++;
			continue;
		}
		if (c.source.len == 0 || c.meaning.len < 20 ||
		    (failure && c.causes.count == 0)) {
			print_error("%d: source, meaning or causes are missing\n",
				    codes[i]);
			wrong++;
		}
		for (int a = 0; failure && a < MW_AUDIENCE_COUNT; a++)
			if (c.remedies[a].count == 0) {
				print_error("%d: no remedy for the %s\n", codes[i],
					    mw_name(MW_VOCABULARY_AUDIENCE, a).ptr);
				wrong++;
			}
	}
	assert_int_equal(wrong, 0);
}

static void a_stage_gives_a_code_its_meaning_or_none(void **state)
{
	mw_code c;

	(void)state;
	for (size_t i = 0; mw_knowledge_code_nth(&kb, i, &c) == MW_OK; i++)
		for (int stage = -1; stage <= MW_STAGE_COUNT; stage++) {
			const mw_category at =
				mw_knowledge_code_at(&kb, c.code, (mw_stage)stage);

			assert_true(at < MW_CATEGORY_COUNT);
			if (stage < 0 || stage == MW_STAGE_COUNT)
				assert_int_equal(at, MW_CATEGORY_UNKNOWN);
		}
	assert_int_equal(mw_knowledge_code_at(&kb, 999, MW_STAGE_RCPT),
			 MW_CATEGORY_UNKNOWN);
	/* Somebody who is refused at the door was not refused for the recipient. */
	assert_int_equal(mw_knowledge_code_at(&kb, 550, MW_STAGE_CONNECT),
			 MW_CATEGORY_POLICY);
}

/* IANA, “SMTP Enhanced Status Codes”, and the obsolete ones that are still in use. */
static void every_registered_status_is_known(void **state)
{
	static const struct {
		int subject, last; /* details from 0 on */
	} registry[] = {{0, 0}, {1, 10}, {2, 4},  {3, 5},
			{4, 7}, {5, 6},  {6, 10}, {7, 30}};
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(registry); i++) {
		mw_status_code s;

		if (mw_knowledge_status_subject(&kb, registry[i].subject, &s) != MW_OK ||
		    !is_prose(s.name) || !is_prose(s.meaning)) {
			print_error("subject %d\n", registry[i].subject);
			wrong++;
		}
		for (int d = 0; d <= registry[i].last; d++)
			for (int cls = 4; cls <= 5; cls++)
				if (mw_knowledge_status(&kb, cls, registry[i].subject, d,
							&s) != MW_OK ||
				    s.subject != registry[i].subject || s.detail != d ||
				    (s.cls != -1 && s.cls != cls) || !is_prose(s.name) ||
				    !is_prose(s.meaning) || s.source.len == 0) {
					print_error("%d.%d.%d\n", cls,
						    registry[i].subject, d);
					wrong++;
				}
	}
	assert_int_equal(wrong, 0);
}

static void statuses_are_found_by_number_class_and_subject(void **state)
{
	mw_status_code s, found;
	size_t n = 0;

	(void)state;
	for (; mw_knowledge_status_nth(&kb, n, &s) == MW_OK; n++) {
		assert_true(is_prose(s.name));
		assert_true(is_prose(s.meaning));
		assert_true(s.category < MW_CATEGORY_COUNT);
		if (s.subject < 0) {
			assert_int_equal(mw_knowledge_status_class(&kb, s.cls, &found),
					 MW_OK);
		} else if (s.detail < 0) {
			assert_int_equal(
				mw_knowledge_status_subject(&kb, s.subject, &found),
				MW_OK);
		} else {
			assert_int_equal(mw_knowledge_status(&kb, s.cls < 0 ? 5 : s.cls,
							     s.subject, s.detail, &found),
					 MW_OK);
			/* 5.1.1 of its own may stand before x.1.1 */
			assert_true(found.cls == s.cls || s.cls < 0);
		}
		assert_int_equal(found.subject, s.subject);
		assert_int_equal(found.detail, s.detail);
	}
	assert_true(n > 80);
	assert_int_equal(mw_knowledge_status_nth(&kb, n, &s), MW_E_ABSENT);
	for (int cls = 2; cls <= 5; cls += cls == 2 ? 2 : 1) {
		assert_int_equal(mw_knowledge_status_class(&kb, cls, &s), MW_OK);
		assert_int_equal(s.cls, cls);
	}
	assert_int_equal(mw_knowledge_status_class(&kb, 3, &s), MW_E_ABSENT);
	assert_int_equal(mw_knowledge_status(&kb, 5, 999, 999, &s), MW_E_ABSENT);
	assert_int_equal(mw_knowledge_status(&kb, -1, -1, -1, &s), MW_E_ABSENT);
	assert_int_equal(mw_knowledge_status_subject(&kb, 99, &s), MW_E_ABSENT);
}

static void every_category_is_told_and_mended(void **state)
{
	int wrong = 0;

	(void)state;
	assert_int_equal(MW_CATEGORY_COUNT, 40);
	for (int i = 0; i < MW_CATEGORY_COUNT; i++) {
		const mw_category_info c = mw_knowledge_category(&kb, (mw_category)i);
		const bool failure =
			i != MW_CATEGORY_DELIVERED && i != MW_CATEGORY_AUTO_REPLY;

		assert_int_equal(c.category, i);
		assert_true(c.permanence < MW_PERMANENCE_COUNT);
		assert_true(c.fault < MW_FAULT_COUNT);
		assert_true(c.action_permanent < MW_ACTION_COUNT);
		assert_true(c.action_temporary < MW_ACTION_COUNT);
		assert_true(c.retry == -1 || c.retry > 0);
		assert_true((c.subject < 0) == (c.detail < 0));
		check_lines(c.references);
		check_remedies(c.remedies);
		if (!is_prose(c.summary) ||
		    (failure && c.remedies[MW_AUDIENCE_SENDER].count == 0)) {
			print_error("%s\n", mw_name(MW_VOCABULARY_CATEGORY, i).ptr);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
	assert_int_equal(mw_knowledge_category(&kb, MW_CATEGORY_COUNT).summary.len, 0);
}

static void every_word_of_every_vocabulary_is_told(void **state)
{
	static const mw_vocabulary told[] = {
		MW_VOCABULARY_PERMANENCE, MW_VOCABULARY_FAULT, MW_VOCABULARY_ACTION,
		MW_VOCABULARY_STAGE, MW_VOCABULARY_CONFIDENCE};
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(told); i++)
		for (int value = 0; value < mw_name_count(told[i]); value++) {
			/* no stage is no word */
			if (told[i] == MW_VOCABULARY_STAGE && value == MW_STAGE_NONE)
				continue;
			if (!is_prose(mw_knowledge_word(&kb, told[i], value))) {
				print_error("%s\n", mw_name(told[i], value).ptr);
				wrong++;
			}
		}
	assert_int_equal(wrong, 0);
	assert_int_equal(
		mw_knowledge_word(&kb, MW_VOCABULARY_ACTION, MW_ACTION_COUNT).len, 0);
	assert_int_equal(mw_knowledge_word(&kb, MW_VOCABULARY_ACTION, -1).len, 0);
	for (int digit = 2; digit <= 5; digit++)
		assert_true(is_prose(mw_knowledge_digit(&kb, 1, digit)));
	for (int digit = 0; digit <= 5; digit++)
		assert_true(is_prose(mw_knowledge_digit(&kb, 2, digit)));
	assert_int_equal(mw_knowledge_digit(&kb, 1, 10).len, 0);
	assert_int_equal(mw_knowledge_digit(&kb, 3, 1).len, 0);
}

static void every_value_of_a_vocabulary_has_one_word_and_back(void **state)
{
	(void)state;
	for (int v = 0; v < MW_VOCABULARY_COUNT; v++) {
		const mw_vocabulary vocabulary = (mw_vocabulary)v;

		assert_true(mw_name_count(vocabulary) > 0);
		for (int i = 0; i < mw_name_count(vocabulary); i++)
			assert_int_equal(
				mw_name_value(vocabulary, mw_name(vocabulary, i)), i);
		assert_true(mw_str_eq(mw_name(vocabulary, mw_name_count(vocabulary)),
				      MW_LIT("?")));
		assert_true(mw_str_eq(mw_name(vocabulary, -1), MW_LIT("?")));
		assert_int_equal(mw_name_value(vocabulary, MW_LIT("")), -1);
		assert_int_equal(mw_name_value(vocabulary, MW_LIT("?")), -1);
		assert_int_equal(mw_name_value(vocabulary, MW_LIT("NONE")), -1);
	}
}

static void providers_are_found_by_id_and_host(void **state)
{
	static const struct {
		const char *host, *id; /* "" none */
	} cases[] = {
		{"gmail-smtp-in.l.google.com", "gmail"},
		{"google.com", "gmail"},
		{"MX.GOOGLE.COM", "gmail"},
		{"example-org.mail.protection.outlook.com", "microsoft"},
		{"mta7.am0.yahoodns.net", "yahoo"},
		{"notgoogle.com", ""},
		{"google.com.example.org", ""},
		{"com", ""},
		{"", ""},
		{".", ""},
		{"....", ""},
		{"mx.example.org", ""},
	};
	char long_name[4096];
	mw_provider p;

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		const mw_status s =
			mw_knowledge_provider_of_host(&kb, mw_str_of(cases[i].host), &p);

		assert_int_equal(s, cases[i].id[0] != 0 ? MW_OK : MW_E_ABSENT);
		if (s != MW_OK)
			continue;
		assert_true(mw_str_eq(p.id, mw_str_of(cases[i].id)));
		assert_int_equal(mw_knowledge_provider(&kb, p.id, &p), MW_OK);
		assert_true(is_prose(p.name));
		assert_true(is_prose(p.kind));
	}
	assert_int_equal(mw_knowledge_provider(&kb, MW_LIT("no-such"), &p), MW_E_ABSENT);
	assert_int_equal(mw_knowledge_provider(&kb, MW_LIT(""), &p), MW_E_ABSENT);
	memset(long_name, '.', sizeof long_name);
	assert_int_equal(mw_knowledge_provider_of_host(
				 &kb, (mw_str){long_name, sizeof long_name}, &p),
			 MW_E_ABSENT);
}

/* A number without its source would slow mail down on a rumour. */
static void a_number_of_a_provider_says_where_it_was_published(void **state)
{
	unsigned connections = 0, messages = 0;
	mw_provider p;

	(void)state;
	for (size_t i = 0; mw_knowledge_provider_nth(&kb, i, &p) == MW_OK; i++) {
		const bool has_number = p.connections + p.messages + p.rate > 0;

		assert_int_equal(p.limits.len > 0, has_number);
		connections += p.connections > 0;
		messages += p.messages > 0;
	}
	assert_true(connections > 0 && messages > 0);
}

static bool id_is_new(mw_str *seen, size_t *n, size_t max, mw_str id)
{
	for (size_t i = 0; i < *n; i++)
		if (mw_str_eq(seen[i], id))
			return false;
	assert_true(*n < max);
	seen[(*n)++] = id;
	return true;
}

static void every_blocklist_has_an_id_of_its_own_and_a_name(void **state)
{
	static mw_str seen[1000];
	mw_blocklist b;
	size_t n = 0, i = 0;

	(void)state;
	for (; mw_knowledge_blocklist_nth(&kb, i, &b) == MW_OK; i++) {
		assert_true(id_is_new(seen, &n, ROWS(seen), b.id));
		assert_true(is_prose(b.name));
		assert_true(b.lookup.len == 0 ||
			    mw_str_find(b.lookup, MW_LIT("http")) == 0);
		assert_true(b.page.len == 0 || mw_str_find(b.page, MW_LIT("http")) == 0);
	}
	assert_true(i >= 30);
	assert_int_equal(mw_knowledge_blocklist_nth(&kb, SIZE_MAX, &b), MW_E_ABSENT);
}

static void every_rule_has_an_id_of_its_own_and_an_example(void **state)
{
	static mw_str seen[MWI_RULES_MAX];
	mw_rule r;
	size_t n = 0, i = 0;

	(void)state;
	for (; mw_knowledge_rule_nth(&kb, i, &r) == MW_OK; i++) {
		assert_true(id_is_new(seen, &n, ROWS(seen), r.id));
		assert_true(mw_str_find(r.id, MW_LIT(":")) < r.id.len);
		assert_true(r.category < MW_CATEGORY_COUNT);
		assert_true(r.examples.count > 0);
		check_remedies(r.remedies);
		assert_true(r.summary.len == 0 || is_prose(r.summary));
		if (r.provider.len > 0) {
			mw_provider p;

			assert_int_equal(mw_knowledge_provider(&kb, r.provider, &p),
					 MW_OK);
		}
	}
	assert_true(i > 1000);
	assert_int_equal(mw_knowledge_rule_nth(&kb, i, &r), MW_E_ABSENT);
}

static void every_row_of_a_map_leads_to_our_categories(void **state)
{
	mw_map m;
	size_t n = 0;

	(void)state;
	for (; mw_knowledge_map_nth(&kb, n, &m) == MW_OK; n++) {
		assert_true(m.name.len > 0);
		assert_true(m.rows.count > 0);
		for (uint32_t i = 0; i < m.rows.count; i++) {
			mw_str row = mw_knowledge_line(&kb, m.rows, i);
			size_t at = mw_str_find(row, MW_LIT(" "));

			assert_true(at > 0 && at < row.len);
			while (at < row.len) {
				row = mw_str_skip(row, at + 1);
				at = mw_str_find(row, MW_LIT(" "));
				assert_true(mw_name_value(MW_VOCABULARY_CATEGORY,
							  mw_str_head(row, at)) >= 0);
			}
		}
	}
	assert_true(n >= 5);
	assert_int_equal(mw_knowledge_map_nth(&kb, n, &m), MW_E_ABSENT);
}

/* Damage. A copy lies in heap memory of exactly its length, so that the sanitizer sees
 * each byte that is read beyond it. */

static void use(const mw_knowledge *damaged)
{
	static const char *const texts[] = {
		"550-5.7.26 Your email has been blocked because the sender is "
		"unauthenticated. "
		"Please try again in 5 minutes - gsmtp",
		"554 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using "
		"zen.spamhaus.org; see https://www.spamhaus.org/query/ip/192.0.2.25",
		"host mx1.example.org[192.0.2.10] said: 452 4.2.2 <bob@example.org>: "
		"Mailbox full "
		"(in reply to RCPT TO command)",
	};
	static char memory[MW_TELL_MAX];
	static mw_outcome_room room;
	const mw_tell t = {.kb = damaged, .audience = -1, .width = 80};
	mw_outcome o;
	mw_verdict v;
	mw_match match[8];
	mw_buf b;

	for (size_t i = 0; i < ROWS(texts); i++) {
		mw_outcome_read(&o, &room, mw_str_of(texts[i]));
		mw_judge(damaged, &o, &v);
		assert_true(v.category < MW_CATEGORY_COUNT);
		assert_true(v.fault < MW_FAULT_COUNT);
		assert_true(v.action < MW_ACTION_COUNT);
		mw_judge_matches(damaged, &o, match, ROWS(match));
		mw_judge_names(damaged, &o, &v);
		mw_buf_init(&b, memory, sizeof memory);
		if (mw_tell_json(&b, &t, &o, &v) != MW_OK)
			mw_buf_reset(&b);
		if (mw_tell_text(&b, &t, &o, &v) != MW_OK)
			mw_buf_reset(&b);
	}
}

static unsigned char *copy_image(size_t len)
{
	unsigned char *p = malloc(len > 0 ? len : 1);

	assert_non_null(p);
	memcpy(p, mwi_builtin_image, len);
	return p;
}

static void an_image_of_another_kind_is_refused(void **state)
{
	static const struct {
		size_t at;
		mw_status want;
	} cases[] = {
		{offsetof(mwi_header, magic), MW_E_VERSION},
		{offsetof(mwi_header, version), MW_E_VERSION},
		{offsetof(mwi_header, order), MW_E_VERSION},
		{offsetof(mwi_header, size), MW_E_SYNTAX},
	};
	unsigned char *p = copy_image(mwi_builtin_size);
	mw_err err = {MW_OK, 0, NULL};
	mw_knowledge opened = {NULL, NULL};

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		p[cases[i].at] ^= 1;
		assert_int_equal(mw_knowledge_open(&opened, p, mwi_builtin_size, &err),
				 cases[i].want);
		assert_int_equal(err.status, cases[i].want);
		assert_non_null(err.msg);
		assert_null(opened.image);
		p[cases[i].at] ^= 1;
	}
	assert_int_equal(mw_knowledge_open(&opened, p, mwi_builtin_size, &err), MW_OK);
	/* not aligned, too short, too long */
	assert_true(mw_knowledge_open(&opened, p + 4, mwi_builtin_size - 4, NULL) !=
		    MW_OK);
	assert_true(mw_knowledge_open(&opened, p, mwi_builtin_size - 8, NULL) != MW_OK);
	assert_true(mw_knowledge_open(&opened, p, 0, NULL) != MW_OK);
	free(p);
}

static void a_truncated_image_is_refused_or_harmless(void **state)
{
	(void)state;
	for (size_t len = 0; len < mwi_builtin_size; len += 4096) {
		unsigned char *p = copy_image(len);
		mw_knowledge damaged;
		mw_err err = {MW_OK, 0, NULL};

		assert_true(mw_knowledge_open(&damaged, p, len, &err) != MW_OK);
		assert_non_null(err.msg);
		/* and when its header says that it is whole */
		if (len >= sizeof(mwi_header)) {
			const uint32_t size = (uint32_t)len;

			memcpy(p + offsetof(mwi_header, size), &size, sizeof size);
			if (mw_knowledge_open(&damaged, p, len, NULL) == MW_OK)
				use(&damaged);
		}
		free(p);
	}
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint32_t random_below(uint64_t *seed, uint32_t limit)
{
	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)((*seed >> 33) % limit);
}

/* A bit of the header, of any byte, or of a section other than the texts and the filter,
 * where most bits stand and few do harm. */
static uint32_t choose_bit(uint64_t *seed)
{
	const mwi_header *h = (const void *)mwi_builtin_image;
	const uint32_t way = random_below(seed, 8);
	const mwi_section s = (mwi_section)random_below(seed, MWI_SECTION_COUNT);

	if (way == 0)
		return random_below(seed, sizeof *h * 8);
	if (way == 1 || s == MWI_POOL || s == MWI_BITS || s == MWI_SECTION_COUNT - 1)
		return random_below(seed, (uint32_t)mwi_builtin_size * 8);
	const uint32_t first = h->section[s].first, behind = h->section[s + 1].first;

	return first * 8 + random_below(seed, (behind - first + 1) * 8);
}

#define FLIPS      20000
#define FLIPS_TIME 20.0 /* seconds: each opening reads all of the image */

static void a_flipped_bit_is_refused_or_harmless(void **state)
{
	unsigned char *p = copy_image(mwi_builtin_size);
	const double start = seconds();
	uint64_t seed = 20260214;
	int done = 0, usable = 0;

	(void)state;
	for (; done < FLIPS && (done < 500 || seconds() - start < FLIPS_TIME); done++) {
		const uint32_t bit = choose_bit(&seed);
		mw_knowledge damaged;

		if (bit >= mwi_builtin_size * 8)
			continue;
		p[bit / 8] ^= (unsigned char)(1U << bit % 8);
		if (mw_knowledge_open(&damaged, p, mwi_builtin_size, NULL) == MW_OK) {
			use(&damaged);
			usable++;
		}
		p[bit / 8] ^= (unsigned char)(1U << bit % 8);
	}
	print_message("%d bits, %d left it usable\n", done, usable);
	assert_true(usable > 0 && usable < done);
	assert_memory_equal(p, mwi_builtin_image, mwi_builtin_size);
	free(p);
}

/* Texts that the rules below are made for, so that each damaged table is walked. */
static void use_rules(const mw_knowledge *with)
{
	static const char *const texts[] = {
		"550 5.7.1 zebra crossing here, okapi in the tall grass, do it in 7 "
		"minutes",
		"450 4.7.1 a zebra crossing, with dromedaries and an elk"};
	static mw_outcome_room room;
	mw_match match[8];
	mw_outcome o;
	mw_verdict v;

	for (size_t i = 0; i < ROWS(texts); i++) {
		mw_outcome_read(&o, &room, mw_str_of(texts[i]));
		mw_judge(with, &o, &v);
		assert_true(v.category < MW_CATEGORY_COUNT);
		mw_judge_matches(with, &o, match, ROWS(match));
		for (int a = 0; v.user_rule && a < MW_AUDIENCE_COUNT; a++)
			mw_knowledge_line(with->user, v.remedies[a], 0);
	}
}

static void say_nothing(void *ctx, const char *file, unsigned line, unsigned column,
			const char *msg)
{
	(void)ctx;
	(void)file;
	(void)line;
	(void)column;
	(void)msg;
}

static void each_flipped_bit_of_a_users_rules_is_refused_or_harmless(void **state)
{
	static const char text[] =
		"rule a\n\tcategory policy\n\tcode 550 4xx\n\tstatus 5.7.1 x.7.x\n"
		"\ttext zebra crossing\n\ttext okapi * grass * minutes\n\tnot lion\n"
		"\tsummary Zebra.\n\tsender Do it.\n\tretry 60\n\texample 550 zebra "
		"crossing\n"
		"rule b\n\tcategory virus\n\tweak\n\tprovider gmail\n\tknown\n"
		"\ttext dromedaries * elk\n\texample 550 dromedaries elk\n";
	const kc_input in = {.file = "our.rules", .text = mw_str_of(text)};
	void *image;
	size_t len, usable = 0, refused = 0;

	(void)state;
	assert_int_equal(kc_compile(&in, 1, KC_RULES, say_nothing, NULL, &image, &len),
			 MW_OK);
	const mwi_header *h = image;
	const size_t bits = h->section[MWI_BITS].first,
		     heads = h->section[MWI_HEAD].first,
		     grams = h->section[MWI_GRAM].first;
	unsigned char *p = image;

	for (size_t bit = 0; bit < len * 8; bit++) {
		mw_knowledge with, user;

		/* of the filter and the heads of chains every 61st */
		if (bit / 8 >= bits && bit / 8 < grams && bit % 61 != 0)
			continue;
		p[bit / 8] ^= (unsigned char)(1U << bit % 8);
		if (mw_knowledge_open(&user, image, len, NULL) == MW_OK) {
			mw_knowledge_open_builtin(&with);
			mw_knowledge_add_rules(&with, &user);
			use_rules(&with);
			usable++;
		} else {
			refused++;
		}
		p[bit / 8] ^= (unsigned char)(1U << bit % 8);
	}
	assert_true(heads > bits && usable > 0 && refused > 1000);
	free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_image_that_is_linked_in_passes_the_check),
		cmocka_unit_test(codes_come_in_order_and_are_found_by_number),
		cmocka_unit_test(every_code_of_the_standards_and_of_practice_is_known),
		cmocka_unit_test(a_stage_gives_a_code_its_meaning_or_none),
		cmocka_unit_test(every_registered_status_is_known),
		cmocka_unit_test(statuses_are_found_by_number_class_and_subject),
		cmocka_unit_test(every_category_is_told_and_mended),
		cmocka_unit_test(every_word_of_every_vocabulary_is_told),
		cmocka_unit_test(every_value_of_a_vocabulary_has_one_word_and_back),
		cmocka_unit_test(providers_are_found_by_id_and_host),
		cmocka_unit_test(a_number_of_a_provider_says_where_it_was_published),
		cmocka_unit_test(every_blocklist_has_an_id_of_its_own_and_a_name),
		cmocka_unit_test(every_rule_has_an_id_of_its_own_and_an_example),
		cmocka_unit_test(every_row_of_a_map_leads_to_our_categories),
		cmocka_unit_test(an_image_of_another_kind_is_refused),
		cmocka_unit_test(a_truncated_image_is_refused_or_harmless),
		cmocka_unit_test(a_flipped_bit_is_refused_or_harmless),
		cmocka_unit_test(
			each_flipped_bit_of_a_users_rules_is_refused_or_harmless),
	};

	return cmocka_run_group_tests(tests, open_builtin, NULL);
}
