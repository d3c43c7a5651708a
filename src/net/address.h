/* SPDX-License-Identifier: MIT
 *
 * An IP address with a port.
 */
#ifndef MAILWHY_NET_ADDRESS_H
#define MAILWHY_NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

typedef union net_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
} net_address;

/* Reads "192.0.2.1" or "2001:db8::1"; the port is 0. False: it is none. */
bool net_address_read(net_address *out, const char *text);

/* As text, without the port. */
void net_address_show(const net_address *a, char out[INET6_ADDRSTRLEN]);

/* `port` in the order of the machine. */
void net_address_set_port(net_address *a, uint16_t port);

/* Bytes, for bind() and connect(). */
socklen_t net_address_len(const net_address *a);

#endif
