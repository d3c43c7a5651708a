/* SPDX-License-Identifier: MIT
 *
 * Logins, with the client's side of libgsasl at the other end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <gsasl.h>
#include <mailwhy/smtp_server.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/login.h"
#include "engine/scram.h"

/* The hash of "secret". */
#define HASH "$y$j9T$MuO2jHOYGDiFB2sJ67xkf0$GR7vzBWwGWAHtCK/qi5vIKiDTmaBHsd4nGmRAHoN1u/"

static const login_binding no_binding = {{"", 0}, {"", 0}};
static const login_binding binding = {{"0123456789abcdef0123456789abcdef", 32},
				      {"unique-bytes", 12}};
static const login_binding other_binding = {{"0123456789abcdef0123456789abcdeX", 32},
					    {"unique-bytex", 12}};

static void hear(void *ctx, const problem *p)
{
	(void)ctx;
	fail_msg("%u: %s", p->line, p->text);
}

static accounts *open_users(const char *users)
{
	problems told = {.tell = hear};
	char why[SETTINGS_WHY];
	settings *s = settings_new();
	accounts *a = NULL;

	assert_int_equal(settings_set(s, "local", "domains", "example.org", why), MW_OK);
	assert_int_equal(settings_set(s, "local", "users", users, why), MW_OK);
	assert_int_equal(accounts_open(&a, s, &told), MW_OK);
	settings_drop(s);
	return a;
}

/* bob has all, eve a password alone, ann SCRAM alone, dan is disabled. */
static accounts *open_some(void)
{
	char text[4096], path[] = "/tmp/test_login.XXXXXX", keys[SCRAM_TEXT_MAX];
	const int fd = mkstemp(path);
	mw_buf b;

	mw_buf_init(&b, keys, sizeof keys - 1);
	assert_int_equal(scram_make(&b, "secret"), MW_OK);
	keys[b.len] = 0;
	const int n = snprintf(text, sizeof text,
			       "bob@example.org password=" HASH
			       " scram=%s sender=*@shop.example,boss@x.example\n"
			       "eve@example.org password=" HASH " sender=*\n"
			       "ann@example.org scram=%s\n"
			       "dan@example.org disabled password=" HASH " scram=%s\n"
			       "sales@example.org alias=bob@example.org\n",
			       keys, keys, keys);

	assert_int_equal(write(fd, text, (size_t)n), n);
	close(fd);
	accounts *a = open_users(path);

	unlink(path);
	return a;
}

static mw_str encode(const char *bytes, size_t n, char room[8192])
{
	char *text;
	size_t len;

	assert_int_equal(gsasl_base64_to(bytes, n, &text, &len), GSASL_OK);
	assert_true(len < 8192);
	memcpy(room, text, len);
	gsasl_free(text);
	return (mw_str){room, len};
}

/* What one client does: who it is, and what goes wrong on the way. */
typedef struct attempt {
	unsigned mechanism;
	const char *name; /* of the mechanism; NULL: that of `mechanism` */
	const char *user, *password, *authzid;
	login_state want;
	const login_binding *server, *client;
	int tamper; /* which response of the client gets one letter changed; 0 none */
} attempt;

static const char *mechanism_name(unsigned mechanism)
{
	return mechanism == MW_SASL_PLAIN           ? "PLAIN"
	       : mechanism == MW_SASL_LOGIN         ? "LOGIN"
	       : mechanism == MW_SASL_SCRAM_SHA_256 ? "SCRAM-SHA-256"
						    : "SCRAM-SHA-256-PLUS";
}

static void set_client_binding(Gsasl_session *c, const login_binding *b)
{
	char room[8192];
	mw_str text;

	if (b == NULL)
		return;
	if (b->exporter.len > 0) {
		text = encode(b->exporter.ptr, b->exporter.len, room);
		gsasl_property_set_raw(c, GSASL_CB_TLS_EXPORTER, text.ptr, text.len);
	}
	if (b->unique.len > 0) {
		text = encode(b->unique.ptr, b->unique.len, room);
		gsasl_property_set_raw(c, GSASL_CB_TLS_UNIQUE, text.ptr, text.len);
	}
}

static Gsasl_session *start_client(Gsasl *g, const attempt *t)
{
	Gsasl_session *c;

	assert_int_equal(
		gsasl_client_start(
			g, t->name != NULL ? t->name : mechanism_name(t->mechanism), &c),
		GSASL_OK);
	gsasl_property_set(c, GSASL_AUTHID, t->user);
	gsasl_property_set(c, GSASL_PASSWORD, t->password);
	if (t->authzid != NULL)
		gsasl_property_set(c, GSASL_AUTHZID, t->authzid);
	gsasl_property_set(c, GSASL_SERVICE, "smtp");
	gsasl_property_set(c, GSASL_HOSTNAME, "mx.example.org");
	set_client_binding(c, t->client);
	return c;
}

/* The whole talk; *rounds: how many challenges there were. */
static login_state talk(accounts *a, const attempt *t, unsigned *rounds, char user[600])
{
	char room[LOGIN_CHALLENGE_MAX], text[LOGIN_CHALLENGE_MAX + 1] = "", *reply = NULL;
	mw_str challenge;
	Gsasl *g;
	login *l =
		login_start(t->mechanism, a, t->server != NULL ? t->server : &no_binding,
			    "mx.example.org");

	assert_non_null(l);
	assert_int_equal(gsasl_init(&g), GSASL_OK);
	Gsasl_session *c = start_client(g, t);
	login_state state = login_step(l, MW_LIT(""), room, &challenge);

	*rounds = 0;
	while (state == LOGIN_MORE && *rounds < 10) {
		++*rounds;
		memcpy(text, challenge.ptr, challenge.len);
		text[challenge.len] = 0;
		const int rc = gsasl_step64(c, text, &reply);

		if (rc != GSASL_OK && rc != GSASL_NEEDS_MORE) {
			/* The server could not prove that it knows the keys. */
			state = login_step(l, MW_LIT("*"), room, &challenge);
			break;
		}
		if (t->tamper == (int)*rounds)
			reply[strlen(reply) / 2] ^= 1;
		state = login_step(l, mw_str_of(reply), room, &challenge);
		gsasl_free(reply);
	}
	snprintf(user, 600, "%.*s", state == LOGIN_OK ? (int)login_user(l).len : 0,
		 state == LOGIN_OK ? login_user(l).ptr : "");
	gsasl_finish(c);
	gsasl_done(g);
	login_close(&l);
	assert_null(l);
	return state;
}

#define BOB "bob@example.org"

static const attempt attempts[] = {
	{MW_SASL_PLAIN, NULL, BOB, "secret", NULL, LOGIN_OK, NULL, NULL, 0},
	{MW_SASL_PLAIN, NULL, "BOB@Example.org", "secret", NULL, LOGIN_OK, NULL, NULL, 0},
	{MW_SASL_PLAIN, NULL, "bob", "secret", NULL, LOGIN_OK, NULL, NULL, 0},
	{MW_SASL_PLAIN, NULL, BOB, "secret", BOB, LOGIN_OK, NULL, NULL, 0},
	{MW_SASL_PLAIN, NULL, BOB, "secret", "eve@example.org", LOGIN_FAILED, NULL, NULL,
	 0},
	{MW_SASL_PLAIN, NULL, BOB, "Secret", NULL, LOGIN_FAILED, NULL, NULL, 0},
	{MW_SASL_PLAIN, NULL, BOB, HASH, NULL, LOGIN_FAILED, NULL, NULL, 0},
	{MW_SASL_PLAIN, NULL, "eve@example.org", "secret", NULL, LOGIN_OK, NULL, NULL, 0},
	{MW_SASL_PLAIN, NULL, "ann@example.org", "secret", NULL, LOGIN_FAILED, NULL, NULL,
	 0},
	{MW_SASL_PLAIN, NULL, "dan@example.org", "secret", NULL, LOGIN_FAILED, NULL, NULL,
	 0},
	{MW_SASL_PLAIN, NULL, "sales@example.org", "secret", NULL, LOGIN_FAILED, NULL,
	 NULL, 0},
	{MW_SASL_PLAIN, NULL, "nobody@example.org", "secret", NULL, LOGIN_FAILED, NULL,
	 NULL, 0},
	{MW_SASL_LOGIN, NULL, BOB, "secret", NULL, LOGIN_OK, NULL, NULL, 0},
	{MW_SASL_LOGIN, NULL, BOB, "wrong", NULL, LOGIN_FAILED, NULL, NULL, 0},
	{MW_SASL_LOGIN, NULL, "nobody", "secret", NULL, LOGIN_FAILED, NULL, NULL, 0},
	{MW_SASL_SCRAM_SHA_256, NULL, BOB, "secret", NULL, LOGIN_OK, NULL, NULL, 0},
	{MW_SASL_SCRAM_SHA_256, NULL, "Bob@EXAMPLE.org", "secret", NULL, LOGIN_OK, NULL,
	 NULL, 0},
	{MW_SASL_SCRAM_SHA_256, NULL, BOB, "secret", BOB, LOGIN_OK, NULL, NULL, 0},
	{MW_SASL_SCRAM_SHA_256, NULL, BOB, "secret", "ann@example.org", LOGIN_FAILED,
	 NULL, NULL, 0},
	{MW_SASL_SCRAM_SHA_256, NULL, "ann@example.org", "secret", NULL, LOGIN_OK, NULL,
	 NULL, 0},
	{MW_SASL_SCRAM_SHA_256, NULL, BOB, "wrong", NULL, LOGIN_FAILED, NULL, NULL, 0},
	{MW_SASL_SCRAM_SHA_256, NULL, "eve@example.org", "secret", NULL, LOGIN_FAILED,
	 NULL, NULL, 0},
	{MW_SASL_SCRAM_SHA_256, NULL, "dan@example.org", "secret", NULL, LOGIN_FAILED,
	 NULL, NULL, 0},
	{MW_SASL_SCRAM_SHA_256, NULL, "nobody@example.org", "secret", NULL, LOGIN_FAILED,
	 NULL, NULL, 0},
	{MW_SASL_SCRAM_SHA_256_PLUS, NULL, BOB, "secret", NULL, LOGIN_OK, &binding,
	 &binding, 0},
	{MW_SASL_SCRAM_SHA_256_PLUS, NULL, BOB, "wrong", NULL, LOGIN_FAILED, &binding,
	 &binding, 0},
	{MW_SASL_SCRAM_SHA_256_PLUS, NULL, "nobody", "secret", NULL, LOGIN_FAILED,
	 &binding, &binding, 0},
	/* Somebody in between has a TLS of its own with each side. */
	{MW_SASL_SCRAM_SHA_256_PLUS, NULL, BOB, "secret", NULL, LOGIN_FAILED, &binding,
	 &other_binding, 0},
	/* A client without a binding does not get in by the name of -PLUS. */
	{MW_SASL_SCRAM_SHA_256_PLUS, "SCRAM-SHA-256", BOB, "secret", NULL, LOGIN_FAILED,
	 &binding, NULL, 0},
	{MW_SASL_SCRAM_SHA_256, NULL, BOB, "secret", NULL, LOGIN_OK, &binding, NULL, 0},
};

static void each_attempt_ends_as_it_should(void **state)
{
	accounts *a = open_some();

	(void)state;
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
		unsigned rounds;
		char user[600];
		const login_state got = talk(a, &attempts[i], &rounds, user);

		if (got != attempts[i].want)
			fail_msg("attempt %zu: state %d, not %d", i, got,
				 attempts[i].want);
		if (got == LOGIN_OK)
			assert_true(strcmp(user, BOB) == 0 ||
				    strstr(BOB "eve@example.org ann@example.org", user));
	}
	accounts_drop(a);
}

/* -PLUS by each kind of binding alone. */
static void both_bindings_work(void **state)
{
	accounts *a = open_some();
	const login_binding exporter = {binding.exporter, {"", 0}};
	const login_binding unique = {{"", 0}, binding.unique};
	const attempt by_exporter = {MW_SASL_SCRAM_SHA_256_PLUS,
				     NULL,
				     BOB,
				     "secret",
				     NULL,
				     LOGIN_OK,
				     &exporter,
				     &exporter,
				     0};
	const attempt by_unique = {MW_SASL_SCRAM_SHA_256_PLUS,
				   NULL,
				   BOB,
				   "secret",
				   NULL,
				   LOGIN_OK,
				   &unique,
				   &unique,
				   0};
	unsigned rounds;
	char user[600];

	(void)state;
	assert_int_equal(talk(a, &by_exporter, &rounds, user), LOGIN_OK);
	assert_string_equal(user, BOB);
	assert_int_equal(talk(a, &by_unique, &rounds, user), LOGIN_OK);
	accounts_drop(a);
}

static void nobody_gets_the_challenges_of_somebody(void **state)
{
	accounts *a = open_some();
	static const char *const names[] = {BOB, "nobody@example.org", "eve@example.org"};
	char salts[3][2][100], bytes[200], encoded[8192], room[LOGIN_CHALLENGE_MAX];

	(void)state;
	for (int i = 0; i < 3; i++)
		for (int again = 0; again < 2; again++) {
			login *l =
				login_start(MW_SASL_SCRAM_SHA_256, a, &no_binding, "mx");
			mw_str challenge;
			char *out;
			size_t n;

			snprintf(bytes, sizeof bytes, "n,,n=%s,r=nonce%d", names[i],
				 again);
			assert_int_equal(login_step(l,
						    encode(bytes, strlen(bytes), encoded),
						    room, &challenge),
					 LOGIN_MORE);
			assert_int_equal(
				gsasl_base64_from(challenge.ptr, challenge.len, &out, &n),
				GSASL_OK);
			const char *salt = strstr(out, ",s=");

			assert_non_null(salt);
			snprintf(salts[i][again], 100, "%.*s",
				 (int)(n - (size_t)(salt - out)), salt);
			gsasl_free(out);
			login_close(&l);
		}
	for (int i = 0; i < 3; i++) {
		/* The same salt each time, as long and with as many rounds as bob's. */
		assert_string_equal(salts[i][0], salts[i][1]);
		assert_int_equal(strlen(salts[i][0]), strlen(salts[0][0]));
		assert_string_equal(strstr(salts[i][0], ",i="),
				    strstr(salts[0][0], ",i="));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(salts[i][0], salts[j][0]);
	}
	accounts_drop(a);
}

static void what_was_tampered_with_fails(void **state)
{
	accounts *a = open_some();
	unsigned rounds;
	char user[600];

	(void)state;
	for (int round = 1; round <= 3; round++) {
		attempt t = {MW_SASL_SCRAM_SHA_256,
			     NULL,
			     BOB,
			     "secret",
			     NULL,
			     LOGIN_OK,
			     NULL,
			     NULL,
			     round};

		if (round == 3)
			continue; /* there is nothing in it to change */
		const login_state got = talk(a, &t, &rounds, user);

		assert_true(got == LOGIN_FAILED || got == LOGIN_BAD_BASE64 ||
			    got == LOGIN_CANCELLED);
	}
	accounts_drop(a);
}

/* One response after another, in base64 where it does not begin with '!'. */
static login_state say(accounts *a, unsigned mechanism, const char *const *responses)
{
	char room[LOGIN_CHALLENGE_MAX], encoded[8192];
	login *l = login_start(mechanism, a, &no_binding, "mx.example.org");
	login_state state = LOGIN_MORE;
	mw_str challenge;

	for (; *responses != NULL && state == LOGIN_MORE; responses++)
		state = login_step(
			l,
			**responses == '!'
				? mw_str_of(*responses + 1)
				: encode(*responses, strlen(*responses), encoded),
			room, &challenge);
	login_close(&l);
	return state;
}

static const struct talk {
	unsigned mechanism;
	login_state want;
	const char *response[9];
} talks[] = {
	{MW_SASL_LOGIN, LOGIN_OK, {"!", BOB, "secret"}},
	{MW_SASL_LOGIN, LOGIN_OK, {BOB, "secret"}},
	{MW_SASL_LOGIN, LOGIN_OK, {"!Ym9iQGV4YW1wbGUub3Jn", "!c2VjcmV0"}},
	{MW_SASL_LOGIN, LOGIN_FAILED, {BOB, ""}},
	{MW_SASL_LOGIN, LOGIN_CANCELLED, {BOB, "!*"}},
	{MW_SASL_PLAIN, LOGIN_OK, {"!AGJvYkBleGFtcGxlLm9yZwBzZWNyZXQ="}},
	{MW_SASL_PLAIN, LOGIN_OK, {"!", "!AGJvYkBleGFtcGxlLm9yZwBzZWNyZXQ="}},
	{MW_SASL_PLAIN, LOGIN_CANCELLED, {"!", "!*"}},
	{MW_SASL_PLAIN, LOGIN_CANCELLED, {"!*"}},
	{MW_SASL_PLAIN, LOGIN_BAD_BASE64, {"!", "!AGJvYkBleG"}},
	{MW_SASL_PLAIN, LOGIN_BAD_BASE64, {"!", "!=AGJ"}},
	{MW_SASL_PLAIN, LOGIN_BAD_BASE64, {"!", "!="}},
	{MW_SASL_PLAIN, LOGIN_BAD_BASE64, {"!AGJv YkBl"}},
	{MW_SASL_PLAIN, LOGIN_FAILED, {"no zeros"}},
	{MW_SASL_PLAIN, LOGIN_FAILED, {"\377\376\375"}},
	{MW_SASL_PLAIN, LOGIN_FAILED, {"!", "!", "!", "!", "!", "!", "!", "!"}},
	{MW_SASL_SCRAM_SHA_256, LOGIN_FAILED, {"n,,n=bob"}},
	{MW_SASL_SCRAM_SHA_256, LOGIN_FAILED, {"x"}},
	{MW_SASL_SCRAM_SHA_256, LOGIN_FAILED, {"p=tls-exporter,,n=bob,r=abc"}},
	{MW_SASL_SCRAM_SHA_256, LOGIN_CANCELLED, {"n,,n=bob,r=abc", "!*"}},
	{MW_SASL_SCRAM_SHA_256, LOGIN_FAILED, {"n,,n=bob,r=abc", "c=biws,r=abc,p=AAAA"}},
	{MW_SASL_SCRAM_SHA_256, LOGIN_FAILED, {"n,,n=bob,r=abc", "n,,n=bob,r=abc"}},
};

static void each_talk_ends_as_it_should(void **state)
{
	accounts *a = open_some();

	(void)state;
	for (size_t i = 0; i < sizeof talks / sizeof *talks; i++) {
		const login_state got = say(a, talks[i].mechanism, talks[i].response);

		if (got != talks[i].want)
			fail_msg("talk %zu: state %d, not %d", i, got, talks[i].want);
	}
	accounts_drop(a);
}

/* "y": the client could have bound, and was told that the server can't. Where that is a
 * lie, somebody in between told it. */
static void a_downgrade_is_refused(void **state)
{
	static const login_binding *const bindings[] = {&binding, &no_binding};
	accounts *a = open_some();

	(void)state;
	for (int i = 0; i < 2; i++) {
		char room[LOGIN_CHALLENGE_MAX], encoded[8192];
		mw_str challenge;
		login *l = login_start(MW_SASL_SCRAM_SHA_256, a, bindings[i], "mx");

		assert_int_equal(login_step(l, encode("y,,n=bob,r=abc", 14, encoded),
					    room, &challenge),
				 i == 0 ? LOGIN_FAILED : LOGIN_MORE);
		login_close(&l);
	}
	accounts_drop(a);
}

static void long_lines_have_an_end(void **state)
{
	static char line[LOGIN_LINE_MAX + 4];
	static const unsigned all[] = {MW_SASL_PLAIN, MW_SASL_LOGIN,
				       MW_SASL_SCRAM_SHA_256, MW_SASL_SCRAM_SHA_256_PLUS};
	accounts *a = open_some();

	(void)state;
	memset(line, 'Q', sizeof line);
	for (int i = 0; i < 4; i++)
		for (size_t n = LOGIN_LINE_MAX; n <= LOGIN_LINE_MAX + 4; n += 4) {
			char room[LOGIN_CHALLENGE_MAX];
			mw_str challenge;
			login *l = login_start(all[i], a, &binding, "mx");
			login_state got =
				login_step(l, (mw_str){line, n}, room, &challenge);

			/* LOGIN hears its verdict only with the password. */
			if (got == LOGIN_MORE)
				got = login_step(l, (mw_str){line, n}, room, &challenge);
			assert_int_equal(got, n > LOGIN_LINE_MAX ? LOGIN_BAD_BASE64
								 : LOGIN_FAILED);
			login_close(&l);
		}
	/* A nonce that long would come back in our challenge. */
	char bytes[4000], encoded[8192], room[LOGIN_CHALLENGE_MAX];
	login *l = login_start(MW_SASL_SCRAM_SHA_256, a, &no_binding, "mx");
	mw_str challenge;

	memset(bytes, 'a', sizeof bytes);
	memcpy(bytes, "n,,n=bob,r=", 11);
	assert_int_equal(
		login_step(l, encode(bytes, sizeof bytes, encoded), room, &challenge),
		LOGIN_FAILED);
	login_close(&l);
	accounts_drop(a);
}

static void a_mechanism_that_is_none_does_not_start(void **state)
{
	accounts *a = open_some();

	(void)state;
	assert_null(login_start(16, a, &no_binding, "mx"));
	assert_null(login_start(0, a, &no_binding, "mx"));
	accounts_drop(a);
}

static void a_broken_database_is_trouble(void **state)
{
	char path[] = "/tmp/test_login.XXXXXX", url[64];
	const int fd = mkstemp(path);
	sqlite3 *db;
	unsigned rounds;
	char user[600];

	(void)state;
	close(fd);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(
			db,
			"CREATE TABLE mailbox(address TEXT PRIMARY KEY, password TEXT, "
			"scram TEXT, quota INTEGER, disabled INTEGER, moved TEXT, "
			"alias TEXT, sender TEXT);"
			"INSERT INTO mailbox(address, password) "
			"VALUES('bob@example.org', '" HASH "')",
			NULL, NULL, NULL),
		SQLITE_OK);
	snprintf(url, sizeof url, "sqlite:%s", path);
	accounts *a = open_users(url);
	attempt t = {MW_SASL_PLAIN, NULL, BOB, "secret", NULL, LOGIN_OK, NULL, NULL, 0};

	assert_int_equal(talk(a, &t, &rounds, user), LOGIN_OK);
	assert_int_equal(login_may_send(a, MW_LIT(BOB), MW_LIT("x@example.org")),
			 LOGIN_SENDER_OTHERS);
	assert_int_equal(sqlite3_exec(db, "DROP TABLE mailbox", NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(talk(a, &t, &rounds, user), LOGIN_TROUBLE);
	t.mechanism = MW_SASL_SCRAM_SHA_256;
	assert_int_equal(talk(a, &t, &rounds, user), LOGIN_TROUBLE);
	assert_int_equal(login_may_send(a, MW_LIT(BOB), MW_LIT("x@example.org")),
			 LOGIN_SENDER_TROUBLE);
	sqlite3_close(db);
	accounts_drop(a);
	unlink(path);
}

static const struct {
	const char *user, *sender;
	login_sender may;
} senders[] = {
	{BOB, "", LOGIN_SENDER_OWN},
	{BOB, BOB, LOGIN_SENDER_OWN},
	{BOB, "Bob@Example.ORG", LOGIN_SENDER_OWN},
	{BOB, "bob+news@example.org", LOGIN_SENDER_OWN},
	{BOB, "sales@example.org", LOGIN_SENDER_OWN},
	{BOB, "any@shop.example", LOGIN_SENDER_OWN},
	{BOB, "boss@x.example", LOGIN_SENDER_OWN},
	{BOB, "bass@x.example", LOGIN_SENDER_OTHERS},
	{BOB, "any@sub.shop.example", LOGIN_SENDER_OTHERS},
	{BOB, "eve@example.org", LOGIN_SENDER_OTHERS},
	{BOB, "nobody@example.org", LOGIN_SENDER_OTHERS},
	{BOB, "bob@example.com", LOGIN_SENDER_OTHERS},
	{BOB, "postmaster", LOGIN_SENDER_OTHERS},
	{BOB, "a\nb@shop.example", LOGIN_SENDER_OTHERS},
	{"eve@example.org", "any@where.example", LOGIN_SENDER_OWN},
	{"ann@example.org", "sales@example.org", LOGIN_SENDER_OTHERS},
	{"gone@example.org", "any@where.example", LOGIN_SENDER_OTHERS},
};

static void users_send_as_themselves(void **state)
{
	accounts *a = open_some();

	(void)state;
	for (size_t i = 0; i < sizeof senders / sizeof *senders; i++)
		if (login_may_send(a, mw_str_of(senders[i].user),
				   mw_str_of(senders[i].sender)) != senders[i].may)
			fail_msg("%s as %s", senders[i].user, senders[i].sender);
	accounts_drop(a);
}

static const struct {
	const char *text;
	mw_status want;
} scrams[] = {
	{"SCRAM-SHA-256$4096:c2FsdA==$"
	 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"
	 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	 MW_OK},
	{"SCRAM-SHA-1$4096:c2FsdA==$A:A", MW_E_SYNTAX},
	{"SCRAM-SHA-256$0:c2FsdA==$"
	 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"
	 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	 MW_E_SYNTAX},
	{"SCRAM-SHA-256$99999999999999999999:c2FsdA==$"
	 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"
	 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	 MW_E_SYNTAX},
	{"SCRAM-SHA-256$4096:$"
	 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"
	 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	 MW_E_SYNTAX},
	{"SCRAM-SHA-256$4096:c2FsdA==$AAAA:AAAA", MW_E_SYNTAX},
	{"SCRAM-SHA-256$4096:c2FsdA==$", MW_E_SYNTAX},
	{"SCRAM-SHA-256$4096", MW_E_SYNTAX},
	{"", MW_E_SYNTAX},
};

static void scram_text_is_read(void **state)
{
	scram s;

	(void)state;
	for (size_t i = 0; i < sizeof scrams / sizeof *scrams; i++)
		if (scram_read(&s, mw_str_of(scrams[i].text)) != scrams[i].want)
			fail_msg("%s", scrams[i].text);
	char room[SCRAM_TEXT_MAX];
	mw_buf b;

	mw_buf_init(&b, room, sizeof room);
	assert_int_equal(scram_make(&b, "bad\377"), MW_E_SYNTAX);
	assert_int_equal(scram_make(&b, "bell\a"), MW_E_SYNTAX);
	assert_int_equal(b.len, 0);
	assert_int_equal(scram_make(&b, "p\303\244ss"), MW_OK);
	assert_int_equal(scram_read(&s, mw_buf_str(&b)), MW_OK);
	assert_int_equal(s.iterations, SCRAM_ITERATIONS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_attempt_ends_as_it_should),
		cmocka_unit_test(both_bindings_work),
		cmocka_unit_test(nobody_gets_the_challenges_of_somebody),
		cmocka_unit_test(what_was_tampered_with_fails),
		cmocka_unit_test(each_talk_ends_as_it_should),
		cmocka_unit_test(a_downgrade_is_refused),
		cmocka_unit_test(long_lines_have_an_end),
		cmocka_unit_test(a_mechanism_that_is_none_does_not_start),
		cmocka_unit_test(a_broken_database_is_trouble),
		cmocka_unit_test(users_send_as_themselves),
		cmocka_unit_test(scram_text_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
