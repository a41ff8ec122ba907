/* SPDX-License-Identifier: MIT
 *
 * Which way to the image is faster depends on the driver: stores are, where the GPU's caches gather
 * bytes well.
 */
#include "core/base/clock.h"
#include "gpu/vulkan/raster_internal.h"

enum { SIDE = 1024, ROUNDS = 3, MOST_NS = 200000000 /* in all */ };

static uint64_t left_until(uint64_t deadline)
{
    const uint64_t now = as_clock_ns();
    return now < deadline ? deadline - now : 0;
}

/* The shortest time of some rounds; the first ones also compile and warm up. AS_TIMEOUT: frames may
 * be under way. */
static as_result measure(as_vulkan_device *device, as_vulkan_raster *raster,
                         const as_vulkan_target *target, uint64_t deadline, uint64_t *out_ns,
                         as_error *error)
{
    const as_polystream blank = {0};
    const as_vulkan_draw draw = {.stream = &blank, .canvas_width = SIDE, .canvas_height = SIDE};
    as_result result = AS_OK;
    *out_ns = UINT64_MAX;
    for (int i = 0; i < ROUNDS && result == AS_OK; i++) {
        uint64_t begun = 0, point = 0;
        result = as_vulkan_raster_record(raster, &draw, target, left_until(deadline), error);
        if (result == AS_OK) {
            begun = as_clock_ns();
            result = as_vulkan_raster_submit(raster, NULL, &point, error);
        }
        if (result == AS_OK)
            result = as_vulkan_wait(device, point, left_until(deadline), error);
        const uint64_t took = device->caps & AS_VULKAN_CAP_TIMESTAMP
                                  ? as_vulkan_raster_count(raster).last_gpu_ns
                                  : as_clock_ns() - begun;
        *out_ns = took < *out_ns ? took : *out_ns;
    }
    return result;
}

static as_result measure_both(as_vulkan_device *device, as_vulkan_raster *raster,
                              const as_vulkan_image *image, as_error *error)
{
    const as_vulkan_way usual = as_vulkan_raster_count(raster).way;
    const uint64_t deadline = as_clock_ns() + MOST_NS;
    const as_vulkan_target target = {.image = image->image,
                                     .view = image->view,
                                     .width = SIDE,
                                     .height = SIDE,
                                     .before_stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                                     .before_access = VK_ACCESS_MEMORY_WRITE_BIT,
                                     .after_layout = VK_IMAGE_LAYOUT_GENERAL,
                                     .after_family = VK_QUEUE_FAMILY_IGNORED};
    uint64_t store = 0, copy = 0;
    as_vulkan_raster_use(raster, AS_VULKAN_WAY_COPY);
    as_result result = measure(device, raster, &target, deadline, &copy, error);
    as_vulkan_raster_use(raster, AS_VULKAN_WAY_STORE);
    if (result == AS_OK)
        result = measure(device, raster, &target, deadline, &store, error);
    if (result == AS_OK)
        atomic_store(&device->measured, copy < store ? AS_VULKAN_WAY_COPY : AS_VULKAN_WAY_STORE);
    as_vulkan_raster_use(raster, usual);
    return result;
}

as_result as_vulkan_raster_measure(as_vulkan_device *device, as_vulkan_raster *raster,
                                   as_error *error)
{
    const as_vulkan_image_kind kind = {.width = SIDE, .height = SIDE};
    as_vulkan_image image;
    as_result result = AS_OK;
    if (atomic_load(&device->measured) == 0) {
        result = as_vulkan_image_create(device, &kind, &image, error);
        if (result != AS_OK)
            return result;
        result = measure_both(device, raster, &image, error);
        if (result == AS_OK)
            as_vulkan_image_destroy(device, &image);
        else
            as_vulkan_raster_keep(raster, &image);
    }
    if (result == AS_TIMEOUT)
        return AS_OK;
    const int measured = atomic_load(&device->measured);
    if (result == AS_OK && measured != 0)
        as_vulkan_raster_use(raster, (as_vulkan_way)measured);
    return result;
}
