/* SPDX-License-Identifier: MIT
 *
 * mailwhy/mailwhy.h - all of libmailwhy.
 *
 *	mw_knowledge kb;
 *	mw_outcome_room room;
 *	mw_outcome outcome;
 *	mw_verdict verdict;
 *
 *	mw_knowledge_open_builtin(&kb);
 *	mw_outcome_read(&outcome, &room, mw_str_of("550 5.1.1 User unknown"));
 *	mw_judge(&kb, &outcome, &verdict);
 */
#ifndef MAILWHY_MAILWHY_H
#define MAILWHY_MAILWHY_H

#include <mailwhy/answer.h>
#include <mailwhy/bounce.h>
#include <mailwhy/buf.h>
#include <mailwhy/dsn.h>
#include <mailwhy/knowledge.h>
#include <mailwhy/names.h>
#include <mailwhy/outcome.h>
#include <mailwhy/reply.h>
#include <mailwhy/smtp_client.h>
#include <mailwhy/status.h>
#include <mailwhy/str.h>
#include <mailwhy/tell.h>
#include <mailwhy/verdict.h>

#endif
