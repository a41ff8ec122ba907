/* SPDX-License-Identifier: MIT
 *
 * Submissions and points in time: values of one timeline semaphore, or else a fence for each
 * submission, which goes back to a list when it is passed.
 */
#include "core/base/mem.h"
#include "gpu/vulkan/device.h"

/* ------------------------------------------------------------------------------ fences ------- */

static as_vulkan_pending *pending_at(as_vulkan_device *device, uint32_t index)
{
    return &device->pending[(device->pending_first + index) % device->pending_capacity];
}

/* Room for one more submission, whose fence comes back to the list. */
static as_result reserve_fence(as_vulkan_device *device, as_error *error)
{
    const uint32_t count = device->pending_count;
    const uint32_t capacity = device->pending_capacity ? 2 * device->pending_capacity : 16;
    if (count < device->pending_capacity)
        return AS_OK;
    if (count == AS_VULKAN_MOST_PENDING)
        return as_err_set(error, AS_ERROR_LIMIT,
                          "%d submissions to the Vulkan queue are under way; wait for some",
                          AS_VULKAN_MOST_PENDING);
    VkFence *fences = as_mem_grow(device->free_fences, device->free_fences_count * sizeof(*fences),
                                  capacity * sizeof(*fences));
    if (!fences)
        return as_err_no_memory(error, capacity * sizeof(*fences), "fences");
    device->free_fences = fences;
    as_vulkan_pending *pending = as_mem_calloc(capacity, sizeof(*pending));
    if (!pending)
        return as_err_no_memory(error, capacity * sizeof(*pending), "submissions");
    for (uint32_t i = 0; i < count; i++) /* it is full */
        pending[i] = device->pending[(device->pending_first + i) % count];
    as_mem_free(device->pending);
    device->pending = pending;
    device->pending_first = 0;
    device->pending_capacity = capacity;
    return AS_OK;
}

static as_result take_fence(as_vulkan_device *device, VkFence *out_fence, as_error *error)
{
    const as_result result = reserve_fence(device, error);
    if (result != AS_OK)
        return result;
    if (device->free_fences_count != 0) {
        *out_fence = device->free_fences[--device->free_fences_count];
        return AS_OK;
    }
    const VkFenceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    return as_vulkan_check(device, device->f.CreateFence(device->device, &info, NULL, out_fence),
                           "a fence", error);
}

/* Brings `reached` up to date and takes back fences that are passed, but none that somebody waits
 * for just now. */
static VkResult poll_fences(as_vulkan_device *device)
{
    VkResult result = VK_SUCCESS;
    for (uint32_t i = 0; i < device->pending_count; i++) {
        const as_vulkan_pending *p = pending_at(device, i);
        if (p->point <= device->reached)
            continue;
        result = device->f.GetFenceStatus(device->device, p->fence);
        if (result != VK_SUCCESS)
            break;
        device->reached = p->point;
    }
    while (device->pending_count != 0) {
        const as_vulkan_pending *p = pending_at(device, 0);
        if (p->point > device->reached || p->waiters != 0 ||
            device->f.ResetFences(device->device, 1, &p->fence) != VK_SUCCESS)
            break;
        device->free_fences[device->free_fences_count++] = p->fence;
        device->pending_first = (device->pending_first + 1) % device->pending_capacity;
        device->pending_count--;
    }
    return result < 0 ? result : VK_SUCCESS;
}

void as_vulkan_fences_destroy(as_vulkan_device *device)
{
    for (uint32_t i = 0; i < device->free_fences_count; i++)
        device->f.DestroyFence(device->device, device->free_fences[i], NULL);
    for (uint32_t i = 0; i < device->pending_count; i++)
        device->f.DestroyFence(device->device, pending_at(device, i)->fence, NULL);
    as_mem_free(device->free_fences);
    as_mem_free(device->pending);
}

/* ------------------------------------------------------------------------------ submit ------- */

typedef struct semaphore_lists {
    VkSemaphore waits[AS_VULKAN_MOST_SEMAPHORES], signals[AS_VULKAN_MOST_SEMAPHORES];
    VkPipelineStageFlags stages[AS_VULKAN_MOST_SEMAPHORES];
    uint64_t wait_values[AS_VULKAN_MOST_SEMAPHORES], signal_values[AS_VULKAN_MOST_SEMAPHORES];
    uint32_t signals_count;
    bool has_values; /* some are timeline semaphores */
} semaphore_lists;

static void list_semaphores(const as_vulkan_submission *s, semaphore_lists *lists)
{
    lists->has_values = false;
    for (uint32_t i = 0; i < s->waits_count; i++) {
        lists->has_values |= s->waits[i].value != 0;
        lists->waits[i] = s->waits[i].semaphore;
        lists->wait_values[i] = s->waits[i].value;
        lists->stages[i] = s->waits[i].stage;
    }
    for (uint32_t i = 0; i < s->signals_count; i++) {
        lists->has_values |= s->signals[i].value != 0;
        lists->signals[i] = s->signals[i].semaphore;
        lists->signal_values[i] = s->signals[i].value;
    }
    lists->signals_count = s->signals_count;
}

static VkResult queue_submit(as_vulkan_device *device, const as_vulkan_submission *s,
                             const semaphore_lists *lists, VkFence fence)
{
    const VkTimelineSemaphoreSubmitInfo values = {
        .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
        .waitSemaphoreValueCount = s->waits_count,
        .pWaitSemaphoreValues = lists->wait_values,
        .signalSemaphoreValueCount = lists->signals_count,
        .pSignalSemaphoreValues = lists->signal_values};
    const VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                               .pNext = lists->has_values ? &values : NULL,
                               .waitSemaphoreCount = s->waits_count,
                               .pWaitSemaphores = lists->waits,
                               .pWaitDstStageMask = lists->stages,
                               .commandBufferCount = s->commands_count,
                               .pCommandBuffers = s->commands,
                               .signalSemaphoreCount = lists->signals_count,
                               .pSignalSemaphores = lists->signals};
    return device->f.QueueSubmit(device->queue, 1, &info, fence);
}

/* With both locks held. */
static as_result submit(as_vulkan_device *device, const as_vulkan_submission *s, as_error *error)
{
    semaphore_lists lists;
    VkFence fence = VK_NULL_HANDLE;
    list_semaphores(s, &lists);
    if (device->timeline) {
        lists.signals[lists.signals_count] = device->timeline;
        lists.signal_values[lists.signals_count++] = device->submitted + 1;
        lists.has_values = true;
    } else {
        as_result result =
            as_vulkan_check(device, poll_fences(device), "the state of a fence", error);
        if (result == AS_OK)
            result = take_fence(device, &fence, error);
        if (result != AS_OK)
            return result;
    }
    const VkResult submitted = queue_submit(device, s, &lists, fence);
    if (submitted == VK_SUCCESS) {
        device->submitted++;
        if (fence)
            *pending_at(device, device->pending_count++) =
                (as_vulkan_pending){.fence = fence, .point = device->submitted};
    } else if (fence) {
        device->free_fences[device->free_fences_count++] = fence;
    }
    return as_vulkan_check(device, submitted, "a submission to its queue", error);
}

as_result as_vulkan_submit(as_vulkan_device *device, const as_vulkan_submission *submission,
                           uint64_t *out_point, as_error *error)
{
    as_result result = as_vulkan_usable(device, error);
    if (result != AS_OK)
        return result;
    if (device->lock.lock)
        device->lock.lock(device->lock.user);
    as_mutex_lock(&device->mutex);
    result = submit(device, submission, error);
    if (result == AS_OK)
        *out_point = device->submitted;
    as_mutex_unlock(&device->mutex);
    if (device->lock.unlock)
        device->lock.unlock(device->lock.user);
    return result;
}

/* -------------------------------------------------------------------------------- wait ------- */

static bool poll(as_vulkan_device *device, uint64_t point, VkResult *out_result)
{
    *out_result = VK_SUCCESS;
    as_mutex_lock(&device->mutex);
    if (point > device->reached && !atomic_load(&device->lost)) {
        if (device->timeline) {
            uint64_t value = 0;
            *out_result =
                device->f.GetSemaphoreCounterValue(device->device, device->timeline, &value);
            if (*out_result == VK_SUCCESS && value > device->reached && value <= device->submitted)
                device->reached = value;
        } else {
            *out_result = poll_fences(device);
        }
    }
    const bool is_reached = point <= device->reached;
    as_mutex_unlock(&device->mutex);
    return is_reached;
}

bool as_vulkan_is_reached(as_vulkan_device *device, uint64_t point)
{
    VkResult result;
    const bool is_reached = poll(device, point, &result);
    if (result == VK_ERROR_DEVICE_LOST)
        atomic_store(&device->lost, true);
    return is_reached;
}

as_result as_vulkan_reached(as_vulkan_device *device, uint64_t point, as_error *error)
{
    VkResult result;
    if (poll(device, point, &result))
        return AS_OK;
    as_result checked = as_vulkan_check(device, result, "the state of its queue", error);
    if (checked == AS_OK)
        checked = as_vulkan_usable(device, error);
    return checked != AS_OK ? checked
                            : as_err_set(error, AS_NOT_READY, "the GPU is not done with it yet");
}

/* A fence behind `point`, or none any more; it is not taken back until stop_waiting. */
static VkFence start_waiting(as_vulkan_device *device, uint64_t point)
{
    VkFence fence = VK_NULL_HANDLE;
    as_mutex_lock(&device->mutex);
    for (uint32_t i = 0; i < device->pending_count && !fence; i++) {
        as_vulkan_pending *p = pending_at(device, i);
        if (p->point < point)
            continue;
        p->waiters++;
        fence = p->fence;
    }
    as_mutex_unlock(&device->mutex);
    return fence;
}

static void stop_waiting(as_vulkan_device *device, VkFence fence)
{
    as_mutex_lock(&device->mutex);
    for (uint32_t i = 0; i < device->pending_count; i++)
        if (pending_at(device, i)->fence == fence)
            pending_at(device, i)->waiters--;
    as_mutex_unlock(&device->mutex);
}

static VkResult wait_fence(as_vulkan_device *device, uint64_t point, uint64_t timeout_ns)
{
    const VkFence fence = start_waiting(device, point);
    if (!fence)
        return VK_SUCCESS;
    const VkResult result = device->f.WaitForFences(device->device, 1, &fence, VK_TRUE, timeout_ns);
    stop_waiting(device, fence);
    return result;
}

static VkResult wait_point(as_vulkan_device *device, uint64_t point, uint64_t timeout_ns)
{
    const VkSemaphoreWaitInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                      .semaphoreCount = 1,
                                      .pSemaphores = &device->timeline,
                                      .pValues = &point};
    return device->timeline ? device->f.WaitSemaphores(device->device, &info, timeout_ns)
                            : wait_fence(device, point, timeout_ns);
}

as_result as_vulkan_wait(as_vulkan_device *device, uint64_t point, uint64_t timeout_ns,
                         as_error *error)
{
    as_result result = as_vulkan_reached(device, point, error);
    if (result != AS_NOT_READY)
        return result;
    result = as_vulkan_check(device, wait_point(device, point, timeout_ns), "waiting for its queue",
                             error);
    if (result == AS_OK)
        result = as_vulkan_reached(device, point, error);
    if (result == AS_NOT_READY)
        return as_err_set(error, AS_TIMEOUT, "the GPU was not done with it in time");
    return result;
}

void as_vulkan_drain(as_vulkan_device *device, uint64_t point)
{
    if (point != 0)
        (void)wait_point(device, point, UINT64_MAX);
}
