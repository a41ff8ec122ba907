/* SPDX-License-Identifier: MIT */
#include "gpu/vulkan/functions.h"

#include <stddef.h>

static as_result missing(const char *name, const char *of, as_error *error)
{
    return as_err_set(error, AS_ERROR_GPU,
                      "the Vulkan %s has no function %s; create it for Vulkan 1.1 or newer", of,
                      name);
}

as_result as_vulkan_load_instance(as_vulkan_functions *f, PFN_vkGetInstanceProcAddr load,
                                  VkInstance instance, as_error *error)
{
#define LOAD(name)                                                                                 \
    f->name = (PFN_vk##name)load(instance, "vk" #name);                                            \
    if (!f->name)                                                                                  \
        return missing("vk" #name, "instance", error);
    AS_VULKAN_INSTANCE_FUNCTIONS(LOAD)
#undef LOAD
    return AS_OK;
}

as_result as_vulkan_load_device(as_vulkan_functions *f, VkDevice device, as_error *error)
{
#define LOAD(name)                                                                                 \
    f->name = (PFN_vk##name)f->GetDeviceProcAddr(device, "vk" #name);                              \
    if (!f->name)                                                                                  \
        return missing("vk" #name, "device", error);
    AS_VULKAN_DEVICE_FUNCTIONS(LOAD)
#undef LOAD
    return AS_OK;
}

as_result as_vulkan_load_timeline(as_vulkan_functions *f, VkDevice device, bool core,
                                  as_error *error)
{
    const char *value = core ? "vkGetSemaphoreCounterValue" : "vkGetSemaphoreCounterValueKHR";
    const char *wait = core ? "vkWaitSemaphores" : "vkWaitSemaphoresKHR";
    f->GetSemaphoreCounterValue =
        (PFN_vkGetSemaphoreCounterValue)f->GetDeviceProcAddr(device, value);
    f->WaitSemaphores = (PFN_vkWaitSemaphores)f->GetDeviceProcAddr(device, wait);
    if (!f->GetSemaphoreCounterValue || !f->WaitSemaphores)
        return missing(f->GetSemaphoreCounterValue ? wait : value, "device", error);
    return AS_OK;
}
