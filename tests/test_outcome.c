/* SPDX-License-Identifier: MIT
 *
 * What is read out of a reply as people paste it: one row a case. A text, stage, host or
 * recipient that no honest reader could name alone is ANY.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <mailwhy/outcome.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROWS(table) (sizeof(table) / sizeof *(table))

#define ANY       NULL
#define ANY_STAGE MW_STAGE_COUNT
#define NONE      MW_STAGE_NONE
#define CONNECT   MW_STAGE_CONNECT
#define TLS       MW_STAGE_TLS
#define EHLO      MW_STAGE_EHLO
#define AUTH      MW_STAGE_AUTH
#define MAIL      MW_STAGE_MAIL
#define RCPT      MW_STAGE_RCPT
#define DATA      MW_STAGE_DATA
#define CONTENT   MW_STAGE_CONTENT

typedef struct row {
	const char *in;
	int reply;
	const char *status; /* "" none */
	const char *text;
	mw_stage stage;
	const char *remote, *recipient; /* "" none */
} row;

static const row plain[] = {
	{"550 5.1.1 User unknown", 550, "5.1.1", "User unknown", NONE, "", ""},
	{"550 User unknown", 550, "", "User unknown", NONE, "", ""},
	{"450 4.7.1 Try later", 450, "4.7.1", "Try later", NONE, "", ""},
	{"250 2.1.5 Recipient ok", 250, "2.1.5", "Recipient ok", NONE, "", ""},
	{"220 mx.example.net ESMTP", 220, "", "mx.example.net ESMTP", NONE, "", ""},
	{"354 End data with <CR><LF>.<CR><LF>", 354, "",
	 "End data with <CR><LF>.<CR><LF>", NONE, "", ""},
	{"334 VXNlcm5hbWU6", 334, "", "VXNlcm5hbWU6", NONE, "", ""},
	{"101 Cannot open connection: Network is unreachable", 101, "",
	 "Cannot open connection: Network is unreachable", NONE, "", ""},
	{"  550 5.1.1 User unknown \t\r\n", 550, "5.1.1", "User unknown", NONE, "", ""},
	{"\r\n550 5.1.1 User unknown", 550, "5.1.1", "User unknown", NONE, "", ""},
	{"550\tUser unknown", 550, "", "User unknown", NONE, "", ""},
	{"550: User unknown", 550, "", "User unknown", NONE, "", ""},
	{"550, User unknown", 550, "", "User unknown", NONE, "", ""},
	{"550-User unknown", 550, "", "User unknown", NONE, "", ""},
	{"550 - User unknown", 550, "", "User unknown", NONE, "", ""},
	{"550   5.1.1   User unknown", 550, "5.1.1", "User unknown", NONE, "", ""},
	{"550 550 5.1.1 User unknown", 550, "5.1.1", "User unknown", NONE, "", ""},
	{"550 (5.1.1) User unknown", 550, "5.1.1", "User unknown", NONE, "", ""},
	{"550 [5.1.1] User unknown", 550, "5.1.1", "User unknown", NONE, "", ""},
	{"550 #5.1.1 User unknown", 550, "5.1.1", ANY, NONE, "", ""},
	{"550 (#5.1.1) User unknown", 550, "5.1.1", ANY, NONE, "", ""},
	{"553 sorry, no mailbox here by that name. (#5.7.1)", 553, "5.7.1",
	 "sorry, no mailbox here by that name. (#5.7.1)", NONE, "", ""},
	{"550 No such user (5.1.1)", 550, "5.1.1", ANY, NONE, "", ""},
	{"550 No such user, status: 5.1.1", 550, "5.1.1", ANY, NONE, "", ""},
	{"550 5.4.1 [bob@example.org]: Recipient address rejected: Access denied", 550,
	 "5.4.1", "[bob@example.org]: Recipient address rejected: Access denied", NONE,
	 "", ""},
	{"554 5.7.0 Reject, id=12345-06 - spam", 554, "5.7.0",
	 "Reject, id=12345-06 - spam", NONE, "", ""},
	/* a status of another class than the code is not the server's */
	{"250 User unknown (5.1.1)", 250, "", "User unknown (5.1.1)", NONE, "", ""},
	{"450 5.1.1 <bob@example.org>: User unknown", 450, "5.1.1",
	 "<bob@example.org>: User unknown", NONE, "", ""},
	/* what the server found out elsewhere is not its own reply */
	{"450 4.1.7 <a@example.org>: Sender address rejected: undeliverable address: "
	 "host "
	 "mx.example.org[192.0.2.1] said: 550 5.1.1 <a@example.org>: User unknown",
	 450, "4.1.7", ANY, NONE, ANY, ANY},
	/* a server that quotes another: the innermost that refused */
	{"550 host mx.example.org[192.0.2.9] said: 551 5.1.6 moved away", 551, "5.1.6",
	 "moved away", NONE, "mx.example.org", ""},
};

static const row bare[] = {
	{"550", 550, "", "", NONE, "", ""},
	{" 421\n", 421, "", "", NONE, "", ""},
	{"466", 466, "", "", NONE, "", ""},
	{"100", 100, "", "", NONE, "", ""},
	{"599", 599, "", "", NONE, "", ""},
	{"5.7.26", 0, "5.7.26", "", NONE, "", ""},
	{"4.4.2\r\n", 0, "4.4.2", "", NONE, "", ""},
	{"5.1.1 User unknown", 0, "5.1.1", "User unknown", NONE, "", ""},
	{"(5.1.1) User unknown", 0, "5.1.1", "User unknown", NONE, "", ""},
	{"550 5.1.1", 550, "5.1.1", "", NONE, "", ""},
	{"550-5.1.1", 550, "5.1.1", "", NONE, "", ""},
	{"#550", 550, "", ANY, NONE, "", ""},
	{"error 550", 550, "", ANY, NONE, "", ""},
	{"SMTP 550", 550, "", ANY, NONE, "", ""},
	{"code: 550", 550, "", ANY, NONE, "", ""},
	{"550 error", 550, "", "error", NONE, "", ""},
};

static const row lines[] = {
	{"550-5.1.1 a\r\n550-5.1.1 b\r\n550 5.1.1 c\r\n", 550, "5.1.1", "a b c", NONE, "",
	 ""},
	{"550-5.1.1 a\n550-5.1.1 b\n550 5.1.1 c", 550, "5.1.1", "a b c", NONE, "", ""},
	{"550-5.1.1 a\\n550-5.1.1 b\\n550 5.1.1 c", 550, "5.1.1", "a b c", NONE, "", ""},
	{"550-5.1.1 a\\r\\n550-5.1.1 b\\r\\n550 5.1.1 c\\r\\n", 550, "5.1.1", "a b c",
	 NONE, "", ""},
	{"550-5.1.1 a\r550-5.1.1 b\r550 5.1.1 c", 550, "5.1.1", "a b c", NONE, "", ""},
	{"554-Transaction failed\n554 5.7.1 Spam", 554, "5.7.1",
	 "Transaction failed Spam", NONE, "", ""},
	{"550-5.1.1 No such\n550 user", 550, "5.1.1", "No such user", NONE, "", ""},
	{"550-5.7.26 Your email 550-5.7.26 has been 550 5.7.26 blocked", 550, "5.7.26",
	 "Your email has been blocked", NONE, "", ""},
	{"550-Your email 550-has been 550 blocked", 550, "",
	 "Your email has been blocked", NONE, "", ""},
	{"250-mx.example.org\r\n250-PIPELINING\r\n250 SIZE 1000\r\n", 250, "",
	 "mx.example.org PIPELINING SIZE 1000", NONE, "", ""},
	{"550-\r\n550 end", 550, "", "end", NONE, "", ""},
	{"550-a\r\n550\r\n", 550, "", "a", NONE, "", ""},
	{"550-a  b\r\n550\t\tc", 550, "", "a b c", NONE, "", ""},
	{"550-5.7.1 a\r\n 550-5.7.1 b\r\n 550 5.7.1 c", 550, "5.7.1", "a b c", NONE, "",
	 ""},
	{"550 5.1.1 first line\nsecond line", 550, "5.1.1", "first line second line",
	 NONE, "", ""},
	/* two replies: the last one counts */
	{"450 4.7.1 Try later\n550 5.1.1 User unknown", 550, "5.1.1", ANY, NONE, "", ""},
	{"550 Verification failed for <x@example.org> (code 550)", 550, "",
	 "Verification failed for <x@example.org> (code 550)", NONE, "", ""},
};

static const row postfix[] = {
	{"host mx1.example.org[192.0.2.10] said: 550 5.1.1 <bob@example.org>: Recipient "
	 "address "
	 "rejected: User unknown in relay recipient table (in reply to RCPT TO command)",
	 550, "5.1.1",
	 "<bob@example.org>: Recipient address rejected: User unknown in relay recipient "
	 "table",
	 RCPT, "mx1.example.org", ANY},
	{"Nov 14 09:26:53 mail postfix/smtp[4711]: 3F2A81C0D5: to=<bob@example.org>, "
	 "relay=mx1.example.org[192.0.2.10]:25, delay=1.4, delays=0.1/0/0.9/0.4, "
	 "dsn=5.1.1, "
	 "status=bounced (host mx1.example.org[192.0.2.10] said: 550 5.1.1 "
	 "<bob@example.org>: "
	 "Recipient address rejected: User unknown (in reply to RCPT TO command))",
	 550, "5.1.1", "<bob@example.org>: Recipient address rejected: User unknown",
	 RCPT, "mx1.example.org", "bob@example.org"},
	{"<bob@example.org>: host mx.example.org[192.0.2.5] said: 552 5.2.2 Over quota "
	 "(in reply "
	 "to end of DATA command)",
	 552, "5.2.2", "Over quota", CONTENT, "mx.example.org", ANY},
	{"host mx.example.org[192.0.2.5] said: 554 5.7.1 no (in reply to DATA command)",
	 554, "5.7.1", "no", DATA, "mx.example.org", ""},
	{"host mx.example.org[192.0.2.5] said: 553 5.1.8 no (in reply to MAIL FROM "
	 "command)",
	 553, "5.1.8", "no", MAIL, "mx.example.org", ""},
	{"host mx.example.org[192.0.2.5] said: 501 5.5.4 no (in reply to EHLO command)",
	 501, "5.5.4", "no", EHLO, "mx.example.org", ""},
	{"host mx.example.org[192.0.2.5] said: 454 4.7.0 no (in reply to STARTTLS "
	 "command)",
	 454, "4.7.0", "no", TLS, "mx.example.org", ""},
	{"host mx.example.org[192.0.2.5] said: 535 5.7.8 no (in reply to AUTH command)",
	 535, "5.7.8", "no", AUTH, "mx.example.org", ""},
	{"host mx.example.org[192.0.2.5] refused to talk to me: 421 4.7.0 Try again "
	 "later",
	 421, "4.7.0", "Try again later", CONNECT, "mx.example.org", ""},
	{"host mx.example.org[192.0.2.5] said: 550-5.7.26 Your email 550-5.7.26 has been "
	 "550 "
	 "5.7.26 blocked (in reply to end of DATA command)",
	 550, "5.7.26", "Your email has been blocked", CONTENT, "mx.example.org", ""},
	{"connect to mx.example.org[192.0.2.5]:25: Connection refused", 0, "", ANY,
	 ANY_STAGE, "mx.example.org", ""},
	{"lost connection with mx.example.org[192.0.2.5] while receiving the initial "
	 "server "
	 "greeting",
	 0, "", ANY, ANY_STAGE, "mx.example.org", ""},
	{"conversation with mx.example.org[192.0.2.5] timed out while sending RCPT TO", 0,
	 "", ANY, ANY_STAGE, "mx.example.org", ""},
};

static const row exim[] = {
	{"SMTP error from remote mail server after RCPT TO:<carla@example.net>: host "
	 "mx.example.net [192.0.2.11]: 550 5.2.1 Mailbox disabled",
	 550, "5.2.1", "Mailbox disabled", RCPT, "mx.example.net", "carla@example.net"},
	{"SMTP error from remote mail server after RCPT TO:<carla@example.net>: 550 "
	 "5.2.1 Mailbox "
	 "disabled",
	 550, "5.2.1", "Mailbox disabled", RCPT, "", "carla@example.net"},
	{"2025-11-14 09:26:53 1r2AbC-000123-4d ** carla@example.net R=dnslookup "
	 "T=remote_smtp "
	 "H=mx.example.net [192.0.2.11]: SMTP error from remote mail server after RCPT "
	 "TO:<carla@example.net>: 550 5.2.1 Mailbox disabled for this recipient",
	 550, "5.2.1", "Mailbox disabled for this recipient", RCPT, "mx.example.net",
	 "carla@example.net"},
	{"SMTP error from remote mail server after end of data: 552 5.3.4 too big", 552,
	 "5.3.4", "too big", CONTENT, "", ""},
	{"SMTP error from remote mail server after pipelined end of data: 552 too big",
	 552, "", "too big", CONTENT, "", ""},
	{"SMTP error from remote mail server after MAIL FROM:<me@example.com> SIZE=550: "
	 "552 5.2.3 "
	 "too big",
	 552, "5.2.3", "too big", MAIL, "", ANY},
	{"SMTP error from remote mail server after initial connection: 421 busy", 421, "",
	 "busy", CONNECT, "", ""},
	{"SMTP error from remote mail server after EHLO mail.example.com: 550 bad name",
	 550, "", "bad name", EHLO, "", ""},
	{"a@example.org\n    host mx.example.org [192.0.2.7]\n    SMTP error from remote "
	 "mail "
	 "server after RCPT TO:<a@example.org>:\n    550 5.1.1 No such user",
	 550, "5.1.1", "No such user", RCPT, "mx.example.org", "a@example.org"},
};

static const row sendmail[] = {
	{"   ----- Transcript of session follows -----\n... while talking to "
	 "mx.example.org.:\n"
	 ">>> RCPT To:<bob@example.org>\n<<< 550 5.1.1 <bob@example.org>... User unknown",
	 550, "5.1.1", "<bob@example.org>... User unknown", RCPT, "mx.example.org",
	 "bob@example.org"},
	{"... while talking to mx.example.org.:\n>>> DATA\n<<< 554 5.7.1 Spam\n554 5.0.0 "
	 "Service "
	 "unavailable",
	 554, "5.7.1", ANY, DATA, "mx.example.org", ""},
	{">>> MAIL From:<me@example.com>\n<<< 553 5.1.8 Domain of sender address does "
	 "not exist",
	 553, "5.1.8", "Domain of sender address does not exist", MAIL, "", ANY},
};

static const row programs[] = {
	/* msmtp */
	{"msmtp: recipient address bob@example.org not accepted by the server\n"
	 "msmtp: server message: 550 5.1.1 User unknown\n"
	 "msmtp: could not send mail (account default from /home/me/.msmtprc)",
	 550, "5.1.1", "User unknown", RCPT, "", "bob@example.org"},
	{"msmtp: envelope from address me@example.com not accepted by the server\n"
	 "msmtp: server message: 553 5.7.1 Not yours",
	 553, "5.7.1", "Not yours", MAIL, "", ""},
	{"msmtp: authentication failed (method PLAIN)\n"
	 "msmtp: server message: 535 5.7.8 Authentication failed",
	 535, "5.7.8", "Authentication failed", AUTH, "", ""},
	/* curl */
	{"curl: (55) RCPT failed: 550", 550, "", ANY, RCPT, "", ""},
	{"curl: (55) MAIL failed: 553", 553, "", ANY, MAIL, "", ""},
	{"curl: (67) Login denied", 0, "", "curl: (67) Login denied", AUTH, "", ""},
	{"curl: (7) Failed to connect to mail.example.org port 587 after 12 ms: "
	 "Connection refused",
	 0, "", ANY, ANY_STAGE, ANY, ""},
	/* mail programs */
	{"Cannot connect to server. Account: 'Work', Server: 'mail.example.com', "
	 "Protocol: SMTP, "
	 "Server Response: '550 Access denied - Invalid HELO name', Port: 25, "
	 "Secure(SSL): No, "
	 "Server Error: 550, Error Number: 0x800CCC79",
	 550, "", "Access denied - Invalid HELO name", ANY_STAGE, ANY, ""},
	{"FATAL ERROR: Could not send your message. Error #550", 550, "", ANY, NONE, "",
	 ""},
	{"An error occurred while sending mail. The mail server responded: 5.1.1 User "
	 "unknown.",
	 0, "5.1.1", ANY, NONE, "", ""},
	{"SMTP Error (550): Failed to add recipient \"bob@example.org\" (5.1.1 User "
	 "unknown).",
	 550, "5.1.1", ANY, ANY_STAGE, "", ANY},
	{"[550] 5.1.1 User unknown", 550, "5.1.1", "User unknown", NONE, "", ""},
	{"(550) 5.1.1 User unknown", 550, "5.1.1", "User unknown", NONE, "", ""},
	{"The server responded with an error: [550] 5.1.1 User unknown", 550, "5.1.1",
	 "User unknown", NONE, "", ""},
	{"Fehler 550: Benutzer unbekannt", 550, "", ANY, NONE, "", ""},
	{"Ошибка 550: пользователь не найден", 550, "", ANY, NONE, "", ""},
	{"<** 550 5.1.1 User unknown", 550, "5.1.1", "User unknown", NONE, "", ""},
	{"SMTP error 111: Connection refused", 0, "",
	 "SMTP error 111: Connection refused", NONE, "", ""},
	/* mailbox providers, in their own bounces */
	{"Remote Server returned '550 5.1.1 RESOLVER.ADR.RecipNotFound; not found'", 550,
	 "5.1.1", "RESOLVER.ADR.RecipNotFound; not found", NONE, "", ""},
	{"#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##", 550, "5.1.1", ANY, NONE,
	 "", ""},
	{"The response from the remote server was:\n\n550 5.1.1 No such user", 550,
	 "5.1.1", "No such user", NONE, "", ""},
	{"The error that the other server returned was:\n550 550 5.1.1 <x@example.org> "
	 "User unknown "
	 "(state 14).",
	 550, "5.1.1", ANY, NONE, "", ANY},
	{"Diagnostic-Code: smtp; 550 5.1.1 User unknown", 550, "5.1.1", "User unknown",
	 NONE, "", ""},
	{"Diagnostic-Code: smtp;550-5.1.1 The account does not exist. Please try\n "
	 "550-5.1.1 "
	 "double-checking it\n 550 5.1.1 and again",
	 550, "5.1.1",
	 "The account does not exist. Please try double-checking it and again", NONE, "",
	 ""},
	{"<bob@example.org>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 "
	 "No such "
	 "user\nGiving up on 192.0.2.1.",
	 550, "", "No such user", ANY_STAGE, ANY, ANY},
};

static const row libraries[] = {
	/* nodemailer */
	{"Error: Can't send mail - all recipients were rejected: 550 5.7.1 Unable to "
	 "relay for "
	 "dora@example.org",
	 550, "5.7.1", "Unable to relay for dora@example.org", RCPT, "", ANY},
	{"Error: Invalid login: 535-5.7.8 Username and Password not accepted. For more, "
	 "go to\n535 "
	 "5.7.8  https://support.example.org/?p=BadCredentials - x",
	 535, "5.7.8",
	 "Username and Password not accepted. For more, go to "
	 "https://support.example.org/?p=BadCredentials - x",
	 AUTH, "", ""},
	{"Error: Message failed: 554 5.7.1 Message rejected", 554, "5.7.1",
	 "Message rejected", CONTENT, "", ""},
	{"{ code: 'EENVELOPE', response: '550 5.1.1 User unknown', responseCode: 550, "
	 "command: "
	 "'RCPT TO' }",
	 550, "5.1.1", "User unknown", RCPT, "", ""},
	/* PHPMailer */
	{"SMTP Error: The following recipients failed: bob@example.org: 5.1.1 "
	 "<bob@example.org>: "
	 "User unknown",
	 0, "5.1.1", ANY, RCPT, "", ANY},
	{"SMTP Error: Could not authenticate.", 0, "",
	 "SMTP Error: Could not authenticate.", AUTH, "", ""},
	{"SMTP Error: data not accepted.SMTP server error: DATA END command failed "
	 "Detail: Message "
	 "exceeds fixed maximum message size SMTP code: 552 Additional SMTP info: 5.3.4",
	 552, "5.3.4", ANY, CONTENT, "", ""},
	{"SMTP ERROR: RCPT TO command failed: 550 5.1.1 User unknown", 550, "5.1.1",
	 "User unknown", RCPT, "", ""},
	{"2026-01-02 10:00:00 SERVER -> CLIENT: 550 5.1.1 User unknown", 550, "5.1.1",
	 "User unknown", NONE, "", ""},
	{"Expected response code 250 but got code \"550\", with message \"550 5.1.1 User "
	 "unknown\\r\\n\"",
	 550, "5.1.1", "User unknown", NONE, "", ""},
	{"Expected response code \"250/251/252\" but got code \"550\", with message "
	 "\"550 5.1.1 User "
	 "unknown\".",
	 550, "5.1.1", "User unknown", NONE, "", ""},
	/* Ruby, Rust */
	{"Net::SMTPFatalError: 550 5.1.1 User unknown", 550, "5.1.1", "User unknown",
	 NONE, "", ""},
	{"permanent error (550): 5.1.1 User unknown", 550, "5.1.1", "User unknown", NONE,
	 "", ""},
	/* Python */
	{"aiosmtplib.errors.SMTPRecipientRefused: (550, '5.1.1 User unknown', "
	 "'bob@example.org')",
	 550, "5.1.1", "User unknown", ANY_STAGE, "", ANY},
	{"smtplib.SMTPRecipientsRefused: {'emil@example.net': (550, b'5.1.1 "
	 "<emil@example.net>: "
	 "Recipient address rejected: User unknown')}",
	 550, "5.1.1", "<emil@example.net>: Recipient address rejected: User unknown",
	 RCPT, "", "emil@example.net"},
	{"{'a@example.net': (550, b'5.1.1 unknown'), 'b@example.net': (452, b'4.2.2 "
	 "full')}",
	 550, "5.1.1", ANY, ANY_STAGE, "", ANY},
	{"smtplib.SMTPAuthenticationError: (535, b'5.7.8 Username and Password not "
	 "accepted. Learn "
	 "more at\\n5.7.8  https://support.example.org/?p=BadCredentials - x')",
	 535, "5.7.8",
	 "Username and Password not accepted. Learn more at "
	 "https://support.example.org/?p=BadCredentials - x",
	 AUTH, "", ""},
	{"smtplib.SMTPDataError: (554, b'5.7.1 Spam message rejected')", 554, "5.7.1",
	 "Spam message rejected", CONTENT, "", ""},
	{"smtplib.SMTPSenderRefused: (553, b'5.7.1 Sender address rejected: not owned by "
	 "user', "
	 "'me@example.com')",
	 553, "5.7.1", "Sender address rejected: not owned by user", MAIL, "", ""},
	{"smtplib.SMTPConnectError: (421, b'4.7.0 Try again later')", 421, "4.7.0",
	 "Try again later", CONNECT, "", ""},
	{"smtplib.SMTPHeloError: (501, b\"5.5.4 Invalid domain name\")", 501, "5.5.4",
	 "Invalid domain name", EHLO, "", ""},
	{"smtplib.SMTPServerDisconnected: Connection unexpectedly closed", 0, "",
	 "smtplib.SMTPServerDisconnected: Connection unexpectedly closed", NONE, "", ""},
	/* JavaMail */
	{"com.sun.mail.smtp.SMTPAddressFailedException: 554 5.7.1 <fritz@example.com>: "
	 "Relay access "
	 "denied",
	 554, "5.7.1", "<fritz@example.com>: Relay access denied", RCPT, "", ANY},
	{"javax.mail.SendFailedException: Invalid Addresses;\n  nested exception is:\n"
	 "\tcom.sun.mail.smtp.SMTPAddressFailedException: 550 5.1.1 <x@example.org>: "
	 "User unknown\n"
	 "\n\tat com.sun.mail.smtp.SMTPTransport.rcptTo(SMTPTransport.java:1873)",
	 550, "5.1.1", "<x@example.org>: User unknown", RCPT, "", ANY},
	{"com.sun.mail.smtp.SMTPSenderFailedException: 553 5.1.8 No such domain", 553,
	 "5.1.8", "No such domain", MAIL, "", ""},
	{"jakarta.mail.AuthenticationFailedException: 535 5.7.3 Authentication "
	 "unsuccessful",
	 535, "5.7.3", "Authentication unsuccessful", AUTH, "", ""},
	{"javax.mail.MessagingException: Could not connect to SMTP host: "
	 "mail.example.org, port: "
	 "465;",
	 0, "", ANY, ANY_STAGE, ANY, ""},
	/* .NET */
	{"System.Net.Mail.SmtpException: The SMTP server requires a secure connection or "
	 "the client "
	 "was not authenticated. The server response was: 5.7.57 Client not "
	 "authenticated to send "
	 "mail.",
	 0, "5.7.57", ANY, ANY_STAGE, "", ""},
	{"System.Net.Mail.SmtpFailedRecipientException: Mailbox unavailable. The server "
	 "response "
	 "was: 550 5.1.1 User unknown",
	 550, "5.1.1", "User unknown", RCPT, "", ""},
};

/* Numbers that are no codes, and dotted numbers that are no statuses. */
static const row no_codes[] = {
	{"see https://example.org/550 for help", 0, "", ANY, NONE, "", ""},
	{"see https://example.org/help?code=550", 0, "", ANY, NONE, "", ""},
	{"see www.example.org/help?code=550", 0, "", ANY, NONE, "", ""},
	{"mail from 550@example.org", 0, "", ANY, NONE, "", ANY},
	{"mail from bob.550@example.org", 0, "", ANY, NONE, "", ANY},
	{"mail from bob550@example.org", 0, "", ANY, NONE, "", ANY},
	{"id: 550.4711.1@mx.example.org", 0, "", ANY, NONE, "", ANY},
	{"id=<550.abc@example.org>", 0, "", ANY, NONE, "", ANY},
	{"queued as 4F3A550B", 0, "", ANY, NONE, "", ""},
	{"queued as 550-4711", 0, "", ANY, NONE, "", ""},
	{"Ticket #550 was opened", 0, "", ANY, NONE, "", ""},
	{"Error 1550", 0, "", ANY, NONE, "", ""},
	{"Error: 55", 0, "", ANY, NONE, "", ""},
	{"Error number: 0x80040550", 0, "", ANY, NONE, "", ""},
	{"size: 550 bytes", 0, "", ANY, NONE, "", ""},
	{"size: 550MB", 0, "", ANY, NONE, "", ""},
	{"limit: 550 KB", 0, "", ANY, NONE, "", ""},
	{"550 messages", 0, "", "550 messages", NONE, "", ""},
	{"550 messages were sent", 0, "", ANY, NONE, "", ""},
	{"450 bytes left", 0, "", ANY, NONE, "", ""},
	{"time: 450 ms", 0, "", ANY, NONE, "", ""},
	{"took: 450s", 0, "", ANY, NONE, "", ""},
	{"at: 250:14:09", 0, "", ANY, NONE, "", ""},
	{"used: 500% of the quota", 0, "", ANY, NONE, "", ""},
	{"price: 550.25", 0, "", ANY, NONE, "", ""},
	{"sent: 550,000", 0, "", ANY, NONE, "", ""},
	{"no route to mx.example.org:587", 0, "", ANY, NONE, ANY, ""},
	{"no route to [192.0.2.1]:465", 0, "", ANY, NONE, ANY, ""},
	{"call: 415-555-0100", 0, "", ANY, NONE, "", ""},
	{"call: 450 555 0100", 0, "", ANY, NONE, "", ""},
	{"call: +1 (450) 555-0100", 0, "", ANY, NONE, "", ""},
	{"220.181.12.1 refused it", 0, "", ANY, NONE, "", ""},
	{"address: 250.1.2.3", 0, "", ANY, NONE, "", ""},
	{"Postfix 3.550 crashed", 0, "", ANY, NONE, "", ""},
	{"HTTP 503 from the proxy", 0, "", ANY, NONE, "", ""},
	{"mail-ej1-f550.example.org went away", 0, "", ANY, NONE, ANY, ""},
	{"it is the year 2550", 0, "", ANY, NONE, "", ""},
	{"550/24", 0, "", ANY, NONE, "", ""},
	{"550th", 0, "", ANY, NONE, "", ""},
	{"600 What is this", 0, "", "600 What is this", NONE, "", ""},
	{"050 No", 0, "", ANY, NONE, "", ""},
	{"5500 No", 0, "", ANY, NONE, "", ""},
	{"see RFC 5321, section 4.2.3", 0, "", ANY, NONE, "", ""},
	{"220 mail.example.org ESMTP Postfix 2.5.1", 220, "",
	 "mail.example.org ESMTP Postfix 2.5.1", NONE, "", ""},
	{"554 Message refused by MailFilter 5.2.1", 554, "",
	 "Message refused by MailFilter 5.2.1", NONE, "", ""},
	{"554 Message refused by MailFilter v5.2.1", 554, "",
	 "Message refused by MailFilter v5.2.1", NONE, "", ""},
	{"554 Message refused by MailFilter/5.2.1", 554, "",
	 "Message refused by MailFilter/5.2.1", NONE, "", ""},
	{"550 Host 5.6.7.8 is blocked", 550, "", "Host 5.6.7.8 is blocked", NONE, "", ""},
	{"550 Host [5.6.7.8] is blocked", 550, "", "Host [5.6.7.8] is blocked", NONE, "",
	 ""},
	{"550 Net 5.6.7.0/24 is blocked", 550, "", "Net 5.6.7.0/24 is blocked", NONE, "",
	 ""},
	{"hello", 0, "", "hello", NONE, "", ""},
};

static const row charsets[] = {
	{"550 =?utf-8?q?Benutzer_unbekannt?=", 550, "", "Benutzer unbekannt", NONE, "",
	 ""},
	{"550 =?utf-8?q?Empf=C3=A4nger?= unbekannt", 550, "", "Empfänger unbekannt", NONE,
	 "", ""},
	{"=?UTF-8?B?NTUwIDUuMS4xIFVzZXIgdW5rbm93bg==?=", 550, "5.1.1", "User unknown",
	 NONE, "", ""},
	{"550 =?iso-8859-1?Q?Bo=EEte_pleine?=", 550, "", "Boîte pleine", NONE, "", ""},
	{"550 =?us-ascii?q?ok?=", 550, "", "ok", NONE, "", ""},
	{"550 =?utf-8?q?unbe?= =?utf-8?q?kannt?=", 550, "", "unbekannt", NONE, "", ""},
	{"550 =?x-unknown?q?a?= b", 550, "", "=?x-unknown?q?a?= b", NONE, "", ""},
	{"550 =?utf-8?z?a?= b", 550, "", "=?utf-8?z?a?= b", NONE, "", ""},
	{"550 =?utf-8?q?not closed", 550, "", "=?utf-8?q?not closed", NONE, "", ""},
	{"550 a =? b", 550, "", "a =? b", NONE, "", ""},
	{"550 Bo\xeete pleine", 550, "", "Boîte pleine", NONE, "", ""},
	{"550 \x93quoted\x94 \x80", 550, "", "“quoted” €", NONE, "", ""},
	{"550 Пользователь не найден", 550, "", "Пользователь не найден", NONE, "", ""},
	{"550 5.1.1 用户不存在", 550, "5.1.1", "用户不存在", NONE, "", ""},
	{"550 \xc0\xaf", 550, "", "À¯", NONE, "", ""},
	{"\xef\xbb\xbf"
	 "550 5.1.1 User unknown",
	 550, "5.1.1", "User unknown", NONE, "", ""},
};

static bool same(const char *want, mw_str is)
{
	return want == NULL || mw_str_eq(is, mw_str_of(want));
}

static void write_status(char out[32], mw_enhanced e)
{
	if (e.cls == 0)
		out[0] = 0;
	else
		snprintf(out, 32, "%d.%d.%d", e.cls, e.subject, e.detail);
}

/* Reads from and into memory of exactly the size that is promised to be enough. */
static int check_row(const row *r)
{
	mw_outcome_room *room = malloc(sizeof *room);
	const size_t len = strlen(r->in);
	char *in = malloc(len + 1), status[32];
	mw_outcome o;

	assert_non_null(room);
	assert_non_null(in);
	memcpy(in, r->in, len);
	in = realloc(in, len > 0 ? len : 1);
	assert_non_null(in);
	mw_outcome_read(&o, room, (mw_str){in, len});
	write_status(status, o.status);
	const bool right = o.reply == r->reply && strcmp(status, r->status) == 0 &&
			   same(r->text, o.text) &&
			   (r->stage == ANY_STAGE || r->stage == o.stage) &&
			   same(r->remote, o.remote) && same(r->recipient, o.recipient);

	if (!right)
		print_error(
			"“%s”\n\tis %d “%s” “%.*s” %.*s remote “%.*s” recipient “%.*s”\n",
			r->in, o.reply, status, MW_FMT(o.text),
			MW_FMT(mw_name(MW_VOCABULARY_STAGE, (int)o.stage)),
			MW_FMT(o.remote), MW_FMT(o.recipient));
	free(in);
	free(room);
	return !right;
}

static void check_rows(const row *r, size_t n)
{
	int wrong = 0;

	for (size_t i = 0; i < n; i++)
		wrong += check_row(r + i);
	assert_int_equal(wrong, 0);
}

#define TABLE_TEST(name, table)                                                          \
	static void name(void **state)                                                   \
	{                                                                                \
		(void)state;                                                             \
		check_rows(table, ROWS(table));                                          \
	}

TABLE_TEST(a_plain_reply_gives_code_status_and_words, plain)
TABLE_TEST(a_bare_code_or_status_is_enough, bare)
TABLE_TEST(lines_are_joined_and_what_is_repeated_goes, lines)
TABLE_TEST(postfix_tells_host_stage_and_words, postfix)
TABLE_TEST(exim_tells_host_stage_and_words, exim)
TABLE_TEST(sendmail_tells_host_stage_and_words, sendmail)
TABLE_TEST(mail_programs_quote_the_reply, programs)
TABLE_TEST(libraries_quote_the_reply, libraries)
TABLE_TEST(other_numbers_are_no_codes, no_codes)
TABLE_TEST(words_come_out_as_utf8, charsets)

static const row *const tables[] = {plain,    bare,     lines,     postfix,  exim,
				    sendmail, programs, libraries, no_codes, charsets};
static const size_t sizes[] = {
	ROWS(plain),    ROWS(bare),     ROWS(lines),     ROWS(postfix),  ROWS(exim),
	ROWS(sendmail), ROWS(programs), ROWS(libraries), ROWS(no_codes), ROWS(charsets)};

static bool lies_in(mw_str s, const void *memory, size_t size)
{
	const uintptr_t p = (uintptr_t)s.ptr, m = (uintptr_t)memory;

	return s.len == 0 || (p >= m && p - m <= size && s.len <= size - (p - m));
}

static void check_slices(const mw_outcome *o, const mw_outcome_room *room, mw_str in)
{
	const mw_str slices[] = {o->text, o->context, o->remote, o->recipient,
				 o->odd_number};

	for (size_t i = 0; i < ROWS(slices); i++) {
		assert_non_null(slices[i].ptr);
		assert_true(lies_in(slices[i], room, sizeof *room) ||
			    lies_in(slices[i], in.ptr, in.len));
	}
	assert_true(o->reply == 0 || (o->reply >= 100 && o->reply <= 599));
	assert_true(o->status.cls == 0 || o->status.cls == 2 || o->status.cls == 4 ||
		    o->status.cls == 5);
	if (o->text.len > MW_TEXT_MAX)
		print_error("%zu bytes of text from “%.40s”\n", o->text.len, in.ptr);
	assert_true(o->text.len <= MW_TEXT_MAX);
	assert_int_equal(o->provider.len, 0);
}

static void every_beginning_and_end_of_an_input_is_read_safely(void **state)
{
	mw_outcome_room room;
	mw_outcome o;

	(void)state;
	for (size_t t = 0; t < ROWS(tables); t++)
		for (size_t i = 0; i < sizes[t]; i++) {
			const size_t len = strlen(tables[t][i].in);

			for (size_t n = 0; n <= len; n++) {
				char *p = malloc(n > 0 ? n : 1);

				assert_non_null(p);
				memcpy(p, tables[t][i].in, n);
				mw_outcome_read(&o, &room, (mw_str){p, n});
				check_slices(&o, &room, (mw_str){p, n});
				memcpy(p, tables[t][i].in + len - n, n);
				mw_outcome_read(&o, &room, (mw_str){p, n});
				check_slices(&o, &room, (mw_str){p, n});
				free(p);
			}
		}
}

static void blanks_around_change_nothing(void **state)
{
	static mw_outcome_room room, padded_room;
	mw_outcome o, padded;
	char in[2048];

	(void)state;
	for (size_t t = 0; t < ROWS(tables); t++)
		for (size_t i = 0; i < sizes[t]; i++) {
			const int n =
				snprintf(in, sizeof in, " \t%s\r\n ", tables[t][i].in);

			mw_outcome_read(&o, &room, mw_str_of(tables[t][i].in));
			mw_outcome_read(&padded, &padded_room, (mw_str){in, (size_t)n});
			assert_int_equal(o.reply, padded.reply);
			assert_int_equal(o.status.detail, padded.status.detail);
			assert_int_equal(o.stage, padded.stage);
			assert_true(mw_str_eq(o.text, padded.text));
		}
}

static void a_number_that_is_no_code_is_told_as_such(void **state)
{
	static const char *const odd[] = {"600", "0",   "1000",
					  "99",  "050", "5500",
					  "999", "00",  "12345678901234567890"};
	static const char *const not_odd[] = {"550",  "466", "5.1.1", "600 x",
					      "x600", "",    "0x10"};
	mw_outcome_room room;
	mw_outcome o;

	(void)state;
	for (size_t i = 0; i < ROWS(odd); i++) {
		mw_outcome_read(&o, &room, mw_str_of(odd[i]));
		assert_int_equal(o.reply, 0);
		assert_int_equal(o.status.cls, 0);
		assert_true(mw_str_eq(o.odd_number, mw_str_of(odd[i])));
		assert_int_equal(o.kind, MW_KIND_NONE);
	}
	for (size_t i = 0; i < ROWS(not_odd); i++) {
		mw_outcome_read(&o, &room, mw_str_of(not_odd[i]));
		assert_int_equal(o.odd_number.len, 0);
	}
}

static void every_number_from_100_to_599_is_a_code_and_no_other(void **state)
{
	mw_outcome_room room;
	char in[16];
	mw_outcome o;

	(void)state;
	for (int n = 0; n < 1100; n++) {
		snprintf(in, sizeof in, "%d", n);
		mw_outcome_read(&o, &room, mw_str_of(in));
		assert_int_equal(o.reply, n >= 100 && n <= 599 ? n : 0);
		snprintf(in, sizeof in, "%d x", n);
		mw_outcome_read(&o, &room, mw_str_of(in));
		assert_int_equal(o.reply, n >= 100 && n <= 599 ? n : 0);
	}
}

static void success_is_delivered_and_failure_a_bounce(void **state)
{
	static const struct {
		const char *in;
		mw_kind kind;
	} cases[] = {
		{"250 OK", MW_KIND_DELIVERED},
		{"220 hi", MW_KIND_DELIVERED},
		{"354", MW_KIND_DELIVERED},
		{"2.1.5", MW_KIND_DELIVERED},
		{"550", MW_KIND_BOUNCE},
		{"450 x", MW_KIND_BOUNCE},
		{"5.1.1", MW_KIND_BOUNCE},
		{"4.2.2 full", MW_KIND_BOUNCE},
		{"", MW_KIND_NONE},
		{"600", MW_KIND_NONE},
	};
	mw_outcome_room room;
	mw_outcome o;

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		mw_outcome_read(&o, &room, mw_str_of(cases[i].in));
		assert_int_equal(o.kind, cases[i].kind);
	}
}

static void nothing_gives_an_empty_outcome(void **state)
{
	static const mw_str nothing[] = {{"", 0}, {" ", 1}, {"\r\n", 2}, {" \t\n\n ", 5}};
	mw_outcome_room room;
	mw_outcome o;

	(void)state;
	for (size_t i = 0; i < ROWS(nothing); i++) {
		mw_outcome_read(&o, &room, nothing[i]);
		assert_int_equal(o.kind, MW_KIND_NONE);
		assert_int_equal(o.reply, 0);
		assert_int_equal(o.status.cls, 0);
		assert_int_equal(o.text.len, 0);
		assert_int_equal(o.context.len, 0);
		assert_false(o.cut);
	}
}

static void a_nul_is_a_blank(void **state)
{
	mw_outcome_room room;
	mw_outcome o;

	(void)state;
	mw_outcome_read(&o, &room, MW_LIT("550 5.1.1 User\0unknown"));
	assert_int_equal(o.reply, 550);
	assert_int_equal(o.status.detail, 1);
	assert_true(mw_str_eq(o.text, MW_LIT("User unknown")));
	mw_outcome_read(&o, &room, MW_LIT("550\0User\0\0unknown\0"));
	assert_int_equal(o.reply, 550);
	assert_true(mw_str_eq(o.text, MW_LIT("User unknown")));
	mw_outcome_read(&o, &room, MW_LIT("\0\0\0"));
	assert_int_equal(o.reply, 0);
	assert_int_equal(o.text.len, 0);
}

static void the_evidence_around_the_words_is_kept_as_context(void **state)
{
	const mw_str in =
		MW_LIT("host mx.example.org[192.0.2.1] said: 550 5.1.1 No such user "
		       "(in reply to RCPT TO command)");
	mw_outcome_room room;
	mw_outcome o;

	(void)state;
	mw_outcome_read(&o, &room, in);
	assert_true(mw_str_eq(o.context, in));
	mw_outcome_read(&o, &room, MW_LIT("550 5.1.1 No such user"));
	assert_int_equal(o.context.len, 0);
}

static void plain_words_are_lent_and_not_copied(void **state)
{
	const mw_str in = MW_LIT("550 5.1.1 No such user");
	mw_outcome_room room;
	mw_outcome o;

	(void)state;
	mw_outcome_read(&o, &room, in);
	assert_ptr_equal(o.text.ptr, in.ptr + 10);
}

/* `n` times `unit` between `front` and `end`; the caller frees ptr. */
static mw_str repeated(const char *front, const char *unit, size_t n, const char *end)
{
	const size_t f = strlen(front), u = strlen(unit), e = strlen(end);
	char *p = malloc(f + n * u + e);

	assert_non_null(p);
	memcpy(p, front, f);
	for (size_t i = 0; i < n; i++)
		memcpy(p + f + i * u, unit, u);
	memcpy(p + f + n * u, end, e);
	return (mw_str){p, f + n * u + e};
}

static bool ends_with(mw_str s, const char *end)
{
	const size_t n = strlen(end);

	return s.len >= n && mw_str_eq(mw_str_skip(s, s.len - n), mw_str_of(end));
}

static bool begins_with(mw_str s, const char *front)
{
	return mw_str_eq(mw_str_head(s, strlen(front)), mw_str_of(front));
}

static void a_text_that_is_too_long_keeps_both_ends(void **state)
{
	static const char *const units[] = {
		"word ", "x", "ящ", "\xff", "\\n550-5.7.1 ", "=?utf-8?q?a?= "};
	mw_outcome_room room;
	mw_outcome o;

	(void)state;
	for (size_t i = 0; i < ROWS(units); i++) {
		const mw_str in =
			repeated("550 5.7.1 front ", units[i], 20000, " the end");

		mw_outcome_read(&o, &room, in);
		check_slices(&o, &room, in);
		assert_true(o.cut);
		assert_int_equal(o.reply, 550);
		assert_int_equal(o.status.detail, 1);
		assert_true(begins_with(o.text, "front "));
		assert_true(ends_with(o.text, " the end"));
		assert_true(mw_str_find(o.text, MW_LIT(" ... ")) < o.text.len);
		free((void *)(uintptr_t)in.ptr);
	}
}

static void nothing_is_cut_that_fits(void **state)
{
	mw_outcome_room room;
	mw_outcome o;

	(void)state;
	for (size_t len = MW_TEXT_MAX - 8; len <= MW_TEXT_MAX + 64; len++) {
		const mw_str in = repeated("550 ", "x", len - 4, "");

		mw_outcome_read(&o, &room, in);
		check_slices(&o, &room, in);
		if (len <= MW_TEXT_MAX) {
			assert_false(o.cut);
			assert_int_equal(o.text.len, len - 4);
		} else if (len > MW_TEXT_MAX + 4) {
			assert_true(o.cut);
		}
		free((void *)(uintptr_t)in.ptr);
	}
}

/* Of this process: a busy machine changes nothing. */
static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void a_million_lines_are_read_in_a_moment(void **state)
{
	static const char *const units[] = {"550-5.7.1 x\r\n", "550-5.7.1 x\\n", "\n",
					    "550 ", "said: 550 "};
	mw_outcome_room room;
	mw_outcome o;

	(void)state;
	for (size_t i = 0; i < ROWS(units); i++) {
		const mw_str in = repeated("550-5.7.1 front\r\n", units[i], 1000000,
					   "550 5.7.1 the end\r\n");
		const double start = seconds();

		mw_outcome_read(&o, &room, in);
		assert_true(seconds() - start < 2);
		check_slices(&o, &room, in);
		assert_int_equal(o.reply, 550);
		free((void *)(uintptr_t)in.ptr);
	}
}

/* Ten texts of 8 KB: a reader that is linear needs a tenth of it, under a sanitizer. */
#define LINEAR 0.3

static void hostile_texts_of_full_length_are_read_in_a_moment(void **state)
{
	static const char *const units[] = {"550(",
					    "(550(550",
					    "=?",
					    "=?a?b?",
					    "5.",
					    "5.5.",
					    "b'",
					    "host ",
					    "host a.b ",
					    "to=<",
					    "to=<a@",
					    "(in",
					    "said: 550",
					    "\\",
					    "\r",
					    "<550",
					    "550-",
					    "550 5.7.1 ",
					    "after rcpt to:<",
					    "://550:",
					    "a: 550, ",
					    "rcpt to:<a@b>: 550 "};
	mw_outcome_room room;
	int slow = 0;
	mw_outcome o;

	(void)state;
	for (size_t i = 0; i < ROWS(units); i++) {
		const mw_str in =
			repeated("", units[i], MW_TEXT_MAX / strlen(units[i]), "");
		const double start = seconds();

		for (int k = 0; k < 10; k++)
			mw_outcome_read(&o, &room, in);
		const double took = seconds() - start;

		if (took >= LINEAR)
			print_error("“%s” repeated: %.3f s\n", units[i], took);
		slow += took >= LINEAR;
		check_slices(&o, &room, in);
		free((void *)(uintptr_t)in.ptr);
	}
	assert_int_equal(slow, 0);
}

static void random_bytes_are_read_safely(void **state)
{
	static const char pieces[][12] = {"550",  "5.1.1",  " ",          "-",  "\n",
					  "\\n",  "said: ", "=?utf-8?q?", "?=", "\xc3",
					  "\xff", "(",      "'",          "b'", "<",
					  "@",    "a",      ":",          "#",  "\r",
					  "4",    ".",      "host a.b",   "{",  "\\",
					  "\"",   "to=<"};
	uint32_t seed = 20260214;
	mw_outcome_room room;
	mw_outcome o;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char in[256];
		size_t len = 0;

		for (int k = 0; k < 20; k++) {
			seed = seed * 1664525 + 1013904223;
			const char *piece = pieces[(seed >> 16) % ROWS(pieces)];

			memcpy(in + len, piece, strlen(piece));
			len += strlen(piece);
		}
		char *p = malloc(len);

		assert_non_null(p);
		memcpy(p, in, len);
		mw_outcome_read(&o, &room, (mw_str){p, len});
		check_slices(&o, &room, (mw_str){p, len});
		free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_reply_gives_code_status_and_words),
		cmocka_unit_test(a_bare_code_or_status_is_enough),
		cmocka_unit_test(lines_are_joined_and_what_is_repeated_goes),
		cmocka_unit_test(postfix_tells_host_stage_and_words),
		cmocka_unit_test(exim_tells_host_stage_and_words),
		cmocka_unit_test(sendmail_tells_host_stage_and_words),
		cmocka_unit_test(mail_programs_quote_the_reply),
		cmocka_unit_test(libraries_quote_the_reply),
		cmocka_unit_test(other_numbers_are_no_codes),
		cmocka_unit_test(words_come_out_as_utf8),
		cmocka_unit_test(every_beginning_and_end_of_an_input_is_read_safely),
		cmocka_unit_test(blanks_around_change_nothing),
		cmocka_unit_test(a_number_that_is_no_code_is_told_as_such),
		cmocka_unit_test(every_number_from_100_to_599_is_a_code_and_no_other),
		cmocka_unit_test(success_is_delivered_and_failure_a_bounce),
		cmocka_unit_test(nothing_gives_an_empty_outcome),
		cmocka_unit_test(a_nul_is_a_blank),
		cmocka_unit_test(the_evidence_around_the_words_is_kept_as_context),
		cmocka_unit_test(plain_words_are_lent_and_not_copied),
		cmocka_unit_test(a_text_that_is_too_long_keeps_both_ends),
		cmocka_unit_test(nothing_is_cut_that_fits),
		cmocka_unit_test(a_million_lines_are_read_in_a_moment),
		cmocka_unit_test(hostile_texts_of_full_length_are_read_in_a_moment),
		cmocka_unit_test(random_bytes_are_read_safely),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
