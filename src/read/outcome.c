/* SPDX-License-Identifier: MIT
 *
 * One reply, as people paste it, to an outcome.
 *
 * Most input is a plain reply with its code in front: that way borrows from the input and
 * copies nothing. Whatever needs more (several lines, other character sets, a reply
 * inside another program's sentence) is first written into the caller's room and then
 * taken apart there.
 */
#include <mailwhy/outcome.h>

#include "base/ascii.h"
#include "read/decode.h"
#include "read/found.h"
#include "read/wrapper.h"

#define HEAD_KEPT (MW_TEXT_MAX * 3 / 4)
#define TAIL_KEPT (MW_TEXT_MAX / 4 - 16)

static bool is_separator(char c)
{
	return c == ' ' || c == '-' || c == '\t' || c == ':' || c == '\n' || c == '#' ||
	       c == ',' || c == '=' || c == ')';
}

/* Digits at the front of s. */
static size_t digits(mw_str s)
{
	size_t n = 0;

	while (n < s.len && mwi_is_digit(s.ptr[n]))
		n++;
	return n;
}

/* The code at the very front, 100 to 599, or 0. */
static int front_code(mw_str s)
{
	if (digits(s) != 3 || s.ptr[0] < '1' || s.ptr[0] > '5' ||
	    (s.len > 3 && !is_separator(s.ptr[3])))
		return 0;
	/* "550 messages were sent" begins with a count. */
	if (mwi_is_measure(mw_str_skip(s, 3)))
		return 0;
	return (s.ptr[0] - '0') * 100 + (s.ptr[1] - '0') * 10 + (s.ptr[2] - '0');
}

/* Steps over what stands between a code and the words. */
static mw_str skip_separators(mw_str s)
{
	while (s.len > 0 &&
	       (mwi_is_blank(s.ptr[0]) || s.ptr[0] == '-' || s.ptr[0] == ':' ||
		s.ptr[0] == ',' || (s.ptr[0] == '=' && s.len > 1 && s.ptr[1] != '?')))
		s = mw_str_skip(s, 1);
	return s;
}

/* "5.1.1 ", "(5.1.1) ", "[5.1.1] " at the front of s: steps over it. "#5.1.1 " is read
 * but stays: which servers write it so is worth knowing. */
static bool cut_status(mw_str *s, mw_enhanced *out)
{
	const char first = s->len > 0 ? s->ptr[0] : ' ';
	const bool bracket = first == '(' || first == '[';
	mw_str rest = mw_str_skip(*s, bracket || first == '#');

	if (bracket && rest.len > 0 && rest.ptr[0] == '#')
		rest = mw_str_skip(rest, 1);
	const ptrdiff_t n = mw_enhanced_read(out, rest);

	if (n < 0)
		return false;
	rest = mw_str_skip(rest, (size_t)n);
	if (bracket && rest.len > 0 && (rest.ptr[0] == ')' || rest.ptr[0] == ']'))
		rest = mw_str_skip(rest, 1);
	if (first != '#')
		*s = skip_separators(rest);
	return true;
}

/* Is a status brought in where it stands? "(#5.1.1)", "status: 5.1.1", "dsn=5.1.1";
 * behind a plain word it is a section or a version. */
static bool is_brought_in(mw_str before)
{
	while (before.len > 0 && before.ptr[before.len - 1] == ' ')
		before.len--;
	return before.len == 0 ||
	       memchr("#([<{:=,;'\"`\n-", before.ptr[before.len - 1], 14) != NULL;
}

/* A status somewhere in the words. Its class has to fit the code, and its subject to
 * exist. */
static void find_status(mw_outcome *o, mw_str s)
{
	const char *p = s.ptr, *end = s.ptr + s.len;
	mw_enhanced e;

	while (p < end && (p = memchr(p, '.', (size_t)(end - p))) != NULL) {
		const size_t at = (size_t)(p++ - s.ptr);

		if (at == 0 || (at > 1 && (mwi_is_alnum(s.ptr[at - 2]) ||
					   memchr("./-", s.ptr[at - 2], 3) != NULL)))
			continue;
		if (mw_enhanced_read(&e, mw_str_skip(s, at - 1)) < 0 || e.subject > 7 ||
		    !is_brought_in(mw_str_head(s, at - 1)))
			continue;
		if (o->reply == 0 || o->reply / 100 == e.cls) {
			o->status = e;
			return;
		}
	}
}

/* Does a quotation mark with this behind it end the quotation? An apostrophe does not. */
static bool closes(mw_str after)
{
	after = mw_str_trim(after);
	return after.len == 0 || memchr(",;)}]", after.ptr[0], 5) != NULL ||
	       (after.len == 1 && after.ptr[0] == '.');
}

static bool is_quote(char c)
{
	return c == '\'' || c == '"';
}

/* Closes what was opened before the code: (550, b'...')} and "550 ..." */
static mw_str cut_closing(mw_str text, mw_str before)
{
	char quote = 0;

	while (before.len > 0 &&
	       (before.ptr[before.len - 1] == ' ' || before.ptr[before.len - 1] == '\n'))
		before.len--;
	if (before.len > 0)
		quote = before.ptr[before.len - 1];
	if (quote == '(' && text.len > 0 && text.ptr[0] == 'b')
		text = mw_str_skip(text, text.len > 1 && is_quote(text.ptr[1]));
	if (quote == '(' && text.len > 0 && is_quote(text.ptr[0])) {
		quote = text.ptr[0];
		text = mw_str_skip(text, 1);
	} else if (quote == '(') {
		quote = ')';
	}
	if (quote != '\'' && quote != '"' && quote != ')' && quote != '`')
		return text;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == quote && closes(mw_str_skip(text, i + 1)))
			return mw_str_head(text, i);
	return text;
}

/* One blank, however many stood there. */
static void put_blank(char *out, size_t *n)
{
	if (*n > 0 && out[*n - 1] != ' ')
		out[(*n)++] = ' ';
}

static bool same_status(mw_enhanced a, mw_enhanced b)
{
	return a.cls == b.cls && a.subject == b.subject && a.detail == b.detail;
}

/* Where the lines of a reply are being joined. */
typedef struct joining {
	const mw_outcome *o;
	bool line;   /* a line has just begun */
	bool folded; /* its lines stand in one: "550-a 550-b 550 c" */
} joining;

/* What a further line only repeats, "550-5.1.1 " or "5.1.1 ", at the front of s: its
 * bytes, else 0. */
static size_t repeated(mw_str s, const joining *j)
{
	const int code = j->o->reply;
	mw_str rest = s;
	mw_enhanced e;

	if (j->line && cut_status(&rest, &e) && same_status(e, j->o->status))
		return s.len - rest.len;
	if (s.len < 3 || code == 0 || s.ptr[0] != '0' + code / 100 ||
	    s.ptr[1] != '0' + code / 10 % 10 || s.ptr[2] != '0' + code % 10)
		return 0;
	if (s.len == 3)
		return j->line || j->folded ? 3 : 0;
	if (!mwi_is_blank(s.ptr[3]) && s.ptr[3] != '-')
		return 0;
	rest = mw_str_skip(s, 4);
	/* "#5.1.1" stays where it is, so nothing of it is stepped over. */
	if (cut_status(&rest, &e) && same_status(e, j->o->status) && s.len - rest.len > 4)
		return s.len - rest.len;
	/* In the middle of a line only "550-" or the status makes it sure. */
	return j->line || j->folded || s.ptr[3] == '-' ? 4 : 0;
}

/* Joins the lines of `text` into room (as long as it at least); codes and statuses that
 * are only repeated go. `folded`: the reply began with "550-". */
static mw_str unfold(char *room, mw_str text, const mw_outcome *o, bool folded)
{
	joining j = {.o = o, .line = true, .folded = folded};
	size_t n = 0;
	mw_str s = mw_str_skip(text, repeated(text, &j));

	while (s.len > 0) {
		const char c = s.ptr[0];

		s = mw_str_skip(s, 1);
		if (!mwi_is_blank(c)) {
			j.line = false;
			room[n++] = c;
			continue;
		}
		j.line |= c == '\n';
		put_blank(room, &n);
		s = mw_str_skip(s, repeated(s, &j));
	}
	return mw_str_trim((mw_str){room, n});
}

/* A status that only a further line states: "554-Refused\n554 5.7.1 Spam". */
static void find_line_status(mw_outcome *o, mw_str text)
{
	const joining j = {.o = o, .line = true};
	mw_str line, rest;

	while (mw_str_cut_line(&text, &line)) {
		rest = mw_str_skip(line, repeated(line, &j));
		if (rest.len < line.len && cut_status(&rest, &o->status))
			return;
	}
}

/* "Sender address rejected: undeliverable address: host mx said: 550 ...": what the
 * server that refused us found out elsewhere. Its own reply stands in front. */
static size_t end_of_refusal(mw_str s)
{
	return front_code(s) > 0 ? mw_str_find(s, MW_LIT("undeliverable address: "))
				 : s.len;
}

/* Which of the codes in the text was really said by the server that refused: the last
 * that is quoted; on equal terms the first. */
static bool choose_code(mw_str s, mwi_code_at *best)
{
	mwi_code_at at;
	bool found = false;

	s = mw_str_head(s, end_of_refusal(s));
	for (size_t from = 0; mwi_code_next(s, from, &at); from = at.pos + 3) {
		const bool line = at.pos > 0 && s.ptr[at.pos - 1] == '\n';

		if (found && at.code == best->code && at.intro <= best->intro)
			continue;
		/* In a dialogue, what was accepted is no refusal. */
		if (found && at.code < 400 && best->code >= 400)
			continue;
		if (found && at.code >= 400 && best->code < 400) {
			*best = at;
			continue;
		}
		if (!found || at.intro > best->intro || at.intro == MWI_INTRO_QUOTE ||
		    (line && best->intro == MWI_INTRO_FRONT))
			*best = at;
		found = true;
	}
	return found;
}

/* "600", "0", "1000": a number, and no reply code. */
static mw_str odd_number(mw_str s)
{
	const size_t n = digits(s);

	return n > 0 && n == s.len ? s : MW_LIT("");
}

static mw_outcome blank_outcome(void)
{
	const mw_str none = MW_LIT("");

	return (mw_outcome){.text = none,
			    .context = none,
			    .remote = none,
			    .recipient = none,
			    .provider = none,
			    .odd_number = none};
}

/* What is no failure is no bounce. */
static void set_kind(mw_outcome *o)
{
	const int first = o->reply > 0 ? o->reply / 100 : o->status.cls;

	if (o->reply == 0 && o->status.cls == 0 && o->text.len == 0)
		o->kind = MW_KIND_NONE;
	else if (o->odd_number.len > 0)
		o->kind = MW_KIND_NONE;
	else
		o->kind = first == 2 || first == 3 ? MW_KIND_DELIVERED : MW_KIND_BOUNCE;
}

/* Code in front, nothing that looks like another one, nothing to decode. */
static bool read_plain(mw_outcome *o, mw_str in)
{
	const int code = front_code(in);
	mw_str text = mw_str_skip(in, 3);

	if (code == 0 || mwi_may_hold_code(text) ||
	    memchr(in.ptr, '\n', in.len) != NULL ||
	    (in.len > 9 && mw_str_eq(mw_str_skip(in, in.len - 9), MW_LIT(" command)"))))
		return false;
	o->reply = code;
	text = skip_separators(text);
	if (!cut_status(&text, &o->status))
		find_status(o, text);
	o->text = mw_str_trim(text);
	return true;
}

/* In a dialogue told again a reply ends with its line, unless it goes on: "<<< 550-a",
 * "<<< 550 b". */
static mw_str cut_dialogue(mw_str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '\n' &&
		    mw_str_find(mw_str_head(mw_str_trim(mw_str_skip(text, i)), 3),
				MW_LIT("<<<")) > 0)
			return mw_str_head(text, i);
	return text;
}

/* The words around and behind the code at `at` in `all`. */
static mw_str words_at(mw_outcome *o, mw_str all, const mwi_code_at *at)
{
	const mw_str before = mw_str_head(all, at->pos);
	mw_str text = mw_str_skip(all, at->pos + 3);

	/* "[550] 5.1.1", "error (550): ..." */
	if (text.len > 1 && (text.ptr[0] == ']' || text.ptr[0] == ')'))
		text = mw_str_skip(text, 1);
	text = skip_separators(text);
	if (at->intro == MWI_INTRO_LABEL && !cut_status(&text, &o->status))
		text = at->pos + 3 + 24 >= all.len || mw_str_trim(text).len < 8 ||
				       before.len > 24
			       ? all
			       : text;
	else
		text = cut_closing(text, before);
	if (at->pos >= 4 && memcmp(all.ptr + at->pos - 4, "<<< ", 4) == 0)
		text = cut_dialogue(text);
	text = skip_separators(text);
	if (text.len > 2 && text.ptr[0] == 'b' &&
	    (text.ptr[1] == '\'' || text.ptr[1] == '"'))
		text = mw_str_skip(text, 2);
	/* "550-'5.1.1 No such user' (delivery attempts: 0)": its end is cut below. */
	if (text.len > 1 && text.ptr[0] == '\'' && at->pos > 0 &&
	    mw_str_find(text, MW_LIT("' (delivery attempts:")) < text.len)
		text = mw_str_skip(text, 1);
	/* "550 550 5.1.1": said twice. */
	const joining j = {.o = o, .line = true};

	text = skip_separators(mw_str_skip(text, repeated(text, &j)));
	if (o->status.cls == 0)
		cut_status(&text, &o->status);
	return mwi_wrapper_cut(text);
}

/* Everything else. `all` is decoded and lies in the room or in the input. */
static void read_quoted(mw_outcome *o, mw_str all, bool *folded)
{
	mwi_code_at at = {0};
	const int front = front_code(all);
	const bool found = choose_code(all, &at);
	mw_str text = all;

	if (front > 0 && (!found || at.intro < MWI_INTRO_FRONT))
		at = (mwi_code_at){.pos = 0, .code = front, .intro = MWI_INTRO_FRONT};
	if (front > 0 || found) {
		o->reply = at.code;
		*folded = at.pos + 3 < all.len && all.ptr[at.pos + 3] == '-';
		text = words_at(o, all, &at);
	} else {
		mw_str rest = all;

		if (cut_status(&rest, &o->status))
			text = rest;
		o->odd_number = odd_number(all);
	}
	if (o->status.cls == 0)
		find_line_status(o, text);
	if (o->status.cls == 0)
		find_status(o, text);
	if (o->status.cls == 0)
		find_status(o, all);
	if (at.pos > 0 || !found || mw_str_find(all, MW_LIT("(in reply to ")) < all.len)
		mwi_wrapper_read(o, all);
	o->text = mw_str_trim(text);
}

/* As much of the end of s as there is room for; decoding may make it longer. */
static void put_tail(mw_buf *b, mw_str s)
{
	const size_t begin = b->len;

	for (size_t n = TAIL_KEPT; n > 0; n /= 2) {
		b->len = begin;
		b->lost = false;
		mwi_decode(b, mw_str_skip(s, s.len > n ? s.len - n : 0));
		if (!b->lost)
			return;
	}
}

/* Copies s into the room, decoded; its middle is lost when it is too long. */
static mw_str take_in(mw_outcome *o, mw_outcome_room *room, mw_str s)
{
	mw_buf b;

	mw_buf_init(&b, room->raw, MW_TEXT_MAX);
	if (s.len <= MW_TEXT_MAX) {
		mwi_decode(&b, s);
		if (!b.lost)
			return mw_buf_str(&b);
		mw_buf_reset(&b);
	}
	o->cut = true;
	b.cap = HEAD_KEPT;
	mwi_decode(&b, mw_str_head(s, HEAD_KEPT));
	b.cap = MW_TEXT_MAX;
	mw_buf_put(&b, MW_LIT(" ... "));
	put_tail(&b, s);
	return mw_buf_str(&b);
}

void mw_outcome_read(mw_outcome *out, mw_outcome_room *room, mw_str in)
{
	*out = blank_outcome();
	in = mw_str_trim(in);
	/* A byte order mark is no part of what was said. */
	if (in.len >= 3 && memcmp(in.ptr, "\xef\xbb\xbf", 3) == 0)
		in = mw_str_skip(in, 3);
	in = mw_str_trim(in);
	const bool as_is = in.len <= MW_TEXT_MAX && mwi_is_decoded(in);

	if (!as_is || !read_plain(out, in)) {
		const mw_str all = mw_str_trim(take_in(out, room, in));

		bool folded = false;

		read_quoted(out, all, &folded);
		out->context = out->text.len < all.len ? all : MW_LIT("");
		out->text = unfold(room->text, out->text, out, folded);
	}
	set_kind(out);
}
