/* SPDX-License-Identifier: MIT
 *
 * The trace fields that a server adds (RFC 5321, section 4.4).
 */
#ifndef MAILWHY_ENGINE_TRACE_H
#define MAILWHY_ENGINE_TRACE_H

#include "engine/session.h"

/* "Received: from ... by ... with ESMTPS id ...; date" of the session's transaction. */
void trace_received(mw_buf *out, const session *s);

/* "Return-Path: <sender>" and "Delivered-To: recipient", for the final delivery. */
void trace_delivered(mw_buf *out, mw_str sender, mw_str recipient);

#endif
