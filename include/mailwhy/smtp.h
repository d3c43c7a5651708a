/* SPDX-License-Identifier: MIT
 *
 * mailwhy/smtp.h - the words of SMTP that client and server share (RFC 5321 and its
 * extensions): commands, answers, envelopes.
 */
#ifndef MAILWHY_SMTP_H
#define MAILWHY_SMTP_H

#include <mailwhy/buf.h>
#include <mailwhy/names.h>
#include <mailwhy/reply.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MW_SMTP_PATH_MAX   256  /* bytes of a path, RFC 5321, section 4.5.3.1.3 */
#define MW_SMTP_LOCAL_MAX  64   /* bytes of a local part, section 4.5.3.1.1 */
#define MW_SMTP_DOMAIN_MAX 255  /* bytes of a domain, section 4.5.3.1.2 */
#define MW_SMTP_REPLY_MAX  8192 /* bytes of a reply that we write, all its lines */

/* What EHLO may offer, a set. */
#define MW_SMTP_STARTTLS   0x001U /* RFC 3207; offered while the line is plain */
#define MW_SMTP_CHUNKING   0x002U /* RFC 3030 */
#define MW_SMTP_BINARYMIME 0x004U /* RFC 3030; only with CHUNKING */
#define MW_SMTP_DSN        0x008U /* RFC 3461 */
#define MW_SMTP_UTF8       0x010U /* SMTPUTF8, RFC 6531 */
#define MW_SMTP_REQUIRETLS 0x020U /* RFC 8689; offered under TLS */
#define MW_SMTP_8BITMIME   0x040U /* RFC 6152 */
#define MW_SMTP_PIPELINING 0x080U /* RFC 2920 */
#define MW_SMTP_LIMITS     0x100U /* RFC 9422 */
#define MW_SMTP_ENHANCED   0x200U /* ENHANCEDSTATUSCODES, RFC 2034 */
#define MW_SMTP_SIZE       0x400U /* RFC 1870 */
#define MW_SMTP_ALL        0x7ffU

/* SASL mechanisms, a set. */
#define MW_SASL_PLAIN              1U
#define MW_SASL_LOGIN              2U
#define MW_SASL_SCRAM_SHA_256      4U
#define MW_SASL_SCRAM_SHA_256_PLUS 8U /* offered under TLS */

/* What is said to a command: the number, the enhanced status (cls 0: none is said; it
 * stands in each line), and the words, their lines parted by '\n'. Borrowed text. */
typedef struct mw_answer {
	int code; /* 200..599 */
	mw_enhanced status;
	mw_str text;
	bool close; /* the connection ends after it */
	mw_str raw; /* not empty: these bytes go out instead, and only `code` counts */
	mw_category category; /* what it means; UNKNOWN where it is no failure */
} mw_answer;

/* Writes the reply with its line ends: "550-5.1.1 a\r\n550 5.1.1 b\r\n". Control
 * characters of the text come out as '?', a line is cut at 510 bytes, so that no text
 * from outside can make a reply of its own (RFC 5321, section 4.5.3.1.5).
 * MW_E_LIMIT: no room, and then nothing is written. */
MW_API MW_CHECKED mw_status mw_answer_put(mw_buf *out, const mw_answer *a);

/* BODY= of MAIL (RFC 6152, RFC 3030). */
typedef enum mw_body_type {
	MW_BODY_7BIT,
	MW_BODY_8BITMIME,
	MW_BODY_BINARYMIME
} mw_body_type;

/* RET= of MAIL (RFC 3461, section 4.3). */
typedef enum mw_ret { MW_RET_NONE, MW_RET_FULL, MW_RET_HDRS } mw_ret;

/* NOTIFY= of RCPT (RFC 3461, section 4.1), a set; 0 none stated. */
#define MW_NOTIFY_NEVER   1U
#define MW_NOTIFY_SUCCESS 2U
#define MW_NOTIFY_FAILURE 4U
#define MW_NOTIFY_DELAY   8U

/* MAIL FROM with its parameters. Borrowed from the line. */
typedef struct mw_mail {
	mw_str sender; /* "a@example.org"; empty: the null reverse-path */
	uint64_t size; /* SIZE=, bytes (RFC 1870); 0 not stated */
	mw_body_type body;
	bool smtputf8;   /* RFC 6531 */
	bool requiretls; /* RFC 8689 */
	mw_ret ret;
	mw_str envid; /* ENVID=, as xtext (RFC 3461, section 4.4); empty none */
	mw_str auth;  /* AUTH=, as xtext (RFC 4954, section 5); empty none */
} mw_mail;

/* RCPT TO with its parameters. Borrowed from the line. */
typedef struct mw_rcpt {
	mw_str recipient; /* "a@example.org", "postmaster" (section 4.5.1) */
	unsigned notify;
	mw_str orcpt; /* ORCPT=, "rfc822;" and xtext; empty none */
} mw_rcpt;

/* The local part and the domain of an address that was read from a path: parted at the
 * last '@', both slices of it; the domain is empty for a bare "postmaster". */
MW_API void mw_address_split(mw_str address, mw_str *local, mw_str *domain);

/* Where the address at the front of a path ends: `in` begins with '<'. Reads
 * "<a@b>", "<>", "<@c,@d:a@b>" (the route is dropped, section 4.1.1.3), quoted local
 * parts, address literals; beyond ASCII only with `utf8` (RFC 6531, section 3.3), and
 * only what is UTF-8. Returns the bytes up to and with '>', or MW_E_SYNTAX, or
 * MW_E_LIMIT for a part that is too long. *address borrows from `in`. */
MW_API ptrdiff_t mw_path_read(mw_str *address, mw_str in, bool utf8);

/* True for a domain as it may stand in HELO or behind '@': names of letters, digits and
 * hyphens, or a literal "[192.0.2.1]", "[IPv6:2001:db8::1]" (section 4.1.3). */
MW_API bool mw_domain_valid(mw_str domain, bool utf8);

/* Undoes xtext (RFC 3461, section 4) into `out`; MW_E_SYNTAX, MW_E_LIMIT. */
MW_API MW_CHECKED mw_status mw_xtext_decode(mw_buf *out, mw_str in);

#ifdef __cplusplus
}
#endif

#endif
