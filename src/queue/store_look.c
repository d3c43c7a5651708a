/* SPDX-License-Identifier: MIT
 *
 * What a sender and a person at the keyboard ask of the store.
 */
#include <stdlib.h>

#include "queue/store_reader.h"

static int64_t bounded(size_t max)
{
	return max < INT64_MAX ? (int64_t)max : INT64_MAX;
}

/* Runs a statement of one or two numbers that gives keys. */
static mw_status show_keys(store *s, int statement, const int64_t *values, int count,
			   store_visit *visit, void *ctx)
{
	bool any = false;
	mw_status status;
	reader *r = reader_take(s, &status);

	if (r == NULL)
		return status;
	binder b = {.st = r->st[statement]};

	for (int i = 0; i < count; i++)
		bind_int(&b, values[i]);
	status = db_status(reader_show_all(r, &b, visit, ctx, &any));
	reader_give(s, r);
	return status;
}

mw_status store_list(store *s, uint64_t after, size_t max, store_visit *visit, void *ctx)
{
	const int64_t values[] = {(int64_t)after, bounded(max)};

	return show_keys(s, LIST, values, 2, visit, ctx);
}

mw_status store_each_alarm(store *s, int64_t due, size_t max, store_visit *visit,
			   void *ctx)
{
	const int64_t values[] = {due, bounded(max)};

	return show_keys(s, ALARMS, values, 2, visit, ctx);
}

mw_status store_each_intent(store *s, store_visit *visit, void *ctx)
{
	return show_keys(s, INTENTS, NULL, 0, visit, ctx);
}

/* The first that is not shown says when to come again. */
static int show_due(reader *r, binder *b, int64_t due, size_t max, store_visit *visit,
		    void *ctx, int64_t *next)
{
	size_t shown = 0;
	int rc = b->rc;

	while (rc == SQLITE_OK && (rc = sqlite3_step(b->st)) == SQLITE_ROW) {
		const int64_t at = sqlite3_column_int64(b->st, 1);

		if (at > due || shown++ == max) {
			*next = at;
			break;
		}
		if (!reader_show(r, (uint64_t)sqlite3_column_int64(b->st, 0), visit, ctx,
				 &rc)) {
			*next = at;
			break;
		}
	}
	sqlite3_reset(b->st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

mw_status store_each_of(store *s, mw_str target, int64_t due, size_t max,
			store_visit *visit, void *ctx, int64_t *next)
{
	mw_status status;
	reader *r = reader_take(s, &status);

	*next = INT64_MAX;
	if (r == NULL)
		return status;
	binder b = {.st = r->st[OF_TARGET]};

	bind_str(&b, target);
	status = db_status(show_due(r, &b, due, max, visit, ctx, next));
	reader_give(s, r);
	return status;
}

mw_status store_targets(store *s, store_visit_target *visit, void *ctx)
{
	mw_status status;
	reader *r = reader_take(s, &status);
	int rc;

	if (r == NULL)
		return status;
	sqlite3_stmt *st = r->st[TARGETS];

	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		if (!visit(ctx, column_str(st, 0), (uint64_t)sqlite3_column_int64(st, 1),
			   sqlite3_column_int64(st, 2)))
			break;
	sqlite3_reset(st);
	reader_give(s, r);
	return db_status(rc);
}

static store_attempt read_attempt(sqlite3_stmt *st)
{
	return (store_attempt){
		.at = sqlite3_column_int64(st, 0),
		.host = column_str(st, 1),
		.address = column_str(st, 2),
		.source = column_str(st, 3),
		.tls = column_str(st, 4),
		.stage = (mw_stage)sqlite3_column_int64(st, 5),
		.reply = (int)sqlite3_column_int64(st, 6),
		.text = column_str(st, 7),
		.category = (mw_category)sqlite3_column_int64(st, 8),
		.next_try = sqlite3_column_int64(st, 9),
		.why = column_str(st, 10),
	};
}

mw_status store_story(store *s, uint64_t id, unsigned recipient,
		      store_visit_attempt *visit, void *ctx)
{
	mw_status status;
	reader *r;
	int rc;

	if (id == 0 || id > ID_MAX || recipient >= STORE_RECIPIENTS_MAX)
		return MW_E_ABSENT;
	r = reader_take(s, &status);
	if (r == NULL)
		return status;
	binder b = {.st = r->st[STORY]};

	bind_int(&b, (int64_t)(id << KEY_BITS | recipient));
	while ((rc = sqlite3_step(b.st)) == SQLITE_ROW) {
		const store_attempt a = read_attempt(b.st);

		if (!visit(ctx, &a))
			break;
	}
	sqlite3_reset(b.st);
	reader_give(s, r);
	return db_status(rc);
}

mw_status store_memories(store *s, store_visit_memory *visit, void *ctx)
{
	mw_status status;
	reader *r = reader_take(s, &status);
	int rc;

	if (r == NULL)
		return status;
	sqlite3_stmt *st = r->st[MEMORIES];

	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		store_memory m = {.destination = column_str(st, 0),
				  .source = column_str(st, 1),
				  .name = column_str(st, 2)};

		for (int i = 0; i < (int)STORE_MEMORY_NUMBERS; i++)
			m.number[i] = sqlite3_column_int64(st, 3 + i);
		if (!visit(ctx, &m))
			break;
	}
	sqlite3_reset(st);
	reader_give(s, r);
	return db_status(rc);
}

/* --- how old it is */

/* The first message from `id` on: its id and arrival; false: there is none. */
static bool arrival_at(reader *r, uint64_t id, uint64_t *found, int64_t *arrival, int *rc)
{
	binder b = {.st = r->st[ARRIVED]};

	bind_int(&b, (int64_t)id);
	*rc = b.rc == SQLITE_OK ? sqlite3_step(b.st) : b.rc;
	if (*rc == SQLITE_ROW) {
		*arrival = sqlite3_column_int64(b.st, 0);
		*found = (uint64_t)sqlite3_column_int64(b.st, 1);
	}
	sqlite3_reset(b.st);
	return *rc == SQLITE_ROW;
}

static uint64_t one_number(reader *r, int statement, int column, int64_t value, int *rc)
{
	binder b = {.st = r->st[statement]};
	uint64_t n = 0;

	if (statement == COUNT_BELOW)
		bind_int(&b, value);
	*rc = b.rc == SQLITE_OK ? sqlite3_step(b.st) : b.rc;
	if (*rc == SQLITE_ROW)
		n = (uint64_t)sqlite3_column_int64(b.st, column);
	sqlite3_reset(b.st);
	return n;
}

/* The first id whose message arrived at that time or later, by halving. */
static uint64_t first_since(reader *r, int64_t time, int *rc)
{
	uint64_t low = one_number(r, FIRST_LAST, 0, 0, rc),
		 high = one_number(r, FIRST_LAST, 1, 0, rc) + 1;

	while (low < high) {
		const uint64_t middle = low + (high - low) / 2;
		uint64_t found;
		int64_t arrival;

		if (!arrival_at(r, middle, &found, &arrival, rc) || arrival >= time)
			high = middle;
		else
			low = found + 1;
	}
	return low;
}

mw_status store_older(store *s, int64_t time, uint64_t *count)
{
	mw_status status;
	reader *r = reader_take(s, &status);
	int rc = SQLITE_OK;

	*count = 0;
	if (r == NULL)
		return status;
	const uint64_t id = first_since(r, time, &rc);

	*count = one_number(r, COUNT_BELOW, 0, (int64_t)(id << KEY_BITS), &rc);
	reader_give(s, r);
	return db_status(rc);
}
