/* SPDX-License-Identifier: MIT
 *
 * The proof of the rules: each example is won by its own rule.
 */
#ifndef MAILWHY_COMPILE_PROVE_H
#define MAILWHY_COMPILE_PROVE_H

#include <mailwhy/verdict.h>

/* One failure: the rule, its example or phrase, and the rule that won instead (empty:
 * none did). */
typedef void prove_say(void *ctx, mw_str rule, mw_str text, mw_str winner);

typedef struct proof {
	size_t rules, examples, phrases, failures;
} proof;

/* Judges every example of the rules of `of` (kb itself, or its user's image), and every
 * phrase by itself with just what its rule pins down: a phrase that loses is shadowed. */
proof prove_rules(const mw_knowledge *kb, const mw_knowledge *of, prove_say *say,
		  void *ctx);

#endif
