/* SPDX-License-Identifier: MIT
 *
 * Every allocation of the library goes through here, so that a host can place it and a test can
 * make each one fail.
 */
#ifndef AS_BASE_MEM_H
#define AS_BASE_MEM_H

#include "alphastream/alphastream.h"

#define AS_MEM_ALIGN 64 /* every block: a cache line, enough for any SIMD load */

/* NULL when out of memory. Never call with size 0. */
void *as_mem_alloc(size_t size);
/* count * size zeroed bytes; NULL also when the product overflows. */
void *as_mem_calloc(size_t count, size_t size);
/* A block of new_size with the first used bytes of the old one, which is freed; NULL leaves the
 * old one as it was. */
void *as_mem_grow(void *memory, size_t used, size_t new_size);
/* A copy of a NUL-terminated string. */
char *as_mem_strdup(const char *text);
void as_mem_free(void *memory);

/* Blocks alive now. */
uint64_t as_mem_live(void);

as_result as_mem_set_allocator(const as_allocator *allocator);

#endif
