/* SPDX-License-Identifier: MIT */
#include <ifaddrs.h>
#include <net/if.h>

#include "net/mx_search.h"

/* An IPv4 address that is written as one of IPv6 is what it stands for. */
static net_address plain(const net_address *a)
{
	net_address p = {0};

	if (a->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr)) {
		p.v4.sin_family = AF_INET;
		memcpy(&p.v4.sin_addr, &a->v6.sin6_addr.s6_addr[12], 4);
		return p;
	}
	return *a;
}

static bool is_loopback(const net_address *a)
{
	unsigned char first;

	if (a->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr) ||
		       IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr);
	memcpy(&first, &a->v4.sin_addr, 1);
	return first == 127 || first == 0;
}

static bool same(const net_address *a, const net_address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET6)
		return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, 16) == 0;
	return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
}

bool mx_is_own(const mx_options *o, const net_address *a)
{
	const net_address p = plain(a);

	if (o->own_loopback && is_loopback(&p))
		return true;
	for (size_t i = 0; i < o->own_count; i++) {
		const net_address own = plain(&o->own[i]);

		if (same(&p, &own))
			return true;
	}
	return false;
}

size_t mx_own_addresses(net_address *out, size_t max)
{
	struct ifaddrs *all = NULL;
	size_t count = 0;

	if (getifaddrs(&all) != 0)
		return 0;
	for (const struct ifaddrs *i = all; i != NULL && count < max; i = i->ifa_next) {
		const int family =
			i->ifa_addr != NULL ? i->ifa_addr->sa_family : AF_UNSPEC;

		if (family != AF_INET && family != AF_INET6)
			continue;
		out[count] = (net_address){0};
		memcpy(&out[count++], i->ifa_addr,
		       family == AF_INET ? sizeof(struct sockaddr_in)
					 : sizeof(struct sockaddr_in6));
	}
	freeifaddrs(all);
	return count;
}
