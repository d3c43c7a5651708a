/* SPDX-License-Identifier: MIT
 *
 * How much a Maildir holds, from the sizes in the names of its files (",S=123"), which
 * costs reading its two folders; files without one are asked for their size.
 */
#ifndef MAILWHY_ENGINE_QUOTA_H
#define MAILWHY_ENGINE_QUOTA_H

#include <mailwhy/str.h>

#define QUOTA_TRUST_MS 10000 /* so long a sum is believed before it is made again */

/* Sums that were made lately. Thread-safe. */
typedef struct quotas quotas;

/* NULL: no memory. */
quotas *quotas_open(void);
void quotas_close(quotas **q);

/* Bytes in new/ and cur/ of the Maildir at `path` and of its subfolders (Maildir++: names
 * that begin with '.'), and what was announced since; 0 when it is not there. `now` in
 * ms. */
uint64_t quota_used(quotas *q, mw_str path, int64_t now);

/* So many bytes more are on their way to it. */
void quota_announce(quotas *q, mw_str path, uint64_t bytes);

#endif
