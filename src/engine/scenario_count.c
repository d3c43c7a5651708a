/* SPDX-License-Identifier: MIT
 *
 * Counters and chance. The table never grows: a client that makes up names costs the
 * oldest counters, no memory.
 */
#include "base/ascii.h"
#include "engine/scenario_state.h"

#define FNV_START 0xcbf29ce484222325U
#define FNV_PRIME 0x100000001b3U

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
	return x ^ (x >> 31);
}

uint64_t scenario_random(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15U;
	return mix(*state);
}

static uint64_t hash(uint64_t h, mw_str s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)mwi_lower(s.ptr[i])) * FNV_PRIME;
	return mix(h ^ s.len);
}

uint64_t scenario_key(uint64_t seed, mw_str a, mw_str b)
{
	return hash(hash(mix(seed) ^ FNV_START, a), b);
}

/* Takes slot `at` out of its chain. */
static void forget(scenario_counters *t, uint32_t at)
{
	uint32_t *link = &t->head[t->slot[at].key % SCENARIO_KEYS];

	while (*link != at + 1)
		link = &t->slot[*link - 1].next;
	*link = t->slot[at].next;
}

scenario_counter *scenario_counter_of(scenario_counters *t, uint64_t key)
{
	uint32_t *head = &t->head[key % SCENARIO_KEYS];
	uint32_t at;

	for (at = *head; at != 0; at = t->slot[at - 1].next)
		if (t->slot[at - 1].key == key)
			return &t->slot[at - 1];
	at = t->oldest;
	t->oldest = (t->oldest + 1) % SCENARIO_KEYS;
	if (t->used < SCENARIO_KEYS)
		t->used++;
	else
		forget(t, at);
	t->slot[at] = (scenario_counter){.key = key, .next = *head};
	*head = at + 1;
	return &t->slot[at];
}

/* Who comes again: the sender, or before there is one the client. */
static scenario_counter *counter_of(scenario *s, const scenario_fact *f,
				    scenario_counted what, mw_str name)
{
	const mw_str who = f->stage < MW_STAGE_MAIL ? f->client : f->sender;
	const uint64_t kind = (uint64_t)what + (uint64_t)f->stage;

	return scenario_counter_of(s->counters, scenario_key(s->seed + kind, who, name));
}

unsigned scenario_attempt(scenario *s, const scenario_fact *f, scenario_counted what,
			  mw_str name)
{
	scenario_counter *c = counter_of(s, f, what, name);

	if (c->count < UINT32_MAX)
		c->count++;
	return c->count;
}

unsigned scenario_attempts(scenario *s, const scenario_fact *f, mw_str name)
{
	const scenario_counter *c = counter_of(s, f, SCENARIO_EVENTS, name);

	return c->count > 0 ? c->count : 1;
}
