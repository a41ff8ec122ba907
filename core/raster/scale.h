/* SPDX-License-Identifier: MIT
 *
 * "vector" mode: points live on one canvas and are drawn on another (docs/raster.md, "Size").
 */
#ifndef AS_RASTER_SCALE_H
#define AS_RASTER_SCALE_H

#include <stdint.h>

/* x' = trunc(x * to_width / from_width), y' likewise. A NULL scale: points stay as they are. */
typedef struct as_scale {
    uint32_t from_width, from_height;
    uint32_t to_width, to_height;
} as_scale;

/* |v| < 2^31 and both sizes at most 2^14: the product fits. C's division truncates toward zero. */
static inline int64_t as_scale_x(const as_scale *s, int64_t x)
{
    return x * s->to_width / s->from_width;
}

static inline int64_t as_scale_y(const as_scale *s, int64_t y)
{
    return y * s->to_height / s->from_height;
}

#endif
