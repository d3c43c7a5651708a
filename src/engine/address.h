/* SPDX-License-Identifier: MIT
 *
 * One form for all the ways to write an address, so that two of them name the same
 * mailbox exactly when they are the same bytes:
 *
 *	"John\.Doe"@BÜCHER.example  ->  john.doe@xn--bcher-kva.example
 *
 * Letters of ASCII are lower case, the local part has no quotes, the domain is in
 * A-labels (RFC 5890). The local part may hold any byte, also '@': parted at the last.
 */
#ifndef MAILWHY_ENGINE_ADDRESS_H
#define MAILWHY_ENGINE_ADDRESS_H

#include <mailwhy/buf.h>

/* In UTF-8 a local part of 64 letters has up to 256 bytes. */
#define ADDRESS_LOCAL_MAX  256U
#define ADDRESS_DOMAIN_MAX 255U
#define ADDRESS_MAX        (ADDRESS_LOCAL_MAX + 1 + ADDRESS_DOMAIN_MAX)

typedef struct address {
	char local[ADDRESS_LOCAL_MAX], domain[ADDRESS_DOMAIN_MAX];
	size_t local_len, domain_len; /* domain_len 0: none, as in "postmaster" */
} address;

/* Puts `text` into its one form. False when it is no address: a part that is empty or
 * too long, a domain that is none, a control character. */
bool address_read(address *out, mw_str text);

/* The same for a domain alone; out->local is empty. */
bool address_read_domain(address *out, mw_str text);

static inline mw_str address_local(const address *a)
{
	return (mw_str){a->local, a->local_len};
}

static inline mw_str address_domain(const address *a)
{
	return (mw_str){a->domain, a->domain_len};
}

/* "local@domain", or "local" without a domain. */
void address_put(mw_buf *out, mw_str local, mw_str domain);

#endif
