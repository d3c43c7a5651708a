/* SPDX-License-Identifier: MIT
 *
 * A reply code in free text is known by what stands around it. What stands before decides
 * whether it is brought in as a code; what stands in the same word, and behind, decides
 * whether it can be one at all.
 */
#include "read/found.h"

#include <mailwhy/reply.h>

#include "base/ascii.h"

static bool opens(char c)
{
	return c == ' ' || c == '\n' || c == '\'' || c == '"' || c == '(' || c == '[' ||
	       c == '{' || c == '<' || c == ':' || c == '=' || c == '#' || c == '\t' ||
	       c == '`' || c == '>' || c == ';';
}

bool mwi_may_hold_code(mw_str s)
{
	unsigned char any = 0;

	if (s.len < 5)
		return false;
	/* No early exit: so that it becomes vector instructions. */
	for (size_t i = 0; i + 4 < s.len; i++) {
		const unsigned char c = (unsigned char)s.ptr[i];
		const unsigned char a = (unsigned char)(s.ptr[i + 1] - '2') < 4;
		const unsigned char b = (unsigned char)(s.ptr[i + 2] - '0') < 10;
		const unsigned char d = (unsigned char)(s.ptr[i + 3] - '0') < 10;
		const unsigned char next = ((unsigned char)(s.ptr[i + 4] - '0') >= 10) &
					   (s.ptr[i + 4] != '.');
		const unsigned char word = (unsigned char)((c | 0x20) - 'a') < 26;
		const unsigned char digit = (unsigned char)(c - '0') < 10;
		const unsigned char dot = (c == '.') | (c == '-') | (c == '/');

		any |= (unsigned char)(a & b & d & next &
				       (unsigned char)!(word | digit | dot));
	}
	if (any)
		return true;
	/* A code that ends the text. */
	const char *p = s.ptr + s.len - 4;

	return opens(p[0]) && p[1] >= '2' && p[1] <= '5' && mwi_is_digit(p[2]) &&
	       mwi_is_digit(p[3]);
}

/* No word that tells a number's kind is longer on either side of it. */
#define WORD_MAX 200

/* The run of bytes without blanks around `pos`. */
static mw_str word_around(mw_str s, size_t pos)
{
	const size_t least = pos > WORD_MAX ? pos - WORD_MAX : 0;
	const size_t most = pos + WORD_MAX < s.len ? pos + WORD_MAX : s.len;
	size_t first = pos, last = pos;

	while (first > least && !mwi_is_blank(s.ptr[first - 1]))
		first--;
	while (last < most && !mwi_is_blank(s.ptr[last]))
		last++;
	return (mw_str){s.ptr + first, last - first};
}

/* In "https://h/p?ip=550" and "a.550@example.org" it is no code; in
 * "RCPT TO:<a@example.org>:550" it is. */
static bool in_name(mw_str s, size_t pos)
{
	const mw_str w = word_around(s, pos);
	const size_t before = (size_t)(s.ptr + pos - w.ptr);

	if (mw_str_find(w, MW_LIT("://")) < w.len ||
	    mw_str_find(w, MW_LIT("www.")) < w.len)
		return true;
	const mw_str ahead = mw_str_skip(w, before + 3);

	if (ahead.len > 0 && memchr(ahead.ptr, '@', ahead.len) != NULL &&
	    ahead.ptr[0] != '-' && ahead.ptr[0] != '<' && ahead.ptr[0] != ':')
		return true;
	return false;
}

bool mwi_is_measure(mw_str after)
{
#define U(word)                                                                          \
	{                                                                                \
		word, sizeof(word) - 1                                                   \
	}
	static const mw_str units[] = {U("bytes"),
				       U("byte"),
				       U("kb"),
				       U("mb"),
				       U("gb"),
				       U("kib"),
				       U("mib"),
				       U("octets"),
				       U("messages"),
				       U("mails"),
				       U("emails"),
				       U("e-mails"),
				       U("seconds"),
				       U("recipients"),
				       U("secs"),
				       U("sec"),
				       U("minutes"),
				       U("mins"),
				       U("min"),
				       U("hours"),
				       U("hrs"),
				       U("days"),
				       U("weeks"),
				       U("ms"),
				       U("milliseconds"),
				       U("chars"),
				       U("lines"),
				       U("times"),
				       U("characters"),
				       U("connections"),
				       U("hops"),
				       U("users"),
				       U("percent"),
				       U("attempts"),
				       U("per"),
				       U("of"),
				       U("kbytes"),
				       U("mbytes"),
				       U("sekunden"),
				       U("minuten"),
				       U("secondes"),
				       U("segundos"),
				       U("minutos"),
				       U("m"),
				       U("k"),
				       U("s"),
				       U("h")};
#undef U
	mw_str w;

	if (after.len < 2 || after.ptr[0] != ' ' || !mwi_is_alpha(after.ptr[1]))
		return false;
	w = (mw_str){after.ptr + 1, 1};
	while (w.len + 1 < after.len &&
	       (mwi_is_alpha(w.ptr[w.len]) || w.ptr[w.len] == '-'))
		w.len++;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (w.len == units[i].len && mw_str_find(w, units[i]) == 0)
			return true;
	return false;
}

/* "450 555 0100", "(450) 555-0100": more digits in groups. */
static bool is_telephone(mw_str after)
{
	size_t n = 0;

	while (after.len > 0 &&
	       (after.ptr[0] == ')' || after.ptr[0] == ' ' || after.ptr[0] == '-'))
		after = mw_str_skip(after, 1);
	while (n < after.len && mwi_is_digit(after.ptr[n]))
		n++;
	return n == 3 && after.len > 7 && (after.ptr[3] == ' ' || after.ptr[3] == '-') &&
	       mwi_is_digit(after.ptr[4]) && mwi_is_digit(after.ptr[5]) &&
	       mwi_is_digit(after.ptr[6]) && mwi_is_digit(after.ptr[7]);
}

/* What follows the three digits leaves them a number of their own. */
static bool stands_alone(mw_str after)
{
	const char c = after.len > 0 ? after.ptr[0] : ' ';
	const char next = after.len > 1 ? after.ptr[1] : ' ';

	if (mwi_is_alnum(c) || c == '/' || c == '%' || c == '@' || c == '_' || c == '=')
		return false;
	if ((c == '.' || c == ',' || c == ':') && mwi_is_digit(next))
		return false;
	if (is_telephone(after))
		return false;
	/* "550-5.1.1" and "550-Text" are replies; "415-555-0100" is a telephone. */
	if (c == '-' && mwi_is_digit(next)) {
		mw_enhanced e;

		return mw_enhanced_read(&e, mw_str_skip(after, 1)) > 0;
	}
	return !mwi_is_measure(after);
}

static bool follows_status(mw_str after)
{
	mw_enhanced e;

	after = mw_str_skip(after, 1);
	while (after.len > 0 &&
	       (after.ptr[0] == '#' || after.ptr[0] == ' ' || after.ptr[0] == '\'' ||
		after.ptr[0] == 'b' || after.ptr[0] == '"' || after.ptr[0] == '('))
		after = mw_str_skip(after, 1);
	return mw_enhanced_read(&e, after) > 0;
}

/* Does `before` end with `word` (lower-case), ASCII case ignored? */
static bool ends_with(mw_str before, const char *word)
{
	const mw_str w = mw_str_of(word);

	return before.len >= w.len &&
	       mw_str_find(mw_str_skip(before, before.len - w.len), w) == 0;
}

/* Without what stands between a word and its number: blanks, quotes, brackets, b'. */
static mw_str without_opening(mw_str before)
{
	if (ends_with(before, "b'") || ends_with(before, "b\""))
		before.len -= 2;
	while (before.len > 0) {
		const char c = before.ptr[before.len - 1];

		if (c != ' ' && c != '\'' && c != '"' && c != '(' && c != '[' &&
		    c != '{' && c != ':' && c != '=' && c != '#' && c != '\n' &&
		    c != '`' && c != '<')
			break;
		before.len--;
	}
	return before;
}

/* Words that hand over to what another server said. */
static bool hands_over(mw_str before)
{
	static const char *const words[] = {
		"said",
		"returned",
		"responded",
		"replied",
		"responded with",
		"response was",
		"response",
		"answered",
		"server message",
		"responded to our",
		"smtp;",
		"server replied",
		"remote server returned",
		"diagnostic-code",
		"<<",
		"rejected it saying",
		"with error",
		"error from remote mail server",
		"response from server",
		"antwortete",
		"a répondu",
		"server response",
		"the error was",
		"error message was",
		"the error that the other server returned was"};

	before = without_opening(before);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (ends_with(before, words[i]))
			return true;
	return false;
}

/* "SMTP error from remote mail server after RCPT TO:<a@example.org>: 550": Exim. */
static bool follows_command(mw_str before)
{
	static const char *const ends[] = {"after rcpt to:<",
					   "after mail from:<",
					   "after end of data",
					   "after pipelined end of data",
					   "after initial connection",
					   "after data",
					   "after ehlo",
					   "after helo",
					   "after sending data block",
					   "after pipelined rcpt to:<",
					   "after pipelined mail from:<",
					   "after starttls",
					   "after auth"};
	const mw_str tail = mw_str_skip(before, before.len > 400 ? before.len - 400 : 0);

	if (!ends_with(before, ": ") || mw_str_find(tail, MW_LIT("after ")) == tail.len)
		return false;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		const size_t at = mw_str_find(tail, mw_str_of(ends[i]));

		if (at < tail.len)
			return memchr(tail.ptr + at, '\n', tail.len - at) == NULL;
	}
	return false;
}

static bool is_label(mw_str before)
{
	static const char *const words[] = {
		"code",   "status",   "error",    "errno",     "err",
		"number", "smtp",     "fehler",   "erreur",    "fout",
		"errore", "codigo",   "código",   "шибка",     "responsecode",
		"reply",  "err_code", "smtpcode", "fehlercode"};

	before = without_opening(before);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (ends_with(before, words[i]))
			return true;
	return false;
}

/* A label behind which the code alone stands: "SMTP code: 550", "responseCode: 550". */
static bool is_code_label(mw_str before)
{
	before = without_opening(before);
	return ends_with(before, "code") || ends_with(before, "status") ||
	       ends_with(before, "errno");
}

static mwi_intro intro_of(mw_str before, mw_str after)
{
	char c = before.len > 0 ? before.ptr[before.len - 1] : '\n';

	/* A dialogue; a reply told by another: "<a@b>... 550 Host unknown". */
	if (ends_with(before, "<<< ") || ends_with(before, ">... "))
		return MWI_INTRO_QUOTE;
	/* Set in, at the front of a line. */
	if (c == ' ' || c == '\t') {
		size_t n = before.len;

		while (n > 0 && (before.ptr[n - 1] == ' ' || before.ptr[n - 1] == '\t'))
			n--;
		if (n > 0 && before.ptr[n - 1] == '\n')
			c = '\n';
	}
	if (ends_with(without_opening(before), "port"))
		return MWI_INTRO_NONE;

	if (hands_over(before) || follows_command(before))
		return MWI_INTRO_QUOTE;
	if (is_code_label(before))
		return MWI_INTRO_LABEL;
	if (c == '\n' || follows_status(after))
		return MWI_INTRO_FRONT;
	if ((c == '#' && before.len == 1) || is_label(before))
		return MWI_INTRO_LABEL;
	if (ends_with(before, ": ") || ends_with(before, "> ") ||
	    (after.len > 1 && after.ptr[0] == '-' && after.ptr[1] == '\'') ||
	    ends_with(before, ">:") || ends_with(before, "], ") ||
	    ends_with(before, ") ") || c == '\'' || c == '"' || c == '(' || c == '`' ||
	    ends_with(before, "; "))
		return MWI_INTRO_FRONT;
	return MWI_INTRO_NONE;
}

static bool is_code_here(mw_str s, size_t i)
{
	const char *p = s.ptr + i;

	if (p[0] < '2' || p[0] > '5' || !mwi_is_digit(p[1]) || !mwi_is_digit(p[2]))
		return false;
	if (i > 0 && !opens(s.ptr[i - 1]))
		return false;
	/* "mx.example.org:587" is a port. */
	if (i > 1 && s.ptr[i - 1] == ':' &&
	    (mwi_is_alnum(s.ptr[i - 2]) || s.ptr[i - 2] == ']')) {
		const mw_str w = word_around(s, i);

		if (memchr(w.ptr, '.', (size_t)(p - w.ptr)) != NULL)
			return false;
	}
	return stands_alone(mw_str_skip(s, i + 3)) && !in_name(s, i);
}

bool mwi_code_next(mw_str s, size_t from, mwi_code_at *out)
{
	for (size_t i = from; i + 3 <= s.len; i++) {
		if (!mwi_is_digit(s.ptr[i]) || !is_code_here(s, i))
			continue;
		const mwi_intro intro =
			intro_of(mw_str_head(s, i), mw_str_skip(s, i + 3));

		if (intro == MWI_INTRO_NONE)
			continue;
		*out = (mwi_code_at){
			.pos = i,
			.code = (s.ptr[i] - '0') * 100 + (s.ptr[i + 1] - '0') * 10 +
				(s.ptr[i + 2] - '0'),
			.intro = intro,
		};
		return true;
	}
	return false;
}
