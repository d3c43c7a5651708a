/* SPDX-License-Identifier: MIT
 *
 * Who may, and when not: one check a file, each looking at one thing. The lists in
 * checks.c say what is asked at which stage, in which order; the first that decides
 * wins. Greylisting, blocklists, SPF and the like are further lines of those lists.
 */
#ifndef MAILWHY_ENGINE_CHECKS_H
#define MAILWHY_ENGINE_CHECKS_H

#include "engine/session.h"

/* Returns true when it decided: *a is the answer, its text in `s->room` or constant. */
typedef bool check(session *s, const mw_smtp_event *e, mw_answer *a);

/* Runs the checks of the event's stage. False: nothing speaks against it. */
bool checks_run(session *s, const mw_smtp_event *e, mw_answer *a);

/* check_client.c: clients that are not served; sessions of a client and of its network;
 * guessers. */
check check_served, check_sessions, check_guesser;
/* check_sender.c */
check check_sender_owned, check_rate;
/* check_space.c */
check check_space;
/* check_recipient.c: is it ours, may it be relayed, where does it go. It adds what it
 * takes to the transaction. */
check check_recipient;

/* For checks: the answer of the knowledge, its "%s" filled in. */
bool check_answers(session *s, mw_answer *a, mw_answer_id id, mw_str what);

#endif
