/* SPDX-License-Identifier: MIT
 *
 * Cairo: an A8 image surface on the pixels, antialiasing off.
 */
#include "compare.h"

#include <cairo.h>
#include <stdlib.h>
#include <string.h>

typedef struct cairo_state {
    cairo_surface_t *surface;
    cairo_t *cairo;
    uint8_t *pixels;
    size_t size;
} cairo_state;

static void cairo_end(void *self)
{
    cairo_state *s = self;
    cairo_destroy(s->cairo);
    cairo_surface_destroy(s->surface);
    free(s);
}

static void *cairo_begin(uint8_t *pixels, uint32_t width, uint32_t height)
{
    if (cairo_format_stride_for_width(CAIRO_FORMAT_A8, (int)width) != (int)width)
        return NULL;
    cairo_state *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->pixels = pixels;
    s->size = (size_t)width * height;
    s->surface = cairo_image_surface_create_for_data(pixels, CAIRO_FORMAT_A8, (int)width,
                                                     (int)height, (int)width);
    s->cairo = cairo_create(s->surface);
    cairo_set_antialias(s->cairo, CAIRO_ANTIALIAS_NONE);
    cairo_set_fill_rule(s->cairo, CAIRO_FILL_RULE_EVEN_ODD);
    cairo_set_source_rgba(s->cairo, 0, 0, 0, 1);
    return s;
}

static bool cairo_draw(void *self, const compare_lines *lines)
{
    const cairo_state *s = self;
    cairo_t *cairo = s->cairo;
    cairo_surface_flush(s->surface);
    memset(s->pixels, 0, s->size);
    cairo_surface_mark_dirty(s->surface);
    for (size_t i = 0; i < lines->channels; i++) {
        const compare_point *points;
        const size_t count = compare_channel(lines, i, &points);
        cairo_new_path(cairo);
        for (size_t k = 0; k < count; k++) /* points are centres of pixels */
            cairo_line_to(cairo, points[k].x + 0.5, points[k].y + 0.5);
        cairo_close_path(cairo);
        cairo_fill(cairo);
    }
    cairo_surface_flush(s->surface);
    return cairo_status(cairo) == CAIRO_STATUS_SUCCESS;
}

const compare_rasterizer compare_cairo = {
    .name = "cairo", .open = cairo_begin, .draw = cairo_draw, .close = cairo_end};
