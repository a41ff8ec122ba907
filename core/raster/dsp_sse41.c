/* SPDX-License-Identifier: MIT
 *
 * SSSE3 and SSE4.1, 16 bytes at a time; PCLMULQDQ at the end.
 *
 * bounds: eight steps a turn, as 16-bit offsets (x, y, x, y ..) from where a block of steps begins,
 * short enough that no offset leaves 16 bits. Two shifted additions make positions of four steps.
 * expand, sample: a shuffle puts the byte that holds its bit under each pixel; that bit alone,
 * compared with itself, is 0 or 255. Enlarging a row and reducing it up to seven times cost the
 * same. stream: stores that go to memory without reading it first, a cache line at a time. fill: v
 * * all ones, carry-less, is a word's prefix XOR; whether a word starts inverted is the XOR of the
 * last bits before it, so the products do not wait for each other. differ: two words, whose bits
 * compare with 0. find: a shuffle brings two lines the eight bytes each whose bits they show.
 * rewrite: expand's or sample's pixels, a line in four, to each of the rows that show it.
 *
 * Did not pay: bounds in 32-bit lanes (half as fast here; no faster in AVX2, 0.3 us of a frame's 10
 * in AVX-512), prefix sums of points' addresses for drawing (inside.c).
 */
#include "core/raster/dsp.h"

#if AS_ARCH_X86

#include "core/base/bits.h"

#include <immintrin.h>
#include <string.h>

#define SSE41 AS_TARGET("ssse3,sse4.1")
#define PCLMUL AS_TARGET("ssse3,sse4.1,pclmul")

/* ------------------------------------------------------------------------------------ bounds ---
 */

enum { BLOCK = 248 }; /* steps, in eights: 248 * 128 stays under 2^15 */

typedef struct block {
    __m128i at, least, most; /* offsets: x, y, x, y .. */
} block;

/* Four steps, x and y in turn. */
SSE41 static inline block add_steps(block b, __m128i steps)
{
    steps = _mm_add_epi16(steps, _mm_slli_si128(steps, 4));
    steps = _mm_add_epi16(steps, _mm_slli_si128(steps, 8));
    const __m128i at = _mm_add_epi16(b.at, steps);
    b.at = _mm_add_epi16(b.at, _mm_shuffle_epi32(steps, _MM_SHUFFLE(3, 3, 3, 3)));
    b.least = _mm_min_epi16(b.least, at);
    b.most = _mm_max_epi16(b.most, at);
    return b;
}

static inline int32_t min_i32(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static inline int32_t max_i32(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

SSE41 static inline void take_block(as_bounds *bounds, block b)
{
    b.least = _mm_min_epi16(b.least, _mm_srli_si128(b.least, 8));
    b.least = _mm_min_epi16(b.least, _mm_srli_si128(b.least, 4));
    b.most = _mm_max_epi16(b.most, _mm_srli_si128(b.most, 8));
    b.most = _mm_max_epi16(b.most, _mm_srli_si128(b.most, 4));
    const int32_t x = bounds->last_x, y = bounds->last_y;
    bounds->left = min_i32(bounds->left, x + (int16_t)_mm_extract_epi16(b.least, 0));
    bounds->top = min_i32(bounds->top, y + (int16_t)_mm_extract_epi16(b.least, 1));
    bounds->right = max_i32(bounds->right, x + (int16_t)_mm_extract_epi16(b.most, 0));
    bounds->bottom = max_i32(bounds->bottom, y + (int16_t)_mm_extract_epi16(b.most, 1));
    bounds->last_x = x + (int16_t)_mm_extract_epi16(b.at, 0);
    bounds->last_y = y + (int16_t)_mm_extract_epi16(b.at, 1);
}

SSE41 static inline uint64_t sum_halves(__m128i v)
{
    return (uint64_t)_mm_cvtsi128_si64(v) + (uint64_t)_mm_extract_epi64(v, 1);
}

SSE41 static void bounds_sse41(const uint8_t *steps, size_t count, as_bounds *bounds)
{
    const __m128i zero = _mm_setzero_si128(), low_bytes = _mm_set1_epi16(255);
    __m128i columns = zero, rows = zero, lengths = zero;
    while (count >= 8) {
        const size_t turns = (count < BLOCK ? count : BLOCK) / 8;
        block b = {zero, zero, zero};
        for (size_t i = 0; i < turns; i++, steps += 16) {
            const __m128i v = _mm_loadu_si128((const __m128i *)steps), size = _mm_abs_epi8(v);
            lengths = _mm_or_si128(lengths, size);
            columns = _mm_add_epi64(columns, _mm_sad_epu8(_mm_and_si128(size, low_bytes), zero));
            rows = _mm_add_epi64(rows, _mm_sad_epu8(_mm_srli_epi16(size, 8), zero));
            b = add_steps(b, _mm_cvtepi8_epi16(v));
            b = add_steps(b, _mm_cvtepi8_epi16(_mm_srli_si128(v, 8)));
        }
        take_block(bounds, b);
        count -= 8 * turns;
    }
    uint8_t each[16];
    _mm_storeu_si128((__m128i *)each, lengths);
    for (int i = 0; i < 16; i++)
        bounds->lengths |= each[i];
    bounds->columns += sum_halves(columns);
    bounds->rows += sum_halves(rows);
    as_ras_dsp_c.bounds(steps, count, bounds);
}

/* ---------------------------------------------------------------------------- bits to bytes ----
 */

/* 255 where the byte has its pixel's bit. */
SSE41 static inline __m128i pixels_of(__m128i bytes, __m128i mask)
{
    return _mm_cmpeq_epi8(_mm_and_si128(bytes, mask), mask);
}

SSE41 static inline void store_some(uint8_t *pixels, size_t count, __m128i v)
{
    uint8_t all[16];
    _mm_storeu_si128((__m128i *)all, v);
    memcpy(pixels, all, count);
}

/* Sixteen pixels of bytes `byte` and the next of a word. */
SSE41 static inline __m128i expand_two(__m128i word, int byte)
{
    const __m128i spread = _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    return pixels_of(_mm_shuffle_epi8(word, _mm_add_epi8(spread, _mm_set1_epi8((char)byte))),
                     _mm_set1_epi64x((long long)0x8040201008040201));
}

SSE41 static void expand_sse41(uint8_t *pixels, const uint64_t *bits, size_t width)
{
    for (; width >= 64; width -= 64, pixels += 64) {
        const __m128i word = _mm_loadl_epi64((const __m128i *)bits++);
        _mm_storeu_si128((__m128i *)pixels, expand_two(word, 0));
        _mm_storeu_si128((__m128i *)(pixels + 16), expand_two(word, 2));
        _mm_storeu_si128((__m128i *)(pixels + 32), expand_two(word, 4));
        _mm_storeu_si128((__m128i *)(pixels + 48), expand_two(word, 6));
    }
    for (int byte = 0; width > 0; byte += 2) {
        const size_t count = width < 16 ? width : 16;
        store_some(pixels, count, expand_two(_mm_loadl_epi64((const __m128i *)bits), byte));
        pixels += count;
        width -= count;
    }
}

/* Sixteen pixels from x on. */
SSE41 static inline __m128i sample_group(const uint8_t *bytes, const as_ras_sampling *sampling,
                                         size_t x)
{
    const __m128i window = _mm_loadu_si128((const __m128i *)(bytes + sampling->first[x / 16]));
    const __m128i index = _mm_loadu_si128((const __m128i *)(sampling->index + x));
    const __m128i mask = _mm_loadu_si128((const __m128i *)(sampling->mask + x));
    return pixels_of(_mm_shuffle_epi8(window, index), mask);
}

SSE41 static void sample_sse41(uint8_t *pixels, const uint64_t *bits,
                               const as_ras_sampling *sampling)
{
    const uint8_t *bytes = (const uint8_t *)bits;
    const size_t width = sampling->width;
    size_t x = 0;
    for (; x + 16 <= width; x += 16)
        _mm_storeu_si128((__m128i *)(pixels + x), sample_group(bytes, sampling, x));
    if (x < width)
        store_some(pixels + x, width - x, sample_group(bytes, sampling, x));
}

/* ----------------------------------------------------------------------------------- stream ----
 */

/* Whole lines, so that none is written in parts. */
SSE41 static void stream_sse41(uint8_t *pixels, const uint8_t *row, size_t size)
{
    const size_t before = (0 - (uintptr_t)pixels) % 64;
    size_t x = before < size ? before : size;
    memcpy(pixels, row, x);
    for (; size - x >= 64; x += 64) {
        const __m128i *from = (const __m128i *)(row + x);
        __m128i *to = (__m128i *)(pixels + x);
        const __m128i a = _mm_loadu_si128(from), b = _mm_loadu_si128(from + 1);
        const __m128i c = _mm_loadu_si128(from + 2), d = _mm_loadu_si128(from + 3);
        _mm_stream_si128(to, a);
        _mm_stream_si128(to + 1, b);
        _mm_stream_si128(to + 2, c);
        _mm_stream_si128(to + 3, d);
    }
    memcpy(pixels + x, row + x, size - x);
}

static void settle_sse41(void)
{
    _mm_sfence();
}

/* ---------------------------------------------------------------------------------- changes ----
 */

SSE41 static bool differ_sse41(uint64_t *shown, const uint64_t *bits, size_t words,
                               uint64_t *difference, uint64_t *changed)
{
    const __m128i zero = _mm_setzero_si128();
    uint64_t any = 0, set = 0;
    size_t w = 0;
    for (; w + 2 <= words; w += 2) {
        const __m128i v = _mm_xor_si128(_mm_loadu_si128((const __m128i *)(shown + w)),
                                        _mm_loadu_si128((const __m128i *)(bits + w)));
        const __m128i same = _mm_cmpeq_epi64(v, zero);
        const uint64_t differs = 3 ^ (uint32_t)_mm_movemask_pd(_mm_castsi128_pd(same));
        _mm_storeu_si128((__m128i *)(difference + w), v);
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

SSE41 static void find_sse41(const uint64_t *difference, const as_ras_sampling *sampling,
                             uint64_t *wanted)
{
    const uint8_t *bytes = (const uint8_t *)difference;
    const size_t count = as_ras_line_count(sampling->width);
    uint64_t set = 0;
    for (size_t line = 0; line < count; line += 2) {
        const __m128i window =
            _mm_loadu_si128((const __m128i *)(bytes + sampling->line_window[line / 2]));
        const __m128i index = _mm_loadu_si128((const __m128i *)(sampling->line_index + 8 * line));
        const __m128i mask = _mm_loadu_si128((const __m128i *)(sampling->line_bits + line));
        const __m128i v = _mm_and_si128(_mm_shuffle_epi8(window, index), mask);
        const __m128i none = _mm_cmpeq_epi64(v, _mm_setzero_si128());
        const uint64_t shows = 3 ^ (uint32_t)_mm_movemask_pd(_mm_castsi128_pd(none));
        set |= shows << line % 64;
        wanted[line / 64] = set;
        set = line % 64 == 62 ? 0 : set;
    }
}

/* Sixteen pixels from x on, of which there is at least one. */
SSE41 static inline __m128i pixels_from(const uint64_t *bits, const as_ras_sampling *sampling,
                                        size_t x)
{
    if (sampling->width == sampling->source_width)
        return expand_two(_mm_loadl_epi64((const __m128i *)(bits + x / 64)), (int)(x / 8 % 8));
    return sample_group((const uint8_t *)bits, sampling, x);
}

SSE41 static inline void put_pixels(const as_ras_lines *lines, size_t x, __m128i v)
{
    uint8_t *to = lines->pixels + x;
    for (size_t y = 0; y < lines->rows; y++, to += lines->stride)
        _mm_storeu_si128((__m128i *)to, v);
}

SSE41 static inline void stream_line(const as_ras_lines *lines, size_t x, const __m128i v[4])
{
    uint8_t *to = lines->pixels + x;
    for (size_t y = 0; y < lines->rows; y++, to += lines->stride)
        for (size_t i = 0; i < 4; i++)
            _mm_stream_si128((__m128i *)to + i, v[i]);
}

/* A line, or what there is of the last one. */
SSE41 static void put_line(const as_ras_lines *lines, const uint64_t *bits,
                           const as_ras_sampling *sampling, size_t x)
{
    const size_t width = sampling->width, end = width - x < AS_RAS_LINE ? width : x + AS_RAS_LINE;
    for (; x + 16 <= end; x += 16)
        put_pixels(lines, x, pixels_from(bits, sampling, x));
    for (size_t y = 0; x < end && y < lines->rows; y++)
        store_some(lines->pixels + y * lines->stride + x, end - x, pixels_from(bits, sampling, x));
}

SSE41 static void rewrite_sse41(const as_ras_lines *lines, const uint64_t *bits,
                                const as_ras_sampling *sampling)
{
    const size_t width = sampling->width;
    for (size_t first = 0; first < width; first += 64 * AS_RAS_LINE)
        for (uint64_t left = lines->wanted[first / (64 * AS_RAS_LINE)]; left; left &= left - 1) {
            const size_t x = first + (size_t)AS_RAS_LINE * as_ctz64(left);
            if (lines->past) {
                const __m128i v[4] = {
                    pixels_from(bits, sampling, x), pixels_from(bits, sampling, x + 16),
                    pixels_from(bits, sampling, x + 32), pixels_from(bits, sampling, x + 48)};
                stream_line(lines, x, v);
            } else {
                put_line(lines, bits, sampling, x);
            }
        }
}

void as_ras_dsp_sse41(as_ras_dsp *dsp)
{
    dsp->bounds = bounds_sse41;
    dsp->expand = expand_sse41;
    dsp->sample = sample_sse41;
    dsp->stream = stream_sse41;
    dsp->settle = settle_sse41;
    dsp->differ = differ_sse41;
    dsp->find = find_sse41;
    dsp->rewrite = rewrite_sse41;
    dsp->window = 16;
}

/* ------------------------------------------------------------------------------------- fill ----
 */

PCLMUL static inline uint64_t prefix_xor(uint64_t v)
{
    const __m128i ones = _mm_set1_epi64x(-1);
    return (uint64_t)_mm_cvtsi128_si64(
        _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)v), ones, 0));
}

PCLMUL static void fill_pclmul(uint64_t *bits, uint64_t *toggle, size_t stride, size_t words,
                               size_t rows, uint64_t last_mask)
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

void as_ras_dsp_pclmul(as_ras_dsp *dsp)
{
    dsp->fill = fill_pclmul;
}

#endif
