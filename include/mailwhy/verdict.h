/* SPDX-License-Identifier: MIT
 *
 * mailwhy/verdict.h - what an outcome means, and what to do.
 */
#ifndef MAILWHY_VERDICT_H
#define MAILWHY_VERDICT_H

#include <mailwhy/knowledge.h>
#include <mailwhy/outcome.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mw_verdict {
	mw_category category;
	mw_permanence permanence;
	mw_fault fault;
	mw_action action;
	mw_confidence confidence;
	bool address_is_bad;
	int retry_after;      /* seconds; -1: neither text nor schedule states one */
	bool retry_stated;    /* the text does */
	mw_limit limit;       /* which number is to go down */
	mw_enhanced derived;  /* the status that fits where none was stated; cls 0 none */
	mw_str rule;          /* "file:name"; empty when no rule decided */
	mw_str provider;      /* id; empty unknown */
	mw_str provider_name; /* "Gmail"; empty unknown */
	mw_str summary;       /* with placeholders: mw_tell_summary() writes it out */
	mw_lines remedies[MW_AUDIENCE_COUNT]; /* of the rule; the category's come after */
	bool user_rule;         /* `remedies` belong to the user's knowledge */
	mw_str source, date;    /* of the rule: its public documentation, read when */
	mw_blocklist blocklist; /* id empty: none named */
} mw_verdict;

/* Judges. No allocation, no failure; O(text) whatever the number of rules.
 * Slices of *out point into `kb` and into the text of `o`. */
MW_API void mw_judge(const mw_knowledge *kb, const mw_outcome *o, mw_verdict *out);

/* The sender as the refused side named it; each empty where it did not. Slices of the
 * outcome's text. */
typedef struct mw_names {
	mw_str ip;     /* address of the sending server: "192.0.2.1", "2001:db8::1" */
	mw_str domain; /* domain of the sender */
} mw_names;

/* Looks for them in the text of `o`. O(text). */
MW_API mw_names mw_judge_names(const mw_knowledge *kb, const mw_outcome *o,
			       const mw_verdict *v);

/* One rule that holds for an outcome, for those who write rules. */
typedef struct mw_match {
	mw_str rule;   /* "file:name" */
	mw_str phrase; /* its longest part, folded */
	size_t pos;    /* of that part in the text */
	unsigned strength;
	bool user;
} mw_match;

/* Lists the rules that hold for the text (or, where none does, for the context), a user's
 * first, at most `max`; returns how many hold, of the 64 strongest. Phrases that were
 * found but whose pins fail are left out. */
MW_API size_t mw_judge_matches(const mw_knowledge *kb, const mw_outcome *o, mw_match *out,
			       size_t max);

#ifdef __cplusplus
}
#endif

#endif
