/* SPDX-License-Identifier: MIT */
#ifndef MAILWHY_JUDGE_BUILTIN_H
#define MAILWHY_JUDGE_BUILTIN_H

/* The image that the build compiled from knowledge/; aligned to 8. */
extern const unsigned char mwi_builtin_image[];
extern const unsigned long mwi_builtin_size;

#endif
