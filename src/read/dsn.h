/* SPDX-License-Identifier: MIT
 *
 * Delivery status notifications (RFC 3464, 6533), tracking (RFC 3886), dispositions
 * (RFC 8098), complaints (RFC 5965): groups of fields for programs, parted by blank
 * lines. Read leniently: order, case and line folding do not count, and a field said
 * twice begins a group of its own where the writer forgot the blank line.
 */
#ifndef MAILWHY_READ_DSN_H
#define MAILWHY_READ_DSN_H

#include <mailwhy/outcome.h>

#define MWI_STATUS_FIELD_MAP(X)                                                          \
	X(ACTION, "action")                                                              \
	X(ARRIVAL, "arrival-date")                                                       \
	X(DIAGNOSTIC, "diagnostic-code")                                                 \
	X(DISPOSITION, "disposition")                                                    \
	X(ENVELOPE_ID, "original-envelope-id")                                           \
	X(FEEDBACK_TYPE, "feedback-type")                                                \
	X(FINAL, "final-recipient")                                                      \
	X(MAIL_FROM, "original-mail-from")                                               \
	X(MESSAGE_ID, "original-message-id")                                             \
	X(ORIGINAL, "original-recipient")                                                \
	X(POSTFIX_SENDER, "x-postfix-sender")                                            \
	X(RCPT_TO, "original-rcpt-to")                                                   \
	X(RECEIVED_DATE, "received-date")                                                \
	X(REMOTE, "remote-mta")                                                          \
	X(REMOVAL, "removal-recipient")                                                  \
	X(REPORTING, "reporting-mta")                                                    \
	X(REPORTING_UA, "reporting-ua")                                                  \
	X(STATUS, "status")                                                              \
	X(X_ACTUAL, "x-actual-recipient")                                                \
	X(X_CATEGORY, "x-mailwhy-category")                                              \
	X(X_STAGE, "x-mailwhy-stage")

typedef enum mwi_status_field {
#define X(name, text) MWI_STATUS_##name,
	MWI_STATUS_FIELD_MAP(X)
#undef X
		MWI_STATUS_COUNT
} mwi_status_field;

/* One group. Values are trimmed and may hold line ends; empty: not there. */
typedef struct mwi_group {
	mw_str field[MWI_STATUS_COUNT];
} mwi_group;

/* The next group with any field that is known; steps *rest over it. False at the end.
 * Linear. */
bool mwi_group_next(mw_str *rest, mwi_group *g);

/* Does the group tell of a recipient? */
bool mwi_group_has_recipient(const mwi_group *g);

/* Without "dns;", "smtp;" or another type in front. */
mw_str mwi_without_type(mw_str value);

/* What the Action says (RFC 3464, 2.3.3). */
typedef enum mwi_action {
	MWI_ACTION_NONE,
	MWI_ACTION_FAILED,
	MWI_ACTION_DELAYED,
	MWI_ACTION_DELIVERED
} mwi_action;

mwi_action mwi_action_of(mw_str value);

#endif
