/* SPDX-License-Identifier: MIT
 *
 * A device of the caller's, or an own one, and what of it is used.
 */
#include "gpu/vulkan/device.h"

#include "core/base/mem.h"
#include "gpu/vulkan/choose.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TIMELINE_EXTENSION VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME
#define EXPORT_EXTENSION VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME

/* ------------------------------------------------------------------------- capabilities ------ */

/* Features as given to vkCreateDevice. */
typedef struct enabled_features {
    bool int64, storage_formats, timeline;
} enabled_features;

static enabled_features read_features(const VkPhysicalDeviceFeatures2 *features)
{
    enabled_features e = {0};
    if (!features)
        return e;
    e.int64 = features->features.shaderInt64;
    e.storage_formats = features->features.shaderStorageImageExtendedFormats;
    for (const VkBaseInStructure *s = features->pNext; s; s = s->pNext) {
        if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES)
            e.timeline |=
                ((const VkPhysicalDeviceTimelineSemaphoreFeatures *)s)->timelineSemaphore != 0;
        else if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES)
            e.timeline |= ((const VkPhysicalDeviceVulkan12Features *)s)->timelineSemaphore != 0;
    }
    return e;
}

bool as_vulkan_has_extension(const as_vulkan_device *device, const char *name)
{
    for (uint32_t i = 0; i < device->enabled_count; i++)
        if (strcmp(device->enabled[i], name) == 0)
            return true;
    return false;
}

static bool can_store(const as_vulkan_device *device)
{
    VkFormatProperties properties;
    device->f.GetPhysicalDeviceFormatProperties(device->physical, VK_FORMAT_R8_UNORM, &properties);
    return (properties.optimalTilingFeatures & VK_FORMAT_FEATURE_STORAGE_IMAGE_BIT) != 0;
}

static bool can_export(const as_vulkan_device *device)
{
    const VkPhysicalDeviceExternalImageFormatInfo external = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
        .handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT};
    const VkPhysicalDeviceImageFormatInfo2 info = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
        .pNext = &external,
        .format = VK_FORMAT_R8_UNORM,
        .type = VK_IMAGE_TYPE_2D,
        .tiling = VK_IMAGE_TILING_OPTIMAL,
        .usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT};
    VkExternalImageFormatProperties memory = {
        .sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
    VkImageFormatProperties2 found = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
                                      .pNext = &memory};
    return device->f.GetPhysicalDeviceImageFormatProperties2(device->physical, &info, &found) ==
               VK_SUCCESS &&
           (memory.externalMemoryProperties.externalMemoryFeatures &
            VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT);
}

/* `api`: what the device may be used as. */
static void find_caps(as_vulkan_device *device, const enabled_features *features, uint32_t api,
                      uint32_t timestamp_bits, uint32_t without)
{
    VkPhysicalDeviceSubgroupProperties subgroup = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
    VkPhysicalDeviceProperties2 properties = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &subgroup};
    device->f.GetPhysicalDeviceProperties2(device->physical, &properties);
    const bool ballot = (subgroup.supportedOperations & VK_SUBGROUP_FEATURE_BALLOT_BIT) &&
                        (subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT);
    const bool timeline =
        features->timeline &&
        (api >= VK_API_VERSION_1_2 || as_vulkan_has_extension(device, TIMELINE_EXTENSION));
    uint32_t caps = 0;
    caps |= timeline ? AS_VULKAN_CAP_TIMELINE : 0;
    caps |= ballot ? AS_VULKAN_CAP_SUBGROUP : 0;
    caps |= features->int64 ? AS_VULKAN_CAP_INT64 : 0;
    caps |= features->storage_formats && can_store(device) ? AS_VULKAN_CAP_STORE : 0;
    caps |= timestamp_bits != 0 ? AS_VULKAN_CAP_TIMESTAMP : 0;
    caps |= as_vulkan_has_extension(device, EXPORT_EXTENSION) && can_export(device)
                ? AS_VULKAN_CAP_EXPORT
                : 0;
    device->caps = caps & ~without;
    device->timestamp_bits = timestamp_bits;
    device->subgroup_size = subgroup.subgroupSize;
}

/* ------------------------------------------------------------------------------- set up ------ */

/* NULL: the error is filled. */
static as_vulkan_device *make(as_error *error)
{
    as_vulkan_device *device = as_mem_calloc(1, sizeof(*device));
    if (!device) {
        (void)as_err_no_memory(error, sizeof(*device), "a Vulkan device");
        return NULL;
    }
    if (as_mutex_init(&device->mutex, AS_LOCK_VULKAN_DEVICE))
        return device;
    as_mem_free(device);
    (void)as_err_set(error, AS_ERROR_OUT_OF_MEMORY, "the system has no resources for a lock");
    return NULL;
}

static as_result keep_extensions(as_vulkan_device *device, const char *const *names, uint32_t count,
                                 as_error *error)
{
    if (count == 0)
        return AS_OK;
    device->enabled = as_mem_calloc(count, sizeof(*device->enabled));
    if (!device->enabled)
        return as_err_no_memory(error, count * sizeof(*device->enabled), "names of extensions");
    for (uint32_t i = 0; i < count; i++)
        snprintf(device->enabled[i], sizeof(device->enabled[i]), "%s", names[i]);
    device->enabled_count = count;
    return AS_OK;
}

static as_result create_timeline(as_vulkan_device *device, bool core, as_error *error)
{
    const VkSemaphoreTypeCreateInfo type = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                            .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
    const VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
                                        .pNext = &type};
    as_result result = as_vulkan_load_timeline(&device->f, device->device, core, error);
    if (result != AS_OK)
        return result;
    const VkResult created =
        device->f.CreateSemaphore(device->device, &info, NULL, &device->timeline);
    if (created != VK_SUCCESS)
        device->timeline = VK_NULL_HANDLE;
    return as_vulkan_check(device, created, "a timeline semaphore", error);
}

/* What follows once there is an instance and a physical device. */
static as_result describe(as_vulkan_device *device, as_error *error)
{
    device->ids.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES;
    VkPhysicalDeviceProperties2 properties = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &device->ids};
    device->f.GetPhysicalDeviceProperties(device->physical, &device->properties);
    if (device->properties.apiVersion < VK_API_VERSION_1_1)
        return as_err_set(error, AS_ERROR_GPU,
                          "the Vulkan device \"%s\" has version %" PRIu32 ".%" PRIu32
                          ", and 1.1 is needed; update its driver or take another device",
                          device->properties.deviceName,
                          VK_API_VERSION_MAJOR(device->properties.apiVersion),
                          VK_API_VERSION_MINOR(device->properties.apiVersion));
    device->f.GetPhysicalDeviceProperties2(device->physical, &properties);
    device->ids.pNext = NULL;
    device->f.GetPhysicalDeviceMemoryProperties(device->physical, &device->memory);
    device->families = as_vulkan_count_families(&device->f, device->physical);
    return AS_OK;
}

/* And once there is a device. */
static as_result finish(as_vulkan_device *device, const enabled_features *features, uint32_t api,
                        uint32_t timestamp_bits, uint32_t without, as_error *error)
{
    const uint32_t most = device->properties.apiVersion;
    if (api > most)
        api = most;
    as_result result = as_vulkan_load_device(&device->f, device->device, error);
    if (result != AS_OK)
        return result;
    find_caps(device, features, api, timestamp_bits, without);
    if (device->caps & AS_VULKAN_CAP_EXPORT)
        device->f.GetMemoryFdKHR =
            (PFN_vkGetMemoryFdKHR)device->f.GetDeviceProcAddr(device->device, "vkGetMemoryFdKHR");
    if (!device->f.GetMemoryFdKHR)
        device->caps &= ~(uint32_t)AS_VULKAN_CAP_EXPORT;
    if (device->caps & AS_VULKAN_CAP_TIMELINE)
        result =
            create_timeline(device, !as_vulkan_has_extension(device, TIMELINE_EXTENSION), error);
    return result;
}

/* ------------------------------------------------------------------------------- import ------ */

static const char *missing_of(const as_vulkan_import *i)
{
    return !i->get_instance_proc_addr         ? "get_instance_proc_addr"
           : !i->instance                     ? "instance"
           : !i->physical                     ? "physical device"
           : !i->device                       ? "device"
           : !i->queue                        ? "queue"
           : !i->lock.lock != !i->lock.unlock ? (i->lock.lock ? "unlock_queue" : "lock_queue")
                                              : NULL;
}

static as_result import_device(as_vulkan_device *device, const as_vulkan_import *i, as_error *error)
{
    VkQueueFamilyProperties family;
    device->instance = i->instance;
    device->physical = i->physical;
    device->device = i->device;
    device->queue = i->queue;
    device->family = i->family;
    device->lock = i->lock;
    as_result result =
        as_vulkan_load_instance(&device->f, i->get_instance_proc_addr, i->instance, error);
    if (result == AS_OK)
        result = describe(device, error);
    if (result == AS_OK)
        result = as_vulkan_check_family(&device->f, i->physical, i->family, &family, error);
    if (result == AS_OK)
        result = keep_extensions(device, i->extensions, i->extensions_count, error);
    if (result != AS_OK)
        return result;
    const enabled_features features = read_features(i->features);
    return finish(device, &features, i->api_version ? i->api_version : VK_API_VERSION_1_1,
                  family.timestampValidBits, i->without, error);
}

as_result as_vulkan_device_import(const as_vulkan_import *import, as_vulkan_device **out_device,
                                  as_error *error)
{
    const char *missing = missing_of(import);
    if (missing)
        return as_err_set(error, AS_ERROR_ARGUMENT, "the Vulkan device's %s is NULL", missing);
    as_vulkan_device *device = make(error);
    if (!device)
        return error->code;
    const as_result result = import_device(device, import, error);
    if (result == AS_OK)
        *out_device = device;
    else
        as_vulkan_device_destroy(device);
    return result;
}

/* ------------------------------------------------------------------------------- create ------ */

static as_result create_instance(as_vulkan_device *device, const as_vulkan_create *c,
                                 as_error *error)
{
    static const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                                  .pEngineName = "alphastream",
                                                  .apiVersion = VK_API_VERSION_1_1};
    const PFN_vkCreateInstance create =
        (PFN_vkCreateInstance)c->get_instance_proc_addr(NULL, "vkCreateInstance");
    VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
    if (!create)
        return as_err_set(error, AS_ERROR_GPU,
                          "vkGetInstanceProcAddr finds no vkCreateInstance; it is not a Vulkan "
                          "loader's");
    if (c->instance)
        info = *c->instance;
    info.pApplicationInfo = &application;
    const VkResult created = create(&info, NULL, &device->instance);
    if (created != VK_SUCCESS)
        device->instance = VK_NULL_HANDLE;
    if (created == VK_ERROR_INCOMPATIBLE_DRIVER)
        return as_err_set(error, AS_NOT_READY, "there is no Vulkan driver here; install one");
    as_result result = as_vulkan_check(device, created, "an instance", error);
    if (result == AS_OK)
        result =
            as_vulkan_load_instance(&device->f, c->get_instance_proc_addr, device->instance, error);
    return result;
}

as_result as_vulkan_look(const as_vulkan_create *create, as_vulkan_device **out_device,
                         as_error *error)
{
    as_vulkan_device *device = make(error);
    if (!device)
        return error->code;
    device->own = true;
    const as_result result = create_instance(device, create, error);
    if (result == AS_OK)
        *out_device = device;
    else
        as_vulkan_device_destroy(device);
    return result;
}

/* Of all that the device has, what is used. */
static void find_features(const as_vulkan_device *device,
                          VkPhysicalDeviceTimelineSemaphoreFeatures *timeline,
                          VkPhysicalDeviceFeatures2 *wanted)
{
    VkPhysicalDeviceFeatures2 found = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2};
    *timeline = (VkPhysicalDeviceTimelineSemaphoreFeatures){
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES};
    if (as_vulkan_has_extension(device, TIMELINE_EXTENSION))
        found.pNext = timeline;
    device->f.GetPhysicalDeviceFeatures2(device->physical, &found);
    *wanted = (VkPhysicalDeviceFeatures2){.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                          .pNext = found.pNext};
    wanted->features.shaderInt64 = found.features.shaderInt64;
    wanted->features.shaderStorageImageExtendedFormats =
        found.features.shaderStorageImageExtendedFormats;
}

static VkResult create_logical(as_vulkan_device *device, const VkPhysicalDeviceFeatures2 *wanted,
                               const as_vulkan_extensions *extensions)
{
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                           .queueFamilyIndex = device->family,
                                           .queueCount = 1,
                                           .pQueuePriorities = &priority};
    const VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                     .pNext = wanted,
                                     .queueCreateInfoCount = 1,
                                     .pQueueCreateInfos = &queue,
                                     .enabledExtensionCount = extensions->count,
                                     .ppEnabledExtensionNames = extensions->names};
    const VkResult created = device->f.CreateDevice(device->physical, &info, NULL, &device->device);
    if (created != VK_SUCCESS)
        device->device = VK_NULL_HANDLE;
    return created;
}

/* With the physical device and the family set. */
static as_result look_at(as_vulkan_device *device, const as_vulkan_create *c,
                         VkQueueFamilyProperties *family, as_vulkan_extensions *extensions,
                         as_error *error)
{
    as_result result = describe(device, error);
    if (result == AS_OK)
        result =
            as_vulkan_check_family(&device->f, device->physical, device->family, family, error);
    if (result == AS_OK)
        result = as_vulkan_list_extensions(&device->f, device->physical, c, extensions, error);
    if (result == AS_OK)
        result = keep_extensions(device, extensions->names, extensions->count, error);
    return result;
}

as_result as_vulkan_probe(const as_vulkan_functions *f, VkPhysicalDevice physical,
                          as_vulkan_device *out_device, as_error *error)
{
    static const as_vulkan_create plain = {.get_instance_proc_addr = NULL};
    VkPhysicalDeviceTimelineSemaphoreFeatures timeline;
    VkPhysicalDeviceFeatures2 wanted;
    VkQueueFamilyProperties family;
    as_vulkan_extensions extensions;
    out_device->f = *f;
    out_device->physical = physical;
    if (!as_vulkan_find_family(f, physical, &out_device->family)) {
        f->GetPhysicalDeviceProperties(physical, &out_device->properties);
        return as_err_set(error, AS_ERROR_GPU, "it has no queue that can compute");
    }
    const as_result result = look_at(out_device, &plain, &family, &extensions, error);
    if (result != AS_OK)
        return result;
    find_features(out_device, &timeline, &wanted);
    const enabled_features features = read_features(&wanted);
    find_caps(out_device, &features, VK_API_VERSION_1_1, family.timestampValidBits, 0);
    return AS_OK;
}

void as_vulkan_probe_end(as_vulkan_device *device)
{
    as_mem_free(device->enabled);
    device->enabled = NULL;
}

static as_result create_device(as_vulkan_device *device, const as_vulkan_create *c, as_error *error)
{
    VkPhysicalDeviceTimelineSemaphoreFeatures timeline;
    VkPhysicalDeviceFeatures2 wanted;
    VkQueueFamilyProperties family;
    as_vulkan_extensions extensions;
    device->own = true;
    as_result result = create_instance(device, c, error);
    if (result == AS_NOT_READY)
        result = error->code = AS_ERROR_GPU;
    if (result == AS_OK)
        result = as_vulkan_choose(&device->f, device->instance, c, &device->physical,
                                  &device->family, error);
    if (result == AS_OK)
        result = look_at(device, c, &family, &extensions, error);
    if (result != AS_OK)
        return result;
    find_features(device, &timeline, &wanted);
    result =
        as_vulkan_check(device, create_logical(device, &wanted, &extensions), "a device", error);
    if (result != AS_OK)
        return result;
    const enabled_features features = read_features(&wanted);
    result =
        finish(device, &features, VK_API_VERSION_1_1, family.timestampValidBits, c->without, error);
    if (result == AS_OK)
        device->f.GetDeviceQueue(device->device, device->family, 0, &device->queue);
    return result;
}

as_result as_vulkan_device_create(const as_vulkan_create *create, as_vulkan_device **out_device,
                                  as_error *error)
{
    if (!create->get_instance_proc_addr)
        return as_err_set(error, AS_ERROR_ARGUMENT, "get_instance_proc_addr is NULL");
    as_vulkan_device *device = make(error);
    if (!device)
        return error->code;
    const as_result result = create_device(device, create, error);
    if (result == AS_OK)
        *out_device = device;
    else
        as_vulkan_device_destroy(device);
    return result;
}

/* ------------------------------------------------------------------------------ destroy ------ */

/* Mesa's emulation of timeline semaphores (vk_queue.c, seen in 22.3), which its software driver
 * has, lets go of what a submission waited for only after it has signalled its end. Once another
 * submission behind them has ended, those before it are over for the driver, too. */
static void let_go_of_timeline(as_vulkan_device *device)
{
    as_error error;
    uint64_t point;
    if (device->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU && device->submitted != 0 &&
        !atomic_load(&device->lost) &&
        as_vulkan_submit(device, &(const as_vulkan_submission){.waits_count = 0}, &point, &error) ==
            AS_OK)
        as_vulkan_drain(device, point);
}

void as_vulkan_device_destroy(as_vulkan_device *device)
{
    if (!device)
        return;
    as_vulkan_drain(device, device->submitted);
    if (device->timeline)
        let_go_of_timeline(device);
    as_vulkan_fences_destroy(device);
    if (device->timeline)
        device->f.DestroySemaphore(device->device, device->timeline, NULL);
    if (device->own && device->device && device->f.DestroyDevice)
        device->f.DestroyDevice(device->device, NULL);
    if (device->own && device->instance && device->f.DestroyInstance)
        device->f.DestroyInstance(device->instance, NULL);
    as_mem_free(device->enabled);
    as_mutex_destroy(&device->mutex);
    as_mem_free(device);
}
