/* SPDX-License-Identifier: MIT
 *
 * The name of a charset is hostile text, and iconv() opens a module for whatever it is
 * asked for, old and rarely used ones too. So only the charsets that mail is written in
 * get through, under names of our own; what senders say and what they mean differ.
 */
#include "cli/charset.h"

#include <errno.h>

#define FAILED ((size_t)-1)
#define NONE   ((iconv_t)-1)
#define SLOTS  (sizeof((cli_charset){0}).slot / sizeof *((cli_charset){0}).slot)

/* What is meant; where there are several, the first that the text is good for. Supersets
 * stand for what they include: senders write their extensions under the old name. */
static const struct alias {
	const char *name, *means[3];
} aliases[] = {
	{"ARABIC", {"ISO-8859-6"}},
	{"ASCII", {"CP1252"}},
	{"BIG5", {"BIG5", "BIG5-HKSCS"}},
	{"BIG5-HKSCS", {"BIG5-HKSCS"}},
	{"CHINESE", {"GB18030"}},
	{"CN-BIG5", {"BIG5"}},
	{"CN-GB", {"GB18030"}},
	{"CP10000", {"MACINTOSH"}},
	{"CP10007", {"MAC-CYRILLIC"}},
	{"CP1361", {"JOHAB"}},
	{"CP20866", {"KOI8-R"}},
	{"CP21866", {"KOI8-U"}},
	{"CP31J", {"CP932", "EUC-JP-MS"}}, /* Windows-31J */
	{"CP50220", {"ISO-2022-JP-3", "ISO-2022-JP-2"}},
	{"CP50221", {"ISO-2022-JP-3", "ISO-2022-JP-2"}},
	{"CP51932", {"EUC-JP-MS", "CP932"}},
	{"CP51949", {"CP949"}},
	{"CP54936", {"GB18030"}},
	{"CP65000", {"UTF-7"}},
	{"CP65001", {"UTF-8"}},
	{"CP936", {"GB18030"}},
	{"CP949", {"CP949"}},
	{"CP950", {"BIG5", "BIG5-HKSCS"}},
	{"CYRILLIC", {"ISO-8859-5"}},
	{"EUC-CN", {"GB18030"}},
	{"EUC-JP", {"EUC-JP-MS", "EUC-JP", "CP932"}},
	{"EUC-KR", {"CP949"}},
	{"EUC-TW", {"EUC-TW"}},
	{"EUCJP", {"EUC-JP-MS", "EUC-JP", "CP932"}},
	{"EUCKR", {"CP949"}},
	{"GB18030", {"GB18030"}},
	{"GB2312", {"GB18030"}},
	{"GBK", {"GB18030"}},
	{"GB_2312-80", {"GB18030"}},
	{"GREEK", {"ISO-8859-7"}},
	{"HEBREW", {"ISO-8859-8"}},
	{"ISO-2022-CN", {"ISO-2022-CN"}},
	{"ISO-2022-JP", {"ISO-2022-JP-3", "ISO-2022-JP-2"}},
	{"ISO-2022-JP-1", {"ISO-2022-JP-2"}},
	{"ISO-2022-JP-2", {"ISO-2022-JP-2"}},
	{"ISO-2022-JP-3", {"ISO-2022-JP-3"}},
	{"ISO-2022-JP-MS", {"ISO-2022-JP-3", "ISO-2022-JP-2"}},
	{"ISO-2022-KR", {"ISO-2022-KR"}},
	{"ISO-8859-11", {"CP874"}},
	{"ISO-8859-6-E", {"ISO-8859-6"}},
	{"ISO-8859-6-I", {"ISO-8859-6"}},
	{"ISO-8859-8-E", {"ISO-8859-8"}},
	{"ISO-8859-8-I", {"ISO-8859-8"}},
	{"ISO-8859-9", {"CP1254"}},
	{"JOHAB", {"JOHAB"}},
	{"KOI", {"KOI8-R"}},
	{"KOI8", {"KOI8-R"}},
	{"KOREAN", {"CP949"}},
	{"KSC5601", {"CP949"}},
	{"KSC_5601", {"CP949"}},
	{"KS_C_5601", {"CP949"}},
	{"KS_C_5601-1987", {"CP949"}},
	{"KS_C_5601-1989", {"CP949"}},
	{"LATIN1", {"CP1252"}},
	{"LATIN2", {"ISO-8859-2"}},
	{"LATIN5", {"CP1254"}},
	{"LATIN9", {"ISO-8859-15"}},
	{"MAC", {"MACINTOSH"}},
	{"MAC-CE", {"MAC-CENTRALEUROPE"}},
	{"MAC-CENTRALEUROPE", {"MAC-CENTRALEUROPE"}},
	{"MAC-CYRILLIC", {"MAC-CYRILLIC"}},
	{"MAC-ROMAN", {"MACINTOSH"}},
	{"MACINTOSH", {"MACINTOSH"}},
	{"MS_KANJI", {"CP932"}},
	{"PT154", {"PT154"}},
	{"RK1048", {"RK1048"}},
	{"SHIFT-JIS", {"CP932", "EUC-JP-MS"}},
	{"SHIFTJIS", {"CP932", "EUC-JP-MS"}},
	{"SHIFT_JIS", {"CP932", "EUC-JP-MS"}},
	{"SJIS", {"CP932", "EUC-JP-MS"}},
	{"TCVN", {"TCVN"}},
	{"TIS-620", {"CP874"}},
	{"TIS620", {"CP874"}},
	{"UHC", {"CP949"}},
	{"UNICODE", {"UTF-16"}},
	{"UNICODE-1-1-UTF-7", {"UTF-7"}},
	{"UNICODE-1-1-UTF-8", {"UTF-8"}},
	{"UNICODE-2-0-UTF-7", {"UTF-7"}},
	{"US-ASCII", {"CP1252"}},
	{"UTF", {"UTF-8"}},
	{"UTF-7", {"UTF-7"}},
	{"UTF16", {"UTF-16"}},
	{"UTF7", {"UTF-7"}},
	{"UTF8", {"UTF-8"}},
	{"UTF_8", {"UTF-8"}},
	{"VISCII", {"VISCII"}},
};

/* Japanese of eight bits that calls itself ISO-2022-JP, which has seven. */
static const char *const unshifted[3] = {"EUC-JP-MS", "CP932", NULL};

/* More names that iconv() may see as they are. */
static const char *const known[] = {
	"CP1125",      "CP1133",      "CP1250",      "CP1251",      "CP1252",
	"CP1253",      "CP1254",      "CP1255",      "CP1256",      "CP1257",
	"CP1258",      "CP437",       "CP737",       "CP775",       "CP850",
	"CP852",       "CP855",       "CP857",       "CP858",       "CP860",
	"CP861",       "CP862",       "CP863",       "CP864",       "CP865",
	"CP866",       "CP869",       "CP874",       "CP932",       "ARMSCII-8",
	"GEORGIAN-PS", "ISO-8859-1",  "ISO-8859-2",  "ISO-8859-3",  "ISO-8859-4",
	"ISO-8859-5",  "ISO-8859-6",  "ISO-8859-7",  "ISO-8859-8",  "ISO-8859-10",
	"ISO-8859-13", "ISO-8859-14", "ISO-8859-15", "ISO-8859-16", "KOI8-R",
	"KOI8-RU",     "KOI8-T",      "KOI8-U",      "UTF-16",      "UTF-16BE",
	"UTF-16LE",    "UTF-32",      "UTF-32BE",    "UTF-32LE",    "UTF-7",
	"UTF-8",
};

/* Prefixes of names that end in a number, and what we write for them. */
static const struct prefix {
	const char *is, *means;
} prefixes[] = {
	{"CP", "CP"},
	{"CP-", "CP"},
	{"IBM", "CP"},
	{"IBM-", "CP"},
	{"MS", "CP"},
	{"MS-", "CP"},
	{"WIN", "CP"},
	{"WIN-", "CP"},
	{"WINDOWS", "CP"},
	{"WINDOWS-", "CP"},
	{"ISO8859-", "ISO-8859-"},
	{"ISO_8859-", "ISO-8859-"},
	{"ISO8859", "ISO-8859-"},
	{"ISO-8859-", "ISO-8859-"},
};

typedef char charset_name[CLI_CHARSET_NAME + 16];

/* Upper case, without "x-" and blanks; false when it is no name. */
static bool clean(charset_name out, mw_str in)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-";

	in = mw_str_trim(in);
	if (in.len > 2 && (in.ptr[0] | 0x20) == 'x' && in.ptr[1] == '-')
		in = mw_str_skip(in, 2);
	if (in.len == 0 || in.len > CLI_CHARSET_NAME)
		return false;
	for (size_t i = 0; i < in.len; i++) {
		const char c = in.ptr[i];

		out[i] = c >= 'a' && c <= 'z' ? (char)(c - 0x20) : c;
		if (memchr(allowed, out[i], sizeof allowed - 1) == NULL)
			return false;
	}
	out[in.len] = 0;
	return true;
}

/* "WIN-1251" becomes "CP1251", "ISO_8859-8:1988" "ISO-8859-8". */
static void regularize(charset_name name)
{
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		const struct prefix *p = &prefixes[i];
		const size_t n = strlen(p->is), m = strlen(p->means);

		if (strncmp(name, p->is, n) != 0 || name[n] < '0' || name[n] > '9')
			continue;
		memmove(name + m, name + n, strlen(name + n) + 1);
		memcpy(name, p->means, m);
		name[strcspn(name, ":")] = 0;
		return;
	}
}

/* What a name stands for: up to three charsets, NULL behind the last of fewer. False when
 * it is not known. */
static bool find_meaning(const char *meaning[3], charset_name name)
{
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (strcmp(aliases[i].name, name) == 0) {
			memcpy(meaning, aliases[i].means, sizeof aliases[i].means);
			return true;
		}
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i], name) == 0) {
			meaning[0] = known[i];
			meaning[1] = NULL;
			return true;
		}
	return false;
}

/* True when text that calls itself ISO-2022 has bytes of eight bits and no shift. */
static bool is_unshifted(mw_str in)
{
	if (memchr(in.ptr, 0x1b, in.len) != NULL)
		return false;
	for (size_t i = 0; i < in.len; i++)
		if ((unsigned char)in.ptr[i] >= 0x80)
			return true;
	return false;
}

static iconv_t converter(cli_charset *c, const char *name)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (c->slot[i].name != NULL && strcmp(c->slot[i].name, name) == 0)
			return c->slot[i].converter;

	const size_t i = c->next++ % SLOTS;

	if (c->slot[i].name != NULL && c->slot[i].converter != NONE)
		iconv_close(c->slot[i].converter);
	c->slot[i].name = name;
	c->slot[i].converter = iconv_open("UTF-8", name);
	return c->slot[i].converter;
}

/* One charset that may be meant. */
static size_t convert(iconv_t with, mw_str in, char *out, size_t cap)
{
	char *from = (char *)(uintptr_t)in.ptr, *to = out;
	size_t left = in.len, room = cap;
	size_t bad_left = (in.len + 12) / 20; /* one, of a short text */

	iconv(with, NULL, NULL, NULL, NULL);
	while (left > 0 && iconv(with, &from, &left, &to, &room) == FAILED) {
		const size_t skip = errno == EINVAL ? left : 1;

		if (errno == E2BIG)
			return cap - room;
		if (bad_left-- == 0 || left == 0)
			return FAILED;
		if (room < 3)
			return cap - room;
		memcpy(to, "\xef\xbf\xbd", 3);
		to += 3;
		room -= 3;
		from += skip;
		left -= skip;
	}
	iconv(with, NULL, NULL, &to, &room);
	return cap - room;
}

size_t cli_charset_convert(void *ctx, mw_str charset, mw_str in, char *out, size_t cap)
{
	const char *meaning[3];
	charset_name name;
	size_t n = FAILED;

	if (!clean(name, charset))
		return FAILED;
	regularize(name);
	if (!find_meaning(meaning, name))
		return FAILED;
	if (strncmp(name, "ISO-2022-JP", 11) == 0 && is_unshifted(in))
		memcpy(meaning, unshifted, sizeof unshifted);
	for (size_t i = 0; i < 3 && n == FAILED && meaning[i] != NULL; i++) {
		const iconv_t with = converter(ctx, meaning[i]);

		if (with != NONE)
			n = convert(with, in, out, cap);
	}
	return n;
}

void cli_charset_close(cli_charset *c)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (c->slot[i].name != NULL && c->slot[i].converter != NONE)
			iconv_close(c->slot[i].converter);
	*c = (cli_charset){0};
}
