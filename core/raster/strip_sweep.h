/* SPDX-License-Identifier: MIT
 *
 * Triangle strip, upper half: a sweep over the edges from the top row to the lowest one.
 */
#ifndef AS_RASTER_STRIP_SWEEP_H
#define AS_RASTER_STRIP_SWEEP_H

#include "core/raster/strip_chain.h"

#include <string.h>

/* y0 < y1. Coordinates are floats from the start: those of a polyline are whole numbers, exact up
 * to 2^24 and above it as exact as the strip can say them. */
typedef struct as_ras_strip_edge {
    float x0, y0, x1, y1;
    uint32_t channel;
} as_ras_strip_edge;

/* Unsigned numbers in the order of the floats (no NaN). */
static inline uint32_t as_ras_strip_key(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits >> 31 ? ~bits : bits | UINT32_C(0x80000000);
}

static inline float as_ras_strip_unkey(uint32_t key)
{
    uint32_t bits = key >> 31 ? key & UINT32_C(0x7FFFFFFF) : ~key;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

/* Sorts by the upper 32 bits; items with the same ones stay in their order. */
void as_ras_strip_sort(uint64_t *items, uint64_t *scratch, size_t count);

/* Feeds `chains` with slabs. The low halves of `order` are indices of edges, by y0, then x0. */
as_result as_ras_strip_sweep(const as_ras_strip_edge *edges, const uint64_t *order, size_t count,
                             as_ras_strip_chains *chains, as_error *error);

#endif
