/* SPDX-License-Identifier: MIT
 *
 * The Vulkan rasterizer against core/raster, byte for byte: random frames of every mode and size,
 * 1 to 8 in flight, on devices that lack each of what is used where it is there.
 */
#include "tests/support/vk_frames.h"

#include <inttypes.h>

enum { MOST_FLIGHT = 8 };

static test_vk *vk;

static vk_frame random_frame(test_random *random)
{
    vk_frame f = {.canvas_width = (uint32_t)test_random_in(random, 1, 200),
                  .canvas_height = (uint32_t)test_random_in(random, 1, 100),
                  .combine = (as_combine)test_random_in(random, 0, 1)};
    uint32_t w = f.canvas_width, h = f.canvas_height;
    if (test_random_in(random, 0, 2) == 0) {
        f.source_width = w = (uint32_t)test_random_in(random, 1, 300);
        f.source_height = h = (uint32_t)test_random_in(random, 1, 300);
    }
    f.width = f.canvas_width;
    f.height = f.canvas_height;
    if (test_random_in(random, 0, 1) == 0) {
        f.width = (uint32_t)test_random_in(random, 1, 300);
        f.height = (uint32_t)test_random_in(random, 1, 120);
    }
    f.payload = test_random_payload(random, w, h);
    return f;
}

/* `rounds` submissions of 1 to 8 frames each. */
static void check_random(const char *what, uint32_t without, as_vulkan_way way, int rounds)
{
    vk_bench b = vk_bench_open(vk, without, way, MOST_FLIGHT, 0);
    const uint64_t seed = test_seed(what);
    as_error error;
    for (int round = 0; round < rounds; round++) {
        test_random random = test_random_from(seed + (uint64_t)round);
        const int count = (int)test_random_in(&random, 1, MOST_FLIGHT);
        vk_frame frames[MOST_FLIGHT];
        uint64_t point;
        for (int i = 0; i < count; i++) {
            frames[i] = random_frame(&random);
            vk_frame_add(&b, &frames[i]);
        }
        assert_ok(as_vulkan_raster_submit(b.raster, NULL, &point, &error), &error);
        for (int i = 0; i < count; i++)
            vk_frame_finish(&b, &frames[i], what);
    }
    const as_vulkan_raster_numbers numbers = as_vulkan_raster_count(b.raster);
    printf("%s: %" PRIu64 " frames, %" PRIu64 " drawn by the CPU\n", what, numbers.frames,
           numbers.drawn_by_cpu);
    assert_int_equal(numbers.gpu_frames, without & AS_VULKAN_CAP_TIMESTAMP ? 0 : numbers.frames);
    vk_bench_close(&b);
}

enum { ROUNDS = TEST_SANITIZED ? 20 : 90 };

static void test_random_store(void **state)
{
    (void)state;
    check_random("everything, stored", 0, AS_VULKAN_WAY_STORE, ROUNDS);
}

static void test_random_copy(void **state)
{
    (void)state;
    check_random("everything, copied", 0, AS_VULKAN_WAY_COPY, ROUNDS);
}

static void test_random_without_each(void **state)
{
    (void)state;
    check_random("no timeline", AS_VULKAN_CAP_TIMELINE, AS_VULKAN_WAY_COPY, ROUNDS);
    check_random("no subgroup", AS_VULKAN_CAP_SUBGROUP, AS_VULKAN_WAY_COPY, ROUNDS);
    check_random("no int64", AS_VULKAN_CAP_INT64, AS_VULKAN_WAY_COPY, ROUNDS);
    check_random("no store", AS_VULKAN_CAP_STORE, AS_VULKAN_WAY_AUTO, ROUNDS);
    check_random("no timestamps", AS_VULKAN_CAP_TIMESTAMP, AS_VULKAN_WAY_AUTO, ROUNDS);
    check_random("bare 1.1", AS_VULKAN_CAPS, AS_VULKAN_WAY_AUTO, ROUNDS);
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
        cmocka_unit_test(test_random_store),
        cmocka_unit_test(test_random_copy),
        cmocka_unit_test(test_random_without_each),
    };
    return cmocka_run_group_tests_name("vk_raster", tests, open_vk, close_vk);
}
