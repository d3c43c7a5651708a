/* SPDX-License-Identifier: MIT
 *
 * A few threads for work that takes long.
 */
#ifndef MAILWHY_ENGINE_WORKERS_H
#define MAILWHY_ENGINE_WORKERS_H

#include "net/loop.h"

typedef struct workers workers;

/* NULL: no memory or no threads. */
workers *workers_start(unsigned threads);

/* Runs t on one of the threads; false when too much waits already (the caller keeps t).
 */
bool workers_ask(workers *w, task *t);

/* Does what waits, then ends. *w becomes NULL. */
void workers_stop(workers **w);

#endif
