/* SPDX-License-Identifier: MIT
 *
 * Content-Transfer-Encoding (RFC 2045, section 6): line by line, without memory of its
 * own.
 */
#ifndef MAILWHY_READ_TRANSFER_H
#define MAILWHY_READ_TRANSFER_H

#include <mailwhy/buf.h>

typedef enum mwi_encoding {
	MWI_ENCODING_PLAIN, /* 7bit, 8bit, binary, and whatever is unknown */
	MWI_ENCODING_QP,
	MWI_ENCODING_BASE64
} mwi_encoding;

/* What is left over between two lines. */
typedef struct mwi_transfer {
	mwi_encoding encoding;
	uint32_t bits; /* of base64 */
	int have;
} mwi_transfer;

/* The encoding that a field's value names. */
mwi_encoding mwi_encoding_of(mw_str value);

/* Decodes one line (without its end) behind what *out holds. `whole`: the line ends
 * here, so that its end is written too, where it is one of the text. What base64 and
 * quoted-printable do not allow is passed over or kept as it is. At most line.len + 1
 * bytes are written. */
void mwi_transfer_line(mwi_transfer *t, mw_buf *out, mw_str line, bool whole);

/* The byte that "=XX" at the front of s stands for, or -1. s begins with the "=". */
int mwi_qp_value(mw_str s);

#endif
