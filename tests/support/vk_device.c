/* SPDX-License-Identifier: MIT */
#include "tests/support/vk_device.h"

#include <dlfcn.h>
#include <glob.h>
#include <stdatomic.h>

#define LAYER "VK_LAYER_KHRONOS_validation"

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

/* The driver for this architecture. */
static void pin_driver(void)
{
    glob_t found;
    if (glob("/usr/share/vulkan/icd.d/lvp_icd.*.json", 0, NULL, &found) != 0)
        fail_msg("Mesa's software driver for Vulkan is not here; install mesa-vulkan-drivers "
                 "(scripts/install-deps)");
    setenv("VK_DRIVER_FILES", found.gl_pathv[0], 0);
    globfree(&found);
    setenv("LP_NUM_THREADS", "1", 0);
    setenv("NODEVICE_SELECT", "1", 0); /* Mesa's layer, which wants a window system */
    /* Hazards between submissions, too: of itself the layer looks at one alone. */
    setenv("VK_LAYER_ENABLES", "VALIDATION_CHECK_ENABLE_SYNCHRONIZATION_VALIDATION_QUEUE_SUBMIT",
           0);
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
    memcpy(&loader, &symbol, sizeof(loader));
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

static void open_device(test_vk *vk)
{
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                           .queueCount = 1,
                                           .pQueuePriorities = &priority};
    VkPhysicalDeviceProperties properties;
    uint32_t count = 1;
    as_error error;
    assert_true(vk->f.EnumeratePhysicalDevices(vk->instance, &count, &vk->physical) >= 0);
    assert_int_equal(count, 1);
    vk->f.GetPhysicalDeviceProperties(vk->physical, &properties);
    printf("Vulkan on %s\n", properties.deviceName);
    vk->timeline.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES;
    vk->timeline.timelineSemaphore = VK_TRUE;
    vk->features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
    vk->features.pNext = &vk->timeline;
    vk->features.features.shaderInt64 = VK_TRUE;
    vk->features.features.shaderStorageImageExtendedFormats = VK_TRUE;
    const VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                     .pNext = &vk->features,
                                     .queueCreateInfoCount = 1,
                                     .pQueueCreateInfos = &queue,
                                     .enabledExtensionCount = 2,
                                     .ppEnabledExtensionNames = device_extensions};
    assert_int_equal(vk->f.CreateDevice(vk->physical, &info, NULL, &vk->device), VK_SUCCESS);
    assert_ok(as_vulkan_load_device(&vk->f, vk->device, &error), &error);
    vk->f.GetDeviceQueue(vk->device, 0, 0, &vk->queue);
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
