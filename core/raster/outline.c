/* SPDX-License-Identifier: MIT
 *
 * Outlines: each segment is clipped by Liang-Barsky in exact rationals, then drawn from its first
 * to its second end by the error-accumulating line of docs/raster.md. Direction matters.
 *
 * A clip parameter u is the fraction num / den, den > 0. Coordinates are under 2^46 (vector mode),
 * so cross products of fractions and num * d stay under 2^93.
 */
#include "core/raster/canvas.h"

#include "core/base/int128.h"

typedef struct fraction {
    as_int128 num;
    as_int128 den; /* > 0 */
} fraction;

static bool less(fraction a, fraction b)
{
    return a.num * b.den < b.num * a.den;
}

/* start + u * delta to the nearest integer, ties to even. */
static int64_t round_half_even(int64_t start, fraction u, int64_t delta)
{
    const as_int128 den = u.den, num = start * den + u.num * delta;
    as_int128 q = num / den, r = num % den;
    if (r < 0) {
        q--;
        r += den;
    }
    if (2 * r > den || (2 * r == den && (q & 1)))
        q++;
    return (int64_t)q;
}

/* Narrows [u1, u2] to the part of the segment on the inner side of one border; false: none is. */
static bool clip_border(int64_t p, int64_t q, fraction *u1, fraction *u2)
{
    if (p == 0)
        return q >= 0;
    fraction t = p < 0 ? (fraction){-(as_int128)q, -(as_int128)p} : (fraction){q, p};
    if (p < 0) {
        if (less(*u2, t))
            return false;
        if (less(*u1, t))
            *u1 = t;
    } else {
        if (less(t, *u1))
            return false;
        if (less(t, *u2))
            *u2 = t;
    }
    return true;
}

void as_ras_outline(as_canvas *canvas, int64_t x0, int64_t y0, int64_t x1, int64_t y1)
{
    const int64_t right = (int64_t)canvas->width - 1, bottom = (int64_t)canvas->height - 1;
    /* Wholly beyond one border: Liang-Barsky would drop it, this is quicker. */
    if ((x0 < 0 && x1 < 0) || (y0 < 0 && y1 < 0) || (x0 > right && x1 > right) ||
        (y0 > bottom && y1 > bottom))
        return;
    const int64_t dx = x1 - x0, dy = y1 - y0;
    fraction u1 = {0, 1}, u2 = {1, 1};
    if (!clip_border(-dx, x0, &u1, &u2) || !clip_border(dx, right - x0, &u1, &u2) ||
        !clip_border(-dy, y0, &u1, &u2) || !clip_border(dy, bottom - y0, &u1, &u2))
        return;
    const int64_t ax = round_half_even(x0, u1, dx), ay = round_half_even(y0, u1, dy);
    const int64_t bx = round_half_even(x0, u2, dx), by = round_half_even(y0, u2, dy);
    as_ras_edge_inside(canvas, (int32_t)ax, (int32_t)ay, (int32_t)bx, (int32_t)by, false);
}
