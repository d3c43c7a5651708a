/* SPDX-License-Identifier: MIT */
#include "net/dial.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "net/connect.h"

#define HOST_MAX   256
#define PORT_MAX   16
#define FULL_PAUSE 20 /* ms */

int64_t dial_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int dial_wait(int fd, short events, int64_t end)
{
	struct pollfd p = {.fd = fd, .events = events};

	for (;;) {
		const int64_t left = end - dial_clock();
		const int n = poll(&p, 1, left > 0 ? (int)left : 0);

		if (n >= 0 || errno != EINTR)
			return n;
	}
}

/* An error number, 0 when it stands. */
static int connect_until(int fd, const struct sockaddr *address, socklen_t len,
			 int64_t end)
{
	int n;

	while (connect(fd, address, len) != 0) {
		if (errno == EINPROGRESS || errno == EINTR)
			break;
		/* The queue of a socket in the file system is full, and no event tells
		 * when it is not. */
		if (errno != EAGAIN || dial_clock() >= end)
			return errno;
		(void)poll(NULL, 0, FULL_PAUSE);
	}
	n = dial_wait(fd, POLLOUT, end);
	if (n <= 0)
		return n == 0 ? ETIMEDOUT : errno;
	return connect_result(fd);
}

/* A connected socket in *out, or an error number. */
static int try_address(int *out, const struct sockaddr *address, socklen_t len,
		       int64_t end)
{
	const int fd =
		socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return errno;
	error = connect_until(fd, address, len, end);
	if (error == 0)
		*out = fd;
	else
		close(fd);
	return error;
}

static void explain(int error, mw_str target, char why[DIAL_WHY_MAX])
{
	const bool refused = error == ECONNREFUSED;

	snprintf(why, DIAL_WHY_MAX, "connection to %.*s %s: %s", MW_FMT(target),
		 refused ? "refused" : "failed",
		 refused              ? "nothing listens there"
		 : error == ETIMEDOUT ? "no answer in time"
				      : strerror(error));
}

static void explain_in_words(const char *words, mw_str target, char why[DIAL_WHY_MAX])
{
	snprintf(why, DIAL_WHY_MAX, "connection to %.*s failed: %s", MW_FMT(target),
		 words);
}

static int dial_path(mw_str target, int64_t end, char why[DIAL_WHY_MAX])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = -1, error;

	if (target.len == 0 || target.len >= sizeof address.sun_path) {
		explain_in_words("no path that a socket can have", target, why);
		return -1;
	}
	memcpy(address.sun_path, target.ptr, target.len);
	error = try_address(&fd, (const struct sockaddr *)&address, sizeof address, end);
	if (error != 0)
		explain(error, target, why);
	return fd;
}

/* "host:24", "[::1]:24" into two strings. */
static bool split_target(mw_str target, char host[HOST_MAX], char port[PORT_MAX])
{
	size_t colon = target.len;
	mw_str name, number;

	while (colon > 0 && target.ptr[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return false;
	number = mw_str_skip(target, colon);
	name = mw_str_head(target, colon - 1);
	if (name.len > 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']')
		name = mw_str_skip(mw_str_head(name, name.len - 1), 1);
	if (name.len == 0 || name.len >= HOST_MAX || number.len == 0 ||
	    number.len >= PORT_MAX)
		return false;
	snprintf(host, HOST_MAX, "%.*s", MW_FMT(name));
	snprintf(port, PORT_MAX, "%.*s", MW_FMT(number));
	return true;
}

static int dial_host(mw_str target, int64_t end, char why[DIAL_WHY_MAX])
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	char host[HOST_MAX], port[PORT_MAX];
	struct addrinfo *found = NULL;
	int fd = -1, error;

	if (!split_target(target, host, port)) {
		explain_in_words("neither a path nor host:port", target, why);
		return -1;
	}
	error = getaddrinfo(host, port, &hints, &found);
	if (error != 0) {
		explain_in_words(gai_strerror(error), target, why);
		return -1;
	}
	error = EADDRNOTAVAIL;
	for (const struct addrinfo *a = found; a != NULL && error != 0; a = a->ai_next)
		error = try_address(&fd, a->ai_addr, a->ai_addrlen, end);
	freeaddrinfo(found);
	if (error != 0)
		explain(error, target, why);
	return fd;
}

bool dial_is_path(mw_str target)
{
	return memchr(target.ptr, '/', target.len) != NULL ||
	       memchr(target.ptr, ':', target.len) == NULL;
}

int dial(mw_str target, int ms, char why[DIAL_WHY_MAX])
{
	const int64_t end = dial_clock() + ms;

	return dial_is_path(target) ? dial_path(target, end, why)
				    : dial_host(target, end, why);
}
