/* SPDX-License-Identifier: MIT
 *
 * core/stream/timebase.c: checked against what defines a picture and a time, as inequalities over
 * 128-bit integers, at and around every boundary. With D = fps_den * 10^9, N = fps_num:
 *
 *     picture p at t   2 p D <= 2 t N + D < 2 (p + 1) D
 *     time m of p      |2 (offset N + p D) - 2 m N| <= N; equal: m is the one further from 0
 */
#include "core/base/int128.h"
#include "core/stream/timebase.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#include <inttypes.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const uint32_t rates[][2] = {{60, 1},     {60000, 1001}, {24000, 1001}, {30000, 1001},
                                    {24, 1},     {25, 1},       {50, 1},       {72, 1},
                                    {90, 1},     {120, 1},      {144, 1},      {120000, 1001},
                                    {1, 1},      {1, 1000000},  {1000000, 1},  {999983, 1000000},
                                    {7, 999999}, {999999, 7},   {3, 1}};
static const int64_t offsets[] = {
    0,         1,        -1, 500000000, -1234567891, 86400LL * 1000000000, -86400LL * 1000000000,
    INT64_MAX, INT64_MIN};

static as_int128 length(const as_timebase *t)
{
    return (as_int128)t->fps_den * 1000000000;
}

static void show(const as_timebase *t, int64_t media_ns, uint64_t index)
{
    print_error("rate %" PRIu32 "/%" PRIu32 ", offset %" PRId64 ", %" PRIu32
                " frames per picture, media time %" PRId64 ", frame %" PRIu64 "\n",
                t->fps_num, t->fps_den, t->offset_ns, t->frames_per_picture, media_ns, index);
}

static void check_frame_at(const as_timebase *t, int64_t media_ns)
{
    const as_int128 d = length(t);
    const as_int128 doubled = 2 * ((as_int128)media_ns - t->offset_ns) * t->fps_num + d;
    const uint64_t index = as_timebase_frame_at(t, media_ns);
    const uint64_t picture = index / t->frames_per_picture;
    bool right;
    if (index == UINT64_MAX) /* more than fits, or just that */
        right = doubled >= 2 * d * (UINT64_MAX / t->frames_per_picture);
    else if (doubled < 0)
        right = index == 0;
    else
        right = index % t->frames_per_picture == 0 && 2 * d * picture <= doubled &&
                doubled < 2 * d * ((as_int128)picture + 1);
    if (!right) {
        show(t, media_ns, index);
        fail();
    }
}

static void check_time_of(const as_timebase *t, uint64_t index)
{
    const as_int128 n = t->fps_num;
    const as_int128 exact = t->offset_ns * n + index / t->frames_per_picture * length(t);
    int64_t media_ns = 77;
    bool right;
    if (as_timebase_time_of(t, index, &media_ns)) {
        const as_int128 off = 2 * (exact - media_ns * n); /* of 2 n */
        right = off <= n && off >= -n;
        if (off == n)
            right = media_ns < 0;
        if (off == -n)
            right = media_ns > 0;
        if (right && index <= UINT64_MAX - 16)
            right = as_timebase_frame_at(t, media_ns) == index - index % t->frames_per_picture;
    } else {
        right = media_ns == 77 && (2 * exact >= (2 * (as_int128)INT64_MAX + 1) * n ||
                                   2 * exact <= (2 * (as_int128)INT64_MIN - 1) * n);
    }
    if (!right) {
        show(t, media_ns, index);
        fail();
    }
}

static void check_near(const as_timebase *t, as_int128 media)
{
    for (int around = -2; around <= 2; around++)
        if (media + around >= INT64_MIN && media + around <= INT64_MAX)
            check_frame_at(t, (int64_t)(media + around));
}

/* The picture's time, and where it becomes due: the half way points before and after. */
static void check_picture(const as_timebase *t, uint64_t picture)
{
    const as_int128 n = t->fps_num;
    if (picture > UINT64_MAX / t->frames_per_picture)
        return;
    for (uint32_t eye = 0; eye < t->frames_per_picture; eye++) {
        const uint64_t first = picture * t->frames_per_picture;
        if (first <= UINT64_MAX - eye)
            check_time_of(t, first + eye);
    }
    if (picture > INT64_MAX)
        return;
    const as_int128 p = picture;
    check_near(t, t->offset_ns + p * length(t) / n);
    check_near(t, t->offset_ns + (2 * p + 1) * length(t) / (2 * n));
    check_near(t, t->offset_ns + (2 * p - 1) * length(t) / (2 * n));
}

static void for_all(void (*check)(const as_timebase *, test_random *), test_random *random)
{
    for (size_t r = 0; r < COUNT(rates); r++)
        for (size_t o = 0; o < COUNT(offsets); o++)
            for (uint32_t frames = 1; frames <= 16; frames++) {
                const as_timebase t = {rates[r][0], rates[r][1], offsets[o], frames};
                check(&t, random);
            }
}

static void check_boundaries(const as_timebase *t, test_random *random)
{
    static const uint64_t far[] = {1000000007,     (uint64_t)1 << 53, INT64_MAX / 1000000000,
                                   INT64_MAX - 1,  INT64_MAX,         UINT64_MAX / 2 + 1,
                                   UINT64_MAX - 1, UINT64_MAX};
    for (uint64_t p = 0; p < 8; p++)
        check_picture(t, p);
    for (size_t i = 0; i < COUNT(far); i++) {
        check_picture(t, far[i]);
        check_picture(t, far[i] / t->frames_per_picture);
        check_time_of(t, far[i]);
    }
    for (int i = 0; i < 8; i++)
        check_picture(t, test_random_u64(random) >> test_random_in(random, 0, 63));
}

static void test_boundaries_are_exact(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("boundaries"));
    for_all(check_boundaries, &random);
}

static void check_any(const as_timebase *t, test_random *random)
{
    static const int64_t ends[] = {INT64_MIN, INT64_MIN + 1, -1000000000, -1, 0,
                                   1,         INT64_MAX - 1, INT64_MAX};
    for (size_t i = 0; i < COUNT(ends); i++)
        check_frame_at(t, ends[i]);
    for (int i = 0; i < 20; i++)
        check_frame_at(t, (int64_t)test_random_u64(random) >> test_random_in(random, 0, 63));
}

static void test_any_time_is_exact(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("times"));
    for_all(check_any, &random);
    for (int i = 0; i < 20000; i++) { /* far outside the rates a stream takes */
        const as_timebase t = {(uint32_t)(test_random_u64(&random) >> 32) | 1,
                               (uint32_t)(test_random_u64(&random) >> 32) | 1,
                               (int64_t)test_random_u64(&random),
                               (uint32_t)(test_random_u64(&random) >> 32) | 1};
        check_frame_at(&t, (int64_t)test_random_u64(&random));
    }
}

static void test_known_values(void **state)
{
    (void)state;
    int64_t media_ns;
    const as_timebase ntsc = {60000, 1001, 0, 1};
    assert_true(as_timebase_time_of(&ntsc, 1, &media_ns));
    assert_int_equal(media_ns, 16683333); /* 16683333 1/3 */
    assert_true(as_timebase_time_of(&ntsc, 60000, &media_ns));
    assert_int_equal(media_ns, 1001000000000);
    const as_timebase stereo = {60, 1, 1000000000, 2};
    assert_int_equal(as_timebase_frame_at(&stereo, 0), 0);
    assert_int_equal(as_timebase_frame_at(&stereo, 1000000000), 0);
    assert_int_equal(as_timebase_frame_at(&stereo, 1008333333), 0);
    assert_int_equal(as_timebase_frame_at(&stereo, 1008333334), 2);
    assert_int_equal(as_timebase_frame_at(&stereo, 2000000000), 120);
    assert_true(as_timebase_time_of(&stereo, 121, &media_ns));
    assert_int_equal(media_ns, 2000000000);
    /* Pictures of half nanoseconds: ties go away from zero, whatever the sign. */
    const as_timebase ties = {2000000000, 1, -3, 1};
    const int64_t wanted[] = {-3, -3, -2, -2, -1, -1, 0, 1, 1, 2};
    for (uint64_t n = 0; n < COUNT(wanted); n++) {
        assert_true(as_timebase_time_of(&ties, n, &media_ns));
        assert_int_equal(media_ns, wanted[n]);
    }
}

static void test_what_does_not_fit_is_said(void **state)
{
    (void)state;
    int64_t media_ns = 5;
    const as_timebase slow = {1, 1000000, 0, 1};
    assert_false(as_timebase_time_of(&slow, UINT64_MAX, &media_ns));
    assert_false(as_timebase_time_of(&slow, 9224, &media_ns));
    assert_int_equal(media_ns, 5);
    assert_true(as_timebase_time_of(&slow, 9223, &media_ns));
    const as_timebase fast = {1000000, 1, INT64_MIN, 1};
    assert_true(as_timebase_frame_at(&fast, INT64_MAX) == 18446744073709552u);
    const as_timebase many = {UINT32_MAX, 1, INT64_MIN, UINT32_MAX};
    assert_true(as_timebase_frame_at(&many, INT64_MAX) == UINT64_MAX);
    assert_int_equal(as_timebase_frame_at(&many, INT64_MIN), 0);
    const as_timebase late = {60, 1, INT64_MAX, 1};
    assert_int_equal(as_timebase_frame_at(&late, INT64_MIN), 0);
    assert_false(as_timebase_time_of(&late, 1, &media_ns));
    const as_timebase largest = {1, UINT32_MAX, INT64_MAX, 1}; /* the largest products */
    assert_false(as_timebase_time_of(&largest, UINT64_MAX, &media_ns));
}

static void test_round_trip(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("round trip"));
    for (int i = 0; i < 50000; i++) {
        const as_timebase t = {(uint32_t)test_random_in(&random, 1, 100000000),
                               (uint32_t)test_random_in(&random, 1, i & 1 ? 1 : 1000000),
                               (int64_t)test_random_u64(&random) >> test_random_in(&random, 1, 63),
                               (uint32_t)test_random_in(&random, 1, 16)};
        check_time_of(&t, test_random_u64(&random) >> test_random_in(&random, 0, 63));
    }
    const as_timebase fastest = {100000000, 1, 3, 1};
    for (uint64_t n = 0; n < 1000; n++)
        check_time_of(&fastest, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_values),      cmocka_unit_test(test_boundaries_are_exact),
        cmocka_unit_test(test_any_time_is_exact), cmocka_unit_test(test_what_does_not_fit_is_said),
        cmocka_unit_test(test_round_trip),
    };
    return cmocka_run_group_tests_name("timebase", tests, NULL, test_nothing_alive);
}
