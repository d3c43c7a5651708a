/* SPDX-License-Identifier: MIT
 *
 * A throttle's numbers as JSON: for the running server, and for what a store remembers.
 */
#ifndef MAILWHY_ENGINE_DESCRIBE_H
#define MAILWHY_ENGINE_DESCRIBE_H

#include "queue/throttle.h"

#define DESCRIBE_LINE_MAX (24U << 10)

/* "connections":{"now":2,"most":20,"ceiling":null,"found":null,"why":"..."}; `open` is
 * how many stand, -1 where that is not known. */
void describe_limit(mw_buf *out, const throttle *t, throttle_dimension d, int open,
		    int64_t now);

/* ,"name":"value"; null where it is empty. */
void describe_text(mw_buf *out, const char *name, mw_str value);

#endif
