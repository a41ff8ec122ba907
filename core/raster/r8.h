/* SPDX-License-Identifier: MIT
 *
 * Masks that are brought from what they show to the next canvas (r8_delta.c), and what that shares
 * with writing them in full (r8.c).
 */
#ifndef AS_RASTER_R8_H
#define AS_RASTER_R8_H

#include "core/raster/canvas.h"

/* What a mask in memory shows, remembered as the bits of the canvas that it was sampled from. */
typedef struct as_ras_shown as_ras_shown;

/* Bytes that remembering a canvas of this size takes. */
size_t as_ras_shown_bytes(uint32_t canvas_width, uint32_t canvas_height);
/* Nothing is known of the mask yet. NULL: out of memory. */
as_ras_shown *as_ras_shown_create(uint32_t canvas_width, uint32_t canvas_height);
/* NULL is ignored. */
void as_ras_shown_destroy(as_ras_shown *shown);
/* The mask is all 0, whatever was known of it. */
void as_ras_shown_blank(as_ras_shown *shown);

/* As as_ras_to_r8, onto a mask that shows `shown`, which then is this canvas (of the size that it
 * was created for). One `shown` belongs to one mask: the same memory, size and stride each time,
 * which nobody else writes. NULL: nothing is known of the mask, and nothing remembered. */
void as_ras_update_r8(const as_canvas *canvas, as_ras_shown *shown, uint8_t *pixels, uint32_t width,
                      uint32_t height, size_t stride);

/* r8.c: the rows of as_ras_to_r8 from `first` on. */
void as_ras_rows_to_r8(const as_canvas *canvas, uint8_t *pixels, uint32_t width, uint32_t height,
                       size_t stride, uint32_t first);

/* Does it pay to remember what a mask of this size shows? Not if the canvas is more than a quarter
 * of it, or its rows are not whole cache lines and it stays in the caches. */
bool as_ras_shown_pays(uint32_t canvas_width, uint32_t canvas_height, uint32_t width,
                       uint32_t height);

/* A run of a row costs about as much as this many pixels done one by one. */
enum { AS_RAS_PIXELS_PER_RUN = 32 };

/* Is a mask so large against the caches that it is written past them? */
static inline bool as_ras_is_large(uint32_t width, uint32_t height)
{
    return (uint64_t)width * height >= 4 << 20;
}

/* The first output column whose sample lies at or right of canvas column x: from
 * floor(column * canvas_width / width) >= x follows column >= ceil(x * width / canvas_width).
 * Likewise of rows. */
static inline uint32_t as_ras_column_of(uint32_t x, uint32_t canvas_width, uint32_t width)
{
    return (uint32_t)(((uint64_t)x * width + canvas_width - 1) / canvas_width);
}

#endif
