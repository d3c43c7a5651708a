/* SPDX-License-Identifier: MIT */
#include "smtp/message.h"

#include "base/ascii.h"

/* s->after: what stands before the next byte. */
enum { AFTER_TEXT, AFTER_CRLF, AFTER_LF };

#define FIELD_NO 255 /* s->field: this line is no Received field */

static const char received[] = "received:";

void mwi_message_start(mw_smtp_server *s)
{
	s->size = 0;
	s->line = s->header = s->hops = 0;
	s->field = 0;
	s->fault = MW_ANSWER_COUNT;
	s->after = AFTER_CRLF;
	s->in_header = true;
	s->cr = false;
}

/* The first fault is the one that is told. */
static void note(mw_smtp_server *s, mw_answer_id id)
{
	if (s->fault == MW_ANSWER_COUNT)
		s->fault = (unsigned short)id;
}

/* The limit that a piece passes first, however the bytes were cut: `id`, after `at` of
 * its bytes. */
typedef struct passed {
	mw_answer_id id;
	uint64_t at;
} passed;

static void pass(passed *p, mw_answer_id id, uint64_t at)
{
	if (at < p->at)
		*p = (passed){id, at};
}

/* `had` bytes were counted before the `len` of the piece; 0 for `max`: no limit. */
static void watch(passed *p, mw_answer_id id, uint64_t max, uint64_t had, size_t len)
{
	const uint64_t room = had < max ? max - had : 0;

	if (max != 0 && room < len)
		pass(p, id, room);
}

/* Counts Received fields (section 6.3) in a piece of one line of the header. */
static void look_at_header(mw_smtp_server *s, mw_str piece, passed *p)
{
	const mw_smtp_params *limits = s->params;
	size_t i = 0;

	watch(p, MW_ANSWER_HEADER_TOO_LARGE, limits->header_max, s->header, piece.len);
	s->header += (unsigned)piece.len;
	for (; i < piece.len && s->field < sizeof received - 1; i++)
		if (mwi_lower(piece.ptr[i]) != received[s->field++])
			s->field = FIELD_NO;
	if (s->field == sizeof received - 1) {
		s->field = FIELD_NO;
		if (++s->hops > limits->hops_max && limits->hops_max != 0)
			pass(p, MW_ANSWER_LOOP, i - 1);
	}
}

/* Counts a piece of one line; `ends`: its line end is the end of it. */
static void count(mw_smtp_server *s, mw_str piece, bool ends)
{
	const mw_smtp_params *limits = s->params;
	passed p = {MW_ANSWER_COUNT, UINT64_MAX};

	watch(&p, MW_ANSWER_MESSAGE_TOO_LARGE, limits->size_max, s->size, piece.len);
	s->size += piece.len;
	if (!s->binary)
		watch(&p, MW_ANSWER_LINE_OF_MAIL_TOO_LONG, limits->line_max, s->line,
		      piece.len);
	s->line = piece.len > UINT32_MAX - s->line ? UINT32_MAX
						   : s->line + (unsigned)piece.len;
	if (s->in_header) {
		look_at_header(s, piece, &p);
		if (ends && s->line <= 2)
			s->in_header = false;
	}
	if (p.id != MW_ANSWER_COUNT)
		note(s, p.id);
	if (ends) {
		s->line = 0;
		s->field = 0;
	}
}

/* A bare CR or LF: refused, or mended. */
static mw_str mend(mw_smtp_server *s)
{
	if (s->params->bare_line_ends) {
		count(s, MW_LIT("\r\n"), true);
		return MW_LIT("\r\n");
	}
	note(s, MW_ANSWER_BARE_LINE_END_DATA);
	return MW_LIT("");
}

/* One CR or LF that stands alone. */
static size_t take_bare(mw_smtp_server *s, bool lf, mw_str *body)
{
	*body = mend(s);
	s->after = lf ? AFTER_LF : AFTER_TEXT;
	return 1;
}

/* Takes whole lines with their CR LF, and text up to a byte that needs a closer look: a
 * line end that is not CR LF, a CR at the end, a line that begins with a dot (when
 * `dots`). Returns the bytes. */
static size_t take_lines(mw_smtp_server *s, mw_str in, bool dots)
{
	size_t i = 0;

	while (i < in.len) {
		const mw_str rest = mw_str_skip(in, i);
		const char *lf = memchr(rest.ptr, '\n', rest.len);
		const size_t line = lf != NULL ? (size_t)(lf - rest.ptr) + 1 : rest.len;
		const char *cr = memchr(rest.ptr, '\r', line);
		const size_t text = cr != NULL   ? (size_t)(cr - rest.ptr)
				    : lf != NULL ? line - 1
						 : line;

		if (dots && s->after != AFTER_TEXT && rest.ptr[0] == '.')
			break;
		if (lf != NULL && cr != NULL && text + 2 == line) {
			count(s, mw_str_head(rest, line), true);
			s->after = AFTER_CRLF;
			i += line;
			continue;
		}
		if (text > 0) {
			count(s, mw_str_head(rest, text), false);
			s->after = AFTER_TEXT;
			i += text;
		}
		if (text < line)
			break;
	}
	return i;
}

/* A dot at the front of a line. 0 used with MWI_PIECE: more bytes are needed. */
static mwi_piece take_dot(mw_smtp_server *s, mw_str in, size_t *used, mw_str *body)
{
	const bool proper = s->after == AFTER_CRLF;

	if (in.len < 2 || (in.len < 3 && in.ptr[1] == '\r'))
		return MWI_PIECE;
	if (in.ptr[1] == '\r' && in.ptr[2] == '\n' && proper) {
		*used = 3;
		return MWI_PIECE_END;
	}
	if ((in.ptr[1] == '\n' || (in.ptr[1] == '\r' && in.ptr[2] == '\n')) &&
	    !s->params->bare_line_ends) {
		note(s, MW_ANSWER_BARE_LINE_END_DATA);
		return MWI_PIECE_ODD;
	}
	*used = 1;
	if (!proper) {
		/* No dot was added there, none is taken away. */
		*body = mw_str_head(in, 1);
		count(s, *body, false);
	}
	s->after = AFTER_TEXT;
	return MWI_PIECE;
}

mwi_piece mwi_message_data(mw_smtp_server *s, mw_str in, size_t *used, mw_str *body)
{
	*used = 0;
	*body = mw_str_head(in, 0);
	if (in.len == 0)
		return MWI_PIECE;
	if (s->after != AFTER_TEXT && in.ptr[0] == '.')
		return take_dot(s, in, used, body);
	if (in.ptr[0] == '\n')
		*used = take_bare(s, true, body);
	else if (in.ptr[0] != '\r' || (in.len > 1 && in.ptr[1] == '\n'))
		*body = mw_str_head(in, *used = take_lines(s, in, true));
	else if (in.len > 1)
		*used = take_bare(s, false, body);
	return MWI_PIECE;
}

/* Nothing is wrong with bare CR and LF in BINARYMIME; the header is watched all the
 * same. */
static void take_binary(mw_smtp_server *s, mw_str in)
{
	while (in.len > 0) {
		const char *lf = s->in_header ? memchr(in.ptr, '\n', in.len) : NULL;
		const size_t n = lf != NULL ? (size_t)(lf - in.ptr) + 1 : in.len;

		count(s, mw_str_head(in, n), lf != NULL);
		in = mw_str_skip(in, n);
	}
}

/* What follows a CR that was the last byte of the chunk before. */
static bool after_cr(mw_smtp_server *s, mw_str in, size_t *used, mw_str *body)
{
	if (!s->cr)
		return false;
	s->cr = false;
	if (in.ptr[0] != '\n') {
		note(s, MW_ANSWER_BARE_LINE_END_DATA);
		return false;
	}
	*used = 1;
	*body = mw_str_head(in, 1);
	count(s, *body, true);
	s->after = AFTER_CRLF;
	return true;
}

void mwi_message_chunk(mw_smtp_server *s, mw_str in, size_t *used, mw_str *body)
{
	*body = mw_str_head(in, 0);
	*used = 0;
	if (in.len > s->chunk)
		in.len = (size_t)s->chunk;
	if (in.len == 0)
		return;
	if (s->binary) {
		*body = mw_str_head(in, *used = in.len);
		take_binary(s, in);
	} else if (after_cr(s, in, used, body)) {
		/* taken */
	} else if (in.ptr[0] == '\n') {
		*used = take_bare(s, true, body);
	} else if (in.ptr[0] != '\r' || (in.len > 1 && in.ptr[1] == '\n')) {
		*body = mw_str_head(in, *used = take_lines(s, in, false));
	} else if (in.len > 1) {
		*used = take_bare(s, false, body);
	} else if (s->chunk == 1) {
		*body = mw_str_head(in, *used = 1);
		s->cr = true;
		count(s, *body, false);
	}
	s->chunk -= *used;
}

void mwi_message_chunks_end(mw_smtp_server *s)
{
	if (s->cr)
		note(s, MW_ANSWER_BARE_LINE_END_DATA);
}
