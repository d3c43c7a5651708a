/* SPDX-License-Identifier: MIT
 *
 * Who has a mailbox here. What is known comes from the settings and from a file or a
 * database of users; docs of their form: mailwhy.conf(5).
 *
 * A database that fails is told as that (ACCOUNT_TROUBLE: "try again later") and never
 * as an address that nobody has: that would bounce mail for good.
 *
 * Thread-safe: any number of threads may ask at a time. To reload, open anew and drop
 * the old one; who holds it may finish with it.
 */
#ifndef MAILWHY_ENGINE_ACCOUNTS_H
#define MAILWHY_ENGINE_ACCOUNTS_H

#include <mailwhy/buf.h>

#include "engine/pool.h"
#include "engine/problem.h"
#include "engine/settings.h"

/* Bounds of one expansion. */
#define ACCOUNTS_DEPTH_MAX      10U
#define ACCOUNTS_TARGETS_MAX    4096U
#define ACCOUNTS_RECIPIENTS_MAX 1000U

typedef enum account_kind {
	ACCOUNT_MAILBOX,  /* mail goes to `address` */
	ACCOUNT_ALIAS,    /* mail goes to the targets */
	ACCOUNT_DISABLED, /* known, and takes no mail */
	ACCOUNT_MOVED,    /* to `moved`; takes no mail */
	ACCOUNT_UNKNOWN,  /* the domain is local, and nobody has this address */
	ACCOUNT_FOREIGN,  /* the domain is not local */
	ACCOUNT_TROUBLE   /* the database does not answer, or memory has run out */
} account_kind;

/* Slices live as long as the pool that was given. */
typedef struct account {
	account_kind kind;
	mw_str address; /* the mailbox in its one form (engine/address.h), "user@domain";
			   of FOREIGN the address as given */
	mw_str moved;   /* new address; empty: not MOVED */
	uint64_t quota; /* bytes; 0 none */
	const mw_str *target; /* of an ALIAS */
	size_t target_count;
} account;

typedef struct accounts accounts;

/* Opens what the settings name, which are held as long as this is. MW_OK, or
 * MW_E_SYNTAX or MW_E_NOMEM after all errors were told. */
MW_CHECKED mw_status accounts_open(accounts **out, settings *s, problems *told);

/* One holder more, one less; the last frees it. NULL may be dropped. */
accounts *accounts_hold(accounts *a);
void accounts_drop(accounts *a);

/* What the address is ("postmaster" needs no domain: RFC 5321, section 4.5.1). One step
 * of aliases; see accounts_expand(). */
account_kind accounts_find(accounts *a, mw_str address, pool *memory, account *out);

/* Follows aliases to their ends: *list gets MAILBOX and FOREIGN, each once, and members
 * of aliases that are DISABLED, MOVED or UNKNOWN, so that the caller can say so. An
 * alias that names itself keeps a copy in its own mailbox.
 * MW_OK; MW_E_LIMIT: too deep, too many, or in a circle without an end; MW_E_ABSENT:
 * trouble, as above. */
MW_CHECKED mw_status accounts_expand(accounts *a, mw_str address, pool *memory,
				     account **list, size_t *count);

/* True when the domain of the address is local. */
bool accounts_domain_is_local(const accounts *a, mw_str domain);

typedef enum account_found { ACCOUNT_FOUND, ACCOUNT_NONE, ACCOUNT_BROKEN } account_found;

/* What a login is checked against. Empty slices: none. */
typedef struct account_secret {
	mw_str user;     /* in its one form */
	mw_str password; /* as crypt(3) has it */
	mw_str scram;    /* as engine/scram.h reads it */
	mw_str sender;   /* other addresses that the user may send as */
} account_secret;

/* The secrets of a user, who is named as at a login: with or without domain, no
 * subaddress, no catch-all. Users that are disabled or moved are not found. */
account_found accounts_secret(accounts *a, mw_str user, pool *memory,
			      account_secret *out);

/* The secrets of one user who has some: what an attempt of nobody is checked against, so
 * that it takes as long as one of somebody. Empty where there is none. */
const account_secret *accounts_sample(const accounts *a);

/* The folder of a mailbox below `mailboxes` as a path with a NUL:
 * MAILBOXES/DOMAIN/USER. Whatever the address is, the path has two names more than
 * `mailboxes`, neither hidden, "." nor "..", and no two mailboxes have the same.
 * MW_E_SYNTAX: no address; MW_E_LIMIT: too long for `out` or for a file name. */
MW_CHECKED mw_status accounts_folder(mw_buf *out, const char *mailboxes, mw_str mailbox);

#endif
