/* SPDX-License-Identifier: MIT */
#include "suggest.h"

#include <stdbool.h>
#include <string.h>

enum { LONGEST = 32 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters added, left out, changed, and swapped with the next, each of them 1. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][LONGEST + 1] = {{0}}; /* prefix i of `a` against those of `b`: rows[i % 3] */
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        const size_t *before = rows[(i + 1) % 3], *last = rows[(i - 1) % 3];
        size_t *row = rows[i % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

const char *suggest(const char *word, const char *const *words, size_t count)
{
    const size_t length = strlen(word);
    const char *nearest = NULL;
    size_t nearest_distance = LONGEST;
    if (length < 2 || length > LONGEST)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (!words[i] || strlen(words[i]) > LONGEST)
            continue;
        const bool begins = strncmp(word, words[i], length) == 0;
        const size_t far = begins ? 1 : distance(word, length, words[i], strlen(words[i]));
        if (far < nearest_distance && (begins || far * 3 <= strlen(words[i]))) {
            nearest = words[i];
            nearest_distance = far;
        }
    }
    return nearest;
}
