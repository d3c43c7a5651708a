/* SPDX-License-Identifier: MIT
 *
 * Moves what is for local mailboxes from the store to where it belongs, on a thread of
 * its own. What can't be delivered now stays in the store and is tried again; nothing is
 * dropped.
 */
#ifndef MAILWHY_ENGINE_DELIVER_H
#define MAILWHY_ENGINE_DELIVER_H

#include "engine/engine.h"
#include "engine/transaction.h"

/* How long after its arrival the store's copy of a local mail is due: until then the
 * transaction that was handed over is at work. */
#define DELIVER_GRACE_MS 60000

typedef struct deliverer deliverer;

/* What the store still has from before is delivered first. NULL: no memory or thread. */
deliverer *deliver_start(engine *e);

/* Finishes what was handed over and ends the thread, while the store is still open;
 * what is handed over later is left to the store. */
void deliver_stop(deliverer *d);

/* True when nothing was handed over that is not settled, and what the store had at the
 * start was tried. Any thread. */
bool deliver_idle(deliverer *d);

/* When nobody hands over any more. *d becomes NULL. */
void deliver_close(deliverer **d);

/* Takes over a transaction that the store has answered, and frees it in the end. When it
 * was stored its local recipients are served. */
void deliver_stored(deliverer *d, transaction *t, mw_status status);

#endif
