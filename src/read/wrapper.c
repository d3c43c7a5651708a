/* SPDX-License-Identifier: MIT
 *
 * The sentences of mail software (Postfix, Exim, Sendmail, msmtp, curl) and of the
 * libraries of programming languages, by the words that stay the same.
 */
#include "read/wrapper.h"

#include "base/ascii.h"

/* First match wins: what is longer stands before what it contains. */
static const struct {
	const char *words;
	mw_stage stage;
} stages[] = {
	{"in reply to end of data", MW_STAGE_CONTENT},
	{"in reply to data", MW_STAGE_DATA},
	{"in reply to rcpt to", MW_STAGE_RCPT},
	{"in reply to mail from", MW_STAGE_MAIL},
	{"in reply to ehlo", MW_STAGE_EHLO},
	{"in reply to helo", MW_STAGE_EHLO},
	{"in reply to auth", MW_STAGE_AUTH},
	{"in reply to starttls", MW_STAGE_TLS},
	{"after end of data", MW_STAGE_CONTENT},
	{"after pipelined end of data", MW_STAGE_CONTENT},
	{"after sending data block", MW_STAGE_CONTENT},
	{"after rcpt to", MW_STAGE_RCPT},
	{"after pipelined rcpt to", MW_STAGE_RCPT},
	{"after mail from", MW_STAGE_MAIL},
	{"after pipelined mail from", MW_STAGE_MAIL},
	{"after initial connection", MW_STAGE_CONNECT},
	{"after ehlo", MW_STAGE_EHLO},
	{"after helo", MW_STAGE_EHLO},
	{"after starttls", MW_STAGE_TLS},
	{"after data", MW_STAGE_DATA},
	{"refused to talk to me", MW_STAGE_CONNECT},
	{"data end command failed", MW_STAGE_CONTENT},
	{"data command failed", MW_STAGE_DATA},
	{"rcpt to command failed", MW_STAGE_RCPT},
	{"mail from command failed", MW_STAGE_MAIL},
	{"ehlo command failed", MW_STAGE_EHLO},
	{"helo command failed", MW_STAGE_EHLO},
	{"starttls command failed", MW_STAGE_TLS},
	{"auth command failed", MW_STAGE_AUTH},
	{"password command failed", MW_STAGE_AUTH},
	{"username command failed", MW_STAGE_AUTH},
	{"data not accepted", MW_STAGE_CONTENT},
	{"following recipients failed", MW_STAGE_RCPT},
	{"following from address failed", MW_STAGE_MAIL},
	{"could not authenticate", MW_STAGE_AUTH},
	{"smtprecipientsrefused", MW_STAGE_RCPT},
	{"smtpsenderrefused", MW_STAGE_MAIL},
	{"smtpdataerror", MW_STAGE_CONTENT},
	{"smtpconnecterror", MW_STAGE_CONNECT},
	{"smtpheloerror", MW_STAGE_EHLO},
	{"smtpauthenticationerror", MW_STAGE_AUTH},
	{"smtpaddressfailedexception", MW_STAGE_RCPT},
	{"smtpsenderfailedexception", MW_STAGE_MAIL},
	{"smtpfailedrecipient", MW_STAGE_RCPT},
	{"authenticationfailedexception", MW_STAGE_AUTH},
	{"authenticationexception", MW_STAGE_AUTH},
	{"command: 'rcpt to", MW_STAGE_RCPT},
	{"command: 'mail from", MW_STAGE_MAIL},
	{"command: 'data", MW_STAGE_CONTENT},
	{"command: 'auth", MW_STAGE_AUTH},
	{"all recipients were rejected", MW_STAGE_RCPT},
	{"invalid login", MW_STAGE_AUTH},
	{"message failed", MW_STAGE_CONTENT},
	{"rcpt failed", MW_STAGE_RCPT},
	{"mail failed", MW_STAGE_MAIL},
	{"login denied", MW_STAGE_AUTH},
	{"not accepted by the server", MW_STAGE_RCPT},
	{"envelope from address", MW_STAGE_MAIL},
	{"authentication failed (method", MW_STAGE_AUTH},
	{">>> rcpt to", MW_STAGE_RCPT},
	{">>> mail from", MW_STAGE_MAIL},
	{">>> data", MW_STAGE_DATA},
	{">>> .", MW_STAGE_CONTENT},
};

/* Words in front of the name of the host that spoke. */
static const char *const hosts[] = {"host ",
				    "while talking to ",
				    "server at ",
				    "connect to ",
				    "connection with ",
				    "conversation with ",
				    "lost connection with ",
				    "timed out with ",
				    "remote server ",
				    "remote host ",
				    "relay=",
				    "generating server: "};

/* Words in front of the recipient's address. */
static const char *const recipients[] = {"rcpt to:<",  "rcpt to: <", " to=<",
					 "recipient address ", "refused: {'", "refused: {\""};

static mw_stage find_stage(mw_str s)
{
	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
		if (mw_str_find(s, mw_str_of(stages[i].words)) < s.len)
			return stages[i].stage;
	return MW_STAGE_NONE;
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

	while (h.len < s.len && is_host_byte(s.ptr[h.len])) {
		dot |= s.ptr[h.len] == '.';
		letter |= mwi_is_alpha(s.ptr[h.len]);
		h.len++;
	}
	while (h.len > 0 && h.ptr[h.len - 1] == '.')
		h.len--;
	if (!dot || !letter || (h.len < s.len && s.ptr[h.len] == '@'))
		return MW_LIT("");
	return h;
}

/* The last place counts: outer programs speak first. */
static mw_str find_host(mw_str s)
{
	mw_str best = MW_LIT("");
	size_t best_at = 0;

	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		const mw_str words = mw_str_of(hosts[i]);

		for (size_t at = 0; at < s.len;) {
			at += mw_str_find(mw_str_skip(s, at), words);
			if (at >= s.len)
				break;
			at += words.len;
			const mw_str h = read_host(mw_str_skip(s, at));

			if (h.len > 0 && at > best_at) {
				best = h;
				best_at = at;
			}
		}
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
	for (size_t i = 0; i < sizeof recipients / sizeof *recipients; i++) {
		const mw_str words = mw_str_of(recipients[i]);
		const size_t at = mw_str_find(s, words);
		const mw_str a = at < s.len ? read_address(mw_str_skip(s, at + words.len))
					    : MW_LIT("");

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

mw_str mwi_wrapper_cut(mw_str text)
{
	static const char *const tails[] = {" (in reply to ", " additional smtp info:",
					    "\nat com.", "\nat javax.", "\nat system.",
					    ", \"command\":", ", command: '"};

	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
		text = mw_str_head(text, mw_str_find(text, mw_str_of(tails[i])));
	return text;
}
