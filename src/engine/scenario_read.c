/* SPDX-License-Identifier: MIT
 *
 * The file of a scenario. All that is wrong is told in one go, so nothing here stops at
 * the first mistake; what a mistake leaves in a record does not matter, the file is not
 * used then.
 */
#include <mailwhy/knowledge.h>

#include "base/ascii.h"
#include "engine/scenario_state.h"
#include "smtp/command.h"
#include "smtp/keyword.h"

#define TIME_MAX    3600000U /* ms of a delay; 1000 records of it fit 32 bits */
#define WINDOW_MAX  (24U * TIME_MAX)
#define PATTERN_MAX 256U /* bytes of a glob */
#define WORDS_MAX   500U /* bytes of a line that is said: RFC 5321, 4.5.3.1.5 */

#define AT(stage)    (1U << MW_STAGE_##stage)
#define FROM_CONTENT AT(CONTENT)
#define FROM_RCPT    (AT(RCPT) | AT(DATA) | FROM_CONTENT)
#define FROM_MAIL    (AT(MAIL) | FROM_RCPT)
#define FROM_AUTH    (AT(AUTH) | FROM_MAIL)
#define FROM_EHLO    (AT(EHLO) | AT(TLS) | FROM_AUTH)
#define ANYWHERE     (AT(CONNECT) | FROM_EHLO)

bool scenario_makes_sense(int code, mw_stage stage)
{
	if (code >= 400)
		return code < 600;
	if (code >= 300)
		return stage == MW_STAGE_DATA;
	return code >= 200 && stage != MW_STAGE_DATA;
}

typedef struct reader {
	scenario *s;
	complaints *c;
	scenario_record *record;
	const field *f;
	unsigned number; /* what it is about, from the table of fields */
	bool negated;
} reader;

static void wrong(const reader *r, const char *msg)
{
	complain(r->c, r->f->at, msg);
}

static void wrong_word(const reader *r, const char *what, mw_str word)
{
	wrong(r, arena_print(&r->s->a, "%s “%.*s”", what, MW_FMT(word)).ptr);
}

/* All of s is a number of at most `max`. */
static bool read_number(mw_str s, uint64_t max, uint64_t *out)
{
	return mwi_number_read(out, s) == MW_OK && *out <= max;
}

/* "30", "30s", "500ms", "5m", "1h"; never 0. */
static bool read_time(mw_str s, uint64_t max, uint64_t *ms)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
	size_t n = 0;

	while (n < s.len && mwi_is_digit(s.ptr[n]))
		n++;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (mw_str_eq(mw_str_skip(s, n), mw_str_of(units[i].name)) &&
		    read_number(mw_str_head(s, n), max / units[i].ms, ms)) {
			*ms *= units[i].ms;
			return *ms > 0;
		}
	return false;
}

static void read_stages(const reader *r)
{
	mw_str rest = r->f->value, word;

	while (source_word(&rest, &word)) {
		const int stage = mw_name_value(MW_VOCABULARY_STAGE, word);

		if (stage < 0 || (ANYWHERE & 1U << stage) == 0)
			wrong_word(r, "no stage of a session:", word);
		else
			r->record->stages |= 1U << stage;
	}
}

static void read_network(const reader *r, mw_str word, scenario_pattern *p)
{
	const char *slash = memchr(word.ptr, '/', word.len);
	const size_t n = slash != NULL ? (size_t)(slash - word.ptr) : word.len;
	const bool v6 = memchr(word.ptr, ':', n) != NULL;
	uint64_t bits = v6 ? 128 : 32;

	p->network = true;
	if (!scenario_client_read(p->prefix, mw_str_head(word, n)) ||
	    (slash != NULL && !read_number(mw_str_skip(word, n + 1), bits, &bits)))
		wrong_word(r, "no address or network:", word);
	p->bits = (unsigned)bits + (v6 ? 0 : 96);
}

static void read_pattern(const reader *r, mw_str word)
{
	scenario_pattern *p =
		vec_add(&r->s->a, &r->record->patterns[r->number], sizeof *p);

	p->negated = r->negated;
	p->glob = mw_str_eq(word, MW_LIT("<>")) ? MW_LIT("") : word;
	if (r->number == SCENARIO_CLIENT)
		read_network(r, word, p);
	else if (word.len > PATTERN_MAX)
		wrong(r, "a pattern has at most 256 bytes");
}

static void read_patterns(const reader *r)
{
	mw_str rest = r->f->value, word;

	if (r->number == SCENARIO_SUBJECT)
		read_pattern(r, rest);
	else
		while (source_word(&rest, &word))
			read_pattern(r, word);
}

static void read_span(const reader *r)
{
	const mw_str value = r->f->value;
	const uint64_t max = UINT64_C(1) << 48;
	scenario_span *span = &r->record->spans[r->number];
	const char *hyphen = memchr(value.ptr, '-', value.len);
	const size_t n = hyphen != NULL ? (size_t)(hyphen - value.ptr) : value.len;
	const mw_str to = mw_str_skip(value, n + 1);
	bool good = read_number(mw_str_head(value, n), max, &span->first);

	span->last = span->first;
	if (hyphen != NULL && to.len == 0)
		span->last = UINT64_MAX;
	else if (hyphen != NULL)
		good = good && read_number(to, max, &span->last);
	if (!good || span->first == 0 || span->last < span->first)
		wrong_word(r, "not of the form N, N-M or N-, from 1:", value);
}

/* "25%", "0.5%": in 10,000ths. */
static void read_probability(const reader *r)
{
	const mw_str value = r->f->value;
	const mw_str number = mw_str_head(value, value.len > 0 ? value.len - 1 : 0);
	const char *dot = memchr(number.ptr, '.', number.len);
	const size_t n = dot != NULL ? (size_t)(dot - number.ptr) : number.len;
	const mw_str rest = mw_str_skip(number, n + 1);
	uint64_t whole = 0, part = 0;
	bool good = value.len > 1 && value.ptr[value.len - 1] == '%' &&
		    read_number(mw_str_head(number, n), 100, &whole);

	if (dot != NULL)
		good = good && rest.len <= 2 && read_number(rest, 99, &part);
	if (rest.len == 1)
		part *= 10;
	r->record->probability = (unsigned)(whole * 100 + part);
	if (!good || r->record->probability == 0 || r->record->probability > 10000)
		wrong_word(r, "not of the form 25% or 0.25%:", value);
}

static void read_rate(const reader *r)
{
	const mw_str value = r->f->value;
	const char *slash = memchr(value.ptr, '/', value.len);
	const size_t n = slash != NULL ? (size_t)(slash - value.ptr) : value.len;
	uint64_t rate = 0;

	if (!read_number(mw_str_head(value, n), 1000000000, &rate) || rate == 0 ||
	    !read_time(mw_str_skip(value, n + 1), WINDOW_MAX, &r->record->rate_ms))
		wrong_word(r, "not of the form 100/60s or 1000/1h:", value);
	r->record->rate = (unsigned)rate;
	r->s->rates = true;
}

static void read_delay(const reader *r)
{
	uint64_t ms = 0;

	if (!read_time(r->f->value, TIME_MAX, &ms))
		wrong_word(r, "no time such as 30, 500ms or 5m, of at most 1h:",
			   r->f->value);
	r->record->delay_ms = (unsigned)ms;
}

static void need_nothing(const reader *r)
{
	if (r->f->value.len > 0)
		wrong(r, "this field has no value");
}

static void read_drop(const reader *r)
{
	need_nothing(r);
	r->record->end = SCENARIO_DROP;
}

static void read_accept(const reader *r)
{
	need_nothing(r);
	r->record->accept = true;
}

static void read_close(const reader *r)
{
	need_nothing(r);
	r->record->close = true;
}

static void read_half(const reader *r)
{
	uint64_t n = 0;

	if (r->f->value.len > 0 &&
	    (!read_number(r->f->value, MW_SMTP_REPLY_MAX, &n) || n == 0))
		wrong_word(r, "no number of bytes:", r->f->value);
	r->record->half = (unsigned)n;
	r->record->end = SCENARIO_HALF;
}

static void read_read_rate(const reader *r)
{
	uint64_t n = 0;

	if (!read_number(r->f->value, 1000000000, &n) || n == 0)
		wrong_word(r, "no number of bytes a second:", r->f->value);
	r->record->read_rate = (unsigned)n;
}

static void read_category(const reader *r)
{
	const int value = mw_name_value(MW_VOCABULARY_CATEGORY, r->f->value);

	if (value < 0)
		wrong_word(r, "unknown category", r->f->value);
	else
		r->record->answer.category = (mw_category)value;
}

static unsigned known_placeholder(mw_str name)
{
	static const struct {
		const char *name;
		unsigned stages;
	} known[] = {
		{"client", ANYWHERE},     {"host", ANYWHERE},
		{"id", ANYWHERE},         {"helo", FROM_EHLO},
		{"sender", FROM_MAIL},    {"sender-domain", FROM_MAIL},
		{"recipient", FROM_RCPT},
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (mw_str_eq(mw_str_of(known[i].name), name))
			return known[i].stages;
	return 0;
}

/* Each '{' opens a placeholder whose value is known at all these stages. */
static void check_words(const reader *r, mw_str text, unsigned stages)
{
	if (text.len > WORDS_MAX)
		wrong(r, "a line of a reply has at most 500 bytes");
	while (text.len > 0) {
		const char *open = memchr(text.ptr, '{', text.len);

		if (open == NULL)
			return;
		text = mw_str_skip(text, (size_t)(open - text.ptr) + 1);
		const char *close = memchr(text.ptr, '}', text.len);
		const size_t n = close != NULL ? (size_t)(close - text.ptr) : text.len;
		const unsigned known = known_placeholder(mw_str_head(text, n));

		if (close == NULL || known == 0)
			wrong_word(r, "unknown placeholder", mw_str_head(text, n));
		else if ((stages & ~known) != 0)
			wrong_word(r, "not known at every stage here:",
				   mw_str_head(text, n));
		text = mw_str_skip(text, n);
	}
}

/* The code of a line that is said, or 0. */
static int line_code(const reader *r)
{
	const mw_str v = r->f->value;

	if (v.len < 3 || v.ptr[0] < '2' || v.ptr[0] > '5' || !mwi_is_digit(v.ptr[1]) ||
	    !mwi_is_digit(v.ptr[2]) || (v.len > 3 && v.ptr[3] != ' ' && v.ptr[3] != '-'))
		return 0;
	return (v.ptr[0] - '0') * 100 + (v.ptr[1] - '0') * 10 + (v.ptr[2] - '0');
}

static void check_line(const reader *r, bool last)
{
	const mw_str v = r->f->value;
	const int code = line_code(r);

	if (code == 0) {
		wrong(r, "no line of a reply: a code from 200 to 599, “-” or a blank, "
			 "words");
		return;
	}
	if (code != r->record->answer.code)
		wrong(r, "all lines of a reply have the same code");
	if (last && v.len > 3 && v.ptr[3] == '-')
		wrong(r, "the last line of a reply has a blank behind its code");
	if (!last && (v.len == 3 || v.ptr[3] == ' '))
		wrong(r, "another line follows: write “-” behind the code");
	for (int stage = 0; stage < MW_STAGE_COUNT; stage++)
		if ((r->record->stages & 1U << stage) != 0 &&
		    !scenario_makes_sense(code, (mw_stage)stage))
			wrong_word(r, "such a code makes no sense at",
				   mw_name(MW_VOCABULARY_STAGE, stage));
	check_words(r, mw_str_skip(v, 4), r->record->stages);
}

/* The status that stands in front of all lines, or cls 0: then it stays in the text. */
static mw_enhanced common_status(const mw_str *lines, size_t count, size_t *length)
{
	mw_enhanced first = {0}, e;

	for (size_t i = 0; i < count; i++) {
		const ptrdiff_t n = mw_enhanced_read(&e, lines[i]);

		if (n <= 0 || ((size_t)n < lines[i].len && lines[i].ptr[n] != ' '))
			return (mw_enhanced){0};
		if (i == 0)
			first = e;
		if (memcmp(&first, &e, sizeof e) != 0 || (i > 0 && (size_t)n != *length))
			return (mw_enhanced){0};
		*length = (size_t)n;
	}
	return first;
}

static mw_str join(arena *a, const mw_str *lines, size_t count, size_t skip)
{
	size_t size = 0;
	char *p, *start;

	for (size_t i = 0; i < count; i++)
		size += lines[i].len + 1;
	start = p = arena_take(a, size + 1);
	for (size_t i = 0; i < count; i++) {
		const mw_str line = mw_str_skip(lines[i], skip);

		if (i > 0)
			*p++ = '\n';
		memcpy(p, line.ptr, line.len);
		p += line.len;
	}
	return (mw_str){start, (size_t)(p - start)};
}

static void set_text(reader *r, mw_answer *answer, const mw_str *lines, size_t count)
{
	size_t length = 0;

	answer->status = common_status(lines, count, &length);
	answer->text =
		join(&r->s->a, lines, count, answer->status.cls != 0 ? length + 1 : 0);
	answer->raw = MW_LIT("");
}

/* The lines of the fields of that key; the i-th field is `at[i]`. */
static size_t collect(reader *r, const record *rec, mw_str key, mw_str *lines,
		      const field **at)
{
	const field *f = rec->fields.item;
	size_t count = 0;

	for (uint32_t i = 0; i < rec->fields.count; i++) {
		if (!mw_str_eq(f[i].key, key))
			continue;
		if (count == SCENARIO_LINES_MAX) {
			r->f = &f[i];
			wrong(r, "a reply has at most 15 lines");
			break;
		}
		at[count] = &f[i];
		lines[count++] = f[i].value;
	}
	return count;
}

static void read_reply_text(reader *r, const record *rec)
{
	mw_str lines[SCENARIO_LINES_MAX];
	const field *at[SCENARIO_LINES_MAX];
	const size_t count = collect(r, rec, MW_LIT("say"), lines, at);

	if (count == 0)
		return;
	r->f = at[0];
	r->record->answer.code = line_code(r);
	for (size_t i = 0; i < count; i++) {
		r->f = at[i];
		check_line(r, i + 1 == count);
		lines[i] = mw_str_skip(lines[i], 4);
	}
	set_text(r, &r->record->answer, lines, count);
}

typedef struct field_kind {
	const char *key;
	void (*read)(const reader *r); /* NULL: read_reply_text() does */
	unsigned number;
	unsigned known; /* the stages where it can be asked */
	bool again;     /* may stand there more than once */
	bool wants;     /* a value */
} field_kind;

static const field_kind reply_fields[] = {
	{"at", read_stages, 0, ANYWHERE, false, true},
	{"client", read_patterns, SCENARIO_CLIENT, ANYWHERE, true, true},
	{"helo", read_patterns, SCENARIO_HELO, FROM_EHLO, true, true},
	{"login", read_patterns, SCENARIO_LOGIN, FROM_AUTH, true, true},
	{"sender", read_patterns, SCENARIO_SENDER, FROM_MAIL, true, true},
	{"recipient", read_patterns, SCENARIO_RECIPIENT, FROM_RCPT, true, true},
	{"subject", read_patterns, SCENARIO_SUBJECT, FROM_CONTENT, true, true},
	{"attempt", read_span, SCENARIO_ATTEMPT, ANYWHERE, false, true},
	{"message", read_span, SCENARIO_MESSAGE, ANYWHERE, false, true},
	{"connections", read_span, SCENARIO_CONNECTIONS, ANYWHERE, false, true},
	{"recipients", read_span, SCENARIO_RECIPIENTS, FROM_RCPT, false, true},
	{"size", read_span, SCENARIO_SIZE, FROM_MAIL, false, true},
	{"probability", read_probability, 0, ANYWHERE, false, true},
	{"rate", read_rate, 0, ANYWHERE, false, true},
	{"say", NULL, 0, ANYWHERE, true, true},
	{"category", read_category, 0, ANYWHERE, false, true},
	{"delay", read_delay, 0, ANYWHERE, false, true},
	{"read-rate", read_read_rate, 0, ANYWHERE, false, true},
	{"accept", read_accept, 0, ANYWHERE, false, false},
	{"drop", read_drop, 0, ANYWHERE, false, false},
	{"half", read_half, 0, ANYWHERE, false, false},
	{"close", read_close, 0, ANYWHERE, false, false},
};

static const field_kind *find_kind(const field_kind *kinds, size_t count, mw_str key)
{
	for (size_t i = 0; i < count; i++)
		if (mw_str_eq(mw_str_of(kinds[i].key), key))
			return &kinds[i];
	return NULL;
}

static const field_kind *find_reply_field(mw_str key)
{
	return find_kind(reply_fields, sizeof reply_fields / sizeof *reply_fields, key);
}

static bool has(const record *rec, mw_str key)
{
	const field *f = rec->fields.item;

	for (uint32_t i = 0; i < rec->fields.count; i++)
		if (mw_str_eq(f[i].key, key))
			return true;
	return false;
}

/* "not recipient good@*" becomes the field that it negates. */
static field undo_not(const field *f, bool *negated)
{
	field inner = *f;
	mw_str word;

	*negated = mw_str_eq(f->key, MW_LIT("not"));
	if (*negated && source_word(&inner.value, &word)) {
		inner.key = word;
		inner.value = mw_str_trim(inner.value);
		inner.at.column += (unsigned)(f->value.len - inner.value.len);
	}
	return inner;
}

/* Checks what holds for every kind of field: known, once, with a value. */
static bool check_field(reader *r, const record *rec, const field_kind *kind)
{
	const field *f = rec->fields.item;

	if (kind == NULL) {
		wrong_word(r, "unknown field", r->f->key);
		return false;
	}
	if (kind->wants && r->f->value.len == 0) {
		wrong_word(r, "a value is missing behind", r->f->key);
		return false;
	}
	for (; !kind->again && f->at.line < r->f->at.line; f++)
		if (mw_str_eq(f->key, r->f->key)) {
			wrong_word(r, "this stands here twice:", r->f->key);
			return false;
		}
	return true;
}

static void read_reply_field(reader *r, const record *rec, const field *f)
{
	const field inner = undo_not(f, &r->negated);
	const field_kind *kind = find_reply_field(inner.key);

	r->f = &inner;
	if (r->negated && (kind == NULL || kind->read != read_patterns)) {
		wrong(r, "“not” stands before client, helo, login, sender, recipient or "
			 "subject");
	} else if (check_field(r, rec, kind) && kind->read != NULL) {
		r->number = kind->number;
		kind->read(r);
		if ((r->record->stages & ~kind->known) != 0)
			wrong_word(r, "not known at every stage here:", inner.key);
	}
	r->f = f;
}

static void check_reply(reader *r, const record *rec)
{
	const scenario_record *own = r->record;
	const bool says = has(rec, MW_LIT("say"));
	const int ends = has(rec, MW_LIT("drop")) + has(rec, MW_LIT("half")) +
			 has(rec, MW_LIT("close"));

	if (!has(rec, MW_LIT("at")))
		complain(r->c, rec->at, "“at” is missing");
	if (rec->name.len == 0)
		complain(r->c, rec->at, "the name is missing");
	if (ends > 1)
		complain(r->c, rec->at, "drop, half and close exclude each other");
	if (own->end == SCENARIO_DROP && says)
		complain(r->c, rec->at, "drop says nothing: “say” has no place here");
	if (own->accept && (says || own->end != SCENARIO_GO_ON))
		complain(r->c, rec->at, "accept stands without say, drop and half");
	if (!says && ends == 0 && !own->accept && own->delay_ms == 0 &&
	    own->read_rate == 0)
		complain(r->c, rec->at,
			 "it does nothing: say, accept, drop, half, close, delay or "
			 "read-rate");
	if (has(rec, MW_LIT("category")) && own->answer.code < 400)
		complain(r->c, rec->at, "a category needs a refusal, 4yz or 5yz");
}

/* “at” first, wherever it stands: the others are checked against it. */
static void read_reply(reader *r, const record *rec)
{
	const field *f = rec->fields.item;

	if (r->s->records.count == SCENARIO_RECORDS) {
		complain(r->c, rec->at, "more than 1000 records");
		return;
	}
	r->record = vec_add(&r->s->a, &r->s->records, sizeof *r->record);
	r->record->name = rec->name;
	r->record->at = rec->at;
	for (uint32_t i = 0; i < rec->fields.count; i++)
		if (mw_str_eq(f[i].key, MW_LIT("at")))
			read_reply_field(r, rec, &f[i]);
	for (uint32_t i = 0; i < rec->fields.count; i++)
		if (!mw_str_eq(f[i].key, MW_LIT("at")))
			read_reply_field(r, rec, &f[i]);
	read_reply_text(r, rec);
	check_reply(r, rec);
	if (r->record->spans[SCENARIO_ATTEMPT].last > 0)
		r->s->attempt_stages |= r->record->stages;
}

static void read_provider(const reader *r)
{
	mw_knowledge kb;
	mw_provider provider;

	mw_knowledge_open_builtin(&kb);
	if (mw_knowledge_provider(&kb, r->f->value, &provider) != MW_OK)
		wrong_word(r, "unknown provider", r->f->value);
	r->s->settings.provider = r->f->value;
}

static void read_host(const reader *r)
{
	mw_str rest = r->f->value, word;

	source_word(&rest, &word);
	if (rest.len > 0 || word.len > MW_SMTP_DOMAIN_MAX)
		wrong(r, "a host name is one word of at most 255 bytes");
	r->s->settings.host = word;
}

static void read_extensions(const reader *r)
{
	mw_str rest = r->f->value, word;

	r->s->settings.has_extensions = true;
	while (source_word(&rest, &word)) {
		const bool sized = mwi_equal(mw_str_head(word, 5), MW_LIT("SIZE=")) &&
				   read_number(mw_str_skip(word, 5), UINT64_C(1) << 48,
					       &r->s->settings.size_max);
		const unsigned bit = mwi_keyword_bit(mwi_extension_words,
						     sized ? MW_LIT("SIZE") : word);

		if (bit == 0)
			wrong_word(r, "unknown extension", word);
		r->s->settings.extensions |= bit;
	}
}

static void read_mechanisms(const reader *r)
{
	mw_str rest = r->f->value, word;

	r->s->settings.has_mechanisms = true;
	while (source_word(&rest, &word)) {
		const unsigned bit = mwi_keyword_bit(mwi_mechanism_words, word);

		if (bit == 0)
			wrong_word(r, "unknown mechanism", word);
		r->s->settings.mechanisms |= bit;
	}
}

static void read_builtin(const reader *r)
{
	need_nothing(r);
	r->s->builtin = true;
}

static const field_kind server_fields[] = {
	{"provider", read_provider, 0, 0, false, true},
	{"host", read_host, 0, 0, false, true},
	{"banner", NULL, 0, 0, true, true},
	{"hello", NULL, 0, 0, true, true},
	{"extensions", read_extensions, 0, 0, false, false},
	{"auth", read_mechanisms, 0, 0, false, false},
	{"builtin", read_builtin, 0, 0, false, false},
};

/* The words of 220 or of 250 to EHLO. */
static void read_words(reader *r, const record *rec, mw_str key, int code,
		       unsigned stages, mw_answer *out)
{
	mw_str lines[SCENARIO_LINES_MAX];
	const field *at[SCENARIO_LINES_MAX];
	const size_t count = collect(r, rec, key, lines, at);

	for (size_t i = 0; i < count; i++) {
		r->f = at[i];
		check_words(r, lines[i], stages);
	}
	if (count == 0)
		return;
	out->code = code;
	set_text(r, out, lines, count);
}

static void read_server(reader *r, const record *rec)
{
	const field *f = rec->fields.item;

	for (uint32_t i = 0; i < rec->fields.count; i++) {
		const field_kind *kind =
			find_kind(server_fields,
				  sizeof server_fields / sizeof *server_fields, f[i].key);

		r->f = &f[i];
		if (check_field(r, rec, kind) && kind->read != NULL)
			kind->read(r);
	}
	read_words(r, rec, MW_LIT("banner"), 220, AT(CONNECT), &r->s->banner);
	read_words(r, rec, MW_LIT("hello"), 250, AT(EHLO), &r->s->hello);
}

unsigned scenario_read(scenario *s, const char *file, mw_str text, complaints *c)
{
	reader r = {.s = s, .c = c};
	const unsigned before = c->count;
	bool server = false;
	vec records = {0};

	source_read(&s->a, c, file, text, &records);
	for (uint32_t i = 0; i < records.count; i++) {
		const record *rec = (const record *)records.item + i;

		if (mw_str_eq(rec->kind, MW_LIT("reply"))) {
			read_reply(&r, rec);
		} else if (!mw_str_eq(rec->kind, MW_LIT("server"))) {
			complain(c, rec->at, "a record is “server” or “reply”");
		} else if (server) {
			complain(c, rec->at, "a second record “server”");
		} else {
			server = true;
			read_server(&r, rec);
		}
	}
	return c->count - before;
}
