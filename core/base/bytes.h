/* SPDX-License-Identifier: MIT
 *
 * Little-endian integers in byte buffers of any alignment, on hosts of any byte order.
 */
#ifndef AS_BASE_BYTES_H
#define AS_BASE_BYTES_H

#include <stdint.h>

static inline uint16_t as_get_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t as_get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t as_get_u64(const uint8_t *p)
{
    return (uint64_t)as_get_u32(p) | (uint64_t)as_get_u32(p + 4) << 32;
}

static inline void as_put_u32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static inline void as_put_u64(uint8_t *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

#endif
