/* SPDX-License-Identifier: MIT
 *
 * Takes masks as Vulkan images on a device of its own, as a renderer does: imports the device, gets
 * an image for each frame, waits for the library's semaphore on the queue, copies the pixels out,
 * and compares them with those that the CPU draws. Without a window.
 *
 *     vk_texture SOURCE [FRAME...]
 */
#include "samples/common/frames.h"
#include "samples/common/vulkan_device.h"

#include <alphastream/alphastream.h>
#include <alphastream/vulkan.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 1024, HEIGHT = 512 };

typedef struct renderer {
    vulkan_device own; /* as every renderer has one already */
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

static bool open_renderer(renderer *r)
{
    char why[256];
    if (!vulkan_device_open(&r->own, why, sizeof(why)))
        return say(why);
    printf("on %s\n", r->own.name);
    r->reader = vulkan_reader_create(&r->own.queue, WIDTH * HEIGHT);
    return r->reader || say("the driver refuses a buffer");
}

static void close_renderer(renderer *r)
{
    vulkan_reader_destroy(r->reader);
    vulkan_device_close(&r->own);
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
                                 .get_instance_proc_addr = r->own.queue.get_proc,
                                 .instance = r->own.queue.instance,
                                 .physical_device = r->own.queue.physical,
                                 .device = r->own.queue.device,
                                 .queue = r->own.queue.queue,
                                 .queue_family = r->own.queue.family,
                                 .features = &r->own.features};
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
    const bool same = is_mask(r->stream, index, r->pixels, WIDTH, HEIGHT);
    uint32_t shown = 0;
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
        shown += r->pixels[i] != 0;
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
    if (argc < 2 || !are_frames(argc - 2, argv + 2)) {
        fprintf(stderr, "usage: vk_texture SOURCE [FRAME...]\n");
        return 2;
    }
    const bool ready = open_renderer(&r);
    bool fine = ready && attach(&r, argv[1]);
    for (int i = 2; i < argc && fine; i++)
        fine = show(&r, strtoull(argv[i], NULL, 10));
    detach(&r);
    close_renderer(&r);
    return fine ? 0 : ready ? 1 : 2;
}
