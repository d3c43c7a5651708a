/* SPDX-License-Identifier: MIT
 *
 * The form of a knowledge file (docs/KNOWLEDGE.md): records with fields, each with its
 * place, nothing yet of what they mean.
 */
#ifndef MAILWHY_COMPILE_SOURCE_H
#define MAILWHY_COMPILE_SOURCE_H

#include "compile/arena.h"

#define SOURCE_MAX      (8U << 20) /* bytes of one file */
#define SOURCE_LINE_MAX 4096U      /* bytes of a line, and of a value */
#define COMPLAINTS_MAX  100U

typedef struct place {
	const char *file;
	unsigned line, column;
} place;

typedef struct field {
	mw_str key, value;
	place at; /* of the value */
} field;

/* `kind name` at column 0 and the fields below it. */
typedef struct record {
	mw_str kind, name;
	place at;
	vec fields; /* of field */
} record;

/* Where complaints go: place and constant or arena text. */
typedef struct complaints {
	void (*say)(void *ctx, place at, const char *msg);
	void *ctx;
	unsigned count;
} complaints;

/* Counts and passes on one complaint. */
void complain(complaints *c, place at, const char *msg);

/* Reads the records of `text` into *out (of record). Slices point into the arena.
 * What is wrong is complained of; the rest is read all the same. */
void source_read(arena *a, complaints *c, const char *file, mw_str text, vec *out);

/* Steps through the words (parted by blanks) of a value; false at its end. */
bool source_word(mw_str *rest, mw_str *word);

#endif
