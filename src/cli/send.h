/* SPDX-License-Identifier: MIT
 *
 * What mailwhy send and sendmail share: a message made ready, its recipients, the two
 * ways that it can go, and what is told of them.
 */
#ifndef MAILWHY_CLI_SEND_H
#define MAILWHY_CLI_SEND_H

#include "cli/cli.h"
#include "engine/pool.h"
#include "engine/settings.h"

#define SEND_MESSAGE_MAX    (50U << 20) /* bytes as they were read */
#define SEND_RECIPIENTS_MAX 1000U       /* what servers take of one message */

/* Exit statuses of sysexits.h that are about mail. */
enum {
	EXIT_NO_USER = 67,
	EXIT_NO_HOST = 68,
	EXIT_UNAVAILABLE = 69,
	EXIT_LATER = 75,
	EXIT_NOT_ALLOWED = 77
};

typedef struct send_mail {
	pool memory; /* of all slices but `text` */
	mw_str text; /* the whole message, lines ended by CR LF; malloc'ed */
	mw_str sender;
	mw_str author;    /* the address for From, where the message has none */
	mw_str full_name; /* beside it; empty none */
	mw_str *recipients;
	size_t count, cap;
	mw_str hostname;
	mw_str envid; /* as xtext */
	mw_ret ret;
	unsigned notify;  /* MW_NOTIFY_, of all recipients */
	bool from_header; /* recipients stand in To, Cc and Bcc; Bcc is taken out */
	bool ends_at_dot; /* a line "." ends the message */
	bool qualifies;   /* "root" is root@hostname */
} send_mail;

/* The names of this machine and of who calls. `s` may say another hostname; NULL: none.
 * False when memory is out. */
bool send_mail_init(send_mail *m, const settings *s);
void send_mail_free(send_mail *m);

/* Who the envelope says that it is from: an address, or "" or "<>" for nobody. False
 * when it is neither. */
bool send_mail_from(send_mail *m, mw_str address);

/* Adds a recipient; one that stands there already is not added twice. EXIT_DONE, or an
 * exit status after a complaint. */
int send_mail_to(send_mail *m, mw_str address);

/* Reads standard input and makes it a message that can be sent: CR LF at the ends of
 * lines, Date, Message-ID and From where they are missing. EXIT_DONE, or an exit status
 * after a complaint. */
int send_mail_read(send_mail *m);

/* Adds the addresses in the value of a field such as To (RFC 5322, section 3.4), with
 * groups, comments and quoted names. EXIT_DONE or what send_mail_to() said. */
int send_fields_to(send_mail *m, mw_str value);

/* True for bytes beyond ASCII in an address: only SMTPUTF8 can say it. */
bool send_mail_needs_utf8(const send_mail *m);

/* --- what is told */

typedef struct send_report {
	cli_out out;
	cli_knowledge known;
	bool json;
	bool complains; /* failures on standard error, and nothing else */
	int rc;         /* the exit status that the outcomes make */
} send_report;

/* EXIT_DONE, or an exit status after a complaint. */
int send_report_open(send_report *r, const cli_common *common);
/* The exit status: `rc` where it is none of ours already. */
int send_report_close(send_report *r, int rc);

/* Tells one outcome. `again`: it is tried again or may be, whatever the words. */
void send_report_put(send_report *r, const mw_outcome *o, bool again);

/* Tells that a queue has the mail for a recipient: `text` says what was said to it. */
void send_report_queued(send_report *r, mw_str recipient, mw_str text);

/* Reads the log that a run of the engine left in `path` and tells what became of each
 * recipient of message `id`. */
void send_report_log(send_report *r, const char *path, uint64_t id, const send_mail *m);

/* --- the ways */

typedef struct send_way {
	const char *via, *user, *password_file, *tls, *spool;
} send_way;

/* Delivers at once, by a queue that is gone afterwards or by that of way->spool. */
int send_direct(const send_mail *m, const send_way *way, const cli_common *common);

/* Gives it to the running server that one of these sockets belongs to. *found: somebody
 * listens there. */
#define SEND_SOCKETS_MAX 66U
typedef struct send_sockets {
	pool memory;
	mw_str item[SEND_SOCKETS_MAX];
	size_t count;
} send_sockets;

/* Those that the settings name (NULL: none), then the usual one. */
void send_sockets_find(send_sockets *s, const settings *set);
void send_sockets_add(send_sockets *s, mw_str path);

/* The first that somebody listens on, connected; -1 and why the last one is none. */
int send_sockets_dial(const send_sockets *s, mw_str *path, char *why, size_t cap);

int send_submit(const send_mail *m, mw_str path, send_report *r);

/* Settings of --config, or of the usual file where it can be read and `usual` is set; the
 * defaults where there is none. NULL after a complaint. */
settings *send_settings(const cli_common *common, bool usual);

/* Puts it into the store of that folder; no server runs there. EXIT_DONE, or an exit
 * status after a complaint. */
int send_put(const send_mail *m, const char *spool, const settings *s, send_report *r);

#endif
