/* SPDX-License-Identifier: MIT
 *
 * HTML to the text that a person sees.
 */
#ifndef MAILWHY_READ_HTML_H
#define MAILWHY_READ_HTML_H

#include <mailwhy/str.h>

/* Makes text of the HTML in p[len], in place, and returns its length: tags, comments,
 * scripts and style sheets go, blocks become lines, character references what they
 * stand for. What is no HTML stays. */
size_t mwi_html_text(char *p, size_t len);

#endif
