/* SPDX-License-Identifier: MIT
 *
 * Vulkan devices: the caller's and own ones, what is refused, points in time.
 */
#include "core/base/thread.h"
#include "tests/support/failing_alloc.h"
#include "tests/support/vk_frames.h"

static test_vk *vk;

static vk_frame small_frame(void)
{
    const test_point triangle[3] = {{1, 1}, {90, 5}, {20, 60}};
    test_records records = {0};
    test_records_add(&records, triangle, 3);
    return (vk_frame){.payload = test_records_finish(&records),
                      .canvas_width = 100,
                      .canvas_height = 70,
                      .width = 50,
                      .height = 90};
}

/* -------------------------------------------------------------------- positive controls ------ */

/* The layer is there and sees what the other tests must not have. */
static void test_messages_are_seen(void **state)
{
    (void)state;
    vk_bench b = vk_bench_open(vk, 0, AS_VULKAN_WAY_COPY, 1, 0);
    const VkCommandPoolCreateInfo pool_info = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                               .queueFamilyIndex = vk->family};
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    VkCommandPool pool;
    VkCommandBuffer commands;
    as_vulkan_buffer buffer;
    as_error error;
    assert_ok(as_vulkan_buffer_create(b.device, 64, VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                                      AS_VULKAN_PLACE_DEVICE, &buffer, &error),
              &error);
    assert_int_equal(vk->f.CreateCommandPool(vk->device, &pool_info, NULL, &pool), VK_SUCCESS);
    const VkCommandBufferAllocateInfo info = {.sType =
                                                  VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                              .commandPool = pool,
                                              .commandBufferCount = 1};
    assert_int_equal(vk->f.AllocateCommandBuffers(vk->device, &info, &commands), VK_SUCCESS);
    assert_int_equal(vk->f.BeginCommandBuffer(commands, &begin), VK_SUCCESS);
    vk->f.CmdFillBuffer(commands, buffer.buffer, 0, 64, 0);
    assert_int_equal(test_vk_forgive(), 0);
    vk->f.CmdFillBuffer(commands, buffer.buffer, 0, 64, 1); /* no barrier between */
    assert_true(test_vk_forgive() > 0);
    vk->f.CmdFillBuffer(commands, buffer.buffer, 2, 60, 1); /* not a multiple of 4 */
    assert_true(test_vk_forgive() > 0);
    vk->f.DestroyCommandPool(vk->device, pool, NULL);
    as_vulkan_buffer_destroy(b.device, &buffer);
    vk_bench_close(&b);
}

static void submit_fill(as_vulkan_device *device, VkCommandBuffer commands, VkBuffer buffer,
                        bool after_others)
{
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    const VkMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                     .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
                                     .dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT};
    const as_vulkan_submission submission = {.commands = &commands, .commands_count = 1};
    uint64_t point;
    as_error error;
    assert_int_equal(vk->f.BeginCommandBuffer(commands, &begin), VK_SUCCESS);
    if (after_others)
        vk->f.CmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
                                 VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 1, &barrier, 0, NULL, 0, NULL);
    vk->f.CmdFillBuffer(commands, buffer, 0, 64, 0);
    assert_int_equal(vk->f.EndCommandBuffer(commands), VK_SUCCESS);
    assert_ok(as_vulkan_submit(device, &submission, &point, &error), &error);
}

/* It looks at submissions together, too: one fill after the other. */
static void test_hazards_between_submissions_are_seen(void **state)
{
    (void)state;
    vk_bench b = vk_bench_open(vk, 0, AS_VULKAN_WAY_COPY, 1, 0);
    const VkCommandPoolCreateInfo pool_info = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                               .queueFamilyIndex = vk->family};
    VkCommandPool pool;
    VkCommandBuffer commands[3];
    as_vulkan_buffer buffer;
    as_error error;
    assert_ok(as_vulkan_buffer_create(b.device, 64, VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                                      AS_VULKAN_PLACE_DEVICE, &buffer, &error),
              &error);
    assert_int_equal(vk->f.CreateCommandPool(vk->device, &pool_info, NULL, &pool), VK_SUCCESS);
    const VkCommandBufferAllocateInfo info = {.sType =
                                                  VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                              .commandPool = pool,
                                              .commandBufferCount = 3};
    assert_int_equal(vk->f.AllocateCommandBuffers(vk->device, &info, commands), VK_SUCCESS);
    submit_fill(b.device, commands[0], buffer.buffer, false);
    submit_fill(b.device, commands[1], buffer.buffer, true);
    assert_int_equal(test_vk_forgive(), 0);
    submit_fill(b.device, commands[2], buffer.buffer, false);
    assert_true(test_vk_forgive() > 0);
    assert_ok(as_vulkan_wait(b.device, b.device->submitted, UINT64_MAX, &error), &error);
    vk->f.DestroyCommandPool(vk->device, pool, NULL);
    as_vulkan_buffer_destroy(b.device, &buffer);
    vk_bench_close(&b);
}

/* ------------------------------------------------------------------------------- import ------ */

static void refuse(const as_vulkan_import *import, as_result wanted, const char *part)
{
    as_vulkan_device *device = NULL;
    as_error error;
    assert_fails(as_vulkan_device_import(import, &device, &error), wanted, &error, part);
    assert_null(device);
    test_vk_no_messages();
}

static void lock_nothing(void *user)
{
    ++*(int *)user;
}

static void test_what_import_refuses(void **state)
{
    (void)state;
    const as_vulkan_import good = test_vk_import(vk, 0);
    as_vulkan_import i = good;
    i.get_instance_proc_addr = NULL;
    refuse(&i, AS_ERROR_ARGUMENT, "get_instance_proc_addr");
    i = good;
    i.instance = VK_NULL_HANDLE;
    refuse(&i, AS_ERROR_ARGUMENT, "instance");
    i = good;
    i.physical = VK_NULL_HANDLE;
    refuse(&i, AS_ERROR_ARGUMENT, "physical device");
    i = good;
    i.device = VK_NULL_HANDLE;
    refuse(&i, AS_ERROR_ARGUMENT, "device");
    i = good;
    i.queue = VK_NULL_HANDLE;
    refuse(&i, AS_ERROR_ARGUMENT, "queue");
    i = good;
    i.lock.lock = lock_nothing;
    refuse(&i, AS_ERROR_ARGUMENT, "unlock_queue");
    i = good;
    i.lock.unlock = lock_nothing;
    refuse(&i, AS_ERROR_ARGUMENT, "lock_queue");
    i = good;
    i.family = 99;
    char part[64];
    snprintf(part, sizeof(part), "queue family 99; the device has %u", (unsigned)vk->families);
    refuse(&i, AS_ERROR_ARGUMENT, part);
}

/* A loader some of whose functions are replaced. */
static const char *hidden;
static bool is_old, cannot_compute, is_empty;

static VKAPI_ATTR void VKAPI_CALL old_properties(VkPhysicalDevice physical,
                                                 VkPhysicalDeviceProperties *out)
{
    vk->f.GetPhysicalDeviceProperties(physical, out);
    out->apiVersion = is_old ? VK_API_VERSION_1_0 : out->apiVersion;
}

static VKAPI_ATTR void VKAPI_CALL families(VkPhysicalDevice physical, uint32_t *count,
                                           VkQueueFamilyProperties *out)
{
    vk->f.GetPhysicalDeviceQueueFamilyProperties(physical, count, out);
    for (uint32_t i = 0; i < *count; i++)
        out[i].queueFlags &= cannot_compute ? ~(VkQueueFlags)VK_QUEUE_COMPUTE_BIT : ~0U;
}

static VKAPI_ATTR VkResult VKAPI_CALL devices(VkInstance instance, uint32_t *count,
                                              VkPhysicalDevice *out)
{
    if (!is_empty)
        return vk->f.EnumeratePhysicalDevices(instance, count, out);
    *count = 0;
    return VK_SUCCESS;
}

static PFN_vkVoidFunction VKAPI_CALL load_replaced(VkInstance instance, const char *name)
{
    if (hidden && strcmp(name, hidden) == 0)
        return NULL;
    if (strcmp(name, "vkGetPhysicalDeviceProperties") == 0)
        return (PFN_vkVoidFunction)old_properties;
    if (strcmp(name, "vkGetPhysicalDeviceQueueFamilyProperties") == 0)
        return (PFN_vkVoidFunction)families;
    if (strcmp(name, "vkEnumeratePhysicalDevices") == 0)
        return (PFN_vkVoidFunction)devices;
    return test_vk_loader()(instance, name);
}

static void test_unfit_devices(void **state)
{
    (void)state;
    as_vulkan_import i = test_vk_import(vk, 0);
    i.get_instance_proc_addr = load_replaced;
    hidden = "vkGetPhysicalDeviceFeatures2";
    refuse(&i, AS_ERROR_GPU, "vkGetPhysicalDeviceFeatures2");
    hidden = NULL;
    is_old = true;
    refuse(&i, AS_ERROR_GPU, "1.1 is needed");
    is_old = false;
    cannot_compute = true;
    refuse(&i, AS_ERROR_ARGUMENT, "cannot compute");
    cannot_compute = false;
}

static void test_caps_follow_features(void **state)
{
    (void)state;
    as_vulkan_import i = test_vk_import(vk, 0);
    as_vulkan_device *device;
    as_error error;
    assert_ok(as_vulkan_device_import(&i, &device, &error), &error);
    assert_int_equal(device->caps, vk->caps);
    assert_true(as_vulkan_has_extension(device, VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME));
    assert_false(as_vulkan_has_extension(device, "VK_KHR_swapchain"));
    as_vulkan_device_destroy(device);
    i.features = NULL; /* not enabled, so not used */
    assert_ok(as_vulkan_device_import(&i, &device, &error), &error);
    assert_int_equal(device->caps, vk->caps & (AS_VULKAN_CAP_SUBGROUP | AS_VULKAN_CAP_TIMESTAMP |
                                               AS_VULKAN_CAP_EXPORT));
    as_vulkan_device_destroy(device);
    i = test_vk_import(vk, 0);
    i.extensions_count = 0;
    assert_ok(as_vulkan_device_import(&i, &device, &error), &error);
    assert_int_equal(device->caps,
                     vk->caps & ~(uint32_t)(AS_VULKAN_CAP_TIMELINE | AS_VULKAN_CAP_EXPORT));
    as_vulkan_device_destroy(device);
    as_vulkan_device_destroy(NULL);
}

static void test_queue_lock(void **state)
{
    (void)state;
    as_vulkan_import i = test_vk_import(vk, 0);
    vk_bench b;
    vk_frame f = small_frame();
    int calls = 0;
    as_error error;
    i.lock = (as_vulkan_lock){lock_nothing, lock_nothing, &calls};
    const as_vulkan_raster_params params = {.slots = 1, .way = AS_VULKAN_WAY_COPY};
    assert_ok(as_vulkan_device_import(&i, &b.device, &error), &error);
    assert_ok(as_vulkan_raster_create(b.device, &params, &b.raster, &error), &error);
    assert_int_equal(calls, 0);
    vk_frame_check(&b, &f, "lock");
    assert_int_equal(calls, 4); /* the frame and reading it back */
    vk_bench_close(&b);
}

/* ------------------------------------------------------------------------------- create ------ */

static uint8_t uuid[VK_UUID_SIZE];

static bool remember(void *user, VkPhysicalDevice physical,
                     const VkPhysicalDeviceProperties *properties,
                     const VkPhysicalDeviceIDProperties *ids)
{
    (void)physical;
    assert_true(properties->apiVersion >= VK_API_VERSION_1_1);
    memcpy(uuid, ids->deviceUUID, sizeof(uuid));
    return *(bool *)user;
}

static void create_and_draw(const as_vulkan_create *create)
{
    const as_vulkan_raster_params params = {.slots = 2};
    vk_bench b;
    vk_frame f = small_frame();
    as_error error;
    assert_ok(as_vulkan_device_create(create, &b.device, &error), &error);
    assert_int_equal(b.device->caps & create->without, 0);
    assert_ok(as_vulkan_raster_create(b.device, &params, &b.raster, &error), &error);
    vk_frame_check(&b, &f, "own device");
    vk_bench_close(&b);
}

static void test_own_device(void **state)
{
    (void)state;
    bool takes = true;
    as_vulkan_create c = {.get_instance_proc_addr = test_vk_loader(),
                          .instance = test_vk_instance_info()};
    create_and_draw(&c);
    c.without = AS_VULKAN_CAPS;
    create_and_draw(&c);
    c.without = 0;
    c.choose = remember;
    c.user = &takes;
    create_and_draw(&c);
    c.choose = NULL;
    c.uuid = uuid;
    create_and_draw(&c);
}

static void test_no_such_device(void **state)
{
    (void)state;
    static const uint8_t other[VK_UUID_SIZE] = {1, 2, 3};
    bool takes = false;
    as_vulkan_device *device = NULL;
    as_error error;
    as_vulkan_create c = {.instance = test_vk_instance_info()};
    assert_fails(as_vulkan_device_create(&c, &device, &error), AS_ERROR_ARGUMENT, &error,
                 "get_instance_proc_addr");
    c.get_instance_proc_addr = test_vk_loader();
    c.uuid = other;
    assert_fails(as_vulkan_device_create(&c, &device, &error), AS_ERROR_GPU, &error, "asked for");
    c.uuid = NULL;
    c.luid = other;
    assert_fails(as_vulkan_device_create(&c, &device, &error), AS_ERROR_GPU, &error, "asked for");
    c.choose = remember;
    c.user = &takes;
    assert_fails(as_vulkan_device_create(&c, &device, &error), AS_ERROR_GPU, &error, "asked for");
    c = (as_vulkan_create){.get_instance_proc_addr = load_replaced,
                           .instance = test_vk_instance_info()};
    is_empty = true;
    assert_fails(as_vulkan_device_create(&c, &device, &error), AS_ERROR_GPU, &error,
                 "none of the 0");
    is_empty = false;
    hidden = "vkCreateInstance";
    assert_fails(as_vulkan_device_create(&c, &device, &error), AS_ERROR_GPU, &error,
                 "vkCreateInstance");
    hidden = NULL;
    assert_null(device);
    test_vk_no_messages();
}

/* ------------------------------------------------------------------------------- points ------ */

static void check_points(uint32_t without)
{
    vk_bench b = vk_bench_open(vk, without, AS_VULKAN_WAY_COPY, 1, 0);
    test_vk_gate g = test_vk_gate_make(vk);
    const as_vulkan_semaphore wait = {g.semaphore, g.value, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT};
    const as_vulkan_submission waiting = {.waits = &wait, .waits_count = 1};
    vk_frame f = small_frame();
    uint64_t point = 0;
    as_error error;
    assert_ok(as_vulkan_reached(b.device, 0, &error), &error);
    vk_frame_add(&b, &f);
    assert_fails(vk_frame_record(&b, &f, &error), AS_ERROR_LIMIT, &error, "all 1 slots");
    assert_ok(as_vulkan_raster_submit(b.raster, &waiting, &point, &error), &error);
    assert_fails(as_vulkan_reached(b.device, point, &error), AS_NOT_READY, &error, "not done");
    assert_fails(as_vulkan_wait(b.device, point, 1000, &error), AS_TIMEOUT, &error, "in time");
    test_vk_gate_open(vk, &g);
    assert_ok(as_vulkan_wait(b.device, point, UINT64_MAX, &error), &error);
    assert_ok(as_vulkan_reached(b.device, point, &error), &error);
    vk_frame_finish(&b, &f, "points");
    for (int i = 0; i < 200; i++) { /* more than there are fences */
        f = small_frame();
        vk_frame_check(&b, &f, "points");
    }
    test_vk_gate_free(vk, &g);
    vk_bench_close(&b);
}

static void test_points(void **state)
{
    (void)state;
    check_points(0);
    check_points(AS_VULKAN_CAP_TIMELINE);
}

/* More submissions under way than there may be fences. */
static void test_too_many_submissions(void **state)
{
    (void)state;
    vk_bench b = vk_bench_open(vk, AS_VULKAN_CAP_TIMELINE, AS_VULKAN_WAY_COPY, 1, 0);
    test_vk_gate g = test_vk_gate_make(vk);
    const as_vulkan_semaphore wait = {g.semaphore, g.value, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT};
    const as_vulkan_submission waiting = {.waits = &wait, .waits_count = 1}, empty = {0};
    uint64_t point = 0;
    as_error error;
    assert_ok(as_vulkan_submit(b.device, &waiting, &point, &error), &error);
    for (int i = 1; i < AS_VULKAN_MOST_PENDING; i++)
        assert_ok(as_vulkan_submit(b.device, &empty, &point, &error), &error);
    assert_fails(as_vulkan_submit(b.device, &empty, &point, &error), AS_ERROR_LIMIT, &error,
                 "submissions");
    test_vk_gate_open(vk, &g);
    assert_ok(as_vulkan_wait(b.device, point, UINT64_MAX, &error), &error);
    assert_ok(as_vulkan_submit(b.device, &empty, &point, &error), &error);
    assert_ok(as_vulkan_wait(b.device, point, UINT64_MAX, &error), &error);
    test_vk_gate_free(vk, &g);
    vk_bench_close(&b);
}

/* A GPU that is not done until it is let go, as fences have it. (Under the validation layer of
 * 1.3.239 no thread may wait for a fence while another signals a semaphore: it waits for itself.)
 */
static struct standstill {
    as_mutex lock;
    as_cond changed;
    PFN_vkWaitForFences wait;
    PFN_vkGetFenceStatus status;
    int waiting_for_ever;
    bool over;
} still;

static VKAPI_ATTR VkResult VKAPI_CALL wait_still(VkDevice device, uint32_t count,
                                                 const VkFence *fences, VkBool32 all,
                                                 uint64_t timeout_ns)
{
    as_mutex_lock(&still.lock);
    const bool gives_up = timeout_ns != UINT64_MAX && !still.over;
    still.waiting_for_ever += timeout_ns == UINT64_MAX;
    as_cond_broadcast(&still.changed);
    while (!gives_up && !still.over)
        (void)as_cond_wait_until(&still.changed, &still.lock, AS_NO_DEADLINE);
    as_mutex_unlock(&still.lock);
    return gives_up ? VK_TIMEOUT : still.wait(device, count, fences, all, timeout_ns);
}

static VKAPI_ATTR VkResult VKAPI_CALL status_still(VkDevice device, VkFence fence)
{
    as_mutex_lock(&still.lock);
    const bool over = still.over;
    as_mutex_unlock(&still.lock);
    return over ? still.status(device, fence) : VK_NOT_READY;
}

typedef struct waiter {
    as_vulkan_device *device;
    uint64_t point;
    as_result result;
} waiter;

static void wait_for_ever(void *user)
{
    waiter *w = user;
    as_error error;
    w->result = as_vulkan_wait(w->device, w->point, UINT64_MAX, &error);
}

/* Who waits for ever keeps nobody from giving up, and a fence is not taken back before the last. */
static void test_waits_at_once(void **state)
{
    (void)state;
    enum { WAITERS = 2 };
    vk_bench b = vk_bench_open(vk, AS_VULKAN_CAP_TIMELINE, AS_VULKAN_WAY_COPY, 1, 0);
    const as_vulkan_submission empty = {.waits_count = 0};
    waiter waiters[WAITERS];
    as_thread threads[WAITERS];
    uint64_t point = 0;
    as_error error;
    still = (struct standstill){.wait = b.device->f.WaitForFences,
                                .status = b.device->f.GetFenceStatus};
    assert_true(as_mutex_init(&still.lock, AS_LOCK_LAST) && as_cond_init(&still.changed));
    b.device->f.WaitForFences = wait_still;
    b.device->f.GetFenceStatus = status_still;
    assert_ok(as_vulkan_submit(b.device, &empty, &point, &error), &error);
    for (int i = 0; i < WAITERS; i++) {
        waiters[i] = (waiter){.device = b.device, .point = point};
        assert_true(as_thread_start(&threads[i], "waits", wait_for_ever, &waiters[i]));
    }
    as_mutex_lock(&still.lock);
    while (still.waiting_for_ever < WAITERS)
        (void)as_cond_wait_until(&still.changed, &still.lock, AS_NO_DEADLINE);
    as_mutex_unlock(&still.lock);
    assert_fails(as_vulkan_wait(b.device, point, 1, &error), AS_TIMEOUT, &error, "in time");
    as_mutex_lock(&still.lock);
    still.over = true;
    as_cond_broadcast(&still.changed);
    as_mutex_unlock(&still.lock);
    for (int i = 0; i < WAITERS; i++) {
        as_thread_join(&threads[i]);
        assert_int_equal(waiters[i].result, AS_OK);
    }
    for (int i = 0; i < 40; i++) { /* fences come back */
        vk_frame f = small_frame();
        vk_frame_check(&b, &f, "after waits");
    }
    assert_true(b.device->pending_capacity <= 16);
    vk_bench_close(&b);
    as_cond_destroy(&still.changed);
    as_mutex_destroy(&still.lock);
}

/* Threads with a rasterizer each share the device. */
static void draw_much(void *user)
{
    vk_bench *b = user;
    for (int i = 0; i < 30; i++) {
        vk_frame f = small_frame();
        vk_frame_check(b, &f, "threads");
    }
}

static void test_threads(void **state)
{
    (void)state;
    static const uint32_t without[] = {0, AS_VULKAN_CAP_TIMELINE};
    for (int k = 0; k < 2; k++) {
        vk_bench b = vk_bench_open(vk, without[k], AS_VULKAN_WAY_COPY, 2, 0), other = b;
        const as_vulkan_raster_params params = {.slots = 2, .way = AS_VULKAN_WAY_STORE};
        as_thread thread;
        as_error error;
        assert_ok(as_vulkan_raster_create(b.device, &params, &other.raster, &error), &error);
        assert_true(as_thread_start(&thread, "draws", draw_much, &other));
        draw_much(&b);
        as_thread_join(&thread);
        as_vulkan_raster_destroy(other.raster);
        vk_bench_close(&b);
    }
}

static PFN_vkCreateDescriptorSetLayout real_create_layout;
static uint32_t storage_buffers, storage_images;

static VKAPI_ATTR VkResult VKAPI_CALL count_bindings(VkDevice device,
                                                     const VkDescriptorSetLayoutCreateInfo *info,
                                                     const VkAllocationCallbacks *callbacks,
                                                     VkDescriptorSetLayout *out_layout)
{
    for (uint32_t i = 0; i < info->bindingCount; i++) {
        const VkDescriptorSetLayoutBinding *b = &info->pBindings[i];
        if (b->descriptorType == VK_DESCRIPTOR_TYPE_STORAGE_BUFFER)
            storage_buffers += b->descriptorCount;
        else
            storage_images += b->descriptorCount;
    }
    return real_create_layout(device, info, callbacks, out_layout);
}

/* Every device has four of each for a shader; not every one has more. */
static void test_few_bindings(void **state)
{
    (void)state;
    const as_vulkan_raster_params params = {.slots = 1, .way = AS_VULKAN_WAY_STORE};
    vk_bench b = vk_bench_open(vk, 0, AS_VULKAN_WAY_COPY, 1, 0);
    as_vulkan_raster *raster = NULL;
    as_error error;
    storage_buffers = storage_images = 0;
    real_create_layout = b.device->f.CreateDescriptorSetLayout;
    b.device->f.CreateDescriptorSetLayout = count_bindings;
    assert_ok(as_vulkan_raster_create(b.device, &params, &raster, &error), &error);
    assert_in_range(storage_buffers, 1, 4);
    assert_in_range(storage_images, 1, 4);
    as_vulkan_raster_destroy(raster);
    vk_bench_close(&b);
}

static void draw_with_cache(const void *data, size_t size)
{
    const as_vulkan_import import = test_vk_import(vk, 0);
    const as_vulkan_raster_params params = {
        .slots = 1, .way = AS_VULKAN_WAY_COPY, .cache = data, .cache_size = size};
    vk_bench b;
    vk_frame f = small_frame();
    as_error error;
    assert_ok(as_vulkan_device_import(&import, &b.device, &error), &error);
    assert_ok(as_vulkan_raster_create(b.device, &params, &b.raster, &error), &error);
    vk_frame_check(&b, &f, "cache");
    vk_bench_close(&b);
}

/* Its own, a cut one, and one of another driver. */
static void test_pipeline_cache(void **state)
{
    (void)state;
    vk_bench b = vk_bench_open(vk, 0, AS_VULKAN_WAY_COPY, 1, 0);
    size_t size = 0;
    as_error error;
    assert_ok(as_vulkan_raster_cache(b.raster, NULL, &size, &error), &error);
    assert_true(size >= 32);
    uint8_t *data = malloc(size);
    assert_non_null(data);
    assert_ok(as_vulkan_raster_cache(b.raster, data, &size, &error), &error);
    vk_bench_close(&b);
    draw_with_cache(data, size);
    draw_with_cache(data, 31);
    data[16] ^= 1;
    draw_with_cache(data, size);
    free(data);
}

/* -------------------------------------------------------------------------------- sizes ------ */

static void test_sizes_that_are_refused(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{0, 5}, {5, 0}, {1 << 20, 5}, {5, UINT32_MAX}};
    vk_bench b = vk_bench_open(vk, 0, AS_VULKAN_WAY_COPY, 1, 0);
    vk_frame f = small_frame();
    as_vulkan_buffer buffer;
    as_error error;
    for (int i = 0; i < 4; i++) {
        f.width = sizes[i][0];
        f.height = sizes[i][1];
        assert_fails(as_vulkan_image_create(
                         b.device, &(const as_vulkan_image_kind){f.width, f.height, 0, false},
                         &f.image, &error),
                     AS_ERROR_GPU, &error, "ask for such a size");
        assert_fails(vk_frame_record(&b, &f, &error), AS_ERROR_GPU, &error, "sides of 1");
    }
    assert_fails(as_vulkan_buffer_create(b.device, UINT64_C(1) << 40,
                                         VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, AS_VULKAN_PLACE_DEVICE,
                                         &buffer, &error),
                 AS_ERROR_GPU, &error, "limit");
    test_payload_free(&f.payload);
    vk_bench_close(&b);
}

static int open_vk(void **state)
{
    (void)state;
    vk = test_vk_open();
    return 0;
}

static int close_vk(void **state)
{
    test_vk_close(vk);
    return test_nothing_alive(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_are_seen),
        cmocka_unit_test(test_hazards_between_submissions_are_seen),
        cmocka_unit_test(test_what_import_refuses),
        cmocka_unit_test(test_unfit_devices),
        cmocka_unit_test(test_caps_follow_features),
        cmocka_unit_test(test_queue_lock),
        cmocka_unit_test(test_own_device),
        cmocka_unit_test(test_no_such_device),
        cmocka_unit_test(test_points),
        cmocka_unit_test(test_too_many_submissions),
        cmocka_unit_test(test_waits_at_once),
        cmocka_unit_test(test_few_bindings),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_pipeline_cache),
        cmocka_unit_test(test_sizes_that_are_refused),
    };
    return cmocka_run_group_tests_name("vk_device", tests, open_vk, close_vk);
}
