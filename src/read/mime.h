/* SPDX-License-Identifier: MIT
 *
 * Walks a message (RFC 5322, MIME) that comes in pieces, and keeps in letters what the
 * readers of reports need.
 *
 * Bounded whatever comes: 24 parts inside each other are followed, what is deeper is
 * walked past; lines are looked at in pieces of 4 KB, cut at the same places however the
 * bytes arrive; fields are kept up to 16 KB.
 */
#ifndef MAILWHY_READ_MIME_H
#define MAILWHY_READ_MIME_H

#include <mailwhy/bounce.h>

#include "read/letter.h"
#include "read/transfer.h"

#define MWI_MIME_DEPTH    24
#define MWI_LINE_PIECE    4096
#define MWI_FIELD_KEPT    16384
#define MWI_BOUNDARY_KEPT 200

/* What a leaf of the tree is to us. */
typedef enum mwi_role {
	MWI_ROLE_SKIP,
	MWI_ROLE_TEXT,
	MWI_ROLE_HTML,
	MWI_ROLE_STATUS,
	MWI_ROLE_FEEDBACK,
	MWI_ROLE_DISPOSITION,
	MWI_ROLE_HEAD,    /* text/rfc822-headers */
	MWI_ROLE_MESSAGE, /* a message inside */
	MWI_ROLE_MULTIPART
} mwi_role;

/* What the header of a message or a part says of its content. */
typedef struct mwi_content {
	mwi_role role;
	bool stated; /* there was a Content-Type */
	bool digest; /* multipart/digest */
	bool headed; /* the header had fields of a message: From, Message-ID ... */
	mwi_encoding encoding;
	char boundary[MWI_BOUNDARY_KEPT];
	size_t boundary_len;
	char charset[44];
	size_t charset_len;
} mwi_content;

/* A multipart that is open. */
typedef struct mwi_frame {
	char boundary[MWI_BOUNDARY_KEPT];
	size_t len;      /* 0: none was stated */
	int level;       /* of the letter it belongs to */
	bool seen;       /* a delimiter has been met */
	bool digest;     /* its parts are messages unless they say otherwise */
	size_t preamble; /* where in the notice the text before the first part begins */
	bool lost;       /* had the notice lost something before it? */
} mwi_frame;

/* Lines being made of bytes. */
typedef struct mwi_lines {
	char piece[MWI_LINE_PIECE];
	size_t len;
	bool within; /* the next byte continues a line of which a piece was given */
} mwi_lines;

typedef struct mwi_mime {
	mwi_letters *letters;
	mw_convert *convert;
	void *ctx;

	char line_end; /* '\n', '\r' for old Macintosh text, 0: not known yet */
	bool cr;       /* the first bytes ended with CR: does LF follow? */
	mwi_lines raw, inner;

	mwi_frame frame[MWI_MIME_DEPTH];
	int depth;
	int level; /* messages inside messages; letters are kept of MWI_LETTERS */
	bool in_head, message_head; /* in the header of a part; of a message */

	char field[MWI_FIELD_KEPT]; /* its value */
	size_t field_len;
	mwi_field field_id; /* MWI_FIELD_COUNT: one that nobody asks for */
	mwi_content content;

	mwi_role role; /* of the leaf */
	mwi_transfer transfer;
	size_t text_start; /* in the notice of the letter */

	int inner_depth;     /* frames from here on lie in an encoded message; -1 none */
	mwi_transfer opener; /* what it is encoded with */

	char maybe[MWI_BOUNDARY_KEPT]; /* the line before looked like a delimiter */
	size_t maybe_len;
} mwi_mime;

/* Begins a message. The letters are the caller's and empty. */
void mwi_mime_init(mwi_mime *w, mwi_letters *letters, mw_convert *convert, void *ctx);

/* The next bytes. */
void mwi_mime_feed(mwi_mime *w, mw_str bytes);

/* No more will come. */
void mwi_mime_end(mwi_mime *w);

#endif
