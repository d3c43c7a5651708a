/* SPDX-License-Identifier: MIT
 *
 * Asking the running server, by its control socket.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/queue.h"
#include "engine/control.h"

#define ANSWER_MAX     (256U << 20)
#define ANSWER_SECONDS 60 /* without a byte */

int queue_connect(const char *spool)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const struct timeval patience = {ANSWER_SECONDS, 0};
	const int n =
		snprintf(at.sun_path, sizeof at.sun_path, "%s/%s", spool, CONTROL_NAME);
	int fd;

	if (n < 0 || (size_t)n >= sizeof at.sun_path)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect(fd, (const struct sockaddr *)&at, sizeof at) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool send_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

/* All that comes until the other side closes, with a NUL behind it. */
static char *receive_all(int fd)
{
	size_t len = 0, cap = 8192;
	char *text = malloc(cap);

	while (text != NULL) {
		const ssize_t n = read(fd, text + len, cap - len - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || cap > ANSWER_MAX)
			break;
		if (n == 0) {
			text[len] = '\0';
			return text;
		}
		len += (size_t)n;
		if (cap - len - 1 < cap / 4) {
			char *more = realloc(text, cap *= 2);

			if (more == NULL)
				break;
			text = more;
		}
	}
	free(text);
	return NULL;
}

bool queue_ask(int fd, const char *method, const char *path, int *code, char **body)
{
	static const char front[] = "HTTP/1.";
	char head[4096], *answer = NULL, *end;
	/* HTTP/1.0: the answer ends where the connection does. */
	const int n =
		snprintf(head, sizeof head, "%s %s HTTP/1.0\r\nContent-Length: 0\r\n\r\n",
			 method, path);

	if (n > 0 && (size_t)n < sizeof head && send_all(fd, head, (size_t)n))
		answer = receive_all(fd);
	close(fd);
	if (answer == NULL || strncmp(answer, front, sizeof front - 1) != 0 ||
	    (end = strstr(answer, "\r\n\r\n")) == NULL) {
		free(answer);
		return false;
	}
	*code = (int)strtol(answer + sizeof front + 1, NULL, 10);
	memmove(answer, end + 4, strlen(end + 4) + 1);
	*body = answer;
	return true;
}

int queue_silent(const queue *q)
{
	char path[CLI_VISIBLE_PATH];

	cli_complain("%s: another process has the queue and does not answer",
		     cli_visible_path(path, q->spool));
	return QUEUE_UNAVAILABLE;
}
