/* SPDX-License-Identifier: MIT */
#include "core/base/heap.h"

#include <malloc.h>

void *as_heap_alloc(size_t size, size_t alignment)
{
    return _aligned_malloc(size, alignment);
}

void as_heap_free(void *memory)
{
    _aligned_free(memory);
}
