/* SPDX-License-Identifier: MIT
 *
 * The store: every message that was accepted, until each of its recipients has an end.
 *
 * What store_put() has reported done is on stable storage and survives kill -9 and a
 * power cut. One writer thread commits what is asked for in groups, one sync a group:
 * that is where the speed comes from. SQLite (WAL, synchronous=FULL) in a folder of our
 * own; PostgreSQL comes later behind the same calls (DESIGN.md, decision 6).
 *
 * Thread-safe: any thread may call; completions run on the writer thread and must not
 * block or call back into the store except by the asking calls (put, settle).
 *
 * Statuses of all calls: MW_E_LIMIT no space, or more than a limit below; MW_E_NOMEM;
 * MW_E_SYNTAX a request that makes no sense, or a damaged database; MW_E_ABSENT no such
 * message, or an I/O error.
 */
#ifndef MAILWHY_QUEUE_STORE_H
#define MAILWHY_QUEUE_STORE_H

#include <mailwhy/smtp.h>

/* Bodies up to this are rows of the database; longer ones are files of their own beside
 * it, synced before the row that names them is committed. */
#define STORE_INLINE_MAX (256U << 10)

#define STORE_RECIPIENTS_MAX 65535U      /* of a message */
#define STORE_TEXT_MAX       (64U << 10) /* bytes of one field of an envelope */

/* How a recipient is to be served; numbers are kept in the database: append only. */
typedef enum store_route {
	STORE_REMOTE = 0,  /* by SMTP, to where its domain points */
	STORE_MAILDIR = 1, /* `target`: the folder */
	STORE_LMTP = 2,    /* `target`: socket path or host:port */
	STORE_KEPT = 3     /* not delivered at all: the test server's mail */
} store_route;

/* Where a recipient stands; see docs/QUEUE.md. Numbers are kept. */
typedef enum store_state {
	STORE_QUEUED = 0, /* due at `next_try` */
	STORE_HELD = 1,   /* by hand or because the server was told to keep it */
	STORE_FAILED = 2  /* for good; waits for its bounce to be sent */
} store_state;            /* delivered ones are deleted */

typedef struct store_recipient {
	mw_str address;
	mw_str original; /* as given in RCPT, where an alias led to `address`; else empty
			  */
	mw_str orcpt;    /* ORCPT=; empty none */
	unsigned notify; /* MW_NOTIFY_ */
	store_route route;
	store_state state;
	/* MAILDIR, LMTP: see above. REMOTE: the domain, lower-case, by which what is due
	 * is found. */
	mw_str target;
	int64_t next_try; /* ms since 1970 */
	/* When it has to be looked at whatever happens: to warn the sender, or to give
	 * up. ms since 1970; 0: never. */
	int64_t alarm;
	bool warned; /* the sender knows of the delay */
	/* The final dot was sent and its answer never came: it may have arrived. */
	bool uncertain;
	int64_t intent; /* when the final dot was about to be sent; 0: it was not */
	/* what became of it; zero and empty in a new message */
	unsigned attempts;
	int reply;   /* of the last attempt; 0 none */
	mw_str text; /* last words of the server; empty none */
} store_recipient;

typedef struct store_message {
	uint64_t id;     /* of the store, unique for ever; the caller leaves it 0 */
	int64_t arrival; /* ms since 1970 */
	mw_mail mail;
	mw_str client;      /* "192.0.2.1" */
	mw_str helo, login; /* empty none */
	bool tls;
	bool urgent;   /* its sender is to know of a delay sooner */
	uint64_t size; /* bytes of the body */
	/* The body: `memory` (`size` bytes), or what is in `fd` from 0 to `size` when
	 * fd >= 0: best a file that store_spool_file() gave, for it is only linked; any
	 * other is copied. The caller closes it. */
	mw_str memory;
	int fd;
	const store_recipient *recipients;
	size_t recipient_count;
} store_message;

typedef struct store store;

/* What a letter about a delivery means for those whom it is about: they have ended, or
 * were warned and have another alarm. */
typedef struct store_told {
	uint64_t id;
	unsigned recipient;
	bool over;
	int64_t alarm; /* where it is not over */
} store_told;

/* A request to put one message. Owned by the caller, untouched until `done` was called;
 * `done` may free it or ask it again. */
typedef struct store_put {
	store_message message; /* message.id is set when it is done */
	/* Recipients of other messages whose report this is: done in the same commit, so
	 * that nobody is told twice or not at all. Those that are gone are passed over.
	 */
	const store_told *told;
	size_t told_count;
	/* MW_OK: durable. Else nothing of it was kept. */
	void (*done)(struct store_put *p, mw_status s);
	void *ctx;
	/* the store's */
	struct store_put *next;
	mw_status status;
} store_put;

/* One attempt, for the story of a message. Numbers of stage and category are kept. */
typedef struct store_attempt {
	int64_t at;     /* ms since 1970 */
	mw_str host;    /* that was asked; empty: none was reached */
	mw_str address; /* its address */
	mw_str source;  /* ours; empty: whichever the system took */
	mw_str tls;     /* "TLSv1.3 ..."; empty: none */
	mw_stage stage;
	int reply;   /* 0 none */
	mw_str text; /* status and words */
	mw_category category;
	int64_t next_try; /* 0: none */
	mw_str why;       /* of that time */
} store_attempt;

#define STORE_ATTEMPTS_MAX 200U /* that are kept of a recipient: the last ones */

/* A request to note that the final dot is about to be sent for some recipients of a
 * message. When it is done the note is on stable storage: after a crash they are
 * uncertain, and nobody sends them again without saying so. A settle takes the note
 * away. */
typedef struct store_intent {
	uint64_t id;
	const unsigned *recipients; /* indices */
	size_t count;
	int64_t at;
	void (*done)(struct store_intent *p, mw_status s);
	void *ctx;
	/* the store's */
	struct store_intent *next;
	mw_status status;
} store_intent;

#define STORE_MEMORY_NUMBERS 5U

/* What is remembered of a destination, by three words; the numbers are the caller's. */
typedef struct store_memory {
	mw_str destination, source, name;
	int64_t number[STORE_MEMORY_NUMBERS];
	void (*done)(struct store_memory *p, mw_status s);
	void *ctx;
	/* the store's */
	struct store_memory *next;
	mw_status status;
} store_memory;

/* A request to note what became of one recipient; as store_put.
 *
 * With a reply or a text it is the result of an attempt, which is counted; a result that
 * says "later" (state QUEUED) leaves a recipient that was held or failed by hand
 * meanwhile where it stands. With neither it is done by hand: the state is set, and what
 * the server said last is kept. docs/QUEUE.md has the table. */
typedef struct store_settle {
	uint64_t id;
	unsigned recipient; /* index in the message, from 0 */
	bool over;          /* delivered (or dropped by hand): delete it */
	store_state state;  /* else */
	int64_t next_try;
	int reply;
	mw_str text; /* cut at STORE_TEXT_MAX */
	bool uncertain;
	/* Its alarm rang and nobody is to be told: `alarm` is its next one. The state and
	 * all else but `warned` stay as they are; one that FAILED has no alarm. */
	bool rearm;
	int64_t alarm;
	const store_attempt *attempt; /* for its story; NULL none */
	/* MW_E_ABSENT: no such recipient (any more). */
	void (*done)(struct store_settle *p, mw_status s);
	void *ctx;
	/* the store's */
	struct store_settle *next;
	mw_status status;
} store_settle;

/* Opens a store to look at it while another process may have it: all calls but those
 * that look things up are forbidden. MW_E_ABSENT: there is none in that folder. */
MW_CHECKED mw_status store_open_to_look(store **out, const char *dir, mw_err *err);

/* Opens (makes) the store in folder `dir`. Only one process may have it: a second gets
 * MW_E_LIMIT; MW_E_VERSION: a newer mailwhy made it. err->msg says what failed; err->pos
 * is errno, or 0. */
MW_CHECKED mw_status store_open(store **out, const char *dir, mw_err *err);

/* Commits what was asked for, runs its completions (and what they ask), then closes.
 * *s becomes NULL. No other thread may be in a call. */
void store_close(store **s);

/* An id for a message that will be put: for those who must name it before. */
uint64_t store_new_id(store *s);

void store_ask_put(store *s, store_put *p);
void store_ask_settle(store *s, store_settle *p);
void store_ask_intent(store *s, store_intent *p);
void store_ask_memory(store *s, store_memory *p);

/* The same for callers that can wait, which completions can't: back when all is on stable
 * storage. `done` and `ctx` need not be set. What each came to is in its `status`; the
 * first that is neither MW_OK nor MW_E_ABSENT is returned, else MW_OK. */
MW_CHECKED mw_status store_put_wait(store *s, store_put *p);
MW_CHECKED mw_status store_settle_wait(store *s, store_settle *list, size_t count);

/* A nameless file in the store's folder for a body that outgrows memory; -1 with errno.
 * The caller closes it; what was not put is gone then. */
int store_spool_file(store *s);

/* One recipient of one message, as store_each() shows it; slices live until the call
 * returns. It may call the store, but should be quick: the log of the database grows
 * while it is at work. */
typedef bool store_visit(void *ctx, const store_message *m, unsigned recipient,
			 const store_recipient *r);

/* Shows recipients of that route (-1: any) and state (-1: any) whose next_try is not
 * after `due` (INT64_MAX: all), by next_try and then by age, until `visit` returns false
 * or `max` were shown. m->memory, m->fd and m->recipients are not filled. Costs what it
 * shows, however long the queue. */
MW_CHECKED mw_status store_each(store *s, int route, int state, int64_t due, size_t max,
				store_visit *visit, void *ctx);

/* Shows recipients of any route and state by age, those with a number greater than
 * `after` (0: all), until `visit` returns false or `max` were shown. The number of a
 * recipient is id * 65536 + index. */
MW_CHECKED mw_status store_list(store *s, uint64_t after, size_t max, store_visit *visit,
				void *ctx);

/* Shows REMOTE recipients with that target that are QUEUED, as store_each(). *next: when
 * the first of them that was not shown is due; INT64_MAX when there is none. */
MW_CHECKED mw_status store_each_of(store *s, mw_str target, int64_t due, size_t max,
				   store_visit *visit, void *ctx, int64_t *next);

/* Shows recipients whose alarm is not after `due`, earliest first, QUEUED and HELD ones.
 */
MW_CHECKED mw_status store_each_alarm(store *s, int64_t due, size_t max,
				      store_visit *visit, void *ctx);

/* Shows recipients with an intent. */
MW_CHECKED mw_status store_each_intent(store *s, store_visit *visit, void *ctx);

/* The targets of REMOTE recipients that are QUEUED, each with their number and the
 * earliest time of them. */
typedef bool store_visit_target(void *ctx, mw_str target, uint64_t count, int64_t first);
MW_CHECKED mw_status store_targets(store *s, store_visit_target *visit, void *ctx);

/* The attempts of one recipient, oldest first. */
typedef bool store_visit_attempt(void *ctx, const store_attempt *a);
MW_CHECKED mw_status store_story(store *s, uint64_t id, unsigned recipient,
				 store_visit_attempt *visit, void *ctx);

/* What is remembered of destinations, in order of destination, source and name: byte by
 * byte. */
typedef bool store_visit_memory(void *ctx, const store_memory *m);
MW_CHECKED mw_status store_memories(store *s, store_visit_memory *visit, void *ctx);

/* How many recipients arrived before that time (ms since 1970), as of the numbers of
 * messages, which follow one another in time. O(recipients older than that). */
MW_CHECKED mw_status store_older(store *s, int64_t time, uint64_t *count);

/* Shows the recipients of one message; MW_E_ABSENT when there is none. */
MW_CHECKED mw_status store_find(store *s, uint64_t id, store_visit *visit, void *ctx);

/* The body of a message: either *memory is malloc'ed (the caller frees ptr) and *fd is
 * -1, or *fd is a file to read and to close. MW_E_ABSENT: no such message. */
MW_CHECKED mw_status store_body(store *s, uint64_t id, mw_str *memory, int *fd,
				uint64_t *size);

/* Deletes a message whole; MW_E_ABSENT when there is none. Waits until it is durable. */
MW_CHECKED mw_status store_delete(store *s, uint64_t id);
/* Deletes all messages that have a recipient of that route and were put (done) before.
 * Waits. Many are deleted in several steps; others are put between them. */
MW_CHECKED mw_status store_clear(store *s, store_route route);

typedef struct store_counts {
	uint64_t messages, bytes;      /* of bodies */
	uint64_t queued, held, failed; /* recipients */
	uint64_t commits, committed;   /* since the start: groups, messages in them */
} store_counts;
void store_count(store *s, store_counts *out);

#endif
