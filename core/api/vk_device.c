/* SPDX-License-Identifier: MIT
 *
 * vulkan.h: devices. Arguments are checked here, the work is in gpu/vulkan.
 */
#include "core/api/vk_device.h"

#include "core/api/params.h"
#include "core/base/mem.h"
#include "gpu/vulkan/raster.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MOST_EXTENSIONS = 1024 };

/* --------------------------------------------------------------------------- abilities ------- */

static const struct ability {
    as_vk_ability ability;
    uint32_t cap;
} abilities[] = {{AS_VK_TIMELINE, AS_VULKAN_CAP_TIMELINE},
                 {AS_VK_SUBGROUP, AS_VULKAN_CAP_SUBGROUP},
                 {AS_VK_INT64, AS_VULKAN_CAP_INT64},
                 {AS_VK_STORAGE_IMAGE, AS_VULKAN_CAP_STORE},
                 {AS_VK_EXPORT, AS_VULKAN_CAP_EXPORT}};

enum { ABILITIES = sizeof(abilities) / sizeof(*abilities) };

as_vk_ability as_api_vk_abilities(uint32_t caps)
{
    as_vk_ability found = 0;
    for (size_t i = 0; i < ABILITIES; i++)
        found |= (caps & abilities[i].cap) ? abilities[i].ability : 0;
    return found;
}

static as_result take_avoid(const char *name, as_vk_ability avoid, uint32_t *out_without,
                            as_error *error)
{
    const as_vk_ability all = as_api_vk_abilities(AS_VULKAN_CAPS);
    if (avoid & ~all)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "%s.avoid is 0x%" PRIx32 ", which has bits that are no AS_VK_* ability",
                          name, avoid);
    *out_without = 0;
    for (size_t i = 0; i < ABILITIES; i++)
        *out_without |= (avoid & abilities[i].ability) ? abilities[i].cap : 0;
    return AS_OK;
}

void as_api_vk_describe(const as_vulkan_device *device, as_vk_gpu *gpu)
{
    const VkPhysicalDeviceProperties *p = &device->properties;
    const VkPhysicalDeviceIDProperties *ids = &device->ids;
    *gpu = (as_vk_gpu){.api_version = p->apiVersion,
                       .driver_version = p->driverVersion,
                       .vendor_id = p->vendorID,
                       .device_id = p->deviceID,
                       .type = (uint32_t)p->deviceType,
                       .usable = 1,
                       .has_luid = ids->deviceLUIDValid ? 1 : 0,
                       .abilities = as_api_vk_abilities(device->caps)};
    memcpy(gpu->uuid, ids->deviceUUID, sizeof(gpu->uuid));
    memcpy(gpu->luid, ids->deviceLUID, sizeof(gpu->luid));
    memcpy(gpu->name, p->deviceName, sizeof(gpu->name));
    gpu->name[sizeof(gpu->name) - 1] = '\0';
}

/* ------------------------------------------------------------------------------ common ------- */

static void lock_own(void *user)
{
    as_mutex_lock(user);
}

static void unlock_own(void *user)
{
    as_mutex_unlock(user);
}

/* Of one reference, and its device to come. NULL: the error says why. */
static as_vk_device *make(as_error *error)
{
    as_vk_device *device = as_mem_calloc(1, sizeof(*device));
    if (!device) {
        as_err_no_memory(error, sizeof(*device), "a Vulkan device");
        return NULL;
    }
    if (!as_mutex_init(&device->queue_lock, AS_LOCK_VULKAN_QUEUE)) {
        as_mem_free(device);
        as_err_set(error, AS_ERROR_OUT_OF_MEMORY, "no resources for a lock");
        return NULL;
    }
    atomic_init(&device->references, 1);
    return device;
}

static as_result create_cache(as_vk_device *device, const void *bytes, size_t size, as_error *error)
{
    as_vulkan_device *d = device->device;
    if (!as_vulkan_is_cache(d, bytes, size))
        size = 0;
    const VkPipelineCacheCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
                                            .initialDataSize = size,
                                            .pInitialData = bytes};
    const VkResult created = d->f.CreatePipelineCache(d->device, &info, NULL, &device->cache);
    device->own_cache = created == VK_SUCCESS;
    return as_vulkan_check(d, created, "a pipeline cache", error);
}

as_vk_device *as_api_vk_ref(as_vk_device *device)
{
    atomic_fetch_add(&device->references, 1);
    return device;
}

void as_vk_device_unref(as_vk_device **device)
{
    as_vk_device *d = device ? *device : NULL;
    if (!d)
        return;
    *device = NULL;
    if (atomic_fetch_sub(&d->references, 1) != 1)
        return;
    if (d->own_cache)
        d->device->f.DestroyPipelineCache(d->device->device, d->cache, NULL);
    as_vulkan_device_destroy(d->device);
    as_mutex_destroy(&d->queue_lock);
    as_mem_free(d);
}

/* Takes what was opened, or nothing, into `device`, and either gives that out or frees it. */
static as_result finish(as_vk_device *device, as_result result, const void *cache,
                        size_t cache_size, as_vk_device **out_device, as_error *error)
{
    if (result == AS_OK && !device->device->lock.lock)
        device->device->lock = (as_vulkan_lock){lock_own, unlock_own, &device->queue_lock};
    if (result == AS_OK && !device->cache)
        result = create_cache(device, cache, cache_size, error);
    if (result == AS_OK)
        *out_device = device;
    else
        as_vk_device_unref(&device);
    return result;
}

/* ------------------------------------------------------------------------------ import ------- */

static as_result check_handles(const as_vk_import *i, as_error *error)
{
    const char *missing = !i->get_instance_proc_addr ? "get_instance_proc_addr"
                          : !i->instance             ? "instance"
                          : !i->physical_device      ? "physical_device"
                          : !i->device               ? "device"
                          : !i->queue                ? "queue"
                                                     : NULL;
    if (missing)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_vk_import.%s is NULL; pass the renderer's own", missing);
    if (!i->lock_queue != !i->unlock_queue)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_vk_import.%s is NULL; set both lock_queue and unlock_queue, or none",
                          i->lock_queue ? "unlock_queue" : "lock_queue");
    return AS_OK;
}

static as_result check_extensions(const as_vk_import *i, as_error *error)
{
    if (i->extension_count > MOST_EXTENSIONS || (i->extension_count != 0 && !i->extensions))
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_vk_import.extension_count is %" PRIu32 " and extensions is %s; name "
                          "at most %d",
                          i->extension_count, i->extensions ? "given" : "NULL", MOST_EXTENSIONS);
    for (uint32_t n = 0; n < i->extension_count; n++)
        if (!i->extensions[n])
            return as_err_set(error, AS_ERROR_ARGUMENT,
                              "as_vk_import.extensions[%" PRIu32 "] is NULL", n);
    const VkPhysicalDeviceFeatures2 *features = i->features;
    if (features && features->sType != VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_vk_import.features is no VkPhysicalDeviceFeatures2: its sType is "
                          "%d; set that, and chain other structures behind it",
                          (int)features->sType);
    return AS_OK;
}

static as_result take_import(as_vk_import *i, const as_vk_import *import, uint32_t *out_without,
                             as_error *error)
{
    if (!import)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_vk_device_import: import is NULL");
    as_result result = as_api_params(i, sizeof(*i), import, "as_vk_import", error);
    if (result == AS_OK)
        result = check_handles(i, error);
    if (result == AS_OK)
        result = check_extensions(i, error);
    if (result == AS_OK)
        result = take_avoid("as_vk_import", i->avoid, out_without, error);
    if (result == AS_OK && i->api_version != 0 && i->api_version < VK_API_VERSION_1_1)
        return as_err_set(error, AS_ERROR_GPU,
                          "as_vk_import.api_version is %" PRIu32 ".%" PRIu32
                          "; create the instance for Vulkan 1.1 or newer",
                          VK_API_VERSION_MAJOR(i->api_version),
                          VK_API_VERSION_MINOR(i->api_version));
    return result;
}

as_result as_vk_device_import(const as_vk_import *import, as_vk_device **out_device,
                              as_error *error)
{
    as_error local;
    as_vk_import i = {.struct_size = 0};
    uint32_t without = 0;
    error = as_api_error(error, &local);
    if (!out_device)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_vk_device_import: out_device is NULL");
    *out_device = NULL;
    as_result result = take_import(&i, import, &without, error);
    if (result != AS_OK)
        return result;
    as_vk_device *device = make(error);
    if (!device)
        return error->code;
    const as_vulkan_import inner = {.get_instance_proc_addr =
                                        (PFN_vkGetInstanceProcAddr)i.get_instance_proc_addr,
                                    .instance = i.instance,
                                    .physical = i.physical_device,
                                    .device = i.device,
                                    .queue = i.queue,
                                    .family = i.queue_family,
                                    .lock = {i.lock_queue, i.unlock_queue, i.user},
                                    .features = i.features,
                                    .extensions = i.extensions,
                                    .extensions_count = i.extension_count,
                                    .api_version = i.api_version,
                                    .without = without};
    device->cache = i.pipeline_cache;
    result = as_vulkan_device_import(&inner, &device->device, error);
    return finish(device, result, NULL, 0, out_device, error);
}

/* --------------------------------------------------------------------------------- list ------ */

static void describe_physical(const as_vulkan_functions *f, VkPhysicalDevice physical,
                              as_vk_gpu *gpu)
{
    as_vulkan_device probe = {.own = false};
    as_error error;
    const as_result result = as_vulkan_probe(f, physical, &probe, &error);
    as_api_vk_describe(&probe, gpu);
    if (result != AS_OK) {
        gpu->usable = 0;
        gpu->abilities = 0;
        snprintf(gpu->reason, sizeof(gpu->reason), "%.*s", (int)sizeof(gpu->reason) - 1,
                 error.text);
    }
    as_vulkan_probe_end(&probe);
}

/* All of them, in the driver's order; to be freed, NULL where there are none. */
static as_result list(as_vk_get_proc get_proc, as_vk_gpu **out_gpus, uint32_t *out_count,
                      as_error *error)
{
    const as_vulkan_create create = {.get_instance_proc_addr = (PFN_vkGetInstanceProcAddr)get_proc};
    VkPhysicalDevice devices[AS_VULKAN_MOST_DEVICES];
    as_vulkan_device *look = NULL;
    uint32_t count = AS_VULKAN_MOST_DEVICES;
    as_vk_gpu *gpus = NULL;
    as_result result = as_vulkan_look(&create, &look, error);
    *out_gpus = NULL;
    *out_count = 0;
    if (result == AS_NOT_READY) /* not even a driver */
        return AS_OK;
    if (result != AS_OK)
        return result;
    result =
        as_vulkan_check(look, look->f.EnumeratePhysicalDevices(look->instance, &count, devices),
                        "a list of devices", error);
    if (result == AS_OK && count != 0) {
        gpus = as_mem_calloc(count, sizeof(*gpus));
        if (!gpus)
            result = as_err_no_memory(error, count * sizeof(*gpus), "a list of GPUs");
    }
    for (uint32_t i = 0; gpus && i < count; i++)
        describe_physical(&look->f, devices[i], &gpus[i]);
    as_vulkan_device_destroy(look);
    *out_gpus = gpus;
    *out_count = gpus ? count : 0;
    return result;
}

as_result as_vk_list_gpus(as_vk_get_proc get_instance_proc_addr, as_vk_gpu *gpus, uint32_t room,
                          uint32_t *out_count, as_error *error)
{
    as_error local;
    as_vk_gpu *all = NULL;
    uint32_t count = 0;
    error = as_api_error(error, &local);
    if (out_count)
        *out_count = 0;
    if (!get_instance_proc_addr || !out_count || (!gpus && room != 0))
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_vk_list_gpus: %s is NULL",
                          !get_instance_proc_addr ? "get_instance_proc_addr"
                          : !out_count            ? "out_count"
                                                  : "gpus");
    const as_result result = list(get_instance_proc_addr, &all, &count, error);
    if (result != AS_OK)
        return result;
    for (uint32_t i = 0; i < count && i < room; i++)
        gpus[i] = all[i];
    *out_count = count;
    as_mem_free(all);
    return AS_OK;
}

/* ------------------------------------------------------------------------------ create ------- */

/* The n-th of those that can be used: they are asked for in the same order as they are listed. */
typedef struct choice {
    uint32_t wanted, asked;
} choice;

static bool is_chosen(void *user, VkPhysicalDevice device,
                      const VkPhysicalDeviceProperties *properties,
                      const VkPhysicalDeviceIDProperties *ids)
{
    choice *c = user;
    (void)device;
    (void)properties;
    (void)ids;
    return c->asked++ == c->wanted;
}

static as_result choose(const as_vk_create *c, choice *out_choice, as_error *error)
{
    as_vk_gpu *gpus = NULL;
    uint32_t count = 0;
    as_result result = list(c->get_instance_proc_addr, &gpus, &count, error);
    if (result != AS_OK)
        return result;
    const int32_t chosen = c->choose(c->user, gpus, count);
    if (chosen < 0)
        result = as_err_set(error, AS_ERROR_GPU,
                            "as_vk_create.choose took none of the %" PRIu32 " GPUs", count);
    else if (!gpus || (uint32_t)chosen >= count)
        result = as_err_set(error, AS_ERROR_ARGUMENT,
                            "as_vk_create.choose gave %" PRId32 "; there are %" PRIu32 " GPUs",
                            chosen, count);
    else if (!gpus[chosen].usable)
        result = as_err_set(error, AS_ERROR_GPU, "GPU %" PRId32 " cannot be used: %s", chosen,
                            gpus[chosen].reason);
    for (int32_t i = 0; gpus && result == AS_OK && i < chosen; i++)
        out_choice->wanted += gpus[i].usable;
    as_mem_free(gpus);
    return result;
}

static as_result take_create(as_vk_create *c, const as_vk_create *create, uint32_t *out_without,
                             as_error *error)
{
    if (!create)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_vk_device_create: create is NULL");
    as_result result = as_api_params(c, sizeof(*c), create, "as_vk_create", error);
    if (result != AS_OK)
        return result;
    if (!c->get_instance_proc_addr)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_vk_create.get_instance_proc_addr is NULL; pass the Vulkan loader's "
                          "vkGetInstanceProcAddr");
    if (!c->pipeline_cache && c->pipeline_cache_size != 0)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_vk_create.pipeline_cache is NULL and its size is %zu",
                          c->pipeline_cache_size);
    return take_avoid("as_vk_create", c->avoid, out_without, error);
}

as_result as_vk_device_create(const as_vk_create *create, as_vk_device **out_device,
                              as_error *error)
{
    as_error local;
    as_vk_create c = {.struct_size = 0};
    choice chosen = {0, 0};
    uint32_t without = 0;
    error = as_api_error(error, &local);
    if (!out_device)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_vk_device_create: out_device is NULL");
    *out_device = NULL;
    as_result result = take_create(&c, create, &without, error);
    if (result == AS_OK && c.choose)
        result = choose(&c, &chosen, error);
    if (result != AS_OK)
        return result;
    as_vk_device *device = make(error);
    if (!device)
        return error->code;
    const as_vulkan_create inner = {.get_instance_proc_addr =
                                        (PFN_vkGetInstanceProcAddr)c.get_instance_proc_addr,
                                    .choose = c.choose ? is_chosen : NULL,
                                    .user = &chosen,
                                    .uuid = c.uuid,
                                    .luid = c.luid,
                                    .without = without};
    result = as_vulkan_device_create(&inner, &device->device, error);
    return finish(device, result, c.pipeline_cache, c.pipeline_cache_size, out_device, error);
}

/* ------------------------------------------------------------------------------ knowing ------ */

as_result as_vk_device_get_info(const as_vk_device *device, as_vk_device_info *out_info)
{
    as_error error;
    if (!device || !out_info)
        return AS_ERROR_ARGUMENT;
    const as_vulkan_device *d = device->device;
    const uint32_t most = d->properties.limits.maxImageDimension2D;
    as_vk_device_info info = {.abilities = as_api_vk_abilities(d->caps),
                              .instance = d->instance,
                              .physical_device = d->physical,
                              .device = d->device,
                              .queue = d->queue,
                              .queue_family = d->family,
                              .max_width = most,
                              .max_height = most,
                              .lost = atomic_load(&d->lost)};
    as_api_vk_describe(d, &info.gpu);
    info.gpu.physical_device = d->physical;
    return as_api_give(out_info, &info, sizeof(info), "as_vk_device_info", &error);
}

void as_vk_device_lock_queue(as_vk_device *device)
{
    if (device)
        device->device->lock.lock(device->device->lock.user);
}

void as_vk_device_unlock_queue(as_vk_device *device)
{
    if (device)
        device->device->lock.unlock(device->device->lock.user);
}

as_result as_vk_device_get_pipeline_cache(as_vk_device *device, void *bytes, size_t *size,
                                          as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!device || !size)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_vk_device_get_pipeline_cache: %s is NULL",
                          device ? "size" : "device");
    as_vulkan_device *d = device->device;
    as_result result = as_vulkan_usable(d, error);
    if (result != AS_OK)
        return result;
    const size_t room = *size;
    const VkResult got = d->f.GetPipelineCacheData(d->device, device->cache, size, bytes);
    if (bytes && got == VK_INCOMPLETE)
        return as_err_set(error, AS_ERROR_LIMIT,
                          "the pipeline cache does not fit into %zu bytes; ask for its size with "
                          "bytes NULL",
                          room);
    return as_vulkan_check(d, got, "the pipeline cache's bytes", error);
}
