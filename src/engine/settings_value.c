/* SPDX-License-Identifier: MIT */
#include "engine/settings_value.h"

#include <arpa/inet.h>
#include <mailwhy/buf.h>
#include <netinet/in.h>
#include <stdio.h>

#include "base/ascii.h"
#include "base/utf8.h"

/* One value on its way from text to field. */
typedef struct reading {
	const value_rule *rule;
	pool *memory;
	char *why;
	size_t why_size;
	bool no_memory;
} reading;

static bool refuse(reading *r, const char *why)
{
	snprintf(r->why, r->why_size, "%s", why);
	return false;
}

static bool out_of_memory(reading *r)
{
	r->no_memory = true;
	return refuse(r, "out of memory");
}

static bool is_gap(char c)
{
	return c == ',' || c == ' ' || c == '\t';
}

/* The next word of *rest, up to a comma or blank; false when there is none. */
static bool cut_word(mw_str *rest, mw_str *word)
{
	size_t first = 0, end;

	while (first < rest->len && is_gap(rest->ptr[first]))
		first++;
	end = first;
	while (end < rest->len && !is_gap(rest->ptr[end]))
		end++;
	*word = (mw_str){rest->ptr + first, end - first};
	*rest = mw_str_skip(*rest, end);
	return word->len > 0;
}

/* The next word of "a|b|c". */
static bool cut_choice(const char **form, mw_str *word)
{
	const size_t n = strcspn(*form, "|");

	*word = (mw_str){*form, n};
	*form += n + ((*form)[n] == '|' ? 1 : 0);
	return n > 0;
}

/* Which word of `form` it is; -1: none of them. ASCII case does not count. */
static int choice_of(const char *form, mw_str text)
{
	mw_str word;

	for (int i = 0; cut_choice(&form, &word); i++) {
		size_t same = 0;

		while (same < word.len && same < text.len &&
		       mwi_lower(word.ptr[same]) == mwi_lower(text.ptr[same]))
			same++;
		if (same == word.len && same == text.len)
			return i;
	}
	return -1;
}

/* The digits at the front of *rest; false when there are none or too many. */
static bool cut_number(mw_str *rest, uint64_t *out)
{
	uint64_t n = 0;
	size_t i = 0;

	for (; i < rest->len && mwi_is_digit(rest->ptr[i]); i++) {
		const unsigned digit = (unsigned)(rest->ptr[i] - '0');

		if (n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*rest = mw_str_skip(*rest, i);
	*out = n;
	return i > 0;
}

/* A number and behind it one of the letters `units`, which stand for `factors`; bare
 * numbers count as `bare`, 0 only where that is 0. */
static bool read_unit(uint64_t *out, mw_str text, const char *units,
		      const uint64_t *factors, uint64_t bare)
{
	uint64_t n, factor = bare;

	if (!cut_number(&text, &n) || text.len > 1)
		return false;
	if (text.len == 1) {
		const char *unit = strchr(units, mwi_lower(text.ptr[0]));

		if (unit == NULL || *unit == 0)
			return false;
		factor = factors[unit - units];
	} else if (bare == 0 && n != 0) {
		return false;
	}
	if (factor != 0 && n > UINT64_MAX / factor)
		return false;
	*out = n * factor;
	return true;
}

bool value_read_size(uint64_t *out, mw_str text)
{
	static const uint64_t factors[] = {1ULL << 10, 1ULL << 20, 1ULL << 30,
					   1ULL << 40};

	return read_unit(out, text, "kmgt", factors, 1);
}

bool value_read_span(uint64_t *out, mw_str text)
{
	static const uint64_t factors[] = {1, 60, 3600, 86400, 604800};

	return read_unit(out, text, "smhdw", factors, 0);
}

static bool read_number(void *field, mw_str text, reading *r)
{
	mw_str rest = text;
	uint64_t n;
	bool good;

	if (r->rule->type == VALUE_SIZE)
		good = value_read_size(&n, text);
	else if (r->rule->type == VALUE_SPAN)
		good = value_read_span(&n, text);
	else
		good = cut_number(&rest, &n) && rest.len == 0;
	if (!good)
		return refuse(r,
			      r->rule->type == VALUE_SIZE
				      ? "is no size: a number of bytes, or with K, M, "
					"G, T behind it, such as 50M"
			      : r->rule->type == VALUE_SPAN
				      ? "is no span of time: a number with s, m, h, d or "
					"w behind it, such as 5m"
				      : "is no number");
	if (n < r->rule->min || n > r->rule->max) {
		snprintf(r->why, r->why_size, "is out of range: %llu to %llu%s",
			 (unsigned long long)r->rule->min,
			 (unsigned long long)r->rule->max,
			 r->rule->type == VALUE_SIZE   ? " bytes"
			 : r->rule->type == VALUE_SPAN ? " seconds"
						       : "");
		return false;
	}
	*(uint64_t *)field = n;
	return true;
}

static bool read_rate(value_rate *field, mw_str text, reading *r)
{
	value_rate rate = {0, 0};
	mw_str rest = text;

	if (mw_str_eq(text, MW_LIT("none")) || mw_str_eq(text, MW_LIT("0"))) {
		*field = rate;
		return true;
	}
	if (!cut_number(&rest, &rate.count) || rest.len == 0 || rest.ptr[0] != '/' ||
	    !value_read_span(&rate.seconds, mw_str_skip(rest, 1)))
		return refuse(r, "is no rate: how many in which time, such as 100/1m, or "
				 "none");
	if (rate.count == 0 || rate.count > 1000000000 || rate.seconds == 0 ||
	    rate.seconds > 31 * 86400)
		return refuse(r, "is out of range: 1 to 1000000000 in 1s to 31d");
	*field = rate;
	return true;
}

static bool read_text(const char **field, mw_str text, reading *r)
{
	if (r->rule->type == VALUE_PATH && text.len > 0 && text.ptr[0] != '/' &&
	    !(r->rule->form != NULL && mw_str_eq(text, mw_str_of(r->rule->form))))
		return refuse(r, "is no path from the root: it has to begin with /");
	if (r->rule->type == VALUE_TEXT && r->rule->max > 0 && text.len > r->rule->max)
		return refuse(r, "is too long");

	const char *copy = pool_copy(r->memory, text);

	if (copy == NULL)
		return out_of_memory(r);
	*field = copy;
	return true;
}

/* Room for one item more in an array of `count`, which has room for a power of two. */
static bool grow(void **items, size_t count, size_t size, reading *r)
{
	if (count >= (r->rule->max > 0 ? r->rule->max : VALUE_ITEMS_MAX))
		return refuse(r, "is one item too many for this list");
	if (count != 0 && (count & (count - 1)) != 0)
		return true;

	void *more = pool_take(r->memory, size * (count == 0 ? 1 : count * 2));

	if (more == NULL)
		return out_of_memory(r);
	if (count > 0)
		memcpy(more, *items, size * count);
	*items = more;
	return true;
}

static bool add_item(value_list *list, mw_str text, reading *r)
{
	void *items = (void *)list->item;

	if (!grow(&items, list->count, sizeof *list->item, r))
		return false;
	list->item = items;
	list->item[list->count] = pool_copy(r->memory, text);
	if (list->item[list->count] == NULL)
		return out_of_memory(r);
	list->count++;
	return true;
}

static bool copy_small(char *out, size_t size, mw_str s)
{
	if (s.len >= size)
		return false;
	memcpy(out, s.ptr, s.len);
	out[s.len] = 0;
	return true;
}

static bool is_ipv4(mw_str s)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr a;

	return copy_small(text, sizeof text, s) && inet_pton(AF_INET, text, &a) == 1;
}

static bool is_ipv6(mw_str s)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr a;

	return copy_small(text, sizeof text, s) && inet_pton(AF_INET6, text, &a) == 1;
}

/* A host name as it may be asked of the resolver. */
static bool is_name(mw_str s)
{
	bool letter = false;

	if (s.len == 0 || s.len > 253 || s.ptr[0] == '-' || s.ptr[0] == '.')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!mwi_is_alnum(s.ptr[i]) && strchr("-._", s.ptr[i]) == NULL)
			return false;
		letter = letter || mwi_is_alpha(s.ptr[i]);
	}
	return letter;
}

/* Parts "HOST:PORT" and "[HOST]:PORT". */
static bool split_endpoint(mw_str text, mw_str *host, bool *bracketed, unsigned *port)
{
	mw_str digits;
	uint64_t n;
	size_t colon = text.len;

	while (colon > 0 && text.ptr[colon - 1] != ':')
		colon--;
	if (colon < 2)
		return false;
	digits = mw_str_skip(text, colon);
	*host = mw_str_head(text, colon - 1);
	*bracketed = host->ptr[0] == '[' && host->ptr[host->len - 1] == ']';
	if (*bracketed)
		*host = (mw_str){host->ptr + 1, host->len - 2};
	if (!cut_number(&digits, &n) || digits.len > 0 || n > 65535)
		return false;
	*port = (unsigned)n;
	return true;
}

static bool read_endpoint(value_endpoint *field, mw_str text, reading *r)
{
	const bool listens = r->rule->type == VALUE_LISTENERS;
	value_endpoint e = {.text = pool_copy(r->memory, text)};
	mw_str host;
	bool bracketed;

	if (e.text == NULL)
		return out_of_memory(r);
	if (r->rule->type == VALUE_TARGET && text.len > 0 && text.ptr[0] == '/') {
		e.path = e.text;
		*field = e;
		return true;
	}
	if (!split_endpoint(text, &host, &bracketed, &e.port))
		return refuse(r, listens ? "is no address with a port, such as "
					   "192.0.2.1:25, [2001:db8::1]:25 or *:25"
					 : "is no host with a port, such as "
					   "mail.example.org:25");
	if (bracketed ? !is_ipv6(host)
		      : !is_ipv4(host) &&
				!(listens ? mw_str_eq(host, MW_LIT("*")) : is_name(host)))
		return refuse(r,
			      listens ? "is no address of this machine: IPv4, IPv6 in "
					"brackets, or * for all"
				      : "is no host: a name, IPv4, or IPv6 in brackets");
	if (e.port == 0 && !listens)
		return refuse(r, "has no port to connect to: 1 to 65535");
	e.host = pool_copy(r->memory, host);
	if (e.host == NULL)
		return out_of_memory(r);
	*field = e;
	return true;
}

static bool add_endpoint(value_endpoints *list, mw_str text, reading *r)
{
	void *items = list->item;

	if (!grow(&items, list->count, sizeof *list->item, r))
		return false;
	list->item = items;
	if (!read_endpoint(&list->item[list->count], text, r))
		return false;
	list->count++;
	return true;
}

/* True when the address has no bit behind the first `bits`. */
static bool is_masked(const unsigned char address[16], unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		if ((address[i / 8] >> (7 - i % 8) & 1) != 0)
			return false;
	return true;
}

static bool read_network(value_network *out, mw_str text, reading *r)
{
	char host[INET6_ADDRSTRLEN];
	struct in6_addr six;
	struct in_addr four;
	const char *slash = memchr(text.ptr, '/', text.len);
	const size_t length = slash != NULL ? (size_t)(slash - text.ptr) : text.len;
	mw_str digits = mw_str_skip(text, length + 1);
	uint64_t bits = 0;

	*out = (value_network){.address = {[10] = 0xff, [11] = 0xff}};
	if (!copy_small(host, sizeof host, mw_str_head(text, length)))
		return refuse(r, "is no network, such as 192.0.2.0/24 or 2001:db8::/32");

	const bool is_four = inet_pton(AF_INET, host, &four) == 1;

	if (!is_four && inet_pton(AF_INET6, host, &six) != 1)
		return refuse(r, "is no network, such as 192.0.2.0/24 or 2001:db8::/32");
	if (is_four)
		memcpy(out->address + 12, &four, 4);
	else
		memcpy(out->address, &six, 16);
	if (slash == NULL)
		bits = is_four ? 32 : 128;
	else if (!cut_number(&digits, &bits) || digits.len > 0 ||
		 bits > (is_four ? 32 : 128))
		return refuse(r, "is no network: behind the / stands how many bits, at "
				 "most 32 of IPv4 and 128 of IPv6");
	out->bits = (unsigned)bits + (is_four ? 96 : 0);
	if (!is_masked(out->address, out->bits))
		return refuse(r, "is an address in a network: behind the bits that count "
				 "all has to be 0, as in 192.0.2.0/24");
	return true;
}

static bool add_network(value_networks *list, mw_str text, reading *r)
{
	void *items = list->item;

	if (!grow(&items, list->count, sizeof *list->item, r))
		return false;
	list->item = items;
	if (!read_network(&list->item[list->count], text, r))
		return false;
	list->count++;
	return true;
}

static bool read_choice(unsigned *field, mw_str text, reading *r)
{
	const int n = choice_of(r->rule->form, text);
	const char *form = r->rule->form;
	mw_buf b;

	if (n >= 0) {
		*field = r->rule->type == VALUE_SET ? *field | 1U << n : (unsigned)n;
		return true;
	}
	mw_buf_init(&b, r->why, r->why_size - 1);
	mw_buf_put(&b, MW_LIT("is none of these: "));
	for (mw_str word; cut_choice(&form, &word);) {
		mw_buf_put(&b, word);
		if (*form != 0)
			mw_buf_put(&b, MW_LIT(", "));
	}
	r->why[b.len] = 0;
	return false;
}

static bool read_one(void *field, mw_str text, reading *r)
{
	switch (r->rule->type) {
	case VALUE_TEXT:
	case VALUE_PATH:
		return read_text(field, text, r);
	case VALUE_LIST:
	case VALUE_PATHS:
		return add_item(field, text, r);
	case VALUE_CHOICE:
	case VALUE_SET:
		return read_choice(field, text, r);
	case VALUE_COUNT:
	case VALUE_SIZE:
	case VALUE_SPAN:
		return read_number(field, text, r);
	case VALUE_RATE:
		return read_rate(field, text, r);
	case VALUE_PEER:
	case VALUE_TARGET:
		return read_endpoint(field, text, r);
	case VALUE_LISTENERS:
		return add_endpoint(field, text, r);
	case VALUE_NETWORKS:
		return add_network(field, text, r);
	}
	return false;
}

static bool is_harmless(mw_str text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < 32 && text.ptr[i] != '\t')
			return false;
	return mwi_utf8_valid(text);
}

bool value_read(void *field, const value_rule *rule, mw_str text, pool *memory, char *why,
		size_t why_size, bool *no_memory)
{
	reading r = {rule, memory, why, why_size, false};
	mw_str word;
	bool good = is_harmless(text);

	if (!good)
		refuse(&r, "holds bytes that are no text");
	else if (value_repeats(rule->type) && rule->type != VALUE_PATHS)
		while (good && cut_word(&text, &word))
			good = read_one(field, word, &r);
	else
		good = read_one(field, text, &r);
	*no_memory = r.no_memory;
	return good;
}

void value_clear(void *field, const value_rule *rule)
{
	switch (rule->type) {
	case VALUE_TEXT:
	case VALUE_PATH:
		*(const char **)field = "";
		break;
	case VALUE_LIST:
	case VALUE_PATHS:
		*(value_list *)field = (value_list){0};
		break;
	case VALUE_CHOICE:
	case VALUE_SET:
		*(unsigned *)field = 0;
		break;
	case VALUE_COUNT:
	case VALUE_SIZE:
	case VALUE_SPAN:
		*(uint64_t *)field = 0;
		break;
	case VALUE_RATE:
		*(value_rate *)field = (value_rate){0, 0};
		break;
	case VALUE_PEER:
	case VALUE_TARGET:
		*(value_endpoint *)field = (value_endpoint){.text = ""};
		break;
	case VALUE_LISTENERS:
		*(value_endpoints *)field = (value_endpoints){0};
		break;
	case VALUE_NETWORKS:
		*(value_networks *)field = (value_networks){0};
		break;
	}
}

bool value_repeats(value_type type)
{
	return type == VALUE_LIST || type == VALUE_PATHS || type == VALUE_SET ||
	       type == VALUE_LISTENERS || type == VALUE_NETWORKS;
}

static bool network_has(const value_network *n, const unsigned char address[16])
{
	const unsigned bytes = n->bits / 8, rest = n->bits % 8;

	return memcmp(n->address, address, bytes) == 0 &&
	       (rest == 0 || (n->address[bytes] ^ address[bytes]) >> (8 - rest) == 0);
}

bool value_networks_have(const value_networks *n, const unsigned char address[16])
{
	for (size_t i = 0; i < n->count; i++)
		if (network_has(&n->item[i], address))
			return true;
	return false;
}

bool value_endpoint_loopback(const value_endpoint *e)
{
	struct in6_addr six;
	struct in_addr four;

	if (e->host == NULL)
		return e->path != NULL;
	if (inet_pton(AF_INET, e->host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, e->host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}
