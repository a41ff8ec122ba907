/* SPDX-License-Identifier: MIT */
#include "core/raster/canvas.h"

#include "core/base/mem.h"

#include <string.h>

as_result as_ras_create(uint32_t width, uint32_t height, as_canvas **out_canvas, as_error *error)
{
    as_canvas *canvas = as_mem_calloc(1, sizeof(*canvas));
    if (!canvas)
        return as_err_no_memory(error, sizeof(*canvas), "a canvas");
    canvas->width = width;
    canvas->height = height;
    canvas->stride = as_ras_stride(width);
    canvas->last_mask = width % 64 ? ~UINT64_C(0) >> (64 - width % 64) : ~UINT64_C(0);
    canvas->dsp = as_ras_dsp_select();
    canvas->short_segments = as_ras_short_table();
    size_t words = canvas->stride * height; /* at most 2^22 */
    canvas->bits = as_mem_calloc(words, sizeof(uint64_t));
    canvas->toggle = as_mem_calloc(words, sizeof(uint64_t));
    if (!canvas->bits || !canvas->toggle) {
        as_ras_destroy(canvas);
        return as_err_no_memory(error, words * 16, "a canvas's bits");
    }
    canvas->sampling = as_mem_calloc(1, sizeof(*canvas->sampling));
    if (!canvas->sampling) {
        as_ras_destroy(canvas);
        return as_err_no_memory(error, sizeof(*canvas->sampling), "a canvas's sampling tables");
    }
    *out_canvas = canvas;
    return AS_OK;
}

void as_ras_destroy(as_canvas *canvas)
{
    if (!canvas)
        return;
    as_mem_free(canvas->bits);
    as_mem_free(canvas->toggle);
    as_mem_free(canvas->sampling);
    as_mem_free(canvas->skip);
    as_mem_free(canvas->keys);
    as_mem_free(canvas);
}

void as_ras_clear(as_canvas *canvas)
{
    if (canvas->dirty_top < canvas->dirty_bottom)
        memset(canvas->bits + (size_t)canvas->dirty_top * canvas->stride, 0,
               (size_t)(canvas->dirty_bottom - canvas->dirty_top) * canvas->stride *
                   sizeof(uint64_t));
    canvas->dirty_top = canvas->height;
    canvas->dirty_bottom = 0;
    canvas->skip_clean = false; /* words known to be full are so for one frame */
}
