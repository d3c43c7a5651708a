/* SPDX-License-Identifier: MIT */
#include "engine/trace.h"

#include <stdio.h>
#include <time.h>

#include "net/tls.h"

/* RFC 3848, RFC 6531 (section 4.3), RFC 2033. */
static void put_protocol(mw_buf *out, const session *s)
{
	if (s->t->put.message.mail.smtputf8)
		mw_buf_put(out, MW_LIT("UTF8"));
	mw_buf_put(out, s->kind == SERVICE_LMTP           ? MW_LIT("LMTP")
			: s->t->put.message.mail.smtputf8 ? MW_LIT("SMTP")
			: s->esmtp                        ? MW_LIT("ESMTP")
							  : MW_LIT("SMTP"));
	if (conn_tls(s->c) != NULL)
		mw_buf_put_char(out, 'S');
	if (s->login[0] != '\0')
		mw_buf_put_char(out, 'A');
}

/* RFC 5322, section 3.3. */
static void put_date(mw_buf *out)
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	const time_t now = time(NULL);
	struct tm tm;
	char line[48];

	if (gmtime_r(&now, &tm) == NULL)
		return;
	snprintf(line, sizeof line, "%s, %d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday],
		 tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		 tm.tm_sec);
	mw_buf_put(out, mw_str_of(line));
}

static void put_client(mw_buf *out, const session *s)
{
	mw_buf_put(out, mw_str_of(s->helo));
	if (s->client.local)
		return;
	mw_buf_put(out, strchr(s->client.text, ':') != NULL ? MW_LIT(" ([IPv6:")
							    : MW_LIT(" (["));
	mw_buf_put(out, mw_str_of(s->client.text));
	mw_buf_put(out, MW_LIT("])"));
}

void trace_received(mw_buf *out, const session *s)
{
	mw_buf_put(out, MW_LIT("Received: from "));
	put_client(out, s);
	if (conn_tls(s->c) != NULL) {
		mw_buf_put(out, MW_LIT("\r\n\t(using "));
		tls_describe(conn_tls(s->c), out);
		mw_buf_put_char(out, ')');
	}
	mw_buf_put(out, MW_LIT("\r\n\tby "));
	mw_buf_put(out, s->policy->params[s->kind].hostname);
	mw_buf_put(out, MW_LIT(" (mailwhy) with "));
	put_protocol(out, s);
	mw_buf_put(out, MW_LIT(" id "));
	mw_buf_put(out, mw_str_of(s->t->id));
	/* With several it would tell each of the others. */
	if (s->t->count == 1) {
		mw_buf_put(out, MW_LIT("\r\n\tfor <"));
		mw_buf_put(out, s->t->as_given[0]);
		mw_buf_put_char(out, '>');
	}
	mw_buf_put(out, MW_LIT(";\r\n\t"));
	put_date(out);
	mw_buf_put(out, MW_LIT("\r\n"));
}

void trace_delivered(mw_buf *out, mw_str sender, mw_str recipient)
{
	mw_buf_put(out, MW_LIT("Return-Path: <"));
	mw_buf_put(out, sender);
	mw_buf_put(out, MW_LIT(">\r\nDelivered-To: "));
	mw_buf_put(out, recipient);
	mw_buf_put(out, MW_LIT("\r\n"));
}
