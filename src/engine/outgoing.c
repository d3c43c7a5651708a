/* SPDX-License-Identifier: MIT
 *
 * One connection to another server: dialled, greeted, secured, logged in, and then given
 * one mail after the other as long as there are any. What is said is the session's
 * (mailwhy/smtp_client.h).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/client_login.h"
#include "engine/outbound.h"
#include "net/connect.h"
#include "net/tls.h"

#define QUIT_SECONDS 5

static size_t on_input(void *ctx, mw_str in, mw_buf *out);
static void dial_next(outgoing *o);

/* --- its place in the lists */

static void unlist_idle(outgoing *o)
{
	outgoing **at = &o->p->to->idle;

	while (*at != NULL && *at != o)
		at = &(*at)->next_idle;
	if (*at == NULL)
		return;
	*at = o->next_idle;
	o->p->to->idle_count--;
}

static void list_idle(outgoing *o)
{
	destination *d = o->p->to;

	o->state = OUTGOING_IDLE;
	o->idle_since = loop_clock();
	o->next_idle = d->idle;
	d->idle = o;
	d->idle_count++;
}

/* It counts as one on its way, then as one that stands, then not any more. */
static void count_open(outgoing *o)
{
	o->counted = true;
	o->p->opening--;
	o->p->open++;
}

static void count_gone(outgoing *o)
{
	if (o->counted)
		o->p->open--;
	else
		o->p->opening--;
	o->s->connections--;
}

static void destroy(outgoing *o)
{
	*o->link = o->next;
	if (o->next != NULL)
		o->next->link = o->link;
	login_client_close(&o->login);
	targets_drop(o->hosts);
	outgoing_mail_free(o);
	free(o);
}

/* It is of no use any more. The struct goes when nobody is at work with it. */
static void end(outgoing *o)
{
	destination *d = o->p->to;

	if (o->state == OUTGOING_ENDED)
		return;
	if (o->state == OUTGOING_IDLE)
		unlist_idle(o);
	o->state = OUTGOING_ENDED;
	count_gone(o);
	destination_wake(d);
}

static void free_if_done(outgoing *o)
{
	if (o->state == OUTGOING_ENDED && o->c == NULL && !o->intending && !o->in_input)
		destroy(o);
}

/* --- what it ends with */

/* No mail was given to it yet: the next host is tried, or the destination hears why none
 * of them serves. */
static void on_unusable(outgoing *o)
{
	/* That we end says nothing of them. */
	if (o->s->stopping) {
		end(o);
		return;
	}
	if (o->host + 1 < o->hosts->result->count) {
		o->host++;
		dial_next(o);
		return;
	}
	act_on_refusal(o);
	end(o);
}

/* TLS was offered and did not work: where it need not be, the same host once more
 * without. */
static bool goes_on_plain(outgoing *o)
{
	if (o->p->to->way.tls == ROUTE_TLS_MUST || o->p->to->plain || o->s->stopping)
		return false;
	o->p->to->plain = true;
	dial_next(o);
	return true;
}

/* What the server has said, which counts. */
static void hear(outgoing *o, remote_reply *r, const mw_smtp_client_event *e)
{
	result_of_reply(r, e->reply, e->stage);
	r->own = e->own;
	if (!e->own)
		metrics_add(&o->s->e->metrics.remote.replies[e->reply.code], 1);
}

static void on_failed(outgoing *o, const mw_smtp_client_event *e)
{
	char text[RESULT_TEXT_MAX];

	if (e->reply.code != 0) {
		hear(o, &o->last, e);
	} else {
		snprintf(text, sizeof text, "451 %s %s", e->broken ? "4.5.0" : "4.4.2",
			 e->text);
		result_of_text(&o->last, text, e->stage);
	}
	o->last.uncertain = e->uncertain;
	switch (o->state) {
	case OUTGOING_DIALLING:
	case OUTGOING_GREETING:
		if (o->c != NULL)
			conn_abort(o->c, false);
		on_unusable(o);
		break;
	case OUTGOING_BUSY:
		(void)act_on_mail(o, true);
		end(o);
		break;
	case OUTGOING_IDLE:
	case OUTGOING_QUITTING:
	case OUTGOING_ENDED:
		end(o);
		break;
	}
}

/* --- the intent: noted before the last byte goes out */

static void on_noted(task *t)
{
	outgoing *o = (outgoing *)(void *)((char *)t - offsetof(outgoing, intent_done));

	o->intending = false;
	o->intended = true;
	if (o->c != NULL && o->state == OUTGOING_BUSY && o->given)
		conn_resume(o->c);
	else
		free_if_done(o);
}

static void on_intent(store_intent *p, mw_status status)
{
	outgoing *o = p->ctx;

	o->intent_status = status;
	o->intent_done.run = on_noted;
	loop_post(&o->s->l, &o->intent_done);
}

static void ask_intent(outgoing *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->count; i++)
		if (o->rcpts[i].taken)
			o->intent_indices[n++] = o->of[i]->index;
	o->intent = (store_intent){.id = o->j->message.id,
				   .recipients = o->intent_indices,
				   .count = n,
				   .at = sender_now(),
				   .done = on_intent,
				   .ctx = o};
	o->intending = true;
	store_ask_intent(o->s->e->store, &o->intent);
}

/* --- READY: TLS first, then the login, then mails */

/* What its certificate has to be of: its name, or where there is none its address. */
static const char *host_name(const outgoing *o)
{
	const char *name = o->hosts->result->targets[o->host].host;

	return name[0] != '\0' ? name : o->remote;
}

static void refuse_host(outgoing *o, const char *reply, mw_stage stage)
{
	result_of_text(&o->last, reply, stage);
	if (o->c != NULL)
		conn_abort(o->c, false);
	on_unusable(o);
}

static bool wants_tls(const outgoing *o)
{
	return o->p->to->way.tls != ROUTE_TLS_NONE && !o->tls &&
	       !(o->p->to->plain && o->p->to->way.tls == ROUTE_TLS_MAY);
}

static void log_in(outgoing *o, mw_buf *out)
{
	const route *way = &o->p->to->way;
	mw_str first;

	o->tried_auth = true;
	o->login = login_client_open(o->offers.mechanisms,
				     o->tls || way->tls == ROUTE_TLS_NONE, way->user,
				     way->password);
	if (o->login == NULL) {
		refuse_host(
			o,
			"451 4.7.0 Authentication failed: the server offers no way to "
			"log in that we know and trust",
			MW_STAGE_AUTH);
		return;
	}
	first = login_client_first(o->login);
	if (mw_smtp_client_auth(&o->smtp, login_client_mechanism(o->login), first, out) !=
	    MW_OK)
		refuse_host(o, "451 4.7.0 Authentication failed: the login is too long",
			    MW_STAGE_AUTH);
}

static void next_mail(outgoing *o);

static void on_ready(outgoing *o, mw_buf *out)
{
	const route *way = &o->p->to->way;

	if (wants_tls(o) && (o->offers.extensions & MW_SMTP_STARTTLS) != 0) {
		mw_smtp_client_starttls(&o->smtp);
		return;
	}
	if (way->tls == ROUTE_TLS_MUST && !o->tls) {
		refuse_host(o,
			    "451 4.7.4 STARTTLS is not offered, and this route needs TLS",
			    MW_STAGE_TLS);
		return;
	}
	if (way->user != NULL && !o->tried_auth) {
		log_in(o, out);
		return;
	}
	count_open(o);
	throttle_connected(&o->p->t, o->p->open);
	o->p->changed = true;
	next_mail(o);
}

static void on_start_tls(outgoing *o)
{
	const sender *s = o->s;

	o->shaking = true;
	conn_deadline(o->c, mw_smtp_client_deadline(&o->smtp));
	conn_secure_client(
		o->c, o->p->to->way.tls == ROUTE_TLS_MUST ? s->tls_verified : s->tls_any,
		host_name(o));
}

static void on_refused(outgoing *o, const mw_smtp_client_event *e, mw_buf *out)
{
	if (e->stage == MW_STAGE_TLS && o->p->to->way.tls != ROUTE_TLS_MUST) {
		o->p->to->plain = true;
		on_ready(o, out);
		return;
	}
	hear(o, &o->last, e);
	conn_abort(o->c, false);
	on_unusable(o);
}

/* --- mails */

static void say_goodbye(outgoing *o)
{
	if (o->state == OUTGOING_IDLE)
		unlist_idle(o);
	o->state = OUTGOING_QUITTING;
	mw_smtp_client_quit(&o->smtp);
}

/* The connection is free: another mail, or none just now, or no more at all. */
static void next_mail(outgoing *o)
{
	const unsigned left = throttle_left(&o->p->t, o->carried);
	job *j;

	if (left == 0 || o->s->stopping ||
	    (o->offers.mail_max != 0 && o->carried >= o->offers.mail_max)) {
		say_goodbye(o);
		return;
	}
	/* Pumping may give away what stands in the idle list: not this one, yet. */
	o->state = OUTGOING_QUITTING;
	o->idle_ms = 0;
	j = destination_next(o->p->to, o->p);
	if (j == NULL) {
		list_idle(o);
		return;
	}
	if (!outgoing_begin(o, j)) {
		domain *d = j->of;

		domain_put(d, j, true);
		say_goodbye(o);
	}
}

void outgoing_give(outgoing *o, job *j)
{
	domain *d = j->of;

	unlist_idle(o);
	o->state = OUTGOING_QUITTING;
	o->idle_ms = loop_clock() - o->idle_since;
	if (!outgoing_begin(o, j)) {
		domain_put(d, j, true);
		say_goodbye(o);
	}
	if (!o->in_input)
		conn_resume(o->c);
}

void outgoing_stop(outgoing *o)
{
	if (o->state == OUTGOING_IDLE) {
		say_goodbye(o);
		conn_resume(o->c);
	} else if ((o->state == OUTGOING_DIALLING || o->state == OUTGOING_GREETING) &&
		   o->c != NULL) {
		conn_abort(o->c, false);
	}
}

static void on_done(outgoing *o)
{
	/* A chunk may be refused before the intent is noted, and there is room for one.
	 */
	if (act_on_mail(o, false) && !o->intending)
		next_mail(o);
	else
		say_goodbye(o);
}

/* --- events of the session */

static void take(outgoing *o, const mw_smtp_client_event *e, mw_buf *out)
{
	switch (e->kind) {
	case MW_CLIENT_NONE:
		break;
	case MW_CLIENT_READY:
		o->offers = *e->offers;
		on_ready(o, out);
		break;
	case MW_CLIENT_START_TLS:
		on_start_tls(o);
		break;
	case MW_CLIENT_CHALLENGE: {
		const mw_str said = login_client_answer(o->login, e->challenge);

		if (mw_smtp_client_auth_answer(&o->smtp, said, out) != MW_OK)
			mw_smtp_client_lost(&o->smtp, "the login is too long");
		break;
	}
	case MW_CLIENT_REFUSED:
		on_refused(o, e, out);
		break;
	case MW_CLIENT_REPLY:
		hear(o, &o->results[e->index], e);
		break;
	case MW_CLIENT_WANT_BODY:
		o->giving = true;
		ask_intent(o);
		break;
	case MW_CLIENT_DONE:
		on_done(o);
		break;
	case MW_CLIENT_CLOSED:
		end(o);
		break;
	case MW_CLIENT_FAILED:
		on_failed(o, e);
		break;
	}
}

/* The end of a message goes out when all of it is given and the intent is noted. */
static bool may_end(outgoing *o)
{
	/* The session's next word is that it failed. */
	if (o->unreadable)
		return true;
	if (!o->given || o->ended || !o->intended || o->intending)
		return false;
	if (o->intent_status != MW_OK) {
		mw_smtp_client_lost(&o->smtp, "the queue can't note what is sent");
		return true;
	}
	o->ended = true;
	mw_smtp_client_end(&o->smtp);
	return true;
}

static size_t run(outgoing *o, mw_str in, mw_buf *out)
{
	size_t used = 0;

	for (;;) {
		mw_smtp_client_event e;
		conn *c = o->c;
		const size_t n =
			mw_smtp_client_feed(&o->smtp, mw_str_skip(in, used), out, &e);

		used += n;
		take(o, &e, out);
		/* Another connection, or none: these bytes are nothing to it. */
		if (o->c != c || o->shaking || o->state == OUTGOING_ENDED)
			return in.len;
		if (o->giving && outgoing_fill(o, out)) {
			o->giving = false;
			o->given = true;
		}
		if (e.kind == MW_CLIENT_NONE && !may_end(o) && n == 0)
			return used;
	}
}

static size_t on_input(void *ctx, mw_str in, mw_buf *out)
{
	outgoing *o = ctx;
	size_t used;
	conn *c = o->c;

	o->in_input = true;
	used = run(o, in, out);
	o->in_input = false;
	if (o->c == c && c != NULL && !o->shaking) {
		if (o->state == OUTGOING_ENDED)
			conn_close(c);
		else if (o->state == OUTGOING_IDLE)
			conn_deadline(c, (unsigned)o->s->policy->settings->delivery.idle +
						 1);
		else if (o->state == OUTGOING_QUITTING)
			conn_deadline(c, QUIT_SECONDS);
		else
			conn_deadline(c, mw_smtp_client_deadline(&o->smtp));
	}
	free_if_done(o);
	return used;
}

/* More of the message, as much as the kernel takes. */
static void on_sent(void *ctx)
{
	outgoing *o = ctx;
	loop *l = &o->s->l;

	while (o->giving && conn_unsent(o->c) == 0) {
		mw_buf_reset(&l->out);
		if (outgoing_fill(o, &l->out)) {
			o->giving = false;
			o->given = true;
		}
		conn_deadline(o->c, mw_smtp_client_deadline(&o->smtp));
		if (!conn_send(o->c, mw_buf_str(&l->out)))
			return;
	}
	if (o->given && !o->ended && (o->unreadable || (o->intended && !o->intending)))
		conn_resume(o->c);
}

/* No bytes will come: the session says what that means. */
static void lost(outgoing *o, const char *why)
{
	char room[MW_SMTP_CLIENT_OUT_MAX * 2];
	mw_buf out;

	mw_buf_init(&out, room, sizeof room);
	mw_smtp_client_lost(&o->smtp, why);
	o->in_input = true;
	(void)run(o, MW_LIT(""), &out);
	o->in_input = false;
}

static void on_late(void *ctx)
{
	outgoing *o = ctx;

	if (o->state == OUTGOING_IDLE) {
		say_goodbye(o);
		conn_resume(o->c);
		return;
	}
	lost(o, "no answer in time");
	/* Closing it frees it; what has closed already has not, while it was at work. */
	if (o->c != NULL && o->state == OUTGOING_ENDED)
		conn_abort(o->c, false);
	else
		free_if_done(o);
}

static void on_closed(void *ctx, const char *why)
{
	outgoing *o = ctx;
	const char *text = why != NULL ? why : "it was closed";

	o->c = NULL;
	if (o->state == OUTGOING_DIALLING) {
		char reply[RESULT_TEXT_MAX];

		snprintf(reply, sizeof reply, "451 4.4.1 %s", text);
		result_of_text(&o->last, reply, MW_STAGE_CONNECT);
		on_unusable(o);
	} else if (o->shaking) {
		char reply[RESULT_TEXT_MAX];

		o->shaking = false;
		snprintf(reply, sizeof reply, "451 4.7.5 TLS handshake failed: %s", text);
		result_of_text(&o->last, reply, MW_STAGE_TLS);
		if (!goes_on_plain(o))
			on_unusable(o);
	} else if (o->state != OUTGOING_ENDED && !o->in_input) {
		lost(o, text);
		if (o->state != OUTGOING_ENDED && o->c == NULL)
			end(o);
	}
	free_if_done(o);
}

static void on_secured(void *ctx)
{
	outgoing *o = ctx;
	mw_buf b;

	o->shaking = false;
	o->tls = true;
	mw_buf_init(&b, o->cipher, sizeof o->cipher - 1);
	tls_describe(conn_tls(o->c), &b);
	o->cipher[b.len] = '\0';
	mw_smtp_client_secured(&o->smtp);
	conn_deadline(o->c, mw_smtp_client_deadline(&o->smtp));
	conn_resume(o->c);
}

static void on_connected(void *ctx)
{
	outgoing *o = ctx;

	o->state = OUTGOING_GREETING;
	conn_deadline(o->c, mw_smtp_client_deadline(&o->smtp));
	conn_resume(o->c);
}

static const conn_handler handler = {.input = on_input,
				     .sent = on_sent,
				     .late = on_late,
				     .connected = on_connected,
				     .secured = on_secured,
				     .closed = on_closed};

/* --- dialling */

/* A copy with the port of the route. */
static net_address address_of(const outgoing *o)
{
	const route *way = &o->p->to->way;
	net_address a = o->hosts->result->targets[o->host].address;

	if (way->host != NULL)
		net_address_set_port(&a, (uint16_t)way->port);
	return a;
}

static void dial_next(outgoing *o)
{
	const net_address to = address_of(o);
	const net_address *source = o->p->has_source ? &o->p->source : NULL;
	char reply[RESULT_TEXT_MAX];

	o->state = OUTGOING_DIALLING;
	o->tls = o->tried_auth = o->shaking = false;
	o->cipher[0] = '\0';
	login_client_close(&o->login);
	mw_smtp_client_init(&o->smtp, &o->s->params);
	net_address_show(&to, o->remote);
	if (source != NULL && source->any.sa_family != to.any.sa_family) {
		result_of_text(&o->last,
			       "451 4.4.1 No route to host: our source address is of "
			       "another IP version",
			       MW_STAGE_CONNECT);
		on_unusable(o);
		return;
	}
	o->c = conn_dial(&o->s->l, &to, source, &handler, o);
	if (o->c == NULL) {
		snprintf(reply, sizeof reply, "451 4.4.1 %s", connect_error(errno));
		result_of_text(&o->last, reply, MW_STAGE_CONNECT);
		on_unusable(o);
		return;
	}
	conn_deadline(o->c, (unsigned)o->s->policy->settings->delivery.connect_timeout);
}

void outgoing_open(destination *d, path *p)
{
	sender *s = d->s;
	outgoing *o = calloc(1, sizeof *o);

	if (o == NULL) {
		throttle_failed(&p->t, 0, sender_random(s), sender_now());
		return;
	}
	o->s = s;
	o->p = p;
	o->hosts = targets_hold(d->hosts);
	o->began = sender_now();
	o->next = s->all;
	o->link = &s->all;
	if (o->next != NULL)
		o->next->link = &o->next;
	s->all = o;
	p->opening++;
	s->connections++;
	metrics_add(&s->e->metrics.relay_connections_total, 1);
	/* What fails at once must not come back into the pump that is at work. */
	o->in_input = true;
	dial_next(o);
	o->in_input = false;
	free_if_done(o);
}
