/* SPDX-License-Identifier: MIT
 *
 * Images between their holders and the library: copies of what was given back, layouts that others
 * are still to reach, queues that stand still, and drivers that fail in between.
 */
#include "core/api/vk_device.h"
#include "gpu/vulkan/raster.h"
#include "tests/unit/vk_triangles.h"

enum { WIDTH = 64, HEIGHT = 40, FRAMES = 12 };

static as_stream *stream;
static as_error error;

static int setup(void **state)
{
    (void)state;
    begin_triangles(FRAMES, WIDTH, HEIGHT);
    truth_draw_all(&small, 2 * WIDTH, HEIGHT);
    truth_rest(&small);
    const as_stream_params params = truth_params(&small);
    stream = open_stream(&params);
    return 0;
}

static int teardown(void **state)
{
    as_stream_close(&stream);
    return close_triangles(state);
}

/* ------------------------------------------------------------------------------ driver ------- */

/* The driver, which can be told to be another one. */
static struct played {
    int submits; /* counted */
    int refused; /* so many submissions are, next */
    int allocations_refused;
    bool lost;     /* as semaphores say */
    bool hardware; /* as it says */
} played;

static PFN_vkGetSemaphoreCounterValue real_counter;

static VKAPI_ATTR VkResult VKAPI_CALL queue_submit(VkQueue queue, uint32_t count,
                                                   const VkSubmitInfo *infos, VkFence fence)
{
    played.submits++;
    if (played.refused == 0)
        return context->f.QueueSubmit(queue, count, infos, fence);
    played.refused--;
    return VK_ERROR_OUT_OF_HOST_MEMORY;
}

static VKAPI_ATTR VkResult VKAPI_CALL allocate_memory(VkDevice on, const VkMemoryAllocateInfo *info,
                                                      const VkAllocationCallbacks *callbacks,
                                                      VkDeviceMemory *out)
{
    if (played.allocations_refused == 0)
        return context->f.AllocateMemory(on, info, callbacks, out);
    played.allocations_refused--;
    return VK_ERROR_OUT_OF_DEVICE_MEMORY;
}

static VKAPI_ATTR VkResult VKAPI_CALL counter_value(VkDevice on, VkSemaphore semaphore,
                                                    uint64_t *out_value)
{
    return played.lost ? VK_ERROR_DEVICE_LOST : real_counter(on, semaphore, out_value);
}

static VKAPI_ATTR void VKAPI_CALL properties(VkPhysicalDevice physical,
                                             VkPhysicalDeviceProperties *out_properties)
{
    context->f.GetPhysicalDeviceProperties(physical, out_properties);
    if (played.hardware)
        out_properties->deviceType = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
}

static PFN_vkVoidFunction VKAPI_CALL load_of_device(VkDevice on, const char *name)
{
    const PFN_vkVoidFunction found = context->f.GetDeviceProcAddr(on, name);
    if (strcmp(name, "vkQueueSubmit") == 0)
        return (PFN_vkVoidFunction)queue_submit;
    if (strcmp(name, "vkAllocateMemory") == 0)
        return (PFN_vkVoidFunction)allocate_memory;
    if (strcmp(name, "vkGetSemaphoreCounterValueKHR") != 0)
        return found;
    real_counter = (PFN_vkGetSemaphoreCounterValue)found;
    return (PFN_vkVoidFunction)counter_value;
}

static PFN_vkVoidFunction VKAPI_CALL load(VkInstance instance, const char *name)
{
    if (strcmp(name, "vkGetDeviceProcAddr") == 0)
        return (PFN_vkVoidFunction)load_of_device;
    if (strcmp(name, "vkGetPhysicalDeviceProperties") == 0)
        return (PFN_vkVoidFunction)properties;
    return context->load(instance, name);
}

static as_vk_device *import_played(bool hardware)
{
    as_vk_import import = import_of(context, 0);
    as_vk_device *device = NULL;
    import.get_instance_proc_addr = load;
    played = (struct played){.hardware = hardware};
    assert_ok(as_vk_device_import(&import, &device, &error), &error);
    return device;
}

/* Everything behind it in the queue stands still until the gate opens. */
static uint64_t block(const test_vk_gate *gate)
{
    const as_vulkan_semaphore wait = {gate->semaphore, gate->value,
                                      VK_PIPELINE_STAGE_ALL_COMMANDS_BIT};
    const as_vulkan_submission blocked = {.waits = &wait, .waits_count = 1};
    uint64_t point = 0;
    assert_ok(as_vulkan_submit(reader->device, &blocked, &point, &error), &error);
    return point;
}

static void unblock(test_vk_gate *gate, uint64_t point)
{
    test_vk_gate_open(context, gate);
    assert_ok(as_vulkan_wait(reader->device, point, UINT64_MAX, &error), &error);
}

/* The driver has let go of all that was submitted before. */
static void settle(void)
{
    const as_vulkan_submission nothing = {.waits_count = 0};
    uint64_t point = 0;
    assert_ok(as_vulkan_submit(reader->device, &nothing, &point, &error), &error);
    assert_ok(as_vulkan_wait(reader->device, point, UINT64_MAX, &error), &error);
}

/* ----------------------------------------------------------------------------- holders ------- */

static void expect_stale(as_vk *vk, as_vk_image stale)
{
    const as_vk_image before = stale;
    const uint64_t held = vk_stats_of(vk).held;
    assert_fails(as_vk_release(vk, &stale, NULL, &error), AS_ERROR_ARGUMENT, &error,
                 "released before");
    assert_memory_equal(&stale, &before, sizeof(stale));
    assert_fails(as_vk_wait(vk, &stale, 0, &error), AS_ERROR_ARGUMENT, &error, "not held");
    assert_int_equal(vk_stats_of(vk).held, held);
}

static void test_copies(void **state)
{
    as_vk_device *device = import_device(context, 0);
    as_vk *vk = attach(stream, device, 1, AS_VK_WRITE_STORE);
    as_vk_image first = get(vk, 1, NULL), none;
    const as_vk_image copy = first;
    (void)state;
    release(vk, &first, NULL);
    expect_stale(vk, copy);
    as_vk_image second = get(vk, 2, NULL); /* the same image, of another get */
    assert_ptr_equal(second.image, copy.image);
    expect_stale(vk, copy);
    assert_fails(as_vk_get_frame(vk, 3, NULL, AS_WAIT_FOREVER, &none, &error), AS_ERROR_LIMIT,
                 &error, "all 1 images are held");
    as_vk_image third = get(vk, 2, NULL); /* two holders */
    const as_vk_image other = third;
    release(vk, &third, NULL);
    expect_stale(vk, other);
    assert_ok(as_vk_wait(vk, &second, AS_WAIT_FOREVER, &error), &error);
    expect(reader, &second, &small);
    as_vk_detach(&vk);
    vk = attach(stream, device, 1, AS_VK_WRITE_STORE);
    first = get(vk, 2, NULL);
    as_vk_image of_before = second;
    of_before.handle = first.handle; /* as the allocator may have it */
    expect_stale(vk, of_before);
    as_vk_detach(&vk);
    as_vk_device_unref(&device);
}

/* In the layout that its holder leaves it in the image is when that use is over, and not when it
 * was drawn. */
static void test_layout_to_come(void **state)
{
    as_vk_device *device = import_device(context, 0);
    as_vk *vk = attach(stream, device, 2, AS_VK_WRITE_STORE);
    test_vk_gate gate = test_vk_gate_make(context);
    const as_vk_done done = {.struct_size = sizeof(done),
                             .layout = VK_IMAGE_LAYOUT_GENERAL,
                             .semaphore = gate.semaphore,
                             .value = gate.value};
    as_vk_request general = ask(0, 0);
    (void)state;
    general.layout = VK_IMAGE_LAYOUT_GENERAL;
    as_vk_image first = get(vk, 1, NULL), second = get(vk, 1, NULL), other = get(vk, 2, NULL);
    assert_ptr_equal(first.image, second.image);
    const VkImage name = first.image;
    release(vk, &first, NULL);
    release(vk, &second, &done);
    as_vk_image again = get(vk, 1, &general);
    assert_ptr_equal(again.image, name);
    assert_int_equal(vk_stats_of(vk).shown_already, 1); /* `second` alone */
    assert_fails(as_vk_wait(vk, &again, 1000000, &error), AS_TIMEOUT, &error, "in time");
    test_vk_gate_open(context, &gate);
    assert_ok(as_vk_wait(vk, &again, AS_WAIT_FOREVER, &error), &error);
    expect(reader, &again, &small);
    release(vk, &other, NULL);
    /* One holder moves it, the other has it still: it is not shown to a third one. */
    second = get(vk, 1, &general);
    const as_vk_done moved = {.struct_size = sizeof(moved),
                              .layout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL};
    release(vk, &second, &moved);
    second = get(vk, 1, &general);
    assert_ptr_not_equal(second.image, again.image);
    settle();
    as_vk_detach(&vk);
    as_vk_device_unref(&device);
    test_vk_gate_free(context, &gate);
}

/* ------------------------------------------------------------------------------- queues ------ */

static void test_attach_to_a_busy_queue(void **state)
{
    as_vk_device *device = import_played(false);
    test_vk_gate gate = test_vk_gate_make(context);
    const uint64_t point = block(&gate);
    (void)state;
    as_vk *blocked = attach(stream, device, 2, AS_VK_WRITE_AUTO);
    assert_int_equal(vk_stats_of(blocked).write, AS_VK_WRITE_STORE); /* not known better */
    unblock(&gate, point);
    check_frame(reader, blocked, &small, 3, NULL);
    as_vk_detach(&blocked);
    /* What is known is not measured again. */
    atomic_store(&device->device->measured, AS_VULKAN_WAY_COPY);
    played.submits = 0;
    as_vk *vk = attach(stream, device, 2, AS_VK_WRITE_AUTO);
    assert_int_equal(vk_stats_of(vk).write, AS_VK_WRITE_COPY);
    assert_int_equal(played.submits, 0);
    as_vk_detach(&vk);
    as_vk_device_unref(&device);
    test_vk_gate_free(context, &gate);
}

/* Its own work is over: others' in the same queue is not waited for. */
static void test_unref_beside_others(void **state)
{
    as_vk_device *device = import_played(true);
    as_vk *vk = attach(stream, device, 2, AS_VK_WRITE_STORE);
    test_vk_gate gate = test_vk_gate_make(context);
    (void)state;
    check_frame(reader, vk, &small, 3, NULL);
    settle();
    as_vk_detach(&vk);
    const uint64_t point = block(&gate);
    played.submits = 0;
    as_vk_device_unref(&device);
    assert_int_equal(played.submits, 0);
    unblock(&gate, point);
    settle();
    test_vk_gate_free(context, &gate);
}

/* ------------------------------------------------------------------------------ failures ----- */

/* More semaphores than a submission takes, and the one that takes the surplus fails: the frame that
 * is recorded already is dropped. */
static void test_surplus_refused(void **state)
{
    enum { HOLDERS = 20, FAILURES = 5 };
    as_vk_device *device = import_played(false);
    as_vk *vk = attach(stream, device, 1, AS_VK_WRITE_STORE);
    test_vk_gate gates[HOLDERS];
    as_vk_image images[HOLDERS], none;
    (void)state;
    for (size_t i = 0; i < HOLDERS; i++) {
        gates[i] = test_vk_gate_make(context);
        images[i] = get(vk, 1, NULL);
    }
    for (size_t i = 0; i < HOLDERS; i++) {
        const as_vk_done done = {
            .struct_size = sizeof(done), .semaphore = gates[i].semaphore, .value = gates[i].value};
        release(vk, &images[i], &done);
        test_vk_gate_open(context, &gates[i]);
    }
    played.refused = FAILURES;
    for (int i = 0; i < FAILURES; i++)
        assert_fails(as_vk_get_frame(vk, 2, NULL, AS_WAIT_FOREVER, &none, &error),
                     AS_ERROR_OUT_OF_MEMORY, &error, "out of host memory");
    for (uint64_t n = 2; n < 6; n++)
        check_frame(reader, vk, &small, n, NULL);
    settle();
    as_vk_detach(&vk);
    as_vk_device_unref(&device);
    for (size_t i = 0; i < HOLDERS; i++)
        test_vk_gate_free(context, &gates[i]);
}

/* Where nobody is told an error, the loss is found and left for who can be told. */
static void test_loss_is_told(void **state)
{
    const as_vk_params params = {
        .struct_size = sizeof(params), .write = AS_VK_WRITE_STORE, .gpu_times = 1};
    as_vk_device *device = import_played(false);
    as_vk *vk = NULL;
    as_vk_image image, none;
    (void)state;
    assert_ok(as_vk_attach(stream, device, &params, &vk, &error), &error);
    image = get(vk, 1, NULL);
    played.lost = true;
    (void)vk_stats_of(vk); /* looks whether the time is known */
    assert_fails(as_vk_get_frame(vk, 2, NULL, AS_WAIT_FOREVER, &none, &error), AS_ERROR_GPU, &error,
                 "VK_ERROR_DEVICE_LOST");
    assert_fails(as_vk_get_frame(vk, 2, NULL, AS_WAIT_FOREVER, &none, &error), AS_ERROR_GPU, &error,
                 "lost before");
    assert_ok(as_vk_release(vk, &image, NULL, &error), &error);
    settle(); /* it is not lost in truth */
    as_vk_detach(&vk);
    as_vk_device_unref(&device);
}

/* An image that gives way to another size gives its memory, too, where that is short. */
static void test_memory_of_another_size(void **state)
{
    const as_vk_request other = ask(2 * WIDTH, HEIGHT);
    as_vk_device *device = import_played(false);
    as_vk *vk = attach(stream, device, 1, AS_VK_WRITE_COPY);
    as_vk_image none;
    (void)state;
    check_frame(reader, vk, &small, 1, &other);
    check_frame(reader, vk, &small, 1, NULL);
    played.allocations_refused = 1;
    check_frame(reader, vk, &small, 2, &other);
    assert_int_equal(played.allocations_refused, 0);
    played.allocations_refused = 2;
    assert_fails(as_vk_get_frame(vk, 3, NULL, AS_WAIT_FOREVER, &none, &error),
                 AS_ERROR_OUT_OF_MEMORY, &error, "out of device memory");
    check_frame(reader, vk, &small, 3, NULL);
    as_vk_detach(&vk);
    as_vk_device_unref(&device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_copies, no_messages),
        cmocka_unit_test_teardown(test_layout_to_come, no_messages),
        cmocka_unit_test_teardown(test_attach_to_a_busy_queue, no_messages),
        cmocka_unit_test_teardown(test_unref_beside_others, no_messages),
        cmocka_unit_test_teardown(test_surplus_refused, no_messages),
        cmocka_unit_test_teardown(test_loss_is_told, no_messages),
        cmocka_unit_test_teardown(test_memory_of_another_size, no_messages),
    };
    return cmocka_run_group_tests_name("vk_holding", tests, setup, teardown);
}
