/* SPDX-License-Identifier: MIT
 *
 * The table of short segments (canvas.h), made by drawing each with the functions that it stands
 * for.
 */
#include "core/raster/canvas.h"

#include "core/base/thread.h"

enum { SPAN = AS_RAS_SHORT_SPAN, MOST = AS_RAS_SHORT, MIDDLE = 2 * AS_RAS_SHORT };

/* One segment from column `x` of a canvas of one word a row. */
static void make_segment(uint64_t rows[MOST + 1], int32_t x, int32_t dx, int32_t dy)
{
    uint64_t bits[SPAN] = {0}, toggle[SPAN] = {0}, unused[SPAN] = {0};
    as_canvas outline = {.width = 64, .height = SPAN, .stride = 1, .bits = bits, .toggle = toggle};
    as_canvas crossings = {
        .width = 64, .height = SPAN, .stride = 1, .bits = unused, .toggle = toggle};
    as_ras_edge_inside(&outline, x, MOST, x + dx, MOST + dy, false);
    as_ras_edge_inside(&crossings, x, MOST, x + dx, MOST + dy, true);
    const int32_t step = dy < 0 ? -1 : 1, left = x - MOST;
    for (int32_t i = 0, y = MOST; i <= dy * step; i++, y += step) {
        rows[i] |= bits[y] >> left;
        rows[i] |= toggle[y] >> left << (x % 2 ? 2 * SPAN : SPAN);
    }
}

const as_ras_short_rows *as_ras_short_table(void)
{
    static as_mutex lock = AS_MUTEX_INITIALIZER(AS_LOCK_TABLES);
    static as_ras_short_rows table[SPAN * SPAN];
    static bool made;
    as_mutex_lock(&lock);
    for (int32_t i = 0; !made && i < SPAN * SPAN; i++)
        for (int32_t x = MIDDLE; x <= MIDDLE + 1; x++)
            make_segment(table[i], x, i % SPAN - MOST, i / SPAN - MOST);
    made = true;
    as_mutex_unlock(&lock);
    return (const as_ras_short_rows *)table;
}
