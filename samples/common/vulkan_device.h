/* SPDX-License-Identifier: MIT
 *
 * A Vulkan device of the program's own, as every renderer has one already.
 */
#ifndef SAMPLES_VULKAN_DEVICE_H
#define SAMPLES_VULKAN_DEVICE_H

#include "vulkan_host.h"

#include <stddef.h>

typedef struct vulkan_device {
    vulkan_queue queue;
    VkPhysicalDeviceFeatures2 features; /* that are enabled, with timeline behind them */
    VkPhysicalDeviceTimelineSemaphoreFeatures timeline;
    char name[VK_MAX_PHYSICAL_DEVICE_NAME_SIZE];
} vulkan_device;

/* The first device of Vulkan 1.2 with a queue that computes, and what the library can make use of
 * enabled where it is there. *d is all zero before, and stays where it is. false: `why` is a
 * sentence of less than `size` bytes, and vulkan_device_close is still to be called. */
bool vulkan_device_open(vulkan_device *d, char *why, size_t size);
void vulkan_device_close(vulkan_device *d);

#endif
