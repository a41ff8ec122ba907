/* SPDX-License-Identifier: MIT
 *
 * The Vulkan rasterizer on extreme input, compared with core/raster.
 */
#include "core/base/bytes.h"
#include "tests/support/vk_frames.h"

#include <inttypes.h>

static test_vk *vk;

static vk_frame frame_of(test_records *records, uint32_t width, uint32_t height, as_combine combine)
{
    return (vk_frame){.payload = test_records_finish(records),
                      .canvas_width = width,
                      .canvas_height = height,
                      .width = width,
                      .height = height,
                      .combine = combine};
}

static void add_raw(test_records *records, uint32_t x, uint32_t y, const int8_t *steps,
                    size_t count)
{
    uint8_t *record = malloc(4 + 2 * count);
    assert_non_null(record);
    record[0] = (uint8_t)x;
    record[1] = (uint8_t)(x >> 8);
    record[2] = (uint8_t)y;
    record[3] = (uint8_t)(y >> 8);
    memcpy(record + 4, steps, 2 * count);
    test_records_add_raw(records, record, 4 + 2 * count);
    free(record);
}

/* Without 64-bit integers in the shader, and with. */
static void for_both(void (*check)(vk_bench *bench))
{
    static const uint32_t without[] = {0, AS_VULKAN_CAP_INT64 | AS_VULKAN_CAP_SUBGROUP};
    for (int i = 0; i < 2; i++) {
        vk_bench b = vk_bench_open(vk, without[i], AS_VULKAN_WAY_COPY, 2, 0);
        check(&b);
        vk_bench_close(&b);
    }
}

/* ------------------------------------------------------------------------- long segments ----- */

/* Triangles whose closing segments are up to 65535 pixels long, mostly outside. */
static void check_long(vk_bench *b)
{
    const uint64_t seed = test_seed("long");
    for (uint64_t round = 0; round < 60; round++) {
        test_random random = test_random_from(seed + round);
        test_records records = {0};
        const uint32_t width = (uint32_t)test_random_in(&random, 1, 900);
        const uint32_t height = (uint32_t)test_random_in(&random, 1, 500);
        for (int64_t i = test_random_in(&random, 1, 5); i > 0; i--) {
            const int32_t reach = (int32_t[]){300, 3000, 60000}[test_random_in(&random, 0, 2)];
            test_point points[4] = {{(int32_t)test_random_in(&random, 0, reach),
                                     (int32_t)test_random_in(&random, 0, reach)}};
            for (int k = 1; k < 4; k++)
                points[k] = (test_point){(int32_t)test_random_in(&random, -reach, reach),
                                         (int32_t)test_random_in(&random, -reach, reach)};
            test_records_add(&records, points, (size_t)test_random_in(&random, 2, 4));
        }
        vk_frame f = frame_of(&records, width, height, (as_combine)(round & 1));
        if (round % 3 == 0) {
            f.source_width = (uint32_t)test_random_in(&random, 1, 2000);
            f.source_height = (uint32_t)test_random_in(&random, 1, 2000);
        }
        vk_frame_check(b, &f, "long");
    }
    assert_int_equal(as_vulkan_raster_count(b->raster).drawn_by_cpu, 0);
}

static void test_long_segments(void **state)
{
    (void)state;
    for_both(check_long);
}

/* One unit becomes up to 1000 pixels: products of more than 32 bits. */
static void check_scaled_up(vk_bench *b)
{
    const uint64_t seed = test_seed("scaled up");
    for (uint64_t round = 0; round < 60; round++) {
        test_random random = test_random_from(seed + round);
        int8_t steps[40];
        test_records records = {0};
        for (int i = 0; i < 3; i++) {
            for (size_t k = 0; k < sizeof(steps); k++)
                steps[k] = (int8_t)test_random_in(&random, -128, 127);
            add_raw(&records, (uint32_t)test_random_in(&random, 0, 40),
                    (uint32_t)test_random_in(&random, 0, 40), steps,
                    (size_t)test_random_in(&random, 1, 20));
        }
        vk_frame f = frame_of(&records, 1000, 700, (as_combine)(round & 1));
        f.source_width = (uint32_t)test_random_in(&random, 1, 50);
        f.source_height = (uint32_t)test_random_in(&random, 1, 50);
        f.width = 333;
        f.height = 1001;
        vk_frame_check(b, &f, "scaled up");
    }
    assert_int_equal(as_vulkan_raster_count(b->raster).drawn_by_cpu, 0);
}

static void test_scaled_up(void **state)
{
    (void)state;
    for_both(check_scaled_up);
}

/* A polyline that walks hundreds of thousands of pixels away: the CPU draws it. */
static void test_far_outside(void **state)
{
    (void)state;
    enum { STEPS = 20000 };
    static int8_t steps[2 * STEPS];
    static const int8_t directions[4][2] = {{127, 3}, {-128, -5}, {2, 127}, {-3, -128}};
    vk_bench b = vk_bench_open(vk, 0, AS_VULKAN_WAY_COPY, 1, 0);
    for (int d = 0; d < 4; d++) {
        test_records records = {0};
        for (size_t i = 0; i < STEPS; i++)
            memcpy(steps + 2 * i, directions[d], 2);
        steps[2 * STEPS - 2] = (int8_t)(d < 2 ? 0 : 100); /* bends, so that it has an area */
        steps[2 * STEPS - 1] = (int8_t)(d < 2 ? 100 : 0);
        add_raw(&records, 60, 40, steps, STEPS);
        vk_frame f = frame_of(&records, 128, 90, (as_combine)(d & 1));
        vk_frame_check(&b, &f, "far outside");
        const test_point triangle[3] = {{1, 1}, {90, 5}, {20, 80}}; /* nothing is left of it */
        test_records_add(&records, triangle, 3);
        f = frame_of(&records, 128, 90, AS_COMBINE_UNION);
        vk_frame_check(&b, &f, "after it");
    }
    assert_int_equal(as_vulkan_raster_count(b.raster).drawn_by_cpu, 4);
    vk_bench_close(&b);
}

/* ------------------------------------------------------------------------- many channels ----- */

static void add_small_channels(test_random *random, test_records *records, int count)
{
    for (int i = 0; i < count; i++) {
        int8_t steps[6];
        for (int k = 0; k < 6; k++)
            steps[k] = (int8_t)test_random_in(random, -9, 9);
        add_raw(records, (uint32_t)test_random_in(random, 0, 500),
                (uint32_t)test_random_in(random, 0, 300), steps, 3);
    }
}

static void test_many_channels(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("many"));
    vk_bench b = vk_bench_open(vk, 0, AS_VULKAN_WAY_COPY, 1, 0);
    test_records records = {0};
    add_small_channels(&random, &records, TEST_SANITIZED ? 10000 : 66000); /* over one dispatch */
    vk_frame f = frame_of(&records, 500, 300, AS_COMBINE_UNION);
    vk_frame_check(&b, &f, "many");
    vk_bench_close(&b);
}

/* Small shapes far apart from each other, or from the rest of a large canvas. */
static void test_parity_boxes(void **state)
{
    static const test_point shapes[][3] = {{{1500, 700}, {1509, 703}, {1502, 710}},
                                           {{1505, 701}, {1540, 709}, {1460, 705}},
                                           {{1990, 10}, {2100, 40}, {1900, 60}},
                                           {{3, 970}, {-90, 1100}, {70, 990}}};
    (void)state;
    vk_bench b = vk_bench_open(vk, 0, AS_VULKAN_WAY_COPY, 1, 0);
    for (size_t count = 1; count <= sizeof(shapes) / sizeof(*shapes); count++) {
        const test_point line[2] = {{1490, 702}, {1520, 706}};
        test_records records = {0};
        test_records_add(&records, line, 2); /* inside of the box, and not filled */
        for (size_t i = 0; i < count; i++)
            test_records_add(&records, shapes[i], 3);
        vk_frame f = frame_of(&records, 2000, 1000, AS_COMBINE_PARITY);
        vk_frame_check(&b, &f, "parity");
    }
    vk_bench_close(&b);
}

/* Large boxes in an arena of one canvas: a batch for each. */
static void test_batches(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("batches"));
    vk_bench b = vk_bench_open(vk, 0, AS_VULKAN_WAY_COPY, 2, 4096);
    test_records records = {0};
    for (int i = 0; i < 100; i++) {
        test_point points[5];
        for (int k = 0; k < 5; k++)
            points[k] = (test_point){(int32_t)test_random_in(&random, 0, 600),
                                     (int32_t)test_random_in(&random, 0, 400)};
        test_records_add(&records, points, 5);
    }
    vk_frame f = frame_of(&records, 600, 400, AS_COMBINE_UNION);
    vk_frame_check(&b, &f, "batches");
    const as_vulkan_raster_numbers numbers = as_vulkan_raster_count(b.raster);
    printf("%" PRIu64 " batches\n", numbers.batches);
    assert_true(numbers.batches > 10);
    assert_int_equal(numbers.drawn_by_cpu, 0);
    /* More than there may be: the CPU's. */
    for (int i = 0; i < 3000; i++) {
        const test_point large[3] = {{0, i % 400}, {599, 0}, {300, 399}};
        test_records_add(&records, large, 3);
    }
    f = frame_of(&records, 600, 400, AS_COMBINE_UNION);
    vk_frame_check(&b, &f, "too many batches");
    assert_int_equal(as_vulkan_raster_count(b.raster).drawn_by_cpu, 1);
    vk_bench_close(&b);
}

/* --------------------------------------------------------------------------------- sizes ----- */

static void test_sizes(void **state)
{
    (void)state;
    static const uint32_t sizes[][4] = {{1, 1, 300, 200},       {2048, 1024, 1, 1},
                                        {16384, 3, 16384, 3},   {3, 16384, 3, 16384},
                                        {4096, 4096, 5, 16384}, {1000, 500, 16384, 2500}};
    vk_bench b = vk_bench_open(vk, 0, AS_VULKAN_WAY_COPY, 2, 0);
    vk_bench s = vk_bench_open(vk, 0, AS_VULKAN_WAY_STORE, 2, 0);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        const int32_t right = (int32_t)sizes[i][0] - 1, bottom = (int32_t)sizes[i][1] - 1;
        const test_point points[4] = {{0, bottom / 2}, {right, 0}, {right / 2, bottom}, {3, 3}};
        for (int k = 0; k < 2; k++) {
            test_records records = {0};
            test_records_add(&records, points, 4);
            vk_frame f = frame_of(&records, sizes[i][0], sizes[i][1], AS_COMBINE_UNION);
            f.width = sizes[i][2];
            f.height = sizes[i][3];
            vk_frame_check(k ? &s : &b, &f, "sizes");
        }
    }
    vk_bench_close(&b);
    vk_bench_close(&s);
}

static void test_smallest_inputs(void **state)
{
    (void)state;
    const struct {
        const char *bytes;
        size_t size;
    } records_of[] = {{"", 0},
                      {"abc", 3},
                      {"\5\0\4\0", 4},
                      {"\5\0\4\0\1", 5},
                      {"\5\0\4\0\1\1", 6},
                      {"\5\0\4\0\1\1\377\377", 8},
                      {"\5\0\4\0\0\0\0\0\0\0", 10}};
    vk_bench b = vk_bench_open(vk, 0, AS_VULKAN_WAY_STORE, 1, 0);
    for (size_t i = 0; i < sizeof(records_of) / sizeof(*records_of); i++) {
        test_records records = {0};
        test_records_add_raw(&records, records_of[i].bytes, records_of[i].size);
        vk_frame f = frame_of(&records, 9, 7, (as_combine)(i & 1));
        vk_frame_check(&b, &f, "smallest");
    }
    vk_bench_close(&b);
}

static int open_vk(void **state)
{
    (void)state;
    vk = test_vk_open();
    return 0;
}

static int close_vk(void **state)
{
    test_vk_close(vk);
    return test_nothing_alive(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_segments), cmocka_unit_test(test_scaled_up),
        cmocka_unit_test(test_far_outside),   cmocka_unit_test(test_many_channels),
        cmocka_unit_test(test_parity_boxes),  cmocka_unit_test(test_batches),
        cmocka_unit_test(test_sizes),         cmocka_unit_test(test_smallest_inputs),
    };
    return cmocka_run_group_tests_name("vk_extremes", tests, open_vk, close_vk);
}
