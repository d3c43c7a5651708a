/* SPDX-License-Identifier: MIT
 *
 * A connection to a server, on a thread that may wait.
 */
#ifndef MAILWHY_NET_DIAL_H
#define MAILWHY_NET_DIAL_H

#include <mailwhy/str.h>

#define DIAL_WHY_MAX 512U

/* True for the path of a socket; else the target is "host:port". */
bool dial_is_path(mw_str target);

/* Connects within `ms`, trying each address of a host; the resolver has time limits of
 * its own, which come on top. Returns a non-blocking socket that the caller closes, or -1
 * and the reason in `why` for a person. */
int dial(mw_str target, int ms, char why[DIAL_WHY_MAX]);

/* Milliseconds of a clock that nobody sets. */
int64_t dial_clock(void);

/* Waits for events of poll() until `end` of that clock: > 0, or 0 when it is too late, or
 * -1 with errno. */
int dial_wait(int fd, short events, int64_t end);

#endif
