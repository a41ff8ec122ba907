/* SPDX-License-Identifier: MIT */
#include "tests/support/failing_alloc.h"

#include "alphastream/alphastream.h"
#include "core/base/heap.h"

#include <stdatomic.h>
#include <stdlib.h>

static atomic_uint_fast64_t count, fail_at, bytes, peak;
static atomic_bool failed;

/* The size of a block is kept in front of it. */
static void *allocate(void *user, size_t size, size_t alignment)
{
    (void)user;
    if (atomic_fetch_add(&count, 1) == atomic_load(&fail_at)) {
        atomic_store(&failed, true);
        return NULL;
    }
    void *block = size > SIZE_MAX - alignment ? NULL : as_heap_alloc(size + alignment, alignment);
    if (!block)
        return NULL;
    *(size_t *)block = size;
    uint64_t now = atomic_fetch_add(&bytes, size) + size;
    uint_fast64_t most = atomic_load(&peak);
    while (now > most && !atomic_compare_exchange_weak(&peak, &most, now)) {
    }
    char *memory = (char *)block + alignment;
    ((size_t *)(void *)memory)[-1] = alignment;
    return memory;
}

static void release(void *user, void *memory)
{
    (void)user;
    size_t alignment = ((size_t *)memory)[-1];
    char *block = (char *)memory - alignment;
    atomic_fetch_sub(&bytes, *(size_t *)(void *)block);
    as_heap_free(block);
}

void test_alloc_fail_at(uint64_t n)
{
    const as_allocator allocator = {
        .struct_size = sizeof(allocator), .allocate = allocate, .release = release};
    atomic_store(&count, 0);
    atomic_store(&fail_at, n);
    atomic_store(&failed, false);
    atomic_store(&peak, atomic_load(&bytes));
    if (as_set_allocator(&allocator) != AS_OK)
        abort();
}

bool test_alloc_failed(void)
{
    return atomic_load(&failed);
}

uint64_t test_alloc_count(void)
{
    return atomic_load(&count);
}

uint64_t test_alloc_bytes(void)
{
    return atomic_load(&bytes);
}

uint64_t test_alloc_peak(void)
{
    return atomic_load(&peak);
}

void test_alloc_restore(void)
{
    if (as_set_allocator(NULL) != AS_OK)
        abort();
}
