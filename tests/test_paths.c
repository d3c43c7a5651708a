/* SPDX-License-Identifier: MIT
 *
 * Arguments to files: a tree of every kind of folder, the order in which its files come,
 * and what is complained of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "../src/cli/paths.c"

#define ROWS(table) (sizeof(table) / sizeof *(table))

static char complaints[8192];

void cli_complain(const char *format, ...)
{
	size_t n = strlen(complaints);
	va_list args;

	va_start(args, format);
	vsnprintf(complaints + n, sizeof complaints - n, format, args);
	va_end(args);
	n = strlen(complaints);
	snprintf(complaints + n, sizeof complaints - n, "\n");
}

const char *cli_visible_path(char out[CLI_VISIBLE_PATH], const char *path)
{
	const size_t n = strnlen(path, CLI_VISIBLE_PATH - 1);

	memcpy(out, path, n);
	out[n] = 0;
	return out;
}

/* Names that end in '/' are folders, "a>b" is a symbolic link to b, "|a" a fifo. */
static const char *const tree[] = {
	"z",
	"b/",
	"b/2",
	"b/10",
	"b/.hidden",
	"b/sub/",
	"b/sub/x",
	"b/sub-file",
	"b/up>..",
	"b/link>2",
	"b/gone>nowhere",
	"|b/fifo",
	"b/.git/",
	"b/.git/x",
	"empty/",
	"\xc3\xa4",
	"a b",
	"m/",
	"m/cur/",
	"m/new/",
	"m/tmp/",
	"m/cur/2:2,S",
	"m/cur/1:2,",
	"m/new/9",
	"m/new/8",
	"m/tmp/t",
	"m/dovecot-index",
	"m/cur/.x",
	"m/cur/dir/",
	"m/cur/dir/y",
	"m/.Sent/",
	"m/.Sent/cur/",
	"m/.Sent/new/",
	"m/.Sent/tmp/",
	"m/.Sent/cur/s",
	"m/.A.B/",
	"m/.A.B/cur/",
	"m/.A.B/new/",
	"m/.A.B/new/ab",
	"m/.no/",
	"m/.no/x",
	"m/.loop>../m",
	"deep/",
	"deep/box/",
	"deep/box/cur/",
	"deep/box/new/",
	"deep/box/cur/d",
	"far/",
	"far/new/",
	"far/cur>../m/cur",
};

static const struct walk {
	const char *args[4], *files[16], *complaint;
} walks[] = {
	{{NULL}, {NULL}, ""},
	{{"-", "z", "-"}, {"-", "z", "-"}, ""},
	{{"z", "./a b", "\xc3\xa4"}, {"z", "./a b", "\xc3\xa4"}, ""},
	{{"b"},
	 {"b/10", "b/2", "b/link", "b/sub/x", "b/sub-file"},
	 "b/gone: No such file or directory\n"},
	{{"b/sub/"}, {"b/sub/x"}, ""},
	{{"b/fifo", "empty", "b/link"}, {"b/fifo", "b/link"}, ""},
	{{"m"},
	 {"m/new/8", "m/new/9", "m/cur/1:2,", "m/cur/2:2,S", "m/.A.B/new/ab",
	  "m/.Sent/cur/s"},
	 ""},
	{{"m/cur"}, {"m/cur/1:2,", "m/cur/2:2,S", "m/cur/dir/y"}, ""},
	{{"m/.Sent", "m/tmp"}, {"m/.Sent/cur/s", "m/tmp/t"}, ""},
	{{"far"}, {"far/cur/1:2,", "far/cur/2:2,S"}, ""},
	{{"deep"}, {"deep/box/cur/d"}, ""},
	{{"nothing", "z"}, {"z"}, "nothing: No such file or directory\n"},
	{{"z/x", "", "z"}, {"z"}, "z/x: Not a directory\n: No such file or directory\n"},
	{{"b/up/z", "b/gone"}, {"b/up/z"}, "b/gone: No such file or directory\n"},
};

static void make(const char *name)
{
	const size_t n = strlen(name);
	const char *arrow = strchr(name, '>');
	char from[64];

	if (name[n - 1] == '/') {
		assert_int_equal(mkdir(name, 0700), 0);
	} else if (arrow != NULL) {
		snprintf(from, sizeof from, "%.*s", (int)(arrow - name), name);
		assert_int_equal(symlink(arrow + 1, from), 0);
	} else if (name[0] == '|') {
		assert_int_equal(mkfifo(name + 1, 0600), 0);
	} else {
		const int fd = open(name, O_WRONLY | O_CREAT, 0600);

		assert_true(fd >= 0);
		close(fd);
	}
}

/* Removes all that is in the present folder; its path may be longer than a path may. */
static bool clear_folder(void)
{
	DIR *dir = opendir(".");
	const struct dirent *e;
	bool done = dir != NULL;

	while (done && (e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    remove(e->d_name) != 0)
			done = chdir(e->d_name) == 0 && clear_folder() &&
			       chdir("..") == 0 && rmdir(e->d_name) == 0;
	if (dir != NULL)
		closedir(dir);
	return done;
}

static int enter_folder(void **state)
{
	static char name[] = "/tmp/mailwhy-paths-XXXXXX";

	memset(name + sizeof name - 7, 'X', 6);
	if (mkdtemp(name) == NULL || chdir(name) != 0)
		return -1;
	*state = name;
	return 0;
}

static int leave_folder(void **state)
{
	const bool done = chdir(*state) == 0 && clear_folder() && chdir("/") == 0;

	return done && rmdir(*state) == 0 ? 0 : -1;
}

static void check_walk(const struct walk *w)
{
	static cli_paths p;
	const char *path;
	int count = 0;
	size_t i = 0;
	unsigned long long told = 0;

	while (count < 4 && w->args[count] != NULL)
		count++;
	complaints[0] = 0;
	cli_paths_open(&p, count, (char *const *)(uintptr_t)w->args);
	for (; cli_paths_next(&p, &path); i++)
		if (w->files[i] == NULL || strcmp(path, w->files[i]) != 0)
			fail_msg("%s gives %s, not %s", w->args[0], path,
				 w->files[i] != NULL ? w->files[i] : "an end");
	if (w->files[i] != NULL)
		fail_msg("%s does not give %s", w->args[0], w->files[i]);
	assert_false(cli_paths_next(&p, &path));
	assert_string_equal(complaints, w->complaint);
	for (const char *c = complaints; (c = strchr(c, '\n')) != NULL; c++)
		told++;
	assert_int_equal(p.unreadable, told);
	cli_paths_close(&p);
}

static void files_come_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(tree); i++)
		make(tree[i]);
	for (size_t i = 0; i < ROWS(walks); i++)
		check_walk(&walks[i]);
}

/* Goes `n` folders of that name down from the present one, each with a file. */
static void dig(const char *name, int n)
{
	for (int i = 0; i < n; i++) {
		assert_int_equal(mkdir(name, 0700), 0);
		assert_int_equal(chdir(name), 0);
		make("file");
	}
}

static void expect_files(void **state, char *name, size_t want, const char *complaint)
{
	static char tail[] = "tail";
	static cli_paths p;
	char *args[] = {name, tail};
	const char *path;
	size_t files = 0;

	assert_int_equal(chdir(*state), 0);
	complaints[0] = 0;
	cli_paths_open(&p, 2, args);
	while (cli_paths_next(&p, &path))
		files++;
	assert_int_equal(files, want + 1);
	assert_string_equal(path, "tail");
	assert_int_equal(p.unreadable, 1);
	assert_non_null(strstr(complaints, complaint));
	cli_paths_close(&p);
}

/* Deeper than is walked, and longer than a path may be; what comes after still comes. */
static void depth_and_length_have_an_end(void **state)
{
	static char down[] = "down", wide[201];

	make("tail");
	memset(wide, 'w', sizeof wide - 1);
	dig(down, CLI_PATHS_DEPTH + 6);
	expect_files(state, down, CLI_PATHS_DEPTH, "Too many levels");
	dig(wide, 30);
	expect_files(state, wide, CLI_PATH_MAX / sizeof wide, "File name too long");
}

/* Stopped in the midst of a tree: the sanitizer sees what is not given back. */
static void a_walk_may_stop_anywhere(void **state)
{
	static char dot[] = ".";
	char *args[] = {dot};
	cli_paths p;
	const char *path;

	dig("down", 3);
	assert_int_equal(chdir(*state), 0);
	for (int n = 0; n < 4; n++) {
		cli_paths_open(&p, 1, args);
		for (int i = 0; i < n; i++)
			assert_true(cli_paths_next(&p, &path));
		cli_paths_close(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_come_in_order, enter_folder,
						leave_folder),
		cmocka_unit_test_setup_teardown(depth_and_length_have_an_end,
						enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(a_walk_may_stop_anywhere, enter_folder,
						leave_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
