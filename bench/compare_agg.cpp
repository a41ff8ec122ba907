/* SPDX-License-Identifier: MIT
 *
 * Anti-Grain Geometry: binary scanlines, solid spans of 8-bit grey.
 */
#include "compare.h"

#include <agg_pixfmt_gray.h>
#include <agg_rasterizer_scanline_aa.h>
#include <agg_renderer_base.h>
#include <agg_renderer_scanline.h>
#include <agg_rendering_buffer.h>
#include <agg_scanline_bin.h>

#include <cstring>
#include <new>

namespace
{

struct agg_state {
    agg_state(uint8_t *to, uint32_t width, uint32_t height)
        : buffer(to, width, height, static_cast<int>(width)), format(buffer), base(format),
          renderer(base), pixels(to), size(static_cast<size_t>(width) * height)
    {
        rasterizer.clip_box(0, 0, width, height);
        rasterizer.filling_rule(agg::fill_even_odd);
        renderer.color(agg::gray8(255, 255));
    }

    agg::rendering_buffer buffer;
    agg::pixfmt_gray8 format;
    agg::renderer_base<agg::pixfmt_gray8> base;
    agg::renderer_scanline_bin_solid<agg::renderer_base<agg::pixfmt_gray8>> renderer;
    agg::rasterizer_scanline_aa<agg::rasterizer_sl_clip_int> rasterizer;
    agg::scanline_bin scanline;
    uint8_t *pixels;
    size_t size;
};

void *agg_begin(uint8_t *pixels, uint32_t width, uint32_t height)
{
    return new (std::nothrow) agg_state(pixels, width, height);
}

void agg_end(void *self)
{
    delete static_cast<agg_state *>(self);
}

bool agg_draw(void *self, const compare_lines *lines)
{
    agg_state *s = static_cast<agg_state *>(self);
    std::memset(s->pixels, 0, s->size);
    for (size_t i = 0; i < lines->channels; i++) {
        const compare_point *points;
        const size_t count = compare_channel(lines, i, &points);
        s->rasterizer.reset();
        for (size_t k = 0; k < count; k++) { /* centres of pixels, in 256ths */
            const int x = 256 * points[k].x + 128, y = 256 * points[k].y + 128;
            if (k == 0)
                s->rasterizer.move_to(x, y);
            else
                s->rasterizer.line_to(x, y);
        }
        agg::render_scanlines(s->rasterizer, s->scanline, s->renderer);
    }
    return true;
}

} // namespace

extern "C" const compare_rasterizer compare_agg = {"agg",   false,    agg_begin,
                                                   nullptr, agg_draw, agg_end};
