/* SPDX-License-Identifier: MIT
 *
 * What is known of domains, and who waits for it. An entry is in the table while it is
 * searched for, and afterwards until its time is over or its place is needed.
 */
#include "net/mx.h"

#include <event2/event.h>
#include <idn2.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "net/mx_search.h"

#define KEPT_MAX    4096U
#define BUCKETS     4096U /* a power of two */
#define DOMAIN_MAX  1000U /* in UTF-8 */
#define LABEL_MAX   63U
#define PORT_SMTP   25
#define LITERAL_TTL 3600U

typedef struct entry entry;

struct entry {
	mx *mx;
	entry *next;            /* in its bucket */
	entry *older, *younger; /* by when it was last asked for */
	mx_search *search;      /* NULL: `result` is there */
	mx_result *result;
	int64_t expires;
	mx_lookup *waiting;
	bool host_only;
	char name[];
};

struct mx {
	resolver *resolver;
	mx_options options;
	struct event *deliver;
	uint64_t random;
	mx_lookup *ready; /* with a result that deliver() hands out */
	size_t count;
	entry *oldest, *youngest;
	entry *table[BUCKETS];
};

static void lookup_add(mx_lookup **list, mx_lookup *l)
{
	l->next = *list;
	l->link = list;
	if (l->next != NULL)
		l->next->link = &l->next;
	*list = l;
}

static void lookup_remove(mx_lookup *l)
{
	*l->link = l->next;
	if (l->next != NULL)
		l->next->link = l->link;
	l->link = NULL;
}

/* --- entries */

/* FNV-1a; where names meet in one bucket differs from process to process. */
static size_t bucket_of(const mx *m, const char *name)
{
	uint64_t h = 0xcbf29ce484222325U ^ m->options.seed;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3U;
	return (size_t)(h ^ (h >> 32)) & (BUCKETS - 1);
}

static entry *find(const mx *m, const char *name, bool host_only)
{
	entry *e = m->table[bucket_of(m, name)];

	while (e != NULL && (e->host_only != host_only || strcmp(e->name, name) != 0))
		e = e->next;
	return e;
}

static void age_remove(entry *e)
{
	*(e->older != NULL ? &e->older->younger : &e->mx->oldest) = e->younger;
	*(e->younger != NULL ? &e->younger->older : &e->mx->youngest) = e->older;
}

static void age_add(entry *e)
{
	e->younger = NULL;
	e->older = e->mx->youngest;
	*(e->older != NULL ? &e->older->younger : &e->mx->oldest) = e;
	e->mx->youngest = e;
}

static void entry_free(entry *e)
{
	entry **at = &e->mx->table[bucket_of(e->mx, e->name)];

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	age_remove(e);
	e->mx->count--;
	if (e->search != NULL)
		mx_search_cancel(e->search);
	mx_result_free(e->result);
	free(e);
}

/* The oldest one gives its place; those being searched for are as many as somebody
 * waits for, and stay. */
static void make_room(mx *m)
{
	entry *e = m->oldest;

	while (e != NULL && m->count >= m->options.kept_max) {
		entry *younger = e->younger;

		if (e->search == NULL)
			entry_free(e);
		e = younger;
	}
}

static entry *entry_new(mx *m, const char *name, bool host_only)
{
	const size_t size = strlen(name) + 1;
	entry **at = &m->table[bucket_of(m, name)];
	entry *e;

	make_room(m);
	e = calloc(1, sizeof *e + size);
	if (e == NULL)
		return NULL;
	memcpy(e->name, name, size);
	e->mx = m;
	e->host_only = host_only;
	e->next = *at;
	*at = e;
	age_add(e);
	m->count++;
	return e;
}

static void entry_set(entry *e, mx_result *r)
{
	e->search = NULL;
	e->result = r;
	e->expires = loop_clock() + (int64_t)r->ttl * 1000;
}

/* --- answers */

static void set_ready(mx *m, mx_lookup *l, const mx_result *r)
{
	l->result = r;
	lookup_add(&m->ready, l);
	event_active(m->deliver, EV_TIMEOUT, 0);
}

static void on_deliver(evutil_socket_t fd, short what, void *ctx)
{
	mx *m = ctx;
	mx_lookup *ready = m->ready, *l;

	(void)fd;
	(void)what;
	/* New ones wait for the next turn. */
	m->ready = NULL;
	if (ready != NULL)
		ready->link = &ready;
	while ((l = ready) != NULL) {
		const mx_result *r = l->result;

		lookup_remove(l);
		l->result = NULL;
		l->done(l, r);
	}
}

static void on_found(void *ctx, mx_result *r)
{
	entry *e = ctx;
	mx *m = e->mx;
	mx_lookup *l;

	e->search = NULL;
	if (r != NULL)
		entry_set(e, r);
	while ((l = e->waiting) != NULL) {
		lookup_remove(l);
		set_ready(m, l,
			  r != NULL ? mx_result_shuffled(r, &m->random)
				    : mx_result_no_memory());
	}
	if (r == NULL)
		entry_free(e);
}

/* --- names */

/* The one form of a name: A-labels in lower case, without the last dot. */
static bool put_name(char out[DNS_NAME_MAX], mw_str name)
{
	size_t label = 0;

	if (name.len > 0 && name.ptr[name.len - 1] == '.')
		name.len--;
	if (name.len == 0 || name.len > DNS_NAME_MAX - 3)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		const char c = name.ptr[i];

		if (c == '.' ? label == 0 || i == name.len - 1
			     : !mwi_is_alnum(c) && c != '-' && c != '_')
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > LABEL_MAX)
			return false;
		out[i] = mwi_lower(c);
	}
	out[name.len] = '\0';
	return true;
}

static bool read_name(char out[DNS_NAME_MAX], mw_str name)
{
	char copy[DOMAIN_MAX + 1];
	uint8_t *labels = NULL;
	bool good;

	if (mwi_is_ascii(name))
		return put_name(out, name);
	if (name.len > DOMAIN_MAX || memchr(name.ptr, 0, name.len) != NULL)
		return false;
	memcpy(copy, name.ptr, name.len);
	copy[name.len] = '\0';
	if (idn2_lookup_u8((const uint8_t *)copy, &labels,
			   IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return false;
	good = put_name(out, mw_str_of((const char *)labels));
	idn2_free(labels);
	return good;
}

/* "192.0.2.1" or "2001:db8::1". */
static bool read_address(net_address *out, mw_str text)
{
	char copy[INET6_ADDRSTRLEN];

	if (text.len >= sizeof copy)
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return net_address_read(out, copy);
}

/* The inside of "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321, section 4.1.3). */
static bool read_literal(net_address *out, mw_str text)
{
	static const char tag[] = "ipv6:";
	const bool v6 = mwi_equal(mw_str_head(text, sizeof tag - 1), mw_str_of(tag));

	if (v6)
		text = mw_str_skip(text, sizeof tag - 1);
	return read_address(out, text) && (out->any.sa_family == AF_INET6) == v6;
}

/* --- lookups that need no search */

static void answer_bad_name(mx *m, mx_lookup *l)
{
	const mx_draft d = {.status = MX_BAD_NAME,
			    .why = "no domain can have such a name",
			    .ttl = LITERAL_TTL};
	const mx_result *r = mx_result_make(&d);

	set_ready(m, l, r != NULL ? r : mx_result_no_memory());
}

static bool is_used(const mx *m, const net_address *a)
{
	return m->options.families == MX_BOTH ||
	       (a->any.sa_family == AF_INET) == (m->options.families == MX_ONLY_4);
}

static void answer_literal(mx *m, mx_lookup *l, mw_str domain, net_address *a,
			   bool host_only)
{
	mx_draft d = {.status = MX_OK, .ttl = LITERAL_TTL};
	const mx_result *r;

	net_address_set_port(a, m->options.port);
	if (!host_only && mx_is_own(&m->options, a)) {
		d.status = MX_LOOP;
		snprintf(d.why, sizeof d.why, "the address is that of this machine");
	} else if (!is_used(m, a)) {
		d.status = MX_OTHER_FAMILY;
		memcpy(d.why, "the address is of an IP version that is not used here",
		       54);
	} else {
		d.targets[d.count++] = (mx_target){.host = "", .address = *a};
		for (size_t i = 0; i < domain.len && i < MX_KEY_MAX; i++)
			d.key[i] = mwi_lower(domain.ptr[i]);
	}
	r = mx_result_make(&d);
	set_ready(m, l, r != NULL ? r : mx_result_no_memory());
}

/* --- the interface */

static void look_up(mx *m, mx_lookup *l, const char *name, bool host_only)
{
	entry *e = find(m, name, host_only);

	if (e != NULL && e->search == NULL && loop_clock() >= e->expires) {
		entry_free(e);
		e = NULL;
	}
	if (e == NULL)
		e = entry_new(m, name, host_only);
	if (e != NULL && e->search == NULL && e->result == NULL) {
		e->search = mx_search_start(m->resolver, &m->options, e->name, host_only,
					    on_found, e);
		if (e->search == NULL) {
			entry_free(e);
			e = NULL;
		}
	}
	if (e == NULL) {
		set_ready(m, l, mx_result_no_memory());
		return;
	}
	age_remove(e);
	age_add(e);
	if (e->search != NULL)
		lookup_add(&e->waiting, l);
	else
		set_ready(m, l, mx_result_shuffled(e->result, &m->random));
}

static void begin(mx *m, mx_lookup *l, void (*done)(mx_lookup *l, const mx_result *r),
		  mw_str domain, bool host_only)
{
	char name[DNS_NAME_MAX];
	net_address a;

	*l = (mx_lookup){.done = done};
	if (domain.len > 2 && domain.ptr[0] == '[' && domain.ptr[domain.len - 1] == ']') {
		const mw_str inside = {domain.ptr + 1, domain.len - 2};

		if (read_literal(&a, inside))
			answer_literal(m, l, domain, &a, host_only);
		else
			answer_bad_name(m, l);
	} else if (host_only && read_address(&a, domain)) {
		answer_literal(m, l, domain, &a, host_only);
	} else if (read_name(name, domain)) {
		look_up(m, l, name, host_only);
	} else {
		answer_bad_name(m, l);
	}
}

mx *mx_open(loop *l, resolver *r, const mx_options *o)
{
	mx *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	m->resolver = r;
	m->options = *o;
	m->random = o->seed;
	if (o->kept_max == 0)
		m->options.kept_max = KEPT_MAX;
	if (o->port == 0)
		m->options.port = PORT_SMTP;
	m->deliver = event_new(l->base, -1, 0, on_deliver, m);
	if (m->deliver == NULL) {
		free(m);
		return NULL;
	}
	return m;
}

void mx_close(mx **m)
{
	mx *x = *m;
	mx_lookup *l;

	if (x == NULL)
		return;
	*m = NULL;
	while ((l = x->ready) != NULL)
		mx_cancel(l);
	while (x->oldest != NULL) {
		while ((l = x->oldest->waiting) != NULL)
			mx_cancel(l);
		entry_free(x->oldest);
	}
	event_free(x->deliver);
	free(x);
}

void mx_find(mx *m, mx_lookup *l, void (*done)(mx_lookup *l, const mx_result *r),
	     mw_str domain)
{
	begin(m, l, done, domain, false);
}

void mx_find_host(mx *m, mx_lookup *l, void (*done)(mx_lookup *l, const mx_result *r),
		  mw_str host)
{
	begin(m, l, done, host, true);
}

void mx_cancel(mx_lookup *l)
{
	if (l->link == NULL)
		return;
	lookup_remove(l);
	mx_result_free(l->result);
	l->result = NULL;
}

void mx_forget(mx *m)
{
	for (entry *e = m->oldest, *younger; e != NULL; e = younger) {
		younger = e->younger;
		if (e->search == NULL)
			entry_free(e);
	}
}
