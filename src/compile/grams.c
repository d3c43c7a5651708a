/* SPDX-License-Identifier: MIT
 *
 * The tables of the matcher.
 *
 * The scan looks at the window of 4 bytes at every second position of a text, so two
 * neighbouring windows of each anchor are entered: one of them lies on an even position
 * wherever the anchor stands. Which two is free, and decides the speed: the ones that
 * ordinary replies have least. The examples of the rules are the sample of those.
 */
#include <stdlib.h>

#include "compile/tables.h"
#include "judge/fold.h"

#define WINDOW  4U
#define BUCKETS (1U << MWI_BITS_LOG2)

static uint32_t window_at(const char *p)
{
	uint32_t w;

	memcpy(&w, p, sizeof w);
	return w;
}

/* How often each window stands in the examples, by the bit it sets. */
static uint32_t *count_windows(tables *t)
{
	uint32_t *often = arena_take(t->a, BUCKETS * sizeof *often);
	const mwi_rule *rule = t->section[MWI_RULE].item;

	for (uint32_t i = 0; i < tables_count(t, MWI_RULE); i++)
		for (uint32_t k = 0; k < rule[i].example.count; k++) {
			const mw_str s =
				tables_str(t, ((mwi_ref *)t->section[MWI_LINE]
						       .item)[rule[i].example.first + k]);
			char *low = arena_take(t->a, s.len + MWI_FOLD_BLOCK);

			mwi_fold(low, s);
			for (size_t at = 0; at + WINDOW <= s.len; at++)
				often[mwi_gram_bit(mwi_gram_hash(window_at(low + at)))]++;
		}
	return often;
}

/* A phrase with its anchor, so that equal anchors can be brought together. */
typedef struct entry {
	mw_str anchor;
	uint32_t phrase;
} entry;

static int compare_text(mw_str a, mw_str b)
{
	const int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_anchor(const void *a, const void *b)
{
	const entry *x = a, *y = b;
	const int order = compare_text(x->anchor, y->anchor);

	return order != 0 ? order : (x->phrase > y->phrase) - (x->phrase < y->phrase);
}

static mw_str part_text(const tables *t, uint32_t i)
{
	const mwi_part *p = (const mwi_part *)t->section[MWI_PART].item + i;

	return tables_str(t, (mwi_ref){p->off, p->len});
}

static entry *entries_of(tables *t)
{
	const mwi_phrase *phrase = t->section[MWI_PHRASE].item;
	const uint32_t n = tables_count(t, MWI_PHRASE);
	entry *e = arena_take(t->a, (n + 1) * sizeof *e);

	for (uint32_t i = 0; i < n; i++)
		e[i] = (entry){part_text(t, phrase[i].part + phrase[i].anchor), i};
	qsort(e, n, sizeof *e, by_anchor);
	return e;
}

static uint32_t often_at(const uint32_t *often, const char *window)
{
	return often[mwi_gram_bit(mwi_gram_hash(window_at(window)))];
}

/* Where the rarest pair of neighbouring windows of an anchor begins. */
static size_t rarest_pair(const uint32_t *often, mw_str anchor)
{
	size_t best = 0;
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i + WINDOW < anchor.len; i++) {
		const uint64_t n = (uint64_t)often_at(often, anchor.ptr + i) +
				   often_at(often, anchor.ptr + i + 1);

		if (n < least) {
			least = n;
			best = i;
		}
	}
	return best;
}

static void add_gram(tables *t, mw_str anchor, size_t offset, uint32_t first,
		     uint32_t count)
{
	*(mwi_gram *)tables_add(t, MWI_GRAM) = (mwi_gram){
		.key = window_at(anchor.ptr + offset),
		.tail = window_at(anchor.ptr + anchor.len - WINDOW),
		.run = first,
		.offset = (uint8_t)offset,
		.len = (uint8_t)anchor.len,
		.count = (uint16_t)count,
	};
}

static int by_head(const void *a, const void *b)
{
	const mwi_gram *x = a, *y = b;
	const uint32_t i = mwi_gram_head(mwi_gram_hash(x->key));
	const uint32_t k = mwi_gram_head(mwi_gram_hash(y->key));

	if (i != k)
		return i < k ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->run != y->run ? (x->run < y->run ? -1 : 1)
				: (x->offset > y->offset) - (x->offset < y->offset);
}

/* Chains in one piece each, their ends marked. */
static void link_grams(tables *t)
{
	mwi_gram *gram = t->section[MWI_GRAM].item;
	uint32_t *head = t->section[MWI_HEAD].item;
	uint8_t *bits = t->section[MWI_BITS].item;

	if (gram == NULL || head == NULL || bits == NULL)
		return;
	qsort(gram, tables_count(t, MWI_GRAM), sizeof *gram, by_head);
	for (uint32_t i = tables_count(t, MWI_GRAM); i-- > 0;) {
		const uint32_t hash = mwi_gram_hash(gram[i].key);
		const uint32_t bit = mwi_gram_bit(hash);

		bits[bit >> 3] |= (uint8_t)(1U << (bit & 7));
		if (head[mwi_gram_head(hash)] == 0)
			gram[i].count |= MWI_GRAM_LAST;
		head[mwi_gram_head(hash)] = i + 1;
	}
}

void grams_build(tables *t)
{
	const uint32_t n = tables_count(t, MWI_PHRASE);
	const uint32_t *often = count_windows(t);
	const entry *e = entries_of(t);

	for (uint32_t i = 0; i < 1U << MWI_BITS_LOG2 >> 3; i++)
		tables_add(t, MWI_BITS);
	for (uint32_t i = 0; i < 1U << MWI_HEADS_LOG2; i++)
		tables_add(t, MWI_HEAD);
	for (uint32_t i = 0, next; i < n; i = next) {
		const uint32_t first = tables_count(t, MWI_ANCHORED);

		for (next = i; next < n && next - i < MWI_RUN_MAX &&
			       mw_str_eq(e[next].anchor, e[i].anchor);
		     next++)
			*(uint32_t *)tables_add(t, MWI_ANCHORED) = e[next].phrase;
		const size_t offset = rarest_pair(often, e[i].anchor);

		add_gram(t, e[i].anchor, offset, first, next - i);
		add_gram(t, e[i].anchor, offset + 1, first, next - i);
	}
	link_grams(t);
}

/* qsort has no context: what it compares by travels beside the phrase. */
typedef struct ordered {
	mw_str words[MWI_PARTS_MAX];
	mwi_phrase phrase;
	mwi_part part[MWI_PARTS_MAX];
	place at;
} ordered;

static int by_words(const void *a, const void *b)
{
	const ordered *x = a, *y = b;

	for (int i = 0; i < (int)MWI_PARTS_MAX; i++) {
		const int order = compare_text(x->words[i], y->words[i]);

		if (order != 0)
			return order;
		if (x->part[i].bounds != y->part[i].bounds)
			return x->part[i].bounds < y->part[i].bounds ? -1 : 1;
	}
	if (x->phrase.strength != y->phrase.strength)
		return x->phrase.strength > y->phrase.strength ? -1 : 1;
	return (x->phrase.index > y->phrase.index) - (x->phrase.index < y->phrase.index);
}

/* By their words: where strength does not decide, this does, and never the order of
 * files. Parts follow their phrases. */
void phrases_order(tables *t)
{
	const uint32_t n = tables_count(t, MWI_PHRASE);
	mwi_phrase *phrase = t->section[MWI_PHRASE].item;
	mwi_part *part = t->section[MWI_PART].item;
	place *at = t->phrase_places.item;
	ordered *o = arena_take(t->a, (n + 1) * sizeof *o);
	uint32_t next = 0;

	for (uint32_t i = 0; i < n; i++) {
		o[i].phrase = phrase[i];
		o[i].at = at[i];
		for (uint32_t k = 0; k < MWI_PARTS_MAX; k++)
			o[i].words[k] = MW_LIT("");
		for (uint32_t k = 0; k < phrase[i].parts; k++) {
			o[i].part[k] = part[phrase[i].part + k];
			o[i].words[k] = part_text(t, phrase[i].part + k);
		}
	}
	qsort(o, n, sizeof *o, by_words);
	for (uint32_t i = 0; i < n; i++) {
		phrase[i] = o[i].phrase;
		phrase[i].part = next;
		at[i] = o[i].at;
		for (uint32_t k = 0; k < phrase[i].parts; k++)
			part[next++] = o[i].part[k];
	}
}
