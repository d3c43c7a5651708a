/* SPDX-License-Identifier: MIT
 *
 * Servers send "250\n" and bare LF in the wild. We accept both: a client that
 * rejects a sloppy farewell only turns delivered mail into duplicates. (The server
 * side is the opposite: it refuses bare LF, or mail can be smuggled.)
 */
#include <mailwhy/reply.h>

#include "base/ascii.h"

#define PREFIX 4 /* three digits and a separator: ' ' ends, '-' continues */

/* Returns the code of a reply line, or MW_E_SYNTAX. */
static int line_code(mw_str line)
{
	const char *p = line.ptr;

	if (line.len < 3 || p[0] < '2' || p[0] > '5' || !mwi_is_digit(p[1]) ||
	    !mwi_is_digit(p[2]))
		return MW_E_SYNTAX;
	if (line.len > 3 && p[3] != ' ' && p[3] != '-')
		return MW_E_SYNTAX;
	return (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
}

ptrdiff_t mw_reply_read(mw_reply *out, mw_str in)
{
	mw_str rest = in, line;

	/* Only whole lines count: a last one without its LF may still grow. */
	while (rest.len > 0 && memchr(rest.ptr, '\n', rest.len) != NULL) {
		mw_str_cut_line(&rest, &line);
		const int code = line_code(line);

		if (code < 0)
			return MW_E_SYNTAX;
		if (line.len == 3 || line.ptr[3] == ' ') {
			const size_t used = in.len - rest.len;

			*out = (mw_reply){.code = code, .raw = {in.ptr, used}};
			return (ptrdiff_t)used;
		}
	}
	return MW_E_MORE;
}

bool mw_reply_next(mw_str *it, mw_str *text)
{
	if (!mw_str_cut_line(it, text))
		return false;
	*text = mw_str_skip(*text, PREFIX);
	return true;
}
