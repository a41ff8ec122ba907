/* SPDX-License-Identifier: MIT
 *
 * core/cache/lru: the map of polystreams, against a model that is too simple to be wrong.
 */
#include "core/cache/lru.h"

#include "core/base/buffer.h"
#include "core/base/mem.h"
#include "tests/support/check.h"
#include "tests/support/failing_alloc.h"
#include "tests/support/random.h"

#include <stdbool.h>

/* A blob of `size` bytes that begin with the low byte of `mark`; NULL: out of memory. */
static as_blob *make_blob(uint64_t mark, size_t size)
{
    as_buffer buffer = {0};
    if (size != 0 && as_buf_fit(&buffer, size, SIZE_MAX) != AS_OK)
        return NULL;
    if (size != 0)
        memset(buffer.data, (int)(mark & 0xFF), size);
    buffer.size = size;
    as_blob *blob = as_blob_create(&buffer);
    if (!blob)
        as_buf_free(&buffer);
    else
        assert_null(buffer.data);
    return blob;
}

/* Puts a new blob, of which the cache alone has a reference. */
static size_t put(as_lru *lru, uint64_t key, size_t size)
{
    as_blob *blob = make_blob(key, size);
    assert_non_null(blob);
    const size_t evicted = as_lru_put(lru, key, blob);
    as_blob_unref(blob);
    return evicted;
}

static void test_blobs(void **state)
{
    (void)state;
    as_blob *blob = make_blob(7, 100);
    assert_non_null(blob);
    assert_int_equal(as_blob_size(blob), 100);
    assert_int_equal(as_blob_data(blob)[99], 7);
    assert_ptr_equal(as_blob_ref(blob), blob);
    as_blob_unref(blob);
    assert_int_equal(as_blob_data(blob)[0], 7);
    as_blob_unref(blob);
    as_blob_unref(NULL);
    blob = make_blob(0, 0);
    assert_non_null(blob);
    assert_int_equal(as_blob_size(blob), 0);
    as_blob_unref(blob);
    assert_int_equal(as_mem_live(), 0);
}

static void test_cap_by_count(void **state)
{
    (void)state;
    as_lru *lru = as_lru_create(3, 1000);
    assert_non_null(lru);
    for (uint64_t key = 0; key < 3; key++)
        assert_int_equal(put(lru, key, 10), 0);
    assert_non_null(as_lru_get(lru, 0)); /* now 1 is the oldest */
    assert_int_equal(put(lru, 3, 10), 1);
    assert_false(as_lru_has(lru, 1));
    assert_true(as_lru_has(lru, 2)); /* does not touch: 2 goes next all the same */
    assert_int_equal(put(lru, 4, 10), 1);
    assert_false(as_lru_has(lru, 2));
    assert_true(as_lru_has(lru, 0));
    assert_int_equal(as_lru_count(lru), 3);
    assert_true(as_lru_bytes(lru) == 30);
    as_lru_destroy(lru);
    as_lru_destroy(NULL);
}

static void test_cap_by_bytes(void **state)
{
    (void)state;
    as_lru *lru = as_lru_create(100, 100);
    assert_non_null(lru);
    for (uint64_t key = 0; key < 10; key++)
        assert_int_equal(put(lru, key, 10), 0);
    assert_true(as_lru_bytes(lru) == 100);
    assert_int_equal(put(lru, 10, 1), 1);
    assert_int_equal(put(lru, 11, 35), 3); /* 91 + 35 - 3 * 10 = 96 */
    assert_true(as_lru_bytes(lru) == 96);
    assert_false(as_lru_has(lru, 3));
    assert_true(as_lru_has(lru, 4));
    as_lru_destroy(lru);
}

static void test_a_large_blob_stays_alone(void **state)
{
    (void)state;
    as_lru *lru = as_lru_create(4, 100);
    assert_non_null(lru);
    put(lru, 1, 30);
    put(lru, 2, 30);
    assert_int_equal(put(lru, 3, 500), 2);
    assert_int_equal(as_lru_count(lru), 1);
    assert_true(as_lru_bytes(lru) == 500);
    assert_non_null(as_lru_get(lru, 3));
    assert_int_equal(put(lru, 4, 1), 1);
    assert_false(as_lru_has(lru, 3));
    assert_true(as_lru_bytes(lru) == 1);
    as_lru_destroy(lru);
}

static void test_replacing(void **state)
{
    (void)state;
    as_lru *lru = as_lru_create(2, 100);
    assert_non_null(lru);
    put(lru, 1, 10);
    put(lru, 2, 10);
    assert_int_equal(put(lru, 1, 20), 0); /* and 1 is the newest */
    assert_true(as_lru_bytes(lru) == 30);
    assert_int_equal(as_blob_size(as_lru_get(lru, 1)), 20);
    assert_int_equal(put(lru, 3, 10), 1);
    assert_false(as_lru_has(lru, 2));
    as_blob *same = as_lru_get(lru, 1);
    assert_int_equal(as_lru_put(lru, 1, same), 0); /* by itself */
    assert_ptr_equal(as_lru_get(lru, 1), same);
    assert_int_equal(put(lru, 1, 95), 1);
    assert_int_equal(as_lru_count(lru), 1);
    as_lru_destroy(lru);
    assert_int_equal(as_mem_live(), 0);
}

static void test_memory_counts_as_allocated(void **state)
{
    (void)state;
    as_lru *lru = as_lru_create(2, 1000);
    as_buffer buffer = {0};
    assert_non_null(lru);
    assert_int_equal(as_buf_fit(&buffer, 400, 400), AS_OK);
    buffer.size = 3; /* a short content in a large buffer */
    as_blob *blob = as_blob_create(&buffer);
    assert_non_null(blob);
    as_lru_put(lru, 1, blob);
    as_blob_unref(blob);
    assert_int_equal(as_blob_size(as_lru_get(lru, 1)), 3);
    assert_true(as_lru_bytes(lru) == 400);
    as_lru_destroy(lru);
}

static void test_hits_and_misses(void **state)
{
    (void)state;
    as_lru *lru = as_lru_create(2, 100);
    assert_non_null(lru);
    assert_null(as_lru_get(lru, 1));
    put(lru, 1, 1);
    assert_non_null(as_lru_get(lru, 1));
    assert_non_null(as_lru_get(lru, 1));
    assert_true(as_lru_has(lru, 1));
    assert_false(as_lru_has(lru, 2));
    assert_true(as_lru_hits(lru) == 2);
    assert_true(as_lru_misses(lru) == 1);
    as_lru_clear(lru);
    assert_int_equal(as_lru_count(lru), 0);
    assert_true(as_lru_bytes(lru) == 0);
    assert_null(as_lru_get(lru, 1));
    assert_true(as_lru_hits(lru) == 2);
    assert_true(as_lru_misses(lru) == 2);
    assert_int_equal(put(lru, 1, 1), 0);
    assert_non_null(as_lru_get(lru, 1));
    as_lru_destroy(lru);
}

static void test_a_blob_outlives_its_eviction(void **state)
{
    (void)state;
    as_lru *lru = as_lru_create(1, 100);
    assert_non_null(lru);
    put(lru, 1, 10);
    as_blob *first = as_blob_ref(as_lru_get(lru, 1));
    assert_int_equal(put(lru, 2, 10), 1);
    as_blob *second = as_blob_ref(as_lru_get(lru, 2));
    assert_int_equal(put(lru, 2, 10), 0);
    as_lru_destroy(lru);
    assert_int_equal(as_blob_data(first)[9], 1);
    assert_int_equal(as_blob_data(second)[9], 2);
    as_blob_unref(first);
    as_blob_unref(second);
    assert_int_equal(as_mem_live(), 0);
}

/* ------------------------------------------------------------------------------- model ---- */

#define MODEL 40

typedef struct model {
    struct {
        uint64_t key;
        size_t size;
        uint64_t mark; /* distinguishes blobs of a key */
    } entries[MODEL];  /* the newest first */
    size_t count, max_count;
    uint64_t max_bytes, hits, misses;
} model;

static size_t model_find(const model *m, uint64_t key)
{
    size_t i = 0;
    while (i < m->count && m->entries[i].key != key)
        i++;
    return i;
}

static uint64_t model_bytes(const model *m)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < m->count; i++)
        bytes += m->entries[i].size;
    return bytes;
}

/* Moves entry `at` to the front; at == count adds one. */
static void model_front(model *m, size_t at, uint64_t key, size_t size, uint64_t mark)
{
    if (at == m->count)
        m->count++;
    memmove(m->entries + 1, m->entries, at * sizeof(*m->entries));
    m->entries[0].key = key;
    m->entries[0].size = size;
    m->entries[0].mark = mark;
}

static size_t model_put(model *m, uint64_t key, size_t size, uint64_t mark)
{
    size_t evicted = 0;
    model_front(m, model_find(m, key), key, size, mark);
    while (m->count > m->max_count || (m->count > 1 && model_bytes(m) > m->max_bytes)) {
        m->count--;
        evicted++;
    }
    return evicted;
}

static void model_get(model *m, as_lru *lru, uint64_t key)
{
    const as_blob *blob = as_lru_get(lru, key);
    const size_t at = model_find(m, key);
    if (at == m->count) {
        m->misses++;
        assert_null(blob);
        return;
    }
    m->hits++;
    assert_non_null(blob);
    assert_int_equal(as_blob_size(blob), m->entries[at].size);
    assert_int_equal(as_blob_data(blob)[0], m->entries[at].mark & 0xFF);
    model_front(m, at, key, m->entries[at].size, m->entries[at].mark);
}

/* Its keys, some places at a time, are the model's, each once. */
static void model_keys(const model *m, const as_lru *lru, size_t most)
{
    uint64_t keys[MODEL];
    size_t count = 0;
    for (size_t at = 0; at != SIZE_MAX;)
        count += as_lru_keys(lru, &at, most, keys + count);
    assert_int_equal(count, m->count);
    for (size_t i = 0; i < count; i++) {
        assert_true(model_find(m, keys[i]) < m->count);
        for (size_t k = 0; k < i; k++)
            assert_true(keys[i] != keys[k]);
    }
}

static void model_step(model *m, as_lru *lru, test_random *random, uint64_t spread)
{
    const uint64_t key = (uint64_t)test_random_in(random, 0, 60) * spread;
    const int64_t what = test_random_in(random, 0, 999);
    if (what == 0) {
        as_lru_clear(lru);
        m->count = 0;
    } else if (what < 450) {
        const size_t size = (size_t)test_random_in(random, 1, what < 20 ? 1500 : 60);
        const uint64_t mark = test_random_u64(random);
        as_blob *blob = make_blob(mark, size);
        assert_non_null(blob);
        assert_int_equal(as_lru_put(lru, key, blob), model_put(m, key, size, mark));
        as_blob_unref(blob);
    } else {
        model_get(m, lru, key);
    }
    assert_int_equal(as_lru_count(lru), m->count);
    assert_true(as_lru_bytes(lru) == model_bytes(m));
    const uint64_t other = (uint64_t)test_random_in(random, 0, 60) * spread;
    assert_int_equal(as_lru_has(lru, other), model_find(m, other) < m->count);
}

static void test_random_operations_against_a_model(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("lru"));
    const uint64_t spreads[] = {1, 2, 3600, (uint64_t)1 << 32, 0x9E3779B97F4A7C15u};
    for (int round = 0; round < 40; round++) {
        model m = {.max_count = (size_t)test_random_in(&random, 1, MODEL - 1),
                   .max_bytes = (uint64_t)test_random_in(&random, 1, 1200)};
        as_lru *lru = as_lru_create(m.max_count, m.max_bytes);
        assert_non_null(lru);
        for (int i = 0; i < 2000; i++) {
            model_step(&m, lru, &random, spreads[round % 5]);
            if (i % 50 == 0)
                model_keys(&m, lru, (size_t)test_random_in(&random, 1, MODEL + 1));
        }
        assert_true(as_lru_hits(lru) == m.hits);
        assert_true(as_lru_misses(lru) == m.misses);
        as_lru_destroy(lru);
        assert_int_equal(as_mem_live(), 0);
    }
}

static void test_many_frames(void **state)
{
    (void)state;
    const size_t count = 20000;
    as_lru *lru = as_lru_create(count, UINT64_MAX);
    assert_non_null(lru);
    for (uint64_t key = 0; key < 2 * count; key++)
        assert_int_equal(put(lru, key, 0), key >= count);
    for (uint64_t key = 0; key < 2 * count; key++)
        assert_int_equal(as_lru_has(lru, key), key >= count);
    as_lru_destroy(lru);
    assert_null(as_lru_create(UINT32_MAX, 1)); /* more than nodes can be numbered */
    assert_null(as_lru_create(SIZE_MAX, 1));
    assert_int_equal(as_mem_live(), 0);
}

static void scenario(void)
{
    as_lru *lru = as_lru_create(2, 100);
    if (!lru)
        return;
    for (uint64_t key = 0; key < 4; key++) {
        as_blob *blob = make_blob(key, 10);
        if (!blob)
            continue;
        as_lru_put(lru, key, blob);
        as_blob_unref(blob);
        assert_ptr_equal(as_lru_get(lru, key), blob);
    }
    assert_in_range(as_lru_count(lru), 1, 2);
    as_lru_destroy(lru);
    assert_int_equal(as_mem_live(), 0);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    uint64_t n = 0;
    for (; test_alloc_fail_at(n), scenario(), test_alloc_failed(); n++) {
    }
    assert_in_range(n, 3 + 4, 3 + 8);
    test_alloc_restore();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blobs),
        cmocka_unit_test(test_cap_by_count),
        cmocka_unit_test(test_cap_by_bytes),
        cmocka_unit_test(test_a_large_blob_stays_alone),
        cmocka_unit_test(test_replacing),
        cmocka_unit_test(test_memory_counts_as_allocated),
        cmocka_unit_test(test_hits_and_misses),
        cmocka_unit_test(test_a_blob_outlives_its_eviction),
        cmocka_unit_test(test_random_operations_against_a_model),
        cmocka_unit_test(test_many_frames),
        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests_name("lru", tests, NULL, test_nothing_alive);
}
