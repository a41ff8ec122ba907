/* SPDX-License-Identifier: MIT */
#include "vk_slots.h"

#include <string.h>

enum { SETS = 1 + VK_SLOT_PANELS }; /* of a slot */

static VkResult allocate_sets(const vk_device *d, const vk_programs *p, VkDescriptorPool pool,
                              vk_slot *w)
{
    VkDescriptorSetLayout layouts[SETS];
    VkDescriptorSet sets[SETS];
    for (int i = 0; i < SETS; i++)
        layouts[i] = p->set;
    const VkDescriptorSetAllocateInfo info = {.sType =
                                                  VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                              .descriptorPool = pool,
                                              .descriptorSetCount = SETS,
                                              .pSetLayouts = layouts};
    const VkResult result = d->c.AllocateDescriptorSets(d->handle, &info, sets);
    if (result != VK_SUCCESS)
        return result;
    w->scene_set = sets[0];
    memcpy(w->panel_sets, sets + 1, sizeof(w->panel_sets));
    return VK_SUCCESS;
}

static VkResult make_commands(const vk_device *d, vk_slot *w)
{
    const VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                          .queueFamilyIndex = d->family};
    const VkResult result = d->c.CreateCommandPool(d->handle, &pool, NULL, &w->pool);
    if (result != VK_SUCCESS)
        return result;
    const VkCommandBufferAllocateInfo commands = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = w->pool,
        .commandBufferCount = 1};
    return d->c.AllocateCommandBuffers(d->handle, &commands, &w->commands);
}

static VkResult make_slot(const vk_device *d, vk_slot *w)
{
    const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    const VkSemaphoreCreateInfo semaphore = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
    const VkQueryPoolCreateInfo queries = {.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                           .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                           .queryCount = 2};
    VkResult result = make_commands(d, w);
    if (result == VK_SUCCESS)
        result = d->c.CreateFence(d->handle, &fence, NULL, &w->fence);
    if (result == VK_SUCCESS)
        result = d->c.CreateSemaphore(d->handle, &semaphore, NULL, &w->acquired);
    if (result == VK_SUCCESS && d->timestamp_bits)
        result = d->c.CreateQueryPool(d->handle, &queries, NULL, &w->queries);
    return result;
}

bool vk_slots_open(const vk_device *d, const vk_programs *p, vk_slots *s, char *why,
                   size_t capacity)
{
    const VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
                                       VK_SLOTS * SETS * BINDINGS};
    const VkDescriptorPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                             .maxSets = VK_SLOTS * SETS,
                                             .poolSizeCount = 1,
                                             .pPoolSizes = &size};
    VkResult result = d->c.CreateDescriptorPool(d->handle, &info, NULL, &s->sets);
    s->gpu_ms = -1.0;
    for (int i = 0; result == VK_SUCCESS && i < VK_SLOTS; i++) {
        result = make_slot(d, &s->each[i]);
        if (result == VK_SUCCESS)
            result = allocate_sets(d, p, s->sets, &s->each[i]);
    }
    return result == VK_SUCCESS || vk_device_failed("what drawing needs", result, why, capacity);
}

void vk_slots_close(const vk_device *d, vk_slots *s)
{
    for (int i = 0; i < VK_SLOTS; i++) {
        vk_slot *w = &s->each[i];
        if (w->pool)
            d->c.DestroyCommandPool(d->handle, w->pool, NULL);
        if (w->fence)
            d->c.DestroyFence(d->handle, w->fence, NULL);
        if (w->acquired)
            d->c.DestroySemaphore(d->handle, w->acquired, NULL);
        if (w->queries)
            d->c.DestroyQueryPool(d->handle, w->queries, NULL);
        vk_buffer_free(d, &w->staging);
        vk_buffer_free(d, &w->lines);
    }
    if (s->sets)
        d->c.DestroyDescriptorPool(d->handle, s->sets, NULL);
    *s = (vk_slots){0};
}

static void read_times(const vk_device *d, vk_slots *s, const vk_slot *w)
{
    uint64_t times[2];
    const uint32_t bits = d->timestamp_bits;
    if (!w->queries ||
        d->c.GetQueryPoolResults(d->handle, w->queries, 0, 2, sizeof(times), times,
                                 sizeof(times[0]), VK_QUERY_RESULT_64_BIT) != VK_SUCCESS)
        return;
    const uint64_t mask = bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX;
    s->gpu_ms =
        (double)((times[1] - times[0]) & mask) * (double)d->properties.limits.timestampPeriod / 1e6;
}

bool vk_slots_wait(const vk_device *d, vk_slots *s, vk_slot *one, char *why, size_t capacity)
{
    if (!one->is_busy)
        return true;
    VkResult result = d->c.WaitForFences(d->handle, 1, &one->fence, VK_TRUE, UINT64_MAX);
    if (result == VK_SUCCESS)
        result = d->c.ResetFences(d->handle, 1, &one->fence);
    if (result != VK_SUCCESS)
        return vk_device_failed("vkWaitForFences", result, why, capacity);
    one->is_busy = false;
    read_times(d, s, one);
    return true;
}

bool vk_slots_wait_all(const vk_device *d, vk_slots *s, char *why, size_t capacity)
{
    bool good = true;
    for (int i = 0; i < VK_SLOTS; i++)
        good = vk_slots_wait(d, s, &s->each[i], why, capacity) && good;
    return good;
}

vk_slot *vk_slots_next(const vk_device *d, vk_slots *s, char *why, size_t capacity)
{
    vk_slot *w = &s->each[s->next];
    s->next = (s->next + 1) % VK_SLOTS;
    return vk_slots_wait(d, s, w, why, capacity) ? w : NULL;
}
