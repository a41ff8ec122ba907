/* SPDX-License-Identifier: MIT
 *
 * Channels that lie within the canvas, and segments that do: nothing to clip, nothing to check.
 *
 * Recorded silhouettes are chains of one-pixel steps. A step between rows crosses one row, at its
 * upper end; so a point takes one toggle for a step that comes from below and one for a step that
 * goes below, which cancel in a notch. A point is one address then, for both planes: a count of
 * bits from the canvas's first one, to which a step adds dy * line + dx. That is half the work of
 * setting the new point and finding the upper end of each step by itself, and no faster in vectors:
 * what is left is two words in memory for each point, and these take the time.
 *
 * Other steps go at most eight pixels each way, mostly. Line and crossings of so short a segment
 * depend on its direction and on whether its x is odd alone, so they come from a table (short.c):
 * the same loops pixel by pixel take their time in branches that nobody can foresee.
 */
#include "core/raster/canvas.h"

/* Rows of a short segment that are drawn whether it has as many or not: cheaper than a branch that
 * nobody can foresee. */
enum { AT_ONCE = 3 };

/* Where a short segment is drawn. */
typedef struct place {
    uint64_t *bits, *toggle; /* the word of its first row that its span begins in */
    ptrdiff_t stride;        /* words to its next row */
    uint32_t at, crossings;  /* shifts: to the span's place; from an entry's crossings */
    uint64_t filled;         /* a span of ones, or 0 */
} place;

static inline void draw_row(const place *p, int32_t i, uint64_t row, bool two_words)
{
    const uint64_t span = (UINT64_C(1) << AS_RAS_SHORT_SPAN) - 1;
    const uint64_t crossed = row >> p->crossings & p->filled, set = (row & span) | crossed;
    uint64_t *bits = p->bits + i * p->stride, *toggle = p->toggle + i * p->stride;
    bits[0] |= set << p->at;
    toggle[0] ^= crossed << p->at;
    if (two_words) {
        bits[1] |= set >> (64 - p->at);
        toggle[1] ^= crossed >> (64 - p->at);
    }
}

static inline void draw_rows(const place *p, const uint64_t *rows, int32_t count, bool two_words)
{
    for (int32_t i = 0; i < AT_ONCE; i++)
        draw_row(p, i, rows[i], two_words);
    for (int32_t i = AT_ONCE; i < count; i++)
        draw_row(p, i, rows[i], two_words);
}

void as_ras_segment_inside(as_canvas *canvas, int32_t x0, int32_t y0, int32_t x1, int32_t y1,
                           bool fill)
{
    const int32_t dx = x1 - x0, dy = y1 - y0, left = x0 - AS_RAS_SHORT;
    if ((uint32_t)(dx + AS_RAS_SHORT) >= AS_RAS_SHORT_SPAN ||
        (uint32_t)(dy + AS_RAS_SHORT) >= AS_RAS_SHORT_SPAN || left < 0 || y0 < AT_ONCE - 1 ||
        left + AS_RAS_SHORT_SPAN > (int32_t)canvas->width ||
        y0 + AT_ONCE > (int32_t)canvas->height) {
        as_ras_edge_inside(canvas, x0, y0, x1, y1, fill);
        return;
    }
    const size_t from = (size_t)y0 * canvas->stride + (size_t)(left >> 6);
    const uint64_t *rows =
        canvas->short_segments[(dy + AS_RAS_SHORT) * AS_RAS_SHORT_SPAN + dx + AS_RAS_SHORT];
    const place p = {.bits = canvas->bits + from,
                     .toggle = canvas->toggle + from,
                     .stride = dy < 0 ? -(ptrdiff_t)canvas->stride : (ptrdiff_t)canvas->stride,
                     .at = left & 63,
                     .crossings = AS_RAS_SHORT_SPAN << (x0 & 1),
                     .filled = fill ? (UINT64_C(1) << AS_RAS_SHORT_SPAN) - 1 : 0};
    const int32_t count = (dy < 0 ? -dy : dy) + 1;
    if (p.at <= 64 - AS_RAS_SHORT_SPAN)
        draw_rows(&p, rows, count, false);
    else
        draw_rows(&p, rows, count, true);
}

/* Steps of at most one pixel each way. */
static void draw_chain(as_canvas *canvas, const as_record *record, bool fill)
{
    const uint8_t *steps = record->bytes + 4, *end = steps + 2 * (size_t)(record->points - 1);
    uint64_t *bits = canvas->bits, *toggle = canvas->toggle;
    const int32_t line = (int32_t)(64 * canvas->stride);
    const uint64_t filled = fill;
    int32_t at = as_get_u16(record->bytes + 2) * line + as_get_u16(record->bytes); /* under 2^28 */
    uint32_t from_below = 0;
    for (; steps < end; steps += 2) {
        const int32_t dx = (int8_t)steps[0], dy = (int8_t)steps[1];
        const uint32_t to_below = (uint32_t)(dy + 1) >> 1;
        bits[at >> 6] |= UINT64_C(1) << (at & 63);
        toggle[at >> 6] ^= ((from_below ^ to_below) & filled) << (at & 63);
        from_below = (uint32_t)dy >> 31;
        at += dy * line + dx;
    }
    bits[at >> 6] |= UINT64_C(1) << (at & 63);
    toggle[at >> 6] ^= (from_below & filled) << (at & 63);
}

/* Steps of any length. */
static void draw_steps(as_canvas *canvas, const as_record *record, bool fill)
{
    const uint8_t *steps = record->bytes + 4, *end = steps + 2 * (size_t)(record->points - 1);
    int32_t x = as_get_u16(record->bytes), y = as_get_u16(record->bytes + 2);
    for (; steps < end; steps += 2) {
        const int32_t nx = x + (int8_t)steps[0], ny = y + (int8_t)steps[1];
        as_ras_segment_inside(canvas, x, y, nx, ny, fill);
        x = nx;
        y = ny;
    }
}

void as_ras_draw_inside(as_canvas *canvas, const as_record *record, const as_bounds *bounds,
                        bool fill)
{
    const int32_t first_x = as_get_u16(record->bytes), first_y = as_get_u16(record->bytes + 2);
    if (bounds->lengths <= 1)
        draw_chain(canvas, record, fill);
    else
        draw_steps(canvas, record, fill);
    if (record->points >= 3 && (bounds->last_x != first_x || bounds->last_y != first_y))
        as_ras_segment_inside(canvas, bounds->last_x, bounds->last_y, first_x, first_y, fill);
}
