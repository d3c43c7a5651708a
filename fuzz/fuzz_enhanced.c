/* SPDX-License-Identifier: MIT
 *
 * mw_enhanced_read(): its own bytes alone give the same code, and the code written out
 * gives it again.
 */
#include "expect.h"

static void check_written(mw_enhanced e)
{
	char memory[32];
	mw_buf b;
	mw_enhanced again;

	mw_buf_init(&b, memory, sizeof memory);
	mw_buf_put_int(&b, e.cls);
	mw_buf_put_char(&b, '.');
	mw_buf_put_int(&b, e.subject);
	mw_buf_put_char(&b, '.');
	mw_buf_put_int(&b, e.detail);
	EXPECT(mw_enhanced_read(&again, mw_buf_str(&b)) == (ptrdiff_t)b.len);
	EXPECT(again.cls == e.cls && again.subject == e.subject &&
	       again.detail == e.detail);
}

static void check_at(mw_str in)
{
	mw_enhanced e = {-1, -1, -1}, again;
	const ptrdiff_t n = mw_enhanced_read(&e, in);

	if (n <= 0) {
		EXPECT(n == MW_E_SYNTAX);
		EXPECT(e.cls == -1 && e.subject == -1 && e.detail == -1);
		return;
	}
	EXPECT(n >= 5 && n <= 9 && (size_t)n <= in.len);
	EXPECT(e.cls == 2 || e.cls == 4 || e.cls == 5);
	EXPECT(e.subject >= 0 && e.subject <= 999);
	EXPECT(e.detail >= 0 && e.detail <= 999);
	EXPECT(mw_enhanced_read(&again, mw_str_head(in, (size_t)n)) == n);
	EXPECT(again.cls == e.cls && again.subject == e.subject &&
	       again.detail == e.detail);
	check_written(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const mw_str in = fuzz_copy(data, size);

	for (mw_str s = in; s.len > 0; s = mw_str_skip(s, 1))
		check_at(s);
	check_at(mw_str_head(in, 0));
	fuzz_free(in);
	return 0;
}
