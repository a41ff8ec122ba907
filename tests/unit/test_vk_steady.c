/* SPDX-License-Identifier: MIT
 *
 * What serving images asks of the driver, looked at from its side: in the steady state no objects
 * and no memory, for images of the pool and of the caller's; and barriers that name earlier uses
 * and other families.
 */
#include "core/base/clock.h"
#include "core/stream/stream.h"
#include "tests/support/failing_alloc.h"
#include "tests/support/vk_spy.h"
#include "tests/unit/vk_triangles.h"

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 20, STEADY = 100, RING = 3 };

static int setup(void **state)
{
    (void)state;
    test_alloc_fail_at(UINT64_MAX); /* counts */
    return open_triangles(FRAMES, WIDTH, HEIGHT);
}

static int teardown(void **state)
{
    const int result = close_triangles(state);
    test_alloc_restore();
    return result;
}

typedef struct desk {
    as_stream *stream;
    as_vk_device *device;
    as_vk *vk;
} desk;

static desk open_desk(as_vk_write write, as_vk_ability avoid)
{
    const as_stream_params params = truth_params(&small);
    as_vk_import import = import_of(context, avoid);
    desk d = {.stream = open_stream(&params)};
    as_error error;
    import.get_instance_proc_addr = test_vk_spy_loader();
    assert_ok(as_vk_device_import(&import, &d.device, &error), &error);
    d.vk = attach(d.stream, d.device, RING, write);
    return d;
}

static void close_desk(desk *d)
{
    as_vk_detach(&d->vk);
    as_vk_device_unref(&d->device);
    as_stream_close(&d->stream);
}

/* -------------------------------------------------------------------------------- nothing ---- */

/* Until nothing is queued or runs. */
static void wait_idle(as_stream *stream)
{
    as_mutex_lock(&stream->lock);
    while (stream->task_count != 0)
        (void)as_cond_wait_until(&stream->changed, &stream->lock, as_clock_ns() + MILLISECOND);
    as_mutex_unlock(&stream->lock);
}

/* Frames one after another, RING held at a time; `requests`: one for each of the ring. */
static void play(desk *d, const as_vk_request *requests, unsigned count)
{
    as_vk_image held[RING] = {{0}};
    as_error error;
    for (unsigned n = 0; n < count; n++) {
        as_vk_image *image = &held[n % RING];
        release(d->vk, image, NULL);
        *image = get(d->vk, n % FRAMES, &requests[n % RING]);
    }
    for (unsigned i = 0; i < RING; i++) {
        assert_ok(as_vk_wait(d->vk, &held[i], AS_WAIT_FOREVER, &error), &error);
        release(d->vk, &held[i], NULL);
    }
}

/* Plays until all is there, then STEADY frames, of which each makes `views` views and else nothing.
 */
static void check_steady(as_vk_write write, as_vk_ability avoid, const as_vk_request *requests,
                         unsigned views)
{
    desk d = open_desk(write, avoid);
    play(&d, requests, 3 * FRAMES);
    wait_idle(d.stream);
    memset(&test_vk_seen_now, 0, sizeof(test_vk_seen_now));
    const uint64_t allocated = test_alloc_count();
    play(&d, requests, STEADY);
    assert_int_equal(test_alloc_count(), allocated);
    assert_int_equal(test_vk_seen_now.allocations, 0);
    assert_int_equal(test_vk_seen_now.views, views * STEADY);
    assert_int_equal(test_vk_seen_now.objects, test_vk_seen_now.views);
    assert_int_equal(test_vk_seen_now.submits, STEADY);
    close_desk(&d);
}

static void test_pool(void **state)
{
    as_vk_request requests[RING];
    (void)state;
    for (size_t i = 0; i < RING; i++)
        requests[i] = ask(0, 0);
    check_steady(AS_VK_WRITE_COPY, 0, requests, 0);
    check_steady(AS_VK_WRITE_COPY, AS_VK_TIMELINE, requests, 0);
    check_steady(AS_VK_WRITE_STORE, 0, requests, 0);
    /* Two sizes, and room for both. */
    requests[1] = ask(100, 70);
    check_steady(AS_VK_WRITE_COPY, 0, requests, 0);
}

static void test_images_of_the_caller(void **state)
{
    const VkImageUsageFlags usage = VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
    as_vulkan_image images[RING];
    as_vk_request requests[RING];
    as_error error;
    (void)state;
    for (size_t i = 0; i < RING; i++) {
        images[i] = test_image_create(reader, WIDTH, HEIGHT, usage, VK_IMAGE_LAYOUT_UNDEFINED, 0);
        assert_ok(as_vulkan_view_create(reader->device, images[i].image, &images[i].view, &error),
                  &error);
        requests[i] = (as_vk_request){.struct_size = sizeof(as_vk_request),
                                      .layout = VK_IMAGE_LAYOUT_GENERAL,
                                      .image = images[i].image,
                                      .image_width = WIDTH,
                                      .image_height = HEIGHT,
                                      .image_usage = usage};
    }
    check_steady(AS_VK_WRITE_COPY, 0, requests, 0);
    check_steady(AS_VK_WRITE_STORE, 0, requests, 1);
    for (size_t i = 0; i < RING; i++)
        requests[i].image_view = images[i].view;
    check_steady(AS_VK_WRITE_COPY, 0, requests, 0);
    check_steady(AS_VK_WRITE_STORE, 0, requests, 0);
    for (size_t i = 0; i < RING; i++)
        as_vulkan_image_destroy(reader->device, &images[i]); /* the views are there still */
}

/* ------------------------------------------------------------------------------- barriers ---- */

/* The first barrier of an image since the spy's numbers were zeroed. */
static const test_vk_barrier *first_barrier(VkImage image)
{
    for (unsigned i = 0; i < test_vk_seen_now.barriers_count; i++)
        if (test_vk_seen_now.barriers[i].image == image)
            return &test_vk_seen_now.barriers[i];
    fail_msg("the library moves the image to no layout");
    return NULL;
}

static void expect_after_all(const test_vk_barrier *b)
{
    assert_true(b->from_stage & VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
    assert_true(b->from_access & VK_ACCESS_MEMORY_WRITE_BIT);
}

/* An image that was used, at stages that the library does not know, is drawn into behind all that
 * the queue was given before. */
static void test_behind_earlier_uses(void **state)
{
    desk d = open_desk(AS_VK_WRITE_COPY, 0);
    const VkImageUsageFlags usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT;
    as_vulkan_image own =
        test_image_create(reader, WIDTH, HEIGHT, usage, VK_IMAGE_LAYOUT_UNDEFINED, 0);
    const as_vk_request request = {.struct_size = sizeof(request),
                                   .layout = VK_IMAGE_LAYOUT_GENERAL,
                                   .image = own.image,
                                   .image_width = WIDTH,
                                   .image_height = HEIGHT,
                                   .image_usage = usage};
    VkImage name = VK_NULL_HANDLE;
    as_error error;
    (void)state;
    for (uint64_t n = 0; n < 5; n++) {
        memset(&test_vk_seen_now, 0, sizeof(test_vk_seen_now));
        as_vk_image image = get(d.vk, n, NULL);
        if (n > 0) {
            assert_ptr_equal(image.image, name);
            expect_after_all(first_barrier(name));
        }
        name = image.image;
        release(d.vk, &image, NULL);
    }
    memset(&test_vk_seen_now, 0, sizeof(test_vk_seen_now));
    as_vk_image image = get(d.vk, 1, &request); /* the caller's: always */
    expect_after_all(first_barrier(own.image));
    assert_ok(as_vk_wait(d.vk, &image, AS_WAIT_FOREVER, &error), &error);
    release(d.vk, &image, NULL);
    close_desk(&d);
    as_vulkan_image_destroy(reader->device, &own);
}

static unsigned count_transfers(VkImage image, uint32_t from, uint32_t to, VkImageLayout layout)
{
    unsigned count = 0;
    for (unsigned i = 0; i < test_vk_seen_now.barriers_count; i++) {
        const test_vk_barrier *b = &test_vk_seen_now.barriers[i];
        if (b->image == image && b->from_family != b->to_family) {
            assert_int_equal(b->from_family, from);
            assert_int_equal(b->to_family, to);
            assert_int_equal(b->from_layout, layout);
            assert_int_equal(b->to_layout, layout);
            count++;
        }
    }
    return count;
}

/* Released once to the family that is named; not at all where there is nothing to release. */
static void test_release_to_a_family(void **state)
{
    desk d = open_desk(AS_VK_WRITE_COPY, 0);
    const VkImageLayout layout = VK_IMAGE_LAYOUT_GENERAL;
    as_vk_request request = ask(0, 0);
    as_vk_image image;
    (void)state;
    request.layout = layout;
    image = get(d.vk, 4, &request);
    assert_int_equal(count_transfers(image.image, 0, 0, layout), 0);
    release(d.vk, &image, NULL);
    request.transfer = 1;
    for (uint64_t n = 0; n < 4; n++) {
        request.queue_family = n == 3 ? context->family : VK_QUEUE_FAMILY_EXTERNAL;
        memset(&test_vk_seen_now, 0, sizeof(test_vk_seen_now));
        image = get(d.vk, 5 + n, &request);
        assert_int_equal(image.queue_family, request.queue_family);
        assert_int_equal(
            count_transfers(image.image, context->family, VK_QUEUE_FAMILY_EXTERNAL, layout),
            n != 3);
        release(d.vk, &image, NULL);
    }
    close_desk(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_pool, no_messages),
        cmocka_unit_test_teardown(test_images_of_the_caller, no_messages),
        cmocka_unit_test_teardown(test_behind_earlier_uses, no_messages),
        cmocka_unit_test_teardown(test_release_to_a_family, no_messages),
    };
    return cmocka_run_group_tests_name("vk_steady", tests, setup, teardown);
}
