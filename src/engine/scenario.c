/* SPDX-License-Identifier: MIT */
#include "engine/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "engine/scenario_state.h"

#define VALUE_MAX MW_SMTP_PATH_MAX /* bytes for one placeholder */

void scenario_put(mw_buf *b, mw_str s)
{
	const mw_str fits = mwi_utf8_head(s, b->cap - b->len);

	for (size_t i = 0; i < fits.len; i++) {
		const unsigned char c = (unsigned char)fits.ptr[i];

		mw_buf_put_char(b, c < 0x20 || c == 0x7f ? '?' : fits.ptr[i]);
	}
}

typedef struct filling {
	scenario *s;
	const scenario_fact *f;
	mw_str recipient;
	uint64_t id;
} filling;

static mw_str hex(uint64_t n, char out[16])
{
	for (int i = 15; i >= 0; i--, n >>= 4)
		out[i] = "0123456789abcdef"[n & 15];
	return (mw_str){out, 16};
}

/* `name` was checked when the file was read. */
static mw_str value_of(const filling *x, mw_str name, char id[16])
{
	if (mw_str_eq(name, MW_LIT("client")))
		return x->f->client;
	if (mw_str_eq(name, MW_LIT("host")))
		return x->s->settings.host.len > 0 ? x->s->settings.host : x->f->host;
	if (mw_str_eq(name, MW_LIT("helo")))
		return x->f->helo;
	if (mw_str_eq(name, MW_LIT("sender")))
		return x->f->sender;
	if (mw_str_eq(name, MW_LIT("sender-domain"))) {
		mw_str local, domain;

		mw_address_split(x->f->sender, &local, &domain);
		return domain;
	}
	if (mw_str_eq(name, MW_LIT("recipient")))
		return x->recipient;
	return hex(x->id, id);
}

static mw_str fill(const filling *x, mw_str text, char *room, size_t cap)
{
	mw_buf b;

	mw_buf_init(&b, room, cap);
	while (text.len > 0) {
		const char *brace = memchr(text.ptr, '{', text.len);
		const char *close = memchr(text.ptr, '}', text.len);
		const size_t n = brace != NULL ? (size_t)(brace - text.ptr) : text.len;
		char id[16];

		mw_buf_put(&b, mwi_utf8_head(mw_str_head(text, n), b.cap - b.len));
		text = mw_str_skip(text, n + 1);
		if (brace == NULL)
			break;
		const size_t len = (size_t)(close - brace) - 1;

		scenario_put(&b, mwi_utf8_head(value_of(x, mw_str_head(text, len), id),
					       VALUE_MAX));
		text = mw_str_skip(text, len + 1);
	}
	return mw_buf_str(&b);
}

static void say(filling *x, const mw_answer *a, scenario_act *out, char *room, size_t cap)
{
	x->id = scenario_random(&x->s->random);
	out->answer = *a;
	out->answer.text = fill(x, a->text, room, cap);
}

static void follow(filling *x, const scenario_record *r, scenario_act *out, char *room,
		   size_t cap)
{
	out->decided = true;
	out->record = r->name;
	out->end = r->end;
	out->half = r->half;
	out->close = r->close;
	if (r->answer.code != 0)
		say(x, &r->answer, out, room, cap);
}

static void decide(scenario *s, const scenario_fact *f, scenario_act *out, char *room,
		   size_t cap)
{
	filling x = {.s = s, .f = f};
	const scenario_record *r = scenario_match(s, f, out, &x.recipient);

	if (r != NULL) {
		follow(&x, r, out, room, cap);
	} else if (s->builtin && scenario_builtin(s, f, out, room, cap)) {
		return;
	} else if (f->stage == MW_STAGE_CONNECT && s->banner.code != 0) {
		out->decided = true;
		say(&x, &s->banner, out, room, cap);
	} else if (f->stage == MW_STAGE_EHLO && s->hello.code != 0) {
		out->decided = true;
		say(&x, &s->hello, out, room, cap);
	}
}

void scenario_decide(scenario *s, const scenario_fact *f, scenario_act *out, char *room,
		     size_t cap)
{
	*out = (scenario_act){.record = MW_LIT(""),
			      .answer = {.text = MW_LIT(""), .raw = MW_LIT("")}};
	pthread_mutex_lock(&s->lock);
	decide(s, f, out, room, cap);
	pthread_mutex_unlock(&s->lock);
	/* RFC 5321, section 3.8: 421 says that the connection is closed. */
	out->close |= out->answer.close || out->answer.code == 421;
	out->answer.close = out->close;
}

const scenario_settings *scenario_settings_of(const scenario *s)
{
	return &s->settings;
}

static scenario *make(uint64_t seed)
{
	scenario *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->seed = s->random = seed;
	s->settings.provider = s->settings.host = MW_LIT("");
	if (pthread_mutex_init(&s->lock, NULL) != 0) {
		free(s);
		return NULL;
	}
	return s;
}

void scenario_close(scenario **s)
{
	if (*s == NULL)
		return;
	arena_free(&(*s)->a);
	pthread_mutex_destroy(&(*s)->lock);
	free((*s)->counters);
	free(*s);
	*s = NULL;
}

/* Memory for what is counted, if anything is. */
static mw_status make_counters(scenario *s)
{
	if (!s->builtin && !s->rates && s->attempt_stages == 0)
		return MW_OK;
	s->counters = calloc(1, sizeof *s->counters);
	return s->counters == NULL ? MW_E_NOMEM : MW_OK;
}

static mw_status read_text(scenario *s, const char *file, mw_str text, complaints *c)
{
	if (setjmp(s->a.out_of_memory) != 0)
		return MW_E_NOMEM;
	return scenario_read(s, file, text, c) > 0 ? MW_E_SYNTAX : make_counters(s);
}

mw_status scenario_open_text(scenario **out, const char *file, mw_str text, uint64_t seed,
			     complaints *c)
{
	scenario *s = make(seed);
	const mw_status status = s == NULL ? MW_E_NOMEM : read_text(s, file, text, c);

	if (status != MW_OK)
		scenario_close(&s);
	*out = s;
	return status;
}

static mw_status open_builtin(scenario **out, uint64_t seed)
{
	scenario *s = make(seed);

	if (s == NULL)
		return MW_E_NOMEM;
	s->builtin = true;
	if (make_counters(s) != MW_OK)
		scenario_close(&s);
	*out = s;
	return s == NULL ? MW_E_NOMEM : MW_OK;
}

static FILE *find_file(const char *what)
{
	char path[4096];
	FILE *file = fopen(what, "rb");
	int n;

	if (file != NULL || strchr(what, '/') != NULL)
		return file;
	n = snprintf(path, sizeof path, "%s/scenarios/%s.scenario", MAILWHY_DATADIR,
		     what);
	return n > 0 && (size_t)n < sizeof path ? fopen(path, "rb") : NULL;
}

static mw_status complain_of_file(complaints *c, const char *file, const char *msg)
{
	complain(c, (place){.file = file}, msg);
	return MW_E_ABSENT;
}

/* Opens what is in `file`, which becomes the scenario's name in complaints. */
static mw_status open_file(scenario **out, const char *what, FILE *file, uint64_t seed,
			   complaints *c)
{
	char *memory = malloc(SCENARIO_FILE_MAX + 1);
	mw_status status;
	size_t n;

	if (memory == NULL)
		return MW_E_NOMEM;
	n = fread(memory, 1, SCENARIO_FILE_MAX + 1, file);
	if (ferror(file) != 0)
		status = complain_of_file(c, what, strerror(errno));
	else if (n > SCENARIO_FILE_MAX)
		status = complain_of_file(c, what, "the file is larger than 1 MiB");
	else
		status = scenario_open_text(out, what, (mw_str){memory, n}, seed, c);
	free(memory);
	return status;
}

mw_status scenario_open(scenario **out, const char *what, uint64_t seed, complaints *c)
{
	mw_status status;
	FILE *file;

	*out = NULL;
	if (strcmp(what, "builtin") == 0)
		return open_builtin(out, seed);
	file = find_file(what);
	if (file == NULL)
		return complain_of_file(c, what, strerror(errno));
	status = open_file(out, what, file, seed, c);
	fclose(file);
	return status;
}
