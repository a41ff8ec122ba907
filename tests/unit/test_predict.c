/* SPDX-License-Identifier: MIT
 *
 * What a stream expects next from what was asked for.
 */
#include "core/stream/predict.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

static const uint64_t COUNT = 100000;

static void note_all(as_predictor *p, uint64_t first, int64_t step, int times)
{
    for (int i = 0; i < times; i++)
        (void)as_predict_note(p, (uint64_t)((int64_t)first + step * i));
}

static uint64_t ahead(const as_predictor *p, uint64_t i)
{
    uint64_t index = UINT64_MAX;
    assert_true(as_predict_ahead(p, i, COUNT, &index));
    return index;
}

static void test_starts_forward(void **state)
{
    (void)state;
    as_predictor p;
    as_predict_start(&p, 7);
    for (uint64_t i = 0; i < 10; i++)
        assert_int_equal(ahead(&p, i), 7 + i);
    assert_int_equal(as_predict_reach(&p, 120), 120);
    assert_int_equal(as_predict_reach(&p, 100000), 65536);
    assert_false(as_predict_note(&p, 7));
    assert_false(as_predict_note(&p, 8));
    assert_int_equal(p.stride, 1);
}

static void test_learns_strides(void **state)
{
    (void)state;
    static const int64_t strides[] = {1, -1, 2, -2, 3, 7, -7, 16, -16};
    for (size_t from = 0; from < 9; from++)
        for (size_t to = 0; to < 9; to++) {
            as_predictor p;
            as_predict_start(&p, 5000);
            note_all(&p, 5000, strides[from], 30);
            assert_int_equal(p.stride, strides[from]);
            note_all(&p, p.head, strides[to], 30);
            assert_int_equal(p.stride, strides[to]);
            assert_int_equal(ahead(&p, 1), (int64_t)p.head + strides[to]);
            assert_int_equal(as_predict_reach(&p, 120), 120);
            assert_int_equal(as_predict_distance(&p, p.head), 0);
            assert_int_equal(as_predict_distance(&p, ahead(&p, 9)), 9);
            assert_int_equal(as_predict_distance(&p, (uint64_t)((int64_t)p.head - strides[to])),
                             UINT64_MAX);
        }
}

static void test_long_strides(void **state)
{
    (void)state;
    as_predictor p;
    as_predict_start(&p, 0);
    assert_true(as_predict_note(&p, 1000));
    assert_true(as_predict_note(&p, 2000)); /* the second such step is a stride */
    assert_int_equal(p.stride, 1000);
    assert_false(as_predict_note(&p, 3000));
    assert_int_equal(ahead(&p, 2), 5000);
    assert_true(as_predict_note(&p, 50)); /* elsewhere: one by one again */
    assert_int_equal(p.stride, 1);
}

/* A late host skips a frame now and then; that is no reason to expect anything else. */
static void test_hiccups_change_nothing(void **state)
{
    (void)state;
    as_predictor p;
    as_predict_start(&p, 0);
    uint64_t index = 0;
    for (int i = 0; i < 100; i++) {
        index += i % 5 == 4 ? 2 + (uint64_t)(i % 3) : 1;
        assert_false(as_predict_note(&p, index));
        assert_int_equal(p.stride, 1);
        assert_int_equal(p.head, index);
        assert_true(as_predict_reach(&p, 4) == 4);
    }
    assert_false(as_predict_note(&p, index)); /* the same frame again */
    assert_int_equal(p.stride, 1);
}

static void test_turning_round(void **state)
{
    (void)state;
    as_predictor p;
    as_predict_start(&p, 100);
    note_all(&p, 100, 1, 20);
    assert_false(as_predict_note(&p, 118));
    assert_int_equal(p.stride, -1);
    assert_int_equal(ahead(&p, 1), 117);
    assert_true(as_predict_reach(&p, 120) >= 4);
}

static void test_random_access_reaches_less_and_less(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("predict"));
    as_predictor p;
    as_predict_start(&p, 0);
    uint32_t jumps = 0;
    for (int i = 0; i < 1000; i++)
        jumps += as_predict_note(&p, test_random_u64(&random) % COUNT);
    assert_true(jumps > 900);
    assert_true(p.stride >= -16 && p.stride <= 16); /* chance may hold small steps, also backward */
    assert_true(as_predict_reach(&p, 120) <= 4);
    note_all(&p, 40, 1, 20);
    assert_int_equal(as_predict_reach(&p, 120), 120);
}

static void test_ends(void **state)
{
    (void)state;
    as_predictor p;
    uint64_t index;
    as_predict_start(&p, COUNT - 2);
    assert_true(as_predict_ahead(&p, 1, COUNT, &index));
    assert_false(as_predict_ahead(&p, 2, COUNT, &index));
    assert_false(as_predict_ahead(&p, UINT64_MAX, COUNT, &index));
    assert_false(as_predict_ahead(&p, 0, 5, &index));
    assert_false(as_predict_ahead(&p, 0, 0, &index));
    p.stride = -3;
    p.head = 7;
    assert_int_equal(ahead(&p, 2), 1);
    assert_false(as_predict_ahead(&p, 3, COUNT, &index));
    assert_false(as_predict_ahead(&p, UINT64_MAX / 2, COUNT, &index));
    assert_int_equal(as_predict_distance(&p, 4), 1);
    assert_int_equal(as_predict_distance(&p, 5), UINT64_MAX);
    assert_int_equal(as_predict_distance(&p, 8), UINT64_MAX);
}

static void test_extreme_indices(void **state)
{
    (void)state;
    as_predictor p;
    uint64_t index;
    as_predict_start(&p, 0);
    assert_true(as_predict_note(&p, UINT64_MAX));
    assert_true(as_predict_note(&p, 0));
    (void)as_predict_note(&p, UINT64_MAX);
    (void)as_predict_note(&p, 0);
    (void)as_predict_note(&p, UINT64_MAX / 2);
    assert_true(p.stride != 0);
    (void)as_predict_ahead(&p, UINT64_MAX, UINT64_MAX, &index);
    for (uint64_t i = 0; i < 5; i++)
        if (as_predict_ahead(&p, i, UINT64_MAX, &index))
            assert_int_equal(as_predict_distance(&p, index), i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_forward),
        cmocka_unit_test(test_learns_strides),
        cmocka_unit_test(test_long_strides),
        cmocka_unit_test(test_hiccups_change_nothing),
        cmocka_unit_test(test_turning_round),
        cmocka_unit_test(test_random_access_reaches_less_and_less),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_extreme_indices),
    };
    return cmocka_run_group_tests_name("predict", tests, NULL, test_nothing_alive);
}
