/* SPDX-License-Identifier: MIT */
#include "engine/scram.h"

#include <gsasl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "base/ascii.h"

#define PREFIX "SCRAM-SHA-256$"
#define SALT   16U
#define KEY    32U
/* More makes the client work for no gain; gsasl clients refuse it too. */
#define ITER_MAX 10000000U

/* Cuts *rest at the first `mark`; false when there is none. */
static bool cut(mw_str *rest, char mark, mw_str *part)
{
	const char *p = memchr(rest->ptr, mark, rest->len);

	if (p == NULL)
		return false;
	*part = (mw_str){rest->ptr, (size_t)(p - rest->ptr)};
	*rest = mw_str_skip(*rest, part->len + 1);
	return true;
}

static bool is_base64(mw_str s)
{
	size_t n = s.len;

	while (n > 0 && s.len - n < 2 && s.ptr[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++)
		if (!mwi_is_alnum(s.ptr[i]) && s.ptr[i] != '+' && s.ptr[i] != '/')
			return false;
	return s.len > 0 && s.len % 4 == 0;
}

static bool read_iterations(unsigned *out, mw_str text)
{
	unsigned n = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (!mwi_is_digit(text.ptr[i]) || n > ITER_MAX)
			return false;
		n = n * 10 + (unsigned)(text.ptr[i] - '0');
	}
	*out = n;
	return n > 0 && n <= ITER_MAX;
}

mw_status scram_read(scram *out, mw_str text)
{
	const mw_str prefix = MW_LIT(PREFIX);
	mw_str iterations;
	scram s;

	if (!mw_str_eq(mw_str_head(text, prefix.len), prefix))
		return MW_E_SYNTAX;
	text = mw_str_skip(text, prefix.len);
	if (!cut(&text, ':', &iterations) || !cut(&text, '$', &s.salt) ||
	    !cut(&text, ':', &s.stored_key))
		return MW_E_SYNTAX;
	s.server_key = text;
	if (!read_iterations(&s.iterations, iterations) || !is_base64(s.salt) ||
	    s.salt.len > SCRAM_SALT_MAX || !is_base64(s.stored_key) ||
	    s.stored_key.len != SCRAM_KEY_BASE64 || !is_base64(s.server_key) ||
	    s.server_key.len != SCRAM_KEY_BASE64)
		return MW_E_SYNTAX;
	*out = s;
	return MW_OK;
}

static void put_base64(mw_buf *out, const unsigned char *bytes, size_t n)
{
	char text[SCRAM_SALT_MAX + 1];

	EVP_EncodeBlock((unsigned char *)text, bytes, (int)n);
	mw_buf_put(out, mw_str_of(text));
}

mw_status scram_make(mw_buf *out, const char *password)
{
	unsigned char salt[SALT];
	char salted[KEY], client[KEY], server[KEY], stored[KEY];
	char *prepared = NULL;
	mw_status status = MW_E_ABSENT;

	if (gsasl_saslprep(password, GSASL_ALLOW_UNASSIGNED, &prepared, NULL) != GSASL_OK)
		return MW_E_SYNTAX;
	if (RAND_bytes(salt, SALT) == 1 &&
	    gsasl_scram_secrets_from_password(
		    GSASL_HASH_SHA256, prepared, SCRAM_ITERATIONS, (const char *)salt,
		    SALT, salted, client, server, stored) == GSASL_OK) {
		mw_buf_put(out, MW_LIT(PREFIX));
		mw_buf_put_int(out, SCRAM_ITERATIONS);
		mw_buf_put_char(out, ':');
		put_base64(out, salt, SALT);
		mw_buf_put_char(out, '$');
		put_base64(out, (const unsigned char *)stored, KEY);
		mw_buf_put_char(out, ':');
		put_base64(out, (const unsigned char *)server, KEY);
		status = mw_buf_status(out);
	}
	OPENSSL_cleanse(prepared, strlen(prepared));
	OPENSSL_cleanse(salted, sizeof salted);
	OPENSSL_cleanse(client, sizeof client);
	free(prepared);
	return status;
}
