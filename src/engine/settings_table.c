/* SPDX-License-Identifier: MIT
 *
 * Every setting there is. A new one is a field of settings, a row here and an entry in
 * mailwhy.conf(5); tests/cli/config.sh sees that the page has it.
 */
#include "engine/settings_table.h"

#include <assert.h>

#define NO_LIMIT UINT32_MAX
#define KIB      (1ULL << 10)
#define MIB      (1ULL << 20)
#define TIB      (1ULL << 40)
#define DAY      86400U

/* The columns: field of settings; section; name; type, form, least, most; default;
 * help. */
#define ROW(field, section, name, type, form, min, max, standard, help)                  \
	{section,  name, {VALUE_##type, form, min, max}, offsetof(settings, field),      \
	 standard, help},

const setting settings_table[] = {
	/* clang-format off */
ROW(server.hostname, "server", "hostname", TEXT, NULL, 0, 253, "",
    "The name of this server in greetings, Received fields and bounces; empty:\n"
    "what the system is called.")
ROW(server.spool, "server", "spool", PATH, NULL, 0, 0, "",
    "The folder of the queue and all that has to survive; empty: a private\n"
    "folder that is of use to tests only.")
ROW(server.store, "server", "store", TEXT, NULL, 0, 0, "",
    "Where the queue is kept; empty: SQLite in the spool, the only one of this\n"
    "version.")
ROW(server.user, "server", "user", TEXT, NULL, 0, 32, "",
    "The user that the server becomes when it listens; empty: it stays who it is.")
ROW(server.group, "server", "group", TEXT, NULL, 0, 32, "",
    "The group that it gets with it; empty: the first one of the user.")
ROW(server.threads, "server", "threads", COUNT, NULL, 0, 256, "0",
    "Threads that talk to clients; 0: one for each core but one, which the store has.")
ROW(server.sessions_max, "server", "sessions-max", COUNT, NULL, 1, 1000000, "10000",
    "Sessions at a time; who comes then is asked to come later.")
ROW(server.accept_mail, "server", "accept-mail", CHOICE, "no|yes", 0, 0, "yes",
    "no: this host takes no mail, and says so in its greeting (521, RFC 7504).")
ROW(server.refuse, "server", "refuse", NETWORKS, NULL, 0, 1024, "",
    "Networks whose clients are not served at all. Repeatable.")
ROW(server.free_space_min, "server", "free-space-min", SIZE, NULL, 0, 1024 * TIB, "100M",
    "Space that has to stay free in the spool; with less, mail is put off.")
ROW(server.transcript, "server", "transcript", PATH, NULL, 0, 0, "",
    "A file that every session is written to, secrets left out; empty: none.")
ROW(server.log, "server", "log", PATH, "-", 0, 0, "-",
    "The file of the log; -: standard output.")
ROW(server.pid_file, "server", "pid-file", PATH, NULL, 0, 0, "",
    "A file that gets the number of the process; empty: none.")

ROW(listen.smtp, "listen", "smtp", LISTENERS, NULL, 0, 64, "",
    "Addresses for mail from other servers, such as *:25. Repeatable.")
ROW(listen.submission, "listen", "submission", LISTENERS, NULL, 0, 64, "",
    "Addresses for mail of our own users, TLS by STARTTLS, such as *:587.\n"
    "Repeatable.")
ROW(listen.submissions, "listen", "submissions", LISTENERS, NULL, 0, 64, "",
    "The same with TLS from the first byte, such as *:465. Repeatable.")
ROW(listen.lmtp, "listen", "lmtp", PATHS, NULL, 0, 64, "",
    "Paths of sockets for LMTP. Repeatable.")
ROW(listen.local, "listen", "local", PATHS, NULL, 0, 64, "",
    "Paths of sockets for programs of this machine: they may send anywhere, as\n"
    "mailwhy send and sendmail do. Repeatable.")
ROW(listen.http, "listen", "http", LISTENERS, NULL, 0, 64, "",
    "Addresses of the API, /metrics and /messages, such as 127.0.0.1:8025. They\n"
    "ask for no password. Repeatable.")

ROW(tls.certificate, "tls", "certificate", PATH, NULL, 0, 0, "",
    "The chain of certificates, PEM, our own first; read again on reload.")
ROW(tls.key, "tls", "key", PATH, NULL, 0, 0, "",
    "The key of the first certificate, PEM; read again on reload.")
ROW(tls.minimum, "tls", "minimum", CHOICE, "1.2|1.3", 0, 0, "1.2",
    "The oldest TLS that is spoken: 1.2 or 1.3.")

ROW(limits.message_size, "limits", "message-size", SIZE, NULL, KIB, TIB, "50M",
    "Bytes of a message.")
ROW(limits.recipients, "limits", "recipients", COUNT, NULL, 100, 100000, "1000",
    "Recipients of a message; RFC 5321 asks for 100 at least.")
ROW(limits.messages_per_session, "limits", "messages-per-session", COUNT, NULL, 1,
    NO_LIMIT, "1000",
    "Messages of a session.")
ROW(limits.errors, "limits", "errors", COUNT, NULL, 1, NO_LIMIT, "20",
    "Refused commands, then a session is ended.")
ROW(limits.hops, "limits", "hops", COUNT, NULL, 10, 1000, "50",
    "Received fields of a message; more of them are a loop.")
ROW(limits.header, "limits", "header", SIZE, NULL, 4 * KIB, 16 * MIB, "256K",
    "Bytes of the header of a message.")
ROW(limits.line, "limits", "line", SIZE, NULL, 1000, 64 * KIB, "64K",
    "Bytes of a line of a message; RFC 5322 allows 1000.")
ROW(limits.command_line, "limits", "command-line", SIZE, NULL, 512, 64 * KIB, "2K",
    "Bytes of a line with a command.")
ROW(limits.sessions_per_client, "limits", "sessions-per-client", COUNT, NULL, 0,
    NO_LIMIT, "50",
    "Sessions of one address at a time; 0: no limit.")
ROW(limits.sessions_per_network, "limits", "sessions-per-network", COUNT, NULL, 0,
    NO_LIMIT, "100",
    "Sessions of one network, /24 of IPv4 or /64 of IPv6, at a time; 0: no limit.")
ROW(limits.messages_per_client, "limits", "messages-per-client", RATE, NULL, 0, 0, "none",
    "Messages of one address in a time, such as 100/1m; none: no limit.")
ROW(limits.messages_per_network, "limits", "messages-per-network", RATE, NULL, 0, 0,
    "none",
    "Messages of one network in a time; none: no limit.")
ROW(limits.messages_per_user, "limits", "messages-per-user", RATE, NULL, 0, 0, "none",
    "Messages of one user who has logged in, in a time; none: no limit.")
ROW(limits.login_failures, "limits", "login-failures", RATE, NULL, 0, 0, "10/10m",
    "Failed logins from one address in a time; who has more has to wait.")
ROW(limits.idle_timeout, "limits", "idle-timeout", SPAN, NULL, 1, DAY, "5m",
    "How long the next command is waited for; RFC 5321 asks for 5m.")
ROW(limits.data_timeout, "limits", "data-timeout", SPAN, NULL, 1, DAY, "5m",
    "How long the next piece of a message is waited for.")
ROW(limits.min_rate, "limits", "min-rate", SIZE, NULL, 0, 1024 * MIB, "0",
    "Bytes a second that a client has to keep up while it sends a message; 0: the\n"
    "timeout alone counts.")

ROW(protocol.bare_line_ends, "protocol", "bare-line-ends", CHOICE, "refuse|accept", 0, 0,
    "refuse",
    "A CR or LF alone in a message: refuse, or accept, which lets mail be smuggled.")
ROW(protocol.early_talk, "protocol", "early-talk", CHOICE, "refuse|accept", 0, 0,
    "refuse",
    "Commands sent before the reply that they have to wait for.")
ROW(protocol.pipelining, "protocol", "pipelining", CHOICE, "no|yes", 0, 0, "yes",
    "Offer PIPELINING.")
ROW(protocol.chunking, "protocol", "chunking", CHOICE, "no|yes", 0, 0, "yes",
    "Offer CHUNKING (BDAT).")
ROW(protocol.binarymime, "protocol", "binarymime", CHOICE, "no|yes", 0, 0, "yes",
    "Offer BINARYMIME; needs chunking.")
ROW(protocol.smtputf8, "protocol", "smtputf8", CHOICE, "no|yes", 0, 0, "yes",
    "Offer SMTPUTF8: addresses beyond ASCII.")
ROW(protocol.dsn, "protocol", "dsn", CHOICE, "no|yes", 0, 0, "yes",
    "Offer DSN: the sender says which reports it wants.")
ROW(protocol.requiretls, "protocol", "requiretls", CHOICE, "no|yes", 0, 0, "yes",
    "Offer REQUIRETLS, under TLS.")

ROW(local.domains, "local", "domains", LIST, NULL, 0, VALUE_ITEMS_MAX, "",
    "Domains whose mail stays here. Repeatable.")
ROW(local.mailboxes, "local", "mailboxes", PATH, NULL, 0, 0, "",
    "The folder of the mailboxes, Maildirs made on demand.")
ROW(local.users, "local", "users", TEXT, NULL, 0, 0, "",
    "Who has a mailbox: a file, or sqlite: and the path of a database; empty:\n"
    "every address in a local domain is one.")
ROW(local.lmtp, "local", "lmtp", TARGET, NULL, 0, 0, "",
    "Deliver all local mail there instead: the path of a socket, or HOST:PORT.")
ROW(local.subaddress, "local", "subaddress", TEXT, NULL, 0, 1, "+",
    "user+detail@ is user@: the character between them; empty: nothing is.")
ROW(local.catch_all, "local", "catch-all", TEXT, NULL, 0, 254, "",
    "An address that gets the mail of addresses that nobody has; empty: that mail\n"
    "is refused.")
ROW(local.postmaster, "local", "postmaster", TEXT, NULL, 0, 254, "",
    "An address that gets the mail of postmaster and abuse in domains that have\n"
    "no such mailbox; empty: it goes to a mailbox of that name.")
ROW(local.quota, "local", "quota", SIZE, NULL, 0, 1024 * TIB, "0",
    "Size of a mailbox of which nothing else is said; 0: no limit.")

ROW(relay.networks, "relay", "networks", NETWORKS, NULL, 0, 1024, "",
    "Networks that may send anywhere without a login. Repeatable.")
ROW(relay.route, "relay", "route", PEER, NULL, 0, 0, "",
    "The server that all mail for others goes to, HOST:PORT; empty: where their\n"
    "domains point.")

ROW(relay.user, "relay", "user", TEXT, NULL, 0, 254, "",
    "The name that we log in with at the route; empty: we don't.")
ROW(relay.password_file, "relay", "password-file", PATH, NULL, 0, 0, "",
    "A file whose first line is the password for it.")
ROW(relay.tls, "relay", "tls", CHOICE, "default|none|may|must", 0, 0, "default",
    "TLS to the route: none, may, must; default: must with a user, else as\n"
    "[delivery] says.")
ROW(relay.routes, "relay", "routes", PATH, NULL, 0, 0, "",
    "A file of other ways for some domains; see mailwhy.conf(5).")

ROW(delivery.source, "delivery", "source", LIST, NULL, 0, 64, "",
    "Addresses of this machine to send from, in turn; each has its own limits at\n"
    "each destination. Empty: whichever the system takes. Repeatable.")
ROW(delivery.addresses, "delivery", "addresses", CHOICE, "both|ipv4|ipv6", 0, 0, "both",
    "The kinds of address that are sent to.")
ROW(delivery.tls, "delivery", "tls", CHOICE, "none|may|must", 0, 0, "may",
    "TLS to the servers of others: none; may, where they offer it, whatever their\n"
    "certificate says; must, with a certificate that fits their name.")
ROW(delivery.authorities, "delivery", "authorities", PATH, NULL, 0, 0, "",
    "Who may sign those certificates, PEM; empty: those that the system trusts.")
ROW(delivery.port, "delivery", "port", COUNT, NULL, 1, 65535, "25",
    "The port of the servers of others. For tests.")
ROW(delivery.connections, "delivery", "connections", COUNT, NULL, 1, 100000, "1000",
    "Connections to servers of others at a time.")
ROW(delivery.destination_connections, "delivery", "destination-connections", COUNT, NULL,
    1, 10000, "20",
    "The same to one destination from one source address, at most.")
ROW(delivery.messages_per_connection, "delivery", "messages-per-connection", COUNT, NULL,
    1, 1000000, "1000",
    "Messages of one connection, at most.")
ROW(delivery.messages_per_minute, "delivery", "messages-per-minute", COUNT, NULL, 0,
    1000000, "0",
    "Messages to one destination from one source address in a minute, at most; 0:\n"
    "no limit but what the destination tells.")
ROW(delivery.first_connections, "delivery", "first-connections", COUNT, NULL, 1, 1000,
    "2",
    "Connections to a destination that we know nothing of.")
ROW(delivery.first_messages, "delivery", "first-messages", COUNT, NULL, 1, 100000, "10",
    "Messages of one connection to it.")
ROW(delivery.recipients, "delivery", "recipients", COUNT, NULL, 1, 10000, "100",
    "Recipients of one message that are named to a server at once.")
ROW(delivery.connect_timeout, "delivery", "connect-timeout", SPAN, NULL, 1, 600, "30s",
    "How long a connection may take to come about, for each address.")
ROW(delivery.idle, "delivery", "idle", SPAN, NULL, 0, 300, "2s",
    "How long a connection is kept when there is nothing to send.")
ROW(delivery.uncertain_wait, "delivery", "uncertain-wait", SPAN, NULL, 1, DAY, "10m",
    "How long a mail waits whose last byte was sent and never answered: as long as\n"
    "servers may take for the answer.")
ROW(delivery.patience, "delivery", "patience", COUNT, NULL, 1, 1000, "100",
    "Percent of the times that RFC 5321 gives a server for its replies.")
ROW(delivery.chunking, "delivery", "chunking", CHOICE, "no|yes", 0, 0, "no",
    "Send by BDAT where it is offered.")
ROW(delivery.return_size, "delivery", "return-size", SIZE, NULL, 0, 1024 * MIB, "64K",
    "Messages up to this are returned whole by a bounce, of longer ones the header.")
ROW(delivery.own_addresses, "delivery", "own-addresses", CHOICE, "refuse|deliver", 0, 0,
    "refuse",
    "A domain whose mail goes to this machine, and is not local: a loop, or\n"
    "deliver it there all the same. For tests.")

ROW(retry.lifetime, "retry", "lifetime", SPAN, NULL, 1, 60 * DAY, "5d",
    "How long a mail is tried.")
ROW(retry.longest, "retry", "longest", SPAN, NULL, 1, 7 * DAY, "4h",
    "The longest wait between two tries; waits double until then.")
ROW(retry.warn, "retry", "warn", SPAN, NULL, 0, 60 * DAY, "4h",
    "When the sender is told that a mail is late; 0: never.")
ROW(retry.warn_urgent, "retry", "warn-urgent", SPAN, NULL, 0, 60 * DAY, "15m",
    "The same for a mail that says it is urgent.")
ROW(retry.schedule, "retry", "schedule", LIST, NULL, 0, 64, "",
    "Waits of a category, as greylisted:5m/10m/1h; the last one is repeated.\n"
    "Repeatable.")
ROW(retry.keep, "retry", "keep", LIST, NULL, 0, 64, "",
    "Categories whose refusals for good (5yz) are tried again all the same.\n"
    "Repeatable.")

ROW(dns.servers, "dns", "servers", LIST, NULL, 0, 16, "",
    "Name servers to ask, 192.0.2.1 or 192.0.2.1@5353; empty: those of\n"
    "/etc/resolv.conf. Repeatable.")
ROW(dns.trust_anchor, "dns", "trust-anchor", TEXT, NULL, 0, 0, "",
    "The file of keys that DNSSEC begins with; empty: Debian's, if it is there;\n"
    "none: nothing is validated.")
ROW(dns.timeout, "dns", "timeout", SPAN, NULL, 1, 300, "30s",
    "How long an answer is waited for.")

ROW(auth.mechanisms, "auth", "mechanisms", SET,
    "PLAIN|LOGIN|SCRAM-SHA-256|SCRAM-SHA-256-PLUS", 0, 0,
    "PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS",
    "Ways to log in that are offered. Repeatable.")
ROW(auth.plaintext, "auth", "plaintext", CHOICE, "no|yes", 0, 0, "no",
    "Allow logins without TLS. For tests.")

ROW(test.scenario, "test", "scenario", TEXT, NULL, 0, 0, "",
    "Answer as this file of scenarios says; builtin: as the address says.")
ROW(test.keep, "test", "keep", CHOICE, "no|yes", 0, 0, "no",
    "Keep all mail to be looked at and deliver none.")

ROW(rules.file, "rules", "file", PATHS, NULL, 0, 16, "",
    "A file of rules besides those that are built in; see mailwhy.rules(5).\n"
    "Repeatable.")
	/* clang-format on */
};

const size_t settings_count = sizeof settings_table / sizeof *settings_table;

static_assert(sizeof settings_table / sizeof *settings_table <= SETTINGS_MAX,
	      "SETTINGS_MAX is too small");
