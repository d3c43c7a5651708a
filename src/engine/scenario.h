/* SPDX-License-Identifier: MIT
 *
 * Scenarios: what the test server says, at which stage, to whom, how often (the file form
 * and the addresses of the built-in one: docs/man/mailwhy.scenario.5).
 *
 * Nothing here knows sockets or clocks: the session tells what it knows at a stage and is
 * told what to do. With the same seed and the same order of events the same is decided.
 * Thread-safe: any thread may ask; one lock guards counters and random numbers.
 */
#ifndef MAILWHY_ENGINE_SCENARIO_H
#define MAILWHY_ENGINE_SCENARIO_H

#include <mailwhy/smtp_server.h>

#include "compile/source.h"

#define SCENARIO_FILE_MAX  (1U << 20) /* bytes of a file */
#define SCENARIO_RECORDS   1000U      /* of a file: the work of one decision */
#define SCENARIO_KEYS      65536U     /* counters; of more, the oldest is forgotten */
#define SCENARIO_LINES_MAX 15U        /* of one reply: all fit MW_SMTP_REPLY_MAX */
#define SCENARIO_ROOM      8192U      /* bytes to lend for the text of a reply */

typedef struct scenario scenario;

/* What holds for every session. Slices live as long as the scenario. */
typedef struct scenario_settings {
	mw_str provider;                     /* id, for the judge; empty none */
	mw_str host;                         /* empty: the server's own name */
	bool has_extensions, has_mechanisms; /* stated at all? else the server's own */
	unsigned extensions;                 /* MW_SMTP_ */
	uint64_t size_max;   /* SIZE=: to be announced; 0 none. Whether to obey it too is
				the caller's choice: records may refuse in words of their
				own */
	unsigned mechanisms; /* MW_SASL_ */
} scenario_settings;

/* What is known at a stage; slices are empty where nothing is. Borrowed. */
typedef struct scenario_fact {
	mw_stage stage; /* connect, tls, ehlo, auth, mail, rcpt, data, content */
	mw_str host;    /* the server's own name, where the scenario states none */
	mw_str client;  /* "192.0.2.1" */
	mw_str helo, login, sender;
	const mw_str *recipients; /* at rcpt the one; at data and content those that were
				     taken, in order; in LMTP at content one by one */
	size_t recipient_count;
	mw_str subject; /* at content */
	uint64_t size;  /* at content of the message; before that of SIZE=, or 0 */
	unsigned session_messages; /* accepted in this session before */
	unsigned taken;            /* recipients of this message taken before */
	unsigned connections;      /* open ones of this client, with this one */
	uint64_t now;              /* ms of a clock that does not go back */
} scenario_fact;

typedef enum scenario_end {
	SCENARIO_GO_ON,
	SCENARIO_DROP, /* close at once, say nothing */
	SCENARIO_HALF  /* send `half` bytes of the reply, then close */
} scenario_end;

typedef struct scenario_act {
	bool decided;      /* false: nothing was asked for but perhaps to be slow */
	mw_str record;     /* the name of the record that decided; empty: none, or an
			      address did */
	mw_answer answer;  /* code 0: the server's own reply. The text is in `room` */
	unsigned delay_ms; /* to wait before all else */
	scenario_end end;
	unsigned half;      /* HALF: bytes; 0: half of the reply */
	bool close;         /* after the reply */
	unsigned read_rate; /* bytes a second, from now on; 0: as before */
} scenario_act;

/* Opens "builtin", a file, or, by a name without '/', one that was installed. What is
 * wrong in it is complained of, all of it (line 0: the file as a whole). MW_E_ABSENT: no
 * such file, or it can't be read; MW_E_SYNTAX; MW_E_NOMEM. *out is NULL then. */
MW_CHECKED mw_status scenario_open(scenario **out, const char *what, uint64_t seed,
				   complaints *c);

/* The same for text in memory; `file` is for complaints and must outlive *out. */
MW_CHECKED mw_status scenario_open_text(scenario **out, const char *file, mw_str text,
					uint64_t seed, complaints *c);

/* Frees it; *s becomes NULL. */
void scenario_close(scenario **s);

const scenario_settings *scenario_settings_of(const scenario *s);

/* Decides, and counts that it was asked. Writes the text of the answer into `room`; what
 * is more than `cap` bytes of it is cut. O(records * patterns * recipients). */
void scenario_decide(scenario *s, const scenario_fact *f, scenario_act *out, char *room,
		     size_t cap);

#endif
