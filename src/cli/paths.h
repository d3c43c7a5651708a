/* SPDX-License-Identifier: MIT
 *
 * Path arguments as a stream of files.
 */
#ifndef MAILWHY_CLI_PATHS_H
#define MAILWHY_CLI_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#define CLI_PATHS_DEPTH 64
#define CLI_PATH_MAX    4096

/* One folder that is being walked. */
typedef struct cli_folder {
	int kind;
	size_t path_len; /* of its path */
	char *text;      /* names, each behind a byte for its type */
	char **names;    /* sorted */
	size_t count, given;
} cli_folder;

typedef struct cli_paths {
	char *const *args;
	int count, given;
	int depth;                     /* folders in `folder` */
	unsigned long long unreadable; /* entries that were complained of */
	bool quiet;                    /* they are counted alone */
	cli_folder folder[CLI_PATHS_DEPTH];
	char path[CLI_PATH_MAX];
} cli_paths;

/* Takes path arguments, which outlive *p. */
void cli_paths_open(cli_paths *p, int count, char *const *args);

/* The next file; false when there is none left. *path is valid until the next call.
 *
 * "-" and what is no folder is given as it is. A Maildir gives the files of new/, of
 * cur/, and then its subfolders (.NAME/, Maildirs too). Any other folder gives its
 * regular files and its folders, down to CLI_PATHS_DEPTH, but no name that begins with a
 * dot, no folder behind a symbolic link and nothing that isn't a file. The order is that
 * of the arguments and, in a folder, of the bytes of the names.
 *
 * An entry that can't be looked at is complained of and counted in p->unreadable; the
 * rest goes on. Memory: the names in the folders on the way down to the present one. */
bool cli_paths_next(cli_paths *p, const char **path);

void cli_paths_close(cli_paths *p);

#endif
