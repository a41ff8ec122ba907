/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* madvise */
#endif

#include "core/base/heap.h"

#include <stdbool.h>
#include <stdlib.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#define HUGE_PAGE ((size_t)2 << 20)

/* Lines written here and there over a large mask lie on many pages: with huge ones that is an
 * eighth to a fifth of its time. */
void *as_heap_alloc(size_t size, size_t alignment)
{
    void *memory = NULL;
    const bool huge = size >= 2 * HUGE_PAGE;
    if (posix_memalign(&memory, huge ? HUGE_PAGE : alignment, size) != 0)
        return NULL;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (huge)
        (void)madvise(memory, size / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
    return memory;
}

void as_heap_free(void *memory)
{
    free(memory);
}
