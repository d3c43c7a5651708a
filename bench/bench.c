/* SPDX-License-Identifier: MIT
 *
 * bench - how long does a verdict take?
 *
 *	bench [REPLIES]		(200,000 unless told)
 *
 * The replies are the examples of the rules, their digits and addresses changed by a
 * fixed generator, so that no two are alike. Every figure is the median of 15 passes, and
 * is given as a ratio to a plain loop over the same bytes in the same run: machines
 * differ, ratios hardly do.
 */
#include <mailwhy/mailwhy.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "judge/match.h"

#define PASSES 15

typedef struct sample {
	char *bytes;
	size_t len, *start; /* count + 1 of them */
	size_t count;
} sample;

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* One example with its numbers changed, but for the code and status in front. */
static size_t vary(char *out, mw_str s, uint32_t *state)
{
	for (size_t i = 0; i < s.len; i++) {
		const char c = s.ptr[i];

		out[i] = i > 12 && c >= '1' && c <= '9'
				 ? (char)('1' + next_random(state) % 9)
				 : c;
	}
	return s.len;
}

static mw_str example(const mw_knowledge *kb, size_t *rule, size_t *line)
{
	mw_rule r;

	while (mw_knowledge_rule_nth(kb, *rule, &r) == MW_OK) {
		while (*line < r.examples.count) {
			const mw_str e = mw_knowledge_line(kb, r.examples, (*line)++);

			/* Replies as servers send them begin with their code. */
			if (e.ptr[0] >= '4' && e.ptr[0] <= '5')
				return e;
		}
		++*rule;
		*line = 0;
	}
	*rule = *line = 0;
	return example(kb, rule, line);
}

static sample make_sample(const mw_knowledge *kb, size_t count)
{
	sample s = {.count = count};
	size_t rule = 0, line = 0, cap = count * 512;
	uint32_t state = 2463534242U;

	s.bytes = malloc(cap);
	s.start = malloc((count + 1) * sizeof *s.start);
	if (s.bytes == NULL || s.start == NULL)
		exit(71);
	for (size_t i = 0; i < count; i++) {
		s.start[i] = s.len;
		s.len += vary(s.bytes + s.len,
			      mw_str_head(example(kb, &rule, &line), 400), &state);
	}
	s.start[count] = s.len;
	return s;
}

static mw_str reply_at(const sample *s, size_t i)
{
	return (mw_str){s->bytes + s->start[i], s->start[i + 1] - s->start[i]};
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static const unsigned char classes[256] = {[' '] = 1, ['0'] = 2, ['.'] = 3};

/* The limit that a byte-by-byte reader has: one look-up a byte, nothing else. */
static unsigned long pass_bytes(const mw_knowledge *kb, const sample *s)
{
	unsigned long sum = 0;

	(void)kb;
	for (size_t i = 0; i < s->count; i++) {
		const mw_str r = reply_at(s, i);

		for (size_t k = 0; k < r.len; k++)
			sum += classes[(unsigned char)r.ptr[k]];
	}
	return sum;
}

static void count_found(void *ctx, uint32_t phrase, size_t pos)
{
	*(unsigned long *)ctx += phrase + pos;
}

static unsigned long pass_match(const mw_knowledge *kb, const sample *s)
{
	char room[1024];
	unsigned long sum = 0;

	memset(room, ' ', sizeof room);
	for (size_t i = 0; i < s->count; i++) {
		const mw_str r = reply_at(s, i);

		mwi_fold(room + MWI_MATCH_GUARD, r);
		memset(room + MWI_MATCH_GUARD + r.len, ' ', MWI_MATCH_GUARD);
		mwi_match(kb, (mw_str){room + MWI_MATCH_GUARD, r.len}, count_found, &sum);
	}
	return sum;
}

static unsigned long pass_read(const mw_knowledge *kb, const sample *s)
{
	mw_outcome_room room;
	mw_outcome o;
	unsigned long sum = 0;

	(void)kb;
	for (size_t i = 0; i < s->count; i++) {
		mw_outcome_read(&o, &room, reply_at(s, i));
		sum += (unsigned long)o.reply;
	}
	return sum;
}

static unsigned long pass_verdict(const mw_knowledge *kb, const sample *s)
{
	mw_outcome_room room;
	mw_outcome o;
	mw_verdict v;
	unsigned long sum = 0;

	for (size_t i = 0; i < s->count; i++) {
		mw_outcome_read(&o, &room, reply_at(s, i));
		mw_judge(kb, &o, &v);
		sum += (unsigned long)v.category;
	}
	return sum;
}

static unsigned long pass_json(const mw_knowledge *kb, const sample *s)
{
	static char memory[MW_TELL_MAX];
	const mw_tell t = {.kb = kb, .audience = -1};
	mw_outcome_room room;
	mw_outcome o;
	mw_verdict v;
	mw_buf b;
	unsigned long sum = 0;

	for (size_t i = 0; i < s->count; i++) {
		mw_buf_init(&b, memory, sizeof memory);
		mw_outcome_read(&o, &room, reply_at(s, i));
		mw_judge(kb, &o, &v);
		if (mw_tell_json(&b, &t, &o, &v) == MW_OK)
			sum += b.len;
	}
	return sum;
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		unsigned long (*pass)(const mw_knowledge *, const sample *);
	} rows[] = {{"plain byte loop", pass_bytes},
		    {"fold and match", pass_match},
		    {"read the reply", pass_read},
		    {"text in, verdict out", pass_verdict},
		    {"text in, JSON out", pass_json}};
	enum { ROWS = sizeof rows / sizeof *rows };
	double took[ROWS][PASSES], first = 0;
	unsigned long sum = 0;
	mw_knowledge kb;

	mw_knowledge_open_builtin(&kb);
	const sample s = make_sample(&kb, argc > 1 ? strtoul(argv[1], NULL, 10) : 200000);

	/* In turn, so that a slow moment of the machine hits all alike. */
	for (int p = 0; p < PASSES; p++)
		for (int r = 0; r < ROWS; r++) {
			const double begin = now();

			sum += rows[r].pass(&kb, &s);
			took[r][p] = now() - begin;
		}
	printf("%zu replies, %.1f bytes on average (checksum %lu)\n\n", s.count,
	       (double)s.len / (double)s.count, sum);
	printf("%-24s %10s %10s %10s %8s %8s\n", "", "ns/reply", "million/s", "MB/s",
	       "ratio", "spread");
	for (int r = 0; r < ROWS; r++) {
		qsort(took[r], PASSES, sizeof(double), by_value);
		const double ns = took[r][PASSES / 2] / (double)s.count;

		if (r == 0)
			first = ns;
		printf("%-24s %10.1f %10.2f %10.0f %8.2f %7.0f%%\n", rows[r].name, ns,
		       1e3 / ns, (double)s.len / took[r][PASSES / 2] * 1e3, ns / first,
		       100 * (took[r][PASSES - 1] - took[r][0]) / took[r][PASSES / 2]);
	}
	free(s.bytes);
	free(s.start);
	return 0;
}
