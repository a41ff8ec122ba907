/* SPDX-License-Identifier: MIT
 *
 * The edges of a triangle strip, as lines.
 */
#ifndef VIEWER_WIREFRAME_H
#define VIEWER_WIREFRAME_H

#include "scene.h"

#include <alphastream/frame.h>

#include <stdbool.h>
#include <stddef.h>

/* Lines of four floats each, x0, y0, x1, y1, in canvas pixels with pixel centres on integers. */
typedef struct wireframe {
    float *lines;
    size_t count;    /* lines */
    size_t capacity; /* lines there is memory for */
    uint32_t width;  /* of the canvas */
    uint32_t height; /* likewise */
} wireframe;

/* Takes the strip's triangles, without the degenerate ones that join its parts. NULL: no lines.
 * false: out of memory, no lines. */
bool wireframe_take(wireframe *w, const as_frame_info *strip);
void wireframe_free(wireframe *w);

/* How canvas coordinates become pixels of the target: pixel = offset + scale * coordinate. */
typedef struct wireframe_map {
    float offset_x, offset_y, scale_x, scale_y;
} wireframe_map;
wireframe_map wireframe_place(const wireframe *w, const scene *s);

#endif
