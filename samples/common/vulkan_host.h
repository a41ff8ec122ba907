/* SPDX-License-Identifier: MIT
 *
 * What a program without a window needs of Vulkan: the loader, found at run time, and reading an
 * image back.
 */
#ifndef SAMPLES_VULKAN_HOST_H
#define SAMPLES_VULKAN_HOST_H

#ifndef VK_NO_PROTOTYPES
#define VK_NO_PROTOTYPES
#endif
#include <vulkan/vulkan_core.h>

#include <alphastream/vulkan.h>

#include <stdbool.h>

/* vkGetInstanceProcAddr of libvulkan.so.1, which stays loaded; NULL, and `why` is a sentence. */
as_vk_get_proc vulkan_load(char *why, size_t size);

/* Whose queue it is. */
typedef struct vulkan_queue {
    as_vk_get_proc get_proc;
    VkInstance instance;
    VkPhysicalDevice physical;
    VkDevice device;
    VkQueue queue;
    uint32_t family;
} vulkan_queue;

typedef struct vulkan_reader vulkan_reader;

/* For images of at most `bytes` pixels; NULL where the driver refuses. Used by one thread. */
vulkan_reader *vulkan_reader_create(const vulkan_queue *queue, VkDeviceSize bytes);
/* Copies width x height pixels of an R8 image in VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, once
 * image->semaphore has reached image->value, and waits for them. false: the driver refuses. */
bool vulkan_reader_read(vulkan_reader *reader, const as_vk_image *image, uint8_t *pixels);
/* NULL is ignored. */
void vulkan_reader_destroy(vulkan_reader *reader);

#endif
