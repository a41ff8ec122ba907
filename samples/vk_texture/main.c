/* SPDX-License-Identifier: MIT
 *
 * Takes masks as Vulkan images on a device of its own, as a renderer does: imports the device, gets
 * an image for each frame, waits for the library's semaphore on the queue, copies the pixels out,
 * and compares them with those that the CPU draws. Without a window.
 *
 *     vk_texture SOURCE [FRAME...]
 */
#include "samples/common/vulkan_host.h"

#include <alphastream/alphastream.h>
#include <alphastream/vulkan.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 1024, HEIGHT = 512, MOST_DEVICES = 16, MOST_FAMILIES = 32 };

typedef struct renderer {
    as_vk_get_proc get_proc;
    vulkan_queue queue;
    VkPhysicalDeviceTimelineSemaphoreFeatures timeline;
    VkPhysicalDeviceFeatures2 features; /* that are enabled */
    vulkan_reader *reader;
    as_stream *stream;
    as_vk_device *device;
    as_vk *vk;
    uint8_t pixels[WIDTH * HEIGHT];
} renderer;

static bool say(const char *text)
{
    fprintf(stderr, "vk_texture: %s\n", text);
    return false;
}

/* ------------------------------------------------- what every renderer has done already ------ */

static bool create_instance(renderer *r)
{
    const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                           .pApplicationName = "vk_texture",
                                           .apiVersion = VK_API_VERSION_1_2};
    const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                       .pApplicationInfo = &application};
    const PFN_vkCreateInstance create =
        (PFN_vkCreateInstance)r->get_proc(VK_NULL_HANDLE, "vkCreateInstance");
    return create && create(&info, NULL, &r->queue.instance) == VK_SUCCESS;
}

#define FIND(r, name) ((PFN_vk##name)(r)->get_proc((r)->queue.instance, "vk" #name))

/* The first device of Vulkan 1.2 with a family that computes. */
static bool find_device(renderer *r)
{
    VkPhysicalDevice devices[MOST_DEVICES];
    uint32_t count = MOST_DEVICES;
    if (FIND(r, EnumeratePhysicalDevices)(r->queue.instance, &count, devices) < 0)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        VkPhysicalDeviceProperties properties;
        VkQueueFamilyProperties families[MOST_FAMILIES];
        uint32_t families_count = MOST_FAMILIES;
        FIND(r, GetPhysicalDeviceProperties)(devices[i], &properties);
        FIND(r, GetPhysicalDeviceQueueFamilyProperties)(devices[i], &families_count, families);
        for (uint32_t f = 0; f < families_count; f++) {
            if (properties.apiVersion < VK_API_VERSION_1_2 ||
                !(families[f].queueFlags & VK_QUEUE_COMPUTE_BIT))
                continue;
            r->queue.physical = devices[i];
            r->queue.family = f;
            printf("on %s\n", properties.deviceName);
            return true;
        }
    }
    return false;
}

/* With what the library can make use of, where the device has it. */
static bool create_device(renderer *r)
{
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                           .queueFamilyIndex = r->queue.family,
                                           .queueCount = 1,
                                           .pQueuePriorities = &priority};
    r->timeline.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES;
    VkPhysicalDeviceFeatures2 found = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                       .pNext = &r->timeline};
    FIND(r, GetPhysicalDeviceFeatures2)(r->queue.physical, &found);
    r->features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
    r->features.pNext = &r->timeline;
    r->features.features.shaderInt64 = found.features.shaderInt64;
    r->features.features.shaderStorageImageExtendedFormats =
        found.features.shaderStorageImageExtendedFormats;
    const VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                     .pNext = &r->features,
                                     .queueCreateInfoCount = 1,
                                     .pQueueCreateInfos = &queue};
    if (FIND(r, CreateDevice)(r->queue.physical, &info, NULL, &r->queue.device) != VK_SUCCESS)
        return false;
    FIND(r, GetDeviceQueue)(r->queue.device, r->queue.family, 0, &r->queue.queue);
    r->reader = vulkan_reader_create(&r->queue, WIDTH * HEIGHT);
    return r->reader != NULL;
}

static bool open_renderer(renderer *r)
{
    char why[256];
    r->get_proc = r->queue.get_proc = vulkan_load(why, sizeof(why));
    if (!r->get_proc)
        return say(why);
    if (!create_instance(r) || !find_device(r))
        return say("there is no device with Vulkan 1.2; install a driver");
    return create_device(r) || say("the driver refuses a device");
}

static void close_renderer(renderer *r)
{
    vulkan_reader_destroy(r->reader);
    if (r->queue.device)
        FIND(r, DestroyDevice)(r->queue.device, NULL);
    if (r->queue.instance)
        FIND(r, DestroyInstance)(r->queue.instance, NULL);
}

/* --------------------------------------------------------------------------- the library ----- */

static bool attach(renderer *r, const char *location)
{
    as_error error;
    const as_stream_params stream = {.struct_size = sizeof(stream),
                                     .location = location,
                                     .width = WIDTH,
                                     .height = HEIGHT,
                                     .processing = AS_PROCESS_ON_DEMAND};
    const as_vk_import import = {.struct_size = sizeof(import),
                                 .api_version = VK_API_VERSION_1_2,
                                 .get_instance_proc_addr = r->get_proc,
                                 .instance = r->queue.instance,
                                 .physical_device = r->queue.physical,
                                 .device = r->queue.device,
                                 .queue = r->queue.queue,
                                 .queue_family = r->queue.family,
                                 .features = &r->features};
    const as_vk_params params = {.struct_size = sizeof(params)};
    if (as_stream_open(&stream, &r->stream, &error) == AS_OK &&
        as_vk_device_import(&import, &r->device, &error) == AS_OK &&
        as_vk_attach(r->stream, r->device, &params, &r->vk, &error) == AS_OK)
        return true;
    return say(error.text);
}

static void detach(renderer *r)
{
    as_vk_detach(&r->vk);
    as_vk_device_unref(&r->device);
    as_stream_close(&r->stream);
}

/* Of the pixels in r->pixels. */
static bool check(renderer *r, uint64_t index)
{
    as_frame *frame = NULL;
    as_frame_info info = {.index = 0};
    uint32_t shown = 0;
    bool same = as_stream_get_frame(r->stream, index, 0, 0, AS_WAIT_FOREVER, &frame) == AS_OK &&
                as_frame_get_info(frame, &info) == AS_OK;
    for (uint32_t y = 0; same && y < HEIGHT; y++) {
        const uint8_t *row = r->pixels + (size_t)y * WIDTH;
        same = memcmp(row, info.data + y * info.stride, WIDTH) == 0;
        for (uint32_t x = 0; x < WIDTH; x++)
            shown += row[x] != 0;
    }
    as_frame_unref(&frame);
    printf("frame %" PRIu64 ": %" PRIu32 " pixels, %s\n", index, shown,
           same ? "as the CPU draws them" : "not as the CPU draws them");
    return same;
}

static bool show(renderer *r, uint64_t index)
{
    const as_vk_request request = {.struct_size = sizeof(request),
                                   .layout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL};
    as_vk_image image;
    as_error error;
    if (as_vk_get_frame(r->vk, index, &request, AS_WAIT_FOREVER, &image, &error) != AS_OK)
        return say(error.text);
    /* The copy waits on the queue for image.semaphore; a renderer would sample image.view. */
    const bool read = vulkan_reader_read(r->reader, &image, r->pixels);
    /* The copy is over; else as_vk_done would name a semaphore that is signalled behind it. */
    (void)as_vk_release(r->vk, &image, NULL, NULL);
    return read ? check(r, index) : say("the driver does not copy the image");
}

int main(int argc, char **argv)
{
    static renderer r;
    bool fine = argc >= 2;
    for (int i = 2; i < argc; i++)
        fine = fine && *argv[i] && argv[i][strspn(argv[i], "0123456789")] == '\0';
    if (!fine) {
        fprintf(stderr, "usage: vk_texture SOURCE [FRAME...]\n");
        return 2;
    }
    const bool ready = open_renderer(&r);
    fine = ready && attach(&r, argv[1]);
    for (int i = 2; i < argc && fine; i++)
        fine = show(&r, strtoull(argv[i], NULL, 10));
    detach(&r);
    close_renderer(&r);
    return fine ? 0 : ready ? 1 : 2;
}
