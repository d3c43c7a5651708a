/* SPDX-License-Identifier: MIT
 *
 * Destinations: what many domains share, so that what is learned of one holds for all.
 */
#include <stdio.h>
#include <stdlib.h>

#include "engine/outbound.h"

#define KEEP_MS (INT64_C(3600) * 1000) /* one that nobody needs is kept for so long */

targets *targets_hold(targets *t)
{
	t->holders++;
	return t;
}

void targets_drop(targets *t)
{
	if (t == NULL || --t->holders > 0)
		return;
	mx_result_free(t->result);
	free(t);
}

static targets *targets_new(const mx_result *r)
{
	targets *t = malloc(sizeof *t);

	if (t == NULL) {
		mx_result_free(r);
		return NULL;
	}
	*t = (targets){.holders = 1, .result = r};
	return t;
}

/* --- what names a destination */

static bool find_provider(const sender *s, const mx_result *r, mw_provider *out)
{
	if (r->count == 0 || r->targets[0].host[0] == '\0')
		return false;
	return mw_knowledge_provider_of_host(s->e->kb, mw_str_of(r->targets[0].host),
					     out) == MW_OK;
}

static bool publishes(const mw_provider *p)
{
	return p->connections + p->messages + p->rate > 0;
}

/* Ways that differ in TLS share no connection: what one of them asks of it the other's
 * need not have. */
static void put_key(char *out, size_t cap, const route *way, const mx_result *r)
{
	const char *tls = way->tls == ROUTE_TLS_MUST   ? "tls "
			  : way->tls == ROUTE_TLS_NONE ? "clear "
						       : "";

	if (way->host != NULL)
		snprintf(out, cap, "%sroute %s:%u %s", tls, way->host, way->port,
			 way->user != NULL ? way->user : "");
	else
		snprintf(out, cap, "%smx %s", tls, r->key);
}

static void put_name(char *out, size_t cap, const route *way, const mx_result *r)
{
	char room[INET6_ADDRSTRLEN];
	const mx_target *t = r->targets;

	net_address_show(&t->address, room);
	if (way->host != NULL)
		snprintf(out, cap, "%s:%u", way->host, way->port);
	else if (t->host[0] != '\0')
		snprintf(out, cap, "%s", t->host);
	else
		snprintf(out, cap, "%s", room);
}

/* --- making one */

static throttle_bounds bounds_of(const sender *s, const route *way, const mw_provider *p)
{
	const settings *set = s->policy->settings;
	throttle_bounds b = {.first = {(unsigned)set->delivery.first_connections,
				       (unsigned)set->delivery.first_messages, 0},
			     .most = {(unsigned)set->delivery.destination_connections,
				      (unsigned)set->delivery.messages_per_connection,
				      (unsigned)set->delivery.messages_per_minute}};

	if (way->host == NULL && p != NULL && publishes(p)) {
		b.published = true;
		if (p->connections != 0)
			b.first[THROTTLE_CONNECTIONS] = p->connections;
		if (p->messages != 0)
			b.first[THROTTLE_MESSAGES] = p->messages;
		b.first[THROTTLE_RATE] = p->rate;
	}
	return b;
}

static bool make_paths(destination *d, const throttle_bounds *b)
{
	const sender *s = d->s;

	d->path_count = s->source_count > 0 ? s->source_count : 1;
	d->paths = calloc(d->path_count, sizeof *d->paths);
	if (d->paths == NULL)
		return false;
	for (size_t i = 0; i < d->path_count; i++) {
		path *p = &d->paths[i];

		p->to = d;
		throttle_init(&p->t, b);
		if (s->source_count == 0)
			continue;
		p->has_source = true;
		p->source = s->sources[i];
		net_address_show(&p->source, p->source_text);
	}
	return true;
}

static bool copy_way(destination *d, const route *way)
{
	d->way = *way;
	d->way.domain = NULL;
	if (way->host != NULL)
		d->way.host = pool_copy(&d->memory, mw_str_of(way->host));
	if (way->user != NULL) {
		d->way.user = pool_copy(&d->memory, mw_str_of(way->user));
		d->way.password = pool_copy(&d->memory, mw_str_of(way->password));
	}
	return (way->host == NULL || d->way.host != NULL) &&
	       (way->user == NULL || (d->way.user != NULL && d->way.password != NULL));
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	destination_pump(ctx);
}

static void destroy(destination *d)
{
	if (d->timer != NULL)
		event_free(d->timer);
	targets_drop(d->hosts);
	pool_wipe(&d->memory);
	free(d->paths);
	free(d);
}

static destination *make(sender *s, const char *key, const route *way, const mx_result *r,
			 const mw_provider *p)
{
	destination *d = calloc(1, sizeof *d);
	const throttle_bounds b = bounds_of(s, way, p);
	char name[512];

	if (d == NULL)
		return NULL;
	d->s = s;
	put_name(name, sizeof name, way, r);
	d->key = pool_copy(&d->memory, mw_str_of(key));
	d->name = pool_copy(&d->memory, mw_str_of(name));
	d->timer = event_new(s->l.base, -1, 0, on_timer, d);
	if (d->key == NULL || d->name == NULL || d->timer == NULL || !copy_way(d, way) ||
	    !make_paths(d, &b)) {
		destroy(d);
		return NULL;
	}
	d->provider = p != NULL ? p->id : MW_LIT("");
	destination_recall(d);
	return d;
}

/* --- the table */

/* The password is no part of the key, which is stored and shown. */
static bool same_password(const route *a, const route *b)
{
	if (a->password == NULL || b->password == NULL)
		return a->password == b->password;
	return strcmp(a->password, b->password) == 0;
}

static destination *find_or_make(sender *s, const char *key, const route *way,
				 const mx_result *r, const mw_provider *p)
{
	const size_t hash = table_hash(mw_str_of(key));
	destination *d = table_find(&s->destinations, hash);

	for (; d != NULL; d = table_find_next(d))
		if (strcmp(d->key, key) == 0 && same_password(&d->way, way))
			return d;
	d = make(s, key, way, r, p);
	if (d != NULL && !table_add(&s->destinations, &d->link, hash)) {
		destroy(d);
		d = NULL;
	}
	return d;
}

destination *destination_of(sender *s, const route *way, const mx_result *result)
{
	char key[1024];
	mw_provider found;
	const mw_provider *p = find_provider(s, result, &found) ? &found : NULL;
	destination *d;
	targets *hosts;

	put_key(key, sizeof key, way, result);
	d = find_or_make(s, key, way, result, p);
	if (d == NULL) {
		mx_result_free(result);
		return NULL;
	}
	d->used = loop_clock();
	hosts = targets_new(result);
	if (hosts != NULL) {
		targets_drop(d->hosts);
		d->hosts = hosts;
	}
	return d->hosts != NULL ? d : NULL;
}

/* --- domains with jobs */

void destination_list(destination *d, domain *of)
{
	if (of->listed)
		return;
	of->listed = true;
	of->next_listed = NULL;
	if (d->last_listed != NULL)
		d->last_listed->next_listed = of;
	else
		d->first_listed = of;
	d->last_listed = of;
	d->ready += of->ready;
}

static domain *unlist_first(destination *d)
{
	domain *of = d->first_listed;

	d->first_listed = of->next_listed;
	if (d->first_listed == NULL)
		d->last_listed = NULL;
	of->listed = false;
	d->ready -= of->ready;
	return of;
}

/* The next mail whose time has not run out: others are for watch.c to end, which it does
 * within a second or so. NULL: none is ready. */
static job *take_timely(domain *of)
{
	const schedule *plan = &of->s->policy->schedule;
	const int64_t now = sender_now();

	while (of->ready > 0) {
		const store_message *m = &of->first->message;

		if (!schedule_over(plan, m->arrival, now))
			return domain_take(of);
		domain_forget(of, m->id);
		if (of->ready == 0)
			domain_unload(of, now + 1000);
	}
	return NULL;
}

/* One of each domain in turn. */
job *destination_next(destination *d, path *p)
{
	while (d->first_listed != NULL &&
	       throttle_may_send(&p->t, p->offered, sender_now())) {
		domain *of = unlist_first(d);
		job *j = take_timely(of);

		if (of->ready > 0)
			destination_list(d, of);
		if (j == NULL) {
			domain_release(of);
			continue;
		}
		domain_refill(of);
		return j;
	}
	return NULL;
}

int64_t destination_down_until(const destination *d, int64_t now)
{
	int64_t until = INT64_MAX;

	for (size_t i = 0; i < d->path_count; i++) {
		const path *p = &d->paths[i];

		if (p->t.failures == 0 || p->open + p->opening > 0 ||
		    p->t.connect_after <= now)
			return 0;
		if (p->t.connect_after < until)
			until = p->t.connect_after;
	}
	return until;
}

/* --- the pump */

static void wake_at(destination *d, int64_t at, int64_t now)
{
	const int64_t ms = at - now > 60000 ? 60000 : at - now > 1 ? at - now : 1;
	const struct timeval wait = {ms / 1000, (ms % 1000) * 1000};

	event_add(d->timer, &wait);
}

static void use_idle(destination *d)
{
	for (unsigned n = d->idle_count; n > 0 && d->ready > 0 && d->idle != NULL; n--) {
		outgoing *o = d->idle;
		job *j = destination_next(d, o->p);

		if (j == NULL)
			return;
		outgoing_give(o, j);
	}
}

/* More connections are worth it while there is more ready than those that are on their
 * way can take. */
static bool wants_more(const destination *d, const path *p)
{
	return d->ready > p->opening + d->idle_count &&
	       d->s->connections < d->s->policy->settings->delivery.connections;
}

/* The paths take turns. */
static int64_t open_more(destination *d, int64_t now)
{
	int64_t wake = INT64_MAX;
	size_t denied = 0;

	while (denied < d->path_count) {
		path *p = &d->paths[d->turn++ % d->path_count];

		if (!wants_more(d, p))
			break;
		if (throttle_may_connect(&p->t, p->open, p->opening, now) &&
		    throttle_may_send(&p->t, p->offered, now)) {
			outgoing_open(d, p);
			denied = 0;
			continue;
		}
		const int64_t at = throttle_wake(&p->t, p->offered, now);

		denied++;
		if (at < wake)
			wake = at;
	}
	return wake;
}

void destination_wake(destination *d)
{
	event_active(d->timer, EV_TIMEOUT, 0);
}

void destination_pump(destination *d)
{
	const int64_t now = sender_now();
	int64_t wake;

	if (d->s->stopping)
		return;
	d->used = loop_clock();
	use_idle(d);
	if (d->ready == 0)
		return;
	wake = open_more(d, now);
	/* Where nothing is under way, time alone brings it on. */
	if (d->ready > 0)
		wake_at(d, wake < INT64_MAX ? wake : now + 1000, now);
}

/* Jobs of a destination that is down go back to the store; destinations that nobody has
 * used for long are forgotten, what was found of them is not. */
static void tick(destination *d)
{
	const int64_t now = sender_now(), down = destination_down_until(d, now);

	for (unsigned n = 0; down > now && d->first_listed != NULL && n < 1000; n++)
		domain_unload(unlist_first(d), down);
	for (size_t i = 0; i < d->path_count; i++)
		destination_remember(d, &d->paths[i]);
}

static bool is_unused(const destination *d)
{
	unsigned connections = 0;

	for (size_t i = 0; i < d->path_count; i++)
		connections += d->paths[i].open + d->paths[i].opening;
	return d->domains == 0 && connections == 0 && d->first_listed == NULL &&
	       loop_clock() - d->used > KEEP_MS;
}

void destinations_tick(sender *s)
{
	for (destination *d = table_each(&s->destinations, NULL), *next; d != NULL;
	     d = next) {
		next = table_each(&s->destinations, d);
		tick(d);
		if (is_unused(d)) {
			table_remove(&s->destinations, &d->link);
			destroy(d);
		}
	}
}

void destinations_close(sender *s)
{
	for (destination *d = table_each(&s->destinations, NULL), *next; d != NULL;
	     d = next) {
		next = table_each(&s->destinations, d);
		destroy(d);
	}
	table_free(&s->destinations);
}
