/* SPDX-License-Identifier: MIT
 *
 * mw-knowledge - compiles knowledge/ to a C file with the image in it.
 *
 *	mw-knowledge FOLDER			checks the .kb files and rules/ in FOLDER
 *	mw-knowledge FOLDER OUT.c OUT.d		writes OUT.c, and what it was made of to
 *OUT.d
 *
 * The files are found by name: a new one needs no registering. OUT.d names the folders
 * too, so that the build notices when a file comes or goes.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "compile/compile.h"

static void say(void *ctx, const char *file, unsigned line, unsigned column,
		const char *msg)
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
		if (p[i] >= ' ' && p[i] < 0x7f && p[i] != '"' && p[i] != '\\' &&
		    p[i] != '?')
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
	fprintf(f,
		"/* Made by mw-knowledge from knowledge/: do not edit. */\n"
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

/* All files of the folder, in the order of their names. */
static void find_files(const char *folder, glob_t *found)
{
	char pattern[4096];

	snprintf(pattern, sizeof pattern, "%s/*.kb", folder);
	const int kb = glob(pattern, 0, NULL, found);

	snprintf(pattern, sizeof pattern, "%s/rules/*.rules", folder);
	if (kb != 0 || glob(pattern, GLOB_APPEND, NULL, found) != 0) {
		fprintf(stderr, "%s: no .kb files or no rules there\n", folder);
		exit(66);
	}
}

static int write_depfile(const char *path, const char *target, const char *folder,
			 const glob_t *found)
{
	FILE *f = fopen(path, "w");

	if (f == NULL) {
		perror(path);
		return 73;
	}
	fprintf(f, "%s: %s %s/rules", target, folder, folder);
	for (size_t i = 0; i < found->gl_pathc; i++)
		fprintf(f, " %s", found->gl_pathv[i]);
	fputc('\n', f);
	return fclose(f) == 0 ? 0 : 74;
}

int main(int argc, char **argv)
{
	glob_t found = {0};
	void *image;
	size_t len;
	int rc = 0;

	if (argc != 2 && argc != 4) {
		fputs("usage: mw-knowledge FOLDER [OUT.c OUT.d]\n", stderr);
		return 64;
	}
	find_files(argv[1], &found);
	kc_input *input = calloc(found.gl_pathc, sizeof *input);

	if (input == NULL)
		return 71;
	for (size_t i = 0; i < found.gl_pathc; i++)
		input[i] = (kc_input){found.gl_pathv[i], slurp(found.gl_pathv[i])};
	const mw_status s =
		kc_compile(input, found.gl_pathc, KC_ALL, say, NULL, &image, &len);

	if (s != MW_OK) {
		fprintf(stderr, "mw-knowledge: %s\n", mw_status_text(s));
		rc = 65;
	} else if (argc == 4) {
		rc = write_image(argv[2], image, len);
		if (rc == 0)
			rc = write_depfile(argv[3], argv[2], argv[1], &found);
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		free((void *)(uintptr_t)input[i].text.ptr);
	free(input);
	free(image);
	globfree(&found);
	return rc;
}
