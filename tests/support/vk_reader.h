/* SPDX-License-Identifier: MIT
 *
 * A user of images as a renderer is one: it reads them on the same queue by submissions of its own,
 * which wait for the library's semaphore and signal one that is its own.
 */
#ifndef TEST_VK_READER_H
#define TEST_VK_READER_H

#include "alphastream/vulkan.h"
#include "tests/support/vk_device.h"

typedef struct test_reader {
    as_vulkan_device *device; /* the test's own view of the queue */
    uint32_t from_family;     /* the library's */
    VkCommandPool pool;
} test_reader;

/* One reading under way. */
typedef struct test_reading {
    VkCommandBuffer commands;
    as_vulkan_buffer buffer;
    uint32_t width, height;
    uint64_t point; /* of the reader's device */
} test_reading;

test_reader *test_reader_open(test_vk *vk, uint32_t without);
/* On that queue, and of images of the library's as it uses this one's. */
test_reader *test_reader_open_on(const as_vulkan_import *import, uint32_t from_family);
/* All readings must be finished. NULL is ignored. */
void test_reader_close(test_reader *reader);

/* Copies the first width x height pixels of `image`, which is as in *image, and leaves it so. With
 * transfer to the reader's family: begins with the acquiring barrier. */
test_reading test_reader_start(test_reader *reader, const as_vk_image *image, uint32_t width,
                               uint32_t height);
/* Waits; malloc'd pixels. */
uint8_t *test_reader_finish(test_reader *reader, test_reading *reading);
/* Behind a reading: for as_vk_release. Zeroed, and so none, where there are no timelines: the queue
 * is the same. */
as_vk_done test_reader_done(const test_reader *reader, const test_reading *reading);

/* An image of the test's, of any layout; its content becomes `value` where the usage has
 * TRANSFER_DST, and the layout `layout` (VK_IMAGE_LAYOUT_UNDEFINED: nothing is done). */
as_vulkan_image test_image_create(test_reader *reader, uint32_t width, uint32_t height,
                                  VkImageUsageFlags usage, VkImageLayout layout, uint8_t value);

#endif
