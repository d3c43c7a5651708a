/* SPDX-License-Identifier: MIT
 *
 * Amazon SES tells of bounces, complaints and deliveries by mails whose text is JSON
 * (https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html). Only the keys
 * that are asked for are looked for; the rest of the JSON is not judged.
 */
#ifndef MAILWHY_READ_SES_JSON_H
#define MAILWHY_READ_SES_JSON_H

#include <mailwhy/names.h>

/* What the text tells: BOUNCE, COMPLAINT, DELIVERED, or NONE when it is no such
 * notification. */
mw_kind mwi_ses_kind(mw_str text);

/* The string that `key` (with its quotes) has in `object`; empty when there is none. */
mw_str mwi_ses_string(mw_str object, mw_str key);

/* The next recipient: *object gets the text of its object. `list`: where there is none,
 * the list of a delivery is read, which has addresses alone (*object is empty). False at
 * the end. */
bool mwi_ses_next(mw_str *rest, bool list, mw_str *object, mw_str *address);

#endif
