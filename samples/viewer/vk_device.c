/* SPDX-License-Identifier: MIT */
#include "vk_device.h"

#include <stdio.h>
#include <string.h>

enum { MOST_DEVICES = 16, MOST_FAMILIES = 32, MOST_EXTENSIONS = 16 };

#define FIND(d, name) ((PFN_vk##name)(d)->get_proc((d)->instance, "vk" #name))

static const char layer[] = "VK_LAYER_KHRONOS_validation";

static bool say(char *why, size_t capacity, const char *text)
{
    snprintf(why, capacity, "%s", text);
    return false;
}

bool vk_device_failed(const char *call, VkResult result, char *why, size_t capacity)
{
    if (result == VK_ERROR_DEVICE_LOST)
        snprintf(why, capacity, "the GPU was lost (%s); start the viewer again", call);
    else
        snprintf(why, capacity, "%s of the Vulkan driver fails with %d; try --renderer gl", call,
                 (int)result);
    return false;
}

/* ------------------------------------------------------------------------------ instance ---- */

static VKAPI_ATTR VkBool32 VKAPI_CALL take_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                   VkDebugUtilsMessageTypeFlagsEXT types,
                                                   const VkDebugUtilsMessengerCallbackDataEXT *data,
                                                   void *user)
{
    vk_device *d = user;
    (void)severity;
    (void)types;
    d->messages++;
    fprintf(stderr, "alphastream-viewer: Vulkan's validation layer says: %s\n", data->pMessage);
    return VK_FALSE;
}

static VkDebugUtilsMessengerCreateInfoEXT messenger_info(vk_device *d)
{
    return (VkDebugUtilsMessengerCreateInfoEXT){
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
        .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                           VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
        .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT |
                       VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT,
        .pfnUserCallback = take_message,
        .pUserData = d};
}

static VkResult create_instance(vk_device *d, const struct renderer_surface *surface, bool validate)
{
    const VkDebugUtilsMessengerCreateInfoEXT messages = messenger_info(d);
    const char *const layers[] = {layer};
    const char *extensions[MOST_EXTENSIONS];
    uint32_t count = 0;
    const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                           .pApplicationName = "alphastream-viewer",
                                           .apiVersion = VK_API_VERSION_1_2};
    if (validate)
        extensions[count++] = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
    for (uint32_t i = 0; surface && i < surface->extension_count; i++) {
        if (count == MOST_EXTENSIONS)
            return VK_ERROR_EXTENSION_NOT_PRESENT;
        extensions[count++] = surface->extensions[i];
    }
    const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                       .pNext = validate ? &messages : NULL,
                                       .pApplicationInfo = &application,
                                       .enabledLayerCount = validate,
                                       .ppEnabledLayerNames = layers,
                                       .enabledExtensionCount = count,
                                       .ppEnabledExtensionNames = extensions};
    const PFN_vkCreateInstance create =
        (PFN_vkCreateInstance)d->get_proc(VK_NULL_HANDLE, "vkCreateInstance");
    return create ? create(&info, NULL, &d->instance) : VK_ERROR_INITIALIZATION_FAILED;
}

static bool open_instance(vk_device *d, const struct renderer_surface *surface, bool validate,
                          char *why, size_t capacity)
{
    const VkResult result = create_instance(d, surface, validate);
    const VkDebugUtilsMessengerCreateInfoEXT messages = messenger_info(d);
    if (result == VK_ERROR_LAYER_NOT_PRESENT)
        return say(why, capacity,
                   "Vulkan's validation layer is not installed (Debian: vulkan-validationlayers); "
                   "go without --validate");
    if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
        return say(why, capacity,
                   "there is no driver for Vulkan here; install one (Debian: mesa-vulkan-drivers) "
                   "or use --renderer gl");
    if (result != VK_SUCCESS)
        return vk_device_failed("vkCreateInstance", result, why, capacity);
#define LOAD(name)                                                                                 \
    d->c.name = FIND(d, name);                                                                     \
    if (!d->c.name)                                                                                \
        return say(why, capacity, "Vulkan lacks vk" #name "; use --renderer gl");
    VK_INSTANCE_CALLS(LOAD)
    if (surface) {
        VK_SURFACE_CALLS(LOAD)
    }
#undef LOAD
    if (validate && (!FIND(d, CreateDebugUtilsMessengerEXT) ||
                     FIND(d, CreateDebugUtilsMessengerEXT)(d->instance, &messages, NULL,
                                                           &d->messenger) != VK_SUCCESS))
        return say(why, capacity, "Vulkan's validation layer takes no receiver of its messages");
    if (!surface)
        return true;
    const VkResult made = surface->create(surface->user, d->instance, &d->surface);
    return made == VK_SUCCESS || vk_device_failed("a surface for the window", made, why, capacity);
}

/* -------------------------------------------------------------------------------- device ---- */

/* A family that draws, computes and presents; -1: there is none. */
static int find_family(const vk_device *d, VkPhysicalDevice device, uint32_t *out_bits)
{
    const VkQueueFlags needed = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;
    VkQueueFamilyProperties families[MOST_FAMILIES];
    uint32_t count = MOST_FAMILIES;
    d->c.GetPhysicalDeviceQueueFamilyProperties(device, &count, families);
    for (uint32_t i = 0; i < count; i++) {
        VkBool32 presents = VK_TRUE;
        if ((families[i].queueFlags & needed) != needed)
            continue;
        if (d->surface &&
            d->c.GetPhysicalDeviceSurfaceSupportKHR(device, i, d->surface, &presents) != VK_SUCCESS)
            continue;
        *out_bits = families[i].timestampValidBits;
        if (presents)
            return (int)i;
    }
    return -1;
}

static int worth(VkPhysicalDeviceType type)
{
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return 4;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return 3;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return 2;
    default: return 1;
    }
}

static bool choose(vk_device *d)
{
    VkPhysicalDevice devices[MOST_DEVICES];
    uint32_t count = MOST_DEVICES;
    int best = 0;
    if (d->c.EnumeratePhysicalDevices(d->instance, &count, devices) < 0)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        VkPhysicalDeviceProperties p;
        uint32_t bits = 0;
        d->c.GetPhysicalDeviceProperties(devices[i], &p);
        const int family = find_family(d, devices[i], &bits);
        if (p.apiVersion < VK_API_VERSION_1_2 || family < 0 || worth(p.deviceType) <= best)
            continue;
        best = worth(p.deviceType);
        d->physical = devices[i];
        d->properties = p;
        d->family = (uint32_t)family;
        d->timestamp_bits = bits;
    }
    if (best)
        d->c.GetPhysicalDeviceMemoryProperties(d->physical, &d->memory);
    return best != 0;
}

/* With what the library can make use of, where the device has it. */
static VkResult create_device(vk_device *d)
{
    static const char *const extensions[] = {VK_KHR_SWAPCHAIN_EXTENSION_NAME};
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                           .queueFamilyIndex = d->family,
                                           .queueCount = 1,
                                           .pQueuePriorities = &priority};
    d->timeline.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES;
    VkPhysicalDeviceFeatures2 found = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                       .pNext = &d->timeline};
    d->c.GetPhysicalDeviceFeatures2(d->physical, &found);
    d->features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
    d->features.pNext = &d->timeline;
    d->features.features.shaderInt64 = found.features.shaderInt64;
    d->features.features.shaderStorageImageExtendedFormats =
        found.features.shaderStorageImageExtendedFormats;
    const VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                     .pNext = &d->features,
                                     .queueCreateInfoCount = 1,
                                     .pQueueCreateInfos = &queue,
                                     .enabledExtensionCount = d->surface != VK_NULL_HANDLE,
                                     .ppEnabledExtensionNames = extensions};
    return d->c.CreateDevice(d->physical, &info, NULL, &d->handle);
}

static bool open_device(vk_device *d, char *why, size_t capacity)
{
    const VkResult result = create_device(d);
    if (result != VK_SUCCESS)
        return vk_device_failed("vkCreateDevice", result, why, capacity);
#define LOAD(name)                                                                                 \
    d->c.name = (PFN_vk##name)d->c.GetDeviceProcAddr(d->handle, "vk" #name);                       \
    if (!d->c.name)                                                                                \
        return say(why, capacity, "Vulkan lacks vk" #name "; use --renderer gl");
    VK_DEVICE_CALLS(LOAD)
    if (d->surface) {
        VK_SWAPCHAIN_CALLS(LOAD)
    }
#undef LOAD
    d->c.GetDeviceQueue(d->handle, d->family, 0, &d->queue);
    return true;
}

/* The library's compute shaders run on the same queue. */
static bool import_device(vk_device *d, char *why, size_t capacity)
{
    as_error error;
    const as_vk_import import = {.struct_size = sizeof(import),
                                 .api_version = VK_API_VERSION_1_2,
                                 .get_instance_proc_addr = d->get_proc,
                                 .instance = d->instance,
                                 .physical_device = d->physical,
                                 .device = d->handle,
                                 .queue = d->queue,
                                 .queue_family = d->family,
                                 .features = &d->features};
    return as_vk_device_import(&import, &d->library, &error) == AS_OK ||
           say(why, capacity, error.text);
}

bool vk_device_open(vk_device *d, const struct renderer_surface *surface, bool validate, char *why,
                    size_t capacity)
{
    d->get_proc = vulkan_load(why, capacity);
    if (!d->get_proc || !open_instance(d, surface, validate, why, capacity))
        return false;
    if (!choose(d))
        return say(why, capacity,
                   "no device here has Vulkan 1.2 with a queue that draws, computes and shows "
                   "pictures; install a driver (Debian: mesa-vulkan-drivers) or use --renderer gl");
    return open_device(d, why, capacity) && import_device(d, why, capacity);
}

void vk_device_close(vk_device *d)
{
    as_vk_device_unref(&d->library);
    if (d->handle && d->c.DestroyDevice)
        d->c.DestroyDevice(d->handle, NULL);
    if (d->surface)
        d->c.DestroySurfaceKHR(d->instance, d->surface, NULL);
    if (d->messenger)
        FIND(d, DestroyDebugUtilsMessengerEXT)(d->instance, d->messenger, NULL);
    if (d->instance && d->c.DestroyInstance)
        d->c.DestroyInstance(d->instance, NULL);
}

/* -------------------------------------------------------------------------------- memory ---- */

/* A kind with all of `needed`, one that has `wanted`, too, if there is one; -1: there is none. */
static int find_memory(const vk_device *d, uint32_t bits, VkMemoryPropertyFlags needed,
                       VkMemoryPropertyFlags wanted)
{
    int found = -1;
    for (uint32_t i = 0; i < d->memory.memoryTypeCount; i++) {
        const VkMemoryPropertyFlags flags = d->memory.memoryTypes[i].propertyFlags;
        if (!(bits >> i & 1) || (flags & needed) != needed)
            continue;
        if ((flags & wanted) == wanted)
            return (int)i;
        found = found < 0 ? (int)i : found;
    }
    return found;
}

static VkResult allocate(const vk_device *d, const VkMemoryRequirements *needs,
                         VkMemoryPropertyFlags needed, VkMemoryPropertyFlags wanted,
                         VkDeviceMemory *out)
{
    const int type = find_memory(d, needs->memoryTypeBits, needed, wanted);
    const VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                       .allocationSize = needs->size,
                                       .memoryTypeIndex = (uint32_t)type};
    return type < 0 ? VK_ERROR_OUT_OF_DEVICE_MEMORY
                    : d->c.AllocateMemory(d->handle, &info, NULL, out);
}

bool vk_buffer_make(const vk_device *d, VkDeviceSize size, VkBufferUsageFlags usage, vk_buffer *out,
                    char *why, size_t capacity)
{
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = size, .usage = usage};
    VkMemoryRequirements needs;
    VkResult result = d->c.CreateBuffer(d->handle, &info, NULL, &out->handle);
    if (result == VK_SUCCESS) {
        d->c.GetBufferMemoryRequirements(d->handle, out->handle, &needs);
        result = allocate(
            d, &needs, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
            usage & VK_BUFFER_USAGE_TRANSFER_DST_BIT ? VK_MEMORY_PROPERTY_HOST_CACHED_BIT : 0,
            &out->memory);
    }
    if (result == VK_SUCCESS)
        result = d->c.BindBufferMemory(d->handle, out->handle, out->memory, 0);
    if (result == VK_SUCCESS)
        result = d->c.MapMemory(d->handle, out->memory, 0, VK_WHOLE_SIZE, 0, &out->map);
    out->size = size;
    return result == VK_SUCCESS || vk_device_failed("a buffer", result, why, capacity);
}

void vk_buffer_free(const vk_device *d, vk_buffer *b)
{
    if (b->handle)
        d->c.DestroyBuffer(d->handle, b->handle, NULL);
    if (b->memory)
        d->c.FreeMemory(d->handle, b->memory, NULL);
    *b = (vk_buffer){0};
}

static VkResult make_view(const vk_device *d, vk_image *i)
{
    const VkImageViewCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
        .image = i->handle,
        .viewType = VK_IMAGE_VIEW_TYPE_2D,
        .format = VK_FORMAT_R8G8B8A8_UNORM,
        .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
    return d->c.CreateImageView(d->handle, &info, NULL, &i->view);
}

bool vk_image_make(const vk_device *d, uint32_t width, uint32_t height, VkImageUsageFlags usage,
                   vk_image *out, char *why, size_t capacity)
{
    const VkPhysicalDeviceLimits *most = &d->properties.limits;
    const VkImageCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                                    .imageType = VK_IMAGE_TYPE_2D,
                                    .format = VK_FORMAT_R8G8B8A8_UNORM,
                                    .extent = {width, height, 1},
                                    .mipLevels = 1,
                                    .arrayLayers = 1,
                                    .samples = VK_SAMPLE_COUNT_1_BIT,
                                    .usage = usage};
    VkMemoryRequirements needs;
    if (width > most->maxImageDimension2D || height > most->maxImageDimension2D ||
        width > most->maxFramebufferWidth || height > most->maxFramebufferHeight) {
        snprintf(why, capacity, "a picture of %u x %u is too large for %s", width, height,
                 d->properties.deviceName);
        return false;
    }
    VkResult result = d->c.CreateImage(d->handle, &info, NULL, &out->handle);
    if (result == VK_SUCCESS) {
        d->c.GetImageMemoryRequirements(d->handle, out->handle, &needs);
        result = allocate(d, &needs, 0, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, &out->memory);
    }
    if (result == VK_SUCCESS)
        result = d->c.BindImageMemory(d->handle, out->handle, out->memory, 0);
    if (result == VK_SUCCESS)
        result = make_view(d, out);
    out->width = width;
    out->height = height;
    return result == VK_SUCCESS || vk_device_failed("an image", result, why, capacity);
}

void vk_image_free(const vk_device *d, vk_image *i)
{
    if (i->view)
        d->c.DestroyImageView(d->handle, i->view, NULL);
    if (i->handle)
        d->c.DestroyImage(d->handle, i->handle, NULL);
    if (i->memory)
        d->c.FreeMemory(d->handle, i->memory, NULL);
    *i = (vk_image){0};
}
