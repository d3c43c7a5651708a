/* SPDX-License-Identifier: MIT */
#include "engine/accounts.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "engine/accounts_source.h"
#include "engine/address.h"

#define POSTMASTER MW_LIT("postmaster")

struct accounts {
	settings *s;
	accounts_file *file;
	accounts_sqlite *sqlite; /* with both NULL every address is a mailbox */
	pool memory;
	mw_str *domains; /* in their one form, sorted */
	size_t domain_count;
	mw_str first_domain; /* whose postmaster a bare "postmaster" is */
	account_secret sample;
	atomic_uint holders;
};

/* Where an address was found. */
typedef struct hit {
	account_entry entry;
	mw_str local; /* as it stands in the key: perhaps without the detail */
	bool bare;    /* named without domain: one mailbox for all local domains */
} hit;

static int compare(const void *a, const void *b)
{
	const mw_str *x = a, *y = b;
	const size_t n = x->len < y->len ? x->len : y->len;
	const int order = memcmp(x->ptr, y->ptr, n);

	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static bool is_local(const accounts *a, mw_str domain)
{
	return a->domain_count > 0 && bsearch(&domain, a->domains, a->domain_count,
					      sizeof domain, compare) != NULL;
}

bool accounts_domain_is_local(const accounts *a, mw_str domain)
{
	address d;

	return address_read_domain(&d, domain) && is_local(a, address_domain(&d));
}

static mw_status read_domains(accounts *a, problems *told)
{
	const value_list *list = &a->s->local.domains;
	address d;

	a->first_domain = MW_LIT("localhost");
	if (address_read_domain(&d, mw_str_of(a->s->server.hostname)))
		a->first_domain =
			(mw_str){pool_copy(&a->memory, address_domain(&d)), d.domain_len};
	a->domains = pool_take(&a->memory, (list->count + 1) * sizeof *a->domains);
	if (a->domains == NULL || a->first_domain.ptr == NULL)
		return MW_E_NOMEM;
	for (size_t i = 0; i < list->count; i++) {
		if (!address_read_domain(&d, mw_str_of(list->item[i]))) {
			problem_add(told, settings_place(a->s, list),
				    "“%.80s” is no domain", list->item[i]);
			return MW_E_SYNTAX;
		}

		const char *copy = pool_copy(&a->memory, address_domain(&d));

		if (copy == NULL)
			return MW_E_NOMEM;
		a->domains[a->domain_count++] = (mw_str){copy, d.domain_len};
	}
	if (a->domain_count > 0)
		a->first_domain = a->domains[0];
	qsort(a->domains, a->domain_count, sizeof *a->domains, compare);
	return MW_OK;
}

static mw_status open_source(accounts *a, problems *told)
{
	const char *users = a->s->local.users;
	mw_status status = MW_OK;

	if (strncmp(users, "sqlite:", 7) == 0)
		status = accounts_sqlite_open(&a->sqlite, users + 7, told);
	else if (*users != 0)
		status = accounts_file_open(&a->file, users, told);
	a->sample = (account_secret){MW_LIT(""), MW_LIT(""), MW_LIT(""), MW_LIT("")};
	if (a->sqlite != NULL)
		accounts_sqlite_sample(a->sqlite, &a->memory, &a->sample);
	if (a->file != NULL)
		accounts_file_sample(a->file, &a->sample);
	return status;
}

mw_status accounts_open(accounts **out, settings *s, problems *told)
{
	accounts *a = calloc(1, sizeof *a);

	if (a == NULL)
		return MW_E_NOMEM;
	atomic_init(&a->holders, 1);
	a->s = settings_hold(s);

	const mw_status domains = read_domains(a, told);
	const mw_status source = domains != MW_E_NOMEM ? open_source(a, told) : domains;

	if (domains == MW_OK && source == MW_OK) {
		*out = a;
		return MW_OK;
	}
	accounts_drop(a);
	return source == MW_E_NOMEM ? MW_E_NOMEM : MW_E_SYNTAX;
}

accounts *accounts_hold(accounts *a)
{
	atomic_fetch_add_explicit(&a->holders, 1, memory_order_relaxed);
	return a;
}

void accounts_drop(accounts *a)
{
	if (a == NULL ||
	    atomic_fetch_sub_explicit(&a->holders, 1, memory_order_acq_rel) != 1)
		return;
	accounts_file_close(a->file);
	accounts_sqlite_close(a->sqlite);
	pool_wipe(&a->memory);
	settings_drop(a->s);
	free(a);
}

static account_found ask(accounts *a, mw_str local, mw_str domain, pool *memory,
			 account_entry *out)
{
	char key[ADDRESS_MAX];
	mw_buf b;

	mw_buf_init(&b, key, sizeof key);
	address_put(&b, local, domain);
	if (a->file != NULL)
		return accounts_file_find(a->file, mw_buf_str(&b), out);
	if (a->sqlite != NULL)
		return accounts_sqlite_find(a->sqlite, mw_buf_str(&b), memory, out);
	return ACCOUNT_NONE;
}

/* With its domain, then for all local domains. */
static account_found ask_both(accounts *a, mw_str local, mw_str domain, pool *memory,
			      hit *out)
{
	account_found found = ask(a, local, domain, memory, &out->entry);

	out->local = local;
	out->bare = found == ACCOUNT_NONE;
	if (found == ACCOUNT_NONE)
		found = ask(a, local, MW_LIT(""), memory, &out->entry);
	return found;
}

/* "user" of "user+detail"; the whole where there is no detail. */
static mw_str without_detail(const accounts *a, mw_str local)
{
	const char mark = *a->s->local.subaddress;
	const char *p = mark != 0 ? memchr(local.ptr, mark, local.len) : NULL;

	if (p == NULL || p == local.ptr)
		return local;
	return (mw_str){local.ptr, (size_t)(p - local.ptr)};
}

static account_found find_user(accounts *a, mw_str local, mw_str domain, pool *memory,
			       hit *out)
{
	const mw_str base = without_detail(a, local);
	account_found found = ACCOUNT_NONE;

	/* "*" as the name of a user is the key of the catch-all. */
	if (!mw_str_eq(local, MW_LIT("*")))
		found = ask_both(a, local, domain, memory, out);
	if (found == ACCOUNT_NONE && base.len < local.len &&
	    !mw_str_eq(base, MW_LIT("*")))
		found = ask_both(a, base, domain, memory, out);
	return found;
}

static account_kind trouble(account *out)
{
	out->kind = ACCOUNT_TROUBLE;
	return out->kind;
}

/* `local@domain` in the caller's memory; an empty slice: no memory. */
static mw_str join(pool *memory, mw_str local, mw_str domain)
{
	char text[ADDRESS_MAX];
	mw_buf b;

	mw_buf_init(&b, text, sizeof text);
	address_put(&b, local, domain);

	const char *copy = pool_copy(memory, mw_buf_str(&b));

	return copy != NULL ? (mw_str){copy, b.len} : MW_LIT("");
}

static account_kind give_mailbox(accounts *a, mw_str local, mw_str domain, pool *memory,
				 account *out)
{
	out->address = join(memory, local, domain);
	if (out->address.len == 0)
		return trouble(out);
	out->kind = ACCOUNT_MAILBOX;
	out->quota = a->s->local.quota;
	return out->kind;
}

/* A target in the caller's memory; without a domain it is one of our first domain. */
static mw_str copy_target(accounts *a, mw_str item, pool *memory)
{
	address w;

	if (address_read(&w, item) && w.domain_len == 0)
		return join(memory, address_local(&w), a->first_domain);

	const char *copy = pool_copy(memory, item);

	return copy != NULL ? (mw_str){copy, item.len} : MW_LIT("");
}

/* An alias for the addresses in `list`, which are parted by commas. */
static account_kind give_alias(accounts *a, mw_str list, pool *memory, account *out)
{
	mw_str rest = list, item;
	size_t count = 0;

	while (account_list_next(&rest, &item))
		count++;
	if (count > ACCOUNTS_TARGETS_MAX)
		return trouble(out);

	mw_str *target = pool_take(memory, (count + 1) * sizeof *target);

	if (target == NULL)
		return trouble(out);
	count = 0;
	for (rest = list; account_list_next(&rest, &item); count++) {
		target[count] = copy_target(a, item, memory);
		if (target[count].len == 0)
			return trouble(out);
	}
	out->target = target;
	out->target_count = count;
	out->kind = ACCOUNT_ALIAS;
	return out->kind;
}

static account_kind give_entry(accounts *a, const hit *h, mw_str domain, pool *memory,
			       account *out)
{
	const mw_str box = h->bare ? a->first_domain : domain;

	out->address = join(memory, h->local, box);
	if (out->address.len == 0)
		return trouble(out);
	if (h->entry.disabled) {
		out->kind = ACCOUNT_DISABLED;
		return out->kind;
	}
	if (h->entry.moved.len > 0) {
		const char *copy = pool_copy(memory, h->entry.moved);

		if (copy == NULL)
			return trouble(out);
		out->moved = (mw_str){copy, h->entry.moved.len};
		out->kind = ACCOUNT_MOVED;
		return out->kind;
	}
	out->quota = h->entry.has_quota ? h->entry.quota : a->s->local.quota;
	out->kind = ACCOUNT_MAILBOX;
	if (h->entry.alias.len > 0)
		return give_alias(a, h->entry.alias, memory, out);
	return out->kind;
}

/* RFC 5321, section 4.5.1, and RFC 2142: there is always somebody to complain to. */
static bool is_reserved(mw_str base)
{
	return mw_str_eq(base, POSTMASTER) || mw_str_eq(base, MW_LIT("abuse"));
}

static bool is_same(mw_str address_text, mw_str local, mw_str domain)
{
	address a;

	return address_read(&a, address_text) && mw_str_eq(address_local(&a), local) &&
	       mw_str_eq(address_domain(&a), domain);
}

static account_kind give_reserved(accounts *a, mw_str base, mw_str domain, pool *memory,
				  account *out)
{
	const mw_str elsewhere = mw_str_of(a->s->local.postmaster);
	hit h;

	if (elsewhere.len > 0 && !is_same(elsewhere, base, domain))
		return give_alias(a, elsewhere, memory, out);
	if (!mw_str_eq(base, POSTMASTER)) {
		const account_found found = ask_both(a, POSTMASTER, domain, memory, &h);

		if (found == ACCOUNT_BROKEN)
			return trouble(out);
		if (found == ACCOUNT_FOUND && !h.entry.disabled && h.entry.moved.len == 0)
			return give_entry(a, &h, domain, memory, out);
	}
	return give_mailbox(a, base, domain, memory, out);
}

/* Nobody has the address by name. */
static account_kind give_rest(accounts *a, mw_str local, mw_str domain, pool *memory,
			      account *out)
{
	const mw_str all = mw_str_of(a->s->local.catch_all);
	hit h;
	const account_found found = ask_both(a, MW_LIT("*"), domain, memory, &h);

	if (found == ACCOUNT_BROKEN)
		return trouble(out);
	if (found == ACCOUNT_FOUND) {
		/* Without an alias each address is a mailbox of its own. */
		h.local = without_detail(a, local);
		h.bare = false;
		return give_entry(a, &h, domain, memory, out);
	}
	if (all.len > 0 && !is_same(all, local, domain))
		return give_alias(a, all, memory, out);
	out->kind = ACCOUNT_UNKNOWN;
	return out->kind;
}

static account_kind find_local(accounts *a, mw_str local, mw_str domain, pool *memory,
			       account *out)
{
	const mw_str base = without_detail(a, local);
	const bool reserved = is_reserved(base);
	hit h;
	const account_found found = find_user(a, local, domain, memory, &h);

	if (found == ACCOUNT_BROKEN)
		return trouble(out);
	if (found == ACCOUNT_FOUND &&
	    !(reserved && (h.entry.disabled || h.entry.moved.len > 0)))
		return give_entry(a, &h, domain, memory, out);
	if (reserved)
		return give_reserved(a, base, domain, memory, out);
	if (a->file == NULL && a->sqlite == NULL)
		return give_mailbox(a, base, domain, memory, out);
	return give_rest(a, local, domain, memory, out);
}

account_kind accounts_find(accounts *a, mw_str text, pool *memory, account *out)
{
	const mw_str none = MW_LIT("");
	address w;

	*out = (account){.kind = ACCOUNT_FOREIGN, .address = none, .moved = none};
	if (!address_read(&w, text)) {
		/* What is no address is nobody's, here or elsewhere. */
		out->kind = ACCOUNT_UNKNOWN;
		return out->kind;
	}
	if (w.domain_len == 0)
		return find_local(a, address_local(&w), a->first_domain, memory, out);
	if (is_local(a, address_domain(&w)))
		return find_local(a, address_local(&w), address_domain(&w), memory, out);

	const char *copy = pool_copy(memory, text);

	if (copy == NULL)
		return trouble(out);
	out->address = (mw_str){copy, text.len};
	return out->kind;
}

account_found accounts_secret(accounts *a, mw_str user, pool *memory, account_secret *out)
{
	address w;
	hit h;
	account_found found = ACCOUNT_NONE;

	if (!address_read(&w, user) || mw_str_eq(address_local(&w), MW_LIT("*")))
		return ACCOUNT_NONE;

	const bool named = w.domain_len > 0;
	const mw_str domain = named ? address_domain(&w) : a->first_domain;

	if (!named || is_local(a, domain)) {
		found = ask_both(a, address_local(&w), domain, memory, &h);
	} else {
		h = (hit){.local = address_local(&w)};
		found = ask(a, h.local, domain, memory, &h.entry);
	}
	if (found != ACCOUNT_FOUND)
		return found;
	if (h.entry.disabled || h.entry.moved.len > 0)
		return ACCOUNT_NONE;
	*out = (account_secret){
		.user = join(memory, h.local, h.bare ? a->first_domain : domain),
		.password = h.entry.password,
		.scram = h.entry.scram,
		.sender = h.entry.sender,
	};
	return out->user.len > 0 ? ACCOUNT_FOUND : ACCOUNT_BROKEN;
}

const account_secret *accounts_sample(const accounts *a)
{
	return &a->sample;
}

static bool is_plain(char c)
{
	return mwi_is_alnum(c) || strchr("-_=+,@.", c) != NULL;
}

/* One name of a path: no '/', no '.' in front, nothing that is not plain. */
static mw_status put_name(mw_buf *out, mw_str name)
{
	static const char hex[] = "0123456789ABCDEF";
	const size_t before = out->len;

	if (name.len == 0)
		return MW_E_SYNTAX;
	for (size_t i = 0; i < name.len; i++) {
		const unsigned char c = (unsigned char)name.ptr[i];

		if (c != 0 && is_plain((char)c) && !(c == '.' && i == 0)) {
			mw_buf_put_char(out, (char)c);
			continue;
		}
		mw_buf_put_char(out, '%');
		mw_buf_put_char(out, hex[c >> 4]);
		mw_buf_put_char(out, hex[c & 15]);
	}
	/* NAME_MAX of the file systems there are */
	return out->len - before <= 255 ? mw_buf_status(out) : MW_E_LIMIT;
}

mw_status accounts_folder(mw_buf *out, const char *mailboxes, mw_str mailbox)
{
	address a;

	if (!address_read(&a, mailbox) || a.domain_len == 0)
		return MW_E_SYNTAX;
	mw_buf_put(out, mw_str_of(mailboxes));
	mw_buf_put_char(out, '/');

	mw_status status = put_name(out, address_domain(&a));

	mw_buf_put_char(out, '/');
	if (status == MW_OK)
		status = put_name(out, address_local(&a));
	mw_buf_put_char(out, 0);
	return status == MW_OK ? mw_buf_status(out) : status;
}
