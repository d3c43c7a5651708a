/* SPDX-License-Identifier: MIT
 *
 * The sentences of mail software (Postfix, Exim, Sendmail, msmtp, curl) and of the
 * libraries of programming languages, by the words that stay the same.
 */
#include "read/wrapper.h"

#include "base/ascii.h"
#include "read/field.h"

#define W(words)                                                                         \
	{                                                                                \
		words, sizeof(words) - 1                                                 \
	}

typedef enum what { STAGE, HOST, RECIPIENT } what;

/* Sorted by their first byte (tests/test_wrapper.c looks). Where several stages are told,
 * the lowest rank counts: what is longer stands before what it contains, and a reply
 * before a connection. */
static const struct phrase {
	mw_str words;
	what what;
	mw_stage stage;
	unsigned char rank;
} phrases[] = {
	{W(">>> rcpt to"), STAGE, MW_STAGE_RCPT, 59},
	{W(">>> mail from"), STAGE, MW_STAGE_MAIL, 60},
	{W(">>> data"), STAGE, MW_STAGE_DATA, 61},
	{W(">>> ."), STAGE, MW_STAGE_CONTENT, 62},
	{W("after end of data"), STAGE, MW_STAGE_CONTENT, 8},
	{W("after pipelined end of data"), STAGE, MW_STAGE_CONTENT, 9},
	{W("after sending data block"), STAGE, MW_STAGE_CONTENT, 10},
	{W("after rcpt to"), STAGE, MW_STAGE_RCPT, 11},
	{W("after pipelined rcpt to"), STAGE, MW_STAGE_RCPT, 12},
	{W("after mail from"), STAGE, MW_STAGE_MAIL, 13},
	{W("after pipelined mail from"), STAGE, MW_STAGE_MAIL, 14},
	{W("after initial connection"), STAGE, MW_STAGE_CONNECT, 15},
	{W("after ehlo"), STAGE, MW_STAGE_EHLO, 16},
	{W("after helo"), STAGE, MW_STAGE_EHLO, 17},
	{W("after starttls"), STAGE, MW_STAGE_TLS, 18},
	{W("after data"), STAGE, MW_STAGE_DATA, 19},
	{W("auth command failed"), STAGE, MW_STAGE_AUTH, 28},
	{W("authenticationfailedexception"), STAGE, MW_STAGE_AUTH, 44},
	{W("authenticationexception"), STAGE, MW_STAGE_AUTH, 45},
	{W("all recipients were rejected"), STAGE, MW_STAGE_RCPT, 50},
	{W("authentication failed (method"), STAGE, MW_STAGE_AUTH, 58},
	{W("connect to "), HOST, MW_STAGE_NONE, 0},
	{W("connection with "), HOST, MW_STAGE_NONE, 0},
	{W("conversation with "), HOST, MW_STAGE_NONE, 0},
	{W("could not authenticate"), STAGE, MW_STAGE_AUTH, 34},
	{W("command: 'rcpt to"), STAGE, MW_STAGE_RCPT, 46},
	{W("command: 'mail from"), STAGE, MW_STAGE_MAIL, 47},
	{W("command: 'data"), STAGE, MW_STAGE_CONTENT, 48},
	{W("command: 'auth"), STAGE, MW_STAGE_AUTH, 49},
	{W("data end command failed"), STAGE, MW_STAGE_CONTENT, 21},
	{W("data command failed"), STAGE, MW_STAGE_DATA, 22},
	{W("data not accepted"), STAGE, MW_STAGE_CONTENT, 31},
	{W("ehlo command failed"), STAGE, MW_STAGE_EHLO, 25},
	{W("envelope from address"), STAGE, MW_STAGE_MAIL, 56},
	{W("following recipients failed"), STAGE, MW_STAGE_RCPT, 32},
	{W("following from address failed"), STAGE, MW_STAGE_MAIL, 33},
	{W("generating server: "), HOST, MW_STAGE_NONE, 0},
	{W("host "), HOST, MW_STAGE_NONE, 0},
	{W("h="), HOST, MW_STAGE_NONE, 0},
	{W("helo command failed"), STAGE, MW_STAGE_EHLO, 26},
	{W("in reply to end of data"), STAGE, MW_STAGE_CONTENT, 0},
	{W("in reply to data"), STAGE, MW_STAGE_DATA, 1},
	{W("in reply to rcpt to"), STAGE, MW_STAGE_RCPT, 2},
	{W("in reply to mail from"), STAGE, MW_STAGE_MAIL, 3},
	{W("in reply to ehlo"), STAGE, MW_STAGE_EHLO, 4},
	{W("in reply to helo"), STAGE, MW_STAGE_EHLO, 5},
	{W("in reply to auth"), STAGE, MW_STAGE_AUTH, 6},
	{W("in reply to starttls"), STAGE, MW_STAGE_TLS, 7},
	{W("invalid login"), STAGE, MW_STAGE_AUTH, 51},
	{W("login denied"), STAGE, MW_STAGE_AUTH, 55},
	{W("mail from command failed"), STAGE, MW_STAGE_MAIL, 24},
	{W("message failed"), STAGE, MW_STAGE_CONTENT, 52},
	{W("mail failed"), STAGE, MW_STAGE_MAIL, 54},
	{W("not accepted by the server"), STAGE, MW_STAGE_RCPT, 57},
	{W("password command failed"), STAGE, MW_STAGE_AUTH, 29},
	{W("remote server "), HOST, MW_STAGE_NONE, 0},
	{W("remote host "), HOST, MW_STAGE_NONE, 0},
	{W("relay="), HOST, MW_STAGE_NONE, 0},
	{W("rcpt to:<"), RECIPIENT, MW_STAGE_NONE, 0},
	{W("rcpt to: <"), RECIPIENT, MW_STAGE_NONE, 1},
	{W("recipient address "), RECIPIENT, MW_STAGE_NONE, 3},
	{W("refused to talk to me"), STAGE, MW_STAGE_CONNECT, 20},
	{W("rcpt to command failed"), STAGE, MW_STAGE_RCPT, 23},
	{W("rcpt failed"), STAGE, MW_STAGE_RCPT, 53},
	{W("server at "), HOST, MW_STAGE_NONE, 0},
	{W("smtprecipientsrefused: {'"), RECIPIENT, MW_STAGE_NONE, 4},
	{W("smtprecipientsrefused: {\""), RECIPIENT, MW_STAGE_NONE, 5},
	{W("starttls command failed"), STAGE, MW_STAGE_TLS, 27},
	{W("smtprecipientsrefused"), STAGE, MW_STAGE_RCPT, 35},
	{W("smtpsenderrefused"), STAGE, MW_STAGE_MAIL, 36},
	{W("smtpdataerror"), STAGE, MW_STAGE_CONTENT, 37},
	{W("smtpconnecterror"), STAGE, MW_STAGE_CONNECT, 38},
	{W("smtpheloerror"), STAGE, MW_STAGE_EHLO, 39},
	{W("smtpauthenticationerror"), STAGE, MW_STAGE_AUTH, 40},
	{W("smtpaddressfailedexception"), STAGE, MW_STAGE_RCPT, 41},
	{W("smtpsenderfailedexception"), STAGE, MW_STAGE_MAIL, 42},
	{W("smtpfailedrecipient"), STAGE, MW_STAGE_RCPT, 43},
	{W("timed out with "), HOST, MW_STAGE_NONE, 0},
	{W("to=<"), RECIPIENT, MW_STAGE_NONE, 2},
	{W("username command failed"), STAGE, MW_STAGE_AUTH, 30},
	{W("while talking to "), HOST, MW_STAGE_NONE, 0},
};

#define PHRASES (sizeof phrases / sizeof *phrases)

static bool is_host_byte(char c)
{
	return mwi_is_alnum(c) || c == '.' || c == '-' || c == '_';
}

/* The host name at the front of s, empty when it has no dot or is but a number. */
static mw_str read_host(mw_str s)
{
	mw_str h = {s.ptr, 0};
	bool dot = false, letter = false;

	while (h.len < s.len && is_host_byte(s.ptr[h.len]))
		h.len++;
	while (h.len > 0 && h.ptr[h.len - 1] == '.')
		h.len--;
	for (size_t i = 0; i < h.len; i++) {
		dot |= h.ptr[i] == '.';
		letter |= mwi_is_alpha(h.ptr[i]);
	}
	if (!dot || !letter || (h.len < s.len && s.ptr[h.len] == '@'))
		return MW_LIT("");
	return h;
}

static mw_str read_address(mw_str s)
{
	mw_str a = {s.ptr, 0};
	bool at = false;

	while (a.len < s.len && a.len < 320 && !mwi_is_blank(s.ptr[a.len]) &&
	       s.ptr[a.len] != '>' && s.ptr[a.len] != '\'' && s.ptr[a.len] != '"' &&
	       s.ptr[a.len] != '<') {
		at |= s.ptr[a.len] == '@';
		a.len++;
	}
	return at ? a : MW_LIT("");
}

/* What a text has told so far. */
typedef struct told {
	mw_stage stage;
	unsigned char rank; /* of the stage */
	mw_str host, recipient;
} told;

/* A phrase stands in front of `rest`. Of hosts the last counts: outer programs speak
 * first. Of recipients the first. */
static void take(told *t, const struct phrase *p, mw_str rest)
{
	mw_str found;

	switch (p->what) {
	case STAGE:
		if (t->stage == MW_STAGE_NONE || p->rank < t->rank) {
			t->stage = p->stage;
			t->rank = p->rank;
		}
		return;
	case HOST:
		found = read_host(rest);
		if (found.len > 0)
			t->host = found;
		return;
	case RECIPIENT:
		if (t->recipient.len == 0)
			t->recipient = read_address(rest);
		return;
	}
}

/* Where the phrases of each first letter begin; the last is that of '>'. */
static void index_phrases(unsigned char first[27])
{
	memset(first, 255, 27);
	for (size_t i = PHRASES; i-- > 0;) {
		const char c = phrases[i].words.ptr[0];

		first[mwi_is_alpha(c) ? c - 'a' : 26] = (unsigned char)i;
	}
}

static void look_at(told *t, mw_str rest, const unsigned char first[27])
{
	const char c = mwi_lower(rest.ptr[0]);
	size_t i = mwi_is_alpha(c) ? first[c - 'a'] : c == '>' ? first[26] : 255;

	for (; i < PHRASES && phrases[i].words.ptr[0] == c; i++) {
		const mw_str w = phrases[i].words;

		if (rest.len >= w.len && mwi_lower(rest.ptr[1]) == w.ptr[1] &&
		    mwi_begins(rest, w))
			take(t, &phrases[i], mw_str_skip(rest, w.len));
	}
}

void mwi_wrapper_read(mw_outcome *out, mw_str evidence)
{
	told t = {.host = MW_LIT(""), .recipient = MW_LIT("")};
	unsigned char first[27];
	bool inside = false;

	index_phrases(first);
	for (size_t at = 0; at < evidence.len; at++) {
		const char c = evidence.ptr[at];

		/* Where a word begins. */
		if (!inside && c != ' ')
			look_at(&t, mw_str_skip(evidence, at), first);
		inside = mwi_is_alnum(c);
	}
	if (out->stage == MW_STAGE_NONE)
		out->stage = t.stage;
	if (out->remote.len == 0)
		out->remote = t.host;
	if (out->recipient.len == 0)
		out->recipient = t.recipient;
}

/* qmail-remote closes with "Giving up on 192.0.2.1." */
static mw_str without_giving_up(mw_str text)
{
	const mw_str words = MW_LIT("giving up on ");
	const size_t at = mw_str_find(text, words);
	const mw_str behind = mw_str_skip(text, at + words.len);

	return behind.len > 0 && mwi_is_digit(behind.ptr[0]) ? mw_str_head(text, at)
							     : text;
}

/* What the quoting program puts behind the words. */
static const mw_str tails[] = {
	W(" (in reply to "),
	W("' (delivery attempts:"),
	W(" (delivery attempts:"),
	W(" additional smtp info:"),
	W("\n\tat "),
	W("\nat "),
	W(", \"command\":"),
	W(", command: '"),
	W("\nmsmtp:"),
};

/* Does a tail begin at the front of s? Asked of few bytes. */
static bool begins_tail(mw_str s)
{
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
		if (tails[i].ptr[0] == s.ptr[0] && mwi_begins(s, tails[i]))
			return true;
	return false;
}

mw_str mwi_wrapper_cut(mw_str text)
{
	for (size_t i = 0; i + 1 < text.len; i++) {
		const char c = text.ptr[i], next = text.ptr[i + 1];

		if (((c == ' ' && (next == '(' || mwi_lower(next) == 'a')) || c == '\n' ||
		     ((c == ',' || c == '\'') && next == ' ')) &&
		    begins_tail(mw_str_skip(text, i))) {
			text = mw_str_head(text, i);
			break;
		}
	}
	return without_giving_up(text);
}
