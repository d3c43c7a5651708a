/* SPDX-License-Identifier: MIT */
#include "engine/login.h"

#include <crypt.h>
#include <gsasl.h>
#include <mailwhy/smtp_server.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/accounts_source.h"
#include "engine/address.h"
#include "engine/scram.h"
#include "smtp/keyword.h"

/* SCRAM takes three responses, LOGIN two. */
#define STEPS_MAX 6U

/* Hashed where nobody has a password yet: what “mailwhy config hash” would make. */
#define NOBODY "$y$j9T$iPAjfOvHJWtJ5dqVdLCAb/$"

struct login {
	accounts *a;
	Gsasl *gsasl;
	Gsasl_session *session;
	pool memory;
	account_secret secret; /* of the user who was looked up */
	scram keys;
	unsigned mechanism, steps;
	bool known;     /* the user has such a secret */
	bool looked_up; /* for SCRAM: it is asked for four times */
	bool trouble;
	bool finishing; /* the last challenge was said, the client has to nod */
};

static char *base64(pool *memory, mw_str bytes)
{
	char *text = pool_take(memory, bytes.len * 4 / 3 + 8);

	if (text != NULL)
		EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)bytes.ptr,
				(int)bytes.len);
	return text;
}

/* Looks the user up; true when it is there. */
static bool look_up(login *l, const char *user)
{
	const mw_str none = MW_LIT("");

	l->secret = (account_secret){none, none, none, none};
	switch (accounts_secret(l->a, mw_str_of(user), &l->memory, &l->secret)) {
	case ACCOUNT_FOUND:
		return true;
	case ACCOUNT_NONE:
		return false;
	case ACCOUNT_BROKEN:
		l->trouble = true;
		return false;
	}
	return false;
}

static bool copy_text(char *out, size_t size, mw_str s)
{
	if (s.len == 0 || s.len >= size)
		return false;
	memcpy(out, s.ptr, s.len);
	out[s.len] = 0;
	return true;
}

/* Hashes `password` as `hash` was made; true when it comes out the same. */
static bool check_hash(const char *password, const char *hash, bool *no_memory)
{
	struct crypt_data *data = calloc(1, sizeof *data);
	bool same = false;

	*no_memory = data == NULL;
	if (data == NULL)
		return false;

	const char *got = crypt_rn(password, hash, data, sizeof *data);
	const size_t n = strlen(hash);

	same = got != NULL && strlen(got) == n && CRYPTO_memcmp(got, hash, n) == 0;
	OPENSSL_cleanse(data, sizeof *data);
	free(data);
	return same;
}

static bool check_password(login *l, const char *password)
{
	const account_secret *sample = accounts_sample(l->a);
	char hash[CRYPT_OUTPUT_SIZE];
	bool no_memory;

	l->known = l->known && copy_text(hash, sizeof hash, l->secret.password);
	if (!l->known && !copy_text(hash, sizeof hash, sample->password))
		copy_text(hash, sizeof hash, MW_LIT(NOBODY));

	const bool same = check_hash(password, hash, &no_memory);

	OPENSSL_cleanse(hash, sizeof hash);
	l->trouble = l->trouble || no_memory;
	return same && l->known;
}

/* Nobody logs in for somebody else. Where nothing is said, gsasl repeats the name. */
static bool is_own_authzid(login *l, Gsasl_session *session)
{
	const char *authzid = gsasl_property_fast(session, GSASL_AUTHZID);
	const char *user = gsasl_property_fast(session, GSASL_AUTHID);
	char text[ADDRESS_MAX];
	address a;
	mw_buf b;

	if (authzid == NULL || *authzid == 0)
		return true;
	if (user != NULL && strcmp(user, authzid) == 0)
		return true;
	mw_buf_init(&b, text, sizeof text);
	if (!address_read(&a, mw_str_of(authzid)))
		return false;
	address_put(&b, address_local(&a), address_domain(&a));
	return mw_str_eq(mw_buf_str(&b), l->secret.user);
}

/* PLAIN and LOGIN. */
static int validate(login *l, Gsasl_session *session)
{
	const char *user = gsasl_property_fast(session, GSASL_AUTHID);
	const char *password = gsasl_property_fast(session, GSASL_PASSWORD);

	if (user == NULL || password == NULL)
		return GSASL_AUTHENTICATION_ERROR;
	l->known = look_up(l, user);

	const bool good = check_password(l, password);

	if (!good || l->trouble || !is_own_authzid(l, session))
		return GSASL_AUTHENTICATION_ERROR;
	return GSASL_OK;
}

/* HMAC(secret, label ‖ name) in base64, cut to `size` bytes; false: no memory. */
static bool derive(login *l, mw_str secret, char label, mw_str name, size_t size,
		   mw_str *out)
{
	unsigned char mac[EVP_MAX_MD_SIZE], text[ADDRESS_MAX + 1];
	unsigned n = sizeof mac;

	text[0] = (unsigned char)label;
	name = mw_str_head(name, ADDRESS_MAX);
	memcpy(text + 1, name.ptr, name.len);
	if (HMAC(EVP_sha256(), secret.ptr, (int)secret.len, text, name.len + 1, mac,
		 &n) == NULL)
		return false;
	*out = mw_str_of(base64(&l->memory, (mw_str){(const char *)mac, size}));
	return out->len > 0;
}

/* Bytes of the salt that stands there in base64, at most a hash of them. */
static size_t salt_size(mw_str text)
{
	size_t n = text.len / 4 * 3;

	for (size_t i = text.len; i > 0 && text.ptr[i - 1] == '='; i--)
		n--;
	return n < 32 ? n : 32;
}

/* Keys for a user that nobody is. The salt has to be the same each time, as it would be
 * of somebody, and nobody may foresee it; so it is made from keys that only we know. */
static bool make_keys(login *l, const char *user)
{
	const mw_str secret = accounts_sample(l->a)->scram;
	char text[ADDRESS_MAX];
	mw_str name = mw_str_of(user);
	size_t size = 16;
	scram sample;
	address a;
	mw_buf b;

	mw_buf_init(&b, text, sizeof text);
	if (address_read(&a, name)) {
		address_put(&b, address_local(&a), address_domain(&a));
		name = mw_buf_str(&b);
	}
	l->keys.iterations = SCRAM_ITERATIONS;
	if (scram_read(&sample, secret) == MW_OK) {
		l->keys.iterations = sample.iterations;
		size = salt_size(sample.salt);
	}
	return derive(l, secret, 's', name, size, &l->keys.salt) &&
	       derive(l, secret, 'k', name, 32, &l->keys.stored_key) &&
	       derive(l, secret, 'v', name, 32, &l->keys.server_key);
}

static bool set_property(Gsasl_session *session, Gsasl_property name, mw_str value)
{
	return gsasl_property_set_raw(session, name, value.ptr, value.len) == GSASL_OK;
}

/* What SCRAM wants to know of the user, all at once. */
static int give_keys(login *l, Gsasl_session *session)
{
	const char *user = gsasl_property_fast(session, GSASL_AUTHID);
	char iterations[16];

	if (l->looked_up || user == NULL)
		return GSASL_NO_CALLBACK;
	l->looked_up = true;
	/* Keys of nobody are made for everybody: they take time. */
	const bool made = make_keys(l, user);

	l->known = look_up(l, user) && scram_read(&l->keys, l->secret.scram) == MW_OK;
	l->trouble = l->trouble || !made;
	if (l->trouble)
		return GSASL_AUTHENTICATION_ERROR;
	snprintf(iterations, sizeof iterations, "%u", l->keys.iterations);
	if (!set_property(session, GSASL_SCRAM_ITER, mw_str_of(iterations)) ||
	    !set_property(session, GSASL_SCRAM_SALT, l->keys.salt) ||
	    !set_property(session, GSASL_SCRAM_STOREDKEY, l->keys.stored_key) ||
	    !set_property(session, GSASL_SCRAM_SERVERKEY, l->keys.server_key)) {
		l->trouble = true;
		return GSASL_MALLOC_ERROR;
	}
	return GSASL_OK;
}

static int answer(Gsasl *gsasl, Gsasl_session *session, Gsasl_property name)
{
	login *l = gsasl_session_hook_get(session);

	(void)gsasl;
	if (name == GSASL_VALIDATE_SIMPLE)
		return validate(l, session);
	if (name == GSASL_SCRAM_ITER || name == GSASL_SCRAM_SALT ||
	    name == GSASL_SCRAM_STOREDKEY || name == GSASL_SCRAM_SERVERKEY)
		return give_keys(l, session);
	return GSASL_NO_CALLBACK;
}

static bool set_binding(login *l, Gsasl_property name, mw_str bytes)
{
	const char *text;

	if (bytes.len == 0)
		return true;
	text = base64(&l->memory, bytes);
	return text != NULL && set_property(l->session, name, mw_str_of(text));
}

login *login_start(unsigned mechanism, accounts *a, const login_binding *binding,
		   const char *hostname)
{
	const char *name = mwi_keyword_word(mwi_mechanism_words, mechanism);
	login *l = name != NULL ? calloc(1, sizeof *l) : NULL;

	if (l == NULL)
		return NULL;
	l->a = accounts_hold(a);
	l->mechanism = mechanism;
	if (gsasl_init(&l->gsasl) == GSASL_OK) {
		gsasl_callback_set(l->gsasl, answer);
		if (gsasl_server_start(l->gsasl, name, &l->session) == GSASL_OK) {
			gsasl_session_hook_set(l->session, l);
			if (set_property(l->session, GSASL_SERVICE, MW_LIT("smtp")) &&
			    set_property(l->session, GSASL_HOSTNAME,
					 mw_str_of(hostname)) &&
			    set_binding(l, GSASL_CB_TLS_EXPORTER, binding->exporter) &&
			    set_binding(l, GSASL_CB_TLS_UNIQUE, binding->unique))
				return l;
		}
	}
	login_close(&l);
	return NULL;
}

/* What the mechanism said, as a state; *out is malloc'ed by gsasl, perhaps NULL. */
static login_state step(login *l, const char *in, size_t len, char **out, size_t *out_len)
{
	const int rc = gsasl_step(l->session, in, len, out, out_len);

	if (l->trouble || rc == GSASL_MALLOC_ERROR)
		return LOGIN_TROUBLE;
	if (rc == GSASL_NEEDS_MORE)
		return LOGIN_MORE;
	/* SCRAM has proved that the client knows the keys; only here are they real. */
	if (rc != GSASL_OK || !l->known || !is_own_authzid(l, l->session))
		return LOGIN_FAILED;
	l->finishing = *out_len > 0;
	return l->finishing ? LOGIN_MORE : LOGIN_OK;
}

static login_state put_challenge(const char *out, size_t len,
				 char room[LOGIN_CHALLENGE_MAX], mw_str *challenge)
{
	char *text = NULL;
	size_t n = 0;

	*challenge = MW_LIT("");
	if (len == 0)
		return LOGIN_MORE;
	if (gsasl_base64_to(out, len, &text, &n) != GSASL_OK)
		return LOGIN_TROUBLE;
	if (n <= LOGIN_CHALLENGE_MAX) {
		memcpy(room, text, n);
		*challenge = (mw_str){room, n};
	}
	gsasl_free(text);
	/* A nonce or name of the client that long is no honest one. */
	return n <= LOGIN_CHALLENGE_MAX ? LOGIN_MORE : LOGIN_FAILED;
}

static login_state step_bytes(login *l, const char *in, size_t len,
			      char room[LOGIN_CHALLENGE_MAX], mw_str *challenge)
{
	char *out = NULL;
	size_t out_len = 0;
	login_state state;

	/* gsasl's LOGIN asks for the name whatever comes first. */
	if (l->mechanism == MW_SASL_LOGIN && l->steps == 1 && len > 0) {
		state = step(l, "", 0, &out, &out_len);
		gsasl_free(out);
		out = NULL;
		if (state != LOGIN_MORE)
			return state;
	}
	/* Only -PLUS binds (RFC 5802, section 6); gsasl would look at it too late. */
	if (l->mechanism == MW_SASL_SCRAM_SHA_256 && !l->looked_up && len > 0 &&
	    in[0] == 'p')
		return LOGIN_FAILED;
	state = step(l, in, len, &out, &out_len);
	if (state == LOGIN_MORE)
		state = put_challenge(out, out_len, room, challenge);
	gsasl_free(out);
	return state;
}

login_state login_step(login *l, mw_str response, char room[LOGIN_CHALLENGE_MAX],
		       mw_str *challenge)
{
	char *in = NULL;
	size_t len = 0;
	login_state state;

	*challenge = MW_LIT("");
	if (mw_str_eq(response, MW_LIT("*")))
		return LOGIN_CANCELLED;
	if (response.len > LOGIN_LINE_MAX)
		return LOGIN_BAD_BASE64;
	if (++l->steps > STEPS_MAX)
		return LOGIN_FAILED;
	if (l->steps == 1 && mw_str_eq(response, MW_LIT("=")))
		response.len = 0;
	if (response.len > 0 &&
	    gsasl_base64_from(response.ptr, response.len, &in, &len) != GSASL_OK)
		return LOGIN_BAD_BASE64;
	if (l->finishing)
		state = len == 0 ? LOGIN_OK : LOGIN_FAILED;
	else
		state = step_bytes(l, in != NULL ? in : "", len, room, challenge);
	if (in != NULL)
		OPENSSL_cleanse(in, len);
	gsasl_free(in);
	return state;
}

mw_str login_user(const login *l)
{
	return l->secret.user;
}

void login_close(login **l)
{
	if (*l == NULL)
		return;
	if ((*l)->session != NULL)
		gsasl_finish((*l)->session);
	if ((*l)->gsasl != NULL)
		gsasl_done((*l)->gsasl);
	pool_wipe(&(*l)->memory);
	accounts_drop((*l)->a);
	free(*l);
	*l = NULL;
}

/* One of sender=: an address, "*@domain", "*". */
static bool matches(mw_str pattern, const address *sender)
{
	address p;

	if (mw_str_eq(pattern, MW_LIT("*")))
		return true;
	return address_read(&p, pattern) && p.domain_len > 0 &&
	       mw_str_eq(address_domain(&p), address_domain(sender)) &&
	       (mw_str_eq(address_local(&p), MW_LIT("*")) ||
		mw_str_eq(address_local(&p), address_local(sender)));
}

static bool is_named(mw_str list, const address *sender)
{
	mw_str item;

	while (account_list_next(&list, &item))
		if (matches(item, sender))
			return true;
	return false;
}

static login_sender leads_to(accounts *a, mw_str user, mw_str sender, pool *memory)
{
	account *list;
	size_t count;

	const mw_status status = accounts_expand(a, sender, memory, &list, &count);

	if (status == MW_E_LIMIT)
		return LOGIN_SENDER_OTHERS;
	if (status != MW_OK)
		return LOGIN_SENDER_TROUBLE;
	for (size_t i = 0; i < count; i++)
		if (list[i].kind == ACCOUNT_MAILBOX && mw_str_eq(list[i].address, user))
			return LOGIN_SENDER_OWN;
	return LOGIN_SENDER_OTHERS;
}

static login_sender ask_sender(accounts *a, mw_str user, mw_str sender, pool *memory)
{
	char text[ADDRESS_MAX];
	account_secret secret;
	address s;
	mw_buf b;

	if (!address_read(&s, sender))
		return LOGIN_SENDER_OTHERS;
	mw_buf_init(&b, text, sizeof text);
	address_put(&b, address_local(&s), address_domain(&s));
	if (mw_str_eq(mw_buf_str(&b), user))
		return LOGIN_SENDER_OWN;
	switch (accounts_secret(a, user, memory, &secret)) {
	case ACCOUNT_BROKEN:
		return LOGIN_SENDER_TROUBLE;
	case ACCOUNT_NONE:
		return LOGIN_SENDER_OTHERS;
	case ACCOUNT_FOUND:
		break;
	}
	if (is_named(secret.sender, &s))
		return LOGIN_SENDER_OWN;
	return leads_to(a, user, sender, memory);
}

login_sender login_may_send(accounts *a, mw_str user, mw_str sender)
{
	pool memory = {NULL};
	login_sender may;

	if (sender.len == 0)
		return LOGIN_SENDER_OWN;
	may = ask_sender(a, user, sender, &memory);
	pool_wipe(&memory);
	return may;
}
