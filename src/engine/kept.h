/* SPDX-License-Identifier: MIT
 *
 * A kept mail as JSON: envelope, header and text, for those who test with it.
 */
#ifndef MAILWHY_ENGINE_KEPT_H
#define MAILWHY_ENGINE_KEPT_H

#include "engine/engine.h"

/* What a mail must have to be listed; empty: anything. ASCII case does not count. */
typedef struct kept_filter {
	mw_str to, from, subject; /* parts of them, lower-case */
	size_t limit;
} kept_filter;

/* {"total":N,"messages":[...]}, newest first. Allocates; the caller frees out->ptr. */
mw_status kept_list(engine *e, const kept_filter *f, mw_str *out);

/* One, with "headers" and "text". MW_E_ABSENT. */
mw_status kept_show(engine *e, uint64_t id, mw_str *out);

#endif
