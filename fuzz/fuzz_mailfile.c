/* SPDX-License-Identifier: MIT
 *
 * A file of messages: the same messages, however read() cuts the bytes. The files under
 * test are included with a read() of our own, as in fuzz_lines.c, so that no descriptor
 * is needed. With -DFUZZ_COMPRESSION (and -lz -lzstd) compressed files are read too.
 *
 * The input: a byte of flags and four with sizes of chunks; then the bytes of the file,
 * in which, if the flags say so, a byte beyond 0x7f stands for a line that matters: few
 * inputs would ever come upon an envelope line.
 */
#include <errno.h>
#include <unistd.h>

#include "expect.h"

#if !defined(FUZZ_COMPRESSION) && !defined(MAILWHY_NO_COMPRESSION)
#define MAILWHY_NO_COMPRESSION
#endif

#define CHUNKS 4

static struct source {
	mw_str bytes;
	const uint8_t *chunk; /* sizes, used in turn; NULL: all at once */
	size_t at, next;
	bool fails;
} source;

static ssize_t fuzz_read(int fd, void *out, size_t cap)
{
	const mw_str left = mw_str_skip(source.bytes, source.at);
	size_t n = left.len;

	EXPECT(fd == -7 && cap > 0);
	if (left.len == 0 && source.fails) {
		errno = EIO;
		return -1;
	}
	if (source.chunk != NULL) {
		const size_t size = source.chunk[source.next++ % CHUNKS];

		/* One byte at a time, but not a million times. */
		n = size * size / 4 + 1 + source.bytes.len / 4096;
	}
	n = n < cap ? n : cap;
	n = n < left.len ? n : left.len;
	if (n > 0)
		memcpy(out, left.ptr, n);
	source.at += n;
	return (ssize_t)n;
}

#define read fuzz_read
#include "../src/cli/unpack.c"
#undef read
#include "../src/cli/envelope.c"
#include "../src/cli/mailfile.c"
#include "../src/cli/window.c"

/* What a file gave: its messages one behind the other, and where each ends. */
typedef struct given {
	char *text;
	size_t len, cap;
	size_t *ends, count, room;
	bool mbox, error;
} given;

static void *grow(void *p, size_t size)
{
	p = realloc(p, size);
	EXPECT(p != NULL);
	return p;
}

static void add_piece(given *g, mw_str piece)
{
	if (g->cap - g->len < piece.len) {
		g->cap = g->cap * 2 + piece.len;
		g->text = grow(g->text, g->cap);
	}
	memcpy(g->text + g->len, piece.ptr, piece.len);
	g->len += piece.len;
}

static void add_end(given *g)
{
	if (g->count == g->room) {
		g->room = g->room * 2 + 16;
		g->ends = grow(g->ends, g->room * sizeof *g->ends);
	}
	g->ends[g->count++] = g->len;
}

static given read_all(mw_str bytes, const uint8_t *chunk, bool fails)
{
	static cli_mailfile f; /* its memory stays from input to input */
	given g = {0};
	mw_str piece;

	source = (struct source){.bytes = bytes, .chunk = chunk, .fails = fails};
	EXPECT(cli_mailfile_open_fd(&f, -7) == (f.error == NULL));
	while (cli_mailfile_next(&f)) {
		EXPECT(f.number == g.count + 1);
		while ((piece = cli_mailfile_chunk(&f)).len > 0) {
			EXPECT(fuzz_lies_in(piece, f.w.memory, CLI_WINDOW));
			add_piece(&g, piece);
		}
		add_end(&g);
	}
	EXPECT(f.bytes <= bytes.len && (!fails || f.error != NULL));
	EXPECT(cli_mailfile_chunk(&f).len == 0 && !cli_mailfile_next(&f));
	g.mbox = f.mbox;
	g.error = f.error != NULL;
	cli_mailfile_close(&f);
	return g;
}

static void forget(given *g)
{
	free(g->text);
	free(g->ends);
}

static mw_str expand(mw_str in)
{
	static const char *const lines[] = {
		"\nFrom a Mon Jan  5 10:11:12 2004\n",
		"\n\nFrom - Mon Jan 05 10:11 2004\r\n",
		"\r\n\r\nFrom a Mon Jan 5 10:11:12 EST 2004 remote from h\r\n",
		"\rFrom a Mon Jan  5 10:11:12 2004\r",
		"Content-Length: 7\n\n",
		"\nContent-Length: 52\r\n\r\n",
		"\nFrom \nA: b\n",
		"From Mon Jan 5 ",
		"\xef\xbb\xbf",
	};
	char *out = malloc(in.len * 60 + 1);
	size_t len = 0;

	EXPECT(out != NULL);
	for (size_t i = 0; i < in.len; i++) {
		const unsigned c = (unsigned char)in.ptr[i];
		const mw_str s =
			c < 0x80 ? (mw_str){in.ptr + i, 1}
				 : mw_str_of(lines[c % (sizeof lines / sizeof *lines)]);

		memcpy(out + len, s.ptr, s.len);
		len += s.len;
	}
	return (mw_str){out, len};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const unsigned how = fuzz_take(&data, &size);
	uint8_t chunk[CHUNKS];

	for (size_t i = 0; i < CHUNKS; i++)
		chunk[i] = (uint8_t)fuzz_take(&data, &size);
	const mw_str raw = {(const char *)data, size};
	const mw_str bytes = how & 1 ? expand(raw) : fuzz_copy(data, size);
	given whole = read_all(bytes, NULL, how & 2),
	      cut = read_all(bytes, chunk, how & 2);

	EXPECT(whole.mbox == cut.mbox && whole.error == cut.error);
	EXPECT(whole.count == cut.count && whole.len == cut.len);
	for (size_t i = 0; i < whole.count; i++)
		EXPECT(whole.ends[i] == cut.ends[i]);
	EXPECT(whole.len == 0 || memcmp(whole.text, cut.text, whole.len) == 0);
#ifndef FUZZ_COMPRESSION
	EXPECT(whole.len <= bytes.len && (whole.mbox || whole.count <= 1));
#endif
	forget(&whole);
	forget(&cut);
	fuzz_free(bytes);
	return 0;
}
