/* SPDX-License-Identifier: MIT
 *
 * AVX2, 32 bytes at a time.
 *
 * fill: four words. The prefix XOR of each byte by itself is looked up by its two halves; its top
 * bit is the parity of the byte's toggles. These 32 bits times all ones, carry-less, tell which
 * bytes start inverted; spread to bytes again, that is XORed in. One bit goes from four words to
 * the next four. Words past the last four go one by one, by PCLMULQDQ. expand, sample, stream: as
 * SSE4.1's, two shuffles of 16 bytes in one. differ, find, rewrite: four words, four lines, half a
 * line.
 *
 * Did not pay: rows run by run with memset where there are few (within a tenth of this from the
 * canvas's size on, half as fast below, at the mercy of the content); bounds (dsp_sse41.c).
 */
#include "core/raster/dsp.h"

#if AS_ARCH_X86

#include "core/base/bits.h"

#include <immintrin.h>
#include <string.h>

#define AVX2 AS_TARGET("avx2,pclmul")

/* 255 where the byte has its pixel's bit. */
AVX2 static inline __m256i pixels_of(__m256i bytes, __m256i mask)
{
    return _mm256_cmpeq_epi8(_mm256_and_si256(bytes, mask), mask);
}

/* 32 pixels from bytes `byte` and the next three of each half. */
AVX2 static inline __m256i expand_four(__m256i halves, int byte)
{
    const __m256i spread = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2,
                                            2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    const __m256i index = _mm256_add_epi8(spread, _mm256_set1_epi8((char)byte));
    return pixels_of(_mm256_shuffle_epi8(halves, index),
                     _mm256_set1_epi64x((long long)0x8040201008040201));
}

/* ------------------------------------------------------------------------------------- fill ----
 */

AVX2 static inline uint64_t prefix_xor(uint64_t v)
{
    const __m128i ones = _mm_set1_epi64x(-1);
    return (uint64_t)_mm_cvtsi128_si64(
        _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)v), ones, 0));
}

/* The prefix XOR of each byte by itself. */
AVX2 static inline __m256i prefix_xor_bytes(__m256i v)
{
    const __m256i low = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0x00, (char)0xff, (char)0xfe, 0x01, (char)0xfc, 0x03, 0x02, (char)0xfd,
                      (char)0xf8, 0x07, 0x06, (char)0xf9, 0x04, (char)0xfb, (char)0xfa, 0x05));
    const __m256i high = _mm256_slli_epi16(low, 4); /* bytes' low halves are cut off below */
    const __m256i halves = _mm256_set1_epi8(15);
    const __m256i from_low = _mm256_shuffle_epi8(low, _mm256_and_si256(v, halves));
    const __m256i from_high = _mm256_shuffle_epi8(
        _mm256_andnot_si256(halves, high), _mm256_and_si256(_mm256_srli_epi16(v, 4), halves));
    return _mm256_xor_si256(from_low, from_high);
}

AVX2 static void fill_avx2(uint64_t *bits, uint64_t *toggle, size_t stride, size_t words,
                           size_t rows, uint64_t last_mask)
{
    for (;; bits += stride, toggle += stride) {
        uint32_t inverted = 0; /* all ones inside */
        size_t w = 0;
        for (; w + 4 <= words; w += 4) {
            const __m256i v = prefix_xor_bytes(_mm256_loadu_si256((const __m256i *)(toggle + w)));
            const uint32_t ends =
                (uint32_t)prefix_xor((uint32_t)_mm256_movemask_epi8(v)) ^ inverted;
            const __m256i starts =
                expand_four(_mm256_set1_epi32((int)(ends << 1 | (inverted & 1))), 0);
            __m256i *to = (__m256i *)(bits + w);
            _mm256_storeu_si256(
                to, _mm256_or_si256(_mm256_loadu_si256(to), _mm256_xor_si256(v, starts)));
            _mm256_storeu_si256((__m256i *)(toggle + w), _mm256_setzero_si256());
            inverted = 0 - (ends >> 31);
        }
        uint64_t inside = (uint64_t)0 - (inverted & 1);
        for (; w < words; w++) {
            const uint64_t v = prefix_xor(toggle[w]);
            bits[w] |= v ^ inside;
            inside ^= 0 - (v >> 63);
            toggle[w] = 0;
        }
        bits[words - 1] &= last_mask;
        if (--rows == 0)
            return;
    }
}

/* ---------------------------------------------------------------------------- bits to bytes ----
 */

AVX2 static inline void store_some(uint8_t *pixels, size_t count, __m256i v)
{
    uint8_t all[32];
    _mm256_storeu_si256((__m256i *)all, v);
    memcpy(pixels, all, count);
}

AVX2 static void expand_avx2(uint8_t *pixels, const uint64_t *bits, size_t width)
{
    for (; width >= 64; width -= 64, pixels += 64) {
        const __m256i word = _mm256_set1_epi64x((long long)*bits++);
        _mm256_storeu_si256((__m256i *)pixels, expand_four(word, 0));
        _mm256_storeu_si256((__m256i *)(pixels + 32), expand_four(word, 4));
    }
    for (int byte = 0; width > 0; byte += 4) {
        const size_t count = width < 32 ? width : 32;
        store_some(pixels, count, expand_four(_mm256_set1_epi64x((long long)*bits), byte));
        pixels += count;
        width -= count;
    }
}

/* 32 pixels from x on; `second` is where the window of the latter half begins. */
AVX2 static inline __m256i sample_groups(const uint8_t *bytes, const as_ras_sampling *sampling,
                                         size_t x, size_t second)
{
    const __m256i windows = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(bytes + sampling->first[x / 16]))),
        _mm_loadu_si128((const __m128i *)(bytes + second)), 1);
    const __m256i index = _mm256_loadu_si256((const __m256i *)(sampling->index + x));
    const __m256i mask = _mm256_loadu_si256((const __m256i *)(sampling->mask + x));
    return pixels_of(_mm256_shuffle_epi8(windows, index), mask);
}

AVX2 static void sample_avx2(uint8_t *pixels, const uint64_t *bits, const as_ras_sampling *sampling)
{
    const uint8_t *bytes = (const uint8_t *)bits;
    const uint16_t *first = sampling->first;
    const size_t width = sampling->width;
    size_t x = 0;
    for (; x + 32 <= width; x += 32)
        _mm256_storeu_si256((__m256i *)(pixels + x),
                            sample_groups(bytes, sampling, x, first[x / 16 + 1]));
    if (x < width)
        store_some(pixels + x, width - x,
                   sample_groups(bytes, sampling, x, first[(width - 1) / 16]));
}

/* Whole lines, so that none is written in parts. */
AVX2 static void stream_avx2(uint8_t *pixels, const uint8_t *row, size_t size)
{
    const size_t before = (0 - (uintptr_t)pixels) % 64;
    size_t x = before < size ? before : size;
    memcpy(pixels, row, x);
    for (; size - x >= 64; x += 64) {
        const __m256i *from = (const __m256i *)(row + x);
        __m256i *to = (__m256i *)(pixels + x);
        const __m256i a = _mm256_loadu_si256(from), b = _mm256_loadu_si256(from + 1);
        _mm256_stream_si256(to, a);
        _mm256_stream_si256(to + 1, b);
    }
    memcpy(pixels + x, row + x, size - x);
}

static void settle_avx2(void)
{
    _mm_sfence();
}

/* ---------------------------------------------------------------------------------- changes ----
 */

AVX2 static bool differ_avx2(uint64_t *shown, const uint64_t *bits, size_t words,
                             uint64_t *difference, uint64_t *changed)
{
    const __m256i zero = _mm256_setzero_si256();
    uint64_t any = 0, set = 0;
    size_t w = 0;
    for (; w + 4 <= words; w += 4) {
        const __m256i v = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(shown + w)),
                                           _mm256_loadu_si256((const __m256i *)(bits + w)));
        const __m256i same = _mm256_cmpeq_epi64(v, zero);
        const uint64_t differs = 15 ^ (uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(same));
        _mm256_storeu_si256((__m256i *)(difference + w), v);
        any |= differs;
        set |= differs << w % 64;
        changed[w / 64] = set;
        set = w % 64 == 60 ? 0 : set;
    }
    for (; w < words; w++) {
        difference[w] = shown[w] ^ bits[w];
        any |= difference[w];
        set |= (uint64_t)(difference[w] != 0) << w % 64;
        changed[w / 64] = set;
    }
    if (any)
        memcpy(shown, bits, words * sizeof(*bits));
    return any != 0;
}

AVX2 static void find_avx2(const uint64_t *difference, const as_ras_sampling *sampling,
                           uint64_t *wanted)
{
    const uint8_t *bytes = (const uint8_t *)difference;
    const size_t count = as_ras_line_count(sampling->width);
    uint64_t set = 0;
    for (size_t line = 0; line < count; line += 4) {
        const uint16_t *window = sampling->line_window + line / 2;
        const __m256i windows = _mm256_inserti128_si256(
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(bytes + window[0]))),
            _mm_loadu_si128((const __m128i *)(bytes + window[1])), 1);
        const __m256i index =
            _mm256_loadu_si256((const __m256i *)(sampling->line_index + 8 * line));
        const __m256i mask = _mm256_loadu_si256((const __m256i *)(sampling->line_bits + line));
        const __m256i v = _mm256_and_si256(_mm256_shuffle_epi8(windows, index), mask);
        const __m256i none = _mm256_cmpeq_epi64(v, _mm256_setzero_si256());
        const uint64_t shows = 15 ^ (uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(none));
        set |= shows << line % 64;
        wanted[line / 64] = set;
        set = line % 64 == 60 ? 0 : set;
    }
}

/* 32 pixels from x on, of which there is at least one. */
AVX2 static inline __m256i pixels_from(const uint64_t *bits, const as_ras_sampling *sampling,
                                       size_t x)
{
    if (sampling->width == sampling->source_width)
        return expand_four(_mm256_set1_epi64x((long long)bits[x / 64]), (int)(x / 8 % 8));
    const size_t second = x + 16 < sampling->width ? x / 16 + 1 : x / 16;
    return sample_groups((const uint8_t *)bits, sampling, x, sampling->first[second]);
}

AVX2 static inline void put_line(const as_ras_lines *lines, size_t x, __m256i a, __m256i b)
{
    uint8_t *to = lines->pixels + x;
    for (size_t y = 0; y < lines->rows; y++, to += lines->stride) {
        if (lines->past) {
            _mm256_stream_si256((__m256i *)to, a);
            _mm256_stream_si256((__m256i *)(to + 32), b);
        } else {
            _mm256_storeu_si256((__m256i *)to, a);
            _mm256_storeu_si256((__m256i *)(to + 32), b);
        }
    }
}

/* The last line, which is no whole one. */
AVX2 static void put_rest(const as_ras_lines *lines, const uint64_t *bits,
                          const as_ras_sampling *sampling, size_t x)
{
    const size_t count = sampling->width - x;
    uint8_t *to = lines->pixels + x;
    for (size_t y = 0; y < lines->rows; y++, to += lines->stride) {
        store_some(to, count < 32 ? count : 32, pixels_from(bits, sampling, x));
        if (count > 32)
            store_some(to + 32, count - 32, pixels_from(bits, sampling, x + 32));
    }
}

AVX2 static void rewrite_avx2(const as_ras_lines *lines, const uint64_t *bits,
                              const as_ras_sampling *sampling)
{
    const size_t width = sampling->width;
    for (size_t first = 0; first < width; first += 64 * AS_RAS_LINE)
        for (uint64_t left = lines->wanted[first / (64 * AS_RAS_LINE)]; left; left &= left - 1) {
            const size_t x = first + (size_t)AS_RAS_LINE * as_ctz64(left);
            if (width - x < AS_RAS_LINE)
                put_rest(lines, bits, sampling, x);
            else
                put_line(lines, x, pixels_from(bits, sampling, x),
                         pixels_from(bits, sampling, x + 32));
        }
}

void as_ras_dsp_avx2(as_ras_dsp *dsp)
{
    dsp->fill = fill_avx2;
    dsp->expand = expand_avx2;
    dsp->sample = sample_avx2;
    dsp->stream = stream_avx2;
    dsp->settle = settle_avx2;
    dsp->differ = differ_avx2;
    dsp->find = find_avx2;
    dsp->rewrite = rewrite_avx2;
    dsp->window = 16;
}

#endif
