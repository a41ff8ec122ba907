/* SPDX-License-Identifier: MIT
 *
 * Which GPU and queue family are taken, which extensions, and drivers that lack functions: before
 * drivers that are made up.
 */
#include "gpu/vulkan/choose.h"
#include "gpu/vulkan/device.h"
#include "tests/support/check.h"
#include "tests/support/failing_alloc.h"

enum { MOST = 8 };

typedef struct gpu {
    VkPhysicalDeviceType type;
    uint32_t version;
    VkQueueFlags families[3]; /* 0 ends them */
    uint8_t id;               /* first byte of UUID and LUID */
    bool no_luid;
} gpu;

static struct {
    gpu gpus[MOST];
    uint32_t count;
    VkResult listed, extensions_listed;
    const char *extensions[4]; /* NULL ends them */
} driver;

static const gpu *of(VkPhysicalDevice device)
{
    return (const gpu *)(const void *)device;
}

static VkPhysicalDevice handle(uint32_t i)
{
    return (VkPhysicalDevice)(void *)&driver.gpus[i];
}

static VkResult list_gpus(VkInstance instance, uint32_t *count, VkPhysicalDevice *devices)
{
    (void)instance;
    assert_true(*count >= driver.count);
    *count = driver.count;
    for (uint32_t i = 0; i < driver.count; i++)
        devices[i] = handle(i);
    return driver.listed;
}

static void get_properties(VkPhysicalDevice device, VkPhysicalDeviceProperties *out)
{
    *out = (VkPhysicalDeviceProperties){.apiVersion = of(device)->version,
                                        .deviceType = of(device)->type};
}

static void get_properties2(VkPhysicalDevice device, VkPhysicalDeviceProperties2 *out)
{
    VkPhysicalDeviceIDProperties *ids = out->pNext;
    get_properties(device, &out->properties);
    memset(ids->deviceUUID, 0, sizeof(ids->deviceUUID));
    memset(ids->deviceLUID, 0, sizeof(ids->deviceLUID));
    ids->deviceUUID[0] = ids->deviceLUID[0] = of(device)->id;
    ids->deviceLUIDValid = !of(device)->no_luid;
}

static void get_families(VkPhysicalDevice device, uint32_t *count,
                         VkQueueFamilyProperties *families)
{
    *count = 0;
    for (uint32_t i = 0; i < 3 && of(device)->families[i] != 0; i++)
        families[(*count)++] = (VkQueueFamilyProperties){.queueFlags = of(device)->families[i]};
}

static VkResult list_extensions(VkPhysicalDevice device, const char *layer, uint32_t *count,
                                VkExtensionProperties *out)
{
    (void)device;
    assert_null(layer);
    *count = 0;
    for (uint32_t i = 0; i < 4 && driver.extensions[i]; i++, (*count)++)
        if (out)
            snprintf(out[i].extensionName, sizeof(out[i].extensionName), "%s",
                     driver.extensions[i]);
    return out ? driver.extensions_listed : VK_SUCCESS;
}

static const as_vulkan_functions functions = {.EnumeratePhysicalDevices = list_gpus,
                                              .EnumerateDeviceExtensionProperties = list_extensions,
                                              .GetPhysicalDeviceProperties = get_properties,
                                              .GetPhysicalDeviceProperties2 = get_properties2,
                                              .GetPhysicalDeviceQueueFamilyProperties =
                                                  get_families};

#define DRAWS_AND_COMPUTES (VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT)

static void add_gpu(VkPhysicalDeviceType type)
{
    driver.gpus[driver.count] = (gpu){.type = type,
                                      .version = VK_API_VERSION_1_1,
                                      .families = {DRAWS_AND_COMPUTES},
                                      .id = (uint8_t)(10 + driver.count)};
    driver.count++;
}

static int reset(void **state)
{
    (void)state;
    memset(&driver, 0, sizeof(driver));
    return 0;
}

static void expect_gpu(const as_vulkan_create *create, uint32_t wanted)
{
    VkPhysicalDevice physical = VK_NULL_HANDLE;
    uint32_t family = UINT32_MAX;
    as_error error;
    assert_ok(as_vulkan_choose(&functions, VK_NULL_HANDLE, create, &physical, &family, &error),
              &error);
    assert_ptr_equal(physical, handle(wanted));
    assert_true(driver.gpus[wanted].families[family] & VK_QUEUE_COMPUTE_BIT);
}

static void expect_none(const as_vulkan_create *create, const char *words)
{
    VkPhysicalDevice physical;
    uint32_t family;
    as_error error;
    assert_fails(as_vulkan_choose(&functions, VK_NULL_HANDLE, create, &physical, &family, &error),
                 AS_ERROR_GPU, &error, words);
}

/* ---------------------------------------------------------------------------------- GPUs ----- */

static void test_quicker_kinds_first(void **state)
{
    static const VkPhysicalDeviceType kinds[] = {
        VK_PHYSICAL_DEVICE_TYPE_CPU, VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU,
        VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU, VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU};
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        add_gpu(kinds[i]);
        expect_gpu(&(as_vulkan_create){.uuid = NULL}, i);
    }
    add_gpu(VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU); /* of two equal ones the driver's first */
    expect_gpu(&(as_vulkan_create){.uuid = NULL}, 3);
}

static void test_unusable_gpus(void **state)
{
    (void)state;
    expect_none(&(as_vulkan_create){.uuid = NULL}, "none of the 0");
    add_gpu(VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU);
    driver.gpus[0].version = VK_API_VERSION_1_0;
    add_gpu(VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU);
    driver.gpus[1].families[0] = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_TRANSFER_BIT;
    expect_none(&(as_vulkan_create){.uuid = NULL}, "none of the 2");
    add_gpu(VK_PHYSICAL_DEVICE_TYPE_CPU);
    expect_gpu(&(as_vulkan_create){.uuid = NULL}, 2);
    driver.listed = VK_ERROR_INITIALIZATION_FAILED;
    expect_none(&(as_vulkan_create){.uuid = NULL}, "refused a list");
}

static bool choose_second(void *user, VkPhysicalDevice device,
                          const VkPhysicalDeviceProperties *properties,
                          const VkPhysicalDeviceIDProperties *ids)
{
    assert_int_equal(properties->apiVersion, VK_API_VERSION_1_1);
    assert_int_equal(ids->deviceUUID[0], of(device)->id);
    return ++*(int *)user == 2;
}

static void test_the_one_asked_for(void **state)
{
    uint8_t id[VK_UUID_SIZE] = {11};
    int asked = 0;
    (void)state;
    add_gpu(VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU);
    add_gpu(VK_PHYSICAL_DEVICE_TYPE_CPU);
    add_gpu(VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU);
    expect_gpu(&(as_vulkan_create){.uuid = id}, 1);
    expect_gpu(&(as_vulkan_create){.luid = id}, 1);
    expect_gpu(&(as_vulkan_create){.choose = choose_second, .user = &asked}, 1);
    driver.gpus[1].no_luid = true;
    expect_none(&(as_vulkan_create){.luid = id}, "asked for");
    id[VK_UUID_SIZE - 1] = 1;
    expect_none(&(as_vulkan_create){.uuid = id}, "asked for");
}

/* ------------------------------------------------------------------------------ families ----- */

static void test_families(void **state)
{
    VkQueueFamilyProperties found;
    uint32_t family;
    as_error error;
    (void)state;
    add_gpu(VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU);
    VkQueueFlags *flags = driver.gpus[0].families;
    flags[0] = VK_QUEUE_COMPUTE_BIT;
    flags[1] = DRAWS_AND_COMPUTES;
    flags[2] = VK_QUEUE_TRANSFER_BIT;
    assert_int_equal(as_vulkan_count_families(&functions, handle(0)), 3);
    assert_true(as_vulkan_find_family(&functions, handle(0), &family));
    assert_int_equal(family, 1); /* it also draws */
    flags[1] = VK_QUEUE_COMPUTE_BIT;
    assert_true(as_vulkan_find_family(&functions, handle(0), &family));
    assert_true(family <= 1);
    assert_ok(as_vulkan_check_family(&functions, handle(0), 1, &found, &error), &error);
    assert_int_equal(found.queueFlags, VK_QUEUE_COMPUTE_BIT);
    assert_fails(as_vulkan_check_family(&functions, handle(0), 2, &found, &error),
                 AS_ERROR_ARGUMENT, &error, "cannot compute");
    assert_fails(as_vulkan_check_family(&functions, handle(0), 3, &found, &error),
                 AS_ERROR_ARGUMENT, &error, "the device has 3");
}

/* ---------------------------------------------------------------------------- extensions ----- */

static void test_extensions(void **state)
{
    const char *const wished[] = {"VK_a", "VK_b", VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME};
    const as_vulkan_create create = {.extensions = wished, .extensions_count = 3};
    as_vulkan_extensions got;
    as_error error;
    (void)state;
    add_gpu(VK_PHYSICAL_DEVICE_TYPE_CPU);
    assert_ok(as_vulkan_list_extensions(&functions, handle(0), &create, &got, &error), &error);
    assert_int_equal(got.count, 0);
    driver.extensions[0] = "VK_b";
    driver.extensions[1] = VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME;
    driver.extensions[2] = "VK_c";
    assert_ok(as_vulkan_list_extensions(&functions, handle(0), &create, &got, &error), &error);
    assert_int_equal(got.count, 2); /* each once */
    assert_string_equal(got.names[0], VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME);
    assert_string_equal(got.names[1], "VK_b");
    test_alloc_fail_at(0);
    assert_fails(as_vulkan_list_extensions(&functions, handle(0), &create, &got, &error),
                 AS_ERROR_OUT_OF_MEMORY, &error, "memory");
    test_alloc_restore();
    driver.extensions_listed = VK_ERROR_OUT_OF_HOST_MEMORY; /* then it goes without */
    assert_ok(as_vulkan_list_extensions(&functions, handle(0), &create, &got, &error), &error);
    assert_int_equal(got.count, 0);
}

/* ----------------------------------------------------------------------------- functions ----- */

static int left;             /* functions that the driver has */
static const char *asked_of; /* the one it was asked for last */

static void nothing(void)
{
}

static PFN_vkVoidFunction VKAPI_CALL of_instance(VkInstance instance, const char *name)
{
    (void)instance;
    asked_of = name;
    return left-- > 0 ? nothing : NULL;
}

static PFN_vkVoidFunction VKAPI_CALL of_device(VkDevice device, const char *name)
{
    (void)device;
    return of_instance(VK_NULL_HANDLE, name);
}

static as_result load(int what, as_error *error)
{
    as_vulkan_functions f = {.GetDeviceProcAddr = of_device};
    switch (what) {
    case 0: return as_vulkan_load_instance(&f, of_instance, VK_NULL_HANDLE, error);
    case 1: return as_vulkan_load_device(&f, VK_NULL_HANDLE, error);
    default: return as_vulkan_load_timeline(&f, VK_NULL_HANDLE, what == 2, error);
    }
}

/* A driver without one of the functions is refused, and the function is named. */
static void test_each_function_is_needed(void **state)
{
    const int least[] = {10, 40, 2, 2};
    (void)state;
    for (int what = 0; what < 4; what++) {
        int n = 0;
        for (;; n++) {
            as_error error;
            left = n;
            const as_result result = load(what, &error);
            if (result == AS_OK)
                break;
            assert_int_equal(result, AS_ERROR_GPU);
            /* Those of timelines are both asked for before either is judged. */
            if (what < 2)
                assert_non_null(strstr(error.text, asked_of));
            assert_non_null(strstr(error.text, "has no function vk"));
        }
        assert_true(n >= least[what]);
    }
}

static void test_results_have_names(void **state)
{
    static const struct {
        VkResult code;
        const char *words;
    } rows[] = {{VK_ERROR_INITIALIZATION_FAILED, "initialization failed"},
                {VK_ERROR_LAYER_NOT_PRESENT, "a layer is not there"},
                {VK_ERROR_EXTENSION_NOT_PRESENT, "an extension is not there"},
                {VK_ERROR_FEATURE_NOT_PRESENT, "a feature is not there"},
                {VK_ERROR_INCOMPATIBLE_DRIVER, "no compatible driver"},
                {VK_ERROR_TOO_MANY_OBJECTS, "too many objects"},
                {VK_ERROR_FORMAT_NOT_SUPPORTED, "format not supported"},
                {VK_ERROR_INVALID_EXTERNAL_HANDLE, "invalid external handle"},
                {VK_ERROR_UNKNOWN, "unexpected result"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        as_error error;
        assert_fails(as_vulkan_check(NULL, rows[i].code, "a buffer", &error), AS_ERROR_GPU, &error,
                     rows[i].words);
    }
    as_error error;
    assert_fails(as_vulkan_check(NULL, VK_ERROR_OUT_OF_HOST_MEMORY, "a buffer", &error),
                 AS_ERROR_OUT_OF_MEMORY, &error, "free some");
    assert_ok(as_vulkan_check(NULL, VK_SUBOPTIMAL_KHR, "a buffer", &error), &error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_quicker_kinds_first, reset),
        cmocka_unit_test_setup(test_unusable_gpus, reset),
        cmocka_unit_test_setup(test_the_one_asked_for, reset),
        cmocka_unit_test_setup(test_families, reset),
        cmocka_unit_test_setup(test_extensions, reset),
        cmocka_unit_test(test_each_function_is_needed),
        cmocka_unit_test(test_results_have_names),
    };
    return cmocka_run_group_tests_name("vk_choose", tests, NULL, test_nothing_alive);
}
