/* SPDX-License-Identifier: MIT
 *
 * Mail addresses in text that people and programs wrote.
 */
#ifndef MAILWHY_READ_ADDRESS_H
#define MAILWHY_READ_ADDRESS_H

#include <mailwhy/str.h>

/* The first "local@domain" at or after `from`; false when there is none. Linear. */
bool mwi_address_next(mw_str s, size_t from, mw_str *address);

/* The address that stands at the very front of s, empty when there is none there. */
mw_str mwi_address_front(mw_str s);

/* The address in the value of a field: "Name <a@b>", "rfc822; a@b", "<a@b>", "a@b (x)",
 * or what stands in the brackets or behind the type where it is no local@domain; empty
 * when there is nothing. */
mw_str mwi_address_value(mw_str value);

/* The same mailbox for our purpose: ASCII case does not count. */
bool mwi_address_same(mw_str a, mw_str b);

#endif
