/* SPDX-License-Identifier: MIT
 *
 * Letters to senders: to whom, of whom, once, and what is left in the store after it.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

#include "engine/bouncer.h"
#include "folder.h"

#define BODY "From: ann@here.example\r\nSubject: Invoice 42\r\n\r\nsecret words\r\n"

typedef struct scene {
	engine e;
	mw_knowledge kb;
	bouncer *b;
} scene;

static void hear(void *ctx, const problem *p)
{
	(void)ctx;
	fail_msg("%s", p->text);
}

static void set(settings *s, const char *section, const char *name, const char *value)
{
	char why[SETTINGS_WHY];

	if (settings_set(s, section, name, value, why) != MW_OK)
		fail_msg("%s", why);
}

static void open_scene(scene *x)
{
	settings *s = settings_new();
	problems told = {.tell = hear};
	mw_err err = {0};

	*x = (scene){.b = NULL};
	set(s, "server", "hostname", "mail.here.example");
	set(s, "local", "domains", "here.example");
	set(s, "local", "mailboxes", folder);
	mw_knowledge_open_builtin(&x->kb);
	x->e.kb = &x->kb;
	x->e.policy = policy_open(s, 1, &told);
	assert_non_null(x->e.policy);
	settings_drop(s);
	snprintf(x->e.hostname, sizeof x->e.hostname, "mail.here.example");
	pthread_mutex_init(&x->e.lock, NULL);
	assert_int_equal(store_open(&x->e.store, folder, &err), MW_OK);
}

static void close_scene(scene *x)
{
	bouncer_stop(x->b);
	store_close(&x->e.store);
	bouncer_close(&x->b);
	policy_drop(x->e.policy);
	pthread_mutex_destroy(&x->e.lock);
}

static void wait_idle(scene *x)
{
	const struct timespec moment = {0, 5000000};

	for (int i = 0; i < 1000 && !bouncer_idle(x->b); i++)
		nanosleep(&moment, NULL);
	assert_true(bouncer_idle(x->b));
}

static void start(scene *x)
{
	x->b = bouncer_open(&x->e);
	assert_non_null(x->b);
	assert_true(bouncer_start(x->b));
	assert_non_null(x->b);
	wait_idle(x);
}

static void put_over(store_put *p, mw_status s)
{
	assert_int_equal(s, MW_OK);
	sem_post(p->ctx);
}

static uint64_t put(scene *x, const char *sender, const store_recipient *r, size_t n)
{
	sem_t over;
	store_put p = {.message = {.arrival = outlog_now() - 60000,
				   .mail = {.sender = mw_str_of(sender),
					    .envid = MW_LIT("QQ1"),
					    .auth = MW_LIT("")},
				   .client = MW_LIT(""),
				   .helo = MW_LIT(""),
				   .login = MW_LIT(""),
				   .size = sizeof BODY - 1,
				   .memory = MW_LIT(BODY),
				   .fd = -1,
				   .recipients = r,
				   .recipient_count = n},
		       .done = put_over,
		       .ctx = &over};

	sem_init(&over, 0, 0);
	store_ask_put(x->e.store, &p);
	while (sem_wait(&over) != 0)
		;
	sem_destroy(&over);
	return p.message.id;
}

static store_recipient failed(const char *address, int reply, const char *text)
{
	return (store_recipient){.address = mw_str_of(address),
				 .original = MW_LIT(""),
				 .orcpt = MW_LIT(""),
				 .target = MW_LIT("there.example"),
				 .state = STORE_FAILED,
				 .attempts = 1,
				 .reply = reply,
				 .text = mw_str_of(text)};
}

/* --- what is in the store afterwards */

typedef struct found {
	size_t count;
	uint64_t id;
	store_route route;
	bool warned;
	int64_t alarm, arrival;
	char sender[100], address[100], target[300];
} found;

static bool see(void *ctx, const store_message *m, unsigned n, const store_recipient *r)
{
	found *f = ctx;

	(void)n;
	f->count++;
	f->id = m->id;
	f->route = r->route;
	f->warned = r->warned;
	f->alarm = r->alarm;
	f->arrival = m->arrival;
	snprintf(f->sender, sizeof f->sender, "%.*s", MW_FMT(m->mail.sender));
	snprintf(f->address, sizeof f->address, "%.*s", MW_FMT(r->address));
	snprintf(f->target, sizeof f->target, "%.*s", MW_FMT(r->target));
	return true;
}

static found look(scene *x, uint64_t after)
{
	found f = {0};

	assert_int_equal(store_list(x->e.store, after * 65536 + 65535, 100, see, &f),
			 MW_OK);
	return f;
}

/* "recipient action category;" of each that the letter tells of, and its text. */
typedef struct letter {
	char told[2000];
	mw_str text;
} letter;

static void read_letter(scene *x, uint64_t id, letter *l)
{
	char *memory = malloc(MW_BOUNCE_MEMORY_MIN);
	mw_bounce *b;
	mw_report r;
	int fd;
	uint64_t size;

	l->told[0] = '\0';
	assert_int_equal(store_body(x->e.store, id, &l->text, &fd, &size), MW_OK);
	assert_int_equal(fd, -1);
	assert_int_equal(
		mw_bounce_open(&b, &(mw_bounce_params){.memory = memory,
						       .cap = MW_BOUNCE_MEMORY_MIN}),
		MW_OK);
	mw_bounce_feed(b, l->text);
	assert_int_equal(mw_bounce_end(b), MW_OK);
	while (mw_bounce_next(b, &r)) {
		const size_t n = strlen(l->told);
		mw_verdict v;

		mw_judge(&x->kb, &r.outcome, &v);
		snprintf(l->told + n, sizeof l->told - n, "%.*s %.*s %.*s;",
			 MW_FMT(r.outcome.recipient), MW_FMT(r.action),
			 MW_FMT(mw_name(MW_VOCABULARY_CATEGORY, (int)v.category)));
		assert_true(mw_str_eq(r.envelope_id, MW_LIT("QQ1")));
	}
	free(memory);
}

static void expect_letter(scene *x, uint64_t after, const char *told, const char *words)
{
	const found f = look(x, after);
	letter l;

	assert_int_equal(f.count, 1);
	assert_string_equal(f.sender, "");
	read_letter(x, f.id, &l);
	assert_string_equal(l.told, told);
	if (memmem(l.text.ptr, l.text.len, words, strlen(words)) == NULL)
		fail_msg("nothing of “%s”", words);
	free((char *)(uintptr_t)l.text.ptr);
}

/* --- cases */

static void test_failure_to_a_mailbox(void **state)
{
	const store_recipient r[] = {
		failed("a@there.example", 550, "5.1.1 User unknown"),
		failed("b@there.example", 552, "5.2.2 Mailbox full")};
	scene x;

	(void)state;
	open_scene(&x);
	start(&x);
	const uint64_t id = put(&x, "ann@here.example", r, 2);

	bouncer_note(x.b, id);
	bouncer_note(x.b, id);
	wait_idle(&x);
	expect_letter(&x, id,
		      "a@there.example failed recipient-unknown;"
		      "b@there.example failed mailbox-full;",
		      "secret words");
	const found f = look(&x, 0);

	assert_int_equal(f.count, 1);
	assert_int_equal(f.route, STORE_MAILDIR);
	assert_string_equal(f.address, "ann@here.example");
	close_scene(&x);
}

/* What a run before left is told of at the start. */
static void test_left_over_to_a_remote_sender(void **state)
{
	const store_recipient r = failed("a@there.example", 450, "4.7.1 Greylisted");
	scene x;

	(void)state;
	open_scene(&x);
	const uint64_t id = put(&x, "Zoe@Elsewhere.Example", &r, 1);

	start(&x);
	expect_letter(&x, id, "a@there.example failed greylisted;", "has now given up");
	const found f = look(&x, 0);

	assert_int_equal(f.route, STORE_REMOTE);
	assert_string_equal(f.target, "elsewhere.example");
	assert_true(f.alarm > f.arrival);
	close_scene(&x);
}

static void test_nobody_is_told(void **state)
{
	store_recipient r[] = {failed("a@there.example", 550, "5.1.1 no"),
			       failed("b@there.example", 550, "5.1.1 no"),
			       failed("c@there.example", 250, "2.0.0 ok")};
	scene x;

	(void)state;
	open_scene(&x);
	r[0].notify = MW_NOTIFY_NEVER;
	r[1].notify = MW_NOTIFY_SUCCESS | MW_NOTIFY_DELAY;
	put(&x, "ann@here.example", r, 3);
	r[0].notify = 0;
	put(&x, "", r, 1);
	/* An address that nobody has. */
	put(&x, "ann@here..example", r, 1);
	start(&x);
	assert_int_equal(look(&x, 0).count, 0);
	close_scene(&x);
}

static void test_success(void **state)
{
	store_recipient r = failed("a@there.example", 250, "2.0.0 taken");
	scene x;

	(void)state;
	open_scene(&x);
	r.notify = MW_NOTIFY_SUCCESS;
	const uint64_t id = put(&x, "ann@here.example", &r, 1);

	start(&x);
	expect_letter(&x, id, "a@there.example relayed delivered;",
		      "Subject: Invoice 42");
	close_scene(&x);
}

static void test_delay(void **state)
{
	store_recipient r[] = {failed("a@there.example", 450, "4.2.1 Greylisted"),
			       failed("b@there.example", 450, "4.2.1 Greylisted")};
	scene x;
	found f = {0};

	(void)state;
	open_scene(&x);
	r[0].state = r[1].state = STORE_QUEUED;
	r[0].alarm = r[1].alarm = outlog_now() - 1000;
	r[1].notify = MW_NOTIFY_FAILURE;
	start(&x);
	const uint64_t id = put(&x, "ann@here.example", r, 2);

	bouncer_warn(x.b, id);
	wait_idle(&x);
	bouncer_warn(x.b, id);
	wait_idle(&x);
	expect_letter(&x, id, "a@there.example delayed greylisted;",
		      "Will-Retry-Until: ");
	assert_int_equal(store_find(x.e.store, id, see, &f), MW_OK);
	assert_true(f.count == 2 && f.warned);
	assert_true(f.alarm - f.arrival == (int64_t)x.e.policy->schedule.lifetime * 1000);
	assert_int_equal(
		store_each_alarm(x.e.store, outlog_now(), 9, see, &(found){.count = 0}),
		MW_OK);
	close_scene(&x);
}

static void test_many(void **state)
{
	static store_recipient r[1100];
	scene x;

	(void)state;
	open_scene(&x);
	for (size_t i = 0; i < 1100; i++)
		r[i] = failed("a@there.example", 550, "5.1.1 no");
	const uint64_t id = put(&x, "ann@here.example", r, 1100);

	start(&x);
	assert_int_equal(look(&x, id).count, 3);
	assert_int_equal(look(&x, 0).count, 3);
	close_scene(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_failure_to_a_mailbox),
		TEST_IN_FOLDER(test_left_over_to_a_remote_sender),
		TEST_IN_FOLDER(test_nobody_is_told),
		TEST_IN_FOLDER(test_success),
		TEST_IN_FOLDER(test_delay),
		TEST_IN_FOLDER(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
