/* SPDX-License-Identifier: MIT
 *
 * Who does how much: open sessions, and events in a time, each by a key (an address, a
 * network, a user). Bounded: when too many keys are known, new ones are not counted.
 * Thread-safe.
 */
#ifndef MAILWHY_ENGINE_LIMITER_H
#define MAILWHY_ENGINE_LIMITER_H

#include "engine/settings_value.h"

#define LIMITER_KEYS_MAX 200000U

/* What is counted; each has keys of its own. */
typedef enum limit_kind {
	LIMIT_CLIENT,
	LIMIT_NETWORK,
	LIMIT_MAIL_CLIENT,
	LIMIT_MAIL_NETWORK,
	LIMIT_MAIL_USER,
	LIMIT_LOGIN,
	LIMIT_KINDS
} limit_kind;

typedef struct limiter limiter;

/* NULL: no memory. */
limiter *limiter_open(void);
void limiter_close(limiter **l);

/* One more open thing, unless there are `max` (0: no limit): false then. */
bool limiter_enter(limiter *l, limit_kind kind, mw_str key, uint64_t max);
void limiter_leave(limiter *l, limit_kind kind, mw_str key);

/* How many are open. */
unsigned limiter_open_count(limiter *l, limit_kind kind, mw_str key);

/* One more event at `now` (ms), unless the rate is used up: false then. A rate of N in T
 * lets N through at once and gives back one each T/N. */
bool limiter_take(limiter *l, limit_kind kind, mw_str key, value_rate rate, int64_t now);

/* True when limiter_take() would be false. */
bool limiter_exhausted(limiter *l, limit_kind kind, mw_str key, value_rate rate,
		       int64_t now);

/* Forgets keys that have nothing to say any more. To be called now and then. */
void limiter_sweep(limiter *l, int64_t now);

#endif
