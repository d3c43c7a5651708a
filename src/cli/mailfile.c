/* SPDX-License-Identifier: MIT
 *
 * Whatever has to be decided (is this a separator, does Content-Length tell the truth) is
 * decided once all bytes that it depends on are in the window or the file has ended: that
 * is why read() may cut where it likes.
 */
#include "cli/mailfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/envelope.h"

#define HEADER_MAX (64 * 1024) /* no Content-Length is looked for beyond */
#define NO_LENGTH  (CLI_MAILFILE_LENGTH_MAX + 1)
#define FRONT_MAX  4096 /* of blank lines in front of the first separator */
#define BLANKS_MAX 8    /* of blank lines behind a body of known length */
#define FIELD_MAX  80   /* of the name of a field behind a bare separator */

static bool is_end(char c)
{
	return c == '\n' || c == '\r';
}

/* True when a field of a header begins there. */
static bool is_field(cli_window *w, size_t offset)
{
	for (size_t i = 0; i < FIELD_MAX && cli_window_have(w, offset + i + 1); i++) {
		const char c = *cli_window_at(w, offset + i);

		if (c == ':')
			return i > 0;
		if (c <= ' ' || c > '~')
			return false;
	}
	return false;
}

/* True when a separator line stands at `offset`, where a line begins. */
static bool is_separator(cli_window *w, size_t offset)
{
	bool ended;

	if (!cli_window_have(w, offset + 5) ||
	    memcmp(cli_window_at(w, offset), "From ", 5) != 0)
		return false;

	const size_t n = cli_window_line(w, offset, CLI_ENVELOPE_MAX, &ended);
	mw_str line = {cli_window_at(w, offset), n};

	if (line.ptr[n - 1] == '\r')
		line.len--;
	const cli_envelope is = cli_envelope_read(line);

	return is == CLI_ENVELOPE_FULL ||
	       (is == CLI_ENVELOPE_BARE && ended && is_field(w, offset + n + 1));
}

/* The number that a Content-Length field states, or NO_LENGTH. */
static size_t stated_length(mw_str line)
{
	static const char name[] = "content-length:";
	size_t n = 0;

	if (line.len < sizeof name || (line.ptr[0] | 0x20) != name[0] ||
	    mw_str_find(mw_str_head(line, sizeof name - 1), mw_str_of(name)) != 0)
		return NO_LENGTH;
	line = mw_str_trim(mw_str_skip(line, sizeof name - 1));
	if (line.len == 0 || line.len > 6)
		return NO_LENGTH;
	for (size_t i = 0; i < line.len; i++) {
		if (line.ptr[i] < '0' || line.ptr[i] > '9')
			return NO_LENGTH;
		n = n * 10 + (size_t)(line.ptr[i] - '0');
	}
	return n < NO_LENGTH ? n : NO_LENGTH;
}

/* Where the body of the message begins; 0 when its header is too long or has no end.
 * *stated is its first Content-Length. */
static size_t find_body(cli_window *w, size_t *stated)
{
	size_t offset = 0;
	bool ended;

	*stated = NO_LENGTH;
	while (offset < HEADER_MAX) {
		const size_t n = cli_window_line(w, offset, HEADER_MAX - offset, &ended);

		if (!ended)
			return 0;
		if (n == 0 || (n == 1 && *cli_window_at(w, offset) == '\r'))
			return offset + n + 1;
		if (*stated == NO_LENGTH)
			*stated = stated_length((mw_str){cli_window_at(w, offset), n});
		offset += n + 1;
	}
	return 0;
}

/* True when the message ends at `end`: there the file ends or a separator follows, blank
 * lines allowed. */
static bool ends_at(cli_mailfile *f, size_t end)
{
	cli_window *w = &f->w;
	size_t next = end;

	if (!cli_window_have(w, end))
		return false;
	while (next - end < BLANKS_MAX && cli_window_have(w, next + 1) &&
	       is_end(*cli_window_at(w, next)))
		next++;
	f->separator = *cli_window_at(w, next - 1) == '\n' && is_separator(w, next);
	f->whole = next;
	return f->separator || !cli_window_have(w, next + 1);
}

/* Reads the header of a message that begins: where it ends, and whether it tells where
 * the body does. The blank line that ends it may have a separator behind it already. */
static void look_ahead(cli_mailfile *f)
{
	size_t stated;
	const size_t body = find_body(&f->w, &stated);

	f->scanned = body > 0 ? body - 1 : 0;
	if (body == 0 || stated == NO_LENGTH || !ends_at(f, body + stated))
		f->whole = 0;
}

/* True when the first line is an envelope that ends in CR alone. */
static bool has_old_ends(cli_window *w, size_t front)
{
	bool ended;

	if (!cli_window_have(w, front + 1) || *cli_window_at(w, front) != 'F')
		return false;

	const size_t n = cli_window_line(w, front, CLI_ENVELOPE_MAX, &ended);
	const char *line = cli_window_at(w, front), *cr = memchr(line, '\r', n);

	return cr != NULL && !(ended && cr == line + n - 1) &&
	       cli_envelope_read((mw_str){line, (size_t)(cr - line)}) ==
		       CLI_ENVELOPE_FULL;
}

/* Finds out whether the file is an mbox; it then begins with its first separator. */
static void detect(cli_mailfile *f)
{
	cli_window *w = &f->w;
	size_t front = 0;

	if (cli_window_have(w, 3) && memcmp(cli_window_at(w, 0), "\xef\xbb\xbf", 3) == 0)
		w->first += 3;
	while (front < FRONT_MAX && cli_window_have(w, front + 1) &&
	       is_end(*cli_window_at(w, front)))
		front++;
	if (has_old_ends(w, front))
		cli_window_lf_for_cr(w);
	f->mbox = f->separator = is_separator(w, front);
	if (f->mbox)
		w->first += front;
}

bool cli_mailfile_open(cli_mailfile *f, const char *path)
{
	const int fd = strcmp(path, "-") == 0
			       ? STDIN_FILENO
			       : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd >= 0)
		return cli_mailfile_open_fd(f, fd);
	*f = (cli_mailfile){.w.memory = f->w.memory, .fd = -1, .error = strerror(errno)};
	return false;
}

bool cli_mailfile_open_fd(cli_mailfile *f, int fd)
{
	struct stat about;

	*f = (cli_mailfile){.w.memory = f->w.memory, .fd = fd};
	if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode))
		f->size = (unsigned long long)about.st_size;
	if (cli_window_open(&f->w, fd))
		detect(f);
	f->bytes = f->w.in.bytes;
	f->error = f->w.in.error;
	return f->error == NULL;
}

void cli_mailfile_close(cli_mailfile *f)
{
	cli_window_close(&f->w);
	if (f->fd > STDIN_FILENO)
		close(f->fd);
	f->fd = -1;
	f->inside = f->separator = false;
}

void cli_mailfile_free(cli_mailfile *f)
{
	cli_window_free(&f->w);
}

bool cli_mailfile_next(cli_mailfile *f)
{
	bool ended;

	while (cli_mailfile_chunk(f).len > 0)
		;
	if (f->mbox ? !f->separator : f->number > 0 || cli_window_length(&f->w) == 0)
		return false;
	f->number++;
	f->inside = true;
	if (!f->mbox)
		return true;
	f->w.first += cli_window_line(&f->w, 0, CLI_ENVELOPE_MAX, &ended);
	f->w.first += ended;
	f->separator = false;
	look_ahead(f);
	return true;
}

/* Gives n bytes, the last of the message or not. */
static mw_str give(cli_mailfile *f, size_t n, bool last)
{
	const mw_str piece = {cli_window_at(&f->w, 0), n};

	f->w.first += n;
	f->scanned = f->whole = 0;
	f->inside = !last;
	f->bytes = f->w.in.bytes;
	f->error = f->w.in.error;
	return piece;
}

/* True when the LF at p ends a blank line. */
static bool is_blank(const char *p)
{
	return p[-1] == '\n' || (p[-1] == '\r' && p[-2] == '\n');
}

/* Moves f->scanned to the next LF behind which a separator may begin. */
static bool find_candidate(cli_mailfile *f)
{
	const char *const last = f->w.memory + f->w.last;
	const char *p = cli_window_at(&f->w, f->scanned);

	for (; last - p > 5; p++) {
		if (*p != '\n')
			p = memchr(p, '\n', (size_t)(last - p) - 5);
		if (p == NULL)
			break;
		if (p[1] == 'F' && is_blank(p) && memcmp(p + 1, "From ", 5) == 0) {
			f->scanned = (size_t)(p - cli_window_at(&f->w, 0));
			return true;
		}
	}
	f->scanned = 0;
	return false;
}

/* The next piece of a message whose end is looked for. A candidate without room for its
 * lookahead is moved to the front of the window first. */
static mw_str piece_of_mbox(cli_mailfile *f)
{
	cli_window *w = &f->w;

	for (;;) {
		const bool found = find_candidate(f);
		const size_t n = f->scanned, length = cli_window_length(w);

		if (found && n > 0 && !w->eof && length - n < 2 * CLI_ENVELOPE_MAX)
			return give(f, n, false);
		if (found && is_separator(w, n + 1)) {
			f->separator = true;
			return give(f, n + 1, true);
		}
		if (found)
			f->scanned = n + 1;
		else if (length > 5 && !w->eof)
			return give(f, length - 5, false);
		else if (!cli_window_fill(w))
			return give(f, length, length == 0);
	}
}

mw_str cli_mailfile_chunk(cli_mailfile *f)
{
	if (!f->inside)
		return (mw_str){"", 0};
	if (f->whole > 0)
		return give(f, f->whole, true);
	if (f->mbox)
		return piece_of_mbox(f);
	cli_window_have(&f->w, 1);
	return give(f, cli_window_length(&f->w), cli_window_length(&f->w) == 0);
}
