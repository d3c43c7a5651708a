/* SPDX-License-Identifier: MIT
 *
 * Delivery into Maildirs: what stands there, and that doing it twice leaves one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/maildir.h"
#include "engine/quota.h"

static char folder[64], box[128];

/* Name of the only file in a part of the Maildir; fails when there are others. */
static void only_file(const char *part, char name[500])
{
	char path[200];
	unsigned files = 0;
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof path, "%s/%s", box, part);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.') {
			snprintf(name, 500, "%s/%s", path, e->d_name);
			files++;
		}
	closedir(d);
	assert_int_equal(files, 1);
}

static unsigned count_files(const char *part)
{
	char path[200];
	unsigned files = 0;
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof path, "%s/%s", box, part);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL)
		files += e->d_name[0] != '.';
	if (d != NULL)
		closedir(d);
	return files;
}

static maildir_mail mail_of(mw_str body)
{
	return (maildir_mail){.folder = mw_str_of(box),
			      .head = MW_LIT("Return-Path: <a@b>\r\n"),
			      .body = body,
			      .fd = -1,
			      .size = body.len,
			      .id = 17,
			      .arrival = 1764097535123};
}

static void expect_content(const char *path, const char *want, size_t len)
{
	char got[70000];
	FILE *f = fopen(path, "rb");
	size_t n;

	assert_non_null(f);
	n = fread(got, 1, sizeof got, f);
	fclose(f);
	assert_int_equal(n, len);
	assert_memory_equal(got, want, len);
}

static int make_box(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/mailwhy-maildir-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(box, sizeof box, "%s/example.org/alice", folder);
	return 0;
}

static int remove_box(void **state)
{
	static const char *const parts[] = {"new", "cur", "tmp"};
	char path[500];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char part[160];

		while (count_files(parts[i]) > 0) {
			only_file(parts[i], path);
			unlink(path);
		}
		snprintf(part, sizeof part, "%s/%s", box, parts[i]);
		rmdir(part);
	}
	rmdir(box);
	*strrchr(box, '/') = '\0';
	rmdir(box);
	return rmdir(folder);
}

static void lines_end_with_lf_and_the_name_has_the_size(void **state)
{
	static const char want[] = "Return-Path: <a@b>\nA: b\n\nx\ry\n\r";
	maildir_mail m = mail_of(MW_LIT("A: b\r\n\r\nx\ry\r\n\r"));
	quotas *q;
	char name[500];
	struct stat st;

	(void)state;
	maildir_deliver(&m, 1, MW_LIT("mx/a,b:c"));
	assert_int_equal(m.error, 0);
	only_file("new", name);
	expect_content(name, want, sizeof want - 1);
	assert_non_null(strstr(name, "/1764097535.M123000Q17R0.mx_a_b_c,S=30"));
	assert_int_equal(count_files("tmp"), 0);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	q = quotas_open();
	assert_int_equal(quota_used(q, mw_str_of(box), 0), 30);
	quota_announce(q, mw_str_of(box), 8);
	assert_int_equal(quota_used(q, mw_str_of(box), QUOTA_TRUST_MS - 1), 38);
	assert_int_equal(quota_used(q, mw_str_of(box), QUOTA_TRUST_MS), 30);
	quotas_close(&q);
}

static void twice_is_once(void **state)
{
	maildir_mail m = mail_of(MW_LIT("x\r\n"));
	char name[500], read[520];

	(void)state;
	maildir_deliver(&m, 1, MW_LIT("h"));
	m.again = true;
	maildir_deliver(&m, 1, MW_LIT("h"));
	assert_int_equal(m.error, 0);
	only_file("new", name);
	/* Also when it was read meanwhile. */
	snprintf(read, sizeof read, "%s/cur%s:2,S", box, strrchr(name, '/'));
	assert_int_equal(rename(name, read), 0);
	maildir_deliver(&m, 1, MW_LIT("h"));
	assert_int_equal(m.error, 0);
	assert_int_equal(count_files("new"), 0);
	assert_int_equal(count_files("cur"), 1);
	/* Another recipient of the same message is another mail. */
	m.recipient = 1;
	maildir_deliver(&m, 1, MW_LIT("h"));
	assert_int_equal(count_files("new"), 1);
}

static void a_body_in_a_file(void **state)
{
	static char body[65537], want[65537 + 40];
	FILE *f = tmpfile();
	maildir_mail m = mail_of(MW_LIT(""));
	char name[500];
	const int head = snprintf(want, sizeof want, "Return-Path: <a@b>\n");

	(void)state;
	memset(body, 'x', sizeof body);
	body[65535] = '\r'; /* the pieces that are read end between the two */
	body[65536] = '\n';
	assert_non_null(f);
	assert_int_equal(fwrite(body, 1, sizeof body, f), sizeof body);
	fflush(f);
	m.fd = fileno(f);
	m.size = sizeof body;
	maildir_deliver(&m, 1, MW_LIT("h"));
	assert_int_equal(m.error, 0);
	memset(want + head, 'x', 65535);
	want[head + 65535] = '\n';
	only_file("new", name);
	expect_content(name, want, (size_t)head + 65536);
	/* A file that is shorter than it should be is not delivered. */
	m.id = 18;
	m.size++;
	maildir_deliver(&m, 1, MW_LIT("h"));
	assert_int_equal(m.error, EIO);
	assert_int_equal(count_files("new"), 1);
	assert_int_equal(count_files("tmp"), 0);
	fclose(f);
}

static void what_is_in_the_way_is_told(void **state)
{
	maildir_mail m[2] = {mail_of(MW_LIT("x")), mail_of(MW_LIT("y"))};
	char blocked[128];

	(void)state;
	snprintf(blocked, sizeof blocked, "%s/blocked", folder);
	assert_int_equal(close(open(blocked, O_CREAT | O_WRONLY, 0600)), 0);
	m[0].folder = mw_str_of(blocked);
	maildir_deliver(m, 2, MW_LIT("h"));
	assert_int_equal(m[0].error, ENOTDIR);
	/* The others are not kept from theirs. */
	assert_int_equal(m[1].error, 0);
	assert_int_equal(count_files("new"), 1);
	unlink(blocked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			lines_end_with_lf_and_the_name_has_the_size, make_box,
			remove_box),
		cmocka_unit_test_setup_teardown(twice_is_once, make_box, remove_box),
		cmocka_unit_test_setup_teardown(a_body_in_a_file, make_box, remove_box),
		cmocka_unit_test_setup_teardown(what_is_in_the_way_is_told, make_box,
						remove_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
