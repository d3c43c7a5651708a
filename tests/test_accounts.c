/* SPDX-License-Identifier: MIT
 *
 * Who has a mailbox: from a file and from a database, the same answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/accounts.h"
#include "engine/accounts_source.h"

typedef struct heard {
	char text[16384];
	size_t len;
} heard;

static void hear(void *ctx, const problem *p)
{
	heard *h = ctx;
	const int n = snprintf(h->text + h->len, sizeof h->text - h->len, "%u: %s%s\n",
			       p->line, p->warning ? "warning: " : "", p->text);

	assert_true(n > 0 && (size_t)n < sizeof h->text - h->len);
	h->len += (size_t)n;
}

static void has(const heard *h, const char *words)
{
	if (strstr(h->text, words) == NULL)
		fail_msg("nothing of “%s” in: %s", words, h->text);
}

static void set(settings *s, const char *section, const char *name, const char *value)
{
	char why[SETTINGS_WHY];

	if (settings_set(s, section, name, value, why) != MW_OK)
		fail_msg("%s", why);
}

static settings *two_domains(void)
{
	settings *s = settings_new();

	set(s, "local", "domains", "example.org, B\303\234CHER.example");
	set(s, "local", "quota", "1G");
	return s;
}

static void temporary(char path[64], const void *bytes, size_t n)
{
	snprintf(path, 64, "/tmp/test_accounts.XXXXXX");
	const int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

/* Takes the holder of `s`. */
static accounts *open_users(settings *s, const char *users, mw_status want, heard *h)
{
	problems told = {.tell = hear, .ctx = h};
	accounts *a = NULL;

	*h = (heard){.len = 0};
	if (users != NULL)
		set(s, "local", "users", users);
	const mw_status got = accounts_open(&a, s, &told);

	settings_drop(s);
	if (got != want)
		fail_msg("status %d, not %d: %s", got, want, h->text);
	return a;
}

static accounts *open_bytes(settings *s, const char *text, size_t n, mw_status want,
			    heard *h)
{
	char path[64];

	temporary(path, text, n);
	accounts *a = open_users(s, path, want, h);

	unlink(path);
	return a;
}

static accounts *open_text(settings *s, const char *text)
{
	heard h;

	return open_bytes(s, text, strlen(text), MW_OK, &h);
}

#define HASH "$y$j9T$iPAjfOvHJWtJ5dqVdLCAb/$b.Zj3zh87QS03KDSjAVrLrsJgPPpWMxtKp63tUW72a1"

static const char users[] = "# who is here\n"
			    "\n"
			    "Bob@Example.ORG\tpassword=" HASH " quota=2G\n"
			    "eve@example.org disabled\n"
			    "old@example.org moved=new@elsewhere.example\n"
			    "sales@example.org alias=bob@example.org,x@other.example\n"
			    "team@example.org alias=sales@example.org,eve@example.org\n"
			    "copy@example.org alias=copy@example.org,bob@example.org\n"
			    "loop@example.org alias=pool@example.org\n"
			    "pool@example.org alias=loop@example.org\n"
			    "half@example.org alias=loop@example.org,bob@example.org\n"
			    "bob+special@example.org quota=0\n"
			    "everywhere alias=everywhere,bob@example.org\n"
			    "ann quota=3K\n"
			    "ina@b\303\274cher.EXAMPLE\n"
			    "*@xn--bcher-kva.example alias=ina@xn--bcher-kva.example\n"
			    "postmaster@xn--bcher-kva.example disabled\n"
			    "\"jo\\hn doe\"@example.org\n"
			    "login@foreign.example password=" HASH "\n";

static const struct {
	const char *address;
	account_kind kind;
	const char *box;
	uint64_t quota;
} finds[] = {
	{"bob@example.org", ACCOUNT_MAILBOX, "bob@example.org", 2ULL << 30},
	{"BOB@EXAMPLE.ORG", ACCOUNT_MAILBOX, "bob@example.org", 2ULL << 30},
	{"\"bob\"@example.org", ACCOUNT_MAILBOX, "bob@example.org", 2ULL << 30},
	{"bob+any@example.org", ACCOUNT_MAILBOX, "bob@example.org", 2ULL << 30},
	{"bob+special@example.org", ACCOUNT_MAILBOX, "bob+special@example.org", 0},
	{"bob+special+x@example.org", ACCOUNT_MAILBOX, "bob@example.org", 2ULL << 30},
	{"+any@example.org", ACCOUNT_UNKNOWN, "", 0},
	{"bo@example.org", ACCOUNT_UNKNOWN, "", 0},
	{"bob@example.com", ACCOUNT_FOREIGN, "bob@example.com", 0},
	{"Bob@Example.com", ACCOUNT_FOREIGN, "Bob@Example.com", 0},
	{"bob@sub.example.org", ACCOUNT_FOREIGN, "bob@sub.example.org", 0},
	{"bob@example.org.", ACCOUNT_UNKNOWN, "", 0},
	{"login@foreign.example", ACCOUNT_FOREIGN, "login@foreign.example", 0},
	{"eve@example.org", ACCOUNT_DISABLED, "eve@example.org", 0},
	{"old@example.org", ACCOUNT_MOVED, "old@example.org", 0},
	{"sales@example.org", ACCOUNT_ALIAS, "sales@example.org", 1ULL << 30},
	{"\"john doe\"@example.org", ACCOUNT_MAILBOX, "john doe@example.org", 1ULL << 30},
	{"ann@example.org", ACCOUNT_MAILBOX, "ann@example.org", 3072},
	{"ann@xn--bcher-kva.example", ACCOUNT_MAILBOX, "ann@example.org", 3072},
	{"ina@B\303\274cher.example", ACCOUNT_MAILBOX, "ina@xn--bcher-kva.example",
	 1ULL << 30},
	{"ina@XN--BCHER-KVA.example", ACCOUNT_MAILBOX, "ina@xn--bcher-kva.example",
	 1ULL << 30},
	{"nobody@xn--bcher-kva.example", ACCOUNT_ALIAS, "nobody@xn--bcher-kva.example",
	 1ULL << 30},
	{"*@example.org", ACCOUNT_UNKNOWN, "", 0},
	{"postmaster", ACCOUNT_MAILBOX, "postmaster@example.org", 1ULL << 30},
	{"PostMaster@example.org", ACCOUNT_MAILBOX, "postmaster@example.org", 1ULL << 30},
	{"postmaster@xn--bcher-kva.example", ACCOUNT_MAILBOX,
	 "postmaster@xn--bcher-kva.example", 1ULL << 30},
	{"abuse@example.org", ACCOUNT_MAILBOX, "abuse@example.org", 1ULL << 30},
	{"", ACCOUNT_UNKNOWN, "", 0},
	{"@", ACCOUNT_UNKNOWN, "", 0},
	{"@example.org", ACCOUNT_UNKNOWN, "", 0},
	{"bob@", ACCOUNT_UNKNOWN, "", 0},
	{"\"\"@example.org", ACCOUNT_UNKNOWN, "", 0},
	{"\"bob@example.org", ACCOUNT_UNKNOWN, "", 0},
	{"bob\n@example.org", ACCOUNT_UNKNOWN, "", 0},
	{"bob@exa\nmple.org", ACCOUNT_UNKNOWN, "", 0},
	{"\377@example.org", ACCOUNT_UNKNOWN, "", 0},
};

static void find_all(accounts *a)
{
	for (size_t i = 0; i < sizeof finds / sizeof *finds; i++) {
		pool memory = {NULL};
		account got;
		const account_kind kind =
			accounts_find(a, mw_str_of(finds[i].address), &memory, &got);

		if (kind != finds[i].kind || kind != got.kind)
			fail_msg("%s: kind %d", finds[i].address, kind);
		if (!mw_str_eq(got.address, mw_str_of(finds[i].box)))
			fail_msg("%s: %.*s", finds[i].address, MW_FMT(got.address));
		if (kind == ACCOUNT_MAILBOX && got.quota != finds[i].quota)
			fail_msg("%s: quota %llu", finds[i].address,
				 (unsigned long long)got.quota);
		pool_free(&memory);
	}
}

/* The ends in the order they were found, parted by blanks; kinds but MAILBOX in front. */
static const struct {
	const char *address;
	mw_status status;
	const char *ends;
} expansions[] = {
	{"bob@example.org", MW_OK, "bob@example.org"},
	{"bob@other.example", MW_OK, "F:bob@other.example"},
	{"sales@example.org", MW_OK, "bob@example.org F:x@other.example"},
	{"sales+detail@example.org", MW_OK, "bob@example.org F:x@other.example"},
	{"team@example.org", MW_OK,
	 "D:eve@example.org bob@example.org F:x@other.example"},
	{"copy@example.org", MW_OK, "copy@example.org bob@example.org"},
	{"loop@example.org", MW_E_LIMIT, ""},
	{"half@example.org", MW_OK, "bob@example.org"},
	{"everywhere@xn--bcher-kva.example", MW_OK,
	 "everywhere@example.org bob@example.org"},
	{"nobody@xn--bcher-kva.example", MW_OK, "ina@xn--bcher-kva.example"},
	{"nobody@example.org", MW_OK, "U:nobody@example.org"},
	{"old@example.org", MW_OK, "V:old@example.org"},
};

static void expand(accounts *a, const char *address, mw_status status, const char *ends)
{
	static const char marks[] = "MADVUFT";
	char text[1024] = "";
	pool memory = {NULL};
	account *list = NULL;
	size_t count = 0, n = 0;

	const mw_status got =
		accounts_expand(a, mw_str_of(address), &memory, &list, &count);
	if (got != status)
		fail_msg("%s: status %d", address, got);
	for (size_t i = 0; i < count && n < sizeof text - 100; i++) {
		if (list[i].kind != ACCOUNT_MAILBOX)
			n += (size_t)snprintf(text + n, sizeof text - n,
					      "%s%c:", n > 0 ? " " : "",
					      marks[list[i].kind]);
		else if (n > 0)
			text[n++] = ' ';
		n += (size_t)snprintf(text + n, sizeof text - n, "%.*s",
				      MW_FMT(list[i].address));
	}
	assert_string_equal(text, ends);
	pool_free(&memory);
}

static void expand_all(accounts *a)
{
	for (size_t i = 0; i < sizeof expansions / sizeof *expansions; i++)
		expand(a, expansions[i].address, expansions[i].status,
		       expansions[i].ends);
}

static void a_file_says_who_is_here(void **state)
{
	accounts *a = open_text(two_domains(), users);

	(void)state;
	find_all(a);
	expand_all(a);
	accounts_drop(a);
}

/* The rows of `users` as a database. */
static void make_database(char path[64])
{
	sqlite3 *db;
	char copy[sizeof users], *line, *rest = copy;

	temporary(path, "", 0);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(
			db,
			"CREATE TABLE mailbox(address TEXT PRIMARY KEY, password TEXT, "
			"scram TEXT, quota INTEGER, disabled INTEGER, moved TEXT, "
			"alias TEXT, sender TEXT)",
			NULL, NULL, NULL),
		SQLITE_OK);
	memcpy(copy, users, sizeof users);
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *query, *word;
		const char *address;

		if (*line == '#' || *line == 0)
			continue;
		if (strncmp(line, "\"jo", 3) == 0) {
			address = "john doe@example.org";
			line = NULL;
		} else {
			address = strsep(&line, " \t");
		}
		if (strcmp(address, "Bob@Example.ORG") == 0)
			address = "bob@example.org";
		if (strncmp(address, "ina@", 4) == 0)
			address = "ina@xn--bcher-kva.example";
		query = sqlite3_mprintf("INSERT INTO mailbox(address) VALUES(%Q)",
					address);
		assert_int_equal(sqlite3_exec(db, query, NULL, NULL, NULL), SQLITE_OK);
		sqlite3_free(query);
		while ((word = strsep(&line, " ")) != NULL) {
			const char *name = strsep(&word, "=");

			query = sqlite3_mprintf(
				"UPDATE mailbox SET %s = %Q WHERE address = %Q", name,
				word == NULL              ? "1"
				: strcmp(word, "2G") == 0 ? "2147483648"
				: strcmp(word, "3K") == 0 ? "3072"
							  : word,
				address);
			assert_int_equal(sqlite3_exec(db, query, NULL, NULL, NULL),
					 SQLITE_OK);
			sqlite3_free(query);
		}
	}
	sqlite3_close(db);
}

static accounts *open_database(const char *path)
{
	char url[128];
	heard h;

	snprintf(url, sizeof url, "sqlite:%s", path);
	return open_users(two_domains(), url, MW_OK, &h);
}

static void a_database_says_the_same(void **state)
{
	char path[64];

	(void)state;
	make_database(path);
	accounts *a = open_database(path);

	find_all(a);
	expand_all(a);
	unlink(path);
	accounts_drop(a);
}

static void *find_often(void *ctx)
{
	for (int i = 0; i < 50; i++)
		find_all(ctx);
	return NULL;
}

static void threads_may_ask_at_a_time(void **state)
{
	char path[64];

	(void)state;
	make_database(path);
	accounts *both[] = {open_database(path), open_text(two_domains(), users)};

	for (int n = 0; n < 2; n++) {
		pthread_t thread[4];

		for (int i = 0; i < 4; i++)
			assert_int_equal(
				pthread_create(&thread[i], NULL, find_often, both[n]), 0);
		for (int i = 0; i < 4; i++)
			pthread_join(thread[i], NULL);
		accounts_drop(both[n]);
	}
	unlink(path);
}

static void change(const char *path, const char *query)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, query, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static account_kind kind_of(accounts *a, const char *address)
{
	pool memory = {NULL};
	account got;
	const account_kind kind = accounts_find(a, mw_str_of(address), &memory, &got);

	pool_free(&memory);
	return kind;
}

static void a_change_of_the_database_holds_at_once(void **state)
{
	char path[64];

	(void)state;
	make_database(path);
	accounts *a = open_database(path);

	assert_int_equal(kind_of(a, "new@example.org"), ACCOUNT_UNKNOWN);
	change(path, "INSERT INTO mailbox(address) VALUES('new@example.org')");
	assert_int_equal(kind_of(a, "new@example.org"), ACCOUNT_MAILBOX);
	accounts_drop(a);
	unlink(path);
}

static void a_broken_database_is_trouble(void **state)
{
	char path[64];
	pool memory = {NULL};
	account *list;
	account_secret secret;
	size_t count;

	(void)state;
	make_database(path);
	accounts *a = open_database(path);

	change(path, "UPDATE mailbox SET quota = -1 WHERE address = 'bob@example.org'");
	assert_int_equal(kind_of(a, "bob@example.org"), ACCOUNT_TROUBLE);
	change(path, "DROP TABLE mailbox");
	assert_int_equal(kind_of(a, "bob@example.org"), ACCOUNT_TROUBLE);
	assert_int_equal(kind_of(a, "nobody@example.org"), ACCOUNT_TROUBLE);
	assert_int_equal(kind_of(a, "x@foreign.example"), ACCOUNT_FOREIGN);
	assert_int_equal(
		accounts_expand(a, MW_LIT("bob@example.org"), &memory, &list, &count),
		MW_E_ABSENT);
	assert_int_equal(accounts_secret(a, MW_LIT("bob@example.org"), &memory, &secret),
			 ACCOUNT_BROKEN);
	pool_free(&memory);
	accounts_drop(a);
	unlink(path);
}

static void a_locked_database_is_trouble(void **state)
{
	char path[64];
	sqlite3 *db;

	(void)state;
	make_database(path);
	accounts *a = open_database(path);

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(kind_of(a, "bob@example.org"), ACCOUNT_TROUBLE);
	sqlite3_close(db);
	assert_int_equal(kind_of(a, "bob@example.org"), ACCOUNT_MAILBOX);
	accounts_drop(a);
	unlink(path);
}

static void databases_that_are_none_are_told(void **state)
{
	char path[64], url[128];
	heard h;

	(void)state;
	open_users(two_domains(), "sqlite:/nonexistent/x", MW_E_SYNTAX, &h);
	has(&h, "unable to open");
	temporary(path, "this is no database, and it is long enough to see that", 54);
	snprintf(url, sizeof url, "sqlite:%s", path);
	open_users(two_domains(), url, MW_E_SYNTAX, &h);
	has(&h, "not a database");
	unlink(path);
	temporary(path, "", 0);
	snprintf(url, sizeof url, "sqlite:%s", path);
	open_users(two_domains(), url, MW_E_SYNTAX, &h);
	has(&h, "no such table: mailbox");
	unlink(path);
	make_database(path);
	change(path, "INSERT INTO mailbox(address) VALUES('Upper@Example.org')");
	snprintf(url, sizeof url, "sqlite:%s", path);
	accounts_drop(open_users(two_domains(), url, MW_OK, &h));
	has(&h,
	    "warning: address “Upper@Example.org” is not found unless it is written as "
	    "“upper@example.org”");
	unlink(path);
}

/* A line, and what is told of it. */
static const struct {
	const char *line, *told;
} mistakes[] = {
	{"a b@example.org", "a word that is none of"},
	{"bob@example..org", "“bob@example..org” is no address"},
	{"@example.org", "is no address"},
	{"bob@", "is no address"},
	{"\"bob@example.org", "is no address"},
	{"bob@example.org passwort=x", "did you mean password?"},
	{"bob@example.org secret", "none of password="},
	{"bob@example.org password=secret", "is no hash of crypt(3)"},
	{"bob@example.org password=", "is no hash of crypt(3)"},
	{"bob@example.org password=$9$nothing", "is no hash of crypt(3)"},
	{"bob@example.org scram=x", "is no SCRAM-SHA-256$"},
	{"bob@example.org scram=SCRAM-SHA-256$0:AAAA$A:A", "is no SCRAM-SHA-256$"},
	{"bob@example.org quota=much", "quota=much is no size"},
	{"bob@example.org quota=", "is no size"},
	{"bob@example.org moved=there", "moved=there is no address"},
	{"bob@example.org alias=", "alias= names no address"},
	{"bob@example.org alias=,,", "alias= names no address"},
	{"bob@example.org alias=a@b,@c", "“@c” is no address"},
	{"bob@example.org sender=*@", "“*@” is no address"},
	{"bob@example.org disabled=yes", "disabled takes no value"},
	{"bob@example.org quota=1 quota=2", "quota stands twice"},
	{"*@example.org password=" HASH, "nobody can log in as a catch-all"},
	{"b\033[2Job@example.org", "is no address"},
	{"bob@ex\001ample.org", "is no address"},
	{"b\377ob@example.org", "is no address"},
};

static void each_mistake_is_told_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		char text[500];
		heard h;

		snprintf(text, sizeof text, "# first\n%s\n", mistakes[i].line);
		open_bytes(two_domains(), text, strlen(text), MW_E_SYNTAX, &h);
		if (strncmp(h.text, "2: ", 3) != 0)
			fail_msg("%s: %s", mistakes[i].line, h.text);
		has(&h, mistakes[i].told);
		assert_null(strstr(h.text, "secret"));
		assert_null(strchr(h.text, '\033'));
	}
}

static void hostile_files_end_in_words(void **state)
{
	static char text[1 << 20];
	static const char bytes[] = "a@\"*=, \n#";
	heard h;

	(void)state;
	open_bytes(two_domains(), "a@b\nA@B\n", 8, MW_E_SYNTAX, &h);
	has(&h, "2: a@b stands in line 1 already");
	open_bytes(two_domains(), "a@b\0c\n", 6, MW_E_SYNTAX, &h);
	has(&h, "1: the line holds bytes that are no text");
	memset(text, 'x', sizeof text);
	open_bytes(two_domains(), text, sizeof text, MW_E_SYNTAX, &h);
	has(&h, "1: the line is longer than");
	memset(text, '@', sizeof text);
	for (size_t i = 1; i < sizeof text; i += 2)
		text[i] = '\n';
	open_bytes(two_domains(), text, sizeof text, MW_E_SYNTAX, &h);
	has(&h, "too many problems");
	open_users(two_domains(), "/nonexistent", MW_E_SYNTAX, &h);
	has(&h, "No such file");
	open_users(two_domains(), "/dev/zero", MW_E_SYNTAX, &h);
	has(&h, "is no file");
	/* Every short file of these bytes. */
	for (unsigned n = 0; n < 9 * 9 * 9 * 9; n++) {
		problems told = {.tell = hear, .ctx = &h};
		accounts_file *f = NULL;
		char small[4], path[64];

		for (unsigned i = 0, rest = n; i < 4; i++, rest /= 9)
			small[i] = bytes[rest % 9];
		h.len = 0;
		temporary(path, small, 4);
		const mw_status got = accounts_file_open(&f, path, &told);

		unlink(path);
		assert_true(got == MW_OK || got == MW_E_SYNTAX);
		assert_true((got == MW_OK) == (told.errors == 0));
		if (got == MW_OK)
			accounts_file_close(f);
	}
}

static void bad_domains_are_told(void **state)
{
	settings *s = settings_new();
	heard h;

	(void)state;
	set(s, "local", "domains", "a..b");
	open_users(s, NULL, MW_E_SYNTAX, &h);
	has(&h, "[local] domains: “a..b” is no domain");
}

static void without_users_everybody_is_here(void **state)
{
	heard h;
	accounts *a = open_users(two_domains(), NULL, MW_OK, &h);

	(void)state;
	expand(a, "any+one@example.org", MW_OK, "any@example.org");
	expand(a, "any@example.com", MW_OK, "F:any@example.com");
	expand(a, "postmaster", MW_OK, "postmaster@example.org");
	assert_true(accounts_domain_is_local(a, MW_LIT("b\303\274cher.example")));
	assert_false(accounts_domain_is_local(a, MW_LIT("org")));
	accounts_drop(a);
}

static void postmaster_and_catch_all_are_somebody(void **state)
{
	settings *s = two_domains();

	(void)state;
	set(s, "local", "postmaster", "bob@example.org");
	set(s, "local", "catch-all", "Ann@example.org");
	set(s, "local", "subaddress", "-");
	accounts *a =
		open_text(s, "bob@example.org\nann quota=1\n*@xn--bcher-kva.example\n");

	expand(a, "postmaster", MW_OK, "bob@example.org");
	expand(a, "abuse@xn--bcher-kva.example", MW_OK, "bob@example.org");
	expand(a, "nobody@example.org", MW_OK, "ann@example.org");
	expand(a, "bob-x@example.org", MW_OK, "bob@example.org");
	expand(a, "bob+x@example.org", MW_OK, "ann@example.org");
	/* Without an alias the catch-all makes a mailbox of each address. */
	expand(a, "any-x@xn--bcher-kva.example", MW_OK, "any@xn--bcher-kva.example");
	accounts_drop(a);

	s = two_domains();
	set(s, "local", "postmaster", "postmaster@example.org");
	set(s, "local", "catch-all", "gone@example.org");
	a = open_text(s, "bob@example.org\n");
	expand(a, "abuse@example.org", MW_OK, "postmaster@example.org");
	expand(a, "nobody@example.org", MW_OK, "U:gone@example.org");
	accounts_drop(a);

	a = open_text(two_domains(), "postmaster alias=bob@x.example\n");
	expand(a, "abuse@example.org", MW_OK, "F:bob@x.example");
	accounts_drop(a);
}

static void expansions_have_an_end(void **state)
{
	static char text[1 << 18];
	size_t n = 0;

	(void)state;
	/* 30 aliases deep */
	for (int i = 0; i < 30; i++)
		n += (size_t)snprintf(text + n, sizeof text - n,
				      "a%d@example.org alias=a%d@example.org\n", i,
				      i + 1);
	n += (size_t)snprintf(text + n, sizeof text - n, "a30@example.org\n");
	/* 4 lists of 1000, 3 of them known */
	for (int i = 0; i < 4; i++) {
		n += (size_t)snprintf(text + n, sizeof text - n,
				      "many%d@example.org alias=x@x.example", i);
		for (int j = 0; j < 999 + (i == 3); j++)
			n += (size_t)snprintf(text + n, sizeof text - n, ",x%d@x.example",
					      j);
		n += (size_t)snprintf(text + n, sizeof text - n, "\n");
	}
	n += (size_t)snprintf(
		text + n, sizeof text - n,
		"all@example.org alias=many0@example.org,many1@example.org\n");
	accounts *a = open_text(two_domains(), text);
	pool memory = {NULL};
	account *list;
	size_t count;

	expand(a, "a20@example.org", MW_OK, "a30@example.org");
	expand(a, "a19@example.org", MW_E_LIMIT, "");
	assert_int_equal(
		accounts_expand(a, MW_LIT("all@example.org"), &memory, &list, &count),
		MW_OK);
	assert_int_equal(count, 1000);
	assert_int_equal(
		accounts_expand(a, MW_LIT("many3@example.org"), &memory, &list, &count),
		MW_E_LIMIT);
	pool_free(&memory);
	accounts_drop(a);
}

static void secrets_are_found_by_name(void **state)
{
	static const struct {
		const char *user, *found;
	} names[] = {
		{"bob@example.org", "bob@example.org"},
		{"BOB@example.ORG", "bob@example.org"},
		{"login@foreign.example", "login@foreign.example"},
		{"ann", "ann@example.org"},
		{"ann@xn--bcher-kva.example", "ann@example.org"},
		{"bob", "bob@example.org"},
		{"bob+x@example.org", NULL},
		{"eve@example.org", NULL},
		{"old@example.org", NULL},
		{"*@xn--bcher-kva.example", NULL},
		{"nobody@xn--bcher-kva.example", NULL},
		{"ann@foreign.example", NULL},
		{"", NULL},
	};
	accounts *a = open_text(two_domains(), users);

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		pool memory = {NULL};
		account_secret s;
		const account_found found =
			accounts_secret(a, mw_str_of(names[i].user), &memory, &s);

		if ((found == ACCOUNT_FOUND) != (names[i].found != NULL))
			fail_msg("%s: %d", names[i].user, found);
		if (found == ACCOUNT_FOUND)
			assert_true(mw_str_eq(s.user, mw_str_of(names[i].found)));
		pool_free(&memory);
	}
	assert_true(mw_str_eq(accounts_sample(a)->password, MW_LIT(HASH)));
	accounts_drop(a);
}

/* An address, and its folder below /m; NULL: none. */
static const struct {
	const char *address, *folder;
} folders[] = {
	{"bob@example.org", "/m/example.org/bob"},
	{"bob.o'x@example.org", "/m/example.org/bob.o%27x"},
	{"\"../../etc\"@example.org", "/m/example.org/%2E.%2F..%2Fetc"},
	{"\"..\"@example.org", "/m/example.org/%2E."},
	{"\".\"@example.org", "/m/example.org/%2E"},
	{".bob@example.org", "/m/example.org/%2Ebob"},
	{"\"a/b\"@example.org", "/m/example.org/a%2Fb"},
	{"a%2Fb@example.org", "/m/example.org/a%252fb"},
	{"\"a b\"@example.org", "/m/example.org/a%20b"},
	{"\"a@b\"@example.org", "/m/example.org/a@b"},
	{"j\303\266@example.org", "/m/example.org/j%C3%B6"},
	{"bob@[192.0.2.1]", "/m/%5B192.0.2.1%5D/bob"},
	{"bob@[IPv6:::1]", "/m/%5Bipv6%3A%3A%3A1%5D/bob"},
	{"bob@..", NULL},
	{"bob@.org", NULL},
	{"bob@a/b", NULL},
	{"bob", NULL},
	{"a\001@example.org", NULL},
	{"", NULL},
};

static void folders_stay_in_their_folder(void **state)
{
	char room[1024], small[8], local[102];
	mw_buf b;

	(void)state;
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		mw_buf_init(&b, room, sizeof room);
		const mw_status got =
			accounts_folder(&b, "/m", mw_str_of(folders[i].address));

		if ((got == MW_OK) != (folders[i].folder != NULL))
			fail_msg("%s: %d", folders[i].address, got);
		if (got == MW_OK)
			assert_string_equal(room, folders[i].folder);
	}
	mw_buf_init(&b, small, sizeof small);
	assert_int_equal(accounts_folder(&b, "/m", MW_LIT("bob@example.org")),
			 MW_E_LIMIT);
	memset(local, '/', sizeof local);
	memcpy(local + 100, "@a", 2);
	mw_buf_init(&b, room, sizeof room);
	assert_int_equal(accounts_folder(&b, "/m", (mw_str){local, 102}), MW_E_LIMIT);
	/* Each byte as a local part: one name more, and that of no other byte. */
	for (int c = 33; c < 127; c++) {
		const char text[] = {'"', '\\', (char)c, '"', '@', 'a', 0};

		mw_buf_init(&b, room, sizeof room);
		assert_int_equal(accounts_folder(&b, "/m", mw_str_of(text)), MW_OK);
		assert_null(strchr(room + 5, '/'));
		assert_true(room[5] != '.' && room[5] != 0);
		assert_true(room[5] != '%' || strlen(room + 5) == 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_says_who_is_here),
		cmocka_unit_test(a_database_says_the_same),
		cmocka_unit_test(threads_may_ask_at_a_time),
		cmocka_unit_test(a_change_of_the_database_holds_at_once),
		cmocka_unit_test(a_broken_database_is_trouble),
		cmocka_unit_test(a_locked_database_is_trouble),
		cmocka_unit_test(databases_that_are_none_are_told),
		cmocka_unit_test(each_mistake_is_told_with_its_line),
		cmocka_unit_test(hostile_files_end_in_words),
		cmocka_unit_test(bad_domains_are_told),
		cmocka_unit_test(without_users_everybody_is_here),
		cmocka_unit_test(postmaster_and_catch_all_are_somebody),
		cmocka_unit_test(expansions_have_an_end),
		cmocka_unit_test(secrets_are_found_by_name),
		cmocka_unit_test(folders_stay_in_their_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
