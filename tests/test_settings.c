/* SPDX-License-Identifier: MIT
 *
 * Settings: what people write into the file, and what they are told of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <mailwhy/smtp_server.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/settings.h"
#include "engine/settings_table.h"

/* All that was told, a line each: "12: text" or "12: warning: text". */
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

static void write_file(char path[64], const char *bytes, size_t n)
{
	snprintf(path, 64, "/tmp/test_settings.XXXXXX");
	const int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

static settings *read_bytes(const char *bytes, size_t n, mw_status want, heard *h)
{
	char path[64];
	settings *s = settings_new();
	problems told = {.tell = hear, .ctx = h};

	*h = (heard){.len = 0};
	assert_non_null(s);
	write_file(path, bytes, n);
	const mw_status got = settings_read(s, path, &told);

	unlink(path);
	if (got != want)
		fail_msg("status %d, not %d: %s", got, want, h->text);
	return s;
}

static settings *read_text(const char *text, mw_status want, heard *h)
{
	return read_bytes(text, strlen(text), want, h);
}

static void has(const heard *h, const char *words)
{
	if (strstr(h->text, words) == NULL)
		fail_msg("nothing of “%s” in: %s", words, h->text);
}

static void the_defaults_are_what_the_page_says(void **state)
{
	settings *s = settings_new();

	(void)state;
	assert_int_equal(s->server.sessions_max, 10000);
	assert_int_equal(s->server.free_space_min, 100 << 20);
	assert_int_equal(s->limits.message_size, 50 << 20);
	assert_int_equal(s->limits.login_failures.count, 10);
	assert_int_equal(s->limits.login_failures.seconds, 600);
	assert_int_equal(s->limits.messages_per_user.count, 0);
	assert_int_equal(s->limits.idle_timeout, 300);
	assert_int_equal(s->auth.mechanisms, MW_SASL_PLAIN | MW_SASL_LOGIN |
						     MW_SASL_SCRAM_SHA_256 |
						     MW_SASL_SCRAM_SHA_256_PLUS);
	assert_int_equal(s->protocol.bare_line_ends, 0);
	assert_int_equal(s->protocol.chunking, 1);
	assert_string_equal(s->local.subaddress, "+");
	assert_string_equal(s->local.lmtp.text, "");
	assert_null(s->local.lmtp.host);
	settings_drop(s);
}

static void a_file_is_read(void **state)
{
	heard h;
	settings *s =
		read_text("\xef\xbb\xbf# comment\n; another\n\n"
			  "[server]\r\n  hostname = mx.example.org \r\nlog=/l/o g\n"
			  "[listen]\nsmtp = *:25, [2001:db8::1]:2525\n"
			  "smtp = 127.0.0.1:0\nlmtp = /run/a\nlmtp = /run/b, c\n"
			  "[tls]\nminimum = 1.3 ; newer\n"
			  "[limits]\nmessage-size = 10M\nmessages-per-user: 100/1m\n"
			  "data-timeout = 2h\nmin-rate = 1K\n"
			  "[auth]\nmechanisms = plain\nmechanisms = SCRAM-SHA-256\n"
			  "[local]\ndomains = a.example b.example,c.example\n"
			  "domains = d.example\nlmtp = /run/x\ncatch-all =\n"
			  "[relay]\nnetworks = 192.0.2.0/24 2001:db8::/32\n"
			  "route = smart.example.org:587\n",
			  MW_OK, &h);

	(void)state;
	assert_string_equal(h.text, "");
	assert_string_equal(s->server.hostname, "mx.example.org");
	assert_string_equal(s->server.log, "/l/o g");
	assert_int_equal(s->listen.smtp.count, 3);
	assert_string_equal(s->listen.smtp.item[0].host, "*");
	assert_string_equal(s->listen.smtp.item[1].host, "2001:db8::1");
	assert_int_equal(s->listen.smtp.item[1].port, 2525);
	assert_int_equal(s->listen.lmtp.count, 2);
	assert_string_equal(s->listen.lmtp.item[1], "/run/b, c");
	assert_int_equal(s->tls.minimum, 1);
	assert_int_equal(s->limits.message_size, 10 << 20);
	assert_int_equal(s->limits.messages_per_user.seconds, 60);
	assert_int_equal(s->limits.data_timeout, 7200);
	assert_int_equal(s->limits.min_rate, 1024);
	assert_int_equal(s->auth.mechanisms, MW_SASL_PLAIN | MW_SASL_SCRAM_SHA_256);
	assert_int_equal(s->local.domains.count, 4);
	assert_string_equal(s->local.domains.item[3], "d.example");
	assert_string_equal(s->local.lmtp.path, "/run/x");
	assert_int_equal(s->relay.networks.count, 2);
	assert_string_equal(s->relay.route.host, "smart.example.org");
	assert_int_equal(settings_place(s, &s->tls.minimum).line, 13);
	assert_int_equal(settings_place(s, &s->tls.key).line, 0);
	settings_drop(s);
}

/* Each line, as line 2 behind its section, and what is told of it. */
static const struct mistake {
	const char *section, *line, *told;
} mistakes[] = {
	{"server", "hostnam = a", "did you mean “hostname”?"},
	{"server", "recipients = 5", "it belongs to [limits]"},
	{"server", "xyzzy = 5", "no setting “xyzzy” in [server]"},
	{"sever", "hostname = a", "did you mean [server]?"},
	{"wholly-other", "hostname = a", "no section [wholly-other]"},
	{"server", "hostname", "this is no setting"},
	{"server", "[server", "the ] is missing"},
	{"server", "spool = var/spool", "no path from the root"},
	{"server", "threads = -1", "is no number"},
	{"server", "threads = 99999999999999999999999", "is no number"},
	{"server", "threads = 257", "out of range: 0 to 256"},
	{"server", "threads =", "has no value"},
	{"server", "threads = 1x", "is no number"},
	{"limits", "message-size = 50X", "is no size"},
	{"limits", "message-size = 50MB", "is no size"},
	{"limits", "message-size = 99999999999999T", "is no size"},
	{"limits", "message-size = 10", "out of range"},
	{"limits", "recipients = 99", "out of range: 100"},
	{"limits", "idle-timeout = 5", "is no span"},
	{"limits", "idle-timeout = 5y", "is no span"},
	{"limits", "idle-timeout = 0s", "out of range"},
	{"limits", "login-failures = 10", "is no rate"},
	{"limits", "login-failures = 10/", "is no rate"},
	{"limits", "login-failures = 0/1m", "out of range"},
	{"limits", "login-failures = 1/0s", "out of range"},
	{"protocol", "chunking = maybe", "none of these: no, yes"},
	{"protocol", "bare-line-ends = yes", "none of these: refuse, accept"},
	{"tls", "minimum = 1.1", "none of these: 1.2, 1.3"},
	{"auth", "mechanisms = PLAIN CRAM-MD5", "“PLAIN CRAM-MD5” is none of these"},
	{"listen", "smtp = 25", "no address with a port"},
	{"listen", "smtp = localhost:25", "no address of this machine"},
	{"listen", "smtp = 2001:db8::1:25", "no address of this machine"},
	{"listen", "smtp = [192.0.2.1]:25", "no address of this machine"},
	{"listen", "smtp = 1.2.3.4:65536", "no address with a port"},
	{"listen", "smtp = 1.2.3.4:", "no address with a port"},
	{"listen", "smtp = :25", "no address with a port"},
	{"relay", "route = example.org", "no host with a port"},
	{"relay", "route = a b:25", "is no host"},
	{"relay", "route = *:25", "is no host"},
	{"relay", "route = example.org:0", "no port to connect to"},
	{"relay", "networks = 192.0.2.1/24", "an address in a network"},
	{"relay", "networks = 192.0.2.0/33", "at most 32"},
	{"relay", "networks = 2001:db8::/129", "at most 32 of IPv4 and 128"},
	{"relay", "networks = 192.0.2.0/", "at most 32"},
	{"relay", "networks = everybody", "is no network"},
	{"local", "subaddress = ++", "is too long"},
	{"local", "catch-all = a\xff@b", "bytes that are no text"},
	{"local", "catch-all = a\x01@b", "bytes that are no text"},
};

static void each_mistake_is_told_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		char text[300];
		heard h;

		snprintf(text, sizeof text, "[%s]\n%s\n", mistakes[i].section,
			 mistakes[i].line);
		settings_drop(read_text(text, MW_E_SYNTAX, &h));
		if (strncmp(h.text, "2: ", 3) != 0)
			fail_msg("%s: %s", mistakes[i].line, h.text);
		has(&h, mistakes[i].told);
	}
}

static void all_mistakes_are_told(void **state)
{
	heard h;

	(void)state;
	settings_drop(read_text("a = b\n[server]\nthreads = x\n\nlog = y\nthreads = 3\n"
				"[nowhere]\na = b\nc = d\n[tls]\nminimum = 2\n",
				MW_E_SYNTAX, &h));
	has(&h, "1: “a” stands before the first section");
	has(&h, "3: [server] threads");
	has(&h, "5: [server] log");
	has(&h, "6: [server] threads: stands in line 3 already");
	has(&h, "8: no section [nowhere]");
	has(&h, "11: [tls] minimum");
	/* A section that is unknown is told of once. */
	assert_null(strstr(h.text, "9:"));
}

static void a_hostile_file_ends_in_words(void **state)
{
	static char text[1 << 20];
	heard h;

	(void)state;
	memset(text, 'x', sizeof text);
	settings_drop(read_bytes(text, sizeof text, MW_E_SYNTAX, &h));
	has(&h, "1: the line is longer than");
	memset(text, '\n', sizeof text);
	settings_drop(read_bytes(text, sizeof text, MW_OK, &h));
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = i % 2 == 0 ? 'x' : '\n';
	settings_drop(read_bytes(text, sizeof text, MW_E_SYNTAX, &h));
	has(&h, "too many problems");
	settings_drop(read_bytes("[server]\nlog = /a\0b\n", 20, MW_E_SYNTAX, &h));
	has(&h, "2: the line holds bytes that are no text");
	settings_drop(read_bytes("[server]\nx\033[2J = 1\n", 18, MW_E_SYNTAX, &h));
	assert_null(strchr(h.text, '\033'));
	/* Every short file of these bytes ends in some way, and in no crash. */
	static const char bytes[] = "[]=\n a";
	for (unsigned n = 0; n < 6 * 6 * 6 * 6; n++) {
		char small[4];
		problems quiet = {.tell = hear, .ctx = &h};
		char path[64];

		for (unsigned i = 0, rest = n; i < 4; i++, rest /= 6)
			small[i] = bytes[rest % 6];
		h.len = 0;
		write_file(path, small, 4);
		settings *s = settings_new();
		const mw_status got = settings_read(s, path, &quiet);

		unlink(path);
		assert_true(got == MW_OK || got == MW_E_SYNTAX);
		assert_true((got == MW_OK) == (quiet.errors == 0));
		settings_drop(s);
	}
}

static void a_list_has_an_end(void **state)
{
	settings *s = settings_new();
	char why[SETTINGS_WHY], name[32];
	mw_status status = MW_OK;
	unsigned n = 0;

	(void)state;
	for (; status == MW_OK && n < 10000; n++) {
		snprintf(name, sizeof name, "d%u.example", n);
		status = settings_set(s, "local", "domains", name, why);
	}
	assert_int_equal(status, MW_E_SYNTAX);
	assert_int_equal(s->local.domains.count, VALUE_ITEMS_MAX);
	assert_string_equal(s->local.domains.item[4095], "d4095.example");
	assert_non_null(strstr(why, "one item too many"));
	settings_drop(s);
}

static void flags_come_on_top(void **state)
{
	char why[SETTINGS_WHY];
	heard h;
	settings *s = read_text("[local]\ndomains = a.example\nquota = 1G\n", MW_OK, &h);

	(void)state;
	assert_int_equal(settings_set(s, "local", "domains", "b.example", why), MW_OK);
	assert_int_equal(settings_set(s, "local", "quota", "2G", why), MW_OK);
	assert_int_equal(settings_set(s, "local", "quota", "2Q", why), MW_E_SYNTAX);
	assert_string_equal(why, "[local] quota: “2Q” is no size: a number of bytes, or "
				 "with K, M, G, T behind it, such as 50M");
	assert_int_equal(settings_set(s, "local", "qota", "2G", why), MW_E_SYNTAX);
	assert_int_equal(s->local.domains.count, 2);
	assert_int_equal(s->local.quota, 2LL << 30);
	assert_int_equal(settings_set(s, "auth", "mechanisms", "PLAIN", why), MW_OK);
	assert_int_equal(s->auth.mechanisms, MW_SASL_PLAIN);
	assert_int_equal(settings_set(s, "auth", "mechanisms", "", why), MW_OK);
	assert_int_equal(s->auth.mechanisms, 0);
	assert_int_equal(settings_set(s, "local", "domains", "", why), MW_OK);
	assert_int_equal(s->local.domains.count, 0);
	settings_drop(s);
}

static char *show_all(const settings *s)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	for (size_t i = 0; settings_show(s, i, out); i++)
		continue;
	fclose(out);
	return text;
}

/* What is shown can be read, and then the same is shown. */
static void what_is_shown_is_a_file(void **state)
{
	heard h;
	settings *s = read_text("[local]\ndomains = a.example\ndomains = b.example\n"
				"quota = 1G\n[listen]\nsmtp = *:25\n[auth]\n"
				"mechanisms = PLAIN\n",
				MW_OK, &h);
	char *first = show_all(s);
	settings *again = read_text(first, MW_OK, &h);
	char *second = show_all(again);

	(void)state;
	assert_string_equal(first, second);
	assert_non_null(strstr(first, "\ndomains = a.example\ndomains = b.example\n"));
	assert_non_null(strstr(first, "\n#idle-timeout = 5m\n"));
	/* And as a template: each default is good where it stands. */
	for (char *p = first; (p = strstr(p, "\n#")) != NULL; p++)
		if (p[2] != ' ' && strchr(p + 1, '=')[1] == ' ')
			memmove(p + 1, p + 2, strlen(p + 2) + 1);
	settings_drop(read_text(first, MW_OK, &h));
	free(first);
	free(second);
	settings_drop(s);
	settings_drop(again);
}

/* A whole file, and what settings_check() tells of it; NULL: nothing. */
static const struct sense {
	const char *text, *told;
} senses[] = {
	{"[rules]\n", NULL},
	{"[server]\nspool = /tmp\n[listen]\nsmtp = *:25\n[relay]\nnetworks = "
	 "10.0.0.0/8\n",
	 NULL},
	{"[tls]\ncertificate = /x\n",
	 "2: [tls] certificate: a certificate without a key"},
	{"[tls]\nkey = /x\n", "2: [tls] key: a key without a certificate"},
	{"[tls]\nkey = /x\ncertificate = /nonexistent\n", "/nonexistent: No such file"},
	{"[listen]\nsubmission = *:587\n", "users who log in"},
	{"[listen]\nsubmission = *:587\n", "nobody can log in without TLS"},
	{"[listen]\nsubmissions = *:465\n", "submissions is TLS"},
	{"[listen]\nsmtp = *:25\nhttp = *:25\n", "*:25 is to be listened on twice"},
	{"[listen]\nhttp = *:80\n",
	 "warning: [listen] http: the API asks for no password"},
	{"[listen]\nsmtp = *:25\n", "warning: [server] spool: no spool is set"},
	{"[local]\ndomains = a.example\n", "nowhere to go"},
	{"[local]\nmailboxes = /tmp\n",
	 "2: warning: [local] mailboxes: no mail is local"},
	{"[local]\nmailboxes = /dev/null\n", "is no folder"},
	{"[local]\ncatch-all = bob\n", "is no address"},
	{"[local]\npostmaster = @b\n", "is no address"},
	{"[local]\nsubaddress = a\n", "the mark of subaddresses"},
	{"[local]\nusers = mysql:x\n", "neither a path nor sqlite:"},
	{"[local]\nusers = x\n", "has to begin with /"},
	{"[local]\nusers = sqlite:/nonexistent\n", "/nonexistent: No such file"},
	{"[local]\nusers = /tmp\n", "/tmp: is no file"},
	{"[local]\nusers = /etc/passwd\n", "can be read by everybody"},
	{"[relay]\nnetworks = 0.0.0.0/0\n", "open relay"},
	{"[relay]\nnetworks = ::/0\n", "open relay"},
	{"[protocol]\nbare-line-ends = accept\n", "smuggle"},
	{"[protocol]\nchunking = no\n", "is not offered without chunking"},
	{"[server]\nstore = postgresql://db/x\n", "PostgreSQL is not in this version"},
	{"[server]\nstore = floppy\n", "no store that this version knows"},
	{"[server]\nhostname = a_b\n", "is no host name"},
	{"[server]\nhostname = mx\n", "is no full name"},
	{"[server]\nuser = nobody-has-this\n", "no such user"},
	{"[server]\ngroup = nobody-has-this\n", "no such group"},
	{"[test]\nscenario = /nonexistent\n", "/nonexistent: No such file"},
	{"[test]\nscenario = builtin\n", NULL},
	{"[rules]\nfile = /nonexistent\n", "/nonexistent: No such file"},
};

static void what_makes_no_sense_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof senses / sizeof *senses; i++) {
		heard h;
		problems told = {.tell = hear, .ctx = &h};
		settings *s = read_text(senses[i].text, MW_OK, &h);
		const bool good = settings_check(s, &told);

		assert_true(good == (told.errors == 0));
		if (senses[i].told != NULL)
			has(&h, senses[i].told);
		else if (h.len > 0)
			fail_msg("%s: %s", senses[i].text, h.text);
		settings_drop(s);
	}
}

static void networks_hold_their_addresses(void **state)
{
	static const unsigned char in[16] = {[10] = 0xff, [11] = 0xff, 192, 0, 2, 129};
	static const unsigned char out[16] = {[10] = 0xff, [11] = 0xff, 192, 0, 2, 127};
	static const unsigned char six[16] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1};
	heard h;
	settings *s = read_text("[relay]\nnetworks = 192.0.2.128/25 2001:db8::/47\n",
				MW_OK, &h);

	(void)state;
	assert_true(value_networks_have(&s->relay.networks, in));
	assert_false(value_networks_have(&s->relay.networks, out));
	assert_true(value_networks_have(&s->relay.networks, six));
	settings_drop(s);
}

static void the_last_holder_frees(void **state)
{
	settings *s = settings_new();

	(void)state;
	assert_ptr_equal(settings_hold(s), s);
	settings_drop(s);
	assert_int_equal(s->server.sessions_max, 10000);
	settings_drop(s);
	settings_drop(NULL);
}

static void an_unreadable_file_is_told(void **state)
{
	heard h = {.len = 0};
	problems told = {.tell = hear, .ctx = &h};
	settings *s = settings_new();

	(void)state;
	assert_int_equal(settings_read(s, "/nonexistent", &told), MW_E_ABSENT);
	has(&h, "No such file");
	assert_int_equal(settings_read(s, "/tmp", &told), MW_E_ABSENT);
	has(&h, "Is a directory");
	settings_drop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_are_what_the_page_says),
		cmocka_unit_test(a_file_is_read),
		cmocka_unit_test(each_mistake_is_told_with_its_line),
		cmocka_unit_test(all_mistakes_are_told),
		cmocka_unit_test(a_hostile_file_ends_in_words),
		cmocka_unit_test(a_list_has_an_end),
		cmocka_unit_test(flags_come_on_top),
		cmocka_unit_test(what_is_shown_is_a_file),
		cmocka_unit_test(what_makes_no_sense_is_told),
		cmocka_unit_test(networks_hold_their_addresses),
		cmocka_unit_test(the_last_holder_frees),
		cmocka_unit_test(an_unreadable_file_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
