/* SPDX-License-Identifier: MIT
 *
 * The text for people: addresses and what is said of them. The first byte chooses how
 * many there is room for.
 */
#include "expect.h"
#include "read/notice.h"
#include "read/words.h"

#define ENTRIES 40

static mwi_entry entry[ENTRIES];

static void check_in(mw_str s, mw_str text)
{
	EXPECT(s.ptr != NULL);
	EXPECT(s.len == 0 || fuzz_lies_in(s, text.ptr, text.len));
}

static void check_entries(const mwi_notice *n, mw_str text)
{
	EXPECT(n->count <= n->cap && (!n->full || n->count == n->cap));
	for (size_t i = 0; i < n->count; i++) {
		const mwi_entry *e = &n->entry[i];

		EXPECT(e->address.len > 0);
		check_in(e->address, text);
		check_in(e->block, text);
		EXPECT(!e->open && e->strength == n->entry[0].strength);
		check_in(mwi_words_find(e->block), text);
		/* Good text stays good where it is cut. */
		EXPECT(!mwi_utf8_valid(text) ||
		       (mwi_utf8_valid(e->address) && mwi_utf8_valid(e->block)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const unsigned how = fuzz_take(&data, &size);
	const mw_str text = fuzz_copy(data, size);
	mwi_notice n = {.entry = entry, .cap = how & 1 ? ENTRIES : how % 4};

	mwi_notice_read(&n, text);
	check_in(n.text, text);
	check_in(n.returned, text);
	check_in(n.fields, text);
	EXPECT(n.returned.len == 0 || n.returned.ptr >= n.text.ptr + n.text.len);
	EXPECT(n.fields.len == 0 || n.fields.ptr >= n.text.ptr + n.text.len);
	EXPECT(n.form.len < 40 && fuzz_is_harmless(n.form));
	check_entries(&n, text);
	check_in(mwi_words_find(n.text), text);
	fuzz_free(text);
	return 0;
}
