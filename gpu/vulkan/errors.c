/* SPDX-License-Identifier: MIT */
#include "gpu/vulkan/device.h"

static const char *name_of(VkResult result)
{
    switch (result) {
    case VK_ERROR_OUT_OF_HOST_MEMORY: return "out of host memory";
    case VK_ERROR_OUT_OF_DEVICE_MEMORY: return "out of device memory";
    case VK_ERROR_INITIALIZATION_FAILED: return "initialization failed";
    case VK_ERROR_LAYER_NOT_PRESENT: return "a layer is not there";
    case VK_ERROR_EXTENSION_NOT_PRESENT: return "an extension is not there";
    case VK_ERROR_FEATURE_NOT_PRESENT: return "a feature is not there";
    case VK_ERROR_INCOMPATIBLE_DRIVER: return "no compatible driver";
    case VK_ERROR_TOO_MANY_OBJECTS: return "too many objects";
    case VK_ERROR_FORMAT_NOT_SUPPORTED: return "format not supported";
    case VK_ERROR_INVALID_EXTERNAL_HANDLE: return "invalid external handle";
    default: return "unexpected result";
    }
}

as_result as_vulkan_usable(as_vulkan_device *device, as_error *error)
{
    if (!atomic_load(&device->lost))
        return AS_OK;
    if (!atomic_exchange(&device->lost_told, true))
        return as_err_set(
            error, AS_ERROR_GPU,
            "the Vulkan device \"%s\" was lost (VK_ERROR_DEVICE_LOST): its driver gave "
            "up or it was reset; make a new device and attach to that",
            device->properties.deviceName);
    return as_err_set(error, AS_ERROR_GPU, "the Vulkan device was lost before; make a new one");
}

as_result as_vulkan_check(as_vulkan_device *device, VkResult result, const char *what,
                          as_error *error)
{
    if (result >= 0)
        return AS_OK;
    if (result == VK_ERROR_DEVICE_LOST) {
        atomic_store(&device->lost, true);
        return as_vulkan_usable(device, error);
    }
    const bool memory =
        result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY;
    return as_err_set(error, memory ? AS_ERROR_OUT_OF_MEMORY : AS_ERROR_GPU,
                      "Vulkan refused %s: %s (VkResult %d)%s", what, name_of(result), (int)result,
                      memory ? "; free some, or ask for smaller or fewer images" : "");
}
