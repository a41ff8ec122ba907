/* SPDX-License-Identifier: MIT
 *
 * What the tests of vulkan.h share: a device under the validation layer, a stream whose masks are
 * known, and reading images as a renderer would.
 */
#ifndef TEST_VK_FIXTURE_H
#define TEST_VK_FIXTURE_H

#include "tests/support/stream_fixture.h"
#include "tests/support/vk_reader.h"

#include <inttypes.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline as_vk_import import_of(test_vk *vk, as_vk_ability avoid)
{
    static const char *const extensions[] = {VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME,
                                             VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME};
    return (as_vk_import){.struct_size = sizeof(as_vk_import),
                          .api_version = VK_API_VERSION_1_1,
                          .get_instance_proc_addr = vk->load,
                          .instance = vk->instance,
                          .physical_device = vk->physical,
                          .device = vk->device,
                          .queue = vk->queue,
                          .queue_family = vk->family,
                          .extension_count = COUNT(extensions),
                          .extensions = extensions,
                          .features = &vk->features,
                          .avoid = avoid};
}

static inline as_vk_device *import_device(test_vk *vk, as_vk_ability avoid)
{
    const as_vk_import import = import_of(vk, avoid);
    as_vk_device *device = NULL;
    as_error error;
    assert_ok(as_vk_device_import(&import, &device, &error), &error);
    return device;
}

static inline as_vk *attach(as_stream *stream, as_vk_device *device, uint32_t images,
                            as_vk_write write)
{
    const as_vk_params params = {.struct_size = sizeof(params), .images = images, .write = write};
    as_vk *vk = NULL;
    as_error error;
    assert_ok(as_vk_attach(stream, device, &params, &vk, &error), &error);
    return vk;
}

static inline as_vk_stats vk_stats_of(as_vk *vk)
{
    as_vk_stats stats = {.struct_size = sizeof(stats)};
    assert_int_equal(as_vk_get_stats(vk, &stats), AS_OK);
    return stats;
}

static inline as_vk_request ask(uint32_t width, uint32_t height)
{
    return (as_vk_request){.struct_size = sizeof(as_vk_request), .width = width, .height = height};
}

static inline as_vk_image get(as_vk *vk, uint64_t index, const as_vk_request *request)
{
    as_vk_image image;
    as_error error;
    assert_ok(as_vk_get_frame(vk, index, request, AS_WAIT_FOREVER, &image, &error), &error);
    assert_int_equal(image.index, index);
    assert_non_null(image.image);
    assert_int_equal(image.format, VK_FORMAT_R8_UNORM);
    return image;
}

static inline void release(as_vk *vk, as_vk_image *image, const as_vk_done *done)
{
    as_error error;
    assert_ok(as_vk_release(vk, image, done, &error), &error);
    assert_null(image->handle);
    assert_null(image->image);
}

/* Does the image show what the CPU makes of the frame? */
static inline void expect(test_reader *reader, const as_vk_image *image, truth *t)
{
    const uint8_t *wanted = truth_mask(t, image->index, image->width, image->height);
    test_reading reading = test_reader_start(reader, image, image->width, image->height);
    uint8_t *pixels = test_reader_finish(reader, &reading);
    assert_non_null(wanted);
    assert_same_bytes(pixels, wanted, (size_t)image->width * image->height);
    free(pixels);
}

/* Gets, checks and releases a frame. */
static inline void check_frame(test_reader *reader, as_vk *vk, truth *t, uint64_t index,
                               const as_vk_request *request)
{
    as_vk_image image = get(vk, index, request);
    expect(reader, &image, t);
    release(vk, &image, NULL);
}

#endif
