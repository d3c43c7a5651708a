/* SPDX-License-Identifier: MIT
 *
 * The store: what was put is there, whole and once, whatever happens: hostile text, many
 * threads, a full disk, a damaged file, kill -9.
 */
#define _GNU_SOURCE /* O_TMPFILE */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool no_nameless, sync_fails;

static int odd_openat(int dir, const char *name, int flags, unsigned mode);
static int odd_fdatasync(int fd);

#define openat(dir, name, ...)     odd_openat((dir), (name), ODD_MODE(__VA_ARGS__, 0, 0))
#define ODD_MODE(flags, mode, ...) (flags), (mode)
#define fdatasync(fd)              odd_fdatasync(fd)
#include "../src/queue/store_file.c"
#undef openat
#undef fdatasync
#undef PIECE

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define BIG         (STORE_INLINE_MAX + 1000)
#define NOON        INT64_C(1760000000000)

static int odd_openat(int dir, const char *name, int flags, unsigned mode)
{
	if (no_nameless && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return openat(dir, name, flags, mode);
}

static int odd_fdatasync(int fd)
{
	if (sync_fails) {
		errno = EIO;
		return -1;
	}
	return fdatasync(fd);
}

/* A folder of its own for each test. */
static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/mailwhy-store-XXXXXX");
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static const char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

/* How many files the subfolder has; with `remove` they go. */
static unsigned files_of(const char *name, bool remove)
{
	char path[512];
	DIR *d = opendir(in_folder(name));
	const struct dirent *e;
	unsigned n = 0;

	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s/%s", folder, name, e->d_name);
		if (remove)
			unlink(path);
		n++;
	}
	closedir(d);
	return n;
}

static int remove_folder(void **state)
{
	(void)state;
	files_of("body", true);
	rmdir(in_folder("body"));
	files_of(".", true);
	return rmdir(folder);
}

static store *opened(void)
{
	store *s = NULL;
	mw_err err = {0};

	if (store_open(&s, folder, &err) != MW_OK)
		fail_msg("%s", err.msg);
	return s;
}

static store *reopened(store *s)
{
	store_close(&s);
	assert_null(s);
	return opened();
}

/* A request, and the wait for its end. */
typedef struct waiter {
	sem_t over;
	mw_status status;
} waiter;

static void put_over(store_put *p, mw_status status)
{
	waiter *w = p->ctx;

	w->status = status;
	sem_post(&w->over);
}

static void settle_over_(store_settle *t, mw_status status)
{
	waiter *w = t->ctx;

	w->status = status;
	sem_post(&w->over);
}

static mw_status wait_for(waiter *w)
{
	while (sem_wait(&w->over) != 0)
		;
	sem_destroy(&w->over);
	return w->status;
}

static mw_status put(store *s, store_message m, uint64_t *id)
{
	waiter w;
	store_put p = {.message = m, .done = put_over, .ctx = &w};

	sem_init(&w.over, 0, 0);
	store_ask_put(s, &p);
	wait_for(&w);
	*id = p.message.id;
	return w.status;
}

static mw_status settle(store *s, store_settle t)
{
	waiter w;

	sem_init(&w.over, 0, 0);
	t.done = settle_over_;
	t.ctx = &w;
	store_ask_settle(s, &t);
	return wait_for(&w);
}

static const store_recipient somebody = {.address = {"a@example.org", 13},
					 .next_try = NOON};

static store_message message(mw_str body)
{
	return (store_message){.arrival = NOON,
			       .mail.sender = MW_LIT("s@example.com"),
			       .size = body.len,
			       .memory = body,
			       .fd = -1,
			       .recipients = &somebody,
			       .recipient_count = 1};
}

static uint64_t put_one(store *s, mw_str body)
{
	uint64_t id;

	assert_int_equal(put(s, message(body), &id), MW_OK);
	assert_true(id > 0);
	return id;
}

static mw_str whole_file(int fd, uint64_t size)
{
	char *p = malloc(size + 1);

	assert_non_null(p);
	assert_int_equal(pread(fd, p, size + 1, 0), (ssize_t)size);
	close(fd);
	return (mw_str){p, size};
}

static void same(mw_str a, mw_str b)
{
	assert_int_equal(a.len, b.len);
	if (a.len > 0)
		assert_memory_equal(a.ptr, b.ptr, a.len);
}

static void body_is(store *s, uint64_t id, mw_str expected)
{
	mw_str body;
	int fd;
	uint64_t size;

	assert_int_equal(store_body(s, id, &body, &fd, &size), MW_OK);
	assert_int_equal(size, expected.len);
	assert_true((fd >= 0) == (size > STORE_INLINE_MAX));
	if (fd >= 0)
		body = whole_file(fd, size);
	same(body, expected);
	free((char *)body.ptr);
}

static void nothing_is(store *s, uint64_t id)
{
	mw_str body;
	int fd;
	uint64_t size;

	assert_int_equal(store_body(s, id, &body, &fd, &size), MW_E_ABSENT);
	assert_int_equal(fd, -1);
}

static char *filled(size_t n, uint32_t seed)
{
	char *p = malloc(n + 1);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525U + 1013904223U;
		p[i] = (char)(seed >> 24);
	}
	return p;
}

/* What store_each() showed last, and how much. */
typedef struct seen {
	unsigned count, stop_at;
	uint64_t ids[64];
	store_recipient last;
	char address[STORE_TEXT_MAX], text[STORE_TEXT_MAX];
	const store_message *expected;
} seen;

static mw_str keep(char *room, mw_str s)
{
	assert_true(s.len <= STORE_TEXT_MAX);
	memcpy(room, s.ptr, s.len);
	return (mw_str){room, s.len};
}

static bool see(void *ctx, const store_message *m, unsigned n, const store_recipient *r)
{
	seen *x = ctx;

	(void)n;
	if (x->count < ROWS(x->ids))
		x->ids[x->count] = m->id;
	x->last = *r;
	x->last.address = keep(x->address, r->address);
	x->last.text = keep(x->text, r->text);
	return ++x->count != x->stop_at;
}

static seen *seen_all(store *s, int route, int state, int64_t due, size_t max)
{
	static seen x;

	x = (seen){0};
	assert_int_equal(store_each(s, route, state, due, max, see, &x), MW_OK);
	return &x;
}

static unsigned how_many(store *s)
{
	return seen_all(s, -1, -1, INT64_MAX, SIZE_MAX)->count;
}

static bool see_same(void *ctx, const store_message *m, unsigned n,
		     const store_recipient *r)
{
	seen *x = ctx;
	const store_message *e = x->expected;
	const store_recipient *w = &e->recipients[n];

	assert_true(n < e->recipient_count);
	assert_int_equal(n, x->count++);
	assert_int_equal(m->arrival, e->arrival);
	assert_int_equal(m->size, e->size);
	assert_int_equal(m->mail.size, e->mail.size);
	assert_int_equal(m->mail.body, e->mail.body);
	assert_int_equal(m->mail.ret, e->mail.ret);
	assert_int_equal(m->mail.smtputf8, e->mail.smtputf8);
	assert_int_equal(m->mail.requiretls, e->mail.requiretls);
	assert_int_equal(m->tls, e->tls);
	same(m->mail.sender, e->mail.sender);
	same(m->mail.envid, e->mail.envid);
	same(m->mail.auth, e->mail.auth);
	same(m->client, e->client);
	same(m->helo, e->helo);
	same(m->login, e->login);
	same(r->address, w->address);
	same(r->original, w->original);
	same(r->orcpt, w->orcpt);
	same(r->target, w->target);
	same(r->text, w->text);
	assert_int_equal(r->notify, w->notify);
	assert_int_equal(r->route, w->route);
	assert_int_equal(r->state, w->state);
	assert_int_equal(r->attempts, w->attempts);
	assert_int_equal(r->next_try, w->next_try);
	assert_int_equal(r->reply, w->reply);
	return true;
}

static void message_is(store *s, uint64_t id, const store_message *expected)
{
	seen x = {.expected = expected};

	assert_int_equal(store_find(s, id, see_same, &x), MW_OK);
	assert_int_equal(x.count, expected->recipient_count);
}

static void counts_are(store *s, uint64_t messages, uint64_t bytes, uint64_t queued,
		       uint64_t held, uint64_t failed)
{
	store_counts c;

	store_count(s, &c);
	assert_int_equal(c.messages, messages);
	assert_int_equal(c.bytes, bytes);
	assert_int_equal(c.queued, queued);
	assert_int_equal(c.held, held);
	assert_int_equal(c.failed, failed);
}

/* Text that would break out of SQL, of C strings, of UTF-8. */
static const store_recipient hostile_to[] = {
	{.address = {"a\0'); DROP TABLE message;--\"@x", 31},
	 .original = {"\xff\xfe\x80", 3},
	 .orcpt = {"rfc822;a+2Bb", 12},
	 .notify = MW_NOTIFY_NEVER,
	 .target = {"\r\n.\r\n", 5},
	 .route = STORE_LMTP,
	 .next_try = INT64_MIN,
	 .text = {"\0", 1}},
	{.address = {"", 0},
	 .notify = MW_NOTIFY_SUCCESS | MW_NOTIFY_FAILURE | MW_NOTIFY_DELAY,
	 .route = STORE_KEPT,
	 .state = STORE_HELD,
	 .attempts = UINT32_MAX,
	 .reply = -1,
	 .next_try = INT64_MAX},
	{.address = {"%s%n?1", 6}, .route = STORE_MAILDIR, .state = STORE_FAILED},
};

static void hostile_text_comes_back_as_it_was(void **state)
{
	static char huge[STORE_TEXT_MAX];
	store *s = opened();
	store_message m = message(MW_LIT("\0body'\0"));
	uint64_t id;

	(void)state;
	memset(huge, '\'', sizeof huge);
	m.mail = (mw_mail){.sender = {"\0@\0", 3},
			   .size = UINT64_MAX,
			   .body = MW_BODY_BINARYMIME,
			   .smtputf8 = true,
			   .requiretls = true,
			   .ret = MW_RET_HDRS,
			   .envid = {huge, sizeof huge},
			   .auth = MW_LIT("<>")};
	m.arrival = -1;
	m.client = MW_LIT("\xc3");
	m.helo = MW_LIT("[IPv6:::1]");
	m.login = MW_LIT("x' OR 1=1");
	m.tls = true;
	m.recipients = hostile_to;
	m.recipient_count = ROWS(hostile_to);
	assert_int_equal(put(s, m, &id), MW_OK);
	for (int round = 0; round < 2; round++) {
		message_is(s, id, &m);
		body_is(s, id, m.memory);
		counts_are(s, 1, 7, 1, 1, 1);
		s = reopened(s);
	}
	store_close(&s);
}

static void a_body_of_any_length_comes_back(void **state)
{
	static const size_t length[] = {0,
					1,
					2048,
					8190,
					STORE_INLINE_MAX - 1,
					STORE_INLINE_MAX,
					STORE_INLINE_MAX + 1,
					3 * 1000 * 1000};
	store *s = opened();
	char *bytes = filled(3 * 1000 * 1000, 7);
	uint64_t id[ROWS(length)][2], total = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(length); i++) {
		const mw_str body = {bytes, length[i]};
		store_message m = message(body);

		id[i][0] = put_one(s, body);
		m.fd = store_spool_file(s);
		assert_true(m.fd >= 0);
		assert_int_equal(write(m.fd, bytes, body.len), (ssize_t)body.len);
		m.memory = MW_LIT("");
		assert_int_equal(put(s, m, &id[i][1]), MW_OK);
		close(m.fd);
		total += 2 * body.len;
	}
	assert_int_equal(files_of("body", false), 4);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ROWS(length); i++) {
			body_is(s, id[i][0], (mw_str){bytes, length[i]});
			body_is(s, id[i][1], (mw_str){bytes, length[i]});
		}
		counts_are(s, 2 * ROWS(length), total, 2 * ROWS(length), 0, 0);
		s = reopened(s);
	}
	store_close(&s);
	free(bytes);
}

/* A file that has a name, as no spool file has: it stays its owner's. */
static void a_file_of_others_is_copied(void **state)
{
	char path[128];
	store *s = opened();
	char *bytes = filled(BIG, 3);
	store_message m = message((mw_str){bytes, BIG});
	uint64_t id;

	(void)state;
	snprintf(path, sizeof path, "%s", in_folder("mine"));
	m.fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	assert_int_equal(write(m.fd, bytes, BIG), BIG);
	assert_int_equal(put(s, m, &id), MW_OK);
	assert_int_equal(pwrite(m.fd, "!!!!", 4, 0), 4);
	body_is(s, id, (mw_str){bytes, BIG});
	/* One byte less than was said. */
	assert_int_equal(ftruncate(m.fd, BIG - 1), 0);
	assert_int_equal(put(s, m, &id), MW_E_SYNTAX);
	assert_int_equal(id, 0);
	m.size = 100;
	assert_int_equal(ftruncate(m.fd, 99), 0);
	assert_int_equal(put(s, m, &id), MW_E_ABSENT);
	close(m.fd);
	counts_are(s, 1, BIG, 1, 0, 0);
	store_close(&s);
	free(bytes);
}

static void a_file_system_without_nameless_files_will_do(void **state)
{
	store *s = opened();
	char *bytes = filled(BIG, 4);
	store_message m = message((mw_str){bytes, BIG});
	uint64_t id;

	(void)state;
	no_nameless = true;
	m.fd = store_spool_file(s);
	no_nameless = false;
	assert_true(m.fd >= 0);
	assert_int_equal(files_of("body", false), 0);
	assert_int_equal(write(m.fd, bytes, BIG), BIG);
	assert_int_equal(put(s, m, &id), MW_OK);
	body_is(s, id, (mw_str){bytes, BIG});
	close(m.fd);
	store_close(&s);
	free(bytes);
}

static void a_body_that_cannot_be_synced_is_not_taken(void **state)
{
	store *s = opened();
	char *bytes = filled(BIG, 5);
	uint64_t id;

	(void)state;
	sync_fails = true;
	assert_int_equal(put(s, message((mw_str){bytes, BIG}), &id), MW_E_ABSENT);
	sync_fails = false;
	assert_int_equal(files_of("body", false), 0);
	id = put_one(s, (mw_str){bytes, BIG});
	body_is(s, id, (mw_str){bytes, BIG});
	counts_are(s, 1, BIG, 1, 0, 0);
	store_close(&s);
	free(bytes);
}

static void modes_are_private(void **state)
{
	static const struct {
		const char *name;
		unsigned mode;
	} row[] = {{".", 0700},        {"body", 0700},         {"lock", 0600},
		   {"queue.db", 0600}, {"queue.db-wal", 0600}, {"queue.db-shm", 0600}};
	const mode_t old = umask(0);
	store *s;
	struct stat st;

	(void)state;
	assert_int_equal(rmdir(folder), 0);
	s = opened();
	umask(old);
	put_one(s, MW_LIT("x"));
	for (size_t i = 0; i < ROWS(row); i++) {
		assert_int_equal(stat(in_folder(row[i].name), &st), 0);
		assert_int_equal(st.st_mode & 07777, row[i].mode);
	}
	store_close(&s);
}

/* Keeps the writer busy until the test says so: all asked meanwhile is one group. */
typedef struct gate {
	sem_t shut, inside;
} gate;

static void wait_at_gate(store_put *p, mw_status status)
{
	gate *g = p->ctx;

	assert_int_equal(status, MW_OK);
	sem_post(&g->inside);
	while (sem_wait(&g->shut) != 0)
		;
}

static void a_bad_request_fails_alone(void **state)
{
	static char huge[STORE_TEXT_MAX + 1];
	static store_recipient wrong_route, wrong_state, too_long;
	static const store_recipient many[STORE_RECIPIENTS_MAX + 1];
	store *s = opened();
	gate g;
	store_put first = {
		.message = message(MW_LIT("1")), .done = wait_at_gate, .ctx = &g};
	store_put p[9];
	waiter w[ROWS(p)];
	static const mw_status expected[ROWS(p)] = {MW_OK,       MW_E_SYNTAX, MW_E_SYNTAX,
						    MW_E_SYNTAX, MW_E_SYNTAX, MW_E_LIMIT,
						    MW_E_LIMIT,  MW_E_LIMIT,  MW_OK};
	store_counts before, after;

	(void)state;
	sem_init(&g.shut, 0, 0);
	sem_init(&g.inside, 0, 0);
	store_ask_put(s, &first);
	sem_wait(&g.inside);
	store_count(s, &before);
	for (size_t i = 0; i < ROWS(p); i++) {
		p[i] = (store_put){
			.message = message(MW_LIT("2")), .done = put_over, .ctx = &w[i]};
		sem_init(&w[i].over, 0, 0);
	}
	wrong_route.route = (store_route)4;
	wrong_state.state = (store_state)3;
	too_long.text = (mw_str){huge, sizeof huge};
	p[1].message.recipient_count = 0;
	p[2].message.size = 2;
	p[3].message.recipients = &wrong_route;
	p[4].message.recipients = &wrong_state;
	p[5].message.recipients = &too_long;
	p[6].message.helo = (mw_str){huge, sizeof huge};
	p[7].message.recipients = many;
	p[7].message.recipient_count = ROWS(many);
	for (size_t i = 0; i < ROWS(p); i++)
		store_ask_put(s, &p[i]);
	sem_post(&g.shut);
	for (size_t i = 0; i < ROWS(p); i++) {
		assert_int_equal(wait_for(&w[i]), expected[i]);
		assert_true((p[i].message.id != 0) == (expected[i] == MW_OK));
	}
	store_count(s, &after);
	assert_int_equal(after.commits, before.commits + 1);
	assert_int_equal(after.committed, before.committed + 2);
	counts_are(s, 3, 3, 3, 0, 0);
	store_close(&s);
	sem_destroy(&g.shut);
	sem_destroy(&g.inside);
}

static void run_sql(const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(in_folder("queue.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* A failure that SQLite does not roll back by itself, after the message's row is in. */
static void a_statement_that_fails_takes_its_group_back(void **state)
{
	store *s = opened();
	const store_recipient two[] = {{.address = {"good", 4}}, {.address = {"bad", 3}}};
	char *bytes = filled(BIG, 2);
	store_message m = message((mw_str){bytes, BIG});
	uint64_t id;

	(void)state;
	run_sql("CREATE TRIGGER no BEFORE INSERT ON recipient WHEN new.address = "
		"x'626164'"
		" BEGIN SELECT RAISE(FAIL, 'no'); END");
	m.recipients = two;
	m.recipient_count = ROWS(two);
	assert_int_equal(put(s, m, &id), MW_E_SYNTAX);
	assert_int_equal(id, 0);
	assert_int_equal(files_of("body", false), 0);
	m.recipient_count = 1;
	assert_int_equal(put(s, m, &id), MW_OK);
	for (int round = 0; round < 2; round++) {
		counts_are(s, 1, BIG, 1, 0, 0);
		assert_int_equal(how_many(s), 1);
		body_is(s, id, m.memory);
		s = reopened(s);
	}
	store_close(&s);
	free(bytes);
}

static void what_is_not_there_cannot_be_settled(void **state)
{
	static const uint64_t absent[] = {0, 2, 3, UINT64_C(1) << 47, UINT64_MAX};
	store *s = opened();
	const uint64_t id = put_one(s, MW_LIT("x"));

	(void)state;
	assert_int_equal(id, 1);
	for (size_t i = 0; i < ROWS(absent); i++) {
		seen x = {0};

		assert_int_equal(settle(s, (store_settle){.id = absent[i], .over = true}),
				 MW_E_ABSENT);
		assert_int_equal(store_delete(s, absent[i]), MW_E_ABSENT);
		assert_int_equal(store_find(s, absent[i], see, &x), MW_E_ABSENT);
		nothing_is(s, absent[i]);
	}
	assert_int_equal(settle(s, (store_settle){.id = id, .recipient = 1}),
			 MW_E_ABSENT);
	assert_int_equal(settle(s, (store_settle){.id = id, .recipient = UINT32_MAX}),
			 MW_E_ABSENT);
	assert_int_equal(settle(s, (store_settle){.id = id, .state = (store_state)3}),
			 MW_E_SYNTAX);
	assert_int_equal(settle(s, (store_settle){.id = id, .over = true}), MW_OK);
	assert_int_equal(settle(s, (store_settle){.id = id, .over = true}), MW_E_ABSENT);
	nothing_is(s, id);
	store_close(&s);
}

static const char *const states[] = {"queued", "held", "failed", "gone"};

static int state_of(const char *name)
{
	for (size_t i = 0; i < ROWS(states); i++)
		if (strcmp(name, states[i]) == 0)
			return (int)i;
	fail_msg("docs/QUEUE.md: no state %s", name);
	return -1;
}

static store_settle event_of(const char *name)
{
	static const struct {
		const char *name;
		store_settle settle;
	} row[] = {
		{"delivered", {.over = true, .reply = 250}},
		{"deferred", {.state = STORE_QUEUED, .reply = 451, .text = {"later", 5}}},
		{"refused", {.state = STORE_FAILED, .reply = 550, .text = {"no", 2}}},
		{"hold", {.state = STORE_HELD}},
		{"release", {.state = STORE_QUEUED}},
		{"fail", {.state = STORE_FAILED}},
		{"drop", {.over = true}},
	};

	for (size_t i = 0; i < ROWS(row); i++)
		if (strcmp(name, row[i].name) == 0)
			return row[i].settle;
	fail_msg("docs/QUEUE.md: no event %s", name);
	return row[0].settle;
}

static void walk_row(store *s, int from, store_settle t, int to)
{
	store_recipient r = {
		.state = (store_state)from, .reply = 421, .text = {"was", 3}};
	store_message m = message(MW_LIT("x"));

	m.recipients = &r;
	assert_int_equal(put(s, m, &t.id), MW_OK);
	t.next_try = 77;
	assert_int_equal(settle(s, t), MW_OK);
	if (to == 3) {
		nothing_is(s, t.id);
		assert_int_equal(how_many(s), 0);
		return;
	}
	seen *x = seen_all(s, -1, to, INT64_MAX, SIZE_MAX);

	assert_int_equal(x->count, 1);
	assert_int_equal(x->ids[0], t.id);
	assert_int_equal(x->last.next_try, 77);
	assert_int_equal(x->last.attempts, t.reply != 0);
	assert_int_equal(x->last.reply, t.reply != 0 ? t.reply : 421);
	same(x->last.text, t.reply != 0 ? t.text : MW_LIT("was"));
	counts_are(s, 1, 1, to == 0, to == 1, to == 2);
	assert_int_equal(store_delete(s, t.id), MW_OK);
}

static void states_go_as_the_table_says(void **state)
{
	FILE *f = fopen(TESTS "/../docs/QUEUE.md", "r");
	store *s = opened();
	char line[512], from[16], event[16], to[16];
	unsigned rows = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL)
		if (sscanf(line, "| `%15[a-z]` | `%15[a-z]` | `%15[a-z]` |", from, event,
			   to) == 3) {
			walk_row(s, state_of(from), event_of(event), state_of(to));
			rows++;
		}
	fclose(f);
	assert_int_equal(rows, 3 * 7);
	counts_are(s, 0, 0, 0, 0, 0);
	store_close(&s);
}

static void a_message_goes_with_its_last_recipient(void **state)
{
	static const unsigned order[] = {1, 2, 0};
	store *s = opened();
	char *bytes = filled(BIG, 6);
	store_message m = message((mw_str){bytes, BIG});
	uint64_t id;

	(void)state;
	m.recipients = hostile_to;
	m.recipient_count = 3;
	assert_int_equal(put(s, m, &id), MW_OK);
	for (unsigned i = 0; i < 3; i++) {
		body_is(s, id, m.memory);
		assert_int_equal(how_many(s), 3 - i);
		assert_int_equal(settle(s, (store_settle){.id = id,
							  .recipient = order[i],
							  .over = true}),
				 MW_OK);
	}
	nothing_is(s, id);
	assert_int_equal(files_of("body", false), 0);
	counts_are(s, 0, 0, 0, 0, 0);
	store_close(&s);
	free(bytes);
}

static void words_of_a_server_are_cut(void **state)
{
	static char huge[STORE_TEXT_MAX + 5];
	store *s = opened();
	store_settle t = {.id = put_one(s, MW_LIT("x")), .text = {huge, sizeof huge}};

	(void)state;
	assert_int_equal(settle(s, t), MW_OK);
	assert_int_equal(settle(s, t), MW_OK);
	seen *x = seen_all(s, -1, -1, INT64_MAX, SIZE_MAX);

	assert_int_equal(x->last.text.len, STORE_TEXT_MAX);
	assert_int_equal(x->last.attempts, 2);
	store_close(&s);
}

static void what_is_due_comes_in_order(void **state)
{
	static const struct {
		store_route route;
		store_state state;
		int64_t next_try;
	} row[] = {{STORE_REMOTE, STORE_QUEUED, 50},  {STORE_REMOTE, STORE_QUEUED, 10},
		   {STORE_MAILDIR, STORE_QUEUED, 30}, {STORE_REMOTE, STORE_HELD, 20},
		   {STORE_KEPT, STORE_QUEUED, 40},    {STORE_LMTP, STORE_FAILED, 60},
		   {STORE_REMOTE, STORE_QUEUED, 10}};
	static const struct {
		int route, state;
		int64_t due;
		size_t max;
		unsigned stop_at;
		const char *ids; /* digits */
	} ask[] = {
		{-1, -1, INT64_MAX, SIZE_MAX, 0, "2743516"},
		{STORE_REMOTE, STORE_QUEUED, INT64_MAX, SIZE_MAX, 0, "271"},
		{STORE_REMOTE, STORE_QUEUED, 49, SIZE_MAX, 0, "27"},
		{STORE_REMOTE, STORE_QUEUED, 50, SIZE_MAX, 0, "271"},
		{STORE_REMOTE, STORE_QUEUED, 9, SIZE_MAX, 0, ""},
		{-1, STORE_QUEUED, INT64_MAX, SIZE_MAX, 0, "27351"},
		{STORE_REMOTE, -1, INT64_MAX, SIZE_MAX, 0, "2741"},
		{-1, STORE_FAILED, INT64_MAX, SIZE_MAX, 0, "6"},
		{STORE_LMTP, STORE_QUEUED, INT64_MAX, SIZE_MAX, 0, ""},
		{-1, -1, INT64_MAX, 3, 0, "274"},
		{-1, -1, INT64_MAX, 0, 0, ""},
		{-1, -1, INT64_MAX, SIZE_MAX, 2, "27"},
		{-1, -1, 30, SIZE_MAX, 0, "2743"},
	};
	store *s = opened();

	(void)state;
	for (size_t i = 0; i < ROWS(row); i++) {
		const store_recipient r = {.route = row[i].route,
					   .state = row[i].state,
					   .next_try = row[i].next_try};
		store_message m = message(MW_LIT("x"));
		uint64_t id;

		m.recipients = &r;
		assert_int_equal(put(s, m, &id), MW_OK);
		/* The rows of `ask` name messages by the order they were put in. */
		assert_int_equal(id, i + 1);
	}
	for (size_t i = 0; i < ROWS(ask); i++) {
		seen x = {.stop_at = ask[i].stop_at};

		assert_int_equal(store_each(s, ask[i].route, ask[i].state, ask[i].due,
					    ask[i].max, see, &x),
				 MW_OK);
		assert_int_equal(x.count, strlen(ask[i].ids));
		for (unsigned j = 0; j < x.count; j++)
			assert_int_equal(x.ids[j], ask[i].ids[j] - '0');
	}
	store_close(&s);
}

/* More than one transaction takes; two recipients of the route in some. */
static void a_route_is_cleared(void **state)
{
	static store_put p[1500];
	static const store_recipient kept[2] = {
		{.route = STORE_KEPT}, {.route = STORE_KEPT, .state = STORE_HELD}};
	store *s = opened();
	char *bytes = filled(BIG, 8);
	waiter w;
	uint64_t id;

	(void)state;
	sem_init(&w.over, 0, 0);
	const uint64_t other = put_one(s, MW_LIT("stays"));

	for (size_t i = 0; i < ROWS(p); i++) {
		p[i] = (store_put){
			.message = message(MW_LIT("x")), .done = put_over, .ctx = &w};
		p[i].message.recipients = kept;
		p[i].message.recipient_count = 1 + i % 2;
		store_ask_put(s, &p[i]);
	}
	store_message m = message((mw_str){bytes, BIG});

	m.recipients = kept;
	assert_int_equal(put(s, m, &id), MW_OK);
	for (size_t i = 0; i < ROWS(p); i++)
		sem_wait(&w.over);
	sem_destroy(&w.over);
	counts_are(s, 1502, 1505 + BIG, 1502, 750, 0);
	assert_int_equal(store_clear(s, STORE_KEPT), MW_OK);
	counts_are(s, 1, 5, 1, 0, 0);
	assert_int_equal(how_many(s), 1);
	assert_int_equal(files_of("body", false), 0);
	body_is(s, other, MW_LIT("stays"));
	assert_int_equal(store_clear(s, STORE_KEPT), MW_OK);
	s = reopened(s);
	counts_are(s, 1, 5, 1, 0, 0);
	store_close(&s);
	free(bytes);
}

static void a_number_is_never_given_again(void **state)
{
	store *s = opened();
	uint64_t last = 0;

	(void)state;
	for (int i = 0; i < 5; i++) {
		const uint64_t id = put_one(s, MW_LIT("x"));

		assert_true(id > last);
		last = id;
		assert_int_equal(store_delete(s, id), MW_OK);
		s = reopened(s);
	}
	store_close(&s);
}

static void files_that_no_message_names_are_swept(void **state)
{
	static const char *const name[] = {
		"999", "spool.aaaaaa", "18446744073709551615", "README", "007", "1x"};
	store *s = opened();
	char *bytes = filled(BIG, 9), path[128];
	const uint64_t id = put_one(s, (mw_str){bytes, BIG});

	(void)state;
	store_close(&s);
	for (size_t i = 0; i < ROWS(name); i++) {
		snprintf(path, sizeof path, "%s/body/%s", folder, name[i]);
		close(open(path, O_WRONLY | O_CREAT, 0600));
	}
	assert_int_equal(files_of("body", false), 7);
	s = opened();
	assert_int_equal(files_of("body", false), 4);
	snprintf(path, sizeof path, "%s/body/README", folder);
	assert_int_equal(access(path, F_OK), 0);
	body_is(s, id, (mw_str){bytes, BIG});
	store_close(&s);
	free(bytes);
}

typedef struct chain {
	store *s;
	store_put put;
	store_settle settle;
	mw_status status;
} chain;

static void chain_end(store_settle *t, mw_status status)
{
	chain *c = t->ctx;

	c->status = status;
}

static void chain_on(store_put *p, mw_status status)
{
	chain *c = p->ctx;

	c->status = status;
	c->settle = (store_settle){
		.id = p->message.id, .over = true, .done = chain_end, .ctx = c};
	store_ask_settle(c->s, &c->settle);
}

static void closing_ends_what_was_asked(void **state)
{
	static chain c[200];
	store *s = opened();
	char *bytes = filled(BIG, 10);

	(void)state;
	for (size_t i = 0; i < ROWS(c); i++) {
		c[i] = (chain){.s = s, .status = MW_E_MORE};
		c[i].put = (store_put){
			.message = message((mw_str){bytes, i % 20 == 0 ? BIG : 100}),
			.done = chain_on,
			.ctx = &c[i]};
		store_ask_put(s, &c[i].put);
	}
	store_close(&s);
	for (size_t i = 0; i < ROWS(c); i++)
		assert_int_equal(c[i].status, MW_OK);
	s = opened();
	counts_are(s, 0, 0, 0, 0, 0);
	assert_int_equal(how_many(s), 0);
	store_close(&s);
	free(bytes);
}

#define CROWD     12
#define EACH_PUTS 40

typedef struct member {
	store *s;
	unsigned number;
	uint64_t ids[EACH_PUTS];
	unsigned failures;
} member;

static bool count_one(void *ctx, const store_message *m, unsigned n,
		      const store_recipient *r)
{
	(void)m;
	(void)n;
	(void)r;
	++*(unsigned *)ctx;
	return true;
}

/* No assertions here: they belong to the main thread. */
static void *crowd_work(void *ctx)
{
	member *x = ctx;

	for (unsigned i = 0; i < EACH_PUTS; i++) {
		char text[64];
		const int n = snprintf(text, sizeof text, "body %u of %u", i, x->number);
		unsigned shown = 0;
		mw_str body = MW_LIT("");
		int fd;
		uint64_t size;

		if (put(x->s, message((mw_str){text, (size_t)n}), &x->ids[i]) != MW_OK ||
		    store_body(x->s, x->ids[i], &body, &fd, &size) != MW_OK ||
		    !mw_str_eq(body, (mw_str){text, (size_t)n}) ||
		    store_each(x->s, -1, -1, INT64_MAX, 10, count_one, &shown) != MW_OK ||
		    shown == 0)
			x->failures++;
		if (body.len > 0)
			free((char *)body.ptr);
		if (i % 2 == 1 &&
		    settle(x->s, (store_settle){.id = x->ids[i], .over = true}) != MW_OK)
			x->failures++;
	}
	return NULL;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void many_threads_get_along(void **state)
{
	static member x[CROWD];
	static uint64_t ids[CROWD * EACH_PUTS];
	pthread_t thread[CROWD];
	store *s = opened();
	store_counts c;

	(void)state;
	for (unsigned i = 0; i < CROWD; i++) {
		x[i] = (member){.s = s, .number = i};
		assert_int_equal(pthread_create(&thread[i], NULL, crowd_work, &x[i]), 0);
	}
	for (unsigned i = 0; i < CROWD; i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(x[i].failures, 0);
		memcpy(&ids[i * EACH_PUTS], x[i].ids, sizeof x[i].ids);
	}
	qsort(ids, ROWS(ids), sizeof *ids, by_number);
	for (size_t i = 1; i < ROWS(ids); i++)
		assert_true(ids[i - 1] < ids[i]);
	assert_int_equal(how_many(s), CROWD * EACH_PUTS / 2);
	store_count(s, &c);
	assert_int_equal(c.messages, CROWD * EACH_PUTS / 2);
	assert_int_equal(c.committed, CROWD * EACH_PUTS);
	assert_true(c.commits <= c.committed);
	store_close(&s);
}

static void a_second_opener_is_refused(void **state)
{
	store *s = opened(), *other = NULL;
	mw_err err = {0};
	int how = 0;

	(void)state;
	assert_int_equal(store_open(&other, folder, &err), MW_E_LIMIT);
	assert_string_equal(err.msg, "another process has this queue");
	assert_null(other);
	assert_int_equal(store_open(&other, folder, NULL), MW_E_LIMIT);
	const pid_t pid = fork();

	if (pid == 0)
		_exit(store_open(&other, folder, &err) == MW_E_LIMIT ? 0 : 1);
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_int_equal(how, 0);
	put_one(s, MW_LIT("still works"));
	s = reopened(s);
	counts_are(s, 1, 11, 1, 0, 0);
	store_close(&s);
}

static void bad_folders_are_refused(void **state)
{
	static const char *const path[] = {"/nonexistent/a/b", "/dev/null", ""};
	store *s = NULL;
	mw_err err;

	(void)state;
	for (size_t i = 0; i < ROWS(path); i++) {
		err = (mw_err){0};
		assert_int_equal(store_open(&s, path[i], &err), MW_E_ABSENT);
		assert_int_equal(err.status, MW_E_ABSENT);
		assert_true(err.pos == ENOENT || err.pos == ENOTDIR);
		assert_non_null(err.msg);
		assert_null(s);
	}
}

static void a_newer_version_is_refused(void **state)
{
	store *s = opened();
	mw_err err = {0};

	(void)state;
	store_close(&s);
	run_sql("PRAGMA user_version=3");
	assert_int_equal(store_open(&s, folder, &err), MW_E_VERSION);
	assert_string_equal(err.msg, "a newer version made the queue's database");
}

static void damage(off_t at, const char *bytes, size_t n)
{
	const int fd = open(in_folder("queue.db"), O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, n, at), (ssize_t)n);
	close(fd);
}

static void a_damaged_database_is_reported(void **state)
{
	store *s = opened();
	mw_err err = {0};
	char *bytes = filled(65536, 11);
	uint64_t id;

	(void)state;
	for (int i = 0; i < 60; i++)
		put_one(s, (mw_str){bytes, 2048});
	store_close(&s);
	/* All pages but the first. */
	damage(8192, bytes, 65536);
	if (store_open(&s, folder, &err) == MW_OK) {
		assert_int_equal(put(s, message(MW_LIT("x")), &id), MW_E_SYNTAX);
		store_close(&s);
	} else {
		assert_int_equal(err.status, MW_E_SYNTAX);
	}
	damage(0, bytes, 1024);
	assert_int_equal(store_open(&s, folder, &err), MW_E_SYNTAX);
	assert_string_equal(err.msg, "the queue's database is damaged");
	free(bytes);
}

/* Whatever the damage, calls come back. */
static void bits_that_fell_over_do_no_harm(void **state)
{
	uint32_t seed = 12;
	struct stat st;

	(void)state;
	for (int round = 0; round < 40; round++) {
		store *s = opened();
		uint64_t id = 0;

		for (int i = 0; i < 20; i++)
			put_one(s, MW_LIT("some body or other"));
		store_close(&s);
		assert_int_equal(stat(in_folder("queue.db"), &st), 0);
		for (int i = 0; i < 30; i++) {
			char bits;

			seed = seed * 1664525U + 1013904223U;
			bits = (char)(seed >> 24);
			/* Past the header, whose damage is found at once. */
			damage(100 + (off_t)(seed % (uint32_t)(st.st_size - 100)), &bits,
			       1);
		}
		if (store_open(&s, folder, NULL) == MW_OK) {
			unsigned shown = 0;
			mw_str body;
			int fd;
			uint64_t size;

			(void)!put(s, message(MW_LIT("x")), &id);
			(void)!store_each(s, -1, -1, INT64_MAX, 1000, count_one, &shown);
			for (uint64_t i = 1; i < 21; i++)
				if (store_body(s, i, &body, &fd, &size) == MW_OK &&
				    fd < 0)
					free((char *)body.ptr);
			(void)!store_clear(s, STORE_REMOTE);
			store_close(&s);
		}
		files_of(".", true);
	}
}

static void limit_files(rlim_t bytes)
{
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
	r.rlim_cur = bytes < r.rlim_max ? bytes : r.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

/* A file may grow to 1 MB: the log is full after some messages, as on a full disk. */
static void a_full_disk_fails_and_passes(void **state)
{
	store *s = opened();
	char *bytes = filled(BIG, 13);
	const mw_str body = {bytes, 50000};
	uint64_t ids[100], id;
	unsigned n = 0;
	mw_status status = MW_OK;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	limit_files(1000000);
	while (n < ROWS(ids) && (status = put(s, message(body), &ids[n])) == MW_OK)
		n++;
	assert_int_equal(status, MW_E_LIMIT);
	assert_in_range(n, 5, 20);
	assert_int_equal(put(s, message(body), &id), MW_E_LIMIT);
	limit_files(100000);
	/* A body of its own file. */
	assert_int_equal(put(s, message((mw_str){bytes, BIG}), &id), MW_E_LIMIT);
	assert_int_equal(files_of("body", false), 0);
	/* The file is there, but the row has no room: it goes again. */
	store_message m = message((mw_str){bytes, BIG});

	limit_files(RLIM_INFINITY);
	m.fd = store_spool_file(s);
	assert_int_equal(write(m.fd, bytes, BIG), BIG);
	limit_files(1000);
	assert_int_equal(put(s, m, &id), MW_E_LIMIT);
	assert_int_equal(files_of("body", false), 0);
	counts_are(s, n, n * body.len, n, 0, 0);
	for (unsigned i = 0; i < n; i++)
		body_is(s, ids[i], body);
	limit_files(RLIM_INFINITY);
	/* Asked again with the same file, which had its name taken away. */
	assert_int_equal(put(s, m, &id), MW_OK);
	close(m.fd);
	body_is(s, id, m.memory);
	assert_true(put_one(s, body) > ids[n - 1]);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(how_many(s), n + 2);
		counts_are(s, n + 2, (n + 1) * body.len + BIG, n + 2, 0, 0);
		s = reopened(s);
	}
	store_close(&s);
	signal(SIGXFSZ, SIG_DFL);
	free(bytes);
}

/* What the child that is going to be killed reports, after the store said so. */
typedef struct report {
	char kind; /* 'P' was put, 's' will be settled, 'S' was settled */
	uint64_t id;
} report;

typedef struct victim {
	store *s;
	int pipe;
	uint32_t seed;
	sem_t over;
	uint64_t id;
} victim;

static void tell(const victim *v, char kind)
{
	report r;

	memset(&r, 0, sizeof r);
	r.kind = kind;
	r.id = v->id;
	if (write(v->pipe, &r, sizeof r) != (ssize_t)sizeof r)
		_exit(2);
}

static void victim_put(store_put *p, mw_status status)
{
	victim *v = p->ctx;

	if (status != MW_OK)
		_exit(3);
	v->id = p->message.id;
	tell(v, 'P');
	sem_post(&v->over);
}

static void victim_settled(store_settle *t, mw_status status)
{
	victim *v = t->ctx;

	if (status != MW_OK)
		_exit(4);
	tell(v, 'S');
	sem_post(&v->over);
}

/* Its sender names the seed of the body, so that the message proves itself. */
static void victim_message(victim *v, uint32_t seed)
{
	static const size_t length[] = {40, 2000, 9000, 70000, BIG};
	char sender[32];
	const size_t n = length[seed % ROWS(length)];
	char *bytes = filled(n, seed);
	store_put p = {.done = victim_put, .ctx = v};
	store_settle t = {.over = true, .done = victim_settled, .ctx = v};

	p.message = message((mw_str){bytes, n});
	p.message.mail.sender = (mw_str){
		sender, (size_t)snprintf(sender, sizeof sender, "%u %zu", seed, n)};
	p.message.recipients = hostile_to;
	p.message.recipient_count = 1 + seed % ROWS(hostile_to);
	p.message.mail.size = p.message.recipient_count;
	store_ask_put(v->s, &p);
	sem_wait(&v->over);
	free(bytes);
	if (p.message.recipient_count == 1 && seed % 2 == 0) {
		tell(v, 's');
		t.id = v->id;
		store_ask_settle(v->s, &t);
		sem_wait(&v->over);
	}
}

static void *victim_work(void *ctx)
{
	victim *v = ctx;

	for (;;) {
		v->seed = v->seed * 1664525U + 1013904223U;
		victim_message(v, v->seed >> 8);
	}
	return NULL;
}

static void live_until_killed(int out, uint32_t seed)
{
	static victim v[4];
	pthread_t thread;
	store *s;

	if (store_open(&s, folder, NULL) != MW_OK)
		_exit(1);
	for (unsigned i = 0; i < ROWS(v); i++) {
		v[i] = (victim){.s = s, .pipe = out, .seed = seed + i * 7919};
		sem_init(&v[i].over, 0, 0);
		if (pthread_create(&thread, NULL, victim_work, &v[i]) != 0)
			_exit(5);
	}
	for (;;)
		pause();
}

/* What happened to each message, by its number from `first`. */
typedef struct tally {
	uint64_t first;
	char fate[65536];
	unsigned recipients[65536];
	unsigned put, settled;
} tally;

static void note(tally *t, report r)
{
	assert_true(r.id >= t->first && r.id - t->first < ROWS(t->fate));
	t->fate[r.id - t->first] = r.kind;
	t->put += r.kind == 'P';
	t->settled += r.kind == 'S';
}

/* Reads what the child reports for some milliseconds, kills it, and reads the rest. */
static void watch_and_kill(pid_t pid, int in, int ms, tally *t)
{
	struct timespec now;
	report r;
	int how;

	clock_gettime(CLOCK_MONOTONIC, &now);
	const int64_t end = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + ms;

	for (;;) {
		struct pollfd p = {.fd = in, .events = POLLIN};

		clock_gettime(CLOCK_MONOTONIC, &now);
		const int64_t left =
			end - (int64_t)now.tv_sec * 1000 - now.tv_nsec / 1000000;

		if (left <= 0 || poll(&p, 1, (int)left) < 0)
			break;
		if (p.revents != 0 && read(in, &r, sizeof r) == (ssize_t)sizeof r)
			note(t, r);
		else if ((p.revents & POLLHUP) != 0)
			break;
	}
	kill(pid, SIGKILL);
	while (read(in, &r, sizeof r) == (ssize_t)sizeof r)
		note(t, r);
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
}

typedef struct proof {
	store *s;
	tally *t;
} proof;

/* Each message that is there is whole. */
static bool prove(void *ctx, const store_message *m, unsigned n, const store_recipient *r)
{
	proof *p = ctx;
	uint32_t seed;
	size_t length;
	char sender[32];

	assert_true(m->id >= p->t->first && m->id - p->t->first < ROWS(p->t->fate));
	unsigned *recipients = &p->t->recipients[m->id - p->t->first];

	same(r->address, hostile_to[n].address);
	assert_int_equal(*recipients & 1U << n, 0);
	*recipients |= 1U << n;
	if (*recipients != (1U << m->mail.size) - 1)
		return true;
	snprintf(sender, sizeof sender, "%.*s", MW_FMT(m->mail.sender));
	assert_int_equal(sscanf(sender, "%u %zu", &seed, &length), 2);
	assert_int_equal(m->size, length);
	char *bytes = filled(length, seed);

	body_is(p->s, m->id, (mw_str){bytes, length});
	free(bytes);
	*recipients = UINT32_MAX; /* all of them, and the body */
	return true;
}

static void check_after_kill(store *s, tally *t)
{
	proof p = {s, t};
	uint64_t whole = 0;
	store_counts c;

	assert_int_equal(store_each(s, -1, -1, INT64_MAX, SIZE_MAX, prove, &p), MW_OK);
	for (size_t i = 0; i < ROWS(t->fate); i++) {
		const bool there = t->recipients[i] == UINT32_MAX;

		assert_true(there || t->recipients[i] == 0); /* no half message */
		if (t->fate[i] == 'P')
			assert_true(there);
		if (t->fate[i] == 'S')
			assert_false(there);
		whole += there;
	}
	store_count(s, &c);
	assert_int_equal(c.messages, whole);
}

static void kill_9_loses_nothing(void **state)
{
	static tally t;
	unsigned put_count = 0, settled = 0;
	store *s;

	(void)state;
	t.first = 1;
	for (unsigned round = 0; round < 20; round++) {
		int ends[2];

		assert_int_equal(pipe(ends), 0);
		const pid_t pid = fork();

		if (pid == 0)
			live_until_killed(ends[1], round * 104729 + (uint32_t)getpid());
		close(ends[1]);
		const uint64_t first = t.first;

		memset(&t, 0, sizeof t);
		t.first = first;
		watch_and_kill(pid, ends[0], 30 + (int)(round * 37 % 200), &t);
		close(ends[0]);
		put_count += t.put;
		settled += t.settled;
		s = opened();
		check_after_kill(s, &t);
		for (int route = STORE_REMOTE; route <= STORE_KEPT; route++)
			assert_int_equal(store_clear(s, (store_route)route), MW_OK);
		counts_are(s, 0, 0, 0, 0, 0);
		assert_int_equal(files_of("body", false), 0);
		t.first = put_one(s, MW_LIT("x"));
		assert_int_equal(store_delete(s, t.first), MW_OK);
		store_close(&s);
	}
	/* The test proves nothing when nothing happened. */
	assert_true(put_count > 200);
	assert_true(settled > 20);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hostile_text_comes_back_as_it_was),
		TEST(a_body_of_any_length_comes_back),
		TEST(a_file_of_others_is_copied),
		TEST(a_file_system_without_nameless_files_will_do),
		TEST(a_body_that_cannot_be_synced_is_not_taken),
		TEST(modes_are_private),
		TEST(a_bad_request_fails_alone),
		TEST(a_statement_that_fails_takes_its_group_back),
		TEST(what_is_not_there_cannot_be_settled),
		TEST(states_go_as_the_table_says),
		TEST(a_message_goes_with_its_last_recipient),
		TEST(words_of_a_server_are_cut),
		TEST(what_is_due_comes_in_order),
		TEST(a_route_is_cleared),
		TEST(a_number_is_never_given_again),
		TEST(files_that_no_message_names_are_swept),
		TEST(closing_ends_what_was_asked),
		TEST(many_threads_get_along),
		TEST(a_second_opener_is_refused),
		TEST(bad_folders_are_refused),
		TEST(a_newer_version_is_refused),
		TEST(a_damaged_database_is_reported),
		TEST(bits_that_fell_over_do_no_harm),
		TEST(a_full_disk_fails_and_passes),
		TEST(kill_9_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
