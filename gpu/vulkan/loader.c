/* SPDX-License-Identifier: MIT */
#include "gpu/vulkan/functions.h"

#include <stddef.h>

static as_result missing(const char *name, const char *of, as_error *error)
{
    return as_err_set(error, AS_ERROR_GPU,
                      "the Vulkan %s has no function %s; create it for Vulkan 1.1 or newer", of,
                      name);
}

as_result as_vk_load_instance(as_vk_functions *f, PFN_vkGetInstanceProcAddr load,
                              VkInstance instance, as_error *error)
{
#define LOAD(name)                                                                                 \
    f->name = (PFN_vk##name)load(instance, "vk" #name);                                            \
    if (!f->name)                                                                                  \
        return missing("vk" #name, "instance", error);
    AS_VK_INSTANCE_FUNCTIONS(LOAD)
#undef LOAD
    return AS_OK;
}

as_result as_vk_load_device(as_vk_functions *f, VkDevice device, as_error *error)
{
#define LOAD(name)                                                                                 \
    f->name = (PFN_vk##name)f->GetDeviceProcAddr(device, "vk" #name);                              \
    if (!f->name)                                                                                  \
        return missing("vk" #name, "device", error);
    AS_VK_DEVICE_FUNCTIONS(LOAD)
#undef LOAD
    /* As core functions on devices of 1.2 and newer, as an extension's before. */
    f->GetSemaphoreCounterValue =
        (PFN_vkGetSemaphoreCounterValue)f->GetDeviceProcAddr(device, "vkGetSemaphoreCounterValue");
    if (!f->GetSemaphoreCounterValue)
        f->GetSemaphoreCounterValue = (PFN_vkGetSemaphoreCounterValue)f->GetDeviceProcAddr(
            device, "vkGetSemaphoreCounterValueKHR");
    f->WaitSemaphores = (PFN_vkWaitSemaphores)f->GetDeviceProcAddr(device, "vkWaitSemaphores");
    if (!f->WaitSemaphores)
        f->WaitSemaphores =
            (PFN_vkWaitSemaphores)f->GetDeviceProcAddr(device, "vkWaitSemaphoresKHR");
    return AS_OK;
}
