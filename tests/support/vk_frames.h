/* SPDX-License-Identifier: MIT
 *
 * Frames by the Vulkan rasterizer, compared with core/raster's.
 */
#ifndef TEST_VK_FRAMES_H
#define TEST_VK_FRAMES_H

#include "gpu/vulkan/raster.h"
#include "tests/support/records.h"
#include "tests/support/vk_device.h"

/* A device, imported, and a rasterizer on it. */
typedef struct vk_bench {
    as_vulkan_device *device;
    as_vulkan_raster *raster;
} vk_bench;

/* A frame and where it goes. */
typedef struct vk_frame {
    test_payload payload;
    uint32_t canvas_width, canvas_height;
    uint32_t source_width, source_height; /* 0: no vector mode */
    uint32_t width, height;
    as_combine combine;
    as_vulkan_image image;
} vk_frame;

vk_bench vk_bench_open(test_vk *vk, uint32_t without, as_vulkan_way way, uint32_t slots,
                       uint32_t arena_bytes);
/* Fails the test when there was a message. */
void vk_bench_close(vk_bench *bench);

/* Records it into an image that is there. */
as_result vk_frame_record(vk_bench *bench, const vk_frame *frame, as_error *error);
/* Makes its image, records it, and checks how much was uploaded. */
void vk_frame_add(vk_bench *bench, vk_frame *frame);
/* Once it was submitted: compares, frees image and payload. */
void vk_frame_finish(vk_bench *bench, vk_frame *frame, const char *what);
/* All of it with a frame alone. */
void vk_frame_check(vk_bench *bench, vk_frame *frame, const char *what);

#endif
