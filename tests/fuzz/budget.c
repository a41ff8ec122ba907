/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/budget.h"

#include "tests/fuzz/fuzz.h"

#include <stdatomic.h>
#include <stdlib.h>

static atomic_int_fast64_t left, until, failing;
static atomic_bool refused;

/* The block's own start and size, before it. */
typedef struct block {
    void *start;
    size_t size;
} block;

static void *allocate(void *user, size_t size, size_t alignment)
{
    (void)user;
    const int_fast64_t order = atomic_fetch_sub(&until, 1);
    const bool fails = order <= 0 && order > -atomic_load(&failing);
    if (fails || atomic_fetch_sub(&left, (int_fast64_t)size) < (int_fast64_t)size) {
        if (!fails)
            (void)atomic_fetch_add(&left, (int_fast64_t)size);
        atomic_store(&refused, true);
        return NULL;
    }
    char *start = malloc(size + alignment + sizeof(block));
    if (!start)
        FUZZ_FAIL("memory within the budget");
    char *memory = start + sizeof(block);
    memory += alignment - (uintptr_t)memory % alignment;
    *((block *)(void *)memory - 1) = (block){start, size};
    return memory;
}

static void release(void *user, void *memory)
{
    const block *b = (block *)memory - 1;
    (void)user;
    (void)atomic_fetch_add(&left, (int_fast64_t)b->size);
    free(b->start);
}

void fuzz_budget_begin(uint64_t bytes)
{
    static bool installed;
    const as_allocator allocator = {
        .struct_size = sizeof(allocator), .allocate = allocate, .release = release};
    if (!installed)
        FUZZ_CHECK(as_set_allocator(&allocator) == AS_OK);
    installed = true;
    atomic_store(&left, (int_fast64_t)bytes);
    atomic_store(&failing, 0);
    atomic_store(&refused, false);
}

void fuzz_budget_fail(uint32_t nth, uint32_t count)
{
    atomic_store(&failing, 0);
    atomic_store(&until, nth);
    atomic_store(&failing, count);
}

bool fuzz_budget_refused(void)
{
    return atomic_load(&refused);
}
