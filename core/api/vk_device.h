/* SPDX-License-Identifier: MIT
 *
 * What is behind an as_vk_device: a device of gpu/vulkan, counted, with what all its as_vk share.
 */
#ifndef AS_API_VK_DEVICE_H
#define AS_API_VK_DEVICE_H

#include "core/api/vk.h"
#include "gpu/vulkan/device.h"

struct as_vk_device {
    as_vulkan_device *device;
    VkPipelineCache cache;
    bool own_cache;
    atomic_uint references;
    as_mutex queue_lock; /* where the caller has none */
};

/* Of AS_VULKAN_CAP_*. */
as_vk_ability as_api_vk_abilities(uint32_t caps);
/* Fills *gpu in from what is known about the device. */
void as_api_vk_describe(const as_vulkan_device *device, as_vk_gpu *gpu);

#endif
