/* SPDX-License-Identifier: MIT
 *
 * core/io/chunks in memory: filling, reading, eviction, the window, ranges.
 */
#include "tests/unit/chunks_fixture.h"

static void test_filling_a_unit(void **state)
{
    (void)state;
    as_chunks *chunks = as_chunks_create(4 * UNIT, 0);
    size_t fresh;
    assert_non_null(chunks);
    assert_true(as_chunks_ready(chunks, 0, UINT64_MAX) == 0);
    put_new(chunks, UNIT, 100);
    assert_true(as_chunks_ready(chunks, UNIT, 1000) == 100);
    assert_true(as_chunks_ready(chunks, UNIT + 99, 1000) == 1);
    assert_true(as_chunks_ready(chunks, UNIT + 100, 1000) == 0);
    assert_true(as_chunks_ready(chunks, UNIT - 1, 1000) == 0);
    assert_true(as_chunks_ready(chunks, UNIT, 7) == 7);
    assert_ok(put(chunks, UNIT + 50, 50, &fresh), &error); /* all there */
    assert_int_equal(fresh, 0);
    assert_ok(put(chunks, UNIT + 50, 100, &fresh), &error); /* half of it */
    assert_int_equal(fresh, 50);
    check_bytes(chunks, UNIT, 150);
    check_bytes(chunks, UNIT + 149, 1);
    check_bytes(chunks, UNIT + 150, 0);
    assert_int_equal(as_chunks_filled(chunks, 1), 150);
    assert_int_equal(as_chunks_filled(chunks, 0), 0);
    assert_false(as_chunks_has(chunks, 1));
    assert_ok(put(chunks, UNIT, 0, &fresh), &error);
    assert_int_equal(fresh, 0);
    put_new(chunks, UNIT + 150, UNIT - 150);
    assert_true(as_chunks_has(chunks, 1));
    put_new(chunks, 0, UNIT);
    put_new(chunks, 2 * UNIT, 5);
    check_bytes(chunks, 0, 2 * UNIT + 5);
    assert_true(as_chunks_ready(chunks, 3, UINT64_MAX) == 2 * UNIT + 2);
    assert_true(as_chunks_memory(chunks) == 3 * UNIT);
    assert_true(as_chunks_spilled(chunks) == 0);
    as_chunks_destroy(chunks);
    as_chunks_destroy(NULL);
}

static void test_gaps_are_refused(void **state)
{
    (void)state;
    as_chunks *chunks = as_chunks_create(4 * UNIT, 0);
    size_t fresh;
    assert_non_null(chunks);
    put_new(chunks, 0, 100);
    assert_fails(put(chunks, 101, 10, &fresh), AS_ERROR_ARGUMENT, &error, "do not join the 100");
    assert_int_equal(fresh, 0);
    assert_true(error.offset == 101);
    assert_fails(put(chunks, UNIT + 1, 10, &fresh), AS_ERROR_ARGUMENT, &error, "unit 1 from 1 on");
    assert_int_equal(as_chunks_filled(chunks, 1), 0);
    assert_fails(put(chunks, UINT64_MAX - 5, 10, &fresh), AS_ERROR_ARGUMENT, &error, "past the");
    assert_fails(as_chunks_read(chunks, 99, scratch, 2, &error), AS_ERROR_ARGUMENT, &error,
                 "are not in the cache");
    assert_fails(as_chunks_read(chunks, 5 * UNIT, scratch, 2, &error), AS_ERROR_ARGUMENT, &error,
                 "are not in the cache");
    as_chunks_destroy(chunks);
}

static void test_the_last_unit(void **state)
{
    (void)state;
    as_chunks *chunks = as_chunks_create(8 * UNIT, 0);
    size_t fresh, length = 0;
    assert_non_null(chunks);
    put_new(chunks, 2 * UNIT, 10);
    assert_false(as_chunks_has(chunks, 2));
    assert_null(as_chunks_unit(chunks, 2, &length));
    as_chunks_set_size(chunks, 2 * UNIT + 10);
    assert_true(as_chunks_has(chunks, 2));
    assert_non_null(as_chunks_unit(chunks, 2, &length));
    assert_int_equal(length, 10);
    assert_false(as_chunks_has(chunks, 1));
    assert_false(as_chunks_has(chunks, 3));
    assert_true(as_chunks_ready(chunks, 2 * UNIT + 10, 5) == 0);
    assert_true(as_chunks_ready(chunks, UINT64_MAX, UINT64_MAX) == 0);
    assert_fails(put(chunks, 2 * UNIT, 11, &fresh), AS_ERROR_ARGUMENT, &error, "past the");
    put_units(chunks, 0, 2);
    assert_true(as_chunks_ready(chunks, 0, UINT64_MAX) == 2 * UNIT + 10);
    as_chunks_clear(chunks);
    assert_true(as_chunks_memory(chunks) == 0);
    assert_false(as_chunks_has(chunks, 0));
    put_new(chunks, 2 * UNIT, 11); /* the size is forgotten */
    as_chunks_set_size(chunks, 3 * UNIT);
    put_new(chunks, 2 * UNIT + 11, UNIT - 11);
    assert_true(as_chunks_has(chunks, 2)); /* the end on a unit's border */
    assert_false(as_chunks_has(chunks, 3));
    as_chunks_destroy(chunks);
}

/* Neither memory nor time depends on where in the content units are. */
static void test_any_offset(void **state)
{
    (void)state;
    test_alloc_fail_at(UINT64_MAX);
    as_chunks *chunks = as_chunks_create(64 * UNIT, 0);
    const uint64_t last = UINT64_MAX / UNIT;
    assert_non_null(chunks);
    for (unsigned bit = 1; bit < 48; bit++)
        put_new(chunks, ((uint64_t)1 << bit) * UNIT, 64);
    put_new(chunks, last * UNIT, UNIT - 1); /* up to byte 2^64 - 2 */
    for (unsigned bit = 1; bit < 48; bit++)
        check_bytes(chunks, ((uint64_t)1 << bit) * UNIT, 64);
    assert_true(as_chunks_ready(chunks, last * UNIT, UINT64_MAX) == UNIT - 1);
    assert_true(as_chunks_has(chunks, last));
    assert_true(test_alloc_peak() < 48 * UNIT + 16384);
    as_chunks_destroy(chunks);
    test_alloc_restore();
}

static void test_the_least_recently_used_goes(void **state)
{
    (void)state;
    as_chunks *chunks = as_chunks_create(4 * UNIT + 5, 0);
    assert_non_null(chunks);
    put_units(chunks, 0, 4);
    check_bytes(chunks, 10, 1);      /* 0 is used: 1 is the oldest */
    put_new(chunks, 9 * UNIT, 1);    /* 1 goes */
    put_new(chunks, 8 * UNIT, UNIT); /* 2 goes */
    assert_true(as_chunks_has(chunks, 0));
    assert_false(as_chunks_has(chunks, 1));
    assert_false(as_chunks_has(chunks, 2));
    assert_true(as_chunks_has(chunks, 3));
    put_new(chunks, 9 * UNIT + 1, 1); /* a write is a use: ... */
    put_units(chunks, 20, 23);        /* ... 3, 0, 8 go */
    assert_int_equal(as_chunks_filled(chunks, 9), 2);
    assert_false(as_chunks_has(chunks, 8));
    (void)as_chunks_ready(chunks, 9 * UNIT, 2); /* asking is none */
    assert_int_equal(as_chunks_filled(chunks, 9), 2);
    put_new(chunks, 30 * UNIT, 1);
    assert_int_equal(as_chunks_filled(chunks, 9), 0);
    assert_true(as_chunks_memory(chunks) == 4 * UNIT);
    as_chunks_destroy(chunks);
}

static void test_memory_is_reused(void **state)
{
    (void)state;
    test_alloc_fail_at(UINT64_MAX);
    as_chunks *chunks = as_chunks_create(8 * UNIT, 0);
    assert_non_null(chunks);
    assert_true(test_alloc_peak() < 4096);
    put_new(chunks, 0, 1);
    assert_true(test_alloc_peak() < UNIT + 4096);
    for (uint64_t unit = 0; unit < 200; unit++)
        put_new(chunks, unit * 1000003 % 977 * UNIT + UNIT, 3);
    assert_true(test_alloc_peak() < 8 * UNIT + 4096);
    as_chunks_clear(chunks);
    assert_true(test_alloc_bytes() < 1024);
    as_chunks_destroy(chunks);
    test_alloc_restore();
}

static void test_the_window(void **state)
{
    (void)state;
    as_chunks *chunks = as_chunks_create(4 * UNIT, 0);
    size_t fresh;
    assert_non_null(chunks);
    put_units(chunks, 0, 4);
    as_chunks_set_window(chunks, 0, 2);
    put_new(chunks, 4 * UNIT, UNIT); /* 2 goes */
    put_new(chunks, 5 * UNIT, UNIT); /* 3 goes */
    put_new(chunks, 6 * UNIT, UNIT); /* 4 goes */
    assert_true(as_chunks_has(chunks, 0) && as_chunks_has(chunks, 1));
    assert_true(as_chunks_has(chunks, 5) && as_chunks_has(chunks, 6));
    as_chunks_set_window(chunks, 0, 7);
    assert_fails(put(chunks, 7 * UNIT, 10, &fresh), AS_ERROR_LIMIT, &error, "cache_bytes");
    assert_int_equal(fresh, 0);
    assert_true(error.offset == 7 * UNIT);
    assert_int_equal(as_chunks_filled(chunks, 7), 0);
    assert_ok(put(chunks, 6 * UNIT, UNIT, &fresh), &error); /* what is there needs no room */
    check_bytes(chunks, 0, 2 * UNIT);
    check_bytes(chunks, 5 * UNIT, 2 * UNIT);
    /* What was stored before the error stays. */
    as_chunks_set_window(chunks, 0, 6);
    as_chunks_clear(chunks);
    put_units(chunks, 0, 3);
    as_chunks_set_window(chunks, 0, 9);
    assert_fails(put(chunks, 3 * UNIT, 2 * UNIT, &fresh), AS_ERROR_LIMIT, &error, "cache_bytes");
    assert_int_equal(fresh, UNIT);
    assert_true(error.offset == 4 * UNIT);
    check_bytes(chunks, 0, 4 * UNIT);
    as_chunks_set_window(chunks, 3, UINT64_MAX);
    put_new(chunks, 4 * UNIT, 1);
    assert_true(as_chunks_has(chunks, 3));
    as_chunks_destroy(chunks);
}

static void test_a_tiny_budget_is_one_unit(void **state)
{
    (void)state;
    as_chunks *chunks = as_chunks_create(1, 0);
    size_t fresh;
    assert_non_null(chunks);
    assert_ok(put(chunks, 0, 3 * UNIT, &fresh), &error);
    assert_int_equal(fresh, 3 * UNIT);
    assert_true(as_chunks_memory(chunks) == UNIT);
    assert_false(as_chunks_has(chunks, 1));
    check_bytes(chunks, 2 * UNIT, UNIT);
    as_chunks_destroy(chunks);
}

static void test_complete_units(void **state)
{
    (void)state;
    as_chunks *chunks = as_chunks_create(2 * UNIT, 0);
    size_t length = 7;
    assert_non_null(chunks);
    assert_null(as_chunks_unit(chunks, 5, &length));
    put_new(chunks, 5 * UNIT, UNIT - 1);
    assert_null(as_chunks_unit(chunks, 5, &length));
    put_new(chunks, 6 * UNIT - 1, 1);
    const uint8_t *bytes = as_chunks_unit(chunks, 5, &length);
    assert_non_null(bytes);
    assert_int_equal(length, UNIT);
    assert_true(is_content(bytes, 5 * UNIT, UNIT, 0));
    as_chunks_destroy(chunks);
}

static void check_ranges(const as_chunks *chunks, const as_byte_range *wanted, size_t count)
{
    as_byte_range got[16];
    for (size_t capacity = 0; capacity <= count + 2; capacity++) {
        memset(got, 0xEE, sizeof(got));
        assert_int_equal(as_chunks_ranges(chunks, capacity ? got : NULL, capacity), count);
        for (size_t i = 0; i < capacity && i < count; i++) {
            assert_true(got[i].offset == wanted[i].offset);
            assert_true(got[i].length == wanted[i].length);
        }
        assert_true(got[capacity].offset == 0xEEEEEEEEEEEEEEEEu);
    }
}

static void test_ranges(void **state)
{
    (void)state;
    as_chunks *chunks = as_chunks_create(100 * UNIT, 0);
    static const uint64_t order[] = {90, 7, 3, 60, 2, 1, 20, 61, 40, 5};
    assert_non_null(chunks);
    check_ranges(chunks, NULL, 0);
    for (size_t i = 0; i < COUNT(order); i++)
        put_units(chunks, order[i], order[i] + 1);
    put_new(chunks, 4 * UNIT, 10); /* joins 3 but not 5 */
    put_new(chunks, 0, 9);         /* does not join 1 */
    const as_byte_range wanted[] = {
        {0, 9},
        {UNIT, 3 * UNIT + 10},
        {5 * UNIT, UNIT},
        {7 * UNIT, UNIT},
        {20 * UNIT, UNIT},
        {40 * UNIT, UNIT},
        {60 * UNIT, 2 * UNIT},
        {90 * UNIT, UNIT},
    };
    check_ranges(chunks, wanted, COUNT(wanted));
    put_new(chunks, 9, UNIT - 9);
    const as_byte_range joined[] = {
        {0, 4 * UNIT + 10}, {5 * UNIT, UNIT},      {7 * UNIT, UNIT},  {20 * UNIT, UNIT},
        {40 * UNIT, UNIT},  {60 * UNIT, 2 * UNIT}, {90 * UNIT, UNIT},
    };
    check_ranges(chunks, joined, COUNT(joined));
    as_chunks_clear(chunks);
    check_ranges(chunks, NULL, 0);
    put_new(chunks, 0, 1);
    check_ranges(chunks, &(as_byte_range){0, 1}, 1);
    as_chunks_destroy(chunks);
}

static void scenario(void)
{
    as_chunks *chunks = as_chunks_create(40 * UNIT, 0);
    size_t fresh;
    if (!chunks)
        return;
    uint64_t stored = 0;
    for (uint64_t unit = 0; unit < 44; unit++) {
        const as_result result = put(chunks, unit * UNIT, 10, &fresh);
        if (result == AS_OK)
            stored++;
        else
            check_no_memory(result);
        assert_int_equal(fresh, result == AS_OK ? 10 : 0);
        assert_int_equal(as_chunks_filled(chunks, unit), fresh);
    }
    assert_true(stored >= 43);
    check_bytes(chunks, 43 * UNIT, 0);
    as_chunks_destroy(chunks);
    assert_int_equal(as_mem_live(), 0);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    uint64_t n = 0;
    for (; test_alloc_fail_at(n), scenario(), test_alloc_failed(); n++) {
    }
    assert_int_equal(n, 1 + 3 * 2 + 40); /* the cache; table of 16, 32, 64; units */
    test_alloc_restore();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filling_a_unit),
        cmocka_unit_test(test_gaps_are_refused),
        cmocka_unit_test(test_the_last_unit),
        cmocka_unit_test(test_any_offset),
        cmocka_unit_test(test_the_least_recently_used_goes),
        cmocka_unit_test(test_memory_is_reused),
        cmocka_unit_test(test_the_window),
        cmocka_unit_test(test_a_tiny_budget_is_one_unit),
        cmocka_unit_test(test_complete_units),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests_name("chunks", tests, setup, teardown);
}
