/* SPDX-License-Identifier: MIT
 *
 * The knowledge compiler: each mistake is told with its place, and no text, however
 * broken, does harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <mailwhy/verdict.h>
#include <stdio.h>
#include <stdlib.h>

#include "compile/compile.h"
#include "compile/prove.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

/* What was complained of: "line:column: msg" lines. */
typedef struct heard {
	char text[4096];
	size_t len;
	unsigned count;
} heard;

static void hear(void *ctx, const char *file, unsigned line, unsigned column,
		 const char *msg)
{
	heard *h = ctx;
	const int n = snprintf(h->text + h->len, sizeof h->text - h->len,
			       "%s:%u:%u: %s\n", file, line, column, msg);

	h->count++;
	if (n > 0 && (size_t)n < sizeof h->text - h->len)
		h->len += (size_t)n;
}

static mw_status compile(mw_str text, heard *h, void **image, size_t *len)
{
	const kc_input in = {.file = "our.rules", .text = text};

	*h = (heard){.len = 0};
	*image = &h;
	return kc_compile(&in, 1, KC_RULES, hear, h, image, len);
}

#define GOOD                                                                             \
	"rule good\n\tcategory policy\n\ttext zebra words\n\texample 550 zebra words\n"

static const struct {
	const char *in;
	const char *at;   /* "line:column" */
	const char *says; /* a part of the message */
} mistakes[] = {
	/* fields */
	{"rule a\n\tcategory policy\n\tcolour red\n\ttext zebra\n\texample 550 zebra\n",
	 "3:9", "unknown field “colour”"},
	{"rule a\n\ttext zebra\n\texample 550 zebra\n", "1:1", "“category” is missing"},
	{GOOD "rule a\n\ttext okapi\n\texample 550 okapi\n", "5:1",
	 "“category” is missing"},
	{"rule a\n\tcategory policy\n\texample 550 zebra\n", "1:1", "“text” is missing"},
	{"rule a\n\tcategory policy\n\ttext zebra\n", "1:1", "“example” is missing"},
	{"rule a\n\tcategory policy\n\tcategory virus\n\ttext zebra\n\texample 550 "
	 "zebra\n",
	 "3:11", "twice"},
	{"rule a\n\tcategory no-such-thing\n\ttext zebra\n\texample 550 zebra\n", "2:11",
	 "unknown word “no-such-thing”"},
	{"rule a\n\tcategory Policy\n\ttext zebra\n\texample 550 zebra\n", "2:11",
	 "unknown word “Policy”"},
	{"rule a\n\tcategory policy\n\taction shout\n\ttext zebra\n\texample 550 zebra\n",
	 "3:9", "unknown word “shout”"},
	{"rule a\n\tcategory policy\n\tfault mine\n\ttext zebra\n\texample 550 zebra\n",
	 "3:8", "unknown word “mine”"},
	{"rule a\n\tcategory policy\n\tknown\n\ttext zebra\n\texample 550 zebra\n", "1:1",
	 "“known” needs a provider"},
	{"rule\n\tcategory policy\n\ttext zebra\n\texample 550 zebra\n", "1:1", "name"},
	/* phrases */
	{"rule a\n\tcategory policy\n\ttext abcd\n\texample 550 abcd\n", "3:7",
	 "at least 5 bytes"},
	{"rule a\n\tcategory policy\n\ttext a * b * c\n\texample 550 a b c\n", "3:7",
	 "at least 5 bytes"},
	{"rule a\n\tcategory policy\n\ttext\n\texample 550 abcd\n", "3:6", "5 bytes"},
	{"rule a\n\tcategory policy\n\ttext one11 * two22 * three * four4 * five5\n"
	 "\texample 550 one11 two22 three four4 five5\n",
	 "3:7", "at most 4 parts"},
	{"rule a\n\tcategory policy\n\ttext zebra *  * okapi\n\texample 550 zebra "
	 "okapi\n",
	 "3:7", "1 to 200 bytes"},
	{"rule a\n\tcategory policy\n\ttext zebra\n\tnot\n\texample 550 zebra\n", "4:5",
	 "not"},
	/* pins */
	{"rule a\n\tcategory policy\n\tcode 55\n\ttext zebra\n\texample 550 zebra\n",
	 "3:7", "“55” is no code"},
	{"rule a\n\tcategory policy\n\tcode 5x0\n\ttext zebra\n\texample 550 zebra\n",
	 "3:7", "“5x0” is no code"},
	{"rule a\n\tcategory policy\n\tcode xxx\n\ttext zebra\n\texample 550 zebra\n",
	 "3:7", "“xxx” is no code"},
	{"rule a\n\tcategory policy\n\tcode 550 5555\n\ttext zebra\n\texample 550 "
	 "zebra\n",
	 "3:7", "“5555” is no code"},
	{"rule a\n\tcategory policy\n\tstatus 5.7\n\ttext zebra\n\texample 550 zebra\n",
	 "3:9", "“5.7” is no status"},
	{"rule a\n\tcategory policy\n\tstatus 5.7.9-1\n\ttext zebra\n\texample 550 "
	 "zebra\n",
	 "3:9", "“5.7.9-1” is no status"},
	{"rule a\n\tcategory policy\n\tstatus 5.7.1000\n\ttext zebra\n\texample 550 "
	 "zebra\n",
	 "3:9", "is no status"},
	{"rule a\n\tcategory policy\n\tstatus 5.7.1a\n\ttext zebra\n\texample 550 "
	 "zebra\n",
	 "3:9", "is no status"},
	{"rule a\n\tcategory policy\n\tstage lunch\n\ttext zebra\n\texample 550 zebra\n",
	 "3:8", "unknown word “lunch”"},
	{"rule a\n\tcategory policy\n\tretry soon\n\ttext zebra\n\texample 550 zebra\n",
	 "3:8", "a number"},
	{"rule a\n\tcategory policy\n\tretry 604801\n\ttext zebra\n\texample 550 zebra\n",
	 "3:8", "0 to 604800"},
	{"rule a\n\tcategory policy\n\tretry 99999999999999999999\n\ttext zebra\n"
	 "\texample 550 zebra\n",
	 "3:8", "a number"},
	/* prose */
	{"rule a\n\tcategory policy\n\ttext zebra\n\tsummary Say \"no\".\n\texample 550 "
	 "zebra\n",
	 "4:14", "quote"},
	{"rule a\n\tcategory policy\n\ttext zebra\n\tsender C:\\mail\n\texample 550 "
	 "zebra\n",
	 "4:11", "backslash"},
	{"rule a\n\tcategory policy\n\ttext zebra\n\tadmin a\001b\n\texample 550 zebra\n",
	 "4:9", "control character"},
	{"rule a\n\tcategory policy\n\ttext zebra\n\tsummary\n\texample 550 zebra\n",
	 "4:9", "empty"},
	{"rule a\n\tcategory policy\n\ttext zebra\n\tsummary Ask {nobody}.\n\texample "
	 "550 zebra\n",
	 "4:10", "unknown placeholder"},
	{"rule a\n\tcategory policy\n\ttext zebra\n\tsummary Ask {server.\n\texample 550 "
	 "zebra\n",
	 "4:10", "unknown placeholder"},
	{"rule a\n\tcategory policy\n\ttext zebra\n\tsender Ask {who|them}.\n\texample "
	 "550 zebra\n",
	 "4:9", "unknown placeholder"},
	/* the form */
	{"\tcategory policy\n" GOOD, "1:1", "a field before the first record"},
	{"\t\tmore\n" GOOD, "1:1", "a continuation of nothing"},
	{"rule a\n\t\tmore\n", "2:1", "a continuation of nothing"},
	{GOOD " category policy\n", "5:1", "a blank where a tab belongs"},
	{GOOD "    category policy\n", "5:1", "a blank where a tab belongs"},
	{GOOD "\t category policy\n", "5:2", "a blank where a tab belongs"},
	{GOOD "rule b\n\tcategory policy\n\ttext okapi\xff\n", "7:1", "UTF-8"},
	{GOOD "rule b\n\tsummary \xc3\n", "6:1", "UTF-8"},
	{GOOD "\xed\xa0\x80\n", "5:1", "UTF-8"},
	{GOOD "code 550\n\tmeaning x\n", "5:1", "a rule file holds"},
	{GOOD "ruel b\n", "5:1", "a rule file holds"},
	/* twins */
	{GOOD GOOD, "5:1", "twice"},
	{GOOD
	 "rule other\n\tcategory virus\n\ttext zebra words\n\texample 550 zebra words\n",
	 "7:7", "the same words as at our.rules:3"},
	{GOOD
	 "rule other\n\tcategory virus\n\ttext ZEBRA Words\n\texample 550 zebra words\n",
	 "7:7", "the same words as at our.rules:3"},
};

static void each_mistake_is_told_with_its_place(void **state)
{
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(mistakes); i++) {
		char at[64];
		heard h;
		void *image;
		size_t len;
		const mw_status s = compile(mw_str_of(mistakes[i].in), &h, &image, &len);
		const char *line;
		bool right = s == MW_E_SYNTAX && image == NULL;

		snprintf(at, sizeof at, "our.rules:%s: ", mistakes[i].at);
		line = strstr(h.text, at);
		right = right && line != NULL && (line == h.text || line[-1] == '\n');
		if (right) {
			const char *says = strstr(line, mistakes[i].says);

			right = says != NULL && says < strchr(line, '\n');
		}
		if (!right) {
			print_error("at %s “%s”:\n%s\tin %s\n", mistakes[i].at,
				    mistakes[i].says, h.text, mistakes[i].in);
			wrong++;
		}
		free(s == MW_OK ? image : NULL);
	}
	assert_int_equal(wrong, 0);
}

static void all_mistakes_of_a_file_are_told_at_once(void **state)
{
	heard h;
	void *image;
	size_t len;

	(void)state;
	assert_int_equal(compile(MW_LIT("rule a\n\tcategory nothing\n\ttext abc\n"
					"rule b\n\tcolour red\n\texample 550 x\n"),
				 &h, &image, &len),
			 MW_E_SYNTAX);
	assert_non_null(strstr(h.text, "our.rules:2:11: "));
	assert_non_null(strstr(h.text, "our.rules:3:7: "));
	assert_non_null(strstr(h.text, "our.rules:5:9: "));
	assert_non_null(strstr(h.text, "our.rules:4:1: "));
}

static void the_file_is_named_that_has_the_mistake(void **state)
{
	const kc_input in[] = {
		{.file = "one.rules", .text = MW_LIT(GOOD)},
		{.file = "dir/two.rules",
		 .text = MW_LIT("rule a\n\ttext okapi\n\texample x\n")},
	};
	heard h = {.len = 0};
	void *image;
	size_t len;

	(void)state;
	assert_int_equal(kc_compile(in, 2, KC_RULES, hear, &h, &image, &len),
			 MW_E_SYNTAX);
	assert_non_null(strstr(h.text, "dir/two.rules:1:1: "));
	assert_null(strstr(h.text, "one.rules"));
}

/* A line of `len` bytes without its end, in a rule that is else good. */
static mw_status compile_line_of(size_t len, heard *h)
{
	static const char front[] = GOOD "rule b\n\tcategory policy\n\ttext okapi words\n"
					 "\texample 550 okapi words\n";
	static const char key[] = "\tsender ";
	char text[8192];
	void *image;
	size_t image_len, n = sizeof front - 1;

	memcpy(text, front, n);
	memset(text + n, 'x', len);
	memcpy(text + n, key, sizeof key - 1);
	n += len;
	text[n++] = '\n';
	const mw_status s = compile((mw_str){text, n}, h, &image, &image_len);

	if (s == MW_OK)
		free(image);
	return s;
}

static void a_line_has_at_most_4096_bytes(void **state)
{
	heard h;

	(void)state;
	assert_int_equal(compile_line_of(4096, &h), MW_OK);
	assert_int_equal(compile_line_of(4097, &h), MW_E_SYNTAX);
	assert_non_null(strstr(h.text, "our.rules:9:"));
	assert_non_null(strstr(h.text, "too long"));
}

static void a_nul_is_no_text(void **state)
{
	heard h;
	void *image;
	size_t len;

	(void)state;
	assert_int_equal(
		compile(MW_LIT("rule a\n\tcategory policy\n\ttext zebra\0words\n"), &h,
			&image, &len),
		MW_E_SYNTAX);
	assert_non_null(strstr(h.text, "our.rules:3:1: "));
}

static void what_is_right_compiles_and_opens(void **state)
{
	static const char *const right[] = {
		"",
		"\n\n",
		"# nothing\n\t# at all\n",
		"provider gmail\nsource https://example.org/ 2026-02\n",
		GOOD,
		"rule a\n\tcategory policy\n\ttext zebra\n\texample 550 zebra",
		"rule a\r\n\tcategory policy\r\n\ttext zebra\r\n\texample 550 zebra\r\n",
		"rule a\n\tcategory   policy  \n\ttext zebra\n\texample 550 zebra\n",
		"rule a\n\tcategory unknown\n\ttext zebra\n\texample 550 zebra\n",
		"rule a\n\tcategory policy\n\ttext zebra\n\tsummary {Server} and "
		"{ip|your\n"
		"\t\taddress} “here”.\n\texample 550 zebra\n",
		"rule a\n\tcategory policy\n\ttext zebra * a * b * c\n\texample 550 "
		"zebra a b c\n",
		"rule a\n\tcategory policy\n\tcode 550 5xx 55x 421\n"
		"\tstatus 5.7.26 x.7.x 5.x.x 5.7.606-649\n\tstage rcpt mail data\n"
		"\ttext zebra\n\texample 550 zebra\n",
		/* the same words, but never for the same reply */
		GOOD "rule b\n\tcategory virus\n\tcode 4xx\n\ttext zebra words\n"
		     "\texample 450 zebra words\n",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(right); i++) {
		mw_knowledge kb;
		heard h;
		void *image;
		size_t len;
		const mw_status s = compile(mw_str_of(right[i]), &h, &image, &len);

		if (s != MW_OK)
			print_error("%s\tin %s", h.text, right[i]);
		assert_int_equal(s, MW_OK);
		assert_int_equal(h.count, 0);
		assert_non_null(image);
		assert_int_equal(mw_knowledge_open(&kb, image, len, NULL), MW_OK);
		free(image);
	}
}

static void the_same_files_give_the_same_image(void **state)
{
	heard h;
	void *one, *two;
	size_t len, len_two;

	(void)state;
	assert_int_equal(compile(MW_LIT(GOOD), &h, &one, &len), MW_OK);
	assert_int_equal(compile(MW_LIT(GOOD), &h, &two, &len_two), MW_OK);
	assert_int_equal(len, len_two);
	assert_memory_equal(one, two, len);
	free(one);
	free(two);
}

static void a_file_has_at_most_8_megabytes(void **state)
{
	const size_t len = (8U << 20) + 1;
	char *p = malloc(len);
	heard h;
	void *image;
	size_t image_len;

	(void)state;
	assert_non_null(p);
	memset(p, '\n', len);
	assert_int_equal(compile((mw_str){p, len}, &h, &image, &image_len), MW_E_SYNTAX);
	assert_non_null(strstr(h.text, "too large"));
	assert_int_equal(compile((mw_str){p, len - 1}, &h, &image, &image_len), MW_OK);
	free(image);
	free(p);
}

static void more_rules_than_there_is_room_for_are_refused(void **state)
{
	static const char form[] =
		"rule r%05u\n\tcategory policy\n\ttext words %05u\n\texample x\n";
	const unsigned rules = 16385;
	const size_t size = rules * (sizeof form + 16);
	char *p = malloc(size);
	size_t n = 0;
	heard h;
	void *image;
	size_t image_len;

	(void)state;
	assert_non_null(p);
	for (unsigned i = 0; i < rules; i++)
		n += (size_t)snprintf(p + n, size - n, form, i, i);
	assert_int_equal(compile((mw_str){p, n}, &h, &image, &image_len), MW_E_SYNTAX);
	assert_non_null(strstr(h.text, "too many rules"));
	free(p);
}

static void a_name_may_stand_in_two_files(void **state)
{
	const kc_input in[] = {
		{.file = "one.rules", .text = MW_LIT(GOOD)},
		{.file = "two.rules",
		 .text = MW_LIT("rule good\n\tcategory virus\n\ttext okapi\n\texample "
				"550 okapi\n")},
	};
	heard h = {.len = 0};
	mw_knowledge kb;
	void *image;
	size_t len;
	mw_rule r;

	(void)state;
	assert_int_equal(kc_compile(in, 2, KC_RULES, hear, &h, &image, &len), MW_OK);
	assert_int_equal(mw_knowledge_open(&kb, image, len, NULL), MW_OK);
	assert_int_equal(mw_knowledge_rule_nth(&kb, 0, &r), MW_OK);
	assert_true(mw_str_eq(r.id, MW_LIT("one:good")));
	assert_int_equal(mw_knowledge_rule_nth(&kb, 1, &r), MW_OK);
	assert_true(mw_str_eq(r.id, MW_LIT("two:good")));
	assert_int_equal(mw_knowledge_rule_nth(&kb, 2, &r), MW_E_ABSENT);
	free(image);
}

/* examples/our.rules, as it stood when this was written: the seed of the mutations. */
static const char seed_rules[] =
	"# Rules of our own, on top of those that are built in:\n"
	"source https://mail.example.org/wiki/gateway 2026-02\n"
	"\n"
	"rule campus-acl\n"
	"\tcategory policy\n"
	"\tcode 550 554\n"
	"\ttext rejected by acl * of the campus gateway\n"
	"\ttext campus gateway: not permitted\n"
	"\tsummary The campus gateway takes mail only from hosts that are entered in its "
	"list.\n"
	"\tadmin Ask the network team to enter {ip|your server}, with its name and its "
	"purpose.\n"
	"\taction review\n"
	"\texample 550 5.7.1 Rejected by ACL 17 of the campus gateway\n"
	"\texample 554 Campus gateway: not permitted (192.0.2.25)\n"
	"\n"
	"rule campus-acl-reload\n"
	"\tcategory server-busy\n"
	"\tcode 4xx\n"
	"\ttext rejected by acl * of the campus gateway\n"
	"\tretry 600\n"
	"\texample 451 4.3.2 Rejected by ACL 17 of the campus gateway\n"
	"\n"
	"# “Mailbox asleep” is how the archive says that an account has been closed.\n"
	"rule archive-asleep\n"
	"\tcategory recipient-disabled\n"
	"\ttext mailbox asleep\n"
	"\tnot wakes up\n"
	"\tsender The account was closed when its owner left. Look the person up in the\n"
	"\t\tdirectory.\n"
	"\texample 550 5.2.1 <jan.novak@example.org>: Mailbox asleep\n"
	"\n"
	"rule scanner-quarantine\n"
	"\tcategory spam-content\n"
	"\tweak\n"
	"\tknown\n"
	"\tprovider gmail\n"
	"\tstatus 5.7.1 x.7.x 5.7.606-649\n"
	"\tstage rcpt content\n"
	"\ttext held by the scanner\n"
	"\texample 554 5.7.1 Held by the scanner\n";

static void nothing_lost(void *ctx, mw_str rule, mw_str text, mw_str winner)
{
	(void)ctx;
	(void)rule;
	(void)text;
	(void)winner;
}

static void the_seed_of_the_mutations_is_right(void **state)
{
	mw_knowledge kb, user;
	heard h;
	void *image;
	size_t len;

	(void)state;
	assert_int_equal(compile(mw_str_of(seed_rules), &h, &image, &len), MW_OK);
	assert_int_equal(mw_knowledge_open(&user, image, len, NULL), MW_OK);
	mw_knowledge_open_builtin(&kb);
	mw_knowledge_add_rules(&kb, &user);
	const proof p = prove_rules(&kb, &user, nothing_lost, NULL);

	assert_int_equal(p.rules, 4);
	assert_int_equal(p.examples, 5);
	assert_int_equal(p.failures, 0);
	free(image);
}

static uint32_t random_below(uint32_t *seed, uint32_t limit)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % limit;
}

/* One to four changes of the kind that hands and networks make. */
static size_t mutate(char *text, size_t len, uint32_t *seed)
{
	static const char *const pieces[] = {
		"\t",   "\n", " ",     "*",       " * ",  "~",    "|",
		"{",    "}",  "\"",    "\xff",    "\xc3", "x",    "rule a\n",
		"\t\t", "#",  "5.7.x", "\ttext ", "",     "\r\n", "{ip|"};

	for (uint32_t n = 1 + random_below(seed, 4); n > 0; n--) {
		const size_t at = random_below(seed, (uint32_t)len);
		const size_t room = len - at;
		const size_t cut =
			random_below(seed, 4) == 0
				? random_below(seed, (uint32_t)(room < 80 ? room : 80))
				: random_below(seed, 3);
		const char *piece = pieces[random_below(seed, ROWS(pieces))];
		const size_t add = strlen(piece), gone = cut < room ? cut : room;

		memmove(text + at + add, text + at + gone, len - at - gone);
		memcpy(text + at, piece, add);
		len = len - gone + add;
	}
	if (random_below(seed, 8) == 0)
		len = random_below(seed, (uint32_t)len) + 1;
	return len;
}

#define MUTATIONS 3000

static void no_mutation_of_a_rule_file_does_harm(void **state)
{
	static const char *const texts[] = {
		"550 5.7.1 Rejected by ACL 17 of the campus gateway",
		"554 Mailbox asleep, held by the scanner of the campus gateway"};
	uint32_t seed = 20260214;
	int good = 0, bad = 0;

	(void)state;
	for (int i = 0; i < MUTATIONS; i++) {
		char text[sizeof seed_rules + 64];
		mw_knowledge kb, user;
		mw_outcome_room room;
		mw_outcome o;
		mw_verdict v;
		heard h;
		void *image;
		size_t image_len, len = sizeof seed_rules - 1;

		memcpy(text, seed_rules, len);
		len = mutate(text, len, &seed);
		char *p = malloc(len);

		assert_non_null(p);
		memcpy(p, text, len);
		const mw_status s = compile((mw_str){p, len}, &h, &image, &image_len);

		free(p);
		if (s != MW_OK) {
			assert_int_equal(s, MW_E_SYNTAX);
			assert_null(image);
			assert_true(h.count > 0);
			bad++;
			continue;
		}
		good++;
		assert_int_equal(h.count, 0);
		/* what compiles passes the check of the image, and can be used and proved
		 */
		assert_int_equal(mw_knowledge_open(&user, image, image_len, NULL), MW_OK);
		mw_knowledge_open_builtin(&kb);
		mw_knowledge_add_rules(&kb, &user);
		for (size_t k = 0; k < ROWS(texts); k++) {
			mw_outcome_read(&o, &room, mw_str_of(texts[k]));
			mw_judge(&kb, &o, &v);
		}
		prove_rules(&kb, &user, nothing_lost, NULL);
		free(image);
	}
	assert_true(good > MUTATIONS / 20);
	assert_true(bad > MUTATIONS / 20);
}

static void the_proof_finds_a_rule_that_loses_its_example(void **state)
{
	mw_knowledge kb, user;
	heard h;
	void *image;
	size_t len;

	(void)state;
	assert_int_equal(compile(MW_LIT("rule a\n\tcategory policy\n\ttext zebra words\n"
					"\texample 550 something else\n"
					"rule b\n\tcategory virus\n\ttext okapi\n"
					"\texample 550 okapi\n"),
				 &h, &image, &len),
			 MW_OK);
	assert_int_equal(mw_knowledge_open(&user, image, len, NULL), MW_OK);
	mw_knowledge_open_builtin(&kb);
	mw_knowledge_add_rules(&kb, &user);
	const proof p = prove_rules(&kb, &user, nothing_lost, NULL);

	assert_int_equal(p.rules, 2);
	assert_int_equal(p.examples, 2);
	assert_int_equal(p.failures, 1);
	free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mistake_is_told_with_its_place),
		cmocka_unit_test(all_mistakes_of_a_file_are_told_at_once),
		cmocka_unit_test(the_file_is_named_that_has_the_mistake),
		cmocka_unit_test(a_line_has_at_most_4096_bytes),
		cmocka_unit_test(a_nul_is_no_text),
		cmocka_unit_test(what_is_right_compiles_and_opens),
		cmocka_unit_test(the_same_files_give_the_same_image),
		cmocka_unit_test(a_file_has_at_most_8_megabytes),
		cmocka_unit_test(more_rules_than_there_is_room_for_are_refused),
		cmocka_unit_test(a_name_may_stand_in_two_files),
		cmocka_unit_test(the_seed_of_the_mutations_is_right),
		cmocka_unit_test(no_mutation_of_a_rule_file_does_harm),
		cmocka_unit_test(the_proof_finds_a_rule_that_loses_its_example),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
