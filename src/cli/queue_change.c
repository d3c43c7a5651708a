/* SPDX-License-Identifier: MIT
 *
 * mailwhy queue retry, hold, release, delete, fail and flush: by the running server, or
 * by ourselves where none runs.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/queue.h"
#include "engine/outlog.h"

static void tell(const queue *q, change c, const char *id, unsigned long count)
{
	if (q->common.json)
		printf("{\"id\":\"%s\",\"change\":\"%s\",\"recipients\":%lu}\n", id,
		       change_name(c), count);
	else if (!q->common.quiet)
		printf("%s: %s: %lu %s\n", id, change_name(c), count,
		       count == 1 ? "recipient" : "recipients");
}

static int no_such(const char *id)
{
	cli_complain("%s: there is no such message or recipient in the queue", id);
	return EXIT_NO_INPUT;
}

/* --- by the server */

static int ask_one(const queue *q, change c, const char *id)
{
	const int fd = queue_connect(q->spool);
	char path[128], *body;
	unsigned long count;
	int code;

	snprintf(path, sizeof path, "/queue/%s?id=%s", change_name(c), id);
	if (fd < 0 || !queue_ask(fd, "POST", path, &code, &body))
		return queue_silent(q);
	const char *number = strstr(body, "\"changed\":");

	count = number != NULL ? strtoul(number + 10, NULL, 10) : 0;
	free(body);
	if (code == 404)
		return no_such(id);
	if (code != 200) {
		cli_complain("%s: the server answers %d", id, code);
		return QUEUE_UNAVAILABLE;
	}
	tell(q, c, id, count);
	return EXIT_DONE;
}

/* --- by ourselves */

static int open_store(const queue *q, store **s)
{
	mw_err err = {0};
	mw_status status;

	/* It is not to be made where there is none. */
	int rc = queue_look(q, s);

	if (rc != EXIT_DONE)
		return rc;
	store_close(s);
	status = store_open(s, q->spool, &err);
	if (status == MW_OK)
		return EXIT_DONE;
	if (status == MW_E_LIMIT && err.pos == EWOULDBLOCK)
		return queue_silent(q);
	queue_unopened(q->spool, &err);
	return EXIT_NO_INPUT;
}

static int change_one(const queue *q, store *s, change c, const char *text)
{
	uint64_t id;
	int recipient;
	size_t count;
	mw_status status;

	(void)change_read_id(text, &id, &recipient);
	status = change_apply(s, c, id, recipient, q->now, NULL, NULL, &count);
	if (status == MW_E_ABSENT)
		return no_such(text);
	if (status != MW_OK)
		return queue_broken(q, status);
	tell(q, c, text, count);
	return EXIT_DONE;
}

/* --- both */

static bool ids_are_good(change c, int count, char **argv)
{
	char safe[200];
	uint64_t id;
	int recipient;

	if (count == 0)
		cli_complain("queue %s needs the number of a message: mailwhy queue list",
			     change_name(c));
	for (int i = 0; i < count; i++)
		if (!change_read_id(argv[i], &id, &recipient) || strlen(argv[i]) > 40) {
			cli_complain("%s is no number of a message, such as 12, or 12.0 "
				     "for its first recipient",
				     cli_visible(safe, argv[i]));
			return false;
		}
	return count > 0;
}

int queue_change(queue *q, change c, int count, char **argv)
{
	const int fd = queue_connect(q->spool);
	store *s = NULL;
	int rc = EXIT_DONE;

	if (fd >= 0)
		close(fd);
	if (!ids_are_good(c, count, argv))
		return EXIT_USAGE;
	if (fd < 0 && (rc = open_store(q, &s)) != EXIT_DONE)
		return rc;
	for (int i = 0; i < count; i++) {
		const int one =
			s != NULL ? change_one(q, s, c, argv[i]) : ask_one(q, c, argv[i]);

		if (one != EXIT_DONE)
			rc = one;
	}
	if (s != NULL)
		store_close(&s);
	return rc;
}

/* --- flush */

/* A name of a destination in a query. */
static bool put_query(char *out, size_t cap, const char *name)
{
	size_t n = (size_t)snprintf(out, cap, "/queue/flush?destination=");

	for (; *name != '\0'; name++) {
		if (cap - n < 4)
			return false;
		n += (size_t)snprintf(out + n, cap - n, "%%%02X", (unsigned char)*name);
	}
	return true;
}

int queue_flush(queue *q, int count, char **argv)
{
	char path[2048], *body;
	store *s;
	int code, fd, rc;

	if (count > 1 || !put_query(path, sizeof path, count > 0 ? argv[0] : "")) {
		cli_complain("queue flush takes one destination, as queue destinations "
			     "names it, or none for all");
		return EXIT_USAGE;
	}
	fd = queue_connect(q->spool);
	if (fd < 0) {
		rc = queue_look(q, &s);
		if (rc != EXIT_DONE)
			return rc;
		store_close(&s);
		cli_complain("no server runs, so no destination waits; mailwhy queue run "
			     "--once delivers what is due");
		return EXIT_DONE;
	}
	if (!queue_ask(fd, "POST", path, &code, &body))
		return queue_silent(q);
	free(body);
	if (code == 200)
		return EXIT_DONE;
	cli_complain("the server answers %d", code);
	return QUEUE_UNAVAILABLE;
}
