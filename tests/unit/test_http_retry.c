/* SPDX-License-Identifier: MIT
 *
 * core/io/http_retry: when a request is tried again, and how long nobody asks after a failure.
 */
#include "core/io/http_retry.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#define MS UINT64_C(1000000)
#define NO_AFTER UINT64_MAX

static const as_retry_policy USUAL = {.retries = 3, .delay_ms = 250, .after_most_ms = 30000};

static uint64_t delay(const as_retry_policy *policy, uint32_t n, uint64_t after_ms, uint64_t random)
{
    uint64_t ns = 12345;
    assert_true(as_retry_next(policy, n, after_ms, random, &ns));
    return ns;
}

static void test_gives_up(void **state)
{
    (void)state;
    uint64_t ns = 5;
    assert_true(as_retry_next(&USUAL, 2, NO_AFTER, 0, &ns));
    assert_false(as_retry_next(&USUAL, 3, NO_AFTER, 0, &ns));
    assert_false(as_retry_next(&USUAL, UINT32_MAX, 0, 0, &ns));
    const as_retry_policy never = {.retries = 0, .delay_ms = 250, .after_most_ms = 1};
    assert_false(as_retry_next(&never, 0, NO_AFTER, 0, &ns));
    assert_false(as_retry_next(&never, 0, 0, 0, &ns));
}

/* Both ends of the range are met, nothing lies outside, and every tenth of it is as likely. */
static void test_full_jitter(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("http_retry"));
    for (uint32_t n = 0; n < 3; n++) {
        const uint64_t most = (250 * MS) << n;
        assert_int_equal(delay(&USUAL, n, NO_AFTER, 0), 0);
        assert_int_equal(delay(&USUAL, n, NO_AFTER, most), most);
        assert_int_equal(delay(&USUAL, n, NO_AFTER, most + 1), 0);
        int tenths[11] = {0};
        for (int i = 0; i < 20000; i++) {
            const uint64_t ns = delay(&USUAL, n, NO_AFTER, test_random_u64(&random));
            assert_true(ns <= most);
            tenths[ns * 10 / most]++;
        }
        for (int i = 0; i < 10; i++)
            assert_in_range(tenths[i], 1600, 2400); /* 2000 +- 9 standard deviations */
    }
}

static void test_doubling_stops_at_a_minute(void **state)
{
    (void)state;
    const as_retry_policy long_one = {.retries = UINT32_MAX, .delay_ms = 40000, .after_most_ms = 1};
    static const uint32_t counts[] = {1, 2, 31, 32, 33, 63, 64, 65, 1000, UINT32_MAX - 1};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        assert_int_equal(delay(&long_one, counts[i], NO_AFTER, 60000 * MS), 60000 * MS);
        assert_int_equal(delay(&long_one, counts[i], NO_AFTER, 60000 * MS + 1), 0);
        assert_true(delay(&long_one, counts[i], NO_AFTER, UINT64_MAX) <= 60000 * MS);
    }
    assert_int_equal(delay(&long_one, 0, NO_AFTER, 40000 * MS), 40000 * MS);
    const as_retry_policy longest = {.retries = 5, .delay_ms = UINT32_MAX, .after_most_ms = 1};
    assert_true(delay(&longest, 0, NO_AFTER, 60000 * MS) == 60000 * MS);
    assert_true(delay(&longest, 4, NO_AFTER, UINT64_MAX) <= 60000 * MS);
    const as_retry_policy at_once = {.retries = 200, .delay_ms = 0, .after_most_ms = 1};
    assert_int_equal(delay(&at_once, 150, NO_AFTER, UINT64_MAX), 0);
}

static void test_retry_after(void **state)
{
    (void)state;
    assert_int_equal(delay(&USUAL, 0, 0, 0), 0);
    assert_int_equal(delay(&USUAL, 0, 0, 100 * MS), 100 * MS); /* the jitter stays */
    assert_int_equal(delay(&USUAL, 0, 2000, 100 * MS), 2000 * MS);
    assert_int_equal(delay(&USUAL, 0, 100, 200 * MS), 200 * MS);
    assert_int_equal(delay(&USUAL, 0, 3600000, 0), 30000 * MS);
    assert_int_equal(delay(&USUAL, 0, UINT64_MAX - 1, 0), 30000 * MS);
    const as_retry_policy patient = {.retries = 1, .delay_ms = 1, .after_most_ms = 3600000};
    assert_int_equal(delay(&patient, 0, 3600000, 0), 3600000 * MS); /* more than a minute */
    assert_int_equal(delay(&patient, 0, 3600001, 0), 3600000 * MS);
    const as_retry_policy most = {.retries = 1, .delay_ms = 1, .after_most_ms = UINT32_MAX};
    assert_true(delay(&most, 0, UINT64_MAX - 1, 0) == UINT32_MAX * MS);
}

static void test_rest(void **state)
{
    (void)state;
    static const uint64_t wanted[] = {0, 250, 500, 1000, 2000, 4000, 5000, 5000};
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(as_retry_rest_ns(i), wanted[i] * MS);
    assert_int_equal(as_retry_rest_ns(65), 5000 * MS);
    assert_int_equal(as_retry_rest_ns(UINT32_MAX), 5000 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gives_up),
        cmocka_unit_test(test_full_jitter),
        cmocka_unit_test(test_doubling_stops_at_a_minute),
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_rest),
    };
    return cmocka_run_group_tests_name("http_retry", tests, NULL, test_nothing_alive);
}
