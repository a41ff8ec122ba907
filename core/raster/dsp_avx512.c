/* SPDX-License-Identifier: MIT
 *
 * AVX-512 with VBMI and GFNI, 64 bytes at a time; what a row has over is masked.
 *
 * fill: eight words. A product with a triangular matrix is the prefix XOR of each byte by itself
 * (GFNI); the bytes' top bits, 64 parities in a mask, times all ones, carry-less, tell which bytes
 * start inverted; the mask spread to bytes again is XORed in.
 * expand: a word is a mask, and one instruction spreads it to 64 bytes.
 * sample: a shuffle of 64 source bytes puts the one that holds its bit under each pixel; a test
 * gives the mask. stream: one store is one cache line.
 * differ: what a buffer showed was last touched some frames ago and comes from the last cache, so
 * it is fetched ahead; a group in which nothing differs is not stored. find: a shuffle brings eight
 * lines their eight bytes of bits each, and one test tells which of them show any. rewrite:
 * sample's or expand's vector, to each of the rows that show it.
 *
 * Did not pay: passing over words without toggles, or not storing zeros over zeros (the branches
 * cost what the memory saves); starting rows at a cache line (3 %). A scalar AND of a row's last
 * word after the masked store cost as much as the rest of the fill: the load waits for the store.
 * Lines one by one from the words that changed took three times find's time. Stores of changed
 * lines into the caches, at 2048 x 1024 and seven buffers: 33 us instead of 17. Storing what is
 * shown now by whole rows, in a second pass, took a tenth more; masked by what differs, a
 * twentieth.
 */
#include "core/raster/dsp.h"

#if AS_ARCH_X86

#include "core/base/bits.h"

#include <immintrin.h>
#include <string.h>

#define AVX512 AS_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,gfni,pclmul")

/* The lowest `count` bits, all from 64 on. */
static inline uint64_t low_bits(size_t count)
{
    return count >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << count) - 1;
}

AVX512 static inline uint64_t prefix_xor(uint64_t v)
{
    const __m128i ones = _mm_set1_epi64x(-1);
    return (uint64_t)_mm_cvtsi128_si64(
        _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)v), ones, 0));
}

/* Up to eight words; `keep` has their pixels. Returns all ones if the next word starts inside. */
AVX512 static inline uint64_t fill_group(uint64_t *bits, uint64_t *toggle, __mmask8 there,
                                         __m512i keep, uint64_t inverted)
{
    const __m512i t = _mm512_maskz_loadu_epi64(there, toggle);
    const __m512i v = _mm512_gf2p8affine_epi64_epi8(t, _mm512_set1_epi64(0x0103070f1f3f7fff), 0);
    const uint64_t ends = prefix_xor(_mm512_movepi8_mask(v)) ^ inverted;
    const __m512i starts = _mm512_movm_epi8(ends << 1 | (inverted & 1));
    /* v ^ starts | bits */
    const __m512i filled =
        _mm512_ternarylogic_epi64(v, starts, _mm512_maskz_loadu_epi64(there, bits), 0xBE);
    _mm512_mask_storeu_epi64(bits, there, _mm512_and_si512(filled, keep));
    _mm512_mask_storeu_epi64(toggle, there, _mm512_setzero_si512());
    return 0 - (ends >> 63);
}

AVX512 static void fill_avx512(uint64_t *bits, uint64_t *toggle, size_t stride, size_t words,
                               size_t rows, uint64_t last_mask)
{
    const size_t before = (words - 1) / 8 * 8, last = words - before; /* 1 .. 8 */
    const __mmask8 there = (__mmask8)low_bits(last);
    const __m512i ones = _mm512_set1_epi64(-1);
    const __m512i keep =
        _mm512_mask_set1_epi64(ones, (__mmask8)(1U << (last - 1)), (long long)last_mask);
    for (;; bits += stride, toggle += stride) {
        uint64_t inverted = 0;
        for (size_t w = 0; w < before; w += 8)
            inverted = fill_group(bits + w, toggle + w, 0xff, ones, inverted);
        fill_group(bits + before, toggle + before, there, keep, inverted);
        if (--rows == 0)
            return;
    }
}

AVX512 static void expand_avx512(uint8_t *pixels, const uint64_t *bits, size_t width)
{
    for (; width >= 64; width -= 64, pixels += 64)
        _mm512_storeu_si512(pixels, _mm512_movm_epi8(*bits++));
    if (width > 0)
        _mm512_mask_storeu_epi8(pixels, low_bits(width), _mm512_movm_epi8(*bits));
}

/* Pixels x .. x + 63; what lies past the width means nothing. */
AVX512 static inline __m512i sample_group(const uint64_t *bits, const as_ras_sampling *sampling,
                                          size_t x)
{
    const __m512i window = _mm512_loadu_si512((const uint8_t *)bits + sampling->first[x / 64]);
    const __m512i index = _mm512_loadu_si512(sampling->index + x);
    const __m512i mask = _mm512_loadu_si512(sampling->mask + x);
    return _mm512_movm_epi8(_mm512_test_epi8_mask(_mm512_permutexvar_epi8(index, window), mask));
}

AVX512 static void sample_avx512(uint8_t *pixels, const uint64_t *bits,
                                 const as_ras_sampling *sampling)
{
    const size_t width = sampling->width;
    for (size_t x = 0; x < width; x += 64) {
        const __m512i v = sample_group(bits, sampling, x);
        if (width - x >= 64)
            _mm512_storeu_si512(pixels + x, v);
        else
            _mm512_mask_storeu_epi8(pixels + x, low_bits(width - x), v);
    }
}

AVX512 static void stream_avx512(uint8_t *pixels, const uint8_t *row, size_t size)
{
    const size_t before = (0 - (uintptr_t)pixels) % 64;
    size_t x = before < size ? before : size;
    memcpy(pixels, row, x);
    for (; size - x >= 64; x += 64)
        _mm512_stream_si512((__m512i *)(pixels + x), _mm512_loadu_si512(row + x));
    memcpy(pixels + x, row + x, size - x);
}

static void settle_avx512(void)
{
    _mm_sfence();
}

/* ---------------------------------------------------------------------------------- changes ----
 */

enum { AHEAD = 2048 }; /* bytes, of rows that come next */

/* Of up to eight words, those that differ. */
AVX512 static inline uint64_t differ_group(uint64_t *shown, const uint64_t *bits, __mmask8 there,
                                           uint64_t *difference)
{
    _mm_prefetch((const char *)shown + AHEAD, _MM_HINT_T0);
    const __m512i next = _mm512_maskz_loadu_epi64(there, bits);
    const __m512i v = _mm512_xor_si512(_mm512_maskz_loadu_epi64(there, shown), next);
    const __mmask8 differs = _mm512_test_epi64_mask(v, v);
    _mm512_mask_storeu_epi64(difference, there, v);
    if (differs)
        _mm512_mask_storeu_epi64(shown, there, next);
    return differs;
}

AVX512 static bool differ_avx512(uint64_t *shown, const uint64_t *bits, size_t words,
                                 uint64_t *difference, uint64_t *changed)
{
    const size_t whole = words / 8 * 8;
    const __mmask8 rest = (__mmask8)low_bits(words % 8);
    uint64_t any = 0;
    for (size_t first = 0; first < words; first += 64) {
        const size_t end = whole - first < 64 ? whole : first + 64;
        uint64_t set = 0;
        size_t w = first;
        for (; w < end; w += 8)
            set |= differ_group(shown + w, bits + w, 0xff, difference + w) << (w - first);
        if (w - first < 64 && rest)
            set |= differ_group(shown + w, bits + w, rest, difference + w) << (w - first);
        changed[first / 64] = set;
        any |= set;
    }
    return any != 0;
}

AVX512 static void find_avx512(const uint64_t *difference, const as_ras_sampling *sampling,
                               uint64_t *wanted)
{
    const size_t count = as_ras_line_count(sampling->width);
    uint64_t set = 0;
    for (size_t line = 0; line < count; line += 8) {
        const uint8_t *from = (const uint8_t *)difference + sampling->line_window[line / 8];
        const __m512i index = _mm512_loadu_si512(sampling->line_index + 8 * line);
        const __m512i v = _mm512_permutexvar_epi8(index, _mm512_loadu_si512(from));
        const uint64_t shows =
            _mm512_test_epi64_mask(v, _mm512_loadu_si512(sampling->line_bits + line));
        set |= shows << line % 64;
        wanted[line / 64] = set;
        set = line % 64 == 56 ? 0 : set;
    }
}

AVX512 static inline void put_line(const as_ras_lines *lines, size_t x, size_t width, __m512i v)
{
    uint8_t *to = lines->pixels + x;
    if (lines->past)
        for (size_t y = 0; y < lines->rows; y++, to += lines->stride)
            _mm512_stream_si512((__m512i *)to, v);
    else if (width - x >= 64)
        for (size_t y = 0; y < lines->rows; y++, to += lines->stride)
            _mm512_storeu_si512(to, v);
    else
        for (size_t y = 0; y < lines->rows; y++, to += lines->stride)
            _mm512_mask_storeu_epi8(to, low_bits(width - x), v);
}

AVX512 static void rewrite_avx512(const as_ras_lines *lines, const uint64_t *bits,
                                  const as_ras_sampling *sampling)
{
    const size_t width = sampling->width;
    const bool same = width == sampling->source_width;
    for (size_t first = 0; first < width; first += 64 * AS_RAS_LINE)
        for (uint64_t left = lines->wanted[first / (64 * AS_RAS_LINE)]; left; left &= left - 1) {
            const size_t x = first + (size_t)AS_RAS_LINE * as_ctz64(left);
            put_line(lines, x, width,
                     same ? _mm512_movm_epi8(bits[x / 64]) : sample_group(bits, sampling, x));
        }
}

void as_ras_dsp_avx512(as_ras_dsp *dsp)
{
    dsp->fill = fill_avx512;
    dsp->expand = expand_avx512;
    dsp->sample = sample_avx512;
    dsp->stream = stream_avx512;
    dsp->settle = settle_avx512;
    dsp->differ = differ_avx512;
    dsp->find = find_avx512;
    dsp->rewrite = rewrite_avx512;
    dsp->window = 64;
}

#endif
