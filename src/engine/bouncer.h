/* SPDX-License-Identifier: MIT
 *
 * Tells senders what became of their mail: failures, delays, and deliveries where they
 * asked for it (RFC 3461). On a thread of its own; what it has to tell stands in the
 * store, so that nothing is forgotten, and a report and the end of what it tells are one
 * commit, so that nobody is told twice.
 */
#ifndef MAILWHY_ENGINE_BOUNCER_H
#define MAILWHY_ENGINE_BOUNCER_H

#include "engine/engine.h"

typedef struct bouncer bouncer;

/* Takes notes, and does nothing yet: others may be given it. NULL: no memory. */
bouncer *bouncer_open(engine *e);

/* Begins, with what the store has: recipients that are FAILED. What it has letters
 * delivered by is there. False: no thread. */
bool bouncer_start(bouncer *b);

/* Recipients of that message are FAILED now. Any thread. */
void bouncer_note(bouncer *b, uint64_t id);

/* The alarm of recipients of that message has rung, and they are not over: their sender
 * is to be told of the delay. Any thread. */
void bouncer_warn(bouncer *b, uint64_t id);

/* Ends the thread, while the store is open. */
void bouncer_stop(bouncer *b);
/* When nobody calls any more. *b becomes NULL. */
void bouncer_close(bouncer **b);

/* True when it has nothing to do. Any thread. */
bool bouncer_idle(bouncer *b);

#endif
