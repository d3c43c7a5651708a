/* SPDX-License-Identifier: MIT
 *
 * Compressed files: whole, in several parts, cut anywhere, damaged, and bombs; as bytes
 * and as the messages in them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
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

typedef struct text {
	char *ptr;
	size_t len;
} text;

static text room(size_t n)
{
	const text t = {malloc(n), n};

	assert_non_null(t.ptr);
	return t;
}

static int file_of(const char *bytes, size_t n)
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

#ifdef MAILWHY_NO_COMPRESSION

static void compressed_files_are_refused(void **state)
{
	static const char *const magic[] = {"\x1f\x8b\x08\x02", "\x28\xb5\x2f\xfd",
					    "\x50\x2a\x4d\x18"};
	cli_mailfile f = {0};

	(void)state;
	(void)room;
	for (size_t i = 0; i < ROWS(magic); i++) {
		assert_false(cli_mailfile_open_fd(&f, file_of(magic[i], 4)));
		assert_string_equal(f.error,
				    "compressed files are not supported by this build");
		assert_false(cli_mailfile_next(&f));
		cli_mailfile_close(&f);
	}
	cli_mailfile_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compressed_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

/* In `parts` members or frames. */
static text gzip(text in, size_t parts)
{
	text out = room(in.len + 4096 + parts * 64);
	size_t len = 0;

	for (size_t i = 0; i < parts; i++) {
		const size_t from = in.len * i / parts, to = in.len * (i + 1) / parts;
		z_stream z = {.next_in = (Bytef *)in.ptr + from,
			      .avail_in = (uInt)(to - from),
			      .next_out = (Bytef *)out.ptr + len,
			      .avail_out = (uInt)(out.len - len)};

		assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8,
					      Z_DEFAULT_STRATEGY),
				 Z_OK);
		assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
		len = out.len - z.avail_out;
		deflateEnd(&z);
	}
	out.len = len;
	return out;
}

static text zstd(text in, size_t parts)
{
	text out = room(ZSTD_compressBound(in.len) + 4096 + parts * 64);
	size_t len = 0;

	for (size_t i = 0; i < parts; i++) {
		const size_t from = in.len * i / parts, to = in.len * (i + 1) / parts;
		const size_t n = ZSTD_compress(out.ptr + len, out.len - len,
					       in.ptr + from, to - from, 1);

		assert_false(ZSTD_isError(n));
		len += n;
	}
	out.len = len;
	return out;
}

static const struct packer {
	const char *name;
	text (*pack)(text in, size_t parts);
} packers[] = {{"gzip", gzip}, {"zstd", zstd}};

/* Text that compresses by half or so. */
static text sample(size_t n)
{
	text t = room(n);
	unsigned seed = 7;

	for (size_t i = 0; i < n; i++) {
		seed = seed * 1103515245 + 12345;
		t.ptr[i] = "etaoin shrdlu\n\n"[(seed >> 16) % 15];
	}
	memcpy(t.ptr, SEP, sizeof SEP - 1);
	for (size_t i = 500; i + sizeof SEP < n; i += 500)
		memcpy(t.ptr + i, "\n\n" SEP, sizeof SEP + 1);
	return t;
}

/* All that comes out of a file. */
static text unpacked(const char *bytes, size_t n, const char **error)
{
	static char block[CLI_UNPACK_BLOCK];
	text out = room(1 << 20);
	size_t len = 0, got = 0;
	cli_unpack u;
	const int fd = file_of(bytes, n);

	cli_unpack_open(&u, fd, block);
	/* Sizes of all kinds: what comes out does not depend on them. */
	while ((got = cli_unpack_read(&u, out.ptr + len,
				      len % 3 == 0 ? 1 + len % 5000 : 40000)) > 0) {
		len += got;
		assert_true(len + 40000 < out.len);
	}
	*error = u.error;
	assert_true(u.bytes <= n);
	cli_unpack_close(&u);
	close(fd);
	out.len = len;
	return out;
}

static void what_was_packed_comes_out(void **state)
{
	static const size_t parts[] = {1, 2, 5, 100}, pieces[] = {SIZE_MAX, 1, 7, 4096};
	const text in = sample(300000);

	(void)state;
	for (size_t i = 0; i < 2 * ROWS(parts) * ROWS(pieces); i++) {
		text packed = packers[i % 2].pack(in, parts[i / 2 % ROWS(parts)]);
		const char *error;

		piece_max = pieces[i / 2 / ROWS(parts)];
		text out = unpacked(packed.ptr, packed.len, &error);

		assert_null(error);
		assert_int_equal(out.len, in.len);
		assert_memory_equal(out.ptr, in.ptr, in.len);
		free(out.ptr);
		free(packed.ptr);
	}
	piece_max = SIZE_MAX;
	free(in.ptr);
}

/* Cut at every 100th byte: a beginning of the text, that grows, and then an error. */
static void a_cut_file_gives_what_came_before(void **state)
{
	const text in = sample(200000);

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		text packed = packers[i % 2].pack(in, i / 2 * 2 + 1);
		const char *error;
		size_t least = 0;

		for (size_t n = 100; n < packed.len; n += 100) {
			text out = unpacked(packed.ptr, n, &error);

			assert_true(out.len >= least && out.len <= in.len);
			assert_memory_equal(out.ptr, in.ptr, out.len);
			assert_true(error != NULL || out.len < in.len);
			least = out.len;
			free(out.ptr);
		}
		assert_true(least > in.len / 3);
		free(packed.ptr);
	}
	free(in.ptr);
}

/* Damage in the last tenth: most of the text still comes, the same from any pipe. */
static void a_damaged_file_gives_what_came_before(void **state)
{
	text in = sample(900000);

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		text packed = packers[i % 2].pack(in, i / 2 % 2 * 4 + 1);
		const char *error, *again;

		for (size_t k = packed.len * 9 / 10; k < packed.len; k++)
			packed.ptr[k] = (char)(packed.ptr[k] ^ (i < 4 ? 0x5a : (int)k));
		text out = unpacked(packed.ptr, packed.len, &error);

		assert_non_null(error);
		assert_true(out.len > in.len / 2);
		assert_memory_equal(out.ptr, in.ptr, in.len / 2);
		piece_max = 333;
		text other = unpacked(packed.ptr, packed.len, &again);

		piece_max = SIZE_MAX;
		assert_string_equal(error, again);
		assert_int_equal(other.len, out.len);
		assert_memory_equal(other.ptr, out.ptr, out.len);
		free(other.ptr);
		free(out.ptr);
		free(packed.ptr);
	}
	free(in.ptr);
}

static void what_follows_is_zeros_or_an_error(void **state)
{
	static const struct {
		const char *end;
		size_t len;
		bool good;
	} rows[] = {{"\0\0\0\0\0", 5, true}, {"\0\0junk", 6, false}, {"j", 1, false}};
	text in = sample(5000), packed = gzip(in, 1);
	text file = room(packed.len + 8);
	const char *error;

	(void)state;
	memcpy(file.ptr, packed.ptr, packed.len);
	for (size_t i = 0; i < ROWS(rows); i++) {
		memcpy(file.ptr + packed.len, rows[i].end, rows[i].len);
		text out = unpacked(file.ptr, packed.len + rows[i].len, &error);

		assert_int_equal(out.len, in.len);
		assert_int_equal(error == NULL, rows[i].good);
		free(out.ptr);
	}
	free(file.ptr);
	free(packed.ptr);
	free(in.ptr);
}

/* Messages, and the bytes in them. */
static size_t count(cli_mailfile *f, size_t *bytes)
{
	mw_str piece;

	*bytes = 0;
	while (cli_mailfile_next(f))
		while ((piece = cli_mailfile_chunk(f)).len > 0)
			*bytes += piece.len;
	return f->number;
}

static void a_packed_mbox_is_an_mbox(void **state)
{
	text in = sample(100000);
	cli_mailfile f = {0};
	size_t bytes[2], want;

	(void)state;
	assert_true(cli_mailfile_open_fd(&f, file_of(in.ptr, in.len)));
	want = count(&f, &bytes[0]);
	assert_true(want > 150);
	cli_mailfile_close(&f);
	for (size_t i = 0; i < 2; i++) {
		text packed = packers[i].pack(in, 3);

		assert_true(cli_mailfile_open_fd(&f, file_of(packed.ptr, packed.len)));
		assert_true(f.mbox);
		assert_int_equal(count(&f, &bytes[1]), want);
		assert_int_equal(bytes[1], bytes[0]);
		assert_int_equal(f.bytes, packed.len);
		assert_int_equal(f.size, packed.len);
		assert_null(f.error);
		cli_mailfile_close(&f);
		free(packed.ptr);
	}
	cli_mailfile_free(&f);
	free(in.ptr);
}

/* 200 MB of one letter; half of that in letters that hardly compress is no bomb. */
static void a_bomb_is_stopped(void **state)
{
	cli_mailfile f = {0};
	text in = {calloc(1, 200000000), 200000000};
	size_t bytes;

	(void)state;
	assert_non_null(in.ptr);
	for (size_t i = 0; i < 2; i++) {
		text packed = packers[i].pack(in, 1);

		assert_true(cli_mailfile_open_fd(&f, file_of(packed.ptr, packed.len)));
		assert_int_equal(count(&f, &bytes), 1);
		assert_non_null(f.error);
		assert_true(bytes >= CLI_UNPACK_FREE);
		assert_true(bytes <= CLI_UNPACK_FREE + 2 * CLI_WINDOW);
		cli_mailfile_close(&f);
		free(packed.ptr);

		packed = packers[i].pack((text){in.ptr, CLI_UNPACK_FREE}, 1);
		assert_true(cli_mailfile_open_fd(&f, file_of(packed.ptr, packed.len)));
		count(&f, &bytes);
		assert_null(f.error);
		assert_int_equal(bytes, CLI_UNPACK_FREE);
		cli_mailfile_close(&f);
		free(packed.ptr);
	}
	cli_mailfile_free(&f);
	free(in.ptr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_packed_comes_out),
		cmocka_unit_test(a_cut_file_gives_what_came_before),
		cmocka_unit_test(a_damaged_file_gives_what_came_before),
		cmocka_unit_test(what_follows_is_zeros_or_an_error),
		cmocka_unit_test(a_packed_mbox_is_an_mbox),
		cmocka_unit_test(a_bomb_is_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
