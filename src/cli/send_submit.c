/* SPDX-License-Identifier: MIT
 *
 * To the running server of this machine, through its socket for programs.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/ascii.h"
#include "cli/send.h"
#include "engine/lmtp.h"
#include "net/dial.h"

#define CONNECT_MS 5000
#define TOTAL_MS   600000

void send_sockets_add(send_sockets *s, mw_str path)
{
	const char *copy = pool_copy(&s->memory, path);

	if (copy != NULL && s->count < SEND_SOCKETS_MAX)
		s->item[s->count++] = (mw_str){copy, path.len};
}

void send_sockets_find(send_sockets *s, const settings *set)
{
	for (size_t i = 0; set != NULL && i < set->listen.local.count; i++)
		send_sockets_add(s, mw_str_of(set->listen.local.item[i]));
	if (set != NULL && set->server.spool[0] != '\0') {
		char path[4200];

		snprintf(path, sizeof path, "%s/submit", set->server.spool);
		send_sockets_add(s, mw_str_of(path));
	}
	send_sockets_add(s, MW_LIT("/run/mailwhy/submit"));
}

int send_sockets_dial(const send_sockets *s, mw_str *path, char *why, size_t cap)
{
	char words[DIAL_WHY_MAX] = "no socket is known";
	int fd = -1;

	for (size_t i = 0; i < s->count && fd < 0; i++) {
		*path = s->item[i];
		fd = dial(s->item[i], CONNECT_MS, words);
	}
	snprintf(why, cap, "%s", words);
	return fd;
}

static void tell(const send_mail *m, mw_str path, const lmtp_result *results,
		 send_report *r)
{
	for (size_t i = 0; i < m->count; i++) {
		const lmtp_result *one = &results[i];
		const mw_outcome o = {.kind = MW_KIND_BOUNCE,
				      .stage = one->stage,
				      .reply = one->code,
				      .status = one->status,
				      .text = mw_str_of(one->text),
				      .context = MW_LIT(""),
				      .remote = path,
				      .recipient = m->recipients[i],
				      .provider = MW_LIT(""),
				      .odd_number = MW_LIT("")};

		if (one->code < 400)
			send_report_queued(r, o.recipient, o.text);
		else
			send_report_put(r, &o, one->code < 500);
	}
}

int send_submit(const send_mail *m, mw_str path, send_report *r)
{
	const lmtp_limits limits = {.connect = CONNECT_MS,
				    .total = TOTAL_MS,
				    .patience = 100,
				    .smtp = true,
				    .notify = m->notify};
	const store_message message = {
		.mail = {.sender = m->sender,
			 .size = m->text.len,
			 .body = mwi_is_ascii(m->text) ? MW_BODY_7BIT : MW_BODY_8BITMIME,
			 .smtputf8 = send_mail_needs_utf8(m),
			 .ret = m->ret,
			 .envid = m->envid,
			 .auth = MW_LIT("")},
		.size = m->text.len,
		.fd = -1};
	lmtp_result *results = calloc(m->count, sizeof *results);

	if (results == NULL)
		return cli_complain("out of memory"), EXIT_NO_MEMORY;
	lmtp_deliver_within(&limits, path, m->hostname, &message, m->text, -1,
			    m->recipients, m->count, results);
	tell(m, path, results, r);
	free(results);
	return EXIT_DONE;
}
