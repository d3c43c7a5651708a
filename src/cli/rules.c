/* SPDX-License-Identifier: MIT
 *
 * mailwhy rules: for those who write them.
 */
#include "cli/cli.h"
#include "compile/prove.h"

typedef struct rules {
	cli_common common;
	cli_knowledge k;
	cli_out out;
} rules;

static const cli_option options[] = {
	{NULL, NULL, NULL, NULL},
};

const cli_command cli_rules_command = {
	.name = "rules",
	.usage = "mailwhy rules check [--rules FILE]...\n"
		 "       mailwhy rules why REPLY...\n"
		 "       mailwhy rules list",
	.about = "check  judges the examples and the phrases of every rule: each must "
		 "win its own\n"
		 "why    says which rules hold for a reply, and which one won\n"
		 "list   prints every rule with its category and source",
	.options = options,
};

static void put(rules *x, mw_str s)
{
	mw_buf_put_visible(&x->out.buf, s);
}

static void put_plain(rules *x, const char *s)
{
	mw_buf_put(&x->out.buf, mw_str_of(s));
}

static void put_key(rules *x, const char *name, mw_str value)
{
	mw_buf_put_char(&x->out.buf, '"');
	put_plain(x, name);
	put_plain(x, "\":\"");
	mw_buf_put_json(&x->out.buf, value);
	mw_buf_put_char(&x->out.buf, '"');
}

static void say_failure(void *ctx, mw_str rule, mw_str text, mw_str winner)
{
	rules *x = ctx;

	if (x->common.json) {
		cli_out_flush_if_full(&x->out);
		put_plain(x, "{");
		put_key(x, "rule", rule);
		put_plain(x, ",");
		put_key(x, "lost_to", winner);
		put_plain(x, ",");
		put_key(x, "text", text);
		put_plain(x, "}\n");
		return;
	}
	cli_out_flush_if_full(&x->out);
	put(x, rule);
	put_plain(x, winner.len > 0 ? ": lost to " : ": nothing was found");
	put(x, winner);
	put_plain(x, " in: ");
	put(x, text);
	put_plain(x, "\n");
}

static int check(rules *x, int count, char **argv)
{
	(void)argv;
	if (count > 0) {
		cli_complain(
			"rules check takes no argument; rule files come with --rules");
		return EXIT_USAGE;
	}
	const mw_knowledge *user = x->k.kb.user;
	proof all = prove_rules(&x->k.kb, user != NULL ? user : &x->k.kb, say_failure, x);
	char line[160];

	snprintf(line, sizeof line,
		 "%zu rules, %zu examples, %zu phrases: %zu passed, %zu failed\n",
		 all.rules, all.examples, all.phrases,
		 all.examples + all.phrases - all.failures, all.failures);
	if (x->common.json)
		snprintf(line, sizeof line,
			 "{\"rules\":%zu,\"examples\":%zu,\"phrases\":%zu,\"failed\":%zu}"
			 "\n",
			 all.rules, all.examples, all.phrases, all.failures);
	if (!x->common.quiet)
		put_plain(x, line);
	return all.failures == 0 ? EXIT_DONE : EXIT_BAD_DATA;
}

static void why_one(rules *x, mw_str reply)
{
	enum { MATCHES = 64 };
	mw_match match[MATCHES];
	mw_outcome_room room;
	mw_outcome o;
	mw_verdict v;

	mw_outcome_read(&o, &room, reply);
	mw_judge(&x->k.kb, &o, &v);
	const size_t n = mw_judge_matches(&x->k.kb, &o, match, MATCHES);
	char line[64];

	for (size_t i = 0; i < n && i < MATCHES; i++) {
		const bool won =
			mw_str_eq(match[i].rule, v.rule) && match[i].user == v.user_rule;

		if (x->common.json) {
			put_plain(x, "{");
			put_key(x, "rule", match[i].rule);
			put_plain(x, ",");
			put_key(x, "phrase", match[i].phrase);
			snprintf(line, sizeof line, ",\"position\":%zu,\"won\":%s}\n",
				 match[i].pos, won ? "true" : "false");
			put_plain(x, line);
			continue;
		}
		put_plain(x, won ? "won   " : "held  ");
		put(x, match[i].rule);
		put_plain(x, "  “");
		put(x, match[i].phrase);
		snprintf(line, sizeof line, "”, strength %08x\n", match[i].strength);
		put_plain(x, line);
	}
	if (x->common.json)
		return;
	put_plain(x, "category ");
	put(x, mw_name(MW_VOCABULARY_CATEGORY, (int)v.category));
	put_plain(x, ", decided by ");
	put(x, mw_name(MW_VOCABULARY_CONFIDENCE, (int)v.confidence));
	put_plain(x, "\n");
}

static int why(rules *x, int count, char **argv)
{
	if (count == 0) {
		cli_complain("rules why needs a reply");
		return EXIT_USAGE;
	}
	for (int i = 0; i < count; i++) {
		cli_out_flush_if_full(&x->out);
		why_one(x, mw_str_of(argv[i]));
	}
	return EXIT_DONE;
}

static void list_one(rules *x, const mw_rule *r)
{
	const mw_str category = mw_name(MW_VOCABULARY_CATEGORY, (int)r->category);

	if (x->common.json) {
		put_plain(x, "{");
		put_key(x, "rule", r->id);
		put_plain(x, ",");
		put_key(x, "category", category);
		put_plain(x, ",");
		put_key(x, "provider", r->provider);
		put_plain(x, ",");
		put_key(x, "source", r->source);
		put_plain(x, ",");
		put_key(x, "date", r->date);
		put_plain(x, "}\n");
		return;
	}
	put(x, r->id);
	put_plain(x, "  ");
	put(x, category);
	put_plain(x, r->source.len > 0 ? "  " : "");
	put(x, r->source);
	put_plain(x, "\n");
}

static int list(rules *x, int count, char **argv)
{
	mw_rule r;

	(void)argv;
	if (count > 0) {
		cli_complain("rules list takes no argument");
		return EXIT_USAGE;
	}
	for (const mw_knowledge *kb = x->k.kb.user != NULL ? x->k.kb.user : &x->k.kb;
	     kb != NULL; kb = kb == &x->k.kb ? NULL : &x->k.kb)
		for (size_t i = 0; mw_knowledge_rule_nth(kb, i, &r) == MW_OK; i++) {
			list_one(x, &r);
			cli_out_flush_if_full(&x->out);
		}
	return EXIT_DONE;
}

static int run(rules *x, int count, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(rules *, int, char **);
	} verbs[] = {{"check", check}, {"why", why}, {"list", list}};
	char safe[200];

	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (count > 0 && strcmp(argv[0], verbs[i].name) == 0)
			return verbs[i].run(x, count - 1, argv + 1);
	cli_complain("rules check, rules why REPLY or rules list, not “%s”",
		     cli_visible(safe, count > 0 ? argv[0] : ""));
	return EXIT_USAGE;
}

int cli_rules(int argc, char **argv)
{
	rules x = {.out = {.failed = false}};
	const int count = cli_parse(&cli_rules_command, &x.common, &x, argc, argv);

	if (count < 0)
		return EXIT_USAGE;
	if (cli_answered(&cli_rules_command, &x.common))
		return EXIT_DONE;
	int rc = cli_knowledge_open(&x.k, &x.common);

	if (rc == EXIT_DONE && (rc = cli_out_open(&x.out)) == EXIT_DONE) {
		rc = run(&x, count, argv);
		cli_out_close(&x.out, &rc);
	}
	cli_knowledge_close(&x.k);
	return rc;
}
