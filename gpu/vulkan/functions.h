/* SPDX-License-Identifier: MIT
 *
 * The Vulkan functions of one device, all found through the caller's vkGetInstanceProcAddr: nothing
 * is linked, and nothing is global.
 */
#ifndef AS_GPU_VULKAN_FUNCTIONS_H
#define AS_GPU_VULKAN_FUNCTIONS_H

#ifndef VK_NO_PROTOTYPES
#define VK_NO_PROTOTYPES
#endif
#include <vulkan/vulkan_core.h>

#include "core/base/error.h"

#include <stdbool.h>

/* Of an instance of Vulkan 1.1. */
#define AS_VULKAN_INSTANCE_FUNCTIONS(X)                                                            \
    X(DestroyInstance)                                                                             \
    X(EnumeratePhysicalDevices)                                                                    \
    X(EnumerateDeviceExtensionProperties)                                                          \
    X(GetPhysicalDeviceProperties)                                                                 \
    X(GetPhysicalDeviceProperties2)                                                                \
    X(GetPhysicalDeviceFeatures2)                                                                  \
    X(GetPhysicalDeviceFormatProperties)                                                           \
    X(GetPhysicalDeviceImageFormatProperties2)                                                     \
    X(GetPhysicalDeviceMemoryProperties)                                                           \
    X(GetPhysicalDeviceQueueFamilyProperties)                                                      \
    X(CreateDevice)                                                                                \
    X(GetDeviceProcAddr)

/* Of a device of Vulkan 1.1. */
#define AS_VULKAN_DEVICE_FUNCTIONS(X)                                                              \
    X(DestroyDevice)                                                                               \
    X(GetDeviceQueue)                                                                              \
    X(QueueSubmit)                                                                                 \
    X(AllocateMemory)                                                                              \
    X(FreeMemory)                                                                                  \
    X(MapMemory)                                                                                   \
    X(CreateBuffer)                                                                                \
    X(DestroyBuffer)                                                                               \
    X(GetBufferMemoryRequirements)                                                                 \
    X(BindBufferMemory)                                                                            \
    X(CreateImage)                                                                                 \
    X(DestroyImage)                                                                                \
    X(GetImageMemoryRequirements)                                                                  \
    X(BindImageMemory)                                                                             \
    X(CreateImageView)                                                                             \
    X(DestroyImageView)                                                                            \
    X(CreateFence)                                                                                 \
    X(DestroyFence)                                                                                \
    X(ResetFences)                                                                                 \
    X(GetFenceStatus)                                                                              \
    X(WaitForFences)                                                                               \
    X(CreateSemaphore)                                                                             \
    X(DestroySemaphore)                                                                            \
    X(CreateCommandPool)                                                                           \
    X(DestroyCommandPool)                                                                          \
    X(ResetCommandPool)                                                                            \
    X(AllocateCommandBuffers)                                                                      \
    X(BeginCommandBuffer)                                                                          \
    X(EndCommandBuffer)                                                                            \
    X(CreateDescriptorSetLayout)                                                                   \
    X(DestroyDescriptorSetLayout)                                                                  \
    X(CreateDescriptorPool)                                                                        \
    X(DestroyDescriptorPool)                                                                       \
    X(AllocateDescriptorSets)                                                                      \
    X(UpdateDescriptorSets)                                                                        \
    X(CreatePipelineLayout)                                                                        \
    X(DestroyPipelineLayout)                                                                       \
    X(CreatePipelineCache)                                                                         \
    X(DestroyPipelineCache)                                                                        \
    X(GetPipelineCacheData)                                                                        \
    X(CreateShaderModule)                                                                          \
    X(DestroyShaderModule)                                                                         \
    X(CreateComputePipelines)                                                                      \
    X(DestroyPipeline)                                                                             \
    X(CreateQueryPool)                                                                             \
    X(DestroyQueryPool)                                                                            \
    X(GetQueryPoolResults)                                                                         \
    X(CmdBindPipeline)                                                                             \
    X(CmdBindDescriptorSets)                                                                       \
    X(CmdPushConstants)                                                                            \
    X(CmdDispatch)                                                                                 \
    X(CmdFillBuffer)                                                                               \
    X(CmdCopyBuffer)                                                                               \
    X(CmdCopyBufferToImage)                                                                        \
    X(CmdPipelineBarrier)                                                                          \
    X(CmdResetQueryPool)                                                                           \
    X(CmdWriteTimestamp)

typedef struct as_vulkan_functions {
#define AS_VULKAN_MEMBER(name) PFN_vk##name name;
    AS_VULKAN_INSTANCE_FUNCTIONS(AS_VULKAN_MEMBER)
    AS_VULKAN_DEVICE_FUNCTIONS(AS_VULKAN_MEMBER)
    /* as_vulkan_load_timeline's */
    PFN_vkGetSemaphoreCounterValue GetSemaphoreCounterValue;
    PFN_vkWaitSemaphores WaitSemaphores;
    PFN_vkGetMemoryFdKHR GetMemoryFdKHR; /* NULL: there is none */
#undef AS_VULKAN_MEMBER
} as_vulkan_functions;

/* AS_ERROR_GPU: one of them is missing, so it is not a Vulkan 1.1 instance, or device. */
as_result as_vulkan_load_instance(as_vulkan_functions *f, PFN_vkGetInstanceProcAddr load,
                                  VkInstance instance, as_error *error);
as_result as_vulkan_load_device(as_vulkan_functions *f, VkDevice device, as_error *error);
/* Those of timeline semaphores: `core`, of Vulkan 1.2, or of VK_KHR_timeline_semaphore. */
as_result as_vulkan_load_timeline(as_vulkan_functions *f, VkDevice device, bool core,
                                  as_error *error);

#endif
