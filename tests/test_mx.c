/* SPDX-License-Identifier: MIT
 *
 * Where the mail for a domain goes, by a DNS server of our own that also misbehaves.
 *
 * With arguments it asks another one: test_mx SERVER TRUST_ANCHOR_FILE DOMAIN... prints a
 * line a domain (tests/interop/dns.sh).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <mailwhy/mailwhy.h>

#include "net/mx.h"

#include "dns_server.h"

#define LOOKUPS 16U

/* Signed until 2090 with a key that was thrown away. */
#define SECURE_MX                                                                        \
	"#000f0d0200000258e1b7b10067748580b4d50673656375726504746573740009"              \
	"b8077c83cbe65790fbce496334502e81997074b0cdefdcfcec94782322935ba7"               \
	"ac7b6f93d066225cf654abf024a43c7074e45553be8e0ee693f37a4e13e0b9"
#define SECURE_KEY                                                                       \
	"#0100030d7bff22b313a9e9a81dc9745fd16624f226131cffa241446eec802564"              \
	"da39a2aa7dec3efd3745928f181750b64894bc4b583073f64f9887c39c54d858"               \
	"daadec6c"
#define SECURE_KEY_TEXT                                                                  \
	"secure.test. 600 IN DNSKEY 256 3 13 e/8isxOp6agdyXRf0WYk8iYTHP+iQURu"           \
	"7IAlZNo5oqp97D79N0WSjxgXULZIlLxLWDBz9k+Yh8OcVNhY2q3sbA==\n"                     \
	"unsigned.test. IN DS 1 13 2 "                                                   \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
#define SECURE_KEY_SIGNED                                                                \
	"#00300d0200000258e1b7b10067748580b4d50673656375726504746573740069"              \
	"48691ae2ff7d638e0975494ede3c0c8f18b8b0ab373b7f1a3ccb1669c7ded766"               \
	"20a978dd37df3a076944875cd7e0bd21e6e72f7c4d52d32e369ec212ba4510"
#define SECURE_A                                                                         \
	"#00010d0300000258e1b7b10067748580b4d50673656375726504746573740088"              \
	"c09a61ebda16f0a5f909de01554c7428d41e0a3b2d6f80c73f199f6b3e826577"               \
	"0b2427675b5524092ff203316b35e9ff0503d9ed615910ad7f557ae40a3756"
#define SECURE_AAAA                                                                      \
	"#001c0d0300000258e1b7b10067748580b4d50673656375726504746573740028"              \
	"8fe696f5da48f574845e2718b05422cce7f9d40e789f2c17aae35914c4c33710"               \
	"0082edba810ad67fe48ca7da917cf2cd4e0bca59ea3417071ac6d67fc30904"

#define RR_KEY  48
#define RR_SIGN 46

static const dns_row rows[] = {
	{"plain.test", DNS_MX, "20 Backup.plain.test", 0, 0},
	{"plain.test", DNS_MX, "10 mx.plain.test", 0, 0},
	{"mx.plain.test", DNS_A, "192.0.2.1", 0, 0},
	{"mx.plain.test", DNS_A, "192.0.2.2", 0, 0},
	{"mx.plain.test", DNS_AAAA, "2001:db8::1", 0, 0},
	{"backup.plain.test", DNS_A, "192.0.2.3", 120, 0},
	{"other.test", DNS_MX, "5 backup.plain.test", 5, 0},
	{"other.test", DNS_MX, "5 mx.plain.test", 5, 0},
	{"null.test", DNS_MX, "0 ", 0, 0},
	{"null.test", DNS_A, "192.0.2.9", 0, 0},
	{"nullandmore.test", DNS_MX, "0 ", 0, 0},
	{"nullandmore.test", DNS_MX, "10 mx.plain.test", 0, 0},
	{"badhost.test", DNS_MX, "10 not,host.test", 0, 0},
	{"implicit.test", DNS_A, "192.0.2.4", 0, 0},
	{"implicit.test", DNS_AAAA, "2001:db8::4", 0, 0},
	{"nothing.test", DNS_TXT, "#0161", 0, 0},
	{"deadmx.test", DNS_MX, "10 gone.plain.test", 0, 0},
	{"deadmx.test", DNS_MX, "20 nothing.test", 0, 0},
	{"halfdead.test", DNS_MX, "10 gone.plain.test", 0, 0},
	{"halfdead.test", DNS_MX, "20 failing.test", 0, 0},
	{"halfdead.test", DNS_MX, "30 backup.plain.test", 0, 0},
	{"troubled.test", DNS_MX, "10 gone.plain.test", 0, 0},
	{"troubled.test", DNS_MX, "20 failing.test", 0, 0},
	{"failing.test", 0, "", 0, SERVFAIL},
	{"refused.test", 0, "", 0, REFUSED},
	{"silent.test", 0, "", 0, SILENT},
	{"garbage.test", 0, "", 0, GARBAGE},
	{"cut.test", 0, "", 0, TRUNCATED},
	{"cut.test", DNS_MX, "10 mx.plain.test", 0, 0},
	{"alias.test", DNS_CNAME, "alias2.test", 0, 0},
	{"alias2.test", DNS_CNAME, "plain.test", 0, 0},
	{"aliasmx.test", DNS_MX, "10 alias3.test", 0, 0},
	{"alias3.test", DNS_CNAME, "mx.plain.test", 0, 0},
	{"loop.test", DNS_CNAME, "loop2.test", 0, 0},
	{"loop2.test", DNS_CNAME, "loop.test", 0, 0},
	{"xn--bcher-kva.test", DNS_MX, "10 backup.plain.test", 0, 0},
	{"ours.test", DNS_MX, "10 first.test", 0, 0},
	{"ours.test", DNS_MX, "20 us.test", 0, 0},
	{"ours.test", DNS_MX, "20 also.test", 0, 0},
	{"ours.test", DNS_MX, "30 mx.plain.test", 0, 0},
	{"first.test", DNS_A, "192.0.2.11", 0, 0},
	{"us.test", DNS_A, "192.0.2.12", 0, 0},
	{"also.test", DNS_A, "192.0.2.13", 0, 0},
	{"back.test", DNS_MX, "10 elsewhere.test", 0, 0},
	{"elsewhere.test", DNS_A, "192.0.2.99", 0, 0},
	{"home.test", DNS_MX, "10 loopback.test", 0, 0},
	{"loopback.test", DNS_AAAA, "::ffff:127.1.2.3", 0, 0},
	{"six.test", DNS_AAAA, "2001:db8::6", 0, 0},
	{"long.test", DNS_MX,
	 "1 l1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test", 0,
	 0},
	{"long.test", DNS_MX,
	 "1 l2.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test", 0,
	 0},
	{"long.test", DNS_MX,
	 "1 l3.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test", 0,
	 0},
	{"l1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test", DNS_A,
	 "192.0.2.5", 0, 0},
	{"secure.test", DNS_MX, "10 mx.secure.test", 0, 0},
	{"secure.test", RR_SIGN, SECURE_MX, 0, 0},
	{"secure.test", RR_KEY, SECURE_KEY, 0, 0},
	{"secure.test", RR_SIGN, SECURE_KEY_SIGNED, 0, 0},
	{"mx.secure.test", DNS_A, "192.0.2.77", 0, 0},
	{"mx.secure.test", RR_SIGN, SECURE_A, 0, 0},
	{"mx.secure.test", DNS_AAAA, "2001:db8::77", 0, 0},
	{"mx.secure.test", RR_SIGN, SECURE_AAAA, 0, 0},
	{"unsigned.test", DNS_MX, "10 mx.plain.test", 0, 0},
	{NULL, 0, NULL, 0, 0},
};

/* The same with an address that was not what was signed. */
static const dns_row forged[] = {
	{"secure.test", DNS_MX, "10 mx.secure.test", 0, 0},
	{"secure.test", RR_SIGN, SECURE_MX, 0, 0},
	{"secure.test", RR_KEY, SECURE_KEY, 0, 0},
	{"secure.test", RR_SIGN, SECURE_KEY_SIGNED, 0, 0},
	{"mx.secure.test", DNS_A, "192.0.2.66", 0, 0},
	{"mx.secure.test", RR_SIGN, SECURE_A, 0, 0},
	{"mx.secure.test", DNS_AAAA, "2001:db8::66", 0, 0},
	{"mx.secure.test", RR_SIGN, SECURE_AAAA, 0, 0},
	{NULL, 0, NULL, 0, 0},
};

/* --- what every test has */

typedef struct waiting {
	mx_lookup l; /* first */
	struct world *world;
	const mx_result *result;
	const char *domain;
} waiting;

typedef struct world {
	dns_server server;
	loop loop;
	resolver *resolver;
	mx *mx;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned done, wanted;
	bool host_only;
	waiting waiting[LOOKUPS];
} world;

static void open_with(world *w, const char *server, const mx_options *o,
		      const char *trust_anchor_file, unsigned timeout)
{
	const char *servers[1] = {server};
	char why[RESOLVER_WHY_MAX];

	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	assert_int_equal(loop_start(&w->loop, NULL, NULL), 0);
	w->resolver =
		resolver_open(&w->loop,
			      &(resolver_options){.servers = servers,
						  .server_count = 1,
						  .trust_anchor_file = trust_anchor_file,
						  .timeout_seconds = timeout},
			      why);
	assert_non_null(w->resolver);
	w->mx = mx_open(&w->loop, w->resolver, o);
	assert_non_null(w->mx);
}

static void open_world(world *w, const dns_row *table, const mx_options *o,
		       const char *trust_anchor_file, unsigned timeout)
{
	memset(w, 0, sizeof *w);
	dns_server_start(&w->server, table);
	open_with(w, w->server.where, o, trust_anchor_file, timeout);
}

static void close_mx(void *ctx)
{
	world *w = ctx;

	mx_close(&w->mx);
}

static void close_client(world *w)
{
	loop_call(&w->loop, close_mx, w);
	resolver_close(&w->resolver);
	assert_null(w->resolver);
	loop_stop(&w->loop);
	for (size_t i = 0; i < LOOKUPS; i++)
		mx_result_free(w->waiting[i].result);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
}

static void close_world(world *w)
{
	close_client(w);
	dns_server_stop(&w->server);
}

static void on_done(mx_lookup *l, const mx_result *r)
{
	waiting *x = (waiting *)(void *)l;
	world *w = x->world;

	pthread_mutex_lock(&w->lock);
	mx_result_free(x->result);
	x->result = r;
	w->done++;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void ask_all(void *ctx)
{
	world *w = ctx;

	for (unsigned i = 0; i < w->wanted; i++) {
		waiting *x = &w->waiting[i];

		x->world = w;
		(w->host_only ? mx_find_host : mx_find)(w->mx, &x->l, on_done,
							mw_str_of(x->domain));
	}
}

/* Asks for all at once and waits for the answers. */
static void find_all(world *w, unsigned count, const char *const *domains)
{
	w->done = 0;
	w->wanted = count;
	for (unsigned i = 0; i < count; i++)
		w->waiting[i].domain = domains[i];
	loop_call(&w->loop, ask_all, w);
	pthread_mutex_lock(&w->lock);
	while (w->done < count)
		pthread_cond_wait(&w->changed, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

static const mx_result *find(world *w, const char *domain)
{
	find_all(w, 1, &domain);
	return w->waiting[0].result;
}

/* "host/preference address ..."; the resolver turns the addresses of one host round, so
 * 192.0.2.2 is told as 192.0.2.1. */
static void describe(const mx_result *r, char *out, size_t cap)
{
	char address[64];
	mw_buf b;

	mw_buf_init(&b, out, cap - 1);
	for (size_t i = 0; i < r->count; i++) {
		const mx_target *t = &r->targets[i];
		const bool v6 = t->address.any.sa_family == AF_INET6;

		inet_ntop(t->address.any.sa_family,
			  v6 ? (const void *)&t->address.v6.sin6_addr
			     : (const void *)&t->address.v4.sin_addr,
			  address, sizeof address);
		if (strcmp(address, "192.0.2.2") == 0)
			address[8] = '1';
		if (i > 0)
			mw_buf_put_char(&b, ' ');
		if (i == 0 || t->host != r->targets[i - 1].host) {
			mw_buf_put(&b, mw_str_of(t->host));
			mw_buf_put_char(&b, '/');
			mw_buf_put_int(&b, t->preference);
			mw_buf_put_char(&b, ' ');
		}
		mw_buf_put(&b, mw_str_of(address));
		assert_int_equal(
			ntohs(v6 ? t->address.v6.sin6_port : t->address.v4.sin_port), 25);
	}
	out[b.len] = '\0';
}

static void expect(world *w, const char *domain, mx_status status, const char *targets)
{
	const mx_result *r = find(w, domain);
	char got[8192];

	describe(r, got, sizeof got);
	if (r->status != status || strcmp(got, targets) != 0)
		fail_msg("%s: %d (%s) %s", domain, r->status, r->why, got);
	assert_int_equal(r->why[0] == '\0', status == MX_OK);
	assert_int_equal(r->reply[0] == '\0', status == MX_OK);
	assert_int_equal(r->key[0] == '\0', status != MX_OK);
}

/* --- tests */

#define PLAIN "mx.plain.test/10 2001:db8::1 192.0.2.1 192.0.2.1"

static void what_a_domain_has(void **state)
{
	static const struct {
		const char *domain;
		mx_status status;
		const char *targets;
	} table[] = {
		{"plain.test", MX_OK, PLAIN " backup.plain.test/20 192.0.2.3"},
		{"PLAIN.Test.", MX_OK, PLAIN " backup.plain.test/20 192.0.2.3"},
		{"alias.test", MX_OK, PLAIN " backup.plain.test/20 192.0.2.3"},
		{"null.test", MX_NULL, ""},
		{"nullandmore.test", MX_OK, PLAIN},
		{"badhost.test", MX_NO_ADDRESS, ""},
		{"implicit.test", MX_OK, "implicit.test/0 2001:db8::4 192.0.2.4"},
		{"nothing.test", MX_NO_ADDRESS, ""},
		{"nowhere.test", MX_NO_DOMAIN, ""},
		{"deadmx.test", MX_NO_ADDRESS, ""},
		{"halfdead.test", MX_OK, "backup.plain.test/30 192.0.2.3"},
		{"troubled.test", MX_TROUBLE, ""},
		{"failing.test", MX_TROUBLE, ""},
		{"refused.test", MX_TROUBLE, ""},
		{"cut.test", MX_OK, PLAIN},
		{"aliasmx.test", MX_OK, "alias3.test/10 2001:db8::1 192.0.2.1 192.0.2.1"},
		{"loop.test", MX_TROUBLE, ""},
		{"b\xc3\xbc"
		 "cher.test",
		 MX_OK, "backup.plain.test/10 192.0.2.3"},
		{"[192.0.2.7]", MX_OK, "/0 192.0.2.7"},
		{"[IPv6:2001:DB8::7]", MX_OK, "/0 2001:db8::7"},
		{"[2001:db8::7]", MX_BAD_NAME, ""},
		{"[192.0.2]", MX_BAD_NAME, ""},
		{"[]", MX_BAD_NAME, ""},
		{"", MX_BAD_NAME, ""},
		{".", MX_BAD_NAME, ""},
		{"a..test", MX_BAD_NAME, ""},
		{"a b.test", MX_BAD_NAME, ""},
		{"\xff.test", MX_BAD_NAME, ""},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test",
		 MX_BAD_NAME, ""},
	};
	world w;

	(void)state;
	open_world(&w, rows, &(mx_options){0}, "", 20);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		expect(&w, table[i].domain, table[i].status, table[i].targets);
	close_world(&w);
}

static void families_and_their_order(void **state)
{
	mx_options four = {.families = MX_ONLY_4}, six = {.families = MX_ONLY_6},
		   turned = {.v4_first = true};
	world w;

	(void)state;
	open_world(&w, rows, &four, "", 20);
	expect(&w, "implicit.test", MX_OK, "implicit.test/0 192.0.2.4");
	/* It has an address, only not for us: not the domain's fault. */
	expect(&w, "six.test", MX_OTHER_FAMILY, "");
	expect(&w, "[IPv6:::1]", MX_OTHER_FAMILY, "");
	close_world(&w);
	open_world(&w, rows, &six, "", 20);
	expect(&w, "implicit.test", MX_OK, "implicit.test/0 2001:db8::4");
	close_world(&w);
	open_world(&w, rows, &turned, "", 20);
	expect(&w, "cut.test", MX_OK, "mx.plain.test/10 192.0.2.1 2001:db8::1 192.0.2.1");
	close_world(&w);
}

static void hosts_that_are_us(void **state)
{
	static const char *const names[] = {"US.test"};
	net_address own = {.v4 = {.sin_family = AF_INET}};
	mx_options by_name = {.own_names = names, .own_name_count = 1},
		   by_address = {.own = &own, .own_count = 1, .own_loopback = true};
	world w;

	(void)state;
	/* Those that are as far as we are, or farther, are left out too. */
	open_world(&w, rows, &by_name, "", 20);
	expect(&w, "ours.test", MX_OK, "first.test/10 192.0.2.11");
	expect(&w, "us.test", MX_LOOP, "");
	close_world(&w);

	inet_pton(AF_INET, "192.0.2.12", &own.v4.sin_addr);
	open_world(&w, rows, &by_address, "", 20);
	expect(&w, "ours.test", MX_OK, "first.test/10 192.0.2.11");
	assert_string_equal(w.waiting[0].result->key, "first.test");
	expect(&w, "us.test", MX_LOOP, "");
	expect(&w, "[192.0.2.12]", MX_LOOP, "");
	expect(&w, "[0.0.0.0]", MX_LOOP, "");
	expect(&w, "[IPv6:::1]", MX_LOOP, "");
	expect(&w, "[192.0.2.13]", MX_OK, "/0 192.0.2.13");
	expect(&w, "back.test", MX_OK, "elsewhere.test/10 192.0.2.99");
	expect(&w, "home.test", MX_LOOP, "");
	w.host_only = true;
	expect(&w, "us.test", MX_OK, "us.test/0 192.0.2.12");
	expect(&w, "192.0.2.12", MX_OK, "/0 192.0.2.12");
	expect(&w, "2001:db8::7", MX_OK, "/0 2001:db8::7");
	expect(&w, "[IPv6:::1]", MX_OK, "/0 ::1");
	expect(&w, "192.0.2.256", MX_NO_DOMAIN, "");
	close_world(&w);
}

static void this_machine_has_addresses(void **state)
{
	net_address all[64];
	const size_t count = mx_own_addresses(all, 64);
	bool loopback = false;

	(void)state;
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++)
		loopback =
			loopback || (all[i].any.sa_family == AF_INET &&
				     all[i].v4.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
	assert_true(loopback);
	assert_int_equal(mx_own_addresses(all, 1), 1);
}

static void a_host_by_name(void **state)
{
	world w;

	(void)state;
	open_world(&w, rows, &(mx_options){0}, "", 20);
	w.host_only = true;
	expect(&w, "mx.plain.test", MX_OK,
	       "mx.plain.test/0 2001:db8::1 192.0.2.1 192.0.2.1");
	expect(&w, "plain.test", MX_NO_ADDRESS, "");
	expect(&w, "nowhere.test", MX_NO_DOMAIN, "");
	expect(&w, "failing.test", MX_TROUBLE, "");
	expect(&w, "[192.0.2.7]", MX_OK, "/0 192.0.2.7");
	close_world(&w);
}

static void more_than_anybody_needs(void **state)
{
	world w;
	const mx_result *r;

	(void)state;
	open_world(&w, rows, &(mx_options){0}, "", 20);
	r = find(&w, "many.test");
	assert_int_equal(r->status, MX_OK);
	assert_int_equal(r->count, MX_TARGETS_MAX);
	/* The best ones, which came last. */
	assert_string_equal(r->targets[0].host, "h59.many.test");
	assert_int_equal(r->targets[0].preference, 41);
	for (size_t i = 1; i < r->count; i++)
		assert_int_equal(r->targets[i].host == r->targets[i - 1].host,
				 i % MX_HOST_ADDRESSES_MAX != 0);
	assert_memory_equal(r->key, "sha256-", 7);
	assert_int_equal(strlen(r->key), 7 + 64);
	close_world(&w);
}

static void keys_and_times(void **state)
{
	world w;
	char key[MX_KEY_MAX + 1];

	(void)state;
	open_world(&w, rows, &(mx_options){0}, "", 20);
	snprintf(key, sizeof key, "%s", find(&w, "plain.test")->key);
	assert_string_equal(key, "backup.plain.test,mx.plain.test");
	assert_int_equal(w.waiting[0].result->ttl, 120);
	assert_string_equal(find(&w, "other.test")->key, key);
	assert_int_equal(w.waiting[0].result->ttl, 60);
	assert_int_equal(find(&w, "nowhere.test")->ttl, 300);
	assert_int_equal(find(&w, "failing.test")->ttl, 60);
	assert_string_equal(find(&w, "[IPv6:2001:DB8::7]")->key, "[ipv6:2001:db8::7]");
	/* At most 200 bytes: three long names are more. */
	assert_memory_equal(find(&w, "long.test")->key, "sha256-", 7);
	close_world(&w);
}

/* Both orders come, the same ones with the same seed. */
static void equals_take_turns(void **state)
{
	char first[2][64];
	unsigned turns = 0;

	(void)state;
	for (size_t run = 0; run < 2; run++) {
		world w;

		open_world(&w, rows, &(mx_options){.seed = 7}, "", 20);
		for (size_t i = 0; i < 63; i++) {
			const mx_result *r = find(&w, "other.test");

			assert_int_equal(r->count, 4);
			first[run][i] = r->targets[0].host[0];
			turns += first[run][i] == 'm';
		}
		first[run][63] = '\0';
		close_world(&w);
	}
	assert_string_equal(first[0], first[1]);
	assert_in_range(turns, 30, 96);
}

static void asked_once(void **state)
{
	static const char *const same[] = {"plain.test", "plain.test", "Plain.test",
					   "plain.test.", "plain.test"};
	mx_options small = {.kept_max = 2};
	unsigned asked;
	world w;

	(void)state;
	open_world(&w, rows, &small, "", 20);
	find_all(&w, 5, same);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(w.waiting[i].result->count, 4);
	/* MX, and two for each of two hosts; some may be asked twice where all is slow.
	 */
	asked = atomic_load(&w.server.asked);
	assert_in_range(asked, 5, 9);
	expect(&w, "null.test", MX_NULL, "");
	expect(&w, "plain.test", MX_OK, PLAIN " backup.plain.test/20 192.0.2.3");
	assert_int_equal(atomic_load(&w.server.asked), asked + 1);
	/* Past the two that are kept: the resolver knows it still. */
	for (size_t i = 0; i < 3; i++) {
		expect(&w, "implicit.test", MX_OK,
		       "implicit.test/0 2001:db8::4 192.0.2.4");
		expect(&w, "nothing.test", MX_NO_ADDRESS, "");
		expect(&w, "plain.test", MX_OK, PLAIN " backup.plain.test/20 192.0.2.3");
	}
	close_world(&w);
}

static void no_answer_is_not_waited_for(void **state)
{
	static const char *const both[] = {"silent.test", "garbage.test"};
	const int64_t start = loop_clock();
	world w;

	(void)state;
	open_world(&w, rows, &(mx_options){0}, "", 1);
	find_all(&w, 2, both);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(w.waiting[i].result->status, MX_TROUBLE);
		assert_non_null(strstr(w.waiting[i].result->why, both[i]));
	}
	assert_non_null(strstr(w.waiting[0].result->why, "no answer in time"));
	close_world(&w);
	assert_true(loop_clock() - start < 10000);
}

/* More questions than are asked at once, one of them with a name that can't be. */
enum { CROWD = 700, CROWD_BAD = 350 };

typedef struct one_of_many {
	question q; /* first */
	world *world;
	dns_status status;
} one_of_many;

static void on_one(question *q, const dns_answer *a)
{
	one_of_many *o = (one_of_many *)(void *)q;

	o->status = a->status;
	pthread_mutex_lock(&o->world->lock);
	o->world->done++;
	pthread_cond_signal(&o->world->changed);
	pthread_mutex_unlock(&o->world->lock);
}

static void ask_crowd(void *ctx)
{
	one_of_many *crowd = ctx;
	char name[32];

	for (unsigned i = 0; i < CROWD; i++) {
		snprintf(name, sizeof name, "n%u%s.test", i, i == CROWD_BAD ? "\\" : "");
		resolver_ask(crowd[i].world->resolver, &crowd[i].q, on_one,
			     mw_str_of(name), DNS_A);
	}
}

static void many_questions_at_once(void **state)
{
	one_of_many *crowd = calloc(CROWD, sizeof *crowd);
	world w;

	(void)state;
	assert_non_null(crowd);
	open_world(&w, rows, &(mx_options){0}, "", 30);
	for (unsigned i = 0; i < CROWD; i++)
		crowd[i].world = &w;
	loop_call(&w.loop, ask_crowd, crowd);
	pthread_mutex_lock(&w.lock);
	while (w.done < CROWD)
		pthread_cond_wait(&w.changed, &w.lock);
	pthread_mutex_unlock(&w.lock);
	for (unsigned i = 0; i < CROWD; i++)
		assert_int_equal(crowd[i].status,
				 i == CROWD_BAD ? DNS_TROUBLE : DNS_NO_NAME);
	close_world(&w);
	free(crowd);
}

static void cancel_all(void *ctx)
{
	world *w = ctx;

	for (unsigned i = 0; i < LOOKUPS; i++)
		mx_cancel(&w->waiting[i].l);
	mx_forget(w->mx);
}

static void cancelled_and_closed(void **state)
{
	static const char *const some[] = {"plain.test",  "silent.test", "[192.0.2.1]",
					   "silent.test", "a b",         "many.test"};
	world w;

	(void)state;
	/* Cancelled while they are at work and while their answers are on the way; never
	 * asked is no harm. */
	open_world(&w, rows, &(mx_options){0}, "", 20);
	expect(&w, "plain.test", MX_OK, PLAIN " backup.plain.test/20 192.0.2.3");
	w.done = 0;
	w.wanted = 6;
	for (size_t i = 0; i < 6; i++)
		w.waiting[i].domain = some[i];
	loop_call(&w.loop, ask_all, &w);
	loop_call(&w.loop, cancel_all, &w);
	expect(&w, "implicit.test", MX_OK, "implicit.test/0 2001:db8::4 192.0.2.4");
	assert_int_equal(w.done, 1);
	/* Closed with all of it at work. */
	w.wanted = 6;
	for (size_t i = 0; i < 6; i++)
		w.waiting[i].domain = some[i];
	loop_call(&w.loop, ask_all, &w);
	close_world(&w);
}

static void write_trust(char path[64])
{
	FILE *f;

	snprintf(path, 64, "/tmp/mailwhy-trust-%ld", (long)getpid());
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(SECURE_KEY_TEXT, f);
	fclose(f);
}

static void signed_and_forged(void **state)
{
	char trust[64];
	const mx_result *r;
	world w;

	(void)state;
	write_trust(trust);
	open_world(&w, rows, &(mx_options){0}, trust, 20);
	r = find(&w, "secure.test");
	assert_int_equal(r->status, MX_OK);
	assert_true(r->secure);
	assert_true(r->count == 2 && r->targets[0].secure && r->targets[1].secure);
	r = find(&w, "plain.test");
	assert_int_equal(r->status, MX_OK);
	assert_false(r->secure || r->targets[0].secure);
	/* Somebody took the signatures away. */
	expect(&w, "unsigned.test", MX_BOGUS, "");
	close_world(&w);

	open_world(&w, forged, &(mx_options){0}, trust, 20);
	expect(&w, "secure.test", MX_BOGUS, "");
	close_world(&w);
	unlink(trust);
}

static void resolvers_that_can_not_be(void **state)
{
	static const char *const servers[] = {"no address"};
	char why[RESOLVER_WHY_MAX] = "";
	loop l;

	(void)state;
	assert_int_equal(loop_start(&l, NULL, NULL), 0);
	assert_null(resolver_open(
		&l, &(resolver_options){.servers = servers, .server_count = 1}, why));
	assert_non_null(strstr(why, "DNS resolver"));
	assert_null(resolver_open(
		&l, &(resolver_options){.trust_anchor_file = "/nonexistent"}, why));
	loop_stop(&l);
}

static void names_from_the_wire(void **state)
{
	static const struct {
		mw_str data;
		const char *name; /* NULL: none */
	} table[] = {
		{{"\0", 1}, ""},         {{"\3MX1\4t-_t\0", 10}, "mx1.t-_t"},
		{{"", 0}, NULL},         {{"\3MX1", 4}, NULL},
		{{"\3MX", 3}, NULL},     {{"\3a.b\0", 5}, NULL},
		{{"\3a\0b\0", 5}, NULL}, {{"\300\14", 2}, NULL},
	};
	char name[DNS_NAME_MAX], big[300];

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		assert_int_equal(dns_read_host(table[i].data, name),
				 table[i].name != NULL);
		if (table[i].name != NULL)
			assert_string_equal(name, table[i].name);
	}
	memset(big, 'a', sizeof big);
	for (size_t i = 0; i < sizeof big; i += 50)
		big[i] = 49;
	big[sizeof big - 1] = 0;
	assert_false(dns_read_host((mw_str){big, sizeof big}, name));
}

/* Our own words are judged as we mean them. */
static void replies_are_understood(void **state)
{
	static const struct {
		const char *domain;
		mw_category category;
		mw_permanence permanence;
		bool address_is_bad;
	} table[] = {
		{"null.test", MW_CATEGORY_DOMAIN_NO_MAIL, MW_PERMANENCE_PERMANENT, true},
		{"nowhere.test", MW_CATEGORY_DOMAIN_NOT_FOUND, MW_PERMANENCE_PERMANENT,
		 true},
		{"nothing.test", MW_CATEGORY_DOMAIN_NO_MAIL, MW_PERMANENCE_PERMANENT,
		 true},
		{"a b", MW_CATEGORY_DOMAIN_NOT_FOUND, MW_PERMANENCE_PERMANENT, true},
		{"failing.test", MW_CATEGORY_DOMAIN_NOT_FOUND, MW_PERMANENCE_TEMPORARY,
		 false},
		{"unsigned.test", MW_CATEGORY_DOMAIN_NOT_FOUND, MW_PERMANENCE_TEMPORARY,
		 false},
		{"six.test", MW_CATEGORY_CONNECTION_FAILED, MW_PERMANENCE_TEMPORARY,
		 false},
		{"us.test", MW_CATEGORY_ROUTING_LOOP, MW_PERMANENCE_PERMANENT, false},
	};
	static const char *const names[] = {"us.test"};
	mx_options o = {.own_names = names, .own_name_count = 1, .families = MX_ONLY_4};
	mw_knowledge kb;
	char trust[64];
	world w;

	(void)state;
	mw_knowledge_open_builtin(&kb);
	write_trust(trust);
	open_world(&w, rows, &o, trust, 20);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		mw_outcome_room room;
		mw_outcome outcome;
		mw_verdict v;

		mw_outcome_read(&outcome, &room,
				mw_str_of(find(&w, table[i].domain)->reply));
		outcome.stage = MW_STAGE_DNS;
		mw_judge(&kb, &outcome, &v);
		if (v.category != table[i].category ||
		    v.permanence != table[i].permanence ||
		    v.address_is_bad != table[i].address_is_bad)
			fail_msg("%s: %d %d", table[i].domain, v.category, v.permanence);
	}
	close_world(&w);
	unlink(trust);
}

static int run_client(int argc, char **argv)
{
#define X(name, reply) #name,
	static const char *const names[] = {MX_STATUS_MAP(X)};
#undef X
	static world w;
	char targets[8192];

	open_with(&w, argv[1], &(mx_options){0}, argv[2], 10);
	for (int i = 3; i < argc; i++) {
		const mx_result *r = find(&w, argv[i]);

		describe(r, targets, sizeof targets);
		printf("%s %s %s %s%s\n", argv[i], names[r->status],
		       r->secure ? "secure" : "insecure", targets, r->why);
	}
	close_client(&w);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_domain_has),
		cmocka_unit_test(families_and_their_order),
		cmocka_unit_test(hosts_that_are_us),
		cmocka_unit_test(this_machine_has_addresses),
		cmocka_unit_test(a_host_by_name),
		cmocka_unit_test(more_than_anybody_needs),
		cmocka_unit_test(keys_and_times),
		cmocka_unit_test(equals_take_turns),
		cmocka_unit_test(asked_once),
		cmocka_unit_test(no_answer_is_not_waited_for),
		cmocka_unit_test(many_questions_at_once),
		cmocka_unit_test(cancelled_and_closed),
		cmocka_unit_test(signed_and_forged),
		cmocka_unit_test(resolvers_that_can_not_be),
		cmocka_unit_test(names_from_the_wire),
		cmocka_unit_test(replies_are_understood),
	};

	if (argc > 3)
		return run_client(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
