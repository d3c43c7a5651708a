/* SPDX-License-Identifier: MIT
 *
 * The image while it grows: one array a section, strings kept once.
 */
#ifndef MAILWHY_COMPILE_TABLES_H
#define MAILWHY_COMPILE_TABLES_H

#include "compile/compile.h"
#include "compile/source.h"
#include "judge/image.h"

typedef struct tables {
	arena *a;
	complaints *c;
	kc_mode mode;
	vec section[MWI_SECTION_COUNT];
	struct intern *strings; /* hash table of the pool */
	uint32_t multi;         /* phrases of several parts so far */
	vec rule_places;        /* of place, one a rule */
	vec phrase_places;      /* of place, one a phrase */
} tables;

/* Puts s into the pool, or finds it there. */
mwi_ref tables_text(tables *t, mw_str s);

/* Bytes of one record of each section. */
extern const size_t tables_record_size[MWI_SECTION_COUNT];

/* Adds a zeroed record to a section. */
void *tables_add(tables *t, mwi_section s);
uint32_t tables_count(const tables *t, mwi_section s);

/* The bytes behind a reference into the pool. */
mw_str tables_str(const tables *t, mwi_ref r);

/* Prose for a person: complains of characters and placeholders that have no place there.
 */
mwi_ref tables_prose(tables *t, const field *f);

/* The values of every field of `key` as a list of lines. Prose is checked as such. */
mwi_list tables_list(tables *t, const record *r, const char *key, bool prose);

/* The remedies of a record, for each audience. */
void tables_remedies(tables *t, const record *r, mwi_list *out);

/* The one field of that key; NULL when it is absent, a complaint when there are more. */
const field *tables_field(tables *t, const record *r, const char *key);

/* Its text, prose; empty when it is absent. */
mwi_ref tables_prose_of(tables *t, const record *r, const char *key);

/* Complains of fields whose key is not in the blank-parted list `keys`. */
void tables_check_keys(tables *t, const record *r, const char *keys);

/* The value of a word of a vocabulary, or -1 after a complaint. */
int tables_word(tables *t, mw_vocabulary v, mw_str word, place at);

/* A whole number; -1 after a complaint. */
int tables_number(tables *t, mw_str s, int max, place at);

/* Adds the phrase of field f for an owner; strength without the phrase's own length. */
void tables_phrase(tables *t, const field *f, mwi_owner owner, uint32_t index,
		   uint32_t strength);

/* kb.c, rules.c, grams.c: what the records mean. */
void kb_compile(tables *t, const record *r);
void kb_finish(tables *t);
void rules_compile(tables *t, const vec *records);
void rules_refuse_ties(tables *t);
void phrases_order(tables *t);
void grams_build(tables *t);

/* Strength: what a rule pins down, strongest first in the highest bits. */
#define STRENGTH_STRONG    (1U << 30)
#define STRENGTH_BLOCKLIST (1U << 29)
#define STRENGTH_PROVIDER  (1U << 28)
#define STRENGTH_LENGTH    16 /* shift; 12 bits */
#define STRENGTH_STATUS    13 /* shift; 0 none, 1 class or subject, 2 range, 3 exact */
#define STRENGTH_CODE      10 /* shift; 0 none, 1 range, 2 exact */
#define STRENGTH_STAGE     (1U << 9)
#define STRENGTH_KNOWN     (1U << 8)

#endif
