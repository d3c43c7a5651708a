/* SPDX-License-Identifier: MIT */
#include "smtp/command.h"

#include "base/ascii.h"

/* By mwi_command; then what RFC 821, 1985 and 5321 name and we don't have. */
static const char *const verbs[] = {"helo", "ehlo", "lhlo", "mail",     "rcpt",
				    "data", "bdat", "rset", "noop",     "quit",
				    "vrfy", "expn", "help", "starttls", "auth"};
static const char *const known[] = {"turn", "send", "soml", "saml",
				    "etrn", "atrn", "burl"};

bool mwi_word_next(mw_str *rest, mw_str *word)
{
	size_t n = 0;

	while (rest->len > 0 && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t'))
		*rest = mw_str_skip(*rest, 1);
	while (n < rest->len && rest->ptr[n] != ' ' && rest->ptr[n] != '\t')
		n++;
	*word = mw_str_head(*rest, n);
	*rest = mw_str_skip(*rest, n);
	return n > 0;
}

mwi_command mwi_command_read(mw_str line, mw_str *argument)
{
	mw_str verb;

	*argument = mw_str_head(line, 0);
	/* A blank in front of a verb is no command. */
	if (line.len == 0 || line.ptr[0] == ' ' || !mwi_word_next(&line, &verb))
		return MWI_STRANGE;
	*argument = mw_str_trim(line);
	for (int i = 0; i < MWI_KNOWN; i++)
		if (mwi_equal(verb, mw_str_of(verbs[i])))
			return (mwi_command)i;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (mwi_equal(verb, mw_str_of(known[i])))
			return MWI_KNOWN;
	return MWI_STRANGE;
}

mw_status mwi_number_read(uint64_t *out, mw_str s)
{
	uint64_t n = 0;

	if (s.len == 0 || s.len > 18)
		return MW_E_SYNTAX;
	for (size_t i = 0; i < s.len; i++) {
		if (!mwi_is_digit(s.ptr[i]))
			return MW_E_SYNTAX;
		n = n * 10 + (uint64_t)(s.ptr[i] - '0');
	}
	*out = n;
	return MW_OK;
}
