/* SPDX-License-Identifier: MIT
 *
 * The knowledge in use: what is built in, and the user's own rules on top.
 */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/config.h"
#include "compile/compile.h"

#define RULES_GLOB "/etc/mailwhy/rules.d/*.rules"
#define FILES_MAX  64
#define FILE_MAX   (8U << 20)

int cli_slurp(mw_str *out, const char *path, size_t max)
{
	char safe[200];
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	size_t cap = 1 << 16, len = 0, n = 1;
	char *p = malloc(cap);

	*out = (mw_str){NULL, 0};
	while (f != NULL && p != NULL && n > 0 && len <= max) {
		n = fread(p + len, 1, cap - len, f);
		len += n;
		if (len == cap) {
			char *more = realloc(p, cap *= 2);

			if (more == NULL)
				free(p);
			p = more;
		}
	}
	const bool bad = f == NULL || ferror(f) != 0;
	const int error = errno;

	if (f != NULL && f != stdin)
		fclose(f);
	if (p != NULL && !bad && len <= max) {
		*out = (mw_str){p, len};
		return EXIT_DONE;
	}
	free(p);
	if (p == NULL)
		return cli_complain("out of memory"), EXIT_NO_MEMORY;
	if (bad)
		return cli_complain("%s: %s", cli_visible(safe, path), strerror(error)),
		       EXIT_NO_INPUT;
	return cli_complain("%s: larger than %zu bytes", cli_visible(safe, path), max),
	       EXIT_BAD_DATA;
}

static void say(void *ctx, const char *file, unsigned line, unsigned column,
		const char *msg)
{
	char memory[6 * 4096];
	mw_buf b;

	/* The whole path, so that an editor finds the place. */
	(void)ctx;
	mw_buf_init(&b, memory, sizeof memory);
	mw_buf_put_visible(&b, mw_str_head(mw_str_of(file), 1024));
	mw_buf_put_char(&b, ':');
	mw_buf_put_int(&b, line);
	mw_buf_put_char(&b, ':');
	mw_buf_put_int(&b, column);
	mw_buf_put(&b, MW_LIT(": "));
	mw_buf_put_visible(&b, mw_str_head(mw_str_of(msg), 1024));
	fprintf(stderr, "%.*s\n", MW_FMT(mw_buf_str(&b)));
}

typedef struct files {
	const char *path[FILES_MAX];
	kc_input input[FILES_MAX];
	size_t count;
} files;

static int read_files(files *f)
{
	for (size_t i = 0; i < f->count; i++) {
		f->input[i].file = f->path[i];
		const int rc = cli_slurp(&f->input[i].text, f->path[i], FILE_MAX);

		if (rc != EXIT_DONE)
			return rc;
	}
	return EXIT_DONE;
}

static int compile_files(cli_knowledge *k, files *f)
{
	size_t len;
	mw_err err = {MW_OK, 0, ""};
	int rc = read_files(f);

	if (rc == EXIT_DONE) {
		const mw_status s = kc_compile(f->input, f->count, KC_RULES, say, NULL,
					       &k->user_image, &len);

		if (s != MW_OK) {
			cli_complain("the rules are not usable: %s", mw_status_text(s));
			rc = s == MW_E_NOMEM ? EXIT_NO_MEMORY : EXIT_CONFIG;
		} else if (mw_knowledge_open(&k->user, k->user_image, len, &err) !=
			   MW_OK) {
			cli_complain("the rules are not usable: %s", err.msg);
			rc = EXIT_CONFIG;
		} else {
			mw_knowledge_add_rules(&k->kb, &k->user);
		}
	}
	for (size_t i = 0; i < f->count; i++)
		free((void *)(uintptr_t)f->input[i].text.ptr);
	return rc;
}

static void add_path(files *f, const char *path)
{
	char safe[200];

	if (f->count < FILES_MAX)
		f->path[f->count++] = path;
	else
		cli_complain("more than %d rule files: %s is left out", FILES_MAX,
			     cli_visible(safe, path));
}

int cli_knowledge_open(cli_knowledge *k, const cli_common *common)
{
	files f = {.count = 0};
	cli_config config;
	glob_t found = {0};
	int rc = cli_config_read(&config, common->config);

	*k = (cli_knowledge){0};
	mw_knowledge_open_builtin(&k->kb);
	if (rc == EXIT_DONE) {
		for (int i = 0; i < common->rule_files; i++)
			add_path(&f, common->rules[i]);
		for (int i = 0; i < config.rule_files; i++)
			add_path(&f, config.rules[i]);
		if (f.count == 0 && glob(RULES_GLOB, 0, NULL, &found) == 0)
			for (size_t i = 0; i < found.gl_pathc; i++)
				add_path(&f, found.gl_pathv[i]);
		if (f.count > 0)
			rc = compile_files(k, &f);
	}
	globfree(&found);
	cli_config_free(&config);
	return rc;
}

void cli_knowledge_close(cli_knowledge *k)
{
	free(k->user_image);
	k->user_image = NULL;
}
