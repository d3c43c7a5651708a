/* SPDX-License-Identifier: MIT
 *
 * Standard input in records: the same records, however read() cuts the bytes. The file
 * under test is included with a read() of our own, which gives chunks of any size, fails
 * with EINTR, and ends with an error where the input wants one; a pipe could do none of
 * that twice alike.
 *
 * The input: a byte of flags and four with sizes of chunks; then the bytes to read, or,
 * if the flags say so, runs of two bytes each: how many, and of which byte.
 */
#include <errno.h>
#include <unistd.h>

#include "expect.h"

static struct source {
	const char *bytes;
	size_t at, len;
	const uint8_t *chunk; /* sizes, used in turn */
	size_t chunks, next;
	bool fails;
} source;

static ssize_t fuzz_read(int fd, void *out, size_t cap)
{
	const size_t left = source.len - source.at;
	const unsigned size =
		source.chunks > 0 ? source.chunk[source.next++ % source.chunks] : 9;
	/* One byte at a time, but not a million times. */
	size_t n = (size_t)size * size * 4 + 1 + source.len / 4096;

	EXPECT(fd == 7 && cap > 0);
	if (size == 1) {
		errno = EINTR;
		return -1;
	}
	if (left == 0 && source.fails) {
		errno = EIO;
		return -1;
	}
	n = n < cap ? n : cap;
	n = n < left ? n : left;
	if (n > 0)
		memcpy(out, source.bytes + source.at, n);
	source.at += n;
	return (ssize_t)n;
}

#define read fuzz_read
#include "../src/cli/lines.c"
#undef read

/* The record at *at, told by the whole input at once. */
static bool next_expected(mw_str all, size_t *at, char end, mw_str *record, bool *cut)
{
	const mw_str rest = mw_str_skip(all, *at);

	if (rest.len == 0)
		return false;
	const char *p = memchr(rest.ptr, end, rest.len);
	const size_t n = p != NULL ? (size_t)(p - rest.ptr) : rest.len;

	*at += n + (p != NULL);
	*cut = n > CLI_RECORD_MAX;
	*record = mw_str_head(rest, *cut ? CLI_RECORD_MAX : n);
	if (end == '\n' && record->len > 0 && record->ptr[record->len - 1] == '\r')
		record->len--;
	return true;
}

static void check(mw_str all, char end)
{
	cli_lines l;
	mw_str record, want;
	size_t at = 0;
	unsigned long long number = 0;
	bool cut;

	EXPECT(cli_lines_open(&l, 7, end));
	while (next_expected(all, &at, end, &want, &cut)) {
		EXPECT(cli_lines_next(&l, &record));
		EXPECT(mw_str_eq(record, want));
		EXPECT(l.cut == cut);
		EXPECT(l.number == ++number);
	}
	EXPECT(!cli_lines_next(&l, &record));
	EXPECT(l.failed == source.fails);
	cli_lines_close(&l);
}

#define CHUNKS   4
#define RUNS_MAX 16
#define RUN_MAX  (63U * 1024)

/* 1 to 63 times 1, 64, 256 or 1024: records of just the limit are easy to meet. */
static size_t run_length(uint8_t n)
{
	static const size_t unit[] = {1, 64, 256, 1024};

	return (n & 63) * unit[n >> 6];
}

static mw_str expand(char *bytes, const uint8_t *data, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < RUNS_MAX && size >= 2; i++, data += 2, size -= 2) {
		memset(bytes + len, data[1], run_length(data[0]));
		len += run_length(data[0]);
	}
	return (mw_str){bytes, len};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char bytes[RUNS_MAX * RUN_MAX];
	const unsigned how = fuzz_take(&data, &size);
	uint8_t chunk[CHUNKS];
	bool stuck = true;

	for (size_t i = 0; i < CHUNKS; i++) {
		chunk[i] = (uint8_t)fuzz_take(&data, &size);
		stuck &= chunk[i] == 1;
	}
	const mw_str all =
		how & 4 ? expand(bytes, data, size) : (mw_str){(const char *)data, size};

	source = (struct source){.bytes = all.ptr,
				 .len = all.len,
				 .chunk = chunk,
				 .chunks = stuck ? 0 : CHUNKS,
				 .fails = how & 2};
	check(all, how & 1 ? 0 : '\n');
	return 0;
}
