/* SPDX-License-Identifier: MIT
 *
 * Header fields (RFC 5322, section 2.2) and their parameters (RFC 2045, 2231).
 */
#ifndef MAILWHY_READ_FIELD_H
#define MAILWHY_READ_FIELD_H

#include <mailwhy/buf.h>

/* Parts "Name: value" at the colon; false when the line is no field: the name is empty,
 * longer than 76 bytes or has a blank or a control character in it. */
bool mwi_field_cut(mw_str line, mw_str *name, mw_str *value);

/* Are they the same but for ASCII case? `lower` is lower-case. */
bool mwi_same(mw_str s, mw_str lower);

/* Does s begin with `lower` (lower-case), ASCII case ignored? */
bool mwi_begins(mw_str s, mw_str lower);

/* The value of a parameter ("boundary", lower-case) without quotes, empty when there is
 * none. Understands quoted strings, comments, and "name*=utf-8''..." and "name*0=" of
 * RFC 2231 (the first section only). A slice of `value`; quoted pairs stay as they are.
 */
mw_str mwi_parameter(mw_str value, mw_str name);

/* The next field of a group of header lines: steps *rest over it, continuation lines
 * too. *value may hold line ends. Lines that are no field are passed over. False at a
 * blank line (which is stepped over) or at the end. */
bool mwi_field_next(mw_str *rest, mw_str *name, mw_str *value);

/* The value of the first field of that name (lower-case) in a header, as above; empty
 * when there is none. */
mw_str mwi_field_first(mw_str head, mw_str lower);

#endif
