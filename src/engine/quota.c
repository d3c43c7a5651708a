/* SPDX-License-Identifier: MIT */
#include "engine/quota.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static uint64_t size_of(int folder, const char *name)
{
	const char *mark = strstr(name, ",S=");
	struct stat st;

	if (mark != NULL)
		return strtoull(mark + 3, NULL, 10);
	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? (uint64_t)st.st_size
								    : 0;
}

static uint64_t in_folder(const char *path)
{
	DIR *d = opendir(path);
	uint64_t sum = 0;
	struct dirent *e;

	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			sum += size_of(dirfd(d), e->d_name);
	closedir(d);
	return sum;
}

static uint64_t in_maildir(const char *path)
{
	char folder[4400];
	uint64_t sum;

	snprintf(folder, sizeof folder, "%s/new", path);
	sum = in_folder(folder);
	snprintf(folder, sizeof folder, "%s/cur", path);
	return sum + in_folder(folder);
}

uint64_t quota_used(mw_str path)
{
	char root[4100], folder[4360];
	uint64_t sum;
	struct dirent *e;
	DIR *d;

	snprintf(root, sizeof root, "%.*s", MW_FMT(path));
	sum = in_maildir(root);
	d = opendir(root);
	if (d == NULL)
		return sum;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] == '.' && strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0) {
			snprintf(folder, sizeof folder, "%s/%s", root, e->d_name);
			sum += in_maildir(folder);
		}
	closedir(d);
	return sum;
}
