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

#define TRIES_MAX 16
#define TRIED     512

typedef struct matcher {
	const mw_knowledge *kb;
	mw_str text;
	mwi_found *found;
	void *ctx;
	const uint8_t *bits;
	const mwi_gram *gram;
	const mwi_phrase *phrase;
	const mwi_part *part;
	const char *pool;
	uint8_t tried[TRIED]; /* how often phrases of several parts were, by their number
			       */
} matcher;

/* Letters of other scripts never count as word characters: a phrase may stand between
 * them. */
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

/* How many places of parts are tried for one anchor. */
#define STEPS_MAX 32

/* Do the parts from `i` on stand behind `end`, each near the one before it? */
static bool parts_behind(const matcher *m, const mwi_phrase *p, int i, size_t end,
			 int *steps)
{
	if (i == p->parts)
		return true;
	const mwi_part *part = m->part + p->part + i;
	const mw_str near = mw_str_head(m->text, end + MWI_GAP_MAX + part->len);
	size_t at = end;

	while (++*steps < STEPS_MAX && (at = mwi_match_find(near, at, part_text(m, part),
							    part->bounds)) < near.len) {
		if (parts_behind(m, p, i + 1, at + part->len, steps))
			return true;
		at++;
	}
	return false;
}

/* Do the parts up to `i` stand before `start`, each near the one behind it? */
static bool parts_before(const matcher *m, const mwi_phrase *p, int i, size_t start,
			 int *steps)
{
	if (i < 0)
		return true;
	const mwi_part *part = m->part + p->part + i;
	const size_t reach = MWI_GAP_MAX + part->len;
	const mw_str before = mw_str_head(m->text, start);
	size_t at = start > reach ? start - reach : 0;

	while (++*steps < STEPS_MAX &&
	       (at = mwi_match_find(before, at, part_text(m, part), part->bounds)) <
		       before.len) {
		if (parts_before(m, p, i - 1, at, steps))
			return true;
		at++;
	}
	return false;
}

/* The other parts of a phrase around its anchor, in order. */
static bool parts_stand(const matcher *m, const mwi_phrase *p, size_t start, size_t len)
{
	int steps = 0;

	return parts_before(m, p, p->anchor - 1, start, &steps) &&
	       parts_behind(m, p, p->anchor + 1, start + len, &steps);
}

/* A phrase of several parts is tried at the first places where its anchor stands; a text
 * that repeats an anchor without end can't make the scan slow. */
static bool may_try(matcher *m, const mwi_phrase *p)
{
	uint8_t *tried = &m->tried[p->multi % TRIED];

	return *tried < TRIES_MAX && ++*tried > 0;
}

static void anchor_found(matcher *m, const mwi_gram *g, size_t start)
{
	const uint32_t *run = mwi_anchored_at(m->kb) + g->run;

	for (uint32_t i = 0; i < (g->count & ~MWI_GRAM_LAST); i++) {
		const mwi_phrase *p = m->phrase + run[i];

		if (!at_bounds(m->text.ptr + start, g->len, p->bounds))
			continue;
		if (p->parts > 1 && (!may_try(m, p) || !parts_stand(m, p, start, g->len)))
			continue;
		m->found(m->ctx, run[i], start);
	}
}

/* Does the whole anchor of g stand at `start`? */
static bool anchor_stands(const matcher *m, const mwi_gram *g, size_t start)
{
	const mwi_phrase *p = m->phrase + mwi_anchored_at(m->kb)[g->run];
	const mw_str anchor = part_text(m, m->part + p->part + p->anchor);

	return memcmp(m->text.ptr + start, anchor.ptr, anchor.len) == 0;
}

/* The chain that begins at `head` (not 0), for the window at `i`: which anchors stand
 * here? */
static void window_found(matcher *m, uint32_t head, size_t i)
{
	const char *window = m->text.ptr + i;
	uint32_t key, tail;

	memcpy(&key, window, sizeof key);
	for (const mwi_gram *g = m->gram + (head - 1);; g++) {
		if (g->key == key && i >= g->offset &&
		    g->len <= m->text.len - (i - g->offset)) {
			memcpy(&tail, window + g->len - g->offset - sizeof tail,
			       sizeof tail);
			if (tail == g->tail && anchor_stands(m, g, i - g->offset))
				anchor_found(m, g, i - g->offset);
		}
		if (g->count & MWI_GRAM_LAST)
			return;
	}
}

/* A window whose bit is set. */
typedef struct suspect {
	uint32_t head;
	uint32_t at;
} suspect;

/* Looks at the windows from `first` up to `last`: the positions of those whose bit is
 * set, without a branch that could be guessed wrong. */
static size_t find_suspects(const matcher *m, size_t first, size_t last, suspect *out)
{
	size_t n = 0;

	for (size_t i = first; i < last; i += 2) {
		uint32_t window;

		memcpy(&window, m->text.ptr + i, sizeof window);
		const uint32_t hash = mwi_gram_hash(window), bit = mwi_gram_bit(hash);

		out[n] = (suspect){mwi_gram_head(hash), (uint32_t)i};
		n += m->bits[bit >> 3] >> (bit & 7) & 1;
	}
	return n;
}

#define BLOCK 128 /* windows looked at before their chains are */

void mwi_match(const mw_knowledge *kb, mw_str text, mwi_found *found, void *ctx)
{
	const uint32_t *head = mwi_head_at(kb);
	suspect s[BLOCK];
	matcher m;

	m.kb = kb;
	m.text = text;
	m.found = found;
	m.ctx = ctx;
	m.bits = mwi_bits_at(kb);
	m.gram = mwi_gram_at(kb);
	m.phrase = mwi_phrase_at(kb);
	m.part = mwi_part_at(kb);
	m.pool = mwi_pool_at(kb);
	memset(m.tried, 0, sizeof m.tried);
	/* The guard behind the text makes the window at the last byte readable. */
	for (size_t i = 0; i < text.len; i += 2 * BLOCK) {
		const size_t last = i + 2 * BLOCK < text.len ? i + 2 * BLOCK : text.len;
		const size_t n = find_suspects(&m, i, last, s);

		/* The chains are asked for all at once, then walked: the memory answers
		 * while we are at the first. */
		for (size_t k = 0; k < n; k++) {
			/* NOLINTNEXTLINE(clang-analyzer-*): the first n are filled in. */
			s[k].head = head[s[k].head];
			if (s[k].head != 0)
				__builtin_prefetch(m.gram + (s[k].head - 1));
		}
		for (size_t k = 0; k < n; k++)
			if (s[k].head != 0)
				window_found(&m, s[k].head, s[k].at);
	}
}
