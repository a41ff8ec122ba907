/* SPDX-License-Identifier: MIT */
#include "wireframe.h"

#include <stdlib.h>

static bool is_degenerate(const float *a)
{
    const float ux = a[2] - a[0], uy = a[3] - a[1];
    const float vx = a[4] - a[0], vy = a[5] - a[1];
    const float twice = ux * vy - uy * vx;
    return !(twice > 0.0F || twice < 0.0F);
}

static void add_line(wireframe *w, const float *from, const float *to)
{
    float *line = w->lines + 4 * w->count++;
    line[0] = from[0];
    line[1] = from[1];
    line[2] = to[0];
    line[3] = to[1];
}

static bool reserve(wireframe *w, size_t lines)
{
    if (lines <= w->capacity)
        return true;
    float *grown = realloc(w->lines, lines * 4 * sizeof(*grown));
    if (!grown)
        return false;
    w->lines = grown;
    w->capacity = lines;
    return true;
}

bool wireframe_take(wireframe *w, const as_frame_info *strip)
{
    w->count = 0;
    if (!strip || strip->floats < 6)
        return true;
    const size_t triangles = (size_t)(strip->floats / 2) - 2;
    if (!reserve(w, 3 * triangles))
        return false;
    w->width = strip->width;
    w->height = strip->height;
    for (size_t i = 0; i < triangles; i++) {
        const float *a = strip->vertices + 2 * i;
        if (is_degenerate(a))
            continue;
        add_line(w, a, a + 2);
        add_line(w, a + 2, a + 4);
        add_line(w, a, a + 4);
    }
    return true;
}

void wireframe_free(wireframe *w)
{
    free(w->lines);
    *w = (wireframe){0};
}

wireframe_map wireframe_place(const wireframe *w, const scene *s)
{
    uint32_t first = 0;
    const uint32_t columns = scene_columns(w->width, s->eye, &first);
    wireframe_map m;
    m.scale_x = (float)s->shown.width / (float)columns;
    m.scale_y = (float)s->shown.height / (float)w->height;
    m.offset_x = (float)s->shown.x + (0.5F - (float)first) * m.scale_x;
    m.offset_y = (float)s->shown.y + 0.5F * m.scale_y;
    return m;
}
