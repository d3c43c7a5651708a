/* SPDX-License-Identifier: MIT
 *
 * The table of settings.
 */
#ifndef MAILWHY_ENGINE_SETTINGS_TABLE_H
#define MAILWHY_ENGINE_SETTINGS_TABLE_H

#include "engine/settings.h"

typedef struct setting {
	const char *section, *name;
	value_rule rule;
	size_t offset;        /* of the field in settings */
	const char *standard; /* its value as text when nobody says anything */
	const char *help;     /* lines of a comment */
} setting;

extern const setting settings_table[];
extern const size_t settings_count;

#endif
