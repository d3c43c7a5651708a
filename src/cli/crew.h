/* SPDX-License-Identifier: MIT
 *
 * Many files on all cores, told in their order.
 */
#ifndef MAILWHY_CLI_CREW_H
#define MAILWHY_CLI_CREW_H

#include "cli/letters.h"
#include "cli/paths.h"

/* Reads all files of `paths` with `threads` threads (1 and more), writes to standard
 * output and counts into *tally. Returns an exit status. Memory does not grow with the
 * input: a thread that is ahead of its turn waits when its output is full. */
int cli_crew_run(cli_paths *paths, const cli_wish *wish, int threads,
		 unsigned long long total, cli_tally *tally);

#endif
