/* SPDX-License-Identifier: MIT
 *
 * What a server keeps for SCRAM-SHA-256 instead of a password (RFC 5803):
 *
 *	SCRAM-SHA-256$4096:SALT$STOREDKEY:SERVERKEY	(in base64)
 */
#ifndef MAILWHY_ENGINE_SCRAM_H
#define MAILWHY_ENGINE_SCRAM_H

#include <mailwhy/buf.h>

#define SCRAM_KEY_BASE64 44U /* of 32 bytes */
#define SCRAM_SALT_MAX   88U /* base64 */
#define SCRAM_ITERATIONS 10000U
#define SCRAM_TEXT_MAX   256U

typedef struct scram {
	unsigned iterations;
	mw_str salt, stored_key, server_key; /* base64 */
} scram;

/* MW_OK or MW_E_SYNTAX; slices point into `text`. */
MW_CHECKED mw_status scram_read(scram *out, mw_str text);

/* Makes one for a password, with a salt from the system. MW_E_ABSENT: the system failed,
 * MW_E_SYNTAX: the password is not UTF-8 or holds what SASLprep (RFC 4013) forbids. */
MW_CHECKED mw_status scram_make(mw_buf *out, const char *password);

#endif
