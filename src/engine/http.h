/* SPDX-License-Identifier: MIT
 *
 * The HTTP side: /metrics, /healthz, and the mails that the test server kept
 * (libevent's HTTP server, on a thread of its own).
 *
 *	GET    /messages[?to=&from=&subject=&limit=]	{"total":N,"messages":[...]}
 *	GET    /messages/ID	one, with header and text
 *	GET    /messages/ID/raw	as it came (message/rfc822)
 *	DELETE /messages, /messages/ID
 */
#ifndef MAILWHY_ENGINE_HTTP_H
#define MAILWHY_ENGINE_HTTP_H

#include "engine/engine.h"

typedef struct http http;

/* Binds what [listen] http names; NULL when there is nothing, or after it was told. */
http *http_open(const settings *s, problems *told);

/* Begins to serve. True for NULL. */
bool http_start(http *h, engine *e);

/* Ends and frees; *h becomes NULL. */
void http_stop(http **h);

/* " http 127.0.0.1:8025" for each. */
void http_describe(const http *h, mw_buf *out);

#endif
