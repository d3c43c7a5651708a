/* SPDX-License-Identifier: MIT
 *
 * Delivery into a Maildir: written to tmp/, synced, moved to new/, the folder synced. The
 * name comes from the message's id, so that doing it twice leaves one.
 */
#ifndef MAILWHY_ENGINE_MAILDIR_H
#define MAILWHY_ENGINE_MAILDIR_H

#include "queue/store.h"

/* One mail for one mailbox. */
typedef struct maildir_mail {
	mw_str folder;
	mw_str head; /* comes before the body: Return-Path and the like */
	mw_str body; /* or what is in `fd`, from 0 to `size`, when fd >= 0 */
	int fd;
	uint64_t size;
	uint64_t id; /* of the message, and which recipient of it */
	unsigned recipient;
	int64_t arrival; /* ms since 1970 */
	bool again;      /* an earlier try may have put it there */
	int error;       /* out: 0 delivered and synced, else an errno value */
	/* private */
	char name[160]; /* without its size */
} maildir_mail;

/* Delivers them all; folders that many of them share are synced once. */
void maildir_deliver(maildir_mail *mails, size_t count, mw_str hostname);

#endif
