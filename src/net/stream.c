/* SPDX-License-Identifier: MIT */
#include "net/stream.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"

/* What a call of OpenSSL came to that did not do it. */
static stream_progress tls_wants(stream *s, int result)
{
	switch (SSL_get_error(s->tls, result)) {
	case SSL_ERROR_WANT_READ:
		return STREAM_WANTS_READ;
	case SSL_ERROR_WANT_WRITE:
		return STREAM_WANTS_WRITE;
	default:
		ERR_clear_error();
		return STREAM_BROKEN;
	}
}

/* --- bytes */

static ssize_t plain_result(ssize_t r)
{
	if (r >= 0)
		return r;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? -1 : -2;
}

static ssize_t tls_result(stream *s, int r)
{
	if (r > 0)
		return r;
	if (SSL_get_error(s->tls, r) == SSL_ERROR_ZERO_RETURN)
		return 0;
	return tls_wants(s, r) != STREAM_BROKEN ? -1 : -2;
}

ssize_t stream_read(stream *s, char *out, size_t n)
{
	if (s->tls == NULL)
		return plain_result(recv(s->fd, out, n, 0));
	ERR_clear_error();
	return tls_result(s, SSL_read(s->tls, out, (int)n));
}

ssize_t stream_write(stream *s, const char *bytes, size_t n)
{
	if (s->tls == NULL)
		return plain_result(send(s->fd, bytes, n, MSG_NOSIGNAL));
	ERR_clear_error();
	return tls_result(s, SSL_write(s->tls, bytes, (int)n));
}

bool stream_holds(const stream *s)
{
	return s->tls != NULL && SSL_pending(s->tls) > 0;
}

/* --- the handshake */

bool stream_secure(stream *s, SSL_CTX *tls)
{
	s->tls = SSL_new(tls);
	return s->tls != NULL && SSL_set_fd(s->tls, s->fd) == 1;
}

bool stream_expect(stream *s, const char *server)
{
	net_address a;

	/* OpenSSL takes an empty name for one that need not fit. An address is no SNI. */
	return server[0] != '\0' && SSL_set1_host(s->tls, server) == 1 &&
	       (net_address_read(&a, server) ||
		SSL_set_tlsext_host_name(s->tls, server) == 1);
}

stream_progress stream_shake(stream *s, bool client)
{
	int r;

	ERR_clear_error();
	r = client ? SSL_connect(s->tls) : SSL_accept(s->tls);
	return r == 1 ? STREAM_DONE : tls_wants(s, r);
}

/* The certificate's fault is what the server's admin can mend. */
const char *stream_shake_error(const stream *s, bool client)
{
	const long verified = client ? SSL_get_verify_result(s->tls) : X509_V_OK;

	return verified == X509_V_OK ? "the TLS handshake failed"
				     : X509_verify_cert_error_string(verified);
}

/* --- the end */

void stream_end(stream *s)
{
	if (s->tls != NULL)
		SSL_shutdown(s->tls);
	ERR_clear_error();
	shutdown(s->fd, SHUT_WR);
}

void stream_close(stream *s)
{
	if (s->tls != NULL)
		SSL_free(s->tls);
	close(s->fd);
}
