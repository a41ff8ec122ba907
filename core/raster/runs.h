/* SPDX-License-Identifier: MIT
 *
 * Walking the runs of one row of bits.
 */
#ifndef AS_RASTER_RUNS_H
#define AS_RASTER_RUNS_H

#include "core/base/bits.h"

#include <stdbool.h>
#include <stddef.h>

/* The first pixel at or after x whose bit is not that of `invert` (0: a set one, all ones: a clear
 * one), or `width`. */
static inline uint32_t as_ras_next_pixel(const uint64_t *row, uint32_t width, uint32_t x,
                                         uint64_t invert)
{
    if (x >= width)
        return width;
    const size_t words = (width + 63) / 64;
    size_t w = x / 64;
    uint64_t v = (row[w] ^ invert) & (~UINT64_C(0) << (x % 64));
    while (v == 0) {
        if (++w == words)
            return width;
        v = row[w] ^ invert;
    }
    const uint32_t found = (uint32_t)(64 * w) + as_ctz64(v);
    return found < width ? found : width; /* inverted bits past the width are set */
}

/* The next run [*x0, *x1) at or after *x1; start with both 0. */
static inline bool as_ras_next_run(const uint64_t *row, uint32_t width, uint32_t *x0, uint32_t *x1)
{
    *x0 = as_ras_next_pixel(row, width, *x1, 0);
    *x1 = as_ras_next_pixel(row, width, *x0, ~UINT64_C(0));
    return *x0 < width;
}

#endif
