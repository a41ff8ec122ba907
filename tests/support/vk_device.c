/* SPDX-License-Identifier: MIT */
#include "tests/support/vk_device.h"

#include <dlfcn.h>
#include <glob.h>
#include <stdatomic.h>

#define LAYER "VK_LAYER_KHRONOS_validation"
#define LAYER_IS_LATE "UNASSIGNED-VkSemaphore-state-timeout"
#define CHOICE "ALPHASTREAM_TEST_VK_DEVICE"

#if TEST_SANITIZED
/* As in gl_context.c, beside which this may be linked. */
#define SEEN_BY_LIBRARIES __attribute__((visibility("default"), weak))

/* Leaks of libraries that were unloaded have no names that could be told apart from ours. */
SEEN_BY_LIBRARIES int dlclose(void *handle);
int dlclose(void *handle)
{
    (void)handle;
    return 0;
}

/* ThreadSanitizer does not see how the driver's own threads keep apart. */
SEEN_BY_LIBRARIES const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:libvulkan_lvp.so\nrace:swrast_dri.so\nrace:libLLVM\nrace:libVkLayer\n"
           "deadlock:libVkLayer\n";
}

/* The validation layer keeps what it knows of submissions in circles. */
SEEN_BY_LIBRARIES const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libVkLayer_khronos_validation\n";
}
#endif

static atomic_uint messages;

static VKAPI_ATTR VkBool32 VKAPI_CALL take_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                   VkDebugUtilsMessageTypeFlagsEXT types,
                                                   const VkDebugUtilsMessengerCallbackDataEXT *data,
                                                   void *user)
{
    (void)user;
    (void)types;
    /* Of the layer about itself: where one thread signals a semaphore and another waits for a fence
     * behind that, the one's news may wait for the other's lock. */
    if (data->pMessageIdName && strcmp(data->pMessageIdName, LAYER_IS_LATE) == 0)
        return VK_FALSE;
    atomic_fetch_add(&messages, 1);
    fprintf(stderr, "Vulkan message (severity 0x%x): %s\n", (unsigned)severity, data->pMessage);
    return VK_FALSE;
}

static const VkDebugUtilsMessengerCreateInfoEXT messenger_info = {
    .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
    .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                       VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
    .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT |
                   VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT,
    .pfnUserCallback = take_message};

unsigned test_vk_forgive(void)
{
    return atomic_exchange(&messages, 0);
}

void test_vk_no_messages(void)
{
    assert_int_equal(test_vk_forgive(), 0);
}

/* -------------------------------------------------------------------------------- loader ----- */

/* The driver for this architecture, unless a GPU was asked for. */
static void pin_driver(void)
{
    glob_t found;
    setenv("NODEVICE_SELECT", "1", 0); /* Mesa's layer, which wants a window system */
    /* Hazards between submissions, too: of itself the layer looks at one alone. */
    setenv("VK_LAYER_ENABLES", "VALIDATION_CHECK_ENABLE_SYNCHRONIZATION_VALIDATION_QUEUE_SUBMIT",
           0);
    if (getenv(CHOICE))
        return;
    if (glob("/usr/share/vulkan/icd.d/lvp_icd.*.json", 0, NULL, &found) != 0)
        fail_msg("Mesa's software driver for Vulkan is not here; install mesa-vulkan-drivers "
                 "(scripts/install-deps)");
    setenv("VK_DRIVER_FILES", found.gl_pathv[0], 0);
    globfree(&found);
    setenv("LP_NUM_THREADS", "1", 0);
}

static PFN_vkGetInstanceProcAddr real_loader;
static PFN_vkEnumeratePhysicalDevices real_enumerate;

/* The chosen device alone. */
static VKAPI_ATTR VkResult VKAPI_CALL enumerate_chosen(VkInstance instance, uint32_t *count,
                                                       VkPhysicalDevice *out)
{
    enum { MOST = 16 };
    VkPhysicalDevice all[MOST];
    uint32_t there = MOST;
    const unsigned long chosen = strtoul(getenv(CHOICE), NULL, 10);
    const VkResult result = real_enumerate(instance, &there, all);
    if (result < 0)
        return result;
    if (chosen >= there)
        fail_msg("%s=%s, and there are %u devices (alphastream gpus lists them)", CHOICE,
                 getenv(CHOICE), (unsigned)there);
    if (out && *count != 0)
        out[0] = all[chosen];
    *count = out && *count == 0 ? 0 : 1;
    return VK_SUCCESS;
}

static PFN_vkVoidFunction VKAPI_CALL load_chosen(VkInstance instance, const char *name)
{
    const PFN_vkVoidFunction found = real_loader(instance, name);
    if (!found || strcmp(name, "vkEnumeratePhysicalDevices") != 0)
        return found;
    real_enumerate = (PFN_vkEnumeratePhysicalDevices)found;
    return (PFN_vkVoidFunction)enumerate_chosen;
}

PFN_vkGetInstanceProcAddr test_vk_loader(void)
{
    static PFN_vkGetInstanceProcAddr loader;
    if (loader)
        return loader;
    pin_driver();
    void *library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_NODELETE);
    if (!library)
        fail_msg("there is no libvulkan.so.1; install libvulkan-dev (scripts/install-deps)");
    void *symbol = dlsym(library, "vkGetInstanceProcAddr");
    assert_non_null(symbol);
    memcpy(&real_loader, &symbol, sizeof(real_loader));
    loader = getenv(CHOICE) ? load_chosen : real_loader;
    return loader;
}

const VkInstanceCreateInfo *test_vk_instance_info(void)
{
    static const char *const layers[] = {LAYER};
    static const char *const extensions[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
    static const VkValidationFeatureEnableEXT enables[] = {
        VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT};
    static const VkValidationFeaturesEXT features = {.sType =
                                                         VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT,
                                                     .pNext = &messenger_info,
                                                     .enabledValidationFeatureCount = 1,
                                                     .pEnabledValidationFeatures = enables};
    static const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                                  .apiVersion = VK_API_VERSION_1_1};
    static const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                              .pNext = &features,
                                              .pApplicationInfo = &application,
                                              .enabledLayerCount = 1,
                                              .ppEnabledLayerNames = layers,
                                              .enabledExtensionCount = 1,
                                              .ppEnabledExtensionNames = extensions};
    return &info;
}

/* -------------------------------------------------------------------------------- device ----- */

static const char *const device_extensions[] = {VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME,
                                                VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME};

static void open_instance(test_vk *vk)
{
    as_error error;
    vk->load = test_vk_loader();
    const PFN_vkCreateInstance create = (PFN_vkCreateInstance)vk->load(NULL, "vkCreateInstance");
    assert_non_null(create);
    const VkResult result = create(test_vk_instance_info(), NULL, &vk->instance);
    if (result != VK_SUCCESS)
        fail_msg("no Vulkan instance with the validation layer (VkResult %d); install "
                 "vulkan-validationlayers and mesa-vulkan-drivers (scripts/install-deps)",
                 (int)result);
    assert_ok(as_vulkan_load_instance(&vk->f, vk->load, vk->instance, &error), &error);
    const PFN_vkCreateDebugUtilsMessengerEXT listen = (PFN_vkCreateDebugUtilsMessengerEXT)vk->load(
        vk->instance, "vkCreateDebugUtilsMessengerEXT");
    assert_non_null(listen);
    assert_int_equal(listen(vk->instance, &messenger_info, NULL, &vk->messenger), VK_SUCCESS);
}

/* The first family that computes, the one of lowest number that draws as well if there is one, and
 * another that computes. */
static void find_families(test_vk *vk, uint32_t *out_timestamp_bits)
{
    enum { MOST = 32 };
    VkQueueFamilyProperties found[MOST];
    vk->families = MOST;
    vk->f.GetPhysicalDeviceQueueFamilyProperties(vk->physical, &vk->families, found);
    vk->family = vk->other_family = UINT32_MAX;
    for (uint32_t pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < vk->families && vk->family == UINT32_MAX; i++)
            if ((found[i].queueFlags & VK_QUEUE_COMPUTE_BIT) &&
                (pass == 1 || (found[i].queueFlags & VK_QUEUE_GRAPHICS_BIT)))
                vk->family = i;
    if (vk->family == UINT32_MAX)
        fail_msg("the device has no queue that computes");
    for (uint32_t i = 0; i < vk->families; i++)
        if (i != vk->family && (found[i].queueFlags & VK_QUEUE_COMPUTE_BIT))
            vk->other_family = i;
    *out_timestamp_bits = found[vk->family].timestampValidBits;
}

static bool has_extension(const test_vk *vk, const char *name)
{
    enum { MOST = 1024 };
    static VkExtensionProperties found[MOST];
    const PFN_vkEnumerateDeviceExtensionProperties enumerate =
        (PFN_vkEnumerateDeviceExtensionProperties)vk->load(vk->instance,
                                                           "vkEnumerateDeviceExtensionProperties");
    uint32_t count = MOST;
    assert_int_equal(enumerate(vk->physical, NULL, &count, found), VK_SUCCESS);
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(found[i].extensionName, name) == 0)
            return true;
    return false;
}

/* Enables what the library uses and the device has. */
static void find_caps(test_vk *vk, uint32_t timestamp_bits)
{
    VkPhysicalDeviceSubgroupProperties subgroup = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
    VkPhysicalDeviceProperties2 properties = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &subgroup};
    VkFormatProperties r8;
    vk->timeline.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES;
    vk->features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
    vk->features.pNext = &vk->timeline;
    vk->f.GetPhysicalDeviceFeatures2(vk->physical, &vk->features);
    vk->f.GetPhysicalDeviceProperties2(vk->physical, &properties);
    vk->f.GetPhysicalDeviceFormatProperties(vk->physical, VK_FORMAT_R8_UNORM, &r8);
    const VkPhysicalDeviceFeatures all = vk->features.features;
    vk->features.features = (VkPhysicalDeviceFeatures){.shaderInt64 = all.shaderInt64,
                                                       .shaderStorageImageExtendedFormats =
                                                           all.shaderStorageImageExtendedFormats};
    if (!vk->timeline.timelineSemaphore || !has_extension(vk, device_extensions[0]) ||
        !has_extension(vk, device_extensions[1]))
        fail_msg("the device has no timeline semaphores or no %s; the tests need both",
                 device_extensions[1]);
    vk->caps = AS_VULKAN_CAP_TIMELINE | AS_VULKAN_CAP_EXPORT;
    if ((subgroup.supportedOperations & VK_SUBGROUP_FEATURE_BALLOT_BIT) &&
        (subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT))
        vk->caps |= AS_VULKAN_CAP_SUBGROUP;
    if (all.shaderInt64)
        vk->caps |= AS_VULKAN_CAP_INT64;
    if (all.shaderStorageImageExtendedFormats &&
        (r8.optimalTilingFeatures & VK_FORMAT_FEATURE_STORAGE_IMAGE_BIT))
        vk->caps |= AS_VULKAN_CAP_STORE;
    if (timestamp_bits != 0)
        vk->caps |= AS_VULKAN_CAP_TIMESTAMP;
}

static void open_device(test_vk *vk)
{
    const float priority = 1;
    VkPhysicalDeviceProperties properties;
    uint32_t count = 1, timestamp_bits;
    as_error error;
    assert_true(vk->f.EnumeratePhysicalDevices(vk->instance, &count, &vk->physical) >= 0);
    assert_int_equal(count, 1);
    vk->f.GetPhysicalDeviceProperties(vk->physical, &properties);
    printf("Vulkan on %s\n", properties.deviceName);
    find_families(vk, &timestamp_bits);
    find_caps(vk, timestamp_bits);
    const VkDeviceQueueCreateInfo queues[2] = {{.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                                .queueFamilyIndex = vk->family,
                                                .queueCount = 1,
                                                .pQueuePriorities = &priority},
                                               {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                                .queueFamilyIndex = vk->other_family,
                                                .queueCount = 1,
                                                .pQueuePriorities = &priority}};
    const VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                     .pNext = &vk->features,
                                     .queueCreateInfoCount = vk->other_family == UINT32_MAX ? 1 : 2,
                                     .pQueueCreateInfos = queues,
                                     .enabledExtensionCount = 2,
                                     .ppEnabledExtensionNames = device_extensions};
    assert_int_equal(vk->f.CreateDevice(vk->physical, &info, NULL, &vk->device), VK_SUCCESS);
    assert_ok(as_vulkan_load_device(&vk->f, vk->device, &error), &error);
    vk->f.GetDeviceQueue(vk->device, vk->family, 0, &vk->queue);
    if (vk->other_family != UINT32_MAX)
        vk->f.GetDeviceQueue(vk->device, vk->other_family, 0, &vk->other_queue);
}

test_vk *test_vk_open(void)
{
    test_vk *vk = calloc(1, sizeof(*vk));
    assert_non_null(vk);
    open_instance(vk);
    open_device(vk);
    return vk;
}

void test_vk_close(test_vk *vk)
{
    if (!vk)
        return;
    const PFN_vkDestroyDebugUtilsMessengerEXT deafen =
        (PFN_vkDestroyDebugUtilsMessengerEXT)vk->load(vk->instance,
                                                      "vkDestroyDebugUtilsMessengerEXT");
    vk->f.DestroyDevice(vk->device, NULL);
    deafen(vk->instance, vk->messenger, NULL);
    vk->f.DestroyInstance(vk->instance, NULL);
    free(vk);
    test_vk_no_messages();
}

as_vulkan_import test_vk_import(test_vk *vk, uint32_t without)
{
    return (as_vulkan_import){.get_instance_proc_addr = vk->load,
                              .instance = vk->instance,
                              .physical = vk->physical,
                              .device = vk->device,
                              .queue = vk->queue,
                              .family = vk->family,
                              .features = &vk->features,
                              .extensions = device_extensions,
                              .extensions_count = 2,
                              .without = without};
}

/* ------------------------------------------------------------------------------- reading ----- */

static void record_copy(as_vulkan_device *d, VkCommandBuffer commands, VkImage image,
                        VkBuffer buffer, uint32_t width, uint32_t height)
{
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                            .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    const VkBufferImageCopy region = {.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                                      .imageExtent = {width, height, 1}};
    const VkMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                     .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
                                     .dstAccessMask = VK_ACCESS_HOST_READ_BIT};
    const PFN_vkCmdCopyImageToBuffer copy =
        (PFN_vkCmdCopyImageToBuffer)d->f.GetDeviceProcAddr(d->device, "vkCmdCopyImageToBuffer");
    assert_int_equal(d->f.BeginCommandBuffer(commands, &begin), VK_SUCCESS);
    copy(commands, image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, buffer, 1, &region);
    d->f.CmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0,
                            1, &barrier, 0, NULL, 0, NULL);
    assert_int_equal(d->f.EndCommandBuffer(commands), VK_SUCCESS);
}

test_vk_gate test_vk_gate_make(test_vk *vk)
{
    const VkSemaphoreTypeCreateInfo type = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                            .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
    const VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
                                        .pNext = &type};
    test_vk_gate gate = {.value = 1};
    assert_int_equal(vk->f.CreateSemaphore(vk->device, &info, NULL, &gate.semaphore), VK_SUCCESS);
    return gate;
}

void test_vk_gate_open(test_vk *vk, const test_vk_gate *gate)
{
    const PFN_vkSignalSemaphore signal =
        (PFN_vkSignalSemaphore)vk->f.GetDeviceProcAddr(vk->device, "vkSignalSemaphoreKHR");
    const VkSemaphoreSignalInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO,
                                        .semaphore = gate->semaphore,
                                        .value = gate->value};
    assert_int_equal(signal(vk->device, &info), VK_SUCCESS);
}

void test_vk_gate_free(test_vk *vk, test_vk_gate *gate)
{
    vk->f.DestroySemaphore(vk->device, gate->semaphore, NULL);
    gate->semaphore = VK_NULL_HANDLE;
}

uint8_t *test_vk_read(as_vulkan_device *d, VkImage image, uint32_t width, uint32_t height)
{
    const size_t size = (size_t)width * height;
    const VkCommandPoolCreateInfo pool_info = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                               .queueFamilyIndex = d->family};
    VkCommandPool pool;
    VkCommandBuffer commands;
    as_vulkan_buffer buffer;
    as_error error;
    uint64_t point;
    uint8_t *pixels = malloc(size);
    assert_non_null(pixels);
    assert_ok(as_vulkan_buffer_create(d, size, VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                                      AS_VULKAN_PLACE_READ, &buffer, &error),
              &error);
    assert_int_equal(d->f.CreateCommandPool(d->device, &pool_info, NULL, &pool), VK_SUCCESS);
    const VkCommandBufferAllocateInfo info = {.sType =
                                                  VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                              .commandPool = pool,
                                              .commandBufferCount = 1};
    assert_int_equal(d->f.AllocateCommandBuffers(d->device, &info, &commands), VK_SUCCESS);
    record_copy(d, commands, image, buffer.buffer, width, height);
    const as_vulkan_submission submission = {.commands = &commands, .commands_count = 1};
    assert_ok(as_vulkan_submit(d, &submission, &point, &error), &error);
    assert_ok(as_vulkan_wait(d, point, UINT64_MAX, &error), &error);
    memcpy(pixels, buffer.map, size);
    d->f.DestroyCommandPool(d->device, pool, NULL);
    as_vulkan_buffer_destroy(d, &buffer);
    return pixels;
}
