/* SPDX-License-Identifier: MIT
 *
 * "permanent", "recipient-unknown", "address-is-bad": which reports are meant.
 *
 * Words of one vocabulary are alternatives; words of several must all hold, unless
 * `either` is set: then one of them is enough.
 */
#ifndef MAILWHY_CLI_FILTER_H
#define MAILWHY_CLI_FILTER_H

#include <mailwhy/mailwhy.h>

typedef struct cli_filter {
	bool any;    /* a word was given */
	bool either; /* one word that holds is enough */
	bool bad_address, delayed;
	uint64_t kind, permanence, category, action; /* bits; 0: all */
} cli_filter;

/* Adds a word, or several parted by commas; false, after a complaint that names `option`,
 * when one is none that we know. */
bool cli_filter_add(cli_filter *f, const char *option, const char *words);

/* Is this report meant? A filter without words means none. */
bool cli_filter_holds(const cli_filter *f, const mw_report *r, const mw_verdict *v);

#endif
