/* SPDX-License-Identifier: MIT
 *
 * The canvas as bytes, at any size by nearest neighbour.
 *
 * Each canvas row that is shown is made once, and copied to the other output rows that show it.
 * Where there are vector versions, bits become bytes at one pace whatever they show. In plain C it
 * goes run by run (a mask's row has a few runs, and memset is as fast as memory) until there turn
 * out to be many, and then pixel by pixel.
 *
 * A mask that is large against the caches is written past them: each row is made in a buffer and
 * streamed from there. To write memory that is not cached the processor would read it first, so
 * this halves the traffic.
 */
#include "core/raster/r8.h"

#include "core/raster/runs.h"

#include <string.h>

/* false: given up, there are many runs. */
static bool write_runs(const as_canvas *canvas, const uint64_t *row, uint8_t *pixels,
                       uint32_t width)
{
    const uint32_t smaller = width < canvas->width ? width : canvas->width;
    uint32_t x0 = 0, x1 = 0, done = 0, left = 1 + smaller / AS_RAS_PIXELS_PER_RUN;
    while (as_ras_next_run(row, canvas->width, &x0, &x1)) {
        if (left-- == 0)
            return false;
        const uint32_t from = as_ras_column_of(x0, canvas->width, width);
        const uint32_t to = as_ras_column_of(x1, canvas->width, width);
        memset(pixels + done, 0, from - done);
        memset(pixels + from, 255, to - from);
        done = to;
    }
    memset(pixels + done, 0, width - done);
    return true;
}

static void write_row(const as_canvas *canvas, size_t y, uint8_t *pixels)
{
    const as_ras_sampling *sampling = canvas->sampling;
    const uint32_t width = sampling->width;
    const uint64_t *row = canvas->bits + y * canvas->stride;
    if ((int64_t)y < canvas->dirty_top || (int64_t)y >= canvas->dirty_bottom)
        memset(pixels, 0, width);
    else if (canvas->dsp->window != 0 && width == canvas->width)
        canvas->dsp->expand(pixels, row, width);
    else if (sampling->window != 0)
        canvas->dsp->sample(pixels, row, sampling);
    else if (!write_runs(canvas, row, pixels, width))
        as_ras_dsp_c.sample(pixels, row, sampling);
}

void as_ras_to_r8(const as_canvas *canvas, uint8_t *pixels, uint32_t width, uint32_t height,
                  size_t stride)
{
    as_ras_rows_to_r8(canvas, pixels, width, height, stride, 0);
}

void as_ras_rows_to_r8(const as_canvas *canvas, uint8_t *pixels, uint32_t width, uint32_t height,
                       size_t stride, uint32_t first)
{
    const as_ras_dsp *dsp = canvas->dsp;
    const bool large = dsp->window != 0 && as_ras_is_large(width, height);
    const uint8_t *made = NULL;
    size_t made_y = 0;
    as_ras_sampling_set(canvas->sampling, canvas->width, width, dsp->window);
    for (uint32_t y = first; y < height; y++) {
        const size_t source_y = (size_t)((uint64_t)y * canvas->height / height);
        const bool again = made && source_y == made_y;
        uint8_t *to = pixels + y * stride, *row = large ? canvas->sampling->row : to;
        if (!again)
            write_row(canvas, source_y, row);
        if (large)
            dsp->stream(to, row, width);
        else if (again)
            memcpy(to, made, width);
        made = row;
        made_y = source_y;
    }
    if (large)
        dsp->settle();
}
