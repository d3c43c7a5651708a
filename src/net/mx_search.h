/* SPDX-License-Identifier: MIT
 *
 * Between the files of mx: one search, and the making of results.
 */
#ifndef MAILWHY_NET_MX_SEARCH_H
#define MAILWHY_NET_MX_SEARCH_H

#include "net/mx.h"

/* A result being made. */
typedef struct mx_draft {
	mx_status status;
	char why[MX_WHY_MAX];
	char key[MX_KEY_MAX + 1];
	uint32_t ttl;
	bool secure;
	size_t count;
	mx_target targets[MX_TARGETS_MAX];
} mx_draft;

/* One block that has all in it. NULL: no memory. */
mx_result *mx_result_make(const mx_draft *d);

/* A copy in which the hosts of the same preference are in a new order. Never NULL:
 * without memory it is a constant that says so. */
const mx_result *mx_result_shuffled(const mx_result *r, uint64_t *random);

/* Trouble of our own: no memory. */
const mx_result *mx_result_no_memory(void);

/* Puts the key of these hosts into d, and sorts them. False: no memory. */
bool mx_draft_key(mx_draft *d, const char **hosts, size_t count);

/* True when a host of that address is us. */
bool mx_is_own(const mx_options *o, const net_address *a);

typedef struct mx_search mx_search;

/* Asks for the MX records of `name` (in its one form) and the addresses of their hosts,
 * or, when host_only, for its own addresses. done() gets the result, NULL without memory,
 * once, after this has returned; the search is gone then. NULL: no memory. */
mx_search *mx_search_start(resolver *r, const mx_options *o, const char *name,
			   bool host_only, void (*done)(void *ctx, mx_result *r),
			   void *ctx);

void mx_search_cancel(mx_search *s);

#endif
