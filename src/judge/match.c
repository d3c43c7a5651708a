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

#define MWI_TRIES_MAX 8

typedef struct matcher {
	const mw_knowledge *kb;
	mw_str text;
	mwi_found *found;
	void *ctx;
	const mwi_phrase *phrase;
	const mwi_part *part;
	const char *pool;
	uint8_t tried[MWI_MULTI_MAX]; /* how often each phrase of several parts was */
} matcher;

/* Letters of other scripts never count as word characters: a phrase may stand between
 * them. */
static bool at_bounds(const char *start, size_t len, unsigned bounds)
{
	return (!(bounds & MWI_WORD_START) || !mwi_is_alnum(start[-1])) &&
	       (!(bounds & MWI_WORD_END) || !mwi_is_alnum(start[len]));
}

/* Does `what` stand at `at`, which leaves room for it? */
static bool stands_at(mw_str text, size_t at, mw_str what, unsigned bounds)
{
	return memcmp(text.ptr + at, what.ptr, what.len) == 0 &&
	       at_bounds(text.ptr + at, what.len, bounds);
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

/* The parts behind the anchor, each as early as it can be and near the one before. */
static bool parts_behind(const matcher *m, const mwi_phrase *p, size_t end)
{
	for (int i = p->anchor + 1; i < p->parts; i++) {
		const mwi_part *part = m->part + p->part + i;
		const mw_str near = mw_str_head(m->text, end + MWI_GAP_MAX + part->len);
		const size_t at = mwi_match_find(near, end, part_text(m, part), part->bounds);

		if (at == near.len)
			return false;
		end = at + part->len;
	}
	return true;
}

/* The parts before the anchor, each as late as it can be. */
static bool parts_before(const matcher *m, const mwi_phrase *p, size_t start)
{
	for (int i = p->anchor; i-- > 0;) {
		const mwi_part *part = m->part + p->part + i;
		const mw_str what = part_text(m, part);
		const size_t least = start > MWI_GAP_MAX + what.len
					     ? start - MWI_GAP_MAX - what.len
					     : 0;
		size_t at = start < what.len ? 0 : start - what.len;

		while (at > least && !stands_at(m->text, at, what, part->bounds))
			at--;
		if (start < what.len || !stands_at(m->text, at, what, part->bounds))
			return false;
		start = at;
	}
	return true;
}

/* A phrase of several parts is tried at the first places where its anchor stands; a text
 * that repeats an anchor without end can't make the scan slow. */
static bool may_try(matcher *m, const mwi_phrase *p)
{
	return m->tried[p->multi] < MWI_TRIES_MAX && ++m->tried[p->multi] > 0;
}

static void anchor_found(matcher *m, const mwi_gram *g, size_t start)
{
	const uint32_t *run = mwi_anchored_at(m->kb) + g->phrase;

	for (uint32_t i = 0; i < g->count; i++) {
		const mwi_phrase *p = m->phrase + run[i];
		const mwi_part *anchor = m->part + p->part + p->anchor;

		if (start + anchor->len > m->text.len ||
		    !at_bounds(m->text.ptr + start, anchor->len, anchor->bounds))
			continue;
		if (p->parts > 1 && (!may_try(m, p) || !parts_before(m, p, start) ||
				     !parts_behind(m, p, start + anchor->len)))
			continue;
		m->found(m->ctx, run[i], start);
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
	memset(m.tried, 0, mwi_header_of(kb)->multi);
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
