/* SPDX-License-Identifier: MIT
 *
 * The kinds of value that a setting may have, and how they are written.
 */
#ifndef MAILWHY_ENGINE_SETTINGS_VALUE_H
#define MAILWHY_ENGINE_SETTINGS_VALUE_H

#include <mailwhy/str.h>

#include "engine/pool.h"

typedef enum value_type {
	VALUE_TEXT,      /* const char * */
	VALUE_PATH,      /* const char *: begins with '/' */
	VALUE_LIST,      /* value_list: parted by commas or blanks, or set again */
	VALUE_PATHS,     /* value_list: one a line */
	VALUE_CHOICE,    /* unsigned: which word of `form` */
	VALUE_SET,       /* unsigned: bits, one a word of `form` */
	VALUE_COUNT,     /* uint64_t */
	VALUE_SIZE,      /* uint64_t: "64K", "50M", "1G" */
	VALUE_SPAN,      /* uint64_t: seconds; "30s", "5m", "2h", "4d" */
	VALUE_RATE,      /* value_rate: "100/1m" */
	VALUE_LISTENERS, /* value_endpoints: "192.0.2.1:25", "[2001:db8::1]:25", "*:25" */
	VALUE_PEER,      /* value_endpoint: the same or "name:25" */
	VALUE_TARGET,    /* value_endpoint: the same or a path */
	VALUE_NETWORKS   /* value_networks: "192.0.2.0/24", "2001:db8::/32" */
} value_type;

typedef struct value_list {
	const char **item;
	size_t count;
} value_list;

/* `count` in `seconds`; {0, 0}: no limit. */
typedef struct value_rate {
	uint64_t count, seconds;
} value_rate;

typedef struct value_endpoint {
	const char *text; /* as written; "" where nothing is set, and then all is 0 */
	const char *host; /* "192.0.2.1", "2001:db8::1", a name; "*": all addresses; NULL
			     where it is a path */
	const char *path; /* of a socket; NULL none */
	unsigned port;    /* 0: any that is free, for listeners */
} value_endpoint;

typedef struct value_endpoints {
	value_endpoint *item;
	size_t count;
} value_endpoints;

/* IPv4 as ::ffff:192.0.2.0 and 96 bits more. */
typedef struct value_network {
	unsigned char address[16];
	unsigned bits;
} value_network;

typedef struct value_networks {
	value_network *item;
	size_t count;
} value_networks;

/* More items than this no list has. */
#define VALUE_ITEMS_MAX 4096U

/* How one value is read: `form` for choices and sets ("no|yes"), the range for
 * numbers (and for lists `max` items). */
typedef struct value_rule {
	value_type type;
	const char *form;
	uint64_t min, max;
} value_rule;

/* Reads `text` into `field`, whose type is the rule's; a list gets longer. True, or
 * false with the reason in `why`, and then the field is as it was (lists may have got
 * some items). Memory comes from `memory`; *no_memory is set when that was the reason. */
bool value_read(void *field, const value_rule *rule, mw_str text, pool *memory, char *why,
		size_t why_size, bool *no_memory);

/* Sets an empty value: "" or none. */
void value_clear(void *field, const value_rule *rule);

/* True when setting it again adds to it. */
bool value_repeats(value_type type);

/* "64K" and the like; "30s" and the like. False where it is none. */
bool value_read_size(uint64_t *out, mw_str text);
bool value_read_span(uint64_t *out, mw_str text);

/* Is the address (IPv4 as ::ffff:a.b.c.d) in one of the networks? O(count). */
bool value_networks_have(const value_networks *n, const unsigned char address[16]);

/* True for addresses of this machine alone: 127.0.0.0/8, ::1. "*" is none. */
bool value_endpoint_loopback(const value_endpoint *e);

#endif
