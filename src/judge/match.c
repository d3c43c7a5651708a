/* SPDX-License-Identifier: MIT
 *
 * The scan looks at the 4 bytes at every second position: one multiplication, one bit of
 * an 8 KB table. Where the bit is set, a short chain tells which anchors have that window
 * and where; the anchor is compared whole, then the rest of its phrase. Every anchor has
 * two neighbouring windows in the table (src/compile/grams.c), so none is missed.
 */
#include "judge/match.h"

#include "base/ascii.h"
#include "judge/section.h"

typedef struct matcher {
	const mw_knowledge *kb;
	mw_str text;
	mwi_found *found;
	void *ctx;
	const mwi_phrase *phrase;
	const mwi_part *part;
	const char *pool;
	uint64_t seen[MWI_MULTI_MAX / 64]; /* phrases of several parts already looked at */
} matcher;

/* Letters of other scripts have no bit 7 clear: they never count as word characters,
 * so that a phrase may stand between them. */
static bool at_bounds(const char *start, size_t len, unsigned bounds)
{
	return (!(bounds & MWI_WORD_START) || !mwi_is_alnum(start[-1])) &&
	       (!(bounds & MWI_WORD_END) || !mwi_is_alnum(start[len]));
}

size_t mwi_match_find(mw_str text, size_t from, mw_str what, unsigned bounds)
{
	const char *p = text.ptr + from, *end = text.ptr + text.len;

	while ((size_t)(end - p) >= what.len) {
		p = memchr(p, what.ptr[0], (size_t)(end - p) - what.len + 1);
		if (p == NULL)
			break;
		if (memcmp(p, what.ptr, what.len) == 0 && at_bounds(p, what.len, bounds))
			return (size_t)(p - text.ptr);
		p++;
	}
	return text.len;
}

static mw_str part_text(const matcher *m, const mwi_part *p)
{
	return (mw_str){m->pool + p->off, p->len};
}

/* All parts in order, each as early as it can be; `pos` becomes where the anchor is. */
static bool parts_in_order(const matcher *m, const mwi_phrase *p, size_t *pos)
{
	size_t from = 0;

	for (int i = 0; i < p->parts; i++) {
		const mwi_part *part = m->part + p->part + i;
		const size_t at =
			mwi_match_find(m->text, from, part_text(m, part), part->bounds);

		if (at == m->text.len)
			return false;
		if (i == p->anchor)
			*pos = at;
		from = at + part->len;
	}
	return true;
}

/* First sight of a phrase of several parts. */
static bool first_sight(matcher *m, uint32_t multi)
{
	const uint64_t bit = 1ULL << (multi & 63);
	uint64_t *word = &m->seen[multi >> 6];

	if (*word & bit)
		return false;
	*word |= bit;
	return true;
}

static void anchor_found(matcher *m, const mwi_gram *g, size_t start)
{
	const uint32_t *run = mwi_anchored_at(m->kb) + g->phrase;

	for (uint32_t i = 0; i < g->count; i++) {
		const mwi_phrase *p = m->phrase + run[i];
		const mwi_part *anchor = m->part + p->part + p->anchor;
		size_t pos = start;

		if (start + anchor->len > m->text.len ||
		    !at_bounds(m->text.ptr + start, anchor->len, anchor->bounds))
			continue;
		if (p->parts > 1 &&
		    (!first_sight(m, p->multi) || !parts_in_order(m, p, &pos)))
			continue;
		m->found(m->ctx, run[i], pos);
	}
}

/* The window at `i` has its bit set: which anchors stand here? */
static void window_found(matcher *m, uint32_t window, uint32_t hash, size_t i)
{
	const mwi_gram *gram = mwi_gram_at(m->kb);
	uint32_t at = mwi_head_at(m->kb)[mwi_gram_head(hash)];

	for (; at != 0; at = gram[at - 1].next) {
		const mwi_gram *g = gram + (at - 1);

		if (g->key != window || i < g->offset)
			continue;
		const mwi_phrase *p = m->phrase + mwi_anchored_at(m->kb)[g->phrase];
		const mw_str anchor = part_text(m, m->part + p->part + p->anchor);
		const size_t start = i - g->offset;

		if (anchor.len <= m->text.len - start &&
		    memcmp(m->text.ptr + start, anchor.ptr, anchor.len) == 0)
			anchor_found(m, g, start);
	}
}

void mwi_match(const mw_knowledge *kb, mw_str text, mwi_found *found, void *ctx)
{
	const uint8_t *bits = mwi_bits_at(kb);
	matcher m;

	m.kb = kb;
	m.text = text;
	m.found = found;
	m.ctx = ctx;
	m.phrase = mwi_phrase_at(kb);
	m.part = mwi_part_at(kb);
	m.pool = mwi_pool_at(kb);
	memset(m.seen, 0, (mwi_header_of(kb)->multi + 63) / 64 * sizeof m.seen[0]);
	/* The guard behind the text makes the window at the last byte readable. */
	for (size_t i = 0; i < text.len; i += 2) {
		uint32_t window;

		memcpy(&window, text.ptr + i, sizeof window);
		const uint32_t hash = mwi_gram_hash(window);
		const uint32_t bit = mwi_gram_bit(hash);

		if (__builtin_expect(bits[bit >> 3] >> (bit & 7) & 1, 0))
			window_found(&m, window, hash, i);
	}
}
