/* SPDX-License-Identifier: Apache-2.0 */
/* Optimal string alignment distance, one row at a time. */
#include "suggest.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST = 63 };

static unsigned smallest(unsigned a, unsigned b, unsigned c) {
    unsigned least = a < b ? a : b;
    return least < c ? least : c;
}

static int same(char a, char b) { return tolower((unsigned char)a) == tolower((unsigned char)b); }

unsigned suggest_distance(const char *a, const char *b) {
    size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len > LONGEST) a_len = LONGEST;
    if (b_len > LONGEST) b_len = LONGEST;

    unsigned rows[3][LONGEST + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_len; j++) above[j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] = smallest(above[j] + 1, row[j - 1] + 1, above[j - 1] + !same(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]) && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        unsigned *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[b_len];
}

int suggest_is_near(const char *word, unsigned distance) {
    size_t len = strlen(word);
    return distance <= (len < 4 ? 1 : len < 9 ? 2 : 2 + len / 6);
}
