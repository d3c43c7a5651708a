/* SPDX-License-Identifier: MIT
 *
 * Where the mail for a domain goes (RFC 5321, section 5.1): its MX hosts and their
 * addresses in the order in which they are to be tried, or why there are none. What was
 * found is kept for a while, and those who ask for the same domain at once share one
 * search. All of it on the thread of the resolver's loop.
 */
#ifndef MAILWHY_NET_MX_H
#define MAILWHY_NET_MX_H

#include "net/address.h"
#include "net/resolver.h"

#define MX_HOSTS_MAX          20U /* of a domain; more are not asked for */
#define MX_HOST_ADDRESSES_MAX 8U
#define MX_TARGETS_MAX        40U
#define MX_KEY_MAX            200U
#define MX_WHY_MAX            512U

/* Name, and what we would say about a recipient there: a reply of our own at stage dns,
 * which the knowledge judges as it does those of others. */
#define MX_STATUS_MAP(X)                                                                 \
	X(OK, "")                                                                        \
	X(NULL, "556 5.1.10 The domain does not accept mail: its MX record says so")     \
	X(NO_DOMAIN, "550 5.1.2 Domain not found: the DNS has no such name")             \
	X(NO_ADDRESS,                                                                    \
	  "550 5.4.4 DNS error: the domain has no mail server that has an address")      \
	X(TROUBLE, "451 4.4.3 DNS error: no usable answer about the domain now")         \
	X(BOGUS, "451 4.4.3 DNS error: DNSSEC validation of the domain failed")          \
	X(OTHER_FAMILY, "451 4.4.1 No route to host: no address of our IP version")      \
	X(LOOP, "554 5.4.6 Mail loop: by DNS, mail for the domain comes back to us")     \
	X(BAD_NAME, "550 5.1.2 Domain not found: no domain can have such a name")

typedef enum mx_status {
#define X(name, reply) MX_##name,
	MX_STATUS_MAP(X)
#undef X
} mx_status;

/* One address to try. Those of one host follow each other and have the same `host`. */
typedef struct mx_target {
	const char *host; /* in lower case; "" for an address literal */
	uint16_t preference;
	/* The MX record, or that there is none, and the addresses are validated by
	 * DNSSEC. */
	bool secure;
	net_address address;
} mx_target;

typedef struct mx_result {
	mx_status status;
	const char *why;   /* for a person; "" when it is OK */
	const char *reply; /* in the form of SMTP, without CRLF; "" when it is OK */
	/* The group of hosts: the same for all domains with the same MX hosts, whatever
	 * their order. At most MX_KEY_MAX bytes; "" unless it is OK. */
	const char *key;
	uint32_t ttl; /* seconds */
	bool secure;  /* what the DNS says about the MX records is validated */
	size_t count;
	const mx_target *targets;
} mx_result;

typedef enum mx_families { MX_BOTH, MX_ONLY_4, MX_ONLY_6 } mx_families;

typedef struct mx_options {
	mx_families families;
	bool v4_first;
	uint16_t port; /* of all targets; 0: 25 */
	/* Who we are: MX hosts with these names or addresses, and those that are no
	 * better, are left out. */
	const char *const *own_names;
	size_t own_name_count;
	const net_address *own;
	size_t own_count;
	bool own_loopback; /* all of 127/8, 0/8, :: and ::1 are us too */
	uint64_t seed;     /* of the order of hosts with the same preference */
	size_t kept_max;   /* domains; 0: 4096 */
} mx_options;

typedef struct mx mx;

/* One question; lies in the struct that it is about. */
typedef struct mx_lookup {
	/* It keeps `r`, for mx_result_free(); never NULL. */
	void (*done)(struct mx_lookup *l, const mx_result *r);
	/* What follows belongs to mx. */
	struct mx_lookup *next, **link;
	const mx_result *result;
} mx_lookup;

/* What the options point to, and the resolver, which is of loop l, have to outlive it.
 * NULL: no memory. On any thread, while nothing else uses it. */
mx *mx_open(loop *l, resolver *r, const mx_options *o);

/* Lookups at work are forgotten: nobody is called. On the loop's thread, not
 * within done(), and before resolver_close(). */
void mx_close(mx **m);

/* Finds the targets of a domain: in ASCII or UTF-8, or an address literal in brackets.
 * done() is called on the loop's thread, never before this returns. */
void mx_find(mx *m, mx_lookup *l, void (*done)(mx_lookup *l, const mx_result *r),
	     mw_str domain);

/* The same for a host that was named by the admin, with brackets or without: its
 * addresses, without MX records and without asking whether it is us. */
void mx_find_host(mx *m, mx_lookup *l, void (*done)(mx_lookup *l, const mx_result *r),
		  mw_str host);

/* done() is not called any more. Also for what is done already, or all zero. */
void mx_cancel(mx_lookup *l);

void mx_result_free(const mx_result *r);

/* Forgets what is known about all domains, but for what is being asked. */
void mx_forget(mx *m);

/* The addresses of this machine's interfaces, at most `max`; how many. */
size_t mx_own_addresses(net_address *out, size_t max);

#endif
