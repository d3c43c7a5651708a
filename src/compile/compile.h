/* SPDX-License-Identifier: MIT
 *
 * The knowledge compiler: text under knowledge/, or a user's rule files, to one image
 * (src/judge/image.h). Used by the build, by `mailwhy --rules` and by `mailwhy rules
 * check`.
 *
 * It allocates, and so stands outside libmailwhy; what it took it gives back.
 */
#ifndef MAILWHY_COMPILE_COMPILE_H
#define MAILWHY_COMPILE_COMPILE_H

#include <mailwhy/status.h>

typedef struct kc_input {
	const char
		*file; /* its name in complaints; "…/gmail.rules" gives rules "gmail:…" */
	mw_str text;
} kc_input;

/* One complaint: "file:line:column" and what is wrong, valid during the call. */
typedef void kc_say(void *ctx, const char *file, unsigned line, unsigned column,
		    const char *msg);

typedef enum kc_mode {
	KC_ALL,  /* the whole knowledge: every kind of record, nothing missing */
	KC_RULES /* a user's rules alone */
} kc_mode;

/* Compiles `count` inputs. MW_OK: *image is malloc'ed, *len bytes, the caller frees it.
 * MW_E_SYNTAX: complaints were made, *image is NULL. MW_E_NOMEM: likewise NULL. */
MW_CHECKED mw_status kc_compile(const kc_input *input, size_t count, kc_mode mode,
				kc_say *say, void *ctx, void **image, size_t *len);

#endif
