/* SPDX-License-Identifier: MIT
 *
 * The inner loops in plain C.
 *
 * fill: bit x of a prefix XOR is the parity of the toggles at 0 .. x. Within a word that is six
 * shifts (1, 2, 4 .. 32); its last bit says whether the next word starts inverted. Most words hold
 * no toggle: they are all 0 or all 1 and need no shifts.
 *
 * expand: a byte times 0x0101010101010101 puts a copy of its 8 bits into each of 8 bytes; the mask
 * keeps bit i in byte i; adding 0x7f to each byte carries "not 0" into its top bit.
 */
#include "core/raster/dsp.h"

#include "core/base/bits.h"
#include "core/base/bytes.h"

#include <string.h>

static inline int32_t min_i32(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static inline int32_t max_i32(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static void bounds_c(const uint8_t *steps, size_t count, as_bounds *bounds)
{
    as_bounds b = *bounds;
    int32_t x = b.last_x, y = b.last_y;
    uint64_t rows = 0, columns = 0;
    uint32_t lengths = 0;
    for (; count > 0; count--, steps += 2) {
        const int32_t dx = (int8_t)steps[0], dy = (int8_t)steps[1];
        const uint32_t wide = (uint32_t)(dx < 0 ? -dx : dx), high = (uint32_t)(dy < 0 ? -dy : dy);
        x += dx;
        y += dy;
        columns += wide;
        rows += high;
        lengths |= wide | high; /* as far as 1 and more than 1 go */
        b.left = min_i32(b.left, x);
        b.right = max_i32(b.right, x);
        b.top = min_i32(b.top, y);
        b.bottom = max_i32(b.bottom, y);
    }
    b.last_x = x;
    b.last_y = y;
    b.rows += rows;
    b.columns += columns;
    b.lengths |= lengths;
    *bounds = b;
}

static inline uint64_t prefix_xor(uint64_t v)
{
    v ^= v << 1;
    v ^= v << 2;
    v ^= v << 4;
    v ^= v << 8;
    v ^= v << 16;
    v ^= v << 32;
    return v;
}

static void fill_c(uint64_t *bits, uint64_t *toggle, size_t stride, size_t words, size_t rows,
                   uint64_t last_mask)
{
    for (;; bits += stride, toggle += stride) {
        uint64_t inverted = 0; /* all ones inside */
        for (size_t w = 0; w < words; w++) {
            if (toggle[w] == 0) {
                bits[w] |= inverted;
                continue;
            }
            const uint64_t v = prefix_xor(toggle[w]) ^ inverted;
            toggle[w] = 0;
            bits[w] |= v;
            inverted = (uint64_t)0 - (v >> 63);
        }
        bits[words - 1] &= last_mask;
        if (--rows == 0)
            return;
    }
}

static inline uint64_t spread(uint64_t byte)
{
    const uint64_t v = (byte * UINT64_C(0x0101010101010101)) & UINT64_C(0x8040201008040201);
    const uint64_t top = (v | (v + UINT64_C(0x7f7f7f7f7f7f7f7f))) & UINT64_C(0x8080808080808080);
    return (top >> 7) * 255;
}

static void expand_c(uint8_t *pixels, const uint64_t *bits, size_t width)
{
    size_t x = 0;
    for (; x + 8 <= width; x += 8)
        as_put_u64(pixels + x, spread(bits[x / 64] >> (x % 64) & 255));
    for (; x < width; x++)
        pixels[x] = (uint8_t)(0 - (bits[x / 64] >> (x % 64) & 1));
}

/* Pixels x .. x + count - 1: floor(x * source_width / width) by a quotient and a remainder that
 * step. */
static inline void sample_some(uint8_t *pixels, const uint64_t *bits,
                               const as_ras_sampling *sampling, uint32_t x, uint32_t count)
{
    const uint32_t source_width = sampling->source_width, width = sampling->width;
    const uint32_t step = source_width / width, rest = source_width % width;
    uint32_t source = (uint32_t)((uint64_t)x * source_width / width);
    uint32_t frac = (uint32_t)((uint64_t)x * source_width % width);
    for (uint32_t i = 0; i < count; i++) {
        pixels[i] = (uint8_t)(0 - (bits[source / 64] >> (source % 64) & 1));
        source += step;
        frac += rest;
        if (frac >= width) {
            frac -= width;
            source++;
        }
    }
}

static void sample_c(uint8_t *pixels, const uint64_t *bits, const as_ras_sampling *sampling)
{
    sample_some(pixels, bits, sampling, 0, sampling->width);
}

static void stream_c(uint8_t *pixels, const uint8_t *row, size_t size)
{
    memcpy(pixels, row, size);
}

static void settle_c(void)
{
}

static bool differ_c(uint64_t *shown, const uint64_t *bits, size_t words, uint64_t *difference,
                     uint64_t *changed)
{
    uint64_t any = 0;
    memset(changed, 0, (words + 63) / 64 * sizeof(*changed));
    for (size_t w = 0; w < words; w++) {
        const uint64_t v = shown[w] ^ bits[w];
        changed[w / 64] |= (uint64_t)(v != 0) << w % 64;
        difference[w] = v;
        shown[w] = bits[w];
        any |= v;
    }
    return any != 0;
}

/* For rows of fewer pixels than bits. */
static void find_by_words(const uint64_t *difference, const as_ras_sampling *s,
                          const uint64_t *changed, uint64_t *wanted)
{
    for (size_t first = 0; first < s->source_width; first += 64 * 64)
        for (uint64_t left = changed[first / (64 * 64)]; left; left &= left - 1) {
            const size_t w = first / 64 + as_ctz64(left), line = s->word_line[w];
            const uint64_t here = difference[w] & s->word_split[w];
            const uint64_t after = difference[w] & ~s->word_split[w];
            wanted[line / 64] |= (uint64_t)(here != 0) << line % 64;
            if (after)
                wanted[(line + 1) / 64] |= UINT64_C(1) << (line + 1) % 64;
        }
}

static void find_c(const uint64_t *difference, const as_ras_sampling *s, uint64_t *wanted)
{
    const size_t count = as_ras_line_count(s->width);
    uint64_t changed[AS_RAS_SET_WORDS];
    memcpy(changed, wanted, ((size_t)s->source_width + 4095) / 4096 * sizeof(*changed));
    memset(wanted, 0, (count + 63) / 64 * sizeof(*wanted));
    if (s->width < s->source_width) {
        find_by_words(difference, s, changed, wanted);
        return;
    }
    for (size_t line = 0; line < count; line++) {
        const size_t first = s->line_first[line], last = s->line_last[line];
        uint64_t v = (difference[first] & s->line_first_mask[line]) |
                     (difference[last] & s->line_last_mask[line]);
        for (size_t w = first + 1; w < last; w++)
            v |= difference[w];
        wanted[line / 64] |= (uint64_t)(v != 0) << line % 64;
    }
}

static void rewrite_line(const as_ras_lines *lines, const uint64_t *bits,
                         const as_ras_sampling *sampling, uint32_t x)
{
    const uint32_t left = sampling->width - x, count = left < AS_RAS_LINE ? left : AS_RAS_LINE;
    uint8_t *first = lines->pixels + x;
    if (sampling->width == sampling->source_width)
        expand_c(first, bits + x / 64, count);
    else
        sample_some(first, bits, sampling, x, count);
    for (size_t y = 1; y < lines->rows; y++)
        memcpy(first + y * lines->stride, first, count);
}

static void rewrite_c(const as_ras_lines *lines, const uint64_t *bits,
                      const as_ras_sampling *sampling)
{
    const size_t count = as_ras_line_count(sampling->width);
    for (size_t line = 0; line < count; line++)
        if (lines->wanted[line / 64] >> line % 64 & 1)
            rewrite_line(lines, bits, sampling, (uint32_t)line * AS_RAS_LINE);
}

const as_ras_dsp as_ras_dsp_c = {.bounds = bounds_c,
                                 .fill = fill_c,
                                 .expand = expand_c,
                                 .sample = sample_c,
                                 .stream = stream_c,
                                 .settle = settle_c,
                                 .differ = differ_c,
                                 .find = find_c,
                                 .rewrite = rewrite_c};
