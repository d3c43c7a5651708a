/* SPDX-License-Identifier: MIT
 *
 * mwi_decode(): UTF-8 comes out whatever goes in, also where room is short, and what is
 * said to be decoded stays as it is. The first byte shortens the room.
 */
#include "read/decode.h"

#include "expect.h"

/* The most that a byte becomes is a character of three. */
#define GROWTH 3

static void check_plain(mw_str in, mw_str out)
{
	EXPECT(mwi_utf8_valid(out));
	EXPECT(out.len == 0 || memchr(out.ptr, 0, out.len) == NULL);
	if (mwi_is_decoded(in))
		EXPECT(mw_str_eq(in, out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const unsigned less = fuzz_take(&data, &size);
	const mw_str in = fuzz_copy(data, size);
	const size_t cap = size * GROWTH + 1;
	char *memory = malloc(cap);
	mw_buf b;

	EXPECT(memory != NULL);
	mw_buf_init(&b, memory, cap);
	mwi_decode(&b, in);
	EXPECT(mw_buf_status(&b) == MW_OK);
	check_plain(in, mw_buf_str(&b));
	const bool fits = b.len <= cap - less % cap;

	mw_buf_init(&b, memory, cap - less % cap);
	mwi_decode(&b, in);
	EXPECT((mw_buf_status(&b) == MW_OK) == fits);
	EXPECT(b.len <= b.cap && mwi_utf8_valid(mw_buf_str(&b)));
	free(memory);
	fuzz_free(in);
	return 0;
}
