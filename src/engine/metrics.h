/* SPDX-License-Identifier: MIT
 *
 * What the server counts, for /metrics in the text form of Prometheus. Any thread counts.
 */
#ifndef MAILWHY_ENGINE_METRICS_H
#define MAILWHY_ENGINE_METRICS_H

#include <mailwhy/names.h>
#include <mailwhy/smtp_server.h>
#include <stdatomic.h>

#include "queue/store.h"

typedef atomic_uint_fast64_t counter;

/* Name, type and help of the plain ones. */
#define METRICS_MAP(X)                                                                   \
	X(sessions_total, "counter", "Sessions that were begun.")                        \
	X(tls_sessions_total, "counter", "Sessions that went on under TLS.")             \
	X(tls_failures_total, "counter", "TLS handshakes that failed.")                  \
	X(logins_total, "counter", "Logins that succeeded.")                             \
	X(login_failures_total, "counter", "Logins that failed.")                        \
	X(messages_accepted_total, "counter", "Messages that got 250.")                  \
	X(recipients_accepted_total, "counter", "Recipients of those messages.")         \
	X(bytes_accepted_total, "counter", "Bytes of those messages.")                   \
	X(messages_refused_total, "counter", "Messages that were refused after DATA.")   \
	X(delivered_total, "counter", "Deliveries to local mailboxes.")                  \
	X(deferred_total, "counter", "Local deliveries that have to be tried again.")    \
	X(failed_total, "counter", "Local deliveries that failed for good.")             \
	X(relayed_total, "counter", "Recipients that another server took over.")         \
	X(relay_deferred_total, "counter", "Attempts that have to be repeated.")         \
	X(relay_failed_total, "counter", "Recipients that were refused for good.")       \
	X(relay_expired_total, "counter", "Recipients that were given up.")              \
	X(relay_uncertain_total, "counter", "Attempts whose last answer was lost.")      \
	X(relay_slowed_total, "counter", "Attempts that only told to go slower.")        \
	X(relay_connections_total, "counter", "Connections to other servers.")           \
	X(relay_refusals_total, "counter", "Connections that came to nothing.")          \
	X(reports_total, "counter", "Letters to senders about their mail.")

#define METRICS_CODES 600

/* Replies by code, and those 4yz and 5yz by what they mean. */
typedef struct reply_counts {
	counter replies[METRICS_CODES];
	counter categories[MW_CATEGORY_COUNT];
} reply_counts;

typedef struct metrics {
#define X(name, type, help) counter name;
	METRICS_MAP(X)
#undef X
	reply_counts said;   /* by us */
	reply_counts remote; /* by the servers that we send to */
	counter latency[16]; /* messages whose answer to the final dot took less than
				2^n/4 ms; the last: more */
	counter latency_us;  /* all of them together */
} metrics;

static inline void metrics_add(counter *c, uint64_t n)
{
	atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}

void metrics_reply(reply_counts *m, int code, mw_category category);
void metrics_latency(metrics *m, uint64_t microseconds);

/* Writes all of it. `sessions`: open ones. */
void metrics_put(mw_buf *out, metrics *m, unsigned sessions, const store_counts *queue);

#endif
