/* SPDX-License-Identifier: MIT
 *
 * How much a Maildir holds, from the sizes in the names of its files (",S=123"), which
 * costs reading its two folders; files without one are asked for their size.
 */
#ifndef MAILWHY_ENGINE_QUOTA_H
#define MAILWHY_ENGINE_QUOTA_H

#include <mailwhy/str.h>

/* Bytes in new/ and cur/ of the Maildir at `path` and of its subfolders (Maildir++: names
 * that begin with '.'); 0 when it is not there. */
uint64_t quota_used(mw_str path);

#endif
