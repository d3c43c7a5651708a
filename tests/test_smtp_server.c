/* SPDX-License-Identifier: MIT
 *
 * The server's session: the dialogues of tests/smtp/ *.txt, replayed in pieces of 1, 2, 7
 * bytes and whole, and each row of the table of states.
 *
 * A dialogue has lines "C: what the client sends", "S: what must come back" (a "*" in it
 * stands for anything), "D: bytes" as they are, with \r \n \0 \xNN (no line end is
 * added), "= option value" for the parameters, "T:" for a TLS handshake, and
 * "M: sender -> recipients: length" for a mail that must have been taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <mailwhy/mailwhy.h>
#include <stdio.h>
#include <stdlib.h>

#include "smtp/states.h"

#define OUT_MAX (64 * 1024)

/* A host that takes all mail, but for addresses that say otherwise. */
typedef struct host {
	mw_smtp_params params;
	mw_smtp_server session;
	bool implicit_tls;
	char memory[OUT_MAX], sender[300], rcpts[2000], taken[2500], body[200000];
	mw_buf out;
	size_t body_len, aborts, ends;
	char input[400000];
	size_t input_len;
} host;

static void note(char *out, size_t cap, const char *front, mw_str s)
{
	const size_t n = strlen(out);

	snprintf(out + n, cap - n, "%s%.*s", front, MW_FMT(s));
}

static bool starts(mw_str s, const char *what)
{
	return mw_str_eq(mw_str_head(s, strlen(what)), mw_str_of(what));
}

static mw_answer decide(host *h, const mw_smtp_event *e)
{
	static const mw_answer challenge = {334, {0, 0, 0}, {"VXNlcm5hbWU6", 12},
					    0,   {"", 0},   0};
	static char room[512];

	switch ((int)e->kind) {
	case MW_SMTP_CONNECT:
		return mw_answer_fill(MW_ANSWER_GREETING, h->params.hostname, room,
				      sizeof room);
	case MW_SMTP_HELLO:
		if (starts(e->word, "refused"))
			return mw_answer_of(MW_ANSWER_ACCESS_DENIED);
		return mw_answer_fill(MW_ANSWER_HELLO, h->params.hostname, room,
				      sizeof room);
	case MW_SMTP_START_TLS:
		return mw_answer_of(MW_ANSWER_READY_TLS);
	case MW_SMTP_AUTH:
		if (e->word.len == 0)
			return challenge;
		return mw_answer_of(starts(e->word, "AGJvYgBnb29k")
					    ? MW_ANSWER_AUTH_OK
					    : MW_ANSWER_AUTH_FAILED);
	case MW_SMTP_AUTH_MORE:
		if (mw_str_eq(e->word, MW_LIT("*")))
			return mw_answer_of(MW_ANSWER_AUTH_CANCELLED);
		return mw_answer_of(starts(e->word, "good") ? MW_ANSWER_AUTH_OK
							    : MW_ANSWER_AUTH_FAILED);
	case MW_SMTP_MAIL:
		h->rcpts[0] = h->sender[0] = '\0';
		note(h->sender, sizeof h->sender, "", e->mail.sender);
		if (starts(e->mail.sender, "nobody@"))
			return mw_answer_of(MW_ANSWER_SENDER_NOT_YOURS);
		return mw_answer_of(MW_ANSWER_SENDER_OK);
	case MW_SMTP_RCPT:
		if (starts(e->rcpt.recipient, "unknown@"))
			return mw_answer_fill(MW_ANSWER_RECIPIENT_UNKNOWN,
					      e->rcpt.recipient, room, sizeof room);
		if (starts(e->rcpt.recipient, "busy@"))
			return mw_answer_of(MW_ANSWER_SHUTTING_DOWN);
		note(h->rcpts, sizeof h->rcpts, " ", e->rcpt.recipient);
		return mw_answer_of(MW_ANSWER_RECIPIENT_OK);
	case MW_SMTP_DATA:
		h->body_len = 0;
		return mw_answer_of(strstr(h->rcpts, "nodata@") != NULL
					    ? MW_ANSWER_LOCAL_TROUBLE
					    : MW_ANSWER_START_DATA);
	case MW_SMTP_END:
		assert_int_equal(e->size, h->body_len);
		h->ends++;
		if (strstr(h->rcpts, "nocontent@") != NULL &&
		    (!h->params.lmtp || e->index == 1))
			return mw_answer_of(MW_ANSWER_SYSTEM_FULL);
		snprintf(h->taken, sizeof h->taken, "%s ->%s: %zu", h->sender, h->rcpts,
			 h->body_len);
		return mw_answer_fill(MW_ANSWER_QUEUED, MW_LIT("1"), room, sizeof room);
	case MW_SMTP_VRFY:
		return mw_answer_of(MW_ANSWER_CANNOT_VRFY);
	case MW_SMTP_EXPN:
		return mw_answer_of(MW_ANSWER_LIST_DENIED);
	default:
		fail_msg("no question: %d", (int)e->kind);
		return challenge;
	}
}

/* Gives the session the input so far, grown by `piece` bytes a time. */
static void run(host *h, size_t piece)
{
	size_t shown = 0, used = 0;

	for (;;) {
		mw_smtp_event e;
		size_t n;

		n = mw_smtp_server_feed(&h->session,
					(mw_str){h->input + used, shown - used}, &h->out,
					&e);
		assert_true(n <= shown - used);
		used += n;
		if (mw_smtp_server_waits(&h->session)) {
			const mw_answer a = decide(h, &e);

			mw_smtp_server_answer(&h->session, &a, &h->out);
		} else if (e.kind == MW_SMTP_BODY) {
			assert_true(h->body_len + e.body.len <= sizeof h->body);
			memcpy(h->body + h->body_len, e.body.ptr, e.body.len);
			h->body_len += e.body.len;
		} else if (e.kind == MW_SMTP_ABORT) {
			h->aborts++;
		} else if (e.kind == MW_SMTP_NONE) {
			if (shown == h->input_len)
				break;
			shown = shown + piece > h->input_len ? h->input_len
							     : shown + piece;
		}
	}
	memmove(h->input, h->input + used, h->input_len - used);
	h->input_len -= used;
}

static void set_option(host *h, const char *line)
{
	mw_smtp_params *p = &h->params;
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {{"lmtp", &p->lmtp},
		     {"tls", &h->implicit_tls},
		     {"accept-bare", &p->bare_line_ends},
		     {"accept-early", &p->early_talk},
		     {"auth-plaintext", &p->auth_plaintext},
		     {"auth-required", &p->auth_required},
		     {"tls-required", &p->tls_required}};
	const struct {
		const char *name;
		unsigned *limit;
	} limits[] = {{"line", &p->line_max},     {"command", &p->command_max},
		      {"header", &p->header_max}, {"hops", &p->hops_max},
		      {"rcpts", &p->rcpt_max},    {"mails", &p->mail_max},
		      {"errors", &p->errors_max}};
	char name[40];
	unsigned value = 0;
	bool known = true;

	assert_true(sscanf(line, "%39s %u", name, &value) >= 1);
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (strcmp(name, flags[i].name) == 0) {
			*flags[i].flag = true;
			return;
		}
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if (strcmp(name, limits[i].name) == 0) {
			*limits[i].limit = value;
			return;
		}
	if (strcmp(name, "no-chunking") == 0)
		p->extensions &= ~MW_SMTP_CHUNKING;
	else if (strcmp(name, "no-tls") == 0)
		p->extensions &= ~MW_SMTP_STARTTLS;
	else if (strcmp(name, "size") == 0)
		p->size_max = value;
	else
		known = false;
	assert_true(known);
}

static size_t unescape(char *out, const char *in)
{
	size_t n = 0;

	while (*in != '\0') {
		unsigned c = (unsigned char)*in++;

		if (c == '\\') {
			c = (unsigned char)*in++;
			if (c == 'r')
				c = '\r';
			else if (c == 'n')
				c = '\n';
			else if (c == '0')
				c = '\0';
			else if (c == 'x') {
				char hex[3] = {in[0], in[1], '\0'};

				c = (unsigned)strtoul(hex, NULL, 16);
				in += 2;
			}
		}
		out[n++] = (char)c;
	}
	return n;
}

/* `pattern` with "*" for anything. */
static bool matches(const char *pattern, mw_str s)
{
	const char *star = strchr(pattern, '*');
	const size_t front = star != NULL ? (size_t)(star - pattern) : strlen(pattern);

	if (!mw_str_eq(mw_str_head(s, front), (mw_str){pattern, front}))
		return false;
	if (star == NULL)
		return s.len == front;
	for (size_t i = front; i <= s.len; i++)
		if (matches(star + 1, mw_str_skip(s, i)))
			return true;
	return false;
}

static void expect_line(host *h, mw_str *rest, const char *pattern, const char *where)
{
	mw_str line;

	if (!mw_str_cut_line(rest, &line))
		fail_msg("%s: nothing came, expected %s", where, pattern);
	if (!matches(pattern, line))
		fail_msg("%s: came %.*s, expected %s", where, MW_FMT(line), pattern);
	if (rest->len == 0)
		mw_buf_reset(&h->out);
}

static void start(host *h)
{
	mw_buf_init(&h->out, h->memory, sizeof h->memory);
	mw_smtp_server_init(&h->session, &h->params, h->implicit_tls);
}

static void replay(const char *path, size_t piece)
{
	static host h;
	static char line[300000], where[700];
	mw_str rest = {"", 0};
	bool started = false;
	unsigned number = 0;
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	memset(&h, 0, sizeof h);
	h.params = (mw_smtp_params){.hostname = MW_LIT("mx.example.org"),
				    .extensions = MW_SMTP_ALL,
				    .mechanisms = MW_SASL_PLAIN | MW_SASL_LOGIN |
						  MW_SASL_SCRAM_SHA_256 |
						  MW_SASL_SCRAM_SHA_256_PLUS,
				    .size_max = 100000,
				    .line_max = 5000,
				    .header_max = 20000,
				    .hops_max = 50,
				    .rcpt_max = 100,
				    .errors_max = 20};
	while (fgets(line, sizeof line, f) != NULL) {
		snprintf(where, sizeof where, "%s:%u (pieces of %zu)", path, ++number,
			 piece);
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '=')
			set_option(&h, line + 2);
		if (strchr("CDSMT", line[0]) == NULL || line[0] == '\0')
			continue;
		if (!started)
			start(&h);
		started = true;
		if (line[0] == 'C' || line[0] == 'D') {
			h.input_len += unescape(h.input + h.input_len, line + 3);
			if (line[0] == 'C') {
				memcpy(h.input + h.input_len, "\r\n", 2);
				h.input_len += 2;
			}
			continue;
		}
		if (rest.len == 0) {
			run(&h, piece);
			rest = mw_buf_str(&h.out);
		}
		if (line[0] == 'S')
			expect_line(&h, &rest, line + 3, where);
		else if (rest.len > 0)
			fail_msg("%s: unexpected %.*s", where, MW_FMT(rest));
		if (line[0] == 'T')
			mw_smtp_server_secured(&h.session);
		if (line[0] == 'M' && !matches(line + 3, mw_str_of(h.taken)))
			fail_msg("%s: taken was %s", where, h.taken);
		if (line[0] == 'M')
			h.taken[0] = '\0';
	}
	if (rest.len == 0) {
		run(&h, piece);
		rest = mw_buf_str(&h.out);
	}
	if (rest.len > 0 || h.taken[0] != '\0')
		fail_msg("%s: at the end came %.*s, taken was %s", where, MW_FMT(rest),
			 h.taken);
	fclose(f);
}

static void dialogues(void **state)
{
	static const size_t pieces[] = {1, 2, 7, SIZE_MAX / 2};
	DIR *d = opendir(TESTS "/smtp");
	struct dirent *e;
	unsigned files = 0;

	(void)state;
	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		char path[600];

		if (strstr(e->d_name, ".txt") == NULL)
			continue;
		snprintf(path, sizeof path, TESTS "/smtp/%s", e->d_name);
		files++;
		for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
			replay(path, pieces[i]);
	}
	closedir(d);
	assert_true(files >= 10);
}

/* --- the table of states */

static const char *const lines[MWI_COMMANDS] = {"HELO a.example\r\n",
						"EHLO a.example\r\n",
						"LHLO a.example\r\n",
						"MAIL FROM:<a@a.example>\r\n",
						"RCPT TO:<b@b.example>\r\n",
						"DATA\r\n",
						"BDAT 0\r\n",
						"RSET\r\n",
						"NOOP\r\n",
						"QUIT\r\n",
						"VRFY a\r\n",
						"EXPN a\r\n",
						"HELP\r\n",
						"STARTTLS\r\n",
						"AUTH PLAIN AGJvYgBnb29k\r\n",
						"TURN\r\n",
						"XYZZY\r\n"};

static const char *const ways[MWI_ROWS] = {
	"",
	"",
	"EHLO a.example\r\n",
	"EHLO a.example\r\nMAIL FROM:<a@a.example>\r\n",
	"EHLO a.example\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\n",
	"EHLO a.example\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nBDAT "
	"3\r\nabc"};

static void send_text(host *h, const char *text)
{
	h->input_len = strlen(text);
	memcpy(h->input, text, h->input_len);
	run(h, SIZE_MAX / 2);
}

static int reply_code(const host *h, size_t from)
{
	mw_reply r;

	if (mw_reply_read(&r, mw_str_skip(mw_buf_str(&h->out), from)) < 0)
		return 0;
	return r.code;
}

/* The code that the standards ask for, written down apart from the table in states.c.
 * 0: the command has its place. */
static const short expected[MWI_ROWS][MWI_COMMANDS] = {
	{503, 503, 503, 503, 503, 503, 503, 503, 503, 221, 503, 503, 503, 503, 503, 503,
	 503},
	{250, 250, 500, 503, 503, 503, 503, 250, 250, 221, 252, 550, 214, 503, 503, 502,
	 500},
	{250, 250, 500, 250, 503, 503, 503, 250, 250, 221, 252, 550, 214, 220, 235, 502,
	 500},
	{250, 250, 500, 503, 250, 503, 503, 250, 250, 221, 252, 550, 214, 503, 503, 502,
	 500},
	{250, 250, 500, 503, 250, 354, 250, 250, 250, 221, 252, 550, 214, 503, 503, 502,
	 500},
	{250, 250, 500, 503, 503, 503, 250, 250, 250, 221, 252, 550, 214, 503, 503, 502,
	 500},
};

static void each_state_and_command(void **state)
{
	static host h;

	(void)state;
	for (int row = 0; row < MWI_ROWS; row++)
		for (int c = 0; c < MWI_COMMANDS; c++) {
			size_t from;

			memset(&h, 0, sizeof h);
			h.params = (mw_smtp_params){.hostname = MW_LIT("mx.example.org"),
						    .extensions = MW_SMTP_ALL,
						    .mechanisms = MW_SASL_PLAIN,
						    .auth_plaintext = true,
						    .early_talk = true};
			start(&h);
			if (row == MWI_REFUSED) {
				const mw_answer no = mw_answer_of(MW_ANSWER_NO_SERVICE);
				mw_smtp_event e;

				mw_smtp_server_feed(&h.session, MW_LIT(""), &h.out, &e);
				mw_smtp_server_answer(&h.session,
						      &(mw_answer){no.code,
								   no.status,
								   no.text,
								   false,
								   {"", 0},
								   0},
						      &h.out);
			}
			send_text(&h, "");
			send_text(&h, ways[row]);
			assert_int_equal(h.session.state, row);
			from = h.out.len;
			send_text(&h, lines[c]);
			if (reply_code(&h, from) != expected[row][c])
				fail_msg("state %d, command %d: %d, not %d", row, c,
					 reply_code(&h, from), expected[row][c]);
			assert_int_equal(
				mwi_state_refuses((mwi_state)row, (mwi_command)c) ==
					MW_ANSWER_COUNT,
				/* EXPN has its place and is refused by the host; LHLO is
				 * no command of SMTP. */
				expected[row][c] != 503 &&
					(expected[row][c] < 500 || c == MWI_EXPN ||
					 c == MWI_LHLO));
		}
}

static void an_answer_that_comes_late_holds_the_session(void **state)
{
	static host h;
	mw_smtp_event e;
	const mw_answer ok = mw_answer_of(MW_ANSWER_SENDER_OK);

	(void)state;
	memset(&h, 0, sizeof h);
	h.params = (mw_smtp_params){.hostname = MW_LIT("mx.example.org")};
	start(&h);
	send_text(&h, "");
	send_text(&h, "HELO a\r\n");
	mw_buf_reset(&h.out);
	assert_int_equal(mw_smtp_server_feed(&h.session,
					     MW_LIT("MAIL FROM:<>\r\nNOOP\r\n"), &h.out,
					     &e),
			 14);
	assert_int_equal(e.kind, MW_SMTP_MAIL);
	assert_int_equal(mw_smtp_server_feed(&h.session, MW_LIT("NOOP\r\n"), &h.out, &e),
			 0);
	assert_int_equal(e.kind, MW_SMTP_NONE);
	assert_int_equal(h.out.len, 0);
	mw_smtp_server_answer(&h.session, &ok, &h.out);
	assert_int_equal(mw_smtp_server_feed(&h.session, MW_LIT("NOOP\r\n"), &h.out, &e),
			 6);
	assert_int_equal(e.kind, MW_SMTP_REPLIED);
	assert_int_equal(e.id, MW_ANSWER_OK);
	assert_true(mw_str_eq(e.said, MW_LIT("250 2.0.0 OK\r\n")));
}

static void stopping_finishes_what_is_at_work(void **state)
{
	static host h;

	(void)state;
	memset(&h, 0, sizeof h);
	h.params = (mw_smtp_params){.hostname = MW_LIT("mx.example.org")};
	start(&h);
	send_text(&h, "");
	send_text(&h, "HELO a\r\n");
	send_text(&h, "MAIL FROM:<>\r\n");
	mw_smtp_server_stop(&h.session);
	send_text(&h, "RCPT TO:<a@b>\r\n");
	send_text(&h, "DATA\r\n");
	send_text(&h, "x\r\n.\r\n");
	assert_int_equal(h.ends, 1);
	mw_buf_reset(&h.out);
	send_text(&h, "MAIL FROM:<>\r\n");
	assert_int_equal(reply_code(&h, 0), 421);
	assert_true(mw_smtp_server_closed(&h.session));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dialogues),
		cmocka_unit_test(each_state_and_command),
		cmocka_unit_test(an_answer_that_comes_late_holds_the_session),
		cmocka_unit_test(stopping_finishes_what_is_at_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
