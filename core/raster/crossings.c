/* SPDX-License-Identifier: MIT
 *
 * Where a segment crosses the rows of the canvas:
 *
 *     x = round_half_even(x0 + (y - y0) * (x1 - x0) / (y1 - y0)),  min(y0, y1) <= y < max(y0, y1)
 *
 * computed exactly by stepping: with the segment turned to run downward, dx / dy = step + rest / dy
 * (0 <= rest < dy), and the exact crossing of a row is x + frac / dy with 0 <= frac < dy. One row
 * down adds step to x and rest to frac, with a carry; no row needs a division.
 */
#include "core/raster/canvas.h"

#include "core/base/int128.h"

typedef struct stepper {
    int64_t x, frac;    /* the exact crossing of the current row: x + frac / dy */
    int64_t step, rest; /* what one row adds */
    int64_t dy;
    size_t row, rows; /* first row within the canvas, and how many */
} stepper;

/* false: no row of the canvas is crossed. */
static bool start(stepper *s, const as_canvas *canvas, int64_t x0, int64_t y0, int64_t x1,
                  int64_t y1)
{
    if (y0 > y1) {
        int64_t t = x0;
        x0 = x1;
        x1 = t;
        t = y0;
        y0 = y1;
        y1 = t;
    }
    const int64_t height = canvas->height;
    const int64_t first = y0 < 0 ? 0 : y0, end = y1 > height ? height : y1;
    if (first >= end)
        return false;
    const int64_t dx = x1 - x0, dy = y1 - y0;
    s->dy = dy;
    s->step = dx / dy;
    s->rest = dx % dy;
    if (s->rest < 0) {
        s->step--;
        s->rest += dy;
    }
    s->x = x0;
    s->frac = 0;
    /* cppcheck-suppress knownConditionTrueFalse ; y0 may lie in the canvas: first is y0 */
    if (first != y0) {
        const as_int128 skipped = (as_int128)s->rest * (first - y0);
        s->x += s->step * (first - y0) + (int64_t)(skipped / dy);
        s->frac = (int64_t)(skipped % dy);
    }
    s->row = (size_t)first;
    s->rows = (size_t)(end - first);
    return true;
}

static inline int64_t rounded(const stepper *s)
{
    const int64_t twice = 2 * s->frac;
    return s->x + (twice > s->dy || (twice == s->dy && (s->x & 1)));
}

static inline void advance(stepper *s)
{
    s->x += s->step;
    s->frac += s->rest;
    if (s->frac >= s->dy) {
        s->frac -= s->dy;
        s->x++;
    }
}

void as_ras_cross(as_canvas *canvas, int64_t x0, int64_t y0, int64_t x1, int64_t y1)
{
    stepper s;
    if (x0 >= canvas->width && x1 >= canvas->width) /* toggles nothing */
        return;
    if (!start(&s, canvas, x0, y0, x1, y1))
        return;
    size_t at = s.row * canvas->stride;
    for (; s.rows > 0; s.rows--, at += canvas->stride, advance(&s)) {
        const int64_t x = rounded(&s);
        if (x < 0) {
            canvas->toggle[at] ^= 1;
        } else if (x < canvas->width) {
            const uint64_t bit = UINT64_C(1) << (x & 63);
            canvas->toggle[at + (size_t)(x >> 6)] ^= bit;
            canvas->bits[at + (size_t)(x >> 6)] |= bit;
        }
    }
}

size_t as_ras_cross_list(const as_canvas *canvas, int64_t x0, int64_t y0, int64_t x1, int64_t y1,
                         uint32_t *keys, size_t count)
{
    stepper s;
    const int64_t width = canvas->width;
    if (!start(&s, canvas, x0, y0, x1, y1))
        return count;
    for (uint32_t row = (uint32_t)s.row; s.rows > 0; s.rows--, row++, advance(&s)) {
        int64_t x = rounded(&s);
        x = x < -1 ? -1 : x > width ? width : x;
        keys[count++] = row << 16 | (uint32_t)(x + 1);
    }
    return count;
}
