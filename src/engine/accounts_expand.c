/* SPDX-License-Identifier: MIT
 *
 * Aliases of aliases, breadth first. Each address is looked at once, so a circle ends by
 * itself; what leads nowhere but into a circle is told apart from what leads somewhere.
 */
#include "engine/accounts.h"
#include "engine/address.h"

typedef struct step {
	mw_str text; /* as given */
	mw_str key;  /* in its one form */
	mw_str from; /* the alias that named it; empty: none */
	unsigned depth;
} step;

typedef struct expansion {
	accounts *a;
	pool *memory;
	step *steps; /* done ones, then those to do */
	size_t step_count;
	account *found;
	size_t count;
} expansion;

/* Room for one item more in an array of `count`; what is small stays small, as many
 * expansions share one pool. */
static void *grow(pool *memory, void *items, size_t count, size_t size)
{
	if (count != 0 && (count & (count - 1)) != 0)
		return items;

	void *more = pool_take(memory, size * (count == 0 ? 1 : count * 2));

	if (more != NULL && count > 0)
		memcpy(more, items, size * count);
	return more;
}

/* The one form of the address, or the text as it is when it is none. */
static mw_str key_of(mw_str text, char memory[ADDRESS_MAX])
{
	address a;
	mw_buf b;

	if (!address_read(&a, text))
		return text;
	mw_buf_init(&b, memory, ADDRESS_MAX);
	address_put(&b, address_local(&a), address_domain(&a));
	return mw_buf_str(&b);
}

static bool has_step(const expansion *x, mw_str key)
{
	for (size_t i = 0; i < x->step_count; i++)
		if (mw_str_eq(x->steps[i].key, key))
			return true;
	return false;
}

static mw_status add_step(expansion *x, mw_str text, mw_str from, unsigned depth)
{
	char memory[ADDRESS_MAX];
	const mw_str key = key_of(text, memory);

	if (has_step(x, key))
		return MW_OK;
	if (x->step_count == ACCOUNTS_TARGETS_MAX || depth > ACCOUNTS_DEPTH_MAX)
		return MW_E_LIMIT;

	const char *copy = pool_copy(x->memory, key);

	x->steps = grow(x->memory, x->steps, x->step_count, sizeof *x->steps);
	if (copy == NULL || x->steps == NULL)
		return MW_E_NOMEM;
	x->steps[x->step_count++] = (step){text, {copy, key.len}, from, depth};
	return MW_OK;
}

/* One recipient, unless another way led to it before. */
static mw_status add_end(expansion *x, const account *end)
{
	for (size_t i = 0; i < x->count; i++)
		if (end->address.len > 0 && x->found[i].kind == end->kind &&
		    mw_str_eq(x->found[i].address, end->address))
			return MW_OK;
	if (x->count == ACCOUNTS_RECIPIENTS_MAX)
		return MW_E_LIMIT;
	x->found = grow(x->memory, x->found, x->count, sizeof *x->found);
	if (x->found == NULL)
		return MW_E_NOMEM;
	x->found[x->count++] = *end;
	return MW_OK;
}

/* The alias names itself: a copy stays here. */
static mw_status keep_copy(expansion *x, account end)
{
	end.kind = ACCOUNT_MAILBOX;
	end.target = NULL;
	end.target_count = 0;
	return add_end(x, &end);
}

static mw_status follow(expansion *x, const account *alias, const step *s)
{
	mw_status status = MW_OK;

	/* The same alias by another name of it, such as another local domain. */
	if (alias->address.len > 0 && mw_str_eq(alias->address, s->from))
		return keep_copy(x, *alias);
	for (size_t i = 0; i < alias->target_count && status == MW_OK; i++) {
		char memory[ADDRESS_MAX];
		const mw_str key = key_of(alias->target[i], memory);

		if (alias->address.len > 0 &&
		    (mw_str_eq(key, alias->address) || mw_str_eq(key, s->key)))
			status = keep_copy(x, *alias);
		else
			status = add_step(x, alias->target[i], alias->address,
					  s->depth + 1);
	}
	return status;
}

/* `s` by value: the steps move when one is added. */
static mw_status take_step(expansion *x, step s)
{
	account here;

	switch (accounts_find(x->a, s.text, x->memory, &here)) {
	case ACCOUNT_TROUBLE:
		return MW_E_ABSENT;
	case ACCOUNT_ALIAS:
		return follow(x, &here, &s);
	case ACCOUNT_UNKNOWN:
		here.address = s.text;
		return add_end(x, &here);
	case ACCOUNT_MAILBOX:
	case ACCOUNT_DISABLED:
	case ACCOUNT_MOVED:
	case ACCOUNT_FOREIGN:
		return add_end(x, &here);
	}
	return MW_E_ABSENT;
}

mw_status accounts_expand(accounts *a, mw_str text, pool *memory, account **list,
			  size_t *count)
{
	expansion x = {.a = a, .memory = memory};
	mw_status status;

	status = add_step(&x, text, MW_LIT(""), 0);
	for (size_t i = 0; i < x.step_count && status == MW_OK; i++)
		status = take_step(&x, x.steps[i]);
	if (status == MW_OK && x.count == 0)
		status = MW_E_LIMIT;
	if (status != MW_OK)
		return status;
	*list = x.found;
	*count = x.count;
	return MW_OK;
}
