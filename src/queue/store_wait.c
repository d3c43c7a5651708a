/* SPDX-License-Identifier: MIT
 *
 * Asking the store, and waiting for its answers.
 */
#include <semaphore.h>

#include "queue/store.h"

static void await(sem_t *over, size_t count)
{
	while (count > 0)
		if (sem_wait(over) == 0)
			count--;
	sem_destroy(over);
}

static void put_done(store_put *p, mw_status status)
{
	(void)status; /* it is in *p */
	sem_post(p->ctx);
}

static void settle_done(store_settle *t, mw_status status)
{
	(void)status;
	sem_post(t->ctx);
}

mw_status store_put_wait(store *s, store_put *p)
{
	sem_t over;

	sem_init(&over, 0, 0);
	p->done = put_done;
	p->ctx = &over;
	store_ask_put(s, p);
	await(&over, 1);
	return p->status;
}

mw_status store_settle_wait(store *s, store_settle *list, size_t count)
{
	mw_status status = MW_OK;
	sem_t over;

	sem_init(&over, 0, 0);
	for (size_t i = 0; i < count; i++) {
		list[i].done = settle_done;
		list[i].ctx = &over;
		store_ask_settle(s, &list[i]);
	}
	await(&over, count);
	for (size_t i = 0; i < count && status == MW_OK; i++)
		if (list[i].status != MW_E_ABSENT)
			status = list[i].status;
	return status;
}
