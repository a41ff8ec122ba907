/* SPDX-License-Identifier: MIT */
#include "tests/support/vk_spy.h"

test_vk_seen test_vk_seen_now;

static PFN_vkGetDeviceProcAddr real_device_proc;

/* A function that makes objects. */
#define MAKES(name, parameters, arguments)                                                         \
    static PFN_vk##name real_##name;                                                               \
    static VKAPI_ATTR VkResult VKAPI_CALL spy_##name parameters                                    \
    {                                                                                              \
        test_vk_seen_now.objects++;                                                                \
        return real_##name arguments;                                                              \
    }
#define OBJECTS(X)                                                                                 \
    X(Buffer)                                                                                      \
    X(Image)                                                                                       \
    X(Fence)                                                                                       \
    X(Semaphore)                                                                                   \
    X(CommandPool)                                                                                 \
    X(DescriptorSetLayout)                                                                         \
    X(DescriptorPool)                                                                              \
    X(PipelineLayout)                                                                              \
    X(PipelineCache)                                                                               \
    X(ShaderModule)                                                                                \
    X(QueryPool)

#define CREATES(object)                                                                            \
    MAKES(Create##object,                                                                          \
          (VkDevice d, const Vk##object##CreateInfo *i, const VkAllocationCallbacks *a,            \
           Vk##object *o),                                                                         \
          (d, i, a, o))
OBJECTS(CREATES)

MAKES(AllocateCommandBuffers,
      (VkDevice d, const VkCommandBufferAllocateInfo *i, VkCommandBuffer *o), (d, i, o))
MAKES(AllocateDescriptorSets,
      (VkDevice d, const VkDescriptorSetAllocateInfo *i, VkDescriptorSet *o), (d, i, o))
MAKES(CreateComputePipelines,
      (VkDevice d, VkPipelineCache c, uint32_t n, const VkComputePipelineCreateInfo *i,
       const VkAllocationCallbacks *a, VkPipeline *o),
      (d, c, n, i, a, o))

static PFN_vkCreateImageView real_CreateImageView;
static VKAPI_ATTR VkResult VKAPI_CALL spy_CreateImageView(VkDevice d,
                                                          const VkImageViewCreateInfo *i,
                                                          const VkAllocationCallbacks *a,
                                                          VkImageView *o)
{
    test_vk_seen_now.objects++;
    test_vk_seen_now.views++;
    return real_CreateImageView(d, i, a, o);
}

static PFN_vkAllocateMemory real_AllocateMemory;
static VKAPI_ATTR VkResult VKAPI_CALL spy_AllocateMemory(VkDevice d, const VkMemoryAllocateInfo *i,
                                                         const VkAllocationCallbacks *a,
                                                         VkDeviceMemory *o)
{
    test_vk_seen_now.objects++;
    test_vk_seen_now.allocations++;
    return real_AllocateMemory(d, i, a, o);
}

static PFN_vkQueueSubmit real_QueueSubmit;
static VKAPI_ATTR VkResult VKAPI_CALL spy_QueueSubmit(VkQueue q, uint32_t n, const VkSubmitInfo *i,
                                                      VkFence f)
{
    test_vk_seen_now.submits++;
    return real_QueueSubmit(q, n, i, f);
}

static PFN_vkCmdPipelineBarrier real_CmdPipelineBarrier;
static VKAPI_ATTR void VKAPI_CALL spy_CmdPipelineBarrier(
    VkCommandBuffer c, VkPipelineStageFlags from, VkPipelineStageFlags to, VkDependencyFlags flags,
    uint32_t memories, const VkMemoryBarrier *memory, uint32_t buffers,
    const VkBufferMemoryBarrier *buffer, uint32_t images, const VkImageMemoryBarrier *image)
{
    for (uint32_t k = 0; k < images; k++) {
        const VkImageMemoryBarrier *b = &image[k];
        if (test_vk_seen_now.barriers_count < TEST_VK_BARRIERS)
            test_vk_seen_now.barriers[test_vk_seen_now.barriers_count] =
                (test_vk_barrier){b->image,
                                  from,
                                  b->srcAccessMask,
                                  b->oldLayout,
                                  b->newLayout,
                                  b->srcQueueFamilyIndex,
                                  b->dstQueueFamilyIndex};
        test_vk_seen_now.barriers_count++;
    }
    real_CmdPipelineBarrier(c, from, to, flags, memories, memory, buffers, buffer, images, image);
}

static PFN_vkVoidFunction VKAPI_CALL load_of_device(VkDevice device, const char *name)
{
    const PFN_vkVoidFunction found = real_device_proc(device, name);
    if (!found)
        return NULL;
#define REPLACE(function)                                                                          \
    if (strcmp(name, "vk" #function) == 0) {                                                       \
        real_##function = (PFN_vk##function)found;                                                 \
        return (PFN_vkVoidFunction)spy_##function;                                                 \
    }
#define REPLACE_OBJECT(object) REPLACE(Create##object)
    OBJECTS(REPLACE_OBJECT)
    REPLACE(AllocateCommandBuffers)
    REPLACE(AllocateDescriptorSets)
    REPLACE(CreateComputePipelines)
    REPLACE(CreateImageView)
    REPLACE(AllocateMemory)
    REPLACE(QueueSubmit)
    REPLACE(CmdPipelineBarrier)
    if (strncmp(name, "vkCreate", 8) == 0 || strncmp(name, "vkAllocate", 10) == 0)
        fail_msg("%s makes objects and is not counted; add it to vk_spy.c", name);
    return found;
}

static PFN_vkVoidFunction VKAPI_CALL load(VkInstance instance, const char *name)
{
    const PFN_vkVoidFunction found = test_vk_loader()(instance, name);
    if (!found || strcmp(name, "vkGetDeviceProcAddr") != 0)
        return found;
    real_device_proc = (PFN_vkGetDeviceProcAddr)found;
    return (PFN_vkVoidFunction)load_of_device;
}

PFN_vkGetInstanceProcAddr test_vk_spy_loader(void)
{
    memset(&test_vk_seen_now, 0, sizeof(test_vk_seen_now));
    return load;
}
