/* SPDX-License-Identifier: MIT
 *
 * Which bit of a canvas row each pixel of an output row shows, as tables for shuffling: pixels are
 * made in groups of `window`, from `window` bytes of the row that begin at first[group]; pixel x is
 * the bit mask[x] of byte index[x] of these.
 */
#ifndef AS_RASTER_SAMPLING_H
#define AS_RASTER_SAMPLING_H

#include "alphastream/raster.h"

#include <stdint.h>

enum { AS_RAS_LEAST_WINDOW = 16 };

typedef struct as_ras_sampling { /* what is loaded in vectors first, aligned as the whole is */
    uint8_t index[AS_SIZE_MAX_PIXELS];
    uint8_t mask[AS_SIZE_MAX_PIXELS];
    uint8_t row[AS_SIZE_MAX_PIXELS]; /* the user's, for a row of pixels */
    uint16_t first[AS_SIZE_MAX_PIXELS / AS_RAS_LEAST_WINDOW];
    uint32_t source_width, width;
    uint32_t window; /* 0: there are no tables */
} as_ras_sampling;

/* Makes the tables for rows of source_width bits and of `width` pixels and groups of `window`
 * pixels (16 or more), unless they are there. There are none where a group's bits span more than a
 * window, which begins at about 7 bits a pixel, where a canvas row is shorter than a window, and
 * for a window of 0. */
void as_ras_sampling_set(as_ras_sampling *sampling, uint32_t source_width, uint32_t width,
                         uint32_t window);

#endif
