/* SPDX-License-Identifier: MIT
 *
 * Paragraphs for a terminal: broken at blanks, with an indent.
 */
#ifndef MAILWHY_TELL_WRAP_H
#define MAILWHY_TELL_WRAP_H

#include <mailwhy/buf.h>

/* Writes `text` (already safe to show) and a line end. The first line begins in column
 * `at`, which the caller has written up to; further lines begin with `indent` blanks.
 * A word that is longer than a line stands alone. */
void mwi_wrap_put(mw_buf *out, mw_str text, int width, int at, int indent);

/* The columns that `text` takes. */
int mwi_wrap_columns(mw_str text);

#endif
