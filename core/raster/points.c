/* SPDX-License-Identifier: MIT
 *
 * A first pass over a record's steps: where its points lie and how many rows its segments cross, so
 * that the second pass, which draws, can leave out every check and choose how to fill.
 *
 * A payload has at most 16 MiB, so a record at most 8 Mi steps of at most 128: coordinates stay
 * within 2^31 and need no overflow checks.
 */
#include "core/raster/canvas.h"

static inline int32_t min_i32(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static inline int32_t max_i32(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static inline uint32_t distance(int32_t a, int32_t b)
{
    return a < b ? (uint32_t)b - (uint32_t)a : (uint32_t)a - (uint32_t)b;
}

as_bounds as_ras_bounds(const as_record *record)
{
    const uint8_t *bytes = record->bytes;
    int32_t x = as_get_u16(bytes), y = as_get_u16(bytes + 2);
    const int32_t first_x = x, first_y = y;
    as_bounds b = {.left = x, .right = x, .top = y, .bottom = y};
    uint64_t rows = 0, columns = 0;
    for (uint32_t i = 1; i < record->points; i++) {
        int32_t dx = (int8_t)bytes[2 + 2 * (size_t)i], dy = (int8_t)bytes[3 + 2 * (size_t)i];
        x += dx;
        y += dy;
        rows += (uint32_t)(dy < 0 ? -dy : dy);
        columns += (uint32_t)(dx < 0 ? -dx : dx);
        b.left = min_i32(b.left, x);
        b.right = max_i32(b.right, x);
        b.top = min_i32(b.top, y);
        b.bottom = max_i32(b.bottom, y);
    }
    b.last_x = x;
    b.last_y = y;
    b.rows = rows + distance(y, first_y);
    b.columns = columns + distance(x, first_x);
    return b;
}
