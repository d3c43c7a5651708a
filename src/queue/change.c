/* SPDX-License-Identifier: MIT */
#include "queue/change.h"

#include <errno.h>
#include <stdlib.h>

static const char *const names[CHANGE_COUNT] = {[CHANGE_RETRY] = "retry",
						[CHANGE_HOLD] = "hold",
						[CHANGE_RELEASE] = "release",
						[CHANGE_DELETE] = "delete",
						[CHANGE_FAIL] = "fail"};

change change_of_name(mw_str name)
{
	int c = 0;

	while (c < CHANGE_COUNT && !mw_str_eq(name, mw_str_of(names[c])))
		c++;
	return (change)c;
}

const char *change_name(change c)
{
	return names[c];
}

static bool read_number(const char **at, uint64_t most, uint64_t *out)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*out = strtoull(*at, &end, 10);
	*at = end;
	return errno == 0 && *out <= most;
}

bool change_read_id(const char *text, uint64_t *id, int *recipient)
{
	uint64_t index;

	*recipient = CHANGE_ALL;
	if (!read_number(&text, UINT64_MAX >> 17, id) || *id == 0)
		return false;
	if (*text == '\0')
		return true;
	text++;
	if (text[-1] != '.' || !read_number(&text, STORE_RECIPIENTS_MAX - 1, &index))
		return false;
	*recipient = (int)index;
	return *text == '\0';
}

/* --- the recipients that it is about */

typedef struct changing {
	int only; /* or CHANGE_ALL */
	change_visit *visit;
	void *ctx;
	unsigned *list;
	size_t count, cap;
	bool no_memory;
} changing;

static bool add(changing *x, unsigned recipient)
{
	if (x->count == x->cap) {
		const size_t cap = x->cap * 2 + 16;
		unsigned *list = realloc(x->list, cap * sizeof *list);

		if (list == NULL)
			return false;
		x->list = list;
		x->cap = cap;
	}
	x->list[x->count++] = recipient;
	return true;
}

static bool collect(void *ctx, const store_message *m, unsigned recipient,
		    const store_recipient *r)
{
	changing *x = ctx;

	(void)m;
	if (x->only != CHANGE_ALL && (unsigned)x->only != recipient)
		return true;
	x->no_memory = !add(x, recipient);
	if (x->visit != NULL && r->route == STORE_REMOTE)
		x->visit(x->ctx, r->target);
	return !x->no_memory;
}

/* --- asking */

static store_settle settle_of(change c, uint64_t id, unsigned recipient, int64_t now)
{
	return (store_settle){.id = id,
			      .recipient = recipient,
			      .over = c == CHANGE_DELETE,
			      .state = c == CHANGE_HOLD   ? STORE_HELD
				       : c == CHANGE_FAIL ? STORE_FAILED
							  : STORE_QUEUED,
			      .next_try = now};
}

/* All at once: they are one commit. Those that ended meanwhile don't count. */
static mw_status settle_all(store *s, change c, uint64_t id, const changing *x,
			    int64_t now, size_t *count)
{
	store_settle *all = calloc(x->count, sizeof *all);
	mw_status status;

	if (all == NULL)
		return MW_E_NOMEM;
	for (size_t i = 0; i < x->count; i++)
		all[i] = settle_of(c, id, x->list[i], now);
	status = store_settle_wait(s, all, x->count);
	for (size_t i = 0; i < x->count; i++)
		*count += all[i].status == MW_OK;
	free(all);
	return status == MW_OK && *count == 0 ? MW_E_ABSENT : status;
}

mw_status change_apply(store *s, change c, uint64_t id, int recipient, int64_t now,
		       change_visit *visit, void *ctx, size_t *count)
{
	changing x = {.only = recipient, .visit = visit, .ctx = ctx};
	mw_status status = store_find(s, id, collect, &x);

	*count = 0;
	if (status == MW_OK)
		status = x.no_memory ? MW_E_NOMEM : x.count == 0 ? MW_E_ABSENT : MW_OK;
	if (status == MW_OK)
		status = settle_all(s, c, id, &x, now, count);
	free(x.list);
	return status;
}
