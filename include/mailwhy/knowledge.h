/* SPDX-License-Identifier: MIT
 *
 * mailwhy/knowledge.h - what is known of mail: codes, statuses, categories, providers,
 * blocklists, rules. Compiled from the text under knowledge/ (docs/KNOWLEDGE.md).
 *
 * Pure look-ups: no allocation, no I/O. Every slice points into the image and lives as
 * long as it. A knowledge that is open is never written to: threads may share it.
 */
#ifndef MAILWHY_KNOWLEDGE_H
#define MAILWHY_KNOWLEDGE_H

#include <mailwhy/names.h>
#include <mailwhy/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An open image. The fields are private; the struct is public so that the caller can
 * own it. Nothing needs closing. */
typedef struct mw_knowledge {
	const unsigned char *image;
	const struct mw_knowledge *user; /* asked first; NULL none */
} mw_knowledge;

/* Checks `len` bytes at `image` (aligned to 8; borrowed for the life of *kb) and opens
 * them. After MW_OK every look-up stays inside the image, whatever its bytes are.
 * MW_E_VERSION: another format or byte order; MW_E_SYNTAX: damaged. *err may be NULL. */
MW_API MW_CHECKED mw_status mw_knowledge_open(mw_knowledge *kb, const void *image,
					      size_t len, mw_err *err);

/* Opens the knowledge that is linked into the library. */
MW_API void mw_knowledge_open_builtin(mw_knowledge *kb);

/* Rules of `user` (NULL: none) win over those of `kb` from now on; the rest of `user` is
 * not looked at. `user` must stay open as long as `kb`. */
MW_API void mw_knowledge_add_rules(mw_knowledge *kb, const mw_knowledge *user);

/* A list of strings in the image. */
typedef struct mw_lines {
	uint32_t first, count;
} mw_lines;

/* The i-th line (i < lines.count), empty beyond. */
MW_API mw_str mw_knowledge_line(const mw_knowledge *kb, mw_lines lines, size_t i);

/* A reply code (RFC 5321, section 4.2.3, and others). */
typedef struct mw_code {
	int code;
	mw_category category; /* what the bare code says; UNKNOWN: nothing */
	mw_limit limit;       /* what it tells of on a connection that has carried mail */
	mw_str text, source, commands, meaning;
	mw_lines causes, notes, remedies[MW_AUDIENCE_COUNT];
} mw_code;

/* MW_E_ABSENT when nobody has recorded that code. O(log n). */
MW_API MW_CHECKED mw_status mw_knowledge_code(const mw_knowledge *kb, int code,
					      mw_code *out);

/* The i-th code in ascending order; MW_E_ABSENT past the last. */
MW_API MW_CHECKED mw_status mw_knowledge_code_nth(const mw_knowledge *kb, size_t i,
						  mw_code *out);

/* What the code says at a stage of the dialogue; UNKNOWN where nothing is recorded. */
MW_API mw_category mw_knowledge_code_at(const mw_knowledge *kb, int code, mw_stage stage);

/* A class, a subject or a whole enhanced status code (RFC 3463, IANA registry). */
typedef struct mw_status_code {
	int cls, subject, detail; /* -1: any */
	bool vague;               /* too general to outweigh suggestive words */
	mw_category category;
	mw_str name, source, codes, meaning;
} mw_status_code;

/* The record for class.subject.detail, that for x.subject.detail, or MW_E_ABSENT. */
MW_API MW_CHECKED mw_status mw_knowledge_status(const mw_knowledge *kb, int cls,
						int subject, int detail,
						mw_status_code *out);

/* The records for a class and for a subject alone. */
MW_API MW_CHECKED mw_status mw_knowledge_status_class(const mw_knowledge *kb, int cls,
						      mw_status_code *out);
MW_API MW_CHECKED mw_status mw_knowledge_status_subject(const mw_knowledge *kb,
							int subject, mw_status_code *out);

/* The i-th record, in order; MW_E_ABSENT past the last. */
MW_API MW_CHECKED mw_status mw_knowledge_status_nth(const mw_knowledge *kb, size_t i,
						    mw_status_code *out);

typedef struct mw_category_info {
	mw_category category;
	mw_permanence permanence; /* where no digit says it */
	mw_fault fault;
	mw_action action_temporary, action_permanent;
	int retry;           /* seconds; -1 none */
	mw_limit limit;      /* which number is to go down */
	bool bad_address;    /* for good, it means that the address is dead */
	bool names_list;     /* a blocklist that the text names belongs into the answer */
	bool names_domain;   /* so does the domain of the sender */
	mw_category at_mail; /* what the same words mean in reply to MAIL, where they
				speak of the sender; UNKNOWN: the same */
	int subject, detail; /* of the enhanced status that fits; -1 none */
	mw_str summary;
	mw_lines references, remedies[MW_AUDIENCE_COUNT];
} mw_category_info;

/* Never fails for a value of the enum. */
MW_API mw_category_info mw_knowledge_category(const mw_knowledge *kb,
					      mw_category category);

/* The sentence that tells a word of a vocabulary; empty where none is recorded. */
MW_API mw_str mw_knowledge_word(const mw_knowledge *kb, mw_vocabulary vocabulary,
				int value);

/* What the first (place 1) or second (place 2) digit of a reply code says by itself
 * (RFC 5321, section 4.2.1); empty for what is no such digit. */
MW_API mw_str mw_knowledge_digit(const mw_knowledge *kb, int place, int digit);

typedef struct mw_provider {
	mw_str id, name, page, kind;
	/* What it says that it takes of one sending address: connections at a time,
	 * messages a connection, messages a minute; 0 where it says nothing. `limits`
	 * is where it says so, and when that was read. */
	unsigned connections, messages, rate;
	mw_str limits;
} mw_provider;

/* By id ("gmail"); MW_E_ABSENT when there is none. */
MW_API MW_CHECKED mw_status mw_knowledge_provider(const mw_knowledge *kb, mw_str id,
						  mw_provider *out);

/* The i-th, for listings; MW_E_ABSENT past the last. */
MW_API MW_CHECKED mw_status mw_knowledge_provider_nth(const mw_knowledge *kb, size_t i,
						      mw_provider *out);

/* By the name of one of its mail servers ("mx.google.com"), ASCII case ignored. */
MW_API MW_CHECKED mw_status mw_knowledge_provider_of_host(const mw_knowledge *kb,
							  mw_str host, mw_provider *out);

typedef struct mw_blocklist {
	mw_str id, name, lookup, page;
	bool domain; /* lists domains, not addresses */
} mw_blocklist;

/* The i-th, for listings; MW_E_ABSENT past the last. */
MW_API MW_CHECKED mw_status mw_knowledge_blocklist_nth(const mw_knowledge *kb, size_t i,
						       mw_blocklist *out);

typedef struct mw_rule {
	mw_str id; /* "file:name" */
	mw_category category;
	mw_str provider; /* id, empty where none */
	mw_str summary, source, date;
	mw_lines remedies[MW_AUDIENCE_COUNT], examples;
} mw_rule;

/* The i-th rule of this image alone (not of its user's); MW_E_ABSENT past the last. */
MW_API MW_CHECKED mw_status mw_knowledge_rule_nth(const mw_knowledge *kb, size_t i,
						  mw_rule *out);

/* A foreign vocabulary ("sisimai"): rows of "foreign ours [ours ...]". */
typedef struct mw_map {
	mw_str name;
	mw_lines rows;
} mw_map;

MW_API MW_CHECKED mw_status mw_knowledge_map_nth(const mw_knowledge *kb, size_t i,
						 mw_map *out);

#ifdef __cplusplus
}
#endif

#endif
