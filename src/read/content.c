/* SPDX-License-Identifier: MIT */
#include "read/content.h"

#include "read/field.h"

#define T(words, role)                                                                   \
	{                                                                                \
		{words, sizeof(words) - 1}, role                                         \
	}

/* The first that a type begins with counts. */
static const struct {
	mw_str type;
	mwi_role role;
} types[] = {
	T("multipart/", MWI_ROLE_MULTIPART),
	T("text/rfc822", MWI_ROLE_HEAD), /* -headers; -header is written too */
	T("text/html", MWI_ROLE_HTML),
	T("text", MWI_ROLE_TEXT),
	T("message/delivery-status", MWI_ROLE_STATUS),
	T("message/global-delivery-status", MWI_ROLE_STATUS),
	T("message/tracking-status", MWI_ROLE_STATUS),
	T("message/feedback-report", MWI_ROLE_FEEDBACK),
	T("message/disposition-notification", MWI_ROLE_DISPOSITION),
	T("message/global-disposition-notification", MWI_ROLE_DISPOSITION),
	T("message/global-headers", MWI_ROLE_HEAD),
	T("message/external-body", MWI_ROLE_SKIP),
	T("message/", MWI_ROLE_MESSAGE), /* rfc822, global, partial, news ... */
};

static mwi_role role_of(mw_str type)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (mwi_begins(type, types[i].type))
			return types[i].role;
	return MWI_ROLE_SKIP;
}

static size_t copy(char *out, size_t cap, mw_str s)
{
	if (s.len > cap)
		return 0;
	if (s.len > 0)
		memcpy(out, s.ptr, s.len);
	return s.len;
}

void mwi_content_reset(mwi_content *c)
{
	c->role = MWI_ROLE_TEXT;
	c->stated = c->digest = c->headed = false;
	c->encoding = MWI_ENCODING_PLAIN;
	c->boundary_len = c->charset_len = 0;
}

static void read_type(mwi_content *c, mw_str value)
{
	if (c->stated || value.len == 0)
		return;
	c->stated = true;
	c->role = role_of(value);
	c->digest = mwi_begins(value, MW_LIT("multipart/digest"));
	c->boundary_len = copy(c->boundary, sizeof c->boundary,
			       mw_str_trim(mwi_parameter(value, MW_LIT("boundary"))));
	c->charset_len = copy(c->charset, sizeof c->charset,
			      mwi_parameter(value, MW_LIT("charset")));
}

void mwi_content_field(mwi_content *c, mwi_field f, mw_str value)
{
	if (f == MWI_FIELD_CONTENT_TYPE)
		read_type(c, value);
	else if (f == MWI_FIELD_CONTENT_ENCODING)
		c->encoding = mwi_encoding_of(value);
	else if (f == MWI_FIELD_RETURN_PATH || f == MWI_FIELD_FROM ||
		 f == MWI_FIELD_MESSAGE_ID || f == MWI_FIELD_SUBJECT)
		c->headed = true;
}
