/* SPDX-License-Identifier: MIT
 *
 * mw-knowledge - compiles knowledge/ to a C file with the image in it.
 *
 *	mw-knowledge OUT.c FILE...	writes OUT.c ("-": checks only)
 */
#include <stdio.h>
#include <stdlib.h>

#include "compile/compile.h"

static void say(void *ctx, const char *file, unsigned line, unsigned column, const char *msg)
{
	(void)ctx;
	fprintf(stderr, "%s:%u:%u: %s\n", file, line, column, msg);
}

static mw_str slurp(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t cap = 1 << 20, len = 0;
	char *p = malloc(cap);

	while (f != NULL && p != NULL) {
		const size_t n = fread(p + len, 1, cap - len, f);

		len += n;
		if (n == 0)
			break;
		if (len == cap)
			p = realloc(p, cap *= 2);
	}
	if (f == NULL || p == NULL || ferror(f)) {
		perror(path);
		exit(66);
	}
	fclose(f);
	return (mw_str){p, len};
}

/* Short octal escapes: "\0" and "\012" before a digit would swallow it. */
static void write_bytes(FILE *f, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i % 64 == 0)
			fputs(i == 0 ? "\t\"" : "\"\n\t\"", f);
		if (p[i] >= ' ' && p[i] < 0x7f && p[i] != '"' && p[i] != '\\' && p[i] != '?')
			fputc(p[i], f);
		else
			fprintf(f, "\\%03o", p[i]);
	}
	fputs("\"", f);
}

static int write_image(const char *path, const void *image, size_t len)
{
	FILE *f = fopen(path, "w");

	if (f == NULL) {
		perror(path);
		return 73;
	}
	fprintf(f, "/* Made by mw-knowledge from knowledge/: do not edit. */\n"
		   "#include \"judge/builtin.h\"\n\n"
		   "#if defined(__GNUC__)\n"
		   "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n"
		   "#endif\n"
		   "const unsigned long mwi_builtin_size = %zu;\n"
		   "_Alignas(8) const unsigned char mwi_builtin_image[%zu] =\n",
		len, len + 1);
	write_bytes(f, image, len);
	fputs(";\n", f);
	if (fclose(f) != 0) {
		perror(path);
		return 74;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fputs("usage: mw-knowledge OUT.c|- FILE...\n", stderr);
		return 64;
	}
	const size_t count = (size_t)argc - 2;
	kc_input *input = calloc(count, sizeof *input);
	void *image;
	size_t len;
	int rc = 0;

	if (input == NULL)
		return 71;
	for (size_t i = 0; i < count; i++)
		input[i] = (kc_input){argv[i + 2], slurp(argv[i + 2])};
	const mw_status s = kc_compile(input, count, KC_ALL, say, NULL, &image, &len);

	if (s != MW_OK) {
		fprintf(stderr, "mw-knowledge: %s\n", mw_status_text(s));
		rc = 65;
	} else if (strcmp(argv[1], "-") != 0) {
		rc = write_image(argv[1], image, len);
	}
	for (size_t i = 0; i < count; i++)
		free((void *)(uintptr_t)input[i].text.ptr);
	free(input);
	free(image);
	return rc;
}
