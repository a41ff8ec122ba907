/* SPDX-License-Identifier: MIT
 *
 * A segment within the canvas: its line and its crossings in one go from row to row.
 *
 * Written out, docs/raster.md's loop for lines says: of a steep line, the pixel j rows on is j * dx
 * / dy columns on, halves rounded toward where it began; of a flat one, the row j rows on ends with
 * the whole part of (j + 1/2) * dx / dy. Its crossings are rounded likewise, halves to even
 * (crossings.c); so a flat line's run of pixels holds the crossing, and a steep line's pixel is the
 * crossing, but for halves, which are where dy has more factors of 2 than dx.
 *
 * All these are positions along the row in fixed point, and a row adds the same each time: the next
 * one depends on no more than an addition. Coordinates stay below 2^14, so position and sum are off
 * by less than 2^-26 pixel; those that are no half (or whole number) are 2^-15 away from it; so
 * HAIR to either side says where halves go.
 *
 * Did not pay: error terms as docs/raster.md has them, either with branches (half of the time that
 * this takes) or without (each row waits for the one before).
 */
#include "core/raster/canvas.h"

enum { POINT = 40 }; /* bits behind the point */
#define HALF (INT64_C(1) << (POINT - 1))
#define HAIR (INT64_C(1) << (POINT - 20))

typedef struct edge {
    uint64_t *bits, *toggle; /* of the row */
    ptrdiff_t stride;        /* words to the next one */
    uint64_t filled;         /* 1, or 0: no crossings */
} edge;

static inline void next_row(edge *e)
{
    e->bits += e->stride;
    e->toggle += e->stride;
}

static inline void toggle_at(const edge *e, int32_t x)
{
    e->toggle[x >> 6] ^= e->filled << (x & 63);
}

/* Sets the pixels first .. last. */
static inline void set_run(uint64_t *row, int32_t first, int32_t last)
{
    const uint64_t from = ~UINT64_C(0) << (first & 63), to = ~UINT64_C(0) >> (63 - (last & 63));
    if (first >> 6 == last >> 6) {
        row[first >> 6] |= from & to;
        return;
    }
    row[first >> 6] |= from;
    for (int32_t w = (first >> 6) + 1; w < last >> 6; w++)
        row[w] = ~UINT64_C(0);
    row[last >> 6] |= to;
}

/* `at` is half a pixel further on than the crossing. */
static inline int32_t half_to_even(int64_t at)
{
    const int64_t lower = (at - HAIR) >> POINT;
    return (int32_t)((at - HAIR + (2 * HAIR & -(lower & 1))) >> POINT);
}

static void draw_steep(edge e, int32_t x, int32_t dx, int32_t rows)
{
    const int64_t slope = dx * (INT64_C(1) << POINT) / rows;
    int64_t at = x * (INT64_C(1) << POINT) + HALF;
    if ((dx & ((rows & -rows) - 1)) == 0) { /* no halves */
        for (int32_t left = rows;; left--, at += slope, next_row(&e)) {
            const int32_t here = (int32_t)(at >> POINT);
            e.bits[here >> 6] |= UINT64_C(1) << (here & 63);
            toggle_at(&e, here);
            if (left == 0)
                return;
        }
    }
    const int64_t back = dx > 0 ? -HAIR : HAIR;
    for (int32_t left = rows;; left--, at += slope, next_row(&e)) {
        const int32_t line = (int32_t)((at + back) >> POINT), crossing = half_to_even(at);
        e.bits[line >> 6] |= UINT64_C(1) << (line & 63);
        e.bits[crossing >> 6] |= e.filled << (crossing & 63);
        toggle_at(&e, crossing);
        if (left == 0)
            return;
    }
}

/* To the right. */
static void draw_right(edge e, int32_t x, int32_t dx, int32_t rows)
{
    const int64_t slope = dx * (INT64_C(1) << POINT) / rows;
    int64_t at = x * (INT64_C(1) << POINT) + HALF, end = at - HALF + slope / 2 + HAIR;
    int32_t first = x;
    for (int32_t left = rows; left > 0; left--, at += slope, end += slope, next_row(&e)) {
        const int32_t last = (int32_t)(end >> POINT);
        set_run(e.bits, first, last);
        toggle_at(&e, half_to_even(at));
        first = last + 1;
    }
    set_run(e.bits, first, x + dx);
    toggle_at(&e, x + dx);
}

/* To the left, dx < 0: its runs end where those of a line to the right begin. */
static void draw_left(edge e, int32_t x, int32_t dx, int32_t rows)
{
    const int64_t slope = dx * (INT64_C(1) << POINT) / rows;
    const int64_t whole = (INT64_C(1) << POINT) - 1; /* rounds up */
    int64_t at = x * (INT64_C(1) << POINT) + HALF, end = at - HALF + slope / 2 - HAIR + whole;
    int32_t last = x;
    for (int32_t left = rows; left > 0; left--, at += slope, end += slope, next_row(&e)) {
        const int32_t first = (int32_t)(end >> POINT);
        set_run(e.bits, first, last);
        toggle_at(&e, half_to_even(at));
        last = first - 1;
    }
    set_run(e.bits, x + dx, last);
    toggle_at(&e, x + dx);
}

void as_ras_edge_inside(as_canvas *canvas, int32_t x0, int32_t y0, int32_t x1, int32_t y1,
                        bool fill)
{
    const int32_t dx = x1 - x0, rows = y0 < y1 ? y1 - y0 : y0 - y1;
    const size_t from = (size_t)y0 * canvas->stride;
    const edge e = {.bits = canvas->bits + from,
                    .toggle = canvas->toggle + from,
                    .stride = y0 < y1 ? (ptrdiff_t)canvas->stride : -(ptrdiff_t)canvas->stride,
                    .filled = fill};
    if (rows == 0) {
        set_run(e.bits, x0 < x1 ? x0 : x1, x0 < x1 ? x1 : x0);
        return;
    }
    if (rows > dx && rows > -dx)
        draw_steep(e, x0, dx, rows);
    else if (dx > 0)
        draw_right(e, x0, dx, rows);
    else
        draw_left(e, x0, dx, rows);
    /* The lowest row is not crossed. */
    const int32_t low_x = y0 < y1 ? x1 : x0;
    uint64_t *low = canvas->toggle + (size_t)(y0 < y1 ? y1 : y0) * canvas->stride;
    low[low_x >> 6] ^= e.filled << (low_x & 63);
}
