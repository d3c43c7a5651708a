/* SPDX-License-Identifier: MIT
 *
 * The arguments of MAIL and RCPT. Each parameter is a row of a table: who may use it and
 * how it is read.
 */
#include "base/ascii.h"
#include "smtp/command.h"

/* RFC 3461, section 4.4 and 4.2; RFC 4954, section 5. */
#define ENVID_MAX 100
#define ORCPT_MAX 500
#define AUTH_MAX  500

/* What a parameter is read into; one of the two is NULL. */
typedef struct target {
	mw_mail *mail;
	mw_rcpt *rcpt;
} target;

typedef struct parameter {
	const char *name;
	bool of_mail;
	unsigned extension; /* 0: always */
	bool (*read)(target *t, mw_str value, bool has_value);
} parameter;

static const mwi_wrong nothing = {MW_ANSWER_COUNT, {"", 0}};

static bool read_size(target *t, mw_str value, bool has_value)
{
	return has_value && mwi_number_read(&t->mail->size, value) == MW_OK;
}

static bool read_body(target *t, mw_str value, bool has_value)
{
	if (!has_value)
		return false;
	if (mwi_equal(value, MW_LIT("7bit")))
		t->mail->body = MW_BODY_7BIT;
	else if (mwi_equal(value, MW_LIT("8bitmime")))
		t->mail->body = MW_BODY_8BITMIME;
	else if (mwi_equal(value, MW_LIT("binarymime")))
		t->mail->body = MW_BODY_BINARYMIME;
	else
		return false;
	return true;
}

static bool read_smtputf8(target *t, mw_str value, bool has_value)
{
	(void)value;
	t->mail->smtputf8 = true;
	return !has_value;
}

static bool read_requiretls(target *t, mw_str value, bool has_value)
{
	(void)value;
	t->mail->requiretls = true;
	return !has_value;
}

static bool read_ret(target *t, mw_str value, bool has_value)
{
	if (mwi_equal(value, MW_LIT("full")))
		t->mail->ret = MW_RET_FULL;
	else if (mwi_equal(value, MW_LIT("hdrs")))
		t->mail->ret = MW_RET_HDRS;
	else
		return false;
	return has_value;
}

/* xtext that decodes to something printable. */
static bool is_xtext(mw_str s, size_t max)
{
	char room[ORCPT_MAX];
	mw_buf b;

	mw_buf_init(&b, room, sizeof room);
	return s.len > 0 && s.len <= max && mw_xtext_decode(&b, s) == MW_OK;
}

static bool read_envid(target *t, mw_str value, bool has_value)
{
	t->mail->envid = value;
	return has_value && is_xtext(value, ENVID_MAX);
}

static bool read_auth(target *t, mw_str value, bool has_value)
{
	t->mail->auth = value;
	return has_value && (mw_str_eq(value, MW_LIT("<>")) || is_xtext(value, AUTH_MAX));
}

static bool read_notify(target *t, mw_str value, bool has_value)
{
	static const struct {
		mw_str word;
		unsigned bit;
	} words[] = {{{"never", 5}, MW_NOTIFY_NEVER},
		     {{"success", 7}, MW_NOTIFY_SUCCESS},
		     {{"failure", 7}, MW_NOTIFY_FAILURE},
		     {{"delay", 5}, MW_NOTIFY_DELAY}};

	for (mw_str rest = value; has_value;) {
		const char *comma = memchr(rest.ptr, ',', rest.len);
		const size_t n = comma != NULL ? (size_t)(comma - rest.ptr) : rest.len;
		unsigned bit = 0;

		for (size_t i = 0; i < sizeof words / sizeof *words; i++)
			if (mwi_equal(mw_str_head(rest, n), words[i].word))
				bit = words[i].bit;
		if (bit == 0 || (t->rcpt->notify & bit) != 0)
			return false;
		t->rcpt->notify |= bit;
		if (comma == NULL)
			break;
		rest = mw_str_skip(rest, n + 1);
	}
	/* NEVER stands alone. */
	return has_value && ((t->rcpt->notify & MW_NOTIFY_NEVER) == 0 ||
			     t->rcpt->notify == MW_NOTIFY_NEVER);
}

/* "rfc822;" and xtext, or "utf-8;" and what RFC 6533 allows. */
static bool read_orcpt(target *t, mw_str value, bool has_value)
{
	const char *semicolon = memchr(value.ptr, ';', value.len);

	t->rcpt->orcpt = value;
	if (!has_value || value.len > ORCPT_MAX || semicolon == NULL ||
	    semicolon == value.ptr)
		return false;
	for (const char *p = value.ptr; p < semicolon; p++)
		if (!mwi_is_alnum(*p) && *p != '-')
			return false;
	value = mw_str_skip(value, (size_t)(semicolon - value.ptr) + 1);
	return value.len > 0 &&
	       (mwi_equal(mw_str_head(t->rcpt->orcpt, 6), MW_LIT("utf-8;")) ||
		is_xtext(value, ORCPT_MAX));
}

static const parameter parameters[] = {
	{"size", true, MW_SMTP_SIZE, read_size},
	{"body", true, MW_SMTP_8BITMIME, read_body},
	{"smtputf8", true, MW_SMTP_UTF8, read_smtputf8},
	{"requiretls", true, MW_SMTP_REQUIRETLS, read_requiretls},
	{"ret", true, MW_SMTP_DSN, read_ret},
	{"envid", true, MW_SMTP_DSN, read_envid},
	{"auth", true, 0, read_auth},
	{"notify", false, MW_SMTP_DSN, read_notify},
	{"orcpt", false, MW_SMTP_DSN, read_orcpt},
};

static const parameter *find(mw_str name, bool of_mail, unsigned extensions)
{
	for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
		const parameter *p = &parameters[i];

		if (p->of_mail == of_mail && mwi_equal(name, mw_str_of(p->name)))
			return p->extension == 0 || (p->extension & extensions) != 0
				       ? p
				       : NULL;
	}
	return NULL;
}

static bool printable(mw_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7f)
			return false;
	return true;
}

static mwi_wrong read_parameters(target *t, mw_str rest, unsigned extensions, bool esmtp)
{
	unsigned seen = 0;
	mw_str word;

	while (mwi_word_next(&rest, &word)) {
		const char *equals = memchr(word.ptr, '=', word.len);
		const size_t n = equals != NULL ? (size_t)(equals - word.ptr) : word.len;
		const mw_str name = mw_str_head(word, n);
		const mw_str value = mw_str_skip(word, n + 1);
		const parameter *p = find(name, t->mail != NULL, extensions);
		unsigned bit;

		if (!esmtp)
			return (mwi_wrong){MW_ANSWER_EARLY_PARAMETER, name};
		if (p == NULL)
			return (mwi_wrong){MW_ANSWER_UNKNOWN_PARAMETER, name};
		bit = 1U << (p - parameters);
		if ((seen & bit) != 0 || !printable(value) ||
		    !p->read(t, value, equals != NULL))
			return (mwi_wrong){MW_ANSWER_BAD_PARAMETER, name};
		seen |= bit;
	}
	return nothing;
}

/* The path behind "FROM:" or "TO:"; blanks in front of it are an old and harmless habit.
 * *rest is what follows the path. */
static bool read_path(mw_str *address, mw_str *rest, mw_str argument, mw_str keyword,
		      bool utf8)
{
	ptrdiff_t n;

	if (!mwi_equal(mw_str_head(argument, keyword.len), keyword))
		return false;
	argument = mw_str_trim(mw_str_skip(argument, keyword.len));
	n = mw_path_read(address, argument, utf8);
	if (n < 0)
		return false;
	*rest = mw_str_skip(argument, (size_t)n);
	return rest->len == 0 || rest->ptr[0] == ' ' || rest->ptr[0] == '\t';
}

mwi_wrong mwi_mail_read(mw_mail *out, mw_str argument, unsigned extensions, bool esmtp)
{
	mw_mail mail = {.sender = {"", 0}, .envid = {"", 0}, .auth = {"", 0}};
	target t = {&mail, NULL};
	mw_str rest, local, domain;
	mwi_wrong wrong;

	if (!read_path(&mail.sender, &rest, argument, MW_LIT("from:"),
		       (extensions & MW_SMTP_UTF8) != 0))
		return (mwi_wrong){MW_ANSWER_BAD_SENDER, MW_LIT("")};
	wrong = read_parameters(&t, rest, extensions, esmtp);
	if (wrong.id != MW_ANSWER_COUNT)
		return wrong;
	if (mail.body == MW_BODY_BINARYMIME && (extensions & MW_SMTP_BINARYMIME) == 0)
		return (mwi_wrong){MW_ANSWER_UNKNOWN_PARAMETER,
				   MW_LIT("BODY=BINARYMIME")};
	if (!mwi_is_ascii(mail.sender) && !mail.smtputf8)
		return (mwi_wrong){MW_ANSWER_UTF8_ADDRESS, MW_LIT("")};
	mw_address_split(mail.sender, &local, &domain);
	if (mail.sender.len > 0 && domain.len == 0)
		return (mwi_wrong){MW_ANSWER_SENDER_SYNTAX, mail.sender};
	*out = mail;
	return nothing;
}

mwi_wrong mwi_rcpt_read(mw_rcpt *out, mw_str argument, unsigned extensions, bool esmtp)
{
	mw_rcpt rcpt = {.recipient = {"", 0}, .orcpt = {"", 0}};
	target t = {NULL, &rcpt};
	mw_str rest, local, domain;
	mwi_wrong wrong;

	/* Always read as UTF-8, so that the answer can say what is missing. */
	if (!read_path(&rcpt.recipient, &rest, argument, MW_LIT("to:"), true))
		return (mwi_wrong){MW_ANSWER_BAD_RECIPIENT, MW_LIT("")};
	mw_address_split(rcpt.recipient, &local, &domain);
	if (domain.len == 0 && !mwi_equal(local, MW_LIT("postmaster")))
		return (mwi_wrong){MW_ANSWER_BAD_RECIPIENT, MW_LIT("")};
	if (!mwi_is_ascii(rcpt.recipient) && (extensions & MW_SMTP_UTF8) == 0)
		return (mwi_wrong){MW_ANSWER_UTF8_ADDRESS, MW_LIT("")};
	wrong = read_parameters(&t, rest, extensions, esmtp);
	if (wrong.id != MW_ANSWER_COUNT)
		return wrong;
	*out = rcpt;
	return nothing;
}
