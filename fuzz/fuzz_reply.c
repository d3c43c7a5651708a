/* SPDX-License-Identifier: MIT
 *
 * mw_reply_read(): what it says of some bytes it says of more of them, too. So a session
 * may ask after every read, however the network cuts the reply.
 */
#include "expect.h"
#include "read/reply_words.h"

static void check_lines(mw_str raw)
{
	mw_str it = raw, text;
	size_t lines = 0;
	const char *last = raw.ptr;

	while (mw_reply_next(&it, &text)) {
		lines++;
		EXPECT(fuzz_lies_in(text, raw.ptr, raw.len));
		EXPECT(text.ptr >= last);
		EXPECT(text.len == 0 || memchr(text.ptr, '\n', text.len) == NULL);
		last = text.ptr + text.len;
	}
	EXPECT(lines > 0);
	EXPECT(it.len == 0);
}

/* In memory that ends with what may be written. */
static void check_words(mw_reply reply)
{
	static const size_t caps[] = {1, 2, 5, 40, 5000};

	for (size_t i = 0; i < sizeof caps / sizeof *caps; i++) {
		char *out = malloc(caps[i]);
		mw_enhanced status;

		EXPECT(out != NULL);
		mwi_reply_words(reply, &status, out, caps[i]);
		EXPECT(strlen(out) < caps[i]);
		for (const char *p = out; *p != '\0'; p++)
			EXPECT((unsigned char)*p >= ' ' && *p != 0x7f);
		free(out);
	}
}

/* Reads the first n bytes, in memory that ends there. */
static ptrdiff_t read_front(const uint8_t *data, size_t n, int *code)
{
	const mw_str in = fuzz_copy(data, n);
	mw_reply reply = {.code = -1, .raw = {NULL, 7}};
	const ptrdiff_t used = mw_reply_read(&reply, in);

	if (used > 0) {
		EXPECT((size_t)used <= n);
		EXPECT(reply.code >= 200 && reply.code <= 599);
		EXPECT(reply.raw.ptr == in.ptr && reply.raw.len == (size_t)used);
		EXPECT(reply.raw.ptr[used - 1] == '\n');
		check_lines(reply.raw);
		check_words(reply);
	} else {
		EXPECT(used == MW_E_MORE || used == MW_E_SYNTAX);
		EXPECT(reply.code == -1 && reply.raw.len == 7);
	}
	*code = reply.code;
	fuzz_free(in);
	return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int code, early;
	const ptrdiff_t all = read_front(data, size, &code);
	const size_t step = size / 64 + 1;

	for (size_t n = 0; n < size; n += step) {
		const ptrdiff_t used = read_front(data, n, &early);

		EXPECT(used == MW_E_MORE || (used == all && early == code));
		EXPECT(all <= 0 || (n < (size_t)all) == (used == MW_E_MORE));
	}
	return 0;
}
