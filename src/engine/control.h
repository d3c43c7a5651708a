/* SPDX-License-Identifier: MIT
 *
 * The control socket: SPOOL/control, HTTP for whoever may write into the spool. Only here
 * the queue of a running server is changed by hand (docs/QUEUE.md).
 */
#ifndef MAILWHY_ENGINE_CONTROL_H
#define MAILWHY_ENGINE_CONTROL_H

#include "engine/engine.h"

/* The name of the socket in the spool. */
#define CONTROL_NAME "control"

typedef struct control control;

/* Listens on a thread of its own. The caller has the store: a socket that lies there is
 * a leftover. NULL after an error was told. */
control *control_start(engine *e, const char *spool, problems *told);

/* Ends the thread and removes the socket. *c becomes NULL. */
void control_stop(control **c);

#endif
