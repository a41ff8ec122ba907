/* SPDX-License-Identifier: MIT */
#include "vulkan_host.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

as_vk_get_proc vulkan_load(char *why, size_t size)
{
    as_vk_get_proc get_proc = NULL;
    void *library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_NODELETE);
    void *symbol = library ? dlsym(library, "vkGetInstanceProcAddr") : NULL;
    if (symbol)
        memcpy(&get_proc, &symbol, sizeof(get_proc));
    else
        snprintf(why, size,
                 "there is no libvulkan.so.1 with vkGetInstanceProcAddr here; install the Vulkan "
                 "loader (Debian: libvulkan1) and a driver");
    return get_proc;
}

#define FUNCTIONS(X)                                                                               \
    X(CreateBuffer)                                                                                \
    X(DestroyBuffer)                                                                               \
    X(GetBufferMemoryRequirements)                                                                 \
    X(AllocateMemory)                                                                              \
    X(FreeMemory)                                                                                  \
    X(BindBufferMemory)                                                                            \
    X(MapMemory)                                                                                   \
    X(CreateCommandPool)                                                                           \
    X(DestroyCommandPool)                                                                          \
    X(ResetCommandPool)                                                                            \
    X(AllocateCommandBuffers)                                                                      \
    X(BeginCommandBuffer)                                                                          \
    X(EndCommandBuffer)                                                                            \
    X(CmdCopyImageToBuffer)                                                                        \
    X(CmdPipelineBarrier)                                                                          \
    X(CreateFence)                                                                                 \
    X(DestroyFence)                                                                                \
    X(ResetFences)                                                                                 \
    X(WaitForFences)                                                                               \
    X(QueueSubmit)

struct vulkan_reader {
    vulkan_queue q;
    PFN_vkGetPhysicalDeviceMemoryProperties GetPhysicalDeviceMemoryProperties;
#define MEMBER(name) PFN_vk##name name;
    FUNCTIONS(MEMBER)
#undef MEMBER
    VkBuffer buffer;
    VkDeviceMemory memory;
    void *map;
    VkDeviceSize bytes;
    VkCommandPool pool;
    VkCommandBuffer commands;
    VkFence fence;
};

static bool load(vulkan_reader *r)
{
    const vulkan_queue *q = &r->q;
    const PFN_vkGetDeviceProcAddr find =
        (PFN_vkGetDeviceProcAddr)q->get_proc(q->instance, "vkGetDeviceProcAddr");
    r->GetPhysicalDeviceMemoryProperties = (PFN_vkGetPhysicalDeviceMemoryProperties)q->get_proc(
        q->instance, "vkGetPhysicalDeviceMemoryProperties");
    if (!find || !r->GetPhysicalDeviceMemoryProperties)
        return false;
#define LOAD(name)                                                                                 \
    r->name = (PFN_vk##name)find(q->device, "vk" #name);                                           \
    if (!r->name)                                                                                  \
        return false;
    FUNCTIONS(LOAD)
#undef LOAD
    return true;
}

/* Memory that the host can read without further ado, cached if possible; -1: there is none. */
static int find_memory(const vulkan_reader *r, uint32_t bits)
{
    const VkMemoryPropertyFlags needed =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    VkPhysicalDeviceMemoryProperties memory;
    int found = -1;
    r->GetPhysicalDeviceMemoryProperties(r->q.physical, &memory);
    for (uint32_t i = 0; i < memory.memoryTypeCount; i++) {
        const VkMemoryPropertyFlags flags = memory.memoryTypes[i].propertyFlags;
        if (!(bits >> i & 1) || (flags & needed) != needed)
            continue;
        if (flags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT)
            return (int)i;
        found = found < 0 ? (int)i : found;
    }
    return found;
}

static bool create_buffer(vulkan_reader *r)
{
    const VkBufferCreateInfo buffer = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                       .size = r->bytes,
                                       .usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT};
    VkMemoryRequirements needs;
    if (r->CreateBuffer(r->q.device, &buffer, NULL, &r->buffer) != VK_SUCCESS)
        return false;
    r->GetBufferMemoryRequirements(r->q.device, r->buffer, &needs);
    const int type = find_memory(r, needs.memoryTypeBits);
    const VkMemoryAllocateInfo memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                         .allocationSize = needs.size,
                                         .memoryTypeIndex = (uint32_t)type};
    return type >= 0 && r->AllocateMemory(r->q.device, &memory, NULL, &r->memory) == VK_SUCCESS &&
           r->BindBufferMemory(r->q.device, r->buffer, r->memory, 0) == VK_SUCCESS &&
           r->MapMemory(r->q.device, r->memory, 0, VK_WHOLE_SIZE, 0, &r->map) == VK_SUCCESS;
}

static bool create_commands(vulkan_reader *r)
{
    const VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                          .queueFamilyIndex = r->q.family};
    const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    if (r->CreateCommandPool(r->q.device, &pool, NULL, &r->pool) != VK_SUCCESS ||
        r->CreateFence(r->q.device, &fence, NULL, &r->fence) != VK_SUCCESS)
        return false;
    const VkCommandBufferAllocateInfo commands = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = r->pool,
        .commandBufferCount = 1};
    return r->AllocateCommandBuffers(r->q.device, &commands, &r->commands) == VK_SUCCESS;
}

vulkan_reader *vulkan_reader_create(const vulkan_queue *queue, VkDeviceSize bytes)
{
    vulkan_reader *r = calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    r->q = *queue;
    r->bytes = bytes;
    if (load(r) && create_buffer(r) && create_commands(r))
        return r;
    vulkan_reader_destroy(r);
    return NULL;
}

static bool record(vulkan_reader *r, const as_vk_image *image)
{
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                            .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    const VkBufferImageCopy region = {.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                                      .imageExtent = {image->width, image->height, 1}};
    const VkMemoryBarrier for_host = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
                                      .dstAccessMask = VK_ACCESS_HOST_READ_BIT};
    if (r->ResetCommandPool(r->q.device, r->pool, 0) != VK_SUCCESS ||
        r->BeginCommandBuffer(r->commands, &begin) != VK_SUCCESS)
        return false;
    r->CmdCopyImageToBuffer(r->commands, image->image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
                            r->buffer, 1, &region);
    r->CmdPipelineBarrier(r->commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT,
                          0, 1, &for_host, 0, NULL, 0, NULL);
    return r->EndCommandBuffer(r->commands) == VK_SUCCESS;
}

static bool submit(vulkan_reader *r, const as_vk_image *image)
{
    const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_TRANSFER_BIT;
    const bool waits = image->semaphore != VK_NULL_HANDLE;
    const VkTimelineSemaphoreSubmitInfo values = {
        .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
        .waitSemaphoreValueCount = 1,
        .pWaitSemaphoreValues = &image->value};
    const VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                               .pNext = waits ? &values : NULL,
                               .waitSemaphoreCount = waits,
                               .pWaitSemaphores = &image->semaphore,
                               .pWaitDstStageMask = &stage,
                               .commandBufferCount = 1,
                               .pCommandBuffers = &r->commands};
    return r->QueueSubmit(r->q.queue, 1, &info, r->fence) == VK_SUCCESS &&
           r->WaitForFences(r->q.device, 1, &r->fence, VK_TRUE, UINT64_MAX) == VK_SUCCESS &&
           r->ResetFences(r->q.device, 1, &r->fence) == VK_SUCCESS;
}

bool vulkan_reader_read(vulkan_reader *r, const as_vk_image *image, uint8_t *pixels)
{
    const size_t size = (size_t)image->width * image->height;
    if (size > r->bytes || !record(r, image) || !submit(r, image))
        return false;
    memcpy(pixels, r->map, size);
    return true;
}

void vulkan_reader_destroy(vulkan_reader *r)
{
    if (!r)
        return;
    if (r->fence)
        r->DestroyFence(r->q.device, r->fence, NULL);
    if (r->pool)
        r->DestroyCommandPool(r->q.device, r->pool, NULL);
    if (r->buffer)
        r->DestroyBuffer(r->q.device, r->buffer, NULL);
    if (r->memory)
        r->FreeMemory(r->q.device, r->memory, NULL);
    free(r);
}
