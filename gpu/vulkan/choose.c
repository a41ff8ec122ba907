/* SPDX-License-Identifier: MIT */
#include "gpu/vulkan/choose.h"

#include "core/base/mem.h"

#include <inttypes.h>
#include <string.h>

enum { MOST_FAMILIES = 32 };

static uint32_t list_families(const as_vulkan_functions *f, VkPhysicalDevice physical,
                              VkQueueFamilyProperties *families)
{
    uint32_t count = MOST_FAMILIES;
    f->GetPhysicalDeviceQueueFamilyProperties(physical, &count, families);
    return count;
}

uint32_t as_vulkan_count_families(const as_vulkan_functions *f, VkPhysicalDevice physical)
{
    VkQueueFamilyProperties families[MOST_FAMILIES];
    return list_families(f, physical, families);
}

as_result as_vulkan_check_family(const as_vulkan_functions *f, VkPhysicalDevice physical,
                                 uint32_t family, VkQueueFamilyProperties *out_family,
                                 as_error *error)
{
    VkQueueFamilyProperties families[MOST_FAMILIES];
    const uint32_t count = list_families(f, physical, families);
    if (family >= count)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "queue family %" PRIu32 "; the device has %" PRIu32, family, count);
    if (!(families[family].queueFlags & VK_QUEUE_COMPUTE_BIT))
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "queue family %" PRIu32 " cannot compute; give one that can", family);
    *out_family = families[family];
    return AS_OK;
}

bool as_vulkan_find_family(const as_vulkan_functions *f, VkPhysicalDevice physical,
                           uint32_t *out_family)
{
    VkQueueFamilyProperties families[MOST_FAMILIES];
    const uint32_t count = list_families(f, physical, families);
    bool found = false;
    for (uint32_t i = count; i-- > 0;) {
        const VkQueueFlags flags = families[i].queueFlags;
        if (!(flags & VK_QUEUE_COMPUTE_BIT) || (found && !(flags & VK_QUEUE_GRAPHICS_BIT)))
            continue;
        *out_family = i;
        found = true;
    }
    return found;
}

static int rank_of(VkPhysicalDeviceType type)
{
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return 4;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return 3;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return 2;
    default: return 1;
    }
}

/* How much it is wanted; 0: not at all. */
static int judge(const as_vulkan_functions *f, const as_vulkan_create *c, VkPhysicalDevice physical)
{
    VkPhysicalDeviceIDProperties ids = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
    VkPhysicalDeviceProperties2 p = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                     .pNext = &ids};
    f->GetPhysicalDeviceProperties2(physical, &p);
    if (c->choose)
        return c->choose(c->user, physical, &p.properties, &ids) ? 1 : 0;
    if (c->uuid)
        return memcmp(c->uuid, ids.deviceUUID, VK_UUID_SIZE) == 0;
    if (c->luid)
        return ids.deviceLUIDValid && memcmp(c->luid, ids.deviceLUID, VK_LUID_SIZE) == 0;
    return rank_of(p.properties.deviceType);
}

as_result as_vulkan_choose(const as_vulkan_functions *f, VkInstance instance,
                           const as_vulkan_create *create, VkPhysicalDevice *out_physical,
                           uint32_t *out_family, as_error *error)
{
    VkPhysicalDevice devices[AS_VULKAN_MOST_DEVICES];
    VkPhysicalDeviceProperties properties;
    uint32_t count = AS_VULKAN_MOST_DEVICES;
    int best = 0;
    const VkResult listed = f->EnumeratePhysicalDevices(instance, &count, devices);
    if (listed < 0)
        return as_err_set(error, AS_ERROR_GPU,
                          "Vulkan refused a list of devices (VkResult %d); install a driver",
                          (int)listed);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t family = 0;
        f->GetPhysicalDeviceProperties(devices[i], &properties);
        if (properties.apiVersion < VK_API_VERSION_1_1 ||
            !as_vulkan_find_family(f, devices[i], &family))
            continue;
        const int wanted = judge(f, create, devices[i]);
        if (wanted <= best)
            continue;
        best = wanted;
        *out_physical = devices[i];
        *out_family = family;
    }
    if (best != 0)
        return AS_OK;
    return as_err_set(
        error, AS_ERROR_GPU,
        "none of the %" PRIu32 " Vulkan devices here has version 1.1 and a compute "
        "queue%s; install a driver, or ask for another device",
        count, create->choose || create->uuid || create->luid ? " and is the one asked for" : "");
}

/* --------------------------------------------------------------------------- extensions ------ */

static bool is_listed(const VkExtensionProperties *list, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(list[i].extensionName, name) == 0)
            return true;
    return false;
}

static void add(as_vulkan_extensions *out, const char *name)
{
    for (uint32_t i = 0; i < out->count; i++)
        if (strcmp(out->names[i], name) == 0)
            return;
    if (out->count < AS_VULKAN_MOST_EXTENSIONS)
        out->names[out->count++] = name;
}

as_result as_vulkan_list_extensions(const as_vulkan_functions *f, VkPhysicalDevice physical,
                                    const as_vulkan_create *create,
                                    as_vulkan_extensions *out_extensions, as_error *error)
{
    uint32_t count = 0;
    out_extensions->count = 0;
    VkResult result = f->EnumerateDeviceExtensionProperties(physical, NULL, &count, NULL);
    if (result < 0 || count == 0)
        return AS_OK; /* then it goes without */
    VkExtensionProperties *list = as_mem_calloc(count, sizeof(*list));
    if (!list)
        return as_err_no_memory(error, count * sizeof(*list), "names of extensions");
    result = f->EnumerateDeviceExtensionProperties(physical, NULL, &count, list);
    if (result >= 0) {
        if (is_listed(list, count, VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME))
            add(out_extensions, VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME);
        if (is_listed(list, count, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME))
            add(out_extensions, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME);
        for (uint32_t i = 0; i < create->extensions_count; i++)
            if (is_listed(list, count, create->extensions[i]))
                add(out_extensions, create->extensions[i]);
    }
    as_mem_free(list);
    return AS_OK;
}
