/* SPDX-License-Identifier: MIT */
#include "engine/policy.h"

#include <stdlib.h>
#include <unistd.h>

#include "net/tls.h"

#define X(name, text) text,
static const char *const names[] = {SERVICE_MAP(X)};
#undef X

const char *service_name(service s)
{
	return names[s];
}

static unsigned extensions(const settings *s, bool tls)
{
	unsigned e = MW_SMTP_8BITMIME | MW_SMTP_ENHANCED | MW_SMTP_SIZE | MW_SMTP_LIMITS;

	if (s->protocol.pipelining)
		e |= MW_SMTP_PIPELINING;
	if (s->protocol.chunking)
		e |= MW_SMTP_CHUNKING;
	if (s->protocol.binarymime)
		e |= MW_SMTP_BINARYMIME;
	if (s->protocol.smtputf8)
		e |= MW_SMTP_UTF8;
	if (s->protocol.dsn)
		e |= MW_SMTP_DSN;
	if (tls)
		e |= MW_SMTP_STARTTLS | (s->protocol.requiretls ? MW_SMTP_REQUIRETLS : 0);
	return e;
}

static void fill_params(policy *p, service kind)
{
	const settings *s = p->settings;
	const bool submission = kind == SERVICE_SUBMISSION || kind == SERVICE_SUBMISSIONS;
	/* Nobody can log in where nobody has a password. */
	const bool by_path = kind == SERVICE_LMTP || kind == SERVICE_LOCAL;
	const bool logins = s->local.users[0] != '\0' && !by_path;

	p->params[kind] = (mw_smtp_params){
		.hostname = mw_str_of(p->hostname),
		.lmtp = kind == SERVICE_LMTP,
		.extensions = extensions(s, p->tls != NULL && !by_path),
		.mechanisms = logins ? s->auth.mechanisms : 0,
		.auth_plaintext = s->auth.plaintext,
		.auth_required = submission,
		.bare_line_ends = s->protocol.bare_line_ends,
		.early_talk = s->protocol.early_talk,
		.size_max = s->limits.message_size,
		.command_max = (unsigned)s->limits.command_line,
		.line_max = (unsigned)s->limits.line,
		.header_max = (unsigned)s->limits.header,
		.hops_max = (unsigned)s->limits.hops,
		.rcpt_max = (unsigned)s->limits.recipients,
		.mail_max = (unsigned)s->limits.messages_per_session,
		.errors_max = (unsigned)s->limits.errors,
		.idle = (unsigned)s->limits.idle_timeout,
		.data = (unsigned)s->limits.data_timeout,
	};
}

/* A scenario speaks as another system does. */
static void act_as(policy *p)
{
	const scenario_settings *as = scenario_settings_of(p->scenario);

	for (int i = 0; i < SERVICE_COUNT; i++) {
		mw_smtp_params *to = &p->params[i];

		if (as->host.len > 0)
			to->hostname = as->host;
		if (as->has_extensions) {
			to->extensions = as->extensions;
			if (p->tls == NULL)
				to->extensions &=
					~(MW_SMTP_STARTTLS | MW_SMTP_REQUIRETLS);
			if (as->size_max != 0)
				to->size_max = as->size_max;
		}
		if (as->has_mechanisms)
			to->mechanisms = as->mechanisms;
		to->errors_max = 0;
	}
}

static void tell_complaint(void *ctx, place at, const char *msg)
{
	problem_add(ctx, (problem){.file = at.file, .line = at.line}, "%u: %s", at.column,
		    msg);
}

static bool open_scenario(policy *p, uint64_t seed, problems *told)
{
	complaints c = {tell_complaint, told, 0};
	const char *what = p->settings->test.scenario;

	if (what[0] == '\0')
		return true;
	if (scenario_open(&p->scenario, what, seed, &c) != MW_OK) {
		if (c.count == 0)
			problem_add(
				told,
				settings_place(p->settings, &p->settings->test.scenario),
				"%s can't be read", what);
		return false;
	}
	act_as(p);
	return true;
}

static bool open_tls(policy *p, problems *told)
{
	const settings *s = p->settings;
	char why[256];

	if (s->tls.certificate[0] == '\0')
		return true;
	p->tls = tls_server(s->tls.certificate, s->tls.key, s->tls.minimum == 1, why);
	if (p->tls == NULL)
		problem_add(told, settings_place(s, &s->tls.certificate), "%s", why);
	return p->tls != NULL;
}

static void name_host(policy *p)
{
	if (p->settings->server.hostname[0] != '\0') {
		snprintf(p->hostname, sizeof p->hostname, "%s",
			 p->settings->server.hostname);
		return;
	}
	if (gethostname(p->hostname, sizeof p->hostname - 1) != 0 ||
	    !mw_domain_valid(mw_str_of(p->hostname), false))
		memcpy(p->hostname, "localhost", sizeof "localhost");
}

policy *policy_open(settings *s, uint64_t seed, problems *told)
{
	policy *p = calloc(1, sizeof *p);

	if (p == NULL) {
		problem_add(told, (problem){.file = "mailwhy"}, "out of memory");
		return NULL;
	}
	p->holders = 1;
	p->settings = settings_hold(s);
	name_host(p);
	if (!settings_schedule(&p->schedule, s, told) ||
	    (p->routes = routes_open(s, told)) == NULL || !open_tls(p, told) ||
	    accounts_open(&p->accounts, s, told) != MW_OK) {
		policy_drop(p);
		return NULL;
	}
	for (int i = 0; i < SERVICE_COUNT; i++)
		fill_params(p, (service)i);
	if (!open_scenario(p, seed, told)) {
		policy_drop(p);
		return NULL;
	}
	return p;
}

policy *policy_hold(policy *p)
{
	atomic_fetch_add(&p->holders, 1);
	return p;
}

void policy_drop(policy *p)
{
	if (p == NULL || atomic_fetch_sub(&p->holders, 1) != 1)
		return;
	scenario_close(&p->scenario);
	routes_close(&p->routes);
	SSL_CTX_free(p->tls);
	accounts_drop(p->accounts);
	settings_drop(p->settings);
	free(p);
}

bool policy_keeps(const policy *p)
{
	return p->scenario != NULL || p->settings->test.keep;
}

bool policy_relays_for(const policy *p, const unsigned char address[16])
{
	return value_networks_have(&p->settings->relay.networks, address);
}
