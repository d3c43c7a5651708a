/* SPDX-License-Identifier: MIT
 *
 * Outcomes as lines of the log: one JSON object each, what happened around it first and
 * then the fields that mailwhy explain --json has.
 */
#ifndef MAILWHY_ENGINE_OUTCOME_LOG_H
#define MAILWHY_ENGINE_OUTCOME_LOG_H

#include "engine/engine.h"

/* Empty slices and zeros are left out, but for recipient and reply. */
typedef struct outcome_line {
	const char *event; /* accepted, refused, delivered, deferred, failed */
	uint64_t id;       /* of the message */
	uint64_t session;
	const char *service;
	mw_str client, helo, login, sender, command;
	bool has_sender; /* the empty sender is one */
	uint64_t size;
	/* of an attempt to send it on */
	mw_str destination, remote_ip, source, cipher;
	unsigned attempt;
	int64_t next_try; /* ms since 1970; 0 none */
	bool uncertain;   /* it may have arrived by an attempt before */
	/* the outcome */
	mw_str remote, recipient;
	mw_stage stage;
	int code;
	mw_enhanced status;
	mw_str text;
} outcome_line;

void outcome_log(engine *e, const outcome_line *line);

/* {"time":"...","event":"...","session":"...","service":"...","client":"..." without its
 * end, for lines of other kinds. */
void outcome_log_head(mw_buf *out, const outcome_line *line);

/* ,"name":"value" */
void outcome_log_field(mw_buf *out, const char *name, mw_str value);

#endif
