/* SPDX-License-Identifier: MIT
 *
 * Mails whose last byte may have been sent when the last run ended: held for the time
 * that their servers may need, and then tried once more, marked. Nothing is sent before
 * that is noted, for it would go out unmarked.
 */
#include <stdlib.h>

#include "engine/outbound.h"
#include "engine/outcome_log.h"

#define WORDS "We ended before the answer to the last byte came: it may have arrived"

typedef struct marking {
	sender *s;
	store_settle *list;
	size_t count, cap;
	bool no_memory;
} marking;

static bool add(marking *x, const store_settle *one)
{
	if (x->count == x->cap) {
		const size_t cap = x->cap * 2 + 16;
		store_settle *list = realloc(x->list, cap * sizeof *list);

		if (list == NULL)
			return false;
		x->list = list;
		x->cap = cap;
	}
	x->list[x->count++] = *one;
	return true;
}

static bool show(void *ctx, const store_message *m, unsigned recipient,
		 const store_recipient *r)
{
	marking *x = ctx;
	engine *e = x->s->e;
	const int64_t wait =
		(int64_t)x->s->policy->settings->delivery.uncertain_wait * 1000;
	const store_settle one = {.id = m->id,
				  .recipient = recipient,
				  .state = r->uncertain ? STORE_HELD : STORE_QUEUED,
				  .next_try = sender_now() + wait,
				  .uncertain = true,
				  .text = MW_LIT("4.4.2 " WORDS)};

	x->no_memory = !add(x, &one);
	metrics_add(&e->metrics.relay_uncertain_total, 1);
	outcome_log(e, &(outcome_line){.event = "delivery-uncertain",
				       .id = m->id,
				       .has_sender = true,
				       .sender = m->mail.sender,
				       .recipient = r->address,
				       .attempt = r->attempts + 1,
				       .next_try = one.next_try,
				       .stage = MW_STAGE_CONTENT,
				       .code = 451,
				       .status = {4, 4, 2},
				       .text = MW_LIT(WORDS)});
	return !x->no_memory;
}

mw_status intents_mark(sender *s)
{
	marking x = {.s = s};
	mw_status status = store_each_intent(s->e->store, show, &x);

	if (status == MW_OK && x.no_memory)
		status = MW_E_NOMEM;
	if (status == MW_OK)
		status = store_settle_wait(s->e->store, x.list, x.count);
	free(x.list);
	return status;
}
