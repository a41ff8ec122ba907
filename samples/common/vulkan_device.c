/* SPDX-License-Identifier: MIT */
#include "vulkan_device.h"

#include <stdio.h>

enum { MOST_DEVICES = 16, MOST_FAMILIES = 32 };

#define FIND(d, name) ((PFN_vk##name)(d)->queue.get_proc((d)->queue.instance, "vk" #name))

static bool create_instance(vulkan_device *d)
{
    const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                           .pApplicationName = "alphastream",
                                           .apiVersion = VK_API_VERSION_1_2};
    const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                       .pApplicationInfo = &application};
    const PFN_vkCreateInstance create =
        (PFN_vkCreateInstance)d->queue.get_proc(VK_NULL_HANDLE, "vkCreateInstance");
    return create && create(&info, NULL, &d->queue.instance) == VK_SUCCESS;
}

static bool find_device(vulkan_device *d)
{
    VkPhysicalDevice devices[MOST_DEVICES];
    uint32_t count = MOST_DEVICES;
    if (FIND(d, EnumeratePhysicalDevices)(d->queue.instance, &count, devices) < 0)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        VkPhysicalDeviceProperties properties;
        VkQueueFamilyProperties families[MOST_FAMILIES];
        uint32_t families_count = MOST_FAMILIES;
        FIND(d, GetPhysicalDeviceProperties)(devices[i], &properties);
        FIND(d, GetPhysicalDeviceQueueFamilyProperties)(devices[i], &families_count, families);
        for (uint32_t f = 0; f < families_count; f++) {
            if (properties.apiVersion < VK_API_VERSION_1_2 ||
                !(families[f].queueFlags & VK_QUEUE_COMPUTE_BIT))
                continue;
            d->queue.physical = devices[i];
            d->queue.family = f;
            snprintf(d->name, sizeof(d->name), "%s", properties.deviceName);
            return true;
        }
    }
    return false;
}

static bool create_device(vulkan_device *d)
{
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                           .queueFamilyIndex = d->queue.family,
                                           .queueCount = 1,
                                           .pQueuePriorities = &priority};
    d->timeline.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES;
    VkPhysicalDeviceFeatures2 found = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                       .pNext = &d->timeline};
    FIND(d, GetPhysicalDeviceFeatures2)(d->queue.physical, &found);
    d->features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
    d->features.pNext = &d->timeline;
    d->features.features.shaderInt64 = found.features.shaderInt64;
    d->features.features.shaderStorageImageExtendedFormats =
        found.features.shaderStorageImageExtendedFormats;
    const VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                     .pNext = &d->features,
                                     .queueCreateInfoCount = 1,
                                     .pQueueCreateInfos = &queue};
    if (FIND(d, CreateDevice)(d->queue.physical, &info, NULL, &d->queue.device) != VK_SUCCESS)
        return false;
    FIND(d, GetDeviceQueue)(d->queue.device, d->queue.family, 0, &d->queue.queue);
    return true;
}

bool vulkan_device_open(vulkan_device *d, char *why, size_t size)
{
    d->queue.get_proc = vulkan_load(why, size);
    if (!d->queue.get_proc)
        return false;
    if (!create_instance(d) || !find_device(d)) {
        snprintf(why, size, "there is no device with Vulkan 1.2; install a driver");
        return false;
    }
    if (create_device(d))
        return true;
    snprintf(why, size, "the driver refuses a device");
    return false;
}

void vulkan_device_close(vulkan_device *d)
{
    if (d->queue.device)
        FIND(d, DestroyDevice)(d->queue.device, NULL);
    if (d->queue.instance)
        FIND(d, DestroyInstance)(d->queue.instance, NULL);
}
