/* SPDX-License-Identifier: MIT
 *
 * Writing known content into a chunk cache and comparing what comes out.
 */
#ifndef TEST_CHUNKS_FIXTURE_H
#define TEST_CHUNKS_FIXTURE_H

#include "tests/unit/cache_fixture.h"

#include "core/io/chunks.h"

static as_error error;
static uint8_t scratch[8 * AS_UNIT_BYTES];

static inline as_result put(as_chunks *chunks, uint64_t offset, size_t length, size_t *out_new)
{
    assert_true(length <= sizeof(scratch));
    fill_content(scratch, offset, length, 0);
    *out_new = 77;
    return as_chunks_write(chunks, offset, scratch, length, out_new, &error);
}

/* Writes bytes that are all new. */
static inline void put_new(as_chunks *chunks, uint64_t offset, size_t length)
{
    size_t fresh;
    assert_ok(put(chunks, offset, length, &fresh), &error);
    assert_int_equal(fresh, length);
}

static inline void put_units(as_chunks *chunks, uint64_t first, uint64_t end)
{
    for (uint64_t unit = first; unit < end; unit++)
        put_new(chunks, unit * UNIT, UNIT);
}

static inline void check_bytes(as_chunks *chunks, uint64_t offset, size_t length)
{
    assert_true(length < sizeof(scratch));
    assert_true(as_chunks_ready(chunks, offset, length) == length);
    scratch[length] = 0xA5;
    assert_ok(as_chunks_read(chunks, offset, scratch, length, &error), &error);
    assert_int_equal(scratch[length], 0xA5);
    assert_true(is_content(scratch, offset, length, 0));
}

static inline void check_no_memory(as_result result)
{
    assert_int_equal(result, AS_ERROR_OUT_OF_MEMORY);
    assert_int_equal(error.code, AS_ERROR_OUT_OF_MEMORY);
    assert_non_null(strstr(error.text, "out of memory"));
}

#endif
