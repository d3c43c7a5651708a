/* SPDX-License-Identifier: MIT */
#include "net/tls.h"

#include <openssl/err.h>
#include <stdio.h>

/* Nothing is asked on a terminal: a key with a password is an error that is told. */
static int no_password(char *out, int size, int writing, void *ctx)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)ctx;
	return 0;
}

static SSL_CTX *failed(SSL_CTX *t, const char *what, char room[256])
{
	char detail[160] = "out of memory";
	const unsigned long e = ERR_peek_last_error();

	if (e != 0)
		ERR_error_string_n(e, detail, sizeof detail);
	snprintf(room, 256, "%s: %s", what, detail);
	ERR_clear_error();
	SSL_CTX_free(t);
	return NULL;
}

SSL_CTX *tls_server(const char *certificate, const char *key, bool tls13_only,
		    char room[256])
{
	SSL_CTX *t = SSL_CTX_new(TLS_server_method());

	ERR_clear_error();
	if (t == NULL)
		return failed(t, "TLS", room);
	SSL_CTX_set_default_passwd_cb(t, no_password);
	SSL_CTX_set_min_proto_version(t, tls13_only ? TLS1_3_VERSION : TLS1_2_VERSION);
	SSL_CTX_set_options(t, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
				       SSL_OP_CIPHER_SERVER_PREFERENCE |
				       SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* Idle sessions hold no buffers, and a resumed write may come from elsewhere. */
	SSL_CTX_set_mode(t, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_id_context(t, (const unsigned char *)"mailwhy", 7);
	if (SSL_CTX_use_certificate_chain_file(t, certificate) != 1)
		return failed(t, certificate, room);
	if (SSL_CTX_use_PrivateKey_file(t, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(t) != 1)
		return failed(t, key, room);
	return t;
}

SSL_CTX *tls_client(bool verify, const char *authorities, char room[256])
{
	SSL_CTX *t = SSL_CTX_new(TLS_client_method());

	ERR_clear_error();
	if (t == NULL)
		return failed(t, "TLS", room);
	SSL_CTX_set_min_proto_version(t, TLS1_2_VERSION);
	SSL_CTX_set_options(t, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
				       SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(t, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_verify(t, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	if (!verify)
		return t;
	if (authorities != NULL ? SSL_CTX_load_verify_locations(t, authorities, NULL) != 1
				: SSL_CTX_set_default_verify_paths(t) != 1)
		return failed(t, authorities != NULL ? authorities : "TLS", room);
	return t;
}

bool tls_binding(SSL *tls, const char **name, unsigned char *out, size_t *len)
{
	static const char label[] = "EXPORTER-Channel-Binding";

	if (tls == NULL)
		return false;
	if (SSL_version(tls) >= TLS1_3_VERSION) {
		*name = "tls-exporter";
		*len = 32;
		return SSL_export_keying_material(tls, out, 32, label, sizeof label - 1,
						  (const unsigned char *)"", 0, 1) == 1;
	}
	*name = "tls-unique";
	/* The first Finished message: the client's, but for a resumed session. */
	*len = SSL_session_reused(tls) ? SSL_get_finished(tls, out, 64)
				       : SSL_get_peer_finished(tls, out, 64);
	return *len > 0;
}

void tls_describe(SSL *tls, mw_buf *out)
{
	mw_buf_put(out, mw_str_of(SSL_get_version(tls)));
	mw_buf_put_char(out, ' ');
	mw_buf_put(out, mw_str_of(SSL_get_cipher_name(tls)));
}
