/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include "cli/cli.h"
static const cli_option options[] = {{NULL, NULL, NULL, NULL}};
const cli_command cli_bounce_command = {.name = "bounce", .usage = "x", .about = "x", .options = options};
int cli_bounce(int argc, char **argv)
{
	cli_common common;
	int count = cli_parse(&cli_bounce_command, &common, NULL, argc, argv);
	cli_knowledge k;
	cli_out out;
	int rc = cli_knowledge_open(&k, &common);
	static char buf[1<<20];
	mw_bounce_params p = {.memory = malloc(4<<20), .cap = 4<<20};
	mw_bounce *b;
	if (rc || cli_out_open(&out) || mw_bounce_open(&b, &p)) return 71;
	const mw_tell t = {.kb = &k.kb, .audience = -1};
	for (int i = 0; i < count; i++) {
		FILE *f = fopen(argv[i], "rb"); size_t n; mw_report r; mw_verdict v;
		if (!f) continue;
		mw_bounce_reset(b);
		while ((n = fread(buf, 1, sizeof buf, f)) > 0) mw_bounce_feed(b, (mw_str){buf, n});
		fclose(f);
		(void)mw_bounce_end(b);
		while (mw_bounce_next(b, &r)) {
			mw_judge(&k.kb, &r.outcome, &v);
			cli_out_flush_if_full(&out);
			if (mw_tell_report_json(&out.buf, &t, mw_str_of(argv[i]), &r, &v) != MW_OK) rc = 65;
		}
	}
	cli_out_close(&out, &rc);
	return rc;
}
