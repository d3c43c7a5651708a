/* SPDX-License-Identifier: MIT */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/mx_search.h"

#define HASH_PREFIX "sha256-"

#define X(name, reply) reply,
static const char *const replies[] = {MX_STATUS_MAP(X)};
#undef X

static const mx_result no_memory = {
	.status = MX_TROUBLE,
	.why = "out of memory",
	.reply = "452 4.3.1 Insufficient system memory",
	.key = "",
};

const mx_result *mx_result_no_memory(void)
{
	return &no_memory;
}

/* Copies a string to the front of *free and moves that on. */
static const char *keep(char **free, const char *s)
{
	const size_t len = strlen(s) + 1;
	char *at = *free;

	memcpy(at, s, len);
	*free += len;
	return at;
}

/* A host is kept once; its targets follow each other. */
static size_t size_of(const mx_draft *d)
{
	size_t size = sizeof(mx_result) + d->count * sizeof(mx_target) + strlen(d->why) +
		      strlen(d->key) + 2;

	for (size_t i = 0; i < d->count; i++)
		if (i == 0 || d->targets[i].host != d->targets[i - 1].host)
			size += strlen(d->targets[i].host) + 1;
	return size;
}

mx_result *mx_result_make(const mx_draft *d)
{
	mx_result *r = malloc(size_of(d));
	mx_target *to;
	char *text;

	if (r == NULL)
		return NULL;
	to = (mx_target *)(void *)(r + 1);
	text = (char *)(to + d->count);
	for (size_t i = 0; i < d->count; i++) {
		to[i] = d->targets[i];
		to[i].host = i > 0 && to[i].host == d->targets[i - 1].host
				     ? to[i - 1].host
				     : keep(&text, to[i].host);
	}
	*r = (mx_result){.status = d->status,
			 .why = keep(&text, d->why),
			 .reply = replies[d->status],
			 .key = keep(&text, d->key),
			 .ttl = d->ttl,
			 .secure = d->secure,
			 .count = d->count,
			 .targets = to};
	return r;
}

/* SplitMix64: evenly spread, and repeatable. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15U;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

/* The targets of one host. */
typedef struct run {
	size_t first, count;
	uint16_t preference;
} run;

static size_t find_runs(const mx_result *r, run out[MX_TARGETS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++) {
		const mx_target *t = &r->targets[i];

		if (i == 0 || t->host != r->targets[i - 1].host)
			out[count++] = (run){i, 0, t->preference};
		out[count - 1].count++;
	}
	return count;
}

/* Runs [first, end) have the same preference (Fisher and Yates). */
static void shuffle(run *runs, size_t first, size_t end, uint64_t *random)
{
	for (size_t left = end - first; left > 1; left--) {
		const size_t other = first + (size_t)(next_random(random) % left);
		const run last = runs[first + left - 1];

		runs[first + left - 1] = runs[other];
		runs[other] = last;
	}
}

const mx_result *mx_result_shuffled(const mx_result *r, uint64_t *random)
{
	mx_draft d = {.status = r->status, .ttl = r->ttl, .secure = r->secure};
	run runs[MX_TARGETS_MAX];
	const size_t count = find_runs(r, runs);
	mx_result *copy;

	snprintf(d.why, sizeof d.why, "%s", r->why);
	snprintf(d.key, sizeof d.key, "%s", r->key);
	for (size_t first = 0, end; first < count; first = end) {
		for (end = first + 1; end < count; end++)
			if (runs[end].preference != runs[first].preference)
				break;
		shuffle(runs, first, end, random);
	}
	for (size_t i = 0; i < count; i++) {
		memcpy(d.targets + d.count, r->targets + runs[i].first,
		       runs[i].count * sizeof *d.targets);
		d.count += runs[i].count;
	}
	copy = mx_result_make(&d);
	return copy != NULL ? copy : &no_memory;
}

void mx_result_free(const mx_result *r)
{
	if (r != &no_memory)
		free((void *)r);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool digest(unsigned char sum[EVP_MAX_MD_SIZE], unsigned *len, const char **hosts,
		   size_t count)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool good = c != NULL && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1;

	for (size_t i = 0; good && i < count; i++)
		good = EVP_DigestUpdate(c, hosts[i], strlen(hosts[i]) + 1) == 1;
	good = good && EVP_DigestFinal_ex(c, sum, len) == 1;
	EVP_MD_CTX_free(c);
	return good;
}

/* The digest of the whole list stands for it. */
static bool put_digest(mw_buf *out, const char **hosts, size_t count)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!digest(sum, &len, hosts, count))
		return false;
	mw_buf_reset(out);
	mw_buf_put(out, MW_LIT(HASH_PREFIX));
	for (unsigned i = 0; i < len; i++) {
		mw_buf_put_char(out, "0123456789abcdef"[sum[i] >> 4]);
		mw_buf_put_char(out, "0123456789abcdef"[sum[i] & 15]);
	}
	return true;
}

bool mx_draft_key(mx_draft *d, const char **hosts, size_t count)
{
	mw_buf out;

	qsort(hosts, count, sizeof *hosts, by_name);
	mw_buf_init(&out, d->key, MX_KEY_MAX);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			mw_buf_put_char(&out, ',');
		mw_buf_put(&out, mw_str_of(hosts[i]));
	}
	if (out.lost && !put_digest(&out, hosts, count))
		return false;
	d->key[out.len] = '\0';
	return true;
}
