/* SPDX-License-Identifier: MIT
 *
 * TLS of a server: certificate, key, what is allowed (RFC 8314, RFC 9325).
 */
#ifndef MAILWHY_NET_TLS_H
#define MAILWHY_NET_TLS_H

#include <mailwhy/buf.h>
#include <openssl/ssl.h>

/* A context from files in PEM (the certificate with its chain). NULL, and *why is
 * constant or OpenSSL's text, written to room. The caller frees it by SSL_CTX_free(). */
SSL_CTX *tls_server(const char *certificate, const char *key, bool tls13_only,
		    char room[256]);

/* A context for going out. `verify`: the server's certificate has to be valid for the
 * name that conn_secure_client() is given; `authorities` is a file of those who may say
 * so, PEM, NULL: those that the system trusts. NULL as above. */
SSL_CTX *tls_client(bool verify, const char *authorities, char room[256]);

/* What binds SASL to this channel: tls-exporter (RFC 9266) with TLS 1.3, else
 * tls-unique. *name is a constant string. False: there is none. */
bool tls_binding(SSL *tls, const char **name, unsigned char *out, size_t *len);

/* "TLSv1.3 TLS_AES_256_GCM_SHA384" into out. */
void tls_describe(SSL *tls, mw_buf *out);

#endif
