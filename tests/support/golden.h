/* SPDX-License-Identifier: MIT
 *
 * The rows of tests/data/golden.tsv (tests/data/README.md).
 */
#ifndef TEST_GOLDEN_H
#define TEST_GOLDEN_H

#include "alphastream/alphastream.h"

#include <stdbool.h>

enum { GOLDEN_ROWS = 596 };

typedef struct golden_row {
    char file[64], scale[16], combine[16], sha256[65];
    uint64_t frame;
    uint32_t canvas_width, canvas_height, width, height;
} golden_row;

void golden_path(const golden_row *row, char *path, size_t size);
/* Of a stream of that size; `path` (golden_path) and `key`, which is filled, must outlive it. */
as_stream_params golden_params(const golden_row *row, const char *path, as_key_params *key);
/* Of the same file, canvas and modes? */
bool golden_is_same_stream(const golden_row *a, const golden_row *b);
/* Every row, or with `one_of_each` the first of each size and mode, by one way of making its mask.
 * Fails the test when one differs. */
void golden_check(const char *way, bool one_of_each,
                  void (*hash)(const golden_row *row, char out_hex[65]));

#endif
