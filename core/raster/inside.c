/* SPDX-License-Identifier: MIT
 *
 * Channels that lie within the canvas: nothing to clip, nothing to check.
 *
 * Recorded silhouettes are chains of one-pixel steps. A step between rows crosses one row, at its
 * upper end; so a point takes one toggle for a step that comes from below and one for a step that
 * goes below, which cancel in a notch. A point is one address then, for both planes: a count of
 * bits from the canvas's first one, to which a step adds dy * line + dx. That is half the work of
 * setting the new point and finding the upper end of each step by itself, and no faster in vectors:
 * what is left is two words in memory for each point, and these take the time.
 */
#include "core/raster/canvas.h"

static inline void set_pixel(as_canvas *canvas, int32_t x, int32_t y)
{
    canvas->bits[(size_t)y * canvas->stride + (size_t)(x >> 6)] |= UINT64_C(1) << (x & 63);
}

void as_ras_segment_inside(as_canvas *canvas, int32_t x0, int32_t y0, int32_t x1, int32_t y1,
                           bool fill)
{
    as_ras_outline_inside(canvas, x0, y0, x1, y1);
    if (fill && y0 != y1)
        as_ras_cross_inside(canvas, x0, y0, x1, y1);
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
    const uint64_t filled = fill;
    int32_t x = as_get_u16(record->bytes), y = as_get_u16(record->bytes + 2);
    set_pixel(canvas, x, y);
    for (; steps < end; steps += 2) {
        const int32_t dx = (int8_t)steps[0], dy = (int8_t)steps[1];
        const int32_t nx = x + dx, ny = y + dy;
        if ((uint32_t)(dx + 1) <= 2 && (uint32_t)(dy + 1) <= 2) {
            const int32_t top = dy < 0 ? ny : y, top_x = dy < 0 ? nx : x;
            set_pixel(canvas, nx, ny);
            canvas->toggle[(size_t)top * canvas->stride + (size_t)(top_x >> 6)] ^=
                (filled & (uint64_t)(dy & 1)) << (top_x & 63);
        } else {
            as_ras_segment_inside(canvas, x, y, nx, ny, fill);
        }
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
