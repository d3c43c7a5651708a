/* SPDX-License-Identifier: MIT */
#include <mailwhy/status.h>

const char *mw_status_name(mw_status s)
{
	switch (s) {
#define X(name, value, text)                                                             \
	case MW_##name:                                                                  \
		return #name;
		MW_STATUS_MAP(X)
#undef X
	}
	return "?";
}

const char *mw_status_text(mw_status s)
{
	switch (s) {
#define X(name, value, text)                                                             \
	case MW_##name:                                                                  \
		return text;
		MW_STATUS_MAP(X)
#undef X
	}
	return "?";
}
