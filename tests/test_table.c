/* SPDX-License-Identifier: MIT
 *
 * The table: all that was put in is found, also those whose hashes are the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/table.h"

#define MANY 5000U

typedef struct entry {
	table_link link;
	unsigned key;
	unsigned seen;
} entry;

/* Ten of them share a hash, and many share a slot. */
static size_t hash_of(unsigned key)
{
	return (size_t)(key / 10) << 3;
}

static entry *find(const table *t, unsigned key)
{
	entry *e = table_find(t, hash_of(key));

	while (e != NULL && e->key != key)
		e = table_find_next(e);
	return e;
}

static void what_is_in_is_found(void **state)
{
	static entry all[MANY];
	table t = {.slots = NULL};
	size_t seen = 0;

	(void)state;
	assert_null(find(&t, 1));
	assert_null(table_each(&t, NULL));
	for (unsigned i = 0; i < MANY; i++) {
		all[i] = (entry){.key = i};
		assert_true(table_add(&t, &all[i].link, hash_of(i)));
	}
	assert_int_equal(t.count, MANY);
	for (unsigned i = 0; i < MANY; i++)
		assert_ptr_equal(find(&t, i), &all[i]);
	assert_null(find(&t, MANY));

	/* Each once, with some removed on the way. */
	for (entry *e = table_each(&t, NULL), *next; e != NULL; e = next) {
		next = table_each(&t, e);
		assert_int_equal(e->seen++, 0);
		seen++;
		if (e->key % 3 == 0)
			table_remove(&t, &e->link);
	}
	assert_int_equal(seen, MANY);
	assert_int_equal(t.count, MANY - (MANY + 2) / 3);
	for (unsigned i = 0; i < MANY; i++)
		assert_ptr_equal(find(&t, i), i % 3 == 0 ? NULL : &all[i]);
	table_free(&t);
	assert_null(find(&t, 1));
	assert_int_equal(t.count, 0);
}

static void hashes_of_texts(void **state)
{
	(void)state;
	assert_int_equal(table_hash(MW_LIT("example.org")),
			 table_hash(MW_LIT("example.org")));
	assert_true(table_hash(MW_LIT("example.org")) !=
		    table_hash(MW_LIT("example.net")));
	assert_true(table_hash(MW_LIT("")) != table_hash((mw_str){"", 1}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_is_found),
		cmocka_unit_test(hashes_of_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
