/* SPDX-License-Identifier: MIT */
#include "engine/route.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "engine/address.h"

#define LINE_LONGEST 4096
#define ROUTES_MAX   100000U
#define PASSWORD_MAX 1024

struct routes {
	pool memory;
	route *list; /* sorted by domain */
	size_t count, cap;
	route other; /* for all the rest */
};

/* What reading a file needs to know. */
typedef struct reading {
	routes *r;
	const settings *s;
	const char *file;
	unsigned line;
	problems *told;
} reading;

static bool bad(const reading *x, const char *why)
{
	problem_add(x->told, (problem){.file = x->file, .line = x->line}, "%s", why);
	return false;
}

static int by_domain(const void *a, const void *b)
{
	return strcmp(((const route *)a)->domain, ((const route *)b)->domain);
}

static bool no_memory(problems *told)
{
	problem_add(told, (problem){.file = "mailwhy"}, "out of memory");
	return false;
}

/* The first line of a file, which is a secret. */
static const char *read_password(routes *r, const char *path, problems *told)
{
	char line[PASSWORD_MAX] = "";
	FILE *f = fopen(path, "re");
	const bool read = f != NULL && fgets(line, sizeof line, f) != NULL;
	const char *copy;

	if (f != NULL)
		fclose(f);
	if (!read) {
		problem_add(told, (problem){.file = path}, "holds no password: %s",
			    f == NULL ? strerror(errno) : "it is empty");
		return NULL;
	}
	line[strcspn(line, "\r\n")] = '\0';
	copy = pool_copy(&r->memory, mw_str_of(line));
	explicit_bzero(line, sizeof line);
	if (copy == NULL)
		(void)no_memory(told);
	return copy;
}

/* --- one line: DOMAIN direct|HOST:PORT [tls=...] [user=...] [password-file=...] */

static bool next_word(char **rest, char **word)
{
	*rest += strspn(*rest, " \t\r\n");
	*word = *rest;
	*rest += strcspn(*rest, " \t\r\n");
	if (**rest != '\0')
		*(*rest)++ = '\0';
	return **word != '\0';
}

static bool read_tls(route_tls *out, const char *word)
{
	static const char *const words[] = {"none", "may", "must"};

	for (int i = 0; i < 3; i++)
		if (strcmp(word, words[i]) == 0) {
			*out = (route_tls)i;
			return true;
		}
	return false;
}

static bool read_option(const reading *x, route *to, char *word, bool *tls_set)
{
	char *value = strchr(word, '=');

	if (value == NULL)
		return bad(x, "behind the server come tls=, user=, password-file=");
	*value++ = '\0';
	if (strcmp(word, "tls") == 0) {
		*tls_set = true;
		return read_tls(&to->tls, value) || bad(x, "tls is none, may or must");
	}
	if (strcmp(word, "user") == 0) {
		to->user = pool_copy(&x->r->memory, mw_str_of(value));
		return to->user != NULL || no_memory(x->told);
	}
	if (strcmp(word, "password-file") == 0) {
		to->password = read_password(x->r, value, x->told);
		return to->password != NULL;
	}
	return bad(x, "behind the server come tls=, user=, password-file=");
}

/* The form in which domains are looked for; "." in front stays. */
static const char *domain_of(const reading *x, const char *word)
{
	const bool below = word[0] == '.';
	char room[ADDRESS_DOMAIN_MAX + 2];
	address a;

	if (strcmp(word, "*") == 0)
		return "*";
	if (!address_read_domain(&a, mw_str_of(word + below)))
		return NULL;
	snprintf(room, sizeof room, "%s%.*s", below ? "." : "",
		 MW_FMT(address_domain(&a)));
	return pool_copy(&x->r->memory, mw_str_of(room));
}

static bool read_server(const reading *x, route *to, const char *word)
{
	static const value_rule rule = {VALUE_PEER, NULL, 0, 0};
	value_endpoint end = {0};
	char why[SETTINGS_WHY];
	bool none = false;

	if (strcmp(word, "direct") == 0)
		return true;
	if (!value_read(&end, &rule, mw_str_of(word), &x->r->memory, why, sizeof why,
			&none))
		return bad(x, why);
	to->host = end.host;
	to->port = end.port;
	return true;
}

static bool add(const reading *x, const route *to)
{
	routes *r = x->r;

	if (strcmp(to->domain, "*") == 0) {
		r->other = *to;
		return true;
	}
	if (r->count == ROUTES_MAX)
		return bad(x, "too many routes");
	if (r->count == r->cap) {
		const size_t cap = r->cap * 2 + 16;
		route *list = realloc(r->list, cap * sizeof *list);

		if (list == NULL)
			return no_memory(x->told);
		r->list = list;
		r->cap = cap;
	}
	r->list[r->count++] = *to;
	return true;
}

static bool read_line(const reading *x, char *line)
{
	route to = {.tls = (route_tls)x->s->delivery.tls};
	bool tls_set = false;
	char *word;

	line[strcspn(line, "#")] = '\0';
	if (!next_word(&line, &word))
		return true;
	to.domain = domain_of(x, word);
	if (to.domain == NULL)
		return bad(x, "a domain comes first, .domain for those below it, or *");
	if (!next_word(&line, &word))
		return bad(x, "behind the domain comes HOST:PORT, or direct");
	if (!read_server(x, &to, word))
		return false;
	while (next_word(&line, &word))
		if (!read_option(x, &to, word, &tls_set))
			return false;
	if ((to.user == NULL) != (to.password == NULL))
		return bad(x, "user and password-file belong together");
	/* No password goes out in the clear unless it is asked for. */
	if (to.user != NULL && !tls_set)
		to.tls = ROUTE_TLS_MUST;
	return add(x, &to);
}

static bool read_file(reading *x)
{
	char line[LINE_LONGEST];
	FILE *f = fopen(x->file, "re");
	bool good = true;

	if (f == NULL)
		return bad(x, strerror(errno));
	while (fgets(line, sizeof line, f) != NULL) {
		x->line++;
		if (strchr(line, '\n') == NULL && !feof(f))
			good = bad(x, "the line is too long");
		else
			good = read_line(x, line) && good;
	}
	fclose(f);
	return good;
}

/* --- the one for all */

static bool read_other(routes *r, const settings *s, problems *told)
{
	r->other = (route){.domain = "*", .tls = (route_tls)s->delivery.tls};
	if (s->relay.route.text[0] == '\0')
		return true;
	r->other.host = pool_copy(&r->memory, mw_str_of(s->relay.route.host));
	r->other.port = s->relay.route.port;
	if (s->relay.tls != 0)
		r->other.tls = (route_tls)(s->relay.tls - 1);
	else if (s->relay.user[0] != '\0')
		r->other.tls = ROUTE_TLS_MUST;
	if (r->other.host == NULL)
		return no_memory(told);
	if (s->relay.user[0] == '\0')
		return true;
	r->other.user = pool_copy(&r->memory, mw_str_of(s->relay.user));
	r->other.password = read_password(r, s->relay.password_file, told);
	return r->other.user != NULL && r->other.password != NULL;
}

routes *routes_open(const settings *s, problems *told)
{
	routes *r = calloc(1, sizeof *r);
	reading x = {.r = r, .s = s, .file = s->relay.routes, .told = told};

	if (r == NULL) {
		(void)no_memory(told);
		return NULL;
	}
	if (!read_other(r, s, told) || (x.file[0] != '\0' && !read_file(&x))) {
		routes_close(&r);
		return NULL;
	}
	if (r->count > 0)
		qsort(r->list, r->count, sizeof *r->list, by_domain);
	return r;
}

void routes_close(routes **r)
{
	if (*r == NULL)
		return;
	pool_wipe(&(*r)->memory);
	free((*r)->list);
	free(*r);
	*r = NULL;
}

static const route *find(const routes *r, const char *domain)
{
	const route key = {.domain = domain};

	return r->count == 0
		       ? NULL
		       : bsearch(&key, r->list, r->count, sizeof *r->list, by_domain);
}

const route *routes_find(const routes *r, mw_str domain)
{
	char room[ADDRESS_DOMAIN_MAX + 1];
	const route *found;

	if (domain.len >= sizeof room)
		return &r->other;
	memcpy(room, domain.ptr, domain.len);
	room[domain.len] = '\0';
	found = find(r, room);
	for (const char *dot = strchr(room, '.'); dot != NULL && found == NULL;
	     dot = strchr(dot + 1, '.'))
		found = find(r, dot);
	return found != NULL ? found : &r->other;
}
