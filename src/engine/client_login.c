/* SPDX-License-Identifier: MIT */
#include "engine/client_login.h"

#include <gsasl.h>
#include <stdlib.h>

struct login_client {
	Gsasl *sasl;
	Gsasl_session *session;
	const char *mechanism;
	char *said; /* of gsasl's memory */
};

/* Best first. */
static const struct {
	unsigned bit;
	const char *name;
	bool shows_password, first;
} mechanisms[] = {
	{MW_SASL_SCRAM_SHA_256, "SCRAM-SHA-256", false, true},
	{MW_SASL_PLAIN, "PLAIN", true, true},
	{MW_SASL_LOGIN, "LOGIN", true, false},
};

static bool start(login_client *l, const char *user, const char *password)
{
	if (gsasl_init(&l->sasl) != GSASL_OK ||
	    gsasl_client_start(l->sasl, l->mechanism, &l->session) != GSASL_OK)
		return false;
	return gsasl_property_set(l->session, GSASL_AUTHID, user) == GSASL_OK &&
	       gsasl_property_set(l->session, GSASL_PASSWORD, password) == GSASL_OK;
}

login_client *login_client_open(unsigned offered, bool safe, const char *user,
				const char *password)
{
	login_client *l = calloc(1, sizeof *l);

	for (size_t i = 0;
	     l != NULL && i < sizeof mechanisms / sizeof *mechanisms && !l->mechanism;
	     i++)
		if ((offered & mechanisms[i].bit) != 0 &&
		    (safe || !mechanisms[i].shows_password))
			l->mechanism = mechanisms[i].name;
	if (l != NULL && (l->mechanism == NULL || !start(l, user, password)))
		login_client_close(&l);
	return l;
}

void login_client_close(login_client **l)
{
	if (*l == NULL)
		return;
	if ((*l)->said != NULL) {
		explicit_bzero((*l)->said, strlen((*l)->said));
		gsasl_free((*l)->said);
	}
	if ((*l)->session != NULL)
		gsasl_finish((*l)->session);
	if ((*l)->sasl != NULL)
		gsasl_done((*l)->sasl);
	free(*l);
	*l = NULL;
}

mw_str login_client_mechanism(const login_client *l)
{
	return mw_str_of(l->mechanism);
}

static mw_str step(login_client *l, const char *challenge)
{
	int rc;

	if (l->said != NULL) {
		explicit_bzero(l->said, strlen(l->said));
		gsasl_free(l->said);
		l->said = NULL;
	}
	rc = gsasl_step64(l->session, challenge, &l->said);
	if ((rc != GSASL_OK && rc != GSASL_NEEDS_MORE) || l->said == NULL)
		return MW_LIT("*");
	return mw_str_of(l->said);
}

mw_str login_client_first(login_client *l)
{
	for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++)
		if (strcmp(mechanisms[i].name, l->mechanism) == 0 && mechanisms[i].first)
			return step(l, "");
	return MW_LIT("");
}

mw_str login_client_answer(login_client *l, mw_str challenge)
{
	char *text = strndup(challenge.ptr, challenge.len);
	const mw_str said = text != NULL ? step(l, text) : MW_LIT("*");

	free(text);
	return said;
}
