/* SPDX-License-Identifier: MIT */
#include "engine/checks.h"

/* The floor is looked at each second (engine.c); the store has the last word. */
bool check_space(session *s, const mw_smtp_event *e, mw_answer *a)
{
	(void)e;
	if (!s->e->full)
		return false;
	return check_answers(s, a, MW_ANSWER_SYSTEM_FULL, MW_LIT(""));
}
