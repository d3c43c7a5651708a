/* SPDX-License-Identifier: MIT
 *
 * Which record holds. What is cheap is asked first; what counts (rate) and what draws
 * (probability) last, so that only events that all else fits are counted and drawn for.
 */
#include <arpa/inet.h>

#include "base/ascii.h"
#include "engine/scenario_state.h"

#define IPV4_BITS 96 /* of a mapped address before the IPv4 one */

bool scenario_client_read(unsigned char out[16], mw_str client)
{
	char text[INET6_ADDRSTRLEN];

	if (client.len == 0 || client.len >= sizeof text)
		return false;
	memcpy(text, client.ptr, client.len);
	text[client.len] = '\0';
	memset(out, 0, 10);
	memset(out + 10, 0xff, 2);
	return strlen(text) == client.len && (inet_pton(AF_INET, text, out + 12) == 1 ||
					      inet_pton(AF_INET6, text, out) == 1);
}

static bool in_network(const scenario_pattern *p, const unsigned char client[16])
{
	const unsigned whole = p->bits / 8, rest = p->bits % 8;

	if (memcmp(p->prefix, client, whole) != 0)
		return false;
	return rest == 0 || ((p->prefix[whole] ^ client[whole]) >> (8 - rest)) == 0;
}

/* The bytes of the character at the front: '?' stands for one of them all. */
static size_t character(mw_str s)
{
	size_t n = 1;

	while (n < s.len && n < 4 && ((unsigned char)s.ptr[n] & 0xc0) == 0x80)
		n++;
	return n;
}

bool scenario_glob(mw_str glob, mw_str s)
{
	mw_str retry_glob = {NULL, 0}, retry = s;

	for (;;) {
		if (glob.len > 0 && glob.ptr[0] == '*') {
			glob = retry_glob = mw_str_skip(glob, 1);
			retry = s;
		} else if (glob.len > 0 && s.len > 0 && glob.ptr[0] == '?') {
			glob = mw_str_skip(glob, 1);
			s = mw_str_skip(s, character(s));
		} else if (glob.len > 0 && s.len > 0 &&
			   mwi_lower(glob.ptr[0]) == mwi_lower(s.ptr[0])) {
			glob = mw_str_skip(glob, 1);
			s = mw_str_skip(s, 1);
		} else if (glob.len == 0 && s.len == 0) {
			return true;
		} else if (retry_glob.ptr == NULL || retry.len == 0) {
			return false;
		} else {
			/* the last '*' takes one byte more */
			retry = s = mw_str_skip(retry, 1);
			glob = retry_glob;
		}
	}
}

/* One of the patterns holds (where there are any), and none of the negated ones does. */
static bool patterns_hold(const vec *patterns, mw_str s, const unsigned char *client)
{
	const scenario_pattern *p = patterns->item;
	bool wanted = false, found = false;

	for (uint32_t i = 0; i < patterns->count; i++, p++) {
		const bool holds = p->network ? client != NULL && in_network(p, client)
					      : scenario_glob(p->glob, s);

		if (holds && p->negated)
			return false;
		wanted |= !p->negated;
		found |= holds;
	}
	return found || !wanted;
}

static bool within(const scenario_span *span, uint64_t n)
{
	return span->last == 0 || (n >= span->first && n <= span->last);
}

static bool numbers_hold(const scenario_record *r, const scenario_fact *f)
{
	const uint64_t taken = f->stage == MW_STAGE_RCPT ? (uint64_t)f->taken + 1
			       : f->recipient_count > 0  ? f->recipient_count
							 : f->taken;

	return within(&r->spans[SCENARIO_MESSAGE], (uint64_t)f->session_messages + 1) &&
	       within(&r->spans[SCENARIO_CONNECTIONS], f->connections) &&
	       within(&r->spans[SCENARIO_RECIPIENTS], taken) &&
	       within(&r->spans[SCENARIO_SIZE], f->size);
}

static bool texts_hold(const scenario_record *r, const scenario_fact *f)
{
	const mw_str texts[SCENARIO_SUBJECT_COUNT] = {
		[SCENARIO_HELO] = f->helo,
		[SCENARIO_LOGIN] = f->login,
		[SCENARIO_SENDER] = f->sender,
		[SCENARIO_SUBJECT] = f->subject,
	};

	for (int i = 0; i < SCENARIO_SUBJECT_COUNT; i++) {
		unsigned char client[16];
		const bool is_client = i == SCENARIO_CLIENT;

		if (i == SCENARIO_RECIPIENT || r->patterns[i].count == 0)
			continue;
		if (!patterns_hold(&r->patterns[i], texts[i],
				   is_client && scenario_client_read(client, f->client)
					   ? client
					   : NULL))
			return false;
	}
	return true;
}

/* Before there are recipients: who else it is that comes again. */
static mw_str other_name(const scenario_fact *f)
{
	if (f->stage == MW_STAGE_AUTH)
		return f->login;
	return f->stage == MW_STAGE_EHLO || f->stage == MW_STAGE_TLS ? f->helo
								     : MW_LIT("");
}

static bool attempt_holds(scenario *s, const scenario_record *r, const scenario_fact *f,
			  mw_str name)
{
	const scenario_span *span = &r->spans[SCENARIO_ATTEMPT];

	return span->last == 0 || within(span, scenario_attempts(s, f, name));
}

/* Is there a recipient, at a stage that has any, whom it holds for? */
static bool recipient_holds(scenario *s, const scenario_record *r, const scenario_fact *f,
			    mw_str *recipient)
{
	if (f->recipient_count == 0)
		return r->patterns[SCENARIO_RECIPIENT].count == 0 &&
		       attempt_holds(s, r, f, other_name(f));
	for (size_t i = 0; i < f->recipient_count; i++) {
		const mw_str name = f->recipients[i];

		if (patterns_hold(&r->patterns[SCENARIO_RECIPIENT], name, NULL) &&
		    attempt_holds(s, r, f, name)) {
			*recipient = name;
			return true;
		}
	}
	return false;
}

/* Counts in windows that begin with the first event after the last one ended. */
static bool beyond_rate(scenario *s, const scenario_record *r, const scenario_fact *f)
{
	const uint64_t key =
		scenario_key(s->seed + SCENARIO_RATES + r->at.line, f->client, r->name);
	scenario_counter *c;

	if (r->rate == 0)
		return true;
	c = scenario_counter_of(s->counters, key);
	if (c->count == 0 || f->now - c->since >= r->rate_ms) {
		c->since = f->now;
		c->count = 0;
	}
	if (c->count < UINT32_MAX)
		c->count++;
	return c->count > r->rate;
}

static bool record_holds(scenario *s, const scenario_record *r, const scenario_fact *f,
			 mw_str *recipient)
{
	if ((r->stages & 1U << f->stage) == 0 || !numbers_hold(r, f) ||
	    !texts_hold(r, f) || !recipient_holds(s, r, f, recipient) ||
	    !beyond_rate(s, r, f))
		return false;
	return r->probability == 0 ||
	       scenario_random(&s->random) % 10000 < r->probability;
}

/* Each time that somebody comes to a stage counts once, whatever the records make of it.
 */
static void count_attempts(scenario *s, const scenario_fact *f)
{
	if ((s->attempt_stages & 1U << f->stage) == 0)
		return;
	if (f->recipient_count == 0)
		scenario_attempt(s, f, SCENARIO_EVENTS, other_name(f));
	for (size_t i = 0; i < f->recipient_count; i++)
		scenario_attempt(s, f, SCENARIO_EVENTS, f->recipients[i]);
}

static bool decides(const scenario_record *r)
{
	return r->accept || r->close || r->answer.code != 0 || r->end != SCENARIO_GO_ON;
}

const scenario_record *scenario_match(scenario *s, const scenario_fact *f,
				      scenario_act *out, mw_str *recipient)
{
	const scenario_record *r = s->records.item;

	count_attempts(s, f);
	for (uint32_t i = 0; i < s->records.count; i++, r++) {
		*recipient = f->recipient_count > 0 ? f->recipients[0] : MW_LIT("");
		if (!record_holds(s, r, f, recipient))
			continue;
		out->delay_ms += r->delay_ms;
		if (r->read_rate > 0)
			out->read_rate = r->read_rate;
		if (decides(r))
			return r;
	}
	return NULL;
}
