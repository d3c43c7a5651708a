/* SPDX-License-Identifier: MIT
 *
 * Each setting may be good and the whole still not work. Better told now, with the line,
 * than by the first mail.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "engine/settings.h"
#include "net/address.h"
#include "queue/schedule.h"

typedef struct check {
	const settings *s;
	problems *told;
} check;

static void error(check *c, const void *field, const char *text)
{
	problem_add(c->told, settings_place(c->s, field), "%s", text);
}

static void warn(check *c, const void *field, const char *text)
{
	problem place = settings_place(c->s, field);

	place.warning = true;
	problem_add(c->told, place, "%s", text);
}

static void error_file(check *c, const void *field, const char *path)
{
	problem_add(c->told, settings_place(c->s, field), "%s: %s", path,
		    strerror(errno));
}

/* Tells why a regular file can't be read; true when it can. */
static bool is_readable(check *c, const void *field, const char *path, struct stat *st)
{
	/* A pipe would make us wait for its other end. */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, st) != 0) {
		error_file(c, field, path);
		if (fd >= 0)
			close(fd);
		return false;
	}
	close(fd);
	if (S_ISREG(st->st_mode))
		return true;
	problem_add(c->told, settings_place(c->s, field), "%s: is no file", path);
	return false;
}

static void check_secret(check *c, const void *field, const char *path)
{
	problem place = settings_place(c->s, field);
	struct stat st;

	place.warning = true;
	if (is_readable(c, field, path, &st) && (st.st_mode & S_IROTH) != 0)
		problem_add(c->told, place, "%s can be read by everybody: chmod o= %s",
			    path, path);
}

static void check_pair(check *c, X509 *cert, EVP_PKEY *key)
{
	const settings *s = c->s;
	const char *host = s->server.hostname;

	if (X509_check_private_key(cert, key) != 1)
		error(c, &s->tls.key, "the key is not that of the certificate");
	if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
		warn(c, &s->tls.certificate, "the certificate has expired: renew it");
	if (*host != 0 && X509_check_host(cert, host, 0, 0, NULL) != 1)
		warn(c, &s->tls.certificate,
		     "the certificate is not for the [server] hostname");
}

static int no_passphrase(char *out, int size, int writing, void *ctx)
{
	(void)out, (void)size, (void)writing, (void)ctx;
	return -1;
}

static void check_pem(check *c)
{
	const settings *s = c->s;
	BIO *cert_file = BIO_new_file(s->tls.certificate, "r");
	BIO *key_file = BIO_new_file(s->tls.key, "r");
	X509 *cert = cert_file != NULL
			     ? PEM_read_bio_X509(cert_file, NULL, no_passphrase, NULL)
			     : NULL;
	EVP_PKEY *key = key_file != NULL ? PEM_read_bio_PrivateKey(key_file, NULL,
								   no_passphrase, NULL)
					 : NULL;

	if (cert == NULL)
		error(c, &s->tls.certificate,
		      "the file holds no certificate in PEM form");
	if (key == NULL)
		error(c, &s->tls.key,
		      "the file holds no key in PEM form without a passphrase");
	if (cert != NULL && key != NULL)
		check_pair(c, cert, key);
	EVP_PKEY_free(key);
	X509_free(cert);
	BIO_free(key_file);
	BIO_free(cert_file);
	ERR_clear_error();
}

static void check_tls(check *c)
{
	const settings *s = c->s;
	const bool cert = *s->tls.certificate != 0, key = *s->tls.key != 0;
	const unsigned before = c->told->errors;
	struct stat st;

	if (cert && !key)
		error(c, &s->tls.certificate,
		      "a certificate without a key: set key in [tls]");
	if (key && !cert)
		error(c, &s->tls.key,
		      "a key without a certificate: set certificate in [tls]");
	if (!cert || !key)
		return;
	is_readable(c, &s->tls.certificate, s->tls.certificate, &st);
	check_secret(c, &s->tls.key, s->tls.key);
	if (c->told->errors == before)
		check_pem(c);
}

static bool is_public(const value_endpoints *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!value_endpoint_loopback(&list->item[i]))
			return true;
	return false;
}

static void check_submission(check *c)
{
	const settings *s = c->s;
	const value_endpoints *start = &s->listen.submission,
			      *implicit = &s->listen.submissions;
	const bool tls = *s->tls.certificate != 0;
	const void *field = start->count > 0 ? (const void *)start : implicit;

	if (start->count + implicit->count == 0)
		return;
	if (*s->local.users == 0)
		error(c, field,
		      "submission is for users who log in: set users in [local]");
	if (s->auth.mechanisms == 0)
		error(c, field, "submission needs a way to log in: mechanisms in [auth]");
	if (implicit->count > 0 && !tls)
		error(c, implicit,
		      "submissions is TLS: set certificate and key in [tls]");
	if (start->count > 0 && !tls && s->auth.plaintext == 0)
		error(c, start,
		      "nobody can log in without TLS: set certificate and key in [tls]");
	if (s->auth.plaintext != 0 && is_public(start))
		warn(c, &s->auth.plaintext,
		     "passwords may cross the network in the clear: take plaintext = yes "
		     "out");
}

/* The nth list of addresses to listen on; NULL past the last. */
static const value_endpoints *listeners(const settings *s, size_t n)
{
	switch (n) {
	case 0:
		return &s->listen.smtp;
	case 1:
		return &s->listen.submission;
	case 2:
		return &s->listen.submissions;
	case 3:
		return &s->listen.http;
	default:
		return NULL;
	}
}

/* Does the address stand among the listeners before the `end`th of list `n`? */
static bool stands_before(const settings *s, const value_endpoint *e, size_t n,
			  size_t end)
{
	for (size_t i = 0; i <= n; i++) {
		const value_endpoints *list = listeners(s, i);

		for (size_t j = 0; j < (i == n ? end : list->count); j++)
			if (e->port != 0 && strcmp(list->item[j].text, e->text) == 0)
				return true;
	}
	return false;
}

static void check_listeners(check *c)
{
	const settings *s = c->s;
	size_t count = s->listen.lmtp.count + s->listen.local.count;

	for (size_t n = 0; listeners(s, n) != NULL; n++) {
		const value_endpoints *list = listeners(s, n);

		count += list->count;
		for (size_t i = 0; i < list->count; i++)
			if (stands_before(s, &list->item[i], n, i))
				problem_add(c->told, settings_place(s, list),
					    "%s is to be listened on twice",
					    list->item[i].text);
	}
	if (is_public(&s->listen.http))
		warn(c, &s->listen.http,
		     "the API asks for no password and is not on a loopback address: "
		     "whoever reaches it reads the mail");
	for (size_t i = 0; i < s->listen.lmtp.count; i++)
		if (s->listen.lmtp.item[i][0] != '/')
			error(c, &s->listen.lmtp, "the path of a socket begins with /");
	for (size_t i = 0; i < s->listen.local.count; i++)
		if (s->listen.local.item[i][0] != '/')
			error(c, &s->listen.local, "the path of a socket begins with /");
	if (count == 0 && (s->local.domains.count > 0 || s->relay.networks.count > 0))
		warn(c, &s->listen.smtp,
		     "nothing is listened on: set smtp in [listen], such as *:25");
	if (count > 0 && *s->server.spool == 0)
		warn(c, &s->server.spool,
		     "no spool is set in [server]: what is queued is kept in a private "
		     "folder that no later start looks at");
}

static bool is_address(const char *text)
{
	const char *at = strrchr(text, '@');

	return at != NULL && at != text && at[1] != 0;
}

static void check_subaddress(check *c)
{
	const char mark = *c->s->local.subaddress;

	if (mwi_is_alnum(mark) || mark == '@' || mark == '.' || mark == '"' ||
	    mark == '*')
		error(c, &c->s->local.subaddress,
		      "the mark of subaddresses is a character such as + or -");
}

static void check_users(check *c)
{
	const settings *s = c->s;
	const char *users = s->local.users;
	const bool sqlite = strncmp(users, "sqlite:", 7) == 0;
	const char *path = sqlite ? users + 7 : users;

	if (*users == 0)
		return;
	if (!sqlite && *users != '/' && strchr(users, ':') != NULL)
		error(c, &s->local.users,
		      "is neither a path nor sqlite: with a path: /etc/mailwhy/users");
	else if (*path != '/')
		error(c, &s->local.users, "the path has to begin with /");
	else
		check_secret(c, &s->local.users, path);
}

static void check_local(check *c)
{
	const settings *s = c->s;
	const bool domains = s->local.domains.count > 0;
	const bool to_lmtp = *s->local.lmtp.text != 0;
	const bool test = s->test.keep != 0 || *s->test.scenario != 0;
	struct stat st;

	if (domains && *s->local.mailboxes == 0 && !to_lmtp && !test)
		error(c, &s->local.domains,
		      "mail for these domains has nowhere to go: set mailboxes or lmtp "
		      "in "
		      "[local]");
	if (!domains && (*s->local.mailboxes != 0 || to_lmtp || *s->local.catch_all != 0))
		warn(c,
		     *s->local.mailboxes != 0 ? (const void *)&s->local.mailboxes
		     : to_lmtp                ? (const void *)&s->local.lmtp
					      : (const void *)&s->local.catch_all,
		     "no mail is local: set domains in [local]");
	if (*s->local.mailboxes != 0 && to_lmtp)
		warn(c, &s->local.mailboxes,
		     "is not used: lmtp in [local] gets all local mail");
	if (*s->local.mailboxes != 0 && stat(s->local.mailboxes, &st) == 0 &&
	    !S_ISDIR(st.st_mode))
		error(c, &s->local.mailboxes, "is no folder");
	if (*s->local.catch_all != 0 && !is_address(s->local.catch_all))
		error(c, &s->local.catch_all, "is no address: name@example.org");
	if (*s->local.postmaster != 0 && !is_address(s->local.postmaster))
		error(c, &s->local.postmaster, "is no address: name@example.org");
	check_subaddress(c);
	check_users(c);
}

static void check_relay(check *c)
{
	const settings *s = c->s;
	static const unsigned char zero[12] = {0};

	for (size_t i = 0; i < s->relay.networks.count; i++) {
		const value_network *n = &s->relay.networks.item[i];

		if (n->bits == 0 || (n->bits == 96 && memcmp(n->address, zero, 10) == 0))
			warn(c, &s->relay.networks,
			     "everybody may send anywhere through this server: an open "
			     "relay, soon on every blocklist");
	}
	if (s->protocol.bare_line_ends != 0)
		warn(c, &s->protocol.bare_line_ends,
		     "lets a sender smuggle mail past the checks: use refuse");
	if (s->protocol.binarymime != 0 && s->protocol.chunking == 0)
		warn(c, &s->protocol.binarymime,
		     "is not offered without chunking: set it to no, or chunking to yes");
}

static void check_sources(check *c)
{
	const value_list *list = &c->s->delivery.source;
	net_address address;

	for (size_t i = 0; i < list->count; i++)
		if (!net_address_read(&address, list->item[i]))
			error(c, list,
			      "is no address of this machine, such as 192.0.2.1");
}

static void check_retry(check *c)
{
	const settings *s = c->s;
	schedule plan;

	(void)settings_schedule(&plan, s, c->told);
	if (s->retry.warn >= s->retry.lifetime && s->retry.warn != 0)
		warn(c, &s->retry.warn,
		     "is no less than the lifetime: nobody will be told of delays");
}

static void check_delivery(check *c)
{
	const settings *s = c->s;
	struct stat st;

	if (s->relay.user[0] != '\0' && s->relay.route.text[0] == '\0')
		error(c, &s->relay.user, "is of use with a route only");
	if ((s->relay.user[0] != '\0') != (s->relay.password_file[0] != '\0'))
		error(c,
		      s->relay.user[0] != '\0' ? (const void *)&s->relay.user
					       : &s->relay.password_file,
		      "user and password-file belong together");
	if (s->relay.password_file[0] != '\0')
		is_readable(c, &s->relay.password_file, s->relay.password_file, &st);
	if (s->relay.routes[0] != '\0')
		is_readable(c, &s->relay.routes, s->relay.routes, &st);
	if (s->delivery.authorities[0] != '\0')
		is_readable(c, &s->delivery.authorities, s->delivery.authorities, &st);
	check_sources(c);
	check_retry(c);
}

static void check_store(check *c)
{
	const settings *s = c->s;

	if (strncmp(s->server.store, "postgresql://", 13) == 0 ||
	    strncmp(s->server.store, "postgres://", 11) == 0)
		error(c, &s->server.store,
		      "PostgreSQL is not in this version: leave store out to keep the "
		      "queue in the spool");
	else if (*s->server.store != 0)
		error(c, &s->server.store,
		      "is no store that this version knows: leave it out");
}

static void check_server(check *c)
{
	const settings *s = c->s;
	const char *host = s->server.hostname;
	struct passwd user, *found_user = NULL;
	struct group group, *found_group = NULL;
	char room[16384];

	if (host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789.-")] != 0 ||
	    *host == '.' || *host == '-')
		error(c, &s->server.hostname, "is no host name: mail.example.org");
	else if (*host != 0 && strchr(host, '.') == NULL)
		warn(c, &s->server.hostname,
		     "is no full name, and many servers refuse that: mail.example.org");
	if (*s->server.user != 0 &&
	    (getpwnam_r(s->server.user, &user, room, sizeof room, &found_user) != 0 ||
	     found_user == NULL))
		error(c, &s->server.user, "no such user on this system");
	if (*s->server.group != 0 &&
	    (getgrnam_r(s->server.group, &group, room, sizeof room, &found_group) != 0 ||
	     found_group == NULL))
		error(c, &s->server.group, "no such group on this system");
	if (*s->server.group != 0 && *s->server.user == 0)
		warn(c, &s->server.group, "is not used without user in [server]");
	check_store(c);
}

static void check_files(check *c)
{
	const settings *s = c->s;
	const char *scenario = s->test.scenario;
	struct stat st;

	/* A name without a path may be that of an installed one: who opens it tells. */
	if (strchr(scenario, '/') != NULL)
		is_readable(c, &s->test.scenario, scenario, &st);
	for (size_t i = 0; i < s->rules.file.count; i++)
		is_readable(c, &s->rules.file, s->rules.file.item[i], &st);
}

bool settings_check(const settings *s, problems *told)
{
	static void (*const checks[])(check *) = {
		check_server, check_listeners, check_tls,      check_submission,
		check_local,  check_relay,     check_delivery, check_files,
	};
	const unsigned before = told->errors;
	check c = {s, told};

	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		checks[i](&c);
	return told->errors == before;
}
