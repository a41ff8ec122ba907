/* SPDX-License-Identifier: MIT */
#include "core/raster/runs.h"

#include "core/raster/canvas.h"

size_t as_ras_runs(const as_canvas *canvas, as_run *runs, size_t capacity)
{
    size_t count = 0;
    for (int64_t y = canvas->dirty_top; y < canvas->dirty_bottom; y++) {
        const uint64_t *row = canvas->bits + (size_t)y * canvas->stride;
        uint32_t x0 = 0, x1 = 0;
        while (as_ras_next_run(row, canvas->width, &x0, &x1)) {
            if (count < capacity)
                runs[count] = (as_run){(uint16_t)y, (uint16_t)x0, (uint16_t)x1};
            count++;
        }
    }
    return count;
}
