/* SPDX-License-Identifier: MIT
 *
 * Bit counting, with compiler builtins where there are any.
 */
#ifndef AS_BASE_BITS_H
#define AS_BASE_BITS_H

#include <stdint.h>

/* Index of the lowest set bit; v is not 0. */
static inline uint32_t as_ctz64(uint64_t v)
{
#if defined(__GNUC__)
    return (uint32_t)__builtin_ctzll(v);
#else
    uint32_t n = 0;
    while (!(v & 1)) {
        v >>= 1;
        n++;
    }
    return n;
#endif
}

/* Not the compiler's own: without the instruction it is a call into its library. */
static inline uint32_t as_popcount64(uint64_t v)
{
    v -= v >> 1 & UINT64_C(0x5555555555555555);
    v = (v & UINT64_C(0x3333333333333333)) + (v >> 2 & UINT64_C(0x3333333333333333));
    v = (v + (v >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (uint32_t)(v * UINT64_C(0x0101010101010101) >> 56);
}

#endif
