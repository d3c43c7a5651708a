/* SPDX-License-Identifier: MIT */
#include "engine/quota.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define SLOTS 1024U

/* Two paths that meet in a slot push each other out; that costs time, not truth. */
typedef struct slot {
	uint64_t key, used;
	int64_t until;
} slot;

struct quotas {
	pthread_mutex_t lock;
	slot at[SLOTS];
};

quotas *quotas_open(void)
{
	quotas *q = calloc(1, sizeof *q);

	if (q != NULL)
		pthread_mutex_init(&q->lock, NULL);
	return q;
}

void quotas_close(quotas **q)
{
	if (*q != NULL)
		pthread_mutex_destroy(&(*q)->lock);
	free(*q);
	*q = NULL;
}

static uint64_t key_of(mw_str path)
{
	uint64_t h = 0xcbf29ce484222325U;

	for (size_t i = 0; i < path.len; i++)
		h = (h ^ (unsigned char)path.ptr[i]) * 0x100000001b3U;
	return h;
}

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

static uint64_t sum_of(mw_str path)
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

uint64_t quota_used(quotas *q, mw_str path, int64_t now)
{
	const uint64_t key = key_of(path);
	slot *s = &q->at[key % SLOTS];
	uint64_t used = 0;
	bool known;

	pthread_mutex_lock(&q->lock);
	known = s->key == key && now < s->until;
	if (known)
		used = s->used;
	pthread_mutex_unlock(&q->lock);
	if (known)
		return used;
	used = sum_of(path);
	pthread_mutex_lock(&q->lock);
	*s = (slot){key, used, now + QUOTA_TRUST_MS};
	pthread_mutex_unlock(&q->lock);
	return used;
}

void quota_announce(quotas *q, mw_str path, uint64_t bytes)
{
	const uint64_t key = key_of(path);
	slot *s = &q->at[key % SLOTS];

	pthread_mutex_lock(&q->lock);
	if (s->key == key)
		s->used += bytes;
	pthread_mutex_unlock(&q->lock);
}
