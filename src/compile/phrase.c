/* SPDX-License-Identifier: MIT
 *
 * Phrases: "mailbox * is full" to parts, the longest of which is the anchor that the
 * scan looks for.
 */
#include "base/ascii.h"
#include "compile/tables.h"
#include "judge/fold.h"

static const char gap[] = " * ";

/* One part, its marks taken off, folded into the pool. */
static bool add_part(tables *t, const field *f, mw_str s, mwi_part *out)
{
	char folded[MWI_PHRASE_MAX + MWI_FOLD_BLOCK];

	*out = (mwi_part){0};
	if (s.len > 0 && s.ptr[0] == '~')
		s = mw_str_skip(s, 1);
	else if (s.len > 0 && mwi_is_alnum(s.ptr[0]))
		out->bounds |= MWI_WORD_START;
	if (s.len > 0 && s.ptr[s.len - 1] == '|') {
		s.len--;
		out->bounds |= MWI_WORD_END;
	}
	if (s.len == 0 || s.len > MWI_PHRASE_MAX) {
		complain(t->c, f->at, "a part of a phrase has 1 to 200 bytes");
		return false;
	}
	mwi_fold(folded, s);
	out->off = tables_text(t, (mw_str){folded, s.len}).off;
	out->len = (uint16_t)s.len;
	return true;
}

static bool cut_part(mw_str *rest, mw_str *part)
{
	if (rest->len == 0)
		return false;
	const size_t n = mw_str_find(*rest, mw_str_of(gap));

	*part = mw_str_head(*rest, n);
	*rest = mw_str_skip(*rest, n + sizeof gap - 1);
	return true;
}

void tables_phrase(tables *t, const field *f, mwi_owner owner, uint32_t index,
		   uint32_t strength)
{
	mwi_phrase p = {
		.owner = owner, .index = index, .part = tables_count(t, MWI_PART)};
	mwi_part part[MWI_PARTS_MAX];
	uint32_t length = 0;
	mw_str rest = f->value, s;

	while (cut_part(&rest, &s)) {
		if (p.parts == MWI_PARTS_MAX) {
			complain(t->c, f->at, "a phrase has at most 4 parts");
			return;
		}
		if (!add_part(t, f, s, &part[p.parts]))
			return;
		if (part[p.parts].len > part[p.anchor].len)
			p.anchor = p.parts;
		length += part[p.parts++].len;
	}
	if (p.parts == 0 || part[p.anchor].len < MWI_ANCHOR_MIN) {
		complain(t->c, f->at, "a phrase needs a part of at least 5 bytes");
		return;
	}
	p.strength = strength + (length << STRENGTH_LENGTH);
	p.bounds = part[p.anchor].bounds;
	p.known = (strength & STRENGTH_KNOWN) != 0;
	p.multi = p.parts > 1 ? t->multi++ : MWI_NO_INDEX;
	for (int i = 0; i < p.parts; i++)
		*(mwi_part *)tables_add(t, MWI_PART) = part[i];
	*(mwi_phrase *)tables_add(t, MWI_PHRASE) = p;
	*(place *)vec_add(t->a, &t->phrase_places, sizeof(place)) = f->at;
	if (t->multi > MWI_MULTI_MAX)
		complain(t->c, f->at, "too many phrases with gaps");
}
