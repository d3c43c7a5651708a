/* SPDX-License-Identifier: MIT
 *
 * The sentences of mail software (Postfix, Exim, Sendmail, msmtp, curl) and of the
 * libraries of programming languages, by the words that stay the same.
 */
#include "read/wrapper.h"

#include "base/ascii.h"

#define W(words)                                                                         \
	{                                                                                \
		words, sizeof(words) - 1                                                 \
	}

/* First match wins: what is longer stands before what it contains. */
static const struct {
	mw_str words;
	mw_stage stage;
} stages[] = {
	{W("in reply to end of data"), MW_STAGE_CONTENT},
	{W("in reply to data"), MW_STAGE_DATA},
	{W("in reply to rcpt to"), MW_STAGE_RCPT},
	{W("in reply to mail from"), MW_STAGE_MAIL},
	{W("in reply to ehlo"), MW_STAGE_EHLO},
	{W("in reply to helo"), MW_STAGE_EHLO},
	{W("in reply to auth"), MW_STAGE_AUTH},
	{W("in reply to starttls"), MW_STAGE_TLS},
	{W("after end of data"), MW_STAGE_CONTENT},
	{W("after pipelined end of data"), MW_STAGE_CONTENT},
	{W("after sending data block"), MW_STAGE_CONTENT},
	{W("after rcpt to"), MW_STAGE_RCPT},
	{W("after pipelined rcpt to"), MW_STAGE_RCPT},
	{W("after mail from"), MW_STAGE_MAIL},
	{W("after pipelined mail from"), MW_STAGE_MAIL},
	{W("after initial connection"), MW_STAGE_CONNECT},
	{W("after ehlo"), MW_STAGE_EHLO},
	{W("after helo"), MW_STAGE_EHLO},
	{W("after starttls"), MW_STAGE_TLS},
	{W("after data"), MW_STAGE_DATA},
	{W("refused to talk to me"), MW_STAGE_CONNECT},
	{W("data end command failed"), MW_STAGE_CONTENT},
	{W("data command failed"), MW_STAGE_DATA},
	{W("rcpt to command failed"), MW_STAGE_RCPT},
	{W("mail from command failed"), MW_STAGE_MAIL},
	{W("ehlo command failed"), MW_STAGE_EHLO},
	{W("helo command failed"), MW_STAGE_EHLO},
	{W("starttls command failed"), MW_STAGE_TLS},
	{W("auth command failed"), MW_STAGE_AUTH},
	{W("password command failed"), MW_STAGE_AUTH},
	{W("username command failed"), MW_STAGE_AUTH},
	{W("data not accepted"), MW_STAGE_CONTENT},
	{W("following recipients failed"), MW_STAGE_RCPT},
	{W("following from address failed"), MW_STAGE_MAIL},
	{W("could not authenticate"), MW_STAGE_AUTH},
	{W("smtprecipientsrefused"), MW_STAGE_RCPT},
	{W("smtpsenderrefused"), MW_STAGE_MAIL},
	{W("smtpdataerror"), MW_STAGE_CONTENT},
	{W("smtpconnecterror"), MW_STAGE_CONNECT},
	{W("smtpheloerror"), MW_STAGE_EHLO},
	{W("smtpauthenticationerror"), MW_STAGE_AUTH},
	{W("smtpaddressfailedexception"), MW_STAGE_RCPT},
	{W("smtpsenderfailedexception"), MW_STAGE_MAIL},
	{W("smtpfailedrecipient"), MW_STAGE_RCPT},
	{W("authenticationfailedexception"), MW_STAGE_AUTH},
	{W("authenticationexception"), MW_STAGE_AUTH},
	{W("command: 'rcpt to"), MW_STAGE_RCPT},
	{W("command: 'mail from"), MW_STAGE_MAIL},
	{W("command: 'data"), MW_STAGE_CONTENT},
	{W("command: 'auth"), MW_STAGE_AUTH},
	{W("all recipients were rejected"), MW_STAGE_RCPT},
	{W("invalid login"), MW_STAGE_AUTH},
	{W("message failed"), MW_STAGE_CONTENT},
	{W("rcpt failed"), MW_STAGE_RCPT},
	{W("mail failed"), MW_STAGE_MAIL},
	{W("login denied"), MW_STAGE_AUTH},
	{W("envelope from address"), MW_STAGE_MAIL},
	{W("not accepted by the server"), MW_STAGE_RCPT},
	{W("authentication failed (method"), MW_STAGE_AUTH},
	{W(">>> rcpt to"), MW_STAGE_RCPT},
	{W(">>> mail from"), MW_STAGE_MAIL},
	{W(">>> data"), MW_STAGE_DATA},
	{W(">>> ."), MW_STAGE_CONTENT},
};

/* Words in front of the name of the host that spoke. */
static const mw_str hosts[] = {
	W("host "),           W("while talking to "),   W("server at "),
	W("connect to "),     W("connection with "),    W("conversation with "),
	W("timed out with "), W("remote server "),      W("remote host "),
	W("relay="),          W("generating server: "), W("h="),
};

/* Words in front of the recipient's address. */
static const mw_str recipients[] = {
	W("rcpt to:<"),
	W("rcpt to: <"),
	W("to=<"),
	W("recipient address "),
	W("smtprecipientsrefused: {'"),
	W("smtprecipientsrefused: {\""),
};

/* Does `words` (lower-case) stand at the front of s? */
static bool begins(mw_str s, mw_str words)
{
	return s.len >= words.len && mwi_lower(s.ptr[0]) == words.ptr[0] &&
	       mw_str_find(mw_str_head(s, words.len), words) == 0;
}

/* Steps to the next place where a word begins: *at is where, from *at on. */
static bool next_word(mw_str s, size_t *at)
{
	for (size_t i = *at; i < s.len; i++)
		if (!mwi_is_blank(s.ptr[i]) && (i == 0 || !mwi_is_alnum(s.ptr[i - 1]))) {
			*at = i;
			return true;
		}
	return false;
}

static mw_stage find_stage(mw_str s)
{
	size_t best = sizeof stages / sizeof *stages;

	for (size_t at = 0; next_word(s, &at); at++)
		for (size_t i = 0; i < best; i++)
			if (begins(mw_str_skip(s, at), stages[i].words))
				best = i;
	return best < sizeof stages / sizeof *stages ? stages[best].stage : MW_STAGE_NONE;
}

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

/* The last place counts: outer programs speak first. */
static mw_str find_host(mw_str s)
{
	mw_str best = MW_LIT("");

	for (size_t at = 0; next_word(s, &at); at++)
		for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
			const mw_str rest = mw_str_skip(s, at);
			const mw_str h =
				begins(rest, hosts[i])
					? read_host(mw_str_skip(rest, hosts[i].len))
					: MW_LIT("");

			if (h.len > 0)
				best = h;
		}
	return best;
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

static mw_str find_recipient(mw_str s)
{
	for (size_t at = 0; next_word(s, &at); at++)
		for (size_t i = 0; i < sizeof recipients / sizeof *recipients; i++) {
			const mw_str rest = mw_str_skip(s, at);

			if (!begins(rest, recipients[i]))
				continue;
			const mw_str a =
				read_address(mw_str_skip(rest, recipients[i].len));

			if (a.len > 0)
				return a;
		}
	return MW_LIT("");
}

void mwi_wrapper_read(mw_outcome *out, mw_str evidence)
{
	if (out->stage == MW_STAGE_NONE)
		out->stage = find_stage(evidence);
	if (out->remote.len == 0)
		out->remote = find_host(evidence);
	if (out->recipient.len == 0)
		out->recipient = find_recipient(evidence);
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

mw_str mwi_wrapper_cut(mw_str text)
{
	static const char *const tails[] = {
		" (in reply to ", "' (delivery attempts:", " (delivery attempts:",
		" additional smtp info:", "\n\tat ",  "\nat ",
		", \"command\":", ", command: '",           "\nmsmtp:",
	};

	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
		text = mw_str_head(text, mw_str_find(text, mw_str_of(tails[i])));
	return without_giving_up(text);
}
