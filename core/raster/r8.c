/* SPDX-License-Identifier: MIT
 *
 * The canvas as bytes, at any size by nearest neighbour.
 *
 * A canvas row is written once, by whichever way is cheaper: run by run (a mask's row has a few
 * runs, and memset is as fast as memory), or pixel by pixel when it is noise. Output rows that
 * sample the same canvas row are copied from the one before.
 */
#include "core/raster/canvas.h"

#include "core/raster/runs.h"

#include <string.h>

/* A run costs about as much as this many pixels done one by one. */
enum { PIXELS_PER_RUN = 32 };

/* Is it worth going run by run? Counts changes between neighbours; a run has two. */
static bool few_runs(const uint64_t *row, size_t words, uint32_t width)
{
    uint64_t before = 0;
    uint32_t changes = 0;
    for (size_t w = 0; w < words; w++) {
        changes += as_popcount64(row[w] ^ (row[w] << 1 | before));
        before = row[w] >> 63;
    }
    return changes <= 2 * (width / PIXELS_PER_RUN) + 2;
}

/* The first output column whose sample lies at or right of canvas column x: from
 * floor(column * canvas_width / width) >= x follows column >= ceil(x * width / canvas_width). */
static inline uint32_t column_of(uint32_t x, uint32_t canvas_width, uint32_t width)
{
    return (uint32_t)(((uint64_t)x * width + canvas_width - 1) / canvas_width);
}

static void write_runs(const as_canvas *canvas, const uint64_t *row, uint8_t *pixels,
                       uint32_t width)
{
    uint32_t x0 = 0, x1 = 0, done = 0;
    while (as_ras_next_run(row, canvas->width, &x0, &x1)) {
        const uint32_t from = column_of(x0, canvas->width, width);
        const uint32_t to = column_of(x1, canvas->width, width);
        memset(pixels + done, 0, from - done);
        memset(pixels + from, 255, to - from);
        done = to;
    }
    memset(pixels + done, 0, width - done);
}

static void write_row(const as_canvas *canvas, size_t y, uint8_t *pixels, uint32_t width)
{
    const uint64_t *row = canvas->bits + y * canvas->stride;
    const uint32_t smaller = width < canvas->width ? width : canvas->width;
    if ((int64_t)y < canvas->dirty_top || (int64_t)y >= canvas->dirty_bottom)
        memset(pixels, 0, width);
    else if (few_runs(row, canvas->stride, smaller))
        write_runs(canvas, row, pixels, width);
    else if (width == canvas->width)
        canvas->dsp->expand(pixels, row, width);
    else
        canvas->dsp->sample(pixels, row, canvas->width, width);
}

void as_ras_to_r8(const as_canvas *canvas, uint8_t *pixels, uint32_t width, uint32_t height,
                  size_t stride)
{
    const uint8_t *written = NULL;
    size_t written_y = 0;
    for (uint32_t y = 0; y < height; y++, pixels += stride) {
        const size_t source_y = (size_t)((uint64_t)y * canvas->height / height);
        if (written && source_y == written_y) {
            memcpy(pixels, written, width);
        } else {
            write_row(canvas, source_y, pixels, width);
            written_y = source_y;
        }
        written = pixels;
    }
}
