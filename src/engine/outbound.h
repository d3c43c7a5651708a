/* SPDX-License-Identifier: MIT
 *
 * What the files of the sender share.
 *
 *	domain ── jobs (mails due) ──┐
 *	domain ── jobs ──────────────┴─> destination ── path (a source address) ──
 *throttle the MX group        └── outgoing (a connection)
 *
 * A job is one mail for one domain. Jobs come from transactions that were just stored,
 * or are loaded from the store when their domain has little left in memory. All structs
 * belong to the thread of the sender's loop; what other threads have done is posted.
 */
#ifndef MAILWHY_ENGINE_OUTBOUND_H
#define MAILWHY_ENGINE_OUTBOUND_H

#include <event2/event.h>
#include <mailwhy/smtp_client.h>

#include "engine/route.h"
#include "engine/sender.h"
#include "engine/table.h"
#include "net/conn.h"
#include "net/mx.h"
#include "queue/schedule.h"
#include "queue/throttle.h"

#define RESULT_TEXT_MAX 2048U /* bytes of a server's words that are kept */
#define SOURCES_MAX     64U

typedef struct job job;
typedef struct domain domain;
typedef struct destination destination;
typedef struct path path;
typedef struct outgoing outgoing;

/* --- jobs (job.c) */

/* One recipient of a job. */
typedef struct addressee {
	unsigned index; /* in the message */
	store_recipient r;
	bool over; /* settled, or being settled */
} addressee;

struct job {
	table_link link; /* in the sender's jobs */
	job *next;       /* in its domain's list */
	domain *of;
	sender *s;
	store_message message; /* without recipients and body */
	addressee *to;
	size_t count, open; /* recipients; those that are not over */
	mw_str body;
	int fd; /* or -1 */
	bool owns_body;
	transaction *t; /* whose memory it is; NULL: its own */
	pool memory;
	size_t bytes; /* counted in the sender's budget */
	unsigned requeued;
	atomic_uint
		settling; /* answers that the store owes, and one while they are asked */
	atomic_bool unsettled; /* one of them failed */
	bool in_table, at_work;
	struct settling *settles, **settles_end;
	task settled;
};

/* A job of `count` recipients that may borrow from `t` (held) or is filled from the
 * store (NULL). NULL: no memory. */
job *job_new(sender *s, transaction *t, size_t count);
void job_free(job *j);
/* Room for one recipient more than it has, in a job that began with one. */
bool job_has_room(job *j);

/* What is to be noted of one recipient. */
typedef struct settling {
	struct settling *next;
	store_settle ask;
	store_attempt attempt;
	bool is_over;
} settling;

/* Notes it, and asks the store when job_settle_end() is called; texts are the job's. */
void job_settle(job *j, addressee *a, const store_settle *what,
		const store_attempt *attempt);
void job_settle_end(job *j);

/* A body with bytes beyond ASCII? A long one in a file is believed to be what its sender
 * said. */
bool job_is_8bit(const job *j);

/* --- domains (domain.c) */

struct domain {
	table_link link; /* in the sender's domains */
	char *name;
	sender *s;
	destination *to;       /* NULL: not known yet */
	int64_t known_until;   /* ms of loop_clock() */
	int64_t hold_until;    /* wall clock; the DNS had trouble */
	unsigned dns_failures; /* in a row */
	job *first, **last;    /* ready */
	unsigned ready, at_work;
	unsigned wider;   /* rows more that the next load looks at */
	int64_t next_due; /* what is in the store only; INT64_MAX none */
	size_t heap;      /* place in the heap, from 1; 0 it is not there */
	bool loading, resolving, listed;
	domain *next_listed;
	job *ended; /* while loading: what the load may show although it has ended */
	mx_lookup lookup;
};

/* The domain of that name, made when it is not there. NULL: no memory. */
domain *domain_of(sender *s, mw_str name);
void domain_put(domain *d, job *j, bool first);
job *domain_take(domain *d);

/* Something is due in the store at that time. */
void domain_due(domain *d, int64_t at);

/* Does what is to be done next for it: load, resolve, or have its destination work. */
void domain_work(domain *d);

/* Loads more when there is little left in memory. */
void domain_refill(domain *d);

/* Frees it when nothing is left to know. */
void domain_release(domain *d);

/* Drops the jobs that are ready: they are in the store, and due there at that time. */
void domain_unload(domain *d, int64_t until);

/* Drops a job that is ready; one that is at work stays. */
void domain_forget(domain *d, uint64_t id);

/* Those whose time has come get to work. */
void domains_tick(sender *s);
void domains_close(sender *s);

/* --- destinations (destination.c) */

/* Hosts in the order to be tried, shared by those who go through them. */
typedef struct targets {
	unsigned holders;
	const mx_result *result;
} targets;

targets *targets_hold(targets *t);
void targets_drop(targets *t);

struct path {
	destination *to;
	throttle t;
	bool has_source;
	net_address source;
	char source_text[INET6_ADDRSTRLEN];
	unsigned open, opening, offered; /* connections; mails being answered */
	bool changed;                    /* what is to be remembered */
	int64_t saved;
};

struct destination {
	table_link link; /* in the sender's destinations */
	sender *s;
	char *key, *name; /* what it is found by; what people call it */
	mw_str provider;  /* id; empty unknown */
	route way;        /* strings are its own */
	pool memory;
	targets *hosts;
	path *paths;
	size_t path_count, turn;
	domain *first_listed, *last_listed; /* that have jobs ready */
	unsigned ready;                     /* jobs of them */
	outgoing *idle;                     /* connections that wait for a mail */
	unsigned idle_count;
	struct event *timer;
	uint64_t rcpt_max; /* that it was found to take; 0 unknown */
	bool plain;        /* TLS is offered and does not work */
	uint64_t delivered, deferred, failed, refused;
	char last[RESULT_TEXT_MAX]; /* what it said when it last refused to serve */
	unsigned domains;
	int64_t used; /* ms of loop_clock() */
};

/* The destination of a domain: of its route, or of its MX group; takes
 * over `result`. NULL: no memory. */
destination *destination_of(sender *s, const route *way, const mx_result *result);

/* Gives idle connections mails and opens more, as far as the throttle allows; else sees
 * to it that it is asked again. */
void destination_pump(destination *d);

/* Pumps soon: for who is called by a connection, whose buffers those of others share. */
void destination_wake(destination *d);

/* The next mail for a connection of that path, or NULL: none is ready, or none may be
 * sent now. */
job *destination_next(destination *d, path *p);

/* No path of it may be tried before that time (wall clock); 0: some may. */
int64_t destination_down_until(const destination *d, int64_t now);

void destination_list(destination *d, domain *of);
void destinations_tick(sender *s);
void destinations_close(sender *s);
/* What was remembered of all of them (memory.c). */
void destination_recall(destination *d);
void destination_remember(destination *d, path *p);
mw_status memories_load(sender *s);
void memories_close(sender *s);

/* --- connections (outgoing.c, outgoing_mail.c) */

/* What was said to one recipient. */
typedef struct remote_reply {
	int code; /* 0: nothing yet */
	mw_enhanced status;
	mw_stage stage;
	bool own, uncertain;
	char text[RESULT_TEXT_MAX]; /* without code and status, one line */
} remote_reply;

typedef enum outgoing_state {
	OUTGOING_DIALLING,
	OUTGOING_GREETING, /* until it may be given mails: EHLO, TLS, AUTH */
	OUTGOING_IDLE,
	OUTGOING_BUSY,
	OUTGOING_QUITTING,
	OUTGOING_ENDED
} outgoing_state;

struct outgoing {
	sender *s;
	path *p;
	conn *c; /* NULL: gone */
	outgoing *next_idle, *next;
	outgoing **link;
	targets *hosts;
	size_t host; /* at work, of hosts->result->targets */
	outgoing_state state;
	mw_smtp_client smtp;
	mw_smtp_offers offers;
	bool in_input, tls, tried_auth, shaking, counted;
	struct login_client *login;
	unsigned carried;
	int64_t idle_since;        /* ms of loop_clock() */
	int64_t idle_ms;           /* that it had waited when it got the mail at work */
	int64_t began, offered_at; /* wall clock */
	char remote[INET6_ADDRSTRLEN], cipher[96];
	remote_reply last; /* why it can't be used */
	/* the mail at work */
	job *j;
	mw_smtp_recipient *rcpts;
	addressee **of; /* of each of them */
	remote_reply *results;
	size_t count, cap;
	mw_str body; /* what is not given yet, of one in memory */
	uint64_t at; /* of one in a file */
	char *piece;
	size_t piece_len, piece_at;
	bool giving, given, ended;
	bool unreadable; /* the rest of it: its end must not go out */
	/* the intent */
	store_intent intent;
	unsigned *intent_indices;
	bool intending, intended;
	mw_status intent_status;
	task intent_done;
};

/* Opens one for that path. The destination hears of it whatever comes. */
void outgoing_open(destination *d, path *p);

/* Gives an idle one a mail. */
void outgoing_give(outgoing *o, job *j);

/* Says good-bye, after the mail at work. */
void outgoing_stop(outgoing *o);

/* Begins with a mail; false: no memory, and then nothing has changed (outgoing_mail.c).
 */
bool outgoing_begin(outgoing *o, job *j);
bool outgoing_fill(outgoing *o, mw_buf *out); /* of the body; true: all is given */
void outgoing_mail_free(outgoing *o);
/* A reply as a result. */
void result_of_reply(remote_reply *r, mw_reply reply, mw_stage stage);
/* The same of our own words: "451 4.4.1 ...". */
void result_of_text(remote_reply *r, const char *text, mw_stage stage);

/* --- what follows from a result (act.c) */

/* The mail at work is over: notes what became of each recipient, tells the throttle.
 * `failed`: the session ended by it, and `last` is for those without a result. True: the
 * connection may be used on. */
bool act_on_mail(outgoing *o, bool failed);

/* No connection of the destination came about, `o->last` says why. */
void act_on_refusal(outgoing *o);

/* The DNS has no place for the mail, or the mail never left: the same result for a job
 * that no connection has. */
void act_on_job(job *j, const remote_reply *r);

/* --- the sender */

typedef struct handover {
	task t;
	sender *s;
	job *first;
} handover;

struct sender {
	engine *e;
	loop l;
	policy *policy;
	resolver *dns;
	mx *mx;
	workers *workers; /* for looking into the store */
	SSL_CTX *tls_any, *tls_verified;
	mw_smtp_client_params params;
	net_address own[64];
	const char *own_name[1];
	net_address sources[SOURCES_MAX];
	size_t source_count;
	table domains, destinations, jobs;
	domain **heap;
	size_t heap_count, heap_cap;
	job *resettle; /* that the store could not note */
	outgoing *all;
	unsigned connections;
	_Atomic size_t bytes; /* of bodies in memory */
	struct memories *memories;
	uint64_t random;
	unsigned looking; /* tasks of workers that will come back */
	bool stopping, watching;
	bool took_up; /* what the store had */
};

/* In memory: jobs of one domain that wait, and bodies of all jobs. */
#define READY_MAX        1000U
#define SENDER_BYTES_MAX (64U << 20)

/* Wall clock, ms since 1970. */
int64_t sender_now(void);
uint64_t sender_random(sender *s);

/* Is that mail for that domain in memory? */
job *job_find(const sender *s, uint64_t id, const domain *of);
bool job_enter(job *j);
void job_leave(job *j);

/* Marks what the last run may have sent, before anything is sent (intents.c). */
mw_status intents_mark(sender *s);

/* Alarms: what is due to be told or given up (watch.c). */
void watch_tick(sender *s);

#endif
