/* SPDX-License-Identifier: MIT
 *
 * Typed access to the sections of an image that mw_knowledge_open() has checked.
 */
#ifndef MAILWHY_JUDGE_SECTION_H
#define MAILWHY_JUDGE_SECTION_H

#include <mailwhy/knowledge.h>

#include "judge/image.h"

static inline const mwi_header *mwi_header_of(const mw_knowledge *kb)
{
	return (const void *)kb->image;
}

static inline uint32_t mwi_count(const mw_knowledge *kb, mwi_section s)
{
	return mwi_header_of(kb)->section[s].count;
}

static inline const void *mwi_at(const mw_knowledge *kb, mwi_section s)
{
	return kb->image + mwi_header_of(kb)->section[s].first;
}

/* mwi_rule_at(kb) and so on: the first record of each section. */
#define X(name, field, type)                                                             \
	static inline const type *mwi_##field##_at(const mw_knowledge *kb)               \
	{                                                                                \
		return mwi_at(kb, MWI_##name);                                           \
	}
MWI_SECTION_MAP(X)
#undef X

static inline mw_str mwi_text(const mw_knowledge *kb, mwi_ref r)
{
	return (mw_str){mwi_pool_at(kb) + r.off, r.len};
}

static inline mw_lines mwi_lines(mwi_list l)
{
	return (mw_lines){l.first, l.count};
}

#endif
