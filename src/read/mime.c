/* SPDX-License-Identifier: MIT
 *
 * A tree that is never built: what is open is a stack of boundaries, and every line is
 * asked whether it is one of them. Real letters break MIME in every way, so that it is
 * read as a person would: a line that looks like a delimiter and has a Content- field
 * behind it is one, even where the header declared another or none at all.
 */
#include "read/mime.h"

#include "base/ascii.h"
#include "read/charset.h"
#include "read/content.h"
#include "read/field.h"
#include "read/html.h"

static void walk(mwi_mime *w, int lowest, mw_str line, bool first, bool whole);

static bool is_for_programs(mwi_role role)
{
	return role >= MWI_ROLE_STATUS && role <= MWI_ROLE_DISPOSITION;
}

static mwi_letter *letter(mwi_mime *w)
{
	return w->level < MWI_LETTERS ? &w->letters->at[w->level] : NULL;
}

/* What was taken in of a text is made UTF-8, what was HTML a text. */
static void end_leaf(mwi_mime *w)
{
	mwi_letter *l = letter(w);
	const mw_str charset = {w->content.charset, w->content.charset_len};

	if (l != NULL && (w->role == MWI_ROLE_TEXT || w->role == MWI_ROLE_HTML)) {
		mwi_charset_decode(&l->notice, w->text_start, charset, w->convert,
				   w->ctx);
		if (w->role == MWI_ROLE_HTML)
			l->notice.len = w->text_start +
					mwi_html_text(l->notice.ptr + w->text_start,
						      l->notice.len - w->text_start);
	} else if (l != NULL && is_for_programs(w->role)) {
		mwi_charset_decode(&l->status, w->text_start, charset, w->convert,
				   w->ctx);
		mw_buf_put_char(&l->status, '\n');
	}
	w->role = MWI_ROLE_SKIP;
}

static void begin_head(mwi_mime *w, bool message)
{
	w->in_head = true;
	w->message_head = message;
	w->field_len = 0;
	w->field_id = MWI_FIELD_COUNT;
	mwi_content_reset(&w->content);
}

/* The field that has been taken in is complete. */
static void end_field(mwi_mime *w)
{
	/* A part whose header is that of a message is one (see end_head). */
	const int level = w->level + !w->message_head;
	const mw_str value = mw_str_trim((mw_str){w->field, w->field_len});

	if (w->field_id == MWI_FIELD_COUNT)
		return;
	mwi_content_field(&w->content, w->field_id, value);
	/* Those of a part are no message's. */
	if (level < MWI_LETTERS &&
	    (w->message_head || (w->field_id != MWI_FIELD_CONTENT_TYPE &&
				 w->field_id != MWI_FIELD_CONTENT_ENCODING)))
		mwi_letter_keep(&w->letters->at[level], w->field_id, value);
	w->field_id = MWI_FIELD_COUNT;
	w->field_len = 0;
}

static void keep_field(mwi_mime *w, mw_str piece)
{
	const size_t room = sizeof w->field - w->field_len;
	const size_t n = piece.len < room ? piece.len : room;

	if (n > 0)
		memcpy(w->field + w->field_len, piece.ptr, n);
	w->field_len += n;
}

static bool is_full(const mwi_mime *w)
{
	return w->depth == MWI_MIME_DEPTH;
}

static void open_multipart(mwi_mime *w)
{
	mwi_frame *f;
	const mwi_letter *l = letter(w);

	if (is_full(w)) {
		w->role = MWI_ROLE_SKIP;
		return;
	}
	f = &w->frame[w->depth++];
	memcpy(f->boundary, w->content.boundary, w->content.boundary_len);
	f->len = w->content.boundary_len;
	f->level = w->level;
	f->seen = false;
	f->digest = w->content.digest;
	f->preamble = l != NULL ? l->notice.len : 0;
	f->lost = l != NULL && l->notice.lost;
	/* The preamble is a text until it proves to be one that nobody reads. */
	w->role = MWI_ROLE_TEXT;
	w->content.encoding = MWI_ENCODING_PLAIN;
	w->content.charset_len = 0;
}

static void open_message(mwi_mime *w, int lowest)
{
	const mwi_encoding encoding = w->content.encoding;
	mwi_letter *l = letter(w);

	if (l != NULL)
		l->returned = true;
	w->role = MWI_ROLE_SKIP;
	if (w->level > MWI_LETTERS)
		return;
	/* One message in an encoding is opened; another in it is not. */
	if (encoding != MWI_ENCODING_PLAIN) {
		if (lowest > 0 || w->inner_depth >= 0)
			return;
		w->inner_depth = w->depth;
		w->opener = (mwi_transfer){.encoding = encoding};
		w->inner.len = 0;
		w->inner.within = false;
	}
	w->level++;
	begin_head(w, true);
}

/* Is there no text but blanks? Each is looked at once, though every part asks. */
static bool says_nothing(mwi_letter *l)
{
	if (l->blanks > l->notice.len)
		l->blanks = l->notice.len;
	while (l->blanks < l->notice.len && mwi_is_blank(l->notice.ptr[l->blanks]))
		l->blanks++;
	return l->blanks == l->notice.len;
}

/* Should a text be taken in? What follows the report or the returned mail is a footer,
 * or the returned mail itself; HTML only where there is no plain text. */
static bool wants_text(mwi_letter *l, mwi_role role)
{
	const bool empty = says_nothing(l);

	if (role == MWI_ROLE_HTML)
		return empty;
	return empty || !(l->report || l->returned || l->html);
}

static void begin_leaf(mwi_mime *w)
{
	mwi_letter *l = letter(w);

	w->transfer = (mwi_transfer){.encoding = w->content.encoding};
	if (l == NULL) {
		w->role = MWI_ROLE_SKIP;
		return;
	}
	if ((w->role == MWI_ROLE_TEXT || w->role == MWI_ROLE_HTML) &&
	    !wants_text(l, w->role))
		w->role = MWI_ROLE_SKIP;
	l->html |= w->role == MWI_ROLE_HTML;
	l->report |= w->role == MWI_ROLE_STATUS;
	l->feedback |= w->role == MWI_ROLE_FEEDBACK;
	l->disposition |= w->role == MWI_ROLE_DISPOSITION;
	l->returned |= w->role == MWI_ROLE_HEAD;
	l->used = true;
	w->text_start = is_for_programs(w->role) ? l->status.len : l->notice.len;
}

/* The header of a message or part has ended: what comes now? */
static void end_head(mwi_mime *w, int lowest)
{
	const mwi_frame *f = w->depth > lowest ? &w->frame[w->depth - 1] : NULL;

	end_field(w);
	w->in_head = false;
	w->role = w->content.role;
	if (!w->message_head && !w->content.stated && f != NULL && f->digest)
		w->role = MWI_ROLE_MESSAGE;
	if (!w->message_head && w->content.headed && w->role < MWI_ROLE_STATUS) {
		/* The returned mail stands here without a header of its own. */
		mwi_letter *l = letter(w);

		if (l != NULL)
			l->returned = true;
		w->role = MWI_ROLE_SKIP;
		return;
	}
	if (w->role == MWI_ROLE_MULTIPART) {
		open_multipart(w);
		begin_leaf(w);
	} else if (w->role == MWI_ROLE_MESSAGE) {
		open_message(w, lowest);
	} else if (w->role == MWI_ROLE_HEAD) {
		begin_leaf(w);
		/* No letter is kept of deeper ones, however many follow. */
		if (w->level < MWI_LETTERS)
			w->level++;
		begin_head(w, true);
	} else {
		begin_leaf(w);
	}
}

static void walk_body(mwi_mime *w, int lowest, mw_str line, bool first, bool whole);

/* A field begins: only those that somebody asks for are kept. False: it is none. */
static bool begin_field(mwi_mime *w, mw_str line)
{
	mw_str name, value;

	/* Most lines of a header are of fields that can be told by two letters. */
	if (line.len > 2 && !mwi_field_may_be(line) && mwi_is_alpha(line.ptr[0]))
		return memchr(line.ptr, ':', line.len < 77 ? line.len : 77) != NULL;
	if (!mwi_field_cut(line, &name, &value))
		return false;
	w->field_id = mwi_field_of(name);
	w->field_len = 0;
	if (w->field_id < MWI_FIELD_COUNT)
		keep_field(w, value);
	return true;
}

static void walk_head(mwi_mime *w, int lowest, mw_str line, bool first, bool whole)
{
	const bool continued =
		!first || (line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t'));

	if (continued && w->field_id == MWI_FIELD_COUNT && line.len > 1)
		return;
	if (first && whole && mw_str_trim(line).len == 0) {
		/* A line of blanks in front of the header of a message is passed over. */
		if (line.len == 0 || w->field_id != MWI_FIELD_COUNT || !w->message_head)
			end_head(w, lowest);
		return;
	}
	if (continued) {
		keep_field(w, line);
		return;
	}
	end_field(w);
	/* "From " of a mailbox file, ">From ": not a field, and no body either. */
	if (begin_field(w, line) || mwi_begins(line, MW_LIT("from ")) ||
	    mwi_begins(line, MW_LIT(">from ")) || !whole)
		return;
	end_head(w, lowest);
	walk_body(w, lowest, line, true, true);
}

/* Which open multipart has this delimiter? Its index, or -1. *last: it is the closing
 * one. */
static int delimiter(const mwi_mime *w, int lowest, mw_str line, bool *last)
{
	for (int i = w->depth - 1; i >= lowest; i--) {
		const mwi_frame *f = &w->frame[i];
		const mw_str b = mw_str_skip(line, 2);

		if (f->len == 0 || b.len < f->len ||
		    memcmp(b.ptr, f->boundary, f->len) != 0)
			continue;
		const mw_str rest = mw_str_trim(mw_str_skip(b, f->len));

		*last = mw_str_eq(rest, MW_LIT("--"));
		if (rest.len == 0 || *last)
			return i;
	}
	return -1;
}

/* Steps out to the multipart at `index`. */
static void close_to(mwi_mime *w, int index)
{
	/* A header may end without a blank line: its last field counts. */
	if (w->in_head)
		end_field(w);
	end_leaf(w);
	w->depth = index + 1;
	w->level = w->frame[index].level;
	if (w->inner_depth > index)
		w->inner_depth = -1;
	w->maybe_len = 0;
}

static void begin_part(mwi_mime *w, int index, bool last)
{
	mwi_frame *f = &w->frame[index];
	mwi_letter *l;

	close_to(w, index);
	l = letter(w);
	/* The preamble was one: it is for programs that know no MIME. */
	if (!f->seen && l != NULL && l->notice.len > f->preamble) {
		l->notice.len = f->preamble;
		l->notice.lost = f->lost;
	}
	f->seen = true;
	if (last) {
		w->in_head = false;
		w->role = MWI_ROLE_SKIP;
		w->depth = index;
	} else {
		begin_head(w, false);
	}
}

/* "--token" without blanks, as delimiters are made. */
static bool looks_like_delimiter(mw_str line)
{
	line = mw_str_trim(line);
	if (line.len < 8 || line.len > MWI_BOUNDARY_KEPT || line.ptr[0] != '-' ||
	    line.ptr[1] != '-')
		return false;
	for (size_t i = 2; i < line.len; i++)
		if (mwi_is_alnum(line.ptr[i]))
			return memchr(line.ptr, ' ', line.len) == NULL;
	return false;
}

/* May a delimiter that was not declared be believed here: in a text that is not yet
 * parted, or in a preamble that waits for its delimiter? */
static bool may_adopt(mwi_mime *w, int lowest)
{
	const mwi_letter *l = letter(w);

	if (w->role != MWI_ROLE_TEXT || l == NULL || is_full(w))
		return false;
	return w->depth == lowest || !w->frame[w->depth - 1].seen;
}

/* The line before was a delimiter after all, and this one is its first field. */
static void adopt(mwi_mime *w, int lowest)
{
	mwi_frame *f;

	end_leaf(w);
	/* A boundary that was declared is still waited for below. */
	if (w->depth == lowest || w->frame[w->depth - 1].len > 0) {
		f = &w->frame[w->depth++];
		f->level = w->level;
		f->digest = false;
	} else {
		f = &w->frame[w->depth - 1];
	}
	/* The line has already been taken for text: nobody minds. */
	memcpy(f->boundary, w->maybe + 2, w->maybe_len - 2);
	f->len = w->maybe_len - 2;
	f->seen = true;
	w->maybe_len = 0;
	begin_head(w, false);
}

/* What does not fit ends the text: one with holes would say what nobody wrote. */
static void take(mwi_mime *w, mw_buf *out, mw_str line, bool whole)
{
	if (!out->lost)
		mwi_transfer_line(&w->transfer, out, line, whole);
}

static void take_leaf(mwi_mime *w, mw_str line, bool whole)
{
	mwi_letter *l = letter(w);

	if (w->role == MWI_ROLE_TEXT || w->role == MWI_ROLE_HTML)
		take(w, &l->notice, line, whole);
	else if (is_for_programs(w->role))
		take(w, &l->status, line, whole);
}

static void walk_body(mwi_mime *w, int lowest, mw_str line, bool first, bool whole)
{
	if (w->maybe_len > 0) {
		if (first && mwi_begins(line, MW_LIT("content-")) &&
		    may_adopt(w, lowest)) {
			adopt(w, lowest);
			walk_head(w, lowest, line, true, whole);
			return;
		}
		w->maybe_len = 0;
	}
	if (first && line.len > 2 && may_adopt(w, lowest)) {
		/* Some writers put a blank in front. */
		const mw_str t = line.ptr[0] == ' ' ? mw_str_skip(line, 1) : line;

		if (looks_like_delimiter(t)) {
			const mw_str d = mw_str_trim(t);

			memcpy(w->maybe, d.ptr, d.len);
			w->maybe_len = d.len;
		}
	}
	if (w->role != MWI_ROLE_SKIP)
		take_leaf(w, line, whole);
}

static bool is_dashed(mw_str line)
{
	return line.len > 2 && line.ptr[0] == '-' && line.ptr[1] == '-';
}

/* One line, or a piece of it, of the message whose multiparts are frame[lowest ...]. */
static void walk(mwi_mime *w, int lowest, mw_str line, bool first, bool whole)
{
	bool last = false;

	if (first && is_dashed(line)) {
		const int index = delimiter(w, lowest, line, &last);

		if (index >= 0) {
			begin_part(w, index, last);
			return;
		}
	}
	if (w->in_head)
		walk_head(w, lowest, line, first, whole);
	else
		walk_body(w, lowest, line, first, whole);
}

/* Lines of an encoded message are gathered and walked in their turn. */
static void walk_decoded(mwi_mime *w, mw_str bytes, int depth)
{
	mwi_lines *in = &w->inner;

	while (bytes.len > 0 && w->inner_depth == depth) {
		const char *end = memchr(bytes.ptr, '\n', bytes.len);
		const size_t room = sizeof in->piece - in->len;
		size_t n = end != NULL ? (size_t)(end - bytes.ptr) : bytes.len;
		const bool whole = end != NULL && n <= room;

		n = n < room ? n : room;
		memcpy(in->piece + in->len, bytes.ptr, n);
		in->len += n;
		bytes = mw_str_skip(bytes, n + whole);
		if (!whole && in->len < sizeof in->piece)
			return;
		mw_str line = {in->piece, in->len};

		if (whole && line.len > 0 && line.ptr[line.len - 1] == '\r')
			line.len--;
		const bool first = !in->within;

		in->within = !whole;
		in->len = 0;
		walk(w, depth, line, first, whole);
	}
}

/* One line, or a piece of it, as it came. */
static void walk_raw(mwi_mime *w, mw_str line, bool first, bool whole)
{
	const int depth = w->inner_depth;
	bool last = false;

	if (depth < 0) {
		walk(w, 0, line, first, whole);
		return;
	}
	if (first && is_dashed(line)) {
		const int kept = w->depth;
		int index;

		w->depth = depth;
		index = delimiter(w, 0, line, &last);
		w->depth = kept;
		if (index >= 0) {
			/* What was decoded may end within a line. */
			if (w->inner.len > 0 || w->inner.within)
				walk_decoded(w, MW_LIT("\n"), depth);
			w->inner_depth = -1;
			begin_part(w, index, last);
			return;
		}
	}
	char decoded[MWI_LINE_PIECE + 2];
	mw_buf b;

	mw_buf_init(&b, decoded, sizeof decoded);
	mwi_transfer_line(&w->opener, &b, line, whole);
	walk_decoded(w, mw_buf_str(&b), depth);
}

/* Gives a piece that lies in one place. */
static void give(mwi_mime *w, mw_str piece, bool whole)
{
	const bool first = !w->raw.within;

	if (whole && w->line_end == '\n' && piece.len > 0 &&
	    piece.ptr[piece.len - 1] == '\r')
		piece.len--;
	w->raw.within = !whole;
	walk_raw(w, piece, first, whole);
}

/* Which byte ends the lines? The first CR or LF says it; a CR at the very end of what
 * came waits for the next byte. */
static void find_line_end(mwi_mime *w, mw_str bytes)
{
	if (w->cr && bytes.len > 0) {
		w->line_end = bytes.ptr[0] == '\n' ? '\n' : '\r';
		return;
	}
	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.ptr[i] == '\n')
			w->line_end = '\n';
		else if (bytes.ptr[i] == '\r' && i + 1 < bytes.len)
			w->line_end = bytes.ptr[i + 1] == '\n' ? '\n' : '\r';
		else if (bytes.ptr[i] == '\r')
			w->cr = true;
		else
			continue;
		return;
	}
}

/* Adds to the piece that waits for its end; gives it when it is full. */
static void gather(mwi_mime *w, mw_str bytes, bool whole)
{
	mwi_lines *in = &w->raw;

	for (;;) {
		const size_t room = sizeof in->piece - in->len;
		const size_t n = bytes.len < room ? bytes.len : room;

		memcpy(in->piece + in->len, bytes.ptr, n);
		in->len += n;
		bytes = mw_str_skip(bytes, n);
		const bool done = bytes.len == 0;

		if (!done || (whole && done)) {
			const mw_str piece = {in->piece, in->len};

			in->len = 0;
			give(w, piece, whole && done);
		}
		if (done)
			return;
	}
}

void mwi_mime_init(mwi_mime *w, mwi_letters *letters, mw_convert *convert, void *ctx)
{
	w->letters = letters;
	w->convert = convert;
	w->ctx = ctx;
	w->line_end = 0;
	w->cr = false;
	w->raw.len = w->inner.len = 0;
	w->raw.within = w->inner.within = false;
	w->depth = w->level = 0;
	w->inner_depth = -1;
	w->maybe_len = 0;
	w->role = MWI_ROLE_SKIP;
	begin_head(w, true);
}

/* In a part that nobody reads, at the front of a line: only a delimiter matters. */
static bool is_passing(const mwi_mime *w)
{
	return w->role == MWI_ROLE_SKIP && !w->in_head && w->inner_depth < 0 &&
	       w->maybe_len == 0 && w->raw.len == 0 && !w->raw.within;
}

/* Steps over whole lines that are no delimiters. */
static mw_str pass(const mwi_mime *w, mw_str bytes)
{
	while (bytes.len > 0 && bytes.ptr[0] != '-') {
		const char *end = memchr(bytes.ptr, w->line_end, bytes.len);

		if (end == NULL)
			break;
		bytes = mw_str_skip(bytes, (size_t)(end - bytes.ptr) + 1);
	}
	return bytes;
}

void mwi_mime_feed(mwi_mime *w, mw_str bytes)
{
	if (w->line_end == 0)
		find_line_end(w, bytes);
	if (w->line_end == 0) {
		gather(w, bytes, false);
		return;
	}
	if (w->cr && bytes.len > 0) {
		/* The CR that waited has been gathered. */
		w->cr = false;
		if (w->line_end == '\r' && w->raw.len > 0) {
			w->raw.len--;
			gather(w, MW_LIT(""), true);
		}
	}
	while (bytes.len > 0) {
		if (is_passing(w))
			bytes = pass(w, bytes);
		const char *end =
			bytes.len > 0 ? memchr(bytes.ptr, w->line_end, bytes.len) : NULL;
		const size_t n = end != NULL ? (size_t)(end - bytes.ptr) : bytes.len;
		const mw_str piece = mw_str_head(bytes, n);

		if (end != NULL && w->raw.len == 0 && n <= MWI_LINE_PIECE)
			give(w, piece, true);
		else
			gather(w, piece, end != NULL);
		bytes = mw_str_skip(bytes, n + (end != NULL));
	}
}

void mwi_mime_end(mwi_mime *w)
{
	if (w->raw.len > 0 || w->raw.within)
		gather(w, MW_LIT(""), true);
	if (w->inner_depth >= 0 && (w->inner.len > 0 || w->inner.within)) {
		const int depth = w->inner_depth;

		walk_decoded(w, MW_LIT("\n"), depth);
	}
	if (w->in_head)
		end_field(w);
	end_leaf(w);
}
