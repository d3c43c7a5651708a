/* SPDX-License-Identifier: MIT
 *
 * Does a mail say that it is urgent?
 */
#ifndef MAILWHY_READ_URGENT_H
#define MAILWHY_READ_URGENT_H

#include <mailwhy/str.h>

/* `header` is the front of a message. True for "Priority: urgent" (RFC 2156, 5.3.6),
 * "Importance: high" and "X-Priority: 1" (2: high as well). O(header). */
bool mwi_is_urgent(mw_str header);

#endif
