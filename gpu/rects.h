/* SPDX-License-Identifier: MIT
 *
 * What has to be drawn to turn one bit canvas into another: runs of the pixels that differ, set
 * ones and clear ones apart, where rows repeat merged into rectangles.
 */
#ifndef AS_GPU_RECTS_H
#define AS_GPU_RECTS_H

#include "alphastream/raster.h"

#include <stdbool.h>

#define AS_RECT_SET 0x8000u /* in x0: the pixels become opaque; else transparent */

/* Pixels x0 .. x1 - 1 of rows y0 .. y1 - 1 of the canvas. All rectangles of one canvas are
 * disjoint. As it is uploaded. */
typedef struct as_rect {
    uint16_t x0, y0, x1, y1;
} as_rect;

/* Where rectangles go. `flush` is called when next == end and there is another one: it takes what
 * was written and makes room for one at least. */
typedef struct as_rect_sink {
    as_rect *next, *end;
    as_result (*flush)(struct as_rect_sink *sink, as_error *error);
    void *user;
} as_rect_sink;

/* Memory to work in, which grows to the widest canvas. Zeroed: none yet. */
typedef struct as_rect_scratch {
    struct as_open_run *runs; /* 4 lists of `width` runs */
    uint64_t *rows;           /* 2 rows of bits */
    uint32_t width;           /* the canvases it is enough for */
} as_rect_scratch;

void as_rects_free(as_rect_scratch *scratch);
/* Makes it enough for canvases of this width. */
as_result as_rects_reserve(as_rect_scratch *scratch, uint32_t width, as_error *error);

typedef struct as_rect_counts {
    uint64_t
        difference; /* runs of pixels that differ: no fewer than rectangles would come of them */
    uint64_t difference_pixels;
    uint64_t full; /* runs of opaque pixels of the canvas */
    uint64_t full_pixels;
    uint32_t first_row, end_row; /* rows that differ lie in [first_row, end_row); empty: equal */
} as_rect_counts;

/* Compares a canvas with what is shown: rows of (width + 63) / 64 words without gaps. */
as_rect_counts as_rects_count(const as_canvas_view *canvas, const uint64_t *shown);

/* Writes the rectangles that turn `shown` into `canvas`, rows counts->first_row to end_row, and
 * makes `shown` equal to `canvas`. The scratch is enough for the width. Errors: those of flush;
 * `shown` is then neither. */
as_result as_rects_write(as_rect_scratch *scratch, const as_canvas_view *canvas, uint64_t *shown,
                         const as_rect_counts *counts, as_rect_sink *sink, as_error *error);

#endif
