/* SPDX-License-Identifier: MIT */
#include "engine/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_ROOM 4400

static void path_of(char out[PATH_ROOM], mw_str folder, const char *part,
		    const char *name)
{
	snprintf(out, PATH_ROOM, "%.*s/%s%s%s", MW_FMT(folder), part,
		 name[0] != '\0' ? "/" : "", name);
}

static int sync_folder(const char *path)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = 0;

	if (fd < 0)
		return errno;
	if (fsync(fd) != 0)
		error = errno;
	close(fd);
	return error;
}

/* Makes the folder and those above it; what is new is synced into its parent. */
static int make_folders(char *path)
{
	for (char *p = path + 1;; p++) {
		const char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(path, 0700) == 0) {
			char parent[PATH_ROOM];
			char *slash;

			snprintf(parent, sizeof parent, "%s", path);
			slash = strrchr(parent, '/');
			if (slash != NULL && slash != parent)
				*slash = '\0';
			(void)sync_folder(slash != NULL ? parent : ".");
		} else if (errno != EEXIST) {
			const int error = errno;

			*p = c;
			return error;
		}
		*p = c;
		if (c == '\0')
			return 0;
	}
}

static int make_maildir(mw_str folder)
{
	static const char *const parts[] = {"tmp", "new", "cur"};
	char path[PATH_ROOM];
	int error = 0;

	path_of(path, folder, "cur", "");
	if (access(path, F_OK) == 0)
		return 0;
	for (size_t i = 0; i < 3 && error == 0; i++) {
		path_of(path, folder, parts[i], "");
		error = make_folders(path);
	}
	return error;
}

/* "1764097535.M123000Q17R0.mx.example.org", and ",S=1234" behind it in the end: the
 * seconds first, as readers of Maildirs sort by them. */
static void name_mail(maildir_mail *m, mw_str hostname)
{
	snprintf(m->name, sizeof m->name, "%lld.M%lldQ%lluR%u.%.*s",
		 (long long)(m->arrival / 1000), (long long)(m->arrival % 1000 * 1000),
		 (unsigned long long)m->id, m->recipient,
		 (int)(hostname.len > 64 ? 64 : hostname.len), hostname.ptr);
	for (char *p = m->name; *p != '\0'; p++)
		if (*p == '/' || *p == ':' || *p == ',')
			*p = '_';
}

/* An earlier try may have got so far; read meanwhile, it stands in cur/ with flags behind
 * its name. */
static bool stands_in(const maildir_mail *m, const char *part)
{
	char path[PATH_ROOM];
	const size_t n = strlen(m->name);
	bool found = false;
	struct dirent *e;
	DIR *d;

	path_of(path, m->folder, part, "");
	d = opendir(path);
	if (d == NULL)
		return false;
	while (!found && (e = readdir(d)) != NULL)
		found = strncmp(e->d_name, m->name, n) == 0 && e->d_name[n] == ',';
	closedir(d);
	return found;
}

static bool stands_there(const maildir_mail *m)
{
	return stands_in(m, "new") || stands_in(m, "cur");
}

static int write_all(int fd, mw_str s)
{
	while (s.len > 0) {
		const ssize_t n = write(fd, s.ptr, s.len);

		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0)
			s = mw_str_skip(s, (size_t)n);
	}
	return 0;
}

/* Files of a Maildir have LF: the CR of each CR LF is left out. *cr: the piece before
 * ended with one, which is still to come. */
static int write_lines(int fd, mw_str s, bool *cr)
{
	char out[32 * 1024];
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (n + 2 > sizeof out) {
			const int error = write_all(fd, (mw_str){out, n});

			if (error != 0)
				return error;
			n = 0;
		}
		if (*cr && s.ptr[i] != '\n')
			out[n++] = '\r';
		*cr = s.ptr[i] == '\r';
		if (!*cr)
			out[n++] = s.ptr[i];
	}
	return write_all(fd, (mw_str){out, n});
}

static int write_file(int to, int from, uint64_t size, bool *cr)
{
	char block[64 * 1024];
	uint64_t at = 0;

	while (at < size) {
		const ssize_t n = pread(from, block,
					size - at < sizeof block ? (size_t)(size - at)
								 : sizeof block,
					(off_t)at);
		int error;

		if (n <= 0)
			return n == 0 ? EIO : errno;
		error = write_lines(to, (mw_str){block, (size_t)n}, cr);
		if (error != 0)
			return error;
		at += (uint64_t)n;
	}
	return 0;
}

static int write_body(const maildir_mail *m, int fd)
{
	bool cr = false;
	int error = write_lines(fd, m->head, &cr);

	if (error == 0)
		error = m->fd >= 0 ? write_file(fd, m->fd, m->size, &cr)
				   : write_lines(fd, m->body, &cr);
	return error == 0 && cr ? write_all(fd, MW_LIT("\r")) : error;
}

/* *size: bytes of the file. */
static int write_mail(const maildir_mail *m, const char *path, off_t *size)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int error;

	if (fd < 0)
		return errno;
	error = write_body(m, fd);
	*size = lseek(fd, 0, SEEK_END);
	if (error == 0 && fdatasync(fd) != 0)
		error = errno;
	if (close(fd) != 0 && error == 0)
		error = errno;
	if (error != 0)
		unlink(path);
	return error;
}

static void deliver_one(maildir_mail *m, mw_str hostname)
{
	char tmp[PATH_ROOM], done[PATH_ROOM], name[sizeof m->name + 32];
	off_t size = 0;

	name_mail(m, hostname);
	m->error = make_maildir(m->folder);
	if (m->error != 0 || (m->again && stands_there(m)))
		return;
	path_of(tmp, m->folder, "tmp", m->name);
	m->error = write_mail(m, tmp, &size);
	if (m->error != 0)
		return;
	snprintf(name, sizeof name, "%s,S=%lld", m->name, (long long)size);
	path_of(done, m->folder, "new", name);
	if (rename(tmp, done) != 0) {
		m->error = errno;
		unlink(tmp);
	}
}

/* Was the same folder synced for an earlier mail? */
static bool synced_before(const maildir_mail *mails, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (mails[i].error == 0 && mw_str_eq(mails[i].folder, mails[n].folder))
			return true;
	return false;
}

void maildir_deliver(maildir_mail *mails, size_t count, mw_str hostname)
{
	char path[PATH_ROOM];

	for (size_t i = 0; i < count; i++)
		deliver_one(&mails[i], hostname);
	for (size_t i = 0; i < count; i++) {
		if (mails[i].error != 0 || synced_before(mails, i))
			continue;
		path_of(path, mails[i].folder, "new", "");
		mails[i].error = sync_folder(path);
	}
}
