/* SPDX-License-Identifier: MIT
 *
 * Lower case, the same for the phrases of the rules and for the text they are sought in.
 */
#ifndef MAILWHY_JUDGE_FOLD_H
#define MAILWHY_JUDGE_FOLD_H

#include <mailwhy/str.h>

#define MWI_FOLD_BLOCK 32 /* fold works on whole blocks: room for one more is needed */

/* Writes `s` in lower case to out, which has room for s.len rounded up to a block:
 * ASCII, and in UTF-8 the letters of Latin-1, Latin Extended-A, Greek and Cyrillic, whose
 * two cases have the same length. Tabs and line ends become blanks. */
void mwi_fold(char *out, mw_str s);

#endif
