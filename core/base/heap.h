/* SPDX-License-Identifier: MIT
 *
 * The system's memory: what mem.h hands out where the host named no allocator.
 */
#ifndef AS_BASE_HEAP_H
#define AS_BASE_HEAP_H

#include <stddef.h>

/* NULL: there is none. `alignment`: a power of two, at least that of a pointer. Thread-safe. */
void *as_heap_alloc(size_t size, size_t alignment);
void as_heap_free(void *memory); /* NULL is ignored */

#endif
