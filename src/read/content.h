/* SPDX-License-Identifier: MIT
 *
 * What the header of a message or a part says of its content.
 */
#ifndef MAILWHY_READ_CONTENT_H
#define MAILWHY_READ_CONTENT_H

#include "read/mime.h"

/* Nothing is stated yet. */
void mwi_content_reset(mwi_content *c);

/* Takes one field into account. `f` may be any. */
void mwi_content_field(mwi_content *c, mwi_field f, mw_str value);

#endif
