/* SPDX-License-Identifier: MIT
 *
 * The table that tools/mw-answers.c makes of knowledge/answers/server.kb, by
 * mw_answer_id.
 */
#ifndef MAILWHY_SMTP_ANSWERS_H
#define MAILWHY_SMTP_ANSWERS_H

#include <mailwhy/answer.h>

extern const mw_answer mwi_answers[MW_ANSWER_COUNT];

#endif
