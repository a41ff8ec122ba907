/* SPDX-License-Identifier: MIT
 *
 * Frames in images of the caller's, layouts, and ownership.
 */
#include "tests/unit/vk_triangles.h"

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 20, SPARE = 24 };

static int setup(void **state)
{
    (void)state;
    return open_triangles(FRAMES, WIDTH, HEIGHT);
}

typedef struct desk {
    as_stream *stream;
    as_vk_device *device;
    as_vk *vk;
} desk;

static desk open_desk(as_vk_ability avoid, as_vk_write write)
{
    const as_stream_params params = truth_params(&small);
    desk d = {.stream = open_stream(&params), .device = import_device(context, avoid)};
    d.vk = attach(d.stream, d.device, 2, write);
    return d;
}

static void close_desk(desk *d)
{
    as_vk_detach(&d->vk);
    as_vk_device_unref(&d->device);
    as_stream_close(&d->stream);
}

/* ------------------------------------------------------------------------- the caller's ------ */

static as_vk_request ask_for(const as_vulkan_image *image, VkImageUsageFlags usage,
                             VkImageLayout layout)
{
    return (as_vk_request){.struct_size = sizeof(as_vk_request),
                           .layout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
                           .image = image->image,
                           .image_width = image->width,
                           .image_height = image->height,
                           .image_usage = usage,
                           .image_layout = (uint32_t)layout};
}

/* The mask, and `around` on the right and below unless that may be lost. */
static void expect_in(const as_vk_image *shown, const as_vulkan_image *image, int around)
{
    const uint8_t *wanted = truth_mask(&small, shown->index, WIDTH, HEIGHT);
    test_reading reading = test_reader_start(reader, shown, image->width, image->height);
    uint8_t *pixels = test_reader_finish(reader, &reading);
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++) {
            const int got = pixels[(size_t)y * image->width + x];
            if (x < WIDTH && y < HEIGHT)
                assert_int_equal(got, wanted[(size_t)y * WIDTH + x]);
            else if (around >= 0)
                assert_int_equal(got, around);
        }
    free(pixels);
}

static void check_target(as_vk_ability avoid, as_vk_write write, VkImageUsageFlags usage)
{
    desk d = open_desk(avoid, write);
    const bool cleared = (usage & VK_IMAGE_USAGE_TRANSFER_DST_BIT) != 0;
    const VkImageLayout layout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL;
    usage |= VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
    as_vulkan_image image =
        test_image_create(reader, WIDTH + SPARE, HEIGHT + SPARE, usage, layout, 77);
    const as_vk_request request = ask_for(&image, usage, layout);
    for (uint64_t n = 0; n < 6; n++) {
        as_vk_image shown = get(d.vk, n, &request);
        assert_ptr_equal(shown.image, image.image);
        assert_null(shown.view);
        assert_int_equal(shown.width, WIDTH);
        assert_int_equal(shown.layout, layout);
        expect_in(&shown, &image, cleared ? 77 : -1);
        assert_int_equal(vk_stats_of(d.vk).held, 1);
        assert_int_equal(vk_stats_of(d.vk).images, 0);
        release(d.vk, &shown, NULL);
    }
    close_desk(&d);
    as_vulkan_image_destroy(reader->device, &image);
}

static void test_targets(void **state)
{
    (void)state;
    check_target(0, AS_VK_WRITE_STORE, VK_IMAGE_USAGE_STORAGE_BIT);
    check_target(0, AS_VK_WRITE_STORE,
                 VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT);
    check_target(0, AS_VK_WRITE_STORE, VK_IMAGE_USAGE_TRANSFER_DST_BIT);
    check_target(0, AS_VK_WRITE_COPY, VK_IMAGE_USAGE_STORAGE_BIT);
    check_target(AS_VK_TIMELINE, AS_VK_WRITE_COPY, VK_IMAGE_USAGE_TRANSFER_DST_BIT);
    check_target(AS_VK_STORAGE_IMAGE, AS_VK_WRITE_AUTO, VK_IMAGE_USAGE_TRANSFER_DST_BIT);
}

/* Two images in turn, drawn again while the GPU reads them; the next request waits for that. */
static void check_waits(bool binary)
{
    enum { IMAGES = 2 };
    desk d = open_desk(0, AS_VK_WRITE_AUTO);
    const VkImageUsageFlags usage =
        VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
    const VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
    as_vulkan_image images[IMAGES];
    as_vk_image shown[IMAGES] = {{.index = 0}};
    test_reading readings[IMAGES];
    VkSemaphore semaphore;
    uint64_t point;
    as_error error;
    assert_int_equal(reader->device->f.CreateSemaphore(context->device, &info, NULL, &semaphore),
                     VK_SUCCESS);
    for (size_t i = 0; i < IMAGES; i++)
        images[i] = test_image_create(reader, WIDTH, HEIGHT, usage, VK_IMAGE_LAYOUT_UNDEFINED, 0);
    for (uint64_t n = 0; n < 3 * IMAGES; n++) {
        const size_t i = n % IMAGES;
        as_vk_request request = ask_for(&images[i], usage, VK_IMAGE_LAYOUT_UNDEFINED);
        uint8_t *pixels = NULL;
        if (n >= IMAGES) {
            const as_vk_done done = test_reader_done(reader, &readings[i]);
            request.wait = done.semaphore;
            request.wait_value = done.value;
            release(d.vk, &shown[i], NULL);
            pixels = test_reader_finish(reader, &readings[i]);
            assert_same_bytes(pixels, truth_mask(&small, n - IMAGES, WIDTH, HEIGHT),
                              WIDTH * HEIGHT);
        }
        if (binary) {
            const as_vulkan_semaphore signal = {semaphore, 0, 0};
            const as_vulkan_submission signals = {.signals = &signal, .signals_count = 1};
            assert_ok(as_vulkan_submit(reader->device, &signals, &point, &error), &error);
            request.wait = semaphore;
            request.wait_value = 0;
        }
        free(pixels);
        shown[i] = get(d.vk, n, &request);
        readings[i] = test_reader_start(reader, &shown[i], WIDTH, HEIGHT);
    }
    for (size_t i = 0; i < IMAGES; i++)
        free(test_reader_finish(reader, &readings[i]));
    close_desk(&d); /* both are held */
    for (size_t i = 0; i < IMAGES; i++)
        as_vulkan_image_destroy(reader->device, &images[i]);
    reader->device->f.DestroySemaphore(context->device, semaphore, NULL);
}

static void test_waits(void **state)
{
    (void)state;
    check_waits(false);
    check_waits(true);
}

/* A last use that is over only when the host says so: nothing is drawn before. */
static void test_use_under_way(void **state)
{
    const uint64_t long_enough = 200 * MILLISECOND; /* to draw, if nothing is waited for */
    const VkImageUsageFlags usage =
        VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
    desk d = open_desk(0, AS_VK_WRITE_AUTO);
    test_vk_gate gate = test_vk_gate_make(context);
    as_vulkan_image image =
        test_image_create(reader, WIDTH, HEIGHT, usage, VK_IMAGE_LAYOUT_UNDEFINED, 0);
    as_vk_request request = ask_for(&image, usage, VK_IMAGE_LAYOUT_UNDEFINED);
    as_error error;
    (void)state;
    request.wait = gate.semaphore;
    request.wait_value = gate.value;
    as_vk_image shown = get(d.vk, 7, &request);
    assert_fails(as_vk_wait(d.vk, &shown, long_enough, &error), AS_TIMEOUT, &error, "in time");
    test_vk_gate_open(context, &gate);
    assert_ok(as_vk_wait(d.vk, &shown, AS_WAIT_FOREVER, &error), &error);
    expect_in(&shown, &image, -1);
    release(d.vk, &shown, NULL);
    close_desk(&d);
    test_vk_gate_free(context, &gate);
    as_vulkan_image_destroy(reader->device, &image);
}

/* Each request may name another image; nothing of one that is gone is remembered. */
static void test_targets_come_and_go(void **state)
{
    const VkImageUsageFlags usage = VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
    desk d = open_desk(0, AS_VK_WRITE_STORE);
    (void)state;
    for (uint64_t n = 0; n < 30; n++) {
        as_vulkan_image image =
            test_image_create(reader, WIDTH, HEIGHT, usage, VK_IMAGE_LAYOUT_UNDEFINED, 0);
        const as_vk_request request = ask_for(&image, usage, VK_IMAGE_LAYOUT_UNDEFINED);
        as_vk_image shown = get(d.vk, n % FRAMES, &request);
        expect_in(&shown, &image, -1);
        release(d.vk, &shown, NULL);
        as_vulkan_image_destroy(reader->device, &image);
    }
    close_desk(&d);
}

static void test_held_target(void **state)
{
    const VkImageUsageFlags usage =
        VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
    desk d = open_desk(0, AS_VK_WRITE_AUTO);
    as_vulkan_image image =
        test_image_create(reader, WIDTH, HEIGHT, usage, VK_IMAGE_LAYOUT_UNDEFINED, 0);
    const as_vk_request request = ask_for(&image, usage, VK_IMAGE_LAYOUT_UNDEFINED);
    as_vk_memory memory = {.struct_size = sizeof(memory)};
    as_vk_image shown = get(d.vk, 1, &request), other;
    as_vk_done done = {.struct_size = sizeof(done), .semaphore = reader->device->timeline};
    as_error error;
    (void)state;
    assert_fails(as_vk_get_frame(d.vk, 2, &request, AS_WAIT_FOREVER, &other, &error),
                 AS_ERROR_ARGUMENT, &error, "still held");
    assert_fails(as_vk_release(d.vk, &shown, &done, &error), AS_ERROR_ARGUMENT, &error, "`wait`");
    assert_fails(as_vk_export_memory(d.vk, &shown, &memory, &error), AS_ERROR_ARGUMENT, &error,
                 "your own");
    release(d.vk, &shown, NULL);
    shown = get(d.vk, 2, &request);
    expect_in(&shown, &image, -1);
    release(d.vk, &shown, NULL);
    close_desk(&d);
    as_vulkan_image_destroy(reader->device, &image);
}

/* ------------------------------------------------------------------------------ layouts ------ */

static void test_layouts(void **state)
{
    static const uint32_t layouts[] = {0,
                                       VK_IMAGE_LAYOUT_GENERAL,
                                       VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
                                       VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                                       VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
                                       VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL};
    desk d = open_desk(0, AS_VK_WRITE_AUTO);
    const as_vk_params params = {
        .struct_size = sizeof(params), .images = 3, .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT};
    as_vk_done done = {.struct_size = sizeof(done)};
    as_vk *vk = NULL;
    as_error error;
    (void)state;
    assert_ok(as_vk_attach(d.stream, d.device, &params, &vk, &error), &error);
    for (size_t i = 0; i < COUNT(layouts); i++) {
        as_vk_request request = ask(0, 0);
        request.layout = layouts[i];
        as_vk_image image = get(vk, 3, &request);
        assert_int_equal(image.layout,
                         layouts[i] ? layouts[i] : VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
        expect(reader, &image, &small);
        release(vk, &image, NULL);
    }
    assert_int_equal(vk_stats_of(vk).shown_already, 0);
    as_vk_image image = get(vk, 3, NULL);
    assert_int_equal(vk_stats_of(vk).shown_already, 1);
    /* Told to be in another layout, it does not show the frame as it is wanted next. */
    done.layout = VK_IMAGE_LAYOUT_GENERAL;
    release(vk, &image, &done);
    check_frame(reader, vk, &small, 3, NULL);
    assert_int_equal(vk_stats_of(vk).shown_already, 1);
    as_vk_detach(&vk);
    close_desk(&d);
}

/* Frames for another family, where the device has one that computes. */
static void check_other_family(desk *d)
{
    as_vulkan_import import = test_vk_import(context, 0);
    as_vk_request request = ask(0, 0);
    if (!context->other_queue)
        return;
    import.queue = context->other_queue;
    import.family = request.queue_family = context->other_family;
    request.transfer = 1;
    request.layout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL;
    test_reader *other = test_reader_open_on(&import, context->family);
    for (uint64_t n = 0; n < 6; n++) {
        as_vk_image image = get(d->vk, n, &request);
        assert_int_equal(image.queue_family, context->other_family);
        test_reading reading = test_reader_start(other, &image, WIDTH, HEIGHT);
        const as_vk_done done = test_reader_done(other, &reading);
        release(d->vk, &image, &done);
        uint8_t *pixels = test_reader_finish(other, &reading);
        assert_same_bytes(pixels, truth_mask(&small, n, WIDTH, HEIGHT), WIDTH * HEIGHT);
        free(pixels);
    }
    check_frame(reader, d->vk, &small, 7, NULL);
    test_reader_close(other);
}

/* Outside of Vulkan is the only other family that software drivers know. */
static void test_ownership(void **state)
{
    desk d = open_desk(0, AS_VK_WRITE_AUTO);
    as_vk_request request = ask(0, 0);
    as_vk_image image, same;
    (void)state;
    request.transfer = 1;
    request.queue_family = context->family; /* nothing to transfer */
    image = get(d.vk, 4, &request);
    same = get(d.vk, 4, NULL);
    assert_ptr_equal(image.image, same.image);
    assert_int_equal(image.queue_family, context->family);
    release(d.vk, &image, NULL);
    release(d.vk, &same, NULL);
    request.queue_family = VK_QUEUE_FAMILY_EXTERNAL;
    request.layout = VK_IMAGE_LAYOUT_GENERAL;
    image = get(d.vk, 5, &request);
    assert_int_equal(image.queue_family, VK_QUEUE_FAMILY_EXTERNAL);
    release(d.vk, &image, NULL);
    image = get(d.vk, 5, &request); /* released to the outside anew */
    assert_int_equal(vk_stats_of(d.vk).shown_already, 1);
    release(d.vk, &image, NULL);
    for (uint64_t n = 0; n < 6; n++) /* and taken back for other frames */
        check_frame(reader, d.vk, &small, n, NULL);
    check_other_family(&d);
    close_desk(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_targets, no_messages),
        cmocka_unit_test_teardown(test_waits, no_messages),
        cmocka_unit_test_teardown(test_use_under_way, no_messages),
        cmocka_unit_test_teardown(test_targets_come_and_go, no_messages),
        cmocka_unit_test_teardown(test_held_target, no_messages),
        cmocka_unit_test_teardown(test_layouts, no_messages),
        cmocka_unit_test_teardown(test_ownership, no_messages),
    };
    return cmocka_run_group_tests_name("vk_targets", tests, setup, close_triangles);
}
