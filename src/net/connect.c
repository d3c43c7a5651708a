/* SPDX-License-Identifier: MIT */
#include "net/connect.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

int connect_begin(const net_address *to, const net_address *source)
{
	static const int one = 1;
	const int fd =
		socket(to->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if ((source == NULL || bind(fd, &source->any, net_address_len(source)) == 0) &&
	    (connect(fd, &to->any, net_address_len(to)) == 0 || errno == EINPROGRESS ||
	     errno == EINTR))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int connect_result(int fd)
{
	int error = 0;
	socklen_t size = sizeof error;

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

const char *connect_error(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "connection refused";
	case ETIMEDOUT:
		return "connection timed out";
	case EHOSTUNREACH:
	case EHOSTDOWN:
		return "no route to host";
	case ENETUNREACH:
	case ENETDOWN:
		return "network is unreachable";
	case EADDRNOTAVAIL:
		return "the address to send from is none of this machine";
	case EACCES:
	case EPERM:
		return "a firewall of this machine forbids the connection";
	case ECONNRESET:
		return "connection reset";
	case EMFILE:
	case ENFILE:
		return "no more files may be open";
	default:
		return "the connection failed";
	}
}
