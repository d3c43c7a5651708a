/* SPDX-License-Identifier: MIT
 *
 * An HTTP server on a thread of its own (libevent's), and what its pages reply with.
 */
#ifndef MAILWHY_ENGINE_HTTPD_H
#define MAILWHY_ENGINE_HTTPD_H

#include <event2/http.h>
#include <mailwhy/str.h>
#include <stdbool.h>
#include <stdint.h>

struct evkeyvalq;

typedef struct httpd httpd;

/* One that listens nowhere yet; `methods` are EVHTTP_REQ_*. `answer` is called on its
 * thread and gives one reply. NULL: no memory, or no descriptors. */
httpd *httpd_open(unsigned methods, void (*answer)(struct evhttp_request *r, void *ctx),
		  void *ctx);

/* To bind sockets to, until it is started. */
struct evhttp *httpd_server(httpd *h);

/* Begins to serve; false: there is no thread. */
bool httpd_start(httpd *h);

/* Ends the thread when the request at work has its reply, and frees. *h becomes NULL. */
void httpd_close(httpd **h);

/* `type` is a media type: what a browser makes of the body is not left to it. */
void httpd_reply(struct evhttp_request *r, int code, const char *type, mw_str body);

/* 200 with the `size` bytes of `fd`, which is closed when they are sent. */
void httpd_reply_file(struct evhttp_request *r, const char *type, int fd, uint64_t size);

#define HTTPD_JSON "application/json"

/* {"error":"..."}; `why` is ours and needs no escapes. */
void httpd_error(struct evhttp_request *r, int code, const char *why);

/* Of a query that evhttp_parse_query_str() has read; NULL: it has no such name. */
char *httpd_value(const struct evkeyvalq *query, const char *name);

#endif
