/* SPDX-License-Identifier: MIT
 *
 * Variable envelope return paths: the recipient in the address that the bounce came to.
 */
#ifndef MAILWHY_READ_VERP_H
#define MAILWHY_READ_VERP_H

#include <mailwhy/buf.h>

/* Writes the recipient that a return path like
 *
 *	list-bounces+user=example.org@lists.example.net		(Mailman, Postfix, Exim)
 *	list-return-123-user=example.org@lists.example.net	(ezmlm)
 *	bounces+4711-9ab3-user=example.org@em.example.net	(SendGrid)
 *
 * has in it to *out and returns it as a slice of that; empty when there is none. Where
 * nothing parts the name of the list from the recipient for sure, what stands behind the
 * first "-" is taken. Sender rewriting (SRS0=, SRS1=) and tags (prvs=) have senders in
 * them, so they give nothing. */
mw_str mwi_verp_read(mw_buf *out, mw_str return_path);

#endif
