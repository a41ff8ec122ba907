/* SPDX-License-Identifier: MIT
 *
 * Drivers that lose their device or run out of memory, played by replacing functions in the
 * device's table.
 */
#include "tests/support/failing_alloc.h"
#include "tests/support/vk_frames.h"

#include <limits.h>

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

/* Drawn by the CPU: far away. */
static vk_frame far_frame(void)
{
    enum { STEPS = 1100 };
    uint8_t record[4 + 2 * STEPS] = {5, 0, 5, 0};
    test_records records = {0};
    for (size_t i = 0; i < STEPS; i++) {
        record[4 + 2 * i] = i < STEPS - 4 ? 127 : 1;
        record[5 + 2 * i] = i < STEPS - 4 ? 1 : 60;
    }
    test_records_add_raw(&records, record, sizeof(record));
    return (vk_frame){.payload = test_records_finish(&records),
                      .canvas_width = 100,
                      .canvas_height = 70,
                      .width = 100,
                      .height = 70};
}

/* ------------------------------------------------------------------------------ faults ------- */

static as_vulkan_functions real;
static int count, fail_at;
static bool lasts; /* all calls behind that one fail, too */
static VkResult failure;

static bool fails_now(void)
{
    if (fail_at < 0)
        return false;
    const int n = count++;
    return n == fail_at || (lasts && n > fail_at);
}

/* A function of the table that may fail. */
#define FAULTY(name, parameters, arguments)                                                        \
    static VKAPI_ATTR VkResult VKAPI_CALL faulty_##name parameters                                 \
    {                                                                                              \
        return fails_now() ? failure : real.name arguments;                                        \
    }
#define CREATES(name, info, object)                                                                \
    FAULTY(name, (VkDevice d, const info *i, const VkAllocationCallbacks *a, object *o),           \
           (d, i, a, o))

CREATES(CreateBuffer, VkBufferCreateInfo, VkBuffer)
CREATES(AllocateMemory, VkMemoryAllocateInfo, VkDeviceMemory)
CREATES(CreateImage, VkImageCreateInfo, VkImage)
CREATES(CreateImageView, VkImageViewCreateInfo, VkImageView)
CREATES(CreateFence, VkFenceCreateInfo, VkFence)
CREATES(CreateCommandPool, VkCommandPoolCreateInfo, VkCommandPool)
CREATES(CreateDescriptorSetLayout, VkDescriptorSetLayoutCreateInfo, VkDescriptorSetLayout)
CREATES(CreateDescriptorPool, VkDescriptorPoolCreateInfo, VkDescriptorPool)
CREATES(CreatePipelineLayout, VkPipelineLayoutCreateInfo, VkPipelineLayout)
CREATES(CreatePipelineCache, VkPipelineCacheCreateInfo, VkPipelineCache)
CREATES(CreateShaderModule, VkShaderModuleCreateInfo, VkShaderModule)
CREATES(CreateQueryPool, VkQueryPoolCreateInfo, VkQueryPool)
FAULTY(BindBufferMemory, (VkDevice d, VkBuffer b, VkDeviceMemory m, VkDeviceSize o), (d, b, m, o))
FAULTY(BindImageMemory, (VkDevice d, VkImage i, VkDeviceMemory m, VkDeviceSize o), (d, i, m, o))
FAULTY(MapMemory,
       (VkDevice d, VkDeviceMemory m, VkDeviceSize o, VkDeviceSize s, VkMemoryMapFlags f, void **p),
       (d, m, o, s, f, p))
FAULTY(AllocateCommandBuffers,
       (VkDevice d, const VkCommandBufferAllocateInfo *i, VkCommandBuffer *o), (d, i, o))
FAULTY(AllocateDescriptorSets,
       (VkDevice d, const VkDescriptorSetAllocateInfo *i, VkDescriptorSet *o), (d, i, o))
FAULTY(CreateComputePipelines,
       (VkDevice d, VkPipelineCache c, uint32_t n, const VkComputePipelineCreateInfo *i,
        const VkAllocationCallbacks *a, VkPipeline *o),
       (d, c, n, i, a, o))
FAULTY(BeginCommandBuffer, (VkCommandBuffer c, const VkCommandBufferBeginInfo *i), (c, i))
FAULTY(EndCommandBuffer, (VkCommandBuffer c), (c))
FAULTY(ResetCommandPool, (VkDevice d, VkCommandPool p, VkCommandPoolResetFlags f), (d, p, f))
FAULTY(QueueSubmit, (VkQueue q, uint32_t n, const VkSubmitInfo *i, VkFence f), (q, n, i, f))
FAULTY(GetPhysicalDeviceImageFormatProperties2,
       (VkPhysicalDevice p, const VkPhysicalDeviceImageFormatInfo2 *i, VkImageFormatProperties2 *o),
       (p, i, o))
FAULTY(GetFenceStatus, (VkDevice d, VkFence f), (d, f))
FAULTY(WaitForFences, (VkDevice d, uint32_t n, const VkFence *f, VkBool32 a, uint64_t t),
       (d, n, f, a, t))
FAULTY(GetSemaphoreCounterValue, (VkDevice d, VkSemaphore s, uint64_t *v), (d, s, v))
FAULTY(WaitSemaphores, (VkDevice d, const VkSemaphoreWaitInfo *i, uint64_t t), (d, i, t))

static void replace(as_vulkan_device *device)
{
    real = device->f;
#define REPLACE(name) device->f.name = faulty_##name;
    REPLACE(CreateBuffer)
    REPLACE(AllocateMemory)
    REPLACE(CreateImage)
    REPLACE(CreateImageView)
    REPLACE(CreateFence)
    REPLACE(CreateCommandPool)
    REPLACE(CreateDescriptorSetLayout)
    REPLACE(CreateDescriptorPool)
    REPLACE(CreatePipelineLayout)
    REPLACE(CreatePipelineCache)
    REPLACE(CreateShaderModule)
    REPLACE(CreateQueryPool)
    REPLACE(BindBufferMemory)
    REPLACE(BindImageMemory)
    REPLACE(MapMemory)
    REPLACE(AllocateCommandBuffers)
    REPLACE(AllocateDescriptorSets)
    REPLACE(CreateComputePipelines)
    REPLACE(BeginCommandBuffer)
    REPLACE(EndCommandBuffer)
    REPLACE(ResetCommandPool)
    REPLACE(QueueSubmit)
    REPLACE(GetPhysicalDeviceImageFormatProperties2)
    REPLACE(GetFenceStatus)
    REPLACE(WaitForFences)
    if (real.WaitSemaphores) {
        REPLACE(GetSemaphoreCounterValue)
        REPLACE(WaitSemaphores)
    }
}

static as_vulkan_device *open_faulty(uint32_t without)
{
    const as_vulkan_import import = test_vk_import(vk, without);
    as_vulkan_device *device;
    as_error error;
    assert_ok(as_vulkan_device_import(&import, &device, &error), &error);
    replace(device);
    return device;
}

/* A rasterizer and two frames, the second drawn by the CPU; stops at the first failure. */
static as_result scenario(as_vulkan_device *device, as_vulkan_way way, as_error *error)
{
    const as_vulkan_raster_params params = {.slots = 2, .way = way};
    vk_bench b = {.device = device};
    as_result result = as_vulkan_raster_create(device, &params, &b.raster, error);
    for (int i = 0; i < 2 && result == AS_OK; i++) {
        vk_frame f = i ? far_frame() : small_frame();
        uint64_t point = 0;
        result = as_vulkan_image_create(
            device, &(const as_vulkan_image_kind){f.width, f.height, 0, false}, &f.image, error);
        if (result == AS_OK)
            result = vk_frame_record(&b, &f, error);
        if (result == AS_OK)
            result = as_vulkan_raster_submit(b.raster, NULL, &point, error);
        if (result == AS_OK)
            result = as_vulkan_wait(device, point, UINT64_MAX, error);
        const int at = fail_at;
        fail_at = -1; /* of the test's own calls none */
        if (result == AS_OK) {
            vk_frame_finish(&b, &f, "faults");
        } else {
            as_vulkan_drain(device, device->submitted);
            as_vulkan_image_destroy(device, &f.image);
            test_payload_free(&f.payload);
        }
        fail_at = at;
    }
    fail_at = -1;
    as_vulkan_raster_destroy(b.raster);
    return result;
}

enum { STEP = TEST_SANITIZED ? 5 : 1 };

/* Each call fails, in turn, or it and all later ones; then all goes well again. */
static void check_memory(uint32_t without, as_vulkan_way way, bool for_good)
{
    const int step = for_good && STEP == 1 ? 6 : STEP; /* making pipelines takes long */
    int failed = 0;
    lasts = for_good;
    failure = VK_ERROR_OUT_OF_DEVICE_MEMORY;
    for (int n = 0;; n += step) {
        as_vulkan_device *device = open_faulty(without);
        as_error error;
        count = 0;
        fail_at = n;
        const as_result result = scenario(device, way, &error);
        const bool was_last = count <= n;
        fail_at = -1;
        if (result != AS_OK) {
            assert_int_equal(result, AS_ERROR_OUT_OF_MEMORY);
            assert_non_null(strstr(error.text, "out of device memory"));
            failed++;
            if (n % 10 == 0) /* likewise */
                assert_ok(scenario(device, way, &error), &error);
        }
        as_vulkan_device_destroy(device);
        test_vk_no_messages();
        if (was_last)
            break;
    }
    lasts = false;
    printf("%d calls failed\n", failed);
    assert_true(failed > 60 / step - 5);
}

static void test_every_call_out_of_memory(void **state)
{
    (void)state;
    check_memory(0, AS_VULKAN_WAY_COPY, false);
    check_memory(AS_VULKAN_CAPS, AS_VULKAN_WAY_COPY, false);
    check_memory(AS_VULKAN_CAPS, AS_VULKAN_WAY_COPY, true);
}

/* From the n-th call on everything says that the device is lost. */
static void check_lost(uint32_t without)
{
    failure = VK_ERROR_DEVICE_LOST;
    for (int n = 0;; n += STEP) {
        as_vulkan_device *device = open_faulty(without);
        as_vulkan_raster *raster = NULL;
        as_vulkan_image image;
        const as_vulkan_raster_params params = {.slots = 1};
        as_error error;
        count = 0;
        fail_at = n;
        const as_result result = scenario(device, AS_VULKAN_WAY_COPY, &error);
        const bool was_last = count <= n;
        fail_at = INT_MAX; /* counts on */
        if (was_last) {
            assert_int_equal(result, AS_OK);
            as_vulkan_device_destroy(device);
            break;
        }
        assert_int_equal(result, AS_ERROR_GPU);
        assert_non_null(strstr(error.text, "VK_ERROR_DEVICE_LOST")); /* told once */
        const int before = count;
        assert_fails(as_vulkan_raster_create(device, &params, &raster, &error), AS_ERROR_GPU,
                     &error, "lost before");
        assert_fails(as_vulkan_image_create(device, &(const as_vulkan_image_kind){5, 5, 0, false},
                                            &image, &error),
                     AS_ERROR_GPU, &error, "lost before");
        assert_int_equal(count, before); /* and the driver is not asked any more */
        fail_at = -1;
        as_vulkan_device_destroy(device);
        test_vk_no_messages();
    }
}

static void test_lost(void **state)
{
    (void)state;
    check_lost(AS_VULKAN_CAPS & ~AS_VULKAN_CAP_TIMELINE);
    check_lost(AS_VULKAN_CAPS);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    const as_vulkan_import import = test_vk_import(vk, 0);
    uint64_t n = 0;
    fail_at = -1;
    do {
        as_vulkan_device *device = NULL;
        as_error error;
        test_alloc_fail_at(n++);
        as_result result = as_vulkan_device_import(&import, &device, &error);
        const as_vulkan_raster_params params = {.slots = 2, .way = AS_VULKAN_WAY_COPY};
        vk_bench b = {.device = device};
        if (result == AS_OK)
            result = as_vulkan_raster_create(device, &params, &b.raster, &error);
        for (int i = 0; i < 2 && result == AS_OK; i++) {
            vk_frame f = i ? far_frame() : small_frame();
            uint64_t point = 0;
            assert_ok(as_vulkan_image_create(
                          device, &(const as_vulkan_image_kind){f.width, f.height, 0, false},
                          &f.image, &error),
                      &error);
            result = vk_frame_record(&b, &f, &error);
            if (result != AS_OK && test_alloc_failed())
                assert_ok(vk_frame_record(&b, &f, &error), &error); /* still usable */
            assert_ok(as_vulkan_raster_submit(b.raster, NULL, &point, &error), &error);
            assert_ok(as_vulkan_wait(device, point, UINT64_MAX, &error), &error);
            as_vulkan_image_destroy(device, &f.image);
            test_payload_free(&f.payload);
        }
        if (result != AS_OK)
            assert_int_equal(result, AS_ERROR_OUT_OF_MEMORY);
        as_vulkan_raster_destroy(b.raster);
        as_vulkan_device_destroy(device);
        assert_int_equal(test_alloc_bytes(), 0);
    } while (test_alloc_failed());
    assert_true(n > 6);
    test_alloc_restore();
    test_vk_no_messages();
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
        cmocka_unit_test(test_every_call_out_of_memory),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests_name("vk_faults", tests, open_vk, close_vk);
}
