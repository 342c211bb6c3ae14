/* SPDX-License-Identifier: Apache-2.0 */
/* suggest.h: "did you mean": the nearest of some words by edit distance. */
#ifndef RINGSIDE_SUGGEST_H
#define RINGSIDE_SUGGEST_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Edits (insert, delete, replace, swap of neighbours) from one word to the other, regardless of case. Words beyond 63 characters
 * are compared by their first 63. */
unsigned suggest_distance(const char *a, const char *b);
/* Is `distance` small enough, for a word that long, that a person may have meant it? */
int suggest_is_near(const char *word, unsigned distance);

#ifdef __cplusplus
}
#endif

#endif
