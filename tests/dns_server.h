/* SPDX-License-Identifier: MIT
 *
 * A DNS server for tests: a thread that answers from a table, over UDP and TCP on a port
 * of 127.0.0.1, and that misbehaves where it is told to.
 */
#ifndef MAILWHY_TESTS_DNS_SERVER_H
#define MAILWHY_TESTS_DNS_SERVER_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define DNS_CNAME 5
#define DNS_TTL   600U
#define UDP_MAX   1232U

/* What becomes of questions about a name, beside its records. */
enum { WELL, SILENT, SERVFAIL, REFUSED, GARBAGE, TRUNCATED };

typedef struct dns_row {
	const char *name;
	int type;
	const char *data; /* address, host, "10 host"; hexadecimal after '#' */
	uint32_t ttl;     /* 0: DNS_TTL */
	int behaviour;    /* of the name, in a row without a type */
} dns_row;

typedef struct dns_server {
	const dns_row *rows; /* the last one has no name */
	int udp, tcp;
	char where[32]; /* "127.0.0.1@PORT" */
	atomic_bool stop;
	atomic_uint asked; /* questions that came */
	pthread_t thread;
} dns_server;

typedef struct dns_message {
	unsigned char *at, bytes[65535];
	unsigned answers;
} dns_message;

static void put(dns_message *m, unsigned value, unsigned bytes)
{
	while (bytes-- > 0)
		*m->at++ = (unsigned char)(value >> (8 * bytes));
}

static void put_name(dns_message *m, const char *name)
{
	while (*name != '\0') {
		const size_t len = strcspn(name, ".");

		*m->at++ = (unsigned char)len;
		memcpy(m->at, name, len);
		m->at += len;
		name += len + (name[len] == '.');
	}
	*m->at++ = 0;
}

static void put_data(dns_message *m, int type, const char *data)
{
	char *rest;
	unsigned byte;

	if (data[0] == '#') {
		for (data++; sscanf(data, "%2x", &byte) == 1; data += 2)
			put(m, byte, 1);
	} else if (type == DNS_A || type == DNS_AAAA) {
		inet_pton(type == DNS_A ? AF_INET : AF_INET6, data, m->at);
		m->at += type == DNS_A ? 4 : 16;
	} else if (type == DNS_MX) {
		put(m, (unsigned)strtoul(data, &rest, 10), 2);
		put_name(m, rest + 1);
	} else {
		put_name(m, data);
	}
}

static void put_record(dns_message *m, const char *name, int type, uint32_t ttl,
		       const char *data)
{
	unsigned char *length;

	put_name(m, name);
	put(m, (unsigned)type, 2);
	put(m, 1, 2);
	put(m, ttl, 4);
	length = m->at;
	m->at += 2;
	put_data(m, type, data);
	length[0] = (unsigned char)((m->at - length - 2) >> 8);
	length[1] = (unsigned char)(m->at - length - 2);
	m->answers++;
}

/* Signatures (type 46) come with what they sign: their data begins with that type. */
static bool wanted(const dns_row *row, int type)
{
	unsigned signs;

	return row->type == type ||
	       (row->type == 46 && sscanf(row->data, "#%4x", &signs) == 1 &&
		(int)signs == type);
}

/* True: the name is there. */
static bool put_answers(const dns_server *s, dns_message *m, const char *name, int type)
{
	const char *alias = NULL;
	bool there = false;

	for (const dns_row *row = s->rows; row->name != NULL; row++) {
		if (strcasecmp(row->name, name) != 0 || row->type == 0)
			continue;
		there = true;
		if (wanted(row, type) || row->type == DNS_CNAME)
			put_record(m, name, row->type, row->ttl ? row->ttl : DNS_TTL,
				   row->data);
		if (row->type == DNS_CNAME)
			alias = row->data;
	}
	/* As real servers do, up to a point; the resolver asks for the rest. */
	if (alias != NULL && m->answers < 4)
		return put_answers(s, m, alias, type);
	return there || m->answers > 0;
}

/* Lets tests ask for more than a table would hold: 60 MX hosts with 12 addresses each. */
static bool put_made(dns_message *m, const char *name, int type)
{
	char data[64];

	if (strcasecmp(name, "many.test") == 0 && type == DNS_MX)
		for (int i = 0; i < 60; i++) {
			snprintf(data, sizeof data, "%d h%02d.many.test", 100 - i, i);
			put_record(m, name, type, DNS_TTL, data);
		}
	else if (strlen(name) == 13 && strcasecmp(name + 3, ".many.test") == 0)
		for (int i = 0; i < 12; i++) {
			snprintf(data, sizeof data,
				 type == DNS_A ? "192.0.2.%d" : "2001:db8::%d", i + 1);
			put_record(m, name, type, DNS_TTL, data);
		}
	return m->answers > 0;
}

static int behaviour_of(const dns_server *s, const char *name)
{
	for (const dns_row *row = s->rows; row->name != NULL; row++)
		if (row->type == 0 && strcasecmp(row->name, name) == 0)
			return row->behaviour;
	return WELL;
}

/* The name and type of a question, and where its record of the question ends. */
static const unsigned char *read_question(const unsigned char *q, size_t len,
					  char name[256], int *type)
{
	const unsigned char *p = q + 12;
	size_t at = 0;

	name[0] = '\0';
	while (p < q + len && *p != 0 && p + *p < q + len && at + *p + 2 < 256) {
		memcpy(name + at, p + 1, *p);
		at += *p;
		name[at++] = '.';
		p += 1 + *p;
	}
	if (at > 0)
		name[at - 1] = '\0';
	if (p + 5 > q + len)
		return NULL;
	*type = p[1] << 8 | p[2];
	return p + 5;
}

/* 0: no answer. */
static size_t dns_reply(dns_server *s, const unsigned char *q, size_t len, bool tcp,
			dns_message *m)
{
	/* ns. admin. and five numbers, the last one the TTL of what is not there. */
	static const char soa[] = "#026e7300"
				  "0561646d696e00"
				  "00000001"
				  "00000e10"
				  "00000e10"
				  "00000e10"
				  "0000012c";
	char name[256];
	int type, behaviour, rcode = 0;
	const unsigned char *end = len > 12 ? read_question(q, len, name, &type) : NULL;
	bool cut = false;

	atomic_fetch_add(&s->asked, 1);
	if (end == NULL)
		return 0;
	behaviour = behaviour_of(s, name);
	if (behaviour == SILENT)
		return 0;
	memcpy(m->bytes, q, (size_t)(end - q));
	m->at = m->bytes + (end - q);
	m->answers = 0;
	if (behaviour == GARBAGE) {
		memset(m->at, 0xc3, 200);
		memcpy(m->bytes + 2, "\x81\x80\0\1\0\7\0\0\0\0", 10);
		return (size_t)(m->at - m->bytes) + 200;
	}
	if (behaviour == SERVFAIL || behaviour == REFUSED)
		rcode = behaviour == SERVFAIL ? 2 : 5;
	else if (!put_made(m, name, type) && !put_answers(s, m, name, type))
		rcode = 3;
	if (!tcp && (behaviour == TRUNCATED || m->at > m->bytes + UDP_MAX)) {
		m->at = m->bytes + (end - q);
		m->answers = 0;
		cut = true;
	}
	memcpy(m->bytes + 2, "\x81\x80\0\1\0\0\0\0\0\0", 10);
	m->bytes[2] = (unsigned char)(0x81 | (cut ? 2 : 0));
	m->bytes[3] = (unsigned char)(0x80 | rcode);
	m->bytes[6] = (unsigned char)(m->answers >> 8);
	m->bytes[7] = (unsigned char)m->answers;
	if (m->answers == 0 && (rcode == 0 || rcode == 3) && !cut) {
		put_record(m, strrchr(name, '.') ? strrchr(name, '.') + 1 : name, 6, 300,
			   soa);
		m->bytes[9] = 1;
	}
	return (size_t)(m->at - m->bytes);
}

static void answer_udp(dns_server *s, dns_message *m)
{
	unsigned char q[4096];
	struct sockaddr_storage from;
	socklen_t size = sizeof from;
	const ssize_t n =
		recvfrom(s->udp, q, sizeof q, 0, (struct sockaddr *)&from, &size);
	const size_t len = n > 0 ? dns_reply(s, q, (size_t)n, false, m) : 0;

	if (len > 0)
		(void)sendto(s->udp, m->bytes, len, 0, (struct sockaddr *)&from, size);
}

/* A question a connection; the resolver is on this machine and well-behaved. */
static void answer_tcp(dns_server *s, dns_message *m)
{
	const struct timeval patience = {1, 0};
	const int fd = accept(s->tcp, NULL, NULL);
	unsigned char q[4096], size[2];
	size_t len = 0;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (recv(fd, size, 2, MSG_WAITALL) == 2) {
		const size_t want = (size_t)size[0] << 8 | size[1];

		if (want <= sizeof q && recv(fd, q, want, MSG_WAITALL) == (ssize_t)want)
			len = dns_reply(s, q, want, true, m);
	}
	if (len > 0) {
		size[0] = (unsigned char)(len >> 8);
		size[1] = (unsigned char)len;
		(void)send(fd, size, 2, MSG_NOSIGNAL);
		(void)send(fd, m->bytes, len, MSG_NOSIGNAL);
	}
	close(fd);
}

static void *dns_server_run(void *ctx)
{
	dns_server *s = ctx;
	dns_message *m = malloc(sizeof *m);

	while (m != NULL && !atomic_load(&s->stop)) {
		struct pollfd p[2] = {{.fd = s->udp, .events = POLLIN},
				      {.fd = s->tcp, .events = POLLIN}};

		(void)poll(p, 2, 50);
		if (p[0].revents != 0)
			answer_udp(s, m);
		if (p[1].revents != 0)
			answer_tcp(s, m);
	}
	free(m);
	return NULL;
}

/* One port for both; the one that TCP got may be taken for UDP. */
static bool dns_server_bind(dns_server *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof a;

	s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(s->tcp, (struct sockaddr *)&a, size) == 0 && listen(s->tcp, 64) == 0 &&
	    getsockname(s->tcp, (struct sockaddr *)&a, &size) == 0 &&
	    bind(s->udp, (struct sockaddr *)&a, size) == 0) {
		snprintf(s->where, sizeof s->where, "127.0.0.1@%d", ntohs(a.sin_port));
		return true;
	}
	close(s->tcp);
	close(s->udp);
	return false;
}

static void dns_server_start(dns_server *s, const dns_row *rows)
{
	unsigned tries = 0;

	*s = (dns_server){.rows = rows};
	while (!dns_server_bind(s))
		if (++tries == 50) {
			perror("the DNS server of the test");
			exit(1);
		}
	pthread_create(&s->thread, NULL, dns_server_run, s);
}

static void dns_server_stop(dns_server *s)
{
	atomic_store(&s->stop, true);
	pthread_join(s->thread, NULL);
	close(s->udp);
	close(s->tcp);
}

#endif
