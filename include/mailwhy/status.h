/* SPDX-License-Identifier: MIT
 *
 * mailwhy/status.h - how calls of this library fail.
 *
 * Three shapes and no fourth: bytes-in functions return the bytes consumed or one of
 * these (negative); other fallible functions return one of these; where a person will
 * read about it, an mw_err says where and why. A failure of *mail* is no error here: it
 * is data (mw_outcome, mw_verdict).
 */
#ifndef MAILWHY_STATUS_H
#define MAILWHY_STATUS_H

#include <mailwhy/str.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MW_STATUS_MAP(X)                                                                 \
	X(OK, 0, "success")                                                              \
	X(E_MORE, -1, "input ends early: give more bytes")                               \
	X(E_SYNTAX, -2, "input breaks the format")                                       \
	X(E_LIMIT, -3, "input exceeds a documented limit")                               \
	X(E_NOMEM, -4, "out of memory")                                                  \
	X(E_VERSION, -5, "made for another version or machine")                          \
	X(E_ABSENT, -6, "no such thing")

typedef enum mw_status {
#define X(name, value, text) MW_##name = (value),
	MW_STATUS_MAP(X)
#undef X
} mw_status;

/* What went wrong, where, for a person. `msg` is a constant string. */
typedef struct mw_err {
	mw_status status;
	size_t pos; /* byte offset into the input of the call */
	const char *msg;
} mw_err;

/* "E_MORE"; "?" for a number that is none of them. Constant strings. */
MW_API const char *mw_status_name(mw_status s);
MW_API const char *mw_status_text(mw_status s);

#ifdef __cplusplus
}
#endif

#endif
