/* SPDX-License-Identifier: MIT
 *
 * The least that a reader of lines can do: read() in blocks, memchr() for the ends. What
 * `mailwhy bounce` is compared with (tools/bench-bounce).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK ((size_t)1 << 18)

int main(int argc, char **argv)
{
	const int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	char *block = malloc(BLOCK);
	unsigned long long lines = 0;
	ssize_t n;

	if (fd < 0 || block == NULL) {
		fputs("usage: linewalk FILE\n", stderr);
		return 64;
	}
	while ((n = read(fd, block, BLOCK)) > 0)
		for (const char *p = block, *end = block + n;
		     p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
			lines++;
	printf("%llu lines\n", lines);
	free(block);
	close(fd);
	return n < 0;
}
