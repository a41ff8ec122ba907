/* SPDX-License-Identifier: MIT
 *
 * The driver's functions that a frame takes, each with a clock around it.
 */
#include "vk_bench.h"

#include "samples/common/vulkan_host.h"

#include <string.h>
#include <time.h>

/* What as_vk_get_frame calls for a frame that is decoded, on a device with timeline semaphores. A
 * submission may wait for locks or wake threads and is timed by the thread's clock, whose reading
 * takes half a us; the others, some dozens of short calls, by the wall's. */
#define RESULTS(X)                                                                                 \
    X(QueueSubmit, VK_DRIVER_SUBMIT, CLOCK_THREAD_CPUTIME_ID,                                      \
      (VkQueue queue, uint32_t count, const VkSubmitInfo *submits, VkFence fence),                 \
      (queue, count, submits, fence))                                                              \
    X(GetSemaphoreCounterValue, VK_DRIVER_REST, CLOCK_MONOTONIC,                                   \
      (VkDevice device, VkSemaphore semaphore, uint64_t * value), (device, semaphore, value))      \
    X(ResetCommandPool, VK_DRIVER_REST, CLOCK_MONOTONIC,                                           \
      (VkDevice device, VkCommandPool pool, VkCommandPoolResetFlags flags), (device, pool, flags)) \
    X(BeginCommandBuffer, VK_DRIVER_REST, CLOCK_MONOTONIC,                                         \
      (VkCommandBuffer commands, const VkCommandBufferBeginInfo *info), (commands, info))          \
    X(EndCommandBuffer, VK_DRIVER_REST, CLOCK_MONOTONIC, (VkCommandBuffer commands), (commands))

#define VOIDS(X)                                                                                   \
    X(UpdateDescriptorSets,                                                                        \
      (VkDevice device, uint32_t writes_count, const VkWriteDescriptorSet *writes,                 \
       uint32_t copies_count, const VkCopyDescriptorSet *copies),                                  \
      (device, writes_count, writes, copies_count, copies))                                        \
    X(CmdBindPipeline, (VkCommandBuffer commands, VkPipelineBindPoint point, VkPipeline pipeline), \
      (commands, point, pipeline))                                                                 \
    X(CmdBindDescriptorSets,                                                                       \
      (VkCommandBuffer commands, VkPipelineBindPoint point, VkPipelineLayout layout,               \
       uint32_t first, uint32_t count, const VkDescriptorSet *sets, uint32_t offsets_count,        \
       const uint32_t *offsets),                                                                   \
      (commands, point, layout, first, count, sets, offsets_count, offsets))                       \
    X(CmdPushConstants,                                                                            \
      (VkCommandBuffer commands, VkPipelineLayout layout, VkShaderStageFlags stages,               \
       uint32_t offset, uint32_t size, const void *values),                                        \
      (commands, layout, stages, offset, size, values))                                            \
    X(CmdDispatch, (VkCommandBuffer commands, uint32_t x, uint32_t y, uint32_t z),                 \
      (commands, x, y, z))                                                                         \
    X(CmdFillBuffer,                                                                               \
      (VkCommandBuffer commands, VkBuffer buffer, VkDeviceSize offset, VkDeviceSize size,          \
       uint32_t data),                                                                             \
      (commands, buffer, offset, size, data))                                                      \
    X(CmdCopyBufferToImage,                                                                        \
      (VkCommandBuffer commands, VkBuffer buffer, VkImage image, VkImageLayout layout,             \
       uint32_t count, const VkBufferImageCopy *regions),                                          \
      (commands, buffer, image, layout, count, regions))                                           \
    X(CmdPipelineBarrier,                                                                          \
      (VkCommandBuffer commands, VkPipelineStageFlags from, VkPipelineStageFlags to,               \
       VkDependencyFlags flags, uint32_t memory_count, const VkMemoryBarrier *memory,              \
       uint32_t buffers_count, const VkBufferMemoryBarrier *buffers, uint32_t images_count,        \
       const VkImageMemoryBarrier *images),                                                        \
      (commands, from, to, flags, memory_count, memory, buffers_count, buffers, images_count,      \
       images))                                                                                    \
    X(CmdResetQueryPool,                                                                           \
      (VkCommandBuffer commands, VkQueryPool pool, uint32_t first, uint32_t count),                \
      (commands, pool, first, count))                                                              \
    X(CmdWriteTimestamp,                                                                           \
      (VkCommandBuffer commands, VkPipelineStageFlagBits stage, VkQueryPool pool, uint32_t query), \
      (commands, stage, pool, query))

static double part_us[VK_DRIVER_PARTS];

static double clock_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

#define TIMED_RESULT(name, part, clock, parameters, arguments)                                     \
    static PFN_vk##name real_##name;                                                               \
    static VKAPI_ATTR VkResult VKAPI_CALL timed_##name parameters                                  \
    {                                                                                              \
        const double start = clock_us(clock);                                                      \
        const VkResult result = real_##name arguments;                                             \
        part_us[part] += clock_us(clock) - start;                                                  \
        return result;                                                                             \
    }
#define TIMED_VOID(name, parameters, arguments)                                                    \
    static PFN_vk##name real_##name;                                                               \
    static VKAPI_ATTR void VKAPI_CALL timed_##name parameters                                      \
    {                                                                                              \
        const double start = clock_us(CLOCK_MONOTONIC);                                            \
        real_##name arguments;                                                                     \
        part_us[VK_DRIVER_REST] += clock_us(CLOCK_MONOTONIC) - start;                              \
    }
RESULTS(TIMED_RESULT)
VOIDS(TIMED_VOID)

#define TAKE(name)                                                                                 \
    if (strcmp(text, "vk" #name) == 0) {                                                           \
        real_##name = (PFN_vk##name)found;                                                         \
        return (PFN_vkVoidFunction)timed_##name;                                                   \
    }
#define TAKE_RESULT(name, part, clock, parameters, arguments) TAKE(name)
#define TAKE_VOID(name, parameters, arguments) TAKE(name)

static PFN_vkGetDeviceProcAddr real_device_proc;
static as_vk_get_proc real_get_proc;

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_proc(VkDevice device, const char *text)
{
    const PFN_vkVoidFunction found = real_device_proc(device, text);
    if (!found)
        return found;
    RESULTS(TAKE_RESULT)
    VOIDS(TAKE_VOID)
    return found;
}

static as_vk_void_function get_proc(VkInstance instance, const char *name)
{
    const as_vk_void_function found = real_get_proc(instance, name);
    if (!found || strcmp(name, "vkGetDeviceProcAddr") != 0)
        return found;
    real_device_proc = (PFN_vkGetDeviceProcAddr)found;
    return (as_vk_void_function)device_proc;
}

as_vk_get_proc vk_driver_timed(as_vk_get_proc driver)
{
    real_get_proc = driver;
    return get_proc;
}

void vk_driver_take(double us[VK_DRIVER_PARTS])
{
    memcpy(us, part_us, sizeof(part_us));
    memset(part_us, 0, sizeof(part_us));
}
