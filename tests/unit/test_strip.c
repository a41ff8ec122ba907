/* SPDX-License-Identifier: MIT
 *
 * Triangle strips against a definition that shares nothing with the library (naive_strip.h). Every
 * strip is checked for area, for how often it covers points, for orientation and for being the same
 * when made again.
 */
#include "core/base/buffer.h"
#include "core/base/mem.h"
#include "core/raster/strip.h"
#include "tests/support/check.h"
#include "tests/support/failing_alloc.h"
#include "tests/support/random.h"
#include "tests/support/records.h"
#include "tests/support/strip_checks.h"

#include <inttypes.h>
#include <math.h>
#include <time.h>

#define POINTS(...)                                                                                \
    (const test_point[]){__VA_ARGS__},                                                             \
        sizeof((const test_point[]){__VA_ARGS__}) / sizeof(test_point)

static const as_scale no_scale;

/* ----------------------------------------------------------------------------------- hand cases */

static double area_of(test_records *records, as_combine combine, size_t *out_vertices)
{
    test_random random = test_random_from(7);
    test_payload payload = test_records_finish(records);
    *out_vertices = test_strip_check(&payload, combine, &no_scale, &random, 300);
    naive_figure f = naive_figure_of(&payload, combine, &no_scale);
    double area = naive_area(&f);
    naive_figure_free(&f);
    test_payload_free(&payload);
    return area;
}

/* The strip of `records` passes every check, and the fill's area is `want`. */
static void check_case(test_records *records, as_combine combine, double want, size_t most_vertices)
{
    size_t vertices;
    double area = area_of(records, combine, &vertices);
    if (fabs(area - want) > 1e-9 || vertices > most_vertices)
        fail_msg("area %.9g, wanted %.9g; %zu vertices, at most %zu expected", area, want, vertices,
                 most_vertices);
}

static void test_simple(void **state)
{
    (void)state;
    test_records r = {0};
    test_records_add(&r, POINTS({10, 20}, {50, 20}, {50, 60}, {10, 60}));
    check_case(&r, AS_COMBINE_UNION, 1600, 4);
    test_records_add(&r, POINTS({10, 20}, {10, 60}, {50, 60}, {50, 20}, {10, 20}));
    check_case(&r, AS_COMBINE_UNION, 1600, 4);
    test_records_add(&r, POINTS({0, 0}, {1, 0}, {1, 1}, {0, 1}));
    check_case(&r, AS_COMBINE_PARITY, 1, 4);
    test_records_add(&r, POINTS({0, 0}, {30, 10}, {10, 30}));
    check_case(&r, AS_COMBINE_UNION, 400, 6);
    /* long straight sides in many steps cost nothing */
    test_records_add(&r, POINTS({0, 0}, {2000, 0}, {2000, 1000}, {0, 1000}));
    check_case(&r, AS_COMBINE_UNION, 2e6, 4);
    /* concave */
    test_records_add(&r, POINTS({0, 0}, {40, 0}, {40, 40}, {20, 20}, {0, 40}));
    check_case(&r, AS_COMBINE_UNION, 1200, 16);
}

static void test_self_intersecting(void **state)
{
    (void)state;
    test_records r = {0};
    test_records_add(&r, POINTS({0, 0}, {40, 40}, {40, 0}, {0, 40})); /* bow tie lying */
    check_case(&r, AS_COMBINE_UNION, 800, 18);
    test_records_add(&r, POINTS({0, 0}, {40, 0}, {0, 40}, {40, 40})); /* standing: one chain */
    check_case(&r, AS_COMBINE_UNION, 800, 6);
    test_records_add(&r, POINTS({0, 0}, {30, 0}, {0, 7}, {30, 7})); /* crosses off the grid */
    check_case(&r, AS_COMBINE_UNION, 105, 6);
    test_records_add(&r, POINTS({50, 0}, {80, 95}, {2, 35}, {98, 35}, {20, 95})); /* pentagram */
    size_t vertices;
    assert_true(area_of(&r, AS_COMBINE_UNION, &vertices) > 1000);
    assert_true(vertices < 60);
    /* twice around: the inner turn is a hole */
    test_records_add(&r, POINTS({0, 0}, {40, 0}, {40, 40}, {0, 40}, {0, 0}, {10, 10}, {30, 10},
                                {30, 30}, {10, 30}, {10, 10}, {0, 0}));
    check_case(&r, AS_COMBINE_UNION, 1200, 24);
}

static void test_channels(void **state)
{
    (void)state;
    test_records r = {0};
    for (int parity = 0; parity < 2; parity++) { /* nested: holes under parity only */
        test_records_add(&r, POINTS({0, 0}, {90, 0}, {90, 90}, {0, 90}));
        test_records_add(&r, POINTS({10, 10}, {80, 10}, {80, 80}, {10, 80}));
        test_records_add(&r, POINTS({20, 20}, {20, 70}, {70, 70}, {70, 20}));
        check_case(&r, parity ? AS_COMBINE_PARITY : AS_COMBINE_UNION,
                   parity ? 8100 - 4900 + 2500 : 8100, parity ? 60 : 4);
    }
    for (int parity = 0; parity < 2; parity++) { /* overlapping */
        test_records_add(&r, POINTS({0, 0}, {60, 0}, {60, 60}, {0, 60}));
        test_records_add(&r, POINTS({30, 30}, {90, 30}, {90, 90}, {30, 90}));
        check_case(&r, parity ? AS_COMBINE_PARITY : AS_COMBINE_UNION, parity ? 5400 : 6300, 30);
    }
    for (int parity = 0; parity < 2; parity++) { /* one channel twice */
        for (int i = 0; i < 2; i++)
            test_records_add(&r, POINTS({5, 0}, {60, 13}, {33, 60}, {0, 47}));
        check_case(&r, parity ? AS_COMBINE_PARITY : AS_COMBINE_UNION, parity ? 0 : 2276,
                   parity ? 0 : 8);
    }
    for (int parity = 0; parity < 2; parity++) { /* side by side along an edge: one trapezoid */
        test_records_add(&r, POINTS({0, 0}, {30, 0}, {40, 50}, {0, 50}));
        test_records_add(&r, POINTS({30, 0}, {90, 0}, {90, 50}, {40, 50}));
        check_case(&r, parity ? AS_COMBINE_PARITY : AS_COMBINE_UNION, 4500, 4);
    }
    for (int parity = 0; parity < 2; parity++) { /* along a part of an edge, off the grid */
        test_records_add(&r, POINTS({0, 0}, {10, 0}, {40, 90}, {0, 90}));
        test_records_add(&r, POINTS({20, 30}, {90, 30}, {90, 60}, {30, 60}));
        check_case(&r, parity ? AS_COMBINE_PARITY : AS_COMBINE_UNION, 2250 + 1950, 16);
    }
    for (int parity = 0; parity < 2; parity++) { /* touching at a point */
        test_records_add(&r, POINTS({0, 0}, {20, 0}, {20, 20}, {0, 20}));
        test_records_add(&r, POINTS({20, 20}, {40, 20}, {40, 40}, {20, 40}));
        test_records_add(&r, POINTS({20, 10}, {30, 5}, {30, 15}));
        check_case(&r, parity ? AS_COMBINE_PARITY : AS_COMBINE_UNION, 850, 24);
    }
}

static void test_touching_itself(void **state)
{
    (void)state;
    test_records r = {0};
    /* at a vertex, at the middle of an edge, and out and back along a line */
    test_records_add(&r, POINTS({0, 0}, {20, 20}, {40, 0}, {40, 40}, {20, 20}, {0, 40}));
    check_case(&r, AS_COMBINE_UNION, 800, 20);
    test_records_add(&r, POINTS({0, 0}, {40, 0}, {40, 40}, {20, 0}, {0, 40}));
    check_case(&r, AS_COMBINE_UNION, 800, 18);
    test_records_add(&r, POINTS({0, 0}, {20, 0}, {20, 30}, {20, 0}, {40, 0}, {40, 40}, {0, 40}));
    check_case(&r, AS_COMBINE_UNION, 1600, 4);
    test_records_add(&r, POINTS({0, 0}, {40, 0}, {40, 20}, {90, 25}, {40, 20}, {40, 40}, {0, 40}));
    check_case(&r, AS_COMBINE_UNION, 1600, 4);
    /* doubled points */
    test_records_add(&r,
                     POINTS({0, 0}, {0, 0}, {0, 0}, {40, 0}, {40, 0}, {40, 40}, {40, 40}, {0, 40}));
    check_case(&r, AS_COMBINE_UNION, 1600, 4);
}

static void test_combs(void **state)
{
    (void)state;
    test_point teeth[402];
    for (int turned = 0; turned < 2; turned++) {
        test_records r = {0};
        for (int i = 0; i < 400; i++) {
            int along = 2 * i, across = i % 2 ? 0 : 100 + i % 7;
            teeth[i] = turned ? (test_point){across, along} : (test_point){along, across};
        }
        teeth[400] = turned ? (test_point){200, 798} : (test_point){798, 200};
        teeth[401] = turned ? (test_point){200, 0} : (test_point){0, 200};
        test_records_add(&r, teeth, 402);
        size_t vertices;
        double area = area_of(&r, AS_COMBINE_UNION, &vertices);
        assert_true(area > 1e5 && vertices < 402 * 6);
    }
}

static void test_nothing(void **state)
{
    (void)state;
    test_records r = {0};
    check_case(&r, AS_COMBINE_UNION, 0, 0);
    test_records_add_raw(&r, "", 0);
    test_records_add_raw(&r, "abc", 3);
    test_records_add(&r, POINTS({1, 2}));
    test_records_add(&r, POINTS({1, 2}, {50, 60}));
    test_records_add(&r, POINTS({5, 9}, {60, 9}, {33, 9}, {2, 9})); /* horizontal only */
    test_records_add(&r, POINTS({5, 9}, {5, 9}, {5, 9}));
    test_records_add(&r, POINTS({5, 9}, {15, 39}, {5, 9})); /* out and back */
    test_records_add(&r, POINTS({5, 9}, {45, 49}, {25, 29}));
    test_records_add_raw(&r, "\1\0\1\0\11", 5);
    check_case(&r, AS_COMBINE_UNION, 0, 0);
    test_records_add(&r, POINTS({5, 9}, {9, 9}, {9, 29}, {5, 29}, {5, 9}));
    test_records_add_raw(&r, "\1\0\1\0\11\0\0\11\77", 9); /* an odd last byte */
    check_case(&r, AS_COMBINE_UNION, 80 + 40.5, 4 + 2 + 4);
}

static void test_slivers(void **state)
{
    (void)state;
    test_records r = {0};
    test_records_add(&r, POINTS({0, 0}, {127, 1}, {254, 1}, {127, 1}));
    test_records_add(&r, POINTS({0, 10}, {100, 11}, {101, 11}));
    test_records_add(&r, POINTS({7, 100}, {8, 227}, {7, 228}));
    check_case(&r, AS_COMBINE_UNION, 0.5 + 64, 22);
    test_records_add(&r, POINTS({0, 10}, {120, 11}, {120, 400}, {0, 400}));
    test_records_add(&r, POINTS({1, 0}, {2, 127}, {119, 254}, {118, 1}));
    test_records_add(&r, POINTS({3, 20}, {119, 11}, {2, 10}));
    size_t vertices;
    assert_true(area_of(&r, AS_COMBINE_UNION, &vertices) > 1000);
}

/* Where a nearly flat side crosses an upright one, the y rounded to float must not move the
 * upright one. */
static void test_flat_against_upright(void **state)
{
    (void)state;
    for (int mirrored = 0; mirrored < 2; mirrored++) {
        test_records r = {0};
        test_records_add(&r, POINTS({0, mirrored ? 203 : 200}, {0, 300}, {2000, 300},
                                    {2000, mirrored ? 200 : 203}));
        for (int x = 100; x < 2000; x += 211)
            test_records_add(&r, POINTS({x, 100}, {x, 400}, {x + 10, 400}, {x + 10, 100}));
        test_payload payload = test_records_finish(&r);
        as_buffer out = {0};
        as_error error;
        assert_ok(test_strip_make(&payload, AS_COMBINE_UNION, &no_scale, &out, &error), &error);
        const float *v = (const float *)(const void *)out.data;
        for (size_t i = 0; i < out.size / sizeof(float); i += 2)
            assert_true(v[i] == floorf(v[i]));
        as_buf_free(&out);
        test_payload_free(&payload);
    }
}

static void test_outside(void **state)
{
    (void)state;
    test_records r = {0};
    test_records_add(&r, POINTS({0, 0}, {-300, -50}, {-700, 90}, {-100, 2000}, {3000, 100}));
    test_records_add(&r, POINTS({65535, 65535}, {66000, 65600}, {65500, 66100}));
    size_t vertices;
    assert_true(area_of(&r, AS_COMBINE_UNION, &vertices) > 1e6);
    /* a figure 2^23 px wide, far outside of where a float tells halves apart */
    test_records_add(&r, POINTS({0, 0}, {-8388608, -127}, {-16, 300}));
    assert_true(area_of(&r, AS_COMBINE_PARITY, &vertices) > 1e9);
}

static void test_scaled(void **state)
{
    (void)state;
    const as_scale scales[] = {{2048, 1024, 4096, 2048}, {2048, 1024, 100, 1000},
                               {1, 1, 16384, 16384},     {16384, 16384, 1, 1},
                               {2048, 1024, 2048, 1024}, {1000, 3, 333, 16384}};
    test_random random = test_random_from(test_seed("scaled"));
    for (int i = 0; i < 120; i++) {
        test_payload payload = test_random_payload(&random, 400, 300);
        test_strip_check(&payload, i & 1 ? AS_COMBINE_PARITY : AS_COMBINE_UNION,
                         &scales[i % (int)(sizeof(scales) / sizeof(scales[0]))], &random, 60);
        test_payload_free(&payload);
    }
    test_records r = {0};
    test_records_add(&r, POINTS({1, 1}, {21, 1}, {21, 11}, {1, 11}));
    test_payload payload = test_records_finish(&r);
    as_buffer out = {0};
    as_error error;
    const float want[] = {2, 3, 42, 3, 2, 33, 42, 33};
    const as_scale scale = {10, 10, 20, 30};
    assert_ok(test_strip_make(&payload, AS_COMBINE_UNION, &scale, &out, &error), &error);
    assert_int_equal(out.size, sizeof(want));
    assert_same_bytes(out.data, want, sizeof(want));
    as_buf_free(&out);
    test_payload_free(&payload);
}

/* --------------------------------------------------------------------------------------- random */

static void test_random_shapes(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("random shapes"));
    for (int i = 0; i < 600; i++) {
        uint32_t size = (uint32_t[]){4, 20, 200, 2000}[i % 4];
        test_payload payload = test_random_payload(&random, size, size);
        test_strip_check(&payload, i & 4 ? AS_COMBINE_PARITY : AS_COMBINE_UNION, &no_scale, &random,
                         100);
        test_payload_free(&payload);
    }
}

/* Points drawn from a few places only: edges that coincide, cross in the same points, end on one
 * another. */
static void test_crowded_shapes(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("crowded shapes"));
    for (int i = 0; i < 800; i++) {
        test_records r = {0};
        int64_t side = test_random_in(&random, 1, 9);
        int64_t step = (int64_t[]){1, 3, 14}[i % 3];
        for (int64_t channels = test_random_in(&random, 1, 4); channels > 0; channels--) {
            test_point points[24];
            size_t n = (size_t)test_random_in(&random, 3, 24);
            for (size_t k = 0; k < n; k++)
                points[k] = (test_point){(int32_t)(100 + step * test_random_in(&random, 0, side)),
                                         (int32_t)(100 + step * test_random_in(&random, 0, side))};
            test_records_add(&r, points, n);
        }
        test_payload payload = test_records_finish(&r);
        test_strip_check(&payload, i & 1 ? AS_COMBINE_PARITY : AS_COMBINE_UNION, &no_scale, &random,
                         100);
        test_payload_free(&payload);
    }
}

/* --------------------------------------------------------------------------------------- limits */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void check_limit(test_records *r, const char *part)
{
    as_error error;
    as_buffer out = {0};
    test_payload payload = test_records_finish(r);
    test_alloc_fail_at(UINT64_MAX);
    double before = seconds();
    assert_fails(test_strip_make(&payload, AS_COMBINE_UNION, &no_scale, &out, &error),
                 AS_ERROR_LIMIT, &error, part);
    printf("  %s: refused after %.2f s, at most %.0f MiB held\n", part, seconds() - before,
           (double)test_alloc_peak() / (1 << 20));
    assert_int_equal(out.size, 0);
    assert_true(test_alloc_peak() < (uint64_t)600 << 20);
    as_buf_free(&out);
    test_alloc_restore();
    test_payload_free(&payload);
}

static void test_limits(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("limits"));
    test_records r = {0};
    uint8_t *bytes = malloc(10 << 20);
    assert_non_null(bytes);
    memset(bytes, 0, 10 << 20);
    bytes[1] = bytes[3] = 64;
    /* steps to and fro: each edge crosses most others */
    for (size_t i = 4; i < 400000; i++)
        bytes[i] = (uint8_t)((i / 2 & 1 ? -1 : 1) * (int)test_random_in(&random, 60, 127));
    test_records_add_raw(&r, bytes, 400000);
    check_limit(&r, "too many intersections");
    /* 2.5 million spikes on one row */
    for (size_t i = 4; i < 10 << 20; i += 2)
        bytes[i] = 1, bytes[i + 1] = (uint8_t)(i & 2 ? 1 : -1);
    test_records_add_raw(&r, bytes, 10 << 20);
    check_limit(&r, "cross one row");
    /* and below one another */
    for (size_t i = 4; i < 10 << 20; i += 2)
        bytes[i + 1] = 1, bytes[i] = (uint8_t)(i & 2 ? 9 : -9);
    test_records_add_raw(&r, bytes, 10 << 20);
    check_limit(&r, "floats");
    free(bytes);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    test_random random = test_random_from(5);
    test_records r = {0};
    for (int i = 0; i < 4; i++) {
        test_point points[150];
        for (int k = 0; k < 150; k++)
            points[k] = (test_point){(int32_t)test_random_in(&random, 0, 120),
                                     (int32_t)test_random_in(&random, 0, 120)};
        test_records_add(&r, points, 150);
    }
    test_payload payload = test_records_finish(&r);
    uint64_t n = 0;
    for (;; n++) {
        as_error error;
        as_buffer out = {0};
        test_alloc_fail_at(n);
        as_result result = test_strip_make(&payload, AS_COMBINE_UNION, &no_scale, &out, &error);
        bool failed = test_alloc_failed();
        if (failed)
            assert_true(result == AS_ERROR_OUT_OF_MEMORY && strstr(error.text, "out of memory"));
        else
            assert_ok(result, &error);
        assert_true(failed == (out.size == 0));
        as_buf_free(&out);
        assert_int_equal(as_mem_live(), 0);
        if (!failed)
            break;
    }
    assert_true(n > 10);
    test_alloc_restore();
    test_payload_free(&payload);
}

/* ---------------------------------------------------------------------------------- real frames */

static void check_stream(const char *path, uint64_t every)
{
    size_t vertices = 0, checked = 0;
    as_source *source;
    as_container *container;
    as_container_info info;
    as_error error;
    test_random random = test_random_from(test_seed(path));
    assert_ok(as_source_open(path, NULL, &source, &error), &error);
    assert_ok(as_container_open(source, NULL, &container, &error), &error);
    assert_ok(as_container_get_info(container, &info, &error), &error);
    for (uint64_t i = 0; i < info.frame_count; i += every) {
        as_buffer bytes = {0};
        assert_ok(as_container_read_payload(container, i, &bytes, &error), &error);
        const test_payload payload = {bytes.data, bytes.size};
        vertices += test_strip_check(&payload, AS_COMBINE_UNION, &no_scale, &random, 30);
        test_strip_check(&payload, AS_COMBINE_PARITY, &no_scale, &random, 30);
        as_buffer_free(&bytes);
        checked++;
    }
    printf("  %s: %zu frames, %zu vertices each\n", path, checked, vertices / (checked + !checked));
    assert_true(checked > 5 && vertices > 100 * checked);
    as_container_close(&container);
    as_source_close(&source);
}

static void test_real_frames(void **state)
{
    (void)state;
    check_stream("samples/data/walkers.asvp", 29);
    check_stream("tests/data/closeup.asvp", 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simple),        cmocka_unit_test(test_self_intersecting),
        cmocka_unit_test(test_channels),      cmocka_unit_test(test_touching_itself),
        cmocka_unit_test(test_combs),         cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_slivers),       cmocka_unit_test(test_flat_against_upright),
        cmocka_unit_test(test_outside),       cmocka_unit_test(test_scaled),
        cmocka_unit_test(test_random_shapes), cmocka_unit_test(test_crowded_shapes),
        cmocka_unit_test(test_limits),        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_real_frames),
    };
    return cmocka_run_group_tests_name("strip", tests, NULL, test_nothing_alive);
}
