/* SPDX-License-Identifier: MIT
 *
 * A first pass over a record's steps: where its points lie and how many rows its segments cross, so
 * that the second pass, which draws, can leave out every check and choose how to fill.
 *
 * A payload has at most 16 MiB, so a record at most 8 Mi steps of at most 128: coordinates stay
 * within 2^31 and need no overflow checks.
 */
#include "core/raster/canvas.h"

static inline uint32_t distance(int32_t a, int32_t b)
{
    return a < b ? (uint32_t)b - (uint32_t)a : (uint32_t)a - (uint32_t)b;
}

as_bounds as_ras_bounds(const as_ras_dsp *dsp, const as_record *record)
{
    const int32_t x = as_get_u16(record->bytes), y = as_get_u16(record->bytes + 2);
    as_bounds b = {.left = x, .right = x, .top = y, .bottom = y, .last_x = x, .last_y = y};
    dsp->bounds(record->bytes + 4, record->points - 1, &b);
    b.rows += distance(b.last_y, y);
    b.columns += distance(b.last_x, x);
    return b;
}
