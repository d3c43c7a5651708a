/* SPDX-License-Identifier: MIT
 *
 * Plain bytes go straight to where they are wanted. Compressed ones pass through a block
 * that is always filled to its end before it is used, so that what a damaged file still
 * gives is the same from a pipe and from a disk.
 */
#include "cli/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef MAILWHY_NO_COMPRESSION
#include <zlib.h>
#include <zstd.h>
#endif

#define MAGIC 4

/* 0 at the end and on errors. */
static size_t read_some(cli_unpack *u, char *out, size_t cap)
{
	ssize_t n;

	do
		n = read(u->fd, out, cap);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		u->error = strerror(errno);
	u->eof = n <= 0;
	if (n <= 0)
		return 0;
	u->bytes += (unsigned long long)n;
	return (size_t)n;
}

/* Moves what is left of the block to its front and reads at least `want` bytes in all,
 * unless the file ends. */
static void refill(cli_unpack *u, size_t want)
{
	if (u->first > 0)
		memmove(u->block, u->block + u->first, u->last - u->first);
	u->last -= u->first;
	u->first = 0;
	while (u->last < want && !u->eof)
		u->last += read_some(u, u->block + u->last, CLI_UNPACK_BLOCK - u->last);
}

static bool begins(const cli_unpack *u, const char *magic, size_t len)
{
	return u->last - u->first >= len && memcmp(u->block + u->first, magic, len) == 0;
}

static bool is_gzip(const cli_unpack *u)
{
	return begins(u, "\x1f\x8b\x08", 3);
}

/* A frame of zstd, or one that it skips: pzstd begins with those. */
static bool is_zstd(const cli_unpack *u)
{
	return begins(u, "\x28\xb5\x2f\xfd", 4) ||
	       (u->last - u->first >= 4 && (u->block[u->first] & 0xf0) == 0x50 &&
		memcmp(u->block + u->first + 1, "\x2a\x4d\x18", 3) == 0);
}

#ifdef MAILWHY_NO_COMPRESSION

static bool start(cli_unpack *u)
{
	if (is_gzip(u) || is_zstd(u))
		u->error = "compressed files are not supported by this build";
	return u->error == NULL;
}

static size_t unpack(cli_unpack *u, char *out, size_t cap)
{
	(void)out;
	(void)cap;
	u->done = true;
	return 0;
}

static void stop(cli_unpack *u)
{
	(void)u;
}

#else

static void give_up(cli_unpack *u, const char *error)
{
	if (u->error == NULL)
		u->error = error;
	u->done = true;
}

/* True when something to work on is in the block. */
static bool provide(cli_unpack *u)
{
	if (u->first == u->last && !u->eof)
		refill(u, CLI_UNPACK_BLOCK);
	return u->first < u->last;
}

/* Steps behind the end of a member, and over the zeros that tapes leave there; true when
 * another one begins. */
static bool another_member(cli_unpack *u)
{
	while (provide(u) && u->block[u->first] == 0)
		u->first++;
	if (u->last - u->first < MAGIC)
		refill(u, CLI_UNPACK_BLOCK);
	if (u->first < u->last && !is_gzip(u))
		give_up(u, "what follows the compressed data is not compressed");
	if (u->first == u->last)
		u->done = true;
	return !u->done;
}

static void gzip_step(cli_unpack *u, z_stream *z)
{
	if (u->between && !another_member(u))
		return;
	if (u->between)
		inflateReset(z);
	u->between = false;

	const bool more = provide(u);

	z->next_in = (Bytef *)u->block + u->first;
	z->avail_in = (uInt)(u->last - u->first);

	const uInt room = z->avail_out;
	const int rc = inflate(z, Z_NO_FLUSH);

	u->first = u->last - z->avail_in;
	u->between = rc == Z_STREAM_END;
	if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
		give_up(u, "the compressed data are damaged");
	else if (!more && rc != Z_STREAM_END && z->avail_out == room)
		give_up(u, "the compressed data end early");
}

static size_t from_gzip(cli_unpack *u, char *out, size_t cap)
{
	z_stream *z = u->gzip;

	z->next_out = (Bytef *)out;
	z->avail_out = (uInt)cap;
	while (!u->done && z->avail_out > 0)
		gzip_step(u, z);
	return cap - z->avail_out;
}

/* The longest header of a frame. zstd gets no more of a new frame at first: given all of
 * a damaged one, it would give nothing back. */
#define FRAME_HEADER 18

static void zstd_step(cli_unpack *u, ZSTD_outBuffer *out)
{
	const bool more = provide(u);

	if (u->between && !more) {
		u->done = true;
		return;
	}
	const size_t left = u->last - u->first, had = out->pos;
	ZSTD_inBuffer in = {u->block + u->first, left, 0};

	if (u->between && left > FRAME_HEADER)
		in.size = FRAME_HEADER;
	const size_t rc = ZSTD_decompressStream(u->zstd, out, &in);

	u->first += in.pos;
	u->between = rc == 0;
	if (ZSTD_isError(rc))
		give_up(u, "the compressed data are damaged");
	else if (!more && rc != 0 && out->pos == had)
		give_up(u, "the compressed data end early");
}

static size_t from_zstd(cli_unpack *u, char *out, size_t cap)
{
	ZSTD_outBuffer to = {out, cap, 0};

	while (!u->done && to.pos < cap)
		zstd_step(u, &to);
	return to.pos;
}

static size_t unpack(cli_unpack *u, char *out, size_t cap)
{
	const size_t n =
		u->gzip != NULL ? from_gzip(u, out, cap) : from_zstd(u, out, cap);
	const unsigned long long in = u->bytes - (u->last - u->first);
	const unsigned long long all = u->given + n;

	if (all > CLI_UNPACK_FREE && all / CLI_UNPACK_RATIO > in)
		give_up(u, "the compressed data grow out of all proportion");
	return n;
}

static z_stream *new_inflater(void)
{
	z_stream *z = calloc(1, sizeof *z);

	if (z != NULL && inflateInit2(z, 16 + MAX_WBITS) != Z_OK) {
		free(z);
		z = NULL;
	}
	return z;
}

static bool start(cli_unpack *u)
{
	if (is_gzip(u))
		u->gzip = new_inflater();
	else if (is_zstd(u))
		u->zstd = ZSTD_createDStream();
	else
		return true;
	if (u->gzip == NULL && u->zstd == NULL) {
		u->error = "out of memory";
		return false;
	}
	u->between = u->zstd != NULL;
	refill(u, CLI_UNPACK_BLOCK);
	return true;
}

static void stop(cli_unpack *u)
{
	if (u->gzip != NULL)
		inflateEnd(u->gzip);
	free(u->gzip);
	ZSTD_freeDStream(u->zstd);
	u->gzip = u->zstd = NULL;
}

#endif

bool cli_unpack_open(cli_unpack *u, int fd, char *block)
{
	*u = (cli_unpack){.fd = fd, .block = block};
	refill(u, MAGIC);
	if (u->error == NULL && start(u))
		return true;
	u->done = true;
	return false;
}

size_t cli_unpack_read(cli_unpack *u, char *out, size_t cap)
{
	size_t n = u->last - u->first;

	if (u->done)
		return 0;
	if (u->gzip != NULL || u->zstd != NULL) {
		n = unpack(u, out, cap);
	} else if (n > 0) {
		n = n < cap ? n : cap;
		memcpy(out, u->block + u->first, n);
		u->first += n;
	} else if (!u->eof) {
		n = read_some(u, out, cap);
	}
	u->done = u->done || n == 0;
	u->given += n;
	return n;
}

void cli_unpack_close(cli_unpack *u)
{
	stop(u);
}
