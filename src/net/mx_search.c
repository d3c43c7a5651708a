/* SPDX-License-Identifier: MIT
 *
 * A search: MX records, then the addresses of all their hosts at once. It goes on to the
 * next step when the last answer of a step is there.
 */
#include "net/mx_search.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"

#define TTL_MIN      60U
#define TTL_MAX      3600U
#define TTL_NEGATIVE 300U

typedef struct host host;

typedef struct address_question {
	question q; /* first: found by its address */
	host *host;
	dns_status status;
	bool secure;
	size_t count;
	net_address found[MX_HOST_ADDRESSES_MAX];
} address_question;

struct host {
	mx_search *search;
	uint16_t preference;
	bool own; /* an address of it is ours */
	char name[DNS_NAME_MAX];
	address_question v4, v6;
};

struct mx_search {
	question mx; /* first */
	resolver *resolver;
	const mx_options *options;
	void (*done)(void *ctx, mx_result *r);
	void *ctx;
	bool host_only, implicit;
	size_t pending; /* questions about addresses */
	mx_draft draft;
	size_t host_count;
	host *hosts; /* room for MX_HOSTS_MAX */
	char name[DNS_NAME_MAX];
};

static void free_search(mx_search *s)
{
	free(s->hosts);
	free(s);
}

static void bound_ttl(mx_draft *d)
{
	if (d->status == MX_TROUBLE || d->status == MX_BOGUS)
		d->ttl = TTL_MIN;
	else if (d->status != MX_OK)
		d->ttl = TTL_NEGATIVE;
	else if (d->ttl < TTL_MIN)
		d->ttl = TTL_MIN;
	else if (d->ttl > TTL_MAX)
		d->ttl = TTL_MAX;
}

/* `before` the domain and `after` it are what is to say. */
static void finish(mx_search *s, mx_status status, const char *before, const char *after)
{
	mx_result *r;

	s->draft.status = status;
	if (status != MX_OK)
		snprintf(s->draft.why, sizeof s->draft.why, "%s%s%s", before, s->name,
			 after);
	bound_ttl(&s->draft);
	r = mx_result_make(&s->draft);
	s->done(s->ctx, r);
	free_search(s);
}

static void lower_ttl(mx_search *s, const dns_answer *a)
{
	if (a->ttl < s->draft.ttl)
		s->draft.ttl = a->ttl;
}

/* Trouble or bogus: with the words of the resolver, cut where they are long. */
static void finish_trouble(mx_search *s, dns_status status, const char *why)
{
	char after[MX_WHY_MAX - DNS_NAME_MAX - 32];

	snprintf(after, sizeof after, ": %s", why);
	finish(s, status == DNS_BOGUS ? MX_BOGUS : MX_TROUBLE, "DNS trouble with ",
	       after);
}

/* Takes away the hosts from the first one that is us, and all that are as far or
 * farther. True: there was one. */
static bool leave_out(mx_search *s, size_t first_own)
{
	if (first_own == s->host_count)
		return false;
	s->host_count = first_own;
	while (s->host_count > 0 &&
	       s->hosts[s->host_count - 1].preference == s->hosts[first_own].preference)
		s->host_count--;
	return true;
}

static bool is_own_name(const mx_options *o, const char *name)
{
	for (size_t i = 0; i < o->own_name_count; i++)
		if (mwi_equal(mw_str_of(o->own_names[i]), mw_str_of(name)))
			return true;
	return false;
}

static size_t first_own_name(const mx_search *s)
{
	size_t i = 0;

	while (i < s->host_count && !is_own_name(s->options, s->hosts[i].name))
		i++;
	return i;
}

static size_t first_own_address(const mx_search *s)
{
	size_t i = 0;

	while (i < s->host_count && !s->hosts[i].own)
		i++;
	return i;
}

static uint16_t port_of(const mx_options *o)
{
	return htons(o->port);
}

static bool read_address(net_address *out, mw_str data, bool v6, uint16_t port)
{
	*out = (net_address){0};
	if (data.len != (v6 ? 16 : 4))
		return false;
	if (v6) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = port;
		memcpy(&out->v6.sin6_addr, data.ptr, 16);
	} else {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = port;
		memcpy(&out->v4.sin_addr, data.ptr, 4);
	}
	return true;
}

static void add_targets(mx_search *s, host *h)
{
	const mx_options *o = s->options;
	const address_question *sets[2] = {&h->v6, &h->v4};
	const bool use[2] = {o->families != MX_ONLY_4, o->families != MX_ONLY_6};
	size_t next[2] = {0, 0}, added = 0;
	mx_draft *d = &s->draft;

	for (size_t turn = o->v4_first ? 1 : 0; added < MX_HOST_ADDRESSES_MAX;
	     turn ^= 1) {
		const bool left[2] = {use[0] && next[0] < sets[0]->count,
				      use[1] && next[1] < sets[1]->count};

		if (d->count == MX_TARGETS_MAX || (!left[0] && !left[1]))
			return;
		if (!left[turn])
			continue;
		d->targets[d->count++] =
			(mx_target){.host = h->name,
				    .preference = h->preference,
				    .secure = d->secure && sets[turn]->secure,
				    .address = sets[turn]->found[next[turn]++]};
		added++;
	}
}

/* The worst that was said of the addresses; DNS_NO_NAME when no host has a name, and
 * DNS_OK when there are addresses which we can't use. */
static dns_status worst_of(const mx_search *s)
{
	bool found = false, trouble = false, bogus = false, named = false;

	for (size_t i = 0; i < s->host_count; i++) {
		const address_question *sets[2] = {&s->hosts[i].v4, &s->hosts[i].v6};

		for (size_t f = 0; f < 2; f++) {
			found = found || sets[f]->status == DNS_OK;
			trouble = trouble || sets[f]->status == DNS_TROUBLE;
			bogus = bogus || sets[f]->status == DNS_BOGUS;
			named = named || sets[f]->status == DNS_NONE;
		}
	}
	return trouble ? DNS_TROUBLE
	       : bogus ? DNS_BOGUS
	       : found ? DNS_OK
	       : named ? DNS_NONE
		       : DNS_NO_NAME;
}

static void finish_without(mx_search *s)
{
	const dns_status worst = worst_of(s);

	if (worst == DNS_TROUBLE || worst == DNS_BOGUS)
		finish_trouble(s, worst,
			       worst == DNS_BOGUS
				       ? "the addresses of its mail servers are bogus"
				       : "no answer about addresses of its mail servers");
	else if (worst == DNS_OK)
		finish(s, MX_OTHER_FAMILY, "the mail servers of ",
		       " have no address of an IP version that is used here");
	else if (s->host_only && worst == DNS_NO_NAME)
		finish(s, MX_NO_DOMAIN, "the DNS has no name ", "");
	else if (s->host_only)
		finish(s, MX_NO_ADDRESS, "the DNS has no address for ", "");
	else if (s->implicit)
		finish(s, MX_NO_ADDRESS, "the DNS has no MX and no address for ", "");
	else
		finish(s, MX_NO_ADDRESS, "no mail server that the MX records of ",
		       " name has an address");
}

static void finish_hosts(mx_search *s)
{
	const char *names[MX_HOSTS_MAX];

	if (!s->host_only && leave_out(s, first_own_address(s)) && s->host_count == 0) {
		finish(s, MX_LOOP, "mail for ", " would come back to this machine");
		return;
	}
	for (size_t i = 0; i < s->host_count; i++) {
		names[i] = s->hosts[i].name;
		add_targets(s, &s->hosts[i]);
	}
	if (s->draft.count == 0)
		finish_without(s);
	else if (mx_draft_key(&s->draft, names, s->host_count))
		finish(s, MX_OK, "", "");
	else
		finish(s, MX_TROUBLE, "no memory to find the mail servers of ", "");
}

static void on_addresses(question *q, const dns_answer *a)
{
	address_question *of = (address_question *)(void *)q;
	mx_search *s = of->host->search;
	const uint16_t port = port_of(s->options);

	of->status = a->status;
	of->secure = a->secure;
	for (size_t i = 0; i < a->count; i++) {
		net_address found;

		if (!read_address(&found, dns_record(a, i), q->type == DNS_AAAA, port))
			continue;
		of->host->own = of->host->own || mx_is_own(s->options, &found);
		if (of->count < MX_HOST_ADDRESSES_MAX)
			of->found[of->count++] = found;
	}
	if (a->status == DNS_OK)
		lower_ttl(s, a);
	if (--s->pending == 0)
		finish_hosts(s);
}

/* Both families, whatever is used here: a host without any address is one thing, and one
 * that we can't reach another. */
static void ask_addresses(mx_search *s)
{
	s->pending = 2 * s->host_count;
	for (size_t i = 0; i < s->host_count; i++) {
		host *h = &s->hosts[i];

		h->search = s;
		h->v4.host = h->v6.host = h;
		resolver_ask(s->resolver, &h->v4.q, on_addresses, mw_str_of(h->name),
			     DNS_A);
		resolver_ask(s->resolver, &h->v6.q, on_addresses, mw_str_of(h->name),
			     DNS_AAAA);
	}
}

static void begin_hosts(mx_search *s)
{
	if (leave_out(s, first_own_name(s)) && s->host_count == 0)
		finish(s, MX_LOOP, "mail for ", " would come back to this machine");
	else
		ask_addresses(s);
}

/* The domain itself is its mail server. */
static void take_itself(mx_search *s)
{
	s->host_count = 1;
	memcpy(s->hosts[0].name, s->name, sizeof s->name);
}

static int compare(const host *h, uint16_t preference, const char *name)
{
	if (h->preference != preference)
		return h->preference < preference ? -1 : 1;
	return strcmp(h->name, name);
}

/* Into its place by preference and then name: so the same ones are kept when there are
 * too many. A host counts once, where it is nearest. */
static void add_host(mx_search *s, uint16_t preference, const char *name)
{
	size_t at = 0, end = s->host_count;

	while (at < s->host_count && compare(&s->hosts[at], preference, name) < 0) {
		if (strcmp(s->hosts[at].name, name) == 0)
			return;
		at++;
	}
	for (size_t i = at; i < s->host_count; i++)
		if (strcmp(s->hosts[i].name, name) == 0)
			end = i;
	if (at == MX_HOSTS_MAX)
		return;
	if (end == s->host_count && end < MX_HOSTS_MAX)
		s->host_count++;
	else if (end == MX_HOSTS_MAX)
		end--;
	memmove(s->hosts + at + 1, s->hosts + at, (end - at) * sizeof *s->hosts);
	s->hosts[at] = (host){.preference = preference};
	memcpy(s->hosts[at].name, name, strlen(name) + 1);
}

static void read_hosts(mx_search *s, const dns_answer *a)
{
	bool none = false;

	for (size_t i = 0; i < a->count; i++) {
		const mw_str data = dns_record(a, i);
		char name[DNS_NAME_MAX];

		if (data.len < 3 || !dns_read_host(mw_str_skip(data, 2), name))
			continue;
		if (name[0] == '\0')
			none = true;
		else
			add_host(s,
				 (uint16_t)((unsigned char)data.ptr[0] << 8 |
					    (unsigned char)data.ptr[1]),
				 name);
	}
	if (s->host_count > 0)
		begin_hosts(s);
	else if (none)
		finish(s, MX_NULL, "the null MX record of ",
		       " says that it takes no mail");
	else
		finish(s, MX_NO_ADDRESS, "the MX records of ", " name no host");
}

static void on_mx(question *q, const dns_answer *a)
{
	mx_search *s = (mx_search *)(void *)q;

	s->draft.secure = a->secure;
	switch (a->status) {
	case DNS_OK:
		lower_ttl(s, a);
		read_hosts(s, a);
		break;
	case DNS_NONE:
		s->implicit = true;
		take_itself(s);
		begin_hosts(s);
		break;
	case DNS_NO_NAME:
		finish(s, MX_NO_DOMAIN, "the DNS has no domain ", "");
		break;
	case DNS_TROUBLE:
	case DNS_BOGUS:
		finish_trouble(s, a->status, a->why);
		break;
	}
}

mx_search *mx_search_start(resolver *r, const mx_options *o, const char *name,
			   bool host_only, void (*done)(void *ctx, mx_result *r),
			   void *ctx)
{
	mx_search *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->hosts = calloc(host_only ? 1 : MX_HOSTS_MAX, sizeof *s->hosts);
	if (s->hosts == NULL) {
		free_search(s);
		return NULL;
	}
	s->resolver = r;
	s->options = o;
	s->done = done;
	s->ctx = ctx;
	s->host_only = host_only;
	s->draft.ttl = TTL_MAX;
	snprintf(s->name, sizeof s->name, "%s", name);
	if (host_only) {
		s->draft.secure = true;
		take_itself(s);
		ask_addresses(s);
	} else {
		resolver_ask(r, &s->mx, on_mx, mw_str_of(s->name), DNS_MX);
	}
	return s;
}

void mx_search_cancel(mx_search *s)
{
	resolver_cancel(&s->mx);
	for (size_t i = 0; i < s->host_count; i++) {
		resolver_cancel(&s->hosts[i].v4.q);
		resolver_cancel(&s->hosts[i].v6.q);
	}
	free_search(s);
}
