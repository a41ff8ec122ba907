/* SPDX-License-Identifier: MIT */
#include "tests/support/vk_frames.h"

#include <inttypes.h>

vk_bench vk_bench_open(test_vk *vk, uint32_t without, as_vulkan_way way, uint32_t slots,
                       uint32_t arena_bytes)
{
    const as_vulkan_import import = test_vk_import(vk, without);
    const as_vulkan_raster_params params = {
        .slots = slots, .way = way, .arena_bytes = arena_bytes, .times = true};
    vk_bench b;
    as_error error;
    assert_ok(as_vulkan_device_import(&import, &b.device, &error), &error);
    assert_int_equal(b.device->caps & without, 0);
    assert_ok(as_vulkan_raster_create(b.device, &params, &b.raster, &error), &error);
    return b;
}

void vk_bench_close(vk_bench *b)
{
    as_vulkan_raster_destroy(b->raster);
    as_vulkan_device_destroy(b->device);
    test_vk_no_messages();
}

as_result vk_frame_record(vk_bench *b, const vk_frame *f, as_error *error)
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

static uint8_t *cpu_pixels(const vk_frame *f)
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
static void check_upload(vk_bench *b, const vk_frame *f)
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

void vk_frame_add(vk_bench *b, vk_frame *f)
{
    as_error error;
    assert_ok(as_vulkan_image_create(b->device,
                                     &(const as_vulkan_image_kind){f->width, f->height, 0, false},
                                     &f->image, &error),
              &error);
    assert_ok(vk_frame_record(b, f, &error), &error);
    check_upload(b, f);
}

void vk_frame_finish(vk_bench *b, vk_frame *f, const char *what)
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

void vk_frame_check(vk_bench *b, vk_frame *f, const char *what)
{
    as_error error;
    uint64_t point;
    vk_frame_add(b, f);
    assert_ok(as_vulkan_raster_submit(b->raster, NULL, &point, &error), &error);
    vk_frame_finish(b, f, what);
}
