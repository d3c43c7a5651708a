/* SPDX-License-Identifier: MIT
 *
 * Rows of the queue in words and as JSON.
 */
#include "base/utf8.h"
#include "cli/queue.h"
#include "engine/outlog.h"

mw_str queue_state_name(store_state s)
{
	switch (s) {
	case STORE_QUEUED:
		return MW_LIT("queued");
	case STORE_HELD:
		return MW_LIT("held");
	case STORE_FAILED:
		return MW_LIT("failed");
	}
	return MW_LIT("unknown");
}

static mw_str route_name(store_route route)
{
	switch (route) {
	case STORE_REMOTE:
		return MW_LIT("smtp");
	case STORE_MAILDIR:
		return MW_LIT("maildir");
	case STORE_LMTP:
		return MW_LIT("lmtp");
	case STORE_KEPT:
		return MW_LIT("kept");
	}
	return MW_LIT("unknown");
}

/* --- words */

void queue_put_span(mw_buf *out, int64_t ms)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = {{2 * 86400, " d"}, {2 * 3600, " h"}, {2 * 60, " min"}, {0, " s"}};
	static const int64_t size[] = {86400, 3600, 60, 1};
	const int64_t seconds = ms > 0 ? (ms + 500) / 1000 : 0;
	size_t i = 0;

	while (seconds < units[i].seconds)
		i++;
	mw_buf_put_int(out, seconds / size[i]);
	mw_buf_put(out, mw_str_of(units[i].unit));
}

void queue_put_size(mw_buf *out, uint64_t bytes)
{
	static const char *const units[] = {" B", " KB", " MB", " GB", " TB"};
	char number[40];
	size_t i = 0;
	double n = (double)bytes;

	for (; n >= 1000 && i + 1 < sizeof units / sizeof *units; i++)
		n /= 1024;
	snprintf(number, sizeof number, i > 0 && n < 10 ? "%.1f" : "%.0f", n);
	mw_buf_put(out, mw_str_of(number));
	mw_buf_put(out, mw_str_of(units[i]));
}

static int columns_of(mw_str s)
{
	int columns = 0;

	while (s.len > 0) {
		uint32_t point;
		const size_t n = mwi_utf8_read(s, &point);

		columns += n > 0 ? mwi_utf8_width(point) : 1;
		s = mw_str_skip(s, n > 0 ? n : 1);
	}
	return columns;
}

void queue_put_cell(mw_buf *out, mw_str s, int columns)
{
	const size_t start = out->len;

	mw_buf_put_visible(out, mw_str_head(s, QUEUE_FIELD_MAX));
	for (int n = columns_of((mw_str){out->ptr + start, out->len - start});
	     n < columns; n++)
		mw_buf_put_char(out, ' ');
}

/* --- JSON */

void queue_json_text(mw_buf *out, const char *name, mw_str value)
{
	mw_buf_put(out, MW_LIT(",\""));
	mw_buf_put(out, mw_str_of(name));
	if (value.len == 0) {
		mw_buf_put(out, MW_LIT("\":null"));
		return;
	}
	mw_buf_put(out, MW_LIT("\":\""));
	mw_buf_put_json(out, mw_str_head(value, MW_TEXT_MAX));
	mw_buf_put_char(out, '"');
}

void queue_json_time(mw_buf *out, const char *name, int64_t ms)
{
	char time[OUTLOG_TIME_MAX];

	queue_json_text(out, name, ms != 0 ? outlog_time(time, ms) : MW_LIT(""));
}

static void json_bool(mw_buf *out, const char *name, bool value)
{
	mw_buf_put(out, MW_LIT(",\""));
	mw_buf_put(out, mw_str_of(name));
	mw_buf_put(out, value ? MW_LIT("\":true") : MW_LIT("\":false"));
}

void queue_json_front(mw_buf *out, const store_message *m, unsigned index,
		      const store_recipient *r)
{
	mw_buf_put(out, MW_LIT("{\"id\":\""));
	mw_buf_put_int(out, (long long)m->id);
	mw_buf_put(out, MW_LIT("\",\"index\":"));
	mw_buf_put_int(out, index);
	/* The empty sender is one. */
	mw_buf_put(out, MW_LIT(",\"sender\":\""));
	mw_buf_put_json(out, mw_str_head(m->mail.sender, QUEUE_FIELD_MAX));
	mw_buf_put_char(out, '"');
	queue_json_text(out, "state", queue_state_name(r->state));
	queue_json_time(out, "arrival", m->arrival);
	queue_json_time(out, "next_try", r->state == STORE_QUEUED ? r->next_try : 0);
	mw_buf_put(out, MW_LIT(",\"size\":"));
	mw_buf_put_int(out, (long long)m->size);
	json_bool(out, "uncertain", r->uncertain);
	json_bool(out, "warned", r->warned);
	queue_json_text(out, "route", route_name(r->route));
	queue_json_text(out, "destination", mw_str_head(r->target, QUEUE_FIELD_MAX));
}

/* What a server said, or we noted ourselves, that is no success. */
bool queue_has_failure(const store_recipient *r)
{
	return r->reply >= 400 || (r->reply == 0 && r->text.len > 0);
}

mw_outcome queue_outcome(const store_recipient *r, mw_stage stage, mw_str remote)
{
	mw_outcome o = {.kind = queue_has_failure(r) ? MW_KIND_BOUNCE : MW_KIND_DELIVERED,
			.stage = stage,
			.reply = r->reply,
			.text = mwi_utf8_head(r->text, MW_TEXT_MAX),
			.context = MW_LIT(""),
			.remote = remote,
			.recipient = mw_str_head(r->address, QUEUE_FIELD_MAX),
			.provider = MW_LIT(""),
			.odd_number = MW_LIT("")};
	const ptrdiff_t n = mw_enhanced_read(&o.status, o.text);

	if (n > 0)
		o.text = mw_str_skip(o.text, (size_t)n);
	else
		o.status = (mw_enhanced){.cls = 0};
	if (n > 0 && o.text.len > 0 && o.text.ptr[0] == ' ')
		o.text = mw_str_skip(o.text, 1);
	return o;
}

void queue_json_end(mw_buf *out, const mw_knowledge *kb, const store_recipient *r,
		    mw_stage stage, mw_str remote)
{
	const mw_tell tell = {kb, -1, 80, false};
	const size_t start = out->len;
	mw_verdict v;

	if (r->reply != 0 || r->text.len > 0) {
		const mw_outcome o = queue_outcome(r, stage, remote);

		mw_judge(kb, &o, &v);
		if (mw_tell_json(out, &tell, &o, &v) == MW_OK) {
			out->ptr[start] = ','; /* where its own '{' stood */
			return;
		}
	}
	queue_json_text(out, "recipient", mw_str_head(r->address, QUEUE_FIELD_MAX));
	mw_buf_put(out, MW_LIT("}\n"));
}
