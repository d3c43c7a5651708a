/* SPDX-License-Identifier: MIT
 *
 * Dates of mail (RFC 5322, section 3.3, and what old software writes) to RFC 3339.
 */
#ifndef MAILWHY_READ_DATE_H
#define MAILWHY_READ_DATE_H

#include <mailwhy/str.h>

#define MWI_DATE_LEN 25 /* "2010-04-29T23:34:45+09:00" */

/* Writes the date that `value` states to out[MWI_DATE_LEN] and returns it as a slice of
 * out; empty when it is none that exists. An unknown zone gives "-00:00". */
mw_str mwi_date_read(char *out, mw_str value);

#endif
