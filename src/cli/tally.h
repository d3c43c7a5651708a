/* SPDX-License-Identifier: MIT
 *
 * What a run has found: how many, by cause, and which addresses.
 */
#ifndef MAILWHY_CLI_TALLY_H
#define MAILWHY_CLI_TALLY_H

#include <mailwhy/mailwhy.h>

/* Addresses seen, as hashes of 64 bits; at most CLI_SET_MAX of them. */
#define CLI_SET_MAX (UINT32_C(1) << 21)

typedef struct cli_set {
	uint64_t *slot; /* 0: free */
	uint32_t count, cap;
	bool full; /* there were more */
} cli_set;

typedef struct cli_tally {
	unsigned long long files, messages, bytes;
	unsigned long long unreadable, damaged; /* files, messages */
	unsigned long long kind[MW_KIND_COUNT];
	unsigned long long category[MW_CATEGORY_COUNT];
	unsigned long long delayed, shown;
	unsigned long long matched; /* reports that --fail-on means */
	bool addresses;             /* keep the sets */
	cli_set seen, bad;
} cli_tally;

/* Counts a report, its cause and address only when it is shown. False when memory is out.
 */
bool cli_tally_add(cli_tally *t, const mw_report *r, const mw_verdict *v, bool shown);

/* Adds what another one has counted, and empties it. False when memory is out. */
bool cli_tally_merge(cli_tally *t, cli_tally *from);

/* Writes the summary that ends a table. `chosen`: not all that was read is shown. */
void cli_tally_tell(const cli_tally *t, mw_buf *out, const mw_tell *tell, bool chosen);

void cli_tally_close(cli_tally *t);

#endif
