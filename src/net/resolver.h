/* SPDX-License-Identifier: MIT
 *
 * Questions to the DNS (libunbound), without waiting: it asks, caches and validates
 * DNSSEC on a thread of its own, and the answers arrive on the thread of a loop.
 *
 * A question is answered within `timeout_seconds` (and the second that the clock may be
 * late), whatever the servers do. What is asked of libunbound at once is bounded; more
 * questions wait for their turn, in which their time runs already.
 */
#ifndef MAILWHY_NET_RESOLVER_H
#define MAILWHY_NET_RESOLVER_H

#include <mailwhy/str.h>

#include "net/loop.h"

/* Types of records, by their number in the DNS. */
#define DNS_A    1
#define DNS_MX   15
#define DNS_TXT  16
#define DNS_AAAA 28
#define DNS_TLSA 52

/* Room for a name as text, with its NUL. */
#define DNS_NAME_MAX 256U

#define RESOLVER_WHY_MAX 160U

typedef enum dns_status {
	DNS_OK,
	DNS_NONE,    /* the name is there, and has no such records */
	DNS_NO_NAME, /* there is no such name (NXDOMAIN) */
	DNS_TROUBLE, /* a failure of a server, or no answer in time */
	DNS_BOGUS    /* DNSSEC says that it is forged, or its signatures are broken */
} dns_status;

/* Lent to the callback, with all that it points to. */
typedef struct dns_answer {
	dns_status status;
	bool secure;     /* validated by DNSSEC; also that there is nothing */
	uint32_t ttl;    /* seconds; 0 in trouble */
	const char *why; /* in trouble and bogus: text for a person, else "" */
	size_t count;
	/* The data of each record as in RFC 1035, names not compressed. */
	char *const *data;
	const int *len;
} dns_answer;

typedef struct resolver resolver;

/* One question; lies in the struct that it is about, and stays there until it is
 * answered or cancelled. */
typedef struct question {
	void (*done)(struct question *q, const dns_answer *a);
	/* What follows belongs to the resolver. */
	resolver *resolver;
	struct asked *asked;       /* at work in libunbound */
	struct question_queue *in; /* NULL: no answer is owed */
	struct question *next, **link;
	int64_t deadline;
	int type;
	char name[DNS_NAME_MAX];
} question;

typedef struct resolver_options {
	/* Caching servers to ask, "192.0.2.1" or "192.0.2.1@5353". None: those of
	 * /etc/resolv.conf; when it names none, the root servers and those below. */
	const char *const *servers;
	size_t server_count;
	/* DS or DNSKEY records that are trusted. NULL: Debian's, if they are there; "":
	 * none, and nothing is validated. */
	const char *trust_anchor_file;
	/* Like /etc/hosts, and before the DNS; NULL, or one that is not there: none. */
	const char *hosts_file;
	unsigned timeout_seconds; /* 0: 30 */
} resolver_options;

/* NULL, and the reason in `why`. Not from the loop's thread, which has to run. */
resolver *resolver_open(loop *l, const resolver_options *o, char why[RESOLVER_WHY_MAX]);

/* Questions that are not answered yet are forgotten: nobody is called. Not from the
 * loop's thread. */
void resolver_close(resolver **r);

/* Asks for records of a name in ASCII. done() is called on the loop's thread, which has
 * to be the caller's, and never before this returns. */
void resolver_ask(resolver *r, question *q,
		  void (*done)(question *q, const dns_answer *a), mw_str name, int type);

/* done() is not called any more. Also for what was answered already, or is all zero. */
void resolver_cancel(question *q);

/* The data of record i. */
mw_str dns_record(const dns_answer *a, size_t i);

/* The name of a host at the front of `data`, as text in lower case without the last dot;
 * "" is the root. False when it is broken or no host can be called so: other bytes than
 * letters, digits, '-' and '_'. */
bool dns_read_host(mw_str data, char name[DNS_NAME_MAX]);

#endif
