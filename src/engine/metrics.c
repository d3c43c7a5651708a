/* SPDX-License-Identifier: MIT */
#include "engine/metrics.h"

#define BUCKETS (sizeof((metrics *)0)->latency / sizeof(counter))

void metrics_reply(reply_counts *m, int code, mw_category category)
{
	if (code > 0 && code < METRICS_CODES)
		metrics_add(&m->replies[code], 1);
	if (code >= 400)
		metrics_add(&m->categories[category], 1);
}

void metrics_latency(metrics *m, uint64_t microseconds)
{
	size_t n = 0;

	while (n + 1 < BUCKETS && microseconds >= (250ULL << n))
		n++;
	metrics_add(&m->latency[n], 1);
	metrics_add(&m->latency_us, microseconds);
}

static void head(mw_buf *out, const char *name, const char *type, const char *help)
{
	mw_buf_put(out, MW_LIT("# HELP mailwhy_"));
	mw_buf_put(out, mw_str_of(name));
	mw_buf_put_char(out, ' ');
	mw_buf_put(out, mw_str_of(help));
	mw_buf_put(out, MW_LIT("\n# TYPE mailwhy_"));
	mw_buf_put(out, mw_str_of(name));
	mw_buf_put_char(out, ' ');
	mw_buf_put(out, mw_str_of(type));
	mw_buf_put_char(out, '\n');
}

/* `label` is whole: {code="550"}. */
static void row(mw_buf *out, const char *name, mw_str label, uint64_t value)
{
	mw_buf_put(out, MW_LIT("mailwhy_"));
	mw_buf_put(out, mw_str_of(name));
	mw_buf_put(out, label);
	mw_buf_put_char(out, ' ');
	mw_buf_put_int(out, (long long)value);
	mw_buf_put_char(out, '\n');
}

static void labelled(mw_buf *out, const char *name, const char *label, mw_str value,
		     uint64_t n)
{
	char room[100];
	mw_buf b;

	mw_buf_init(&b, room, sizeof room);
	mw_buf_put_char(&b, '{');
	mw_buf_put(&b, mw_str_of(label));
	mw_buf_put(&b, MW_LIT("=\""));
	mw_buf_put(&b, value);
	mw_buf_put(&b, MW_LIT("\"}"));
	row(out, name, mw_buf_str(&b), n);
}

static void put_gauge(mw_buf *out, const char *name, const char *help, uint64_t n)
{
	head(out, name, "gauge", help);
	row(out, name, MW_LIT(""), n);
}

/* `codes` and `meanings` name the two families. */
static void put_replies(mw_buf *out, const reply_counts *m, const char *codes,
			const char *meanings, const char *help)
{
	head(out, codes, "counter", help);
	for (int code = 200; code < METRICS_CODES; code++) {
		const uint64_t n = m->replies[code];
		char text[4] = {(char)('0' + code / 100), (char)('0' + code / 10 % 10),
				(char)('0' + code % 10), '\0'};

		if (n > 0)
			labelled(out, codes, "code", mw_str_of(text), n);
	}
	head(out, meanings, "counter", "Replies 4yz and 5yz by what they mean.");
	for (int c = 0; c < MW_CATEGORY_COUNT; c++)
		if (m->categories[c] > 0)
			labelled(out, meanings, "category",
				 mw_name(MW_VOCABULARY_CATEGORY, c), m->categories[c]);
}

static void put_seconds(mw_buf *out, const char *name, uint64_t us)
{
	mw_buf_put(out, MW_LIT("mailwhy_"));
	mw_buf_put(out, mw_str_of(name));
	mw_buf_put_char(out, ' ');
	mw_buf_put_int(out, (long long)(us / 1000000));
	mw_buf_put_char(out, '.');
	for (uint64_t digit = 100000; digit > 0; digit /= 10)
		mw_buf_put_char(out, (char)('0' + us / digit % 10));
	mw_buf_put_char(out, '\n');
}

static void put_latency(mw_buf *out, metrics *m)
{
	static const char name[] = "final_dot_seconds_bucket";
	uint64_t sum = 0;

	head(out, "final_dot_seconds", "histogram",
	     "Time from the end of a message to its reply.");
	for (size_t i = 0; i < BUCKETS; i++) {
		char text[24];
		mw_buf b;
		const unsigned long us = 250UL << i;

		sum += m->latency[i];
		mw_buf_init(&b, text, sizeof text);
		if (i + 1 == BUCKETS) {
			mw_buf_put(&b, MW_LIT("+Inf"));
		} else {
			mw_buf_put_int(&b, (long long)(us / 1000000));
			mw_buf_put_char(&b, '.');
			for (unsigned long digit = 100000; digit >= 10; digit /= 10)
				mw_buf_put_char(&b, (char)('0' + us / digit % 10));
		}
		labelled(out, name, "le", mw_buf_str(&b), sum);
	}
	row(out, "final_dot_seconds_count", MW_LIT(""), sum);
	put_seconds(out, "final_dot_seconds_sum", m->latency_us);
}

void metrics_put(mw_buf *out, metrics *m, unsigned sessions, const store_counts *queue)
{
#define X(name, type, help)                                                              \
	head(out, #name, type, help);                                                    \
	row(out, #name, MW_LIT(""), m->name);
	METRICS_MAP(X)
#undef X
	put_gauge(out, "sessions", "Sessions that are open.", sessions);
	put_replies(out, &m->said, "replies_total", "refusals_total", "Replies by code.");
	put_replies(out, &m->remote, "remote_replies_total", "remote_refusals_total",
		    "Replies of other servers by code.");
	put_latency(out, m);
	put_gauge(out, "queue_messages", "Messages in the queue.", queue->messages);
	put_gauge(out, "queue_bytes", "Bytes of those messages.", queue->bytes);
	head(out, "queue_recipients", "gauge", "Recipients in the queue by state.");
	labelled(out, "queue_recipients", "state", MW_LIT("queued"), queue->queued);
	labelled(out, "queue_recipients", "state", MW_LIT("held"), queue->held);
	labelled(out, "queue_recipients", "state", MW_LIT("failed"), queue->failed);
	head(out, "store_commits_total", "counter", "Groups that were committed.");
	row(out, "store_commits_total", MW_LIT(""), queue->commits);
	head(out, "store_committed_total", "counter", "Messages in those groups.");
	row(out, "store_committed_total", MW_LIT(""), queue->committed);
}
