/* SPDX-License-Identifier: MIT
 *
 * The Vulkan rasterizer against core/raster, byte for byte: random frames of every mode and size,
 * on every combination of what a device may lack.
 */
#include "core/base/bytes.h"
#include "gpu/vulkan/raster.h"
#include "tests/support/records.h"
#include "tests/support/vk_device.h"

#include <inttypes.h>

enum { MOST_FLIGHT = 8 };

static test_vk *vk;

typedef struct bench {
    as_vulkan_device *device;
    as_vulkan_raster *raster;
} bench;

static bench open_bench(uint32_t without, as_vulkan_way way, uint32_t slots, uint32_t arena_bytes)
{
    const as_vulkan_import import = test_vk_import(vk, without);
    const as_vulkan_raster_params params = {.slots = slots, .way = way, .arena_bytes = arena_bytes};
    bench b;
    as_error error;
    assert_ok(as_vulkan_device_import(&import, &b.device, &error), &error);
    assert_int_equal(b.device->caps & without, 0);
    assert_ok(as_vulkan_raster_create(b.device, &params, &b.raster, &error), &error);
    return b;
}

static void close_bench(bench *b)
{
    as_vulkan_raster_destroy(b->raster);
    as_vulkan_device_destroy(b->device);
    test_vk_no_messages();
}

/* A frame and where it goes. */
typedef struct frame {
    test_payload payload;
    uint32_t canvas_width, canvas_height, source_width, source_height, width, height;
    as_combine combine;
    as_vulkan_image image;
} frame;

static as_result record_frame(bench *b, frame *f, as_error *error)
{
    as_polystream stream;
    const as_scale scale = {f->source_width, f->source_height, f->canvas_width, f->canvas_height};
    assert_ok(as_polystream_parse(&stream, f->payload.bytes, f->payload.size, 1 << 20, error),
              error);
    const as_vulkan_draw draw = {.stream = &stream,
                                 .canvas_width = f->canvas_width,
                                 .canvas_height = f->canvas_height,
                                 .scale = f->source_width ? &scale : NULL,
                                 .combine = f->combine};
    const as_vulkan_target target = {.image = f->image.image,
                                     .view = f->image.view,
                                     .width = f->width,
                                     .height = f->height,
                                     .before_stage = VK_PIPELINE_STAGE_TRANSFER_BIT,
                                     .after_layout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
                                     .after_stage = VK_PIPELINE_STAGE_TRANSFER_BIT,
                                     .after_access = VK_ACCESS_TRANSFER_READ_BIT,
                                     .after_family = VK_QUEUE_FAMILY_IGNORED};
    return as_vulkan_raster_record(b->raster, &draw, &target, UINT64_MAX, error);
}

static uint8_t *cpu_pixels(const frame *f)
{
    const as_raster_params params = {.struct_size = sizeof(params),
                                     .combine = f->combine,
                                     .source_width = f->source_width,
                                     .source_height = f->source_height,
                                     .max_channels = 1 << 20};
    const size_t size = (size_t)f->width * f->height;
    uint8_t *pixels = malloc(size);
    as_canvas *canvas;
    as_error error;
    assert_non_null(pixels);
    assert_ok(as_canvas_create(f->canvas_width, f->canvas_height, &canvas, &error), &error);
    assert_ok(as_canvas_draw(canvas, f->payload.bytes, f->payload.size, &params, &error), &error);
    assert_ok(as_canvas_to_r8(canvas, pixels, size, f->width, f->height, 0, &error), &error);
    as_canvas_destroy(&canvas);
    return pixels;
}

/* At most 4 bytes a point, 32 a channel and 4 KiB. */
static void check_upload(bench *b, const frame *f)
{
    as_polystream stream;
    as_error error;
    size_t cursor = 0;
    uint64_t points = 0;
    assert_ok(as_polystream_parse(&stream, f->payload.bytes, f->payload.size, 1 << 20, &error),
              &error);
    for (uint32_t i = 0; i < stream.channels; i++)
        points += as_polystream_next(&stream, i, &cursor).points;
    assert_true(as_vulkan_raster_count(b->raster).last_upload_bytes <=
                4 * points + 32 * (uint64_t)stream.channels + 4096);
}

static void add_frame(bench *b, frame *f)
{
    as_error error;
    assert_ok(as_vulkan_image_create(b->device, f->width, f->height, NULL, NULL, &f->image, &error),
              &error);
    assert_ok(record_frame(b, f, &error), &error);
    check_upload(b, f);
}

static void finish_frame(bench *b, frame *f, const char *what)
{
    uint8_t *got = test_vk_read(b->device, f->image.image, f->width, f->height);
    uint8_t *wanted = cpu_pixels(f);
    if (memcmp(got, wanted, (size_t)f->width * f->height) != 0)
        print_error("%s: canvas %" PRIu32 "x%" PRIu32 " source %" PRIu32 "x%" PRIu32
                    " size %" PRIu32 "x%" PRIu32 " combine %" PRId32 "\n",
                    what, f->canvas_width, f->canvas_height, f->source_width, f->source_height,
                    f->width, f->height, f->combine);
    assert_same_bytes(got, wanted, (size_t)f->width * f->height);
    free(got);
    free(wanted);
    as_vulkan_image_destroy(b->device, &f->image);
    test_payload_free(&f->payload);
}

static void check_frame(bench *b, frame *f, const char *what)
{
    as_error error;
    uint64_t point;
    add_frame(b, f);
    assert_ok(as_vulkan_raster_submit(b->raster, NULL, &point, &error), &error);
    finish_frame(b, f, what);
}

/* -------------------------------------------------------------------------------- random ----- */

static frame random_frame(test_random *random)
{
    frame f = {.canvas_width = (uint32_t)test_random_in(random, 1, 200),
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
    bench b = open_bench(without, way, MOST_FLIGHT, 0);
    const uint64_t seed = test_seed(what);
    as_error error;
    for (int round = 0; round < rounds; round++) {
        test_random random = test_random_from(seed + (uint64_t)round);
        const int count = (int)test_random_in(&random, 1, MOST_FLIGHT);
        frame frames[MOST_FLIGHT];
        uint64_t point;
        for (int i = 0; i < count; i++) {
            frames[i] = random_frame(&random);
            add_frame(&b, &frames[i]);
        }
        assert_ok(as_vulkan_raster_submit(b.raster, NULL, &point, &error), &error);
        for (int i = 0; i < count; i++)
            finish_frame(&b, &frames[i], what);
    }
    const as_vulkan_raster_numbers numbers = as_vulkan_raster_count(b.raster);
    printf("%s: %" PRIu64 " frames, %" PRIu64 " drawn by the CPU\n", what, numbers.frames,
           numbers.drawn_by_cpu);
    close_bench(&b);
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
    (void)check_frame;
    return cmocka_run_group_tests_name("vk_raster", tests, open_vk, close_vk);
}
