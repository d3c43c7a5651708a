/* SPDX-License-Identifier: MIT
 *
 * Files of messages: a table of mboxes and what is in them, and that it never matters how
 * read() cuts the bytes. The files under test are included, with a read() that cuts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t piece_max = SIZE_MAX; /* what a read() gives at most */

static ssize_t cut_read(int fd, void *out, size_t cap)
{
	return read(fd, out, cap < piece_max ? cap : piece_max);
}

#define read cut_read
#include "../src/cli/unpack.c"
#undef read
#include "../src/cli/envelope.c"
#include "../src/cli/mailfile.c"
#include "../src/cli/window.c"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define SEP         "From a@b Mon Jan  5 10:11:12 2004\n"
#define SEP_CRLF    "From a@b Mon Jan  5 10:11:12 2004\r\n"
#define SEP_CR      "From a@b Mon Jan  5 10:11:12 2004\r"

/* A file and its messages, up to the first NULL. */
static const struct box {
	const char *what;
	bool mbox;
	const char *in, *messages[6];
} boxes[] = {
	{"nothing", false, "", {NULL}},
	{"one message", false, "A: b\n\nhi\n", {"A: b\n\nhi\n"}},
	{"one with CRLF", false, "A: b\r\n\r\nhi", {"A: b\r\n\r\nhi"}},
	{"blank lines first", false, "\n\nA: b\n", {"\n\nA: b\n"}},
	{"BOM first",
	 false,
	 "\xef\xbb\xbf"
	 "A: b\n",
	 {"A: b\n"}},
	{"From alone", false, "From ", {"From "}},
	{"From with no date", false, "From a@b\nA: b\n", {"From a@b\nA: b\n"}},
	{"an address", false, "From: a@b\n\n" SEP, {"From: a@b\n\n" SEP}},
	{"a mbox of one", true, SEP "A: b\n\nhi\n", {"A: b\n\nhi\n"}},
	{"a mbox of two",
	 true,
	 SEP "A: b\n\nhi\n\n" SEP "C: d\n\nho\n\n",
	 {"A: b\n\nhi\n\n", "C: d\n\nho\n\n"}},
	{"BOM and blank lines",
	 true,
	 "\xef\xbb\xbf\r\n\n" SEP "A: b\n\nhi\n\n" SEP "C: d\n",
	 {"A: b\n\nhi\n\n", "C: d\n"}},
	{"CRLF",
	 true,
	 SEP_CRLF "A: b\r\n\r\nhi\r\n\r\n" SEP_CRLF "C: d\r\n",
	 {"A: b\r\n\r\nhi\r\n\r\n", "C: d\r\n"}},
	{"CRLF and LF mixed",
	 true,
	 SEP_CRLF "A: b\n\r\n" SEP "C: d\r\n\n" SEP "E: f",
	 {"A: b\n\r\n", "C: d\r\n\n", "E: f"}},
	{"CR",
	 true,
	 SEP_CR "A: b\r\rhi\r\r" SEP_CR "C: d\r\rho\r",
	 {"A: b\n\nhi\n\n", "C: d\n\nho\n"}},
	{"a lone CR is text", true, SEP "A: b\n\nx\r\r" SEP, {"A: b\n\nx\r\r" SEP}},
	{"no blank line before",
	 true,
	 SEP "A: b\n\nhi\n" SEP "x\n",
	 {"A: b\n\nhi\n" SEP "x\n"}},
	{"quoted", true, SEP "A: b\n\n>" SEP "\n>" SEP, {"A: b\n\n>" SEP "\n>" SEP}},
	{"no envelope",
	 true,
	 SEP "A: b\n\nFrom me to you\n\nFrom: x\n",
	 {"A: b\n\nFrom me to you\n\nFrom: x\n"}},
	{"no body", true, SEP "A: b\n\n" SEP "C: d\n\n", {"A: b\n\n", "C: d\n\n"}},
	{"no header", true, SEP "\n" SEP "\n\nx\n\n" SEP, {"\n", "\n\nx\n\n", ""}},
	{"separator at the end", true, SEP "A: b\n\n" SEP, {"A: b\n\n", ""}},
	{"separator cut",
	 true,
	 SEP "A: b\n\nFrom x Mon Jan 5 10:11:12",
	 {"A: b\n\nFrom x Mon Jan 5 10:11:12"}},
	{"separator without LF",
	 true,
	 SEP "A: b\n\nFrom x Mon Jan 5 10:11 2004",
	 {"A: b\n\n", ""}},
	{"two separators", true, SEP SEP "A: b\n", {SEP "A: b\n"}},
	{"blank lines between",
	 true,
	 SEP "A: b\n\n\n\n\n" SEP "x",
	 {"A: b\n\n\n\n\n", "x"}},
	{"bare",
	 true,
	 "From \r\nA: b\r\n\r\nhi\r\n\r\nFrom \r\nC: d\r\n",
	 {"A: b\r\n\r\nhi\r\n\r\n", "C: d\r\n"}},
	{"bare in text",
	 true,
	 SEP "A: b\n\nFrom \nthe man: him\n\nFrom \n",
	 {"A: b\n\nFrom \nthe man: him\n\nFrom \n"}},
	{"Eudora",
	 true,
	 "From ???@??? Mon Jan 05 10:11:12 2004\nA: b\n\n" SEP "x",
	 {"A: b\n\n", "x"}},
	{"UUCP",
	 true,
	 "From a Mon Jan  5 10:11:12 2004 remote from h\nA: b\n",
	 {"A: b\n"}},
};

/* Of mboxcl and mboxcl2: Content-Length, true and false. */
static const struct box counted[] = {
	{"true",
	 true,
	 SEP "Content-Length: 4\n\nhi\n\n" SEP "C: d\n",
	 {"Content-Length: 4\n\nhi\n\n", "C: d\n"}},
	{"hides a separator",
	 true,
	 SEP "content-length:40\n\nhi\n\n" SEP "x\n\n" SEP "C: d\n",
	 {"content-length:40\n\nhi\n\n" SEP "x\n\n", "C: d\n"}},
	{"no blank line behind",
	 true,
	 SEP "Content-Length: 3\n\nhi\n" SEP "C: d\n",
	 {"Content-Length: 3\n\nhi\n", "C: d\n"}},
	{"body without line end",
	 true,
	 SEP "Content-Length: 2\n\nhi\n\n" SEP "C: d\n",
	 {"Content-Length: 2\n\nhi\n\n", "C: d\n"}},
	{"up to the end",
	 true,
	 SEP "Content-Length: 39\n\nhi\n\n" SEP "x\n",
	 {"Content-Length: 39\n\nhi\n\n" SEP "x\n"}},
	{"up to the end, blank",
	 true,
	 SEP "Content-Length: 39\n\nhi\n\n" SEP "x\n\n\n",
	 {"Content-Length: 39\n\nhi\n\n" SEP "x\n\n\n"}},
	{"CRLF",
	 true,
	 SEP_CRLF "Content-Length: 42\r\n\r\nhi\r\n\r\n" SEP_CRLF "x\r\n\r\n" SEP_CRLF
		  "y",
	 {"Content-Length: 42\r\n\r\nhi\r\n\r\n" SEP_CRLF "x\r\n\r\n", "y"}},
	{"nothing in the body",
	 true,
	 SEP "Content-Length: 0\n\n\n" SEP "C: d\n",
	 {"Content-Length: 0\n\n\n", "C: d\n"}},
	{"too small",
	 true,
	 SEP "Content-Length: 1\n\nhi\n\n" SEP "C: d\n",
	 {"Content-Length: 1\n\nhi\n\n", "C: d\n"}},
	{"too large",
	 true,
	 SEP "Content-Length: 40000\n\nhi\n\n" SEP "C: d\n",
	 {"Content-Length: 40000\n\nhi\n\n", "C: d\n"}},
	{"off by one",
	 true,
	 SEP "Content-Length: 41\n\nhi\n\n" SEP "x\n\nC: d\n",
	 {"Content-Length: 41\n\nhi\n\n", "x\n\nC: d\n"}},
	{"huge",
	 true,
	 SEP "Content-Length: 99999999999999999999\n\nhi\n\n" SEP "C: d\n",
	 {"Content-Length: 99999999999999999999\n\nhi\n\n", "C: d\n"}},
	{"no number",
	 true,
	 SEP "Content-Length: 4x\n\nhi\n\n" SEP "C: d\n",
	 {"Content-Length: 4x\n\nhi\n\n", "C: d\n"}},
	{"not in the header",
	 true,
	 SEP "A: b\n\nContent-Length: 40\n\n" SEP "C: d\n",
	 {"A: b\n\nContent-Length: 40\n\n", "C: d\n"}},
	{"in the midst of a line",
	 true,
	 SEP "Content-Length: 3\n\nhi " SEP "x\n",
	 {"Content-Length: 3\n\nhi " SEP "x\n"}},
};

typedef struct text {
	char *ptr;
	size_t len, cap;
} text;

static void add(text *t, const void *p, size_t n)
{
	if (t->cap - t->len < n) {
		t->cap = t->cap * 2 + n + 4096;
		t->ptr = realloc(t->ptr, t->cap);
		assert_non_null(t->ptr);
	}
	if (n > 0)
		memcpy(t->ptr + t->len, p, n);
	t->len += n;
}

/* The bytes as a file of their own. */
static int file_of(const void *bytes, size_t n)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	const int fd = dup(fileno(f));

	fclose(f);
	assert_true(fd > 2);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* All messages, each behind its number; *error is what was told. */
static text messages_of(int fd, const char **error)
{
	static cli_mailfile f;
	text t = {0};
	char number[32];
	mw_str piece;

	cli_mailfile_open_fd(&f, fd);
	while (cli_mailfile_next(&f)) {
		add(&t, number,
		    (size_t)snprintf(number, sizeof number, "<%llu>", f.number));
		while ((piece = cli_mailfile_chunk(&f)).len > 0)
			add(&t, piece.ptr, piece.len);
		assert_int_equal(cli_mailfile_chunk(&f).len, 0);
	}
	assert_false(cli_mailfile_next(&f));
	*error = f.error;
	cli_mailfile_close(&f);
	cli_mailfile_free(&f);
	return t;
}

static void expect_same(const text *a, const text *b, const char *what)
{
	if (a->len != b->len || (a->len > 0 && memcmp(a->ptr, b->ptr, a->len) != 0))
		fail_msg("%s:\n%.*s\n--- is not ---\n%.*s", what, (int)a->len, a->ptr,
			 (int)b->len, b->ptr);
}

static text expected_of(const struct box *b)
{
	text t = {0};
	char number[32];

	add(&t, "", 0);
	for (size_t i = 0; i < ROWS(b->messages) && b->messages[i] != NULL; i++) {
		add(&t, number, (size_t)snprintf(number, sizeof number, "<%zu>", i + 1));
		add(&t, b->messages[i], strlen(b->messages[i]));
	}
	return t;
}

static void check_box(const struct box *b)
{
	static const size_t pieces[] = {SIZE_MAX, 1, 2, 3, 7, 4096};
	text want = expected_of(b);
	const char *error;

	for (size_t i = 0; i < ROWS(pieces); i++) {
		piece_max = pieces[i];
		text got = messages_of(file_of(b->in, strlen(b->in)), &error);

		assert_null(error);
		expect_same(&got, &want, b->what);
		free(got.ptr);
	}
	piece_max = SIZE_MAX;
	free(want.ptr);
}

static void a_file_gives_its_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(boxes); i++)
		check_box(&boxes[i]);
	for (size_t i = 0; i < ROWS(counted); i++)
		check_box(&counted[i]);
}

static void it_tells_what_kind_of_file_it_is(void **state)
{
	cli_mailfile f = {0};

	(void)state;
	for (size_t i = 0; i < ROWS(boxes); i++) {
		const size_t n = strlen(boxes[i].in);

		assert_true(cli_mailfile_open_fd(&f, file_of(boxes[i].in, n)));
		if (f.mbox != boxes[i].mbox)
			fail_msg("%s", boxes[i].what);
		assert_int_equal(f.size, n);
		while (cli_mailfile_next(&f)) /* nothing is read: all is skipped */
			;
		assert_int_equal(f.bytes, n);
		cli_mailfile_close(&f);
	}
	cli_mailfile_free(&f);
}

/* An mbox of many messages, some longer than the window, with a Content-Length or not. */
static text large_mbox(void)
{
	static char filler[3000];
	text t = {0};
	char line[64];
	unsigned seed = 1;

	memset(filler, 'x', sizeof filler);
	for (unsigned i = 0; i < 120; i++) {
		const size_t lines = i % 50 == 7 ? 900 : (seed >> 16) % 40;

		seed = seed * 1103515245 + 12345;
		add(&t, SEP, sizeof SEP - 1);
		if (i % 3 == 0)
			add(&t, line,
			    (size_t)snprintf(line, sizeof line, "Content-Length: %zu\n",
					     lines * (sizeof SEP + 1502) + i % 2));
		add(&t, "A: b\n\n", 6);
		for (size_t k = 0; k < lines; k++) {
			add(&t, filler, 1500);
			add(&t, "\n\n" SEP "\n", sizeof SEP + 2);
		}
		add(&t, "\n", 1);
	}
	return t;
}

/* Feeds a pipe with writes of n bytes from another process. */
static int pipe_of(const text *t, size_t n, pid_t *writer)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	*writer = fork();
	assert_true(*writer >= 0);
	if (*writer == 0) {
		close(ends[0]);
		for (size_t i = 0; i < t->len; i += n)
			if (write(ends[1], t->ptr + i, n < t->len - i ? n : t->len - i) <
			    0)
				break;
		_exit(0);
	}
	close(ends[1]);
	return ends[0];
}

static void a_pipe_gives_what_a_file_gives(void **state)
{
	static const size_t pieces[] = {1, 2, 7, 4096, 70000};
	text t = large_mbox();
	const char *error;
	text want = messages_of(file_of(t.ptr, t.len), &error);

	(void)state;
	for (size_t i = 0; i < ROWS(pieces); i++) {
		pid_t writer;
		const text part = {t.ptr, pieces[i] < 4096 ? t.len / 64 : t.len, 0};
		text expected = messages_of(file_of(part.ptr, part.len), &error);
		text got = messages_of(pipe_of(&part, pieces[i], &writer), &error);

		assert_null(error);
		expect_same(&got, &expected, "a pipe");
		assert_int_equal(waitpid(writer, NULL, 0), writer);
		free(got.ptr);
		free(expected.ptr);
	}
	for (size_t i = 1; i < 6; i++) {
		piece_max = 1000 * i * i + i;
		text got = messages_of(file_of(t.ptr, t.len), &error);

		expect_same(&got, &want, "pieces");
		free(got.ptr);
	}
	piece_max = SIZE_MAX;
	free(want.ptr);
	free(t.ptr);
}

static void what_cannot_be_read_is_told(void **state)
{
	cli_mailfile f = {0};

	(void)state;
	assert_false(cli_mailfile_open(&f, "/nonexistent"));
	assert_string_equal(f.error, "No such file or directory");
	assert_false(cli_mailfile_next(&f));
	assert_int_equal(cli_mailfile_chunk(&f).len, 0);
	cli_mailfile_close(&f);
	assert_false(cli_mailfile_open(&f, "/"));
	assert_string_equal(f.error, "Is a directory");
	assert_false(cli_mailfile_next(&f));
	cli_mailfile_close(&f);
	cli_mailfile_free(&f);
}

/* A separator may stand anywhere in a window: around its end too. */
static void a_separator_is_found_wherever_it_stands(void **state)
{
	text t = {0};
	const char *error;

	(void)state;
	for (size_t shift = 0; shift < 120; shift++) {
		t.len = 0;
		add(&t, SEP "A: b\n\n", sizeof SEP + 5);
		while (t.len < CLI_WINDOW - CLI_WINDOW_BACK - 80 + shift)
			add(&t, "x", 1);
		add(&t, "\n\n" SEP "C: d\n", sizeof SEP + 6);
		text got = messages_of(file_of(t.ptr, t.len), &error);

		assert_int_equal(got.len, t.len - 2 * (sizeof SEP - 1) + 6);
		assert_memory_equal(got.ptr + got.len - 8, "<2>C: d\n", 8);
		free(got.ptr);
	}
	free(t.ptr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_gives_its_messages),
		cmocka_unit_test(it_tells_what_kind_of_file_it_is),
		cmocka_unit_test(a_pipe_gives_what_a_file_gives),
		cmocka_unit_test(what_cannot_be_read_is_told),
		cmocka_unit_test(a_separator_is_found_wherever_it_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
