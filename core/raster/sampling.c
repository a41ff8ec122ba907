/* SPDX-License-Identifier: MIT */
#include "core/raster/sampling.h"

#include "core/raster/canvas.h"

/* 15 steps of 7 bits (63 for a window of 64), and up to 7 bits into the first byte: 112 bits (448).
 */
enum { MOST_BITS_PER_PIXEL = 7 };

static bool can_shuffle(uint32_t source_width, uint32_t width, uint32_t window)
{
    return window != 0 && as_ras_stride(source_width) * sizeof(uint64_t) >= window &&
           source_width <= (uint64_t)MOST_BITS_PER_PIXEL * width;
}

static void set_lines(as_ras_sampling *sampling)
{
    const uint64_t source_width = sampling->source_width;
    const uint32_t width = sampling->width;
    for (size_t line = 0; line < as_ras_line_count(width); line++) {
        const uint32_t x = (uint32_t)line * AS_RAS_LINE;
        const uint32_t end = width - x < AS_RAS_LINE ? width : x + AS_RAS_LINE;
        const uint32_t first = (uint32_t)(x * source_width / width);
        const uint32_t last = (uint32_t)((end - 1) * source_width / width);
        uint64_t from = ~UINT64_C(0) << first % 64, to = ~UINT64_C(0) >> (63 - last % 64);
        if (first / 64 == last / 64)
            from = to = from & to;
        sampling->line_first[line] = (uint8_t)(first / 64);
        sampling->line_last[line] = (uint8_t)(last / 64);
        sampling->line_first_mask[line] = from;
        sampling->line_last_mask[line] = to;
    }
}

void as_ras_sampling_set(as_ras_sampling *sampling, uint32_t source_width, uint32_t width,
                         uint32_t window)
{
    if (!can_shuffle(source_width, width, window))
        window = 0;
    if (sampling->source_width == source_width && sampling->width == width &&
        sampling->window == window)
        return;
    sampling->source_width = source_width;
    sampling->width = width;
    sampling->window = window;
    set_lines(sampling);
    if (window == 0)
        return;
    const uint32_t last_first = (uint32_t)(as_ras_stride(source_width) * sizeof(uint64_t)) - window;
    uint32_t first = 0;
    for (uint32_t x = 0; x < width; x++) {
        const uint32_t source = (uint32_t)((uint64_t)x * source_width / width);
        if (x % window == 0) {
            first = source / 8 < last_first ? source / 8 : last_first;
            sampling->first[x / window] = (uint16_t)first;
        }
        sampling->index[x] = (uint8_t)(source / 8 - first);
        sampling->mask[x] = (uint8_t)(1U << source % 8);
    }
}
