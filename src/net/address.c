/* SPDX-License-Identifier: MIT */
#include "net/address.h"

#include <arpa/inet.h>
#include <stddef.h>

static bool is_v4(const net_address *a)
{
	return a->any.sa_family == AF_INET;
}

bool net_address_read(net_address *out, const char *text)
{
	*out = (net_address){0};
	if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		return true;
	}
	out->v6.sin6_family = AF_INET6;
	return inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1;
}

void net_address_show(const net_address *a, char out[INET6_ADDRSTRLEN])
{
	if (inet_ntop(a->any.sa_family,
		      is_v4(a) ? (const void *)&a->v4.sin_addr
			       : (const void *)&a->v6.sin6_addr,
		      out, INET6_ADDRSTRLEN) == NULL)
		out[0] = '\0';
}

void net_address_set_port(net_address *a, uint16_t port)
{
	if (is_v4(a))
		a->v4.sin_port = htons(port);
	else
		a->v6.sin6_port = htons(port);
}

socklen_t net_address_len(const net_address *a)
{
	return is_v4(a) ? sizeof a->v4 : sizeof a->v6;
}
