/* SPDX-License-Identifier: MIT
 *
 * Look-ups in the knowledge image. Records are sorted by the compiler, so that each
 * look-up is a binary search.
 */
#include <mailwhy/knowledge.h>

#include "base/ascii.h"
#include "judge/builtin.h"
#include "judge/check.h"
#include "judge/section.h"

mw_status mw_knowledge_open(mw_knowledge *kb, const void *image, size_t len, mw_err *err)
{
	const mw_status s = mwi_check(image, len, err);

	if (s == MW_OK)
		*kb = (mw_knowledge){.image = image};
	return s;
}

/* The image that was linked in was checked when the program was tested; it is not
 * checked at every start. */
void mw_knowledge_open_builtin(mw_knowledge *kb)
{
	*kb = (mw_knowledge){.image = mwi_builtin_image};
}

void mw_knowledge_add_rules(mw_knowledge *kb, const mw_knowledge *user)
{
	kb->user = user;
}

mw_str mw_knowledge_line(const mw_knowledge *kb, mw_lines lines, size_t i)
{
	if (i >= lines.count)
		return MW_LIT("");
	return mwi_text(kb, mwi_line_at(kb)[lines.first + i]);
}

static void copy_remedies(mw_lines *out, const mwi_list *remedy)
{
	for (int i = 0; i < MW_AUDIENCE_COUNT; i++)
		out[i] = mwi_lines(remedy[i]);
}

static const mwi_code *find_code(const mw_knowledge *kb, int code)
{
	const mwi_code *table = mwi_code_at(kb);
	uint32_t low = 0, high = mwi_count(kb, MWI_CODE);

	while (low < high) {
		const uint32_t mid = low + (high - low) / 2;

		if (table[mid].code < (uint32_t)code)
			low = mid + 1;
		else
			high = mid;
	}
	return low < mwi_count(kb, MWI_CODE) && table[low].code == (uint32_t)code
		       ? table + low
		       : NULL;
}

static mw_status give_code(const mw_knowledge *kb, const mwi_code *r, mw_code *out)
{
	if (r == NULL)
		return MW_E_ABSENT;
	*out = (mw_code){
		.code = (int)r->code,
		.category = (mw_category)r->category,
		.limit = (mw_limit)r->limit,
		.text = mwi_text(kb, r->text),
		.source = mwi_text(kb, r->source),
		.commands = mwi_text(kb, r->commands),
		.meaning = mwi_text(kb, r->meaning),
		.causes = mwi_lines(r->cause),
		.notes = mwi_lines(r->note),
	};
	copy_remedies(out->remedies, r->remedy);
	return MW_OK;
}

mw_status mw_knowledge_code(const mw_knowledge *kb, int code, mw_code *out)
{
	return give_code(kb, find_code(kb, code), out);
}

mw_status mw_knowledge_code_nth(const mw_knowledge *kb, size_t i, mw_code *out)
{
	return give_code(kb, i < mwi_count(kb, MWI_CODE) ? mwi_code_at(kb) + i : NULL,
			 out);
}

mw_category mw_knowledge_code_at(const mw_knowledge *kb, int code, mw_stage stage)
{
	const mwi_code *r = find_code(kb, code);

	if (r == NULL || (unsigned)stage >= MW_STAGE_COUNT)
		return MW_CATEGORY_UNKNOWN;
	return (mw_category)r->at[stage];
}

_Static_assert(MW_STAGE_COUNT <= sizeof((mwi_code){0}.at),
	       "a stage has no place in mwi_code");

/* Sorted by subject, detail, class; MWI_ANY sorts last. */
static uint64_t status_key(uint32_t cls, uint32_t subject, uint32_t detail)
{
	return (uint64_t)subject << 32 | (uint64_t)detail << 16 | cls;
}

static int any(uint32_t n)
{
	return n == MWI_ANY ? -1 : (int)n;
}

static mw_status give_status(const mw_knowledge *kb, const mwi_status *r,
			     mw_status_code *out)
{
	*out = (mw_status_code){
		.cls = any(r->cls),
		.subject = any(r->subject),
		.detail = any(r->detail),
		.vague = r->vague != 0,
		.category = (mw_category)r->category,
		.name = mwi_text(kb, r->name),
		.source = mwi_text(kb, r->source),
		.codes = mwi_text(kb, r->codes),
		.meaning = mwi_text(kb, r->meaning),
	};
	return MW_OK;
}

static mw_status find_status(const mw_knowledge *kb, uint32_t cls, uint32_t subject,
			     uint32_t detail, mw_status_code *out)
{
	const uint64_t key = status_key(cls, subject, detail);
	const mwi_status *table = mwi_status_at(kb);
	uint32_t low = 0, high = mwi_count(kb, MWI_STATUS);

	while (low < high) {
		const uint32_t mid = low + (high - low) / 2;
		const mwi_status *r = table + mid;
		const uint64_t at = status_key(r->cls, r->subject, r->detail);

		if (at == key)
			return give_status(kb, r, out);
		if (at < key)
			low = mid + 1;
		else
			high = mid;
	}
	return MW_E_ABSENT;
}

mw_status mw_knowledge_status(const mw_knowledge *kb, int cls, int subject, int detail,
			      mw_status_code *out)
{
	const mw_status s =
		find_status(kb, (uint32_t)cls, (uint32_t)subject, (uint32_t)detail, out);

	if (s == MW_OK)
		return s;
	return find_status(kb, MWI_ANY, (uint32_t)subject, (uint32_t)detail, out);
}

mw_status mw_knowledge_status_class(const mw_knowledge *kb, int cls, mw_status_code *out)
{
	return find_status(kb, (uint32_t)cls, MWI_ANY, MWI_ANY, out);
}

mw_status mw_knowledge_status_subject(const mw_knowledge *kb, int subject,
				      mw_status_code *out)
{
	return find_status(kb, MWI_ANY, (uint32_t)subject, MWI_ANY, out);
}

mw_status mw_knowledge_status_nth(const mw_knowledge *kb, size_t i, mw_status_code *out)
{
	if (i >= mwi_count(kb, MWI_STATUS))
		return MW_E_ABSENT;
	return give_status(kb, mwi_status_at(kb) + i, out);
}

mw_category_info mw_knowledge_category(const mw_knowledge *kb, mw_category category)
{
	const uint32_t i = (uint32_t)category;
	mw_category_info out = {.category = category, .retry = -1, .summary = {"", 0}};

	if (i >= mwi_count(kb, MWI_CATEGORY))
		return out;
	const mwi_category *r = mwi_category_at(kb) + i;

	out.permanence = (mw_permanence)r->permanence;
	out.fault = (mw_fault)r->fault;
	out.action_temporary = (mw_action)r->action_temporary;
	out.action_permanent = (mw_action)r->action_permanent;
	out.retry = r->retry;
	out.limit = (mw_limit)r->limit;
	out.bad_address = r->bad_address != 0;
	out.names_list = r->names_list != 0;
	out.at_mail = r->at_mail < MW_CATEGORY_COUNT ? (mw_category)r->at_mail
						     : MW_CATEGORY_UNKNOWN;
	out.names_domain = r->names_domain != 0;
	out.subject = any(r->subject);
	out.detail = any(r->detail);
	out.summary = mwi_text(kb, r->summary);
	out.references = mwi_lines(r->reference);
	copy_remedies(out.remedies, r->remedy);
	return out;
}

static mw_str find_word(const mw_knowledge *kb, uint32_t vocabulary, uint32_t value)
{
	for (uint32_t i = 0; i < mwi_count(kb, MWI_WORD); i++) {
		const mwi_word *w = mwi_word_at(kb) + i;

		if (w->vocabulary == vocabulary && w->value == value)
			return mwi_text(kb, w->text);
	}
	return MW_LIT("");
}

mw_str mw_knowledge_word(const mw_knowledge *kb, mw_vocabulary vocabulary, int value)
{
	return find_word(kb, (uint32_t)vocabulary, (uint32_t)value);
}

mw_str mw_knowledge_digit(const mw_knowledge *kb, int place, int digit)
{
	return find_word(kb, MWI_DIGIT_WORDS + (uint32_t)place, (uint32_t)digit);
}

static mw_provider give_provider(const mw_knowledge *kb, const mwi_provider *r)
{
	return (mw_provider){
		.id = mwi_text(kb, r->id),
		.name = mwi_text(kb, r->name),
		.page = mwi_text(kb, r->page),
		.kind = mwi_text(kb, r->kind),
		.connections = r->connections,
		.messages = r->messages,
		.rate = r->rate,
		.limits = mwi_text(kb, r->limits),
	};
}

mw_status mw_knowledge_provider(const mw_knowledge *kb, mw_str id, mw_provider *out)
{
	for (uint32_t i = 0; i < mwi_count(kb, MWI_PROVIDER); i++) {
		const mwi_provider *r = mwi_provider_at(kb) + i;

		if (mw_str_eq(mwi_text(kb, r->id), id)) {
			*out = give_provider(kb, r);
			return MW_OK;
		}
	}
	return MW_E_ABSENT;
}

mw_status mw_knowledge_provider_nth(const mw_knowledge *kb, size_t i, mw_provider *out)
{
	if (i >= mwi_count(kb, MWI_PROVIDER))
		return MW_E_ABSENT;
	*out = give_provider(kb, mwi_provider_at(kb) + i);
	return MW_OK;
}

/* Like strcmp, `a` folded to lower case. */
static int compare_folded(mw_str a, mw_str b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++) {
		const unsigned char x = (unsigned char)mwi_lower(a.ptr[i]);
		const unsigned char y = (unsigned char)b.ptr[i];

		if (x != y)
			return x < y ? -1 : 1;
	}
	return a.len < b.len ? -1 : a.len > b.len;
}

static const mwi_host *find_host(const mw_knowledge *kb, mw_str suffix)
{
	const mwi_host *table = mwi_host_at(kb);
	uint32_t low = 0, high = mwi_count(kb, MWI_HOST);

	while (low < high) {
		const uint32_t mid = low + (high - low) / 2;
		const int order = compare_folded(suffix, mwi_text(kb, table[mid].suffix));

		if (order == 0)
			return table + mid;
		if (order > 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

mw_status mw_knowledge_provider_of_host(const mw_knowledge *kb, mw_str host,
					mw_provider *out)
{
	/* A host name has at most 253 bytes and so 127 labels (RFC 1035, 2.3.4). */
	for (int labels = 0; host.len > 0 && host.len <= 253 && labels < 127; labels++) {
		const mwi_host *r = find_host(kb, host);

		if (r != NULL) {
			*out = give_provider(kb, mwi_provider_at(kb) + r->provider);
			return MW_OK;
		}
		const char *dot = memchr(host.ptr, '.', host.len);

		if (dot == NULL)
			break;
		host = mw_str_skip(host, (size_t)(dot - host.ptr) + 1);
	}
	return MW_E_ABSENT;
}

mw_status mw_knowledge_blocklist_nth(const mw_knowledge *kb, size_t i, mw_blocklist *out)
{
	if (i >= mwi_count(kb, MWI_BLOCKLIST))
		return MW_E_ABSENT;
	const mwi_blocklist *r = mwi_blocklist_at(kb) + i;

	*out = (mw_blocklist){
		.id = mwi_text(kb, r->id),
		.name = mwi_text(kb, r->name),
		.lookup = mwi_text(kb, r->lookup),
		.page = mwi_text(kb, r->page),
		.domain = r->domain != 0,
	};
	return MW_OK;
}

mw_status mw_knowledge_rule_nth(const mw_knowledge *kb, size_t i, mw_rule *out)
{
	if (i >= mwi_count(kb, MWI_RULE))
		return MW_E_ABSENT;
	const mwi_rule *r = mwi_rule_at(kb) + i;

	*out = (mw_rule){
		.id = mwi_text(kb, r->id),
		.category = (mw_category)r->category,
		.provider = mwi_text(kb, r->provider_id),
		.summary = mwi_text(kb, r->summary),
		.source = mwi_text(kb, r->source),
		.date = mwi_text(kb, r->date),
		.examples = mwi_lines(r->example),
	};
	copy_remedies(out->remedies, r->remedy);
	return MW_OK;
}

mw_status mw_knowledge_map_nth(const mw_knowledge *kb, size_t i, mw_map *out)
{
	if (i >= mwi_count(kb, MWI_MAP))
		return MW_E_ABSENT;
	*out = (mw_map){
		.name = mwi_text(kb, mwi_map_at(kb)[i].name),
		.rows = mwi_lines(mwi_map_at(kb)[i].row),
	};
	return MW_OK;
}
