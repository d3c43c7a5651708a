/* SPDX-License-Identifier: MIT
 *
 * mailwhy/answer.h - what a server of ours says, and where. The words, numbers and
 * meanings are data (knowledge/answers/server.kb), and the tests prove that mailwhy
 * explains each of them as what it was meant to be.
 */
#ifndef MAILWHY_ANSWER_H
#define MAILWHY_ANSWER_H

#include <mailwhy/smtp.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MW_ANSWER_MAP(X)                                                                 \
	X(GREETING, "greeting")                                                          \
	X(NO_SERVICE, "no-service")                                                      \
	X(HELLO, "hello")                                                                \
	X(HELP, "help")                                                                  \
	X(SYSTEM_STATUS, "system-status")                                                \
	X(CLOSING, "closing")                                                            \
	X(OK, "ok")                                                                      \
	X(RESET, "reset")                                                                \
	X(SENDER_OK, "sender-ok")                                                        \
	X(RECIPIENT_OK, "recipient-ok")                                                  \
	X(WILL_FORWARD, "will-forward")                                                  \
	X(CANNOT_VRFY, "cannot-vrfy")                                                    \
	X(VRFY_OK, "vrfy-ok")                                                            \
	X(START_DATA, "start-data")                                                      \
	X(CHUNK_OK, "chunk-ok")                                                          \
	X(QUEUED, "queued")                                                              \
	X(READY_TLS, "ready-tls")                                                        \
	X(AUTH_OK, "auth-ok")                                                            \
	X(SHUTTING_DOWN, "shutting-down")                                                \
	X(TIMED_OUT, "timed-out")                                                        \
	X(TOO_MANY_ERRORS, "too-many-errors")                                            \
	X(TOO_MANY_SESSIONS, "too-many-sessions")                                        \
	X(TOO_MANY_FROM_CLIENT, "too-many-from-client")                                  \
	X(TOO_MANY_FROM_NETWORK, "too-many-from-network")                                \
	X(TOO_MANY_GUESSES, "too-many-guesses")                                          \
	X(TOO_MANY_MAILS_SESSION, "too-many-mails-session")                              \
	X(RATE_CLIENT, "rate-client")                                                    \
	X(RATE_NETWORK, "rate-network")                                                  \
	X(RATE_USER, "rate-user")                                                        \
	X(TOO_MANY_RECIPIENTS, "too-many-recipients")                                    \
	X(LOCAL_TROUBLE, "local-trouble")                                                \
	X(LOOKUP_TROUBLE, "lookup-trouble")                                              \
	X(SYSTEM_FULL, "system-full")                                                    \
	X(MAILBOX_FULL_NOW, "mailbox-full-now")                                          \
	X(MAILBOX_FULL, "mailbox-full")                                                  \
	X(MAILBOX_BUSY, "mailbox-busy")                                                  \
	X(PARAMETERS_NOT_NOW, "parameters-not-now")                                      \
	X(AUTH_TEMPORARY, "auth-temporary")                                              \
	X(UNKNOWN_COMMAND, "unknown-command")                                            \
	X(LINE_TOO_LONG, "line-too-long")                                                \
	X(BARE_LINE_END, "bare-line-end")                                                \
	X(BAD_ARGUMENT, "bad-argument")                                                  \
	X(BAD_SENDER, "bad-sender")                                                      \
	X(BAD_RECIPIENT, "bad-recipient")                                                \
	X(BAD_HELLO, "bad-hello")                                                        \
	X(BAD_BASE64, "bad-base64")                                                      \
	X(AUTH_CANCELLED, "auth-cancelled")                                              \
	X(NOT_IMPLEMENTED, "not-implemented")                                            \
	X(NEED_HELLO, "need-hello")                                                      \
	X(NEED_MAIL, "need-mail")                                                        \
	X(NEED_RCPT, "need-rcpt")                                                        \
	X(NESTED_MAIL, "nested-mail")                                                    \
	X(BAD_SEQUENCE, "bad-sequence")                                                  \
	X(TLS_ALREADY, "tls-already")                                                    \
	X(TLS_UNAVAILABLE, "tls-unavailable")                                            \
	X(AUTH_ALREADY, "auth-already")                                                  \
	X(EARLY_TALKER, "early-talker")                                                  \
	X(ONLY_QUIT, "only-quit")                                                        \
	X(BAD_PARAMETER, "bad-parameter")                                                \
	X(MECHANISM_UNKNOWN, "mechanism-unknown")                                        \
	X(NO_MAIL_HERE, "no-mail-here")                                                  \
	X(TLS_FIRST, "tls-first")                                                        \
	X(AUTH_FIRST, "auth-first")                                                      \
	X(AUTH_FAILED, "auth-failed")                                                    \
	X(AUTH_NEEDS_TLS, "auth-needs-tls")                                              \
	X(RECIPIENT_UNKNOWN, "recipient-unknown")                                        \
	X(RECIPIENT_DISABLED, "recipient-disabled")                                      \
	X(RELAY_DENIED, "relay-denied")                                                  \
	X(LIST_DENIED, "list-denied")                                                    \
	X(RECIPIENT_MOVED, "recipient-moved")                                            \
	X(MESSAGE_TOO_LARGE, "message-too-large")                                        \
	X(SENDER_NOT_YOURS, "sender-not-yours")                                          \
	X(SENDER_SYNTAX, "sender-syntax")                                                \
	X(UTF8_ADDRESS, "utf8-address")                                                  \
	X(LOOP, "loop")                                                                  \
	X(BARE_LINE_END_DATA, "bare-line-end-data")                                      \
	X(LINE_OF_MAIL_TOO_LONG, "line-of-mail-too-long")                                \
	X(HEADER_TOO_LARGE, "header-too-large")                                          \
	X(NO_VALID_RECIPIENTS, "no-valid-recipients")                                    \
	X(ACCESS_DENIED, "access-denied")                                                \
	X(UNKNOWN_PARAMETER, "unknown-parameter")                                        \
	X(EARLY_PARAMETER, "early-parameter")                                            \
	X(REQUIRETLS_NEEDS_TLS, "requiretls-needs-tls")                                  \
	X(DOMAIN_NO_MAIL, "domain-no-mail")

#define X(name, text) MW_ANSWER_##name,
typedef enum mw_answer_id { MW_ANSWER_MAP(X) MW_ANSWER_COUNT } mw_answer_id;
#undef X

/* The answer; its text may hold one "%s" (mw_answer_fill()). Constant. */
MW_API mw_answer mw_answer_of(mw_answer_id id);

/* Writes the text into `room` with `what` for its "%s"; the answer's text is then that.
 * A `what` that does not fit is cut. */
MW_API mw_answer mw_answer_fill(mw_answer_id id, mw_str what, char *room, size_t cap);

/* "recipient-unknown"; a constant string. */
MW_API mw_str mw_answer_name(mw_answer_id id);

#ifdef __cplusplus
}
#endif

#endif
