/* SPDX-License-Identifier: MIT
 *
 * Arithmetic on sizes from outside: false instead of a wrapped result.
 */
#ifndef AS_BASE_CHECKED_H
#define AS_BASE_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool as_add_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    *out = a + b;
    return *out >= a;
}

static inline bool as_mul_size(size_t a, size_t b, size_t *out)
{
    if (a != 0 && b > SIZE_MAX / a)
        return false;
    *out = a * b;
    return true;
}

#endif
