/* SPDX-License-Identifier: MIT
 *
 * docs/raster.md written down as plainly as possible, sharing no code with the library: one byte a
 * pixel, crossings sorted and paired, every fraction exact. Slow.
 */
#ifndef TEST_NAIVE_RASTER_H
#define TEST_NAIVE_RASTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct naive_params {
    uint32_t width, height;               /* of the canvas drawn on */
    uint32_t source_width, source_height; /* 0: points stay as they are */
    bool parity;
} naive_params;

/* width * height bytes, 0 or 255, malloc'd. The payload must be well-formed. */
uint8_t *naive_raster(const uint8_t *payload, size_t size, const naive_params *params);
/* Nearest neighbour, malloc'd. */
uint8_t *naive_resize(const uint8_t *mask, uint32_t width, uint32_t height, uint32_t to_width,
                      uint32_t to_height);

#endif
