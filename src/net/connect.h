/* SPDX-License-Identifier: MIT
 *
 * Going out to an address, without waiting for it.
 */
#ifndef MAILWHY_NET_CONNECT_H
#define MAILWHY_NET_CONNECT_H

#include "net/address.h"

/* A non-blocking socket on its way to `to`, from `source` (NULL: whichever the system
 * takes), which the caller closes; writable when it has arrived or failed. -1: it can't
 * even be tried, with errno. */
int connect_begin(const net_address *to, const net_address *source);

/* What came of it, when it is writable: 0, or an error number. */
int connect_result(int fd);

/* A constant string that tells a person what an error of connecting means. */
const char *connect_error(int error);

#endif
