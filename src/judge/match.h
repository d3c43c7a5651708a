/* SPDX-License-Identifier: MIT
 *
 * The matcher: which phrases of the knowledge stand in a text. One pass, its cost does
 * not depend on how many phrases there are.
 */
#ifndef MAILWHY_JUDGE_MATCH_H
#define MAILWHY_JUDGE_MATCH_H

#include <mailwhy/knowledge.h>

#include "judge/fold.h"

/* Bytes that must be there before and behind the text that is scanned. */
#define MWI_MATCH_GUARD MWI_FOLD_BLOCK

/* Called for each phrase found, with where its anchor begins. A phrase of one part may
 * come more than once, as often as it stands in the text; one of several parts once. */
typedef void mwi_found(void *ctx, uint32_t phrase, size_t pos);

/* Scans `text`, which is folded (mwi_fold) and has MWI_MATCH_GUARD blanks before and
 * behind it in memory. */
void mwi_match(const mw_knowledge *kb, mw_str text, mwi_found *found, void *ctx);

/* Where `what` begins in `text` at or after `from`, at the bounds asked for
 * (MWI_WORD_START ...); text.len when nowhere. Both folded, guarded as above. */
size_t mwi_match_find(mw_str text, size_t from, mw_str what, unsigned bounds);

#endif
