/* SPDX-License-Identifier: MIT
 *
 * Sockets that wait for clients: by address, by path, or given by systemd.
 */
#ifndef MAILWHY_ENGINE_LISTEN_H
#define MAILWHY_ENGINE_LISTEN_H

#include "engine/engine.h"

typedef struct listeners listeners;

/* Opens all that the settings name, and takes those of systemd (sd_listen_fds(3)), told
 * apart by FileDescriptorName= (smtp, submission, submissions, lmtp; else by port). What
 * can't be opened is told. NULL then, and `before` is as it was. Sockets that `before`
 * (may be NULL) has for the same address are kept open. */
listeners *listeners_open(const settings *s, listeners *before, problems *told);

/* Lets the loops accept: each loop waits on each socket. False: no memory. */
bool listeners_start(listeners *l, engine *e);

/* Accepts nothing more; to be called while the loops run. Waits until they know. */
void listeners_quiet(listeners *l, engine *e);

/* Closes the sockets that nobody took over. */
void listeners_close(listeners **l);

/* "smtp 127.0.0.1:2525" for each, parted by blanks: what --ready-fd tells. */
void listeners_describe(const listeners *l, mw_buf *out);

#endif
