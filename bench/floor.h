/* SPDX-License-Identifier: MIT
 *
 * The floor of bringing a mask from one frame to another: the time to store to just the cache lines
 * in which the two differ.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stddef.h>
#include <stdint.h>

enum { FLOOR_LINE = 64 };

/* A canvas's size, its words to a row, and that of the mask that is sampled from it; the rows of
 * the mask are whole lines. */
typedef struct floor_shape {
    size_t canvas_width, canvas_height, stride, width, height;
} floor_shape;

/* The numbers of the mask's lines in which two canvases differ, to `lines` (room for all of them);
 * returns how many. */
size_t floor_list(const floor_shape *shape, const uint64_t *before, const uint64_t *after,
                  uint32_t *lines);

/* Stores to these lines of a mask that begins at a line, past the caches where the machine can. */
void floor_store(uint8_t *pixels, const uint32_t *lines, size_t count);

#endif
