/* SPDX-License-Identifier: MIT
 *
 * mailwhy/outcome.h - what happened to one recipient in one attempt, as it was said.
 *
 * Readers fill outcomes from evidence (a reply, later a bounce, a log line, a session);
 * they know formats and nothing of meaning. mw_judge() tells the meaning.
 */
#ifndef MAILWHY_OUTCOME_H
#define MAILWHY_OUTCOME_H

#include <mailwhy/buf.h>
#include <mailwhy/names.h>
#include <mailwhy/reply.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The words of a server are kept up to this many bytes; what is longer loses its middle
 * (replaced by " ... "), because the reason stands at the front and the help at the end.
 */
#define MW_TEXT_MAX 8192

typedef struct mw_outcome {
	mw_kind kind;
	mw_stage stage;
	int reply;          /* the reply code, 100..599; 0 none stated */
	mw_enhanced status; /* as stated; cls 0 none */
	mw_str text;    /* the server's words, unfolded, UTF-8, without code and status */
	mw_str context; /* all of the evidence, where `text` is a part of it; else empty
			 */
	mw_str remote;  /* host that said it; empty unknown */
	mw_str recipient;  /* empty unknown */
	mw_str provider;   /* id, where the caller knows it; empty unknown */
	mw_str odd_number; /* "600", "0", "1000": looks like a code and is none; else
			      empty */
	bool cut;          /* the text lost its middle */
	bool delayed;      /* a warning: the mail is still being tried */
} mw_outcome;

/* Memory for one outcome that was read from text: what can't be lent from the input. */
typedef struct mw_outcome_room {
	char raw[MW_TEXT_MAX + 64];
	char text[MW_TEXT_MAX + 64];
} mw_outcome_room;

/* Reads one reply as people meet it: a bare code, a bare enhanced status code, a reply
 * of any number of lines (CRLF, LF or a written \n), folded or not, or the sentence of a
 * program that quotes one. Never fails: what is no reply is an outcome with reply 0.
 *
 * *out borrows from `in` and from *room; both must outlive it. Linear in in.len. */
MW_API void mw_outcome_read(mw_outcome *out, mw_outcome_room *room, mw_str in);

#ifdef __cplusplus
}
#endif

#endif
