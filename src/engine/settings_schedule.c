/* SPDX-License-Identifier: MIT */
#include "engine/settings.h"
#include "queue/schedule.h"

bool settings_schedule(schedule *out, const settings *s, problems *told)
{
	const unsigned before = told->errors;
	const char *why;

	*out = (schedule){.lifetime = (unsigned)s->retry.lifetime,
			  .most = (unsigned)s->retry.longest,
			  .warn = (unsigned)s->retry.warn,
			  .warn_urgent = (unsigned)s->retry.warn_urgent};
	for (size_t i = 0; i < s->retry.schedule.count; i++)
		if (schedule_read(out, mw_str_of(s->retry.schedule.item[i]), &why) !=
		    MW_OK)
			problem_add(told, settings_place(s, &s->retry.schedule),
				    "“%s” %s", s->retry.schedule.item[i], why);
	for (size_t i = 0; i < s->retry.keep.count; i++) {
		const int c = mw_name_value(MW_VOCABULARY_CATEGORY,
					    mw_str_of(s->retry.keep.item[i]));

		if (c < 0)
			problem_add(told, settings_place(s, &s->retry.keep),
				    "“%s” is no category: mailwhy explain --json shows "
				    "them",
				    s->retry.keep.item[i]);
		else
			out->keep[c] = true;
	}
	return told->errors == before;
}
