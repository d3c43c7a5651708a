/* SPDX-License-Identifier: MIT
 *
 * A connection of a loop, plain or under TLS (OpenSSL): bytes to a handler, bytes from
 * it. All calls are for the thread of the loop.
 *
 * An idle connection costs its struct alone: bytes are read into the loop's buffer and
 * only what the handler could not use yet is kept, and so are bytes that the peer does
 * not take. While bytes wait to be sent nothing is read, so a peer that does not read
 * can't make us hold more.
 */
#ifndef MAILWHY_NET_CONN_H
#define MAILWHY_NET_CONN_H

#include <openssl/ssl.h>

#include "net/address.h"
#include "net/loop.h"

typedef struct conn conn;

typedef struct conn_handler {
	/* Bytes are there: uses some from the front, writes to `out`, returns how many
	 * were used. What is left comes again with more behind it, or after
	 * conn_resume(). */
	size_t (*input)(void *ctx, mw_str in, mw_buf *out);
	/* All that was written has been sent. */
	void (*sent)(void *ctx);
	/* conn_deadline() has passed. */
	void (*late)(void *ctx);
	/* conn_dial() has reached the other side; NULL where nobody dials. */
	void (*connected)(void *ctx);
	/* The handshake that was asked for is done. */
	void (*secured)(void *ctx);
	/* It is over, by whichever side; the conn is gone when this returns. `why`:
	 * constant text, or NULL for an orderly end. */
	void (*closed)(void *ctx, const char *why);
} conn_handler;

/* Takes over `fd` (non-blocking). With `tls` the handshake comes first, and then
 * secured(); reading begins with the first conn_resume(). NULL: no memory, and the caller
 * keeps fd. */
conn *conn_open(loop *l, int fd, SSL_CTX *tls, const conn_handler *handler, void *ctx);

/* Goes out to an address, from `source` (NULL: whichever the system takes): connected()
 * or closed() will be called, not before this returns. The deadline is the caller's to
 * set. NULL: it can't even be tried, with errno. */
conn *conn_dial(loop *l, const net_address *to, const net_address *source,
		const conn_handler *handler, void *ctx);

/* Calls input() with what is there (perhaps nothing), then reads on. */
void conn_resume(conn *c);

/* Stops reading until conn_resume(). */
void conn_pause(conn *c);

/* Bytes a second that are read at most; 0: all that come. */
void conn_read_rate(conn *c, unsigned rate);

/* Sends the bytes, after those that wait already. False: the connection was lost, and
 * closed() was called. */
bool conn_send(conn *c, mw_str bytes);

/* How much of what was sent still waits for the peer to take it. */
size_t conn_unsent(const conn *c);

/* Begins a handshake as the client, with the name or address of the server for its
 * certificate (tls_client() says whether it has to fit); bytes that came before are
 * thrown away. */
void conn_secure_client(conn *c, SSL_CTX *tls, const char *server);

/* Begins a handshake as the server; bytes that came before are thrown away. */
void conn_secure(conn *c, SSL_CTX *tls);

/* Calls late() when so many seconds have passed; 0: never. */
void conn_deadline(conn *c, unsigned seconds);

/* Ends it when all is sent: our half is closed first and the peer has some seconds to
 * read the last reply (RFC 5321, section 3.8, wants it to). closed() follows. */
void conn_close(conn *c);

/* Ends it at once, with a reset when `reset`. closed() is called before it returns. */
void conn_abort(conn *c, bool reset);

/* The TLS state, NULL on a plain line. */
SSL *conn_tls(conn *c);

/* Calls `visit` with the context of each; it may end the one that it visits. */
void conn_each(loop *l, void (*visit)(void *ctx));

/* For the loop: late() for all whose time has come; ends one without much ado. */
void conn_check_deadlines(loop *l);
void conn_abandon(conn *c);

#endif
