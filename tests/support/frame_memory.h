/* SPDX-License-Identifier: MIT
 *
 * A caller's frame allocator that counts, fails when it is told to, and checks what the library
 * does with it.
 */
#ifndef TEST_FRAME_MEMORY_H
#define TEST_FRAME_MEMORY_H

#include "alphastream/alphastream.h"

#include <stdatomic.h>
#include <stdbool.h>

/* Zero but for fail_at to begin with. Checks are counted, since cmocka's belong to its own thread.
 */
typedef struct test_frame_memory {
    atomic_int blocks, calls, done;
    atomic_int
        wrong; /* a size that is not the one allocated; a call after `done`; `done` too soon */
    atomic_size_t bytes;
    int fail_at;        /* this call to allocate gives NULL, counted from 0; -1: none */
    atomic_bool refuse; /* all give NULL */
    size_t offset;      /* memory is misaligned by this */
    as_stream *stream;  /* unless NULL, each call asks it: no lock of it may be held */
} test_frame_memory;

/* To be copied by the library; `memory` must outlive `done`. */
as_frame_allocator test_frame_allocator_of(test_frame_memory *memory);
/* All was given back, rightly, and `done` was the last call. */
void test_frame_memory_check_done(test_frame_memory *memory);

#endif
