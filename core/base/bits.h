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

static inline uint32_t as_popcount64(uint64_t v)
{
#if defined(__GNUC__)
    return (uint32_t)__builtin_popcountll(v);
#else
    uint32_t n = 0;
    for (; v; v &= v - 1)
        n++;
    return n;
#endif
}

#endif
