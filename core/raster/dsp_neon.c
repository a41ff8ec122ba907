/* SPDX-License-Identifier: MIT
 *
 * NEON, 16 bytes at a time; PMULL at the end. Written after dsp_sse41.c.
 *
 * bounds: eight steps a turn, x and y apart, as 16-bit offsets from where a block of steps begins,
 * short enough that no offset leaves 16 bits; three shifted additions make positions of eight
 * steps. fill: two words; six shifts (1, 2, 4 .. 32) are the prefix XOR of each, the first one's
 * last bit inverts the second one. With PMULL, v * all ones, carry-less, is a word's prefix XOR.
 * expand, sample: a table lookup puts the byte that holds its bit under each pixel; a test of that
 * bit is 0 or 255. differ, find: two words, two lines at a time; rewrite: a line's pixels as
 * expand's or sample's, to each of the rows that show it. stream stays C's: whole lines that are
 * stored one after the other are not read first on these processors.
 */
#include "core/raster/dsp.h"

#if AS_ARCH_ARM64

#include "core/base/bits.h"

#include <arm_neon.h>
#include <string.h>

/* ------------------------------------------------------------------------------------ bounds ---
 */

enum { BLOCK = 248 }; /* steps, in eights: 248 * 128 stays under 2^15 */

typedef struct span {
    int16x8_t at, least, most; /* offsets along one axis; `at` is the same in all lanes */
    uint16x8_t length;         /* sums of sizes of steps */
    uint8x8_t lengths;         /* sizes, ORed */
} span;

static inline span add_steps(span s, int8x8_t steps)
{
    const int16x8_t zero = vdupq_n_s16(0);
    const uint8x8_t size = vreinterpret_u8_s8(vabs_s8(steps));
    int16x8_t v = vmovl_s8(steps);
    v = vaddq_s16(v, vextq_s16(zero, v, 7));
    v = vaddq_s16(v, vextq_s16(zero, v, 6));
    v = vaddq_s16(v, vextq_s16(zero, v, 4));
    v = vaddq_s16(v, s.at);
    s.at = vdupq_laneq_s16(v, 7);
    s.least = vminq_s16(s.least, v);
    s.most = vmaxq_s16(s.most, v);
    s.length = vaddw_u8(s.length, size);
    s.lengths = vorr_u8(s.lengths, size);
    return s;
}

/* A block's steps along one axis into that axis's part of the bounds. */
static inline void take_span(span s, int32_t *least, int32_t *most, int32_t *last, uint64_t *length,
                             uint32_t *lengths)
{
    const int32_t low = *last + vminvq_s16(s.least), high = *last + vmaxvq_s16(s.most);
    uint8_t each[8];
    *least = low < *least ? low : *least;
    *most = high > *most ? high : *most;
    *last += vgetq_lane_s16(s.at, 0);
    *length += vaddlvq_u16(s.length);
    vst1_u8(each, s.lengths);
    for (int i = 0; i < 8; i++)
        *lengths |= each[i];
}

static void bounds_neon(const uint8_t *steps, size_t count, as_bounds *bounds)
{
    const int16x8_t zero = vdupq_n_s16(0);
    const span start = {zero, zero, zero, vdupq_n_u16(0), vdup_n_u8(0)};
    as_bounds b = *bounds;
    while (count >= 8) {
        const size_t turns = (count < BLOCK ? count : BLOCK) / 8;
        span x = start, y = start;
        for (size_t i = 0; i < turns; i++, steps += 16) {
            const int8x8x2_t v = vld2_s8((const int8_t *)steps);
            x = add_steps(x, v.val[0]);
            y = add_steps(y, v.val[1]);
        }
        take_span(x, &b.left, &b.right, &b.last_x, &b.columns, &b.lengths);
        take_span(y, &b.top, &b.bottom, &b.last_y, &b.rows, &b.lengths);
        count -= 8 * turns;
    }
    *bounds = b;
    as_ras_dsp_c.bounds(steps, count, bounds);
}

/* ------------------------------------------------------------------------------------- fill ----
 */

static inline uint64x2_t prefix_xor_two(uint64x2_t v)
{
    v = veorq_u64(v, vshlq_n_u64(v, 1));
    v = veorq_u64(v, vshlq_n_u64(v, 2));
    v = veorq_u64(v, vshlq_n_u64(v, 4));
    v = veorq_u64(v, vshlq_n_u64(v, 8));
    v = veorq_u64(v, vshlq_n_u64(v, 16));
    return veorq_u64(v, vshlq_n_u64(v, 32));
}

/* All ones where a word's last bit is set. */
static inline uint64x2_t ends_of(uint64x2_t v)
{
    return vreinterpretq_u64_s64(vshrq_n_s64(vreinterpretq_s64_u64(v), 63));
}

static void fill_neon(uint64_t *bits, uint64_t *toggle, size_t stride, size_t words, size_t rows,
                      uint64_t last_mask)
{
    const uint64x2_t zero = vdupq_n_u64(0);
    for (;; bits += stride, toggle += stride) {
        uint64x2_t inverted = zero;
        size_t w = 0;
        for (; w + 2 <= words; w += 2) {
            uint64x2_t v = prefix_xor_two(vld1q_u64(toggle + w));
            v = veorq_u64(v, vextq_u64(zero, ends_of(v), 1));
            v = veorq_u64(v, inverted);
            inverted = vdupq_laneq_u64(ends_of(v), 1);
            vst1q_u64(bits + w, vorrq_u64(vld1q_u64(bits + w), v));
            vst1q_u64(toggle + w, zero);
        }
        if (w < words) {
            const uint64x2_t v = prefix_xor_two(vcombine_u64(vld1_u64(toggle + w), vdup_n_u64(0)));
            bits[w] |= vgetq_lane_u64(veorq_u64(v, inverted), 0);
            toggle[w] = 0;
        }
        bits[words - 1] &= last_mask;
        if (--rows == 0)
            return;
    }
}

/* ---------------------------------------------------------------------------- bits to bytes ----
 */

static inline void store_some(uint8_t *pixels, size_t count, uint8x16_t v)
{
    uint8_t all[16];
    vst1q_u8(all, v);
    memcpy(pixels, all, count);
}

/* Sixteen pixels of bytes `byte` and the next of a word. */
static inline uint8x16_t expand_two(uint8x16_t word, unsigned byte)
{
    const uint8x16_t spread = vcombine_u8(vdup_n_u8(0), vdup_n_u8(1));
    const uint8x16_t mask = vreinterpretq_u8_u64(vdupq_n_u64(UINT64_C(0x8040201008040201)));
    return vtstq_u8(vqtbl1q_u8(word, vaddq_u8(spread, vdupq_n_u8((uint8_t)byte))), mask);
}

static void expand_neon(uint8_t *pixels, const uint64_t *bits, size_t width)
{
    for (; width >= 64; width -= 64, pixels += 64) {
        const uint8x16_t word = vreinterpretq_u8_u64(vdupq_n_u64(*bits++));
        vst1q_u8(pixels, expand_two(word, 0));
        vst1q_u8(pixels + 16, expand_two(word, 2));
        vst1q_u8(pixels + 32, expand_two(word, 4));
        vst1q_u8(pixels + 48, expand_two(word, 6));
    }
    for (unsigned byte = 0; width > 0; byte += 2) {
        const size_t count = width < 16 ? width : 16;
        store_some(pixels, count, expand_two(vreinterpretq_u8_u64(vdupq_n_u64(*bits)), byte));
        pixels += count;
        width -= count;
    }
}

/* Sixteen pixels from x on. */
static inline uint8x16_t sample_group(const uint8_t *bytes, const as_ras_sampling *sampling,
                                      size_t x)
{
    const uint8x16_t window = vld1q_u8(bytes + sampling->first[x / 16]);
    return vtstq_u8(vqtbl1q_u8(window, vld1q_u8(sampling->index + x)),
                    vld1q_u8(sampling->mask + x));
}

static void sample_neon(uint8_t *pixels, const uint64_t *bits, const as_ras_sampling *sampling)
{
    const uint8_t *bytes = (const uint8_t *)bits;
    const size_t width = sampling->width;
    size_t x = 0;
    for (; x + 16 <= width; x += 16)
        vst1q_u8(pixels + x, sample_group(bytes, sampling, x));
    if (x < width)
        store_some(pixels + x, width - x, sample_group(bytes, sampling, x));
}

/* ---------------------------------------------------------------------------------- changes ----
 */

/* Bits 0 and 1: words in which the two have a bit in common. */
static inline uint64_t test_two(uint64x2_t a, uint64x2_t b)
{
    const uint64x2_t shows = vtstq_u64(a, b);
    return (vgetq_lane_u64(shows, 0) & 1) | (vgetq_lane_u64(shows, 1) & 2);
}

static bool differ_neon(uint64_t *shown, const uint64_t *bits, size_t words, uint64_t *difference,
                        uint64_t *changed)
{
    uint64_t any = 0, set = 0;
    size_t w = 0;
    for (; w + 2 <= words; w += 2) {
        const uint64x2_t v = veorq_u64(vld1q_u64(shown + w), vld1q_u64(bits + w));
        const uint64_t differs = test_two(v, v);
        vst1q_u64(difference + w, v);
        any |= differs;
        set |= differs << w % 64;
        changed[w / 64] = set;
        set = w % 64 == 62 ? 0 : set;
    }
    if (w < words) {
        difference[w] = shown[w] ^ bits[w];
        any |= difference[w];
        changed[w / 64] = set | (uint64_t)(difference[w] != 0) << w % 64;
    }
    if (any)
        memcpy(shown, bits, words * sizeof(*bits));
    return any != 0;
}

static void find_neon(const uint64_t *difference, const as_ras_sampling *sampling, uint64_t *wanted)
{
    const uint8_t *bytes = (const uint8_t *)difference;
    const size_t count = as_ras_line_count(sampling->width);
    uint64_t set = 0;
    for (size_t line = 0; line < count; line += 2) {
        const uint8x16_t window = vld1q_u8(bytes + sampling->line_window[line / 2]);
        const uint8x16_t v = vqtbl1q_u8(window, vld1q_u8(sampling->line_index + 8 * line));
        set |= test_two(vreinterpretq_u64_u8(v), vld1q_u64(sampling->line_bits + line))
               << line % 64;
        wanted[line / 64] = set;
        set = line % 64 == 62 ? 0 : set;
    }
}

/* Sixteen pixels from x on, of which there is at least one. */
static inline uint8x16_t pixels_from(const uint64_t *bits, const as_ras_sampling *sampling,
                                     size_t x)
{
    if (sampling->width == sampling->source_width)
        return expand_two(vreinterpretq_u8_u64(vdupq_n_u64(bits[x / 64])), (unsigned)(x / 8 % 8));
    return sample_group((const uint8_t *)bits, sampling, x);
}

/* A line, or what there is of the last one. */
static void put_line(const as_ras_lines *lines, const uint64_t *bits,
                     const as_ras_sampling *sampling, size_t x)
{
    const size_t width = sampling->width, end = width - x < AS_RAS_LINE ? width : x + AS_RAS_LINE;
    for (; x + 16 <= end; x += 16) {
        const uint8x16_t v = pixels_from(bits, sampling, x);
        for (size_t y = 0; y < lines->rows; y++)
            vst1q_u8(lines->pixels + y * lines->stride + x, v);
    }
    for (size_t y = 0; x < end && y < lines->rows; y++)
        store_some(lines->pixels + y * lines->stride + x, end - x, pixels_from(bits, sampling, x));
}

static void rewrite_neon(const as_ras_lines *lines, const uint64_t *bits,
                         const as_ras_sampling *sampling)
{
    const size_t width = sampling->width;
    for (size_t first = 0; first < width; first += 64 * AS_RAS_LINE)
        for (uint64_t left = lines->wanted[first / (64 * AS_RAS_LINE)]; left; left &= left - 1)
            put_line(lines, bits, sampling, first + (size_t)AS_RAS_LINE * as_ctz64(left));
}

void as_ras_dsp_neon(as_ras_dsp *dsp)
{
    dsp->bounds = bounds_neon;
    dsp->fill = fill_neon;
    dsp->expand = expand_neon;
    dsp->sample = sample_neon;
    dsp->differ = differ_neon;
    dsp->find = find_neon;
    dsp->rewrite = rewrite_neon;
    dsp->window = 16;
}

/* ------------------------------------------------------------------------------------ PMULL ----
 */

/* One instruction by hand: clang 14's arm_neon.h has it only where a whole file is compiled for it.
 */
static inline uint64_t prefix_xor(uint64_t v)
{
    uint64x2_t product = vdupq_n_u64(v);
    const uint64x2_t ones = vdupq_n_u64(~UINT64_C(0));
    __asm__(".arch_extension aes\n\tpmull %0.1q, %1.1d, %2.1d"
            : "=w"(product)
            : "w"(product), "w"(ones));
    return vgetq_lane_u64(product, 0);
}

static void fill_pmull(uint64_t *bits, uint64_t *toggle, size_t stride, size_t words, size_t rows,
                       uint64_t last_mask)
{
    for (;; bits += stride, toggle += stride) {
        uint64_t inverted = 0;
        for (size_t w = 0; w < words; w++) {
            const uint64_t v = prefix_xor(toggle[w]);
            bits[w] |= v ^ inverted;
            inverted ^= 0 - (v >> 63);
            toggle[w] = 0;
        }
        bits[words - 1] &= last_mask;
        if (--rows == 0)
            return;
    }
}

void as_ras_dsp_pmull(as_ras_dsp *dsp)
{
    dsp->fill = fill_pmull;
}

#endif
