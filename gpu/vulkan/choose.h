/* SPDX-License-Identifier: MIT
 *
 * Which physical device, family of queues and extensions an own device gets.
 */
#ifndef AS_GPU_VULKAN_CHOOSE_H
#define AS_GPU_VULKAN_CHOOSE_H

#include "gpu/vulkan/device.h"

enum { AS_VULKAN_MOST_EXTENSIONS = 32 };

/* Names belong to whom they were given by. */
typedef struct as_vulkan_extensions {
    const char *names[AS_VULKAN_MOST_EXTENSIONS];
    uint32_t count;
} as_vulkan_extensions;

uint32_t as_vulkan_count_families(const as_vulkan_functions *f, VkPhysicalDevice physical);
/* AS_ERROR_ARGUMENT: there is no such family, or it cannot compute. */
as_result as_vulkan_check_family(const as_vulkan_functions *f, VkPhysicalDevice physical,
                                 uint32_t family, VkQueueFamilyProperties *out_family,
                                 as_error *error);
/* A family that can compute, of those that also draw if there are any: they are the ones whose work
 * shares the GPU without switching. false: there is none. */
bool as_vulkan_find_family(const as_vulkan_functions *f, VkPhysicalDevice physical,
                           uint32_t *out_family);
/* As as_vulkan_create says. AS_ERROR_GPU: none is so. */
as_result as_vulkan_choose(const as_vulkan_functions *f, VkInstance instance,
                           const as_vulkan_create *create, VkPhysicalDevice *out_physical,
                           uint32_t *out_family, as_error *error);
/* Of those of the caller's and ours the ones that the device has. */
as_result as_vulkan_list_extensions(const as_vulkan_functions *f, VkPhysicalDevice physical,
                                    const as_vulkan_create *create,
                                    as_vulkan_extensions *out_extensions, as_error *error);

#endif
