/* SPDX-License-Identifier: MIT
 *
 * A message on its way out (RFC 5321, section 4.5.2). A CR is sent as CR LF at once and
 * an LF behind it is passed over, so nothing has to be remembered but the last byte.
 */
#include "smtp/client.h"

#define CHUNK_HEAD 27U /* "BDAT ", 20 digits, CR LF */

/* Takes something off the front of `in`, which is not empty; 0: no room. */
static size_t put_some(unsigned char *after, mw_str in, mw_buf *out)
{
	const size_t room = out->cap - out->len;
	const char c = in.ptr[0];
	size_t n = 0;

	if (c == '\n' && *after == MWI_AFTER_CR) {
		*after = MWI_AFTER_LINE;
		return 1;
	}
	if (room < 2)
		return 0;
	if (c == '\r' || c == '\n') {
		mw_buf_put(out, MW_LIT("\r\n"));
		*after = c == '\r' ? MWI_AFTER_CR : MWI_AFTER_LINE;
		return 1;
	}
	if (c == '.' && *after != MWI_AFTER_TEXT)
		mw_buf_put_char(out, '.');
	in = mw_str_head(in, out->cap - out->len);
	while (n < in.len && in.ptr[n] != '\r' && in.ptr[n] != '\n')
		n++;
	mw_buf_put(out, mw_str_head(in, n));
	*after = MWI_AFTER_TEXT;
	return n;
}

size_t mwi_body_put(unsigned char *after, mw_str piece, mw_buf *out)
{
	size_t total = 0, n;

	while (total < piece.len) {
		n = put_some(after, mw_str_skip(piece, total), out);
		if (n == 0)
			break;
		total += n;
	}
	return total;
}

void mwi_body_end(unsigned char after, mw_buf *out)
{
	if (after == MWI_AFTER_TEXT)
		mw_buf_put(out, MW_LIT("\r\n"));
	mw_buf_put(out, MW_LIT(".\r\n"));
}

size_t mwi_chunk_put(mw_str piece, mw_buf *out)
{
	const size_t room = out->cap - out->len;

	if (piece.len == 0 || room <= CHUNK_HEAD)
		return 0;
	piece = mw_str_head(piece, room - CHUNK_HEAD);
	mw_buf_put(out, MW_LIT("BDAT "));
	mw_buf_put_int(out, (long long)piece.len);
	mw_buf_put(out, MW_LIT("\r\n"));
	mw_buf_put(out, piece);
	return piece.len;
}
