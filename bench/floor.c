/* SPDX-License-Identifier: MIT */
#include "floor.h"

#include "core/base/arch.h"
#include "core/cpu/cpu.h"

#include <string.h>

#if AS_ARCH_X86
#include <immintrin.h>
#endif

size_t floor_list(const floor_shape *s, const uint64_t *before, const uint64_t *after,
                  uint32_t *lines)
{
    size_t count = 0;
    for (size_t y = 0; y < s->height; y++) {
        const size_t row = y * s->canvas_height / s->height * s->stride;
        size_t x = 0;
        while (x < s->width) {
            const size_t from = x * s->canvas_width / s->width;
            const uint64_t change = before[row + from / 64] ^ after[row + from / 64];
            if (change == 0) { /* on to the first pixel of the next word */
                x = ((from / 64 + 1) * 64 * s->width + s->canvas_width - 1) / s->canvas_width;
            } else if (change >> from % 64 & 1) { /* on to the next line */
                lines[count++] = (uint32_t)((y * s->width + x) / FLOOR_LINE);
                x = (x / FLOOR_LINE + 1) * FLOOR_LINE;
            } else {
                x++;
            }
        }
    }
    return count;
}

#if AS_ARCH_X86

AS_TARGET("avx512f")
static void store_lines_avx512(uint8_t *pixels, const uint32_t *lines, size_t count)
{
    const __m512i v = _mm512_set1_epi32(0x01010101);
    for (size_t i = 0; i < count; i++)
        _mm512_stream_si512((__m512i *)(void *)(pixels + (size_t)lines[i] * FLOOR_LINE), v);
    _mm_sfence();
}

void floor_store(uint8_t *pixels, const uint32_t *lines, size_t count)
{
    const __m128i v = _mm_set1_epi8(1);
    if (as_cpu_features() & AS_CPU_AVX512) {
        store_lines_avx512(pixels, lines, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        __m128i *line = (__m128i *)(void *)(pixels + (size_t)lines[i] * FLOOR_LINE);
        for (int k = 0; k < FLOOR_LINE / 16; k++)
            _mm_stream_si128(line + k, v);
    }
    _mm_sfence();
}

#else

void floor_store(uint8_t *pixels, const uint32_t *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memset(pixels + (size_t)lines[i] * FLOOR_LINE, 1, FLOOR_LINE);
}

#endif
