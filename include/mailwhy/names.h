/* SPDX-License-Identifier: MIT
 *
 * mailwhy/names.h - the closed vocabularies of an answer, each from one list.
 *
 * The words are a promise to programs that read the JSON: values are only ever appended,
 * no number is used again. What each word means to a person stands in knowledge/.
 */
#ifndef MAILWHY_NAMES_H
#define MAILWHY_NAMES_H

#include <mailwhy/str.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the server's words mean. Grouped as in the documentation. */
#define MW_CATEGORY_MAP(X)                                                               \
	X(UNKNOWN, 0, "unknown")                                                         \
	X(RECIPIENT_UNKNOWN, 1, "recipient-unknown")                                     \
	X(RECIPIENT_DISABLED, 2, "recipient-disabled")                                   \
	X(RECIPIENT_MOVED, 3, "recipient-moved")                                         \
	X(RECIPIENT_RESTRICTED, 4, "recipient-restricted")                               \
	X(MAILBOX_FULL, 5, "mailbox-full")                                               \
	X(DOMAIN_NOT_FOUND, 6, "domain-not-found")                                       \
	X(DOMAIN_NO_MAIL, 7, "domain-no-mail")                                           \
	X(ROUTING_LOOP, 8, "routing-loop")                                               \
	X(MESSAGE_TOO_LARGE, 9, "message-too-large")                                     \
	X(MESSAGE_MALFORMED, 10, "message-malformed")                                    \
	X(SPAM_CONTENT, 11, "spam-content")                                              \
	X(VIRUS, 12, "virus")                                                            \
	X(CONTENT_POLICY, 13, "content-policy")                                          \
	X(SENDER_REJECTED, 14, "sender-rejected")                                        \
	X(SENDER_AUTHENTICATION, 15, "sender-authentication")                            \
	X(REPUTATION_IP, 16, "reputation-ip")                                            \
	X(REPUTATION_DOMAIN, 17, "reputation-domain")                                    \
	X(REVERSE_DNS, 18, "reverse-dns")                                                \
	X(RELAY_DENIED, 19, "relay-denied")                                              \
	X(AUTH_REQUIRED, 20, "auth-required")                                            \
	X(AUTH_FAILED, 21, "auth-failed")                                                \
	X(TLS_REQUIRED, 22, "tls-required")                                              \
	X(TLS_FAILED, 23, "tls-failed")                                                  \
	X(PROTOCOL_ERROR, 24, "protocol-error")                                          \
	X(RATE_LIMITED, 25, "rate-limited")                                              \
	X(TOO_MANY_CONNECTIONS, 26, "too-many-connections")                              \
	X(TOO_MANY_RECIPIENTS, 27, "too-many-recipients")                                \
	X(GREYLISTED, 28, "greylisted")                                                  \
	X(SERVER_BUSY, 29, "server-busy")                                                \
	X(SERVER_FULL, 30, "server-full")                                                \
	X(SERVER_MISCONFIGURED, 31, "server-misconfigured")                              \
	X(POLICY, 32, "policy")                                                          \
	X(CONNECTION_FAILED, 33, "connection-failed")                                    \
	X(TIMEOUT, 34, "timeout")                                                        \
	X(EXPIRED, 35, "expired")                                                        \
	X(SUPPRESSED, 36, "suppressed")                                                  \
	X(DELIVERED, 37, "delivered")                                                    \
	X(AUTO_REPLY, 38, "auto-reply")                                                  \
	X(COMPLAINT, 39, "complaint")

#define MW_PERMANENCE_MAP(X)                                                             \
	X(NONE, 0, "none")                                                               \
	X(TEMPORARY, 1, "temporary")                                                     \
	X(PERMANENT, 2, "permanent")

/* Who can mend it. */
#define MW_FAULT_MAP(X)                                                                  \
	X(NOBODY, 0, "nobody")                                                           \
	X(RECIPIENT, 1, "recipient")                                                     \
	X(RECIPIENT_SERVER, 2, "recipient-server")                                       \
	X(SENDER, 3, "sender")                                                           \
	X(SENDER_SERVER, 4, "sender-server")                                             \
	X(MESSAGE, 5, "message")                                                         \
	X(NETWORK, 6, "network")

#define MW_ACTION_MAP(X)                                                                 \
	X(NONE, 0, "none")                                                               \
	X(RETRY, 1, "retry")                                                             \
	X(RETRY_SLOWER, 2, "retry-slower")                                               \
	X(SLOW_DOWN, 3, "slow-down")                                                     \
	X(REMOVE_ADDRESS, 4, "remove-address")                                           \
	X(UPDATE_ADDRESS, 5, "update-address")                                           \
	X(ASK_RECIPIENT, 6, "ask-recipient")                                             \
	X(STOP_SENDING, 7, "stop-sending")                                               \
	X(FIX_MESSAGE, 8, "fix-message")                                                 \
	X(SHRINK_MESSAGE, 9, "shrink-message")                                           \
	X(FIX_DNS, 10, "fix-dns")                                                        \
	X(FIX_AUTHENTICATION, 11, "fix-authentication")                                  \
	X(LOG_IN, 12, "log-in")                                                          \
	X(USE_TLS, 13, "use-tls")                                                        \
	X(REQUEST_DELISTING, 14, "request-delisting")                                    \
	X(FIX_CONFIGURATION, 15, "fix-configuration")                                    \
	X(CHECK_NETWORK, 16, "check-network")                                            \
	X(REVIEW, 17, "review")

/* Where in the dialogue it was said; NONE where nothing tells. */
#define MW_STAGE_MAP(X)                                                                  \
	X(NONE, 0, "none")                                                               \
	X(DNS, 1, "dns")                                                                 \
	X(CONNECT, 2, "connect")                                                         \
	X(TLS, 3, "tls")                                                                 \
	X(EHLO, 4, "ehlo")                                                               \
	X(AUTH, 5, "auth")                                                               \
	X(MAIL, 6, "mail")                                                               \
	X(RCPT, 7, "rcpt")                                                               \
	X(DATA, 8, "data")                                                               \
	X(CONTENT, 9, "content")                                                         \
	X(QUEUE, 10, "queue")                                                            \
	X(LOCAL, 11, "local")

/* What decided, weakest first. */
#define MW_CONFIDENCE_MAP(X)                                                             \
	X(NONE, 0, "none")                                                               \
	X(CLASS, 1, "class")                                                             \
	X(CODE, 2, "code")                                                               \
	X(STATUS, 3, "status")                                                           \
	X(TEXT, 4, "text")                                                               \
	X(PROVIDER_TEXT, 5, "provider-text")

#define MW_KIND_MAP(X)                                                                   \
	X(NONE, 0, "none")                                                               \
	X(BOUNCE, 1, "bounce")                                                           \
	X(AUTO_REPLY, 2, "auto-reply")                                                   \
	X(COMPLAINT, 3, "complaint")                                                     \
	X(DELIVERED, 4, "delivered")

/* Whose remedies: the person who sends, the admin and the developer of the sending
 * side, the admin of the receiving side. */
#define MW_AUDIENCE_MAP(X)                                                               \
	X(SENDER, 0, "sender")                                                           \
	X(ADMIN, 1, "admin")                                                             \
	X(DEVELOPER, 2, "developer")                                                     \
	X(RECEIVER, 3, "receiver")

/* What a refusal says about how much the receiving side takes: which number is to go
 * down. */
#define MW_LIMIT_MAP(X)                                                                  \
	X(NONE, 0, "none")               /* nothing */                                   \
	X(CONNECTIONS, 1, "connections") /* connections at a time */                     \
	X(MESSAGES, 2, "messages")       /* messages of a connection */                  \
	X(RATE, 3, "rate")               /* messages in a time */                        \
	X(RECIPIENTS, 4, "recipients")   /* recipients of a message */                   \
	X(FIRST_TRY, 5, "first-try")     /* the first attempt never counts */            \
	X(SERVER, 6, "server")           /* the server serves nobody just now */

#define X(name, value, text) MW_CATEGORY_##name = (value),
typedef enum mw_category { MW_CATEGORY_MAP(X) MW_CATEGORY_COUNT } mw_category;
#undef X
#define X(name, value, text) MW_PERMANENCE_##name = (value),
typedef enum mw_permanence { MW_PERMANENCE_MAP(X) MW_PERMANENCE_COUNT } mw_permanence;
#undef X
#define X(name, value, text) MW_FAULT_##name = (value),
typedef enum mw_fault { MW_FAULT_MAP(X) MW_FAULT_COUNT } mw_fault;
#undef X
#define X(name, value, text) MW_ACTION_##name = (value),
typedef enum mw_action { MW_ACTION_MAP(X) MW_ACTION_COUNT } mw_action;
#undef X
#define X(name, value, text) MW_STAGE_##name = (value),
typedef enum mw_stage { MW_STAGE_MAP(X) MW_STAGE_COUNT } mw_stage;
#undef X
#define X(name, value, text) MW_CONFIDENCE_##name = (value),
typedef enum mw_confidence { MW_CONFIDENCE_MAP(X) MW_CONFIDENCE_COUNT } mw_confidence;
#undef X
#define X(name, value, text) MW_KIND_##name = (value),
typedef enum mw_kind { MW_KIND_MAP(X) MW_KIND_COUNT } mw_kind;
#undef X
#define X(name, value, text) MW_AUDIENCE_##name = (value),
typedef enum mw_audience { MW_AUDIENCE_MAP(X) MW_AUDIENCE_COUNT } mw_audience;
#undef X
#define X(name, value, text) MW_LIMIT_##name = (value),
typedef enum mw_limit { MW_LIMIT_MAP(X) MW_LIMIT_COUNT } mw_limit;
#undef X

/* The vocabularies, for calls that take any of them. */
typedef enum mw_vocabulary {
	MW_VOCABULARY_CATEGORY,
	MW_VOCABULARY_PERMANENCE,
	MW_VOCABULARY_FAULT,
	MW_VOCABULARY_ACTION,
	MW_VOCABULARY_STAGE,
	MW_VOCABULARY_CONFIDENCE,
	MW_VOCABULARY_KIND,
	MW_VOCABULARY_AUDIENCE,
	MW_VOCABULARY_LIMIT,
	MW_VOCABULARY_COUNT
} mw_vocabulary;

/* The word for a value, a constant string; "?" when the value is none of them. */
MW_API mw_str mw_name(mw_vocabulary v, int value);

/* The value of a word, or -1. Case matters. */
MW_API int mw_name_value(mw_vocabulary v, mw_str word);

/* How many values it has; they run from 0 to this less one. */
MW_API int mw_name_count(mw_vocabulary v);

#ifdef __cplusplus
}
#endif

#endif
