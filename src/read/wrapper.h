/* SPDX-License-Identifier: MIT
 *
 * What the program that quotes a reply says around it: stage, host, recipient.
 */
#ifndef MAILWHY_READ_WRAPPER_H
#define MAILWHY_READ_WRAPPER_H

#include <mailwhy/outcome.h>

/* Fills stage, remote and recipient of *out from `evidence`, where they are still empty.
 */
void mwi_wrapper_read(mw_outcome *out, mw_str evidence);

/* The words of the server without what the quoting program put behind them:
 * " (in reply to RCPT TO command)". */
mw_str mwi_wrapper_cut(mw_str text);

#endif
