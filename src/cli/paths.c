/* SPDX-License-Identifier: MIT
 *
 * A walk with a stack of its own: each folder on it has been listed whole, sorted, and
 * closed again, so that no descriptor stays open and a folder that changes meanwhile (a
 * Maildir does) is still walked once.
 */
#include "cli/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

enum { PLAIN, FILES, MAILDIR }; /* FILES: new/ or cur/, nothing below is walked */

/* Names of one folder while it is read: they move, so offsets first, pointers later. */
typedef struct listing {
	char *text;
	size_t len, cap, count;
} listing;

static void complain(cli_paths *p, const char *path, int error)
{
	char safe[CLI_VISIBLE_PATH];

	if (!p->quiet)
		cli_complain("%s: %s", cli_visible_path(safe, path), strerror(error));
	p->unreadable++;
}

/* p->path becomes its first `len` bytes and "/name"; false when that is too long. */
static bool put_name(cli_paths *p, size_t len, const char *name)
{
	const size_t n = strlen(name);
	const bool slash = len > 0 && p->path[len - 1] != '/';

	if (len + slash + n >= sizeof p->path) {
		p->path[len] = 0;
		return false;
	}
	if (slash)
		p->path[len++] = '/';
	memcpy(p->path + len, name, n + 1);
	return true;
}

/* True when a folder `name` is in the folder whose path has `len` bytes. */
static bool has_folder(cli_paths *p, size_t len, const char *name)
{
	struct stat about;
	const bool found = put_name(p, len, name) && stat(p->path, &about) == 0 &&
			   S_ISDIR(about.st_mode);

	p->path[len] = 0;
	return found;
}

static bool is_wanted(int kind, const char *name)
{
	const bool dot = name[0] == '.';

	if (kind != MAILDIR)
		return !dot;
	if (!dot)
		return strcmp(name, "new") == 0 || strcmp(name, "cur") == 0;
	return name[1] != 0 && strcmp(name, "..") != 0;
}

static bool put_entry(listing *l, const struct dirent *e)
{
	const size_t n = strlen(e->d_name) + 1;

	if (l->cap - l->len < n + 1) {
		const size_t cap = l->cap * 2 + n + 1024;
		char *text = realloc(l->text, cap);

		if (text == NULL)
			return false;
		l->text = text;
		l->cap = cap;
	}
	l->text[l->len] = (char)e->d_type;
	memcpy(l->text + l->len + 1, e->d_name, n);
	l->len += n + 1;
	l->count++;
	return true;
}

/* Lists what is wanted of a folder; 0 or an error. What was read before it stays. */
static int list(listing *l, const char *path, int kind, bool follow)
{
	const int how = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
	const int fd = open(path, how);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;
	int error = errno;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return error;
	}
	while (errno = 0, (e = readdir(dir)) != NULL)
		if (is_wanted(kind, e->d_name) && !put_entry(l, e)) {
			errno = ENOMEM;
			break;
		}
	error = errno;
	closedir(dir);
	return error;
}

static int by_name(const void *a, const void *b)
{
	/* Names stand behind the byte for their type. */
	return strcmp(*(char *const *)a + 1, *(char *const *)b + 1);
}

/* Of a Maildir: new, cur, and then the subfolders, which begin with a dot. */
static int by_part(const void *a, const void *b)
{
	const char *one = *(char *const *)a + 1, *other = *(char *const *)b + 1;

	if (one[0] == '.' && other[0] == '.')
		return strcmp(one, other);
	return strcmp(other, one);
}

/* Makes a folder of a listing; false when memory is out. */
static bool sort(cli_folder *to, const listing *l)
{
	char *text = l->text;

	to->text = l->text;
	to->names = l->count > 0 ? malloc(l->count * sizeof *to->names) : NULL;
	if (to->names == NULL)
		return l->count == 0;
	for (size_t i = 0; i < l->count; i++, text += strlen(text + 1) + 2)
		to->names[i] = text;
	to->count = l->count;
	qsort(to->names, to->count, sizeof *to->names,
	      to->kind == MAILDIR ? by_part : by_name);
	return true;
}

static bool is_maildir(cli_paths *p)
{
	const size_t len = strlen(p->path);

	return has_folder(p, len, "cur") && has_folder(p, len, "new");
}

/* Goes into the folder at p->path. `follow`: it may be a link to one. */
static void descend(cli_paths *p, int kind, bool follow)
{
	listing l = {0};
	int error;

	if (p->depth == CLI_PATHS_DEPTH) {
		complain(p, p->path, ELOOP);
		return;
	}
	cli_folder *to = &p->folder[p->depth++];

	if (kind == PLAIN && is_maildir(p))
		kind = MAILDIR;
	*to = (cli_folder){.kind = kind, .path_len = strlen(p->path)};
	error = list(&l, p->path, kind, follow);
	if (error != 0)
		complain(p, p->path, error);
	if (!sort(to, &l))
		complain(p, p->path, ENOMEM);
}

static void ascend(cli_paths *p)
{
	cli_folder *f = &p->folder[--p->depth];

	free(f->text);
	free(f->names);
}

/* Whether p->path is a folder or a file. Links are followed to files only. */
static int type_of(cli_paths *p, unsigned char known)
{
	struct stat about;

	if (known != DT_UNKNOWN && known != DT_LNK)
		return known;
	if (lstat(p->path, &about) == 0 && S_ISDIR(about.st_mode))
		return DT_DIR;
	if (stat(p->path, &about) != 0) {
		complain(p, p->path, errno);
		return DT_UNKNOWN;
	}
	return S_ISREG(about.st_mode) ? DT_REG : DT_UNKNOWN;
}

/* Goes into what is in a Maildir. Its parts may be links, as nothing is below them. */
static void enter_part(cli_paths *p, const char *name, int type)
{
	if (name[0] != '.')
		descend(p, FILES, true);
	else if (type == DT_DIR && is_maildir(p))
		descend(p, PLAIN, false);
}

/* The next entry of a folder; true when it is a file. */
static bool step_entry(cli_paths *p, cli_folder *f)
{
	const char *name = f->names[f->given++];
	int type;

	if (!put_name(p, f->path_len, name + 1)) {
		complain(p, p->path, ENAMETOOLONG);
		return false;
	}
	type = type_of(p, (unsigned char)name[0]);
	if (f->kind == MAILDIR)
		enter_part(p, name + 1, type);
	else if (type == DT_DIR && f->kind == PLAIN)
		descend(p, PLAIN, false);
	return type == DT_REG && f->kind != MAILDIR;
}

/* The next argument; true when it is a file. */
static bool step_argument(cli_paths *p)
{
	const char *arg = p->args[p->given++];
	struct stat about;

	if (strcmp(arg, "-") == 0)
		return put_name(p, 0, arg);
	if (stat(arg, &about) != 0 || !put_name(p, 0, arg)) {
		complain(p, arg, errno);
		return false;
	}
	if (!S_ISDIR(about.st_mode))
		return true;
	descend(p, PLAIN, true);
	return false;
}

void cli_paths_open(cli_paths *p, int count, char *const *args)
{
	p->args = args;
	p->count = count;
	p->given = p->depth = 0;
	p->unreadable = 0;
}

bool cli_paths_next(cli_paths *p, const char **path)
{
	*path = p->path;
	while (p->depth > 0 || p->given < p->count) {
		cli_folder *f = p->depth > 0 ? &p->folder[p->depth - 1] : NULL;

		if (f != NULL && f->given == f->count)
			ascend(p);
		else if (f != NULL ? step_entry(p, f) : step_argument(p))
			return true;
	}
	return false;
}

void cli_paths_close(cli_paths *p)
{
	while (p->depth > 0)
		ascend(p);
}
