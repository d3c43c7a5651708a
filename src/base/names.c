/* SPDX-License-Identifier: MIT
 *
 * The words of names.h as tables. Values are dense and in order, so that the value is
 * the index; the static asserts hold the lists to it.
 */
#include <mailwhy/names.h>

#define X(name, value, text) {text, sizeof(text) - 1},
static const mw_str category[] = {MW_CATEGORY_MAP(X)};
static const mw_str permanence[] = {MW_PERMANENCE_MAP(X)};
static const mw_str fault[] = {MW_FAULT_MAP(X)};
static const mw_str action[] = {MW_ACTION_MAP(X)};
static const mw_str stage[] = {MW_STAGE_MAP(X)};
static const mw_str confidence[] = {MW_CONFIDENCE_MAP(X)};
static const mw_str kind[] = {MW_KIND_MAP(X)};
static const mw_str audience[] = {MW_AUDIENCE_MAP(X)};
static const mw_str limit[] = {MW_LIMIT_MAP(X)};
#undef X

static const struct {
	const mw_str *word;
	int count;
} tables[MW_VOCABULARY_COUNT] = {
	{category, MW_CATEGORY_COUNT}, {permanence, MW_PERMANENCE_COUNT},
	{fault, MW_FAULT_COUNT},       {action, MW_ACTION_COUNT},
	{stage, MW_STAGE_COUNT},       {confidence, MW_CONFIDENCE_COUNT},
	{kind, MW_KIND_COUNT},         {audience, MW_AUDIENCE_COUNT},
	{limit, MW_LIMIT_COUNT},
};

#define DENSE(table, count)                                                              \
	_Static_assert(sizeof(table) / sizeof *(table) == (count), "values have a gap")
DENSE(category, MW_CATEGORY_COUNT);
DENSE(permanence, MW_PERMANENCE_COUNT);
DENSE(fault, MW_FAULT_COUNT);
DENSE(action, MW_ACTION_COUNT);
DENSE(stage, MW_STAGE_COUNT);
DENSE(confidence, MW_CONFIDENCE_COUNT);
DENSE(kind, MW_KIND_COUNT);
DENSE(audience, MW_AUDIENCE_COUNT);
DENSE(limit, MW_LIMIT_COUNT);

int mw_name_count(mw_vocabulary v)
{
	return (unsigned)v < MW_VOCABULARY_COUNT ? tables[v].count : 0;
}

mw_str mw_name(mw_vocabulary v, int value)
{
	if (value < 0 || value >= mw_name_count(v))
		return MW_LIT("?");
	return tables[v].word[value];
}

int mw_name_value(mw_vocabulary v, mw_str word)
{
	for (int i = 0; i < mw_name_count(v); i++)
		if (mw_str_eq(tables[v].word[i], word))
			return i;
	return -1;
}
