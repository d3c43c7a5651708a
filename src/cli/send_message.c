/* SPDX-License-Identifier: MIT
 *
 * The message: read, completed, and otherwise left as it is.
 */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "cli/send.h"
#include "read/field.h"
#include "tell/dsn.h"

#define HEAD_ADDED    4096U /* bytes that we write in front, at most */
#define NAME_MAX_SENT 200U

/* --- who */

static mw_str kept(send_mail *m, mw_str s)
{
	const char *p = pool_copy(&m->memory, s);

	return p != NULL ? (mw_str){p, s.len} : (mw_str){NULL, 0};
}

static mw_str at_host(send_mail *m, mw_str local)
{
	char room[2 * MW_SMTP_PATH_MAX];
	mw_buf b;

	mw_buf_init(&b, room, sizeof room);
	mw_buf_put(&b, local);
	mw_buf_put_char(&b, '@');
	mw_buf_put(&b, m->hostname);
	return kept(m, mw_buf_str(&b));
}

bool send_mail_init(send_mail *m, const settings *s)
{
	const struct passwd *pw = getpwuid(getuid());
	char host[256] = "", user[32];

	*m = (send_mail){.text = {NULL, 0}, .full_name = MW_LIT(""), .envid = MW_LIT("")};
	if (s != NULL && s->server.hostname[0] != '\0')
		snprintf(host, sizeof host, "%s", s->server.hostname);
	else if (gethostname(host, sizeof host - 1) != 0 ||
		 !mw_domain_valid(mw_str_of(host), false))
		snprintf(host, sizeof host, "localhost");
	m->hostname = kept(m, mw_str_of(host));
	if (m->hostname.ptr == NULL)
		return false;
	snprintf(user, sizeof user, "uid-%lu", (unsigned long)getuid());
	m->sender = m->author = at_host(m, mw_str_of(pw != NULL ? pw->pw_name : user));
	return m->sender.ptr != NULL;
}

void send_mail_free(send_mail *m)
{
	free((char *)(uintptr_t)m->text.ptr);
	free(m->recipients);
	pool_free(&m->memory);
}

/* The address as MAIL and RCPT say it: no line end gets through. */
static bool read_address(send_mail *m, mw_str text, mw_str *out)
{
	char room[MW_SMTP_PATH_MAX + 3];
	const size_t most = sizeof room - 2;
	mw_str address;
	mw_buf b;

	if (text.len > 2 && text.ptr[0] == '<' && text.ptr[text.len - 1] == '>')
		text = (mw_str){text.ptr + 1, text.len - 2};
	if (text.len == 0 || text.len > most)
		return false;
	mw_buf_init(&b, room, sizeof room);
	mw_buf_put_char(&b, '<');
	mw_buf_put(&b, text);
	if (m->qualifies && memchr(text.ptr, '@', text.len) == NULL) {
		mw_buf_put_char(&b, '@');
		mw_buf_put(&b, m->hostname);
	}
	mw_buf_put_char(&b, '>');
	if (b.lost || mw_path_read(&address, mw_buf_str(&b), true) != (ptrdiff_t)b.len ||
	    memchr(address.ptr, '@', address.len) == NULL)
		return false;
	*out = kept(m, address);
	return out->ptr != NULL;
}

bool send_mail_from(send_mail *m, mw_str address)
{
	if (address.len == 0 || mw_str_eq(address, MW_LIT("<>"))) {
		m->sender = MW_LIT("");
		return true;
	}
	if (!read_address(m, address, &m->sender))
		return false;
	m->author = m->sender;
	return true;
}

int send_mail_to(send_mail *m, mw_str text)
{
	char safe[200], given[200];
	mw_str address;

	if (!read_address(m, text, &address)) {
		snprintf(given, sizeof given, "%.*s", MW_FMT(text));
		cli_complain("%s is no address that mail can go to",
			     cli_visible(safe, given));
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < m->count; i++)
		if (mwi_equal(m->recipients[i], address))
			return EXIT_DONE;
	if (m->count == SEND_RECIPIENTS_MAX) {
		cli_complain("more than %u recipients: send it in several parts",
			     SEND_RECIPIENTS_MAX);
		return EXIT_USAGE;
	}
	if (m->count == m->cap) {
		const size_t cap = m->cap * 2 + 8;
		mw_str *list = realloc(m->recipients, cap * sizeof *list);

		if (list == NULL)
			return cli_complain("out of memory"), EXIT_NO_MEMORY;
		m->recipients = list;
		m->cap = cap;
	}
	m->recipients[m->count++] = address;
	return EXIT_DONE;
}

bool send_mail_needs_utf8(const send_mail *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (!mwi_is_ascii(m->recipients[i]))
			return true;
	return !mwi_is_ascii(m->sender);
}

/* --- addresses of a header */

/* Steps over a comment, which may hold others, or a quoted string: s begins with one. */
static size_t quoted_len(mw_str s)
{
	const char open = s.ptr[0], close = open == '(' ? ')' : '"';
	size_t depth = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\\') {
			i++;
		} else if (s.ptr[i] == close && (close == ')' || i > 0)) {
			if (close == '"' || --depth == 0)
				return i + 1;
		} else if (s.ptr[i] == '(' && close == ')') {
			depth++;
		}
	}
	return s.len;
}

/* Blanks and comments around an address are nothing; inside they make it none. */
static void put_part(mw_buf *word, mw_str part, bool *gap)
{
	if (*gap && word->len > 1 && part.ptr[0] != '>')
		mw_buf_put_char(word, ' ');
	*gap = false;
	mw_buf_put(word, part);
}

/* One address of a list, up to a comma, or the semicolon of a group. What stands before
 * '<' is a name, before ':' that of a group, behind '>' nothing. True when `word` has an
 * address. */
static bool next_mailbox(mw_str *rest, mw_buf *word)
{
	bool gap = false, angled = false, closed = false;

	mw_buf_reset(word);
	while (rest->len > 0) {
		const char c = rest->ptr[0];
		const mw_str part =
			mw_str_head(*rest, c == '(' || c == '"' ? quoted_len(*rest) : 1);

		*rest = mw_str_skip(*rest, part.len);
		if (c == ',' || c == ';')
			break;
		if (c == '(' || mwi_is_blank(c) || c == '\r' || c == '\n') {
			gap = word->len > 0;
		} else if (!angled && (c == '<' || c == ':')) {
			angled = c == '<';
			gap = false;
			mw_buf_reset(word);
			if (angled)
				mw_buf_put_char(word, c);
		} else if (!closed) {
			put_part(word, part, &gap);
			closed = angled && c == '>';
		}
	}
	return word->len > 0;
}

int send_fields_to(send_mail *m, mw_str value)
{
	char room[1024];
	mw_buf word;
	int rc = EXIT_DONE;

	mw_buf_init(&word, room, sizeof room);
	while (value.len > 0 && rc == EXIT_DONE) {
		if (!next_mailbox(&value, &word) && !word.lost)
			continue;
		rc = send_mail_to(m, mw_buf_str(&word));
		if (rc == EXIT_USAGE)
			rc = EXIT_BAD_DATA;
	}
	return rc;
}

/* --- reading */

/* A line "." ends it, where the caller wants that; what is behind is not ours. */
static mw_str up_to_dot(mw_str in)
{
	mw_str rest = in, line;
	const char *at;

	while (at = rest.ptr, mw_str_cut_line(&rest, &line))
		if (line.len == 1 && line.ptr[0] == '.')
			return (mw_str){in.ptr, (size_t)(at - in.ptr)};
	return in;
}

/* Who keeps mail in an mbox begins it so; it is no field. */
static mw_str without_from_line(mw_str in)
{
	mw_str rest = in, line;

	if (in.len > 5 && memcmp(in.ptr, "From ", 5) == 0 &&
	    mw_str_cut_line(&rest, &line))
		return rest;
	return in;
}

/* Are we still in the header? Its fields, and their continuation lines. */
static bool is_head(mw_str line, bool first)
{
	mw_str name, value;

	if (line.len > 0 && mwi_is_blank(line.ptr[0]))
		return !first;
	return mwi_field_cut(line, &name, &value);
}

typedef struct header {
	bool date, id, from; /* they are there */
	bool dropping;       /* a field that is taken out */
	int rc;
} header;

static bool is_recipients(mw_str name)
{
	return mwi_same(name, MW_LIT("to")) || mwi_same(name, MW_LIT("cc")) ||
	       mwi_same(name, MW_LIT("bcc"));
}

/* A line of the header: is it to be kept? */
static void note_line(const send_mail *m, header *h, mw_str line)
{
	mw_str name, value;

	if (!mwi_field_cut(line, &name, &value))
		return;
	h->date = h->date || mwi_same(name, MW_LIT("date"));
	h->id = h->id || mwi_same(name, MW_LIT("message-id"));
	h->from = h->from || mwi_same(name, MW_LIT("from"));
	h->dropping = m->from_header && mwi_same(name, MW_LIT("bcc"));
}

static void put_line(mw_buf *out, mw_str line)
{
	mw_buf_put(out, line);
	mw_buf_put(out, MW_LIT("\r\n"));
}

/* The header into `out`, without what is taken out; *in is what comes behind it. */
static void put_header(const send_mail *m, header *h, mw_str *in, mw_buf *out)
{
	bool first = true;

	while (in->len > 0) {
		mw_str rest = *in, line;

		if (!mw_str_cut_line(&rest, &line) || !is_head(line, first))
			return;
		if (!mwi_is_blank(line.ptr[0]))
			note_line(m, h, line);
		if (!h->dropping)
			put_line(out, line);
		*in = rest;
		first = false;
	}
}

static int take_recipients(send_mail *m, mw_str head)
{
	mw_str name, value;
	int rc = EXIT_DONE;

	while (rc == EXIT_DONE && mwi_field_next(&head, &name, &value))
		if (is_recipients(name))
			rc = send_fields_to(m, value);
	return rc;
}

/* --- what we add */

/* A name beyond ASCII as encoded words (RFC 2047, section 4.2), pieces of whole
 * characters. */
static void put_encoded(mw_buf *out, mw_str name)
{
	static const char hex[] = "0123456789ABCDEF";

	while (name.len > 0) {
		const mw_str part = mwi_utf8_head(name, 18);

		mw_buf_put(out, MW_LIT("=?utf-8?q?"));
		for (size_t i = 0; i < part.len; i++) {
			const unsigned char c = (unsigned char)part.ptr[i];

			mw_buf_put_char(out, '=');
			mw_buf_put_char(out, hex[c >> 4]);
			mw_buf_put_char(out, hex[c & 15]);
		}
		name = mw_str_skip(name, part.len);
		mw_buf_put(out, name.len > 0 ? MW_LIT("?= ") : MW_LIT("?="));
	}
}

static void put_name(mw_buf *out, mw_str name)
{
	if (!mwi_is_ascii(name)) {
		if (mwi_utf8_valid(name))
			put_encoded(out, name);
		return;
	}
	mw_buf_put_char(out, '"');
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '"' || name.ptr[i] == '\\')
			mw_buf_put_char(out, '\\');
		if ((unsigned char)name.ptr[i] >= ' ' && name.ptr[i] != 0x7f)
			mw_buf_put_char(out, name.ptr[i]);
	}
	mw_buf_put_char(out, '"');
}

static void put_from(mw_buf *out, const send_mail *m)
{
	mw_buf_put(out, MW_LIT("From: "));
	if (m->full_name.len > 0) {
		put_name(out, mwi_utf8_head(m->full_name, NAME_MAX_SENT));
		mw_buf_put(out, MW_LIT(" <"));
	}
	mw_buf_put(out, m->author);
	if (m->full_name.len > 0)
		mw_buf_put_char(out, '>');
	mw_buf_put(out, MW_LIT("\r\n"));
}

static void put_id(mw_buf *out, const send_mail *m)
{
	uint64_t random[2] = {0};
	char text[64];

	if (getrandom(random, sizeof random, 0) != sizeof random)
		random[0] = (uint64_t)getpid();
	snprintf(text, sizeof text, "Message-ID: <%llx.%016llx%016llx@",
		 (unsigned long long)time(NULL), (unsigned long long)random[0],
		 (unsigned long long)random[1]);
	mw_buf_put(out, mw_str_of(text));
	mw_buf_put(out, m->hostname);
	mw_buf_put(out, MW_LIT(">\r\n"));
}

static void put_missing(mw_buf *out, const send_mail *m, const header *h)
{
	if (!h->date) {
		mw_buf_put(out, MW_LIT("Date: "));
		mwi_date_put(out, (int64_t)time(NULL) * 1000);
		mw_buf_put(out, MW_LIT("\r\n"));
	}
	if (!h->id)
		put_id(out, m);
	if (!h->from)
		put_from(out, m);
}

/* --- the whole */

static void put_body(mw_buf *out, mw_str in)
{
	mw_str line;

	/* A body that nothing parts from the header, or no header at all. */
	if (in.len > 0 && in.ptr[0] != '\n' &&
	    !(in.len > 1 && in.ptr[0] == '\r' && in.ptr[1] == '\n'))
		mw_buf_put(out, MW_LIT("\r\n"));
	while (mw_str_cut_line(&in, &line))
		put_line(out, line);
}

static size_t count_lines(mw_str in)
{
	size_t n = 1;

	for (const char *p = in.ptr;
	     (p = memchr(p, '\n', (size_t)(in.ptr + in.len - p))) != NULL; p++)
		n++;
	return n;
}

/* The header is written first, behind the room for what is missing: which that is, is
 * known only then. */
static int make(send_mail *m, mw_str in)
{
	const size_t cap = HEAD_ADDED + in.len + count_lines(in) * 2 + 4;
	char *memory = malloc(cap), added[HEAD_ADDED];
	const mw_str all = in;
	header h = {.rc = EXIT_DONE};
	mw_buf out, front;
	int rc = EXIT_DONE;

	if (memory == NULL)
		return cli_complain("out of memory"), EXIT_NO_MEMORY;
	m->text = (mw_str){memory, 0};
	mw_buf_init(&out, memory + HEAD_ADDED, cap - HEAD_ADDED);
	mw_buf_init(&front, added, sizeof added);
	put_header(m, &h, &in, &out);
	if (m->from_header)
		rc = take_recipients(m, mw_str_head(all, all.len - in.len));
	put_missing(&front, m, &h);
	put_body(&out, in);
	memmove(memory + front.len, out.ptr, out.len);
	memcpy(memory, front.ptr, front.len);
	m->text.len = front.len + out.len;
	return rc;
}

int send_mail_read(send_mail *m)
{
	mw_str in;
	int rc = cli_slurp(&in, "-", SEND_MESSAGE_MAX);

	if (rc != EXIT_DONE)
		return rc;
	mw_str given = without_from_line(in);

	if (m->ends_at_dot)
		given = up_to_dot(given);
	if (given.len == 0) {
		cli_complain("the message is empty: it comes on standard input");
		rc = EXIT_BAD_DATA;
	} else {
		rc = make(m, given);
	}
	free((char *)(uintptr_t)in.ptr);
	return rc;
}
