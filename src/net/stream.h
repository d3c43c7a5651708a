/* SPDX-License-Identifier: MIT
 *
 * The bytes of a non-blocking socket, in the clear or under TLS (OpenSSL).
 */
#ifndef MAILWHY_NET_STREAM_H
#define MAILWHY_NET_STREAM_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct stream {
	int fd;
	SSL *tls; /* NULL: in the clear */
} stream;

/* Bytes; 0: the other side has ended; -1: nothing can be done now; -2: it is broken. At
 * most INT_MAX of them. */
ssize_t stream_read(stream *s, char *out, size_t n);
ssize_t stream_write(stream *s, const char *bytes, size_t n);

/* OpenSSL holds bytes that no event of the socket will tell of. */
bool stream_holds(const stream *s);

/* From here on it is under TLS, when the handshake is done. False: no memory. */
bool stream_secure(stream *s, SSL_CTX *tls);

/* For a client, before the handshake: the name or the address that the certificate has to
 * be of. False: it can't be of any. */
bool stream_expect(stream *s, const char *server);

typedef enum stream_progress {
	STREAM_DONE,
	STREAM_WANTS_READ,
	STREAM_WANTS_WRITE,
	STREAM_BROKEN
} stream_progress;

/* Goes on with the handshake. */
stream_progress stream_shake(stream *s, bool client);

/* Why it is BROKEN: a constant string for a person. */
const char *stream_shake_error(const stream *s, bool client);

/* Says that nothing more will be sent; what comes can be read. */
void stream_end(stream *s);

void stream_close(stream *s);

#endif
