/* SPDX-License-Identifier: MIT
 *
 * Sends what is for others: it looks for what is due, finds the destination, keeps as
 * many connections as the throttle allows, and does with each recipient what the verdict
 * on its reply says. All of it on one loop of its own; the store is the truth, what is in
 * memory only a part of it that is at work.
 */
#ifndef MAILWHY_ENGINE_SENDER_H
#define MAILWHY_ENGINE_SENDER_H

#include "engine/engine.h"
#include "engine/transaction.h"

typedef struct sender sender;

/* Takes up what the store has. NULL after an error was told. */
sender *sender_start(engine *e, problems *told);

/* No more connections are opened; those at work finish their mail, within `ms`, and then
 * the loop ends. The store is still open. */
void sender_stop(sender *s, int64_t ms);

/* When nobody calls any more, after the store was closed. *s becomes NULL. */
void sender_close(sender **s);

/* Takes a transaction that was just stored; holds it as long as it needs it. Any thread.
 */
void sender_take(sender *s, transaction *t);

/* The queue was changed by hand: something for that domain is due at that time. Any
 * thread; the name is copied. */
void sender_notice(sender *s, mw_str name, int64_t due);

/* The same, and that mail was changed: where it is ready in memory it is forgotten, and
 * the store tells what is to be done with it. What is being sent goes on. */
void sender_changed(sender *s, mw_str name, uint64_t id, int64_t due);

/* Waits of one destination (empty: of all) end now. Any thread. */
void sender_flush(sender *s, mw_str destination);

/* Writes what is known of each destination, one JSON object a line. Any thread; waits for
 * the loop. Malloc'ed text; NULL: no memory. */
char *sender_describe(sender *s);

/* Throttle values for /metrics. Malloc'ed text; NULL: no memory. Any thread, waits. */
char *sender_metrics(sender *s);

/* True when nothing is at work and nothing is due. Any thread; waits for the loop. */
bool sender_idle(sender *s);

#endif
