/* SPDX-License-Identifier: MIT */
#include "tests/support/frame_memory.h"

#include "core/base/heap.h"
#include "tests/support/check.h"

enum { HEAD = 64 }; /* in front of each block: its size */

static void note(test_frame_memory *m, bool right)
{
    as_error error;
    if (m->stream)
        (void)as_stream_last_error(m->stream, &error);
    if (!right)
        atomic_fetch_add(&m->wrong, 1);
}

static void *allocate(void *user, size_t size)
{
    test_frame_memory *m = user;
    note(m, atomic_load(&m->done) == 0);
    if (atomic_fetch_add(&m->calls, 1) == m->fail_at || atomic_load(&m->refuse))
        return NULL;
    void *block = as_heap_alloc(HEAD + m->offset + size, HEAD);
    if (!block)
        return NULL;
    memcpy(block, &size, sizeof(size));
    atomic_fetch_add(&m->blocks, 1);
    atomic_fetch_add(&m->bytes, size);
    return memset((char *)block + HEAD + m->offset, 0xA5, size);
}

static void release(void *user, void *memory, size_t size)
{
    test_frame_memory *m = user;
    char *block = (char *)memory - HEAD - m->offset;
    size_t stated;
    memcpy(&stated, block, sizeof(stated));
    note(m, size == stated && atomic_load(&m->done) == 0);
    atomic_fetch_sub(&m->blocks, 1);
    atomic_fetch_sub(&m->bytes, size);
    as_heap_free(block);
}

static void done(void *user)
{
    test_frame_memory *m = user;
    note(m, atomic_load(&m->blocks) == 0);
    atomic_fetch_add(&m->done, 1);
}

as_frame_allocator test_frame_allocator_of(test_frame_memory *memory)
{
    return (as_frame_allocator){.struct_size = sizeof(as_frame_allocator),
                                .allocate = allocate,
                                .release = release,
                                .done = done,
                                .user = memory};
}

void test_frame_memory_check_done(test_frame_memory *memory)
{
    assert_int_equal(atomic_load(&memory->wrong), 0);
    assert_int_equal(atomic_load(&memory->blocks), 0);
    assert_int_equal(atomic_load(&memory->bytes), 0);
    assert_int_equal(atomic_load(&memory->done), 1);
}
