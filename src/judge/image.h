/* SPDX-License-Identifier: MIT
 *
 * The compiled knowledge: one block of bytes without pointers, so that it can be linked
 * in, read from a file, or shared, and checked once before use.
 *
 * A header, then sections. A section is an array of one record type; strings are
 * {offset, length} into the pool; lists are runs in the `lines` section. All numbers
 * are in the machine's byte order (`order` tells); mw_knowledge_open() refuses others.
 * The compiler (src/compile) writes it, knowledge.c checks it, nobody else looks inside.
 */
#ifndef MAILWHY_JUDGE_IMAGE_H
#define MAILWHY_JUDGE_IMAGE_H

#include <mailwhy/names.h>
#include <mailwhy/str.h>

#define MWI_MAGIC   0x4b574d01U /* changes with every change of this file */
#define MWI_VERSION 3U
#define MWI_ORDER   0x01020304U

/* Entries of one chain, and phrases of one run: what a scan looks at for one window. */
#define MWI_CHAIN_MAX 1024U
#define MWI_RUN_MAX   1024U

/* Limits of the format; the compiler reports what exceeds them. */
#define MWI_IMAGE_MAX  (16U << 20)
#define MWI_RULES_MAX  16384U
#define MWI_MULTI_MAX  65536U /* phrases with gaps */
#define MWI_PARTS_MAX  4U
#define MWI_PHRASE_MAX 200U
#define MWI_GAP_MAX    160U /* bytes between two parts of a phrase */
#define MWI_ANCHOR_MIN 5U   /* bytes; the scan looks at every second window of 4 */
#define MWI_BITS_LOG2  19U  /* the filter: 2^19 bits, 64 KB (docs/PERFORMANCE.md) */
#define MWI_HEADS_LOG2 14U

typedef struct mwi_ref {
	uint32_t off, len;
} mwi_ref;

typedef struct mwi_list {
	uint32_t first, count;
} mwi_list;

typedef struct mwi_code {
	uint32_t code;
	uint32_t category, limit;
	uint8_t at[16]; /* by stage; MW_CATEGORY_UNKNOWN where nothing is said */
	mwi_ref text, source, commands, meaning;
	mwi_list cause, note, remedy[MW_AUDIENCE_COUNT];
} mwi_code;

#define MWI_ANY 0xffffU

/* class, subject and detail records alike: MWI_ANY where it is not pinned. */
typedef struct mwi_status {
	uint16_t cls, subject, detail, vague;
	uint32_t category;
	mwi_ref name, source, codes, meaning;
} mwi_status;

typedef struct mwi_category {
	uint32_t permanence, fault, action_temporary, action_permanent;
	int32_t retry; /* seconds, -1 none */
	uint32_t limit;
	uint32_t bad_address, names_list, names_domain;
	uint32_t at_mail; /* category of the same words in reply to MAIL; 0 the same */
	uint32_t subject, detail; /* of the enhanced status that fits; MWI_ANY none */
	mwi_ref summary;
	mwi_list reference, remedy[MW_AUDIENCE_COUNT];
} mwi_category;

/* Vocabularies of mwi_word beyond mw_vocabulary: 1 first digits, 2 second digits. */
#define MWI_DIGIT_WORDS 100U

/* One sentence for one word of a vocabulary. */
typedef struct mwi_word {
	uint32_t vocabulary, value;
	mwi_ref text;
} mwi_word;

typedef struct mwi_provider {
	mwi_ref id, name, page, kind, limits;
	uint32_t connections, messages, rate; /* 0 not stated */
} mwi_provider;

/* A domain suffix of a provider's mail servers; sorted by the bytes of `suffix`. */
typedef struct mwi_host {
	mwi_ref suffix;
	uint32_t provider;
} mwi_host;

typedef struct mwi_blocklist {
	mwi_ref id, name, lookup, page;
	uint32_t domain; /* 1: it lists domains, not addresses */
} mwi_blocklist;

typedef struct mwi_map {
	mwi_ref name;
	mwi_list row; /* "foreign ours ours" */
} mwi_map;

#define MWI_WEAK  1U
#define MWI_KNOWN 2U

/* A range of reply codes, or of enhanced status codes. */
typedef struct mwi_pin {
	uint16_t cls, subject; /* MWI_ANY: any; codes have cls = subject = MWI_ANY */
	uint16_t first, last;  /* code or detail */
} mwi_pin;

typedef struct mwi_rule {
	uint32_t category, flags, strength; /* strength without the phrase */
	uint32_t provider;                  /* index in this image, or MWI_NO_INDEX */
	uint32_t stages;                    /* bit set, 0 any */
	int32_t fault, action, retry;       /* -1: the category's */
	mwi_list code, status;              /* runs of mwi_pin */
	mwi_list absent;                    /* runs of lines */
	mwi_ref id, provider_id, summary, source, date;
	mwi_list remedy[MW_AUDIENCE_COUNT], example;
} mwi_rule;

#define MWI_NO_INDEX 0xffffffffU

/* What a phrase betrays. */
typedef enum mwi_owner {
	MWI_OWNER_RULE,
	MWI_OWNER_PROVIDER,
	MWI_OWNER_BLOCKLIST,
	MWI_OWNER_UNIT, /* `index` is the seconds of the unit */
	MWI_OWNER_CUE,  /* `index` is one of MWI_CUE_ */
	MWI_OWNER_COUNT
} mwi_owner;

/* One phrase: the parts in order. `anchor` is the part that the scan looks for. */
typedef struct mwi_phrase {
	uint32_t owner, index;
	uint32_t strength; /* of the rule with this phrase: higher wins */
	uint32_t part;     /* first of its parts */
	uint16_t parts, anchor;
	uint16_t bounds; /* of the anchor */
	uint16_t known;  /* 1: its rule holds only for the right provider */
	uint32_t multi;  /* number among the phrases of several parts, or MWI_NO_INDEX */
} mwi_phrase;

#define MWI_CUE_RETRY 0U
#define MWI_CUE_PAST  1U

#define MWI_WORD_START 1U
#define MWI_WORD_END   2U

typedef struct mwi_part {
	uint32_t off; /* folded bytes in the pool */
	uint16_t len, bounds;
} mwi_part;

/* The q-gram table: one window of 4 bytes of one anchor. The entries of one chain lie
 * side by side, 4 in a cache line; all that turns a window down stands here. */
typedef struct mwi_gram {
	uint32_t key;   /* the window's bytes */
	uint32_t tail;  /* the last 4 bytes of the anchor */
	uint32_t run;   /* of phrases that share the anchor: first in `anchored` */
	uint8_t offset; /* of the window in the anchor */
	uint8_t len;    /* of the anchor */
	uint16_t count; /* of the run; MWI_GRAM_LAST: the chain ends here */
} mwi_gram;

#define MWI_GRAM_LAST 0x8000U

#define MWI_SECTION_MAP(X)                                                               \
	X(POOL, pool, char)                                                              \
	X(LINE, line, mwi_ref)                                                           \
	X(CODE, code, mwi_code)                                                          \
	X(STATUS, status, mwi_status)                                                    \
	X(CATEGORY, category, mwi_category)                                              \
	X(WORD, word, mwi_word)                                                          \
	X(PROVIDER, provider, mwi_provider)                                              \
	X(HOST, host, mwi_host)                                                          \
	X(BLOCKLIST, blocklist, mwi_blocklist)                                           \
	X(MAP, map, mwi_map)                                                             \
	X(RULE, rule, mwi_rule)                                                          \
	X(PIN, pin, mwi_pin)                                                             \
	X(PHRASE, phrase, mwi_phrase)                                                    \
	X(PART, part, mwi_part)                                                          \
	X(BITS, bits, uint8_t)                                                           \
	X(HEAD, head, uint32_t)                                                          \
	X(GRAM, gram, mwi_gram)                                                          \
	X(ANCHORED, anchored, uint32_t)

typedef enum mwi_section {
#define X(name, field, type) MWI_##name,
	MWI_SECTION_MAP(X)
#undef X
		MWI_SECTION_COUNT
} mwi_section;

typedef struct mwi_header {
	uint32_t magic, version, order, size;
	uint32_t multi, unused;              /* phrases of several parts */
	mwi_list section[MWI_SECTION_COUNT]; /* first: byte offset, 8-aligned; count:
						records */
} mwi_header;

/* Which bit of the filter, and which chain, a window of 4 bytes belongs to. */
static inline uint32_t mwi_gram_hash(uint32_t window)
{
	return window * 0x9e3779b1U;
}

static inline uint32_t mwi_gram_bit(uint32_t hash)
{
	return hash >> (32 - MWI_BITS_LOG2);
}

static inline uint32_t mwi_gram_head(uint32_t hash)
{
	return hash >> (32 - MWI_HEADS_LOG2);
}

#endif
