/* SPDX-License-Identifier: MIT
 *
 * Which way mail for a domain goes: to where the DNS says, or to a server that the
 * settings name, for all mail or for some domains, with TLS and a login of its own.
 */
#ifndef MAILWHY_ENGINE_ROUTE_H
#define MAILWHY_ENGINE_ROUTE_H

#include "engine/settings.h"

typedef enum route_tls { ROUTE_TLS_NONE, ROUTE_TLS_MAY, ROUTE_TLS_MUST } route_tls;

typedef struct route {
	const char *domain; /* "example.org"; ".example.org": those below it; "*": all */
	const char *host;   /* NULL: as the DNS says */
	unsigned port;
	route_tls tls;
	const char *user, *password; /* NULL none */
} route;

typedef struct routes routes;

/* Makes them of settings that were checked, reading the files that they name. NULL after
 * all errors were told. */
routes *routes_open(const settings *s, problems *told);
void routes_close(routes **r);

/* The closest one for a domain in lower case, never NULL: the domain itself, the nearest
 * above it, all. Valid as long as `r`. */
const route *routes_find(const routes *r, mw_str domain);

#endif
