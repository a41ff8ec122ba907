/* SPDX-License-Identifier: MIT */
#include "core/raster/sampling.h"

#include "core/raster/r8.h"

#include <string.h>

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

static void set_words(as_ras_sampling *sampling)
{
    const uint32_t source_width = sampling->source_width, width = sampling->width;
    for (uint32_t w = 0; w < as_ras_stride(source_width); w++) {
        const uint32_t x = as_ras_column_of(64 * w, source_width, width);
        const uint32_t line = (x < width ? x : width - 1) / AS_RAS_LINE;
        const uint64_t next = (uint64_t)(line + 1) * AS_RAS_LINE; /* its first pixel, if any */
        const uint64_t bit = next * source_width / width - 64 * (uint64_t)w;
        sampling->word_line[w] = (uint8_t)line;
        sampling->word_split[w] = next < width && bit < 64 ? ~(~UINT64_C(0) << bit) : ~UINT64_C(0);
    }
}

/* Lines by bytes. Lines past the last one have no bits. */
static void set_line_windows(as_ras_sampling *sampling)
{
    const uint64_t source_width = sampling->source_width;
    const uint32_t width = sampling->width, window = sampling->window;
    const uint32_t bytes = (uint32_t)(as_ras_stride(sampling->source_width) * sizeof(uint64_t));
    const size_t count = as_ras_line_count(width), lines = window / 8;
    uint32_t base = 0;
    memset(sampling->line_bits, 0, sizeof(sampling->line_bits));
    memset(sampling->line_window, 0, sizeof(sampling->line_window));
    sampling->fit = true;
    for (size_t line = 0; line < count && sampling->fit; line++) {
        const uint32_t x = (uint32_t)line * AS_RAS_LINE;
        const uint32_t end = width - x < AS_RAS_LINE ? width : x + AS_RAS_LINE;
        const uint32_t first = (uint32_t)(x * source_width / width);
        const uint32_t last = (uint32_t)((end - 1) * source_width / width);
        const uint32_t byte = first / 8 < bytes - 8 ? first / 8 : bytes - 8;
        if (line % lines == 0) {
            base = byte < bytes - window ? byte : bytes - window;
            sampling->line_window[line / lines] = (uint16_t)base;
        }
        sampling->fit = last / 8 < byte + 8 && byte + 8 <= base + window;
        for (uint32_t k = 0; k < 8; k++)
            sampling->line_index[8 * line + k] = (uint8_t)(byte - base + k);
        sampling->line_bits[line] =
            ~UINT64_C(0) << (first - 8 * byte) % 64 & ~UINT64_C(0) >> (63 - (last - 8 * byte)) % 64;
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
    if (width < source_width)
        set_words(sampling);
    sampling->fit = false;
    if (window == 0)
        return;
    set_line_windows(sampling);
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
