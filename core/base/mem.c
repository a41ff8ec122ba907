/* SPDX-License-Identifier: MIT */
#include "core/base/mem.h"

#include "core/base/heap.h"

#include <stdatomic.h>
#include <string.h>

static void *heap_allocate(void *user, size_t size, size_t alignment)
{
    (void)user;
    return as_heap_alloc(size, alignment);
}

static void heap_release(void *user, void *memory)
{
    (void)user;
    as_heap_free(memory);
}

static as_allocator current = {
    .struct_size = sizeof(as_allocator), .allocate = heap_allocate, .release = heap_release};
static atomic_uint_fast64_t live;

as_result as_mem_set_allocator(const as_allocator *allocator)
{
    if (atomic_load(&live) != 0)
        return AS_ERROR_ARGUMENT;
    current = allocator ? *allocator
                        : (as_allocator){.struct_size = sizeof(as_allocator),
                                         .allocate = heap_allocate,
                                         .release = heap_release};
    return AS_OK;
}

uint64_t as_mem_live(void)
{
    return atomic_load(&live);
}

void *as_mem_alloc(size_t size)
{
    void *memory = current.allocate(current.user, size, AS_MEM_ALIGN);
    if (memory)
        atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
    return memory;
}

void *as_mem_calloc(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    void *memory = as_mem_alloc(count * size);
    if (memory)
        memset(memory, 0, count * size);
    return memory;
}

void *as_mem_grow(void *memory, size_t used, size_t new_size)
{
    void *bigger = as_mem_alloc(new_size);
    if (!bigger)
        return NULL;
    if (used != 0)
        memcpy(bigger, memory, used);
    as_mem_free(memory);
    return bigger;
}

char *as_mem_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = as_mem_alloc(size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

void as_mem_free(void *memory)
{
    if (!memory)
        return;
    atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
    current.release(current.user, memory);
}
