/* SPDX-License-Identifier: MIT */
#include "read/html.h"

#include "base/ascii.h"
#include "base/utf8.h"
#include "read/field.h"

/* What is longer is no tag: a picture inside one is walked as text. */
#define TAG_MAX 16384

#define W(words)                                                                         \
	{                                                                                \
		words, sizeof(words) - 1                                                 \
	}

/* Elements that begin a line of their own. */
static bool is_block(mw_str tag)
{
	static const mw_str blocks[] = {
		W("br"), W("p"),  W("div"), W("tr"), W("table"), W("li"),
		W("h1"), W("h2"), W("h3"),  W("h4"), W("title"), W("td"),
		W("ul"), W("ol"), W("pre"), W("hr"), W("body"),  W("blockquote"),
		W("dt"), W("dd"), W("th")};

	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
		if (mwi_same(tag, blocks[i]))
			return true;
	return false;
}

/* The name of the tag at the front of s ("<" first). */
static mw_str tag_name(mw_str s)
{
	mw_str name = mw_str_skip(s, s.len > 1 && s.ptr[1] == '/' ? 2 : 1);
	size_t n = 0;

	while (n < name.len && mwi_is_alnum(name.ptr[n]))
		n++;
	return mw_str_head(name, n);
}

/* Bytes up to and with `end` (lower-case), or all. */
static size_t up_to(mw_str s, mw_str end)
{
	const size_t at = mw_str_find(s, end);

	return at < s.len ? at + end.len : s.len;
}

/* The bytes of the tag, comment or element to be left out at the front of s; *line: it
 * begins a line. 0: no tag stands there. */
static size_t skip_tag(mw_str s, bool *line)
{
	const mw_str name = tag_name(s);

	*line = false;
	if (s.len >= 4 && memcmp(s.ptr, "<!--", 4) == 0)
		return up_to(s, MW_LIT("-->"));
	if (s.len < 2 || (name.len == 0 && s.ptr[1] != '!' && s.ptr[1] != '?'))
		return 0;
	/* "<user@example.org>" was meant to be read. */
	const char *end = memchr(s.ptr, '>', s.len < TAG_MAX ? s.len : TAG_MAX);
	const size_t n = end != NULL ? (size_t)(end - s.ptr) + 1 : 0;

	if (n == 0)
		return 0;
	if (name.len > 0 && name.ptr + name.len < s.ptr + n &&
	    memchr("@.-_+", name.ptr[name.len], 5) != NULL &&
	    memchr(s.ptr, '@', n) != NULL)
		return 0;
	if (s.ptr[1] != '/' && mwi_same(name, MW_LIT("style")))
		return up_to(s, MW_LIT("</style>"));
	if (s.ptr[1] != '/' && mwi_same(name, MW_LIT("script")))
		return up_to(s, MW_LIT("</script>"));
	*line = is_block(name);
	return n;
}

static const struct {
	mw_str name;
	const char *utf8;
} entities[] = {
	{W("lt"), "<"},          {W("gt"), ">"},          {W("amp"), "&"},
	{W("quot"), "\""},       {W("apos"), "'"},        {W("nbsp"), " "},
	{W("auml"), "\u00e4"},   {W("ouml"), "\u00f6"},   {W("uuml"), "\u00fc"},
	{W("Auml"), "\u00c4"},   {W("Ouml"), "\u00d6"},   {W("Uuml"), "\u00dc"},
	{W("szlig"), "\u00df"},  {W("eacute"), "\u00e9"}, {W("egrave"), "\u00e8"},
	{W("agrave"), "\u00e0"}, {W("ccedil"), "\u00e7"}, {W("ntilde"), "\u00f1"},
	{W("oacute"), "\u00f3"}, {W("aacute"), "\u00e1"}, {W("iacute"), "\u00ed"},
	{W("uacute"), "\u00fa"}, {W("ecirc"), "\u00ea"},  {W("rsquo"), "\u2019"},
	{W("lsquo"), "\u2018"},  {W("ldquo"), "\u201c"},  {W("rdquo"), "\u201d"},
	{W("bull"), "\u2022"},
};

/* "&#64;", "&#x40;": the code point, or 0. */
static uint32_t numeric(mw_str name)
{
	const bool hex = name.len > 1 && mwi_lower(name.ptr[1]) == 'x';
	uint32_t n = 0;

	for (size_t i = hex ? 2 : 1; i < name.len; i++) {
		const char c = mwi_lower(name.ptr[i]);
		const int v = mwi_is_digit(c)               ? c - '0'
			      : hex && c >= 'a' && c <= 'f' ? c - 'a' + 10
							    : -1;

		if (v < 0 || n > 0xffff)
			return 0;
		n = n * (hex ? 16 : 10) + (uint32_t)v;
	}
	return n >= 0xd800 && n < 0xe000 ? 0 : n;
}

/* The reference at the front of s ("&" first) to out; returns its bytes, 0 when it is
 * none. What it stands for is never longer than it. */
static size_t put_entity(char *out, size_t *len, mw_str s)
{
	const char *end = memchr(s.ptr, ';', s.len < 12 ? s.len : 12);

	if (end == NULL)
		return 0;
	const mw_str name = {s.ptr + 1, (size_t)(end - s.ptr) - 1};

	if (name.len > 1 && name.ptr[0] == '#') {
		const uint32_t point = numeric(name);

		if (point == 0)
			return 0;
		*len += mwi_utf8_write(out + *len, point);
		return name.len + 2;
	}
	for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
		if (mw_str_eq(name, entities[i].name)) {
			const size_t n = strlen(entities[i].utf8);

			memcpy(out + *len, entities[i].utf8, n);
			*len += n;
			return name.len + 2;
		}
	return 0;
}

static void put_blank(char *p, size_t *n, char blank)
{
	if (*n > 0 && p[*n - 1] == ' ' && blank == '\n')
		p[*n - 1] = '\n';
	else if (*n > 0 && p[*n - 1] != ' ' && p[*n - 1] != '\n')
		p[(*n)++] = blank;
}

size_t mwi_html_text(char *p, size_t len)
{
	mw_str s = {p, len};
	size_t n = 0;

	while (s.len > 0) {
		const char c = s.ptr[0];
		bool line = false;
		size_t used = 0;

		if (c == '<') {
			used = skip_tag(s, &line);
			if (line)
				put_blank(p, &n, '\n');
		} else if (c == '&') {
			used = put_entity(p, &n, s);
		} else if (mwi_is_blank(c)) {
			put_blank(p, &n, ' ');
			used = 1;
		}
		if (used == 0) {
			p[n++] = c;
			used = 1;
		}
		s = mw_str_skip(s, used);
	}
	return n;
}
