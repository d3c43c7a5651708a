/* SPDX-License-Identifier: MIT */
#ifndef MAILWHY_JUDGE_CHECK_H
#define MAILWHY_JUDGE_CHECK_H

#include <mailwhy/status.h>

/* MW_OK when the image can be used without any further check; else MW_E_VERSION or
 * MW_E_SYNTAX, with the reason in *err (may be NULL). */
mw_status mwi_check(const void *image, size_t len, mw_err *err);

#endif
